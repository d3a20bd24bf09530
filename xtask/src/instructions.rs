//! `cargo xtask instructions` counts the machine instructions of fixed pieces of work, and compares them with the
//! counts in the repository.
//!
//! In: the `counted` program of benches, run under callgrind case by case, and `benches/instructions.json`. Out: a
//! table, and a failure if a case takes over 5 % more than it did. Counts do not drift as times do, so a busy machine
//! can judge. They do depend on the compiler and the C library: with another compiler than the baseline's it says so.

use std::collections::BTreeMap;
use std::env::consts::{ARCH, EXE_SUFFIX, OS};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::steps::{Live, Outcome, Steps};
use crate::tools::{self, Workspace};

/// By how much a case may exceed its baseline, per cent. If it takes less by as much, it asks for a new baseline.
const TOLERANCE: u64 = 5;
/// What the cases took when they were last blessed.
const BASELINE: &str = "benches/instructions.json";
/// Instructions are counted only within this function.
const COUNTED: &str = "*counted_part*";
const BLESS: &str = "cargo xtask instructions --bless";

/// `cargo xtask instructions`.
pub(crate) fn instructions(workspace: &Workspace, bless: bool) -> Result<()> {
    let mut steps = Steps::new(1);
    let mut told = String::new();
    steps.need("instructions", "counting", |live| {
        let Some(counted) = count(workspace, live)? else {
            return Ok(skipped());
        };
        if bless {
            fs::write(workspace.at(BASELINE), counted.baseline()?)?;
            return Ok(Outcome::Note(format!("blessed, in {BASELINE}")));
        }
        let baseline = read_baseline(workspace)?;
        let comparison = counted.compare(&baseline);
        told = comparison.table();
        comparison.verdict()
    })?;
    print!("{told}");
    Ok(())
}

/// The same comparison as a part of `cargo xtask test`.
pub(crate) fn compared(workspace: &Workspace, live: &Live) -> Result<Outcome> {
    match count(workspace, live)? {
        Some(counted) => counted.compare(&read_baseline(workspace)?).verdict(),
        None => Ok(skipped()),
    }
}

fn skipped() -> Outcome {
    Outcome::Note(
        "SKIPPED, not compared: valgrind is missing (Debian: apt-get install valgrind)".to_owned(),
    )
}

fn read_baseline(workspace: &Workspace) -> Result<Counts> {
    let text = fs::read(workspace.at(BASELINE))
        .with_context(|| format!("there is no {BASELINE}: write it with {BLESS}"))?;
    Counts::parse(&serde_json::from_slice(&text)?)
        .with_context(|| format!("{BASELINE} is not what {BLESS} writes"))
}

/// What each case took, built by which compiler and for which target.
#[derive(Debug, PartialEq)]
struct Counts {
    rust: String,
    target: String,
    /// Instructions per round.
    cases: BTreeMap<String, u64>,
}

/// Builds and counts. `None` without valgrind.
fn count(workspace: &Workspace, live: &Live) -> Result<Option<Counts>> {
    if tools::on_path("valgrind").is_none() {
        return Ok(None);
    }
    // The profile of what is shipped, since that must be counted. Most of it has been built for the server.
    let package = ["--package", "tickwire-benches", "--bin", "counted"];
    let mut cargo = workspace.cargo();
    tools::run(cargo.args(["build", "--release"]).args(package), live)?;
    let program = workspace.target.join("release");
    let program = program.join(format!("counted{EXE_SUFFIX}"));

    let named = Command::new(&program).output()?;
    let named = String::from_utf8(named.stdout)?;
    let mut lines = named.lines();
    let rounds = lines.next().and_then(|line| line.split(' ').next());
    let rounds = rounds.and_then(|rounds| rounds.parse().ok());
    let rounds: u64 = rounds.context("`counted` does not say how many rounds it does")?;
    let folder = workspace.target.join("instructions");
    fs::create_dir_all(&folder)?;
    let mut cases = BTreeMap::new();
    for case in lines {
        live.doing(case);
        let instructions = callgrind(&program, case, &folder.join(format!("{case}.out")), live)?;
        cases.insert(case.to_owned(), instructions / rounds);
    }
    ensure!(!cases.is_empty(), "`counted` names no cases");
    let rust = tools::version(Command::new("rustc").arg("--version"));
    Ok(Some(Counts {
        rust: rust.context("rustc does not tell its version")?,
        target: format!("{ARCH}-{OS}"),
        cases,
    }))
}

