//! Rules for texts that have names, such as `dns1123Label`.

use super::{no_overload, parse_duration, text_at};
use crate::{Fault, Value, function::Row};
use base64::{Engine, prelude::BASE64_STANDARD};
use shared_api::name;

const NAMES: &[&str] = &[
    "dns1123Label",
    "dns1123Subdomain",
    "dns1035Label",
    "qualifiedName",
    "dns1123LabelPrefix",
    "dns1123SubdomainPrefix",
    "dns1035LabelPrefix",
    "labelValue",
    "uri",
    "uuid",
    "byte",
    "date",
    "datetime",
];

pub(super) const TABLE: &[Row] = &[
    ("format.named", "(string) optional<format>", |args, _| {
        let text = text_at(args, 0)?;
        let found = NAMES.iter().find(|name| **name == text);
        Ok(found.map_or(Value::Optional(None), |name| Value::some(Value::Format(name))))
    }),
    ("format.dns1123Label", "() format", |_, _| Ok(Value::Format("dns1123Label"))),
    ("format.dns1123Subdomain", "() format", |_, _| Ok(Value::Format("dns1123Subdomain"))),
    ("format.dns1035Label", "() format", |_, _| Ok(Value::Format("dns1035Label"))),
    ("format.qualifiedName", "() format", |_, _| Ok(Value::Format("qualifiedName"))),
    ("format.dns1123LabelPrefix", "() format", |_, _| Ok(Value::Format("dns1123LabelPrefix"))),
    ("format.dns1123SubdomainPrefix", "() format", |_, _| Ok(Value::Format("dns1123SubdomainPrefix"))),
    ("format.dns1035LabelPrefix", "() format", |_, _| Ok(Value::Format("dns1035LabelPrefix"))),
    ("format.labelValue", "() format", |_, _| Ok(Value::Format("labelValue"))),
    ("format.uri", "() format", |_, _| Ok(Value::Format("uri"))),
    ("format.uuid", "() format", |_, _| Ok(Value::Format("uuid"))),
    ("format.byte", "() format", |_, _| Ok(Value::Format("byte"))),
    ("format.date", "() format", |_, _| Ok(Value::Format("date"))),
    ("format.datetime", "() format", |_, _| Ok(Value::Format("datetime"))),
    ("validate", "format.(string) optional<list<string>>", |args, cost| {
        let Value::Format(format) = args[0] else { return Err(no_overload()) };
        let text = text_at(args, 1)?;
        cost.walk(text.len())?;
        Ok(match wrong(format, text)? {
            None => Value::Optional(None),
            Some(why) => Value::some(vec![why.into()].into()),
        })
    }),
];

/// What is wrong with a text.
fn wrong(format: &str, text: &str) -> Result<Option<String>, Fault> {
    // A prefix may end where a name may not.
    let begun = format!("{text}a");
    Ok(match format {
        "dns1123Label" => name::label(text),
        "dns1123Subdomain" => name::subdomain(text),
        "dns1035Label" => name::service(text),
        "dns1123LabelPrefix" => name::label(if text.ends_with('-') { &begun } else { text }),
        "dns1123SubdomainPrefix" => name::subdomain(if text.ends_with('-') { &begun } else { text }),
        "dns1035LabelPrefix" => name::service(if text.ends_with('-') { &begun } else { text }),
        "qualifiedName" => name::qualified(text),
        "labelValue" => name::label_value(text),
        "uri" => text.parse::<http::Uri>().is_err().then(|| "invalid URI".to_owned()),
        "uuid" => (!is_uuid(text)).then(|| "does not match the UUID format".to_owned()),
        "byte" => BASE64_STANDARD.decode(text).is_err().then(|| "invalid base64".to_owned()),
        "date" => text.parse::<jiff::civil::Date>().is_err().then(|| "invalid date".to_owned()),
        "datetime" => text.parse::<jiff::Timestamp>().is_err().then(|| "invalid datetime".to_owned()),
        "duration" => parse_duration(text).is_none().then(|| "invalid duration".to_owned()),
        _ => return Err(no_overload()),
    })
}

fn is_uuid(text: &str) -> bool {
    let groups: Vec<&str> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|b| b.is_ascii_hexdigit()))
}
