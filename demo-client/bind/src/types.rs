//! TypeScript types of everything that crosses between Rust and JavaScript.
//!
//! In: Rust types, by ts-rs, and a game's schema. Out: the text of a TypeScript file. The framework's own types
//! ([`framework`]) belong to the SDK, and a game's types ([`game`]) import them from there. Nobody writes them by hand.

use std::any::TypeId;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use tickwire_shared::client::{ClientEvent, Stats};
use tickwire_shared::close::Retry;
use tickwire_shared::limits::{
    CHAT_BYTES, CLIENT_MESSAGE_BYTES, LINK_BYTES, NAME_BYTES, NAME_CHARS, ROOM_NAME_BYTES,
};
use tickwire_shared::link::LINK_PRESETS;
use tickwire_shared::message::{LinkReport, RoomEvent};
use tickwire_shared::rules::Rules;
use ts_rs::{Config, TS, TypeVisitor};

use crate::indent::indented;

/// What a client core gives to the SDK. The types inside are found from here.
type Framework = (ClientEvent<()>, LinkReport, Retry, RoomEvent<()>, Stats);

/// The framework's own types and the names of links: a file of the SDK.
pub fn framework() -> String {
    let mut out =
        String::from("// Generated from the Rust types by `cargo xtask wasm`. Do not edit.\n");
    let types = Types::of_framework();
    out.push_str(&types.text());
    out.push_str(&types.declarations());
    out.push_str(
        "\n/** Names of links that a server in dev mode knows, and what they stand for. */\n",
    );
    out.push_str("export const LINK_PRESETS = {\n");
    for (name, link) in LINK_PRESETS {
        let _ = writeln!(out, "  {name:?}: {link:?},");
    }
    out.push_str("} as const;\n");
    out.push_str("\n/** The bounds of what a client says. A server closes the connection of one that says more. */\n");
    out.push_str("export const LIMITS = {\n");
    for (name, value, words) in LIMITS {
        let _ = writeln!(out, "  /** {words} */\n  {name}: {value},");
    }
    out.push_str("} as const;\n");
    out
}

/// The bounds that pages need: name, value, meaning.
const LIMITS: [(&str, usize, &str); 6] = [
    (
        "messageBytes",
        CLIENT_MESSAGE_BYTES,
        "One message, a command for example, bytes.",
    ),
    ("nameBytes", NAME_BYTES, "A player's name, bytes of UTF-8."),
    (
        "nameCharacters",
        NAME_CHARS,
        "How much of a player's name is shown, characters as people count them.",
    ),
    (
        "roomNameBytes",
        ROOM_NAME_BYTES,
        "A room's name: letters, digits, `-` and `_`.",
    ),
    ("chatBytes", CHAT_BYTES, "A line of chat, bytes of UTF-8."),
    (
        "linkBytes",
        LINK_BYTES,
        "The description of a conditioned link, bytes of UTF-8.",
    ),
];

/// The whole TypeScript half of the game `R`: its types, and the game as the SDK's `connect` takes it, named as its rules
/// are. `module` is the file that wasm-bindgen writes for a crate with [`crate::client!`], without its ending.
///
/// `More` is what the module's other functions speak of: a type, a tuple of types, or `()`. The types inside all of
/// these are found from here.
///
/// # Panics
/// When two different types have the same name.
pub fn game<R: Rules, More: TS + 'static>(module: &str) -> String
where
    R::Input: TS,
    R::Command: TS,
    R::Event: TS,
    R::Action: TS,
    R::Setup: TS,
{
    let name = name_of::<R>();
    let mut types = Types::of_game();
    types.imported.insert("GameModule".to_owned());
    types.add::<(R::Input, R::Command, R::Event, R::Action, R::Setup, More)>();
    let mut out =
        String::from("// Generated from the game's Rust types by tickwire-bind. Do not edit.\n");
    out.push_str(&types.text());
    let _ = writeln!(out, "import init, {{ client }} from \"./{module}.js\";");
    out.push_str(&types.declarations());
    view::<R>(&mut out, name);
    let config = Config::default();
    let _ = writeln!(
        out,
        "\n/** The game's types. */\nexport interface {name} {{"
    );
    for (part, type_name) in [
        ("input", R::Input::name(&config)),
        ("command", R::Command::name(&config)),
        ("event", R::Event::name(&config)),
        ("action", R::Action::name(&config)),
        ("setup", R::Setup::name(&config)),
        ("view", format!("{name}View")),
    ] {
        let _ = writeln!(out, "  {part}: {type_name};");
    }
    out.push_str("}\n");
    module_of::<R>(&mut out, name);
    out
}

/// The type's own name, without its path.
fn name_of<R>() -> &'static str {
    let path = std::any::type_name::<R>();
    let path = path.split_once('<').map_or(path, |(path, _)| path);
    path.rsplit("::").next().unwrap_or(path)
}

/// The game as `connect` takes it.
fn module_of<R: Rules>(out: &mut String, name: &str) {
    let value = name.char_indices().map(|(at, c)| match at {
        0 => c.to_ascii_lowercase(),
        _ => c,
    });
    let value = value.collect::<String>();
    // An input is plain data: it always becomes JSON.
    let neutral = serde_json::to_string(&R::Input::default()).unwrap_or_default();
    let _ = write!(
        out,
        "\nlet memory: Promise<WebAssembly.Memory> | undefined;\n\
         \n/** The game, for the SDK's `connect`. */\n\
         export const {value}: GameModule<{name}> = {{\n  \
           name: \"{}\",\n  \
           neutral: {neutral},\n  \
           load: () => {{\n    \
             memory ??= init().then((module) => module.memory);\n    \
             return memory;\n  \
           }},\n  \
           client: ({{ room, create, name }}) => client(room, create, name),\n\
         }};\n",
        R::GAME
    );
}

