//! Plain HTTP/1 to the control plane's REST side, for what is asked by path: a question and its answer, or a
//! connection to be relayed.

use crate::{Result, grpc::Options, kubeconfig::Access};
use shared_api::{Refusal, meta::Status};
use shared_pki::rustls::{ClientConfig, pki_types::ServerName};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// The most that an answer may have.
const LIMIT: u64 = 256 << 20;

/// A way to the REST side. Cloning shares it.
#[derive(Clone)]
pub struct Plain {
    host: String,
    port: u16,
    name: ServerName<'static>,
    config: Arc<ClientConfig>,
    token: Option<String>,
}

impl Plain {
    /// As a kubeconfig says; nothing is sent yet.
    pub fn from_access(access: &Access) -> Result<Self> {
        let options = Options::from_access(access)?;
        let (_, host, port, name, config) = options.place()?;
        let mut config = (*config).clone();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { host, port, name, config: Arc::new(config), token: access.token.clone() })
    }

    /// Whether a connection itself says who one is; otherwise every question has to carry a token.
    pub fn known(&self) -> bool {
        self.token.is_none()
    }

    /// A connection that speaks HTTP/1.1.
    pub async fn connect(&self) -> Result<TlsStream<TcpStream>> {
        let failed = |e| Refusal::unavailable(format!("connecting to {}:{}: {e}", self.host, self.port));
        let tcp = TcpStream::connect((self.host.as_str(), self.port)).await.map_err(failed)?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        connector.connect(self.name.clone(), tcp).await.map_err(failed)
    }

    /// What stands at a path, as it comes.
    pub async fn get(&self, path: &str) -> Result<Vec<u8>> {
        let plain = path.starts_with('/') && !path.contains(|c: char| c.is_whitespace() || c.is_control());
        if !plain {
            return Err(Refusal::bad_request(format!(
                "{path:?} is no path: it starts with / and has no spaces"
            )));
        }
        let token = self.token.as_ref().map(|t| format!("Authorization: Bearer {t}\r\n")).unwrap_or_default();
        // HTTP/1.0, so that the answer comes in one piece and ends with the connection.
        let question = format!(
            "GET {path} HTTP/1.0\r\nHost: {}:{}\r\nAccept: application/json, */*\r\n{token}\r\n",
            self.host, self.port
        );
        let broken = |e: std::io::Error| Refusal::unavailable(format!("asking for {path}: {e}"));
        let mut connection = self.connect().await?;
        connection.write_all(question.as_bytes()).await.map_err(broken)?;
        let mut answer = Vec::new();
        match connection.take(LIMIT).read_to_end(&mut answer).await {
            // Some servers leave without a word; what came before it counts.
            Err(e) if e.kind() != std::io::ErrorKind::UnexpectedEof => return Err(broken(e)),
            _ => {}
        }
        split(path, &answer)
    }
}

/// The body of an answer; a refusal when it is one.
fn split(path: &str, answer: &[u8]) -> Result<Vec<u8>> {
    let odd = || Refusal::internal(format!("the answer to {path} is not HTTP"));
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").ok_or_else(odd)?;
    let head = String::from_utf8_lossy(&answer[..end]);
    let code = head.split(' ').nth(1).and_then(|c| c.parse::<u16>().ok()).ok_or_else(odd)?;
    let body = &answer[end + 4..];
    if (200..300).contains(&code) {
        return Ok(body.to_vec());
    }
    match serde_json::from_slice::<Status>(body) {
        Ok(status) if status.message.is_some() => Err(Refusal::from_status(status)),
        _ => {
            let said = String::from_utf8_lossy(body);
            let why = format!("the server answered {path} with {code}: {}", said.trim());
            Err(if code == 404 {
                Refusal::new(shared_api::Reason::NotFound, why)
            } else {
                Refusal::internal(why)
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_body_or_a_refusal() {
        assert_eq!(split("/x", b"HTTP/1.0 200 OK\r\nA: b\r\n\r\n{}").unwrap(), b"{}");
        let refused = split("/x", b"HTTP/1.1 404 Not Found\r\n\r\n404 page not found\n").unwrap_err();
        assert_eq!(refused.message, "the server answered /x with 404: 404 page not found");
        let status = br#"{"kind":"Status","status":"Failure","reason":"Forbidden","message":"no"}"#;
        let answer = [b"HTTP/1.1 403 Forbidden\r\n\r\n".as_slice(), status].concat();
        assert_eq!(split("/x", &answer).unwrap_err().message, "no");
        assert!(split("/x", b"nonsense").is_err());
    }
}
