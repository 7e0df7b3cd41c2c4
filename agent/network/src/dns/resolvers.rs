//! Names outside the cluster: the node's own resolvers are asked.

use super::{
    PORT,
    message::{Over, answers},
};
use std::{
    io::{self, ErrorKind},
    net::{IpAddr, SocketAddr},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

/// How long a resolver may take. A client asks again after five seconds.
const PATIENCE: Duration = Duration::from_secs(2);
/// At most so many questions are sent for one that came.
const TRIES: usize = 2;

/// The resolvers that the text of a `resolv.conf` names, but for `own`: asking oneself leads nowhere.
pub fn resolvers(text: &str, own: IpAddr) -> Vec<SocketAddr> {
    let named = text.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        words.next().filter(|word| *word == "nameserver")?;
        words.next()?.parse::<IpAddr>().ok()
    });
    named.filter(|ip| *ip != own).take(3).map(|ip| SocketAddr::new(ip, PORT)).collect()
}

/// The first answer that one of `servers` gives to `question`.
pub(super) async fn ask(servers: &[SocketAddr], question: &[u8], over: Over) -> Option<Vec<u8>> {
    for server in servers.iter().cycle().take(TRIES) {
        let asking = async {
            match over {
                Over::Udp => by_datagram(*server, question).await,
                Over::Tcp => by_stream(*server, question).await,
            }
        };
        match timeout(PATIENCE, asking).await {
            Ok(Ok(reply)) => return Some(reply),
            Ok(Err(error)) => tracing::debug!(%server, %error, "a resolver could not be asked"),
            Err(_) => tracing::debug!(%server, "a resolver does not answer"),
        }
    }
    None
}

async fn by_datagram(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let own = if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    // A port of its own for each question, and one sender: a forger has to guess.
    let socket = UdpSocket::bind(own).await?;
    socket.connect(server).await?;
    socket.send(question).await?;
    loop {
        // Room is made when there is something, not while nobody answers.
        socket.readable().await?;
        let mut reply = vec![0; usize::from(u16::MAX)];
        match socket.try_recv(&mut reply) {
            Ok(length) => {
                reply.truncate(length);
                reply.shrink_to_fit();
                if answers(&reply, question) {
                    return Ok(reply);
                }
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
}

async fn by_stream(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(server).await?;
    send(&mut stream, question).await?;
    let length = stream.read_u16().await?;
    let mut reply = vec![0; usize::from(length)];
    stream.read_exact(&mut reply).await?;
    if answers(&reply, question) { Ok(reply) } else { Err(ErrorKind::InvalidData.into()) }
}

/// Sends one message over a stream, its length before it.
pub(super) async fn send(stream: &mut TcpStream, message: &[u8]) -> io::Result<()> {
    let length = u16::try_from(message.len()).map_err(|_| ErrorKind::InvalidData)?;
    // In one piece: some readers expect length and message together.
    let mut whole = Vec::with_capacity(message.len() + 2);
    whole.extend(length.to_be_bytes());
    whole.extend(message);
    stream.write_all(&whole).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nodes_resolvers_are_read() {
        let own = "10.244.0.1".parse().unwrap();
        let text = "# a\nsearch lan\nnameserver 10.244.0.1\n nameserver 9.9.9.9 x\nnameserver fd00::1\nnameserver no\n";
        let found = resolvers(text, own);
        assert_eq!(found, ["9.9.9.9:53".parse().unwrap(), "[fd00::1]:53".parse().unwrap()]);
        assert_eq!(resolvers("", own), []);
    }
}
