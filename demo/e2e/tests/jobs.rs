//! Work that ends, work by the clock, and as many replicas as the load asks for.

use demo_e2e::{apply, batch, kubectl, object, until};

const INDEXED: &str = "{apiVersion: batch/v1, kind: Job, metadata: {name: rows}, spec: {completions: 3, parallelism: 2, \
                       completionMode: Indexed, template: {spec: {restartPolicy: Never, containers: [{name: a, image: \
                       busybox, command: [sh, -c, 'echo row $JOB_COMPLETION_INDEX']}]}}}}";

const FAILING: &str = "{apiVersion: batch/v1, kind: Job, metadata: {name: hopeless}, spec: {backoffLimit: 0, template: \
                       {spec: {restartPolicy: Never, containers: [{name: a, image: busybox, command: [sh, -c, 'exit 3']}]}}}}";

/// Its pods ask for little and do as much as they may.
const BUSY: &str = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: busy}, spec: {selector: {matchLabels: {app: \
                    busy}}, template: {metadata: {labels: {app: busy}}, spec: {terminationGracePeriodSeconds: 0, containers: \
                    [{name: a, image: busybox, command: [sh, -c, 'while :; do :; done'], resources: {requests: {cpu: 10m}, \
                    limits: {cpu: 50m}}}]}}}}";

#[test]
fn a_job_runs_to_its_end() {
    kubectl("delete job hello rows hopeless --ignore-not-found").ok();
    kubectl("create job hello --image=busybox -- echo done").ok();
    kubectl("wait --for=condition=complete job/hello --timeout=60s").ok();
    assert_eq!(kubectl("logs job/hello").ok(), "done\n");
    apply(INDEXED).ok();
    kubectl("wait --for=condition=complete job/rows --timeout=60s").ok();
    assert_eq!(object("job rows")["status"]["completedIndexes"], "0-2");
    let rows = kubectl("logs -l job-name=rows").ok();
    let mut rows: Vec<_> = rows.lines().collect();
    rows.sort_unstable();
    assert_eq!(rows, ["row 0", "row 1", "row 2"]);
    apply(FAILING).ok();
    kubectl("wait --for=condition=failed job/hopeless --timeout=60s").ok();
    let why = batch("why job/hopeless").ok();
    assert!(why.starts_with("Job hopeless has failed: BackoffLimitExceeded: "), "{why}");
    // Nothing keeps the pods of a job that is gone.
    kubectl("delete job hello rows hopeless").ok();
    until(30, "the end of its pods", || batch("get pods -l job-name -o name").ok().is_empty().then_some(()));
}

#[test]
fn a_cron_job_makes_jobs_by_the_clock_and_by_hand() {
    kubectl("delete cronjob tick --ignore-not-found").ok();
    let cron = ["create", "cronjob", "tick", "--image=busybox", "--schedule=@every 2s", "--", "date"];
    demo_e2e::run(&demo_e2e::dhow(), &[&["--batch"], &cron[..]].concat()).ok();
    let made = until(30, "a job by the clock", || {
        object("jobs")["items"].as_array()?.iter().find_map(|job| {
            let name = job["metadata"]["name"].as_str()?;
            name.starts_with("tick-").then(|| name.to_owned())
        })
    });
    kubectl(&format!("wait --for=condition=complete job/{made} --timeout=60s")).ok();
    until(10, "the success told", || object("cronjob tick")["status"].get("lastSuccessfulTime").map(|_| ()));
    kubectl("patch cronjob tick -p {\"spec\":{\"suspend\":true}}").ok();
    assert!(batch("why cronjob/tick").ok().starts_with("CronJob tick is suspended; it last ran "));
    kubectl("create job tick-by-hand --from=cronjob/tick").ok();
    kubectl("wait --for=condition=complete job/tick-by-hand --timeout=60s").ok();
    kubectl("delete cronjob tick").ok();
    until(30, "the end of its jobs", || batch("get jobs -o name").ok().is_empty().then_some(()));
}

#[test]
fn replicas_follow_the_load() {
    kubectl("delete deployment,hpa busy --ignore-not-found").ok();
    apply(BUSY).ok();
    kubectl("autoscale deployment busy --min=1 --max=3 --cpu=100%").ok();
    // Nodes say what is used every few seconds, and what a pod uses while it starts counts for nothing.
    until(120, "more replicas", || {
        (object("deployment busy")["spec"]["replicas"].as_i64()? > 1).then_some(())
    });
    let told = kubectl("get events --field-selector reason=SuccessfulRescale").ok();
    assert!(told.contains("cpu resource utilization (percentage of request) above target"), "{told}");
    assert!(batch("why hpa/busy").ok().starts_with("HorizontalPodAutoscaler busy is "));
    kubectl("delete deployment,hpa busy").ok();
}
