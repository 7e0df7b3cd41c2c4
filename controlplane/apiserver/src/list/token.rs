//! Continue tokens: at which revision a list began, and after which key it goes on.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use shared_api::{Refusal, Revision};
use shared_client::Result;

/// Stands in a token for the revision of a list that goes on as things are now.
const NOW: &str = "-1";

pub(super) fn write(revision: Revision, key: &[u8]) -> String {
    encoded(&revision.to_string(), key)
}

/// The token of a list that goes on after the same key as `token`, from the present state.
pub(crate) fn restarted(token: &str) -> Option<String> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).ok()?;
    let blank = bytes.iter().position(|b| *b == b' ')?;
    Some(encoded(NOW, &bytes[blank + 1..]))
}

fn encoded(revision: &str, key: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode([revision.as_bytes(), b" ", key].concat())
}

/// The revision, unless the list goes on as things are now, and the last key that was told.
pub(super) fn read(token: &str, prefix: &[u8]) -> Result<(Option<Revision>, Bytes)> {
    let bad = |why: &str| Refusal::bad_request(format!("continue key is not valid: {why}"));
    let foreign = || bad("take it from the list it continues");
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(token).map_err(|_| foreign())?;
    let blank = bytes.iter().position(|b| *b == b' ').ok_or_else(foreign)?;
    let revision = match std::str::from_utf8(&bytes[..blank]) {
        Ok(NOW) => None,
        Ok(digits) => Some(digits.parse().map_err(|_| bad("incorrect encoded start resourceVersion"))?),
        Err(_) => return Err(foreign()),
    };
    let key = Bytes::copy_from_slice(&bytes[blank + 1..]);
    // A token from another list must not open another range.
    if key.starts_with(prefix) { Ok((revision, key)) } else { Err(foreign()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_read_back_and_foreign_ones_are_refused() {
        let made = write(42, b"//pods/a b");
        let key = Bytes::from_static(b"//pods/a b");
        assert_eq!(read(&made, b"//pods/"), Ok((Some(42), key.clone())));
        assert_eq!(read(&restarted(&made).unwrap(), b"//pods/"), Ok((None, key)));
        assert!(read(&made, b"//secrets/").is_err());
        for bad in ["", "!", "AAAA"] {
            assert!(read(bad, b"").is_err(), "{bad}");
        }
    }
}
