//! Schedulers with real threads and rooms that are none.

use super::*;
use std::sync::mpsc;

struct Fake {
    pumps: Pumps,
    ticks: u32,
    panic_at: u32,
    report: mpsc::Sender<String>,
}

impl Tickable for Fake {
    fn period(&self) -> Duration {
        Duration::from_millis(1)
    }
    fn tick(&mut self, _due: Instant) -> Verdict {
        self.ticks += 1;
        assert!(self.ticks != self.panic_at, "as the test wants it");
        let _ = self.report.send(format!("tick {}", self.ticks));
        Verdict::Continue
    }
    fn pumps(&self) -> &Pumps {
        &self.pumps
    }
    fn skipped(&mut self, _ticks: u64) {}
    fn end(&mut self, refusal: Refusal) {
        let _ = self.report.send(refusal.reason.label().to_owned());
    }
}

#[test]
fn a_room_that_panics_is_closed_alone_and_the_others_go_on() {
    let mut scheduler = Scheduler::start(1).unwrap();
    let (bad, bad_says) = mpsc::channel();
    let (good, good_says) = mpsc::channel();
    scheduler.add(Box::new(Fake {
        pumps: Pumps::default(),
        ticks: 0,
        panic_at: 3,
        report: bad,
    }));
    scheduler.add(Box::new(Fake {
        pumps: Pumps::default(),
        ticks: 0,
        panic_at: 0,
        report: good,
    }));
    assert_eq!(
        bad_says.iter().collect::<Vec<_>>(),
        ["tick 1", "tick 2", "room_panicked"]
    );
    let after = good_says.try_iter().count();
    assert!(
        good_says.iter().take(5).count() == 5,
        "the good room ticks on after {after}"
    );
    scheduler.stop();
    assert_eq!(good_says.iter().last().as_deref(), Some("shutting_down"));
}

/// A room that says on which thread it ticks, and takes its time if that is the first one.
struct Slow {
    pumps: Pumps,
    first: Option<String>,
    report: mpsc::Sender<bool>,
}

impl Tickable for Slow {
    fn period(&self) -> Duration {
        Duration::from_millis(10)
    }
    fn tick(&mut self, _due: Instant) -> Verdict {
        let here = std::thread::current().name().unwrap_or_default().to_owned();
        let started = Instant::now();
        while here.ends_with("-0") && started.elapsed() < Duration::from_millis(2) {}
        let first = self.first.get_or_insert_with(|| here.clone());
        let _ = self.report.send(*first != here);
        Verdict::Continue
    }
    fn pumps(&self) -> &Pumps {
        &self.pumps
    }
    fn skipped(&mut self, _ticks: u64) {}
    fn end(&mut self, _: Refusal) {}
}

#[test]
fn a_thread_that_has_much_more_to_do_gives_rooms_away_and_they_tick_on() {
    let scheduler = Scheduler::start(2).unwrap();
    let (report, moved) = mpsc::channel();
    for _ in 0..6 {
        scheduler.add(Box::new(Slow {
            pumps: Pumps::default(),
            first: None,
            report: report.clone(),
        }));
    }
    let moved = moved.iter().filter(|moved| *moved).take(50).count();
    assert_eq!(moved, 50);
}

#[test]
fn a_room_that_comes_to_a_thread_that_has_ended_is_told_as_well() {
    let mut scheduler = Scheduler::start(1).unwrap();
    scheduler.stop();
    let (report, says) = mpsc::channel();
    scheduler.add(Box::new(Fake {
        pumps: Pumps::default(),
        ticks: 0,
        panic_at: 0,
        report,
    }));
    drop(scheduler);
    assert_eq!(says.iter().collect::<Vec<_>>(), ["shutting_down"]);
}
