//! What expressions give, what is wrong with others, and that none takes more than its share.

use crate::{Budget, Fault, Names, Program, Type, Value, Variables};
use serde_json::{Value as Json, json};

mod hostile;

fn object() -> Json {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "labels": {"app": "web", "tier/x": "front"}},
        "spec": {"replicas": 3, "ratio": 0.5, "paused": false, "nothing": null,
            "names": ["b", "a", "c"], "ports": [{"name": "http", "port": 80}, {"name": "tls", "port": 443}]},
        "at": "2024-02-29T12:30:15.250Z"
    })
}

fn run(source: &str) -> Result<String, String> {
    let of = shared_api::schema::named("apps.v1.Deployment").unwrap();
    let names = Names::default().with("object", Type::Dyn).with("typed", Type::of(of));
    let program = Program::compile(source, &names).map_err(|e| e.to_string())?;
    let object = object();
    let given: &[_] = &[("object", Value::json(&object)), ("typed", Value::typed(&object, &Type::of(of)))];
    let value = program.run(&given, &mut Budget::new(10_000_000)).map_err(|fault| fault.to_string())?;
    Ok(match &value {
        Value::Optional(None) => "none".into(),
        Value::Type(name) => name.to_string(),
        value => value.to_json().to_string(),
    })
}

