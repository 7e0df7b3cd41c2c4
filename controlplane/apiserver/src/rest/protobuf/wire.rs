//! The fields of a message, as the wire has them.

use super::Trouble;
use shared_api::schema::Shape;

/// One field's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Wire<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32([u8; 4]),
    Bytes(&'a [u8]),
}

/// The fields of a message, one after the other; ends after the first that cannot be read.
pub(super) struct Fields<'a> {
    left: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Those of `message`.
    pub(super) fn of(message: &'a [u8]) -> Self {
        Self { left: message }
    }

    fn next_field(&mut self) -> Result<(u32, Wire<'a>), Trouble> {
        let tag = varint(&mut self.left)?;
        let number = u32::try_from(tag >> 3).ok().filter(|n| *n != 0);
        let number = number.ok_or_else(|| Trouble::new("a field has no number"))?;
        let wire = match tag & 7 {
            0 => Wire::Varint(varint(&mut self.left)?),
            1 => Wire::Fixed64(fixed(&mut self.left)?),
            2 => {
                let length = varint(&mut self.left)?;
                Wire::Bytes(take(&mut self.left, usize::try_from(length).unwrap_or(usize::MAX))?)
            }
            5 => Wire::Fixed32(fixed(&mut self.left)?),
            other => return Err(Trouble::new(format!("illegal wire type {other} of field {number}"))),
        };
        Ok((number, wire))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Wire<'a>), Trouble>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left.is_empty() {
            return None;
        }
        let found = self.next_field();
        if found.is_err() {
            self.left = &[];
        }
        Some(found)
    }
}

fn truncated() -> Trouble {
    Trouble::new("the message is truncated")
}

fn take<'a>(left: &mut &'a [u8], count: usize) -> Result<&'a [u8], Trouble> {
    let (taken, rest) = left.split_at_checked(count).ok_or_else(truncated)?;
    *left = rest;
    Ok(taken)
}

fn fixed<const N: usize>(left: &mut &[u8]) -> Result<[u8; N], Trouble> {
    take(left, N)?.try_into().map_err(|_| truncated())
}

fn varint(left: &mut &[u8]) -> Result<u64, Trouble> {
    let mut found = 0;
    for place in 0..10 {
        let byte = take(left, 1)?[0];
        found |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(found);
        }
    }
    Err(Trouble::new("a number is longer than ten bytes"))
}

impl<'a> Wire<'a> {
    /// As a message, text or bytes.
    pub(super) fn bytes(self) -> Result<&'a [u8], Trouble> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(Trouble::new("a number where text or a message is expected")),
        }
    }

    /// As text.
    pub(super) fn text(self) -> Result<String, Trouble> {
        let text = std::str::from_utf8(self.bytes()?);
        text.map(str::to_owned).map_err(|_| Trouble::new("the text is not UTF-8"))
    }

    /// As a whole number.
    pub(super) fn int64(self) -> Result<i64, Trouble> {
        match self {
            Self::Varint(number) => Ok(i64::from_le_bytes(number.to_le_bytes())),
            _ => Err(Trouble::new("text or a message where a number is expected")),
        }
    }

    /// As a whole number of 32 bits.
    pub(super) fn int32(self) -> Result<i32, Trouble> {
        let number = self.int64()?;
        i32::try_from(number).map_err(|_| Trouble::new(format!("{number} is not a number of 32 bits")))
    }

    /// As a number.
    pub(super) fn double(self) -> Result<f64, Trouble> {
        match self {
            Self::Fixed64(bytes) => Ok(f64::from_le_bytes(bytes)),
            _ => Err(Trouble::new("something else where a floating point number is expected")),
        }
    }

    /// The values of one occurrence of a repeated field: several where numbers are packed.
    pub(super) fn unpacked(self, item: &Shape) -> Result<Vec<Self>, Trouble> {
        let numbers = matches!(item, Shape::Int32 | Shape::Int64 | Shape::Bool);
        let (Self::Bytes(mut left), true) = (self, numbers) else { return Ok(vec![self]) };
        let mut found = Vec::new();
        while !left.is_empty() {
            found.push(Self::Varint(varint(&mut left)?));
        }
        Ok(found)
    }
}
