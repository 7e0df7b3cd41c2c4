//! The real thing: containers in a containerd of the test's own. Skipped, with a line that says so,
//! where there is no root, containerd, runc or static busybox.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "containerd/image.rs"]
mod image;
#[path = "containerd/node.rs"]
mod node;
#[path = "containerd/registry.rs"]
mod registry;

use agent_runtime::{
    Credentials, Error, Exec, LogQuery, Phase, Process, Runtime, Security,
    containerd::Containerd,
    logs::{self, Source},
};
use futures::StreamExt;
use image::Odd;
use node::{Node, ended, node};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn with_image() -> Option<Node> {
    let node = node().await?;
    image::put(&node.registry, "busybox", "latest", &Odd::default());
    node.runtime.pull("busybox", None, Box::new(|_| ())).await.unwrap();
    Some(node)
}

/// What `seq 1 COUNT` writes.
fn count(to: usize) -> String {
    (1..=to).fold(String::new(), |text, n| text + &n.to_string() + "\n")
}

/// Waits for a fact, at most a minute.
async fn until(what: &str, fact: impl Fn() -> bool) {
    let waited = async {
        while !fact() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_mins(1), waited).await.unwrap_or_else(|_| panic!("no {what}"));
}

async fn text(log: &Path, source: Source) -> String {
    let follow = LogQuery { follow: true, ..LogQuery::default() };
    let chunks: Vec<_> = logs::read(log, &follow).collect().await;
    let ours = chunks.into_iter().map(Result::unwrap).filter(|chunk| chunk.source == source);
    ours.map(|chunk| String::from_utf8_lossy(&chunk.bytes).into_owned()).collect()
}

#[tokio::test]
async fn pulls_over_broken_transfers_once_for_all() {
    let Some(node) = node().await else { return };
    let digest = image::put(&node.registry, "busybox", "latest", &Odd::default());
    node.registry.breaks.store(2, Ordering::SeqCst);
    assert_eq!(node.runtime.image("busybox").await.unwrap(), None);
    let done = Arc::new(AtomicU64::new(0));
    let pulls = (0..8).map(|_| {
        let done = done.clone();
        node.runtime.pull(
            "busybox",
            None,
            Box::new(move |it| {
                assert!(it.done <= it.total);
                done.fetch_max(it.done, Ordering::SeqCst);
            }),
        )
    });
    let images = futures::future::join_all(pulls).await;
    let pulled = images[0].clone().unwrap();
    assert!(images.iter().all(|it| it.as_ref() == Ok(&pulled)), "{images:?}");
    assert_eq!(pulled.digest, format!("docker.io/library/busybox@{digest}"));
    assert!(done.load(Ordering::SeqCst) > 3 << 20);
    assert_eq!(node.registry.asked("manifests/latest"), 1);
    assert!(node.registry.asked("bytes=") >= 1, "{:?}", node.registry.requests);
    assert_eq!(node.runtime.image("docker.io/library/busybox:latest").await.unwrap(), Some(pulled.clone()));
    assert_eq!(node.runtime.image(&pulled.digest).await.unwrap().unwrap().id, pulled.id);
    assert_eq!(node.runtime.images().await.unwrap()[0].names.len(), 2);
    let blobs = node.registry.asked("/blobs/");
    node.runtime.pull("busybox", None, Box::new(|_| ())).await.unwrap();
    assert_eq!(node.registry.asked("/blobs/"), blobs + 1, "only the configuration is read again");
}

#[tokio::test]
async fn says_what_is_wrong_with_an_image() {
    let Some(node) = node().await else { return };
    let arm = Odd { architecture: Some("s390x"), ..Odd::default() };
    image::put(&node.registry, "foreign", "latest", &arm);
    image::put(&node.registry, "spoilt", "latest", &Odd { spoilt: true, ..Odd::default() });
    let why = async |image: &str, credentials: Option<&Credentials>| match node
        .runtime
        .pull(image, credentials, Box::new(|_| ()))
        .await
    {
        Err(Error::Pull { why, .. }) => why,
        other => panic!("{image}: {other:?}"),
    };
    let found = why("127.0.0.1:1/x", None).await;
    assert!(found.contains("127.0.0.1:1: cannot be reached"), "{found}");
    let found = why("foreign", None).await;
    assert!(found.starts_with("no image for linux/"), "{found}");
    let found = why("spoilt", None).await;
    assert!(found.contains("digest mismatch"), "{found}");
    assert!(why("Not A Name", None).await.contains("is no image name"));
    *node.registry.password.lock().unwrap() = Some("me:secret".into());
    let found = why("127.0.0.1:9/x", None).await;
    assert!(found.contains("access denied (wrong name or password)"), "{found}");
    let own = node.registry_host();
    let credentials = |password: &str| Credentials { username: "me".into(), password: password.into() };
    image::put(&node.registry, "busybox", "latest", &Odd::default());
    let private = format!("{own}/library/busybox");
    let found = why(&private, Some(&credentials("guess"))).await;
    assert!(found.contains("access denied"), "{found}");
    node.runtime.pull(&private, Some(&credentials("secret")), Box::new(|_| ())).await.unwrap();
    *node.registry.password.lock().unwrap() = None;
    let found = why(&format!("{own}/library/busybox:nope"), None).await;
    assert!(
        found.starts_with(&format!("manifest for {own}/library/busybox:nope not found at http://")),
        "{found}"
    );
}

