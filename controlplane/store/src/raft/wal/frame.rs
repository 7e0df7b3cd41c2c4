//! How bytes lie in a segment: a header, then frames, then zeros. Pure.
//!
//! A frame is one append and one `fdatasync`, so only the last one can be torn. Its checksum starts
//! from the segment's salt: stored values cannot imitate a frame.

/// Bytes of a segment's header: magic, first sequence number, salt, checksum.
pub(super) const SEGMENT_HEADER: usize = 24;
/// Bytes of a frame's header: magic, length, sequence number, checksum.
pub(super) const FRAME_HEADER: usize = 20;

const SEGMENT_MAGIC: &[u8; 8] = b"DHOWLOG1";
const FRAME_MAGIC: &[u8; 4] = b"DhF\xA7";

/// What a segment says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) first: u64,
    pub(super) salt: u32,
}

impl Head {
    pub(super) fn encode(self) -> [u8; SEGMENT_HEADER] {
        let mut bytes = [0; SEGMENT_HEADER];
        bytes[..8].copy_from_slice(SEGMENT_MAGIC);
        bytes[8..16].copy_from_slice(&self.first.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.salt.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..20]);
        bytes[20..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let bytes = bytes.get(..SEGMENT_HEADER)?;
        let sound = &bytes[..8] == SEGMENT_MAGIC && crc32fast::hash(&bytes[..20]) == u32_at(bytes, 20)?;
        sound.then_some(Self { first: u64_at(bytes, 8)?, salt: u32_at(bytes, 16)? })
    }
}

/// One frame around a payload.
pub(super) fn encode(salt: u32, seq: u64, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(FRAME_HEADER + payload.len());
    frame.extend_from_slice(FRAME_MAGIC);
    frame.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_le_bytes());
    frame.extend_from_slice(&seq.to_le_bytes());
    frame.extend_from_slice(&checksum(salt, &frame[4..16], payload).to_le_bytes());
    frame.extend_from_slice(payload);
    frame
}

/// What lies at some place of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// A whole frame.
    Frame { seq: u64, payload: &'a [u8] },
    /// Nothing but zeros from here on.
    End,
    /// A frame that was being written when the machine stopped; nothing was ever written after it.
    Torn,
    /// Not what was written: a whole frame follows later, at this offset.
    Damaged { next: usize },
}

/// Looks at `bytes[at..]`.
pub(super) fn at(salt: u32, bytes: &[u8], at: usize) -> Found<'_> {
    if let Some((seq, payload)) = whole(salt, bytes, at) {
        return Found::Frame { seq, payload };
    }
    if bytes[at.min(bytes.len())..].iter().all(|byte| *byte == 0) {
        return Found::End;
    }
    let mut from = at + 1;
    while let Some(next) = find(bytes, from) {
        if whole(salt, bytes, next).is_some() {
            return Found::Damaged { next };
        }
        from = next + 1;
    }
    Found::Torn
}

/// The payload of a frame known to be here.
pub(super) fn whole(salt: u32, bytes: &[u8], at: usize) -> Option<(u64, &[u8])> {
    let header = bytes.get(at..at + FRAME_HEADER)?;
    if &header[..4] != FRAME_MAGIC {
        return None;
    }
    let len = usize::try_from(u32_at(header, 4)?).ok()?;
    let payload = bytes.get(at + FRAME_HEADER..)?.get(..len)?;
    let sound = checksum(salt, &header[4..16], payload) == u32_at(header, 16)?;
    sound.then_some((u64_at(header, 8)?, payload))
}

fn find(bytes: &[u8], from: usize) -> Option<usize> {
    let place = bytes.get(from..)?.windows(FRAME_MAGIC.len()).position(|window| window == FRAME_MAGIC)?;
    Some(from + place)
}

fn checksum(salt: u32, header: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new_with_initial(salt);
    hasher.update(header);
    hasher.update(payload);
    hasher.finalize()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_read_as_written() {
        let head = Head { first: 7, salt: 42 };
        assert_eq!(Head::decode(&head.encode()), Some(head));
        let mut bent = head.encode();
        bent[9] ^= 1;
        assert_eq!(Head::decode(&bent), None);
        let mut bytes = encode(42, 7, b"payload");
        bytes.extend([0; 50]);
        assert_eq!(at(42, &bytes, 0), Found::Frame { seq: 7, payload: b"payload" });
        assert_eq!(at(42, &bytes, FRAME_HEADER + 7), Found::End);
        assert_eq!(at(43, &bytes, 0), Found::Torn, "another segment's salt");
    }

    #[test]
    fn torn_and_damaged_are_told_apart() {
        let whole = [encode(1, 1, b"one"), encode(1, 2, b"two")].concat();
        for bent in 0..FRAME_HEADER + 3 {
            let mut bytes = whole.clone();
            bytes[bent] ^= 0x40;
            assert_eq!(at(1, &bytes, 0), Found::Damaged { next: FRAME_HEADER + 3 }, "byte {bent}");
            bytes.truncate(FRAME_HEADER + 3);
            assert_eq!(at(1, &bytes, 0), Found::Torn, "byte {bent}");
        }
        for cut in 1..FRAME_HEADER + 3 {
            assert_eq!(at(1, &whole[..cut], 0), Found::Torn, "cut at {cut}");
        }
    }

    #[test]
    fn a_value_cannot_imitate_a_frame() {
        let mut bytes = encode(9, 1, &encode(8, 2, b"a frame, says the value"));
        bytes[FRAME_HEADER - 1] ^= 1;
        assert_eq!(at(9, &bytes, 0), Found::Torn);
    }
}
