//! Sockets as client libraries and scripts use them: every protocol, message by message.

use crate::door::{TestDoor, cluster};
use futures::{SinkExt, StreamExt};
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest},
};

type Socket = WebSocketStream<TcpStream>;

/// A socket on `part` of the pod `web`, in a protocol.
async fn open(part: &str, protocol: &str) -> Socket {
    let router = controlplane_apiserver::rest::router(Arc::new(TestDoor { cluster: cluster(), open: true }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let url = format!("ws://{address}/api/v1/namespaces/default/pods/web/{part}");
    let mut request = url.into_client_request().unwrap();
    if !protocol.is_empty() {
        request.headers_mut().insert("sec-websocket-protocol", protocol.parse().unwrap());
    }
    let stream = TcpStream::connect(address).await.unwrap();
    let (socket, answer) = client_async(request, stream).await.unwrap();
    let chosen = answer.headers().get("sec-websocket-protocol").map_or("", |p| p.to_str().unwrap());
    assert_eq!(chosen, protocol);
    socket
}

/// Every message until the server closes.
async fn rest(socket: &mut Socket) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(Ok(message)) = socket.next().await {
        match message {
            Message::Binary(data) => all.push(String::from_utf8(data.into()).unwrap()),
            Message::Text(text) => all.push(text.to_string()),
            Message::Close(_) => break,
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
    all
}

#[tokio::test]
async fn commands_in_every_protocol() {
    let success = "\u{3}{\"apiVersion\":\"v1\",\"kind\":\"Status\",\"metadata\":{},\"status\":\"Success\"}";
    for (protocol, query, expected) in [
        (
            "v5.channel.k8s.io",
            "command=both&stdout=1&stderr=1",
            &["\u{1}", "\u{1}to out\n", "\u{2}to err\n", success][..],
        ),
        ("v4.channel.k8s.io", "command=both&stderr=1", &["\u{2}", "\u{2}to err\n", success]),
        (
            "v4.base64.channel.k8s.io",
            "command=both&stdout=1",
            &[
                "1",
                "1dG8gb3V0Cg==",
                "3eyJhcGlWZXJzaW9uIjoidjEiLCJraW5kIjoiU3RhdHVzIiwibWV0YWRhdGEiOnt9LCJzdGF0dXMiOiJTdWNjZXNzIn0=",
            ],
        ),
        ("channel.k8s.io", "command=both&stdout=1", &["\u{1}", "\u{1}to out\n"]),
        ("base64.channel.k8s.io", "command=both&stdout=1", &["1", "1dG8gb3V0Cg=="]),
        (
            "",
            "command=exit&command=3&stdout=1",
            &["\u{1}", "\u{3}command terminated with non-zero exit code: exit code 3"],
        ),
    ] {
        let mut socket = open(&format!("exec?{query}"), protocol).await;
        assert_eq!(rest(&mut socket).await, expected, "{protocol}");
    }
}

#[tokio::test]
async fn the_end_of_the_input_leaves_the_output_open() {
    let mut socket = open("exec?command=cat&stdin=1&stdout=1", "v5.channel.k8s.io").await;
    socket.send(Message::Binary("\0hello".into())).await.unwrap();
    socket.send(Message::Binary(vec![255, 0].into())).await.unwrap();
    let said = rest(&mut socket).await;
    assert_eq!(said[..2], ["\u{1}", "\u{1}hello"]);
    assert!(said[2].contains("Success"), "{said:?}");
}

#[tokio::test]
async fn logs_come_in_pieces() {
    let mut socket = open("log?tailLines=2", "binary.k8s.io").await;
    assert_eq!(rest(&mut socket).await, ["two\n", "three\n"]);
    let mut socket = open("log?tailLines=1", "base64.binary.k8s.io").await;
    assert_eq!(rest(&mut socket).await, ["dGhyZWUK"]);
}

#[tokio::test]
async fn ports_have_two_channels_each() {
    let mut socket = open("portforward?ports=80,1", "v4.channel.k8s.io").await;
    let ask = "\0GET / HTTP/1.1\r\n\r\n";
    socket.send(Message::Binary(ask.into())).await.unwrap();
    let (mut begun, mut answer, mut errors) = (Vec::new(), String::new(), String::new());
    while let Some(Ok(Message::Binary(data))) = socket.next().await {
        match data[0] {
            channel if data[1..] == [80, 0] || data[1..] == [1, 0] => begun.push(channel),
            0 => answer += std::str::from_utf8(&data[1..]).unwrap(),
            3 => errors += std::str::from_utf8(&data[1..]).unwrap(),
            other => panic!("channel {other}: {data:?}"),
        }
    }
    begun.sort_unstable();
    assert_eq!(begun, [0, 1, 2, 3]);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("port 80"), "{}", answer.len());
    assert_eq!(errors, "connection refused");
}
