//! `cargo tickwire test`: all that says whether a game works.
//!
//! In: a project. Out: its Rust tests, its step traced here and in a browser's engine, its page with types checked, and the
//! page's own tests on a server of the game.

use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::game::{Profile, Project};
use crate::needs::chromium;
use crate::run::{cargo, npm, run};
use crate::running::serve_tests;
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
        let (_server, url) = serve_tests(&project.program(Profile::Dev))?;
        let mut tests = page_tests(project, &url);
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
