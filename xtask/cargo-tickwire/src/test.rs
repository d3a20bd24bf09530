//! `cargo tickwire test`: all that says whether a game works.
//!
//! In: a project. Out: its Rust tests, its step traced here and in a browser's engine, its page with types checked, and the
//! page's own tests on a server of the game.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::game::{Profile, Project};
use crate::needs::chromium;
use crate::run::{cargo, npm, run};
use crate::running::{Running, free_address};
use crate::stages;
use crate::steps::{Outcome, Steps};

/// Runs all of it, and stops at the first failure.
///
/// # Errors
/// Something fails; it says what.
pub fn test(project: &Project) -> Result<()> {
    let mut steps = Steps::new(stages::STEPS_BEFORE_PAGE + 6);
    let mut browser = None;
    steps.need("chromium", "searching", |_| {
        let path = chromium();
        let path = path.context("Chromium is missing: install it, or set CHROMIUM_PATH to one")?;
        let note = Outcome::Note(path.display().to_string());
        browser = Some(path);
        Ok(note)
    })?;
    stages::before_page(project, Profile::Dev, &mut steps)?;
    steps.need("rust", "testing", |live| {
        let mut test = cargo(&project.root);
        test.arg("test");
        for package in [&project.rules, &project.server, &project.module] {
            test.args(["--package", package]);
        }
        run(&mut test, live)?;
        Ok(Outcome::Done)
    })?;
    steps.need("step", "tracing", |live| {
        match stages::trace(project, live) {
            Ok(Some(words)) => bail!("{words}: a page would predict it wrongly"),
            Ok(None) => Ok(Outcome::Done),
            // Not every game can begin with a setup and an avatar of zeros.
            Err(error) => Ok(Outcome::Note(format!("WARNING: no trace: {error:#}"))),
        }
    })?;
    steps.need("page", "building", |live| stages::page(project, live))?;
    steps.need("server", "building", |live| {
        stages::server(project, Profile::Dev, live)
    })?;
    steps.need("tabs", "playing", |live| {
        let address = free_address()?;
        let mut server = Command::new(project.program(Profile::Dev));
        server.args(["serve", "--metrics-listen", "none", "--listen"]);
        server.arg(address.to_string());
        server.stdin(Stdio::null()).stdout(Stdio::null());
        server.env("RUST_LOG", "error");
        let mut server = Running::start(&mut server, "the server")?;
        server.listens(address)?;
        let mut tests = page_tests(project, &format!("http://{address}/"));
        tests.envs(browser.iter().map(|path| ("CHROMIUM_PATH", path)));
        run(&mut tests, live)?;
        Ok(Outcome::Done)
    })
}

/// The page's own tests, on a server that has the page at this address.
pub fn page_tests(project: &Project, url: &str) -> Command {
    let mut tests = npm(&project.page());
    tests.arg("test").env("TICKWIRE_URL", url);
    tests
}
