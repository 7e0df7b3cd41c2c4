//! Reading a log: from where, which lines, until when.

use super::{
    follow::{Successor, Watch, successor, unlocked},
    line::{self, Record},
    time,
};
use bytes::Bytes;
use futures::{StreamExt, stream::BoxStream};
use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Which part of a log, and how it is written out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogQuery {
    /// Go on until the container has ended and everything was read.
    pub follow: bool,
    /// Leave out what is older; nanoseconds since 1970.
    pub since: Option<i64>,
    /// Begin this many lines before the end.
    pub tail: Option<u64>,
    /// Put the time before every line.
    pub timestamps: bool,
    /// Stop after so many bytes.
    pub limit_bytes: Option<u64>,
    /// Only what was written there.
    pub only: Option<Source>,
}

/// Which of a container's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Some of a log, of one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Where it was written.
    pub source: Source,
    /// What was written: whole lines or parts of them.
    pub bytes: Bytes,
}

/// Reads a log over all its files. Dropping the stream ends the reading.
pub fn read(log: &Path, query: &LogQuery) -> BoxStream<'static, io::Result<Chunk>> {
    let (out, chunks) = mpsc::channel(8);
    let (log, query) = (log.to_owned(), query.clone());
    tokio::spawn(async move {
        let read = async { Reader::new(log, query, out.clone()).begin().await?.run().await };
        if let Err(error) = read.await {
            let _ = out.send(Err(error)).await;
        }
    });
    ReceiverStream::new(chunks).boxed()
}

/// The same for what is written from now on: whatever is written once this is answered is read.
pub(crate) async fn from_now(log: &Path) -> io::Result<BoxStream<'static, io::Result<Chunk>>> {
    let (out, chunks) = mpsc::channel(8);
    let query = LogQuery { follow: true, tail: Some(0), ..LogQuery::default() };
    let begun = Reader::new(log.to_owned(), query, out.clone()).begin().await?;
    tokio::spawn(async move {
        if let Err(error) = begun.run().await {
            let _ = out.send(Err(error)).await;
        }
    });
    Ok(ReceiverStream::new(chunks).boxed())
}

/// A reader that stands where it begins.
struct Begun {
    reader: Reader,
    watch: Option<Watch>,
    file: File,
}

impl Begun {
    async fn run(self) -> io::Result<()> {
        let Self { mut reader, watch, file } = self;
        reader.read_on(watch, file).await
    }
}

struct Reader {
    log: PathBuf,
    query: LogQuery,
    since: Option<String>,
    out: mpsc::Sender<io::Result<Chunk>>,
    /// Bytes of a line whose end is not written yet.
    rest: Vec<u8>,
    /// A line of standard output, of standard error is half written out.
    within: [bool; 2],
    left: u64,
}

/// Nobody wants more.
struct Enough;

impl Reader {
    fn new(log: PathBuf, query: LogQuery, out: mpsc::Sender<io::Result<Chunk>>) -> Self {
        let since = query.since.map(time::format);
        let left = query.limit_bytes.unwrap_or(u64::MAX);
        Self { log, query, since, out, rest: Vec::new(), within: [false; 2], left }
    }

    async fn begin(self) -> io::Result<Begun> {
        let watch = match (self.query.follow, self.log.parent()) {
            (true, Some(directory)) => Some(Watch::on(directory)?),
            _ => None,
        };
        let (log, tail) = (self.log.clone(), self.query.tail);
        let begin = tokio::task::spawn_blocking(move || begin(&log, tail));
        let file = begin.await.map_err(io::Error::other)??;
        Ok(Begun { reader: self, watch, file })
    }

