//! The terminal over a cluster in memory: `cargo run -p tui-screen --example fake`, to look at screens.
//! With `late` as argument the cluster cannot be reached at first; with `many` it has 10,000 pods; with
//! `panic` the program panics soon.

use futures::FutureExt;
use shared_api::{Key, Object, OwnedBy, Refusal, Timestamp, meta::Status};
use shared_client::{Channel, Duplex, Frame, Result, Session, Sessions};
use shared_testkit::{
    FakeCluster, MetaWords, NodeWords, PodWords, ServiceWords, config_map, deployment, namespace, node,
    object, pod, replica_set, service,
};
use std::{sync::Arc, time::Duration};
use tui_commands::{Doors, Here};
use tui_screen::{Clusters, Kept, Opening, Seat, Setup};

struct Pods;

#[async_trait::async_trait]
impl Sessions for Pods {
    async fn open(&self, pod: &Key, session: Session) -> Result<Duplex> {
        let (near, far) = Duplex::pair(64);
        let name = pod.name.clone();
        tokio::spawn(async move {
            match session {
                Session::Logs(options) => logs(far, &name, options.timestamps).await,
                Session::PortForward { .. } => web(far).await,
                _ => echo(far).map(drop).await,
            }
        });
        Ok(near)
    }
}

async fn logs(far: Duplex, name: &str, times: bool) {
    for n in 0.. {
        let time = if times { format!("{} ", Timestamp::now()) } else { String::new() };
        let line = format!(
            "{time}{name} served request {n}: \x1b[31mGET\x1b[0m /util 200 in 3ms, to a client with a name that is long\n"
        );
        if far.send.send(Frame::data(Channel::Stdout, line)).await.is_err() {
            return;
        }
        if n > 200 {
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }
}

async fn web(mut far: Duplex) {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nhi\n";
    let _ = far.receive.recv().await;
    let _ = far.send.send(Frame::data(Channel::Stdout, answer)).await;
    let _ = far.send.send(Frame::end(Channel::Stdout)).await;
    let _ = far.send.send(Frame::outcome(&success())).await;
}

/// A shell that repeats what is typed, and knows `exit`.
async fn echo(mut far: Duplex) -> Option<()> {
    let mut line = String::new();
    far.send.send(Frame::data(Channel::Stdout, "\x1b[32m/ #\x1b[0m ")).await.ok()?;
    while let Some(frame) = far.receive.recv().await {
        if frame.channel == Channel::Resize {
            continue;
        }
        for c in String::from_utf8_lossy(&frame.data).chars() {
            let shown = if c == '\r' {
                if line == "exit" {
                    return far.send.send(Frame::outcome(&success())).await.ok();
                }
                format!("\r\nyou said: {}\r\n\x1b[32m/ #\x1b[0m ", std::mem::take(&mut line))
            } else {
                line.push(c);
                c.to_string()
            };
            far.send.send(Frame::data(Channel::Stdout, shown)).await.ok()?;
        }
    }
    None
}

fn success() -> Status {
    Status { status: Some("Success".into()), ..Status::default() }
}

fn scene() -> Vec<Object> {
    let rs = replica_set("web-7d4b9", 3);
    let mut all = vec![
        object(&node("n1").cpu("4").ready()),
        object(&node("n2").cpu("4").ready()),
        object(&node("n3").cpu("4")),
        object(&namespace("default")),
        object(&namespace("k8s-test")),
        object(&deployment("web", 3)),
        object(&rs),
        object(&config_map("settings")),
        object(&service("web").port("http", 80, 8080)),
        object(&pod("db-0").labelled("app", "db").within("k8s-test").on("n1").ready()),
        object(&pod("waits-for-a-node-with-a-long-name").labelled("app", "big")),
    ];
    all.extend(
        (1..=30)
            .map(|i| object(&pod(&format!("web-{i}")).labelled("app", "web").on("n2").ready().owned_by(&rs))),
    );
    all
}

struct Nowhere;

impl Clusters for Nowhere {
    fn contexts(&self) -> Vec<String> {
        Vec::new()
    }

    fn open(&self, _: &str) -> Opening {
        Box::pin(async { Err("there is no other cluster here".into()) })
    }
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let fake = FakeCluster::holding(scene());
    match std::env::args().nth(1).as_deref() {
        Some("late") => (0..18).for_each(|_| fake.refuse_next(Refusal::unavailable("connection refused"))),
        Some("many") => (0..10_000).for_each(|i| {
            fake.put(&object(&pod(&format!("many-{i}")).on("n1").ready()));
        }),
        Some("panic") => {
            tokio::spawn(async {
                tokio::time::sleep(Duration::from_secs(2)).await;
                panic!("asked to");
            });
        }
        _ => {}
    }
    let busy = Arc::clone(&fake);
    tokio::spawn(async move {
        for i in 0.. {
            tokio::time::sleep(Duration::from_secs(2)).await;
            busy.put(&object(&pod(&format!("a-{i:03}")).labelled("app", "job").on("n1").ready()));
        }
    });
    let doors = Doors {
        cluster: fake.door(),
        sessions: Arc::new(Pods),
        namespace: "default".into(),
        clock: Timestamp::now,
        here: Here::default(),
    };
    let seat = Seat { doors, context: "demo".into(), server: "https://127.0.0.1:6443".into() };
    let (config, history) = (Kept::default(), Kept::default());
    let setup = Setup {
        clusters: Arc::new(Nowhere),
        config,
        history,
        read_only: false,
        coloured: true,
        named: false,
        demo: false,
    };
    tui_screen::run(seat, setup).await
}
