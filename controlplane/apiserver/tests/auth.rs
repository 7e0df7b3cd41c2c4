//! Who is asking and what they may, as programs see it that speak REST.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed, or says so"
)]

#[path = "auth/asker.rs"]
mod asker;
#[path = "auth/certificates.rs"]
mod certificates;
#[path = "auth/impersonation.rs"]
mod impersonation;
#[path = "auth/kubectl.rs"]
mod kubectl;
#[path = "auth/policy.rs"]
mod policy;
#[path = "rest/program.rs"]
#[allow(dead_code, reason = "others serve and start it in more ways")]
mod program;
#[path = "auth/reviews.rs"]
mod reviews;
#[path = "auth/tokens.rs"]
mod tokens;
