//! The demo's manifests are taken in whole: decoded, completed, found valid, and the same after a round trip.

use shared_api::{Decoded, Invalid, Timestamp, valid_metadata, yaml};
use std::{fs, path::Path};

#[test]
fn every_manifest_of_the_demo_is_valid() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo/manifests");
    let mut seen = 0;
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        for document in yaml::documents(&fs::read_to_string(&path).unwrap()).unwrap() {
            let text = |field: &str| document[field].as_str().unwrap_or_default().to_owned();
            let (api_version, name) = (text("apiVersion"), text("kind"));
            let group = api_version.split_once('/').map_or("", |(group, _)| group);
            let kind = shared_api::of(group, &name).unwrap_or_else(|| panic!("{path:?}: no kind {name}"));
            let Ok(Decoded { mut draft, unknown }) = (kind.decode)(document) else {
                panic!("{path:?} is not decoded")
            };
            assert_eq!(unknown, [""; 0], "{path:?}");
            draft.complete();
            let mut invalid = Invalid::default();
            valid_metadata(draft.meta(), kind.namespaced, &mut invalid);
            draft.check(None, &mut invalid);
            assert_eq!(invalid.lines(), [""; 0], "{path:?}");

            let object = draft.object();
            let Ok(again) = (kind.decode)(object.value()) else { panic!("{path:?} is not decoded again") };
            assert_eq!(again.unknown, [""; 0], "{path:?}");
            assert_eq!(again.draft.object(), object, "{path:?}: encoding loses something");
            let mut invalid = Invalid::default();
            again.draft.check(Some(&*draft), &mut invalid);
            assert_eq!(invalid.lines(), [""; 0], "{path:?}: applied again");
            let row = (kind.row)(&object, Timestamp::UNIX_EPOCH);
            assert_eq!(row.len(), (kind.headings)().len(), "{path:?}");
            seen += 1;
        }
    }
    assert!(seen >= 3, "the walk-through has a namespace, a service and a deployment");
}
