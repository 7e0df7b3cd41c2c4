//! Who is asking and what they may, as programs see it that speak REST.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "auth/asker.rs"]
mod asker;
#[path = "auth/impersonation.rs"]
mod impersonation;
#[path = "auth/policy.rs"]
mod policy;
#[path = "auth/reviews.rs"]
mod reviews;
#[path = "auth/tokens.rs"]
mod tokens;
