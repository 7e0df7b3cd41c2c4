//! One field of a schedule: `*/5`, `1-10/2`, `mon-fri`, `7,8`.

/// What one field may hold.
pub(super) struct Part {
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) names: &'static [&'static str],
}

/// What one field holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// A bit for each number.
    pub(super) bits: u64,
    /// It says that any would do.
    pub(super) any: bool,
}

impl Held {
    pub(super) fn has(self, number: i8) -> bool {
        u32::try_from(number).is_ok_and(|number| self.bits & (1 << number) != 0)
    }
}

impl Part {
    /// Reads a field, or says why it cannot be read.
    pub(super) fn read(&self, text: &str) -> Result<Held, String> {
        text.split(',').try_fold(Held::default(), |all, one| {
            let held = self.one(one)?;
            Ok(Held { bits: all.bits | held.bits, any: all.any || held.any })
        })
    }

    /// One of a field's alternatives.
    fn one(&self, text: &str) -> Result<Held, String> {
        let mut steps = text.split('/');
        let range = steps.next().unwrap_or_default();
        let step = steps.next();
        if steps.next().is_some() {
            return Err(format!("too many slashes: {text}"));
        }
        let mut ends = range.split('-');
        let first = ends.next().unwrap_or_default();
        let last = ends.next();
        if ends.next().is_some() {
            return Err(format!("too many hyphens: {text}"));
        }
        let any = matches!(first, "*" | "?");
        let (first, last) =
            if any { (self.least, self.most) } else { self.ends(first, last, step.is_some())? };
        let step = step.map_or(Ok(1), number)?;
        if step == 0 {
            return Err(format!("step of range should be a positive number: {text}"));
        }
        if first < self.least {
            Err(format!("beginning of range ({first}) below minimum ({}): {text}", self.least))
        } else if last > self.most {
            Err(format!("end of range ({last}) above maximum ({}): {text}", self.most))
        } else if first > last {
            Err(format!("beginning of range ({first}) beyond end of range ({last}): {text}"))
        } else {
            let bits = (first..=last).step_by(usize::try_from(step).unwrap_or(usize::MAX));
            Ok(Held { bits: bits.fold(0, |bits, number| bits | 1 << number), any: any && step == 1 })
        }
    }

    fn ends(&self, first: &str, last: Option<&str>, stepped: bool) -> Result<(u32, u32), String> {
        let first = self.value(first)?;
        let last = match last {
            Some(last) => self.value(last)?,
            None if stepped => self.most,
            None => first,
        };
        Ok((first, last))
    }

    fn value(&self, text: &str) -> Result<u32, String> {
        let name = self.names.iter().position(|n| text.eq_ignore_ascii_case(n));
        match name.and_then(|at| u32::try_from(at).ok()) {
            Some(at) => Ok(at + self.least),
            None => number(text),
        }
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| {
        format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")
    })
}
