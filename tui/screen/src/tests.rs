//! Keys and data in, pictures out.
