//! A compiled WASM module -> its JavaScript and its declarations.
//!
//! wasm-bindgen runs as a library: its version is the one in this tool's lock file, and nobody has to install a second tool
//! that must match it.

use std::path::Path;

use anyhow::{Context, Result};
use wasm_bindgen_cli_support::Bindgen;

/// Binds the module `built` to JavaScript, into `package`, under the name `module`.
///
/// # Errors
/// The module was not built with this version of wasm-bindgen, or the folder cannot be written.
pub fn bind(built: &Path, package: &Path, module: &str) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(built)
        .out_name(module)
        .typescript(true)
        .web(true)?;
    bindgen
        // `await init()` finds the module beside its JavaScript, and bundlers see that it does.
        .omit_default_module_path(false)
        .remove_name_section(true)
        .remove_producers_section(true);
    bindgen.generate(package).context("wasm-bindgen failed")
}
