//! Sessions with a pod of a cluster in memory.

use super::*;
use shared_api::WriteHow;
use shared_client::{Channel, LogOptions};
use shared_testkit::{FakeCluster, PodWords, moment, object, pod};

async fn sessions(pod: Pod) -> HollowSessions {
    let cluster: Arc<dyn Cluster> = FakeCluster::new();
    let told = pod.status.clone();
    let made = cluster.create(object(&pod), &WriteHow::default()).await.unwrap();
    let pod = Pod { status: told, ..(*made.to_kind::<Pod>().unwrap()).clone() };
    cluster.update(object(&pod), &WriteHow::status()).await.unwrap();
    HollowSessions::new(cluster, || Timestamp::from_second(moment().as_second() + 60).unwrap())
}

async fn said(sessions: &HollowSessions, session: Session) -> Result<(String, Status)> {
    let mut duplex = sessions.open(&Key::of::<Pod>("default", "a"), session).await?;
    let mut text = String::new();
    while let Some(frame) = duplex.receive.recv().await {
        if frame.channel == Channel::Outcome {
            return Ok((text, serde_json::from_slice(&frame.data).unwrap()));
        }
        text += &String::from_utf8_lossy(&frame.data);
    }
    panic!("a session without an outcome, after {text:?}");
}

fn exec(words: &[&str]) -> Session {
    let command = words.iter().map(|w| (*w).to_owned()).collect();
    Session::Exec { container: String::new(), command, stdin: false, tty: false }
}

#[tokio::test]
async fn a_log_is_as_long_as_asked() {
    let sessions = sessions(pod("a").on("hollow-0").ready()).await;
    let logs = |options| said(&sessions, Session::Logs(options));
    let (all, outcome) = logs(LogOptions::default()).await.unwrap();
    assert_eq!(outcome, well());
    assert!(all.lines().count() > 20, "{all}");
    let (tail, _) = logs(LogOptions { tail_lines: Some(3), ..LogOptions::default() }).await.unwrap();
    assert_eq!(tail.lines().count(), 3);
    assert!(all.ends_with(&tail));
    let (few, _) = logs(LogOptions { since_seconds: Some(10), ..LogOptions::default() }).await.unwrap();
    assert!(all.ends_with(&few) && few.len() < all.len());
    let (bytes, _) = logs(LogOptions { limit_bytes: Some(7), ..LogOptions::default() }).await.unwrap();
    assert_eq!(bytes, all[..7]);
    let why = logs(LogOptions { previous: true, ..LogOptions::default() }).await.unwrap_err();
    assert_eq!(why.message, "previous terminated container \"app\" in pod \"a\" not found");
}

#[tokio::test]
async fn commands_are_answered_or_refused() {
    let sessions = sessions(pod("a").on("hollow-0").ready()).await;
    assert_eq!(said(&sessions, exec(&["echo", "hello"])).await.unwrap(), ("hello\n".into(), well()));
    let (_, outcome) = said(&sessions, exec(&["nginx"])).await.unwrap();
    assert_eq!(outcome.message.as_deref(), Some("command terminated with exit code 127"));
}

#[tokio::test]
async fn what_does_not_run_says_so() {
    let waiting = sessions(pod("a").on("hollow-0")).await;
    let logs = || Session::Logs(LogOptions::default());
    let why = said(&waiting, logs()).await.unwrap_err();
    assert_eq!(why.message, "container \"app\" in pod \"a\" is waiting to start: ContainerCreating");
    assert!(said(&waiting, exec(&["ls"])).await.is_err());
    let nowhere = sessions(pod("a")).await;
    assert_eq!(said(&nowhere, logs()).await.unwrap().0, "");
}

#[tokio::test]
async fn a_shell_repeats_what_is_typed() {
    let sessions = sessions(pod("a").on("hollow-0").ready()).await;
    let session =
        Session::Exec { container: "app".into(), command: vec!["sh".into()], stdin: true, tty: true };
    let mut duplex = sessions.open(&Key::of::<Pod>("default", "a"), session).await.unwrap();
    duplex.send.send(Frame::data(Channel::Stdin, "hostname\rexit\r")).await.unwrap();
    let mut text = String::new();
    while let Some(frame) = duplex.receive.recv().await {
        text += &String::from_utf8_lossy(&frame.data);
    }
    assert!(text.contains("a is hollow"), "{text}");
}
