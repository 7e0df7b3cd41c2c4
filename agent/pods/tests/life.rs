//! Whole lives of pods in one process: a cluster and a runtime in memory, time that passes at once.
#![allow(clippy::unwrap_used)]

#[path = "life/node.rs"]
mod node;

use agent_pods::Pods;
use agent_runtime::{Phase, fake::Call};
use node::{Node, clock, web};
use serde_json::{Value, json};
use shared_api::{
    Key, Refusal,
    core::{Pod, Secret},
};
use shared_client::{Channel, Duplex, Frame, LogOptions, Session};
use shared_testkit::{FakeCluster, PodWords, config_map, object};

fn starts(node: &Node) -> usize {
    node.runtime.calls().iter().filter(|c| matches!(c, Call::Start(_))).count()
}

fn reason(pod: &Pod) -> String {
    let state = pod.status.as_ref().and_then(|s| s.container_statuses.as_ref()?.first()?.state.clone());
    state.and_then(|s| s.waiting).and_then(|w| w.reason).unwrap_or_default()
}

fn ready(pod: &Pod) -> bool {
    let conditions = pod.status.as_ref().and_then(|s| s.conditions.clone()).unwrap_or_default();
    conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True")
}

fn phase(pod: &Pod) -> &str {
    pod.status.as_ref().and_then(|s| s.phase.as_deref()).unwrap_or_default()
}

fn restarts(pod: &Pod) -> i32 {
    pod.status.as_ref().and_then(|s| s.container_statuses.as_ref()?.first()).map_or(0, |s| s.restart_count)
}

#[tokio::test(start_paused = true)]
async fn a_pod_runs_crashes_backs_off_and_ends() {
    let mut node = Node::new("life");
    node.runtime.probes_answer(1, "not yet");
    let mut pod = web("web");
    pod.spec_mut().containers[0].readiness_probe =
        serde_json::from_value(json!({"exec": {"command": ["true"]}, "periodSeconds": 1})).unwrap();
    node.cluster.put(&object(&pod));
    node.begin();

    let pod = node.until("web", |p| phase(p) == "Running").await;
    assert!(!ready(&pod));
    let status = pod.status.unwrap();
    assert_eq!(status.pod_ip.as_deref(), Some("10.1.0.2"));
    assert_eq!(
        (status.host_ip.as_deref(), status.qos_class.as_deref()),
        (Some("10.0.0.1"), Some("BestEffort"))
    );
    let container = status.container_statuses.unwrap().remove(0);
    let id = node.id("web", "app", 0);
    assert_eq!(container.container_id, Some(format!("containerd://{id}")));
    let spec = node.runtime.spec(&id).unwrap();
    assert_eq!(spec.cgroup, format!("/dhow/n1/uid-web/{id}"));
    assert!(spec.log.ends_with("default_web_uid-web/app/0.log"), "{:?}", spec.log);
    node.runtime.probes_answer(0, "");
    node.until("web", ready).await;

    node.exit(&id, 1);
    node.until("web", |p| restarts(p) == 1 && ready(p)).await;
    node.exit(&node.id("web", "app", 1), 1);
    let pod = node.until("web", |p| reason(p) == "CrashLoopBackOff").await;
    let waiting = pod.status.unwrap().container_statuses.unwrap().remove(0);
    let message = waiting.state.unwrap().waiting.unwrap().message.unwrap();
    assert_eq!(message, "back-off 10s restarting failed container=app pod=web_default(uid-web)");
    assert_eq!(waiting.last_state.unwrap().terminated.unwrap().exit_code, 1);
    let began = clock();
    let pod = node.until("web", |p| restarts(p) == 2 && ready(p)).await;
    let waited = clock().as_second() - began.as_second();
    assert!((8..=15).contains(&waited), "{waited}");
    assert_eq!(phase(&pod), "Running");
    node.gone_container("web", "app", 0).await;

    node.delete("web").await;
    node.until_gone("web").await;
    let id = node.id("web", "app", 2);
    assert!(node.runtime.calls().contains(&Call::Kill(id, 15)), "asked to end before it is removed");
    node.nothing_left();
    let told = node.events("web");
    for expected in [
        "Pulling Pulling image \"busybox:1.36\"",
        "Created Created container: app",
        "Started Started container app",
        "Unhealthy Readiness probe failed: not yet",
        "BackOff Back-off restarting failed container app in pod web_default(uid-web)",
        "Killing Stopping container app",
    ] {
        assert!(told.iter().any(|t| t.starts_with(expected)), "{expected}: {told:#?}");
    }
    let counted = node.counted("web", "Started");
    assert_eq!(counted, 3, "counted up rather than repeated");
}

