//! The page in the program.
//!
//! In: the files of the folder that the macro names. Out: what the server serves; a page that says how to build one if there
//! is none.

use rust_embed::RustEmbed;
pub use tickwire_server::Page;

/// What is served while there is no page.
const NO_PAGE: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Tickwire</title>\n\
    <h1>The server runs, but this build has no page in it</h1>\n\
    <p>Build the page first, then the server: the README of the project says how.</p>\n</html>\n";

/// The page that was built in.
pub fn page<Files: RustEmbed>() -> Page {
    let files = Files::iter().filter_map(|path| {
        let file = Files::get(&path)?;
        Some((path.into_owned(), file.data))
    });
    let page = Page::new(files);
    if page.has("index.html") {
        return page;
    }
    Page::new([("index.html".to_owned(), NO_PAGE.as_bytes().into())])
}
