//! Who is told to stand behind a service.

use super::*;
use crate::EndpointsOfServices;
use shared_api::{IntOrString, Object, core::Endpoints};
use shared_reconcile::Change;
use shared_testkit::{MetaWords, PodWords, ServiceWords, moment, object, pod, service};

fn web(name: &str, ip: &str) -> Pod {
    pod(name).labelled("app", "web").on("n1").at(ip).port("http", 8080)
}

fn made(plan: &Plan) -> Vec<EndpointSlice> {
    let of = |c: &Change| match c {
        Change::Create { object, .. } | Change::Update(object) => object.to_kind::<EndpointSlice>().ok(),
        _ => None,
    };
    plan.changes.iter().filter_map(of).map(|s| (*s).clone()).collect()
}

fn decide(service: &Service, objects: impl IntoIterator<Item = Object>) -> Plan {
    EndpointSlices.reconcile(service, &World::of(objects))
}

/// Addresses with ready, serving and terminating.
fn told(slice: &EndpointSlice) -> Vec<(&str, bool, bool, bool)> {
    let flags = |e: &Endpoint| e.conditions.clone().unwrap_or_default();
    let is = |flag: Option<bool>| flag.unwrap_or(false);
    let all = slice.endpoints.iter();
    all.map(|e| (e.addresses[0].as_str(), is(flags(e).ready), is(flags(e).serving), is(flags(e).terminating)))
        .collect()
}

#[test]
fn conditions_tell_how_each_pod_stands() {
    let pods = [
        web("a", "10.0.0.1").ready(),
        web("b", "10.0.0.2").unready(),
        web("c", "10.0.0.3").ready().deleted(moment()),
        web("d", "10.0.0.4").phase("Failed"),
        pod("other").at("10.0.0.5").ready(),
        pod("homeless").labelled("app", "web").ready(),
    ];
    let mut service = service("web").port("http", 80, 8080);
    let plan = decide(&service, pods.iter().map(object));
    let [slice] = &made(&plan)[..] else { panic!("{plan:?}") };
    let expected =
        [("10.0.0.1", true, true, false), ("10.0.0.2", false, false, false), ("10.0.0.3", false, true, true)];
    assert_eq!(told(slice), expected);
    assert_eq!(slice.endpoints[0].node_name.as_deref(), Some("n1"));
    assert_eq!(slice.metadata.labels.as_ref().unwrap()[SERVICE_NAME], "web");
    service.spec_mut().publish_not_ready_addresses = Some(true);
    let plan = decide(&service, pods.iter().map(object));
    assert!(told(&made(&plan)[0]).iter().all(|(_, ready, ..)| *ready));
}

#[test]
fn named_ports_may_differ_between_pods() {
    let mut named = service("web").port("http", 80, 0);
    named
        .spec_mut()
        .ports
        .iter_mut()
        .flatten()
        .for_each(|p| p.target_port = Some(IntOrString::String("http".into())));
    let other = pod("b").labelled("app", "web").at("10.0.0.2").port("http", 9090).ready();
    let plan = decide(&named, [object(&web("a", "10.0.0.1").ready()), object(&other)]);
    let ports: Vec<_> = made(&plan).iter().map(|s| s.ports.as_ref().unwrap()[0].port.unwrap()).collect();
    assert_eq!(ports, [8080, 9090]);
}

#[test]
fn what_is_right_is_left_alone() {
    let service = service("web").port("http", 80, 8080);
    let pods = [object(&web("a", "10.0.0.1").ready())];
    let slice = made(&decide(&service, pods.clone())).remove(0);
    let there = || pods.iter().cloned().chain([object(&slice)]);
    assert!(decide(&service, there()).is_nothing());
    let more = there().chain([object(&web("b", "10.0.0.2").ready())]);
    let plan = decide(&service, more);
    assert!(matches!(&plan.changes[..], [Change::Update(_)]), "the same slice: {plan:?}");
    assert_eq!(made(&plan)[0].endpoints.len(), 2);
}

#[test]
fn a_full_slice_is_followed_by_another() {
    let pods = (0..101).map(|n| object(&web(&format!("p{n:03}"), &format!("10.0.1.{n}")).ready()));
    let slices = made(&decide(&service("web").port("http", 80, 8080), pods));
    assert_eq!(slices.iter().map(|s| s.endpoints.len()).collect::<Vec<_>>(), [100, 1]);
    assert_ne!(slices[0].metadata.name, slices[1].metadata.name);
}

#[test]
fn services_without_a_selector_are_somebody_elses() {
    let mut manual = service("web");
    manual.spec_mut().selector = None;
    assert!(decide(&manual, [object(&web("a", "10.0.0.1").ready())]).is_nothing());
}

#[test]
fn a_pod_that_is_no_longer_selected_concerns_its_service() {
    let service = service("web").port("http", 80, 8080);
    let slice = made(&decide(&service, [object(&web("a", "10.0.0.1").ready())])).remove(0);
    let moved = object(&pod("a").at("10.0.0.1").ready());
    let world = World::of([object(&service), object(&slice), moved.clone()]);
    let keys = Reconciler::concerns(&EndpointSlices, &Event::Modified(moved), &world);
    assert_eq!(keys, [object(&service).key()]);
}

#[test]
fn the_older_form_says_the_same() {
    let pods = [
        web("a", "10.0.0.1").ready(),
        web("b", "10.0.0.2").unready(),
        web("c", "10.0.0.3").deleted(moment()),
    ];
    let service = service("web").port("http", 80, 8080);
    let plan = EndpointsOfServices.reconcile(&service, &World::of(pods.iter().map(object)));
    let [Change::Create { object: made, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
    let made = made.to_kind::<Endpoints>().unwrap();
    let [subset] = made.subsets.as_deref().unwrap() else { panic!("{made:?}") };
    let ips = |a: &Option<Vec<shared_api::core::EndpointAddress>>| -> Vec<String> {
        a.iter().flatten().map(|a| a.ip.clone()).collect()
    };
    assert_eq!(
        (ips(&subset.addresses), ips(&subset.not_ready_addresses)),
        (vec!["10.0.0.1".into()], vec!["10.0.0.2".into()])
    );
    let there = pods.iter().map(object).chain([object(&*made)]);
    assert!(EndpointsOfServices.reconcile(&service, &World::of(there)).is_nothing());
}
