//! What effects do, over a cluster in memory.

use super::*;
use crate::{
    effects::Effects,
    msg::{Outcome, Over},
    setup::{Clusters, Opening},
};
use shared_api::{Key, Refusal, core::Pod, meta::Status};
use shared_client::{Channel, Duplex, Frame, LogOptions, Result, Session, Sessions};
use std::sync::Arc;
use tokio::sync::mpsc;
use tui_commands::{Doors, Here, grammar::parse_line};

/// Pods that answer at once, and repeat what is typed.
struct Pods;

#[async_trait::async_trait]
impl Sessions for Pods {
    async fn open(&self, pod: &Key, session: Session) -> Result<Duplex> {
        if pod.name == "gone" {
            return Err(Refusal::unavailable("its node does not answer"));
        }
        let (near, mut far) = Duplex::pair(8);
        let fine = Frame::outcome(&Status { status: Some("Success".into()), ..Status::default() });
        tokio::spawn(async move {
            if let Session::Logs(_) = session {
                let _ = far.send.send(Frame::data(Channel::Stdout, "one\ntwo\nrest")).await;
                let _ = far.send.send(fine).await;
                return;
            }
            while let Some(frame) = far.receive.recv().await {
                // What is typed soon after each other comes together.
                if let Some(before) = frame.data.strip_suffix(b"\x04") {
                    let _ = far.send.send(Frame::data(Channel::Stdout, before.to_vec())).await;
                    let _ = far.send.send(fine).await;
                    return;
                }
                let _ = far.send.send(Frame::data(Channel::Stdout, frame.data)).await;
            }
        });
        Ok(near)
    }
}

/// No other cluster to go to.
struct Nowhere;

impl Clusters for Nowhere {
    fn contexts(&self) -> Vec<String> {
        Vec::new()
    }

    fn open(&self, context: &str) -> Opening {
        let why = format!("there is no way to {context}");
        Box::pin(async { Err(why) })
    }
}

fn outside(fake: &Arc<FakeCluster>) -> (Effects, mpsc::Receiver<Msg>) {
    let (answers, answered) = mpsc::channel(64);
    let doors = Doors {
        cluster: fake.door(),
        sessions: Arc::new(Pods),
        namespace: "default".into(),
        clock: moment,
        here: Here::default(),
    };
    (Effects::new(doors, Arc::new(Nowhere), answers), answered)
}

fn key(name: &str) -> Key {
    Key::of::<Pod>("default", name)
}

#[tokio::test]
async fn a_watch_tells_what_is_there_and_how_far_to_believe_it() {
    let fake = FakeCluster::holding([object(&pod("a"))]);
    let (mut effects, mut answered) = outside(&fake);
    let mut seat = Seat::over([]);
    effects.start(Effect::Watch(GroupKind::of::<Pod>()));
    while seat.on() != "a" {
        seat.tell(answered.recv().await.unwrap());
    }
    fake.put(&object(&pod("b")));
    while seat.model.table().unwrap().listing.len() < 2 {
        seat.tell(answered.recv().await.unwrap());
        seat.tell(Msg::Frame);
    }
    fake.break_watches();
    let broken = loop {
        if let Msg::Standing(_, standing) = answered.recv().await.unwrap()
            && !standing.connected
        {
            break standing;
        }
    };
    assert!(broken.trouble.is_some());
}

