//! Who a container runs as: the manifest's numbers, or the image's user, whose name is looked up in
//! the image's own `/etc/passwd` and `/etc/group`.

use crate::{Error, Result, Security};

/// A user with its groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct User {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    pub(crate) groups: Vec<u32>,
}

/// The image's files that name users; empty where it has none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Files {
    pub(crate) passwd: String,
    pub(crate) group: String,
}

/// Who the container runs as.
pub(crate) fn resolve(security: &Security, image: &str, files: &Files) -> Result<User> {
    let (name, group) = match image.split_once(':') {
        Some((name, group)) => (name, Some(group)),
        None => (image, None),
    };
    let (name, group) = match security.user {
        Some(uid) => (uid.to_string(), None),
        None => (name.to_owned(), group),
    };
    let mut user = by_name(&name, files)?;
    if let Some(group) = group.filter(|group| !group.is_empty()) {
        user.gid = group_id(group, files)?;
    }
    if let Some(gid) = security.group {
        user.gid = number(gid, "runAsGroup")?;
    }
    for gid in &security.groups {
        let gid = number(*gid, "supplementalGroups")?;
        if !user.groups.contains(&gid) {
            user.groups.push(gid);
        }
    }
    Ok(user)
}

fn by_name(name: &str, files: &Files) -> Result<User> {
    if name.is_empty() {
        return Ok(User::default());
    }
    let uid: Option<u32> = name.parse().ok();
    let mut entries = files.passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let matches = |fields: &Vec<&str>| {
        fields.len() > 3 && (fields[0] == name || uid.is_some_and(|uid| fields[2].parse() == Ok(uid)))
    };
    if let Some(fields) = entries.find(matches) {
        let id = |field: &str| field.parse().unwrap_or_default();
        let (uid, gid) = (uid.unwrap_or_else(|| id(fields[2])), id(fields[3]));
        return Ok(User { uid, gid, groups: groups_of(fields[0], gid, files) });
    }
    match uid {
        Some(uid) => Ok(User { uid, ..User::default() }),
        None => Err(Error::Invalid(format!(
            "user {name:?} is not in the image's /etc/passwd: set runAsUser to a number"
        ))),
    }
}

fn groups_of(name: &str, primary: u32, files: &Files) -> Vec<u32> {
    let mut gids: Vec<u32> = files
        .group
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .filter(|fields| fields.len() > 3 && fields[3].split(',').any(|member| member.trim() == name))
        .filter_map(|fields| fields[2].parse().ok())
        .filter(|gid| *gid != primary)
        .collect();
    gids.sort_unstable();
    gids.dedup();
    gids
}

fn group_id(group: &str, files: &Files) -> Result<u32> {
    if let Ok(gid) = group.parse() {
        return Ok(gid);
    }
    let mut entries = files.group.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = entries.find(|fields| fields.len() > 2 && fields[0] == group);
    found.and_then(|fields| fields[2].parse().ok()).ok_or_else(|| {
        Error::Invalid(format!(
            "group {group:?} is not in the image's /etc/group: set runAsGroup to a number"
        ))
    })
}

fn number(id: i64, field: &str) -> Result<u32> {
    u32::try_from(id).map_err(|_| Error::Invalid(format!("{field} {id} is not between 0 and {}", u32::MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(security: &Security, image: &str, expected: Result<(u32, u32, &[u32]), &str>) {
        let files = Files {
            passwd: "root:x:0:0:root:/root:/bin/sh\nweb:x:101:102::/srv:/bin/false\n".into(),
            group: "root:x:0:\nweb:x:102:\nlogs:x:7:web,root\n".into(),
        };
        match (resolve(security, image, &files), expected) {
            (Ok(user), Ok((uid, gid, groups))) => {
                assert_eq!(user, User { uid, gid, groups: groups.to_vec() }, "{image}");
            }
            (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
            (found, expected) => panic!("{image}: {found:?}, expected {expected:?}"),
        }
    }

    #[test]
    fn finds_names_numbers_and_groups() {
        let plain = Security::default();
        check(&plain, "", Ok((0, 0, &[])));
        check(&plain, "web", Ok((101, 102, &[7])));
        check(&plain, "101", Ok((101, 102, &[7])));
        check(&plain, "web:logs", Ok((101, 7, &[7])));
        check(&plain, "4000:50", Ok((4000, 50, &[])));
        check(&plain, "nobody", Err("\"nobody\" is not in the image's /etc/passwd"));
        check(&plain, "0:nope", Err("\"nope\" is not in the image's /etc/group"));
        let asked = Security { user: Some(65534), group: Some(9), groups: vec![3, 3], ..Security::default() };
        check(&asked, "web:logs", Ok((65534, 9, &[3])));
        check(&Security { group: Some(-1), ..Security::default() }, "", Err("runAsGroup -1"));
    }
}
