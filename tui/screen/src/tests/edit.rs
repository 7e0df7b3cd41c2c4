//! An object in the editor: read, shown as what it changes, asked about; what was written is never lost.

use super::*;
use crate::msg::Outcome;
use tui_commands::edit::Draft;

fn editor(seat: &Seat) -> Box<Draft> {
    let Some(Effect::Editor(draft)) = seat.asked.last() else { panic!("an editor: {:?}", seat.asked.last()) };
    draft.clone()
}

#[test]
fn an_edit_is_shown_asked_and_kept_until_it_is_written() {
    let mut seat = Seat::over(scene());
    seat.press(":deploy<enter>e");
    let Some(Effect::Draft(generation, key)) = seat.asked.last() else { panic!("the object is read") };
    let (generation, web) = (*generation, object(&deployment("web", 3)));
    assert_eq!(*key, web.key());
    seat.tell(Msg::Drafted(generation, Ok(Box::new(Draft::of(&web).unwrap()))));
    let draft = editor(&seat);
    seat.tell(Msg::Edited(draft.clone(), Err("edit: the editor \"x\" is not there".into())));
    assert!(seat.said().contains("\"x\" is not there"));
    seat.tell(Msg::Edited(draft.clone(), Ok(draft.text.clone())));
    assert_eq!(seat.said(), "nothing was changed, nothing is written");
    // What cannot be read is kept.
    seat.tell(Msg::Edited(draft.clone(), Ok("spec: [".into())));
    assert!(seat.said().contains("e opens the editor again on what you wrote"), "{}", seat.said());
    seat.press("e");
    let mut again = editor(&seat);
    assert_eq!(again.text, "spec: [");
    again.text = draft.text.replace("replicas: 3", "replicas: 5");
    seat.tell(Msg::Edited(again.clone(), Ok(again.text.clone())));
    let picture = seat.picture();
    for shown in ["patch deployments/web -n default", "/replicas\"", "-  replicas: 3", "+  replicas: 5"] {
        assert!(picture.contains(shown), "{shown}:\n{picture}");
    }
    assert!(!seat.asked.iter().any(|effect| matches!(effect, Effect::Perform { .. })));
    seat.press("y");
    let Some(Effect::Perform { generation, about, .. }) = seat.asked.last() else { panic!("it is written") };
    assert_eq!(about[..], [(web.key(), web.uid().into())]);
    let outcome = Outcome { error: Some("it is refused".into()), ..Outcome::default() };
    seat.tell(Msg::Performed(*generation, outcome));
    assert!(seat.said().contains("it is refused; e opens"), "{}", seat.said());
    seat.press("e");
    assert_eq!(editor(&seat).text, again.text);
    seat.model.read_only = Some("test".into());
    seat.press("e");
    assert!(seat.said().contains("not done: this is read-only"));
    assert!(seat.asked.iter().filter(|effect| matches!(effect, Effect::Editor(_))).count() == 3);
    seat.model.read_only = None;
    // Others were faster: what they changed comes along, and the editor again.
    seat.press("e");
    seat.tell(Msg::Edited(editor(&seat), Ok(again.text.clone())));
    seat.press("y");
    let Some(Effect::Perform { generation, .. }) = seat.asked.last() else { panic!("it is written") };
    let error = Some("it was modified".into());
    seat.tell(Msg::Performed(*generation, Outcome { error, conflict: true, ..Outcome::default() }));
    let Some(Effect::Draft(generation, _)) = seat.asked.last() else { panic!("it is read again") };
    let mut newer = web.value();
    newer["metadata"]["resourceVersion"] = "99".into();
    newer["metadata"]["labels"]["theirs"] = "yes".into();
    let newer = Draft::of(&Object::from_value(&newer).unwrap()).unwrap();
    seat.tell(Msg::Drafted(*generation, Ok(Box::new(newer))));
    let merged = editor(&seat);
    assert!(merged.text.contains("replicas: 5") && merged.text.contains("theirs"), "{}", merged.text);
    seat.tell(Msg::Edited(merged.clone(), Ok(merged.text.clone())));
    assert!(seat.picture().contains("+  replicas: 5") && !seat.picture().contains("theirs"));
    // The editor again, and not at all.
    seat.press("e");
    assert_eq!(editor(&seat).text, merged.text);
    seat.tell(Msg::Edited(merged.clone(), Ok(merged.text.clone())));
    seat.press("ne");
    assert!(matches!(seat.asked.last(), Some(Effect::Draft(..))), "what was not wanted is let go of");
}
