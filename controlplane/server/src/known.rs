//! Tokens that an operator chose, in Kubernetes' file of them: `token,user,uid,"group1,group2"` a line.

use crate::Problem;
use controlplane_apiserver::door::User;
use std::{collections::HashMap, fs, path::Path};

const AUTHENTICATED: &str = "system:authenticated";

/// Reads the file behind `--token-auth-file`.
pub(crate) fn read(path: &Path) -> Result<HashMap<String, User>, Problem> {
    let text = fs::read_to_string(path).map_err(|e| e.to_string());
    text.and_then(|text| parse(&text)).map_err(|why| Problem {
        flag: "token-auth-file",
        value: path.display().to_string(),
        why,
    })
}

fn parse(text: &str) -> Result<HashMap<String, User>, String> {
    let mut found = HashMap::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let mut fields = line.splitn(4, ',').map(str::trim);
        let mut word = || fields.next().unwrap_or_default().trim_matches('"').to_owned();
        let (token, name, uid, groups) = (word(), word(), word(), word());
        if token.is_empty() || name.is_empty() {
            return Err(format!(
                "line {}: expected token,user,uid and, if any, \"group1,group2\"",
                number + 1
            ));
        }
        let mut groups: Vec<_> = groups
            .split(',')
            .map(|group| group.trim().to_owned())
            .filter(|group| !group.is_empty())
            .collect();
        groups.push(AUTHENTICATED.into());
        found.insert(token, User { name, groups, uid, ..User::default() });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_somebody() {
        let found = parse("# people\nabc,jane,7,\"ops,devs\"\ndef, joe\n\n").unwrap();
        let jane = &found["abc"];
        assert_eq!((jane.name.as_str(), jane.uid.as_str()), ("jane", "7"));
        assert_eq!(jane.groups, ["ops", "devs", AUTHENTICATED]);
        assert_eq!(found["def"].groups, [AUTHENTICATED]);
        assert!(parse("abc").unwrap_err().starts_with("line 1"));
        assert!(read(Path::new("/nowhere")).unwrap_err().to_string().starts_with("--token-auth-file"));
    }
}
