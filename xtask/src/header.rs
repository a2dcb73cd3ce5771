//! The C header: generated from crm-ffi, committed, and compared with what the code says now.

use std::fs;
use std::path::PathBuf;

use crate::difference::first_difference;
use crate::process::Result;
use crate::step::Outcome;
use crate::workspace::Workspace;

pub(crate) fn check(workspace: &Workspace) -> Result<Outcome> {
    let path = path(workspace);
    let committed = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let generated = generate(workspace)?;
    match first_difference(("committed", &committed), ("generated", &generated)) {
        None => Ok(Outcome::Passed),
        Some(difference) => {
            Err(format!("include/crm.h is out of date, run `cargo xtask gen`; {difference}").into())
        }
    }
}

pub(crate) fn write(workspace: &Workspace) -> Result {
    let generated = generate(workspace)?;
    let path = path(workspace);
    fs::write(&path, generated).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(())
}

fn path(workspace: &Workspace) -> PathBuf {
    workspace.root.join("include/crm.h")
}

fn generate(workspace: &Workspace) -> Result<Vec<u8>> {
    let folder = workspace.root.join("crm-ffi");
    let config = cbindgen::Config::from_file(folder.join("cbindgen.toml"))?;
    let bindings = cbindgen::Builder::new().with_crate(folder).with_config(config).generate()?;
    let mut header = Vec::new();
    bindings.write(&mut header);
    Ok(header)
}
