//! Tests of the repository itself: who may import whom, how long files are, what the documents name.
//! The tests are in `tests/`; this library holds nothing.
