//! `proxy`: the cluster's API on a local port, as this user.

use super::{Here, Out, say};
use crate::{Error, Exit, action::Proxy};
use shared_client::Plain;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

/// The most that the head of a question may have.
const HEAD: usize = 64 << 10;

pub(super) async fn proxy(asked: &Proxy, here: &Here, out: Out<'_>) -> Result<Exit, Error> {
    let plain = here.plain.clone();
    let plain = plain.ok_or_else(|| Error::Usage("proxy: this cluster is not reached over HTTP".into()))?;
    if !plain.known() {
        return Err(Error::Usage(
            "proxy: this context says who you are with a token; a client certificate is needed".into(),
        ));
    }
    let address = format!("{}:{}", asked.address, asked.port);
    let failed = |source| Error::Listen { address: address.clone(), source };
    let listener = TcpListener::bind((asked.address.as_str(), asked.port)).await.map_err(failed)?;
    say(out, &format!("Starting to serve on {}\n", listener.local_addr().map_err(failed)?))?;
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((connection, _)) = accepted else { continue };
                let plain = plain.clone();
                open.spawn(async move { relay(connection, &plain).await });
            }
            Some(done) = open.join_next(), if !open.is_empty() => {
                if let Ok(Err(why)) = done {
                    out.note(&why);
                }
            }
        }
    }
}

/// One connection to its end. Its first question has to be asked of this machine by name: a page in a
/// browser, which may reach local ports, says another.
async fn relay(mut from: TcpStream, plain: &Plain) -> Result<(), String> {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        match from.read(&mut buffer).await {
            // Gone before it asked anything.
            Ok(0) | Err(_) => return Ok(()),
            Ok(n) => head.extend(&buffer[..n]),
        }
        if head.len() > HEAD {
            return Err("a question's head is too long".into());
        }
    }
    if !local(&head) {
        let refusal =
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 13\r\nConnection: close\r\n\r\nUnauthorized\n";
        // Whether it reads its refusal is its own affair.
        let _ = from.write_all(refusal).await;
        return Err("a question for another host was refused".into());
    }
    let mut to = plain.connect().await.map_err(|refusal| refusal.to_string())?;
    to.write_all(&head).await.map_err(|e| format!("the connection to the control plane: {e}"))?;
    // How either side ends is seen by the other.
    let _ = copy_bidirectional(&mut from, &mut to).await;
    Ok(())
}

/// Whether a question is for this machine.
fn local(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let host = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("host").then(|| value.trim().to_owned())
    });
    let host = host.unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    matches!(name, "localhost" | "127.0.0.1" | "::1")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_questions_for_this_machine_pass() {
        let check = |host: &str| local(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        for host in ["localhost", "localhost:8001", "127.0.0.1:8001", "[::1]:8001"] {
            assert!(check(host), "{host}");
        }
        for host in ["evil.example", "localhost.evil.example", ""] {
            assert!(!check(host), "{host}");
        }
    }
}
