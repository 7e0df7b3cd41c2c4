//! What is wrong with the questions a container is asked, and with its hooks.

use super::{at_least, one_of};
use crate::{IntOrString, Invalid, name};
use k8s_openapi::api::core::v1::{Container, HTTPGetAction, LifecycleHandler, Probe};

pub(super) fn valid_all(one: &Container, path: &str, invalid: &mut Invalid) {
    for (field, probe) in [
        ("livenessProbe", &one.liveness_probe),
        ("readinessProbe", &one.readiness_probe),
        ("startupProbe", &one.startup_probe),
    ] {
        let Some(probe) = probe else { continue };
        let path = format!("{path}.{field}");
        valid(probe, &path, invalid);
        if field != "readinessProbe" && probe.success_threshold.is_some_and(|n| n != 1) {
            invalid.value(format!("{path}.successThreshold"), probe.success_threshold, "must be 1");
        }
    }
    let Some(lifecycle) = &one.lifecycle else { return };
    for (field, hook) in [("postStart", &lifecycle.post_start), ("preStop", &lifecycle.pre_stop)] {
        if let Some(hook) = hook {
            valid_hook(hook, &format!("{path}.lifecycle.{field}"), invalid);
        }
    }
}

fn valid(probe: &Probe, path: &str, invalid: &mut Invalid) {
    let ways = [
        ("exec", probe.exec.is_some()),
        ("httpGet", probe.http_get.is_some()),
        ("tcpSocket", probe.tcp_socket.is_some()),
        ("grpc", probe.grpc.is_some()),
    ];
    one_way(&ways, path, invalid);
    if let Some(exec) = &probe.exec {
        command(exec.command.as_deref(), path, invalid);
    }
    if let Some(get) = &probe.http_get {
        http(get, path, invalid);
    }
    if let Some(tcp) = &probe.tcp_socket {
        port(&tcp.port, format!("{path}.tcpSocket.port"), invalid);
    }
    if let Some(grpc) = &probe.grpc {
        port(&IntOrString::Int(grpc.port), format!("{path}.grpc.port"), invalid);
    }
    at_least(0, probe.initial_delay_seconds, format!("{path}.initialDelaySeconds"), invalid);
    for (field, number) in [
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ] {
        at_least(1, number, format!("{path}.{field}"), invalid);
    }
    if let Some(seconds) = probe.termination_grace_period_seconds.filter(|s| *s <= 0) {
        invalid.value(format!("{path}.terminationGracePeriodSeconds"), seconds, "must be greater than 0");
    }
}

fn valid_hook(hook: &LifecycleHandler, path: &str, invalid: &mut Invalid) {
    let ways = [
        ("exec", hook.exec.is_some()),
        ("httpGet", hook.http_get.is_some()),
        ("tcpSocket", hook.tcp_socket.is_some()),
        ("sleep", hook.sleep.is_some()),
    ];
    one_way(&ways, path, invalid);
    if let Some(exec) = &hook.exec {
        command(exec.command.as_deref(), path, invalid);
    }
    if let Some(get) = &hook.http_get {
        http(get, path, invalid);
    }
}

fn one_way(ways: &[(&str, bool)], path: &str, invalid: &mut Invalid) {
    let mut set = ways.iter().filter(|(_, set)| *set);
    if set.next().is_none() {
        invalid.required(path, "must specify a handler type");
    }
    for (field, _) in set {
        invalid.forbidden(format!("{path}.{field}"), "may not specify more than 1 handler type");
    }
}

fn command(command: Option<&[String]>, path: &str, invalid: &mut Invalid) {
    if command.is_none_or(<[String]>::is_empty) {
        invalid.required(format!("{path}.exec.command"), "");
    }
}

fn http(get: &HTTPGetAction, path: &str, invalid: &mut Invalid) {
    let path = format!("{path}.httpGet");
    if get.path.as_deref().unwrap_or_default().is_empty() {
        invalid.required(format!("{path}.path"), "");
    }
    port(&get.port, format!("{path}.port"), invalid);
    one_of(get.scheme.as_deref(), &["HTTP", "HTTPS"], format!("{path}.scheme"), invalid);
}

/// A port by its number, or by the name one of the container's ports has.
fn port(port: &IntOrString, field: String, invalid: &mut Invalid) {
    match port {
        IntOrString::Int(number) => {
            if let Some(why) = name::port_number(*number) {
                invalid.value(field, number, why);
            }
        }
        IntOrString::String(text) => {
            if let Some(why) = name::port(text) {
                invalid.value(field, text, &why);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn check(container: Value, expected: &[&str]) {
        let mut invalid = Invalid::default();
        valid_all(&serde_json::from_value(container).unwrap(), "c", &mut invalid);
        assert_eq!(invalid.lines(), expected);
    }

    #[test]
    fn each_finding_names_its_field() {
        check(
            json!({"name": "a", "livenessProbe": {}}),
            &["c.livenessProbe: Required value: must specify a handler type"],
        );
        let both = json!({"exec": {"command": ["a"]}, "tcpSocket": {"port": "http"}});
        check(
            json!({"name": "a", "readinessProbe": both}),
            &["c.readinessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"],
        );
        let odd = json!({"httpGet": {"path": "/", "port": 0, "scheme": "FTP"}, "periodSeconds": -1, "successThreshold": 2});
        check(
            json!({"name": "a", "livenessProbe": odd}),
            &[
                "c.livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, inclusive",
                "c.livenessProbe.httpGet.scheme: Unsupported value: \"FTP\": supported values: \"HTTP\", \"HTTPS\"",
                "c.livenessProbe.periodSeconds: Invalid value: -1: must be greater than 0",
                "c.livenessProbe.successThreshold: Invalid value: 2: must be 1",
            ],
        );
        check(
            json!({"name": "a", "lifecycle": {"preStop": {"exec": {}}}}),
            &["c.lifecycle.preStop.exec.command: Required value"],
        );
    }
}
