//! Python: virtual environments with the module built into them, and what runs there.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::process::{Result, for_each, run};
use crate::step::Outcome;
use crate::workspace::Workspace;

/// Oldest Python that the module supports.
const OLDEST_PYTHON: (u8, u8) = (3, 11);

/// Folders whose Python code is fully typed.
const TYPED: [&str; 3] = ["crm-py/python/crm", "tests/python", "examples/python"];

/// A virtual environment below the build folder.
pub(crate) struct Environment<'a> {
    workspace: &'a Workspace,
    folder: PathBuf,
}

impl<'a> Environment<'a> {
    /// The environment for tests, with the module in it.
    pub(crate) fn for_tests(workspace: &'a Workspace) -> Result<Self> {
        let tools = ["maturin", "mypy", "pytest"];
        let environment = Self::prepare(workspace, "venv", Some("tests/python/requirements.txt"), &tools)?;
        environment.build_module()?;
        Ok(environment)
    }

    /// Creates the environment and installs packages into it, unless the last run did so.
    pub(crate) fn prepare(
        workspace: &'a Workspace,
        name: &str,
        requirements: Option<&str>,
        tools: &[&str],
    ) -> Result<Self> {
        let environment = Self { workspace, folder: workspace.target.join(name) };
        let mut installed = tools.join("\n");
        let mut install = vec!["-m", "pip", "install", "--quiet"];
        install.extend(tools);
        if let Some(path) = requirements {
            let file = workspace.root.join(path);
            let listed = fs::read_to_string(&file).map_err(|error| format!("{path}: {error}"))?;
            installed = format!("{installed}\n{listed}");
            install.extend(["-r", path]);
        }
        let stamp = environment.folder.join("installed.txt");
        if fs::read_to_string(&stamp).is_ok_and(|found| found == installed) && environment.works() {
            return Ok(environment);
        }
        environment.create()?;
        run(environment.python().args(install))?;
        fs::write(stamp, installed)?;
        Ok(environment)
    }

    fn create(&self) -> Result {
        let python = env::var_os("PYTHON").unwrap_or_else(|| OsString::from("python3"));
        let (major, minor) = OLDEST_PYTHON;
        let check = format!("import sys; sys.exit(sys.version_info < ({major}, {minor}))");
        run(Command::new(&python).args(["-c", &check])).map_err(|error| {
            format!("Python {major}.{minor} or later is needed, PYTHON may name it ({error})")
        })?;
        run(Command::new(&python).args(["-m", "venv", "--clear"]).arg(&self.folder))
    }

    /// Whether the environment's interpreter still runs: it is a link to one that may be gone.
    fn works(&self) -> bool {
        self.python().arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
    }

    /// Builds the module in release into the environment.
    fn build_module(&self) -> Result {
        run(self.python().args(["-m", "maturin", "develop", "--release", "-m", "crm-py/Cargo.toml"]))
    }

    /// The environment's interpreter, to be run in the repository.
    pub(crate) fn python(&self) -> Command {
        let mut command = Command::new(self.folder.join("bin/python"));
        command
            .current_dir(&self.workspace.root)
            .env("VIRTUAL_ENV", &self.folder)
            // Maturin refuses to choose between two active environments.
            .env_remove("CONDA_PREFIX");
        command
    }
}

pub(crate) fn run_tests(workspace: &Workspace) -> Result<Outcome> {
    run(Environment::for_tests(workspace)?.python().args(["-m", "pytest", "tests/python"]))?;
    Ok(Outcome::Passed)
}

pub(crate) fn check_types(workspace: &Workspace) -> Result<Outcome> {
    let environment = Environment::for_tests(workspace)?;
    let mut checks: Vec<Vec<&str>> =
        TYPED.iter().map(|folder| vec!["-m", "mypy", "--strict", folder]).collect();
    let mut stubs = vec!["-m", "mypy.stubtest", "crm"];
    let allowed = "crm-py/stubtest-allow.txt";
    if workspace.root.join(allowed).exists() {
        stubs.extend(["--allowlist", allowed]);
    }
    checks.push(stubs);
    for_each(checks, |arguments| run(environment.python().args(arguments)))?;
    Ok(Outcome::Passed)
}

pub(crate) fn run_benchmarks(workspace: &Workspace, arguments: &[String]) -> Result {
    let requirements = Some("benchmarks/requirements.txt");
    let environment = Environment::prepare(workspace, "bench-venv", requirements, &["maturin"])?;
    environment.build_module()?;
    run(environment.python().arg("benchmarks/run.py").args(arguments))
}
