//! What a line wants to look at: `KIND [NAMESPACES] [@CONTEXT] [-n NAMES | -A] [-l LABELS] [/FILTER…]`.

use crate::{model::Namespaces, rows::Filter};

/// What a line says after the kind; the words may come in any order, the filter last.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Want {
    pub(super) namespaces: Option<Namespaces>,
    pub(super) context: Option<String>,
    pub(super) filter: String,
}

/// Reads it. What is no namespace and begins with nothing special is an error that says what may stand there.
pub(super) fn read(words: &[&str]) -> Result<Want, String> {
    let (mut words, mut want, mut filter, mut begun) = (words.iter(), Want::default(), Vec::new(), false);
    while let Some(word) = words.next() {
        let mut value = || words.next().map(|w| (*w).to_owned()).ok_or(format!("{word} wants a value"));
        match *word {
            "-l" => filter.extend(["-l".to_owned(), value()?]),
            other if begun => filter.push(other.to_owned()),
            "-A" => want.namespaces = Some(Namespaces::All),
            "-n" => want.namespaces = Some(names(&value()?)?),
            other => match (other.strip_prefix('/'), other.strip_prefix('@')) {
                (Some(first), _) => {
                    begun = true;
                    filter.push(first.to_owned());
                }
                (_, Some(context)) if !context.is_empty() => want.context = Some(context.to_owned()),
                _ if want.namespaces.is_some() || other.starts_with(['-', '@']) => {
                    return Err(format!(
                        "{other:?}: expected NAMESPACES, @CONTEXT, -n NAMES, -A, -l LABELS or /FILTER"
                    ));
                }
                _ => want.namespaces = Some(names(other)?),
            },
        }
    }
    want.filter = filter.join(" ");
    Filter::parse(&want.filter).trouble().map_or(Ok(want), |why| Err(why.to_owned()))
}

fn names(word: &str) -> Result<Namespaces, String> {
    Namespaces::parse(word).ok_or_else(|| format!("{word:?}: expected names, as in a,b, or all"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_where_and_which_in_any_order() {
        let check = |line: &str, namespaces: Option<&str>, context: Option<&str>, filter: &str| {
            let words: Vec<_> = line.split(' ').filter(|w| !w.is_empty()).collect();
            let wanted = Want {
                namespaces: namespaces.and_then(Namespaces::parse),
                context: context.map(str::to_owned),
                filter: filter.into(),
            };
            assert_eq!(read(&words), Ok(wanted), "{line}");
        };
        check("", None, None, "");
        check("ns-x /!Running -l app=web", Some("ns-x"), None, "!Running -l app=web");
        check("-l app=web @prod ns-x,ns-y", Some("ns-x,ns-y"), Some("prod"), "-l app=web");
        check("@prod -A /web !db", Some("all"), Some("prod"), "web !db");
        check("-n a /x", Some("a"), None, "x");
    }

    #[test]
    fn what_does_not_fit_says_what_would() {
        for (line, why) in [
            ("a b", "expected NAMESPACES"),
            ("-x", "expected NAMESPACES"),
            ("-n", "wants a value"),
            ("/(", "regular expression"),
            ("@", "expected NAMESPACES"),
            (",", "expected names"),
        ] {
            let words: Vec<_> = line.split(' ').collect();
            let told = read(&words).unwrap_err();
            assert!(told.contains(why), "{line}: {told}");
        }
    }
}
