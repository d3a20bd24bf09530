//! The program beside a game's WASM module, which `cargo tickwire` runs: [`crate::types_main!`].
//!
//! In: arguments. Out: the TypeScript half of the rules in a file; or, on stdout, where a browser's trace of the step first
//! differs from this machine's.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use tickwire_shared::rules::Rules;
use tickwire_shared::trace::{Difference, first_difference};
use ts_rs::TS;

use crate::types;

/// `PROGRAM FILE` writes the types, `PROGRAM --trace FILE` compares a trace.
pub fn run<R: Rules>(module: &str) -> ExitCode
where
    R::Input: TS,
    R::Command: TS,
    R::Event: TS,
    R::Action: TS,
    R::Setup: TS,
{
    let arguments = std::env::args_os().skip(1).collect::<Vec<OsString>>();
    let done = match arguments.as_slice() {
        [file] => std::fs::write(file, types::game::<R, ()>(module)).map_err(|e| e.to_string()),
        [flag, file] if flag == "--trace" => compare::<R>(Path::new(file)),
        _ => Err("say which file to write, or --trace and which to read".to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(words) => {
            let _ = writeln!(std::io::stderr(), "error: {words}");
            ExitCode::FAILURE
        }
    }
}

/// Says where the trace in `file` differs, if it does.
fn compare<R: Rules>(file: &Path) -> Result<(), String> {
    let theirs = std::fs::read(file).map_err(|error| error.to_string())?;
    let found = first_difference::<R>(&theirs).map_err(|error| error.to_string())?;
    let Some(Difference { step, ours, theirs }) = found else {
        return Ok(());
    };
    let words = format!("after {step} steps, {ours} on the server and {theirs} in the browser");
    writeln!(std::io::stdout(), "{words}").map_err(|error| error.to_string())
}
