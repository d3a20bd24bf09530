//! Settings from flags, variables and the configuration file, in this order; and where each of them comes from.
//!
//! In: the command line. Out: what to do, with limits; or what is wrong, for a person to read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::parser::ValueSource;
use clap::{ArgAction, ArgMatches, CommandFactory, FromArgMatches};
use tickwire_server::{Limits, SettingKind};

use crate::config_file::{self, FileValue, LIMITS, is_limit, settable};
use crate::flags::{Cli, Command};
use crate::limit_flags;

/// What the command line asks for.
pub(crate) struct Parsed {
    pub(crate) command: Command,
    pub(crate) limits: Limits,
    pub(crate) sources: Sources,
}

/// Why there is nothing to do.
pub(crate) enum Refused {
    /// The command line is wrong, or asks for help.
    Flags(clap::Error),
    /// The configuration file is wrong: its name, and each mistake with its line.
    File(PathBuf, Vec<String>),
}

impl Refused {
    /// Tells it, and how the program ends.
    pub(crate) fn told(self) -> ExitCode {
        match self {
            Refused::Flags(error) => error.exit(),
            Refused::File(path, wrong) => {
                let mut stderr = std::io::stderr();
                for words in wrong {
                    let _ = writeln!(stderr, "error: {}:{words}", path.display());
                }
                ExitCode::from(2)
            }
        }
    }
}

/// Takes the command line apart, with the configuration file that it names.
///
/// # Errors
/// Either is wrong.
pub(crate) fn parse(
    name: &'static str,
    version: &'static str,
    line: impl IntoIterator<Item = OsString>,
) -> Result<Parsed, Refused> {
    let command = command(name, version);
    let line = line.into_iter().collect::<Vec<_>>();
    let file = named_file(&command, &line);
    let values = match &file {
        Some(path) => read(path, &command).map_err(|wrong| Refused::File(path.clone(), wrong))?,
        None => BTreeMap::new(),
    };
    let with_file = SUBCOMMANDS.iter().fold(command.clone(), |command, name| {
        command.mut_subcommand(name, |command| with_defaults(command, &values))
    });
    let matches = with_file
        .try_get_matches_from(line)
        .map_err(Refused::Flags)?;
    let parsed = Cli::from_arg_matches(&matches).map_err(Refused::Flags)?;
    let (_, matches) = matches.subcommand().unwrap_or(("", &matches));
    Ok(Parsed {
        command: parsed.command,
        limits: limit_flags::read(matches).map_err(Refused::Flags)?,
        sources: Sources::of(&command, matches, file.as_deref(), &values),
    })
}

/// Those that have all settings as flags.
const SUBCOMMANDS: [&str; 2] = ["serve", "config"];

pub(crate) fn command(name: &'static str, version: &'static str) -> clap::Command {
    let command = Cli::command().name(name).version(version);
    SUBCOMMANDS.iter().fold(command, |command, name| {
        command.mut_subcommand(name, limit_flags::add)
    })
}

/// The configuration file that the command line or a variable names, whatever else is wrong.
fn named_file(command: &clap::Command, line: &[OsString]) -> Option<PathBuf> {
    let lenient = command.clone().ignore_errors(true);
    let matches = lenient.try_get_matches_from(line).ok()?;
    let (name, matches) = matches.subcommand()?;
    let named = SUBCOMMANDS.contains(&name).then_some(matches)?;
    named.get_one::<PathBuf>("config").cloned()
}

fn read(path: &Path, command: &clap::Command) -> Result<BTreeMap<String, FileValue>, Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(|error| vec![format!(" {error}")])?;
    let serve = command.find_subcommand(SUBCOMMANDS[0]);
    serve.map_or(Ok(BTreeMap::new()), |serve| config_file::read(&text, serve))
}

/// The command, with the file's values where it has defaults.
fn with_defaults(command: clap::Command, values: &BTreeMap<String, FileValue>) -> clap::Command {
    values.iter().fold(command, |command, (id, value)| {
        command.mut_arg(id, |arg| arg.default_values(value.texts.clone()))
    })
}

