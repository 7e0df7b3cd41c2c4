//! The frames of SPDY/3.1, as far as Kubernetes speaks it. Only bytes and values, no connection.

use bytes::{Buf, BufMut, Bytes, BytesMut};
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use std::io;
use tokio_util::codec::{Decoder, Encoder};

/// Longest payload taken: clients send pieces of 32 KiB.
const LONGEST: usize = 4 * 1024 * 1024;
/// Longest header block, unpacked.
const LONGEST_BLOCK: usize = 256 * 1024;

const FIN: u8 = 1;
const VERSION: u16 = 3;

/// Names and values of a stream's opening.
pub(super) type Headers = Vec<(String, String)>;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SpdyFrame {
    /// Opens a stream.
    Open { stream: u32, headers: Headers, fin: bool },
    /// Takes an opened stream.
    Reply { stream: u32 },
    /// Gives a stream up.
    Reset { stream: u32, status: u32 },
    /// To be sent back.
    Ping(u32),
    /// No more streams after this one.
    GoAway { last: u32 },
    /// A piece of a stream.
    Data { stream: u32, data: Bytes, fin: bool },
    /// So many bytes more may be sent on a stream.
    Window { stream: u32, more: u32 },
    /// What a stream may be sent before its first window.
    InitialWindow(u32),
    /// Something that asks for nothing: other settings, further headers.
    Nothing { ended: Option<u32> },
}

/// The dictionary both ends begin their header compression with.
fn dictionary() -> Vec<u8> {
    const WORDS: &str = "options head post put delete trace accept accept-charset accept-encoding accept-language \
        accept-ranges age allow authorization cache-control connection content-base content-encoding \
        content-language content-length content-location content-md5 content-range content-type date etag expect \
        expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified \
        location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te \
        trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status 200_OK \
        version HTTP/1.1 url public set-cookie keep-alive origin";
    const TAIL: &str = "100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505\
        203 Non-Authoritative Information204 No Content301 Moved Permanently400 Bad Request401 Unauthorized\
        403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service Unavailable\
        Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT\
        chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,\
        text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.";
    let mut bytes = Vec::with_capacity(1423);
    for word in WORDS.split_whitespace() {
        bytes.put_u32(u32::try_from(word.len()).unwrap_or_default());
        bytes.extend(word.replace('_', " ").bytes());
    }
    bytes.extend_from_slice(TAIL.as_bytes());
    bytes
}

/// Reads frames; one for each connection, because header compression remembers.
pub(super) struct Reader(Decompress);

impl Reader {
    pub(super) fn new() -> Self {
        Self(Decompress::new(true))
    }

    fn unpack(&mut self, mut packed: &[u8]) -> io::Result<Vec<u8>> {
        let mut block = Vec::with_capacity(1024);
        loop {
            let (before_in, before_out) = (self.0.total_in(), self.0.total_out());
            if block.len() == block.capacity() {
                block.reserve(1024);
            }
            match self.0.decompress_vec(packed, &mut block, FlushDecompress::Sync) {
                Ok(_) => {}
                Err(error) if error.needs_dictionary().is_some() => {
                    self.0.set_dictionary(&dictionary()).map_err(|e| broken(&e.to_string()))?;
                }
                Err(error) => return Err(broken(&error.to_string())),
            }
            let (read, written) = (self.0.total_in() - before_in, self.0.total_out() - before_out);
            packed = packed.get(usize::try_from(read).unwrap_or(usize::MAX)..).unwrap_or_default();
            if block.len() > LONGEST_BLOCK {
                return Err(broken("a header block is too long"));
            }
            if packed.is_empty() && block.len() < block.capacity() {
                return Ok(block);
            }
            if read == 0 && written == 0 && self.0.total_in() > 6 {
                return Err(broken("a header block ends in its middle"));
            }
        }
    }

    fn headers(&mut self, packed: &[u8]) -> io::Result<Headers> {
        let block = self.unpack(packed)?;
        let mut block = &block[..];
        let count = number(&mut block)?;
        (0..count).map(|_| Ok((word(&mut block)?.to_ascii_lowercase(), word(&mut block)?))).collect()
    }

    fn control(&mut self, kind: u16, flags: u8, mut payload: &[u8]) -> io::Result<SpdyFrame> {
        let fin = flags & FIN != 0;
        let id = |payload: &mut &[u8]| number(payload).map(|n| n & 0x7fff_ffff);
        Ok(match kind {
            1 => {
                let stream = id(&mut payload)?;
                let _associated = number(&mut payload)?;
                let packed = payload.get(2..).ok_or_else(|| broken("a stream opens without priority"))?;
                SpdyFrame::Open { stream, headers: self.headers(packed)?, fin }
            }
            2 | 8 => {
                let stream = id(&mut payload)?;
                // Nothing in it is of interest, but the compression has to see it.
                self.headers(payload)?;
                SpdyFrame::Nothing { ended: fin.then_some(stream) }
            }
            3 => SpdyFrame::Reset { stream: id(&mut payload)?, status: number(&mut payload)? },
            4 => {
                initial_window(payload)?.map_or(SpdyFrame::Nothing { ended: None }, SpdyFrame::InitialWindow)
            }
            6 => SpdyFrame::Ping(number(&mut payload)?),
            7 => SpdyFrame::GoAway { last: id(&mut payload)? },
            9 => SpdyFrame::Window { stream: id(&mut payload)?, more: id(&mut payload)? },
            _ => SpdyFrame::Nothing { ended: None },
        })
    }
}

