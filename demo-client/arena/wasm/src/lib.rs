//! The client core and the arena's rules for the page: this crate becomes `pkg/tickwire_arena_wasm.js` and its `.wasm`.
//!
//! In: calls from the page (`demo-client/arena/src/arena-game.ts`). Out: a client of the arena, and what the page draws
//! from the arena's rules. A game of your own needs [`client`] only; the rest is for this page and its tests.

use tickwire_arena::{
    Arena, ArenaMap, ArenaSetup, DASH_WAIT_S, RAIL_RANGE_M, RAIL_WAIT_S, TRACE_HASH, direction,
};
use tickwire_shared::rules::Rules;
use wasm_bindgen::prelude::*;

tickwire_bind::client!(Arena);

/// The map that a setup names, for drawing.
///
/// # Errors
/// When the value is not an `ArenaSetup`.
#[wasm_bindgen(js_name = arenaMap, unchecked_return_type = "ArenaMap")]
pub fn arena_map(
    #[wasm_bindgen(unchecked_param_type = "ArenaSetup")] setup: JsValue,
) -> Result<JsValue, JsError> {
    let map: ArenaMap = Arena::map(&serde_wasm_bindgen::from_value::<ArenaSetup>(setup)?);
    Ok(serde_wasm_bindgen::to_value(&map)?)
}

/// Time from one dash to the next, seconds.
#[wasm_bindgen(js_name = dashWaitS)]
pub fn dash_wait_s() -> f32 {
    DASH_WAIT_S
}

/// Time from one shot of the rail to the next, seconds.
#[wasm_bindgen(js_name = railWaitS)]
pub fn rail_wait_s() -> f32 {
    RAIL_WAIT_S
}

/// How far the rail's beam reaches from (x, y) along an angle, metres: to a wall of the map of this name, or its range.
#[wasm_bindgen(js_name = railReachM)]
pub fn rail_reach_m(map: &str, x: f32, y: f32, angle: f32) -> f32 {
    let (dx, dy) = direction(angle);
    let far = (x + dx * RAIL_RANGE_M, y + dy * RAIL_RANGE_M);
    let wall = ArenaMap::named(map).hit_fraction((x, y), far, 0.0);
    wall.unwrap_or(1.0) * RAIL_RANGE_M
}

/// Runs this many random steps and hashes every bit of the result. Prediction would drift if the server's hash differed.
#[wasm_bindgen(js_name = traceHash)]
pub fn trace_hash(steps: u32) -> u64 {
    tickwire_shared::trace::hash::<Arena>(steps)
}

/// What `traceHash(100000)` gives on the server.
#[wasm_bindgen(js_name = expectedTraceHash)]
pub fn expected_trace_hash() -> u64 {
    TRACE_HASH
}

/// The signatures above name generated types.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"import type { ArenaMap, ArenaSetup } from "./types";"#;
