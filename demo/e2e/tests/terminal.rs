//! The terminal, as a person uses it: typed into and looked at through tmux.

use demo_e2e::{apply, batch, dhow, get, kubeconfig, run, until};

/// A terminal with a shell in it, in which the program is started.
struct Seat {
    socket: String,
}

impl Seat {
    fn take(name: &str) -> Self {
        let seat = Self { socket: format!("dhow-e2e-{name}-{}", std::process::id()) };
        seat.tmux(&["new-session", "-d", "-x", "120", "-y", "30", "env PS1='ready$ ' bash --norc"]);
        seat.until("a shell", |screen| screen.contains("ready$"));
        seat
    }

    fn tmux(&self, words: &[&str]) -> String {
        let all: Vec<_> = ["-L", &self.socket].into_iter().chain(words.iter().copied()).collect();
        run("tmux", &all).ok()
    }

    /// Types text as it is.
    fn text(&self, text: &str) -> &Self {
        self.tmux(&["send-keys", "-l", text]);
        self
    }

    /// Presses a key by tmux's name for it.
    fn key(&self, key: &str) -> &Self {
        self.tmux(&["send-keys", key]);
        self
    }

    fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until the screen shows something; gives the screen.
    fn until(&self, what: &str, shows: impl Fn(&str) -> bool) -> String {
        let mut last = String::new();
        let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while std::time::Instant::now() < end {
            last = self.screen();
            if shows(&last) {
                return last;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{what} did not show within 20 s; the screen:\n{last}");
    }

    fn sees(&self, words: &str) -> String {
        self.until(&format!("{words:?}"), |screen| screen.contains(words))
    }

    fn start(&self) {
        let line = format!("KUBECONFIG={} {}", kubeconfig().display(), dhow());
        self.text(&line).key("Enter");
        self.sees("nodes 3/3 well");
        self.text(":pods").key("Enter");
    }

    /// The shell has its terminal back: it echoes, and lines are edited.
    fn is_restored(&self) {
        self.sees("ready$");
        self.text("stty -a | tr ';' '\\n' | grep -o -w -e '-*icanon' -e '-*echo'").key("Enter");
        self.until("a sane terminal", |screen| {
            screen.lines().any(|l| l.trim() == "icanon") && screen.lines().any(|l| l.trim() == "echo")
        });
        assert_eq!(self.tmux(&["display-message", "-p", "#{alternate_on}"]).trim(), "0");
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let _ = run("tmux", &["-L", &self.socket, "kill-server"]);
    }
}

const TALKER: &str = "{apiVersion: v1, kind: Pod, metadata: {name: talker, namespace: k8s-test}, spec: \
    {terminationGracePeriodSeconds: 0, containers: [{name: main, image: busybox, command: [sh, -c, \
    'i=0; while :; do i=$((i+1)); echo tick $i; sleep 1; done']}]}}";

#[test]
fn a_person_finds_their_way() {
    batch("delete pod talker -n k8s-test --ignore-not-found").ok();
    apply(TALKER).ok();
    batch("wait pod/talker -n k8s-test --for=condition=Ready --timeout=60s").ok();
    let seat = Seat::take("story");
    seat.start();

    // Pods of every namespace, then only some.
    seat.key("0");
    seat.sees("service-test-");
    seat.text("/talk");
    seat.until("the filter", |screen| screen.contains("talker") && !screen.contains("service-test-"));
    seat.key("Enter");

    // Logs follow.
    seat.key("l");
    seat.sees("tick 3");
    let ticks = |screen: &str| screen.matches("tick ").count();
    let before = ticks(&seat.screen());
    seat.until("more lines", |screen| ticks(screen) > before);
    seat.key("Escape");
    seat.sees("talker");

    // A shell in the pod.
    seat.key("s");
    seat.sees("ctrl-] leaves");
    seat.sees("#");
    seat.text("echo $((6 * 7)) on $(hostname)").key("Enter");
    seat.sees("42 on talker");
    seat.key("C-]");
    seat.until("the table", |screen| screen.contains("RESTARTS"));

    // A port of another pod, reached from here.
    seat.key("Escape").text("/service-test");
    seat.until("the filter", |screen| screen.contains("service-test-") && !screen.contains("talker"));
    seat.key("Enter").key("f");
    seat.sees("[LOCAL:]REMOTE");
    seat.key("C-u").text("18080:8080").key("Enter");
    let said = until(10, "an answer through the forward", || get("http://127.0.0.1:18080/util"));
    assert_eq!(said, "This is server\n");
    seat.text(":pf").key("Enter");
    seat.sees("18080");
    seat.key("x");
    until(10, "the forward's end", || get("http://127.0.0.1:18080/util").is_none().then_some(()));

    // Nodes, and into one; then out.
    seat.text(":nodes").key("Enter");
    seat.until("nodes", |screen| ["n1", "n2", "n3"].iter().all(|n| screen.contains(n)));
    seat.key("Enter");
    seat.sees("pods on n");
    seat.key("q");
    seat.is_restored();
    batch("delete pod talker -n k8s-test").ok();
}

#[test]
fn the_terminal_is_given_back_when_the_program_is_ended() {
    let seat = Seat::take("ended");
    seat.start();
    let shell = seat.tmux(&["display-message", "-p", "#{pane_pid}"]);
    let pid = run("pgrep", &["-P", shell.trim(), "-x", "dhow"]).ok();
    run("kill", &["-TERM", pid.trim()]).ok();
    seat.is_restored();
}

#[test]
fn the_terminal_is_given_back_after_a_panic() {
    let fake =
        std::env::var("DHOW_FAKE").expect("DHOW_FAKE is the screen's example: run with demo/test --only e2e");
    let seat = Seat::take("panic");
    seat.text(&format!("{fake} panic; echo it ended with $?")).key("Enter");
    seat.sees("panicked");
    seat.sees("it ended with 1");
    seat.is_restored();
}
