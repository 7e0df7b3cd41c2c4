//! `get` and `events`: objects as tables or whole, once or as they change.

use super::{Doors, Out, files, say, select};
use crate::{
    Error, Events, Exit, Get, Output, Scope,
    print::{self, Style, columns},
};
use futures::StreamExt;
use shared_api::{GroupKind, KindInfo, Object, Query, core};
use shared_client::Event;

pub(super) async fn get(get: &Get, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    if let Some(path) = &get.raw {
        let plain = doors.here.plain.as_ref().ok_or_else(|| {
            Error::Usage(
                "get --raw: paths are asked over HTTP, and this cluster is not reached over it".into(),
            )
        })?;
        out.out(&plain.get(path).await?).map_err(Error::Write)?;
        return Ok(Exit::Done);
    }
    let output = output(get)?;
    let named = match &get.files[..] {
        [] => select::named(&get.words)?,
        files => {
            let manifests = files::read(files, get.scope.namespace.as_deref(), doors, out).await?;
            let named =
                |m: &files::Manifest| select::Named { kind: m.kind, name: Some(m.object.name().into()) };
            manifests.iter().map(named).collect()
        }
    };
    if get.verbosity >= 6 {
        for one in &named {
            let name = one.name.as_ref().map(|n| format!("/{n}")).unwrap_or_default();
            let verb = if one.name.is_some() { "get" } else { "list" };
            out.note(&format!("verb={verb:?} kind={:?} object={:?}", one.kind.plural, name));
        }
    }
    let (mut found, missing) = select::objects(&named, &get.scope, doors).await?;
    if let Some(path) = &get.sort_by {
        let path = columns::relaxed(path);
        shared_api::jsonpath::check(&path).map_err(Error::Usage)?;
        for (_, objects) in &mut found {
            let mut values: Vec<_> = objects.drain(..).map(|o| (o.value(), o)).collect();
            values.sort_by(|(a, _), (b, _)| columns::order(&path, a, b));
            objects.extend(values.into_iter().map(|(_, object)| object));
        }
    }
    if get.verbosity >= 6 {
        let revision = found.iter().flat_map(|(_, o)| o).map(Object::revision).max().unwrap_or(0);
        let count: usize = found.iter().map(|(_, objects)| objects.len()).sum();
        out.note(&format!("answer: {count} objects, the newest of revision {revision}"));
    }
    let many = found.len() > 1 || named.len() > 1 || named.iter().any(|n| n.name.is_none());
    let style = Style {
        wide: output == Some(Output::Wide),
        namespaces: get.scope.all_namespaces,
        labels: get.show_labels,
        headings: !get.no_headers,
        kinds: found.len() > 1,
    };
    match &output {
        None | Some(Output::Wide) => {
            let mut first = true;
            for (kind, objects) in found.iter().filter(|(_, objects)| !objects.is_empty()) {
                let gap = if first { "" } else { "\n" };
                first = false;
                let text = print::marked_table(kind, objects, (doors.clock)(), style, &get.label_columns);
                say(out, &format!("{gap}{text}"))?;
            }
            if first && missing.is_empty() && !get.watch {
                let place = if get.scope.all_namespaces || found.iter().all(|(k, _)| !k.namespaced) {
                    String::new()
                } else {
                    format!(" in {} namespace", get.scope.namespace.as_deref().unwrap_or(&doors.namespace))
                };
                out.note(&format!("No resources found{place}."));
            }
        }
        Some(whole) => {
            let objects: Vec<_> = found.iter().flat_map(|(_, objects)| objects).cloned().collect();
            if !objects.is_empty() || many {
                say(out, &print::whole(&objects, many, whole)?)?;
            }
        }
    }
    if get.watch {
        follow(get, &named, style, output.as_ref(), doors, out).await?;
    }
    let mut exit = Exit::Done;
    for refusal in missing.iter().filter(|_| !get.ignore_not_found) {
        out.note(&format!("Error: {refusal}"));
        exit = Exit::NotFound;
    }
    Ok(exit)
}

