//! What becomes of a hollow container: as its pod's annotation or its image says.

use shared_api::core::{Container, Pod};

/// The annotation that says what becomes of a pod's containers, in the words of [`WORDS`].
pub(crate) const ANNOTATION: &str = "dhow/hollow";

/// What becomes of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Life {
    /// It runs, and is ready when its probe may say so.
    Runs,
    /// It runs and is never ready.
    Unready,
    /// Its image cannot be pulled.
    NoImage,
    /// It ends after so many seconds, so.
    Ends { after: i64, code: i32, oom: bool },
}

const DONE: Life = Life::Ends { after: 8, code: 0, oom: false };
const FAILS: Life = Life::Ends { after: 4, code: 1, oom: false };

/// The annotation's words; an image `example/WORD` means the same.
const WORDS: [(&str, Life); 6] = [
    ("runs", Life::Runs),
    ("unready", Life::Unready),
    ("missing", Life::NoImage),
    ("crash", FAILS),
    ("oom", Life::Ends { after: 6, code: 137, oom: true }),
    ("done", DONE),
];

/// What becomes of one container of a pod. Without a word about it, it runs; where it need not run for
/// ever, it does its work and ends.
pub(crate) fn life(pod: &Pod, container: &Container) -> Life {
    let word = |word: &str| WORDS.iter().find(|(name, _)| *name == word).map(|(_, life)| *life);
    let asked = pod.metadata.annotations.as_ref().and_then(|all| all.get(ANNOTATION));
    let image = container.image.as_deref().unwrap_or_default();
    let image = image.strip_prefix("example/").map(|rest| rest.split([':', '@']).next().unwrap_or(rest));
    let found = asked.and_then(|asked| word(asked)).or_else(|| image.and_then(word));
    let stays = pod.spec.as_ref().and_then(|s| s.restart_policy.as_deref()).unwrap_or("Always") == "Always";
    found.unwrap_or(if stays { Life::Runs } else { DONE })
}

/// Seconds until a container is started again that was started so many times before, as kubelet has it:
/// at once, then ten seconds, twice as many each time, at most five minutes.
pub(crate) fn pause(restarts: i32) -> i64 {
    match restarts {
        ..=0 => 0,
        n => 300.min(10_i64 << (n - 1).min(10)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::{MetaWords, pod};

    #[test]
    fn a_container_is_what_its_pod_or_its_image_says() {
        for (annotation, image, policy, wanted) in [
            (None, "nginx", None, Life::Runs),
            (None, "example/crash:2", None, FAILS),
            (None, "example/web", None, Life::Runs),
            (None, "crash", None, Life::Runs),
            (Some("missing"), "example/crash", None, Life::NoImage),
            (Some("unheard of"), "example/missing", None, Life::NoImage),
            (None, "busybox", Some("Never"), DONE),
            (Some("runs"), "busybox", Some("OnFailure"), Life::Runs),
        ] {
            let mut pod = pod("a");
            if let Some(word) = annotation {
                pod = pod.annotated(ANNOTATION, word);
            }
            let spec = pod.spec.get_or_insert_default();
            spec.restart_policy = policy.map(Into::into);
            let container = Container { image: Some(image.into()), ..Container::default() };
            assert_eq!(life(&pod, &container), wanted, "{annotation:?} {image} {policy:?}");
        }
    }

    #[test]
    fn pauses_double_to_five_minutes() {
        assert_eq!([0, 1, 2, 3, 5, 6, 90].map(pause), [0, 10, 20, 40, 160, 300, 300]);
    }
}
