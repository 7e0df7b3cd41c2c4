//! Jobs from their beginning to their end.

use super::stage::Stage;
use serde_json::{Value, json};
use shared_api::{
    Key, Object, Propagation,
    batch::{Job, JobStatus},
    core::Pod,
};
use shared_client::World;

fn job(name: &str, policy: &str, more: &Value) -> Job {
    let containers = json!([{"name": "app", "image": "busybox"}]);
    let mut spec = more.clone();
    spec["template"] = json!({"spec": {"restartPolicy": policy, "containers": containers}});
    let metadata = json!({"name": name, "namespace": "default"});
    let job = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec});
    let job = Object::from_value(&job).and_then(|job| job.to_kind::<Job>());
    (*job.expect("a job decodes")).clone()
}

fn status(world: &World, name: &str) -> JobStatus {
    world.named::<Job>("default", name).and_then(|job| job.status.clone()).unwrap_or_default()
}

fn says(status: &JobStatus, condition: &str) -> bool {
    status.conditions.iter().flatten().any(|c| c.type_ == condition && c.status == "True")
}

#[tokio::test]
async fn a_job_runs_to_its_end() {
    let stage = Stage::set().await;
    let spec = json!({"completionMode": "Indexed", "completions": 5, "parallelism": 2});
    stage.create(&job("rows", "Never", &spec)).await;
    stage.until("the job is over", |w| says(&status(w, "rows"), "Complete")).await;
    stage
        .until("every index was done once and counted", |w| {
            let status = status(w, "rows");
            let counts = (status.succeeded, status.completed_indexes.as_deref(), status.active);
            counts == (Some(5), Some("0-4"), None) && w.list::<Pod>().count() == 5
        })
        .await;
    assert!(stage.pods().iter().all(|pod| pod.metadata.finalizers.is_none()), "nothing keeps its pods");
    stage.delete(&Key::of::<Job>("default", "rows"), Some(Propagation::Background)).await;
    stage.until("nothing of it is left", |w| w.list::<Pod>().count() == 0).await;
}

#[tokio::test]
async fn a_job_waits_and_goes_on_and_goes() {
    let stage = Stage::set().await;
    let spec = json!({"parallelism": 3, "suspend": true});
    stage.create(&job("long", "OnFailure", &spec)).await;
    stage.until("it says that it waits", |w| says(&status(w, "long"), "Suspended")).await;
    assert_eq!(stage.pods(), []);
    let suspend = |wanted: bool| move |job: &mut Job| job.spec.get_or_insert_default().suspend = Some(wanted);
    stage.change::<Job>("long", suspend(false)).await;
    stage.until("its pods work", |w| status(w, "long").ready == Some(3)).await;
    stage.change::<Job>("long", suspend(true)).await;
    stage
        .until("its pods are gone, and count for nothing", |w| {
            let status = status(w, "long");
            w.list::<Pod>().count() == 0 && status.active.is_none() && status.failed.is_none()
        })
        .await;
    stage.change::<Job>("long", suspend(false)).await;
    stage.until("its pods work again", |w| status(w, "long").ready == Some(3)).await;
    stage.delete(&Key::of::<Job>("default", "long"), Some(Propagation::Foreground)).await;
    stage.until("nothing of it is left", |w| w.list::<Pod>().count() + w.list::<Job>().count() == 0).await;
}
