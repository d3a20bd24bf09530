//! The command line of a game's program. Each flag is a setting: a variable and a key of the configuration file besides.
//!
//! In: the command line. Out: what to do, in types.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};
use tickwire_server::AddressRange;
use tickwire_server::link::{LinkError, LinkSpec};
use tracing_subscriber::EnvFilter;

/// Real-time game rooms for browsers.
#[derive(Parser)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Serve the game: page, API and WebSocket on one port.
    Serve(Serve),
    /// Print the settings that `serve` would have, and where each comes from: it is a configuration file itself.
    Config {
        #[command(flatten)]
        serve: Serve,
        /// Print nothing but what is wrong
        #[arg(long)]
        check: bool,
    },
}

#[derive(Args)]
pub(crate) struct Serve {
    /// Read settings from this file, in TOML: the names of the flags, and of limits in a table `[limits]`. Flags go before
    /// variables, and these before the file.
    #[arg(long, value_name = "FILE", env = "TICKWIRE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// What is logged: a level, or levels by module, as in `info,tickwire_server::net=debug`
    #[arg(
        long,
        value_name = "LEVELS",
        default_value = "info",
        env = "RUST_LOG",
        value_parser = levels
    )]
    pub(crate) log: String,
    /// How the log is written: `text` for people, `json` with an object a line for machines
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "text",
        env = "TICKWIRE_LOG_FORMAT"
    )]
    pub(crate) log_format: LogFormat,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:4000", env = "TICKWIRE_LISTEN")]
    pub(crate) listen: SocketAddr,
    /// Address to serve metrics on, to whoever reaches it; `none` for nowhere
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "127.0.0.1:4001",
        env = "TICKWIRE_METRICS_LISTEN"
    )]
    pub(crate) metrics_listen: MetricsListen,
    /// Serve metrics on the public address too, to whoever sends this token as `Authorization: Bearer`
    #[arg(
        long,
        value_name = "TOKEN",
        env = "TICKWIRE_METRICS_TOKEN",
        hide_env_values = true
    )]
    pub(crate) metrics_token: Option<String>,
    /// Let pages of this origin connect, besides our own; may be given several times. Example: `https://game.example`
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "TICKWIRE_ALLOW_ORIGIN",
        value_delimiter = ','
    )]
    pub(crate) allow_origin: Vec<String>,
    /// Let pages of this origin show our page in a frame; may be given several times. Example: `https://portal.example`
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "TICKWIRE_ALLOW_EMBED",
        value_delimiter = ','
    )]
    pub(crate) allow_embed: Vec<String>,
    /// Believe X-Forwarded-For from this proxy or range, or Forwarded where the other is missing: the proxy must
    /// overwrite what clients write there; may be given several times. Example: 10.0.0.0/8
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "TICKWIRE_TRUST_PROXY",
        value_delimiter = ','
    )]
    pub(crate) trust_proxy: Vec<AddressRange>,
    /// Make links worse, for trying things out: all of them, or those of one room with ROOM=LINK; may be given several
    /// times. Examples: `4g`, `main=bad-wifi`, `"80ms jitter 20ms stall 300ms every 5s kbps 512"`
    #[arg(
        long,
        value_name = "[ROOM=]LINK",
        env = "TICKWIRE_LINK",
        value_delimiter = ','
    )]
    pub(crate) link: Vec<LinkFlag>,
    /// Let each client make its own link worse, in the overlay that F3 opens. Not for production.
    #[arg(long, env = "TICKWIRE_DEV")]
    pub(crate) dev: bool,
    /// Keep rooms in this folder over a restart. Games that ask for it are written there every second: their rooms go on
    /// even if the server is killed.
    #[arg(long, value_name = "FOLDER", env = "TICKWIRE_ROOMS")]
    pub(crate) rooms: Option<PathBuf>,
    /// Take the place of the server that keeps its rooms in the same folder: its port, then its rooms. No connection is
    /// refused meanwhile. Without such a server it starts as usual.
    #[arg(long, requires = "rooms", env = "TICKWIRE_TAKEOVER")]
    pub(crate) takeover: bool,
    /// Simulation threads; otherwise one per core.
    #[arg(
        long,
        value_name = "COUNT",
        env = "TICKWIRE_THREADS",
        value_parser = clap::value_parser!(u16).range(1..)
    )]
    pub(crate) threads: Option<u16>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

/// Where metrics are served besides the public address.
#[derive(Clone, Copy, Debug)]
pub(crate) enum MetricsListen {
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
pub(crate) struct LinkFlag {
    pub(crate) room: Option<String>,
    pub(crate) link: LinkSpec,
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

/// Levels of the log, if they are some.
fn levels(text: &str) -> Result<String, String> {
    let parsed = EnvFilter::try_new(text);
    parsed
        .map(|_| text.to_owned())
        .map_err(|error| error.to_string())
}
