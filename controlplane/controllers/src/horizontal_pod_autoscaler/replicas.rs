//! How many replicas would use what is aimed at, each.

use super::pods::Group;
use std::collections::BTreeMap;

/// How far from the aim is near enough, in thousandths.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tolerance {
    pub(super) down: i64,
    pub(super) up: i64,
}

/// What is aimed at.
pub(super) enum Aim {
    /// So many percent of what each pod asks for.
    Percent(i64, BTreeMap<String, i64>),
    /// So many thousandths each.
    Average(i64),
}

/// What comes of a measurement.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) replicas: i32,
    /// Of what pods ask for.
    pub(super) percent: Option<i32>,
    /// Thousandths that a pod uses.
    pub(super) average: i64,
}

/// What is used, in the measure of the aim.
#[derive(Debug, Clone, Copy)]
struct Reading {
    now: i64,
    aim: i64,
    average: i64,
}

impl Reading {
    fn is_above(self) -> bool {
        self.now > self.aim
    }

    fn is_below(self) -> bool {
        self.now < self.aim
    }

    fn is_near(self, Tolerance { down, up }: Tolerance) -> bool {
        let (now, aim) = (i128::from(self.now) * 1000, i128::from(self.aim));
        aim * i128::from(1000 - down) <= now && now <= aim * i128::from(1000 + up)
    }

    /// How many would do with the aim each, of what so many use now; rounded up.
    fn replicas(self, pods: usize) -> i32 {
        let (aim, pods) = (i128::from(self.aim.max(1)), i128::try_from(pods).unwrap_or(0));
        i32::try_from((i128::from(self.now) * pods + aim - 1) / aim).unwrap_or(i32::MAX)
    }
}

impl Aim {
    fn read(&self, used: &BTreeMap<String, i64>) -> Result<Reading, String> {
        match self {
            Self::Percent(aim, requests) => {
                let known = || used.iter().filter_map(|(pod, used)| Some((used, requests.get(pod)?)));
                let (total, asked) =
                    known().fold((0_i64, 0_i64), |(t, a), (used, asked)| (t + used, a + asked));
                if asked == 0 {
                    return Err("no metrics returned matched known pods".into());
                }
                let average = total / i64::try_from(known().count().max(1)).unwrap_or(i64::MAX);
                Ok(Reading { now: total.saturating_mul(100) / asked, aim: *aim, average })
            }
            Self::Average(aim) => {
                let many = i64::try_from(used.len().max(1)).unwrap_or(i64::MAX);
                let average = used.values().sum::<i64>() / many;
                Ok(Reading { now: average, aim: *aim, average })
            }
        }
    }

    /// What a pod that says nothing is believed to use when others use little.
    fn at_rest(&self, pod: &str) -> i64 {
        match self {
            Self::Percent(aim, requests) => {
                requests.get(pod).copied().unwrap_or(0).saturating_mul((*aim).max(100)) / 100
            }
            Self::Average(aim) => *aim,
        }
    }
}

/// How many replicas are wanted instead of `current`, or why that cannot be said.
///
/// Pods that say nothing are believed to be what makes the change smaller: busy when there would be fewer,
/// idle when there would be more.
pub(super) fn outcome(
    current: i32,
    group: Group,
    aim: &Aim,
    tolerance: Tolerance,
) -> Result<Outcome, String> {
    let Group { mut used, unready, missing, .. } = group;
    if used.is_empty() {
        return Err("did not receive metrics for targeted pods (pods might be unready)".into());
    }
    let ready = used.len();
    let reading = aim.read(&used)?;
    let percent = matches!(aim, Aim::Percent(..)).then(|| i32::try_from(reading.now).unwrap_or(i32::MAX));
    let wanting = |replicas: i32| Ok(Outcome { replicas, percent, average: reading.average });
    let above_with_unready = !unready.is_empty() && reading.is_above();
    if !above_with_unready && missing.is_empty() {
        let near = reading.is_near(tolerance);
        return wanting(if near { current } else { reading.replicas(ready) });
    }
    if reading.is_below() {
        used.extend(missing.into_iter().map(|pod| (pod.clone(), aim.at_rest(&pod))));
    } else if reading.is_above() {
        used.extend(missing.into_iter().map(|pod| (pod, 0)));
    }
    if above_with_unready {
        used.extend(unready.into_iter().map(|pod| (pod, 0)));
    }
    let again = aim.read(&used)?;
    let turned = reading.is_below() && again.is_above() || reading.is_above() && again.is_below();
    if turned || again.is_near(tolerance) {
        return wanting(current);
    }
    let replicas = again.replicas(used.len());
    let backwards = again.is_below() && replicas > current || again.is_above() && replicas < current;
    wanting(if backwards { current } else { replicas })
}
