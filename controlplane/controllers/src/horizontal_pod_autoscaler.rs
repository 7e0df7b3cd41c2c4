//! Keeps as many replicas as the load asks for, for every `HorizontalPodAutoscaler`.
//!
//! What was recommended before stands in an annotation, so that a control plane that starts anew, or another
//! one, goes on where this one was.

mod history;
mod metric;
mod pace;
mod pods;
mod replicas;
mod target;
mod told;

use history::History;
use pace::Paced;
use shared_api::{
    GroupKind, Key, Patch, PatchType, Time,
    apps::{Deployment, ReplicaSet, StatefulSet},
    autoscaling::{HorizontalPodAutoscaler, HorizontalPodAutoscalerSpec},
    core::{Pod, ReplicationController},
    metrics::PodMetrics,
};
use shared_reconcile::{Change, Event, Plan, Reconciler, World};
use std::sync::Arc;
use target::Target;
use told::Told;

/// Seconds between two looks.
const PERIOD: i64 = 15;

/// Knows what pods use.
pub trait Measure: Send + Sync {
    /// What a pod uses, as long as that is worth something.
    fn uses(&self, pod: &Pod) -> Option<PodMetrics>;
}

/// See the module documentation.
pub struct HorizontalPodAutoscalers {
    measure: Option<Arc<dyn Measure>>,
}

impl HorizontalPodAutoscalers {
    /// Asks `measure` what pods use; nobody knows when there is none.
    pub fn new(measure: Option<Arc<dyn Measure>>) -> Self {
        Self { measure }
    }
}

impl Reconciler for HorizontalPodAutoscalers {
    type Kind = HorizontalPodAutoscaler;
    const NAME: &'static str = "horizontal-pod-autoscaler";
    /// What was scaled is to be seen before it is looked at again.
    const READS: &'static [GroupKind] = &[
        GroupKind::of::<Deployment>(),
        GroupKind::of::<ReplicaSet>(),
        GroupKind::of::<StatefulSet>(),
        GroupKind::of::<ReplicationController>(),
    ];

    fn concerns(&self, _event: &Event, _world: &World) -> Vec<Key> {
        Vec::new()
    }

    fn reconcile(&self, autoscaler: &HorizontalPodAutoscaler, world: &World) -> Plan {
        let Some(spec) =
            autoscaler.spec.as_ref().filter(|_| autoscaler.metadata.deletion_timestamp.is_none())
        else {
            return Plan::nothing();
        };
        let scaled = autoscaler.status.as_ref().and_then(|s| s.last_scale_time.as_ref());
        let rest = scaled.map_or(0, |at| at.0.as_second() + PERIOD - world.now().as_second());
        if (1..=PERIOD).contains(&rest) {
            // The load is not yet what the new number makes of it.
            return Plan::nothing().again_in_seconds(rest);
        }
        let scene = Scene { autoscaler, spec, world, measure: self.measure.as_deref() };
        let mut told = Told::of(autoscaler, world.now());
        let plan = match target::find(&scene) {
            Ok(target) => sized(&scene, &target, &mut told),
            Err(why) => {
                let message =
                    format!("the HPA controller was unable to get the target's current scale: {why}");
                told.set("AbleToScale", "False", "FailedGetScale", message);
                told.warn("FailedGetScale", why);
                Plan::nothing()
            }
        };
        plan.and(told.plan()).again_in_seconds(PERIOD)
    }
}

/// Everything one decision looks at.
struct Scene<'a> {
    autoscaler: &'a HorizontalPodAutoscaler,
    spec: &'a HorizontalPodAutoscalerSpec,
    world: &'a World,
    measure: Option<&'a dyn Measure>,
}

impl Scene<'_> {
    fn least(&self) -> i32 {
        self.spec.min_replicas.unwrap_or(1)
    }

    fn most(&self) -> i32 {
        self.spec.max_replicas
    }
}

/// Gives the target the size that it should have.
fn sized(scene: &Scene<'_>, target: &Target, told: &mut Told) -> Plan {
    let able = "the HPA controller was able to get the target's current scale";
    told.set("AbleToScale", "True", "SucceededGetScale", able);
    let current = target.wanted;
    told.status.current_replicas = Some(current);
    let mut history = History::of(scene.autoscaler, current, scene.world.now());
    let (desired, why) = if current == 0 && scene.least() != 0 {
        let why = "scaling is disabled since the replica count of the target is zero";
        told.set("ScalingActive", "False", "ScalingDisabled", why);
        (0, String::new())
    } else if current > scene.most() {
        (scene.most(), "Current number of replicas above Spec.MaxReplicas".into())
    } else if current < scene.least() {
        (scene.least(), "Current number of replicas below Spec.MinReplicas".into())
    } else {
        let Some(proposal) = metric::proposal(scene, target, told) else { return Plan::nothing() };
        let Paced { replicas, able, limited } = pace::paced(scene, &mut history, current, proposal.replicas);
        told.set("AbleToScale", "True", able.0, able.1);
        let is = if limited.0 { "True" } else { "False" };
        told.set("ScalingLimited", is, limited.1, limited.2);
        let above = proposal.replicas > current;
        (
            replicas,
            if above {
                format!("{} above target", proposal.metric)
            } else {
                "All metrics below target".into()
            },
        )
    };
    told.status.desired_replicas = desired;
    if desired == current {
        told.remember(&history);
        return Plan::nothing();
    }
    let message = format!("the HPA controller was able to update the target scale to {desired}");
    told.set("AbleToScale", "True", "SucceededRescale", message);
    told.tell("SuccessfulRescale", format!("New size: {desired}; reason: {why}"));
    told.status.last_scale_time = Some(Time(scene.world.now()));
    history.scaled(scene.spec, desired - current);
    told.remember(&history);
    let patch = Patch { kind: PatchType::Merge, body: target.scaled(desired) };
    Plan::nothing().then(Change::Patch { key: target.key.clone(), patch })
}

#[cfg(test)]
mod tests;
