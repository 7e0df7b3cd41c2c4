//! The sockets of a node's name server.

use super::{
    Answer, Found, PORT, Question, answer,
    message::{self, Asked, Over, Read},
    resolvers, zone,
};
use crate::Bridge;
use shared_api::Cidr;
use shared_client::Live;
use simple_dns::RCODE;
use std::{
    fs,
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::AsyncReadExt as _,
    net::{TcpListener, TcpStream, UdpSocket},
    sync::Semaphore,
    task::JoinSet,
    time::{sleep, timeout},
};

/// Questions that wait for others at the same time; one more is told to try again.
const ASKED: usize = 256;
/// Streams that are open at the same time, and how long one may be idle.
const STREAMS: usize = 64;
const IDLE: Duration = Duration::from_secs(10);
/// The longest question that is read.
const LONG: usize = 4096;
/// Between two tries to listen. Nothing tells when the bridge has got its address, which takes a moment at
/// the agent's start, or when somebody else lets go of the port.
const PAUSE: Duration = Duration::from_millis(500);

/// Answers the pods of one node.
#[derive(Clone)]
pub struct Server(Arc<Shared>);

struct Shared {
    live: Arc<Live>,
    /// The node's `resolv.conf`; read at every use, so a change of it counts at once.
    upstream: PathBuf,
    /// The world has been complete: what is not in it is not there.
    known: AtomicBool,
    turn: AtomicUsize,
    asked: Semaphore,
    streams: Arc<Semaphore>,
}

/// What is to be done about a message.
enum Next {
    Say(Vec<u8>),
    /// Somebody else knows.
    Ask(Asked, Option<Found>),
    Nothing,
}

impl Server {
    /// Answers from the world of `live`; the rest is asked of the resolvers in the file `upstream`.
    pub fn new(live: Arc<Live>, upstream: PathBuf) -> Self {
        Self(Arc::new(Shared {
            live,
            upstream,
            known: AtomicBool::new(false),
            turn: AtomicUsize::new(0),
            asked: Semaphore::new(ASKED),
            streams: Arc::new(Semaphore::new(STREAMS)),
        }))
    }

