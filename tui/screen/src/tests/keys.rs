//! What keys and data do to the model.

use super::*;
use crate::{model::Overlay, msg::Outcome};
use shared_api::{Key, core::Pod};
use tui_commands::forward::Carried;

#[test]
fn the_cursor_stays_on_its_object_when_rows_come_above() {
    let mut seat = Seat::over(scene());
    seat.press("j");
    assert_eq!(seat.on(), "web-2");
    seat.see([object(&pod("a-first")), object(&pod("b-second"))]);
    assert_eq!(seat.on(), "web-2");
    seat.lose(object(&pod("web-2")));
    assert_eq!(seat.on(), "web-3");
    assert_eq!(seat.said(), "pods/web-2 is gone; the cursor moved to its neighbour");
}

#[test]
fn deleting_acts_on_the_object_that_was_asked_about() {
    let mut seat = Seat::over(scene());
    seat.press("<ctrl-d>");
    let mut other = pod("web-1");
    other.metadata.uid = Some("another".into());
    seat.see([object(&other)]);
    seat.asked.clear();
    seat.press("y");
    let done = seat.asked.iter().any(|e| matches!(e, Effect::Perform { .. }));
    assert!(!done && seat.said().contains("another one of that name"), "{}", seat.said());
    seat.press("<ctrl-d>y");
    let wanted = "delete pods/web-1 --no-wait -n default";
    let action = Box::new(tui_commands::grammar::parse_line(wanted).unwrap());
    let about = vec![(object(&other).key(), "another".into())];
    let Some(Effect::Perform { generation, .. }) = seat.asked.last() else { panic!("{:?}", seat.asked) };
    let generation = *generation;
    let wanted_effect = Effect::Perform { generation, action, namespace: "default".into(), about };
    assert_eq!(seat.asked.last(), Some(&wanted_effect), "the write carries the uid");
    let outcome = Outcome { text: "pod/web-1 deleted\n".into(), ..Outcome::default() };
    seat.tell(Msg::Performed(generation, outcome));
    assert_eq!(seat.said(), format!("{wanted}: pod/web-1 deleted"));
}

#[test]
fn every_line_a_key_runs_is_understood_by_the_grammar() {
    for (keys, wanted) in [
        ("d", "describe pods/web-1 -n default"),
        ("y", "get pods/web-1 -n default -o yaml"),
        (":nodes<enter>c", "cordon n1"),
        (":nodes<enter><ctrl-u>", "uncordon n1"),
        (":nodes<enter>d", "describe nodes/n1"),
        (":scale deployment/web --replicas 2<enter>", "scale deployment/web --replicas 2"),
    ] {
        let mut seat = Seat::over(scene());
        seat.press(keys);
        let wanted = Box::new(tui_commands::grammar::parse_line(wanted).unwrap());
        let asked = matches!(seat.asked.last(), Some(Effect::Perform { action, .. }) if *action == wanted);
        assert!(asked, "{keys}: {:?}", seat.asked.last());
    }
}

