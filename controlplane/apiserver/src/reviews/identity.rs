//! Who is asking, and whose token is this?

use crate::{authn, door::User, local::Local};
use shared_api::{
    Draft, Refusal,
    authentication::{SelfSubjectReview, SelfSubjectReviewStatus, TokenReview, TokenReviewStatus, UserInfo},
    meta::Time,
};
use shared_client::Result;

/// Answers a [`SelfSubjectReview`].
pub(super) fn whoami(caller: &Local, draft: &mut dyn Draft) -> Option<Result<()>> {
    let review = draft.as_any_mut().downcast_mut::<SelfSubjectReview>()?;
    review.metadata.creation_timestamp = Some(Time::from(caller.server.now()));
    review.status = Some(SelfSubjectReviewStatus { user_info: Some(info(&caller.user)) });
    Some(Ok(()))
}

/// Answers a [`TokenReview`].
pub(super) fn token(caller: &Local, draft: &mut dyn Draft) -> Option<Result<()>> {
    let review = draft.as_any_mut().downcast_mut::<TokenReview>()?;
    let token = review.spec.token.as_deref().unwrap_or_default();
    if token.is_empty() {
        return Some(Err(Refusal::bad_request("token is required for TokenReview in authentication")));
    }
    let audiences = review.spec.audiences.as_deref().unwrap_or_default();
    review.status = Some(match authn::bearer(&caller.server, token, audiences) {
        Ok(found) => TokenReviewStatus {
            authenticated: Some(true),
            user: Some(info(&found.user)),
            audiences: Some(found.audiences),
            error: None,
        },
        Err(why) => TokenReviewStatus {
            user: Some(UserInfo::default()),
            error: Some(format!("[invalid bearer token, {why}]")),
            ..TokenReviewStatus::default()
        },
    });
    Some(Ok(()))
}

fn info(user: &User) -> UserInfo {
    UserInfo {
        username: Some(user.name.clone()),
        uid: (!user.uid.is_empty()).then(|| user.uid.clone()),
        groups: Some(user.groups.clone()),
        extra: (!user.extra.is_empty()).then(|| user.extra.clone()),
    }
}
