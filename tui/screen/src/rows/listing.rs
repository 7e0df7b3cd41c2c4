use super::{Filter, Order, Row, Sheet, sheet::Change, sort::Placed};
use shared_api::Heading;
use std::sync::Arc;

/// The rows of a sheet that are wanted, in their order. It follows the sheet, change by change.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    rows: Vec<Placed>,
    order: Order,
    /// How many there would be without the filter.
    total: usize,
    /// How much of the sheet's history it has followed; `None` before it was made.
    count: Option<u64>,
}

/// What is asked of a row before it stands in a listing.
pub(crate) struct Wanted<'a> {
    /// Whether it is meant at all.
    pub(crate) meant: &'a dyn Fn(&Row) -> bool,
    pub(crate) filter: &'a Filter,
    pub(crate) headings: &'a [Heading],
}

impl Wanted<'_> {
    fn shown(&self, row: &Row) -> bool {
        (self.meant)(row) && self.filter.wants(row, self.headings)
    }
}

impl Listing {
    /// What was wanted has changed: it is made anew when it is followed next.
    pub(crate) fn forget(&mut self) {
        self.count = None;
    }

    /// Only some of what is shown is wanted any longer.
    pub(crate) fn keep(&mut self, wants: impl Fn(&Row) -> bool) {
        self.rows.retain(|placed| wants(&placed.row));
    }

    /// Makes it say what the sheet says. `all` are the rows that can be meant.
    pub(crate) fn follow<'a, I>(
        &mut self,
        sheet: &'a Sheet,
        all: impl FnOnce(&'a Sheet) -> I,
        wanted: &Wanted<'_>,
    ) where
        I: Iterator<Item = &'a Arc<Row>>,
    {
        let changes = self.count.and_then(|count| sheet.since(count));
        self.count = Some(sheet.count());
        match changes {
            Some(changes) => changes.for_each(|change| self.change(change, wanted)),
            None => self.make(all(sheet), wanted),
        }
    }

    fn make<'a>(&mut self, all: impl Iterator<Item = &'a Arc<Row>>, wanted: &Wanted<'_>) {
        let mut total = 0;
        let meant = all.filter(|row| (wanted.meant)(row)).inspect(|_| total += 1);
        let shown = meant.filter(|row| wanted.filter.wants(row, wanted.headings));
        self.rows = shown.map(|row| self.order.place(row)).collect();
        self.total = total;
        let order = self.order;
        // They come in the order of names.
        if order != Order::default() {
            self.rows.sort_by(|a, b| order.compare(a, b));
        }
    }

    fn change(&mut self, change: &Change, wanted: &Wanted<'_>) {
        if let Some(old) = &change.old {
            self.total -= usize::from((wanted.meant)(old));
            if wanted.shown(old)
                && let Ok(at) = self.place_of(old)
            {
                self.rows.remove(at);
            }
        }
        if let Some(new) = &change.new {
            self.total += usize::from((wanted.meant)(new));
            if wanted.shown(new)
                && let Err(at) = self.place_of(new)
            {
                self.rows.insert(at, self.order.place(new));
            }
        }
    }

    /// Where a row stands, or would stand.
    pub(crate) fn place_of(&self, row: &Arc<Row>) -> Result<usize, usize> {
        let placed = self.order.place(row);
        self.rows.binary_search_by(|other| self.order.compare(other, &placed))
    }

    pub(crate) fn order(&self) -> Order {
        self.order
    }

    pub(crate) fn sort(&mut self, order: Order) {
        self.order = order;
        self.forget();
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(crate) fn total(&self) -> usize {
        self.total
    }

    pub(crate) fn get(&self, at: usize) -> Option<&Arc<Row>> {
        self.rows.get(at).map(|placed| &placed.row)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Row>> {
        self.rows.iter().map(|placed| &placed.row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::{By, Delta, Digester};
    use shared_api::Timestamp;
    use shared_client::Event;
    use shared_testkit::*;

    /// Numbers that look random and are the same in every run.
    fn dice(seed: &mut u64, sides: u64) -> u64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) % sides
    }

    #[test]
    fn following_change_by_change_is_as_making_it_anew() {
        let kind = shared_api::find("pods").unwrap();
        let headings = kind.headings();
        let meant = |row: &Row| &*row.namespace != "hidden";
        for (seed, by) in [By::Name, By::Changed, By::Column(0), By::Column(5)].into_iter().enumerate() {
            for filter in ["", "1", "!n1", "status:running"] {
                let filter = Filter::parse(filter);
                let wanted = Wanted { meant: &meant, filter: &filter, headings: &headings };
                let (mut seed, mut digester, mut sheet) = (seed as u64, Digester::of(kind), Sheet::default());
                let mut listing = Listing::default();
                listing.sort(Order { by, down: seed.is_multiple_of(2) });
                for revision in 0..600 {
                    let mut pod = pod(&format!("p-{}", dice(&mut seed, 40)));
                    pod.metadata.namespace =
                        Some(["a", "b", "hidden"][usize::try_from(dice(&mut seed, 3)).unwrap()].into());
                    pod.metadata.resource_version = Some(revision.to_string());
                    let pod = if dice(&mut seed, 2) == 0 { pod.on("n1").ready() } else { pod };
                    let event = match dice(&mut seed, 4) {
                        0 => Event::Deleted(object(&pod)),
                        _ => Event::Modified(object(&pod)),
                    };
                    if dice(&mut seed, 100) == 0 {
                        sheet.take(Delta::Begin);
                        sheet.take(Delta::Complete);
                    }
                    sheet.take(digester.delta(&event, Timestamp::UNIX_EPOCH).unwrap());
                    if dice(&mut seed, 3) > 0 {
                        continue;
                    }
                    listing.follow(&sheet, Sheet::iter, &wanted);
                    let mut anew = Listing::default();
                    anew.sort(listing.order());
                    anew.follow(&sheet, Sheet::iter, &wanted);
                    let names = |l: &Listing| {
                        l.iter()
                            .map(|r| (r.namespace.clone(), r.name.clone(), r.revision))
                            .collect::<Vec<_>>()
                    };
                    assert_eq!(names(&listing), names(&anew));
                    assert_eq!((listing.total(), listing.len()), (anew.total(), anew.iter().count()));
                }
            }
        }
    }
}
