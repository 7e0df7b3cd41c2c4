//! Routes in the kernel. Those with our protocol number are ours; no other is touched.

use super::{Route, Way, changes};
use crate::{
    Attempt, Error, Result,
    netlink::{Netlink, apart, hardware, is},
};
use futures::TryStreamExt;
use rtnetlink::{
    LinkVxlan, RouteMessageBuilder,
    packet_route::{
        neighbour::NeighbourFlags,
        route::{RouteAddress, RouteAttribute, RouteMessage, RouteProtocol},
    },
};
use shared_api::Cidr;
use std::net::{IpAddr, Ipv4Addr};

/// Name of the interface that packs packets into others.
pub const OVERLAY: &str = "dhow-vxlan";

/// Marks our routes, as `ip route` shows it: `proto 68`.
const OURS: RouteProtocol = RouteProtocol::Other(68);

/// Second byte of an overlay interface's hardware address.
const TUNNEL: u8 = 0x59;

/// Number of the overlay's network and its UDP port.
const VNI: u32 = 68;
const PORT: u16 = 4789;

/// What a packet grows by when it travels inside another.
const OVERHEAD: u32 = 50;

/// This node, as other nodes' packets find it.
#[derive(Debug, Clone, Copy)]
pub struct Here {
    /// Its address.
    pub node: Ipv4Addr,
    /// Its pods.
    pub range: Cidr,
    /// Largest packet between nodes.
    pub mtu: u32,
}

/// The networks this node reaches without a router, and the largest packet between nodes.
pub async fn surroundings(mtu: Option<u32>) -> Result<(Vec<Cidr>, u32)> {
    apart(async move || {
        let net = Netlink::open()?;
        Ok((net.on_link().await?, net.mtu(mtu).await?))
    })
    .await
}

/// Makes the kernel's routes the ones wanted.
///
/// A route that the kernel refuses is named and does not keep the others back.
pub async fn apply(want: Vec<Route>, here: Here) -> Result<()> {
    apart(async move || {
        let net = Netlink::open()?;
        let overlay = if want.iter().any(|route| route.way == Way::Overlay) {
            Some(tunnel(&net, here).await?)
        } else {
            net.remove(OVERLAY).await?;
            None
        };
        let all = ours(&net).await?;
        let have: Vec<_> = all.iter().filter_map(|message| read(message, overlay)).collect();
        let (_, new) = changes(&have, &want);
        for message in all {
            let kept = destination(&message).is_some_and(|to| want.iter().any(|route| route.to == to));
            if !kept {
                delete(&net, message).await?;
            }
        }
        let mut refused = Vec::new();
        for route in &want {
            // Neighbours of the overlay are written each time: they are few, and others may flush them.
            if let (Way::Overlay, Some(overlay)) = (route.way, overlay)
                && let Err(error) = meet(&net, route, overlay).await
            {
                refused.push(error.to_string());
            }
        }
        for route in new {
            let add = net.handle.route().add(write(&route, overlay)).replace();
            if let Err(why) = add.execute().await {
                refused.push(format!("{} over node {}: {why}", route.to, route.node));
            }
        }
        if refused.is_empty() {
            return Ok(());
        }
        Err(Error::Failed { what: "routing to other nodes' pods".into(), why: refused.join("; ") })
    })
    .await
}

/// Removes every route of ours and the overlay.
pub async fn uninstall() -> Result<()> {
    apart(async || {
        let net = Netlink::open()?;
        for message in ours(&net).await? {
            delete(&net, message).await?;
        }
        net.remove(OVERLAY).await
    })
    .await
}

async fn ours(net: &Netlink) -> Result<Vec<RouteMessage>> {
    let every = RouteMessageBuilder::<Ipv4Addr>::new().build();
    let all: Vec<_> =
        net.handle.route().get(every).execute().try_collect().await.attempt("listing routes")?;
    Ok(all.into_iter().filter(|message: &RouteMessage| message.header.protocol == OURS).collect())
}

async fn delete(net: &Netlink, message: RouteMessage) -> Result<()> {
    match net.handle.route().del(message).execute().await {
        Err(rtnetlink::Error::NetlinkError(e)) if is(&e, nix::errno::Errno::ESRCH) => Ok(()),
        done => done.attempt("removing the route to a node that is gone"),
    }
}

fn destination(message: &RouteMessage) -> Option<Cidr> {
    message.attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Destination(RouteAddress::Inet(to)) => {
            Some(Cidr::new(*to, message.header.destination_prefix_length))
        }
        _ => None,
    })
}

/// A route as it is in the kernel. One over the overlay has the far end's address as its gateway, from
/// which the node cannot be told: it is written anew each time.
fn read(message: &RouteMessage, overlay: Option<u32>) -> Option<Route> {
    let over = message.attributes.iter().any(|a| matches!(a, RouteAttribute::Oif(i) if Some(*i) == overlay));
    let node = message.attributes.iter().find_map(|attribute| match attribute {
        RouteAttribute::Gateway(RouteAddress::Inet(node)) => Some(*node),
        _ => None,
    });
    (!over).then_some(Route { to: destination(message)?, node: node?, way: Way::Plain })
}

fn write(route: &Route, overlay: Option<u32>) -> RouteMessage {
    let to = RouteMessageBuilder::<Ipv4Addr>::new()
        .destination_prefix(route.to.base(), route.to.prefix())
        .protocol(OURS);
    match (route.way, overlay) {
        (Way::Overlay, Some(overlay)) => {
            to.gateway(route.to.base()).output_interface(overlay).onlink().build()
        }
        _ => to.gateway(route.node).build(),
    }
}

/// Makes the overlay's interface. Both ends derive each other's hardware address from the node's, so
/// nothing has to be announced.
async fn tunnel(net: &Netlink, here: Here) -> Result<u32> {
    let what = format!("creating the overlay {OVERLAY}, for nodes on other networks");
    if net.index(OVERLAY).await?.is_none() {
        let wanted = LinkVxlan::new(OVERLAY, VNI)
            .local(here.node)
            .port(PORT)
            .learning(false)
            .address(hardware(TUNNEL, here.node))
            .mtu(here.mtu.saturating_sub(OVERHEAD))
            .up()
            .build();
        net.handle.link().add(wanted).execute().await.attempt(&what)?;
    }
    let gone = || Error::Failed { what: what.clone(), why: "it vanished".into() };
    let index = net.index(OVERLAY).await?.ok_or_else(gone)?;
    net.assign(index, here.range.base(), 32).await?;
    Ok(index)
}

/// Tells the overlay where the far end of a route is.
async fn meet(net: &Netlink, route: &Route, overlay: u32) -> Result<()> {
    let mac = hardware(TUNNEL, route.node);
    let what = format!("telling the overlay about node {}", route.node);
    let neighbours = net.handle.neighbours();
    let arp = neighbours.add(overlay, IpAddr::V4(route.to.base())).link_layer_address(&mac).replace();
    arp.execute().await.attempt(&what)?;
    let forward = neighbours.add_bridge(overlay, &mac).destination(IpAddr::V4(route.node));
    forward.flags(NeighbourFlags::Own).replace().execute().await.attempt(&what)
}
