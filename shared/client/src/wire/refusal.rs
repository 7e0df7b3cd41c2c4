//! A refusal is a gRPC status whose details carry the Kubernetes `Status` as JSON.

use shared_api::{Reason, Refusal, meta::Status};
use tonic::Code;

/// Details travel in a header: what would not fit into one is cut.
const ROOM: usize = 4096;

/// A refusal as gRPC says it.
pub fn refusal_to_status(refusal: &Refusal) -> tonic::Status {
    let mut refusal = refusal.clone();
    let mut json = serde_json::to_vec(&refusal.to_status()).unwrap_or_default();
    if json.len() > ROOM {
        refusal.details = None;
        refusal.message = cut(&refusal.message, ROOM / 2);
        json = serde_json::to_vec(&refusal.to_status()).unwrap_or_default();
    }
    let code = match refusal.reason {
        Reason::BadRequest | Reason::NotAcceptable | Reason::UnsupportedMediaType | Reason::Invalid => {
            Code::InvalidArgument
        }
        Reason::Unauthorized => Code::Unauthenticated,
        Reason::Forbidden => Code::PermissionDenied,
        Reason::NotFound => Code::NotFound,
        Reason::MethodNotAllowed => Code::Unimplemented,
        Reason::AlreadyExists => Code::AlreadyExists,
        Reason::Conflict => Code::Aborted,
        Reason::Expired | Reason::Gone => Code::OutOfRange,
        Reason::RequestEntityTooLarge | Reason::TooManyRequests => Code::ResourceExhausted,
        Reason::InternalError => Code::Internal,
        Reason::ServiceUnavailable => Code::Unavailable,
        Reason::Timeout => Code::DeadlineExceeded,
    };
    tonic::Status::with_details(code, cut(&refusal.message, ROOM / 2), json.into())
}

/// What gRPC said, as a refusal. A status that is not ours (the connection broke, a proxy answered)
/// keeps its message.
pub fn refusal_from_status(status: &tonic::Status) -> Refusal {
    if let Ok(ours) = serde_json::from_slice::<Status>(status.details())
        && ours.code.is_some()
    {
        return Refusal::from_status(ours);
    }
    let reason = match status.code() {
        Code::InvalidArgument => Reason::BadRequest,
        Code::Unauthenticated => Reason::Unauthorized,
        Code::PermissionDenied => Reason::Forbidden,
        Code::NotFound => Reason::NotFound,
        Code::Unimplemented => Reason::MethodNotAllowed,
        Code::AlreadyExists => Reason::AlreadyExists,
        Code::Aborted | Code::FailedPrecondition => Reason::Conflict,
        Code::OutOfRange => Reason::Expired,
        Code::ResourceExhausted => Reason::TooManyRequests,
        Code::DeadlineExceeded => Reason::Timeout,
        Code::Unavailable | Code::Cancelled | Code::Unknown => Reason::ServiceUnavailable,
        Code::Ok | Code::Internal | Code::DataLoss => Reason::InternalError,
    };
    let message = match std::error::Error::source(status) {
        Some(source) => format!("{}: {source}", status.message()),
        None => status.message().to_owned(),
    };
    Refusal::new(reason, message)
}

fn cut(text: &str, room: usize) -> String {
    if text.len() <= room {
        return text.to_owned();
    }
    let end = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}… ({} bytes in all)", &text[..end], text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shared_api::{Key, core::Pod};

    #[test]
    fn refusals_survive_the_wire() {
        let key = Key::of::<Pod>("a", "b");
        for refusal in [Refusal::not_found(&key), Refusal::changed(&key), Refusal::bad_request("wörds")] {
            assert_eq!(refusal_from_status(&refusal_to_status(&refusal)), refusal);
        }
    }

    #[test]
    fn a_long_refusal_is_cut_and_says_so() {
        let back = refusal_from_status(&refusal_to_status(&Refusal::bad_request("é".repeat(90_000))));
        assert_eq!(back.reason, Reason::BadRequest);
        assert!(back.message.ends_with("(180000 bytes in all)"), "{}", back.message);
    }

    #[test]
    fn a_foreign_status_keeps_its_message() {
        let refusal = refusal_from_status(&tonic::Status::unavailable("connection refused"));
        assert_eq!(
            (refusal.reason, refusal.message.as_str()),
            (Reason::ServiceUnavailable, "connection refused")
        );
    }
}
