//! A port of a hollow container: whatever it is asked, it says over HTTP whose it is.

use super::{Far, Target, well};
use shared_api::meta::Status;
use shared_client::{Channel, Frame, Result};

/// Answers the first thing that is asked, and hangs up.
pub(super) async fn answer(target: Target, port: u16, mut far: Far) -> Result<Status> {
    while let Some(frame) = far.receive.recv().await {
        if frame.channel != Channel::Stdin || (frame.data.is_empty() && !frame.end) {
            continue;
        }
        let text = format!("port {port} of the hollow pod {}\n", target.key.name);
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close";
        let all = format!("{head}\r\nContent-Length: {}\r\n\r\n{text}", text.len());
        let _ = far.send.send(Frame::data(Channel::Stdout, all)).await;
        break;
    }
    Ok(well())
}
