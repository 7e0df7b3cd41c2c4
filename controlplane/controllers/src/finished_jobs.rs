//! Removes every finished `Job` that says for how long it wants to be kept, when that time is over.

use crate::job::finished;
use shared_api::{Propagation, batch::Job};
use shared_reconcile::{Change, Plan, Reconciler, World};

/// See the module documentation.
pub struct FinishedJobs;

impl Reconciler for FinishedJobs {
    type Kind = Job;
    const NAME: &'static str = "ttl-after-finished-controller";

    fn reconcile(&self, job: &Job, world: &World) -> Plan {
        let kept = job.spec.as_ref().and_then(|s| s.ttl_seconds_after_finished);
        let ended = finished(job).and_then(|c| c.last_transition_time.as_ref());
        let (Some(kept), Some(ended), None) = (kept, ended, &job.metadata.deletion_timestamp) else {
            return Plan::nothing();
        };
        let left = ended.0.as_second().saturating_add(kept.into()) - world.now().as_second();
        if left > 0 {
            return Plan::nothing().again_in_seconds(left);
        }
        let mut plan = Plan::nothing().delete::<Job>(&job.metadata);
        if let Some(Change::Delete { how, .. }) = plan.changes.last_mut() {
            // The job is there as long as its pods are.
            how.propagation = Some(Propagation::Foreground);
        }
        plan
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use shared_api::{Object, Timestamp};
    use shared_testkit::moment;
    use std::time::Duration;

    fn after(seconds: i64, kept: Option<i32>, condition: &str) -> Plan {
        let ended = json!({"type": condition, "status": "True", "lastTransitionTime": moment().to_string()});
        let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "pi", "namespace": "default", "uid": "u"},
            "spec": {"ttlSecondsAfterFinished": kept, "template": {}}, "status": {"conditions": [ended]}});
        let job = Object::from_value(&job).unwrap().to_kind::<Job>().unwrap();
        let now = Timestamp::from_second(moment().as_second() + seconds).unwrap();
        FinishedJobs.reconcile(&job, &World::default().at(now))
    }

    #[test]
    fn a_finished_job_is_kept_as_long_as_it_says() {
        assert!(after(1000, None, "Complete").is_nothing());
        assert!(after(1000, Some(5), "Suspended").is_nothing());
        assert_eq!(after(2, Some(5), "Failed").again_in, Some(Duration::from_secs(3)));
        for condition in ["Complete", "Failed"] {
            let plan = after(5, Some(5), condition);
            let [Change::Delete { how, .. }] = &plan.changes[..] else { panic!("{plan:?}") };
            assert_eq!(how.propagation, Some(Propagation::Foreground));
            assert_eq!(how.preconditions.uid.as_deref(), Some("u"));
        }
    }
}
