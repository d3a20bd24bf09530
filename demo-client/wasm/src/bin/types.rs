//! Writes the TypeScript types of everything that crosses between Rust and the browser: `types FILE`.
//!
//! In: the Rust types, by ts-rs, and the game's schema. Out: one module of types, and the
//! names of links. Nobody writes them by hand.

use std::fmt::Write;

use tickwire_arena::{Arena, ArenaAction, ArenaEvent, ArenaInput, ArenaMap, ArenaSetup, Wall};
use tickwire_shared::client::{Budget, ClientEvent, DesyncPlace, Stats};
use tickwire_shared::close::Retry;
use tickwire_shared::ids::{InputSequence, PlayerId};
use tickwire_shared::link::LINK_PRESETS;
use tickwire_shared::message::{LinkReport, PlayerInfo, RoomEvent};
use tickwire_shared::rules::Rules;
use tickwire_shared::snapshot::layout::Rung;
use ts_rs::{Config, TS};

fn main() -> std::io::Result<()> {
    let Some(path) = std::env::args_os().nth(1) else {
        return Err(std::io::Error::other("usage: types FILE"));
    };
    std::fs::write(path, types())
}

fn types() -> String {
    let mut out =
        String::from("// Generated from the Rust types by `cargo xtask wasm`. Do not edit.\n");
    declare::<PlayerId>(&mut out);
    declare::<InputSequence>(&mut out);
    declare::<PlayerInfo>(&mut out);
    declare::<Retry>(&mut out);
    declare::<Rung>(&mut out);
    declare::<DesyncPlace>(&mut out);
    declare::<Budget>(&mut out);
    declare::<Stats>(&mut out);
    declare::<LinkReport>(&mut out);
    presets(&mut out);
    declare::<RoomEvent<()>>(&mut out);
    declare::<ClientEvent<()>>(&mut out);
    declare::<ArenaInput>(&mut out);
    declare::<ArenaEvent>(&mut out);
    declare::<ArenaAction>(&mut out);
    declare::<ArenaSetup>(&mut out);
    declare::<Wall>(&mut out);
    declare::<ArenaMap>(&mut out);
    game::<Arena>(&mut out, "Arena");
    out
}

fn declare<T: TS>(out: &mut String) {
    let declaration = T::decl(&Config::default());
    let _ = writeln!(
        out,
        "\n{}export {declaration}",
        T::docs().unwrap_or_default()
    );
}

/// The one value among the types: named links to choose from.
fn presets(out: &mut String) {
    let _ = writeln!(
        out,
        "\n/** Names of links that a server in dev mode knows, and what they stand for. */\nexport const LINK_PRESETS = {{"
    );
    for (name, link) in LINK_PRESETS {
        let _ = writeln!(out, "  {name:?}: {link:?},");
    }
    out.push_str("} as const;\n");
}

/// The game's view, from its schema, and the bundle of types that the SDK's `connect` takes.
fn game<R: Rules>(out: &mut String, name: &str)
where
    R::Input: TS,
    R::Command: TS,
    R::Event: TS,
    R::Action: TS,
    R::Setup: TS,
{
    let schema = R::schema();
    for component in &schema.components {
        let _ = writeln!(
            out,
            "\n/** Rows of `{}`: read the first `count` of each column. */",
            component.name
        );
        let _ = writeln!(out, "export interface {}Table {{", component.name);
        out.push_str("  readonly count: number;\n  readonly ids: Uint32Array;\n");
        for field in component.fields {
            let _ = writeln!(out, "  readonly {}: Float64Array;", field.name);
        }
        out.push_str("}\n");
    }
    let _ = writeln!(
        out,
        "\n/** What to draw now: one table for each component. */\nexport interface {name}View {{"
    );
    for component in &schema.components {
        let _ = writeln!(out, "  readonly {0}: {0}Table;", component.name);
    }
    let config = Config::default();
    let _ = writeln!(
        out,
        "}}\n\n/** The game, as the SDK's `connect` takes it. */\nexport interface {name} {{\n  input: {};\n  command: {};\n  event: {};\n  action: {};\n  setup: {};\n  view: {name}View;\n}}",
        R::Input::name(&config),
        R::Command::name(&config),
        R::Event::name(&config),
        R::Action::name(&config),
        R::Setup::name(&config),
    );
}
