//! What people and tools type, played against the running cluster: kubectl's verbs, the reference notes'
//! commands, a chart's life with helm.

use demo_e2e::{demo, transcript};

#[test]
fn kubectl_does_all_it_can() {
    transcript::play("verbs");
}

#[test]
fn the_commands_of_the_reference_notes() {
    transcript::play("seeds");
}

#[test]
fn the_commands_of_the_reference_notes_as_our_own() {
    transcript::play("ours");
}

#[test]
fn the_manifests_of_the_reference_notes() {
    transcript::play("manifests");
}

#[test]
fn a_chart_lives_and_dies_with_helm() {
    transcript::play("helm");
}

/// Every line of the notes is in the transcript; what stands in angle brackets there is a name here.
#[test]
fn no_command_of_the_notes_is_left_out() {
    let read = |path: &str| std::fs::read_to_string(demo().join(path)).expect(path);
    for transcript in ["seeds", "ours"] {
        let played = transcript::commands(&read(&format!("e2e/transcripts/{transcript}.txt"))).join("\n");
        // Ours are played in a namespace of their own.
        let played = played.replace("namespace=ours", "namespace=default");
        let missing: Vec<_> = read("manifests/commands.txt")
            .lines()
            .filter(|line| line.starts_with("kubectl ") && !plays(&played, line))
            .map(str::to_owned)
            .collect();
        assert!(missing.is_empty(), "not in the transcript {transcript}:\n{}", missing.join("\n"));
    }
}

/// Whether some command has the fixed words of `line`, in this order.
fn plays(played: &str, line: &str) -> bool {
    let words = |word: &str| word.split(['<', '>']).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let fixed: Vec<String> = line.split(' ').filter(|w| !names_something(w)).flat_map(words).collect();
    played.lines().any(|command| {
        let mut rest = command;
        fixed.iter().all(|word| match rest.find(word.as_str()) {
            Some(at) => {
                rest = &rest[at + word.len()..];
                true
            }
            None => false,
        })
    })
}

/// Names, files and ports that the notes chose, and other tests choose otherwise.
fn names_something(word: &str) -> bool {
    matches!(word, "5000" | "6000" | "8888:5000" | ":5000" | "0:5000" | "6379:6379" | "bash" | "SECRET")
        || word.starts_with("config")
}

#[test]
fn the_python_client_feels_at_home() {
    let suite = demo().join("e2e/clients/suite.py");
    let path = std::path::PathBuf::from(std::env::var("DHOW_KUBECTL").expect("set by demo/test"));
    let packages = path.with_file_name("python");
    let said = demo_e2e::sh(&format!("PYTHONPATH={} python3 {}", packages.display(), suite.display()));
    assert!(said.clone().ok().ends_with("all well\n"), "{said:?}");
}
