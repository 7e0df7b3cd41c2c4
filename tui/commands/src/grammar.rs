//! From words to an [`Action`], and what may come next in a line being typed.

use crate::{Action, Error};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

#[derive(Parser)]
#[command(name = "", no_binary_name = true, disable_help_subcommand = true)]
#[command(about = "Commands, the same in --batch and after `:`")]
struct Line {
    #[command(subcommand)]
    action: Action,
}

/// The action that words ask for.
pub fn parse<S: AsRef<str>>(words: &[S]) -> Result<Action, Error> {
    let words = words.iter().map(|w| w.as_ref().to_owned());
    let line = Line::command().try_get_matches_from(words).and_then(|m| Line::from_arg_matches(&m));
    line.map(|l| l.action).map_err(|e| {
        use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
        let text = e.render().to_string();
        match e.kind() {
            DisplayHelp | DisplayVersion => Error::Help(text),
            DisplayHelpOnMissingArgumentOrSubcommand => Error::Usage(text),
            _ => Error::Usage(text.trim_start_matches("error: ").trim_end().into()),
        }
    })
}

/// The action that one typed line asks for.
pub fn parse_line(line: &str) -> Result<Action, Error> {
    parse(&split(line)?)
}

/// Splits a line into words as a shell does: quotes, backslashes, `#` comments.
pub fn split(line: &str) -> Result<Vec<String>, Error> {
    let (mut words, mut word, mut quote, mut chars) = (Vec::new(), None::<String>, None, line.chars());
    while let Some(c) = chars.next() {
        match (quote, c) {
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (Some(q), c) if c == q => quote = None,
            (None | Some('"'), '\\') => {
                let next = chars.next().ok_or_else(|| Error::Usage("the line ends in a backslash".into()))?;
                let word = word.get_or_insert_default();
                // Inside double quotes a backslash only escapes what would otherwise end or escape.
                if quote.is_some() && !matches!(next, '"' | '\\') {
                    word.push('\\');
                }
                word.push(next);
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if let Some(q) = quote {
        return Err(Error::Usage(format!("a {q} is never closed")));
    }
    words.extend(word);
    Ok(words)
}

/// Whole words that may stand where the last word of `line` is being typed: verbs first, then kinds,
/// then `names` of objects.
pub fn complete(line: &str, names: &dyn Fn(&str) -> Vec<String>) -> Vec<String> {
    let mut words: Vec<&str> = line.split_whitespace().collect();
    let typing = if line.ends_with(char::is_whitespace) { "" } else { words.pop().unwrap_or_default() };
    // Options stand anywhere, and are completed by nobody here.
    words.retain(|word| !word.starts_with('-'));
    let starting =
        |all: Vec<String>| -> Vec<String> { all.into_iter().filter(|w| w.starts_with(typing)).collect() };
    let kinds = || shared_api::kinds().filter(|k| k.durable).map(|k| k.plural.to_owned()).collect::<Vec<_>>();
    if let Some((kind, _)) = typing.split_once('/') {
        return starting(names(kind).into_iter().map(|n| format!("{kind}/{n}")).collect());
    }
    match words[..] {
        [] => starting(verbs().into_iter().chain(kinds()).collect()),
        ["logs" | "exec" | "attach" | "port-forward"] => starting(names("pods")),
        ["cordon" | "uncordon" | "drain"] => starting(names("nodes")),
        [verb] => starting(below(verb).unwrap_or_else(kinds)),
        [verb, word] if below(verb).is_some_and(|words| words.iter().any(|w| w == word)) => starting(kinds()),
        [_, kind] | [_, _, kind] => starting(names(kind)),
        _ => Vec::new(),
    }
}

/// The verbs below a verb, such as `status` below `rollout`; `None` when it has none.
fn below(verb: &str) -> Option<Vec<String>> {
    let all = Action::augment_subcommands(clap::Command::new(""));
    let found = all.get_subcommands().find(|c| c.get_name() == verb && c.has_subcommands())?;
    Some(found.get_subcommands().map(|c| c.get_name().to_owned()).collect())
}

/// Every verb, in the order of the help.
pub fn verbs() -> Vec<String> {
    Action::augment_subcommands(clap::Command::new(""))
        .get_subcommands()
        .map(|c| c.get_name().to_owned())
        .collect()
}

/// What completes `dhow --batch …` in a shell.
pub(crate) fn completion(shell: clap_complete::Shell) -> Vec<u8> {
    let option = |name: &'static str| clap::Arg::new(name).long(name).value_name("VALUE");
    let batch = clap::Arg::new("batch").long("batch").action(clap::ArgAction::SetTrue);
    let line = Action::augment_subcommands(clap::Command::new("dhow"));
    let mut line = line.args([option("kubeconfig"), option("context"), option("namespace"), batch]);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut line, "dhow", &mut script);
    script
}

/// The command reference as Markdown, generated from the grammar.
pub fn reference() -> String {
    let mut text =
        String::from("# Commands\n\nThe same after `dhow --batch` and after `:` in the terminal.\n");
    for verb in Action::augment_subcommands(clap::Command::new("")).get_subcommands() {
        tell(verb, "", &mut text);
    }
    text
}

/// A verb's help, then those of the verbs below it.
fn tell(verb: &clap::Command, above: &str, text: &mut String) {
    let name = format!("{above}{}", verb.get_name());
    let help = verb.clone().render_long_help().to_string();
    text.push_str(&format!("\n## {name}\n\n```text\n{}\n```\n", help.trim_end()));
    for below in verb.get_subcommands() {
        tell(below, &format!("{name} "), text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Get, Output, Scope};

    #[test]
    fn a_line_is_split_as_a_shell_does() {
        let check = |line: &str, words: &[&str]| assert_eq!(split(line).unwrap(), words, "{line}");
        check("get pods", &["get", "pods"]);
        check(r#"exec p -- sh -c "a 'b' \"c\"" # note"#, &["exec", "p", "--", "sh", "-c", "a 'b' \"c\""]);
        check(r"a\ b '' x", &["a b", "", "x"]);
        assert!(split("'open").is_err());
    }

    #[test]
    fn words_and_a_line_agree() {
        let wanted = Action::Get(Get {
            words: vec!["pods".into()],
            scope: Scope { namespace: Some("k8s-test".into()), ..Scope::default() },
            output: Some(Output::Wide),
            ..Get::default()
        });
        assert_eq!(parse_line("get pods -n k8s-test -o wide").unwrap(), wanted);
        assert_eq!(parse(&["get", "-nk8s-test", "pods", "-owide"]).unwrap(), wanted);
    }

    #[test]
    fn nonsense_is_usage() {
        for line in
            ["", "fly", "get", "scale deploy/x", "get pods -o sideways", "wait pod/x --for=x --timeout=soon"]
        {
            assert!(matches!(parse_line(line), Err(Error::Usage(_))), "{line}");
        }
        assert!(matches!(parse_line("get --help"), Err(Error::Help(_))));
    }

    #[test]
    fn completion_knows_verbs_kinds_and_names() {
        let names =
            |kind: &str| if kind == "pods" { vec!["web-1".to_owned(), "db".into()] } else { Vec::new() };
        assert_eq!(complete("desc", &names), ["describe"]);
        assert_eq!(complete("get depl", &names), ["deployments"]);
        assert_eq!(complete("get pods w", &names), ["web-1"]);
        assert_eq!(complete("logs ", &names), ["web-1", "db"]);
        assert_eq!(complete("attach -it w", &names), ["web-1"]);
        assert_eq!(complete("describe pods/d", &names), ["pods/db"]);
        assert_eq!(complete("rollout un", &names), ["undo"]);
        assert_eq!(complete("rollout undo depl", &names), ["deployments"]);
        assert_eq!(complete("rollout undo pods w", &names), ["web-1"]);
    }
}
