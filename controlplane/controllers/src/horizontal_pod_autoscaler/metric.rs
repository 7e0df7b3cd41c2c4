//! What each metric proposes; the highest proposal counts.

use super::{
    Scene,
    pods::{Of, group, requests},
    replicas::{Aim, Outcome, Tolerance, outcome},
    target::Target,
    told::Told,
};
use shared_api::{
    Amount, Quantity,
    autoscaling::{
        ContainerResourceMetricStatus, HPAScalingRules, HorizontalPodAutoscaler, MetricSpec, MetricStatus,
        MetricTarget, MetricValueStatus, ResourceMetricStatus,
    },
    core::Pod,
};
use std::sync::Arc;

/// Of which metric, and how many replicas.
pub(super) struct Proposal {
    pub(super) replicas: i32,
    pub(super) metric: String,
}

/// Why a metric proposes nothing.
struct Silent {
    reason: &'static str,
    why: String,
}

/// What is proposed; nothing when metrics are silent that might have asked for more.
pub(super) fn proposal(scene: &Scene<'_>, target: &Target, told: &mut Told<'_>) -> Option<Proposal> {
    let Some(selector) = &target.selector else {
        told.warn("SelectorRequired", "selector is required");
        let why = "the HPA target's scale is missing a selector";
        told.set("ScalingActive", "False", "InvalidSelector", why);
        return None;
    };
    let rivals = rivals(scene);
    if rivals.len() > 1 {
        let why =
            format!("pods by selector {selector} are controlled by multiple HPAs: [{}]", rivals.join(" "));
        told.warn("AmbiguousSelector", why.clone());
        told.set("ScalingActive", "False", "AmbiguousSelector", why);
        return None;
    }
    let namespace = scene.autoscaler.metadata.namespace.as_deref().unwrap_or_default();
    let pods: Vec<_> = scene
        .world
        .within::<Pod>(namespace)
        .filter(|pod| selector.matches(pod.metadata.labels.as_ref()))
        .collect();
    let metrics = scene.spec.metrics.as_deref().unwrap_or_default();
    let mut best: Option<Proposal> = None;
    let mut silent = Vec::new();
    let mut statuses = Vec::new();
    for metric in metrics {
        match measured(scene, target, metric, &pods) {
            Ok((proposal, status)) => {
                statuses.push(status);
                if best.as_ref().is_none_or(|known| proposal.replicas > known.replicas) {
                    best = Some(proposal);
                }
            }
            Err(why) => {
                told.warn(why.reason, why.why.clone());
                // Those after it keep their places in the list.
                statuses.push(MetricStatus::default());
                silent.push(why);
            }
        }
    }
    let nothing = statuses.iter().all(|status| status.type_.is_empty());
    told.status.current_metrics = (!nothing).then_some(statuses);
    let trusted = best.filter(|best| silent.is_empty() || best.replicas >= target.wanted);
    match (trusted, silent.first()) {
        (Some(best), _) => {
            let why =
                format!("the HPA was able to successfully calculate a replica count from {}", best.metric);
            told.set("ScalingActive", "True", "ValidMetricFound", why);
            Some(best)
        }
        (None, Some(first)) => {
            let why = format!("the HPA was unable to compute the replica count: {}", first.why);
            told.set("ScalingActive", "False", first.reason, why);
            let (of, all) = (silent.len(), metrics.len());
            let why = format!("invalid metrics ({of} invalid out of {all}), first error is: {}", first.why);
            told.warn("FailedComputeMetricsReplicas", why);
            None
        }
        (None, None) => None,
    }
}

/// All autoscalers that want to scale the same object, this one included.
fn rivals(scene: &Scene<'_>) -> Vec<String> {
    let namespace = scene.autoscaler.metadata.namespace.as_deref().unwrap_or_default();
    let wanted = &scene.spec.scale_target_ref;
    let same = |other: &Arc<HorizontalPodAutoscaler>| {
        let theirs = other.spec.as_ref().map(|s| &s.scale_target_ref);
        theirs.is_some_and(|theirs| theirs.kind == wanted.kind && theirs.name == wanted.name)
    };
    let all = scene.world.within::<HorizontalPodAutoscaler>(namespace).filter(same);
    all.map(|other| format!("{namespace}/{}", other.metadata.name.as_deref().unwrap_or_default())).collect()
}