#[test]
fn enter_goes_in_and_esc_comes_back() {
    let mut seat = Seat::over(scene());
    seat.press(":nodes<enter><enter>");
    assert!(seat.picture().contains("pods › nodes › pods on n1"));
    seat.press("<enter>");
    assert!(matches!(seat.model.view(), View::Logs(logs) if logs.pod.name == "web-1"));
    assert!(matches!(seat.asked.last(), Some(Effect::Logs { generation: 1, .. })));
    seat.press("<esc>");
    assert_eq!(seat.asked.last(), Some(&Effect::Stop(1)));
    seat.press("<esc><esc><esc><esc>");
    assert_eq!(seat.model.pane().path().len(), 1);
    let set = serde_json::json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {
        "name": "web-5d", "namespace": "default", "uid": "set", "ownerReferences": [{
            "apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "w", "controller": true}]},
        "spec": {"selector": {"matchLabels": {"app": "web"}}}});
    seat.see([Object::from_value(&set).unwrap()]);
    seat.press(":deploy<enter>");
    seat.live();
    seat.press("<enter>");
    seat.live();
    assert!(seat.picture().contains("replicasets of deployments/web in default"));
    assert_eq!(seat.on(), "web-5d");
    seat.press("<enter>");
    assert_eq!(seat.on(), "web-1");
    assert!(seat.picture().contains("pods of replicasets/web-5d in default"));
    seat.press("<esc>O");
    assert_eq!(seat.on(), "web");
}

#[test]
fn answers_to_questions_nobody_asks_any_more_are_dropped() {
    let mut seat = Seat::over(scene());
    seat.press("l");
    seat.tell(Msg::Lines(1, vec!["old".into()]));
    seat.press("t");
    seat.tell(Msg::Lines(1, vec!["late".into()]));
    seat.tell(Msg::Lines(2, vec!["new".into()]));
    let picture = seat.picture();
    assert!(picture.contains("new") && !picture.contains("late") && !picture.contains("old"), "{picture}");
    seat.press("<esc>y<esc>");
    seat.tell(Msg::Performed(3, Outcome { text: "a\nb\nc\n".into(), ..Outcome::default() }));
    assert_eq!(seat.model.pane().path().len(), 1);
}

#[test]
fn keys_go_to_the_pod_until_the_shell_is_left() {
    let mut seat = Seat::over(scene());
    seat.press("s");
    seat.asked.clear();
    seat.press("q:<ctrl-c><esc>");
    let bytes = |b: &[u8]| Effect::Type(1, b.to_vec());
    assert_eq!(seat.asked, [bytes(b"q"), bytes(b":"), bytes(b"\x03"), bytes(b"\x1b")]);
    seat.tell(Msg::Screen(1, "hello \x1b[6n".into()));
    assert_eq!(seat.asked.last(), Some(&bytes(b"\x1b[1;7R")));
    seat.tell(Msg::Resize(100, 40));
    assert_eq!(seat.asked.last(), Some(&Effect::Reshape(1, (100, 35))));
    seat.press("<ctrl-5>");
    assert_eq!(seat.asked.last(), Some(&Effect::Stop(1)));
    assert_eq!(seat.model.pane().path().len(), 1);
}

#[test]
fn a_forward_is_asked_opened_listed_and_stopped() {
    let mut seat = Seat::over([object(&pod("web-1").port("http", 8080).ready())]);
    seat.press("f");
    assert!(matches!(&seat.model.overlay, Some(Overlay::Port { input, .. }) if input.text == "8080"));
    seat.press("<left><left><left><left>0:<enter>");
    let asked = |remote: &str| matches!(seat.asked.last(), Some(Effect::Forward { generation: 1, remote: port, local: 0, .. }) if port == remote);
    assert!(asked("8080"));
    seat.tell(Msg::Forwarding(1, Ok(([127, 0, 0, 1], 4242).into())));
    seat.tell(Msg::Carried(1, Carried { connections: 7, pod: Some(Key::of::<Pod>("default", "web-1")) }));
    seat.press(":pf<enter>");
    let picture = seat.picture();
    assert!(picture.contains("127.0.0.1:4242  default/web-1  8080  7"), "{picture}");
    seat.press("x");
    assert_eq!(seat.asked.last(), Some(&Effect::Stop(1)));
    seat.press("<esc>f<back><back><back><back>x:<enter>");
    assert!(seat.said().contains("expected REMOTE"));
    seat.press("<esc>");
    seat.see([object(&service("web").port("http", 80, 8080)), object(&deployment("web", 1))]);
    for (table, port, wanted) in [("svc", "80", "services/web"), ("deploy", "81", "deployments/web")] {
        seat.press(&format!(":{table}<enter>f"));
        let prefilled =
            matches!(&seat.model.overlay, Some(Overlay::Port { input, .. }) if input.text == "80");
        assert_eq!(prefilled, table == "svc");
        seat.press(if prefilled { "<enter>" } else { "81<enter>" });
        let Some(Effect::Forward { to, remote, .. }) = seat.asked.last() else {
            panic!("a forward: {table}")
        };
        assert_eq!((crate::model::word(to).as_str(), remote.as_str()), (wanted, port));
    }
}

#[test]
fn the_palette_completes_and_looks() {
    let mut seat = Seat::over(scene());
    seat.press(":secr<tab><enter>");
    assert_eq!(seat.asked.last(), Some(&Effect::Watch(GroupKind::of::<shared_api::core::Secret>())));
    seat.press(":po -n k8s-test /db<enter>");
    assert_eq!((seat.on().as_str(), seat.model.here()), ("db-0", "k8s-test"));
    seat.press(":ns default<enter>:logs web-<tab>");
    assert!(
        matches!(&seat.model.overlay, Some(Overlay::Palette(p)) if p.candidates == ["web-1", "web-2", "web-3"])
    );
    seat.press("1<enter>");
    assert!(matches!(seat.asked.last(), Some(Effect::Logs { pod, .. }) if pod.name == "web-1"));
    seat.press(":fly<enter>");
    assert!(seat.picture().contains("fly"));
    seat.press(":get pods -w<enter>");
    assert!(seat.said().contains("live"), "{}", seat.said());
}

#[test]
fn one_of_several_containers_is_chosen() {
    let side = serde_json::from_value(serde_json::json!({"name": "side", "image": "x"})).unwrap();
    let mut seat = Seat::over([object(&pod("two").container(side).ready())]);
    seat.press("l");
    assert!(matches!(seat.model.overlay, Some(Overlay::Choose { .. })));
    seat.press("j<enter>");
    assert!(matches!(seat.asked.last(), Some(Effect::Logs { options, .. }) if options.container == "side"));
}

#[test]
fn what_is_marked_is_acted_on_together() {
    let mut seat = Seat::over(scene());
    seat.press("<space>j<space>");
    assert!(seat.picture().contains("2 marked"));
    seat.press("<ctrl-d>");
    seat.looks_like("confirm-many");
    seat.asked.clear();
    seat.press("y");
    let wanted = Box::new(
        tui_commands::grammar::parse_line("delete pods/web-1 pods/web-3 --no-wait -n default").unwrap(),
    );
    assert!(
        matches!(seat.asked.last(), Some(Effect::Perform { action, .. }) if *action == wanted),
        "{:?}",
        seat.asked
    );
    seat.press("<esc>");
    assert!(!seat.picture().contains("marked"));
}

#[test]
fn rows_are_sorted_filtered_and_cut_as_asked() {
    let mut seat = Seat::over(scene());
    seat.press("z");
    assert_eq!(seat.on(), "web-2");
    assert!(seat.picture().contains("faults only"));
    seat.press("zojj<enter>g");
    assert_eq!(seat.on(), "web-2", "by readiness, 0/1 first");
    seat.press("IC<down><space><esc>");
    let picture = seat.picture();
    assert!(picture.contains("by ready down") && !picture.contains("STATUS"), "{picture}");
    seat.press(":pods k8s-test /!web name:db<enter>");
    assert_eq!(seat.on(), "db-0");
}

#[test]
fn marks_hold_while_hidden_and_end_with_their_object() {
    let mut seat = Seat::over(scene());
    seat.press("<space><space>/web-3<enter><ctrl-d>");
    let picture = seat.picture();
    assert!(picture.contains("delete pods/web-1 pods/web-2"), "{picture}");
    seat.press("n");
    seat.lose(object(&pod("web-1")));
    assert!(seat.picture().contains("1 marked"), "{}", seat.picture());
}