/// How it is printed, with the template of --template where -o named none.
fn output(get: &Get) -> Result<Option<Output>, Error> {
    match (&get.output, &get.template) {
        (Some(Output::GoTemplate(text)), None) if text.is_empty() => {
            Err(Error::Usage("-o go-template wants a template: -o go-template=TEMPLATE or --template".into()))
        }
        (Some(Output::GoTemplate(_)) | None, Some(text)) => {
            print::template::check(text).map_err(Error::Usage)?;
            Ok(Some(Output::GoTemplate(text.clone())))
        }
        (output, _) => Ok(output.clone()),
    }
}

async fn follow(
    get: &Get,
    named: &[select::Named],
    style: Style,
    output: Option<&Output>,
    doors: &Doors,
    out: Out<'_>,
) -> Result<(), Error> {
    let [select::Named { kind, name }] = named else {
        return Err(Error::Usage("watch one kind, or one object, at a time".into()));
    };
    let scope = match name {
        None => get.scope.clone(),
        Some(name) => Scope { field_selector: Some(format!("metadata.name={name}")), ..get.scope.clone() },
    };
    let rows = Style { headings: false, ..style };
    watch(kind, &scope.query(kind, doors)?, doors, out, &|object| match output {
        None | Some(Output::Wide) => {
            let objects = std::slice::from_ref(object);
            Ok(print::marked_table(kind, objects, (doors.clock)(), rows, &get.label_columns))
        }
        Some(whole) => print::whole(std::slice::from_ref(object), false, whole),
    })
    .await
}

/// Prints what changes from now on, until the watch ends.
async fn watch(
    kind: &KindInfo,
    query: &Query,
    doors: &Doors,
    out: Out<'_>,
    show: &(dyn Fn(&Object) -> Result<String, Error> + Sync),
) -> Result<(), Error> {
    let mut events = doors.cluster.watch(std::slice::from_ref(query), None).await?;
    let mut live = false;
    while let Some(event) = events.next().await {
        match event? {
            Event::Bookmark { initial, .. } => live |= initial,
            Event::Added(object) | Event::Modified(object) if live => say(out, &show(&object)?)?,
            Event::Deleted(object) if live => {
                out.note(&format!("{} {} was deleted", kind.plural, object.name()));
            }
            _ => {}
        }
    }
    Ok(())
}

pub(super) async fn events(events: &Events, doors: &Doors, out: Out<'_>) -> Result<Exit, Error> {
    let kind =
        shared_api::of("", "Event").ok_or_else(|| Error::Usage("the cluster keeps no events".into()))?;
    let mut scope = events.scope.clone();
    if let Some(about) = &events.about {
        let named = select::named(std::slice::from_ref(about))?;
        let [select::Named { kind, name: Some(name) }] = &named[..] else {
            return Err(Error::Usage(format!("--for {about:?}: expected KIND/NAME")));
        };
        let also = scope.field_selector.take().map(|s| format!(",{s}")).unwrap_or_default();
        scope.field_selector =
            Some(format!("involvedObject.kind={},involvedObject.name={name}{also}", kind.kind));
    }
    let query = scope.query(kind, doors)?;
    let mut found = doors.cluster.list(&query).await?.items;
    found.sort_by_key(when);
    let style = Style { namespaces: scope.all_namespaces, headings: true, ..Style::default() };
    if found.is_empty() && !events.watch {
        out.note("No events found.");
    } else {
        say(out, &print::table(kind, &found, (doors.clock)(), &style))?;
    }
    if events.watch {
        let rows = Style { headings: false, ..style };
        watch(kind, &query, doors, out, &|o| {
            Ok(print::table(kind, std::slice::from_ref(o), (doors.clock)(), &rows))
        })
        .await?;
    }
    Ok(Exit::Done)
}

/// When an event last happened, to order by.
pub(super) fn when(object: &Object) -> i64 {
    debug_assert_eq!(object.group_kind(), GroupKind::of::<core::Event>());
    let event = object.to_kind::<core::Event>().ok();
    let stamps = event.as_ref().map(|e| {
        let micro = e.event_time.as_ref().map(|t| t.0);
        e.last_timestamp.as_ref().or(e.first_timestamp.as_ref()).map(|t| t.0).or(micro)
    });
    stamps.flatten().map_or(0, shared_api::Timestamp::as_millisecond)
}
