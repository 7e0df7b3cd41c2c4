//! From the words of a line to objects.

use super::Doors;
use crate::{Error, Scope};
use shared_api::{
    FieldSelector, GroupKind, Key, KindInfo, LabelSelector, Object, Query, Refusal, Selectors, core::Pod,
    find,
};

/// What a person named: a kind, and one object of it or all.
#[derive(Debug, Clone)]
pub(crate) struct Named {
    pub(crate) kind: &'static KindInfo,
    pub(crate) name: Option<String>,
}

pub(crate) fn kind(word: &str) -> Result<&'static KindInfo, Error> {
    find(word).ok_or_else(|| {
        let known = shared_api::kinds().map(|k| k.plural).collect::<Vec<_>>().join(", ");
        Error::Usage(format!("the cluster has no kind {word:?}; it has: {known}"))
    })
}

/// `pods`, `pods,svc`, `pods web-1 web-2`, `pod/web-1 svc/web`, `all`.
pub(crate) fn named(words: &[String]) -> Result<Vec<Named>, Error> {
    let Some(first) = words.first() else {
        return Err(Error::Usage("name a kind, such as pods, or an object, such as pod/web-1".into()));
    };
    if first.contains('/') {
        let pair = |word: &String| match word.split_once('/') {
            Some((k, name)) if !name.is_empty() => Ok(Named { kind: kind(k)?, name: Some(name.into()) }),
            _ => Err(Error::Usage(format!("{word:?}: after KIND/NAME every word has to be KIND/NAME"))),
        };
        return words.iter().map(pair).collect();
    }
    let mut kinds = Vec::new();
    for word in first.split(',') {
        let members: Vec<_> = shared_api::kinds().filter(|k| k.categories.contains(&word)).collect();
        if members.is_empty() { kinds.push(kind(word)?) } else { kinds.extend(members) }
    }
    let names = &words[1..];
    if names.is_empty() {
        return Ok(kinds.into_iter().map(|kind| Named { kind, name: None }).collect());
    }
    let each = |kind| names.iter().map(move |n| Named { kind, name: Some(n.clone()) });
    Ok(kinds.into_iter().flat_map(each).collect())
}

impl Scope {
    pub(crate) fn selectors(&self) -> Result<Selectors, Error> {
        Ok(Selectors {
            labels: LabelSelector::parse(self.selector.as_deref().unwrap_or_default())?,
            fields: FieldSelector::parse(self.field_selector.as_deref().unwrap_or_default())?,
        })
    }

    pub(crate) fn query(&self, kind: &KindInfo, doors: &Doors) -> Result<Query, Error> {
        let query = Query::all(kind.group_kind()).matching(self.selectors()?);
        let here = self.namespace.as_deref().unwrap_or(&doors.namespace);
        Ok(if kind.namespaced && !self.all_namespaces { query.within(here) } else { query })
    }
}

pub(crate) fn key(kind: &KindInfo, namespace: Option<&str>, name: &str, doors: &Doors) -> Key {
    let namespace = if kind.namespaced { namespace.unwrap_or(&doors.namespace) } else { "" };
    Key { kind: kind.group_kind(), namespace: namespace.into(), name: name.into() }
}

