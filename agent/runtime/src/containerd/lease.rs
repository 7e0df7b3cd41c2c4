//! Leases: what is made under one is kept by containerd's garbage collector until somebody refers to
//! it. Without one a snapshot was collected between its making and its container's.

use super::client::{Client, unique};
use crate::{Result, logs::time};
use containerd_client::services::v1::{CreateRequest, DeleteRequest};
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
};

/// A lease, given back when it is dropped, or by containerd after a day if we are killed.
pub(super) struct Lease {
    client: Client,
    id: String,
    header: MetadataValue<Ascii>,
}

impl Lease {
    pub(super) async fn take(client: &Client) -> Result<Self> {
        let id = unique("dhow");
        let expires = time::format(time::now() + 86_400_000_000_000);
        let labels = [("containerd.io/gc.expire".to_owned(), expires)].into();
        let request = client.request(CreateRequest { id: id.clone(), labels });
        client.leases().create(request).await.map_err(client.error("taking a lease"))?;
        let header = id.parse().expect("a lease's name is plain ASCII");
        Ok(Self { client: client.clone(), id, header })
    }

    /// A request whose results are kept under the lease.
    pub(super) fn request<T>(&self, message: T) -> Request<T> {
        let mut request = self.client.request(message);
        request.metadata_mut().insert("containerd-lease", self.header.clone());
        request
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let (client, id) = (self.client.clone(), std::mem::take(&mut self.id));
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let request = client.request(DeleteRequest { id, sync: false });
                let _ = client.leases().delete(request).await;
            });
        }
    }
}
