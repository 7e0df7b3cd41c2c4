//! Panes and tabs: each with its own view, way back and room.

use super::*;
use crate::model::PaneId;
use shared_api::{
    apps::Deployment,
    core::{ConfigMap, Pod},
    metrics::NodeMetrics,
};

impl Seat {
    /// The panes that are seen, from the left and the top, and which has the focus.
    fn panes(&self) -> (Vec<PaneId>, PaneId) {
        let tab = self.model.desk.tab();
        (tab.seen(self.model.whole()).into_iter().map(|(id, _)| id).collect(), tab.focus)
    }
}

#[test]
fn a_pane_is_split_left_and_closed() {
    let mut seat = Seat::over(scene());
    seat.press("j<ctrl-w>v");
    assert_eq!(seat.panes(), (vec![1, 2], 2));
    assert_eq!(seat.on(), "web-2", "the same is in it");
    seat.press("j<ctrl-w>s:nodes<enter>");
    assert_eq!((seat.panes(), seat.on().as_str()), ((vec![1, 2, 3], 3), "n1"));
    seat.looks_like("panes");
    seat.press("<ctrl-w>h");
    assert_eq!((seat.panes().1, seat.on().as_str()), (1, "web-2"));
    seat.press("<ctrl-w>l<tab><tab><ctrl-w>k");
    assert_eq!(seat.panes().1, 1, "nothing is above the first one");
    seat.press("<s-tab>");
    assert_eq!((seat.panes().1, seat.on().as_str()), (3, "n1"));
    seat.press("<ctrl-w>z");
    assert_eq!(seat.panes(), (vec![3], 3));
    seat.press("<ctrl-w>z<ctrl-w>c");
    assert_eq!((seat.panes(), seat.on().as_str()), ((vec![1, 2], 2), "web-3"));
    seat.press("<ctrl-w>c<ctrl-w>c");
    assert_eq!(seat.panes(), (vec![1], 1));
    assert_eq!(seat.said(), "this is the only pane; q leaves");
}

#[test]
fn back_and_forward_keep_filter_cursor_and_namespaces() {
    let mut seat = Seat::over(scene());
    seat.press("/web<enter>jj");
    assert_eq!(seat.on(), "web-3");
    seat.press(":pods k8s-test<enter>");
    assert_eq!(seat.on(), "db-0");
    seat.press("[");
    assert_eq!((seat.on().as_str(), seat.model.filter()), ("web-3", Some("web")));
    assert_eq!(seat.model.here(), "default");
    seat.press("]");
    assert_eq!((seat.on().as_str(), seat.model.here()), ("db-0", "k8s-test"));
    seat.press("]");
    assert_eq!(seat.said(), "there is nothing to go forward to");
    seat.press("[:nodes<enter>[]]");
    assert_eq!(seat.said(), "there is nothing to go forward to", "another way was taken");
}

#[test]
fn a_log_ends_when_it_is_left_and_begins_again_when_it_is_come_back_to() {
    let mut seat = Seat::over(scene());
    seat.press("l/x<enter>[");
    assert_eq!(seat.asked.last(), Some(&Effect::Stop(1)));
    seat.press("]");
    assert!(matches!(seat.asked.last(), Some(Effect::Logs { generation: 2, .. })), "{:?}", seat.asked.last());
    assert_eq!(seat.model.filter(), Some("x"));
    seat.tell(Msg::Lines(1, vec!["x late".into()]));
    seat.tell(Msg::Lines(2, vec!["x new".into()]));
    let picture = seat.picture();
    assert!(picture.contains("x new") && !picture.contains("x late"), "{picture}");
}

#[test]
fn what_changes_something_is_not_run_again_by_looking_again() {
    let mut seat = Seat::over(scene());
    seat.press(":delete pod web-1<enter>");
    let text = "one\ntwo\nthree\n".into();
    seat.tell(Msg::Performed(1, crate::msg::Outcome { text, ..Default::default() }));
    seat.asked.clear();
    seat.press("r<ctrl-w>v[]");
    assert!(!seat.asked.iter().any(|e| matches!(e, Effect::Perform { .. })), "{:?}", seat.asked);
}

#[test]
fn a_shell_goes_on_beside_what_is_looked_at_and_knows_its_room() {
    let mut seat = Seat::over(scene());
    seat.press("<tab>");
    assert_eq!(seat.said(), "this is the only pane; ctrl-w v makes another");
    seat.press("s<ctrl-\\>");
    assert_eq!(seat.said(), "this is the only pane; ctrl-] leaves the shell");
    let mut seat = Seat::over(scene());
    seat.press("<ctrl-w>vs");
    assert!(
        matches!(seat.asked[..], [.., Effect::Speak { generation: 1, size: (40, 19), .. }]),
        "{:?}",
        seat.asked
    );
    seat.tell(Msg::Screen(1, "in the shell".into()));
    seat.press("<ctrl-\\>");
    assert_eq!(seat.on(), "web-1");
    seat.press("<ctrl-w><");
    assert_eq!(seat.asked.last(), Some(&Effect::Reshape(1, (44, 19))));
    seat.looks_like("shell-beside");
    seat.press("<ctrl-w>l");
    seat.press("x");
    assert_eq!(seat.asked.last(), Some(&Effect::Type(1, b"x".to_vec())));
    // Closing its pane from outside ends it.
    seat.press("<ctrl-\\><ctrl-w>l<ctrl-]>");
    assert_eq!(seat.asked.last(), Some(&Effect::Stop(1)));
}

