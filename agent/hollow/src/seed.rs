//! Chance that is always the same: numbers that follow from a text.

/// A number of a text (FNV-1a), its bits well mixed.
pub(crate) fn seed(text: &str) -> u64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    mixed(hash)
}

/// The next number after one.
pub(crate) fn mixed(mut n: u64) -> u64 {
    n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// One of several, as a number chooses.
pub(crate) fn one<T: Copy>(all: &[T], n: u64) -> Option<T> {
    let len = u64::try_from(all.len()).ok().filter(|len| *len > 0)?;
    all.get(usize::try_from(n % len).ok()?).copied()
}
