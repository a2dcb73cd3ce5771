//! The same job in Rust, Python and C: the same bytes on the screen and in the file.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::difference::first_difference;
use crate::native::{self, Language};
use crate::process::{Result, capture, for_each};
use crate::python::Environment;
use crate::step::Outcome;
use crate::workspace::Workspace;

const EXAMPLE: &str = "customer_base";
const TRANSACTIONS: &str = "examples/data/cdnow/transactions.csv";

/// What one language made of the job.
struct Answer {
    language: &'static str,
    printed: Vec<u8>,
    written: Vec<u8>,
}

pub(crate) fn check(workspace: &Workspace) -> Result<Outcome> {
    let rust = answer(workspace, "rust", Command::new(rust_example(workspace)?))?;
    let python = answer(workspace, "python", python_example(workspace)?)?;
    let c = answer(workspace, "c", c_example(workspace)?)?;
    for_each([python, c], |other| {
        compare("printed output", (&rust, &rust.printed), (&other, &other.printed))?;
        compare("CSV", (&rust, &rust.written), (&other, &other.written))
    })?;
    Ok(Outcome::Passed)
}

fn compare(what: &str, left: (&Answer, &[u8]), right: (&Answer, &[u8])) -> Result {
    match first_difference((left.0.language, left.1), (right.0.language, right.1)) {
        None => Ok(()),
        Some(difference) => Err(format!("{what} differs in {difference}").into()),
    }
}

/// Runs the example in a folder of its own, so that its arguments are the same in every language.
fn answer(workspace: &Workspace, language: &'static str, mut example: Command) -> Result<Answer> {
    let folder = workspace.target.join("agreement").join(language);
    let file = Path::new(EXAMPLE).with_extension("csv");
    let path = folder.join(&file);
    fs::create_dir_all(&folder)?;
    if path.exists() {
        fs::remove_file(&path)?;
    }
    let printed = capture(example.current_dir(&folder).arg(workspace.root.join(TRANSACTIONS)).arg(file))?;
    let written = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    if printed.is_empty() || written.is_empty() {
        return Err(format!("the {language} example prints or writes nothing").into());
    }
    Ok(Answer { language, printed, written })
}

fn rust_example(workspace: &Workspace) -> Result<PathBuf> {
    let files = workspace.build("crm-core", &["--features", "io", "--example", EXAMPLE])?;
    let found = files.into_iter().find(|path| path.file_stem().is_some_and(|stem| stem == EXAMPLE));
    found.ok_or_else(|| format!("crm-core has no example {EXAMPLE}").into())
}

fn python_example(workspace: &Workspace) -> Result<Command> {
    let mut python = Environment::for_tests(workspace)?.python();
    python.arg(workspace.root.join("examples/python").join(EXAMPLE).with_extension("py"));
    Ok(python)
}

fn c_example(workspace: &Workspace) -> Result<Command> {
    let source = format!("examples/c/{EXAMPLE}.c");
    native::program(workspace, &native::compile_example(workspace, Language::C, &source)?)
}
