//! Expressions that mean harm: they are refused or stopped, and never take the process with them.

use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

fn compile(source: &str) -> Result<Program, String> {
    Program::compile(source, &Names::default().with("x", Type::Dyn)).map_err(|e| e.to_string())
}

/// A smaller stack than the threads of the server have.
fn on_a_small_stack(run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(1536 << 10).spawn(run).unwrap().join().unwrap();
}

#[test]
fn what_is_nested_too_deeply_is_refused() {
    on_a_small_stack(|| {
        let around = |open: &str, inner: &str, close: &str, n: usize| {
            format!("{}{inner}{}", open.repeat(n), close.repeat(n))
        };
        for (open, close) in [
            ("(", ")"),
            ("[", "]"),
            ("{1:", "}"),
            ("!(", ")"),
            ("-(", ")"),
            ("f(", ")"),
            ("x[", "]"),
            ("x?x:", ""),
            ("[1].map(y,", ")"),
            ("x.optMap(y,", ")"),
            ("1+", ""),
            ("", ".y"),
            ("", "[0]"),
            ("", ".f()"),
            ("x==", ""),
            ("(", ""),
            ("[{", ""),
        ] {
            for n in [50, 95, 101, 5_000, 20_000] {
                let source = around(open, "x", close, n);
                if let Ok(program) = compile(&source) {
                    assert!(n < 101, "{open}…{close}");
                    let value = Value::Int(1);
                    let given: &[_] = &[("x", value)];
                    let _ = program.run(&given, &mut Budget::new(100_000));
                }
            }
        }
        // Signs and logic of any length are no nesting.
        assert!(compile(&around("!", "true", "", 5_000)).is_ok());
        assert!(compile(&around("true&&", "true", "", 5_000)).is_ok());
        assert!(compile(&"1".repeat(200_000)).is_err());
    });
}

#[test]
fn what_takes_too_long_is_stopped() {
    let list = format!("[{}]", vec!["1"; 400].join(","));
    let began = Instant::now();
    for source in [
        format!("{list}.map(a, {list}.map(b, {list}.map(c, {list}.map(d, a + b + c + d))))"),
        format!("{list}.all(a, {list}.all(b, {list}.all(c, {list}.all(d, true))))"),
        "[0,1,2,3,4,5,6,7,8,9].map(a, [0,1,2,3,4,5,6,7,8,9].map(b, [0,1,2,3,4,5,6,7,8,9].map(c, 'aaaaaaaaaaaaaaaaaaaa'.replace('a', \
         'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb').replace('b', \
         'cccccccccccccccccccccccccccccccccccccccccccccccccc'))))"
            .into(),
        format!("'a{}'.matches('(a+)+$') && {list}.exists(a, {list}.exists(b, 'aaaaaaaaaaaaaaaaaaaaaaa'.matches('(a*)*b')))", "a".repeat(20_000)),
    ] {
        let fault = compile(&source).unwrap().run(&(&[][..] as &[(&str, Value<'_>)]), &mut Budget::new(10_000_000));
        assert!(matches!(fault, Err(Fault::TooCostly)), "{source:.60}");
    }
    let program = compile("[1,2,3].map(a, a)").unwrap();
    let fault = program.run(&(&[][..] as &[(&str, Value<'_>)]), &mut Budget::new(5)).unwrap_err();
    assert_eq!(fault, Fault::OverBudget);
    assert!(began.elapsed() < Duration::from_mins(1), "{:?}", began.elapsed());
}

const WORDS: &[&str] = &[
    "x",
    "y",
    "1",
    "2u",
    "1.5",
    "'a'",
    "b'c'",
    "\"",
    "'''",
    "true",
    "null",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ".",
    ".?",
    ",",
    "?",
    ":",
    "+",
    "-",
    "*",
    "/",
    "%",
    "!",
    "==",
    "!=",
    "<",
    ">=",
    "&&",
    "||",
    "in",
    "has(",
    "x.all(y,",
    "x.map(y,",
    "size(",
    "string(",
    "'a'.matches('",
    ".split(''",
    ".substring(",
    "[?",
    "//",
    "\n",
    "\\",
    "`",
    "é",
    "\u{0}",
    "0x",
    "1e",
    "@",
    "#",
    "quantity('1')",
    "duration('1s')",
    "timestamp(",
    "x.filter(z,",
    "optional.of(",
    ".format([",
    "-9223372036854775808",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_words_are_read_or_refused(words in prop::collection::vec(prop::sample::select(WORDS), 0..40)) {
        if let Ok(program) = compile(&words.concat()) {
            let object = object();
            for value in [Value::json(&object), Value::Int(-1), Value::from("text")] {
                let given: &[_] = &[("x", value)];
                let _ = program.run(&given, &mut Budget::new(100_000));
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}") {
        let _ = compile(&text);
    }
}
