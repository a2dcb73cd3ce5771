//! Running other programs.

use std::error::Error;
use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// What can go wrong here is read by a person, never matched on.
pub(crate) type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

/// Runs `command` with its output shown; an error unless it exits with zero.
pub(crate) fn run(command: &mut Command) -> Result {
    let status = command.status().map_err(|error| format!("{}: {error}", line(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{status}: {}", line(command)).into()) }
}

/// Runs `command` and returns its standard output; an error unless it exits with zero.
pub(crate) fn capture(command: &mut Command) -> Result<Vec<u8>> {
    let output =
        command.stderr(Stdio::inherit()).output().map_err(|error| format!("{}: {error}", line(command)))?;
    if output.status.success() {
        Ok(output.stdout)
    } else {
        Err(format!("{}: {}", output.status, line(command)).into())
    }
}

/// Calls `action` on every item, also after a failure; the error lists all failures.
pub(crate) fn for_each<T>(items: impl IntoIterator<Item = T>, action: impl Fn(T) -> Result) -> Result {
    let failures: Vec<String> =
        items.into_iter().filter_map(|item| action(item).err()).map(|error| error.to_string()).collect();
    if failures.is_empty() { Ok(()) } else { Err(failures.join("\n").into()) }
}

fn line(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(OsStr::to_string_lossy)
        .collect();
    words.join(" ")
}
