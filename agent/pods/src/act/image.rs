//! Having a container's image.

use super::{Failure, starting::Job};
use crate::{credentials::credentials, events::Weight, run::Shared};
use agent_runtime::{Credentials, Image, Progress};
use agent_volumes::Lookup;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;

/// A pull that takes longer says how far it is.
const LONG: Duration = Duration::from_secs(2);

impl Shared {
    /// The container's image, fetched if its policy says so.
    pub(super) async fn image(&self, job: &Job) -> Result<Image, Failure> {
        let (pod, name) = (&*job.pod, job.container.name.as_str());
        let image = job.container.image.as_deref().unwrap_or_default();
        let note = |weight, reason: &str, message: &str| {
            self.recorder.note(pod, Some(name), weight, reason, message);
        };
        let default = if latest(image) { "Always" } else { "IfNotPresent" };
        let policy = job.container.image_pull_policy.as_deref().unwrap_or(default);
        if policy != "Always" {
            let present = self.runtime.image(image).await.map_err(|e| Failure::new("ErrImagePull", &e))?;
            if let Some(present) = present {
                note(
                    Weight::Normal,
                    "Pulled",
                    &format!("Container image {image:?} already present on machine"),
                );
                return Ok(present);
            }
        }
        if policy == "Never" {
            let why = format!("Container image {image:?} is not present with pull policy of Never");
            note(Weight::Warning, "ErrImageNeverPull", &why);
            note(Weight::Warning, "Failed", "Error: ErrImageNeverPull");
            return Err(Failure::new("ErrImageNeverPull", &why));
        }
        note(Weight::Normal, "Pulling", &format!("Pulling image {image:?}"));
        let began = Instant::now();
        let credentials = self.credentials(job, image).await;
        match self.runtime.pull(image, credentials.as_ref(), progress(job, image, began)).await {
            Ok(pulled) => {
                let took = span(began.elapsed());
                let message = format!(
                    "Successfully pulled image {image:?} in {took} ({took} including waiting). Image size: {} bytes.",
                    pulled.size
                );
                note(Weight::Normal, "Pulled", &message);
                Ok(pulled)
            }
            Err(error) => {
                note(Weight::Warning, "Failed", &format!("Failed to pull image {image:?}: {error}"));
                note(Weight::Warning, "Failed", "Error: ErrImagePull");
                Err(Failure::new("ErrImagePull", &error))
            }
        }
    }

    async fn credentials(&self, job: &Job, image: &str) -> Option<Credentials> {
        let namespace = job.pod.metadata.namespace.as_deref().unwrap_or_default();
        let mut secrets = Vec::new();
        for reference in job.pod.spec.iter().flat_map(|s| s.image_pull_secrets.iter().flatten()) {
            if let Ok(Some(secret)) = self.secret(namespace, &reference.name).await {
                secrets.push(secret);
            } else {
                let why = format!(
                    "Unable to retrieve some image pull secrets ({}); attempting to pull the image may not succeed.",
                    reference.name
                );
                self.recorder.note(&job.pod, None, Weight::Warning, "FailedToRetrieveImagePullSecret", &why);
            }
        }
        credentials(image, secrets.iter().map(|s| &**s))
    }
}

/// Whether the newest image is meant.
fn latest(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or_default();
    !image.contains('@') && last.split_once(':').is_none_or(|(_, tag)| tag == "latest")
}

/// Tells every further tenth of a pull that takes long.
fn progress(job: &Job, image: &str, began: Instant) -> agent_runtime::OnProgress {
    let (tell, image, told) = (Arc::clone(&job.progress), image.to_owned(), AtomicU64::new(0));
    Box::new(move |Progress { total, done }| {
        let percent = (done.saturating_mul(100)).checked_div(total).unwrap_or(0).min(100);
        if began.elapsed() >= LONG && percent / 10 > told.load(Ordering::Relaxed) / 10 {
            told.store(percent, Ordering::Relaxed);
            tell(format!("Pulling image {image:?}: {percent}% of {} MB", total / 1_000_000));
        }
    })
}

/// A span as Go prints it: `845ms`, `1.5s`, `1m2.5s`.
fn span(span: Duration) -> String {
    let millis = span.as_millis();
    let seconds = |millis: u128| {
        let text = format!("{}.{:03}", millis / 1000, millis % 1000);
        format!("{}s", text.trim_end_matches('0').trim_end_matches('.'))
    };
    match millis {
        0..1000 => format!("{millis}ms"),
        1000..60_000 => seconds(millis),
        _ => format!("{}m{}", millis / 60_000, seconds(millis % 60_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_print_as_go_prints_them() {
        for (millis, expected) in [(845, "845ms"), (1500, "1.5s"), (2000, "2s"), (62_500, "1m2.5s")] {
            assert_eq!(span(Duration::from_millis(millis)), expected);
        }
    }

    #[test]
    fn the_newest_is_meant_without_a_tag() {
        for (image, expected) in
            [("a", true), ("a:latest", true), ("a:1", false), ("h:5000/a", true), ("a@sha256:1", false)]
        {
            assert_eq!(latest(image), expected, "{image}");
        }
    }
}
