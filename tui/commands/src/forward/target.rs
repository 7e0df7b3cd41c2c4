//! What a forward leads to: a pod, or whatever stands for pods, which are chosen anew for each connection.

use crate::{Doors, Error, perform::select};
use shared_api::{
    FieldSelector, GroupKind, IntOrString, Key, LabelSelector, Object, Query, Reason, Refusal, Selectors,
    core::{Pod, Service},
};
use shared_client::Cluster;

/// A pod, or a service or workload that stands for pods, and a port of it by number or by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The pod, service or workload.
    pub key: Key,
    /// The port: of a service its own, else the pod's.
    pub port: String,
}

impl Target {
    /// What `web-1`, `pod/web-1`, `deployment/web` or `svc/web` means.
    pub fn of(word: &str, port: &str, namespace: Option<&str>, doors: &Doors) -> Result<Self, Error> {
        let (kind, name) = word.split_once('/').unwrap_or(("pods", word));
        let key = select::key(select::kind(kind)?, namespace, name, doors);
        Ok(Self { key, port: port.to_owned() })
    }

    fn is_pod(&self) -> bool {
        self.key.kind == GroupKind::of::<Pod>()
    }

    /// The number that its port has in `pod`.
    pub async fn port_of(&self, pod: &Object, cluster: &dyn Cluster) -> Result<u16, Error> {
        if self.key.kind == GroupKind::of::<Service>() {
            return port(Some(&cluster.get(&self.key).await?), pod, &self.port);
        }
        port(None, pod, &self.port)
    }

    /// The pod that stands for it at this moment, and the port there: the pod of last time while it is ready.
    pub async fn reach(&self, cluster: &dyn Cluster, last: Option<&Key>) -> Result<(Key, u16), Error> {
        if self.is_pod() {
            return match number(&self.port) {
                Some(number) => Ok((self.key.clone(), number)),
                None => Ok((self.key.clone(), port(None, &cluster.get(&self.key).await?, &self.port)?)),
            };
        }
        let whole = cluster.get(&self.key).await?;
        let labels = LabelSelector::of_spec(&whole.value()["spec"]["selector"])
            .ok_or_else(|| Error::Usage(format!("{} selects no pods; name a pod", self.key)))?;
        let query = Query::every::<Pod>()
            .within(whole.namespace())
            .matching(Selectors { labels, fields: FieldSelector::default() });
        let pods = cluster.list(&query).await?.items;
        let pod = chosen(&pods, last).ok_or_else(|| none_ready(&self.key, pods.len()))?;
        Ok((pod.key(), port(Some(&whole), pod, &self.port)?))
    }
}

fn none_ready(key: &Key, pods: usize) -> Refusal {
    let why = match pods {
        0 => format!("{key} has no pods"),
        1 => format!("the pod of {key} is not ready; name the pod to reach it all the same"),
        n => format!("none of the {n} pods of {key} is ready; name one to reach it all the same"),
    };
    Refusal::new(Reason::ServiceUnavailable, why)
}

/// The ready pod of last time, else the first that is ready.
fn chosen<'a>(pods: &'a [Object], last: Option<&Key>) -> Option<&'a Object> {
    let ready = || pods.iter().filter(|pod| select::is_ready(pod));
    ready().find(|pod| Some(&pod.key()) == last).or_else(|| ready().next())
}

fn number(port: &str) -> Option<u16> {
    port.parse().ok().filter(|port| *port > 0)
}

/// The port of `pod` that `word` means: a number, a container port's name, or a port of `whole` when that is a
/// service.
fn port(whole: Option<&Object>, pod: &Object, word: &str) -> Result<u16, Error> {
    let mut wanted = word.to_owned();
    if let Some(whole) = whole.filter(|whole| whole.group_kind() == GroupKind::of::<Service>()) {
        let service = whole.to_kind::<Service>().map_err(Refusal::internal)?;
        let spec = service.spec.as_ref();
        let headless = spec.is_some_and(|s| s.cluster_ip.as_deref() == Some("None"));
        let mut ports = spec.iter().flat_map(|s| s.ports.iter().flatten());
        let found = ports
            .find(|p| p.port.to_string() == word || p.name.as_deref() == Some(word))
            .ok_or_else(|| Error::Usage(format!("service {} has no port {word}", whole.name())))?;
        wanted = match &found.target_port {
            Some(IntOrString::Int(n)) if *n > 0 && !headless => n.to_string(),
            Some(IntOrString::String(name)) if !headless => name.clone(),
            _ => found.port.to_string(),
        };
    }
    if let Some(number) = number(&wanted) {
        return Ok(number);
    }
    let typed = pod.to_kind::<Pod>().map_err(Refusal::internal)?;
    let containers = typed.spec.iter().flat_map(|s| &s.containers);
    let named =
        containers.flat_map(|c| c.ports.iter().flatten()).find(|p| p.name.as_deref() == Some(&wanted));
    let number = named.and_then(|p| u16::try_from(p.container_port).ok());
    number.ok_or_else(|| Error::Usage(format!("pod {} has no port {wanted:?}", pod.name())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_testkit::*;

    #[test]
    fn the_pod_of_last_time_is_kept_while_it_is_ready() {
        let pods = [
            object(&pod("a").unready()),
            object(&pod("b").ready()),
            object(&pod("c").ready()),
            object(&pod("d").ready().deleted(shared_api::Timestamp::UNIX_EPOCH)),
        ];
        let key = |name: &str| Key::of::<Pod>(pods[0].namespace(), name);
        let name = |pods: &[Object], last: Option<&str>| {
            chosen(pods, last.map(key).as_ref()).map(|pod| pod.name().to_owned())
        };
        for (last, wanted) in [
            (None, "b"),
            (Some("c"), "c"),
            (Some("b"), "b"),
            (Some("a"), "b"),
            (Some("d"), "b"),
            (Some("x"), "b"),
        ] {
            assert_eq!(name(&pods, last).as_deref(), Some(wanted), "after {last:?}");
        }
        assert_eq!(name(&pods[..1], Some("a")), None);
        assert_eq!(name(&[], None), None);
    }

    #[test]
    fn ports_mean_what_kubectl_takes_them_for() {
        let pod = object(&pod("web-1").port("http", 8080).ready());
        let mut named = service("web").port("web", 80, 8080).port("metrics", 9100, 9090).port("plain", 70, 0);
        if let Some(port) = named.spec.iter_mut().flat_map(|s| s.ports.iter_mut().flatten()).next() {
            port.target_port = Some(IntOrString::String("http".into()));
        }
        let mut headless = named.clone();
        headless.spec.get_or_insert_default().cluster_ip = Some("None".into());
        let (named, headless) = (object(&named), object(&headless));
        let check = |whole: Option<&Object>, word: &str| port(whole, &pod, word).map_err(|e| e.to_string());
        for (whole, word, wanted) in [
            (None, "80", Ok(80)),
            (None, "http", Ok(8080)),
            (None, "none", Err("pod web-1 has no port \"none\"")),
            (Some(&named), "80", Ok(8080)),
            (Some(&named), "web", Ok(8080)),
            (Some(&named), "9100", Ok(9090)),
            (Some(&named), "plain", Ok(70)),
            (Some(&named), "8080", Err("service web has no port 8080")),
            (Some(&headless), "80", Ok(80)),
        ] {
            assert_eq!(check(whole, word), wanted.map_err(String::from), "{word}");
        }
    }
}
