use super::*;
use crate::{Mount, Resources, Security};

fn image() -> ImageConfig {
    ImageConfig {
        entrypoint: Some(vec!["/serve".into()]),
        cmd: Some(vec!["--quiet".into()]),
        env: Some(vec!["PATH=/bin".into(), "A=image".into(), "B=image".into()]),
        working_dir: Some("srv".into()),
        user: None,
    }
}

fn everything() -> Host {
    Host { capabilities: u64::MAX, open_files: 1_048_576, ..Host::default() }
}

fn spec() -> ContainerSpec {
    ContainerSpec {
        image: "web:1".into(),
        hostname: "web-0".into(),
        netns: Some("/run/netns/p".into()),
        group: "pod".into(),
        cgroup: "/dhow/n/p/c".into(),
        env: vec![("A".into(), "ours".into()), ("C".into(), "ours".into())],
        mounts: vec![
            Mount { source: "/b".into(), target: "/data/inner".into(), read_only: false },
            Mount { source: "/a".into(), target: "/data".into(), read_only: true },
        ],
        resources: Resources {
            cpu_shares: Some(1),
            cpu_quota: Some(50_000),
            memory_limit: Some(1 << 20),
            oom_score_adj: Some(-900),
        },
        ..ContainerSpec::default()
    }
}

fn make(spec: &ContainerSpec, host: &Host) -> Value {
    oci(spec, &image(), &User::default(), host).unwrap()
}

#[test]
fn the_whole_of_it_reads_as_written() {
    let made = serde_json::to_string_pretty(&make(&spec(), &everything())).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/spec/expected.json");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, made + "\n").unwrap();
    } else {
        assert_eq!(made.trim(), include_str!("expected.json").trim(), "BLESS=1 rewrites it");
    }
}

#[test]
fn it_is_an_oci_specification() {
    let made = make(&spec(), &everything());
    let typed: oci_spec::runtime::Spec = serde_json::from_value(made).unwrap();
    assert_eq!(typed.hostname().as_deref(), Some("web-0"));
    assert_eq!(typed.mounts().as_ref().unwrap().len(), 9);
}

#[test]
fn commands_follow_kubernetes_rules() {
    let args = |command: &[&str], args: &[&str]| {
        let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect();
        let spec = ContainerSpec { command: owned(command), args: owned(args), ..spec() };
        make(&spec, &everything())["process"]["args"].clone()
    };
    assert_eq!(args(&[], &[]), json!(["/serve", "--quiet"]));
    assert_eq!(args(&["sh"], &[]), json!(["sh"]));
    assert_eq!(args(&[], &["-v"]), json!(["/serve", "-v"]));
    assert_eq!(args(&["sh"], &["-c", "x"]), json!(["sh", "-c", "x"]));
    let nothing = oci(&spec(), &ImageConfig::default(), &User::default(), &everything());
    assert_eq!(
        nothing.unwrap_err().to_string(),
        "image web:1 says nothing to run: set the container's command"
    );
}

#[test]
fn what_the_host_refuses_is_not_asked_for() {
    assert_eq!(make(&spec(), &everything())["process"]["oomScoreAdj"], json!(-900));
    let meek = Host { capabilities: !SYS_RESOURCE, ..Host::default() };
    assert_eq!(make(&spec(), &meek)["process"]["oomScoreAdj"], Value::Null);
}

#[test]
fn root_is_refused_where_it_is_not_wanted() {
    let security = Security { run_as_non_root: true, ..Security::default() };
    let spec = ContainerSpec { security, ..spec() };
    let refused = oci(&spec, &image(), &User::default(), &everything()).unwrap_err();
    assert!(refused.to_string().contains("runAsNonRoot"), "{refused}");
    let user = User { uid: 7, ..User::default() };
    assert!(oci(&spec, &image(), &user, &everything()).is_ok());
}

#[test]
fn the_hosts_network_keeps_the_hosts_name_unless_one_is_given() {
    let spec = ContainerSpec { netns: None, hostname: String::new(), ..spec() };
    let made = make(&spec, &everything());
    let kinds: Vec<_> = made["linux"]["namespaces"].as_array().unwrap().iter().collect();
    assert_eq!(kinds, [&json!({"type": "pid"}), &json!({"type": "mount"}), &json!({"type": "ipc"})]);
    assert_eq!(made["hostname"], Value::Null);
}

#[test]
fn privileged_means_everything() {
    let security = Security { privileged: true, ..Security::default() };
    let device = Device { path: "/dev/fuse".into(), block: false, major: 10, minor: 229 };
    let host = Host { devices: vec![device], cgroup_v2: true, ..everything() };
    let made = make(&ContainerSpec { security, ..spec() }, &host);
    assert_eq!(made["linux"]["maskedPaths"], json!([]));
    assert_eq!(made["linux"]["devices"][0]["path"], json!("/dev/fuse"));
    assert_eq!(made["process"]["capabilities"]["bounding"].as_array().unwrap().len(), 41);
    assert!(made["linux"]["namespaces"].as_array().unwrap().contains(&json!({"type": "cgroup"})));
}

#[test]
fn the_nodes_and_anothers_processes_are_seen() {
    let kinds = |spec: &ContainerSpec| {
        let made = make(spec, &everything());
        let all = made["linux"]["namespaces"].as_array().unwrap().clone();
        all.iter()
            .map(|n| format!("{} {}", n["type"].as_str().unwrap(), n["path"].as_str().unwrap_or("-")))
            .collect::<Vec<_>>()
    };
    let node = ContainerSpec { processes: Processes::Node, host_ipc: true, netns: None, ..spec() };
    assert_eq!(kinds(&node), ["mount -", "uts -"]);
    let guest = ContainerSpec { processes: Processes::Of(7), ..spec() };
    assert_eq!(kinds(&guest)[..3], ["pid /proc/7/ns/pid", "mount -", "ipc -"]);
}
