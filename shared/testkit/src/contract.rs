//! What every [`Cluster`] keeps, as one suite: the in-memory cluster, the API server and the gRPC client
//! all run it, so none can drift from the others.
//!
//! Each rule works in a namespace of its own, so `make` may hand out one shared cluster every time.

mod reading;
mod watching;
mod writing;

use crate::{config_map, namespace, object};
use futures::stream::{BoxStream, StreamExt};
use shared_api::{Kind, Object, Query, Reason, Refusal, WriteHow, core::ConfigMap};
use shared_client::{Cluster, Event, Result};
use std::{sync::Arc, time::Duration};

/// Runs every rule; panics at the first that is broken and names it.
pub async fn keeps_the_contract(make: impl Fn() -> Arc<dyn Cluster>) {
    macro_rules! keep {
        ($($rule:path),* $(,)?) => {$(
            let rule = stringify!($rule).rsplit("::").next().unwrap_or_default();
            let place = Place::enter(make(), &rule.replace([' ', '_'], "-")).await;
            eprintln!("contract: {rule}");
            $rule(&place).await;
        )*};
    }
    keep!(
        writing::a_second_create_already_exists,
        writing::the_server_makes_a_name,
        writing::a_stale_update_conflicts,
        writing::an_update_without_a_revision_replaces,
        writing::every_write_is_a_later_revision,
        writing::a_dry_run_stores_nothing,
        writing::an_invalid_object_is_refused,
        writing::an_unknown_field_is_refused_when_strict,
        writing::spec_and_status_are_written_apart,
        writing::generation_counts_changes_of_the_spec,
        writing::a_merge_patch_changes_what_it_names,
        writing::what_is_missing_is_not_found,
        writing::a_precondition_holds_back_a_deletion,
        writing::a_finalizer_keeps_the_object,
        writing::a_bound_pod_goes_gracefully,
        reading::labels_select,
        reading::fields_select,
        reading::an_unknown_field_selector_is_refused,
        reading::a_list_goes_on_where_it_was_cut,
        watching::a_watch_tells_what_is_there_first,
        watching::a_watch_resumes_without_a_gap,
        watching::one_watch_over_two_kinds_is_in_order,
        watching::coming_to_match_is_added_and_ceasing_is_deleted,
        watching::a_deletion_is_later_than_the_object,
    );
}

/// A cluster, and a namespace of it that is one rule's own.
struct Place {
    cluster: Arc<dyn Cluster>,
    namespace: String,
}

impl Place {
    async fn enter(cluster: Arc<dyn Cluster>, rule: &str) -> Self {
        let mut here = namespace(rule);
        here.metadata.uid = None;
        match cluster.create(object(&here), &WriteHow::default()).await {
            Ok(_) => {}
            Err(refusal) if refusal.reason == Reason::AlreadyExists => {}
            Err(refusal) => panic!("namespace {rule} cannot be created: {refusal}"),
        }
        Self { cluster, namespace: rule.into() }
    }

    /// A fixture moved here, as a client would send it.
    fn here<K: Kind>(&self, mut fixture: K) -> Object {
        let meta = fixture.metadata_mut();
        meta.namespace = Some(self.namespace.clone());
        meta.uid = None;
        meta.creation_timestamp = None;
        object(&fixture)
    }

    async fn create<K: Kind>(&self, fixture: K) -> Object {
        let object = self.here(fixture);
        let key = object.key();
        self.cluster
            .create(object, &WriteHow::default())
            .await
            .unwrap_or_else(|why| panic!("{key} is not created: {why}"))
    }

    async fn update(&self, object: Object) -> Object {
        let key = object.key();
        self.cluster
            .update(object, &WriteHow::default())
            .await
            .unwrap_or_else(|why| panic!("{key} is not updated: {why}"))
    }

    async fn map(&self, name: &str) -> Object {
        self.create(config_map(name)).await
    }

    fn query<K: Kind>(&self) -> Query {
        Query::every::<K>().within(&self.namespace)
    }

    /// A watch over the config maps here, after what was there has been told.
    async fn watch_maps(&self) -> Told {
        let query = self.query::<ConfigMap>();
        let mut told = Told(self.cluster.watch(&[query], None).await.expect("a watch opens"));
        while !matches!(told.next().await, Event::Bookmark { initial: true, .. }) {}
        told
    }
}

/// The events of one watch; waits for the next with patience, not for ever.
struct Told(BoxStream<'static, Result<Event>>);

impl Told {
    async fn next(&mut self) -> Event {
        let next = tokio::time::timeout(Duration::from_secs(20), self.0.next()).await;
        next.expect("an event is told within 20 s").expect("the watch goes on").expect("the watch is well")
    }

    /// The next that is about an object.
    async fn change(&mut self) -> Event {
        loop {
            let event = self.next().await;
            if event.object().is_some() {
                return event;
            }
        }
    }
}

/// The same object with its JSON changed.
fn edited(object: &Object, edit: impl FnOnce(&mut serde_json::Value)) -> Object {
    let mut value = object.value();
    edit(&mut value);
    Object::from_value(&value).expect("an edited object is still one")
}

#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T>, reason: Reason) -> Refusal {
    match answer {
        Err(refusal) => {
            assert_eq!(refusal.reason, reason, "{refusal}");
            refusal
        }
        Ok(there) => panic!("should be refused as {reason:?}, but: {there:?}"),
    }
}
