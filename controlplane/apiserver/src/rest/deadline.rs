//! How long a request may take, as its address says it.

use super::parameters::Parameters;
use shared_api::{Reason, Refusal};
use shared_client::Result;
use std::time::Duration;

/// Nothing that does not last takes longer; so long it may take when nothing is said.
const LONGEST: Duration = Duration::from_mins(1);

/// How long a request may take.
pub(super) fn of(parameters: &Parameters) -> Result<Duration> {
    let Some(text) = parameters.get("timeout") else { return Ok(LONGEST) };
    let said = seconds(text).map_err(|why| {
        Refusal::bad_request(format!("invalid timeout specified in the request URL - time: {why}"))
    })?;
    if said == 0.0 {
        return Ok(LONGEST);
    }
    // What is over before it began is over at once.
    Ok(Duration::try_from_secs_f64(said.max(0.0)).unwrap_or(LONGEST).min(LONGEST))
}

/// What one is told whose request took longer.
pub(super) fn exceeded() -> Refusal {
    Refusal::new(Reason::Timeout, "Timeout: request did not complete within the allotted timeout")
}

/// A span as Go writes it, `1m30s` or `-0.5s`, in seconds; or what is wrong with it, in Go's words.
fn seconds(text: &str) -> Result<f64, String> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0.0);
    }
    let invalid = || format!("invalid duration {text:?}");
    let mut total = 0.0;
    if rest.is_empty() {
        return Err(invalid());
    }
    while !rest.is_empty() {
        let is_number = |c: char| c.is_ascii_digit() || c == '.';
        let (number, more) = rest.split_at(rest.find(|c| !is_number(c)).unwrap_or(rest.len()));
        let number: f64 = number.parse().map_err(|_| invalid())?;
        let (unit, more) = more.split_at(more.find(is_number).unwrap_or(more.len()));
        let each = match unit {
            "" => return Err(format!("missing unit in duration {text:?}")),
            "ns" => 1e-9,
            "us" | "µs" | "μs" => 1e-6,
            "ms" => 1e-3,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            unknown => return Err(format!("unknown unit {unknown:?} in duration {text:?}")),
        };
        total += number * each;
        rest = more;
    }
    Ok(sign * total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_written_as_go_writes_it() {
        let within = |text: &str| {
            let parameters = Parameters::of(&format!("/x?timeout={text}").parse().unwrap()).unwrap();
            of(&parameters).map_err(|refusal| (refusal.reason.code(), refusal.message))
        };
        for (text, span) in [
            ("", LONGEST),
            ("0", LONGEST),
            ("0s", LONGEST),
            ("32s", Duration::from_secs(32)),
            ("100ms", Duration::from_millis(100)),
            ("0m1.5s", Duration::from_millis(1500)),
            ("-1s", Duration::ZERO),
            ("3m", LONGEST),
            ("99999999999999999999h", LONGEST),
        ] {
            assert_eq!(within(text), Ok(span), "{text}");
        }
        for (text, why) in [
            ("invalid", "invalid duration \"invalid\""),
            ("5", "missing unit in duration \"5\""),
            ("1p", "unknown unit \"p\" in duration \"1p\""),
            ("1.2.3s", "invalid duration \"1.2.3s\""),
            ("-", "invalid duration \"-\""),
        ] {
            let told = format!("invalid timeout specified in the request URL - time: {why}");
            assert_eq!(within(text), Err((400, told)), "{text}");
        }
    }
}
