//! Where things lie, and the calls of Cargo that find out.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::process::{Result, capture};

/// The repository and its build folder.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn locate() -> Result<Self> {
        let metadata = capture(cargo().args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let metadata: Value = serde_json::from_slice(&metadata)?;
        let folder = |key: &str| match metadata[key].as_str() {
            Some(path) => Ok(PathBuf::from(path)),
            None => Err(format!("cargo metadata has no {key}")),
        };
        Ok(Self { root: folder("workspace_root")?, target: folder("target_directory")? })
    }

    /// The Cargo that runs this program, in the repository.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = cargo();
        command.current_dir(&self.root);
        command
    }

    /// Builds `package` in release and returns the files that Cargo says it made of that package.
    pub(crate) fn build(&self, package: &str, options: &[&str]) -> Result<Vec<PathBuf>> {
        let messages = capture(
            self.cargo()
                .args(["build", "--release", "--message-format=json-render-diagnostics", "-p", package])
                .args(options),
        )?;
        let manifest = self.root.join(package).join("Cargo.toml");
        let mut files = Vec::new();
        for line in messages.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            let message: Value = serde_json::from_slice(line)?;
            if message["manifest_path"].as_str().map(Path::new) == Some(&manifest) {
                let names = message["filenames"].as_array().into_iter().flatten();
                files.extend(names.filter_map(Value::as_str).map(PathBuf::from));
            }
        }
        Ok(files)
    }

    /// The files in `folder` with this extension, by name; an error when there are none, so that an empty
    /// folder is no passed test.
    pub(crate) fn sources(&self, folder: &str, extension: &str) -> Result<Vec<PathBuf>> {
        let mut files = files_in(&self.root.join(folder))?;
        files.retain(|path| path.extension().is_some_and(|found| found == extension));
        if files.is_empty() {
            return Err(format!("{folder} has no *.{extension}").into());
        }
        Ok(files)
    }
}

/// The files directly in `folder`, by name.
pub(crate) fn files_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}
