//! The loop: input first, then a picture when one is due, then data.

use crate::{
    draw::draw,
    effects::Effects,
    model::Model,
    msg::{Effect, Msg},
    terminal::Screen,
    update::update,
};
use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use std::{
    io,
    time::{Duration, Instant},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tui_commands::Doors;

/// Data is drawn at most this often.
const FRAME: Duration = Duration::from_millis(33);
/// A key is answered sooner.
const QUICK: Duration = Duration::from_millis(8);

/// Runs the terminal until the person leaves, on the cluster behind `doors`. The cluster need not be
/// reachable: the screen says so, and goes on trying.
pub async fn run(doors: Doors, context: &str, server: &str) -> io::Result<()> {
    let mut screen = Screen::take()?;
    let (answers, mut answered) = mpsc::channel(256);
    let clock = doors.clock;
    let size = crossterm::terminal::size()?;
    let (mut model, effects) = Model::new(context, server, &doors.namespace, clock(), size);
    let mut outside = Effects::new(doors, answers);
    perform(effects, &mut outside);
    let mut input = EventStream::new();
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    let (mut terminate, mut hang_up) = (signal(SignalKind::terminate())?, signal(SignalKind::hangup())?);
    let mut drawn = Instant::now();
    let mut due = Some(drawn);
    while !model.quit {
        let wait = due.map(|due| tokio::time::sleep_until(due.into()));
        let (msg, soon) = tokio::select! {
            biased;
            _ = terminate.recv() => break,
            _ = hang_up.recv() => break,
            // Going on without the part that panicked would show a world that stands still.
            () = Screen::lost() => return Err(io::Error::other("a part of the terminal panicked; what it said is above")),
            event = input.next() => match event {
                Some(Ok(Event::Key(key))) => (Msg::Key(key), QUICK),
                Some(Ok(Event::Paste(text))) => (Msg::Paste(text), QUICK),
                Some(Ok(Event::Resize(width, height))) => (Msg::Resize(width, height), QUICK),
                Some(Ok(_)) => continue,
                Some(Err(error)) => return Err(error),
                // The terminal is gone.
                None => break,
            },
            () = async { if let Some(wait) = wait { wait.await } }, if due.is_some() => {
                perform(update(&mut model, Msg::Frame), &mut outside);
                screen.draw(|frame| draw(&model, frame))?;
                (due, drawn) = (None, Instant::now());
                continue;
            }
            msg = answered.recv() => match msg {
                Some(msg) => (msg, FRAME),
                None => break,
            },
            _ = seconds.tick() => (Msg::Tick(clock()), FRAME),
        };
        perform(update(&mut model, msg), &mut outside);
        let next = drawn + soon;
        due = Some(due.map_or(next, |due| due.min(next)));
    }
    Ok(())
}

fn perform(effects: Vec<Effect>, outside: &mut Effects) {
    for effect in effects {
        outside.start(effect);
    }
}
