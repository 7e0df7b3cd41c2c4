//! A registry in the test: it serves what it is given, and misbehaves on demand.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

#[derive(Default)]
pub(crate) struct Registry {
    /// By path: `/v2/library/busybox/manifests/latest`.
    documents: Mutex<HashMap<String, (String, Vec<u8>)>>,
    /// Transfers of blobs that are broken off half-way before one is served whole.
    pub(crate) breaks: AtomicUsize,
    /// Every request: `GET /v2/… bytes=5-`.
    pub(crate) requests: Mutex<Vec<String>>,
    /// `name:password`, asked for by a token server.
    pub(crate) password: Mutex<Option<String>>,
}

impl Registry {
    /// Serves on a free port; the base address.
    pub(crate) async fn serve() -> (Arc<Self>, String) {
        let registry = Arc::new(Self::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let (serving, own) = (registry.clone(), base.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (registry, base) = (serving.clone(), own.clone());
                tokio::spawn(async move { registry.talk(stream, &base).await });
            }
        });
        (registry, base)
    }

    pub(crate) fn put(&self, path: String, media_type: &str, bytes: Vec<u8>) {
        self.documents.lock().unwrap().insert(path, (media_type.to_owned(), bytes));
    }

    pub(crate) fn asked(&self, part: &str) -> usize {
        self.requests.lock().unwrap().iter().filter(|line| line.contains(part)).count()
    }

    async fn talk(&self, stream: TcpStream, base: &str) {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        while let Ok(Some(request)) = lines.next_line().await {
            let mut headers = HashMap::new();
            while let Ok(Some(line)) = lines.next_line().await {
                let Some((name, value)) = line.split_once(':') else { break };
                headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
            }
            let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
            let range = headers.get("range").cloned().unwrap_or_default();
            self.requests.lock().unwrap().push(format!("GET {path} {range}"));
            let authorization = headers.get("authorization").cloned().unwrap_or_default();
            let (head, body, whole) = self.answer(&path, &range, &authorization, base);
            let length = body.len();
            let head = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\n\r\n");
            let sent = if whole { &body[..] } else { &body[..length / 2] };
            if writer.write_all(head.as_bytes()).await.is_err()
                || writer.write_all(sent).await.is_err()
                || !whole
            {
                return;
            }
        }
    }

    fn answer(&self, path: &str, range: &str, authorization: &str, base: &str) -> (String, Vec<u8>, bool) {
        use base64::{Engine, engine::general_purpose::STANDARD};
        if let Some(password) = &*self.password.lock().unwrap() {
            let basic = format!("Basic {}", STANDARD.encode(password));
            if path.starts_with("/token") {
                if authorization == basic {
                    return ("200 OK".into(), br#"{"token":"t0"}"#.to_vec(), true);
                }
                return ("401 Unauthorized".into(), b"wrong name or password".to_vec(), true);
            }
            if authorization != "Bearer t0" {
                let challenge = format!("Bearer realm=\"{base}/token\",service=\"test\"");
                return (format!("401 Unauthorized\r\nwww-authenticate: {challenge}"), Vec::new(), true);
            }
        }
        let documents = self.documents.lock().unwrap();
        let Some((media_type, bytes)) = documents.get(path) else {
            return ("404 Not Found".into(), Vec::new(), true);
        };
        let start: usize = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap_or(0);
        let status = if start > 0 { "206 Partial Content" } else { "200 OK" };
        let fewer = |left: usize| left.checked_sub(1);
        let breaks = path.contains("/blobs/")
            && bytes.len() > 1 << 20
            && self.breaks.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok();
        (format!("{status}\r\ncontent-type: {media_type}"), bytes[start..].to_vec(), !breaks)
    }
}
