//! C and C++: the library, and the programs compiled against its header and linked to it.

use std::env::{self, consts};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{Result, for_each, run};
use crate::step::Outcome;
use crate::workspace::Workspace;

#[derive(Clone, Copy)]
pub(crate) enum Language {
    C,
    Cpp,
}

impl Language {
    fn extension(self) -> &'static str {
        match self {
            Self::C => "c",
            Self::Cpp => "cpp",
        }
    }

    fn compiler(self) -> Command {
        let (variable, default, standard) = match self {
            Self::C => ("CC", "cc", "-std=c11"),
            Self::Cpp => ("CXX", "c++", "-std=c++17"),
        };
        let chosen = env::var(variable).unwrap_or_default();
        // The variable may hold a wrapper too, as in `CC="ccache clang"`.
        let mut words = chosen.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or(default));
        command.args(words).args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-g", "-O1"]);
        command
    }
}

/// The release build of crm-ffi.
pub(crate) struct Library {
    pub(crate) shared: PathBuf,
    pub(crate) archive: PathBuf,
}

impl Library {
    pub(crate) fn build(workspace: &Workspace) -> Result<Self> {
        let files = workspace.build("crm-ffi", &["--lib"])?;
        let with_extension = |extension: &str| {
            let found = files.iter().find(|path| path.extension().is_some_and(|e| e == extension));
            found.cloned().ok_or_else(|| format!("crm-ffi builds no library *.{extension}"))
        };
        Ok(Self { shared: with_extension(consts::DLL_EXTENSION)?, archive: with_extension("a")? })
    }

    /// Options that link a program to the shared library and let it find that library where it lies.
    fn link_options(&self) -> Result<[String; 5]> {
        let parts = self.shared.parent().zip(self.shared.file_stem());
        let (folder, stem) = parts.ok_or("the library has no folder and name")?;
        let (folder, stem) = (folder.display(), stem.to_string_lossy());
        let name = stem.strip_prefix(consts::DLL_PREFIX).unwrap_or(&stem);
        Ok([
            format!("-L{folder}"),
            format!("-Wl,-rpath,{folder}"),
            format!("-l{name}"),
            "-lm".into(),
            "-pthread".into(),
        ])
    }
}

pub(crate) fn test_c(workspace: &Workspace) -> Result<Outcome> {
    for_each(compile_folder(workspace, Language::C, "tests/c")?, |test| {
        run(&mut program(workspace, &test)?)
    })?;
    Ok(Outcome::Passed)
}

pub(crate) fn test_cpp(workspace: &Workspace) -> Result<Outcome> {
    for_each(compile_folder(workspace, Language::Cpp, "tests/cpp")?, |test| {
        run(&mut program(workspace, &test)?)
    })?;
    Ok(Outcome::Passed)
}

/// Optional on a developer's machine, required in continuous integration.
pub(crate) fn test_under_valgrind(workspace: &Workspace) -> Result<Outcome> {
    if !is_installed("valgrind") {
        if env::var_os("CI").is_some_and(|value| value == "true") {
            return Err("valgrind is not installed, and CI=true requires it".into());
        }
        return Ok(Outcome::Skipped("valgrind is not installed"));
    }
    let mut tests = compile_folder(workspace, Language::C, "tests/c")?;
    tests.extend(compile_folder(workspace, Language::Cpp, "tests/cpp")?);
    for_each(tests, |test| {
        let options = [
            "--quiet",
            "--error-exitcode=9",
            "--leak-check=full",
            "--show-leak-kinds=definite",
            "--errors-for-leak-kinds=definite",
        ];
        run(program(workspace, Path::new("valgrind"))?.args(options).arg(test))
    })?;
    Ok(Outcome::Passed)
}

pub(crate) fn compile_examples(workspace: &Workspace) -> Result<Outcome> {
    compile_folder(workspace, Language::C, "examples/c")?;
    compile_folder(workspace, Language::Cpp, "examples/cpp")?;
    Ok(Outcome::Passed)
}

/// Compiles every source file of `folder` to a program of its own and returns the programs.
fn compile_folder(workspace: &Workspace, language: Language, folder: &str) -> Result<Vec<PathBuf>> {
    let sources = workspace.sources(folder, language.extension())?;
    let library = Library::build(workspace)?;
    for_each(&sources, |source| compile(workspace, &library, language, source))?;
    sources.iter().map(|source| executable(workspace, source)).collect()
}

/// Compiles one example and returns the program.
pub(crate) fn compile_example(workspace: &Workspace, language: Language, source: &str) -> Result<PathBuf> {
    let source = workspace.root.join(source);
    compile(workspace, &Library::build(workspace)?, language, &source)?;
    executable(workspace, &source)
}

fn compile(workspace: &Workspace, library: &Library, language: Language, source: &Path) -> Result {
    let executable = executable(workspace, source)?;
    if let Some(folder) = executable.parent() {
        fs::create_dir_all(folder)?;
    }
    run(language
        .compiler()
        .arg("-I")
        .arg(workspace.root.join("include"))
        .arg(source)
        .arg("-o")
        .arg(executable)
        .args(library.link_options()?))
}

/// The program that `source` compiles to: its path in the repository, below a folder of the build.
fn executable(workspace: &Workspace, source: &Path) -> Result<PathBuf> {
    let relative = source.strip_prefix(&workspace.root)?;
    Ok(workspace.target.join("native").join(relative).with_extension(consts::EXE_EXTENSION))
}

/// A program to be run in the repository.
///
/// Cargo puts its build folders on the loader's path of what it runs. Inherited, they would come before the
/// library that the program was linked to, and a stale debug build would be tested in its place.
pub(crate) fn program(workspace: &Workspace, path: &Path) -> Result<Command> {
    let mut command = Command::new(path);
    command.current_dir(&workspace.root);
    for variable in ["LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH"] {
        if let Some(value) = env::var_os(variable) {
            let kept = env::split_paths(&value).filter(|folder| !folder.starts_with(&workspace.target));
            command.env(variable, env::join_paths(kept)?);
        }
    }
    Ok(command)
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
