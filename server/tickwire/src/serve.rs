//! The program of a game: flags, log, signals, and a server until somebody asks for its end.
//!
//! In: flags and environment variables. Out: the address on stdout, the log on stderr, a clean end on Ctrl-C or SIGTERM.

use std::io::{ErrorKind, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, Result, bail};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use tickwire_server::link::{LinkError, LinkSpec};
use tickwire_server::{AddressRange, Builder, Limits, MetricsAccess, Page, Server};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::{limit_flags, rooms_file};

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

/// Real-time game rooms for browsers.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the game: page, API and WebSocket on one port.
    Serve(Serve),
}

#[derive(Args)]
struct Serve {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4000", env = "TICKWIRE_LISTEN")]
    listen: SocketAddr,
    /// Address to serve metrics on, to whoever reaches it; `none` for nowhere
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:4001",
        env = "TICKWIRE_METRICS_LISTEN"
    )]
    metrics_listen: MetricsListen,
    /// Serve metrics on the public address too, to whoever sends this token as `Authorization: Bearer`
    #[arg(
        long,
        value_name = "TOKEN",
        env = "TICKWIRE_METRICS_TOKEN",
        hide_env_values = true
    )]
    metrics_token: Option<String>,
    /// Let pages of this origin connect, besides our own; may be given several times. Example: `https://game.example`
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "TICKWIRE_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    allow_origin: Vec<String>,
    /// Let pages of this origin show our page in a frame; may be given several times. Example: `https://portal.example`
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "TICKWIRE_ALLOW_EMBED",
        value_delimiter = ','
    )]
    allow_embed: Vec<String>,
    /// Believe X-Forwarded-For from this proxy or range, or Forwarded where the other is missing: the proxy must
    /// overwrite what clients write there; may be given several times. Example: 10.0.0.0/8
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "TICKWIRE_TRUST_PROXY",
        value_delimiter = ','
    )]
    trust_proxy: Vec<AddressRange>,
    /// Make links worse, for trying things out: all of them, or those of one room with ROOM=LINK; may be given several
    /// times. Examples: `4g`, `main=bad-wifi`, `"80ms jitter 20ms stall 300ms every 5s kbps 512"`
    #[arg(long, value_name = "[ROOM=]LINK")]
    link: Vec<LinkFlag>,
    /// Let each client make its own link worse, in the overlay that F3 opens. Not for production.
    #[arg(long)]
    dev: bool,
    /// Keep rooms over a restart: at the end they are written to this file, and at the start opened from it
    #[arg(long, value_name = "FILE", env = "TICKWIRE_ROOMS")]
    rooms: Option<PathBuf>,
    /// Simulation threads; otherwise one per core.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
}

/// Where metrics are served besides the public address.
#[derive(Clone, Copy, Debug)]
enum MetricsListen {
    None,
    On(SocketAddr),
}

impl FromStr for MetricsListen {
    type Err = String;

    fn from_str(text: &str) -> Result<MetricsListen, String> {
        if text == "none" {
            return Ok(MetricsListen::None);
        }
        let address = text.parse().map(MetricsListen::On);
        address
            .map_err(|_| "write an address with a port, such as 127.0.0.1:4001, or none".to_owned())
    }
}

/// A link for all rooms or for one.
#[derive(Clone, Debug)]
struct LinkFlag {
    room: Option<String>,
    link: LinkSpec,
}

impl FromStr for LinkFlag {
    type Err = LinkError;

    fn from_str(text: &str) -> Result<LinkFlag, LinkError> {
        let (room, link) = match text.split_once('=') {
            Some((room, link)) => (Some(room.to_owned()), link),
            None => (None, text),
        };
        let link = link.parse()?;
        Ok(LinkFlag { room, link })
    }
}

/// The `main` of a game's server. See [`crate::main!`].
pub fn serve(program: &Program) -> ExitCode {
    let (flags, limits) = match parse(program) {
        Ok(parsed) => parsed,
        Err(error) => error.exit(),
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    let served = tickwire_server::runtime(None)
        .context("cannot start threads")
        .and_then(|runtime| runtime.block_on(run(flags, limits, program)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line, whatever the cause.
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn parse(program: &Program) -> Result<(Serve, Limits), clap::Error> {
    let command = Cli::command().name(program.name).version(program.version);
    let matches = command
        .mut_subcommand("serve", limit_flags::add)
        .try_get_matches()?;
    let Command::Serve(flags) = Cli::from_arg_matches(&matches)?.command;
    let serve = matches.subcommand_matches("serve");
    Ok((
        flags,
        serve.map_or(Ok(Limits::default()), limit_flags::read)?,
    ))
}

async fn run(flags: Serve, mut limits: Limits, program: &Program) -> Result<()> {
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
    for origin in flags.allow_origin {
        builder = builder.allow_origin(origin);
    }
    for origin in flags.allow_embed {
        builder = builder.allow_embed(origin);
    }
    if let Some(token) = flags.metrics_token {
        builder = builder.metrics(MetricsAccess::Token(token));
    }
    for proxy in flags.trust_proxy {
        builder = builder.trust_proxy(proxy);
    }
    for LinkFlag { room, link } in flags.link {
        builder = match room {
            Some(room) => builder.room_link(room, link),
            None => builder.link(link),
        };
    }
    builder = builder.dev(flags.dev);
    if let Some(threads) = flags.threads {
        builder = builder.threads(threads.into());
    }
    let listener = bind(flags.listen).await?;
    let mut server = builder.build()?;
    if let MetricsListen::On(address) = flags.metrics_listen {
        match tickwire_server::listen(address).await {
            Ok(listener) => server = server.metrics_on(listener),
            // The game is worth more than its figures.
            Err(error) => {
                tracing::warn!(%address, %error, "metrics are not served: pass another --metrics-listen")
            }
        }
    }
    if let Some(file) = &flags.rooms {
        server.reopen(rooms_file::take(file)?);
    }
    // Before the address is out: a program that reads it may end us immediately.
    let shutdown = shutdown()?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "http://{}", listener.local_addr()?).and_then(|()| stdout.flush())?;
    let rooms = server.serve(listener, shutdown).await;
    match &flags.rooms {
        Some(file) => rooms_file::put(file, &rooms),
        None => Ok(()),
    }
}

async fn bind(listen: SocketAddr) -> Result<TcpListener> {
    match tickwire_server::listen(listen).await {
        Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
            "port {} is in use: stop what listens there or pass another one with --listen {}:PORT",
            listen.port(),
            listen.ip()
        ),
        other => other.with_context(|| format!("cannot listen on {listen}")),
    }
}

/// Ready when a person or the system asks for the end.
fn shutdown() -> Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    Ok(async move {
        #[cfg(unix)]
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    })
}
