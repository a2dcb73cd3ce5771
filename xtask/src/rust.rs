//! Formatting, lints, dependency versions and tests of the Rust code.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::process::{Result, capture, for_each, run};
use crate::step::Outcome;
use crate::workspace::Workspace;

/// Crates whose types cross an interface: two versions in one build would not be the same types.
const SINGLE_VERSION: [&str; 3] = ["ndarray", "arrow-array", "arrow-schema"];

pub(crate) fn check_format(workspace: &Workspace) -> Result<Outcome> {
    run(workspace.cargo().args(["fmt", "--all", "--check"]))?;
    Ok(Outcome::Passed)
}

pub(crate) fn check_lints(workspace: &Workspace) -> Result<Outcome> {
    run(workspace.cargo().args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]))?;
    Ok(Outcome::Passed)
}

pub(crate) fn check_dependencies(workspace: &Workspace) -> Result<Outcome> {
    let metadata = capture(workspace.cargo().args(["metadata", "--all-features", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_slice(&metadata)?;
    let packages = metadata["packages"].as_array().ok_or("cargo metadata lists no packages")?;
    for_each(SINGLE_VERSION, |name| {
        let versions: BTreeSet<_> = packages
            .iter()
            .filter(|package| package["name"] == name)
            .filter_map(|package| package["version"].as_str())
            .collect();
        if versions.len() > 1 {
            return Err(format!("more than one version of {name}: {versions:?}").into());
        }
        Ok(())
    })?;
    Ok(Outcome::Passed)
}

/// The Python module is left out: its Rust code links against an interpreter, and is tested from Python.
pub(crate) fn run_tests(workspace: &Workspace) -> Result<Outcome> {
    run(workspace.cargo().args([
        "test",
        "--workspace",
        "--exclude",
        "crm-py",
        "--all-features",
        "--no-fail-fast",
    ]))?;
    Ok(Outcome::Passed)
}
