//! The client core and the arena's rules for browsers: this crate becomes `pkg/tickwire_wasm.js` and its `.wasm`.
//!
//! In: calls from the SDK (`demo-client/sdk`). Out: the same Rust that the server runs. `binding` is the same for
//! every game; a game of your own needs what this file has: one function that makes its client.

mod binding;

pub use binding::Client;

use tickwire_arena::{
    Arena, ArenaMap, ArenaSetup, DASH_WAIT_S, RAIL_RANGE_M, RAIL_WAIT_S, TRACE_HASH, direction,
    trace_hash,
};
use tickwire_shared::client::Destination;
use tickwire_shared::rules::Rules;
use wasm_bindgen::prelude::*;

/// A client of the arena. `room`: empty asks for any with a free seat; `create`: open it if it is not there.
#[wasm_bindgen(js_name = arenaClient)]
pub fn arena_client(room: String, create: bool, name: String) -> Client {
    Client::new::<Arena>(Destination { room, create, name })
}

/// The map that a setup names, to draw it: an `ArenaMap`.
///
/// # Errors
/// When this is not an `ArenaSetup`.
#[wasm_bindgen(js_name = arenaMap, unchecked_return_type = "ArenaMap")]
pub fn arena_map(
    #[wasm_bindgen(unchecked_param_type = "ArenaSetup")] setup: JsValue,
) -> Result<JsValue, JsError> {
    let map: ArenaMap = Arena::map(&serde_wasm_bindgen::from_value::<ArenaSetup>(setup)?);
    Ok(serde_wasm_bindgen::to_value(&map)?)
}

/// From a dash to the next, seconds: for an indicator.
#[wasm_bindgen(js_name = dashWaitS)]
pub fn dash_wait_s() -> f32 {
    DASH_WAIT_S
}

/// From a shot of the rail to the next, seconds: for an indicator.
#[wasm_bindgen(js_name = railWaitS)]
pub fn rail_wait_s() -> f32 {
    RAIL_WAIT_S
}

/// How far a rail's beam gets on the map of this name, from (x, y) along an angle, metres: to a wall, or its range.
#[wasm_bindgen(js_name = railReachM)]
pub fn rail_reach_m(map: &str, x: f32, y: f32, angle: f32) -> f32 {
    let (dx, dy) = direction(angle);
    let far = (x + dx * RAIL_RANGE_M, y + dy * RAIL_RANGE_M);
    let wall = ArenaMap::named(map).hit_fraction((x, y), far, 0.0);
    wall.unwrap_or(1.0) * RAIL_RANGE_M
}

/// Runs that many random steps and hashes every bit of the result: equal to the server's, or prediction would drift.
#[wasm_bindgen(js_name = traceHash)]
pub fn browser_trace_hash(seed: u64, steps: u32) -> u64 {
    trace_hash(seed, steps)
}

/// What `traceHash(1n, 100000)` gives on the server.
#[wasm_bindgen(js_name = expectedTraceHash)]
pub fn expected_trace_hash() -> u64 {
    TRACE_HASH
}

/// The generated types that the signatures above speak of.
#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str =
    r#"import type { ArenaMap, ArenaSetup, ClientEvent, Retry, Stats } from "./types";"#;