    async fn read_on(&mut self, watch: Option<Watch>, mut file: File) -> io::Result<()> {
        loop {
            let Ok(()) = self.rest_of(&mut file).await? else { return Ok(()) };
            let next = match successor(&self.log, &file)? {
                Successor::None => {
                    let Some(watch) = &watch else { break };
                    if unlocked(&file) {
                        // The writer may have written between our reading and its end.
                        let Ok(()) = self.rest_of(&mut file).await? else { return Ok(()) };
                        if matches!(successor(&self.log, &file)?, Successor::None) {
                            break;
                        }
                    } else {
                        tokio::select! {
                            () = self.out.closed() => return Ok(()),
                            closed = watch.changed() => if closed? { settle(&file).await },
                        }
                    }
                    continue;
                }
                Successor::Next(next) => next,
                Successor::Lost(next) => {
                    let text =
                        "[dhow: the log was rotated faster than it was read; lines are missing here]\n";
                    let Ok(()) = self.send(Source::Stderr, text.into()).await else { return Ok(()) };
                    next
                }
            };
            // Nothing is added to a file that has a successor: this was its last.
            let Ok(()) = self.rest_of(&mut file).await? else { return Ok(()) };
            file = next;
        }
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            let _ = self.records(&[&rest[..], b"\n"].concat()).await;
        }
        Ok(())
    }

    /// Writes out what the file holds beyond what was read of it.
    async fn rest_of(&mut self, file: &mut File) -> io::Result<Result<(), Enough>> {
        loop {
            let mut reading = file.try_clone()?;
            let read = tokio::task::spawn_blocking(move || {
                let mut buffer = vec![0; 64 << 10];
                reading.read(&mut buffer).map(|read| {
                    buffer.truncate(read);
                    buffer
                })
            });
            let block = read.await.map_err(io::Error::other)??;
            let Some(end) = block.iter().rposition(|byte| *byte == b'\n') else {
                if block.is_empty() {
                    return Ok(Ok(()));
                }
                self.rest.extend_from_slice(&block);
                continue;
            };
            let mut lines = std::mem::take(&mut self.rest);
            lines.extend_from_slice(&block[..=end]);
            self.rest.extend_from_slice(&block[end + 1..]);
            if self.records(&lines).await.is_err() {
                return Ok(Err(Enough));
            }
        }
    }

    /// Writes out whole records, neighbours of one source together.
    async fn records(&mut self, lines: &[u8]) -> Result<(), Enough> {
        let mut together: Option<(Source, Vec<u8>)> = None;
        for text in lines.split_inclusive(|byte| *byte == b'\n') {
            let text = text.strip_suffix(b"\n").unwrap_or(text);
            // A line that is no record was put there by somebody else: it is shown as it is.
            let foreign = Record { time: "", source: Source::Stdout, partial: false, text };
            let record = line::parse(text).unwrap_or(foreign);
            let other = self.query.only.is_some_and(|only| only != record.source);
            if other || self.since.as_deref().is_some_and(|since| record.time < since) {
                continue;
            }
            if let Some((source, bytes)) = together.take_if(|(source, _)| *source != record.source) {
                self.send(source, bytes.into()).await?;
            }
            let (_, bytes) = together.get_or_insert_with(|| (record.source, Vec::new()));
            let within = &mut self.within[record.source as usize];
            if self.query.timestamps && !*within {
                bytes.extend_from_slice(record.time.as_bytes());
                bytes.push(b' ');
            }
            bytes.extend_from_slice(record.text);
            if !record.partial {
                bytes.push(b'\n');
            }
            *within = record.partial;
        }
        match together {
            Some((source, bytes)) => self.send(source, bytes.into()).await,
            None => Ok(()),
        }
    }

    async fn send(&mut self, source: Source, mut bytes: Bytes) -> Result<(), Enough> {
        bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left -= bytes.len() as u64;
        if !bytes.is_empty() {
            self.out.send(Ok(Chunk { source, bytes })).await.map_err(|_| Enough)?;
        }
        if self.left == 0 { Err(Enough) } else { Ok(()) }
    }
}

/// Waits the moment between the kernel's word that a file was closed and its lock being free.
async fn settle(file: &File) {
    for _ in 0..50 {
        if unlocked(file) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// The file to begin with, at the place to begin at.
fn begin(log: &Path, tail: Option<u64>) -> io::Result<File> {
    let mut kept: Vec<File> = Vec::new();
    for age in 0..super::KEPT {
        match File::open(super::file(log, age)) {
            Ok(file) => kept.push(file),
            Err(error) if error.kind() == io::ErrorKind::NotFound && age > 0 => break,
            Err(error) => return Err(error),
        }
    }
    let Some(mut wanted) = tail else {
        return kept.pop().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound));
    };
    let oldest = kept.len() - 1;
    for (age, mut file) in kept.into_iter().enumerate() {
        let (starts, end) = lines(&mut file, wanted)?;
        let found = starts.len() as u64;
        if found >= wanted || age == oldest {
            let at = if wanted == 0 { end } else { starts.front().copied().unwrap_or(0) };
            file.seek(SeekFrom::Start(at))?;
            return Ok(file);
        }
        wanted -= found;
    }
    Err(io::ErrorKind::NotFound.into())
}

/// Where the last `wanted` lines of a file begin, and where the last whole record ends.
fn lines(file: &mut File, wanted: u64) -> io::Result<(VecDeque<u64>, u64)> {
    let (mut starts, mut at, mut within) = (VecDeque::new(), 0_u64, [false; 2]);
    let mut reader = io::BufReader::with_capacity(64 << 10, file);
    let mut text = Vec::new();
    loop {
        text.clear();
        io::BufRead::read_until(&mut reader, b'\n', &mut text)?;
        if text.pop() != Some(b'\n') {
            return Ok((starts, at));
        }
        let (source, partial) =
            line::parse(&text).map_or((Source::Stdout, false), |it| (it.source, it.partial));
        if !within[source as usize] && wanted > 0 {
            starts.push_back(at);
            if starts.len() as u64 > wanted {
                starts.pop_front();
            }
        }
        within[source as usize] = partial;
        at += text.len() as u64 + 1;
    }
}

#[cfg(test)]
mod tests;
