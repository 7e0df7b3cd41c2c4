"""Reads the two crates the table is made from: k8s-pb (messages: field numbers, wire types, markers) and
k8s-openapi (JSON names, descriptions, required fields)."""

import json
import os
import pathlib
import re
import subprocess
import tempfile


CRATES = {"k8s-pb": "0.9.0", "k8s-openapi": "0.29.0"}


def fetch():
    """Has cargo bring the sources; nothing is built."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = "".join(f'{name} = "={version}"\n' for name, version in CRATES.items())
        package = '[package]\nname = "sources"\nedition = "2024"\n[dependencies]\n'
        pathlib.Path(folder, "Cargo.toml").write_text(package + wanted)
        pathlib.Path(folder, "src").mkdir()
        pathlib.Path(folder, "src/lib.rs").touch()
        subprocess.run(["cargo", "fetch", "--quiet", "--manifest-path", f"{folder}/Cargo.toml"], check=True)


def crate(name):
    """Where cargo keeps the source of a crate."""
    home = pathlib.Path(os.environ.get("CARGO_HOME", pathlib.Path.home() / ".cargo"))
    place = f"*/{name}-{CRATES[name]}/src"
    if not list((home / "registry/src").glob(place)):
        fetch()
    return next((home / "registry/src").glob(place))


class Message:
    """A message of k8s-pb."""

    def __init__(self, package, name, doc):
        self.package, self.name, self.doc, self.fields = package, name, doc, []


class Member:
    """A field of a message."""

    def __init__(self, name, number, repeated, wire, target, doc):
        self.name, self.number, self.repeated, self.wire, self.target, self.doc = name, number, repeated, wire, target, doc

    def marker(self, name):
        """Values of the `+name=value` lines of the field's comment."""
        return re.findall(rf"^\+(?:k8s:)?{name}=(.*)$", "\n".join(self.doc), re.M)

    def marked(self, name):
        """Whether there is a `+name` line."""
        return any(line.strip() in (f"+{name}", f"+k8s:{name}") for line in self.doc)


def resolve(package, path):
    """The message a Rust path means, seen from a package."""
    at = list(package)
    parts = path.split("::")
    while parts[0] == "super":
        at.pop()
        parts.pop(0)
    return (tuple(at) + tuple(parts[:-1]), parts[-1])


def joined(match):
    """A field whose type runs over several lines, on one."""
    inside = " ".join(match[3].split()).rstrip(",")
    return f"    pub {match[1]}: {match[2]}<{inside}>,"


def messages():
    """Every message of k8s-pb, by package and name."""
    root = crate("k8s-pb")
    found = {}
    for file in sorted(root.rglob("mod.rs")):
        package = file.parent.relative_to(root).parts
        doc, current, attribute = [], None, None
        source = re.sub(r"^    pub ((?:r#)?\w+): (.*)<\n((?:        .*\n)+)    >,$", joined, re.sub(r"^(    pub \S+:)\n +", r"\1 ", file.read_text(), flags=re.M), flags=re.M)
        for line in source.splitlines():
            text = line.strip()
            if text.startswith("///"):
                doc.append(text[3:].removeprefix(" "))
            elif match := re.match(r"pub struct (\w+) *\{", text):
                current = Message(package, match[1], doc)
                found[(package, match[1])] = current
                doc = []
                if text.endswith("}"):
                    current = None
            elif match := re.match(r"#\[prost\((.*)\)\]", text):
                attribute = match[1]
            elif current and (match := re.match(r"pub (?:r#)?(\w+): (.*),$", text)):
                current.fields.append(member(package, match[1].rstrip("_"), attribute, match[2], doc))
                doc = []
            elif text == "}":
                current = None
            elif text.startswith("pub mod"):
                doc = []
    return found


def member(package, name, attribute, rust, doc):
    number = int(re.search(r'tag = "(\d+)"', attribute)[1])
    target = None
    if match := re.match(r'btree_map = "string, (\w+)"', attribute):
        wire, repeated = match[1], "map"
    else:
        wire = attribute.split(",")[0].split(" ")[0]
        repeated = "list" if "repeated" in attribute else ""
    if wire == "message":
        inner = re.findall(r"((?:\w+::)*\w+)>", rust.replace("::prost::alloc::string::String, ", ""))[0]
        target = resolve(package, re.sub(r"^.*::alloc::boxed::Box<", "", inner))
    return Member(name, number, repeated, wire, target, doc)


class Definition:
    """A type of k8s-openapi: what JSON sees."""

    def __init__(self, name, description):
        self.name, self.description, self.fields, self.required = name, description, {}, set()


def definitions():
    """Every type of k8s-openapi, by its OpenAPI name."""
    root = crate("k8s-openapi") / "v1_35"
    found = {}
    for file in sorted(root.rglob("*.rs")):
        text = file.read_text()
        head = re.search(r"// Generated from definition (\S+)", text)
        schema = text.partition("fn json_schema")[2]
        if not head or not schema:
            continue
        described = re.search(r'^            "description": ("(?:[^"\\]|\\.)*")', schema, re.M)
        definition = Definition(head[1], json.loads(described[1]) if described else "")
        for name, block in re.findall(r'^                "([^"]+)": (.*?)(?=^                "|^            \})', schema, re.M | re.S):
            said = re.search(r'^                    "description": ("(?:[^"\\]|\\.)*")', block, re.M)
            said = said or re.search(r'insert\("description"\.into\(\), ("(?:[^"\\]|\\.)*")', block)
            definition.fields[name] = json.loads(said[1]) if said else ""
        if match := re.search(r'^            "required": \[(.*?)\]', schema, re.M | re.S):
            definition.required = set(re.findall(r'"([^"]+)"', match[1]))
        found[definition.name] = definition
    return found