    /// Answers at the address of `bridge`, wherever that moves, until `shutdown`.
    pub async fn run(&self, bridge: &Bridge, shutdown: impl Future<Output = ()>) {
        tokio::pin!(shutdown);
        let mut ranges = bridge.ranges();
        let mut told = false;
        loop {
            let at = ranges.borrow_and_update().map(Cidr::first);
            let serving = async {
                let Some(at) = at else { return std::future::pending().await };
                let (udp, tcp) = listen(at).await?;
                told = false;
                tracing::info!(%at, "names are answered");
                self.serve(udp, tcp).await
            };
            let ended: io::Result<()> = tokio::select! {
                () = &mut shutdown => return,
                changed = ranges.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    Ok(())
                }
                ended = serving => ended,
            };
            if let Err(error) = ended {
                // The address comes with the bridge, which is made at the same time.
                if error.kind() != ErrorKind::AddrNotAvailable && !std::mem::replace(&mut told, true) {
                    tracing::warn!(
                        ?at, %error,
                        "pods of this node find no names: end what else listens on port {PORT} there; trying again"
                    );
                }
                tokio::select! {
                    () = &mut shutdown => return,
                    () = sleep(PAUSE) => {}
                }
            }
        }
    }

    /// Answers what comes to these sockets. Ends when one of them breaks.
    pub async fn serve(&self, udp: UdpSocket, tcp: TcpListener) -> io::Result<()> {
        let (udp, mut buffer, mut tasks) = (Arc::new(udp), vec![0; LONG], JoinSet::new());
        loop {
            tokio::select! {
                came = udp.recv_from(&mut buffer) => {
                    let (length, from) = came?;
                    let message = buffer.get(..length).unwrap_or_default();
                    match self.decide(message, Over::Udp) {
                        // One that cannot be told will ask again.
                        Next::Say(reply) => drop(udp.send_to(&reply, from).await),
                        Next::Ask(asked, found) => {
                            let (own, udp, message) = (self.clone(), Arc::clone(&udp), message.to_vec());
                            tasks.spawn(async move {
                                let reply = own.pass_on(&udp_at(&udp), &message, asked, found, Over::Udp).await;
                                let _ = udp.send_to(&reply, from).await;
                            });
                        }
                        Next::Nothing => {}
                    }
                }
                came = tcp.accept() => {
                    let (stream, _) = came?;
                    let Ok(place) = Arc::clone(&self.0.streams).try_acquire_owned() else { continue };
                    let own = self.clone();
                    tasks.spawn(async move {
                        // A client that goes away early is no news.
                        let _ = own.converse(stream).await;
                        drop(place);
                    });
                }
                Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            }
        }
    }

    /// Answers the questions of one stream until it is idle.
    async fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        let own = stream.local_addr()?;
        loop {
            let length = usize::from(timeout(IDLE, stream.read_u16()).await??);
            if length > LONG {
                return Err(ErrorKind::InvalidData.into());
            }
            let mut message = vec![0; length];
            timeout(IDLE, stream.read_exact(&mut message)).await??;
            let reply = match self.decide(&message, Over::Tcp) {
                Next::Say(reply) => reply,
                Next::Ask(asked, found) => self.pass_on(&own, &message, asked, found, Over::Tcp).await,
                Next::Nothing => return Ok(()),
            };
            timeout(IDLE, resolvers::send(&mut stream, &reply)).await??;
        }
    }

    fn decide(&self, message: &[u8], over: Over) -> Next {
        let asked = match message::read(message) {
            Read::Asked(asked) => asked,
            Read::Wrong(reply) => return Next::Say(reply),
            Read::Noise => return Next::Nothing,
        };
        if !self.is_known() && is_ours(&asked.question) {
            return Next::Say(asked.refuse(RCODE::ServerFailure));
        }
        let found = match answer(&self.0.live.read(), &asked.question) {
            Answer::Elsewhere => return Next::Ask(asked, None),
            Answer::Ours(found) => found,
        };
        if found.follow.is_some() {
            return Next::Ask(asked, Some(found));
        }
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed);
        Next::Say(asked.answer(&found, None, over, turn))
    }

    /// Whether the world was ever complete; from then on its last picture counts.
    fn is_known(&self) -> bool {
        self.0.known.load(Ordering::Relaxed) || {
            let synced = self.0.live.standing().borrow().synced;
            self.0.known.fetch_or(synced, Ordering::Relaxed) || synced
        }
    }

    /// Asks the node's resolvers: the same question, or what a service stands for.
    async fn pass_on(
        &self,
        own: &SocketAddr,
        message: &[u8],
        asked: Asked,
        found: Option<Found>,
        over: Over,
    ) -> Vec<u8> {
        let failed = || asked.refuse(RCODE::ServerFailure);
        let Ok(_place) = self.0.asked.try_acquire() else { return failed() };
        let text = fs::read_to_string(&self.0.upstream).unwrap_or_default();
        let servers = resolvers::resolvers(&text, own.ip());
        let Some(found) = found else {
            return resolvers::ask(&servers, message, over).await.unwrap_or_else(failed);
        };
        let Some(query) = found.follow.as_deref().and_then(|name| asked.about(name)) else { return failed() };
        let reply = resolvers::ask(&servers, &query, over).await;
        match reply.as_deref().and_then(message::beyond) {
            Some(beyond) => asked.answer(&found, Some(beyond), over, 0),
            None => failed(),
        }
    }
}

/// Where a socket of ours listens.
fn udp_at(udp: &UdpSocket) -> SocketAddr {
    udp.local_addr().unwrap_or_else(|_| (Ipv4Addr::UNSPECIFIED, PORT).into())
}

fn is_ours(question: &Question) -> bool {
    zone::place(&question.name).is_some() || zone::reversed(&question.name).is_some_and(|ip| ip.is_private())
}

async fn listen(at: Ipv4Addr) -> io::Result<(UdpSocket, TcpListener)> {
    Ok((UdpSocket::bind((at, PORT)).await?, TcpListener::bind((at, PORT)).await?))
}