#[tokio::test]
async fn runs_containers_and_knows_how_they_ended() {
    let Some(node) = with_image().await else { return };
    let mut events = node.runtime.events().await.unwrap();
    let script = "echo out $FROM $OURS; hostname >&2; id -u; id -G; exit 7";
    let mut spec = node.spec("seven", script);
    spec.env = vec![("OURS".into(), "too".into())];
    node.runtime.create(&spec).await.unwrap();
    node.runtime.create(&spec).await.unwrap();
    assert_eq!(node.state(&spec.id).await.unwrap().phase, Phase::Created);
    node.runtime.start(&spec.id).await.unwrap();
    assert_eq!(ended(&node.runtime, &mut events, &spec.id).await, (7, false));
    assert_eq!(text(&spec.log, Source::Stdout).await, "out image too\n0\n0\n");
    assert_eq!(text(&spec.log, Source::Stderr).await, "seven\n");
    let state = node.reconnected().list().await.unwrap().remove(0);
    assert_eq!((state.labels, state.image.as_str(), state.pid), (spec.labels.clone(), "busybox", None));
    node.runtime.remove(&spec.id).await.unwrap();
    node.runtime.remove(&spec.id).await.unwrap();

    image::put(&node.registry, "web", "latest", &Odd { user: Some("web"), ..Odd::default() });
    let image = node.runtime.pull("web", None, Box::new(|_| ())).await.unwrap();
    assert_eq!((image.user, image.user_name.as_deref()), (None, Some("web")));
    let mut spec = node.spec("web", script);
    spec.image = "web".into();
    spec.security = Security { run_as_non_root: true, ..Security::default() };
    node.run(&spec).await;
    assert_eq!(ended(&node.runtime, &mut events, &spec.id).await, (7, false));
    assert_eq!(text(&spec.log, Source::Stdout).await, "out image\n101\n102 7\n");

    let spec = node.spec("killed", "sleep 1000 & wait");
    node.run(&spec).await;
    assert!(node.runtime.usage(&spec.id).await.unwrap().memory_bytes > 0);
    node.runtime.kill(&spec.id, 9).await.unwrap();
    assert_eq!(ended(&node.runtime, &mut events, &spec.id).await, (137, false));
    node.runtime.kill(&spec.id, 15).await.unwrap();

    let mut spec = node.spec("hungry", "exec tail /dev/zero");
    spec.resources.memory_limit = Some(16 << 20);
    node.run(&spec).await;
    assert_eq!(ended(&node.runtime, &mut events, &spec.id).await, (137, true));

    let mut wrong = node.spec("wrong", "");
    wrong.command = vec!["/no/such/program".into()];
    match node.runtime.create(&wrong).await {
        Err(Error::Unstartable(why)) => assert!(why.contains("/no/such/program"), "{why}"),
        other => panic!("{other:?}"),
    }
    let state = node.state(&wrong.id).await.unwrap();
    assert!(matches!(state.phase, Phase::Exited { code: 128, .. }), "{state:?}");
    assert!(state.why.unwrap().contains("/no/such/program"));
    for container in node.runtime.list().await.unwrap() {
        node.runtime.remove(&container.id).await.unwrap();
    }
    assert!(node.runtime.list().await.unwrap().is_empty());
}

