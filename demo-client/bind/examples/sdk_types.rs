//! Writes the TypeScript types of the framework, which the SDK is compiled with: `sdk_types FILE`.
//!
//! `cargo xtask wasm` runs it; the file is `demo-client/sdk/src/types.ts`.

use tickwire_bind::types;

fn main() -> std::io::Result<()> {
    let Some(path) = std::env::args_os().nth(1) else {
        return Err(std::io::Error::other("usage: sdk_types FILE"));
    };
    std::fs::write(path, types::framework())
}
