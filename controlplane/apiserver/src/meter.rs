//! What the server counts about itself, under the names Kubernetes' dashboards know.
//!
//! Every label comes from a list that is compiled in, so there are never more series than those lists allow.

mod process;
mod text;

use shared_api::{KindInfo, Served};
use shared_client::question::Latency;
use std::{
    collections::{BTreeMap, HashMap},
    hash::{Hash, Hasher},
    sync::{
        Arc, LazyLock, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use text::Text;

/// The counts of this process.
pub(crate) static METER: LazyLock<Meter> = LazyLock::new(Meter::default);

/// Upper bounds of the buckets that requests are sorted into, in seconds, as Kubernetes has them.
const BUCKETS: [f64; 23] = [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0,
    20.0, 30.0, 45.0, 60.0,
];

/// A kind in a version, and what of it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Request {
    /// `GET`, `LIST`, `WATCH`, `POST`, …
    pub(crate) verb: &'static str,
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) resource: &'static str,
    /// Empty for the object itself.
    pub(crate) subresource: &'static str,
    /// `resource`, `namespace` or `cluster`.
    pub(crate) scope: &'static str,
    pub(crate) dry: bool,
}

/// Hashed for every request: by what tells most of them apart.
impl Hash for Request {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.verb, self.resource).hash(state);
    }
}

impl Request {
    fn labels(&self) -> String {
        let Self { verb, group, version, resource, subresource, scope, .. } = self;
        format!(
            r#"component="apiserver",group="{group}",resource="{resource}",scope="{scope}",subresource="{subresource}",verb="{verb}",version="{version}""#
        )
    }

    fn dry_run(&self) -> &'static str {
        if self.dry { "All" } else { "" }
    }
}

/// Everything that is counted.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    requests: Table<Request, Answers>,
    events: Counters<(&'static str, &'static str, &'static str)>,
    long: Table<Request, AtomicI64>,
    reading: AtomicI64,
    writing: AtomicI64,
    commits: Table<&'static str, Histogram>,
}

impl Meter {
    /// A request was answered.
    pub(crate) fn answered(&self, request: Request, code: u16, took: Duration) {
        let answers = self.requests.of(request);
        answers.codes.of(code).fetch_add(1, Ordering::Relaxed);
        answers.took.note(took);
    }

    /// A request has come; it is under way until the answer is dropped.
    pub(crate) fn under_way(&'static self, mutating: bool) -> Guard {
        Guard::of(Counted::Here(if mutating { &self.writing } else { &self.reading }))
    }

    /// A watch or session has begun; it lasts until the answer is dropped.
    pub(crate) fn lasting(&self, request: Request) -> Guard {
        Guard::of(Counted::Shared(self.long.of(request)))
    }

    /// The count of events sent about a kind, to be added to.
    pub(crate) fn events(&self, served: Served) -> Arc<AtomicU64> {
        self.events.of((served.group(), served.version(), served.kind.plural))
    }

    /// The store was asked for something.
    pub(crate) fn stored(&self, operation: &'static str, took: Duration) {
        self.commits.of(operation).note(took);
    }

    /// How many requests that read and that write are under way.
    pub(crate) fn now(&self) -> (u64, u64) {
        let count = |count: &AtomicI64| u64::try_from(count.load(Ordering::Relaxed)).unwrap_or(0);
        (count(&self.reading), count(&self.writing))
    }

    /// How long requests of each verb took, and what was asked of the store.
    pub(crate) fn latencies(&self) -> Vec<Latency> {
        let mut verbs = BTreeMap::<&str, Histogram>::new();
        for (request, answers) in self.requests.all() {
            verbs.entry(request.verb).or_default().add(&answers.took);
        }
        let stored = self.commits.all();
        let verbs = verbs.iter().map(|(verb, took)| took.latency((*verb).to_owned()));
        verbs.chain(stored.iter().map(|(what, took)| took.latency(format!("store {what}")))).collect()
    }

