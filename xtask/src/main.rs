//! The project's own commands, run as `cargo xtask COMMAND`.

mod agreement;
mod difference;
mod dist;
mod header;
mod native;
mod process;
mod python;
mod rust;
mod step;
mod workspace;

use std::env;
use std::process::ExitCode;

use process::Result;
use step::Step;
use workspace::Workspace;

/// Every check, in the order of `cargo xtask test`: cheap ones first.
const STEPS: &[Step] = &[
    Step::new("format", rust::check_format),
    Step::new("lints", rust::check_lints),
    Step::new("dependencies", rust::check_dependencies),
    Step::new("rust", rust::run_tests),
    Step::new("header", header::check),
    Step::new("c", native::test_c),
    Step::new("cpp", native::test_cpp),
    Step::new("valgrind", native::test_under_valgrind),
    Step::new("examples", native::compile_examples),
    Step::new("python", python::run_tests),
    Step::new("types", python::check_types),
    Step::new("agreement", agreement::check),
];

const LINT_STEPS: [&str; 3] = ["format", "lints", "dependencies"];

const USAGE: &str = "\
usage: cargo xtask COMMAND

  test [--only STEP]...  run every check, or the named ones
  lint                   formatting, clippy, one version of each shared dependency
  gen                    write include/crm.h from crm-ffi
  bench [ARGUMENT]...    run benchmarks/run.py with these arguments
  dist                   build the Python wheel and the C archive into the target folder";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match dispatch(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else {
        return Err(USAGE.into());
    };
    let workspace = Workspace::locate()?;
    match (command.as_str(), rest) {
        ("test", options) => return Ok(step::run(&selected(options)?, &workspace)),
        ("lint", []) => return Ok(step::run(&named(&LINT_STEPS)?, &workspace)),
        ("gen", []) => header::write(&workspace)?,
        ("bench", arguments) => python::run_benchmarks(&workspace, arguments)?,
        ("dist", []) => dist::build(&workspace)?,
        _ => return Err(USAGE.into()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The steps that the options of `test` ask for.
fn selected(options: &[String]) -> Result<Vec<&'static Step>> {
    let mut names = Vec::new();
    for pair in options.chunks(2) {
        match pair {
            [option, name] if option == "--only" => names.push(name.as_str()),
            _ => return Err(USAGE.into()),
        }
    }
    if names.is_empty() { Ok(STEPS.iter().collect()) } else { named(&names) }
}

fn named(names: &[&str]) -> Result<Vec<&'static Step>> {
    for name in names {
        if !STEPS.iter().any(|step| step.name == *name) {
            let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
            return Err(format!("no step `{name}`; the steps are {}", known.join(", ")).into());
        }
    }
    Ok(STEPS.iter().filter(|step| names.contains(&step.name)).collect())
}