/// One a line: an expression, `=>`, and what it gives as JSON; or `!`, and how what is wrong begins.
fn check(table: &str) {
    let mut wrong = Vec::new();
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some((source, expected)) = line.split_once(" => ") {
            let got = run(source.trim()).unwrap_or_else(|e| format!("error: {e}"));
            if got != expected.trim() {
                wrong.push(format!("{source}\n  gives {got}\n  not   {expected}"));
            }
        } else if let Some((source, expected)) = line.split_once(" !! ") {
            let got = run(source.trim()).map_or_else(|e| e, |value| format!("value {value}"));
            if !got.contains(expected.trim()) {
                wrong.push(format!("{source}\n  fails with {got}\n  not with   {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn operators_and_fields() {
    check(
        r#"
        1 + 2 * 3 - 4 / 2 % 3 => 5
        -(2) + - -3 => 1
        7 / -2 => -3
        -9223372036854775808 => -9223372036854775808
        0x1F + 1 => 32
        1u + 2u => 3
        1.5e1 + .5 => 15.5
        'a' + "b" + r'\n' + '''c''' => "ab\\nc"
        b'a' + b'\xff' => "Yf8="
        "\u00e9\t" => "é\t"
        1 < 2 && 2u >= 1 && 1.5 > 1 && 'a' < 'b' => true
        1 == 1 && [1, 2] == [1, 2] && {'a': 1} == {'a': 1} && null == null => true
        dyn(1) == 1.0 => true
        !true || !(false) => true
        true ? 1 : 2 => 1
        1 in [1, 2] && 'app' in object.metadata.labels && !(3 in [1]) => true
        object.spec.replicas + 1 => 4
        object.spec['replicas'] == object['spec'].replicas => true
        object.spec.ports[1].port => 443
        object.metadata.labels['tier/x'] => "front"
        object.metadata.namespace => "shop"
        has(object.spec.replicas) && !has(object.spec.none) && has(object.spec.nothing) => true
        object.spec.nothing == null => true
        size('héllo') + size([1]) + {'a': 1}.size() => 7
        {'a': [{'b': 1}, {'b': 2}]}.a[1].b => 2
        // a remark
        1 / 0 !! division by zero
        9223372036854775807 + 1 !! integer overflow
        object.spec.missing !! no such key: missing
        object.spec.names[9] !! index out of bounds: 9
        object.spec.missing == 1 || true => true
        false && object.spec.missing == 1 => false
        true && object.spec.missing == 1 !! no such key: missing
        object.spec.replicas + 'a' !! no such overload
        {'a': 1, 'a': 2} !! Failed with repeated key: a
        "#,
    );
}

#[test]
fn macros() {
    check(
        r#"
        object.spec.ports.all(p, p.port > 1) && object.spec.ports.exists(p, p.name == 'tls') => true
        object.spec.ports.exists_one(p, p.port > 100) => true
        object.spec.ports.map(p, p.port) => [80,443]
        object.spec.ports.map(p, p.port > 100, p.name) => ["tls"]
        object.spec.names.filter(n, n > 'a') => ["b","c"]
        object.metadata.labels.all(k, k.startsWith('a') || k.contains('/')) => true
        object.metadata.labels.map(k, object.metadata.labels[k]) => ["web","front"]
        [1, 2].map(x, [3, 4].map(y, x * y)) => [[3,4],[6,8]]
        [3, 4].all(i, v, v == i + 3) => true
        {'a': 1}.exists(k, v, k == 'a' && v == 1) => true
        [3, 4].transformList(i, v, i + v) => [3,5]
        {'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 2) => {"b":4}
        [3].transformMapEntry(i, v, {'x': v}) => {"x":3}
        [1, 2].existsOne(i, v, v > 1) => true
        [1, 'a', 2].exists(x, x == 2) !! expected type 'int' but found 'string'
        object.spec.names.all(n, n.missing) !! no such overload
        has(object) !! invalid argument to has() macro
        [1].all(1, true) !! argument must be a simple name
        "#,
    );
}

#[test]
fn optionals() {
    check(
        r#"
        object.?spec.?missing.orValue(5) => 5
        object.?spec.?replicas.orValue(5) => 3
        object.spec.?missing.hasValue() => false
        object.metadata.labels[?'app'].value() => "web"
        optional.of(1).optMap(x, x + 1).value() => 2
        optional.none().or(optional.of(3)).value() => 3
        optional.of(1).optFlatMap(x, optional.none()) => none
        [?optional.of(1), ?optional.none(), 2] => [1,2]
        {?'a': optional.none(), 'b': 1} => {"b":1}
        optional.ofNonZeroValue('') => none
        optional.none().value() !! optional.none() dereference
        [1, 2].first().value() + [1, 2].last().value() => 3
        "#,
    );
}

#[test]
fn texts_and_patterns() {
    check(
        r#"
        'hello'.startsWith('he') && 'hello'.endsWith('lo') && 'hello'.contains('ell') => true
        'hello'.matches('^h.*o$') && matches('x', '[a-z]') && !'abc'.matches('^b') => true
        'Hello'.lowerAscii() + 'a'.upperAscii() => "helloA"
        'a,b,c'.split(',') => ["a","b","c"]
        'a,b,c'.split(',', 2) => ["a","b,c"]
        'abc'.split('') => ["a","b","c"]
        ['a', 'b'].join('-') + ['c'].join() => "a-bc"
        'banana'.replace('a', 'o', 2) + 'aa'.replace('a', 'b') => "bononabb"
        'héllo'.indexOf('l') + 'hello'.lastIndexOf('l') + 'hello'.indexOf('l', 3) => 8
        'héllo'.substring(1, 3) + 'abc'.substring(2) + 'abc'.charAt(1) => "élcb"
        '  x '.trim() + 'abc' => "xabc"
        strings.quote('a"b') => "\"a\\\"b\""
        'abc 123 d4'.find('[0-9]+') => "123"
        'abc 123 d4'.findAll('[0-9]+') => ["123","4"]
        'abc 123 d4'.findAll('[0-9]+', 1) => ["123"]
        '%s is %d, %.2f, %x, %b, %e'.format(['a', 5, 1.0, 255, 5, 1234.5]) => "a is 5, 1.00, ff, 101, 1.234500e+03"
        '%s %s %s'.format([[1, 'a'], {'k': true}, duration('1h')]) => "[1, a] {k: true} 3600s"
        '%d'.format(['x']) !! %d clause cannot be used on string
        'abc'.substring(5) !! index out of range: 5
        'a'.matches('(') !! invalid matches argument
        string(1) + string(true) + string(1.5) + string(1e30) => "1true1.51e+30"
        int('12') + int(3.9) + int(4u) => 19
        double('1.5') + double(1) => 2.5
        bool('true') && type(1) == int && type('a') == string && type([]) != type({}) => true
        int('x') !! type conversion error from 'string' to 'int'
        "#,
    );
}

#[test]
fn libraries() {
    check(
        r#"
        [1, 2, 2].isSorted() && !['b', 'a'].isSorted() => true
        [1, 2, 3, 4].slice(1, 3) => [2,3]
        [1, 2].slice(2, 2) => []
        [1, 2].slice(-1, 1) !! cannot slice(-1, 1), negative indexes not supported
        [1, 2].slice(2, 1) !! cannot slice(2, 1), start index must be less than or equal to end index
        [1, 2].slice(0, 3) !! cannot slice(0, 3), list is length 2
        [[1, 2], [3], []].flatten() => [1,2,3]
        [[[1, 2], [3]], [[4]]].flatten(2) => [1,2,3,4]
        [[[[1]]]].flatten() => [[[1]]]
        [[1]].flatten(0) => [[1]]
        [[1]].flatten(-1) !! level must be non-negative
        [3, 1, 2].sort() => [1,2,3]
        object.spec.names.sort() => ["a","b","c"]
        [[1], [0]].sort() !! found no matching overload for 'sort'
        [dyn(1), dyn('a')].sort() !! list elements must have the same type
        dyn([{'a': 1}]).sort() !! list elements must be comparable
        object.spec.ports.sortBy(p, -p.port).map(p, p.name) => ["tls","http"]
        ['bb', 'a'].sortBy(x, x.size()) => ["a","bb"]
        [1].sortBy(x, [x]) !! found no matching overload
        [1, 2, 1, 3, 2].distinct() => [1,2,3]
        [1, 1.0, 'a'].distinct() !! expected type
        lists.range(3) => [0,1,2]
        lists.range(-1) => []
        lists.range(9223372036854775807) !! range of more than
        [1, 2, 3].reverse() => [3,2,1]
        'abc'.reverse() !! found no matching overload for 'reverse'
        [1, 2].sum() + [3, 1].min() + [3, 1].max() + [5, 6].indexOf(6) + [5, 5].lastIndexOf(5) => 9
        [].sum() => 0
        sets.contains([1, 2, 3], [1, 3]) && sets.equivalent([1, 2], [2, 1, 1]) && sets.intersects([1], [1, 2]) => true
        quantity('1Gi').isGreaterThan(quantity('500M')) && isQuantity('5m') && !isQuantity('x') => true
        quantity('1').add(quantity('500m')).compareTo(quantity('1500m')) => 0
        quantity('10').sub(3).asInteger() + quantity('-1').sign() => 6
        quantity('1.5').isInteger() => false
        ip('10.0.0.1').family() + ip('::1').family() => 10
        isIP('1.2.3.4') && !isIP('1.2.3') && ip.isCanonical('::1') && ip('127.0.0.1').isLoopback() => true
        cidr('10.0.0.0/8').containsIP('10.1.2.3') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1')) => true
        cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16') && string(cidr('10.1.2.3/8').masked()) == '10.0.0.0/8' => true
        cidr('10.0.0.0/8').prefixLength() => 8
        url('https://example.com:80/a/b?x=1&x=2').getHost() => "example.com:80"
        url('https://[::1]:80/a').getHostname() + url('https://e.com').getPort() => "::1"
        url('https://example.com/a?x=1&x=2').getQuery()['x'] => ["1","2"]
        isURL('https://a') && !isURL('a b') && url('http://x').getEscapedPath() == '' => true
        timestamp('2024-02-29T12:30:15Z') + duration('1h') == timestamp('2024-02-29T13:30:15Z') => true
        timestamp('2024-02-29T12:30:15Z').getDayOfYear() => 59
        timestamp('2024-02-29T23:30:00Z').getHours('+02:00') + timestamp('2024-02-29T12:00:00Z').getHours('Europe/Berlin') => 14
        duration('90m').getHours() + duration('1m30s').getSeconds() => 91
        string(duration('-1.5s')) => "-1.5s"
        timestamp('yesterday') !! type conversion error from 'string' to 'google.protobuf.Timestamp'
        semver('1.2.3').isLessThan(semver('1.10.0')) && semver('v1.2', true).minor() == 2 && !isSemver('1.2') => true
        semver('1.0.0-rc.1').isLessThan(semver('1.0.0')) => true
        format.dns1123Label().validate('ok') => none
        format.named('uuid').value().validate('x').hasValue() => true
        "#,
    );
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let told = |source: &str| run(source).unwrap_err();
    assert_eq!(
        told("object.x > foo"),
        "ERROR: <input>:1:12: undeclared reference to 'foo' (in container '')\n | object.x > foo\n | ...........^"
    );
    check(
        r"
        typed.spec.replicas > '1' !! ERROR: <input>:1:21: found no matching overload for '_>_' applied to '(int, string)'
        'got ' + typed.spec.replicas !! found no matching overload for '_+_' applied to '(string, int)'
        typed.spec.nofield !! undefined field 'nofield'
        typed.spec.replicas.x !! type 'int' does not support field selection
        typed.metadata.creationTimestamp < timestamp('2024-01-01T00:00:00Z') !! no such key
        typed.spec.template.spec.containers.all(c, c.image.startsWith(1)) !! found no matching overload for 'startsWith' applied to 'string.(int)'
        1.all(x, true) !! expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)
        nofunc(1) !! undeclared reference to 'nofunc' (in container '')
        true ? 1 : 'a' !! found no matching overload for '_?_:_' applied to '(bool, int, string)'
        1 && true !! found no matching overload for '_&&_' applied to '(int, bool)'
        Object{a: 1} !! undeclared reference to 'Object' (in container '')
        self = 42 !! Syntax error: token recognition error at: '= '
        1 + * 2 !! Syntax error: mismatched input '*' expecting {'[', '{', '('
        1 2 !! Syntax error: extraneous input '2' expecting <EOF>
        (1 !! Syntax error: mismatched input '<EOF>' expecting ')'
        object. !! Syntax error: mismatched input '<EOF>' expecting IDENTIFIER
        package !! Syntax error: reserved identifier: package
        'abc !! Syntax error: token recognition error at: ''abc'
        '\q' !! unable to unescape string
        ",
    );
}

#[test]
fn types_are_told() {
    let of = |source: &str| {
        let names = Names::default().with("x", Type::Dyn);
        Program::compile(source, &names).unwrap().gives().to_string()
    };
    for (source, expected) in [
        ("1", "int"),
        ("x", "dyn"),
        ("x + 1", "int"),
        ("x == 1", "bool"),
        ("[1, 2]", "list(int)"),
        ("{'a': 1.5}", "map(string, double)"),
        ("x.map(y, y.z == 1)", "list(bool)"),
        ("optional.of('a')", "optional_type(string)"),
        ("x.?a", "optional_type(dyn)"),
        ("quantity('1')", "kubernetes.Quantity"),
    ] {
        assert_eq!(of(source), expected, "{source}");
    }
}

#[test]
fn texts_are_read_as_their_type_says() {
    let of = Type::object(
        "o",
        [
            ("day".to_owned(), Type::Timestamp),
            ("span".to_owned(), Type::Duration),
            ("bytes".to_owned(), Type::Bytes),
            ("real".to_owned(), Type::Double),
        ],
    );
    let object = json!({"day": "2024-02-29", "span": "1h30m", "bytes": "AAE=", "real": 2});
    let rule = "o.day.getDayOfYear() == 59 && o.span.getMinutes() == 90 && size(o.bytes) == 2 && o.real / 4.0 == 0.5";
    let program = Program::compile(rule, &Names::default().with("o", of.clone())).unwrap();
    let given: &[_] = &[("o", Value::typed(&object, &of))];
    assert_eq!(program.is_true(&given, &mut Budget::new(1_000)), Ok(true));
}

#[test]
fn fields_of_a_variable_are_found_when_they_are_asked_for() {
    struct Lazy;
    impl<'a> Variables<'a> for Lazy {
        fn get(&self, _: &str) -> Option<Value<'a>> {
            None
        }
        fn field(&self, of: &str, name: &str, _: &mut Budget) -> Option<Result<Value<'a>, Fault>> {
            (of == "variables").then(|| match name {
                "good" => Ok(Value::Int(1)),
                other => Err(Fault::Error(format!("no {other}"))),
            })
        }
    }
    let fields = [("good".to_owned(), Type::Int), ("bad".to_owned(), Type::Bool)];
    let names = Names::default().with("variables", Type::object("variables", fields));
    let run = |source| Program::compile(source, &names).unwrap().run(&Lazy, &mut Budget::new(100));
    assert_eq!(run("variables.good + 1").unwrap().to_json(), json!(2));
    assert_eq!(run("variables.bad").unwrap_err(), Fault::Error("no bad".into()));
    assert!(Program::compile("variables.ugly", &names).is_err());
}
