//! What the end-to-end tests say: commands on the demo's running cluster, and waiting for facts. They
//! use the program and kubectl as a person does, and know the inside of nothing.

pub mod measure;
pub mod transcript;

use serde_json::Value;
use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

/// The nodes of the demo and their addresses.
pub const NODES: [(&str, &str); 3] = [("n1", "10.89.0.11"), ("n2", "10.89.0.12"), ("n3", "10.89.0.13")];

/// What a command said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// Exit status; -1 when a signal ended it.
    pub code: i32,
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self {
            out: text(&output.stdout),
            err: text(&output.stderr),
            code: output.status.code().unwrap_or(-1),
        }
    }

    /// Standard output, provided that it went well.
    pub fn ok(self) -> String {
        assert_eq!(self.code, 0, "exit status; it said:\n{}{}", self.out, self.err);
        self.out
    }
}

fn variable(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run these tests with demo/test --only e2e"))
}

/// The demo's directory.
pub fn demo() -> PathBuf {
    variable("DHOW_DEMO").into()
}

/// The program.
pub fn dhow() -> String {
    variable("DHOW")
}

/// The demo's kubeconfig.
pub fn kubeconfig() -> PathBuf {
    demo().join("run/kubeconfig")
}

/// Runs a program to its end.
pub fn run(program: &str, words: &[&str]) -> Said {
    with_input(program, words, "")
}

/// Runs a program to its end, giving it `input`.
pub fn with_input(program: &str, words: &[&str], input: &str) -> Said {
    run_with(program, words, input, &[("KUBECONFIG", kubeconfig().display().to_string())])
}

/// The same with these variables.
fn run_with(program: &str, words: &[&str], input: &str, variables: &[(&str, String)]) -> Said {
    let mut child = Command::new(program)
        .args(words)
        .envs(variables.iter().map(|(name, value)| (name, value)))
        // What kubectl remembers of another cluster at this address is not this one's.
        .env("KUBECACHEDIR", demo().join("run/kubectl-cache"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{program} starts: {e}"));
    // A program that does not read its input is free not to.
    let _ = child.stdin.take().map(|mut pipe| pipe.write_all(input.as_bytes()));
    Said::of(&child.wait_with_output().expect("it ends"))
}

/// `dhow --batch …`, a line split at spaces.
pub fn batch(line: &str) -> Said {
    let words: Vec<_> = ["--batch"].into_iter().chain(line.split(' ')).collect();
    run(&dhow(), &words)
}

/// `dhow --batch apply -f -`.
pub fn apply(manifest: &str) -> Said {
    with_input(&dhow(), &["--batch", "apply", "-f", "-"], manifest)
}

/// Unmodified kubectl, a line split at spaces.
pub fn kubectl(line: &str) -> Said {
    let words: Vec<_> = line.split(' ').collect();
    run(&variable("DHOW_KUBECTL"), &words)
}

/// Unmodified kubectl with input.
pub fn kubectl_with(line: &str, input: &str) -> Said {
    let words: Vec<_> = line.split(' ').collect();
    with_input(&variable("DHOW_KUBECTL"), &words, input)
}

/// A shell line on this machine.
pub fn sh(line: &str) -> Said {
    run("bash", &["-c", line])
}

/// An object as JSON.
pub fn object(what: &str) -> Value {
    let text = batch(&format!("get {what} -o json")).ok();
    serde_json::from_str(&text).expect("JSON")
}

/// Waits until `fact` is told, at most so many seconds; says what was awaited when it is not.
pub fn until<T>(seconds: u64, what: &str, mut fact: impl FnMut() -> Option<T>) -> T {
    let found = again(Duration::from_secs(seconds), || fact().ok_or(()));
    found.unwrap_or_else(|()| panic!("{what} did not happen within {seconds} s"))
}

/// Tries until it goes well, or says what went wrong last.
fn again<T, E>(patience: Duration, mut attempt: impl FnMut() -> Result<T, E>) -> Result<T, E> {
    let end = Instant::now() + patience;
    loop {
        match attempt() {
            Err(_) if Instant::now() < end => std::thread::sleep(Duration::from_millis(50)),
            last => return last,
        }
    }
}

/// What an address answers to GET within two seconds.
pub fn get(url: &str) -> Option<String> {
    let said = run("curl", &["-fsS", "--max-time", "2", url]);
    (said.code == 0).then_some(said.out)
}

/// The process ids of a pod's containers, as the node's containerd has them.
pub fn pids(namespace: &str, selector: &str) -> Vec<String> {
    let pods = object(&format!("pods -n {namespace} -l {selector}"));
    let mut found = Vec::new();
    for pod in pods["items"].as_array().expect("items") {
        let node = pod["spec"]["nodeName"].as_str().expect("bound");
        for status in pod["status"]["containerStatuses"].as_array().into_iter().flatten() {
            let id = status["containerID"]
                .as_str()
                .unwrap_or_default()
                .trim_start_matches("containerd://")
                .to_owned();
            found.push(pid_of(node, &id));
        }
    }
    found.sort();
    found
}

/// The process id of one container.
pub fn pid_of(node: &str, id: &str) -> String {
    let tasks = on(node, "ctr -n dhow tasks ls").ok();
    let line = tasks
        .lines()
        .find(|l| l.starts_with(id))
        .unwrap_or_else(|| panic!("{id} is no task on {node}:\n{tasks}"));
    line.split_whitespace().nth(1).expect("a pid").to_owned()
}

/// A shell line on a node.
pub fn on(node: &str, line: &str) -> Said {
    let pid = std::fs::read_to_string(demo().join("run/pid").join(node)).expect("the node runs");
    run("nsenter", &["--target", pid.trim(), "--net", "--mount", "--wd=/", "bash", "-c", line])
}

/// Kills a supervised daemon of the demo; its supervisor starts it again. Says which process it was.
pub fn kill(daemon: &str) -> String {
    let pid =
        std::fs::read_to_string(demo().join("run/pid").join(format!("{daemon}.child"))).expect("it runs");
    sh(&format!("kill -KILL {}", pid.trim())).ok();
    pid.trim().to_owned()
}
