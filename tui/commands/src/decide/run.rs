//! `run`: a pod of an image, or the cron job that an older kubectl made with --schedule.

use super::make;
use crate::{Error, action::Run};
use serde_json::{Value, json};

/// What is made, in order: the pod or the cron job, then a service for it.
pub(crate) fn objects(asked: &Run) -> Result<Vec<Value>, Error> {
    let labels = match &asked.labels[..] {
        [] => json!({"run": asked.name}),
        words => Value::Object(make::pairs("--labels", words)?),
    };
    let mut container = json!({"name": asked.name, "image": asked.image});
    if !asked.words.is_empty() {
        container[if asked.command { "command" } else { "args" }] = json!(asked.words);
    }
    if let Some(port) = asked.port {
        container["ports"] = json!([{"containerPort": port}]);
    }
    if !asked.env.is_empty() {
        let pairs = asked.env.iter().map(|word| match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(json!({"name": name, "value": value})),
            _ => Err(Error::Usage(format!("--env {word:?}: expected NAME=VALUE"))),
        });
        container["env"] = Value::Array(pairs.collect::<Result<_, _>>()?);
    }
    if let Some(when) = &asked.image_pull_policy {
        container["imagePullPolicy"] = json!(when);
    }
    for (flag, field) in [(asked.speech.stdin, "stdin"), (asked.speech.tty, "tty")] {
        if flag {
            container[field] = json!(true);
        }
    }
    if asked.speech.stdin {
        container["stdinOnce"] = json!(true);
    }
    let spec = json!({"containers": [container], "restartPolicy": asked.restart});
    let mut made = if let Some(schedule) = &asked.schedule {
        make::cron_job(&asked.name, schedule, &spec)
    } else {
        let mut pod = make::plain("v1", "Pod", &asked.name);
        pod["spec"] = spec;
        pod
    };
    made["metadata"]["labels"] = labels.clone();
    let mut all = vec![made];
    if let (true, Some(port)) = (asked.expose, asked.port) {
        let mut service = make::plain("v1", "Service", &asked.name);
        service["spec"] =
            json!({"selector": labels, "ports": [{"port": port, "targetPort": port, "protocol": "TCP"}]});
        all.push(service);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Action, grammar};

    fn made(line: &str) -> Result<Vec<Value>, Error> {
        let Action::Run(run) = grammar::parse_line(line)? else { panic!("{line} runs") };
        objects(&run)
    }

    #[test]
    fn an_image_runs_as_a_pod() {
        let pod = &made("run web --image=nginx --port=8080 --env=A=1 -- sh -c date").unwrap()[0];
        assert_eq!(pod["metadata"], json!({"name": "web", "labels": {"run": "web"}}));
        assert_eq!(
            pod["spec"]["containers"][0],
            json!({
                "name": "web", "image": "nginx", "args": ["sh", "-c", "date"],
                "ports": [{"containerPort": 8080}], "env": [{"name": "A", "value": "1"}],
            })
        );
        let words = "run hello --schedule='*/1 * * * *' --restart=OnFailure --image=busybox -- date";
        let job = &made(words).unwrap()[0];
        assert_eq!((&job["kind"], &job["spec"]["schedule"]), (&json!("CronJob"), &json!("*/1 * * * *")));
        assert_eq!(made("run web --image=nginx --port=80 --expose").unwrap()[1]["kind"], "Service");
        assert!(made("run web --image=nginx --expose").is_err());
        assert!(made("run web --image=nginx --env=A").is_err());
    }
}
