//! The configuration file: TOML whose keys are the names of flags.
//!
//! In: a file's text, and the command that has the flags. Out: for each key its values as texts, and its line; or all that is
//! wrong, each with its line.

use std::collections::BTreeMap;
use std::error::Error;

use clap::{Arg, ArgAction, Command};
use tickwire_server::Limits;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The table that has the limits.
pub(crate) const LIMITS: &str = "limits";
/// How alike two names must be to take one for the other.
const ALIKE: f64 = 0.8;

/// A key's values, as flags would have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileValue {
    pub(crate) texts: Vec<String>,
    pub(crate) line: usize,
}

/// Reads a file: values by the ids of the command's flags.
///
/// # Errors
/// Every mistake, each in one line: `7: unknown key ..`.
pub(crate) fn read(
    text: &str,
    command: &Command,
) -> Result<BTreeMap<String, FileValue>, Vec<String>> {
    let (document, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader {
        text,
        command,
        values: BTreeMap::new(),
        wrong: Vec::new(),
    };
    for error in errors {
        let at = error.span().map_or(0, |span| span.start);
        reader.blame(at, error.message());
    }
    reader.table(document.get_ref(), false);
    if reader.wrong.is_empty() {
        return Ok(reader.values);
    }
    reader.wrong.sort();
    Err(reader.wrong.into_iter().map(|(_, words)| words).collect())
}

struct Reader<'a> {
    text: &'a str,
    command: &'a Command,
    values: BTreeMap<String, FileValue>,
    /// Lines, and what is wrong there.
    wrong: Vec<(usize, String)>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, limits: bool) {
        for (key, value) in table {
            let name = key.get_ref().as_ref();
            if let (DeValue::Table(inner), LIMITS, false) = (value.get_ref(), name, limits) {
                self.table(inner, true);
                continue;
            }
            let Some(arg) = self.argument(name, limits) else {
                let like = self.like(name, limits);
                self.blame(key.span().start, &format!("unknown key `{name}`{like}"));
                continue;
            };
            match texts(value).and_then(|texts| checked(&arg, texts)) {
                Ok(texts) => {
                    let line = self.line(key.span().start);
                    let id = arg.get_id().to_string();
                    self.values.insert(id, FileValue { texts, line });
                }
                Err(words) => self.blame(value.span().start, &format!("{name}: {words}")),
            }
        }
    }

    /// The flag of this name, if a file may set it.
    fn argument(&self, name: &str, limits: bool) -> Option<Arg> {
        let found = settable(self.command).find(|arg| arg.get_long() == Some(name))?;
        (is_limit(found) == limits).then(|| found.clone())
    }

    /// What somebody who wrote `name` may have meant.
    fn like(&self, name: &str, limits: bool) -> String {
        let names = settable(self.command).filter_map(|arg| Some((arg.get_long()?, is_limit(arg))));
        let alike = names.map(|(known, limit)| (strsim::jaro_winkler(name, known), known, limit));
        let nearest = alike.max_by(|a, b| a.0.total_cmp(&b.0));
        match nearest.filter(|(alike, ..)| *alike >= ALIKE) {
            Some((_, known, limit)) if limit == limits => format!(": did you mean `{known}`?"),
            Some((_, known, true)) => format!(": did you mean `{known}` in `[{LIMITS}]`?"),
            Some((_, known, false)) => {
                format!(": did you mean `{known}`, outside of `[{LIMITS}]`?")
            }
            None => String::new(),
        }
    }

    fn blame(&mut self, at: usize, words: &str) {
        let line = self.line(at);
        self.wrong.push((line, format!("{line}: {words}")));
    }

    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        1 + before.iter().filter(|byte| **byte == b'\n').count()
    }
}

/// The flags that a file may set: all but the one that names it, and those that say what to do.
pub(crate) fn settable(command: &Command) -> impl Iterator<Item = &Arg> {
    let not = ["config", "check", "help", "version"];
    command
        .get_arguments()
        .filter(move |arg| !not.contains(&arg.get_id().as_str()))
}

/// True for a flag that sets a limit.
pub(crate) fn is_limit(arg: &Arg) -> bool {
    let id = arg.get_id().as_str();
    Limits::SETTINGS.iter().any(|setting| setting.name == id)
}

fn texts(value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, String> {
    match value.get_ref() {
        DeValue::Array(items) => items.iter().map(|item| one(item.get_ref())).collect(),
        other => Ok(vec![one(other)?]),
    }
}

fn one(value: &DeValue<'_>) -> Result<String, String> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(number.to_string()),
        DeValue::Boolean(yes) => Ok(yes.to_string()),
        _ => Err("write a text in quotes, a whole number, true or false".to_owned()),
    }
}

/// The values, if the flag takes them.
fn checked(arg: &Arg, texts: Vec<String>) -> Result<Vec<String>, String> {
    let id = arg.get_id().as_str();
    if let Some(setting) = Limits::SETTINGS.iter().find(|setting| setting.name == id) {
        let [text] = texts.as_slice() else {
            return Err("it takes one value".to_owned());
        };
        setting.set(&mut Limits::default(), text)?;
        return Ok(texts);
    }
    if matches!(arg.get_action(), ArgAction::SetTrue) {
        return match texts.as_slice() {
            [text] if text == "true" || text == "false" => Ok(texts),
            _ => Err("write true or false".to_owned()),
        };
    }
    let flag = arg
        .clone()
        .required(false)
        .default_value(None::<&str>)
        .env(None::<&str>);
    let alone = Command::new("check").no_binary_name(true).arg(flag);
    let name = arg.get_long().unwrap_or_default();
    let words = texts.iter().map(|text| format!("--{name}={text}"));
    match alone.try_get_matches_from(words) {
        Ok(_) => Ok(texts),
        Err(error) => Err(match error.source() {
            Some(source) => source.to_string(),
            None => {
                let told = error.to_string();
                let line = told.lines().next().unwrap_or_default();
                line.trim_start_matches("error: ").to_owned()
            }
        }),
    }
}
