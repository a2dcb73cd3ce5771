//! The same jobs in Rust, Python and C: the same bytes on the screen and in the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::difference::first_difference;
use crate::native::{self, Language};
use crate::process::{Result, capture, for_each};
use crate::python::Environment;
use crate::step::Outcome;
use crate::workspace::Workspace;

const EXAMPLES: [&str; 5] = ["customer_base", "clv", "segments", "campaign", "loyalty"];
const TRANSACTIONS: &str = "examples/data/cdnow/transactions.csv";

/// What one language made of the job.
struct Answer {
    language: &'static str,
    printed: Vec<u8>,
    written: Vec<u8>,
}

pub(crate) fn check(workspace: &Workspace) -> Result<Outcome> {
    for_each(EXAMPLES, |example| check_example(workspace, example))?;
    Ok(Outcome::Passed)
}

fn check_example(workspace: &Workspace, example: &str) -> Result {
    let rust = answer(workspace, example, "rust", Command::new(rust_example(workspace, example)?))?;
    let python = answer(workspace, example, "python", python_example(workspace, example)?)?;
    let c = answer(workspace, example, "c", c_example(workspace, example)?)?;
    for_each([python, c], |other| {
        compare(&format!("printed output of {example}"), (&rust, &rust.printed), (&other, &other.printed))?;
        compare(&format!("CSV of {example}"), (&rust, &rust.written), (&other, &other.written))
    })
}

fn compare(what: &str, left: (&Answer, &[u8]), right: (&Answer, &[u8])) -> Result {
    match first_difference((left.0.language, left.1), (right.0.language, right.1)) {
        None => Ok(()),
        Some(difference) => Err(format!("{what} differs in {difference}").into()),
    }
}

/// Runs the example in a folder of its own, so that its arguments are the same in every language.
fn answer(
    workspace: &Workspace,
    example: &str,
    language: &'static str,
    mut command: Command,
) -> Result<Answer> {
    let folder = workspace.target.join("agreement").join(language);
    let file = Path::new(example).with_extension("csv");
    let path = folder.join(&file);
    fs::create_dir_all(&folder)?;
    if path.exists() {
        fs::remove_file(&path)?;
    }
    let printed = capture(command.current_dir(&folder).arg(workspace.root.join(TRANSACTIONS)).arg(file))?;
    let written = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if printed.is_empty() || written.is_empty() {
        return Err(format!("the {language} example {example} prints or writes nothing").into());
    }
    Ok(Answer { language, printed, written })
}

fn rust_example(workspace: &Workspace, example: &str) -> Result<PathBuf> {
    let files = workspace.build("crm-core", &["--features", "io", "--example", example])?;
    let found = files.into_iter().find(|path| path.file_stem().is_some_and(|stem| stem == example));
    found.ok_or_else(|| format!("crm-core has no example {example}").into())
}

fn python_example(workspace: &Workspace, example: &str) -> Result<Command> {
    let mut python = Environment::for_tests(workspace)?.python();
    python.arg(workspace.root.join("examples/python").join(example).with_extension("py"));
    Ok(python)
}

fn c_example(workspace: &Workspace, example: &str) -> Result<Command> {
    let source = format!("examples/c/{example}.c");
    native::program(workspace, &native::compile_example(workspace, Language::C, &source)?)
}
