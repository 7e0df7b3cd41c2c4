//! Reading a question. Types that nobody here knows are still read: they may be meant for others.

use super::{super::Question, about};
use simple_dns::{Label, Name, RCODE};

/// What came.
pub(in super::super) enum Read {
    /// A question.
    Asked(Asked),
    /// Something that is answered with an error.
    Wrong(Vec<u8>),
    /// Nothing to be answered: another's answer, or noise.
    Noise,
}

/// A question, with what its answer has to repeat.
#[derive(Debug, Clone)]
pub(in super::super) struct Asked {
    pub(in super::super) question: Question,
    pub(super) id: u16,
    /// As the asker wrote it.
    pub(super) name: Name<'static>,
    /// The type's number.
    pub(super) kind: u16,
    pub(super) recursion: bool,
    /// The largest datagram the asker takes, if it says so (EDNS).
    pub(super) takes: Option<u16>,
}

const HEADER: usize = 12;
const IN: u16 = 1;
const ANY: u16 = 255;
const OPT: u16 = 41;

/// Reads one message.
pub(in super::super) fn read(message: &[u8]) -> Read {
    let (Some(id), Some(flags), Some(questions)) = (word(message, 0), word(message, 2), word(message, 4))
    else {
        return Read::Noise;
    };
    if flags & 0x8000 != 0 {
        return Read::Noise;
    }
    let wrong = |code: RCODE| {
        // The header again, as an answer without any records.
        let [high, low] = (0x8000 | (flags & 0x7900) | code as u16).to_be_bytes();
        let [first, second] = id.to_be_bytes();
        Read::Wrong(vec![first, second, high, low, 0, 0, 0, 0, 0, 0, 0, 0])
    };
    if flags & 0x7800 != 0 {
        return wrong(RCODE::NotImplemented);
    }
    let (Some(labels), Some(end)) = (labels(message), end(message)) else {
        return wrong(RCODE::FormatError);
    };
    let (Some(kind), Some(class), 1) = (word(message, end - 4), word(message, end - 2), questions) else {
        return wrong(RCODE::FormatError);
    };
    if class != IN && class != ANY {
        return wrong(RCODE::Refused);
    }
    let text: Vec<String> = labels.iter().map(|label| plain(label)).collect();
    let parts: Vec<_> = labels.iter().map(|label| Label::new_unchecked(label.to_vec())).collect();
    Read::Asked(Asked {
        question: Question { name: text.join("."), about: about(kind) },
        id,
        name: Name::new_with_labels(&parts).into_owned(),
        kind,
        recursion: flags & 0x0100 != 0,
        takes: takes(message, end),
    })
}

fn word(message: &[u8], at: usize) -> Option<u16> {
    let bytes = message.get(at..at + 2)?;
    Some(u16::from_be_bytes([bytes[0], bytes[1]]))
}

/// The labels of the question's name.
fn labels(message: &[u8]) -> Option<Vec<&[u8]>> {
    let (mut labels, mut at) = (Vec::new(), HEADER);
    loop {
        match usize::from(*message.get(at)?) {
            0 => return Some(labels),
            // Longer ones would lead elsewhere in the message: a question has nothing to lead to.
            length @ 1..64 if at + length < HEADER + 255 => {
                labels.push(message.get(at + 1..=at + length)?);
                at += 1 + length;
            }
            _ => return None,
        }
    }
}

/// Where the question ends.
pub(super) fn end(message: &[u8]) -> Option<usize> {
    let name: usize = labels(message)?.iter().map(|label| label.len() + 1).sum();
    let end = HEADER + name + 5;
    (end <= message.len()).then_some(end)
}

/// In lower case; what no name of the cluster has becomes `?`.
fn plain(label: &[u8]) -> String {
    let plain = |byte: &u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte.to_ascii_lowercase()),
        _ => '?',
    };
    label.iter().map(plain).collect()
}

/// The size that an EDNS record right after the question gives.
fn takes(message: &[u8], end: usize) -> Option<u16> {
    let lone = word(message, 6) == Some(0) && word(message, 8) == Some(0) && word(message, 10)? > 0;
    let opt = lone && message.get(end) == Some(&0) && word(message, end + 1) == Some(OPT);
    word(message, end + 3).filter(|_| opt)
}
