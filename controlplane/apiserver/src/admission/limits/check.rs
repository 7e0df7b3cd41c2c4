//! Whether something has what a limit range allows, in Kubernetes' words.

use shared_api::{Amount, Quantity, core::LimitRangeItem, core::usage::written};
use std::collections::BTreeMap;

pub(super) type Amounts = BTreeMap<String, Amount>;

/// Something that has resources.
pub(super) struct Subject {
    pub(super) requests: Amounts,
    pub(super) limits: Amounts,
    /// `Container`, `Pod`, `PersistentVolumeClaim`.
    pub(super) what: &'static str,
}

impl Subject {
    fn asked(&self, resource: &str) -> Option<Amount> {
        self.requests.get(resource).copied()
    }

    fn most(&self, resource: &str) -> Option<Amount> {
        self.limits.get(resource).copied()
    }
}

/// Checks requests and limits; each rule finds one thing.
pub(super) fn both(item: &LimitRangeItem, subject: &Subject, errors: &mut Vec<String>) {
    least(item, subject, errors);
    for (resource, bound) in item.max.iter().flatten() {
        let rule = rule("maximum", resource, subject, bound);
        let Some(most) = subject.most(resource) else {
            errors.push(format!("{rule}.  No limit is specified"));
            continue;
        };
        let bound = Amount::of(bound);
        let first = [("limit", Some(most)), ("request", subject.asked(resource))];
        if let Some((word, has)) =
            first.into_iter().find_map(|(w, has)| Some((w, has.filter(|h| *h > bound)?)))
        {
            errors.push(format!("{rule}, but {word} is {}", written(resource, has).0));
        }
    }
    for (resource, bound) in item.max_limit_request_ratio.iter().flatten() {
        ratio(resource, bound, subject, errors);
    }
}

/// Checks what has requests only.
pub(super) fn requests(item: &LimitRangeItem, subject: &Subject, errors: &mut Vec<String>) {
    least(item, subject, errors);
    for (resource, bound) in item.max.iter().flatten() {
        let rule = rule("maximum", resource, subject, bound);
        match subject.asked(resource) {
            None => errors.push(format!("{rule}.  No request is specified")),
            Some(has) if has > Amount::of(bound) => {
                errors.push(format!("{rule}, but request is {}", written(resource, has).0));
            }
            Some(_) => {}
        }
    }
}

fn least(item: &LimitRangeItem, subject: &Subject, errors: &mut Vec<String>) {
    for (resource, bound) in item.min.iter().flatten() {
        let rule = rule("minimum", resource, subject, bound);
        let Some(asked) = subject.asked(resource) else {
            errors.push(format!("{rule}.  No request is specified"));
            continue;
        };
        let bound = Amount::of(bound);
        let first = [("request", Some(asked)), ("limit", subject.most(resource))];
        if let Some((word, has)) =
            first.into_iter().find_map(|(w, has)| Some((w, has.filter(|h| *h < bound)?)))
        {
            errors.push(format!("{rule}, but {word} is {}", written(resource, has).0));
        }
    }
}

fn rule(which: &str, resource: &str, subject: &Subject, bound: &Quantity) -> String {
    format!("{which} {resource} usage per {} is {}", subject.what, bound.0)
}

fn ratio(resource: &str, bound: &Quantity, subject: &Subject, errors: &mut Vec<String>) {
    let rule = format!("{resource} max limit to request ratio per {} is {}", subject.what, bound.0);
    let nothing = Amount::default();
    let (asked, most) = (subject.asked(resource), subject.most(resource));
    match (asked.filter(|a| *a > nothing), most.filter(|m| *m > nothing)) {
        (None, _) => errors.push(format!("{rule}, but no request is specified or request is 0")),
        (_, None) => errors.push(format!("{rule}, but no limit is specified or limit is 0")),
        (Some(asked), Some(most)) => {
            #[allow(clippy::cast_precision_loss, reason = "a ratio that people read")]
            let (has, bound) = (
                most.as_milli() as f64 / asked.as_milli() as f64,
                Amount::of(bound).as_milli() as f64 / 1000.0,
            );
            if has > bound {
                errors.push(format!("{rule}, but provided ratio is {has:.6}"));
            }
        }
    }
}
