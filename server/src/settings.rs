//! The table of settings: every value that an operator may set, with its name, its unit and what it means.
//!
//! In: text, as people write it in flags, environment variables and files. Out: values in a struct, or words that say
//! what is wrong. The table itself is made where the values are declared.

use std::time::Duration;

use bytesize::ByteSize;

/// One value of `T` that an operator may set.
pub struct Setting<T> {
    /// Its name, in words with `_` between them.
    pub name: &'static str,
    /// What it means, as the documentation says it.
    pub about: &'static str,
    /// How its value is written.
    pub kind: SettingKind,
    pub(crate) get: fn(&T) -> String,
    pub(crate) set: fn(&mut T, &str) -> Result<(), String>,
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingKind {
    /// A whole number.
    Count,
    /// A number of bytes, with or without a unit: `8192`, `16KiB`.
    Bytes,
    /// A time with its unit: `500ms`, `30s`, `1m 30s`.
    Time,
}

impl<T> Setting<T> {
    /// The value, as people write it.
    pub fn get(&self, values: &T) -> String {
        (self.get)(values)
    }

    /// Sets the value.
    ///
    /// # Errors
    /// In words, what is wrong with the text.
    pub fn set(&self, values: &mut T, text: &str) -> Result<(), String> {
        (self.set)(values, text)
    }
}

/// A value in the table.
pub(crate) trait SettingValue: Sized {
    fn to_setting(&self, kind: SettingKind) -> String;
    fn from_setting(text: &str, kind: SettingKind) -> Result<Self, String>;
}

impl SettingValue for Duration {
    fn to_setting(&self, _: SettingKind) -> String {
        humantime::format_duration(*self).to_string()
    }

    fn from_setting(text: &str, _: SettingKind) -> Result<Duration, String> {
        humantime::parse_duration(text)
            .map_err(|error| format!("{error}: write a time with its unit, such as 500ms or 30s"))
    }
}

impl SettingValue for usize {
    fn to_setting(&self, kind: SettingKind) -> String {
        match kind {
            // Exactly: what is written is read again.
            SettingKind::Bytes if *self > 0 && self.is_multiple_of(1 << 20) => {
                format!("{}MiB", self >> 20)
            }
            SettingKind::Bytes if *self > 0 && self.is_multiple_of(1 << 10) => {
                format!("{}KiB", self >> 10)
            }
            _ => self.to_string(),
        }
    }

    fn from_setting(text: &str, kind: SettingKind) -> Result<usize, String> {
        let number = match kind {
            SettingKind::Bytes => text.parse::<ByteSize>().ok().map(|size| size.0),
            _ => text.parse::<u64>().ok(),
        };
        number
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| {
                match kind {
                    SettingKind::Bytes => "write a number of bytes, such as 8192 or 16KiB",
                    _ => "write a whole number",
                }
                .to_owned()
            })
    }
}

impl SettingValue for u32 {
    fn to_setting(&self, kind: SettingKind) -> String {
        (*self as usize).to_setting(kind)
    }

    fn from_setting(text: &str, kind: SettingKind) -> Result<u32, String> {
        let number = usize::from_setting(text, kind)?;
        u32::try_from(number).map_err(|_| format!("at most {}", u32::MAX))
    }
}
