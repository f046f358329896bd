//! The web interface's copy of the schemas is the one these types give.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::PathBuf;

use serde_json::Value;
use tidings_api::Schemas;
use utoipa::OpenApi;

fn copy() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../web/ui/openapi.json")
}

#[test]
fn the_web_interface_knows_the_types_of_today() {
    let ours = serde_json::to_value(Schemas::openapi()).unwrap();
    let theirs: Value = serde_json::from_str(&std::fs::read_to_string(copy()).unwrap()).unwrap();
    for (name, schema) in ours["components"]["schemas"].as_object().unwrap() {
        assert_eq!(
            &theirs["components"]["schemas"][name], schema,
            "{name} differs: run the node's test http_openapi with UPDATE_OPENAPI=1, then `npm --prefix web/ui run types`"
        );
    }
}

#[test]
fn every_reference_leads_to_a_schema() {
    let document = serde_json::to_value(Schemas::openapi()).unwrap();
    let mut open = vec![&document];
    let mut seen = 0;
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(fields) => {
                if let Some(Value::String(target)) = fields.get("$ref") {
                    let pointer = target.strip_prefix('#').unwrap();
                    assert!(document.pointer(pointer).is_some(), "{target} leads nowhere");
                    seen += 1;
                }
                open.extend(fields.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    assert!(seen > 20, "the document refers to its own schemas");
}

#[test]
fn the_document_names_the_error_codes_as_they_are_sent() {
    let document = serde_json::to_value(Schemas::openapi()).unwrap();
    let named = document.pointer("/components/schemas/ErrorCode/enum").unwrap().as_array().unwrap();
    for code in tidings_api::ErrorCode::ALL {
        assert!(named.iter().any(|name| name == code.as_str()), "{code} is missing");
    }
}
