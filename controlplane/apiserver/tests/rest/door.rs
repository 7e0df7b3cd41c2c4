//! A small door over the cluster in memory, with pods that echo.

use crate::program::Kubectl;
use async_trait::async_trait;
use bytes::Bytes;
use controlplane_apiserver::door::{ActAs, Caller, Credentials, Door, User};
use futures::stream::BoxStream;
use serde_json::Value;
use shared_api::{
    DeleteHow, Freshness, Key, KindInfo, Object, Patch, PatchType, Query, Reason, Refusal, Revision,
    WriteHow,
    meta::{Status, StatusCause, StatusDetails},
};
use shared_client::{Channel, Cluster, Duplex, Event, Frame, List, Result, Session, Sessions};
use shared_testkit::{FakeCluster, PodWords, namespace, node, object, pod};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Everybody with the token `good` may do everything; when it is open, everybody else too, because kubectl
/// sends no token over a connection without TLS.
pub(crate) struct TestDoor {
    pub(crate) cluster: Arc<FakeCluster>,
    pub(crate) open: bool,
}

impl Kubectl {
    /// One that talks to `cluster`.
    pub(crate) async fn over(cluster: Arc<FakeCluster>) -> Option<Self> {
        Self::at(controlplane_apiserver::rest::router(Arc::new(TestDoor { cluster, open: true }))).await
    }
}

/// A cluster with a namespace, a node and a running pod.
pub(crate) fn cluster() -> Arc<FakeCluster> {
    let running = pod("web").on("n1").ready().at("10.0.0.7");
    let cluster =
        FakeCluster::holding([object(&namespace("default")), object(&node("n1")), object(&running)]);
    cluster.set_now(shared_api::Timestamp::now());
    cluster
}

impl Door for TestDoor {
    fn authenticate(&self, credentials: &Credentials) -> Result<User> {
        if credentials.act_as != ActAs::default() {
            return Err(Refusal::new(Reason::Forbidden, "impersonation is not for this door"));
        }
        match credentials.token.as_deref() {
            Some("good") => Ok(User { name: "you".into(), ..User::default() }),
            Some(_) => Err(Refusal::new(Reason::Unauthorized, "Unauthorized")),
            None if self.open => Ok(User { name: "you".into(), ..User::default() }),
            None => Ok(User { name: "system:anonymous".into(), ..User::default() }),
        }
    }

    fn may_visit(&self, user: &User, verb: &str, path: &str) -> Result<()> {
        if user.name == "you" {
            return Ok(());
        }
        let message = format!("forbidden: User {:?} cannot {verb} path {path:?}", user.name);
        Err(Refusal::new(Reason::Forbidden, message))
    }

    fn caller(&self, _: &User) -> Arc<dyn Caller> {
        Arc::new(TestCaller(Arc::clone(&self.cluster)))
    }

    fn sessions(&self, _: &User) -> Arc<dyn Sessions> {
        Arc::new(Echo)
    }

    fn health(&self) -> Vec<(&'static str, std::result::Result<(), String>)> {
        vec![("store", Ok(())), ("leader", Ok(()))]
    }
}

struct TestCaller(Arc<FakeCluster>);

#[async_trait]
impl Caller for TestCaller {
    async fn may(&self, _: &str, _: &'static KindInfo, _: &str, _: &Key) -> Result<()> {
        Ok(())
    }

    async fn reach(&self, _: Freshness) -> Result<()> {
        Ok(())
    }

    fn allowed(&self) -> Arc<dyn Cluster> {
        self.0.door()
    }

    fn warnings(&self) -> Vec<String> {
        vec!["this cluster is a fake".into()]
    }
}

#[async_trait]
impl Cluster for TestCaller {
    async fn get(&self, key: &Key) -> Result<Object> {
        self.0.get(key).await
    }

    async fn list(&self, query: &Query) -> Result<List> {
        self.0.list(query).await
    }

    async fn create(&self, object: Object, how: &WriteHow) -> Result<Object> {
        self.0.create(object, how).await
    }

    async fn update(&self, object: Object, how: &WriteHow) -> Result<Object> {
        self.0.update(object, how).await
    }

    async fn patch(&self, key: &Key, patch: &Patch, how: &WriteHow) -> Result<Object> {
        if how.subresource.as_deref() == Some("scale") {
            let mut scale = self.0.subresource(key, "scale", None, how).await?;
            json_patch::merge(&mut scale, &patch.body);
            let scaled = self.0.subresource(key, "scale", Some(scale), how).await?;
            return Object::from_value(&scaled).map_err(Refusal::internal);
        }
        // The cluster in memory merges only; for objects without lists the languages agree.
        let body = match patch.kind {
            PatchType::Json => {
                let mut after = self.0.get(key).await?.value();
                let operations: json_patch::Patch = serde_json::from_value(patch.body.clone()).unwrap();
                json_patch::patch(&mut after, &operations).unwrap();
                after
            }
            PatchType::Merge | PatchType::Strategic | PatchType::Apply { .. } => patch.body.clone(),
        };
        self.0.patch(key, &Patch { kind: PatchType::Merge, body }, how).await
    }

    async fn delete(&self, key: &Key, how: &DeleteHow) -> Result<Object> {
        self.0.delete(key, how).await
    }

