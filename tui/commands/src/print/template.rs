//! Go templates, as `-o go-template` takes them: fields, variables, `range`, `if`, `with` and the functions
//! below. What it lacks (`define`, `block`, methods) it refuses when it reads the template.

mod functions;
mod parse;

use parse::{Node, Pipe, Term};
use serde_json::Value;

/// Whether a template makes sense; says where it does not.
pub fn check(template: &str) -> Result<(), String> {
    parse::template(template).map(drop)
}

/// The text that a template makes of a value.
pub fn render(template: &str, value: &Value) -> Result<String, String> {
    let nodes = parse::template(template)?;
    let mut scope = Scope { variables: vec![(String::new(), value.clone())], text: String::new() };
    scope.write(&nodes, value)?;
    Ok(scope.text)
}

/// How `range` went on.
#[derive(PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Scope {
    /// The innermost last; the one without a name is `$`.
    variables: Vec<(String, Value)>,
    text: String,
}

impl Scope {
    fn write(&mut self, nodes: &[Node], dot: &Value) -> Result<Flow, String> {
        let depth = self.variables.len();
        for node in nodes {
            match node {
                Node::Text(text) => self.text.push_str(text),
                Node::Print(pipe) => {
                    let value = self.pipe(pipe, dot)?;
                    if pipe.variables.is_empty() {
                        self.text.push_str(&functions::shown(&value));
                    }
                }
                Node::If(pipe, yes, no) => {
                    let value = self.pipe(pipe, dot)?;
                    let flow = self.write(if functions::truth(&value) { yes } else { no }, dot)?;
                    if flow != Flow::On {
                        return Ok(flow);
                    }
                }
                Node::With(pipe, yes, no) => {
                    let value = self.pipe(pipe, dot)?;
                    let flow = if functions::truth(&value) {
                        self.write(yes, &value)?
                    } else {
                        self.write(no, dot)?
                    };
                    if flow != Flow::On {
                        return Ok(flow);
                    }
                }
                Node::Range(pipe, body, none) => self.range(pipe, body, none, dot)?,
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }
        }
        self.variables.truncate(depth);
        Ok(Flow::On)
    }

