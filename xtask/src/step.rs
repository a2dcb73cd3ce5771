//! Named checks: each runs to its end, and the failures are counted after the last one.

use std::process::ExitCode;
use std::time::Instant;

use crate::process::Result;
use crate::workspace::Workspace;

/// How a step ended, when it did not fail.
pub(crate) enum Outcome {
    Passed,
    /// The step could not run here, for this reason.
    Skipped(&'static str),
}

/// One check.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    check: fn(&Workspace) -> Result<Outcome>,
}

impl Step {
    pub(crate) const fn new(name: &'static str, check: fn(&Workspace) -> Result<Outcome>) -> Self {
        Self { name, check }
    }
}

/// Runs all of `steps`, also after a failure, and reports them.
pub(crate) fn run(steps: &[&Step], workspace: &Workspace) -> ExitCode {
    let mut passed = 0;
    let mut skipped = Vec::new();
    let mut failed = Vec::new();
    for step in steps {
        println!("==> {}", step.name);
        let start = Instant::now();
        let outcome = (step.check)(workspace);
        let seconds = start.elapsed().as_secs_f64();
        match outcome {
            Ok(Outcome::Passed) => {
                println!("<== {} passed in {seconds:.1} s\n", step.name);
                passed += 1;
            }
            Ok(Outcome::Skipped(reason)) => {
                println!("<== {} SKIPPED: {reason}\n", step.name);
                skipped.push(step.name);
            }
            Err(error) => {
                println!("{error}\n<== {} FAILED in {seconds:.1} s\n", step.name);
                failed.push(step.name);
            }
        }
    }
    for (label, names) in [("skipped", &skipped), ("failed", &failed)] {
        if !names.is_empty() {
            println!("{label}: {}", names.join(", "));
        }
    }
    println!("{passed} passed, {} failed", failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
