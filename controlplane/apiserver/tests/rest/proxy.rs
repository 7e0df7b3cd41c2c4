//! What pods, services and nodes serve, asked through the API.

use crate::door::{TestDoor, cluster};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// A server of its own, and a connection to it.
async fn connect() -> TcpStream {
    let router = controlplane_apiserver::rest::router(Arc::new(TestDoor { cluster: cluster(), open: true }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    TcpStream::connect(address).await.unwrap()
}

async fn answer(line: &str, headers: &str, body: &str) -> String {
    let mut socket = connect().await;
    let head = format!("{line} HTTP/1.1\r\nHost: cluster\r\nConnection: close\r\n{headers}");
    let length = body.len();
    socket.write_all(format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes()).await.unwrap();
    let mut said = String::new();
    socket.read_to_string(&mut said).await.unwrap();
    said
}

const WEB: &str = "/api/v1/namespaces/default/services/http:web:80/proxy";

#[tokio::test]
async fn requests_and_answers_pass() {
    let said =
        answer(&format!("GET {WEB}/a%2Fb/c?x=1"), "Authorization: Bearer good\r\nX-Own: 1\r\n", "").await;
    assert!(said.starts_with("HTTP/1.1 302 Found"), "{said}");
    assert!(said.contains(&format!("location: {WEB}/elsewhere\r\n")), "redirects lead here again: {said}");
    let (head, asked) = said.split_once("\r\n\r\n").unwrap();
    assert!(!head.contains("access-control"), "{head}");
    assert!(asked.starts_with("get 80 GET /a%2Fb/c?x=1 HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("x-own: 1") && asked.contains("host: cluster"), "{asked}");
    assert!(!asked.to_lowercase().contains("authorization"), "{asked}");

    let said = answer("POST /api/v1/nodes/web/proxy/pods", "", "the body").await;
    assert!(said.contains("create  POST /pods HTTP/1.1"), "{said}");
    let said = answer("DELETE /api/v1/namespaces/default/pods/web:8080/proxy/", "", "").await;
    assert!(said.contains("delete 8080 DELETE / HTTP/1.1"), "{said}");
}

#[tokio::test]
async fn what_cannot_be_reached_is_named() {
    let root = answer(&format!("GET {WEB}?a=b"), "", "").await;
    assert!(
        root.starts_with("HTTP/1.1 301") && root.contains(&format!("location: {WEB}/?a=b\r\n")),
        "{root}"
    );
    for (path, code, word) in [
        (
            "/api/v1/namespaces/default/pods/web:1/proxy/",
            503,
            "error trying to reach service: connection refused",
        ),
        ("/api/v1/namespaces/default/pods/nobody/proxy/", 404, "nobody"),
        (
            "/api/v1/namespaces/default/services/ftp:web:80/proxy/",
            400,
            "invalid service request \\\"ftp:web:80\\\"",
        ),
    ] {
        let said = answer(&format!("GET {path}"), "", "").await;
        assert!(said.starts_with(&format!("HTTP/1.1 {code}")) && said.contains(word), "{path}: {said}");
    }
}

#[tokio::test]
async fn an_upgraded_connection_is_passed_on() {
    let mut socket = connect().await;
    let asked = format!("GET {WEB}/ HTTP/1.1\r\nHost: c\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n");
    socket.write_all(asked.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    for word in [b"hello", b"again"] {
        socket.write_all(word).await.unwrap();
        let mut heard = [0; 5];
        socket.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, word);
    }
}
