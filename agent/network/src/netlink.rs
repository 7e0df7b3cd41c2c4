//! The few questions and orders for the kernel's network that the rest is written in.

use crate::{Attempt, Error, Result, namespace};
use futures::TryStreamExt;
use rtnetlink::{
    Handle, LinkBridge, LinkBridgePort, LinkMessageBuilder, LinkUnspec, LinkVeth, RouteMessageBuilder,
    packet_route::{
        address::AddressAttribute,
        link::{InfoData, InfoVeth, LinkAttribute, LinkMessage},
        route::{RouteAttribute, RouteProtocol, RouteScope},
    },
};
use shared_api::Cidr;
use std::{
    net::{IpAddr, Ipv4Addr},
    os::fd::RawFd,
};
use tokio::task::JoinHandle;

/// A socket in the namespace of the thread that opened it.
pub(crate) struct Netlink {
    pub(crate) handle: Handle,
    driver: JoinHandle<()>,
}

impl Drop for Netlink {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Runs `work` on a thread of its own with a small runtime, where sockets can be opened before and
/// after the thread changes its namespace.
pub(crate) async fn apart<T: Send + 'static>(
    work: impl AsyncFnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    namespace::on_thread(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .attempt("starting a runtime for netlink")?;
        runtime.block_on(work())
    })
    .await
}

/// The hardware address that belongs to `address`. A pod that inherits an address is found at once,
/// because nobody's neighbour table is out of date.
pub(crate) fn hardware(kind: u8, address: Ipv4Addr) -> Vec<u8> {
    let [a, b, c, d] = address.octets();
    vec![0x0a, kind, a, b, c, d]
}

/// One end of a pair that is to be made.
pub(crate) struct Pair<'a> {
    /// Name of the node's end.
    pub(crate) name: &'a str,
    /// The bridge it is a port of.
    pub(crate) bridge: u32,
    /// The namespace of the other end, `eth0`.
    pub(crate) inside: RawFd,
    /// Address of the other end.
    pub(crate) ip: Ipv4Addr,
    /// Largest packet.
    pub(crate) mtu: u32,
}

impl Netlink {
    /// Opens a socket here.
    pub(crate) fn open() -> Result<Self> {
        let (connection, handle, _) = rtnetlink::new_connection().attempt("opening a netlink socket")?;
        Ok(Self { handle, driver: tokio::spawn(connection) })
    }

    /// The interface called `name`, if there is one.
    pub(crate) async fn link(&self, name: &str) -> Result<Option<LinkMessage>> {
        match self.handle.link().get().match_name(name.to_owned()).execute().try_next().await {
            Ok(found) => Ok(found),
            Err(rtnetlink::Error::NetlinkError(e)) if is(&e, nix::errno::Errno::ENODEV) => Ok(None),
            Err(e) => Err(e).attempt(format_args!("looking for the interface {name}")),
        }
    }

    /// Its index, if there is one.
    pub(crate) async fn index(&self, name: &str) -> Result<Option<u32>> {
        Ok(self.link(name).await?.map(|link| link.header.index))
    }

    /// Makes the bridge and says its index; the second is true when it was not there.
    pub(crate) async fn bridge(&self, name: &str, mac: Vec<u8>, mtu: u32) -> Result<(u32, bool)> {
        if let Some(index) = self.index(name).await? {
            self.up(index, name).await?;
            return Ok((index, false));
        }
        // Without an address of its own a bridge takes a port's, and changes it when the port goes.
        let wanted = LinkBridge::new(name).address(mac).mtu(mtu).up().build();
        self.handle.link().add(wanted).execute().await.attempt(format_args!("creating the bridge {name}"))?;
        let missing =
            || Error::Failed { what: format!("creating the bridge {name}"), why: "it vanished".into() };
        Ok((self.index(name).await?.ok_or_else(missing)?, true))
    }

    /// Makes an interface work.
    pub(crate) async fn up(&self, index: u32, name: &str) -> Result<()> {
        let up = LinkUnspec::new_with_index(index).up().build();
        self.handle.link().set(up).execute().await.attempt(format_args!("setting {name} up"))
    }

    /// Makes a pair of which one end is a port of a bridge and the other `eth0` elsewhere.
    pub(crate) async fn pair(&self, pair: &Pair<'_>) -> Result<()> {
        let inside = LinkMessageBuilder::<LinkUnspec>::new()
            .name("eth0".to_owned())
            .address(hardware(POD, pair.ip))
            .mtu(pair.mtu)
            .append_extra_attribute(LinkAttribute::NetNsFd(pair.inside))
            .build();
        let wanted = LinkVeth::new(pair.name, "eth0")
            .set_info_data(InfoData::Veth(InfoVeth::Peer(inside)))
            .mtu(pair.mtu)
            .build();
        let what = format_args!("creating the interface {} of a pod", pair.name);
        self.handle.link().add(wanted).execute().await.attempt(what)?;
        self.attach(pair.name, pair.bridge).await
    }