/// Every object that was named, and a refusal for each that is not there.
pub(crate) async fn objects(
    named: &[Named],
    scope: &Scope,
    doors: &Doors,
) -> Result<(Vec<(&'static KindInfo, Vec<Object>)>, Vec<Refusal>), Error> {
    let (mut found, mut missing): (Vec<(&'static KindInfo, Vec<Object>)>, _) = (Vec::new(), Vec::new());
    for Named { kind, name } in named {
        let some = match name {
            None => doors.cluster.list(&scope.query(kind, doors)?).await?.items,
            Some(_) if scope.all_namespaces && kind.namespaced => {
                return Err(Error::Usage("an object is named in one namespace; leave out -A".into()));
            }
            Some(name) => {
                match doors.cluster.get(&key(kind, scope.namespace.as_deref(), name, doors)).await {
                    Ok(object) => vec![object],
                    Err(refusal) if refusal.reason == shared_api::Reason::NotFound => {
                        missing.push(refusal);
                        continue;
                    }
                    Err(refusal) => return Err(refusal.into()),
                }
            }
        };
        match found.last_mut() {
            Some((last, objects)) if last.group_kind() == kind.group_kind() => objects.extend(some),
            _ => found.push((kind, some)),
        }
    }
    Ok((found, missing))
}

/// The pod meant by `web-1`, `pod/web-1`, `deployment/web` or `svc/web`: for what owns or selects pods,
/// the first that is ready, else the first that is there.
pub(crate) async fn pod(word: &str, namespace: Option<&str>, doors: &Doors) -> Result<Object, Error> {
    let pods = find("pods").ok_or_else(|| Refusal::internal("pods are not a kind"))?;
    let Some((kind_word, name)) = word.split_once('/') else {
        return Ok(doors.cluster.get(&key(pods, namespace, word, doors)).await?);
    };
    let kind = kind(kind_word)?;
    let object = doors.cluster.get(&key(kind, namespace, name, doors)).await?;
    if kind.group_kind() == GroupKind::of::<Pod>() {
        return Ok(object);
    }
    let found = behind(&object, word, doors).await?;
    let ready = found.iter().find(|o| is_ready(o));
    let chosen = ready.or(found.first()).cloned();
    chosen.ok_or_else(|| Refusal::new(shared_api::Reason::NotFound, format!("{word} has no pods")).into())
}

/// Every pod that `web-1`, `pod/web-1`, `deployment/web` or `svc/web` means.
pub(crate) async fn pods(word: &str, namespace: Option<&str>, doors: &Doors) -> Result<Vec<Object>, Error> {
    let Some((kind_word, name)) = word.split_once('/') else {
        return Ok(vec![pod(word, namespace, doors).await?]);
    };
    let kind = kind(kind_word)?;
    let object = doors.cluster.get(&key(kind, namespace, name, doors)).await?;
    let is_pod = kind.group_kind() == GroupKind::of::<Pod>();
    if is_pod { Ok(vec![object]) } else { behind(&object, word, doors).await }
}

/// The pods that an object selects.
async fn behind(object: &Object, word: &str, doors: &Doors) -> Result<Vec<Object>, Error> {
    let value = object.value();
    let labels = LabelSelector::of_spec(&value["spec"]["selector"])
        .ok_or_else(|| Error::Usage(format!("{word} selects no pods; name a pod")))?;
    let query = Query::every::<Pod>()
        .within(object.namespace())
        .matching(Selectors { labels, fields: FieldSelector::default() });
    Ok(doors.cluster.list(&query).await?.items)
}

pub(crate) fn is_ready(object: &Object) -> bool {
    object.to_kind::<Pod>().is_ok_and(|pod| {
        let conditions = pod.status.as_ref().and_then(|s| s.conditions.as_ref());
        pod.metadata.deletion_timestamp.is_none()
            && conditions.into_iter().flatten().any(|c| c.type_ == "Ready" && c.status == "True")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str) -> Option<String> {
        let words: Vec<_> = line.split(' ').map(String::from).collect();
        let show = |n: &Named| match &n.name {
            Some(name) => format!("{}/{name}", n.kind.plural),
            None => n.kind.plural.to_owned(),
        };
        named(&words).ok().map(|all| all.iter().map(show).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn words_name_objects_as_kubectl_has_it() {
        assert_eq!(check("po").as_deref(), Some("pods"));
        assert_eq!(check("po,svc").as_deref(), Some("pods services"));
        assert_eq!(check("pod a b").as_deref(), Some("pods/a pods/b"));
        assert_eq!(check("pod/a deploy/b").as_deref(), Some("pods/a deployments/b"));
        assert_eq!(check("pod/a b"), None);
        assert_eq!(check("gadgets"), None);
    }
}