/// The instructions of one case, over all its rounds. `out` is for callgrind_annotate, to see where they went.
fn callgrind(program: &Path, case: &str, out: &Path, live: &Live) -> Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--callgrind-out-file={}", out.display()))
        .arg(program)
        .arg(case);
    tools::run(&mut valgrind, live)?;
    let text = fs::read_to_string(out)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
    let total = total.and_then(|total| total.trim().parse().ok());
    let total = total.with_context(|| format!("callgrind tells no total of {case}"))?;
    ensure!(
        total > 0,
        "nothing was counted of {case}: is there no {COUNTED} any more?"
    );
    Ok(total)
}

impl Counts {
    fn parse(value: &Value) -> Option<Counts> {
        let cases = value["cases"].as_object()?.iter();
        let cases = cases.map(|(name, count)| Some((name.clone(), count.as_u64()?)));
        Some(Counts {
            rust: value["rust"].as_str()?.to_owned(),
            target: value["target"].as_str()?.to_owned(),
            cases: cases.collect::<Option<_>>()?,
        })
    }

    fn baseline(&self) -> Result<String> {
        let Counts {
            rust,
            target,
            cases,
        } = self;
        let value = json!({ "rust": rust, "target": target, "cases": cases });
        Ok(serde_json::to_string_pretty(&value)? + "\n")
    }

    fn compare<'a>(&'a self, baseline: &'a Counts) -> Comparison<'a> {
        let names = self.cases.keys().chain(baseline.cases.keys());
        let mut rows = names
            .map(|name| Row {
                name,
                before: baseline.cases.get(name).copied(),
                now: self.cases.get(name).copied(),
            })
            .collect::<Vec<_>>();
        rows.sort_by_key(|row| row.name);
        rows.dedup_by_key(|row| row.name);
        Comparison {
            now: self,
            baseline,
            rows,
        }
    }
}

struct Row<'a> {
    name: &'a str,
    before: Option<u64>,
    now: Option<u64>,
}

impl Row<'_> {
    /// Per cent more than before.
    fn more(&self) -> Option<f64> {
        let (before, now) = (self.before? as f64, self.now? as f64);
        Some((now / before - 1.0) * 100.0)
    }

    fn is_worse(&self) -> bool {
        let both = self.before.zip(self.now);
        both.is_some_and(|(before, now)| now * 100 > before * (100 + TOLERANCE))
    }

    fn is_better(&self) -> bool {
        let both = self.before.zip(self.now);
        both.is_some_and(|(before, now)| now * 100 < before * (100 - TOLERANCE))
    }
}

struct Comparison<'a> {
    now: &'a Counts,
    baseline: &'a Counts,
    rows: Vec<Row<'a>>,
}