fn measured(
    scene: &Scene<'_>,
    target: &Target,
    metric: &MetricSpec,
    pods: &[Arc<Pod>],
) -> Result<(Proposal, MetricStatus), Silent> {
    let status =
        |current: MetricValueStatus| MetricStatus { type_: metric.type_.clone(), ..value(metric, current) };
    if let Some(resource) = &metric.resource {
        let of = Of { resource: &resource.name, container: None };
        let (proposal, current) = used(scene, target, of, &resource.target, pods).map_err(|why| Silent {
            reason: "FailedGetResourceMetric",
            why: format!("failed to get {} {why}", resource.name),
        })?;
        return Ok((proposal, status(current)));
    }
    if let Some(resource) = &metric.container_resource {
        let of = Of { resource: &resource.name, container: Some(&resource.container) };
        let (proposal, current) = used(scene, target, of, &resource.target, pods).map_err(|why| Silent {
            reason: "FailedGetContainerResourceMetric",
            why: format!("failed to get {} {why}", resource.name),
        })?;
        return Ok((proposal, status(current)));
    }
    let nobody = |name: &str, api: &str| {
        format!("unable to get metric {name}: no {api} metrics API ({api}.metrics.k8s.io) is served")
    };
    Err(if let Some(pods) = &metric.pods {
        let why = format!("failed to get pods metric value: {}", nobody(&pods.metric.name, "custom"));
        Silent { reason: "FailedGetPodsMetric", why }
    } else if let Some(object) = &metric.object {
        let why = format!("failed to get object metric value: {}", nobody(&object.metric.name, "custom"));
        Silent { reason: "FailedGetObjectMetric", why }
    } else if let Some(external) = &metric.external {
        let why =
            format!("failed to get external metric value: {}", nobody(&external.metric.name, "external"));
        Silent { reason: "FailedGetExternalMetric", why }
    } else {
        let why = format!("unknown metric source type {:?}", metric.type_);
        Silent { reason: "InvalidMetricSourceType", why }
    })
}

/// The status of a metric of the pods' resources.
fn value(metric: &MetricSpec, current: MetricValueStatus) -> MetricStatus {
    let mut status = MetricStatus::default();
    if let Some(resource) = &metric.resource {
        status.resource = Some(ResourceMetricStatus { name: resource.name.clone(), current });
    } else if let Some(resource) = &metric.container_resource {
        let (name, container) = (resource.name.clone(), resource.container.clone());
        status.container_resource = Some(ContainerResourceMetricStatus { container, current, name });
    }
    status
}

/// What the pods' use of a resource proposes, and what it is.
fn used(
    scene: &Scene<'_>,
    target: &Target,
    of: Of<'_>,
    wanted: &MetricTarget,
    pods: &[Arc<Pod>],
) -> Result<(Proposal, MetricValueStatus), String> {
    let kind = if of.container.is_some() { "container resource" } else { "resource" };
    let (aim, what, metric) = match (&wanted.average_value, wanted.average_utilization) {
        (Some(amount), _) => {
            let aim = Aim::Average(Amount::of(amount).as_milli());
            (Ok(aim), "usage", format!("{} {kind}", of.resource))
        }
        (None, Some(percent)) => {
            let aim = requests(pods, of).map(|requests| Aim::Percent(percent.into(), requests));
            let metric = format!("{} {kind} utilization (percentage of request)", of.resource);
            (aim, "utilization", metric)
        }
        (None, None) => return Err("usage: neither a utilization nor an average value is aimed at".into()),
    };
    let group = group(pods, of, scene.measure, scene.world.now());
    let outcome = if !group.measured {
        let why = "no metrics returned from resource metrics API";
        Err(format!("unable to get metrics for resource {}: {why}", of.resource))
    } else if pods.is_empty() {
        Err("no pods returned by selector while calculating replica count".into())
    } else {
        aim.and_then(|aim| outcome(target.wanted, group, &aim, tolerance(scene)))
    };
    let Outcome { replicas, percent, average } = outcome.map_err(|why| format!("{what}: {why}"))?;
    let average = Quantity(Amount::milli(average).to_string());
    let current = MetricValueStatus {
        average_utilization: percent,
        average_value: Some(average),
        ..MetricValueStatus::default()
    };
    Ok((Proposal { replicas, metric }, current))
}

/// A tenth, unless something else is said.
fn tolerance(scene: &Scene<'_>) -> Tolerance {
    let behavior = scene.spec.behavior.as_ref();
    let said = |rules: Option<&HPAScalingRules>| {
        rules.and_then(|r| r.tolerance.as_ref()).map_or(100, |amount| Amount::of(amount).as_milli())
    };
    Tolerance {
        down: said(behavior.and_then(|b| b.scale_down.as_ref())),
        up: said(behavior.and_then(|b| b.scale_up.as_ref())),
    }
}
