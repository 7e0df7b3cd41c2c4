//! Objects that an older version of the program stored.

use bytes::Bytes;
use controlplane_apiserver::{Options, Server};
use controlplane_store::{Memory, Op, Store, Txn, Value, Window};
use serde_json::json;
use shared_api::{Patch, PatchType, Timestamp, WriteHow};
use shared_testkit::{object, pod};

#[tokio::test]
async fn zeros_that_were_written_once_stop_no_write() {
    let memory = Memory::with_window(Window::default());
    let server = Server::new(memory.clone(), Options::new(Timestamp::now));
    server.prepare().await.unwrap();
    let door = server.internal("test");
    let made = door.create(object(&pod("a")), &WriteHow::default()).await.unwrap();
    let mut older = made.value();
    older["spec"]["hostNetwork"] = json!(false);
    older["spec"]["containers"][0]["stdinOnce"] = json!(false);
    let key = Bytes::from("//pods/default a");
    assert!(memory.get(&key).is_some(), "the pod lies where it is looked for");
    older["metadata"]["resourceVersion"] = json!("");
    let text = older.to_string();
    let revision = "\"resourceVersion\":\"";
    let hole = text.find(revision).and_then(|at| u32::try_from(at + revision.len()).ok());
    let value = Value { bytes: text.into(), hole };
    memory.commit(Txn { checks: Vec::new(), ops: vec![Op::Put { key, value }] }).await.unwrap();
    let running = Patch { kind: PatchType::Merge, body: json!({"status": {"phase": "Running"}}) };
    let told = door.patch(&made.key(), &running, &WriteHow::status()).await.unwrap();
    assert_eq!(told.value()["status"]["phase"], "Running");
}