    /// Everything, as Prometheus reads it; `objects` is how many of each kind are stored.
    pub(crate) fn text(&self, objects: &[(&'static KindInfo, usize)]) -> String {
        let mut text = Text::default();
        text.head("apiserver_request_total", "counter", "Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.");
        for (request, answers) in self.requests.all() {
            for (code, count) in answers.codes.all() {
                let labels = format!(r#"code="{code}",dry_run="{}",{}"#, request.dry_run(), request.labels());
                text.line("apiserver_request_total", &labels, count.load(Ordering::Relaxed));
            }
        }
        text.head("apiserver_request_duration_seconds", "histogram", "Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.");
        for (request, answers) in self.requests.all() {
            let labels = format!(r#"dry_run="{}",{}"#, request.dry_run(), request.labels());
            answers.took.write("apiserver_request_duration_seconds", &labels, &mut text);
        }
        text.head("apiserver_current_inflight_requests", "gauge", "Maximal number of currently used inflight request limit of this apiserver per request kind in last second.");
        for (kind, count) in [("mutating", &self.writing), ("readOnly", &self.reading)] {
            let labels = format!(r#"request_kind="{kind}""#);
            text.line("apiserver_current_inflight_requests", &labels, count.load(Ordering::Relaxed));
        }
        text.head("apiserver_longrunning_requests", "gauge", "Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component.");
        for (request, count) in self.long.all() {
            text.line("apiserver_longrunning_requests", &request.labels(), count.load(Ordering::Relaxed));
        }
        text.head("apiserver_watch_events_total", "counter", "Number of events sent in watch clients");
        for ((group, version, resource), count) in self.events.all() {
            let labels = format!(r#"group="{group}",resource="{resource}",version="{version}""#);
            text.line("apiserver_watch_events_total", &labels, count.load(Ordering::Relaxed));
        }
        text.head("etcd_request_duration_seconds", "histogram", "Latency of the store for each operation.");
        for (operation, took) in self.commits.all() {
            took.write("etcd_request_duration_seconds", &format!(r#"operation="{operation}""#), &mut text);
        }
        text.head(
            "apiserver_resource_objects",
            "gauge",
            "Number of stored objects at the time of last check split by kind.",
        );
        for (kind, count) in objects {
            let labels = format!(r#"group="{}",resource="{}""#, kind.group, kind.plural);
            text.line("apiserver_resource_objects", &labels, *count);
        }
        text.head(
            "apiserver_storage_objects",
            "gauge",
            "Number of stored objects at the time of last check split by kind.",
        );
        for (kind, count) in objects {
            let labels = format!(r#"resource="{}""#, kind.group_kind().resource());
            text.line("apiserver_storage_objects", &labels, *count);
        }
        process::write(&mut text);
        text.done()
    }
}

/// One thing under way; dropping it says that it is over.
#[derive(Debug)]
pub(crate) struct Guard(Counted);

#[derive(Debug)]
enum Counted {
    Here(&'static AtomicI64),
    Shared(Arc<AtomicI64>),
}

impl Guard {
    fn of(counted: Counted) -> Self {
        let guard = Self(counted);
        guard.count().fetch_add(1, Ordering::Relaxed);
        guard
    }

    fn count(&self) -> &AtomicI64 {
        match &self.0 {
            Counted::Here(count) => count,
            Counted::Shared(count) => count,
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.count().fetch_sub(1, Ordering::Relaxed);
    }
}

/// The answers to one kind of request.
#[derive(Debug, Default)]
struct Answers {
    codes: Counters<u16>,
    took: Histogram,
}

/// How often something took how long.
#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BUCKETS.len() + 1],
    nanoseconds: AtomicU64,
}

impl Histogram {
    fn note(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        let at = BUCKETS.iter().position(|bound| seconds <= *bound).unwrap_or(BUCKETS.len());
        self.buckets[at].fetch_add(1, Ordering::Relaxed);
        let nanoseconds = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(nanoseconds, Ordering::Relaxed);
    }

    /// Takes in what another counted.
    fn add(&mut self, other: &Self) {
        for (here, there) in self.buckets.iter().zip(&other.buckets) {
            here.fetch_add(there.load(Ordering::Relaxed), Ordering::Relaxed);
        }
        self.nanoseconds.fetch_add(other.nanoseconds.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The bound that this share of all stayed below: as exact as the buckets are.
    fn below(&self, share: f64) -> f64 {
        let counts: Vec<u64> = self.buckets.iter().map(|b| b.load(Ordering::Relaxed)).collect();
        #[allow(clippy::cast_precision_loss, reason = "a share of so many requests is close enough")]
        let wanted = counts.iter().sum::<u64>() as f64 * share;
        let (mut sum, mut low) = (0.0, 0.0);
        for (bound, count) in BUCKETS.iter().zip(&counts) {
            #[allow(clippy::cast_precision_loss, reason = "likewise")]
            let count = *count as f64;
            if count > 0.0 && sum + count >= wanted {
                return low + (bound - low) * ((wanted - sum) / count);
            }
            (sum, low) = (sum + count, *bound);
        }
        low
    }

    fn latency(&self, what: String) -> Latency {
        let count = self.buckets.iter().map(|b| b.load(Ordering::Relaxed)).sum();
        let seconds = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)).as_secs_f64();
        let of = |share| if count == 0 { 0.0 } else { self.below(share) };
        Latency { what, count, seconds, half: of(0.5), most: of(0.99) }
    }

    fn write(&self, name: &str, labels: &str, text: &mut Text) {
        let mut count = 0;
        let bounds = BUCKETS.iter().map(f64::to_string).chain(["+Inf".to_owned()]);
        for (bound, bucket) in bounds.zip(&self.buckets) {
            count += bucket.load(Ordering::Relaxed);
            text.line(&format!("{name}_bucket"), &format!(r#"{labels},le="{bound}""#), count);
        }
        let seconds = Duration::from_nanos(self.nanoseconds.load(Ordering::Relaxed)).as_secs_f64();
        text.line(&format!("{name}_sum"), labels, seconds);
        text.line(&format!("{name}_count"), labels, count);
    }
}

type Counters<K> = Table<K, AtomicU64>;

/// Series by their labels.
#[derive(Debug)]
struct Table<K, V>(RwLock<HashMap<K, Arc<V>>>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<K: Copy + Eq + Hash, V: Default> Table<K, V> {
    fn of(&self, key: K) -> Arc<V> {
        if let Some(found) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Arc::clone(found);
        }
        Arc::clone(self.0.write().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }

    fn all(&self) -> Vec<(K, Arc<V>)> {
        let table = self.0.read().unwrap_or_else(PoisonError::into_inner);
        table.iter().map(|(key, value)| (*key, Arc::clone(value))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latencies_are_told_by_verb() {
        let meter = Meter::default();
        let of = |verb, resource| Request {
            verb,
            group: "",
            version: "v1",
            resource,
            subresource: "",
            scope: "resource",
            dry: false,
        };
        for _ in 0..99 {
            meter.answered(of("GET", "pods"), 200, Duration::from_millis(20));
        }
        meter.answered(of("GET", "nodes"), 200, Duration::from_millis(90));
        meter.stored("txn", Duration::from_millis(1));
        let told = meter.latencies();
        assert_eq!(
            told.iter().map(|l| (l.what.as_str(), l.count)).collect::<Vec<_>>(),
            [("GET", 100), ("store txn", 1)]
        );
        assert!(told[0].half < 0.025 && told[0].most <= 0.025, "{told:?}");
    }

    #[test]
    fn what_is_counted_is_told_under_its_names() {
        let meter = Meter::default();
        let pods = shared_api::find("pods").unwrap();
        let request = Request {
            verb: "GET",
            group: "",
            version: "v1",
            resource: "pods",
            subresource: "",
            scope: "resource",
            dry: false,
        };
        meter.answered(request, 200, Duration::from_millis(30));
        meter.answered(request, 200, Duration::from_secs(90));
        let lasting = meter.lasting(Request { verb: "WATCH", ..request });
        meter.events(shared_api::serving("v1", "Pod").unwrap()).fetch_add(3, Ordering::Relaxed);
        let labels =
            r#"component="apiserver",group="",resource="pods",scope="resource",subresource="",verb="#;
        let text = meter.text(&[(pods, 7)]);
        for line in [
            format!("apiserver_request_total{{code=\"200\",dry_run=\"\",{labels}\"GET\",version=\"v1\"}} 2"),
            format!(
                "apiserver_request_duration_seconds_bucket{{dry_run=\"\",{labels}\"GET\",version=\"v1\",le=\"0.05\"}} 1"
            ),
            format!(
                "apiserver_request_duration_seconds_bucket{{dry_run=\"\",{labels}\"GET\",version=\"v1\",le=\"+Inf\"}} 2"
            ),
            format!(
                "apiserver_request_duration_seconds_sum{{dry_run=\"\",{labels}\"GET\",version=\"v1\"}} 90.03"
            ),
            format!("apiserver_longrunning_requests{{{labels}\"WATCH\",version=\"v1\"}} 1"),
            "apiserver_watch_events_total{group=\"\",resource=\"pods\",version=\"v1\"} 3".into(),
            "apiserver_storage_objects{resource=\"pods\"} 7".into(),
            "# TYPE apiserver_request_duration_seconds histogram".into(),
        ] {
            assert!(text.lines().any(|l| l == line), "{line}\nis not in\n{text}");
        }
        drop(lasting);
        assert!(meter.text(&[]).contains("verb=\"WATCH\",version=\"v1\"} 0"));
    }
}
