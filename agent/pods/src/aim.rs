//! What a probe or a hook does: aims at a container, and shoots.

use agent_runtime::{Error, Runtime};
use shared_api::{
    IntOrString,
    core::{Container, HTTPGetAction, LifecycleHandler, Probe, TCPSocketAction},
};
use std::{sync::OnceLock, time::Duration};
use tokio::{net::TcpStream, time::timeout};

/// What is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Run this in the container.
    Exec(Vec<String>),
    /// Fetch this.
    Http { url: String, headers: Vec<(String, String)> },
    /// Connect there.
    Tcp(String),
    /// Wait.
    Sleep(Duration),
}

/// Why it missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Miss {
    /// The container answered badly, or not at all.
    Bad(String),
    /// Nobody could find out.
    Unknown(String),
}

impl Aim {
    pub(crate) fn of_probe(probe: &Probe, container: &Container, ip: &str) -> Result<Self, String> {
        if probe.grpc.is_some() {
            return Err(
                "gRPC probes are not supported by this node yet; use exec, httpGet or tcpSocket".into()
            );
        }
        let exec = probe.exec.as_ref().and_then(|e| e.command.clone());
        Self::of(exec, probe.http_get.as_ref(), probe.tcp_socket.as_ref(), container, ip)
    }

    pub(crate) fn of_hook(hook: &LifecycleHandler, container: &Container, ip: &str) -> Result<Self, String> {
        if let Some(sleep) = &hook.sleep {
            return Ok(Self::Sleep(Duration::from_secs(u64::try_from(sleep.seconds).unwrap_or(0))));
        }
        let exec = hook.exec.as_ref().and_then(|e| e.command.clone());
        Self::of(exec, hook.http_get.as_ref(), hook.tcp_socket.as_ref(), container, ip)
    }

    fn of(
        exec: Option<Vec<String>>,
        http: Option<&HTTPGetAction>,
        tcp: Option<&TCPSocketAction>,
        container: &Container,
        ip: &str,
    ) -> Result<Self, String> {
        if let Some(command) = exec {
            return Ok(Self::Exec(command));
        }
        let bracketed = |host: &str| if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        if let Some(http) = http {
            let host = http.host.as_deref().filter(|h| !h.is_empty()).unwrap_or(ip);
            let path = http.path.as_deref().unwrap_or("/");
            let slash = if path.starts_with('/') { "" } else { "/" };
            let scheme = http.scheme.as_deref().unwrap_or("HTTP").to_lowercase();
            let url = format!("{scheme}://{}:{}{slash}{path}", bracketed(host), port(&http.port, container)?);
            let headers =
                http.http_headers.iter().flatten().map(|h| (h.name.clone(), h.value.clone())).collect();
            return Ok(Self::Http { url, headers });
        }
        if let Some(tcp) = tcp {
            let host = tcp.host.as_deref().filter(|h| !h.is_empty()).unwrap_or(ip);
            return Ok(Self::Tcp(format!("{}:{}", bracketed(host), port(&tcp.port, container)?)));
        }
        Err("names neither exec, httpGet nor tcpSocket".into())
    }

    /// Does it within `deadline`.
    pub(crate) async fn shoot(
        &self,
        runtime: &dyn Runtime,
        id: &str,
        deadline: Duration,
    ) -> Result<(), Miss> {
        match self {
            Self::Exec(command) => match runtime.probe(id, command, deadline).await {
                Ok((0, _)) => Ok(()),
                Ok((code, output)) if output.trim().is_empty() => {
                    Err(Miss::Bad(format!("command {command:?} exited with {code}")))
                }
                Ok((_, output)) => Err(Miss::Bad(output)),
                Err(why @ (Error::Unreachable { .. } | Error::NotFound(_))) => {
                    Err(Miss::Unknown(why.to_string()))
                }
                Err(why) => Err(Miss::Bad(why.to_string())),
            },
            Self::Http { url, headers } => match timeout(deadline, fetch(url, headers)).await {
                Ok(Ok(200..400)) => Ok(()),
                Ok(Ok(code)) => Err(Miss::Bad(format!("HTTP probe failed with statuscode: {code}"))),
                Ok(Err(why)) => {
                    let host = url.split('/').nth(2).unwrap_or_default();
                    let why = if why.contains("(os error") { dialled(host, &why) } else { why };
                    Err(Miss::Bad(format!("Get {url:?}: {why}")))
                }
                Err(_) => {
                    let why = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
                    Err(Miss::Bad(format!("Get {url:?}: {why}")))
                }
            },
            Self::Tcp(address) => match timeout(deadline, TcpStream::connect(address)).await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(why)) => Err(Miss::Bad(dialled(address, &why.to_string()))),
                Err(_) => Err(Miss::Bad(format!("dial tcp {address}: i/o timeout"))),
            },
            Self::Sleep(span) => {
                tokio::time::sleep(*span).await;
                Ok(())
            }
        }
    }
}

