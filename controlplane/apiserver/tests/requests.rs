//! The REST face over the real server: every request's parameters and answers, as kube-apiserver has them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "requests/asking.rs"]
mod asking;
#[path = "requests/deletions.rs"]
mod deletions;
#[path = "requests/lists.rs"]
mod lists;
#[path = "requests/server.rs"]
mod server;
#[path = "requests/watches.rs"]
mod watches;