#[tokio::test]
async fn a_command_answers_with_its_text_or_its_error() {
    let fake = FakeCluster::holding([object(&pod("a"))]);
    let (mut effects, mut answered) = outside(&fake);
    let mut ask = async |line: &str| -> Outcome {
        let action = Box::new(parse_line(line).unwrap());
        effects.start(Effect::Perform {
            generation: 3,
            action,
            namespace: "default".into(),
            about: Vec::new(),
        });
        match answered.recv().await {
            Some(Msg::Performed(3, outcome)) => outcome,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(ask("get pods -o name").await.text, "pod/a\n");
    let missing = ask("delete pod/none --no-wait").await;
    let said = format!("{missing:?}");
    assert!(said.contains("none"), "{said}");
}

#[tokio::test]
async fn a_log_comes_in_lines_and_ends() {
    let (mut effects, mut answered) = outside(&FakeCluster::new());
    effects.start(Effect::Logs { generation: 5, pod: key("a"), options: LogOptions::default() });
    let mut lines = Vec::new();
    let end = loop {
        match answered.recv().await.unwrap() {
            Msg::Lines(5, more) => lines.extend(more),
            Msg::Ended(5, why) => break why,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(lines, ["one", "two", "rest"]);
    assert_eq!(end.as_deref(), Some("that is all"));
    effects.start(Effect::Logs { generation: 6, pod: key("gone"), options: LogOptions::default() });
    let refused = answered.recv().await.unwrap();
    assert!(matches!(refused, Msg::Ended(6, Some(why)) if why.contains("its node does not answer")));
}

#[tokio::test]
async fn a_shell_gets_its_size_and_what_is_typed_until_it_ends() {
    let fake = FakeCluster::holding([object(&pod("a"))]);
    let (mut effects, mut answered) = outside(&fake);
    let action = Box::new(parse_line("exec -it a -c app -- sh").unwrap());
    let (namespace, about) = ("default".into(), Vec::new());
    effects.start(Effect::Speak { generation: 7, action, namespace, about, size: (80, 19) });
    effects.start(Effect::Type(7, b"ls".to_vec()));
    effects.start(Effect::Type(7, vec![4]));
    let mut shown = Vec::new();
    loop {
        match answered.recv().await.unwrap() {
            Msg::Screen(7, bytes) => shown.extend(bytes),
            Msg::Performed(7, _) => {}
            Msg::Over(7, over) => break assert_eq!(over, Over::Done),
            other => panic!("{other:?}"),
        }
    }
    let shown = String::from_utf8(shown).unwrap();
    assert!(shown.contains(r#""Width":80"#) && shown.contains("ls"), "{shown}");
}

#[tokio::test]
async fn a_forward_listens_and_a_taken_port_is_said() {
    let (mut effects, mut answered) = outside(&FakeCluster::new());
    let mut open = |generation, local| {
        let address = "127.0.0.1".into();
        effects.start(Effect::Forward { generation, to: key("a"), remote: "80".into(), address, local });
    };
    open(1, 0);
    let Some(Msg::Forwarding(1, Ok(at))) = answered.recv().await else { panic!("it listens") };
    open(2, at.port());
    let refused = answered.recv().await;
    assert!(
        matches!(&refused, Some(Msg::Forwarding(2, Err(why))) if why.contains("listening")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn who_refers_to_an_object_is_found_in_every_kind() {
    let config = object(&config_map("settings"));
    let user = serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "namespace": "default"},
        "spec": {"containers": [], "volumes": [{"name": "v", "configMap": {"name": "settings"}}]}});
    let user = Object::from_value(&user).unwrap();
    let (mut effects, mut answered) =
        outside(&FakeCluster::holding([config.clone(), user, object(&pod("b"))]));
    effects.start(Effect::Uses(4, config.key()));
    let Some(Msg::Uses(4, found)) = answered.recv().await else { panic!("an answer") };
    let places = vec!["spec.volumes[0].configMap.name".to_owned()];
    assert_eq!(found.uses, [crate::views::Use { key: key("a"), places }]);
    assert!(found.kinds > 20 && found.refused.is_empty(), "{found:?}");
}

#[tokio::test]
async fn layouts_are_kept_in_the_file_and_what_cannot_be_is_said() {
    let (mut effects, mut answered) = outside(&FakeCluster::new());
    let folder = std::env::temp_dir().join(format!("dhow-screen-{}", std::process::id()));
    let path = folder.join("deep/config.yaml");
    let layouts: std::collections::BTreeMap<_, _> =
        [("mine".to_owned(), crate::config::Layout::Pane("pods".into()))].into();
    effects.start(Effect::Layouts { generation: 9, path: path.clone(), layouts: layouts.clone() });
    let Some(Msg::Performed(9, outcome)) = answered.recv().await else { panic!("an answer") };
    assert_eq!(outcome.error, None);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(crate::config::Config::read(&text).layouts, layouts);
    effects.start(Effect::Layouts { generation: 10, path: folder.clone(), layouts });
    let Some(Msg::Performed(10, outcome)) = answered.recv().await else { panic!("an answer") };
    assert!(outcome.error.is_some());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_drain_says_what_it_does_as_it_does_it() {
    let (mut effects, mut answered) = outside(&FakeCluster::holding([object(&node("n1").ready())]));
    let action = Box::new(parse_line("drain n1").unwrap());
    let namespace = "default".into();
    effects.start(Effect::Perform { generation: 4, action, namespace, about: Vec::new() });
    let first = answered.recv().await;
    assert!(matches!(&first, Some(Msg::Progress(4, line)) if line.contains("n1")), "{first:?}");
}

#[tokio::test]
async fn what_files_would_change_is_foreseen_line_by_line() {
    let (mut effects, mut answered) = outside(&FakeCluster::new());
    let file = std::env::temp_dir().join(format!("dhow-foresee-{}.yaml", std::process::id()));
    std::fs::write(&file, "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: {k: v}}").unwrap();
    let actions = vec![parse_line(&format!("apply -f {}", file.display())).unwrap()];
    effects.start(Effect::Foresee { generation: 4, actions, namespace: "default".into() });
    let Some(Msg::Foreseen(4, Ok(blast))) = answered.recv().await else { panic!("it is foreseen") };
    std::fs::remove_file(&file).unwrap();
    assert_eq!(blast.lines[0].text, "1 object is made: configmap/m");
    assert!(blast.diff.contains("+  k: v"), "{}", blast.diff);
}
