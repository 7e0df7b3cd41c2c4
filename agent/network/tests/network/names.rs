//! A name server on real sockets: datagrams, streams, and resolvers that know more.

use crate::{
    cluster::{Memory, endpoints, service},
    lab::{Host, is_possible},
};
use agent_network::dns::Server;
use serde_json::{Value, json};
use shared_api::Timestamp;
use shared_client::Live;
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, Question, TYPE, rdata::RData};
use std::{net::Ipv4Addr, path::PathBuf, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream, UdpSocket},
    time::timeout,
};

/// Where the server is, and a resolver that it asks.
const OWN: (&str, u16) = ("127.0.0.1", 53);
const OUTSIDE: (&str, u16) = ("127.0.0.2", 53);

#[test]
fn names_are_answered_over_datagrams_and_streams() {
    if !is_possible() {
        return;
    }
    Host::new().wait(async || {
        let cluster = Arc::new(Memory::default());
        let mut headless = service("many", "None", 0);
        headless["spec"] = json!({"clusterIP": "None"});
        let ends: Vec<String> = (0..200).map(|n| format!("10.1.0.{n}")).collect();
        let ends: Vec<_> = ends.iter().map(|ip| (ip.as_str(), "a")).collect();
        for object in [service("web", "10.96.0.7", 30080), headless, endpoints("many", &ends), external()] {
            cluster.put(object);
        }
        let live = cluster.follow();
        live.synced().await;
        start(live, "names", "nameserver 127.0.0.1\nnameserver 127.0.0.2\n").await;
        tokio::spawn(outside());
        for (name, expected) in [
            ("web.lab.svc.cluster.local", "NoError 10.96.0.7"),
            ("none.lab.svc.cluster.local", "NameError"),
            ("example.com", "NoError 192.0.2.1"),
            ("mail.lab.svc.cluster.local", "NoError = 192.0.2.1"),
        ] {
            assert_eq!(by_datagram(name).await, expected, "{name}");
            assert_eq!(by_stream(name).await, expected, "{name} in a stream");
        }
        let many = "many.lab.svc.cluster.local";
        assert!(by_datagram(many).await.ends_with(" cut"));
        assert_eq!(by_stream(many).await.split(' ').count(), 201);
    });
}

#[test]
fn who_knows_nothing_says_so() {
    if !is_possible() {
        return;
    }
    Host::new().wait(async || {
        // The world never came, and nobody listens where the resolver should be.
        start(Live::guarded(Timestamp::now), "silent", "nameserver 127.0.0.3\n").await;
        for name in ["web.lab.svc.cluster.local", "example.com"] {
            assert_eq!(by_datagram(name).await, "ServerFailure", "{name}");
        }
    });
}

fn external() -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "mail", "namespace": "lab"},
        "spec": {"type": "ExternalName", "externalName": "mx.example.com"},
    })
}

/// A server with this `resolv.conf`.
async fn start(live: Arc<Live>, name: &str, resolv: &str) {
    let file: PathBuf = std::env::temp_dir().join(format!("dhow-{name}-{}", std::process::id()));
    std::fs::write(&file, resolv).unwrap();
    let sockets = (UdpSocket::bind(OWN).await.unwrap(), TcpListener::bind(OWN).await.unwrap());
    tokio::spawn(async move { Server::new(live, file).serve(sockets.0, sockets.1).await });
}

/// Answers every question with one address.
async fn outside() {
    let (udp, tcp) = (UdpSocket::bind(OUTSIDE).await.unwrap(), TcpListener::bind(OUTSIDE).await.unwrap());
    let reply = |question: &[u8]| {
        let mut reply = question.to_vec();
        (reply[2], reply[7]) = (reply[2] | 0x80, 1);
        let ip = Ipv4Addr::new(192, 0, 2, 1).octets();
        reply.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4]);
        reply.extend(ip);
        reply
    };
    let mut buffer = [0; 512];
    loop {
        tokio::select! {
            came = udp.recv_from(&mut buffer) => {
                let (length, from) = came.unwrap();
                udp.send_to(&reply(&buffer[..length]), from).await.unwrap();
            }
            came = tcp.accept() => {
                let mut stream = came.unwrap().0;
                let length = stream.read_u16().await.unwrap();
                stream.read_exact(&mut buffer[..usize::from(length)]).await.unwrap();
                let reply = reply(&buffer[..usize::from(length)]);
                stream.write_u16(u16::try_from(reply.len()).unwrap()).await.unwrap();
                stream.write_all(&reply).await.unwrap();
            }
        }
    }
}

async fn by_datagram(name: &str) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.send_to(&question(name), OWN).await.unwrap();
    let mut reply = [0; 512];
    let came = timeout(Duration::from_secs(9), socket.recv(&mut reply)).await;
    show(&reply[..came.unwrap().unwrap()])
}

async fn by_stream(name: &str) -> String {
    let mut stream = TcpStream::connect(OWN).await.unwrap();
    let question = question(name);
    stream.write_u16(u16::try_from(question.len()).unwrap()).await.unwrap();
    stream.write_all(&question).await.unwrap();
    let length = timeout(Duration::from_secs(9), stream.read_u16()).await.unwrap().unwrap();
    let mut reply = vec![0; usize::from(length)];
    stream.read_exact(&mut reply).await.unwrap();
    show(&reply)
}

fn question(name: &str) -> Vec<u8> {
    let mut packet = Packet::new_query(7);
    packet.set_flags(PacketFlag::RECURSION_DESIRED);
    let kinds = (QTYPE::TYPE(TYPE::A), QCLASS::CLASS(CLASS::IN));
    packet.questions = vec![Question::new(Name::new(name).unwrap(), kinds.0, kinds.1, false)];
    packet.build_bytes_vec().unwrap()
}

/// The code and the records; `cut` when there were more.
fn show(reply: &[u8]) -> String {
    let packet = Packet::parse(reply).unwrap();
    assert_eq!(packet.id(), 7);
    let mut words = vec![format!("{:?}", packet.rcode())];
    words.extend(packet.answers.iter().map(|record| match &record.rdata {
        RData::A(a) => Ipv4Addr::from(a.address).to_string(),
        _ => "=".to_owned(),
    }));
    if packet.has_flags(PacketFlag::TRUNCATION) {
        words.push("cut".into());
    }
    words.join(" ")
}
