//! containerd's content store: blobs by digest.

use super::{
    Inner,
    client::{found, made},
    lease::Lease,
};
use crate::{Error, Result};
use containerd_client::services::v1::{
    AbortRequest, Info, InfoRequest, ReadContentRequest, UpdateRequest, WriteAction, WriteContentRequest,
    WriteContentResponse,
};
use prost_types::FieldMask;
use std::collections::HashMap;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

pub(super) type Labels = HashMap<String, String>;

/// Manifests and configurations are read whole; anything larger is neither.
const LARGEST: i64 = 8 << 20;

impl Inner {
    /// The whole of a small blob; `None` when it is not there.
    pub(super) async fn content(&self, digest: &str) -> Result<Option<Vec<u8>>> {
        let request = ReadContentRequest { digest: digest.into(), offset: 0, size: LARGEST };
        let wrong = self.client.error("reading from containerd's content store");
        // Read all of it in one go: being absent may be said at the first message only.
        let Some(answer) =
            found(self.client.content().read(self.client.request(request)).await).map_err(&wrong)?
        else {
            return Ok(None);
        };
        let (mut messages, mut bytes) = (answer.into_inner(), Vec::new());
        while let Some(message) = found(messages.message().await).map_err(&wrong)? {
            let Some(message) = message else { return Ok(Some(bytes)) };
            bytes.extend_from_slice(&message.data);
        }
        Ok(None)
    }

    /// Whether the blob is there; it is put under the lease, so that it stays.
    pub(super) async fn has_content(&self, digest: &str, lease: &Lease) -> Result<bool> {
        let request = lease.request(InfoRequest { digest: digest.into() });
        let info = found(self.client.content().info(request).await);
        Ok(info.map_err(self.client.error("looking into containerd's content store"))?.is_some())
    }

    /// Sets labels of a blob; those it has besides stay.
    pub(super) async fn label_content(&self, digest: &str, labels: Labels) -> Result<()> {
        let paths = labels.keys().map(|name| format!("labels.{name}")).collect();
        let info = Info { digest: digest.into(), labels, ..Info::default() };
        let update = UpdateRequest { info: Some(info), update_mask: Some(FieldMask { paths }) };
        let answer = self.client.content().update(self.client.request(update)).await;
        answer.map(drop).map_err(self.client.error("labelling content"))
    }

    /// Writes a small blob, if it is not there, and labels it.
    pub(super) async fn put_content(
        &self,
        digest: &str,
        bytes: &[u8],
        labels: Labels,
        lease: &Lease,
    ) -> Result<()> {
        let wrong = self.client.error("writing to containerd's content store");
        let name = format!("dhow-{digest}");
        let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        match Ingest::open(self, &name, digest, size, lease).await.map_err(&wrong)? {
            None => self.label_content(digest, labels).await,
            Some(mut ingest) => {
                let at = usize::try_from(ingest.offset).unwrap_or(0).min(bytes.len());
                ingest.write(bytes[at..].to_vec()).await.map_err(&wrong)?;
                ingest.commit(labels).await.map_err(&wrong)
            }
        }
    }

    /// Forgets a half-written blob.
    pub(super) async fn abort(&self, name: &str) {
        let request = self.client.request(AbortRequest { r#ref: name.into() });
        let _ = self.client.content().abort(request).await;
    }
}

/// A blob being written; one that was broken off goes on where it was.
pub(super) struct Ingest {
    messages: mpsc::Sender<WriteContentRequest>,
    answers: Streaming<WriteContentResponse>,
    template: WriteContentRequest,
    /// Bytes that containerd has.
    pub(super) offset: i64,
}

impl Ingest {
    /// `None` when the blob is there already.
    pub(super) async fn open(
        inner: &Inner,
        name: &str,
        digest: &str,
        size: i64,
        lease: &Lease,
    ) -> Result<Option<Self>, Status> {
        let template = WriteContentRequest {
            r#ref: name.into(),
            total: size,
            expected: digest.into(),
            ..WriteContentRequest::default()
        };
        let (messages, stream) = mpsc::channel(1);
        let stat = WriteContentRequest { action: WriteAction::Stat.into(), ..template.clone() };
        let _ = messages.send(stat).await;
        let call = inner.client.content().write(lease.request(ReceiverStream::new(stream))).await;
        let Some(answers) = made(call)? else { return Ok(None) };
        let mut ingest = Self { messages, answers: answers.into_inner(), template, offset: 0 };
        Ok(made(ingest.answer().await)?.map(|()| ingest))
    }

    /// Appends; containerd confirms every piece, so a slow disk slows the transfer down.
    pub(super) async fn write(&mut self, data: Vec<u8>) -> Result<(), Status> {
        if data.is_empty() {
            return Ok(());
        }
        self.send(WriteAction::Write, data, Labels::new()).await
    }

    /// Checks the digest and makes the blob visible.
    pub(super) async fn commit(mut self, labels: Labels) -> Result<(), Status> {
        made(self.send(WriteAction::Commit, Vec::new(), labels).await).map(|_| ())
    }

    async fn send(&mut self, action: WriteAction, data: Vec<u8>, labels: Labels) -> Result<(), Status> {
        let offset = self.offset;
        let message =
            WriteContentRequest { action: action.into(), data, labels, offset, ..self.template.clone() };
        // When the other side has gone, the reason is among the answers.
        let _ = self.messages.send(message).await;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<(), Status> {
        let answer = self.answers.message().await?;
        self.offset = answer.ok_or_else(|| Status::unavailable("containerd broke off the writing"))?.offset;
        Ok(())
    }
}

/// containerd says that what came is not what the digest promises.
pub(super) fn is_mismatch(status: &Status) -> bool {
    status.code() == tonic::Code::FailedPrecondition
}

/// An error of a blob, told as one of a pull.
pub(super) fn pull_error(image: &str, why: impl Into<String>) -> Error {
    Error::Pull { image: image.into(), why: why.into() }
}
