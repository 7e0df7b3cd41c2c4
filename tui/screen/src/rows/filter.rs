use super::Row;
use regex_lite::{Regex, RegexBuilder};
use shared_api::{Heading, LabelSelector};

/// Which rows are wanted.
///
/// ```text
///   web                in the name, the namespace or any column, whatever the case
///   web-[0-9]+         a regular expression
///   !web               not that
///   ~wb1               these letters in this order, in the name
///   status:crash       in one column; restarts:>3 age:… compare numbers
///   -l app=web,tier!=x labels
/// ```
///
/// Words apart by spaces all have to hold.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    text: String,
    terms: Vec<Term>,
    /// What could not be understood; then nothing is hidden.
    trouble: Option<String>,
}

#[derive(Debug)]
struct Term {
    not: bool,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Lower-case text.
    Text(String),
    Regex(Regex),
    Fuzzy(String),
    Labels(LabelSelector),
    Column(String, Box<What>),
    Than(std::cmp::Ordering, f64),
}

impl Filter {
    pub(crate) fn parse(text: &str) -> Self {
        let (terms, trouble) = match terms(text) {
            Ok(terms) => (terms, None),
            Err(why) => (Vec::new(), Some(why)),
        };
        Self { text: text.to_owned(), terms, trouble }
    }

    /// As it was written.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// Whether every row that this one wants is wanted by the other one too, as when somebody types on.
    pub(crate) fn narrows(&self, other: &Self) -> bool {
        let trouble = self.trouble.is_some() || other.trouble.is_some();
        let kept = |(now, then): (&Term, &Term)| match (&now.what, &then.what) {
            (What::Text(now_wanted), What::Text(then_wanted)) => {
                !now.not && !then.not && now_wanted.contains(then_wanted.as_str())
            }
            _ => false,
        };
        !trouble && self.terms.len() >= other.terms.len() && self.terms.iter().zip(&other.terms).all(kept)
    }

    /// Whether a row with these columns is wanted.
    pub(crate) fn wants(&self, row: &Row, headings: &[Heading]) -> bool {
        self.terms.iter().all(|term| term.what.holds(row, headings) != term.not)
    }
}

fn terms(text: &str) -> Result<Vec<Term>, String> {
    let mut words = text.split_whitespace();
    let mut found = Vec::new();
    while let Some(word) = words.next() {
        if word == "-l" {
            let selector = words.next().unwrap_or_default();
            let labels = LabelSelector::parse(selector).map_err(|e| e.to_string())?;
            found.push(Term { not: false, what: What::Labels(labels) });
            continue;
        }
        let (not, word) = word.strip_prefix('!').map_or((false, word), |rest| (true, rest));
        if word.is_empty() {
            continue;
        }
        found.push(Term { not, what: what(word)? });
    }
    Ok(found)
}

fn what(word: &str) -> Result<What, String> {
    if let Some(letters) = word.strip_prefix('~') {
        return Ok(What::Fuzzy(letters.to_lowercase()));
    }
    if let Some((column, value)) = word.split_once(':')
        && !column.is_empty()
        && column.chars().all(|c| c.is_alphanumeric() || c == '-')
    {
        let than = |sign, ordering| {
            let number = value.strip_prefix(sign)?.parse().ok()?;
            Some(What::Than(ordering, number))
        };
        let inner = than('>', std::cmp::Ordering::Greater).or(than('<', std::cmp::Ordering::Less));
        let inner = inner.map_or_else(|| text(value), Ok)?;
        return Ok(What::Column(column.to_lowercase(), Box::new(inner)));
    }
    text(word)
}

fn text(word: &str) -> Result<What, String> {
    if !word.contains(|c| r"\^$.|?*+()[]{}".contains(c))
        || word.chars().all(|c| c.is_alphanumeric() || ".-".contains(c))
    {
        return Ok(What::Text(word.to_lowercase()));
    }
    let regex = RegexBuilder::new(word).case_insensitive(true).size_limit(1 << 20).build();
    regex.map(What::Regex).map_err(|e| format!("{word:?} is no regular expression: {e}"))
}

