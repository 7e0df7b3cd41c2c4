//! The one way to say no.

use crate::{
    GroupKind, Invalid, Key,
    meta::{ListMeta, Status, StatusCause, StatusDetails},
};
use std::fmt;

/// Why the cluster said no; what the API answers, on any wire.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The machine's word for it.
    pub reason: Reason,
    /// The person's.
    pub message: String,
    /// Object and causes, when there are some.
    pub details: Option<Box<StatusDetails>>,
    /// Code and reason in the words of somebody else who said no, where they differ.
    pub said: Option<Box<(u16, String)>>,
}

macro_rules! reasons {
    ($($name:ident = $code:literal),* $(,)?) => {
        /// The reasons Kubernetes knows, each with its HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Reason { $($name),* }

        impl Reason {
            /// HTTP status code.
            pub const fn code(self) -> u16 {
                match self { $(Self::$name => $code),* }
            }

            /// As it is spelled in a `Status`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => stringify!($name)),* }
            }

            /// The first that has this HTTP status code.
            fn of(code: u16) -> Option<Self> {
                [$(Self::$name),*].into_iter().find(|reason| reason.code() == code)
            }

            fn parse(word: &str) -> Option<Self> {
                match word { $(stringify!($name) => Some(Self::$name),)* _ => None }
            }
        }
    };
}

reasons! {
    BadRequest = 400, Unauthorized = 401, Forbidden = 403, NotFound = 404, MethodNotAllowed = 405, NotAcceptable = 406,
    AlreadyExists = 409, Conflict = 409, Expired = 410, Gone = 410, RequestEntityTooLarge = 413,
    UnsupportedMediaType = 415, Invalid = 422, TooManyRequests = 429, InternalError = 500,
    ServiceUnavailable = 503, Timeout = 504,
}

impl Refusal {
    /// A refusal without details.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), details: None, said: None }
    }

    fn about(reason: Reason, key: &Key, message: String) -> Self {
        let details = StatusDetails {
            name: Some(key.name.clone()),
            group: (!key.kind.group.is_empty()).then(|| key.kind.group.clone().into_owned()),
            kind: Some(
                crate::of(&key.kind.group, &key.kind.kind)
                    .map_or_else(|| key.kind.kind.to_lowercase(), |k| k.plural.to_owned()),
            ),
            ..StatusDetails::default()
        };
        Self { reason, message, details: Some(Box::new(details)), said: None }
    }

    /// There is no such object.
    pub fn not_found(key: &Key) -> Self {
        Self::about(Reason::NotFound, key, format!("{} {:?} not found", key.kind.resource(), key.name))
    }

    /// The object exists already.
    pub fn already_exists(key: &Key) -> Self {
        Self::about(
            Reason::AlreadyExists,
            key,
            format!("{} {:?} already exists", key.kind.resource(), key.name),
        )
    }

    /// Somebody else wrote the object first, or a precondition does not hold.
    pub fn conflict(key: &Key, why: &str) -> Self {
        let what = key.kind.resource();
        let message = format!("Operation cannot be fulfilled on {what} {:?}: {why}", key.name);
        Self::about(Reason::Conflict, key, message)
    }

    /// The usual [`Refusal::conflict`].
    pub fn changed(key: &Key) -> Self {
        Self::conflict(
            key,
            "the object has been modified; please apply your changes to the latest version and try again",
        )
    }

    /// The asker may not.
    pub fn forbidden(key: &Key, why: &str) -> Self {
        let message = format!("{} {:?} is forbidden: {why}", key.kind.resource(), key.name);
        Self::about(Reason::Forbidden, key, message)
    }

    /// The object breaks rules of its kind. `None` when it breaks none.
    pub fn invalid(kind: &GroupKind, name: &str, invalid: &Invalid) -> Option<Self> {
        let causes = invalid.causes();
        if causes.is_empty() {
            return None;
        }
        let line = |c: &StatusCause| {
            format!(
                "{}: {}",
                c.field.as_deref().unwrap_or_default(),
                c.message.as_deref().unwrap_or_default()
            )
        };
        let lines: Vec<_> = causes.iter().map(line).collect();
        let all = if lines.len() == 1 { lines.concat() } else { format!("[{}]", lines.join(", ")) };
        let details = StatusDetails {
            name: Some(name.into()),
            group: Some(kind.group.clone().into_owned()).filter(|g| !g.is_empty()),
            kind: Some(kind.kind.clone().into_owned()),
            causes: Some(causes.to_vec()),
            ..StatusDetails::default()
        };
        let message = format!("{kind} {name:?} is invalid: {all}");
        Some(Self { reason: Reason::Invalid, message, details: Some(Box::new(details)), said: None })
    }

    /// What was asked for has not happened yet.
    pub fn too_large_version(asked: crate::Revision, current: crate::Revision) -> Self {
        let cause = StatusCause {
            reason: Some("ResourceVersionTooLarge".into()),
            message: Some("Too large resource version".into()),
            field: None,
        };
        let details = StatusDetails {
            causes: Some(vec![cause]),
            retry_after_seconds: Some(1),
            ..StatusDetails::default()
        };
        let message = format!("Timeout: Too large resource version: {asked}, current: {current}");
        Self { reason: Reason::Timeout, message, details: Some(Box::new(details)), said: None }
    }

    /// The request makes no sense.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Reason::BadRequest, message)
    }

    /// Something that should not happen did.
    pub fn internal(message: impl fmt::Display) -> Self {
        Self::new(Reason::InternalError, format!("Internal error occurred: {message}"))
    }

    /// The asked part cannot answer now.
    pub fn unavailable(message: impl fmt::Display) -> Self {
        Self::new(Reason::ServiceUnavailable, message.to_string())
    }

    /// HTTP status code.
    pub fn code(&self) -> u16 {
        self.said.as_ref().map_or(self.reason.code(), |said| said.0)
    }

    /// As the `Status` object that every Kubernetes client understands.
    pub fn to_status(&self) -> Status {
        let reason = self.said.as_ref().map_or(self.reason.as_str(), |said| &said.1);
        Status {
            code: Some(self.code().into()),
            details: self.details.as_deref().cloned(),
            message: Some(self.message.clone()),
            metadata: ListMeta::default(),
            reason: Some(reason.to_owned()).filter(|reason| !reason.is_empty()),
            status: Some("Failure".into()),
        }
    }

    /// From a `Status`; an unknown reason becomes the one that fits its code best.
    pub fn from_status(status: Status) -> Self {
        let word = status.reason.unwrap_or_default();
        let known = Reason::parse(&word);
        let code = status.code.and_then(|code| u16::try_from(code).ok()).filter(|code| *code >= 400);
        let reason = known.or_else(|| Reason::of(code?)).unwrap_or(Reason::InternalError);
        let code = code.unwrap_or(reason.code());
        let said = (known.is_none() && status.code.is_some()) || code != reason.code();
        Self {
            reason,
            message: status.message.unwrap_or_default(),
            details: status.details.map(Box::new),
            said: said.then(|| Box::new((code, word))),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Refusal {}
