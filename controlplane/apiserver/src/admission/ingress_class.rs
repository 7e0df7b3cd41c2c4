//! Ingresses that name no class get the one marked as default.

use super::{Action, Request};
use crate::keys;
use shared_api::{
    GroupKind, Refusal,
    networking::{Ingress, IngressClass, is_default},
};

/// How an ingress named its class before there was a field for it.
const ANNOTATION: &str = "kubernetes.io/ingress.class";

pub(super) fn admit(request: &mut Request<'_>) -> Result<(), Refusal> {
    let Some(ingress) = request.draft.as_any().downcast_ref::<Ingress>() else { return Ok(()) };
    let named = ingress.spec.as_ref().is_some_and(|s| s.ingress_class_name.is_some());
    let said = ingress.metadata.annotations.as_ref().is_some_and(|a| a.contains_key(ANNOTATION));
    if request.action != Action::Create || named || said {
        return Ok(());
    }
    let classes = request.there.objects(keys::known(&GroupKind::of::<IngressClass>())?, "")?;
    let classes = classes.iter().filter_map(|o| o.to_kind::<IngressClass>().ok()).filter(|c| is_default(c));
    // The newest of several; among those of one age, the first by name.
    let newest = classes.reduce(|best, next| {
        let age = |c: &IngressClass| c.metadata.creation_timestamp.as_ref().map(|t| t.0);
        if age(&next) > age(&best) { next } else { best }
    });
    let name = newest.and_then(|class| class.metadata.name.clone());
    if let (Some(name), Some(ingress)) = (name, request.draft.as_any_mut().downcast_mut::<Ingress>()) {
        ingress.spec.get_or_insert_default().ingress_class_name = Some(name);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::created;
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn the_default_is_taken_unless_a_class_is_named() {
        let class = json!({"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass",
            "metadata": {"name": "usual", "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}},
            "spec": {"controller": "x.io/c"}});
        let named = |annotations: Value, spec: Value| {
            let ingress = json!({"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
                "metadata": {"name": "i", "namespace": "n", "annotations": annotations}, "spec": spec});
            created(admit, &ingress, std::slice::from_ref(&class)).unwrap().0["spec"]["ingressClassName"]
                .clone()
        };
        assert_eq!(named(json!({}), json!({})), "usual");
        assert_eq!(named(json!({}), json!({"ingressClassName": "own"})), "own");
        assert_eq!(named(json!({(ANNOTATION): "own"}), json!({})), Value::Null);
    }
}
