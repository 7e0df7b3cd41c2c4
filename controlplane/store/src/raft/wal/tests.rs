//! What is appended is there again; what was torn is gone; what was damaged is refused.

use super::*;
use std::fs;

fn open(dir: &Path) -> Result<(Wal, Vec<Vec<u8>>), OpenError> {
    let mut found = Vec::new();
    let wal = Wal::open(dir, 4096, |_, payload| {
        found.push(payload.to_vec());
        Ok(())
    })?;
    Ok((wal, found))
}

fn payload(number: u64) -> Vec<u8> {
    let size = 40 + usize::try_from(number * 37 % 500).unwrap();
    let mut bytes = vec![u8::try_from(number % 251).unwrap(); size];
    bytes[..8].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn written(dir: &Path, count: u64) -> Vec<Place> {
    let (mut wal, found) = open(dir).unwrap();
    assert!(found.is_empty());
    (0..count).map(|number| wal.append(&payload(number)).unwrap()).collect()
}

fn newest(dir: &Path) -> PathBuf {
    segment::path_of(dir, *list(dir).unwrap().last().unwrap())
}

#[test]
fn everything_appended_is_there_again() {
    let dir = tempfile::tempdir().unwrap();
    let places = written(dir.path(), 50);
    assert!(list(dir.path()).unwrap().len() > 2, "several segments");
    for (number, place) in (0..).zip(&places) {
        assert_eq!(read(dir.path(), *place).unwrap(), payload(number));
    }
    for reopened in 0..3 {
        let (mut wal, found) = open(dir.path()).unwrap();
        assert!(found.into_iter().eq((0..50 + reopened).map(payload)));
        wal.append(&payload(50 + reopened)).unwrap();
    }
}

#[test]
fn forgetting_removes_whole_files_and_the_rest_opens() {
    let dir = tempfile::tempdir().unwrap();
    let places = written(dir.path(), 50);
    let (mut wal, _) = open(dir.path()).unwrap();
    wal.forget_before(places[30].segment).unwrap();
    drop(wal);
    let (_, found) = open(dir.path()).unwrap();
    let first = places.iter().position(|place| place.segment == places[30].segment).unwrap() as u64;
    assert!(first > 0 && found.into_iter().eq((first..50).map(payload)));
}

#[test]
fn a_torn_last_record_is_dropped_wherever_it_was_cut() {
    let dir = tempfile::tempdir().unwrap();
    let place = *written(dir.path(), 5).last().unwrap();
    let path = newest(dir.path());
    let sound = fs::read(&path).unwrap();
    let start = usize::try_from(place.offset).unwrap();
    for cut in [1, 4, 8, 19, 20, 21, place.len] {
        // Pages of a write reach the disk in any order: once the end is missing, once the beginning.
        let mut tail = sound.clone();
        tail[start + cut..].fill(0);
        let mut front = sound.clone();
        front[start..start + cut].fill(0);
        for torn in [tail, front, sound[..start + cut].to_vec()] {
            fs::write(&path, torn).unwrap();
            let (mut wal, found) = open(dir.path()).unwrap();
            assert!(found.into_iter().eq((0..4).map(payload)), "cut at {cut}");
            wal.append(b"after").unwrap();
            drop(wal);
            assert_eq!(open(dir.path()).unwrap().1.last().unwrap(), b"after");
        }
    }
}

#[test]
fn damage_in_the_middle_is_refused_with_file_and_place() {
    let dir = tempfile::tempdir().unwrap();
    let places = written(dir.path(), 50);
    for place in [places[0], places[25], places[48]] {
        let path = segment::path_of(dir.path(), place.segment);
        let sound = fs::read(&path).unwrap();
        let mut bent = sound.clone();
        bent[usize::try_from(place.offset).unwrap() + 30] ^= 1;
        fs::write(&path, bent).unwrap();
        let message = open(dir.path()).unwrap_err().to_string();
        let expected = format!("{} is damaged at byte {}: ", path.display(), place.offset);
        assert!(message.starts_with(&expected), "{message}");
        fs::write(&path, sound).unwrap();
    }
    open(dir.path()).unwrap();
}

#[test]
fn a_missing_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    written(dir.path(), 50);
    fs::remove_file(segment::path_of(dir.path(), list(dir.path()).unwrap()[1])).unwrap();
    assert!(matches!(open(dir.path()), Err(OpenError::Incomplete { .. })));
}

#[test]
fn a_file_that_was_only_begun_is_begun_again() {
    let dir = tempfile::tempdir().unwrap();
    written(dir.path(), 5);
    let path = segment::path_of(dir.path(), 6);
    for begun in [&b""[..], b"DHOWL", &[0; 24]] {
        fs::write(&path, begun).unwrap();
        let (wal, found) = open(dir.path()).unwrap();
        assert_eq!((found.len(), wal.newest()), (5, 6));
    }
}
