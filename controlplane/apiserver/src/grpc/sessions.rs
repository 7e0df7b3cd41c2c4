//! Sessions with running pods: frames of the wire joined to a pair of channels.

use super::{Answers, Wire, said};
use crate::door::Door;
use futures::StreamExt;
use shared_client::{
    Duplex, Refusal,
    wire::{frame_from_wire, frame_to_wire, open_from_wire},
};
use shared_proto as proto;
use tokio::sync::oneshot;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

#[tonic::async_trait]
impl proto::sessions_server::Sessions for Wire {
    type OpenStream = Answers<proto::Frame>;

    async fn open(
        &self,
        request: Request<Streaming<proto::Frame>>,
    ) -> Result<Response<Self::OpenStream>, Status> {
        let user = self.user(&request)?;
        let mut frames = request.into_inner();
        let first = first(&mut frames).await?;
        let open =
            first.open.ok_or_else(|| said(Refusal::bad_request("the first frame opens no session")))?;
        let (pod, session) = open_from_wire(open).map_err(said)?;
        let ours = self.0.sessions(&user).open(&pod, session).await.map_err(said)?;
        Ok(Response::new(join(frames, ours).0))
    }
}

/// The frame that says what the others are about.
pub(super) async fn first(frames: &mut Streaming<proto::Frame>) -> Result<proto::Frame, Status> {
    let none = || said(Refusal::bad_request("the stream ended before its first frame"));
    frames.message().await?.ok_or_else(none)
}

/// Passes frames both ways until either side ends. A full channel holds back the far end's reading,
/// and gRPC's flow control holds back its writer.
/// Also says when the far end has sent its last.
pub(super) fn join(
    mut frames: Streaming<proto::Frame>,
    ours: Duplex,
) -> (Answers<proto::Frame>, oneshot::Receiver<()>) {
    let Duplex { send, receive } = ours;
    let (last, sent_last) = oneshot::channel();
    tokio::spawn(async move {
        let _last: oneshot::Sender<()> = last;
        loop {
            let frame = tokio::select! {
                () = send.closed() => return,
                frame = frames.message() => frame,
            };
            let Ok(Some(frame)) = frame else { return };
            match frame_from_wire(frame) {
                Ok(frame) => {
                    if send.send(frame).await.is_err() {
                        return;
                    }
                }
                Err(refusal) => {
                    tracing::debug!(error = %refusal, "a session sent nonsense");
                    return;
                }
            }
        }
    });
    (ReceiverStream::new(receive).map(|frame| Ok(frame_to_wire(frame))).boxed(), sent_last)
}