impl What {
    fn holds(&self, row: &Row, headings: &[Heading]) -> bool {
        match self {
            // Most rows have it nowhere: that is found out in one go.
            Self::Text(wanted) if !row.may_have(wanted) => false,
            Self::Text(_) | Self::Regex(_) => {
                self.finds(&row.name)
                    || self.finds(&row.namespace)
                    || row.cells().any(|cell| self.finds(said(cell)))
            }
            Self::Fuzzy(letters) => {
                let mut rest = row.name.chars().flat_map(char::to_lowercase);
                letters.chars().all(|letter| rest.any(|c| c == letter))
            }
            Self::Labels(labels) => labels.matches(Some(&row.labels)),
            Self::Column(name, what) => match name.as_str() {
                "name" => what.finds(&row.name),
                "namespace" | "ns" => what.finds(&row.namespace),
                name => {
                    let called = |h: &Heading| h.name.to_lowercase().replace(' ', "-").starts_with(name);
                    headings.iter().position(called).is_some_and(|at| what.finds(row.cell(at)))
                }
            },
            Self::Than(..) => false,
        }
    }

    /// Whether one text has it.
    fn finds(&self, text: &str) -> bool {
        match self {
            Self::Text(wanted) => contains(text, wanted),
            Self::Regex(regex) => regex.is_match(text),
            Self::Than(ordering, number) => {
                let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
                let found: Option<f64> = text[..end].parse().ok();
                found.is_some_and(|found| found.partial_cmp(number) == Some(*ordering))
            }
            _ => false,
        }
    }
}

/// A cell up to the age that it leaves open.
fn said(cell: &str) -> &str {
    cell.split('\u{1}').next().unwrap_or_default()
}

/// Whether `text` has `wanted`, which is lower-case, in any case.
pub(super) fn contains(text: &str, wanted: &str) -> bool {
    if !text.is_ascii() {
        return text.to_lowercase().contains(wanted);
    }
    let (text, wanted) = (text.as_bytes(), wanted.as_bytes());
    let Some(first) = wanted.first() else { return true };
    let starts = memchr::memchr2_iter(*first, first.to_ascii_uppercase(), text);
    starts
        .map(|at| &text[at..])
        .any(|rest| rest.get(..wanted.len()).is_some_and(|part| part.eq_ignore_ascii_case(wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{Delta, Digester};
    use shared_api::Timestamp;
    use shared_client::Event;
    use shared_testkit::*;

    fn wanted(filter: &str) -> Vec<String> {
        let kind = shared_api::find("pods").unwrap();
        let mut digester = Digester::of(kind);
        let pods = [
            pod("web-1").labelled("app", "web").on("n1").ready(),
            pod("web-2").labelled("app", "web"),
            pod("DB"),
        ];
        let rows = pods.map(|pod| match digester.delta(&Event::Added(object(&pod)), Timestamp::UNIX_EPOCH) {
            Some(Delta::Is(row)) => *row,
            other => panic!("{other:?}"),
        });
        let filter = Filter::parse(filter);
        let names = rows.iter().filter(|row| filter.wants(row, &kind.headings()));
        names.map(|row| row.name.to_string()).collect()
    }

    #[test]
    fn words_say_what_is_wanted() {
        for (filter, names) in [
            ("", &["web-1", "web-2", "DB"][..]),
            ("WEB", &["web-1", "web-2"]),
            ("db", &["DB"]),
            ("!web", &["DB"]),
            ("web !web-1", &["web-2"]),
            ("^web-[12]$", &["web-1", "web-2"]),
            ("~w2", &["web-2"]),
            ("node:n1", &["web-1"]),
            ("name:web !node:n1", &["web-2"]),
            ("-l app=web", &["web-1", "web-2"]),
            ("-l app!=web", &["DB"]),
            ("restarts:>0", &[]),
            ("restarts:<1", &["web-1", "web-2", "DB"]),
            ("nothing:x", &[]),
        ] {
            assert_eq!(wanted(filter), names, "{filter}");
        }
    }

    #[test]
    fn who_types_on_asks_for_less() {
        for (then, now, less) in [
            ("", "w", true),
            ("we", "web", true),
            ("web", "web n1", true),
            ("eb", "web", true),
            ("web", "we", false),
            ("!we", "!web", false),
            ("web", "web.*", false),
            ("~w", "~w1", false),
            ("(", "(w", false),
        ] {
            assert_eq!(Filter::parse(now).narrows(&Filter::parse(then)), less, "{then:?} to {now:?}");
            let (all, some) = (wanted(then), wanted(now));
            assert!(!less || some.iter().all(|name| all.contains(name)), "{then:?} to {now:?}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said_and_hides_nothing() {
        for filter in ["(", "web [", "-l =x"] {
            assert!(Filter::parse(filter).trouble().is_some(), "{filter}");
            assert_eq!(wanted(filter).len(), 3, "{filter}");
        }
    }
}