#[tokio::test]
async fn keeps_every_line_in_order() {
    let Some(node) = with_image().await else { return };
    let _events = tokio::spawn({
        let runtime = node.runtime.clone();
        async move { runtime.events().await.unwrap().collect::<Vec<_>>().await }
    });
    let spec = node.spec("lines", "seq 1 100000; echo done >&2");
    node.run(&spec).await;
    let found = text(&spec.log, Source::Stdout).await;
    let expected = count(100_000);
    assert!(found == expected, "{} lines of 100000", found.lines().count());
    assert_eq!(text(&spec.log, Source::Stderr).await, "done\n");
    let tail = LogQuery { tail: Some(3), ..LogQuery::default() };
    let last: Vec<_> = logs::read(&spec.log, &tail).collect().await;
    assert!(last.into_iter().any(|chunk| chunk.unwrap().bytes.ends_with(b"100000\n")));
    node.runtime.remove(&spec.id).await.unwrap();
}

async fn talk(mut process: Process, input: Option<&[u8]>) -> (i32, String, String) {
    let (mut out, mut err) = (String::new(), String::new());
    let mut stdin = process.stdin.take();
    let write = async {
        if let (Some(stdin), Some(input)) = (&mut stdin, input) {
            stdin.write_all(input).await.unwrap();
        }
        drop(stdin);
    };
    let mut stdout = process.stdout.take().unwrap();
    let stderr = async {
        if let Some(mut stderr) = process.stderr.take() {
            stderr.read_to_string(&mut err).await.unwrap();
        }
    };
    let ((), read, ()) = tokio::join!(write, stdout.read_to_string(&mut out), stderr);
    read.unwrap();
    (process.control.wait().await.unwrap(), out, err)
}

fn command(script: &str, stdin: bool, tty: bool) -> Exec {
    Exec { command: vec!["/bin/sh".into(), "-c".into(), script.into()], stdin, tty }
}

async fn sh(runtime: &Containerd, id: &str, script: &str) -> (i32, String, String) {
    talk(runtime.exec(id, &command(script, false, false)).await.unwrap(), None).await
}

