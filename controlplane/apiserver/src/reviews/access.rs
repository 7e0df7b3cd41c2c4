//! Who may do what?

use crate::{
    authz::{Ask, Wish},
    door::User,
    local::Local,
};
use shared_api::{
    Draft,
    authorization::{
        LocalSubjectAccessReview, NonResourceAttributes, NonResourceRule, ResourceAttributes, ResourceRule,
        SelfSubjectAccessReview, SelfSubjectRulesReview, SubjectAccessReview, SubjectAccessReviewSpec,
        SubjectAccessReviewStatus, SubjectRulesReviewStatus,
    },
};
use shared_client::Result;
use std::sync::Arc;

/// Answers a [`SubjectAccessReview`].
pub(super) fn anybody(caller: &Local, draft: &mut dyn Draft) -> Option<Result<()>> {
    let review = draft.as_any_mut().downcast_mut::<SubjectAccessReview>()?;
    Some(about(caller, &review.spec).map(|status| review.status = Some(status)))
}

/// Answers a [`LocalSubjectAccessReview`].
pub(super) fn anybody_here(caller: &Local, draft: &mut dyn Draft) -> Option<Result<()>> {
    let review = draft.as_any_mut().downcast_mut::<LocalSubjectAccessReview>()?;
    Some(about(caller, &review.spec).map(|status| review.status = Some(status)))
}

/// Answers a [`SelfSubjectAccessReview`].
pub(super) fn myself(caller: &Local, draft: &mut dyn Draft) -> Option<Result<()>> {
    let review = draft.as_any_mut().downcast_mut::<SelfSubjectAccessReview>()?;
    let (resource, path) =
        (review.spec.resource_attributes.as_ref(), review.spec.non_resource_attributes.as_ref());
    Some(decide(caller, &caller.user, resource, path).map(|status| review.status = Some(status)))
}

fn about(caller: &Local, spec: &SubjectAccessReviewSpec) -> Result<SubjectAccessReviewStatus> {
    let user = User {
        name: spec.user.clone().unwrap_or_default(),
        groups: spec.groups.clone().unwrap_or_default(),
        uid: spec.uid.clone().unwrap_or_default(),
        extra: spec.extra.clone().unwrap_or_default(),
    };
    decide(caller, &user, spec.resource_attributes.as_ref(), spec.non_resource_attributes.as_ref())
}

fn decide(
    caller: &Local,
    user: &User,
    resource: Option<&ResourceAttributes>,
    path: Option<&NonResourceAttributes>,
) -> Result<SubjectAccessReviewStatus> {
    let word = |text: &'_ Option<String>| text.clone().unwrap_or_default();
    let decision = if let Some(r) = resource {
        let (verb, group, plural, part) =
            (word(&r.verb), word(&r.group), word(&r.resource), word(&r.subresource));
        let (namespace, name) = (word(&r.namespace), word(&r.name));
        let wish = Wish::Resource {
            verb: &verb,
            group: &group,
            resource: &plural,
            part: &part,
            namespace: &namespace,
            name: &name,
        };
        let mut decision = caller.server.decide(user, &wish)?;
        let kind = shared_api::kinds().find(|k| k.plural == plural && k.group == group);
        if let Some(kind) = kind.filter(|_| !decision.allowed) {
            let ask = Ask { verb: &verb, kind, part: &part, namespace: &namespace, name: &name };
            decision.allowed = as_node(caller, user, &ask);
        }
        decision
    } else {
        let path = path.cloned().unwrap_or_default();
        caller.server.decide(user, &Wish::Path { verb: &word(&path.verb), path: &word(&path.path) })?
    };
    Ok(SubjectAccessReviewStatus {
        allowed: decision.allowed,
        reason: (!decision.reason.is_empty()).then_some(decision.reason),
        ..SubjectAccessReviewStatus::default()
    })
}

/// What a node may do for the sake of its pods.
fn as_node(caller: &Local, user: &User, ask: &Ask<'_>) -> bool {
    let node = Local::new(Arc::clone(&caller.server), user.clone(), false);
    match node.may(ask) {
        Ok(None) => true,
        Ok(Some(bound)) => {
            let found = caller.server.read(ask.kind, ask.namespace, ask.name).ok().flatten();
            found.is_some_and(|object| node.must_be_on(Some(&bound), ask, &object).is_ok())
        }
        Err(_) => false,
    }
}

/// Answers a [`SelfSubjectRulesReview`].
pub(super) fn my_rules(caller: &Local, draft: &mut dyn Draft) -> Option<Result<()>> {
    let review = draft.as_any_mut().downcast_mut::<SelfSubjectRulesReview>()?;
    let namespace = review.spec.namespace.clone().unwrap_or_default();
    let told = caller.server.policy().map(|policy| {
        let mut status = SubjectRulesReviewStatus::default();
        for rule in policy.rules(&caller.user, &namespace) {
            if rule.resources.as_ref().is_some_and(|r| !r.is_empty()) {
                status.resource_rules.push(ResourceRule {
                    verbs: rule.verbs.clone(),
                    api_groups: rule.api_groups,
                    resources: rule.resources,
                    resource_names: rule.resource_names,
                });
            }
            if rule.non_resource_urls.as_ref().is_some_and(|urls| !urls.is_empty()) {
                let urls = rule.non_resource_urls;
                status
                    .non_resource_rules
                    .push(NonResourceRule { verbs: rule.verbs, non_resource_urls: urls });
            }
        }
        review.status = Some(status);
    });
    Some(told)
}
