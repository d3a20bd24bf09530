//! The server's limits as flags and environment variables, made from the table of settings.
//!
//! In: the command line. Out: limits. Each limit is a flag `--a-name` and a variable `TICKWIRE_A_NAME`.

use clap::{Arg, ArgMatches, Command};
use tickwire_server::{Limits, Setting, SettingKind};

const HEADING: &str = "Limits (each also as a variable, such as TICKWIRE_IDLE=30s)";

/// Adds a flag for each limit. Short help leaves them out.
pub(crate) fn add(command: Command) -> Command {
    let defaults = Limits::default();
    let flags = Limits::SETTINGS.iter().map(|setting| {
        let about = format!(
            "{} [default: {}]",
            plain(setting.about),
            setting.get(&defaults)
        );
        Arg::new(setting.name)
            .long(setting.name.replace('_', "-"))
            .env(format!("TICKWIRE_{}", setting.name.to_uppercase()))
            .hide_env(true)
            .value_name(match setting.kind {
                SettingKind::Count => "COUNT",
                SettingKind::Bytes => "BYTES",
                SettingKind::Time => "TIME",
            })
            .value_parser(|text: &str| Ok::<_, String>(text.to_owned()))
            .help(about)
            .help_heading(HEADING)
            .hide_short_help(true)
    });
    command.args(flags)
}

/// The limits that were set.
pub(crate) fn read(matches: &ArgMatches) -> Result<Limits, clap::Error> {
    let mut limits = Limits::default();
    for setting in Limits::SETTINGS {
        if let Some(text) = matches.get_one::<String>(setting.name) {
            set(&mut limits, setting, text)?;
        }
    }
    Ok(limits)
}

fn set(limits: &mut Limits, setting: &Setting<Limits>, text: &str) -> Result<(), clap::Error> {
    setting.set(limits, text).map_err(|error| {
        let flag = setting.name.replace('_', "-");
        let words = format!("invalid value '{text}' for '--{flag}': {error}\n");
        clap::Error::raw(clap::error::ErrorKind::InvalidValue, words)
    })
}

/// The documentation's words without its marks, in one line.
fn plain(about: &str) -> String {
    let words = about.replace(['[', ']', '`'], "").replace("Limits::", "");
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(flags: &[&str]) -> Result<Limits, clap::Error> {
        let command = add(Command::new("serve"));
        let matches = command.try_get_matches_from([&["serve"], flags].concat())?;
        read(&matches)
    }

    #[test]
    fn limits_are_flags_and_wrong_ones_say_what_is_wrong() {
        let limits = parse(&["--idle", "45s", "--clients-per-address", "7"]).unwrap();
        assert_eq!((limits.idle.as_secs(), limits.clients_per_address), (45, 7));
        assert_eq!(parse(&[]).unwrap(), Limits::default());
        let error = parse(&["--idle", "45"]).unwrap_err().to_string();
        assert!(
            error.contains("'45' for '--idle'") && error.contains("30s"),
            "{error}"
        );
    }

    #[test]
    fn help_is_plain() {
        for setting in Limits::SETTINGS {
            let words = plain(setting.about);
            assert!(!words.contains(['[', ']', '`']), "{words}");
        }
    }
}
