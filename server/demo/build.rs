//! Brings the built pages to where the binary takes them from: `demo-client/arena/dist` -> `$OUT_DIR/page`, and each
//! example's `page/dist` to a folder of its name in there.
//!
//! Without a built page the binary gets one that says how to build it, so that `cargo build` alone always works.

use std::path::Path;
use std::{env, fs, io};

const NO_PAGE: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Tickwire</title>\n\
    <h1>Tickwire runs, but this build has no page in it</h1>\n\
    <p>Stop it and run <code>cargo xtask play</code>: that builds the page and starts a server with it.</p>\n</html>\n";

/// The games beside the arena: `main.rs` hosts them.
const EXAMPLES: [&str; 4] = ["cards", "dots", "swarm", "tag"];

fn main() -> io::Result<()> {
    let root = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    let dist = Path::new(&root).join("../../demo-client/arena/dist");
    let page = Path::new(&out).join("page");
    println!("cargo::rerun-if-changed=build.rs");
    if page.exists() {
        fs::remove_dir_all(&page)?;
    }
    bring(&dist, &page)?;
    for name in EXAMPLES {
        let dist = format!("../../examples/{name}/page/dist");
        bring(&Path::new(&root).join(dist), &page.join(name))?;
    }
    Ok(())
}

/// Copies a built page, or puts one there that says what to do.
fn bring(dist: &Path, page: &Path) -> io::Result<()> {
    // Cargo builds anew each time while a watched path is missing, so the folder is made. If it cannot be made, no more
    // is lost than that.
    let _ = fs::create_dir_all(dist);
    println!("cargo::rerun-if-changed={}", dist.display());
    fs::create_dir_all(page)?;
    if dist.join("index.html").is_file() {
        copy(dist, page)
    } else {
        fs::write(page.join("index.html"), NO_PAGE)
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            fs::create_dir_all(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}