    async fn subresource(&self, key: &Key, name: &str, body: Option<Value>, how: &WriteHow) -> Result<Value> {
        self.0.subresource(key, name, body, how).await
    }

    async fn watch(
        &self,
        queries: &[Query],
        from: Option<Revision>,
    ) -> Result<BoxStream<'static, Result<Event>>> {
        self.0.watch(queries, from).await
    }
}

/// Pods that answer by themselves.
struct Echo;

#[async_trait]
impl Sessions for Echo {
    async fn open(&self, pod: &Key, session: Session) -> Result<Duplex> {
        if pod.name != "web" {
            return Err(Refusal::not_found(pod));
        }
        let (near, far) = Duplex::pair(8);
        tokio::spawn(play(session, far));
        Ok(near)
    }
}

async fn play(session: Session, Duplex { send, mut receive }: Duplex) {
    let status = match session {
        Session::Logs(options) => {
            let say = |text: &str| Frame::data(Channel::Stdout, Bytes::from(text.to_owned()));
            if options.container == "none" {
                Refusal::bad_request("container none is not valid for pod web").to_status()
            } else {
                let lines = ["one\n", "two\n", "three\n"];
                let tail = options.tail_lines.and_then(|n| usize::try_from(n).ok()).unwrap_or(lines.len());
                for line in &lines[lines.len().saturating_sub(tail)..] {
                    let _ = send.send(say(line)).await;
                }
                success()
            }
        }
        Session::Exec { command, .. } => exec(&command, &send, &mut receive).await,
        Session::Attach { .. } => exec(&["cat".to_owned()], &send, &mut receive).await,
        Session::PortForward { port: 1 } => Refusal::unavailable("connection refused").to_status(),
        Session::PortForward { port } => serve_http(port, &send, &mut receive).await,
        Session::Proxy { port, .. } if port == "1" => Refusal::unavailable("connection refused").to_status(),
        Session::Proxy { verb, port } => say_back(&verb, &port, &send, &mut receive).await,
        Session::Node { .. } | Session::Rules { .. } => Refusal::internal("nobody asks a node").to_status(),
    };
    let _ = send.send(Frame::outcome(&status)).await;
}

async fn exec(command: &[String], send: &mpsc::Sender<Frame>, receive: &mut mpsc::Receiver<Frame>) -> Status {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    match words[..] {
        ["cat"] => {
            while let Some(frame) = receive.recv().await {
                match frame {
                    Frame { channel: Channel::Stdin, end: true, .. } => break,
                    Frame { channel: Channel::Stdin, data, .. } => {
                        let _ = send.send(Frame::data(Channel::Stdout, data)).await;
                    }
                    _ => {}
                }
            }
            success()
        }
        ["both"] => {
            let _ = send.send(Frame::data(Channel::Stdout, "to out\n")).await;
            let _ = send.send(Frame::data(Channel::Stderr, "to err\n")).await;
            success()
        }
        ["exit", code] => Status {
            status: Some("Failure".into()),
            reason: Some("NonZeroExitCode".into()),
            message: Some(format!("command terminated with non-zero exit code: exit code {code}")),
            details: Some(StatusDetails {
                causes: Some(vec![StatusCause {
                    reason: Some("ExitCode".into()),
                    message: Some(code.into()),
                    field: None,
                }]),
                ..StatusDetails::default()
            }),
            ..Status::default()
        },
        _ => Refusal::internal("no such program").to_status(),
    }
}

/// A server of one request.
async fn serve_http(port: u16, send: &mpsc::Sender<Frame>, receive: &mut mpsc::Receiver<Frame>) -> Status {
    let mut asked = Vec::new();
    while !asked.windows(4).any(|end| end == b"\r\n\r\n") {
        match receive.recv().await {
            Some(frame) if !frame.end => asked.extend_from_slice(&frame.data),
            _ => return success(),
        }
    }
    let body = format!("port {port}").repeat(20_000);
    let answer =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    for piece in answer.as_bytes().chunks(10_000) {
        let _ = send.send(Frame::data(Channel::Stdout, piece.to_vec())).await;
    }
    success()
}

/// A server that answers with what it was asked; asked to upgrade, it does and says back what comes.
async fn say_back(
    verb: &str,
    port: &str,
    send: &mpsc::Sender<Frame>,
    receive: &mut mpsc::Receiver<Frame>,
) -> Status {
    let mut asked = String::new();
    while !asked.contains("\r\n\r\n") {
        match receive.recv().await {
            Some(frame) if !frame.end => asked += std::str::from_utf8(&frame.data).unwrap(),
            _ => return success(),
        }
    }
    let say = |text: String| send.send(Frame::data(Channel::Stdout, text));
    if asked.to_lowercase().contains("upgrade: echo") {
        let _ =
            say("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n".into())
                .await;
        while let Some(frame) = receive.recv().await {
            if frame.end || send.send(Frame::data(Channel::Stdout, frame.data)).await.is_err() {
                break;
            }
        }
        return success();
    }
    let body = format!("{verb} {port} {asked}");
    let head = "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nAccess-Control-Allow-Origin: *\r\nConnection: close\r\n";
    let _ = say(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())).await;
    success()
}

fn success() -> Status {
    Status { status: Some("Success".into()), ..Status::default() }
}
