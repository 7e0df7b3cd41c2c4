//! Taking the terminal and giving it back, whatever happens.

use base64::{Engine, engine::general_purpose::STANDARD};
use crossterm::{
    cursor::Show,
    event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture},
    execute,
    terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
};
use ratatui::{Frame, Terminal, backend::CrosstermBackend};
use std::{
    cell::Cell,
    io::{self, IsTerminal, Stdout, Write},
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::sync::Notify;

/// Whether the terminal is ours now.
static TAKEN: AtomicBool = AtomicBool::new(false);
/// Told when a panic took it away.
static LOST: Notify = Notify::const_new();

/// Held while a picture is written: it is not given back in the middle of one.
static DRAWING: Mutex<()> = Mutex::new(());

thread_local! {
    /// Whether this thread is the one that writes a picture.
    static DRAWS: Cell<bool> = const { Cell::new(false) };
}

/// The terminal while it is ours; dropping this gives it back.
pub(crate) struct Screen(Terminal<CrosstermBackend<Stdout>>);

impl Screen {
    /// Waits until a panic somewhere has given the terminal back.
    pub(crate) async fn lost() {
        LOST.notified().await;
    }

    /// Writes a picture; nothing when the terminal was given back meanwhile: it would lie over what is told there.
    pub(crate) fn draw(&mut self, picture: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
        if !TAKEN.load(Ordering::SeqCst) {
            return Ok(());
        }
        DRAWS.set(true);
        let drawn = self.0.draw(picture).map(drop);
        DRAWS.set(false);
        drawn
    }

    /// Gives the terminal's clipboard a text, with the sequence OSC 52. Whether it takes it, nobody can know.
    pub(crate) fn copy(text: &str) {
        let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
        if TAKEN.load(Ordering::SeqCst) {
            let mut out = io::stdout();
            let _ = write!(out, "\x1b]52;c;{}\x07", STANDARD.encode(text)).and_then(|()| out.flush());
        }
    }

    /// Gives the terminal back for a while: somebody else has it until [`Screen::retake`]. Nobody reads keys then.
    pub(crate) fn lend() {
        let _drawing = DRAWING.lock().unwrap_or_else(PoisonError::into_inner);
        give_back();
    }

    /// Takes it again after [`Screen::lend`], and begins with an empty picture.
    pub(crate) fn retake(&mut self, mouse: bool) -> io::Result<()> {
        TAKEN.store(true, Ordering::SeqCst);
        enter(mouse)?;
        self.0.clear()
    }

    /// Takes the terminal, and its mouse when that is wanted. A panic anywhere gives it back before it is told.
    pub(crate) fn take(mouse: bool) -> io::Result<Self> {
        if !(io::stdin().is_terminal() && io::stdout().is_terminal()) {
            return Err(io::Error::other(
                "the terminal interface needs a terminal on standard input and output; \
                 for scripts and pipes there is dhow --batch",
            ));
        }
        give_back_on_panic();
        TAKEN.store(true, Ordering::SeqCst);
        let taken = enter(mouse).and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        match taken {
            Ok(terminal) => Ok(Self(terminal)),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()
        .and_then(|()| execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste))
        .and_then(|()| if mouse { execute!(io::stdout(), EnableMouseCapture) } else { Ok(()) })
}

/// Gives the terminal back, once; more cannot be done when that fails.
fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ =
            execute!(io::stdout(), DisableMouseCapture, DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = disable_raw_mode();
    }
}

fn give_back_on_panic() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            {
                // The thread that draws has the lock itself.
                let _picture = (!DRAWS.get()).then(|| DRAWING.lock().unwrap_or_else(PoisonError::into_inner));
                give_back();
            }
            before(panic);
            LOST.notify_one();
        }));
    });
}
