//! The SDK: TypeScript in `demo-client/sdk/src` -> JavaScript and declarations in its `dist`. The page is built with
//! these, and the npm package holds them.
//!
//! The package is checked as a stranger gets it: packed, installed into an empty folder, type-checked and run there. It
//! must need nothing from this repository, and nothing from the network.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::stamp::Stamp;
use crate::steps::{Live, Outcome};
use crate::tools::{self, Workspace};

/// The beginning of a page of another game. The last line must not compile: it shows that types arrive.
const PROGRAM: &str = r#"import { type Game, type GameModule, LINK_PRESETS, connect, rowOf } from "tickwire";
type Pieces = { readonly count: number; readonly ids: Uint32Array; readonly file: Float64Array };
interface Chess extends Game { input: number; event: string; view: { readonly Piece: Pieces } }
const client = () => { throw new Error("not loaded"); };
const load = () => Promise.reject(new Error("no module here"));
const chess: GameModule<Chess> = { name: "chess", neutral: 0, load, client };
const room = connect(chess, { name: "Ana", room: "board", url: "ws://localhost/ws" });
room.on("state", (state) => console.log(state.kind, LINK_PRESETS["4g"], room.stats?.ping_ms));
room.on("event", (event) => console.log(event.length, rowOf(room.view()?.Piece ?? { count: 0, ids: new Uint32Array() }, 7)));
// @ts-expect-error: an input of this game is a number.
room.setInput("up");
"#;
/// How strictly it is checked. The package's declarations are checked, too.
const TSCONFIG: &str = r#"{
  "compilerOptions": {
    "strict": true,
    "exactOptionalPropertyTypes": true,
    "skipLibCheck": false,
    "target": "ES2022",
    "lib": ["ES2022", "DOM"],
    "module": "NodeNext",
    "types": []
  },
  "files": ["program.ts"]
}
"#;

/// Where the built SDK is.
pub(crate) fn built(workspace: &Workspace) -> PathBuf {
    workspace.at("demo-client/sdk/dist")
}

/// Builds the SDK.
pub(crate) fn build(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    let inputs = [
        "demo-client/sdk/src",
        "demo-client/sdk/package.json",
        "demo-client/sdk/tsconfig.json",
        "demo-client/sdk/tsconfig.build.json",
        "demo-client/tsconfig.base.json",
        "demo-client/package-lock.json",
    ];
    // Not in dist: it would be published.
    let path = workspace.at("demo-client/node_modules/.tickwire-sdk");
    let stamp = Stamp::over(path, &inputs.map(|input| workspace.at(input)))?;
    stamp.renew(&built(workspace).join("index.js"), || {
        tools::run(workspace.npm().args(["run", "build", "-w", "sdk"]), live)
    })
}

/// Packs the SDK and uses the package in an empty folder.
pub(crate) fn package(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    let folder = workspace.target.join("npm-package");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut pack = workspace.npm();
    pack.args(["pack", "-w", "sdk", "--pack-destination"]);
    tools::run(pack.arg(&folder), live)?;
    let mut packed = fs::read_dir(&folder)?;
    let tarball = packed.next().context("npm pack wrote nothing")??;
    ensure!(packed.next().is_none(), "npm pack wrote several files");

    fs::write(folder.join("package.json"), r#"{ "type": "module" }"#)?;
    fs::write(folder.join("tsconfig.json"), TSCONFIG)?;
    fs::write(folder.join("program.ts"), PROGRAM)?;
    let mut install = workspace.npm();
    install.args(["install", "--offline", "--no-audit"]);
    tools::run(install.arg(tarball.path()).current_dir(&folder), live)?;
    let mut tsc = workspace.npm();
    tsc.args(["exec", "--offline", "--", "tsc", "--project"]);
    tools::run(tsc.arg(&folder), live)?;
    let mut node = Command::new("node");
    tools::run(node.arg("program.js").current_dir(&folder), live)?;
    Ok(Outcome::Done)
}