#[test]
fn tabs_hold_panes_and_say_which_is_seen() {
    let mut seat = Seat::over(scene());
    seat.press("<ctrl-w>v<ctrl-w>t:nodes<enter>");
    seat.looks_like("tabs");
    seat.press("{");
    assert_eq!(seat.panes().0, [1, 2]);
    seat.press("}");
    assert_eq!(seat.on(), "n1");
    seat.press("l");
    seat.press("<ctrl-w>x");
    assert_eq!(seat.panes().0, [1, 2]);
    assert_eq!(seat.model.desk.tabs().len(), 1);
}

#[test]
fn what_has_no_room_leaves_all_of_it_to_the_pane_with_the_focus() {
    let mut seat = Seat::over(scene());
    seat.press("<ctrl-w>v<ctrl-w>s<ctrl-w>s<ctrl-w>v");
    for size in [(1, 1), (10, 5), (20, 10), (40, 12)] {
        seat.tell(Msg::Resize(size.0, size.1));
        assert_eq!(seat.panes().0.len(), 1, "{size:?}");
        seat.picture();
    }
    seat.tell(Msg::Resize(200, 60));
    assert_eq!(seat.panes().0.len(), 5);
    seat.looks_like("panes-large");
}

#[test]
fn a_sequence_says_how_it_goes_on_and_any_other_key_ends_it() {
    let mut seat = Seat::over(scene());
    seat.press("<ctrl-w>");
    let picture = seat.picture();
    assert!(picture.contains("ctrl-w …") && picture.contains("v split-right"), "{picture}");
    seat.press("d");
    assert!(seat.asked.iter().all(|e| !matches!(e, Effect::Perform { .. })), "it was not d");
    assert!(!seat.picture().contains("ctrl-w …"));
}

#[test]
fn several_namespaces_are_looked_at_together() {
    let mut seat = Seat::over(scene());
    seat.press(":ns default,k8s-test<enter>");
    let picture = seat.picture();
    assert!(picture.contains("ns default,k8s-test") && picture.contains("db-0"), "{picture}");
    assert!(picture.contains("NAMESPACE"), "{picture}");
    seat.press(":pods default /!web<enter>");
    assert!(!seat.picture().contains("db-0"));
}

/// What was asked to be waited for last.
fn rest(seat: &Seat) -> u64 {
    let rests = seat.asked.iter().rev().find_map(|effect| match effect {
        Effect::Rest(generation) => Some(*generation),
        _ => None,
    });
    rests.expect("a wait")
}

#[test]
fn a_linked_pane_shows_what_is_under_the_cursor_when_it_rests() {
    let mut seat = Seat::over(scene());
    seat.press("<ctrl-w>f<enter>");
    seat.picture();
    let first = rest(&seat);
    seat.press("j");
    seat.picture();
    assert!(seat.asked.contains(&Effect::Stop(first)), "it does not wait for what was passed");
    seat.asked.clear();
    seat.tell(Msg::Rested(first));
    assert!(seat.asked.is_empty(), "the cursor has gone on");
    seat.press("k");
    seat.picture();
    seat.press("j");
    seat.picture();
    let second = rest(&seat);
    seat.asked.clear();
    seat.tell(Msg::Rested(second));
    let Some(Effect::Logs { generation, pod, .. }) = seat.asked.pop() else { panic!("{:?}", seat.asked) };
    assert_eq!(pod.name, "web-2");
    seat.tell(Msg::Lines(generation, vec!["a line of web-2".into()]));
    seat.looks_like("linked");
    seat.asked.clear();
    seat.press("j");
    seat.picture();
    let third = rest(&seat);
    seat.tell(Msg::Rested(third));
    assert!(seat.asked.contains(&Effect::Stop(generation)), "{:?}", seat.asked);
    seat.tell(Msg::Lines(generation, vec!["late".into()]));
    assert!(!seat.picture().contains("late"));
}

#[test]
fn what_a_linked_pane_tells_is_told_again_when_the_object_changes() {
    let mut seat = Seat::over(scene());
    seat.press(":follow yaml<enter>");
    seat.picture();
    let wait = rest(&seat);
    seat.tell(Msg::Rested(wait));
    let text = "kind: Pod\n".into();
    let Some(Effect::Perform { generation, .. }) = seat.asked.last() else { panic!() };
    let generation = *generation;
    seat.tell(Msg::Performed(generation, crate::msg::Outcome { text, ..Default::default() }));
    assert!(seat.picture().contains("kind: Pod"));
    let mut changed = pod("web-1").unready();
    changed.metadata.resource_version = Some("77".into());
    seat.asked.clear();
    seat.see([object(&changed)]);
    seat.picture();
    let wait = rest(&seat);
    seat.tell(Msg::Rested(wait));
    assert!(matches!(seat.asked.last(), Some(Effect::Perform { .. })), "{:?}", seat.asked);
}

