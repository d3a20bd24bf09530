//! The arena's page, as it was built before this crate: see `build.rs`.

use rust_embed::RustEmbed;
use tickwire_server::Page;

/// What `build.rs` found.
#[derive(RustEmbed)]
#[folder = "$OUT_DIR/page"]
struct BuiltIn;

/// The page that this binary has in it.
pub(crate) fn built_in() -> Page {
    Page::new(BuiltIn::iter().filter_map(|path| {
        let file = BuiltIn::get(&path)?;
        Some((path.into_owned(), file.data))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_build_always_has_a_page() {
        assert!(BuiltIn::get("index.html").is_some());
        assert!(built_in().has("index.html"));
    }
}
