//! `cargo xtask play` and `cargo xtask build`: everything from a clean clone to a server that
//! people can play on.
//!
//! What could stop the server after minutes of building is checked first: the address, then the tools. A second start
//! does only what has changed.

use std::env::consts::EXE_SUFFIX;
use std::io::{ErrorKind, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};
use cargo_tickwire::game::Profile;

use crate::steps::{Live, Outcome, Steps};
use crate::tools::{self, Workspace};
use crate::{examples, needs, page, sdk, wasm};

/// How many steps [`build_steps`] takes.
pub(crate) const BUILD_STEPS: usize = 9;
/// How many ports after a busy one are tried to suggest a free one.
const SUGGESTIONS: u16 = 100;

/// `cargo xtask build`.
pub(crate) fn build(workspace: &Workspace) -> Result<()> {
    let binary = build_steps(workspace, Profile::Release, &mut Steps::new(BUILD_STEPS))?;
    println!("built {}", binary.display());
    Ok(())
}

/// `cargo xtask play`.
pub(crate) fn play(workspace: &Workspace, listen: SocketAddr) -> Result<()> {
    check_free(listen)?;
    let binary = build_steps(workspace, Profile::Release, &mut Steps::new(BUILD_STEPS))?;
    // Minutes may have passed since the first check.
    check_free(listen)?;
    println!("\n    {}\n", invitation(listen));
    std::io::stdout().flush()?;
    let mut server = Command::new(binary);
    // A person who tries it out may want to try bad links too.
    become_process(server.args(["serve", "--dev", "--listen", &listen.to_string()]))
}

/// What building and checking both need first: tools, the wasm target, npm packages. Three steps.
pub(crate) fn first_steps(workspace: &Workspace, steps: &mut Steps) -> Result<()> {
    steps.need("tools", "checking", |_| needs::check_node(&workspace.root))?;
    steps.need("wasm target", "checking", |live| {
        needs::ensure_wasm_target(&workspace.root, live)
    })?;
    steps.need("npm packages", "installing", |live| {
        page::packages(workspace, live)
    })
}

/// Builds all that the server binary contains, then the binary; returns its path. `examples` is how the examples' modules
/// are built.
pub(crate) fn build_steps(
    workspace: &Workspace,
    examples: Profile,
    steps: &mut Steps,
) -> Result<PathBuf> {
    first_steps(workspace, steps)?;
    steps.need("wasm", "building", |live| wasm::module(workspace, live))?;
    steps.need("types", "writing", |live| wasm::types(workspace, live))?;
    steps.need("sdk", "building", |live| sdk::build(workspace, live))?;
    steps.need("page", "building", |live| page::page(workspace, live))?;
    steps.need("examples", "building", |live| {
        examples::pages(workspace, examples, live)
    })?;
    steps.need("server", "building", |live| server(workspace, live))?;
    Ok(server_binary(workspace))
}

fn server(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    let mut cargo = workspace.cargo();
    cargo.args([
        "build",
        "--release",
        "--package",
        "tickwire-demo",
        "--bin",
        "tickwire",
    ]);
    tools::run(&mut cargo, live)?;
    Ok(Outcome::Done)
}

fn server_binary(workspace: &Workspace) -> PathBuf {
    workspace
        .target
        .join("release")
        .join(format!("tickwire{EXE_SUFFIX}"))
}

/// One line that says what to do when nothing can listen on `listen`.
fn check_free(listen: SocketAddr) -> Result<()> {
    let Err(error) = TcpListener::bind(listen) else {
        return Ok(());
    };
    let port = listen.port();
    if error.kind() != ErrorKind::AddrInUse {
        return Err(error).with_context(|| format!("cannot listen on {listen}"));
    }
    let after = (1..SUGGESTIONS).filter_map(|step| port.checked_add(step));
    let mut after = after.map(|port| SocketAddr::new(listen.ip(), port));
    match after.find(|address| TcpListener::bind(address).is_ok()) {
        Some(free) => {
            bail!("port {port} is in use: stop what listens there or pass --listen {free}")
        }
        None => bail!("port {port} is in use: stop what listens there or pass another --listen"),
    }
}

fn invitation(listen: SocketAddr) -> String {
    if listen.port() == 0 {
        return "Tickwire is starting on a free port; open the address below in two tabs"
            .to_owned();
    }
    // A browser cannot go to "every address"; on this machine the loopback one is meant.
    let host = match listen {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
        SocketAddr::V4(v4) => v4.ip().to_string(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => "[::1]".to_owned(),
        SocketAddr::V6(v6) => format!("[{}]", v6.ip()),
    };
    let port = listen.port();
    format!("Tickwire: http://{host}:{port}   open it in two tabs; Ctrl-C stops the server")
}

/// Goes on as `command`, and comes back only if that cannot start. With no parent between the terminal and the server,
/// Ctrl-C and `kill` reach the server itself, and its exit is ours.
#[cfg(unix)]
fn become_process(command: &mut Command) -> Result<()> {
    use std::os::unix::process::CommandExt;
    Err(command.exec()).context("the server could not be started")
}

/// Waits for `command`, where a process cannot become another one.
#[cfg(not(unix))]
fn become_process(command: &mut Command) -> Result<()> {
    tools::run_loud(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_port_is_told_with_a_free_one_to_use() {
        let held = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = held.local_addr().unwrap();
        let told = check_free(address).unwrap_err().to_string();
        let start = format!(
            "port {} is in use: stop what listens there or pass",
            address.port()
        );
        assert!(told.starts_with(&start), "{told}");
    }

    #[test]
    fn an_address_that_is_not_ours_is_told_before_anything_is_built() {
        // TEST-NET-1 belongs to nobody, so nothing can listen there.
        let told = check_free(SocketAddr::from(([192, 0, 2, 1], 4000))).unwrap_err();
        assert_eq!(told.to_string(), "cannot listen on 192.0.2.1:4000");
    }

    #[test]
    fn the_printed_address_is_one_a_browser_can_open() {
        let told = |listen: &str| invitation(listen.parse().unwrap());
        assert!(told("0.0.0.0:80").contains("http://127.0.0.1:80 "));
        assert!(told("[::]:80").contains("http://[::1]:80 "));
        assert!(told("[::1]:80").contains("http://[::1]:80 "));
        assert!(told("10.1.2.3:4000").contains("http://10.1.2.3:4000 "));
    }
}
