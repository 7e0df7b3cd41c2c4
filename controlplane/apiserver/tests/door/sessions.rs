//! A node joins with a token, attends, and serves a user's session.

use crate::port::Port;
use futures::StreamExt;
use serde_json::json;
use shared_api::{Key, Object, Reason, WriteHow, core::Pod};
use shared_client::{Channel, Cluster, Frame, Session, Sessions};
use shared_pki::{Identity, Request, Token};

#[tokio::test]
async fn a_stranger_joins_attends_and_serves() {
    let port = Port::open().await;
    let admin = port.admin();
    let token = Token::create(&"ab".repeat(32));
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "type": "bootstrap.kubernetes.io/token",
        "metadata": {"name": format!("bootstrap-token-{}", token.id), "namespace": "kube-system"},
        "data": {"token-id": base64(&token.id), "token-secret": base64(&token.secret),
            "usage-bootstrap-authentication": base64("true")}});
    admin.create(Object::from_value(&secret).unwrap(), &WriteHow::default()).await.unwrap();

    let request = Request::new("anything", "system:masters").unwrap();
    let wrong = port.stranger().join("abcdef.0123456789abcdef", "n1", &request.csr).await.unwrap_err();
    assert_eq!(wrong.reason, Reason::Unauthorized);
    let joined = port.stranger().join(&token.to_string(), "n1", &request.csr).await.unwrap();
    assert_eq!(joined.authority, port.authority.certificate());
    let node = port.with(Identity { certificate: joined.certificate, key: request.key });
    assert!(node.renew(&request.csr).await.is_ok());
    assert_eq!(admin.renew(&request.csr).await.unwrap_err().reason, Reason::Forbidden);

    let pod = Key::of::<Pod>("default", "web-1");
    let value = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "default"},
        "spec": {"containers": [{"name": "main", "image": "busybox"}]}});
    admin.create(Object::from_value(&value).unwrap(), &WriteHow::default()).await.unwrap();
    let exec =
        || Session::Exec { container: String::new(), command: vec!["sh".into()], stdin: true, tty: false };
    let early = admin.open(&pod, exec()).await.unwrap_err();
    assert_eq!(early.message, "pod web-1 does not have a host assigned");
    let bind = json!({"target": {"kind": "Node", "name": "n1"}});
    admin.subresource(&pod, "binding", Some(bind), &WriteHow::default()).await.unwrap();
    let away = admin.open(&pod, exec()).await.unwrap_err();
    assert_eq!(away.reason, Reason::ServiceUnavailable);
    assert!(away.message.starts_with("node n1 is not connected"), "{away}");

    assert_eq!(node.attend("n2").await.err().map(|r| r.reason), Some(Reason::Forbidden));
    let mut calls = node.attend("n1").await.unwrap();
    let agent = async {
        let call = calls.next().await.unwrap().unwrap();
        let mut only = exec();
        *only.container_mut().unwrap() = "main".into();
        assert_eq!((&call.pod, &call.session), (&pod, &only), "the only container is meant");
        node.serve(call.number).await.unwrap()
    };
    let (user, mut agent) = tokio::join!(admin.open(&pod, exec()), agent);
    let mut user = user.unwrap();
    user.send.send(Frame::data(Channel::Stdin, "hello")).await.unwrap();
    assert_eq!(agent.receive.recv().await, Some(Frame::data(Channel::Stdin, "hello")));
    for n in 0..200 {
        agent.send.send(Frame::data(Channel::Stdout, format!("{n}"))).await.unwrap();
        assert_eq!(user.receive.recv().await, Some(Frame::data(Channel::Stdout, format!("{n}"))));
    }
    let end = Frame::outcome(&shared_api::meta::Status::default());
    agent.send.send(end.clone()).await.unwrap();
    drop(agent);
    assert_eq!(user.receive.recv().await, Some(end));
    assert_eq!(user.receive.recv().await, None, "the session ends with the agent's end");
    assert_eq!(port.user("bob", &[]).open(&pod, exec()).await.unwrap_err().reason, Reason::Forbidden);
}

fn base64(text: &str) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    BASE64_STANDARD.encode(text)
}