    /// Makes an interface a port of a bridge.
    pub(crate) async fn attach(&self, name: &str, bridge: u32) -> Result<()> {
        let Some(index) = self.index(name).await? else { return Ok(()) };
        let port = LinkUnspec::new_with_index(index).controller(bridge).up().build();
        let what = format_args!("attaching {name}");
        self.handle.link().set(port).execute().await.attempt(what)?;
        // A pod that reaches itself over a service: where br_netfilter is, the packet leaves by the
        // port it came in by.
        let hairpin = LinkBridgePort::new(index).hairpin(true).build();
        self.handle.link().set_port(hairpin).execute().await.attempt(what)
    }

    /// Removes an interface; fine when it is gone.
    pub(crate) async fn remove(&self, name: &str) -> Result<()> {
        let Some(index) = self.index(name).await? else { return Ok(()) };
        match self.handle.link().del(index).execute().await {
            Err(rtnetlink::Error::NetlinkError(e)) if is(&e, nix::errno::Errno::ENODEV) => Ok(()),
            done => done.attempt(format_args!("removing the interface {name}")),
        }
    }

    /// Gives an interface an address; fine when it has it.
    pub(crate) async fn assign(&self, index: u32, address: Ipv4Addr, prefix: u8) -> Result<()> {
        let add = self.handle.address().add(index, IpAddr::V4(address), prefix).replace();
        add.execute().await.attempt(format_args!("assigning {address}/{prefix}"))
    }

    /// Every address: the interface, the address, the length of the network part.
    pub(crate) async fn addresses(&self) -> Result<Vec<(u32, Ipv4Addr, u8)>> {
        let all: Vec<_> =
            self.handle.address().get().execute().try_collect().await.attempt("listing addresses")?;
        let own = |m: &rtnetlink::packet_route::address::AddressMessage| {
            let mut attributes = m.attributes.iter();
            attributes.find_map(|a| match a {
                AddressAttribute::Local(IpAddr::V4(address)) => Some(*address),
                _ => None,
            })
        };
        Ok(all.iter().filter_map(|m| Some((m.header.index, own(m)?, m.header.prefix_len))).collect())
    }

    /// Sends everything over `gateway`, which is reached directly.
    pub(crate) async fn default_route(&self, index: u32, gateway: Ipv4Addr) -> Result<()> {
        let direct = RouteMessageBuilder::<Ipv4Addr>::new()
            .destination_prefix(gateway, 32)
            .output_interface(index)
            .scope(RouteScope::Link)
            .protocol(RouteProtocol::Boot)
            .build();
        let all = RouteMessageBuilder::<Ipv4Addr>::new()
            .gateway(gateway)
            .output_interface(index)
            .protocol(RouteProtocol::Boot)
            .build();
        for route in [direct, all] {
            let add = self.handle.route().add(route).replace();
            add.execute().await.attempt(format_args!("routing a pod over {gateway}"))?;
        }
        Ok(())
    }

    /// `wanted`, or the largest packet of the interface that the default route uses.
    pub(crate) async fn mtu(&self, wanted: Option<u32>) -> Result<u32> {
        if let Some(mtu) = wanted {
            return Ok(mtu);
        }
        let every = RouteMessageBuilder::<Ipv4Addr>::new().build();
        let mut routes = self.handle.route().get(every).execute();
        let mut uplink = None;
        while let Some(route) = routes.try_next().await.attempt("listing routes")? {
            if route.header.destination_prefix_length == 0 && uplink.is_none() {
                uplink = route.attributes.iter().find_map(|attribute| match attribute {
                    RouteAttribute::Oif(index) => Some(*index),
                    _ => None,
                });
            }
        }
        let Some(uplink) = uplink else { return Ok(ETHERNET) };
        let link = self.handle.link().get().match_index(uplink).execute().try_next().await;
        let link = link.attempt("looking at the interface of the default route")?;
        let mtu = link.and_then(|link| {
            link.attributes.iter().find_map(|attribute| match attribute {
                LinkAttribute::Mtu(mtu) => Some(*mtu),
                _ => None,
            })
        });
        Ok(mtu.unwrap_or(ETHERNET))
    }

    /// The networks that are reached without a router, by the addresses the node has.
    pub(crate) async fn on_link(&self) -> Result<Vec<Cidr>> {
        let all = self.addresses().await?;
        Ok(all.into_iter().map(|(_, address, prefix)| Cidr::new(address, prefix)).collect())
    }
}

/// Largest packet of a node that is connected to nothing.
const ETHERNET: u32 = 1500;

/// Second byte of a pod's hardware address.
pub(crate) const POD: u8 = 0x58;

/// True when the kernel's refusal is `errno`.
pub(crate) fn is(refusal: &rtnetlink::packet_core::ErrorMessage, errno: nix::errno::Errno) -> bool {
    refusal.raw_code() == -(errno as i32)
}