#[tokio::test(start_paused = true)]
async fn a_restarted_agent_restarts_nothing() {
    let mut node = Node::new("restart");
    node.cluster.put(&object(&web("web")));
    node.begin();
    let before = node.until("web", ready).await;
    node.end().await;
    node.begin();
    node.settle().await;
    assert_eq!(starts(&node), 1);
    let after = node.pod("web").unwrap();
    assert_eq!(after.status, before.status);
    // What happened while nobody looked is seen.
    node.end().await;
    node.exit(&node.id("web", "app", 0), 1);
    node.begin();
    node.until("web", |p| restarts(p) == 1 && ready(p)).await;
    node.delete("web").await;
    node.until_gone("web").await;
    node.nothing_left();
}

#[tokio::test(start_paused = true)]
async fn an_emptied_control_plane_takes_nothing_away() {
    let mut node = Node::new("emptied");
    node.cluster.put(&object(&web("web")));
    node.begin();
    node.until("web", ready).await;
    node.end().await;
    node.cluster = FakeCluster::new();
    node.begin();
    node.settle().await;
    assert!(node.running("web", "app", 0));
    // It is tended although nobody asks for it.
    node.exit(&node.id("web", "app", 0), 1);
    node.settle().await;
    assert!(node.running("web", "app", 1));
    node.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_control_plane_changes_nothing() {
    let mut node = Node::new("silent");
    node.cluster.put(&object(&web("web")));
    node.begin();
    node.until("web", ready).await;
    for _ in 0..20 {
        node.cluster.refuse_next(Refusal::unavailable("away"));
    }
    node.cluster.break_watches();
    node.exit(&node.id("web", "app", 0), 1);
    node.settle().await;
    assert!(node.running("web", "app", 1));
    node.until("web", |p| restarts(p) == 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_pod_that_is_gone_is_ended() {
    let mut node = Node::new("gone");
    node.cluster.put(&object(&web("web")));
    node.begin();
    node.until("web", ready).await;
    node.force("web").await;
    node.no_containers().await;
    node.settle().await;
    node.nothing_left();

    // Also when it went while the agent was away.
    node.cluster.put(&object(&web("late")));
    node.until("late", ready).await;
    node.end().await;
    node.force("late").await;
    node.begin();
    node.no_containers().await;
    node.settle().await;
    node.nothing_left();
}

#[tokio::test(start_paused = true)]
async fn an_image_that_cannot_be_had_is_tried_again() {
    let mut node = Node::new("image");
    node.runtime.refuse_pull("busybox:1.36", "manifest unknown");
    node.cluster.put(&object(&web("web")));
    node.begin();
    node.until("web", |p| reason(p) == "ErrImagePull").await;
    let pod = node.until("web", |p| reason(p) == "ImagePullBackOff").await;
    let status = pod.status.unwrap().container_statuses.unwrap().remove(0);
    let message = status.state.unwrap().waiting.unwrap().message.unwrap();
    assert!(message.starts_with("Back-off pulling image \"busybox:1.36\": ErrImagePull: "), "{message}");
    node.runtime.allow_pull("busybox:1.36");
    node.until("web", ready).await;
    // A pod that still waits for its image ends at once.
    node.runtime.refuse_pull("nope:1", "manifest unknown");
    let mut pod = web("other");
    pod.spec_mut().containers[0].image = Some("nope:1".into());
    node.cluster.put(&object(&pod));
    node.until("other", |p| reason(p) == "ErrImagePull").await;
    node.delete("other").await;
    node.until_gone("other").await;
}

#[tokio::test(start_paused = true)]
async fn a_program_that_cannot_be_started_has_ended() {
    let mut node = Node::new("unstartable");
    node.runtime.refuse_start("busybox:1.36", "exec: \"/nope\": no such file or directory");
    node.cluster.put(&object(&web("web").restarts("Never")));
    node.cluster.put(&object(&web("again")));
    node.begin();
    let pod = node.until("web", |p| phase(p) == "Failed").await;
    let state = pod.status.unwrap().container_statuses.unwrap().remove(0).state.unwrap();
    let ended = state.terminated.unwrap();
    assert_eq!((ended.reason.as_deref(), ended.exit_code), (Some("StartError"), 128));
    assert!(ended.message.unwrap().contains("/nope"));
    node.until("again", |p| reason(p) == "RunContainerError").await;
    node.until("again", |p| restarts(p) == 2 && reason(p) == "CrashLoopBackOff").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_named_and_waited_for() {
    let mut node = Node::new("missing");
    let mut pod = web("web");
    pod.spec_mut().containers[0].env_from =
        serde_json::from_value(json!([{"configMapRef": {"name": "cfg"}}])).unwrap();
    node.cluster.put(&object(&pod));
    let mut mounting = web("mounting");
    mounting.spec_mut().volumes =
        serde_json::from_value(json!([{"name": "s", "secret": {"secretName": "s"}}])).unwrap();
    node.cluster.put(&object(&mounting));
    node.begin();
    let pod = node.until("web", |p| reason(p) == "CreateContainerConfigError").await;
    let status = pod.status.unwrap().container_statuses.unwrap().remove(0);
    assert_eq!(
        status.state.unwrap().waiting.unwrap().message.as_deref(),
        Some("configmap \"cfg\" not found")
    );
    node.cluster.put(&object(&config_map("cfg")));
    node.until("web", ready).await;
    let spec = node.runtime.spec(&node.id("web", "app", 0)).unwrap();
    assert!(spec.env.contains(&("key".into(), "value".into())), "{:?}", spec.env);

    node.told("mounting", "FailedMount MountVolume.SetUp failed for volume \"s\" : secret \"s\" not found")
        .await;
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"}});
    node.cluster.put(&object(&serde_json::from_value::<Secret>(secret).unwrap()));
    node.until("mounting", ready).await;
}

#[tokio::test(start_paused = true)]
async fn containers_outlive_a_runtime_that_goes_away() {
    let mut node = Node::new("runtime");
    node.cluster.put(&object(&web("web")));
    node.begin();
    node.until("web", ready).await;
    node.runtime.disappear();
    node.settle().await;
    assert!(ready(&node.pod("web").unwrap()), "what cannot be seen is left as it was");
    node.exit(&node.id("web", "app", 0), 1);
    node.runtime.come_back();
    node.until("web", |p| restarts(p) == 1 && ready(p)).await;
    assert_eq!(starts(&node), 2);
}

#[tokio::test(start_paused = true)]
async fn work_that_is_done_is_told() {
    let mut node = Node::new("work");
    for (name, policy) in [("good", "OnFailure"), ("bad", "Never")] {
        let mut pod = web(name);
        pod.spec_mut().restart_policy = Some(policy.into());
        pod.spec_mut().init_containers =
            serde_json::from_value(json!([{"name": "first", "image": "busybox:1.36"}])).unwrap();
        node.cluster.put(&object(&pod));
    }
    node.begin();
    for name in ["good", "bad"] {
        let pod = node.until(name, |_| node.running(name, "first", 0)).await;
        assert_eq!((phase(&pod), reason(&pod).as_str()), ("Pending", "PodInitializing"));
        node.exit(&node.id(name, "first", 0), 0);
        node.until(name, ready).await;
    }
    node.exit(&node.id("good", "app", 0), 3);
    node.until("good", |p| restarts(p) == 1 && ready(p)).await;
    node.exit(&node.id("good", "app", 1), 0);
    node.exit(&node.id("bad", "app", 0), 3);
    node.until("good", |p| phase(p) == "Succeeded").await;
    let bad = node.until("bad", |p| phase(p) == "Failed").await;
    assert_eq!(
        bad.status.unwrap().pod_ip.as_deref().map(|ip| &ip[..7]),
        Some("10.1.0."),
        "kept to be looked at"
    );
    node.settle().await;
    assert!(node.sandboxes.ids().is_empty(), "but its address is free again");
    node.delete("bad").await;
    node.until_gone("bad").await;
}

#[tokio::test(start_paused = true)]
async fn a_container_that_is_not_well_is_made_anew() {
    let mut node = Node::new("liveness");
    let mut pod = web("web");
    pod.spec_mut().containers[0].liveness_probe = serde_json::from_value(
        json!({"exec": {"command": ["true"]}, "periodSeconds": 1, "failureThreshold": 2}),
    )
    .unwrap();
    node.cluster.put(&object(&pod));
    node.begin();
    node.until("web", ready).await;
    node.runtime.stubborn(&node.id("web", "app", 0));
    node.runtime.probes_answer(1, "dead");
    node.told("web", "Killing Container app failed liveness probe, will be restarted").await;
    node.runtime.probes_answer(0, "");
    let pod = node.until("web", |p| restarts(p) == 1 && ready(p)).await;
    let last = pod.status.unwrap().container_statuses.unwrap().remove(0).last_state.unwrap();
    assert_eq!(last.terminated.unwrap().exit_code, 137, "it ignored the first signal");
}

#[tokio::test(start_paused = true)]
async fn commands_end_with_their_exit_code() {
    let mut node = Node::new("exec");
    node.cluster.put(&object(&web("web")));
    let pods = node.begin();
    node.until("web", ready).await;
    node.runtime.probes_answer(3, "hello");
    let session =
        Session::Exec { container: String::new(), command: vec!["x".into()], stdin: false, tty: false };
    let (output, outcome) = served(&pods, "web", session, b"").await;
    assert_eq!(output, "hello");
    assert_eq!(outcome["reason"], "NonZeroExitCode");
    assert_eq!(outcome["details"]["causes"][0], json!({"reason": "ExitCode", "message": "3"}));
}

#[tokio::test(start_paused = true)]
async fn attaching_ends_when_all_is_said() {
    for once in [false, true] {
        let mut node = Node::new("attach");
        let mut listening = web("web");
        let container = &mut listening.spec.as_mut().unwrap().containers[0];
        (container.stdin, container.stdin_once) = (Some(true), once.then_some(true));
        node.cluster.put(&object(&listening));
        let pods = node.begin();
        node.until("web", ready).await;
        let session = Session::Attach { container: String::new(), stdin: true, tty: false };
        let (mut ours, theirs) = Duplex::pair(8);
        let key = Key::of::<Pod>("default", "web");
        let serving = tokio::spawn(async move { pods.serve(&key, session, theirs).await });
        // More than a pipe holds: hearing must not wait for saying.
        for frame in [Frame::data(Channel::Stdin, vec![b'x'; 5000]), Frame::end(Channel::Stdin)] {
            ours.send.send(frame).await.unwrap();
        }
        let (mut heard, mut outcome) = (0, Value::Null);
        while let Some(frame) = ours.receive.recv().await {
            match frame.channel {
                Channel::Outcome => outcome = serde_json::from_slice(&frame.data).unwrap(),
                _ => heard += frame.data.len(),
            }
        }
        serving.await.unwrap();
        assert_eq!((heard, &outcome["status"]), (5000, &json!("Success")), "stdinOnce: {once}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_guest_comes_in_once() {
    let mut node = Node::new("guest");
    node.cluster.put(&object(&web("web")));
    let pods = node.begin();
    let mut running = node.until("web", ready).await;
    let guest = json!({"name": "debugger", "image": "busybox", "targetContainerName": "app"});
    let guests = Some(vec![serde_json::from_value(guest).unwrap()]);
    running.spec.as_mut().unwrap().ephemeral_containers = guests;
    node.cluster.put(&object(&running));
    let state = |p: &Pod| {
        let all = p.status.as_ref()?.ephemeral_container_statuses.as_ref()?;
        all.iter().find(|s| s.name == "debugger")?.state.clone()
    };
    node.until("web", |p| state(p).is_some_and(|s| s.running.is_some())).await;
    let session =
        Session::Exec { container: "debugger".into(), command: vec!["x".into()], stdin: false, tty: false };
    assert_eq!(served(&pods, "web", session, b"").await.1["status"], "Success");
    let before = starts(&node);
    node.exit(&node.id("web", "debugger", 0), 1);
    let after = node.until("web", |p| state(p).is_some_and(|s| s.terminated.is_some())).await;
    assert_eq!((phase(&after), starts(&node)), ("Running", before), "it is not made again");
    assert!(ready(&after));
}

#[tokio::test(start_paused = true)]
async fn resources_change_while_it_runs() {
    let mut node = Node::new("resize");
    node.cluster.put(&object(&web("web")));
    node.begin();
    let mut running = node.until("web", ready).await;
    let resources = json!({"requests": {"cpu": "200m"}, "limits": {"memory": "64Mi"}});
    let container = &mut running.spec.as_mut().unwrap().containers[0];
    container.resources = Some(serde_json::from_value(resources).unwrap());
    node.cluster.put(&object(&running));
    let given = |p: &Pod| {
        let status = p.status.as_ref()?.container_statuses.as_ref()?.first()?;
        status.resources.as_ref()?.limits.as_ref()?.get("memory").map(|q| q.0.clone())
    };
    let after = node.until("web", |p| given(p).as_deref() == Some("64Mi")).await;
    assert_eq!((starts(&node), restarts(&after)), (1, 0), "it goes on");
    // One that asks to be made anew for more memory is.
    let mut stubborn = after;
    let container = &mut stubborn.spec.as_mut().unwrap().containers[0];
    container.resize_policy = Some(vec![
        serde_json::from_value(json!({"resourceName": "memory", "restartPolicy": "RestartContainer"}))
            .unwrap(),
    ]);
    let resources = json!({"requests": {"cpu": "200m"}, "limits": {"memory": "128Mi"}});
    container.resources = Some(serde_json::from_value(resources).unwrap());
    node.cluster.put(&object(&stubborn));
    let mut greedy = node.until("web", |p| restarts(p) == 1 && given(p).as_deref() == Some("128Mi")).await;
    // More than the node has is never given, and what was asked for is not lost.
    let resources = json!({"requests": {"cpu": "99"}, "limits": {"memory": "128Mi"}});
    greedy.spec.as_mut().unwrap().containers[0].resources = Some(serde_json::from_value(resources).unwrap());
    node.cluster.put(&object(&greedy));
    let pending = |p: &Pod| {
        let conditions = p.status.as_ref()?.conditions.as_ref()?;
        conditions.iter().find(|c| c.type_ == "PodResizePending")?.reason.clone()
    };
    let mut modest = node.until("web", |p| pending(p).as_deref() == Some("Infeasible")).await;
    node.wait("it is told", || node.counted("web", "ResizeInfeasible") == 1).await;
    let had = modest.status.as_ref().unwrap().container_statuses.as_ref().unwrap()[0].clone();
    assert_eq!(had.allocated_resources.unwrap()["cpu"].0, "200m");
    let resources = json!({"requests": {"cpu": "2"}, "limits": {"memory": "128Mi"}});
    modest.spec.as_mut().unwrap().containers[0].resources = Some(serde_json::from_value(resources).unwrap());
    node.cluster.put(&object(&modest));
    node.until("web", |p| pending(p).is_none()).await;
}

/// What a session answers to `input`, and how it ends.
async fn served(pods: &Pods, pod: &str, session: Session, input: &'static [u8]) -> (String, Value) {
    let (mut ours, theirs) = Duplex::pair(8);
    let key = Key::of::<Pod>("default", pod);
    let pods = pods.clone();
    let serving = tokio::spawn(async move { pods.serve(&key, session, theirs).await });
    if !input.is_empty() {
        ours.send.send(Frame::data(Channel::Stdin, input)).await.unwrap();
    }
    let (mut output, mut outcome) = (Vec::new(), Value::Null);
    while let Some(frame) = ours.receive.recv().await {
        match frame.channel {
            Channel::Stdout => output.extend_from_slice(&frame.data),
            Channel::Outcome => outcome = serde_json::from_slice(&frame.data).unwrap(),
            Channel::Stdin | Channel::Stderr | Channel::Resize => {}
        }
    }
    serving.await.unwrap();
    (String::from_utf8(output).unwrap(), outcome)
}

#[tokio::test(start_paused = true)]
async fn logs_are_read_of_this_container_and_the_one_before() {
    let mut node = Node::new("logs");
    node.cluster.put(&object(&web("web")));
    let pods = node.begin();
    node.until("web", ready).await;
    let logs = |previous| Session::Logs(LogOptions { previous, ..LogOptions::default() });
    node.write_log("web", "app", 0, "2026-01-01T00:00:00Z stdout F first\n");
    let (output, outcome) = served(&pods, "web", logs(false), b"").await;
    assert_eq!((output.as_str(), &outcome["status"]), ("first\n", &json!("Success")));
    let (_, outcome) = served(&pods, "web", logs(true), b"").await;
    assert_eq!(outcome["message"], "previous terminated container \"app\" in pod \"web\" not found");
    node.exit(&node.id("web", "app", 0), 1);
    node.until("web", |p| restarts(p) == 1 && ready(p)).await;
    node.write_log("web", "app", 1, "2026-01-01T00:00:00Z stdout F second\n");
    assert_eq!(served(&pods, "web", logs(false), b"").await.0, "second\n");
    assert_eq!(served(&pods, "web", logs(true), b"").await.0, "first\n");
    let (_, outcome) = served(&pods, "nobody", logs(false), b"").await;
    assert_eq!(outcome["reason"], "NotFound");
    node.write_log("web", "app", 1, "2026-01-01T00:00:00Z stderr F third\n");
    let errors = LogOptions { stream: Some("Stderr".into()), ..LogOptions::default() };
    assert_eq!(served(&pods, "web", Session::Logs(errors), b"").await.0, "third\n");
}

#[tokio::test]
async fn a_port_is_forwarded() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut node = Node::new("forward");
    let mut pod = web("web");
    // On the node's own network nothing has to be entered, so no privilege is needed.
    pod.spec_mut().host_network = Some(true);
    node.cluster.put(&object(&pod));
    let pods = node.begin();
    node.until("web", ready).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let echo = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4];
        stream.read_exact(&mut buffer).await.unwrap();
        stream.write_all(&buffer).await.unwrap();
    });
    let (output, outcome) = served(&pods, "web", Session::PortForward { port }, b"ping").await;
    assert_eq!((output.as_str(), &outcome["status"]), ("ping", &json!("Success")));
    echo.await.unwrap();
    let (_, outcome) = served(&pods, "web", Session::PortForward { port }, b"").await;
    let message = outcome["message"].as_str().unwrap();
    assert!(message.contains(&format!("error forwarding port {port} to pod web, uid uid-web")), "{message}");
}

#[tokio::test(start_paused = true)]
async fn many_pods_start_side_by_side() {
    let mut node = Node::new("many");
    for n in 0..30 {
        node.cluster.put(&object(&web(&format!("p{n}"))));
    }
    node.begin();
    for n in 0..30 {
        node.until(&format!("p{n}"), ready).await;
    }
    node.settle().await;
    assert_eq!(starts(&node), 30);
    let all = node.runtime.specs();
    assert!(all.iter().all(|s| s.netns.is_some()));
    assert!(matches!(
        node.runtime.labelled("io.kubernetes.pod.name", "p3").unwrap().phase,
        Phase::Running { .. }
    ));
}
