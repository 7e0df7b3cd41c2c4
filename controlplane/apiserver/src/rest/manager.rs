//! In whose name a request writes: `fieldManager`, or what the client calls itself.

use super::parameters::{self, Parameters};
use crate::fields::{LONGEST_NAME, name_of};
use http::{HeaderMap, header};
use shared_api::{Invalid, PatchType, WriteHow};
use shared_client::Result;

/// Signs a write; refuses names that nobody can have. Who applies must say who they are.
pub(super) fn sign(
    how: &mut WriteHow,
    parameters: &Parameters,
    headers: &HeaderMap,
    options: &'static str,
    patch: Option<PatchType>,
) -> Result<()> {
    let mut invalid = Invalid::default();
    let given = parameters.get("fieldManager").unwrap_or_default();
    match patch {
        Some(PatchType::Apply { .. }) if given.is_empty() => {
            invalid.required("fieldManager", "is required for apply patch");
        }
        Some(PatchType::Json | PatchType::Merge | PatchType::Strategic)
            if parameters.get("force").is_some() =>
        {
            invalid.forbidden("force", "may not be specified for non-apply patch");
        }
        _ => {}
    }
    if given.len() > LONGEST_NAME {
        invalid.too_long("fieldManager", LONGEST_NAME);
    }
    if let Some((at, letter)) = given.char_indices().find(|(_, letter)| letter.is_control()) {
        let why = format!("invalid character U+{:04X} (at position {at})", u32::from(letter));
        invalid.value("fieldManager", given, &why);
    }
    parameters::refuse(options, &invalid)?;
    if given.is_empty() {
        let agent = headers.get(header::USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()));
        how.manager = Some(name_of(&agent.unwrap_or_default()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(query: &str, patch: Option<PatchType>) -> Result<String, String> {
        let parameters = Parameters::of(&format!("/x?{query}").parse().unwrap()).unwrap();
        let headers = [(header::USER_AGENT, "kubectl/v1.35.0 (linux/amd64)".parse().unwrap())];
        let mut how = parameters.how("PatchOptions", "").unwrap();
        sign(&mut how, &parameters, &headers.into_iter().collect(), "PatchOptions", patch)
            .map(|()| how.manager.unwrap_or_default())
            .map_err(|refusal| refusal.message)
    }

    #[test]
    fn a_write_is_signed_by_its_parameter_or_its_client() {
        assert_eq!(signed("fieldManager=me", None), Ok("me".into()));
        assert_eq!(signed("", Some(PatchType::Merge)), Ok("kubectl".into()));
        let apply = Some(PatchType::Apply { force: false });
        for (query, patch, why) in [
            ("", apply, "fieldManager: Required value: is required for apply patch"),
            (
                "force=true",
                Some(PatchType::Json),
                "force: Forbidden: may not be specified for non-apply patch",
            ),
            (
                "fieldManager=a%0Ab",
                None,
                r#"fieldManager: Invalid value: "a\nb": invalid character U+000A (at position 1)"#,
            ),
        ] {
            let expected = format!(r#"PatchOptions.meta.k8s.io "" is invalid: {why}"#);
            assert_eq!(signed(query, patch), Err(expected));
        }
        let long = format!("fieldManager={}", "x".repeat(129));
        assert!(signed(&long, apply).unwrap_err().contains("may not be more than 128 bytes"));
    }
}
