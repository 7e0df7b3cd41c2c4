//! Rules of list.

use super::{Place, refused};
use crate::{MetaWords, PodWords, config_map, pod};
use shared_api::{
    FieldSelector, LabelSelector, Query, Reason, Selectors,
    core::{ConfigMap, Pod},
};

async fn names(at: &Place, query: &Query) -> Vec<String> {
    let list = at.cluster.list(query).await.expect("is listed");
    list.items.iter().map(|o| o.name().to_owned()).collect()
}

fn by_labels(text: &str) -> Selectors {
    let labels = LabelSelector::parse(text).expect("a selector");
    Selectors { labels, ..Selectors::default() }
}

fn by_fields(text: &str) -> Selectors {
    let fields = FieldSelector::parse(text).expect("a selector");
    Selectors { fields, ..Selectors::default() }
}

pub(super) async fn labels_select(at: &Place) {
    at.create(config_map("b").labelled("app", "web")).await;
    at.create(config_map("a").labelled("app", "db")).await;
    at.create(config_map("c")).await;
    let query = |text| at.query::<ConfigMap>().matching(by_labels(text));
    assert_eq!(names(at, &query("app=web")).await, ["b"]);
    assert_eq!(names(at, &query("app in (web,db)")).await, ["a", "b"], "by name");
    assert_eq!(names(at, &query("app!=web,!other")).await, ["a", "c"]);
    assert_eq!(names(at, &query("app")).await, ["a", "b"]);
}

pub(super) async fn fields_select(at: &Place) {
    at.create(pod("a").on("n1")).await;
    at.create(pod("b")).await;
    let query = |text| at.query::<Pod>().matching(by_fields(text));
    assert_eq!(names(at, &query("spec.nodeName=n1")).await, ["a"]);
    assert_eq!(names(at, &query("spec.nodeName=")).await, ["b"]);
    assert_eq!(names(at, &query("metadata.name!=a,status.phase=Pending")).await, ["b"]);
}

pub(super) async fn an_unknown_field_selector_is_refused(at: &Place) {
    let query = at.query::<Pod>().matching(by_fields("spec.hostname=a"));
    let refusal = refused(at.cluster.list(&query).await, Reason::BadRequest);
    assert!(refusal.message.contains("field label not supported: spec.hostname"), "{refusal}");
}

pub(super) async fn a_list_goes_on_where_it_was_cut(at: &Place) {
    for name in ["a", "b", "c", "d", "e"] {
        at.map(name).await;
    }
    let mut query = Query { limit: 2, ..at.query::<ConfigMap>() };
    let mut seen = Vec::new();
    for expected in [2, 2, 1] {
        let page = at.cluster.list(&query).await.expect("is listed");
        assert_eq!(page.items.len(), expected);
        seen.extend(page.items.iter().map(|o| o.name().to_owned()));
        query.continue_from = page.continue_from;
    }
    assert_eq!(seen, ["a", "b", "c", "d", "e"]);
    assert_eq!(query.continue_from, None);
}
