//! Who uses what, what just changed, where things lead, and the tutorial.

use super::*;
use crate::{
    msg::Outcome,
    tutorial::STEPS,
    views::{Found, Use},
};
use ratatui::style::Modifier;
use shared_api::{Key, core::ConfigMap};

#[test]
fn who_uses_an_object_is_listed_and_leads_there() {
    let mut seat = Seat::over(scene());
    seat.see([object(&config_map("settings"))]);
    seat.press(":cm<enter>");
    seat.picture();
    seat.press("U");
    let Some(Effect::Uses(generation, key)) = seat.asked.last() else { panic!("{:?}", seat.asked.last()) };
    assert_eq!(*key, Key::of::<ConfigMap>("default", "settings"));
    let generation = *generation;
    let used = |name: &str, place: &str| Use {
        key: Key::of::<shared_api::core::Pod>("default", name),
        places: vec![place.to_owned()],
    };
    let uses = vec![
        used("web-1", "spec.volumes[0].configMap.name"),
        used("web-2", "spec.containers[0].envFrom[0].configMapRef.name\u{1b}[2J"),
    ];
    let refused = vec!["secrets: forbidden".to_owned()];
    seat.tell(Msg::Uses(generation + 1, Found::default()));
    seat.tell(Msg::Uses(generation, Found { uses, more: 0, kinds: 30, refused }));
    seat.looks_like("used-by");
    seat.press("j<enter>");
    assert_eq!(seat.on(), "web-2");
    seat.press("[d");
    let wanted = tui_commands::grammar::parse_line("describe pods/web-2 -n default").unwrap();
    assert!(matches!(seat.asked.last(), Some(Effect::Perform { action, .. }) if **action == wanted));
}

#[test]
fn a_cell_that_changed_is_marked_for_a_moment() {
    let mut seat = Seat::over(scene());
    let changed = |seat: &mut Seat| {
        seat.tell(Msg::Frame);
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| draw(&seat.model, frame)).unwrap();
        let cells = terminal.backend().buffer().content.chunks(80).nth(5).unwrap();
        let marked = cells.iter().filter(|cell| cell.modifier.contains(Modifier::BOLD));
        marked.map(ratatui::buffer::Cell::symbol).collect::<String>().trim().to_owned()
    };
    seat.tell(Msg::Tick(moment() + Duration::from_secs(1)));
    assert_eq!(changed(&mut seat), "");
    let mut ready = pod("web-2").labelled("app", "web").on("n1").ready();
    ready.metadata.resource_version = Some("9".into());
    seat.see([object(&ready)]);
    assert_eq!(changed(&mut seat), "1/1", "the row of web-2");
    seat.tell(Msg::Tick(moment() + Duration::from_secs(5)));
    assert_eq!(changed(&mut seat), "");
}

#[test]
fn one_gets_from_a_service_to_its_endpoints_and_from_what_makes_nothing_to_its_pods() {
    let mut seat = Seat::over(scene());
    let slice = serde_json::json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "endpoints": [], "metadata": {"name": "web-x", "namespace": "default", "uid": "slice", "ownerReferences": [{
            "apiVersion": "v1", "kind": "Service", "name": "web", "uid": "w", "controller": true}]}});
    seat.see([object(&service("web")), object(&service("db"))]);
    seat.see([Object::from_value(&slice).unwrap()]);
    seat.press(":svc<enter>");
    seat.picture();
    seat.press("<enter>");
    assert!(seat.picture().contains("pods of services/db"), "{}", seat.picture());
    seat.press("[j<enter>");
    assert!(seat.picture().contains("endpointslices of services/web"), "{}", seat.picture());
}

#[test]
fn the_tutorial_is_gone_through_by_doing_what_it_says() {
    let mut seat = Seat::over(scene());
    seat.press("<f1>");
    assert_eq!(seat.model.tutorial, None, "only in front of the demo's world");
    seat.model.given.demo = true;
    let shop = |name: &str| object(&deployment(name, 5).within("shop"));
    seat.see([object(&pod("payments").within("shop")), object(&pod("cart").within("shop"))]);
    seat.press(":pulse<enter><f1>");
    seat.looks_like("tutorial");
    let at = |seat: &Seat| seat.model.tutorial.unwrap();
    for (step, keys) in
        [":pods -A<enter>", "/pay<enter>", "w", "<esc>", "<ctrl-w>f<enter>", "<ctrl-w>zZ<tab><ctrl-w>c"]
            .into_iter()
            .enumerate()
    {
        assert_eq!(at(&seat), step, "before {keys}");
        seat.picture();
        if step == 2 {
            // The cursor needs a row to ask about.
            seat.press("<esc>");
            seat.picture();
        }
        seat.press(keys);
        if step == 2 {
            let asked = seat.model.running.last().map(|running| running.generation);
            seat.tell(Msg::Performed(asked.unwrap(), Outcome::default()));
        }
    }
    assert_eq!(at(&seat), 6);
    seat.see([shop("storefront")]);
    assert_eq!(at(&seat), 7);
    seat.press(":pods<enter>");
    seat.picture();
    seat.press("<space><space><ctrl-d>");
    assert_eq!(at(&seat), STEPS.len() - 1);
    seat.press("n<f1>");
    assert_eq!(seat.model.tutorial, None);
}
