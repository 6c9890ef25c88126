//! How long it takes to read all built-in suites and to plan a run of them:
//! `cargo bench --bench planning` prints it. Not a test: nothing fails by the clock.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a program for authors, run by hand")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mailspec::run::{Plan, Selection, preview};
use mailspec::script;
use mailspec::target::{EmbeddedOptions, Target};

/// How often each part is timed.
const TIMES: usize = 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let target = Arc::new(runtime.block_on(Target::embedded(EmbeddedOptions::default())).unwrap());
    let (mut reading, mut planning) = (Vec::new(), Vec::new());
    let (mut suites, mut cases) = (0, 0);
    for _ in 0..TIMES {
        let start = Instant::now();
        let library = script::built_in().unwrap_or_else(|mistakes| panic!("{mistakes}"));
        reading.push(start.elapsed());
        let start = Instant::now();
        suites = library.suites.len();
        let plan = Plan::new(library.suites.into_iter().map(Arc::new), &Selection::default()).unwrap();
        cases = black_box(runtime.block_on(preview(&plan, &target))).len();
        planning.push(start.elapsed());
    }
    println!("{suites} suites, {cases} cases, {TIMES} times");
    print("reading", &mut reading);
    print("planning", &mut planning);
}

/// The least and the middle time.
fn print(what: &str, times: &mut [Duration]) {
    times.sort();
    if let (Some(least), Some(middle)) = (times.first(), times.get(times.len() / 2)) {
        println!("{what:9} {:6.1} ms at least, {:6.1} ms in the middle", millis(*least), millis(*middle));
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
