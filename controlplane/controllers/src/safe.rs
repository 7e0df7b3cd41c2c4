//! Short names made from contents, of letters that spell no words.

const LETTERS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// A hash of `parts` as Kubernetes writes one into names and labels.
pub(crate) fn hash(parts: &[&[u8]]) -> String {
    // FNV-1a, 32 bits: the same on every machine and in every version, since the result is stored.
    let mut hash: u32 = 0x811c_9dc5;
    for byte in parts.iter().copied().flatten() {
        hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    encode(&hash.to_string())
}

fn encode(text: &str) -> String {
    text.bytes().map(|b| char::from(LETTERS[usize::from(b) % LETTERS.len()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_stable_and_spell_nothing() {
        // Stored in the names of replica sets: a change here would replace every pod there is.
        assert_eq!(hash(&[b"a"]), encode("3826002220"));
        assert_eq!(encode("0123456789"), "456789bcdf");
        assert_ne!(hash(&[b"a"]), hash(&[b"a", b"0"]));
    }
}
