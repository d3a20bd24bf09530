//! `cargo tickwire dev`: builds, serves, watches.
//!
//! In: a project. Out: the page on vite's server, which is hot, and behind it the game's server, started anew whenever the
//! Rust code changes and compiles. What does not compile is said, and what ran before goes on.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Context, Error, Result, bail};
use notify::{Event, RecursiveMode, Watcher};

use crate::game::{Profile, Project};
use crate::running::{self, Running};
use crate::stages;
use crate::steps::{Live, Outcome, Steps};

/// Editors write a file in several steps: changes within this time are one.
const TOGETHER: Duration = Duration::from_millis(80);
/// How often to look whether a program has ended.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Serves until a program ends or a person stops it.
///
/// # Errors
/// A port is taken, a tool is missing, or the first build fails.
pub fn dev(project: &Project, page: SocketAddr, server: SocketAddr) -> Result<()> {
    check_free(page, "--listen")?;
    check_free(server, "--server")?;
    let ended = asked_to_end()?;
    show(project, None)?;
    // What is changed while the first build runs counts, too.
    let (_watcher, changes) = watch(project)?;
    let mut steps = Steps::new(stages::STEPS_BEFORE_PAGE + 2);
    stages::before_page(project, Profile::Dev, &mut steps)?;
    steps.need("step", "tracing", |live| Ok(traced(project, live)))?;
    steps.need("server", "building", |live| {
        stages::server(project, Profile::Dev, live)
    })?;
    // What vite watches has to be there when it begins.
    mark_served(project)?;
    let mut vite = vite(project, page, server)?;
    let mut game = serve(project, server)?;
    vite.listens(page)?;
    println!("\n    http://{page}/    open it in two tabs; Ctrl-C ends it\n");
    let mut plays = true;
    while !ended.load(Ordering::Relaxed) {
        if let Some(status) = vite.child.try_wait()? {
            bail!("vite ended with {status}");
        }
        if plays && let Some(status) = game.child.try_wait()? {
            println!("the server ended with {status}: change something to start it again");
            plays = false;
        }
        let Some(changed) = next_change(&changes)? else {
            continue;
        };
        let names = changed
            .iter()
            .filter_map(|path| path.strip_prefix(&project.root).ok());
        let names = names.map(|path| path.display().to_string());
        println!("changed: {}", names.collect::<Vec<_>>().join(", "));
        let begun = Instant::now();
        let built = rebuild(project);
        show(project, built.as_ref().err())?;
        if let Err(error) = built {
            println!("{error:#}\n\nnot built: what ran before goes on");
            continue;
        }
        game.end();
        // Pages come again, with the new rules, before there is a server that would refuse the old ones.
        mark_served(project)?;
        game = serve(project, server)?;
        plays = true;
        println!("served anew after {:.1} s", begun.elapsed().as_secs_f64());
    }
    Ok(())
}

/// True once a person or the system asks for the end, however it does.
fn asked_to_end() -> Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    let end = ended.clone();
    ctrlc::set_handler(move || end.store(true, Ordering::Relaxed))?;
    Ok(ended)
}

/// Says to the page's own server that all pages shall come again.
fn mark_served(project: &Project) -> Result<()> {
    let now = SystemTime::now();
    let file = project.generated().join("served.txt");
    std::fs::write(&file, format!("{now:?}\n"))
        .with_context(|| format!("cannot write {}", file.display()))
}

/// The server first: pages that are loaded anew while it does not compile must get what the old one knows.
fn rebuild(project: &Project) -> Result<()> {
    let mut steps = Steps::new(4);
    steps.need("server", "building", |live| {
        stages::server(project, Profile::Dev, live)
    })?;
    steps.need("wasm", "building", |live| {
        stages::module(project, Profile::Dev, live)
    })?;
    steps.need("types", "writing", |live| stages::types(project, live))?;
    steps.need("step", "tracing", |live| Ok(traced(project, live)))
}

/// Warns of a step that a browser predicts otherwise: it plays, and each player's own avatar jerks.
fn traced(project: &Project, live: &Live) -> Outcome {
    Outcome::Note(match stages::trace(project, live) {
        Ok(None) => "the same bits here and in a browser".to_owned(),
        Ok(Some(words)) => {
            format!("WARNING: {words}. Use + - * /, sqrt and the crate libm there, and no f32::sin")
        }
        Err(error) => format!("WARNING: no trace: {error:#}"),
    })
}

/// Leaves what is wrong where the page looks for it, or nothing if all is well.
fn show(project: &Project, error: Option<&Error>) -> Result<()> {
    let file = project.generated().join("build-error.txt");
    match error {
        Some(error) => std::fs::write(&file, format!("{error:#}"))?,
        None if file.exists() => std::fs::remove_file(&file)?,
        None => {}
    }
    Ok(())
}

/// The files that changed, together; `None` if none did for a while.
fn next_change(changes: &Receiver<PathBuf>) -> Result<Option<BTreeSet<PathBuf>>> {
    let Ok(first) = changes.recv_timeout(LOOK_EVERY) else {
        return Ok(None);
    };
    let mut changed = BTreeSet::from([first]);
    while let Ok(more) = changes.recv_timeout(TOGETHER) {
        changed.insert(more);
    }
    Ok(Some(changed))
}

/// Watches what the Rust half is made of.
fn watch(project: &Project) -> Result<(impl Watcher, Receiver<PathBuf>)> {
    let (send, changes) = channel();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        let Ok(event) = event else { return };
        if event.kind.is_access() {
            return;
        }
        for path in event.paths.into_iter().filter(|path| is_source(path)) {
            // The other end is gone when `dev` ends.
            let _ = send.send(path);
        }
    })?;
    for folder in ["rules", "server", "wasm"] {
        let folder = project.root.join(folder);
        watcher
            .watch(&folder, RecursiveMode::Recursive)
            .with_context(|| format!("cannot watch {}", folder.display()))?;
    }
    // Not the file Cargo.toml itself: editors put another one in its place.
    watcher.watch(&project.root, RecursiveMode::NonRecursive)?;
    Ok((watcher, changes))
}

fn is_source(path: &Path) -> bool {
    path.extension()
        .is_some_and(|ending| ending == "rs" || ending == "toml")
}

/// The page's own server: it sends what the game's server answers under `/ws` and brings changes of the page at once.
fn vite(project: &Project, page: SocketAddr, server: SocketAddr) -> Result<Running> {
    // Not through npm, which would end without it.
    let mut vite = Command::new("node");
    vite.current_dir(project.page());
    vite.arg(project.npm_program("vite/bin/vite.js"));
    vite.args(["--strictPort", "--clearScreen", "false"]);
    vite.args(["--logLevel", "warn", "--host", &page.ip().to_string()]);
    vite.args(["--port", &page.port().to_string()]);
    vite.env("TICKWIRE_SERVER", server.to_string())
        .stdin(Stdio::null());
    Running::start(&mut vite, "vite")
}

fn serve(project: &Project, server: SocketAddr) -> Result<Running> {
    let mut program = running::server(&project.program(Profile::Dev), server);
    // The rooms go on in the next server, and the tabs play on in them.
    program.arg("--rooms").arg(project.scratch("kept-rooms"));
    Running::start(program.arg("--dev"), "the server")
}

fn check_free(address: SocketAddr, flag: &str) -> Result<()> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) => bail!(
            "cannot listen on {address} ({error}): pass another one with {flag} {}:PORT",
            address.ip()
        ),
    }
}