impl Comparison<'_> {
    fn table(&self) -> String {
        let mut out = format!(
            "\n{:<22} {:>12} {:>12} {:>11}\n",
            "instructions, a round", "baseline", "now", "difference"
        );
        let count = |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
        for row in &self.rows {
            let more = row
                .more()
                .map_or("-".to_owned(), |more| format!("{more:+.2} %"));
            let (before, now) = (count(row.before), count(row.now));
            // Writing to a String does not fail.
            let _ = writeln!(out, "{:<22} {before:>12} {now:>12} {more:>11}", row.name);
        }
        if self.now.rust != self.baseline.rust {
            let (now, before) = (&self.now.rust, &self.baseline.rust);
            let _ = writeln!(
                out,
                "built by {now}, the baseline by {before}: what differs may be the compiler's doing. If so: {BLESS}"
            );
        }
        out
    }

    /// The names of the rows for which `holds` is true.
    fn named(&self, holds: impl Fn(&Row) -> bool) -> String {
        let rows = self.rows.iter().filter(|row| holds(row));
        rows.map(|row| row.name).collect::<Vec<_>>().join(", ")
    }

    fn verdict(&self) -> Result<Outcome> {
        if self.now.target != self.baseline.target {
            let (now, before) = (&self.now.target, &self.baseline.target);
            let note = format!("SKIPPED, not compared: the baseline is of {before}, this is {now}");
            return Ok(Outcome::Note(note));
        }
        let unknown = self.named(|row| row.before.is_none() || row.now.is_none());
        if !unknown.is_empty() {
            bail!(
                "{}not in both: {unknown}. If that is meant: {BLESS}",
                self.table()
            );
        }
        let worse = self.named(|row| row.is_worse());
        if !worse.is_empty() {
            bail!(
                "{}over {TOLERANCE} % more than the baseline: {worse}. target/instructions/CASE.out says where \
                 (callgrind_annotate). If it is worth it: {BLESS}",
                self.table()
            );
        }
        let better = self.named(|row| row.is_better());
        if !better.is_empty() {
            let note =
                format!("over {TOLERANCE} % less than the baseline, keep it by {BLESS}: {better}");
            return Ok(Outcome::Note(note));
        }
        let count = self.rows.len();
        let note = format!("{count} cases, none over {TOLERANCE} % off its baseline");
        Ok(Outcome::Note(note))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rust: &str, cases: &[(&str, u64)]) -> Counts {
        let cases = cases
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count));
        Counts {
            rust: rust.to_owned(),
            target: "x86_64-linux".to_owned(),
            cases: cases.collect(),
        }
    }

    fn judged(now: &Counts, baseline: &Counts) -> Result<String, String> {
        match now.compare(baseline).verdict() {
            Ok(Outcome::Note(note)) => Ok(note),
            Ok(_) => Ok(String::new()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn over_five_per_cent_more_is_a_failure_that_shows_the_table() {
        let baseline = counts("1.95", &[("encode", 1000), ("tick", 1000)]);
        let told = judged(
            &counts("1.95", &[("encode", 1050), ("tick", 950)]),
            &baseline,
        );
        assert_eq!(
            told,
            Ok("2 cases, none over 5 % off its baseline".to_owned())
        );
        let told = judged(&counts("1.95", &[("encode", 1051), ("tick", 1)]), &baseline);
        let told = told.unwrap_err();
        assert!(told.contains("more than the baseline: encode. "), "{told}");
        assert!(
            told.contains("+5.10 %") && told.contains("-99.90 %"),
            "{told}"
        );
        assert!(told.contains(BLESS) && !told.contains("compiler"), "{told}");
    }

    #[test]
    fn over_five_per_cent_less_is_a_hint() {
        let baseline = counts("1.95", &[("encode", 1000)]);
        let told = judged(&counts("1.95", &[("encode", 949)]), &baseline);
        assert!(told.is_ok_and(|told| told.contains(BLESS) && told.ends_with(": encode")));
    }

    #[test]
    fn another_compiler_is_named_where_it_may_be_the_cause() {
        let baseline = counts("1.95", &[("encode", 1000)]);
        let told = judged(&counts("1.96", &[("encode", 2000)]), &baseline).unwrap_err();
        assert!(
            told.contains("built by 1.96, the baseline by 1.95"),
            "{told}"
        );
    }

    #[test]
    fn a_case_without_a_baseline_is_a_failure_and_another_machine_is_not() {
        let baseline = counts("1.95", &[("encode", 1000)]);
        let mut now = counts("1.95", &[("encode", 1000), ("tick", 1)]);
        assert!(judged(&now, &baseline).is_err_and(|told| told.contains("not in both: tick")));
        now.target = "aarch64-macos".to_owned();
        assert!(judged(&now, &baseline).is_ok_and(|told| told.starts_with("SKIPPED")));
    }

    #[test]
    fn a_baseline_reads_as_it_was_written() {
        let counts = counts("1.95", &[("encode", 1000), ("tick", 7)]);
        let text = counts.baseline().unwrap();
        let read = Counts::parse(&serde_json::from_str(&text).unwrap());
        assert_eq!(read, Some(counts));
    }
}