/// The game's view, from its schema: one table for each component.
fn view<R: Rules>(out: &mut String, name: &str) {
    let schema = R::schema();
    for component in &schema.components {
        let component_name = component.name;
        let _ = writeln!(out, "\n/** One entity with a `{component_name}`. */");
        let _ = writeln!(out, "export interface {component_name}Row {{");
        out.push_str("  readonly id: number;\n");
        for field in component.fields {
            let _ = writeln!(out, "  readonly {}: number;", field.name);
        }
        let _ = writeln!(
            out,
            "}}\n\n/** All `{component_name}`: iterate over them, or read the first `count` of each column. */"
        );
        let _ = writeln!(
            out,
            "export interface {component_name}Table extends Iterable<{component_name}Row> {{"
        );
        out.push_str("  readonly count: number;\n  readonly ids: Uint32Array;\n");
        let _ = writeln!(
            out,
            "  /** One of them, by its id. */\n  get(id: number | undefined): {component_name}Row | undefined;"
        );
        for field in component.fields {
            let _ = writeln!(out, "  readonly {}: Float64Array;", field.name);
        }
        out.push_str("}\n");
    }
    out.push_str("\n/** What to draw now: one table for each component. */\n");
    let _ = writeln!(out, "export interface {name}View {{");
    for component in &schema.components {
        let _ = writeln!(out, "  readonly {0}: {0}Table;", component.name);
    }
    out.push_str("}\n");
}

/// Declarations of one file.
#[derive(Default)]
struct Types {
    /// The types that the SDK declares, with their names there.
    framework: BTreeMap<TypeId, String>,
    /// Those of them that this file uses.
    imported: BTreeSet<String>,
    /// The types that this file declares, with their names.
    seen: BTreeMap<TypeId, String>,
    /// Their declarations by name, since ts-rs finds types in an order that may change from build to build.
    declared: BTreeMap<String, String>,
}

impl Types {
    fn of_framework() -> Types {
        let mut types = Types::default();
        types.add::<Framework>();
        types
    }

    fn of_game() -> Types {
        Types {
            framework: Types::of_framework().seen,
            ..Types::default()
        }
    }

    /// Adds `T`, or what it is made of when it has no name of its own, such as a list.
    fn add<T: TS + 'static>(&mut self) {
        self.visit::<T>();
        T::visit_generics(self);
    }

    fn text(&self) -> String {
        let mut out = String::new();
        if !self.imported.is_empty() {
            let names = self.imported.iter().map(String::as_str);
            let names = names.collect::<Vec<_>>().join(", ");
            let _ = writeln!(out, "\nimport type {{ {names} }} from \"tickwire\";");
        }
        out
    }

    fn declarations(&self) -> String {
        let declared = self.declared.values();
        declared.map(|declared| format!("\n{declared}")).collect()
    }
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Numbers, lists and the like have no file of their own: they need no declaration.
        if T::output_path().is_none() {
            return;
        }
        let id = TypeId::of::<T>();
        if let Some(name) = self.framework.get(&id) {
            self.imported.insert(name.clone());
            return;
        }
        let config = Config::default();
        let name = T::ident(&config);
        if self.seen.insert(id, name.clone()).is_none() {
            let docs = T::docs().unwrap_or_default();
            let text = indented(&format!("{docs}export {}", T::decl(&config)));
            // A generic type is found once for each type that it is used with, and declared once.
            let earlier = self.declared.insert(name.clone(), text.clone());
            assert!(
                earlier.is_none_or(|earlier| earlier == text),
                "two types are called {name}"
            );
            T::visit_dependencies(self);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chess::{Chess, Clock};

    const SDK_TYPES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sdk/src/types.ts");

    #[test]
    fn the_sdk_has_the_types_that_rust_has() {
        let written = std::fs::read_to_string(SDK_TYPES).unwrap_or_default();
        assert!(
            written == framework(),
            "demo-client/sdk/src/types.ts is not what the Rust types give: run `cargo xtask wasm` and commit the file"
        );
    }

    #[test]
    fn a_game_declares_its_own_types_and_imports_the_frameworks() {
        let expected = r#"// Generated from the game's Rust types by tickwire-bind. Do not edit.

import type { GameModule, PlayerId } from "tickwire";
import init, { client } from "./chess_wasm.js";

export type Clock = { left_ms: number, };

export type Moved = {
  /** Whose move it was. */
  player: PlayerId, path: Array<Square>,
};

/** Where a piece stands. */
export type Square = [number, number];

/** One entity with a `Piece`. */
export interface PieceRow {
  readonly id: number;
  readonly file: number;
}

/** All `Piece`: iterate over them, or read the first `count` of each column. */
export interface PieceTable extends Iterable<PieceRow> {
  readonly count: number;
  readonly ids: Uint32Array;
  /** One of them, by its id. */
  get(id: number | undefined): PieceRow | undefined;
  readonly file: Float64Array;
}

/** What to draw now: one table for each component. */
export interface ChessView {
  readonly Piece: PieceTable;
}

/** The game's types. */
export interface Chess {
  input: null;
  command: [Square, Square];
  event: Moved;
  action: null;
  setup: Array<Square>;
  view: ChessView;
}

let memory: Promise<WebAssembly.Memory> | undefined;

/** The game, for the SDK's `connect`. */
export const chess: GameModule<Chess> = {
  name: "chess",
  neutral: null,
  load: () => {
    memory ??= init().then((module) => module.memory);
    return memory;
  },
  client: ({ room, create, name }) => client(room, create, name),
};
"#;
        assert_eq!(game::<Chess, Clock>("chess_wasm"), expected);
    }
}
