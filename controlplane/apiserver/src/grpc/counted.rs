//! Requests over gRPC, counted as those over REST are.

use crate::meter::{Guard, METER, Request};
use shared_api::{GroupKind, KindInfo, Refusal};
use std::time::Instant;

/// A request about objects of one kind, from its beginning on. What nobody has heard of is not counted.
pub(super) struct Counted {
    began: Instant,
    request: Option<Request>,
    under_way: Option<Guard>,
}

impl Counted {
    /// `verb` as REST has it; `namespace` and `name` are empty when none is meant.
    pub(super) fn of(verb: &'static str, kind: &GroupKind, part: &str, namespace: &str, name: &str) -> Self {
        let request = shared_api::of(&kind.group, &kind.kind).map(|kind| Request {
            verb,
            group: kind.group,
            version: kind.version,
            resource: kind.plural,
            subresource: part_of(kind, part),
            scope: match (name.is_empty(), namespace.is_empty()) {
                (false, _) => "resource",
                (true, false) => "namespace",
                (true, true) => "cluster",
            },
            dry: false,
        });
        let reads = matches!(verb, "GET" | "LIST" | "WATCH");
        let under_way = (verb != "WATCH").then(|| METER.under_way(!reads));
        Self { began: Instant::now(), request, under_way }
    }

    /// The same when nothing is to be stored.
    pub(super) fn dry(mut self, dry: bool) -> Self {
        if let Some(request) = &mut self.request {
            request.dry = dry;
        }
        self
    }

    /// It was answered so.
    pub(super) fn answered<T>(self, answer: Result<T, Refusal>) -> Result<T, Refusal> {
        drop(self.under_way);
        if let Some(request) = self.request {
            let fine = if request.verb == "POST" { 201 } else { 200 };
            let code = answer.as_ref().map_or_else(shared_api::Refusal::code, |_| fine);
            METER.answered(request, code, self.began.elapsed());
        }
        answer
    }

    /// It goes on until what is returned is dropped.
    pub(super) fn lasting(&self) -> Option<Guard> {
        self.request.map(|request| METER.lasting(request))
    }
}

fn part_of(kind: &KindInfo, part: &str) -> &'static str {
    kind.subresources.iter().copied().find(|known| *known == part).unwrap_or_default()
}