#[test]
fn linked_events_are_those_of_the_object_under_the_cursor() {
    let mut seat = Seat::over(scene());
    let event = |pod: &str| {
        let value = serde_json::json!({"apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "BackOff",
            "metadata": {"name": format!("{pod}.1"), "namespace": "default"}, "message": format!("about {pod}"),
            "involvedObject": {"kind": "Pod", "name": pod, "namespace": "default"}});
        Object::from_value(&value).unwrap()
    };
    seat.see([event("web-1"), event("web-2")]);
    seat.tell(Msg::Resize(160, 24));
    seat.press(":follow events<enter>");
    seat.picture();
    let wait = rest(&seat);
    seat.tell(Msg::Rested(wait));
    let picture = seat.picture();
    assert!(picture.contains("events about pods/web-1") && picture.contains("about web-1"), "{picture}");
    assert!(!picture.contains("about web-2"), "{picture}");
    // Its list is closed: it stays as it is.
    seat.press("<ctrl-w>c");
    assert!(seat.picture().contains("about web-1"));
}

#[test]
fn a_long_answer_goes_where_it_was_asked_for_and_never_over_a_shell() {
    let mut seat = Seat::over(scene());
    let answer = |seat: &mut Seat, generation| {
        let text = "one\ntwo\nthree\n".into();
        seat.tell(Msg::Performed(generation, crate::msg::Outcome { text, ..Default::default() }));
    };
    seat.press("<ctrl-w>v:get pods<enter>");
    seat.press("<ctrl-w>hs");
    answer(&mut seat, 1);
    let right = seat.model.desk.tab().pane(2).unwrap();
    assert!(matches!(&right.view, View::Text(text) if text.line == "get pods"));
    assert!(matches!(seat.model.view(), View::Shell(_)), "keys still go to the shell");
    seat.press("<ctrl-\\>:get nodes<enter><ctrl-w>c");
    answer(&mut seat, 3);
    assert!(matches!(seat.model.view(), View::Shell(_)));
    assert_eq!(seat.said(), "get nodes: 3 lines, in a tab of their own");
    assert_eq!(seat.model.desk.tabs().len(), 2);
}

#[test]
fn only_what_is_looked_at_is_drawn_at_once() {
    let mut seat = Seat::over(scene());
    let heeds = |seat: &Seat, kind: &GroupKind| seat.model.heeds(&Msg::Rows(kind.clone(), Vec::new(), 1));
    let [maps, used] = [GroupKind::of::<ConfigMap>(), GroupKind::of::<NodeMetrics>()];
    assert!(heeds(&seat, &GroupKind::of::<Pod>()), "the header counts them everywhere");
    assert!(!heeds(&seat, &maps) && !heeds(&seat, &used));
    seat.press("<ctrl-w>v:configmaps<enter>");
    assert!(heeds(&seat, &maps));
    seat.press("<tab>:pulse<enter>");
    assert!(
        heeds(&seat, &GroupKind::of::<Deployment>()) && !heeds(&seat, &used),
        "that is summed now and then"
    );
}

#[test]
fn how_full_the_nodes_are_is_seen_as_it_changes() {
    let mut seat = Seat::over([
        object(&node("n1").cpu("4").memory("8Gi").ready()),
        object(&node("n2").cpu("2").memory("4Gi").ready()),
        object(&pod("web-1").requests("cpu", "3").requests("memory", "2Gi").on("n1").ready()),
    ]);
    seat.press(":capacity<enter>").looks_like("capacity");
    seat.see([object(&pod("web-2").requests("cpu", "500m").on("n2").ready())]);
    assert!(seat.picture().contains("0.5/2"), "{}", seat.picture());
    seat.press("j<enter>");
    assert!(seat.picture().contains("pods on n2"), "{}", seat.picture());
}

#[test]
fn what_an_object_has_is_written_into_layouts() {
    let mut seat = Seat::over(scene());
    seat.press(":deploy<enter><ctrl-w>v:owned-by deployments/web pods<enter><ctrl-w>s:used-by configmaps/settings<enter>");
    seat.press(":layout save mine<enter>");
    let written = seat.model.config.layouts["mine"].write().to_string();
    for line in ["owned-by deployments/web pods -n default", "used-by configmaps/settings -n default"] {
        assert!(written.contains(line), "{line}: {written}");
    }
    seat.press(":layout mine<enter>");
    assert!(seat.picture().contains("used-by configmaps/settings"), "{}", seat.picture());
}
