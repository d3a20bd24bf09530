//! The page that a server gives to browsers: files in memory, each with what HTTP says about it.
//!
//! In: a method, a path, a request's headers. Out: the file, compressed for clients that take that, or "you have it
//! already", or 404. Must not: touch the disk after the start, or serve what is not in the table.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use xxhash_rust::xxh3::xxh3_64;

/// Files in a folder of this name carry a hash in their names (as vite does it), so they never change.
const HASHED: &str = "assets";
/// What is served for a folder.
const INDEX: &str = "index.html";
/// Files below this size are not worth compressing, bytes: they fit one packet.
const COMPRESS_FROM_BYTES: usize = 1024;
/// What the page may do: its own scripts, WASM, styles, sockets; images and workers that it makes itself.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; \
    style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; \
    worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/// The files of a page.
#[derive(Clone, Debug, Default)]
pub struct Page {
    files: BTreeMap<String, File>,
    /// What the page may do, if that is not [`CONTENT_SECURITY_POLICY`].
    policy: Option<HeaderValue>,
}

#[derive(Clone, Debug)]
struct File {
    plain: Encoded,
    gzip: Option<Encoded>,
    kind: &'static str,
    hashed: bool,
}

#[derive(Clone, Debug)]
struct Encoded {
    bytes: Bytes,
    etag: HeaderValue,
}

impl Page {
    /// No page: every path is answered with 404.
    pub fn none() -> Page {
        Page::default()
    }

    /// A page of these files: paths without a leading slash, and contents. `index.html` is served for `/`, and that of a
    /// folder for `/folder/`, where another page is, with its own socket beside it. Files in folders called `assets` must
    /// have a hash of their content in their names: browsers keep them for good.
    pub fn new(files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>) -> Page {
        let files = files.into_iter().map(|(path, content)| {
            let file = File::new(&path, content);
            (path, file)
        });
        Page {
            files: files.collect(),
            policy: None,
        }
    }

    /// Lets pages of these origins show the page in a frame. Only its own may otherwise.
    pub(crate) fn frame_by(&mut self, origins: &[String]) {
        let policy = [CONTENT_SECURITY_POLICY, &origins.join(" ")].join(" ");
        self.policy = HeaderValue::from_str(policy.trim_end()).ok();
    }

    /// True when the page has this file.
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// The folders that are pages of their own, without slashes at their ends.
    pub(crate) fn folders(&self) -> impl Iterator<Item = &str> {
        let paths = self.files.keys();
        paths.filter_map(|path| path.strip_suffix(INDEX)?.strip_suffix('/'))
    }

    /// Answers a request for a file of the page.
    pub(crate) fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response {
        if method != Method::GET && method != Method::HEAD {
            return (
                StatusCode::METHOD_NOT_ALLOWED,
                [(header::ALLOW, "GET, HEAD")],
                "only GET and HEAD work here\n",
            )
                .into_response();
        }
        let path = uri.path().trim_start_matches('/');
        let path: Cow<'_, str> = match path.is_empty() || path.ends_with('/') {
            true => [path, INDEX].concat().into(),
            false => path.into(),
        };
        let Some(file) = self.files.get(&*path) else {
            return match path.rsplit('/').next() {
                // What the page names is beside it: so its address must end in a slash.
                Some(folder) if self.has(&[&*path, "/", INDEX].concat()) => {
                    let query = uri
                        .query()
                        .map_or(String::new(), |query| format!("?{query}"));
                    let there = format!("{folder}/{query}");
                    let headers = [
                        (header::LOCATION, there),
                        (header::CACHE_CONTROL, "no-cache".to_owned()),
                    ];
                    (StatusCode::PERMANENT_REDIRECT, headers).into_response()
                }
                _ => (StatusCode::NOT_FOUND, "there is nothing at this address\n").into_response(),
            };
        };
        let encoded = file.gzip.as_ref().filter(|_| takes_gzip(headers));
        let mut response = Response::new(Body::empty());
        let headers_mut = response.headers_mut();
        describe(file, encoded.unwrap_or(&file.plain), headers_mut);
        let usual = HeaderValue::from_static(CONTENT_SECURITY_POLICY);
        let policy = self.policy.clone().unwrap_or(usual);
        headers_mut.insert(header::CONTENT_SECURITY_POLICY, policy);
        if encoded.is_some() {
            response
                .headers_mut()
                .insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        let encoded = encoded.unwrap_or(&file.plain);
        if has_it(headers, &encoded.etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            // For HEAD the HTTP library keeps the length and leaves the body out.
            *response.body_mut() = Body::from(encoded.bytes.clone());
        }
        response
    }
}

impl File {
    fn new(path: &str, content: Cow<'static, [u8]>) -> File {
        let (kind, compressible) = kind_of(path);
        let plain = match content {
            Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            Cow::Owned(bytes) => Bytes::from(bytes),
        };
        let hash = xxh3_64(&plain);
        let gzip = (compressible && plain.len() >= COMPRESS_FROM_BYTES)
            .then(|| gzip(&plain))
            .flatten();
        File {
            gzip: gzip.map(|bytes| Encoded {
                bytes,
                etag: etag(&format!("{hash:016x}-gz")),
            }),
            plain: Encoded {
                bytes: plain,
                etag: etag(&format!("{hash:016x}")),
            },
            kind,
            hashed: path.split('/').rev().skip(1).any(|folder| folder == HASHED),
        }
    }
}