/// The one setting of interest.
fn initial_window(mut payload: &[u8]) -> io::Result<Option<u32>> {
    const INITIAL_WINDOW: u32 = 7;
    let mut found = None;
    for _ in 0..number(&mut payload)? {
        let (id, value) = (number(&mut payload)? & 0x00ff_ffff, number(&mut payload)?);
        found = Some(value).filter(|_| id == INITIAL_WINDOW).or(found);
    }
    Ok(found)
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("SPDY: {why}"))
}

fn number(bytes: &mut &[u8]) -> io::Result<u32> {
    bytes.try_get_u32().map_err(|_| broken("a frame is too short"))
}

fn word(bytes: &mut &[u8]) -> io::Result<String> {
    let length = usize::try_from(number(bytes)?).unwrap_or(usize::MAX);
    let word = bytes.get(..length).ok_or_else(|| broken("a header is longer than its block"))?;
    *bytes = &bytes[length..];
    String::from_utf8(word.to_vec()).map_err(|_| broken("a header is not text"))
}

impl Decoder for Reader {
    type Item = SpdyFrame;
    type Error = io::Error;

    fn decode(&mut self, source: &mut BytesMut) -> io::Result<Option<SpdyFrame>> {
        let Some(head) = source.get(..8) else { return Ok(None) };
        let first = u32::from_be_bytes([head[0], head[1], head[2], head[3]]);
        let (flags, length) = (head[4], u32::from_be_bytes([0, head[5], head[6], head[7]]));
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > LONGEST {
            return Err(broken("a frame is too long"));
        }
        if source.len() < 8 + length {
            source.reserve(8 + length - source.len());
            return Ok(None);
        }
        source.advance(8);
        let payload = source.split_to(length).freeze();
        if first & 0x8000_0000 == 0 {
            return Ok(Some(SpdyFrame::Data { stream: first, data: payload, fin: flags & FIN != 0 }));
        }
        if (first >> 16) & 0x7fff != u32::from(VERSION) {
            return Err(broken("a frame of another version"));
        }
        self.control(u16::try_from(first & 0xffff).unwrap_or_default(), flags, &payload).map(Some)
    }
}

/// Writes frames; one for each connection.
pub(super) struct Writer(Compress);

impl Writer {
    pub(super) fn new() -> io::Result<Self> {
        let mut deflate = Compress::new(Compression::default(), true);
        deflate.set_dictionary(&dictionary()).map_err(|e| broken(&e.to_string()))?;
        Ok(Self(deflate))
    }

    fn pack(&mut self, headers: &Headers) -> io::Result<Vec<u8>> {
        let mut block = Vec::new();
        let length = |n: usize| u32::try_from(n).map_err(|_| broken("too many headers"));
        block.put_u32(length(headers.len())?);
        for word in headers.iter().flat_map(|(name, value)| [name, value]) {
            block.put_u32(length(word.len())?);
            block.extend_from_slice(word.as_bytes());
        }
        let mut packed = Vec::with_capacity(block.len() + 64);
        let begin = self.0.total_in();
        loop {
            let done = usize::try_from(self.0.total_in() - begin).unwrap_or(usize::MAX);
            let left = block.get(done..).unwrap_or_default();
            self.0
                .compress_vec(left, &mut packed, FlushCompress::Sync)
                .map_err(|e| broken(&e.to_string()))?;
            if packed.len() < packed.capacity() {
                return Ok(packed);
            }
            packed.reserve(256);
        }
    }
}

fn control(target: &mut BytesMut, kind: u16, flags: u8, payload: &[u8]) {
    target.put_u16(0x8000 | VERSION);
    target.put_u16(kind);
    put_length(target, flags, payload.len());
    target.put_slice(payload);
}

fn put_length(target: &mut BytesMut, flags: u8, length: usize) {
    target.put_u32(u32::from(flags) << 24 | u32::try_from(length & 0x00ff_ffff).unwrap_or_default());
}

impl Encoder<SpdyFrame> for Writer {
    type Error = io::Error;

