//! What the screens look like at 80×24, and that none breaks when there is no room.

use super::*;
use shared_api::core::Pod;

#[test]
fn the_start_is_the_table_of_pods() {
    Seat::over(scene()).looks_like("pods");
}

#[test]
fn a_filter_says_how_much_it_hides() {
    Seat::over(scene()).press("/web-<enter>").looks_like("filter");
}

#[test]
fn the_help_is_the_key_map() {
    Seat::over(scene()).press("?").looks_like("help");
}

#[test]
fn a_broken_connection_says_since_when_and_why() {
    let mut seat = Seat::over(scene());
    let trouble = Some("connection refused\u{1b}[2J".into());
    let standing = Standing { synced: true, trouble, ..Standing::default() };
    seat.tell(Msg::Standing(GroupKind::of::<Pod>(), standing));
    seat.tell(Msg::Tick(moment() + Duration::from_secs(312)));
    seat.looks_like("stale");
}

#[test]
fn an_unreachable_server_is_said_and_not_hidden() {
    let now = moment();
    let (model, asked) = Model::new("demo", "https://10.0.0.1:6443", "default", now, (80, 24));
    let mut seat = Seat { model, asked };
    let trouble = Some("connection refused".into());
    seat.tell(Msg::Standing(GroupKind::of::<Pod>(), Standing { trouble, ..Standing::default() }));
    seat.tell(Msg::Tick(now + Duration::from_secs(3)));
    seat.looks_like("unreachable");
}

#[test]
fn deleting_shows_the_line_it_runs() {
    let mut seat = Seat::over(scene());
    seat.press("j<ctrl-d>").looks_like("confirm");
}

#[test]
fn a_long_error_is_read_whole() {
    let mut seat = Seat::over(scene());
    seat.press(":scale deployment/web --replicas 2<enter>");
    let error = Some(format!("the server refuses: {}", "because it must not be so, ".repeat(6)));
    seat.tell(Msg::Performed(1, crate::msg::Outcome { error, ..Default::default() }));
    seat.looks_like("error");
}

#[test]
fn a_log_is_held_when_scrolled_up() {
    let mut seat = Seat::over(scene());
    seat.press("l");
    seat.tell(Msg::Lines(1, (1..=40).map(|n| format!("line {n}")).collect()));
    seat.press("<up>");
    seat.tell(Msg::Lines(1, vec!["line 41".into()]));
    seat.looks_like("logs");
}

#[test]
fn no_screen_breaks_when_there_is_no_room() {
    let screens = [
        "",
        "?",
        "/x",
        ":get pods<tab>",
        ":nodes<enter>",
        "n",
        "<ctrl-d>",
        "l",
        "s",
        "y",
        "f",
        ":pf<enter>",
        ":pulse<enter>",
        ":capacity<enter>",
        "<ctrl-w>v",
        "<ctrl-w>s<ctrl-w>f<enter>",
        "<ctrl-w>t<ctrl-w>t<ctrl-w>",
        "U",
        "Yc",
        ":settings<enter>",
        ":skin<enter>",
        "0w",
    ];
    for keys in screens {
        for size in [(1, 1), (2, 3), (7, 5), (20, 6), (80, 24), (200, 60)] {
            let mut seat = Seat::over(scene());
            seat.model.tutorial = Some(0);
            seat.press(keys);
            seat.picture();
            seat.tell(Msg::Resize(size.0, size.1));
            let generation = 1;
            seat.tell(Msg::Lines(generation, vec!["宽宽宽 long line".repeat(9); 99]));
            seat.tell(Msg::Screen(generation, "宽\r\n$ ".repeat(99).into()));
            seat.press("<down><pgdn>");
            seat.picture();
        }
    }
}

