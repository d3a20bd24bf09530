//! Values as JavaScript and the client core each have them.

use std::time::Duration;

use serde::Serialize;
use wasm_bindgen::prelude::*;

/// A time of `performance.now()`. What is no time is 0.
pub(crate) fn time(now_ms: f64) -> Duration {
    Duration::try_from_secs_f64(now_ms / 1000.0).unwrap_or_default()
}

/// Converts to what the generated TypeScript types say: a map is an object, a missing value `null`, a large number a
/// `bigint`.
pub(crate) fn to_js<T: Serialize>(value: &T) -> Result<JsValue, JsError> {
    let as_typed = serde_wasm_bindgen::Serializer::new()
        .serialize_maps_as_objects(true)
        .serialize_missing_as_null(true)
        .serialize_large_number_types_as_bigints(true);
    Ok(value.serialize(&as_typed)?)
}
