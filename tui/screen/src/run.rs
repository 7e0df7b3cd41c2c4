//! The loop: input first, then a picture when one is due, then data.

use crate::{
    config::Config,
    draw::draw,
    editor,
    effects::{AHEAD, Effects},
    model::{Given, Model, clean},
    mouse::{Gesture, Hand},
    msg::{Effect, Msg},
    setup::{Seat, Setup},
    terminal::Screen,
    update::{self, update},
};
use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tui_commands::edit::Draft;

/// Data is drawn at most this often.
const FRAME: Duration = Duration::from_millis(33);
/// Lines of the history that are looked at.
const KEPT: usize = 2000;
/// So long the reader of keys has to let go of the terminal.
const LET_GO: Duration = Duration::from_millis(20);
/// A key is answered sooner.
const QUICK: Duration = Duration::from_millis(5);

/// Runs the terminal until the person leaves, in front of a cluster. The cluster need not be
/// reachable: the screen says so, and goes on trying.
pub async fn run(seat: Seat, setup: Setup) -> io::Result<()> {
    let config = configured(&setup);
    let mouse = config.mouse;
    let mut screen = Screen::take(mouse)?;
    let (answers, mut answered) = mpsc::channel(AHEAD);
    let Seat { doors, context, server } = seat;
    let clock = doors.clock;
    let size = crossterm::terminal::size()?;
    let (mut model, mut effects) = Model::new(&context, &server, &doors.namespace, clock(), size);
    let mut outside = Effects::new(doors, Arc::clone(&setup.clusters), answers);
    effects.extend(begin(&mut model, config, setup));
    perform(effects, &mut outside, &mut answered);
    let (mut input, mut hand) = (EventStream::new(), Hand::default());
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
                Some(Ok(Event::Mouse(event))) => match hand.read(event, Instant::now()) {
                    touch if touch.what == Gesture::Other && !model.passes_mouse() => continue,
                    touch => (Msg::Touch(touch), QUICK),
                },
                Some(Ok(Event::Resize(width, height))) => (Msg::Resize(width, height), QUICK),
                Some(Ok(_)) => continue,
                Some(Err(error)) => return Err(error),
                // The terminal is gone.
                None => break,
            },
            () = async { if let Some(wait) = wait { wait.await } }, if due.is_some() => {
                perform(update(&mut model, Msg::Frame), &mut outside, &mut answered);
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
        let heeded = model.heeds(&msg);
        let edits = perform(update(&mut model, msg), &mut outside, &mut answered);
        if !edits.is_empty() {
            drop(input);
            // Who still reads keys has let go when this returns.
            let _ = crossterm::event::poll(LET_GO);
            Screen::lend();
            for draft in edits {
                let text = editor::edit(editor::chosen(), &draft).await;
                perform(update(&mut model, Msg::Edited(Box::new(draft), text)), &mut outside, &mut answered);
            }
            screen.retake(mouse)?;
            input = EventStream::new();
            let (width, height) = crossterm::terminal::size()?;
            perform(update(&mut model, Msg::Resize(width, height)), &mut outside, &mut answered);
        }
        if heeded {
            let next = drawn + soon;
            due = Some(due.map_or(next, |due| due.min(next)));
        }
    }
    Ok(())
}

/// Starts what was asked for; what the editor is to have comes back.
fn perform(effects: Vec<Effect>, outside: &mut Effects, answered: &mut mpsc::Receiver<Msg>) -> Vec<Draft> {
    let mut edits = Vec::new();
    for effect in effects {
        match effect {
            // What still comes from the cluster before, nobody hears.
            Effect::Enter(generation) => {
                if let Some(new) = outside.enter(generation) {
                    *answered = new;
                }
            }
            Effect::Copy(text) => Screen::copy(&text),
            Effect::Editor(draft) => edits.push(*draft),
            other => outside.start(other),
        }
    }
    edits
}

/// What was set.
fn configured(setup: &Setup) -> Config {
    let mut config = Config::read(&setup.config.text);
    config.path.clone_from(&setup.config.path);
    config.coloured = setup.coloured;
    config.troubles.extend(setup.config.trouble.clone());
    config
}

/// What was set and kept counts from the start.
fn begin(model: &mut Model, config: Config, setup: Setup) -> Vec<Effect> {
    let Setup { clusters, history, read_only, named, demo, .. } = setup;
    // The latest are at the end.
    let kept: Vec<_> =
        history.text.lines().rev().take(KEPT).map(clean).filter(|line| !line.is_empty()).collect();
    kept.iter().rev().for_each(|line| model.remember(line));
    model.given = Given { read_only, named, demo, history: history.path, contexts: clusters.contexts() };
    update::begin(model, config)
}
