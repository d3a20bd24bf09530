//! The program of a game: flags, log, signals, and a server until somebody asks for its end.
//!
//! In: flags and environment variables. Out: the address on stdout, the log on stderr, a clean end on Ctrl-C or SIGTERM.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use anyhow::{Context, Result};
use tickwire_server::{Builder, Limits, MetricsAccess, Page, Server};
use tracing_subscriber::EnvFilter;

use crate::flags::{Command, LinkFlag, LogFormat, MetricsListen, Serve};
use crate::place::{self, Place};
use crate::rooms_folder::RoomsFolder;
use crate::settings;

/// What a game's program has besides the game.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// How it is called.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The page that it has in it.
    pub page: fn() -> Page,
    /// Adds the games that it hosts.
    pub games: fn(Builder) -> Builder,
}

/// The `main` of a game's server. See [`crate::main!`].
pub fn serve(program: &Program) -> ExitCode {
    let parsed = match settings::parse(program.name, program.version, std::env::args_os()) {
        Ok(parsed) => parsed,
        Err(error) => return error.told(),
    };
    let done = match parsed.command {
        Command::Serve(flags) => begin(flags, parsed.limits, program),
        Command::Config { check: true, .. } => Ok(()),
        Command::Config { .. } => {
            let text = parsed.sources.text(program.name);
            std::io::stdout()
                .write_all(text.as_bytes())
                .map_err(Into::into)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, whatever the cause.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Serves until somebody asks for the end.
fn begin(flags: Serve, limits: Limits, program: &Program) -> Result<()> {
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&flags.log))
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match flags.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    let runtime = tickwire_server::runtime(None).context("cannot start threads")?;
    runtime.block_on(run(flags, limits, program))
}

async fn run(flags: Serve, limits: Limits, program: &Program) -> Result<()> {
    let folder = flags.rooms.as_deref().map(RoomsFolder::open).transpose()?;
    let mut builder = builder(&flags, limits, program);
    if let Some(folder) = &folder {
        builder = builder.checkpoints(folder.checkpoints());
    }
    let server = builder.build()?;
    let mut place = Place::find(&flags).await?;
    place.wait_for_rooms().await;
    let server = with_metrics(server, flags.metrics_listen).await;
    if let Some(folder) = &folder {
        tokio::task::block_in_place(|| folder.own())?;
        server.reopen(folder.rooms()?);
    }
    // Before the address is out: a program that reads it may end us immediately.
    let (end, ended) = place::end(&flags, &place)?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "http://{}", place.listener.local_addr()?).and_then(|()| stdout.flush())?;
    let keep = move |rooms| {
        let kept = folder.map_or(Ok(()), |folder| folder.close(rooms));
        match kept {
            // Who took our place goes on. A service manager that sees us fail would start us again, in its place.
            Err(error) if ended.rooms_are_kept() => {
                tracing::error!(error = format!("{error:#}"), "not all rooms went over");
                Ok(())
            }
            kept => {
                ended.rooms_are_kept();
                kept
            }
        }
    };
    let kept = server.serve_and_keep(place.listener, end, keep).await;
    kept.context("the rooms could not be kept")?
}

/// A server as the flags want it.
fn builder(flags: &Serve, mut limits: Limits, program: &Program) -> Builder {
    if let Some(most) = tickwire_server::raise_open_files()
        && most < limits.connections
    {
        tracing::warn!(
            most,
            "the system lets this process open fewer files than --connections needs"
        );
        limits.connections = most;
    }
    let mut builder = (program.games)(Server::builder())
        .limits(limits)
        .page((program.page)());
    for origin in &flags.allow_origin {
        builder = builder.allow_origin(origin);
    }
    for origin in &flags.allow_embed {
        builder = builder.allow_embed(origin);
    }
    if let Some(token) = &flags.metrics_token {
        builder = builder.metrics(MetricsAccess::Token(token.clone()));
    }
    for proxy in &flags.trust_proxy {
        builder = builder.trust_proxy(*proxy);
    }
    for LinkFlag { room, link } in &flags.link {
        builder = match room {
            Some(room) => builder.room_link(room, *link),
            None => builder.link(*link),
        };
    }
    builder = builder.dev(flags.dev);
    match flags.threads {
        Some(threads) => builder.threads(threads.into()),
        None => builder,
    }
}

/// Serves metrics to an operator, too, if that address is free.
async fn with_metrics(server: Server, listen: MetricsListen) -> Server {
    let MetricsListen::On(address) = listen else {
        return server;
    };
    match tickwire_server::listen(address).await {
        Ok(listener) => server.metrics_on(listener),
        // The game is worth more than its figures.
        Err(error) => {
            tracing::warn!(%address, %error, "metrics are not served: pass another --metrics-listen");
            server
        }
    }
}
