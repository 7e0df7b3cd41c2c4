//! `expose` and `autoscale`: a service for what selects pods, an autoscaler for what has replicas.

use super::{images, make};
use crate::{
    Error,
    action::{Autoscale, Expose},
};
use serde_json::{Map, Value, json};

/// The service that leads to the pods of `object`.
pub(crate) fn service(object: &Value, asked: &Expose) -> Result<Value, Error> {
    let name = asked.name.as_deref().or(object["metadata"]["name"].as_str()).unwrap_or_default();
    let selector = match &asked.selector {
        Some(text) => make::pairs("--selector", &split(text))?,
        None => selector(object)?,
    };
    let ports = match asked.port {
        Some(port) => vec![json!({"port": port})],
        None => known_ports(object),
    };
    if ports.is_empty() {
        return Err(Error::Usage("couldn't find port via --port flag or introspection".into()));
    }
    let one = ports.len() == 1;
    let number = |(mut port, index): (Value, usize)| {
        let target = asked.target_port.as_deref().map(make::number_or_text);
        port["targetPort"] = target.unwrap_or_else(|| port["port"].clone());
        let known = port["protocol"].as_str().unwrap_or("TCP").to_owned();
        port["protocol"] = asked.protocol.clone().unwrap_or(known).into();
        if !one {
            port["name"] = format!("port-{}", index + 1).into();
        }
        port
    };
    let ports: Vec<_> = ports.into_iter().zip(0..).map(number).collect();
    let mut service = make::plain("v1", "Service", name);
    let labels = match &asked.labels {
        Some(text) => Some(Value::Object(make::pairs("--labels", &split(text))?)),
        None => object["metadata"].get("labels").cloned(),
    };
    if let Some(labels) = labels {
        service["metadata"]["labels"] = labels;
    }
    service["spec"] = json!({"selector": selector, "ports": ports});
    let words = [
        ("type", &asked.kind),
        ("clusterIP", &asked.cluster_ip),
        ("sessionAffinity", &asked.session_affinity),
    ];
    for (field, word) in words {
        if let Some(word) = word {
            service["spec"][field] = json!(word);
        }
    }
    if let Some(address) = &asked.external_ip {
        service["spec"]["externalIPs"] = json!([address]);
    }
    Ok(service)
}

fn split(text: &str) -> Vec<String> {
    text.split(',').map(Into::into).collect()
}

/// The labels of the pods that an object selects; a pod's own.
fn selector(object: &Value) -> Result<Map<String, Value>, Error> {
    let kind = object["kind"].as_str().unwrap_or_default();
    let found = match kind {
        "Pod" => &object["metadata"]["labels"],
        "Service" | "ReplicationController" => &object["spec"]["selector"],
        _ => {
            let selector = &object["spec"]["selector"];
            if selector["matchExpressions"].as_array().is_some_and(|e| !e.is_empty()) {
                return Err(Error::Usage(
                    "couldn't convert expressions to a service's selector; give one with --selector".into(),
                ));
            }
            &selector["matchLabels"]
        }
    };
    let found = found.as_object().filter(|labels| !labels.is_empty()).cloned();
    found.ok_or_else(|| {
        Error::Usage(format!("cannot expose a {kind}: it selects no pods by label; give --selector"))
    })
}

/// The ports that the pods of an object, or a service, are known to have.
fn known_ports(object: &Value) -> Vec<Value> {
    let kind = object["kind"].as_str().unwrap_or_default();
    let protocol = |p: &Value| p["protocol"].as_str().unwrap_or("TCP").to_owned();
    if kind == "Service" {
        let ports = object["spec"]["ports"].as_array().into_iter().flatten();
        return ports.map(|p| json!({"port": p["port"], "protocol": protocol(p)})).collect();
    }
    let spec = images::at(object, images::pods_of(kind).unwrap_or_default());
    let containers = spec["containers"].as_array().into_iter().flatten();
    let ports = containers.flat_map(|c| c["ports"].as_array().into_iter().flatten());
    ports.map(|p| json!({"port": p["containerPort"], "protocol": protocol(p)})).collect()
}

/// The autoscaler of an object of `version` and `kind`.
pub(crate) fn autoscaler(version: &str, kind: &str, target: &str, asked: &Autoscale) -> Result<Value, Error> {
    if asked.max < 1 {
        return Err(Error::Usage("--max=MAXPODS is required and must be at least 1".into()));
    }
    if asked.min.is_some_and(|min| min > asked.max) {
        return Err(Error::Usage("--max=MAXPODS must be larger or equal to --min=MINPODS".into()));
    }
    let name = asked.name.as_deref().unwrap_or(target);
    let mut made = make::plain("autoscaling/v2", "HorizontalPodAutoscaler", name);
    made["spec"] = json!({
        "scaleTargetRef": {"apiVersion": version, "kind": kind, "name": target}, "maxReplicas": asked.max,
    });
    if let Some(min) = asked.min {
        made["spec"]["minReplicas"] = json!(min);
    }
    if let Some(percent) = asked.cpu_percent {
        let aim = json!({"type": "Utilization", "averageUtilization": percent});
        made["spec"]["metrics"] = json!([{"type": "Resource", "resource": {"name": "cpu", "target": aim}}]);
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_leads_to_the_pods() {
        let web = json!({
            "kind": "Deployment", "metadata": {"name": "web", "labels": {"app": "web"}},
            "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"spec": {"containers": [{"ports": [{"containerPort": 1}, {"containerPort": 2}]}]}},
            },
        });
        let asked = Expose { port: Some(8080), kind: Some("NodePort".into()), ..Expose::default() };
        assert_eq!(
            service(&web, &asked).unwrap(),
            json!({
                "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "labels": {"app": "web"}},
                "spec": {
                    "type": "NodePort", "selector": {"app": "web"},
                    "ports": [{"port": 8080, "targetPort": 8080, "protocol": "TCP"}],
                },
            })
        );
        let found = service(&web, &Expose::default()).unwrap();
        assert_eq!(found["spec"]["ports"][1]["name"], "port-2");
        assert!(service(&json!({"kind": "Node"}), &asked).is_err());
        let bare = json!({"kind": "Pod", "metadata": {"labels": {"a": "b"}}});
        assert!(service(&bare, &Expose::default()).unwrap_err().to_string().contains("find port"));
    }

    #[test]
    fn an_autoscaler_aims_at_processor_time() {
        let asked = Autoscale { min: Some(10), max: 15, cpu_percent: Some(80), ..Autoscale::default() };
        let made = autoscaler("apps/v1", "Deployment", "web", &asked).unwrap();
        assert_eq!(made["spec"]["metrics"][0]["resource"]["target"]["averageUtilization"], 80);
        assert!(autoscaler("apps/v1", "Deployment", "web", &Autoscale { max: 5, ..asked }).is_err());
    }
}
