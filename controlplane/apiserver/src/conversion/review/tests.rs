use super::*;

fn sent() -> Vec<Value> {
    vec![json!({"apiVersion": "e.com/v1", "kind": "Foo", "metadata": {"name": "a", "uid": "u",
        "resourceVersion": "7", "labels": {"old": "x"}, "annotations": {"old": "x"}}})]
}

fn read(version: &str, api_version: &str, response: &Value) -> Result<Vec<Value>, String> {
    let review = Review::of(&[version.to_owned()], "id", "e.com/v2")?;
    let answer = json!({"apiVersion": api_version, "kind": "ConversionReview", "response": response});
    review.read(answer.to_string().as_bytes(), &sent())
}

fn response(edit: impl FnOnce(&mut Value)) -> Value {
    let mut made = sent().remove(0);
    made["apiVersion"] = json!("e.com/v2");
    let mut response = json!({"uid": "id", "result": {"status": "Success"}, "convertedObjects": [made]});
    edit(&mut response);
    response
}

#[test]
fn only_labels_and_annotations_are_the_webhooks() {
    let made = response(|r| {
        r["convertedObjects"][0]["metadata"] = json!({"name": "a", "uid": "u", "labels": {"new": "y"},
            "resourceVersion": "9", "finalizers": ["x"]});
    });
    let made = read("v1", "apiextensions.k8s.io/v1", &made).unwrap();
    let expected = json!({"name": "a", "uid": "u", "resourceVersion": "7", "labels": {"new": "y"}});
    assert_eq!(made[0]["metadata"], expected);
}

#[test]
fn answers_that_make_no_sense_are_told() {
    const V1: &str = "apiextensions.k8s.io/v1";
    let failed = "conversion webhook for e.com/v1, Kind=Foo failed: ";
    let returned = "conversion webhook for e.com/v1, Kind=Foo returned ";
    for (version, api_version, response, expected) in [
        ("v9", V1, json!({}), "no supported conversion review versions".to_owned()),
        ("v1", V1, Value::Null, format!("{failed}no response provided")),
        (
            "v1",
            "x/v1",
            response(|_| {}),
            format!(
                "{failed}expected webhook response of {V1}, Kind=ConversionReview, got x/v1, Kind=ConversionReview"
            ),
        ),
        (
            "v1",
            V1,
            response(|r| r["uid"] = json!("other")),
            format!("{failed}expected response.uid=\"id\", got \"other\""),
        ),
        (
            "v1",
            V1,
            response(|r| r["convertedObjects"] = json!([1, 2])),
            format!("{returned}2 objects, expected 1"),
        ),
        (
            "v1",
            V1,
            response(|r| r["convertedObjects"][0]["kind"] = json!("Bar")),
            format!("{returned}invalid object at index 0: invalid kind (expected Foo, received Bar)"),
        ),
        (
            "v1",
            V1,
            response(|r| r["convertedObjects"][0]["metadata"]["uid"] = json!("w")),
            format!("{returned}invalid object: must have the same UID: u != w"),
        ),
        (
            "v1",
            V1,
            response(|r| r["convertedObjects"][0]["metadata"]["labels"] = json!({"a": 1})),
            format!(
                "{returned}invalid metadata: metadata.labels[a] must be a string, but is not in converted object"
            ),
        ),
    ] {
        assert_eq!(read(version, api_version, &response).unwrap_err(), expected);
    }
    let beta = response(|r| r["uid"] = json!("other"));
    assert!(read("v1beta1", "whatever", &beta).is_ok(), "the older review is not looked at so closely");
}
