//! Doing something so that it can be undone: what undoes it is decided from how things were before, and is a
//! command like any other.

use super::{Doors, Out, each, preview::Nowhere};
use crate::{Action, Error, Exit, Language, blast::aim, inverse, line, record::Recorder};
use shared_api::{Key, Object};
use shared_client::Cluster;
use std::sync::Arc;

/// Beyond so many objects an action is not undone.
const MANY: usize = 50;

/// What takes back what was done to one object.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    /// The command.
    pub action: Action,
    /// The same as a line.
    pub line: String,
    /// The very object it is for, and its uid.
    pub about: (Key, String),
}

/// Does what was asked, and says what would take it back; nothing when it cannot be, or came to nothing.
pub async fn undoable(action: &Action, doors: &Doors, out: Out<'_>) -> (Result<Exit, Error>, Vec<Undo>) {
    if recorded(action) {
        let recorder = Arc::new(Recorder::over(Arc::clone(&doors.cluster)));
        let cluster: Arc<dyn Cluster> = Arc::clone(&recorder) as _;
        let done = super::perform(action, &Doors { cluster, ..doors.clone() }, out).await;
        let back = recorder.back();
        let undo = |(action, object): (Action, Object)| {
            let line = line::of(&action)?;
            Some(Undo { action, line, about: (object.key(), object.uid().to_owned()) })
        };
        // What was done before something failed can be taken back, too.
        let undo = if back.len() > MANY { Vec::new() } else { back.into_iter().filter_map(undo).collect() };
        return (done, undo);
    }
    let before = before(action, doors).await;
    let done = super::perform(action, doors, out).await;
    let undo = if matches!(done, Ok(Exit::Done)) { before } else { Vec::new() };
    (done, undo)
}

/// Whether only what was written tells what takes an action back.
fn recorded(action: &Action) -> bool {
    match action {
        Action::Apply(_)
        | Action::Create(_)
        | Action::Expose(_)
        | Action::Autoscale(_)
        | Action::Debug(_)
        | Action::Edit(_)
        | Action::Rerun(_) => true,
        Action::Run(run) => !run.rm,
        // What was there before is gone, with all that hung on it.
        Action::Replace(replace) => !replace.force,
        Action::Patch(patch) => patch.language != Language::Merge && patch.subresource.is_none(),
        _ => false,
    }
}

/// What would take the action back, from how things are now.
async fn before(action: &Action, doors: &Doors) -> Vec<Undo> {
    if crate::risk(action) == crate::Risk::None || matches!(action, Action::Delete(_) | Action::Drain(_)) {
        return Vec::new();
    }
    let Some(aim) = aim(action) else { return Vec::new() };
    let found = each::objects(&aim.words, &aim.files, &aim.scope, aim.all, doors, &mut Nowhere).await;
    // What cannot be read cannot be written either, and that is said.
    let Ok((objects, _)) = found else { return Vec::new() };
    if objects.len() > MANY {
        return Vec::new();
    }
    objects.iter().filter_map(|object| of(action, object)).collect()
}

fn of(action: &Action, object: &Object) -> Option<Undo> {
    let action = inverse(action, object)?;
    let line = line::of(&action)?;
    Some(Undo { action, line, about: (object.key(), object.uid().to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Here, grammar::parse_line};
    use proptest::prelude::*;
    use shared_api::Timestamp;
    use shared_client::{Cluster, Duplex, Result, Session, Sessions};
    use shared_testkit::*;
    use std::sync::Arc;

    struct NoSessions;

    #[async_trait::async_trait]
    impl Sessions for NoSessions {
        async fn open(&self, _: &Key, _: Session) -> Result<Duplex> {
            Err(shared_api::Refusal::unavailable("no sessions"))
        }
    }

    fn doors(cluster: Arc<dyn Cluster>) -> Doors {
        Doors {
            cluster,
            sessions: Arc::new(NoSessions),
            namespace: "default".into(),
            clock: || Timestamp::UNIX_EPOCH,
            here: Here::default(),
        }
    }

    fn bare(objects: &[Object]) -> Vec<serde_json::Value> {
        let tidy = |object: &Object| {
            let mut value = object.bare_value();
            for field in ["resourceVersion", "generation"] {
                value["metadata"].as_object_mut().map(|meta| meta.remove(field));
            }
            // A selector or a mark that was never there and an empty one are the same.
            for section in ["labels", "annotations"] {
                if value["metadata"][section].as_object().is_some_and(serde_json::Map::is_empty) {
                    value["metadata"].as_object_mut().map(|meta| meta.remove(section));
                }
            }
            value
        };
        objects.iter().map(tidy).collect()
    }

    proptest! {
        #[test]
        fn undo_after_do_is_nothing_in_a_cluster(
            steps in prop::collection::vec((0..7_usize, "[a-c]", "[x-z]", 0..6), 1..6),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            runtime.block_on(async {
                let fake = FakeCluster::holding([
                    object(&deployment("web", 2)),
                    object(&node("n1").cpu("1").ready()),
                    object(&pod("a").labelled("a", "x")),
                ]);
                let doors = doors(fake.door());
                let start = bare(&fake.objects());
                let mut done: Vec<Undo> = Vec::new();
                for (verb, key, value, number) in steps {
                    let line = match verb {
                        0 => format!("scale deployment/web --replicas={number}"),
                        1 => "cordon n1".into(),
                        2 => "uncordon n1".into(),
                        3 => format!("label pod/a node/n1 {key}={value} --overwrite"),
                        4 => format!("annotate deployment/web {key}-"),
                        5 => "rollout pause deployment/web".into(),
                        _ => format!("taint node n1 {key}={value}:NoSchedule --overwrite"),
                    };
                    let (result, undo) = undoable(&parse_line(&line).unwrap(), &doors, &mut Nowhere).await;
                    if result.is_ok() {
                        done.extend(undo);
                    }
                }
                while let Some(undo) = done.pop() {
                    assert_eq!(parse_line(&undo.line).unwrap(), undo.action, "{}", undo.line);
                    let doors = doors.bound([undo.about.clone()]);
                    super::super::perform(&undo.action, &doors, &mut Nowhere).await.unwrap();
                }
                assert_eq!(bare(&fake.objects()), start);
            });
        }
    }

    #[tokio::test]
    async fn what_files_made_and_changed_is_taken_back() {
        let fake = FakeCluster::holding([object(&config_map("there"))]);
        let doors = doors(fake.door());
        let start = bare(&fake.objects());
        let folder = std::env::temp_dir().join(format!("dhow-undo-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let map = |name: &str, value: &str| {
            let text = format!(
                "{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}, namespace: default}}, data: {{k: {value}}}}}"
            );
            std::fs::write(folder.join(format!("{name}.yaml")), text).unwrap();
        };
        map("there", "one");
        map("new", "two");
        let line = format!("apply -f {}", folder.display());
        let (done, undo) = undoable(&parse_line(&line).unwrap(), &doors, &mut Nowhere).await;
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((done.unwrap(), undo.len(), fake.objects().len()), (Exit::Done, 2, 2));
        for undo in undo {
            assert_eq!(parse_line(&undo.line).unwrap(), undo.action, "{}", undo.line);
            let doors = doors.bound([undo.about.clone()]);
            super::super::perform(&undo.action, &doors, &mut Nowhere).await.unwrap();
        }
        assert_eq!(bare(&fake.objects()), start);
    }
}