    fn range(&mut self, pipe: &Pipe, body: &[Node], none: &[Node], dot: &Value) -> Result<(), String> {
        let value = self.value(pipe, dot)?;
        let items: Vec<(Value, Value)> = match value {
            Value::Array(items) => items.into_iter().enumerate().map(|(i, v)| (i.into(), v)).collect(),
            Value::Object(map) => map.into_iter().map(|(k, v)| (k.into(), v)).collect(),
            Value::Null => Vec::new(),
            other => return Err(format!("range can't iterate over {}", functions::shown(&other))),
        };
        if items.is_empty() {
            self.write(none, dot)?;
        }
        for (key, item) in items {
            let depth = self.variables.len();
            match &pipe.variables[..] {
                [] => {}
                [one] => self.variables.push((one.clone(), item.clone())),
                [first, second, ..] => {
                    self.variables.push((first.clone(), key));
                    self.variables.push((second.clone(), item.clone()));
                }
            }
            let flow = self.write(body, &item)?;
            self.variables.truncate(depth);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(())
    }

    /// The value of a pipeline; its variable has it from then on.
    fn pipe(&mut self, pipe: &Pipe, dot: &Value) -> Result<Value, String> {
        let value = self.value(pipe, dot)?;
        match &pipe.variables[..] {
            [] => {}
            [name] if pipe.assigns => {
                let known = self.variables.iter_mut().rev().find(|(known, _)| known == name);
                known.ok_or_else(|| format!("undefined variable ${name}"))?.1 = value.clone();
            }
            [name] => self.variables.push((name.clone(), value.clone())),
            _ => return Err("only range declares two variables".into()),
        }
        Ok(value)
    }

    fn value(&mut self, pipe: &Pipe, dot: &Value) -> Result<Value, String> {
        let mut last: Option<Value> = None;
        for command in &pipe.commands {
            let mut arguments = Vec::new();
            let (first, rest) = command.split_first().ok_or("missing value for command")?;
            let function = match first {
                Term::Function(name) => Some(name),
                _ => None,
            };
            if let Some(name) = function.filter(|name| matches!(name.as_str(), "and" | "or")) {
                // These two look no further than they must.
                last = Some(self.either(name == "or", rest, last, dot)?);
                continue;
            }
            for term in if function.is_some() { rest } else { std::slice::from_ref(first) } {
                arguments.push(self.term(term, dot)?);
            }
            last = Some(match function {
                Some(name) => {
                    arguments.extend(last);
                    functions::call(name, &arguments)?
                }
                None if rest.is_empty() && last.is_none() => arguments.remove(0),
                None => return Err("can't give argument to non-function".into()),
            });
        }
        Ok(last.unwrap_or(Value::Null))
    }

    fn either(
        &mut self,
        or: bool,
        terms: &[Term],
        last: Option<Value>,
        dot: &Value,
    ) -> Result<Value, String> {
        let mut value = Value::Null;
        for term in terms {
            value = self.term(term, dot)?;
            if functions::truth(&value) == or {
                return Ok(value);
            }
        }
        Ok(last.unwrap_or(value))
    }

    fn term(&mut self, term: &Term, dot: &Value) -> Result<Value, String> {
        match term {
            Term::Literal(value) => Ok(value.clone()),
            Term::Field(path) => follow(dot, path),
            Term::Variable(name, path) => {
                let known = self.variables.iter().rev().find(|(known, _)| known == name);
                follow(&known.ok_or_else(|| format!("undefined variable ${name}"))?.1, path)
            }
            Term::Inner(pipe, path) => {
                let value = self.value(pipe, dot)?;
                follow(&value, path)
            }
            Term::Function(name) => functions::call(name, &[]),
        }
    }
}

/// The value at the end of a path; nothing where an object has no such field.
fn follow(value: &Value, path: &[String]) -> Result<Value, String> {
    let mut value = value;
    for name in path {
        value = match value {
            Value::Object(map) => map.get(name).unwrap_or(&Value::Null),
            Value::Null => return Err(format!("nil pointer evaluating interface {{}}.{name}")),
            other => return Err(format!("can't evaluate field {name} in {}", functions::shown(other))),
        };
    }
    Ok(value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_mean_what_go_means() {
        let list = json!({
            "kind": "List", "n": 3, "ratio": 1.5, "flag": true, "none": null,
            "data": {"special.how": "very", "KEY": "d29yZA=="},
            "items": [
                {"metadata": {"name": "a", "labels": {"x": "y"}}, "ready": true},
                {"metadata": {"name": "b"}, "ready": false},
            ],
        });
        let check = |template: &str, text: &str| {
            assert_eq!(render(template, &list).as_deref(), Ok(text), "{template}");
        };
        check("{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}", "a\nb\n");
        check("{{.data}}", "map[KEY:d29yZA== special.how:very]");
        check("{{ .data.KEY | base64decode }}", "word");
        check("{{index .data \"special.how\"}}", "very");
        check("{{(index .items 1).metadata.name}}", "b");
        check("{{len .items}} {{.n}} {{.ratio}} {{.flag}} {{.missing}}", "2 3 1.5 true <no value>");
        check("{{if .flag}}yes{{else}}no{{end}}{{if .none}}x{{else if eq .n 3}}three{{end}}", "yesthree");
        check("{{range $i, $p := .items}}{{$i}}={{$p.metadata.name}};{{end}}", "0=a;1=b;");
        check("{{range $k, $v := .data}}{{$k}} {{end}}", "KEY special.how ");
        check("{{range .nothing}}x{{else}}empty{{end}}", "empty");
        check("{{with .data}}{{.KEY}}{{end}}", "d29yZA==");
        check(
            "{{$k := .kind}}{{range .items}}{{if not .ready}}{{$k}}/{{.metadata.name}}{{end}}{{end}}",
            "List/b",
        );
        check(
            "a {{- /* note */ -}} b {{ printf \"%s-%d|%5.1f|%v\" .kind .n .ratio .flag }}",
            "ab List-3|  1.5|true",
        );
        check("{{range .items}}{{if .ready}}{{continue}}{{end}}{{.metadata.name}}{{end}}", "b");
        check("{{$n := 0}}{{range .items}}{{$n = len .metadata.name}}{{end}}{{$n}}", "1");
        check("{{and .flag .kind}} {{or .none .kind}} {{ne .kind \"x\"}} {{lt .n 4}}", "List List true true");
        check("{{range .items}}{{break}}x{{end}}{{.kind | printf \"%q\"}}", "\"List\"");
        check("{{$.kind}}{{`raw`}}", "Listraw");
    }

    #[test]
    fn nonsense_is_refused() {
        for bad in [
            "{{.a",
            "{{range .a}}",
            "{{end}}",
            "{{frobnicate .a}}",
            "{{define \"x\"}}{{end}}",
            "{{else}}",
            "{{}}",
            "{{.a |}}",
        ] {
            assert!(super::check(bad).is_err(), "{bad}");
        }
        assert!(render("{{.a.b.c}}", &json!({"a": {}})).unwrap_err().contains("nil pointer"));
        assert!(render("{{range .a}}{{end}}", &json!({"a": "text"})).is_err());
    }
}