#[test]
fn the_pulse_tells_how_everything_is_and_leads_to_what_is_not_well() {
    let mut seat = Seat::over(scene());
    seat.model.desk = Desk::new(View::Pulse(crate::views::Pulse::new()), Namespaces::one("default"));
    let warning = serde_json::json!({"apiVersion": "v1", "kind": "Event", "type": "Warning", "reason": "BackOff",
        "metadata": {"name": "web-2.1", "namespace": "default"}, "message": "Back-off restarting",
        "involvedObject": {"kind": "Pod", "name": "web-2", "namespace": "default"},
        "lastTimestamp": "2026-01-01T00:00:00Z", "count": 3});
    seat.see([Object::from_value(&warning).unwrap()]);
    seat.looks_like("pulse");
    seat.press("j<enter>");
    assert!(seat.picture().contains("faults only"), "{}", seat.picture());
    assert_eq!(seat.on(), "web-2");
    seat.press("<esc>G");
    seat.picture();
    // What comes above does not move the cursor to another object.
    let mut newer = warning.clone();
    newer["metadata"] =
        serde_json::json!({"name": "a.2", "namespace": "default", "uid": "u2", "resourceVersion": "9"});
    newer["involvedObject"]["name"] = "web-3".into();
    seat.see([Object::from_value(&newer).unwrap()]);
    seat.press("<enter>");
    let wanted = Box::new(tui_commands::grammar::parse_line("why pods/web-2 -n default").unwrap());
    let asked = seat.asked.last();
    assert!(matches!(asked, Some(Effect::Perform { action, .. }) if *action == wanted), "{asked:?}");
}

/// A picture as the guide has it: at most one line in a row is blank.
fn printed(picture: &str) -> String {
    let mut lines: Vec<&str> = picture.lines().collect();
    lines.dedup_by(|a, b| a.trim_matches([' ', '│']).is_empty() && b.trim_matches([' ', '│']).is_empty());
    lines.join("\n") + "\n"
}

#[test]
fn the_guide_shows_the_pictures_as_they_are() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/tui.md");
    let guide = std::fs::read_to_string(path).unwrap();
    let mut wanted = String::new();
    let mut parts = guide.split("<!-- ");
    wanted.push_str(parts.next().unwrap());
    for part in parts {
        let (name, rest) = part.split_once(" -->").expect("a name");
        let (_, after) =
            rest.split_once("```text\n").and_then(|(_, rest)| rest.split_once("```")).expect("a block");
        let picture = format!("{}/src/tests/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let picture = printed(&std::fs::read_to_string(picture).unwrap());
        wanted.push_str(&format!("<!-- {name} -->\n\n```text\n{picture}```{after}"));
    }
    if std::env::var_os("DHOW_REWRITE").is_some() {
        std::fs::write(path, &wanted).unwrap();
    }
    assert!(
        guide == wanted,
        "docs/tui.md shows other pictures than src/tests; DHOW_REWRITE=1 cargo test -p tui-screen, twice"
    );
}

fn look(cell: &ratatui::buffer::Cell) -> String {
    format!("{:?} on {:?} {:?}", cell.fg, cell.bg, cell.modifier)
}

/// How each cell looks: a letter for each look, told below.
fn looks(seat: &mut Seat) -> String {
    seat.tell(Msg::Frame);
    let (width, height) = seat.model.size;
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(&seat.model, frame)).unwrap();
    let plain = ratatui::buffer::Cell::EMPTY;
    let (mut seen, mut text) = (vec![look(&plain)], String::new());
    for row in terminal.backend().buffer().content.chunks(usize::from(width)) {
        let letters: String = row
            .iter()
            .map(|cell| {
                let look = look(cell);
                let at = seen.iter().position(|known| *known == look).unwrap_or_else(|| {
                    seen.push(look);
                    seen.len() - 1
                });
                if at == 0 { ' ' } else { char::from(b'a' + u8::try_from(at - 1).unwrap()) }
            })
            .collect();
        text.push_str(letters.trim_end());
        text.push('\n');
    }
    for (at, look) in seen.iter().enumerate().skip(1) {
        text.push_str(&format!("{} {look}\n", char::from(b'a' + u8::try_from(at - 1).unwrap())));
    }
    text
}

#[test]
fn screens_look_the_same_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut seat = Seat::over(scene());
        seat.tell(Msg::Resize(width, height));
        seat.press("<space><ctrl-w>v:nodes<enter><ctrl-w>s:pulse<enter><ctrl-w>h");
        seat.looks_like(&format!("all-{width}x{height}"));
        let looks = looks(&mut seat);
        let path = format!("{}/src/tests/looks-{width}x{height}.txt", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("DHOW_REWRITE").is_some() {
            std::fs::write(&path, &looks).unwrap();
        }
        let wanted = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(looks == wanted, "{path} (DHOW_REWRITE=1 keeps it):\n{looks}\nnot\n{wanted}");
    }
}
