//! A laboratory: hosts that are threads in namespaces of their own, joined by a bridge.
//!
//! A host's namespaces, mounts, interfaces and rules live as long as its threads: nothing is left
//! when a test ends, however it ends.

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, setns, unshare},
};
use std::{
    fs::File,
    io::{Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

type Job = Box<dyn FnOnce() + Send>;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A thread in its own network and mount namespaces.
pub(crate) struct Host {
    jobs: mpsc::Sender<Job>,
    netns: PathBuf,
}

/// False, with a word about it, where namespaces cannot be made.
pub(crate) fn is_possible() -> bool {
    let tried = thread::spawn(|| unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS)).join();
    let possible = matches!(tried, Ok(Ok(())));
    if !possible {
        println!("skipped: this test needs root and network namespaces");
    }
    possible
}

impl Host {
    pub(crate) fn new() -> Self {
        let (jobs, todo) = mpsc::channel::<Job>();
        let (ready, started) = mpsc::channel();
        thread::spawn(move || {
            unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).unwrap();
            let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
            mount(None::<&str>, "/", None::<&str>, private, None::<&str>).unwrap();
            // Namespaces are held here; the file system goes with the mount namespace.
            mount(Some("tmpfs"), "/run", Some("tmpfs"), MsFlags::empty(), None::<&str>).unwrap();
            let own = format!("/proc/{}/task/{}/ns/net", std::process::id(), nix::unistd::gettid());
            ready.send(PathBuf::from(own)).unwrap();
            for job in todo {
                job();
            }
        });
        let host = Self { netns: started.recv_timeout(PATIENCE).unwrap(), jobs };
        host.ip("link set lo up");
        host
    }

    /// Runs `job` on this host and waits for what it gives.
    pub(crate) fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> T {
        let (done, result) = mpsc::channel();
        let job = move || {
            // A thread of its own: a failure is the caller's, and the host lives on.
            let _ = done.send(thread::spawn(job).join());
        };
        self.jobs.send(Box::new(job)).unwrap();
        result.recv_timeout(PATIENCE * 6).unwrap().unwrap_or_else(|why| std::panic::resume_unwind(why))
    }

    /// Starts `job` on this host.
    pub(crate) fn start(&self, job: impl FnOnce() + Send + 'static) {
        self.jobs.send(Box::new(move || drop(thread::spawn(job)))).unwrap();
    }

    /// Runs an async job on this host.
    pub(crate) fn wait<T: Send + 'static>(&self, job: impl AsyncFnOnce() -> T + Send + 'static) -> T {
        self.run(move || runtime().block_on(job()))
    }

    /// Runs a program on this host and gives what it prints.
    pub(crate) fn shell(&self, line: &str) -> String {
        let line = line.to_owned();
        self.run(move || {
            let done = Command::new("sh").args(["-c", &line]).output().unwrap();
            assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8_lossy(&done.stdout).into_owned()
        })
    }

    pub(crate) fn ip(&self, arguments: &str) -> String {
        self.shell(&format!("ip {arguments}"))
    }

    /// Joins this host to the switch, with an address of 192.0.2.0/24.
    pub(crate) fn plug(&self, switch: &Host, number: u8) {
        let port = self.cable(switch, &format!("192.0.2.{number}"), "192.0.2.254");
        switch.ip(&format!("link set {port} master br0"));
    }

    /// Joins this host to another, which is the way to everywhere; gives the other's interface.
    pub(crate) fn cable(&self, router: &Host, ip: &str, gateway: &str) -> String {
        let (target, port) = (self.netns.display(), format!("p{}", ip.rsplit('.').next().unwrap()));
        router.ip(&format!("link add {port} type veth peer name eth0 netns {target}"));
        router.ip(&format!("link set {port} up"));
        self.ip(&format!("addr add {ip}/24 dev eth0"));
        self.ip("link set eth0 up");
        self.ip(&format!("route add default via {gateway}"));
        port
    }

    /// Connects from this host, or from the namespace `inside`, and reads what the server says.
    pub(crate) fn ask(&self, inside: Option<&Path>, to: &str) -> Result<String, String> {
        let (inside, to) = (inside.map(Path::to_owned), to.parse::<SocketAddr>().unwrap());
        self.run(move || {
            enter(inside.as_deref());
            let mut stream =
                TcpStream::connect_timeout(&to, Duration::from_secs(2)).map_err(|e| e.kind().to_string())?;
            stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
            let mut said = String::new();
            stream.read_to_string(&mut said).map_err(|e| e.kind().to_string())?;
            Ok(said)
        })
    }

    /// Answers every TCP connection and every UDP packet to `port` in `inside` with `name` and the
    /// sender's address.
    pub(crate) fn serve(&self, inside: Option<&Path>, port: u16, name: &str) {
        let (inside, name) = (inside.map(Path::to_owned), name.to_owned());
        self.run(move || {
            enter(inside.as_deref());
            let at = (Ipv4Addr::UNSPECIFIED, port);
            let (tcp, udp) = (TcpListener::bind(at).unwrap(), UdpSocket::bind(at).unwrap());
            let second = name.clone();
            thread::spawn(move || {
                for stream in tcp.incoming() {
                    let mut stream = stream.unwrap();
                    let peer = stream.peer_addr().unwrap().ip();
                    let _ = write!(stream, "{name} {peer}");
                }
            });
            thread::spawn(move || {
                let mut packet = [0; 16];
                while let Ok((_, from)) = udp.recv_from(&mut packet) {
                    let _ = udp.send_to(format!("{second} {}", from.ip()).as_bytes(), from);
                }
            });
        });
    }

    /// A UDP socket in `inside` that keeps its port.
    pub(crate) fn udp(&self, inside: &Path) -> UdpSocket {
        let inside = inside.to_owned();
        self.run(move || {
            enter(Some(&inside));
            let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
            socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
            socket
        })
    }
}

/// Sends a packet and waits for an answer.
pub(crate) fn exchange(socket: &UdpSocket, to: &str) -> Result<String, String> {
    socket.send_to(b"?", to).map_err(|e| e.kind().to_string())?;
    let mut packet = [0; 64];
    let (length, _) = socket.recv_from(&mut packet).map_err(|e| e.kind().to_string())?;
    Ok(String::from_utf8_lossy(&packet[..length]).into_owned())
}

/// A host with a bridge that others are plugged into.
pub(crate) fn switch() -> Host {
    let switch = Host::new();
    switch.ip("link add br0 type bridge");
    switch.ip("addr add 192.0.2.254/24 dev br0");
    switch.ip("link set br0 up");
    // A host outside the cluster knows no way to pods.
    switch.serve(None, 9, "outside");
    switch
}

pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn enter(inside: Option<&Path>) {
    if let Some(path) = inside {
        setns(File::open(path).unwrap(), CloneFlags::CLONE_NEWNET).unwrap();
    }
}

/// Looks until `fact` holds.
pub(crate) fn until(what: &str, mut fact: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !fact() {
        assert!(Instant::now() < end, "waited for: {what}");
        thread::yield_now();
    }
}
