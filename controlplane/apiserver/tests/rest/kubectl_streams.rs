//! exec, attach, port-forward and logs of an unmodified kubectl, over both of its wires.

use crate::{
    door::cluster,
    program::{Kubectl, text},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
};

#[tokio::test(flavor = "multi_thread")]
async fn sessions_over_websockets() {
    let Some(kubectl) = Kubectl::over(cluster()).await else { return };
    sessions(&kubectl, "Sec-Websocket-Protocol: v5.channel.k8s.io").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_over_spdy() {
    let Some(kubectl) = Kubectl::over(cluster()).await else { return };
    sessions(&kubectl.over_spdy(), "Upgrade: SPDY/3.1").await;
}

async fn sessions(kubectl: &Kubectl, wire: &str) {
    let long = "a long line of input\n".repeat(20_000);
    assert_eq!(kubectl.says("exec -i web -- cat", &long).await, long);
    let both = kubectl.run("exec web -- both", "").await;
    assert_eq!(text(&both.stdout), "to out\n");
    // Reading the pod first brought the warning of the fake.
    assert!(text(&both.stderr).ends_with("\nto err\n"), "{}", text(&both.stderr));
    // kubectl tries the other wire when one fails, which would hide the failure.
    let verbose = kubectl.run("exec -v=8 web -- both", "").await;
    assert!(text(&verbose.stderr).contains(wire), "{}", text(&verbose.stderr));
    let failed = kubectl.run("exec web -- exit 7", "").await;
    assert_eq!(failed.status.code(), Some(7), "{}", text(&failed.stderr));
    let missing = kubectl.run("exec nobody -- cat", "").await;
    assert!(text(&missing.stderr).contains("NotFound"), "{}", text(&missing.stderr));
    let attached = kubectl.run("attach -i web", "hello\n").await;
    assert!(text(&attached.stdout).contains("hello"), "{}{}", text(&attached.stdout), text(&attached.stderr));
    let tunnel = wire.replace("v5.channel.k8s.io", "SPDY/3.1+portforward.k8s.io");
    forward(kubectl, &tunnel).await;
}

/// Two ports, several connections at once, and one that fails without harm to the others.
async fn forward(kubectl: &Kubectl, wire: &str) {
    let mut child = kubectl.start(&["port-forward", "-v=8", "pod/web", ":8080", ":9090", ":1"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut errors = child.stderr.take().unwrap();
    let told = tokio::spawn(async move {
        let mut told = Vec::new();
        errors.read_to_end(&mut told).await.unwrap();
        text(&told)
    });
    let mut ports = Vec::new();
    while ports.len() < 3 {
        let line = lines.next_line().await.unwrap().expect("kubectl goes on forwarding");
        if let Some(rest) = line.strip_prefix("Forwarding from 127.0.0.1:") {
            ports.push(rest.split(' ').next().unwrap().parse::<u16>().unwrap());
        }
    }
    let fetched =
        futures::future::join_all([fetch(ports[0]), fetch(ports[1]), fetch(ports[0]), fetch(ports[1])]).await;
    for (at, answer) in fetched.iter().enumerate() {
        let expected = if at % 2 == 0 { "port 8080" } else { "port 9090" };
        assert!(answer.ends_with(expected) && answer.len() > 180_000, "{at}: {} bytes", answer.len());
    }
    assert_eq!(fetch(ports[2]).await, "");
    child.kill().await.unwrap();
    let told = told.await.unwrap();
    assert!(told.contains(wire) && told.contains("connection refused"), "{told}");
}

async fn fetch(port: u16) -> String {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    // A connection that fails may be reset.
    let _ = socket.read_to_end(&mut answer).await;
    text(&answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_are_plain_text() {
    let Some(kubectl) = Kubectl::over(cluster()).await else { return };
    assert_eq!(kubectl.says("logs web", "").await, "one\ntwo\nthree\n");
    assert_eq!(kubectl.says("logs -f --tail=1 web", "").await, "three\n");
    let refused = kubectl.run("logs web -c none", "").await;
    assert!(text(&refused.stderr).contains("container none is not valid"), "{}", text(&refused.stderr));
    assert!(!kubectl.url().is_empty());
}