fn etag(name: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{name}\"")).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The bytes compressed, if that makes them fewer.
fn gzip(bytes: &Bytes) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    let compressed = encoder.finish().ok()?;
    (compressed.len() < bytes.len()).then(|| Bytes::from(compressed))
}

fn describe(file: &File, encoded: &Encoded, headers: &mut HeaderMap) {
    let caching = if file.hashed {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    headers.insert(header::ETAG, encoded.etag.clone());
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    if file.gzip.is_some() {
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    }
}

/// True if the client takes gzip: it is listed, and not with a weight of 0.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lines = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
        named && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

fn has_it(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let lines = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|line| line.to_str().ok());
    lines
        .flat_map(|line| line.split(','))
        .map(|known| known.trim().trim_start_matches("W/"))
        .any(|known| known == "*" || known.as_bytes() == etag.as_bytes())
}

/// What kind of file this is, and whether compressing it is worth a try.
fn kind_of(path: &str) -> (&'static str, bool) {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => ("text/html; charset=utf-8", true),
        "js" | "mjs" => ("text/javascript; charset=utf-8", true),
        "css" => ("text/css; charset=utf-8", true),
        "json" | "map" => ("application/json", true),
        "webmanifest" => ("application/manifest+json", true),
        "txt" => ("text/plain; charset=utf-8", true),
        "wasm" => ("application/wasm", true),
        "svg" => ("image/svg+xml", true),
        "ico" => ("image/x-icon", true),
        "png" => ("image/png", false),
        "jpg" | "jpeg" => ("image/jpeg", false),
        "webp" => ("image/webp", false),
        "woff2" => ("font/woff2", false),
        "woff" => ("font/woff", false),
        "ogg" => ("audio/ogg", false),
        "mp3" => ("audio/mpeg", false),
        _ => ("application/octet-stream", false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let script = "let a = 1;\n".repeat(500);
        Page::new([
            (
                "index.html".to_owned(),
                Cow::Borrowed(&b"<!doctype html>"[..]),
            ),
            (
                "dots/index.html".to_owned(),
                Cow::Borrowed(&b"<!doctype html>"[..]),
            ),
            (
                "dots/assets/main-1a2b3c4d.js".to_owned(),
                Cow::Borrowed(&b"let dots;"[..]),
            ),
            (
                "assets/main-1a2b3c4d.js".to_owned(),
                Cow::Owned(script.into_bytes()),
            ),
            (
                "assets/core-1a2b3c4d.wasm".to_owned(),
                Cow::Borrowed(&b"\0asm"[..]),
            ),
        ])
    }

    fn request(path: &str, headers: &[(&'static str, &str)]) -> Response {
        let headers = headers.iter().map(|(name, value)| {
            (
                header::HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        });
        page().answer(&Method::GET, &path.parse().unwrap(), &headers.collect())
    }

    fn field<'a>(response: &'a Response, name: &str) -> &'a str {
        response
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[test]
    fn each_file_says_what_it_is_and_how_long_it_keeps() {
        let index = request("/", &[]);
        assert_eq!(field(&index, "content-type"), "text/html; charset=utf-8");
        assert_eq!(field(&index, "cache-control"), "no-cache");
        assert!(field(&index, "content-security-policy").contains("'wasm-unsafe-eval'"));
        let wasm = request("/assets/core-1a2b3c4d.wasm", &[]);
        assert_eq!(field(&wasm, "content-type"), "application/wasm");
        assert!(field(&wasm, "cache-control").contains("immutable"));
    }

    #[test]
    fn a_folder_with_an_index_is_a_page_of_its_own() {
        assert_eq!(page().folders().collect::<Vec<_>>(), ["dots"]);
        assert_eq!(request("/dots/", &[]).status(), StatusCode::OK);
        let script = request("/dots/assets/main-1a2b3c4d.js", &[]);
        assert!(field(&script, "cache-control").contains("immutable"));
        let folder = request("/dots", &[]);
        assert_eq!(folder.status(), StatusCode::PERMANENT_REDIRECT);
        assert_eq!(field(&folder, "location"), "dots/");
        let room = request("/dots?room=ours", &[]);
        assert_eq!(field(&room, "location"), "dots/?room=ours");
    }

    #[test]
    fn a_client_that_takes_gzip_gets_it_and_one_that_has_the_file_gets_nothing() {
        let path = "/assets/main-1a2b3c4d.js";
        let plain = request(path, &[("accept-encoding", "br, gzip;q=0")]);
        assert_eq!(field(&plain, "content-encoding"), "");
        let compressed = request(path, &[("accept-encoding", "br;q=1, gzip")]);
        assert_eq!(field(&compressed, "content-encoding"), "gzip");
        assert_ne!(field(&plain, "etag"), field(&compressed, "etag"));
        let known = format!("\"other\", {}", field(&plain, "etag"));
        assert_eq!(
            request(path, &[("if-none-match", &known)]).status(),
            StatusCode::NOT_MODIFIED
        );
        assert_eq!(
            request(path, &[("if-none-match", "\"other\"")]).status(),
            StatusCode::OK
        );
    }

    #[test]
    fn what_is_not_in_the_table_is_not_there() {
        for path in [
            "/nothing",
            "/../Cargo.toml",
            "/assets/",
            "/assets/../index.html",
            "//etc/passwd",
        ] {
            assert_eq!(request(path, &[]).status(), StatusCode::NOT_FOUND, "{path}");
        }
        let post = page().answer(&Method::POST, &Uri::from_static("/"), &HeaderMap::new());
        assert_eq!(post.status(), StatusCode::METHOD_NOT_ALLOWED);
    }
}
