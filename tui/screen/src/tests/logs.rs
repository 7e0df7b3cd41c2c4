//! The logs of many pods: merged, coloured, searched, folded, held; nothing is lost without a count.

use super::*;
use shared_api::core::Pod;

fn told(seat: &mut Seat, generation: u64, source: u16, lines: &[&str]) {
    let lines = lines.iter().map(|line| format!("2026-01-01T00:00:{line}")).collect();
    seat.tell(Msg::Told { generation, source, lines, held_back: 0 });
}

fn many(seat: &Seat) -> Option<(u64, Vec<String>, u16)> {
    seat.asked.iter().rev().find_map(|effect| match effect {
        Effect::ManyLogs { generation, pods, first, .. } => {
            Some((*generation, pods.iter().map(|pod| pod.name.clone()).collect(), *first))
        }
        _ => None,
    })
}

fn of_web() -> (Seat, u64) {
    let mut seat = Seat::over(scene());
    seat.press(":deploy<enter>L");
    let (generation, pods, first) = many(&seat).unwrap();
    assert_eq!((pods, first), (vec!["web-1".into(), "web-2".into(), "web-3".into()], 0));
    (seat, generation)
}

#[test]
fn the_logs_of_a_workload_are_merged_by_time() {
    let (mut seat, generation) = of_web();
    told(&mut seat, generation, 0, &["01Z first", "04Z fourth"]);
    told(&mut seat, generation, 1, &["02Z second", "05Z {\"level\":\"warn\",\"msg\":\"slow\",\"ms\":900}"]);
    told(&mut seat, generation, 2, &["03Z third"]);
    seat.press("J").looks_like("logs-merged");
    seat.press("Jt");
    assert!(seat.picture().contains("web-2 2026-01-01T00:00:02.000Z second"), "{}", seat.picture());
}

#[test]
fn pods_that_come_later_are_read_too() {
    let (mut seat, generation) = of_web();
    seat.see([object(&pod("web-4").labelled("app", "web"))]);
    seat.tell(Msg::Frame);
    assert_eq!(many(&seat).unwrap(), (generation, vec!["web-4".into()], 3));
    seat.asked.clear();
    seat.tell(Msg::Frame);
    assert_eq!(many(&seat), None, "each is asked for once");
}

#[test]
fn marks_choose_whose_logs_are_read() {
    let mut seat = Seat::over(scene());
    seat.press("<space><space>L");
    let (_, mut pods, _) = many(&seat).unwrap();
    pods.sort();
    assert_eq!(pods, ["web-1", "web-2"]);
}

#[test]
fn a_search_goes_from_one_to_the_next_and_the_reader_stays_there() {
    let mut seat = Seat::over(scene());
    seat.press("l");
    let lines = (0..100).map(|n| if n % 30 == 5 { format!("needle {n}") } else { format!("hay {n}") });
    seat.tell(Msg::Lines(1, lines.collect()));
    seat.press("fNEEDLE<enter>");
    assert!(seat.picture().lines().nth(3).unwrap().contains("needle 5"), "{}", seat.picture());
    seat.press("n");
    assert!(seat.picture().lines().nth(3).unwrap().contains("needle 35"), "{}", seat.picture());
    seat.tell(Msg::Lines(1, vec!["more".into(); 50]));
    assert!(seat.picture().lines().nth(3).unwrap().contains("needle 35"), "what comes moves nothing");
    seat.press("N");
    assert!(seat.picture().lines().nth(3).unwrap().contains("needle 5"), "{}", seat.picture());
    seat.press("fnowhere<enter>");
    assert!(seat.said().contains("nowhere stands nowhere"), "{}", seat.said());
}

#[test]
fn what_is_not_shown_is_counted() {
    let (mut seat, generation) = of_web();
    let lines = (0..150_000).map(|n| format!("line {n}")).collect();
    seat.tell(Msg::Told { generation, source: 0, lines, held_back: 7 });
    let title = seat.picture().lines().nth(2).unwrap().to_owned();
    let (mut wide, asked) = Model::new("demo", "x", "default", moment(), (200, 24));
    drop(asked);
    std::mem::swap(&mut wide.size, &mut seat.model.size);
    let title = format!("{title}{}", seat.picture());
    assert!(title.contains("50000 older dropped") && title.contains("7 held back at the source"), "{title}");
}

#[test]
fn a_filter_is_put_at_the_source_and_what_is_shown_is_saved() {
    let mut seat = Seat::over(scene());
    seat.press("l/get<enter>&");
    assert!(
        matches!(seat.asked.last(), Some(Effect::ManyLogs { grep, .. }) if grep == "get"),
        "{:?}",
        seat.asked.last()
    );
    let generation = many(&seat).unwrap().0;
    told(&mut seat, generation, 0, &["01Z GET /", "02Z put"]);
    seat.press("<ctrl-s>");
    let Some(Effect::Save { path, text }) = seat.asked.last() else { panic!("{:?}", seat.asked.last()) };
    assert_eq!((path.to_str(), text.as_str()), (Some("dhow-logs-web-1.log"), "GET /\n"));
    seat.tell(Msg::Saved(Ok("1 lines are in /tmp/x".into())));
    assert_eq!(seat.said(), "1 lines are in /tmp/x");
    assert!(info(&GroupKind::of::<Pod>()).is_some());
}
