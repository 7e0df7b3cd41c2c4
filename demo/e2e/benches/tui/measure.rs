//! Everything that is measured at one number of pods.

use crate::{Setting, looks, seat::Seat, world::World};
use demo_e2e::measure::{
    Outcome, proc,
    statistics::{Sample, milliseconds},
    table::Row,
};
use std::{
    process::Command,
    time::{Duration, Instant},
};

const STARTS: usize = 5;
const KEYS: usize = 200;
const CHANGES: usize = 200;
const IDLE: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_mins(1);
/// What somebody types to see every pod.
const PODS: &str = ":pods -A\r";
/// Between two keys: longer than a frame, and never in step with one.
const BETWEEN: Duration = Duration::from_millis(37);

const PAINT: Duration = Duration::from_millis(50);
const WHOLE: Duration = Duration::from_millis(600);
const FRAME: Duration = Duration::from_millis(16);
const CPU: f64 = 0.5;

/// What somebody types to find a pod, letter by letter.
const FILTERS: [&str; 6] = ["api", "web-1", "search-2", "mail", "load-0", "billing"];

/// Measures it, quiet and then with changes.
pub(crate) fn all(setting: &Setting, name: &str, pods: usize) -> Outcome {
    let mut world = World::of(setting, name, pods)?;
    let mut rows = starts(setting, &world, name, pods)?;
    let mut seat = sit(setting, &world, pods)?;
    rows.extend(filter(&mut seat, name, pods)?);
    rows.push(keys(&mut seat, &format!("{name}, quiet"), None)?);
    let share = cpu(&seat)?;
    let target = "≤ 0.5 % of a processor";
    rows.push(Row::judged(&format!("{name}, quiet: idle"), target, format!("{share:.2} %"), share <= CPU));
    rows.push(resident(&seat, &format!("{name}, quiet"), pods)?);
    world.churn(CHANGES)?;
    let busy = format!("{name}, {CHANGES} changes/s");
    rows.push(keys(&mut seat, &busy, Some(FRAME))?);
    rows.push(Row::told(&format!("{busy}: nobody types"), format!("{:.2} % of a processor", cpu(&seat)?)));
    rows.push(resident(&seat, &busy, pods)?);
    Ok(rows)
}

fn command(setting: &Setting, world: &World) -> Command {
    let mut command = Command::new(&setting.dhow);
    command.arg("--kubeconfig").arg(&world.kubeconfig);
    command
}

/// A seat that shows every pod.
fn sit(setting: &Setting, world: &World, pods: usize) -> Result<Seat, String> {
    let mut seat = Seat::take(&mut command(setting, world))?;
    seat.until(PATIENCE, "a picture", looks::drawn)?;
    seat.press(PODS)?;
    seat.until(PATIENCE, "every pod", |screen| looks::counts(screen, pods))?;
    Ok(seat)
}

/// From the start to a picture, and to the whole list.
fn starts(setting: &Setting, world: &World, name: &str, pods: usize) -> Outcome {
    let (mut paint, mut whole) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        let mut seat = Seat::take(&mut command(setting, world))?;
        paint.push(seat.until(PATIENCE, "a picture", looks::drawn)? - seat.born);
        // Every namespace; then it is the whole list.
        seat.press(PODS)?;
        let at = seat.until(PATIENCE, "every pod", |screen| looks::counts(screen, pods))?;
        whole.push(at - seat.born);
    }
    let (paint, whole) = (Sample::of(paint), Sample::of(whole));
    let met = paint.percentile(50) <= PAINT;
    let list = format!("{name}: start → every pod in the list ({STARTS})");
    Ok(vec![
        Row::judged(&format!("{name}: start → first picture ({STARTS})"), "p50 ≤ 50 ms", paint.text(), met),
        if pods <= 10_000 {
            Row::judged(&list, "p50 ≤ 600 ms", whole.text(), whole.percentile(50) <= WHOLE)
        } else {
            Row::told(&list, whole.text())
        },
    ])
}

/// From a key to the cursor on another row.
fn keys(seat: &mut Seat, name: &str, target: Option<Duration>) -> Result<Row, String> {
    let mut taken = Vec::new();
    for n in 0..KEYS {
        std::thread::sleep(BETWEEN);
        let before = seat.see(looks::cursor);
        let key = if n % 20 < 10 { "j" } else { "k" };
        let at = seat.press(key)?;
        let what = format!("the cursor to leave {before}");
        taken.push(seat.until(PATIENCE, &what, |screen| looks::cursor(screen) != before)? - at);
    }
    Ok(latency(&format!("{name}: j or k → the cursor has moved ({KEYS})"), &Sample::of(taken), target))
}

/// From a letter of a filter to the list that it leaves.
fn filter(seat: &mut Seat, name: &str, pods: usize) -> Outcome {
    let mut taken = Vec::new();
    for text in FILTERS {
        seat.press("/")?;
        std::thread::sleep(BETWEEN);
        for end in 1..=text.len() {
            let typed = &text[..end];
            let at = seat.press(&text[end - 1..end])?;
            let wanted = format!("/{typed} ");
            let done = seat.until(PATIENCE, &wanted, |screen| looks::title(screen).contains(&wanted))?;
            taken.push(done - at);
            std::thread::sleep(BETWEEN);
        }
        // Out of the prompt, and of the filter.
        seat.press("\u{1b}")?;
        std::thread::sleep(BETWEEN * 4);
        if !seat.see(|screen| looks::counts(screen, pods) && !looks::title(screen).contains('/')) {
            seat.press("\u{1b}")?;
        }
        let clear =
            |screen: &vt100::Screen| looks::counts(screen, pods) && !looks::title(screen).contains('/');
        seat.until(PATIENCE, "the whole list", clear)?;
    }
    let sample = Sample::of(taken);
    let what = format!("{name}, quiet: a letter of a filter → its list ({})", sample.len());
    Ok(vec![latency(&what, &sample, (pods <= 10_000).then_some(FRAME))])
}

fn latency(what: &str, sample: &Sample, target: Option<Duration>) -> Row {
    match target {
        Some(target) => {
            let met = sample.percentile(99) <= target;
            Row::judged(what, &format!("p99 ≤ {}", milliseconds(target)), sample.tail(), met)
        }
        None => Row::told(what, sample.tail()),
    }
}

/// The share of a processor that the program takes while nobody types, in percent.
fn cpu(seat: &Seat) -> Result<f64, String> {
    let (before, at) = (proc::cpu(seat.pid())?, Instant::now());
    std::thread::sleep(IDLE);
    Ok(proc::cpu(seat.pid())?.saturating_sub(before).as_secs_f64() / at.elapsed().as_secs_f64() * 100.0)
}

fn resident(seat: &Seat, name: &str, pods: usize) -> Result<Row, String> {
    let resident = proc::resident(seat.pid())?;
    let most = if pods <= 10_000 { 40 } else { 120 };
    let text = format!("{} MB ({} anonymous)", resident.all >> 10, resident.anonymous >> 10);
    Ok(Row::judged(&format!("{name}: resident"), &format!("≤ {most} MB"), text, resident.all <= most << 10))
}
