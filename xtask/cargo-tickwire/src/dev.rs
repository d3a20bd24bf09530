//! `cargo tickwire dev`: builds, serves, watches.
//!
//! In: a project. Out: the page on vite's server, which is hot, and behind it the game's server, started anew whenever the
//! Rust code changes and compiles. What does not compile is said, and what ran before goes on.

use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Error, Result, bail};
use notify::{Event, RecursiveMode, Watcher};

use crate::game::{Profile, Project};
use crate::stages;
use crate::steps::Steps;

/// Editors write a file in several steps: changes within this time are one.
const TOGETHER: Duration = Duration::from_millis(80);
/// How often to look whether a program has ended.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How long vite may take to begin.
const START: Duration = Duration::from_secs(30);
/// How long a server may take to end.
const END: Duration = Duration::from_secs(10);

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
    let mut steps = Steps::new(stages::STEPS_BEFORE_PAGE + 1);
    stages::before_page(project, Profile::Dev, &mut steps)?;
    steps.need("server", "building", |live| {
        stages::server(project, Profile::Dev, live)
    })?;
    let mut vite = Running(vite(project, page, server)?);
    let mut game = Running(serve(project, server)?);
    answers(&mut vite.0, page)?;
    println!("\n    http://{page}/    open it in two tabs; Ctrl-C ends it\n");
    let mut plays = true;
    while !ended.load(Ordering::Relaxed) {
        if let Some(status) = vite.0.try_wait()? {
            bail!("vite ended with {status}");
        }
        if plays && let Some(status) = game.0.try_wait()? {
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
        game = Running(serve(project, server)?);
        plays = true;
        // Pages that met the old server with new rules, or the other way round, come again.
        std::fs::write(
            project.generated().join("served.txt"),
            format!("{begun:?}\n"),
        )?;
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

/// Waits until the page can be opened.
fn answers(vite: &mut Child, page: SocketAddr) -> Result<()> {
    let begun = Instant::now();
    while TcpStream::connect(page).is_err() {
        if let Some(status) = vite.try_wait()? {
            bail!("vite ended with {status}");
        }
        if begun.elapsed() > START {
            bail!("vite does not listen on {page}");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn rebuild(project: &Project) -> Result<()> {
    let mut steps = Steps::new(3);
    steps.need("wasm", "building", |live| {
        stages::module(project, Profile::Dev, live)
    })?;
    steps.need("types", "writing", |live| stages::types(project, live))?;
    steps.need("server", "building", |live| {
        stages::server(project, Profile::Dev, live)
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
fn vite(project: &Project, page: SocketAddr, server: SocketAddr) -> Result<Child> {
    // Not through npm, which would end without it.
    let mut vite = Command::new("node");
    vite.current_dir(project.page());
    vite.args([
        "node_modules/vite/bin/vite.js",
        "--strictPort",
        "--clearScreen",
        "false",
    ]);
    vite.args(["--logLevel", "warn", "--host", &page.ip().to_string()]);
    vite.args(["--port", &page.port().to_string()]);
    vite.env("TICKWIRE_SERVER", server.to_string())
        .stdin(Stdio::null());
    vite.spawn().context("vite could not be started")
}

fn serve(project: &Project, server: SocketAddr) -> Result<Child> {
    let mut program = Command::new(project.program(Profile::Dev));
    program.args(["serve", "--dev", "--metrics-listen", "none", "--listen"]);
    program.arg(server.to_string());
    // The rooms go on in the next server, and the tabs play on in them.
    program
        .arg("--rooms")
        .arg(project.target.join("tickwire-rooms"));
    // The address that it prints is not the one to open.
    program.stdin(Stdio::null()).stdout(Stdio::null());
    program.spawn().context("the server could not be started")
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

/// A program that ends with us.
struct Running(Child);

impl Running {
    /// Asks it to end, and waits for that.
    fn end(&mut self) {
        #[cfg(unix)]
        if let Ok(process) = i32::try_from(self.0.id()) {
            use nix::sys::signal::{Signal, kill};
            let _ = kill(nix::unistd::Pid::from_raw(process), Signal::SIGTERM);
            let begun = Instant::now();
            while begun.elapsed() < END && matches!(self.0.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}