#[tokio::test]
async fn runs_commands_in_containers() {
    let Some(node) = with_image().await else { return };
    let spec = node.spec("exec", "sleep 1000");
    node.run(&spec).await;
    let (runtime, id) = (&node.runtime, spec.id.as_str());
    let answer = |code, out: &str, err: &str| (code, out.to_owned(), err.to_owned());
    assert_eq!(sh(runtime, id, "echo a; echo b >&2; exit 3").await, answer(3, "a\n", "b\n"));
    let cat = runtime.exec(id, &command("cat; echo end", true, false)).await.unwrap();
    let megabyte = vec![b'x'; 1 << 20];
    let (code, out, _) = talk(cat, Some(&megabyte)).await;
    assert_eq!((code, out.len()), (0, (1 << 20) + 4));

    let mut tty = runtime.exec(id, &command("read x; stty size; tty", true, true)).await.unwrap();
    tty.control.resize(101, 33).await.unwrap();
    tty.stdin.as_mut().unwrap().write_all(b"go\n").await.unwrap();
    let mut out = String::new();
    let _ = tty.stdout.as_mut().unwrap().read_to_string(&mut out).await;
    assert!(out.contains("33 101") && out.contains("/dev/pts/"), "{out}");
    assert!(tty.stderr.is_none());

    let sleeper = runtime.exec(id, &command("sleep 1000", false, false)).await.unwrap();
    sleeper.control.kill().await.unwrap();
    assert_eq!(sleeper.control.wait().await.unwrap(), 137);
    match runtime.exec(id, &Exec { command: vec!["nope".into()], ..Exec::default() }).await {
        Err(Error::Invalid(why)) => assert!(why.contains("nope"), "{why}"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it ran"),
    }
    let many = (0..12).map(|n| async move { sh(runtime, id, &format!("echo {n}")).await.1 });
    let found = futures::future::join_all(many).await;
    assert_eq!(found, (0..12).map(|n| format!("{n}\n")).collect::<Vec<_>>());

    let probe = |script: &str| vec!["/bin/sh".to_owned(), "-c".to_owned(), script.to_owned()];
    let minute = Duration::from_mins(1);
    assert_eq!(runtime.probe(id, &probe("echo ok"), minute).await.unwrap(), (0, "ok\n".into()));
    assert_eq!(runtime.probe(id, &probe("yes | head -c 5000"), minute).await.unwrap().1.len(), 1024);
    let (code, said) =
        runtime.probe(id, &probe("echo slow; sleep 100"), Duration::from_secs(2)).await.unwrap();
    assert_eq!(code, 137);
    assert!(said.contains("timed out after 2 s"), "{said}");
    runtime.remove(id).await.unwrap();
    assert!(matches!(runtime.exec(id, &command("true", false, false)).await, Err(Error::NotFound(_))));
}

#[tokio::test]
async fn talks_to_containers_that_listen() {
    let Some(node) = with_image().await else { return };
    for tty in [false, true] {
        let mut events = node.runtime.events().await.unwrap();
        let mut spec = node
            .spec(if tty { "tty" } else { "stdin" }, "printf 'name? '; read x; echo \"hello $x\"; exit 4");
        (spec.stdin, spec.tty) = (true, tty);
        node.run(&spec).await;
        let mut process = node.runtime.attach(&spec.id, false).await.unwrap();
        if tty {
            process.control.resize(80, 24).await.unwrap();
        }
        // A question is in the log before its line ends.
        let asked = || std::fs::read_to_string(&spec.log).is_ok_and(|log| log.contains(" stdout P name? "));
        until("the question", asked).await;
        process.stdin.as_mut().unwrap().write_all(b"you\n").await.unwrap();
        assert_eq!(ended(&node.runtime, &mut events, &spec.id).await, (4, false));
        assert_eq!(process.control.wait().await.unwrap(), 4);
        let out = text(&spec.log, Source::Stdout).await;
        assert!(out.starts_with("name? ") && out.contains("hello you"), "{out:?}");
        node.runtime.remove(&spec.id).await.unwrap();
    }
}

#[tokio::test]
async fn containers_outlive_containerd_and_the_agent() {
    let Some(mut node) = with_image().await else { return };
    let events = node.runtime.events().await.unwrap();
    let spec = node.spec("lasting", "n=0; while true; do n=$((n+1)); echo $n; sleep 0.05; done");
    node.run(&spec).await;
    let short = node.spec("short", "while [ ! -e /tmp/go ]; do sleep 0.05; done; exit 5");
    node.run(&short).await;
    let before = node.state(&spec.id).await.unwrap();
    let pid = node.state(&short.id).await.unwrap().pid.unwrap();
    node.kill_containerd();
    // This one ends while nobody looks.
    std::fs::write(format!("/proc/{pid}/root/tmp/go"), "").unwrap();
    until("its end", || !Path::new(&format!("/proc/{pid}")).exists()).await;
    let told = tokio::time::timeout(Duration::from_mins(1), events.collect::<Vec<_>>()).await;
    assert!(told.unwrap().iter().any(|it| it.id == spec.id), "and the stream ended with containerd");
    assert!(matches!(node.runtime.list().await, Err(Error::Unreachable { .. })));
    node.start_containerd().await;
    assert_eq!(node.state(&spec.id).await.unwrap(), before);
    node.runtime = node.reconnected();
    assert_eq!(node.state(&spec.id).await.unwrap(), before);
    let mut events = node.runtime.events().await.unwrap();
    assert_eq!(ended(&node.runtime, &mut events, &short.id).await, (5, false));
    node.runtime.kill(&spec.id, 9).await.unwrap();
    assert_eq!(ended(&node.runtime, &mut events, &spec.id).await, (137, false));
    let lines = text(&spec.log, Source::Stdout).await;
    let expected = count(lines.lines().count());
    assert!(lines.lines().count() > 3 && lines == expected, "{lines}");
    node.runtime.remove(&spec.id).await.unwrap();
    node.runtime.remove(&short.id).await.unwrap();
}

/// Prints how long create and start take next to `ctr run` of the same image.
#[tokio::test]
#[ignore = "a measurement: run it alone, with --release"]
async fn starts_about_as_fast_as_ctr() {
    let Some(node) = with_image().await else { return };
    let (mut ours, mut theirs, mut made) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..20 {
        let spec = node.spec(&format!("r{round}"), "sleep 1000");
        let begin = Instant::now();
        node.runtime.create(&spec).await.unwrap();
        made.push(begin.elapsed());
        node.runtime.start(&spec.id).await.unwrap();
        ours.push(begin.elapsed());
        node.runtime.remove(&spec.id).await.unwrap();
        let begin = Instant::now();
        let mut ctr = tokio::process::Command::new("ctr");
        ctr.arg("-a").arg(node.path("c.sock")).args(["-n", &node.namespace, "run", "-d"]);
        ctr.args(["docker.io/library/busybox:latest", &format!("c{round}"), "/bin/sleep", "1000"]);
        assert!(ctr.status().await.unwrap().success());
        theirs.push(begin.elapsed());
        node.runtime.remove(&format!("c{round}")).await.unwrap();
    }
    for (what, mut times) in [("create", made), ("create + start", ours), ("ctr run -d", theirs)] {
        times.sort_unstable();
        println!("{what}: p50 {:?}, least {:?}, most {:?}", times[10], times[0], times[19]);
    }
}
