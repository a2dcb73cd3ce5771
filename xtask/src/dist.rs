//! What a release is made of: the Python wheel, and the header with the libraries for C and C++.

use std::env::consts;
use std::fs;
use std::path::{Path, PathBuf};

use crate::header;
use crate::native::Library;
use crate::process::{Result, run};
use crate::python::Environment;
use crate::workspace::{Workspace, files_in};

pub(crate) fn build(workspace: &Workspace) -> Result {
    header::check(workspace)?;
    let folder = workspace.target.join("dist");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    build_wheel(workspace, &folder)?;
    build_archive(workspace, &folder)?;
    println!("built in {}", folder.display());
    Ok(())
}

fn build_wheel(workspace: &Workspace, folder: &Path) -> Result {
    let environment = Environment::prepare(workspace, "dist-venv", None, &["maturin"])?;
    run(environment
        .python()
        .args(["-m", "maturin", "build", "--release", "-m", "crm-py/Cargo.toml", "--out"])
        .arg(folder))
}

fn build_archive(workspace: &Workspace, folder: &Path) -> Result {
    let name = format!("crm-c-{}-{}-{}", env!("CARGO_PKG_VERSION"), consts::OS, consts::ARCH);
    let archive = folder.join(name);
    let library = Library::build(workspace)?;
    copy(&files_in(&workspace.root.join("include"))?, &archive.join("include"))?;
    copy(&[library.shared, library.archive], &archive.join("lib"))?;
    copy(&["LICENSE-APACHE", "LICENSE-MIT"].map(|name| workspace.root.join(name)), &archive)
}

fn copy(files: &[PathBuf], folder: &Path) -> Result {
    fs::create_dir_all(folder)?;
    for file in files {
        let name = file.file_name().ok_or("a file without a name")?;
        fs::copy(file, folder.join(name)).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}