    fn encode(&mut self, frame: SpdyFrame, target: &mut BytesMut) -> io::Result<()> {
        match frame {
            SpdyFrame::Open { stream, headers, fin } => {
                let mut payload = Vec::new();
                payload.put_u32(stream);
                payload.put_u32(0);
                payload.put_u16(0);
                payload.extend(self.pack(&headers)?);
                control(target, 1, if fin { FIN } else { 0 }, &payload);
            }
            SpdyFrame::Reply { stream } => {
                let mut payload = stream.to_be_bytes().to_vec();
                payload.extend(self.pack(&Vec::new())?);
                control(target, 2, 0, &payload);
            }
            SpdyFrame::Reset { stream, status } => {
                control(target, 3, 0, &[stream.to_be_bytes(), status.to_be_bytes()].concat());
            }
            SpdyFrame::Ping(id) => control(target, 6, 0, &id.to_be_bytes()),
            SpdyFrame::Window { stream, more } => {
                control(target, 9, 0, &[stream.to_be_bytes(), more.to_be_bytes()].concat());
            }
            SpdyFrame::GoAway { last } => control(target, 7, 0, &[last.to_be_bytes(), [0; 4]].concat()),
            SpdyFrame::Data { stream, data, fin } => {
                target.reserve(data.len() + 8);
                target.put_u32(stream);
                put_length(target, if fin { FIN } else { 0 }, data.len());
                target.put_slice(&data);
            }
            SpdyFrame::InitialWindow(_) | SpdyFrame::Nothing { .. } => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round(frames: &[SpdyFrame]) -> Vec<SpdyFrame> {
        let (mut writer, mut reader, mut wire) = (Writer::new().unwrap(), Reader::new(), BytesMut::new());
        for frame in frames {
            writer.encode(frame.clone(), &mut wire).unwrap();
        }
        // Byte by byte, as a slow connection brings them.
        let (mut source, mut found) = (BytesMut::new(), Vec::new());
        for byte in wire {
            source.put_u8(byte);
            found.extend(reader.decode(&mut source).unwrap());
        }
        assert!(source.is_empty());
        found
    }

    fn headers(pairs: &[(&str, &str)]) -> Headers {
        pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect()
    }

    #[test]
    fn the_dictionary_is_the_one_of_the_protocol() {
        let (mut a, mut b) = (1_u32, 0_u32);
        for byte in dictionary() {
            a = (a + u32::from(byte)) % 65521;
            b = (b + a) % 65521;
        }
        assert_eq!(dictionary().len(), 1423);
        assert_eq!(b << 16 | a, 0xe3c6_a7c2);
    }

    #[test]
    fn frames_survive_the_wire() {
        let long = "x".repeat(5000);
        let frames = [
            SpdyFrame::Open { stream: 1, headers: headers(&[("streamtype", "error")]), fin: true },
            SpdyFrame::Open {
                stream: 3,
                headers: headers(&[("streamtype", "data"), ("port", "80")]),
                fin: false,
            },
            SpdyFrame::Open { stream: 5, headers: headers(&[("long", &long)]), fin: false },
            SpdyFrame::Data { stream: 3, data: Bytes::from_static(b"hello"), fin: false },
            SpdyFrame::Data { stream: 3, data: Bytes::new(), fin: true },
            SpdyFrame::Ping(7),
            SpdyFrame::Window { stream: 3, more: 70_000 },
            SpdyFrame::Reset { stream: 3, status: 5 },
            SpdyFrame::GoAway { last: 5 },
        ];
        assert_eq!(round(&frames), frames);
        let replies = [SpdyFrame::Reply { stream: 1 }, SpdyFrame::Reply { stream: 3 }];
        assert_eq!(round(&replies), [const { SpdyFrame::Nothing { ended: None } }; 2]);
    }

    #[test]
    fn the_initial_window_is_found_among_settings() {
        let setting = |id: u8, value: u32| [&[1, 0, 0, id][..], &value.to_be_bytes()].concat();
        let payload = [&2_u32.to_be_bytes()[..], &setting(4, 100), &setting(7, 9)].concat();
        let frame = [&b"\x80\x03\x00\x04\x00\x00\x00\x14"[..], &payload].concat();
        let read = Reader::new().decode(&mut BytesMut::from(&frame[..])).unwrap();
        assert_eq!(read, Some(SpdyFrame::InitialWindow(9)));
    }

    #[test]
    fn nonsense_is_an_error_and_no_more() {
        for bytes in [
            &b"\x80\x02\x00\x01\x00\x00\x00\x00"[..],
            b"\x80\x03\x00\x01\x00\x00\x00\x02ab",
            b"\x80\x03\x00\x01\x00\x00\x00\x0e\0\0\0\x01\0\0\0\0\0\0abcd",
            b"\x80\x03\x00\x06\x00\x00\x00\x00",
            b"\x00\x00\x00\x01\x00\xff\xff\xff",
        ] {
            assert!(Reader::new().decode(&mut BytesMut::from(bytes)).is_err(), "{bytes:?}");
        }
    }
}
