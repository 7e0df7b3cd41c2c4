//! A webhook that listens on this machine.

use crate::hook::Hook;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::net::TcpListener;

/// Lets a webhook listen, and gives its `clientConfig`.
pub(crate) async fn listen(hook: &Arc<Hook>) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/hook", listener.local_addr().unwrap());
    let client = json!({"url": url, "caBundle": hook.bundle()});
    let hook = Arc::clone(hook);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(Arc::clone(&hook).serve(socket));
        }
    });
    client
}