/// A port by number or by its name in the container.
fn port(port: &IntOrString, container: &Container) -> Result<u16, String> {
    let named = |name: &str| {
        let port = container.ports.iter().flatten().find(|p| p.name.as_deref() == Some(name));
        port.map(|p| p.container_port).or_else(|| name.parse().ok())
    };
    let number = match port {
        IntOrString::Int(number) => Some(*number),
        IntOrString::String(name) => named(name),
    };
    let fits = number.and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0);
    fits.ok_or_else(|| format!("container {:?} has no port {port:?}", container.name))
}

/// A failed connection in the words of Kubernetes' own prober.
fn dialled(address: &str, why: &str) -> String {
    let (why, _) = why.split_once(" (os error").unwrap_or((why, ""));
    format!("dial tcp {address}: connect: {}", why.to_lowercase())
}

async fn fetch(url: &str, headers: &[(String, String)]) -> Result<u16, String> {
    let client = client()?;
    let mut request = client.get(url).header("Accept", "*/*").header("User-Agent", "kube-probe/1.35");
    for (name, value) in headers {
        request = request.header(name, value);
    }
    request.send().await.map(|r| r.status().as_u16()).map_err(|e| innermost(&e))
}

/// What really happened, without the layers around it.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// One client for all probes: no proxy, any certificate (kubelet does not check it either), redirects
/// only on the same host.
fn client() -> Result<&'static reqwest::Client, String> {
    static CLIENT: OnceLock<Result<reqwest::Client, String>> = OnceLock::new();
    let made = CLIENT.get_or_init(|| {
        // A program may have chosen already; reqwest needs some choice.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let same_host = reqwest::redirect::Policy::custom(|attempt| {
            let first = attempt.previous().first().and_then(|u| u.host_str().map(str::to_owned));
            if attempt.previous().len() > 10 || first.as_deref() != attempt.url().host_str() {
                attempt.stop()
            } else {
                attempt.follow()
            }
        });
        reqwest::Client::builder()
            .no_proxy()
            .tls_danger_accept_invalid_certs(true)
            .redirect(same_host)
            .pool_max_idle_per_host(0)
            .build()
            .map_err(|e| innermost(&e))
    });
    made.as_ref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn probes_aim_where_they_say() {
        let container: Container =
            serde_json::from_value(json!({"name": "a", "ports": [{"name": "web", "containerPort": 8080}]}))
                .unwrap();
        let http = |url: &str| Aim::Http { url: url.into(), headers: Vec::new() };
        for (probe, expected) in [
            (json!({"exec": {"command": ["true"]}}), Ok(Aim::Exec(vec!["true".into()]))),
            (json!({"httpGet": {"port": "web"}}), Ok(http("http://10.1.0.2:8080/"))),
            (
                json!({"httpGet": {"port": 1, "path": "x?y", "scheme": "HTTPS", "host": "h"}}),
                Ok(http("https://h:1/x?y")),
            ),
            (json!({"tcpSocket": {"port": 9}}), Ok(Aim::Tcp("10.1.0.2:9".into()))),
        ] {
            let probe: Probe = serde_json::from_value(probe).unwrap();
            assert_eq!(Aim::of_probe(&probe, &container, "10.1.0.2"), expected);
        }
        for bad in [
            json!({"httpGet": {"port": "no"}}),
            json!({"tcpSocket": {"port": 70000}}),
            json!({"grpc": {"port": 1}}),
            json!({}),
        ] {
            let probe: Probe = serde_json::from_value(bad).unwrap();
            assert!(Aim::of_probe(&probe, &container, "").is_err(), "{probe:?}");
        }
    }

    #[tokio::test]
    async fn http_and_tcp_tell_open_from_closed() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = async {
            for answer in ["200 OK", "500 Oh"] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 1024]).await.unwrap();
                let text = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(text.as_bytes()).await.unwrap();
            }
            listener.accept().await.unwrap();
        };
        let http = Aim::Http { url: format!("http://{address}/"), headers: Vec::new() };
        let fake = agent_runtime::fake::Fake::new();
        let second = Duration::from_secs(5);
        let asked = async {
            assert_eq!(http.shoot(&fake, "a", second).await, Ok(()));
            let bad = Miss::Bad("HTTP probe failed with statuscode: 500".into());
            assert_eq!(http.shoot(&fake, "a", second).await, Err(bad));
            assert_eq!(Aim::Tcp(address.clone()).shoot(&fake, "a", second).await, Ok(()));
        };
        tokio::join!(served, asked);
        drop(listener);
        let closed = format!("dial tcp {address}: connect: connection refused");
        let missed = Aim::Tcp(address.clone()).shoot(&fake, "a", second).await;
        assert_eq!(missed, Err(Miss::Bad(closed.clone())));
        let get = format!("Get \"http://{address}/\": {closed}");
        assert_eq!(http.shoot(&fake, "a", second).await, Err(Miss::Bad(get)));
    }
}