/// Each setting, with its value and where it comes from.
pub(crate) struct Sources(Vec<Source>);

struct Source {
    name: String,
    is_limit: bool,
    /// As the file has it. `None` if it is not set, or a secret.
    value: Option<String>,
    from: String,
}

impl Sources {
    fn of(
        command: &clap::Command,
        matches: &ArgMatches,
        file: Option<&Path>,
        values: &BTreeMap<String, FileValue>,
    ) -> Sources {
        let Some(serve) = command.find_subcommand(SUBCOMMANDS[0]) else {
            return Sources(Vec::new());
        };
        let sources = settable(serve).filter_map(|arg| {
            let id = arg.get_id().as_str();
            let texts = matches.get_raw(id).map(|raw| {
                let texts = raw.map(|text| text.to_string_lossy().into_owned());
                texts.collect::<Vec<_>>()
            });
            let (texts, from) = match (matches.value_source(id), values.get(id), texts) {
                (Some(ValueSource::CommandLine), _, texts) => (texts, "flag".to_owned()),
                (Some(ValueSource::EnvVariable), _, texts) => {
                    let name = arg.get_env().unwrap_or_default();
                    (texts, name.to_string_lossy().into_owned())
                }
                (Some(_), Some(value), texts) => {
                    let file = file.unwrap_or(Path::new("")).display();
                    (texts, format!("{file}:{}", value.line))
                }
                (_, _, texts) => (texts.or_else(|| limit_default(id)), "default".to_owned()),
            };
            Some(Source {
                name: arg.get_long()?.to_owned(),
                is_limit: is_limit(arg),
                // Who may read the output is not always who may know it.
                from: match (texts.is_some(), arg.is_hide_env_values_set()) {
                    (true, true) => format!("a secret, by {from}"),
                    (true, false) => from,
                    (false, _) => "not set".to_owned(),
                },
                value: texts
                    .filter(|_| !arg.is_hide_env_values_set())
                    .map(|texts| written(arg, &texts)),
            })
        });
        Sources(sources.collect())
    }

    /// All of them, as a configuration file with a comment on each.
    pub(crate) fn text(&self, program: &str) -> String {
        let mut out = format!(
            "# What `{program} serve` would have. Behind each value is where it comes from.\n"
        );
        for limits in [false, true] {
            if limits {
                let _ = writeln!(out, "\n[{LIMITS}]");
            }
            for source in self.0.iter().filter(|source| source.is_limit == limits) {
                let line = match &source.value {
                    Some(value) => format!("{} = {value}", source.name),
                    None => format!("# {} =", source.name),
                };
                let _ = writeln!(out, "{line:<44} # {}", source.from);
            }
        }
        out
    }
}

fn limit_default(id: &str) -> Option<Vec<String>> {
    let setting = Limits::SETTINGS.iter().find(|setting| setting.name == id)?;
    Some(vec![setting.get(&Limits::default())])
}

/// Values as TOML has them.
fn written(arg: &clap::Arg, texts: &[String]) -> String {
    let is_number = |text: &str| text.parse::<i64>().is_ok();
    let is_count = Limits::SETTINGS
        .iter()
        .any(|setting| setting.name == arg.get_id().as_str() && setting.kind == SettingKind::Count);
    let one = |text: &String| match arg.get_action() {
        ArgAction::SetTrue => text.clone(),
        _ if (is_count || arg.get_id() == "threads") && is_number(text) => text.clone(),
        // TOML's basic strings take the escapes of Rust's, but for `\u{..}`.
        _ => format!("{text:?}"),
    };
    match arg.get_action() {
        ArgAction::Append => {
            let texts = texts.iter().map(one).collect::<Vec<_>>();
            format!("[{}]", texts.join(", "))
        }
        _ => texts.first().map(one).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
