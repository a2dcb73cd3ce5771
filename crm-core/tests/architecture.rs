//! Which module may use which, and what every source file keeps to.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Modules at the root of the crate, and what each may import beside itself. Families never import each other.
const ARROWS: [(&str, &[&str]); 14] = [
    ("error", &[]),
    ("math", &["error"]),
    ("named", &["error"]),
    ("parallel", &["error"]),
    ("saved", &["error"]),
    ("customer", &["error", "math", "parallel"]),
    ("rfm", &["customer", "error", "math", "parallel", "saved"]),
    ("segment", &["customer", "error", "math", "parallel", "saved"]),
    ("clv", &["customer", "error", "math", "parallel", "saved"]),
    ("loyalty", &["customer", "error", "math", "named", "parallel", "saved"]),
    ("lifecycle", &["customer", "error", "math", "parallel", "saved"]),
    ("experiment", &["error", "math", "named", "parallel", "saved"]),
    ("campaign", &["customer", "error", "experiment", "math", "named", "parallel", "saved"]),
    // Where the engine meets other formats may know everything.
    ("interop", &["*"]),
];

/// Crates whose types stay in `interop`.
const FORMATS: [&str; 9] = [
    "arrow_array",
    "arrow_buffer",
    "arrow_data",
    "arrow_schema",
    "csv",
    "linfa",
    "linfa_clustering",
    "ndarray_0_16",
    "parquet",
];

struct Source {
    path: PathBuf,
    /// The module at the root of the crate that it belongs to.
    module: String,
    text: String,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files.extend(rust_files(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        }
    }
    files
}

fn sources() -> Vec<Source> {
    let root = folder("src");
    let source = |path: PathBuf| {
        let first = path.strip_prefix(&root).unwrap().components().next().unwrap();
        let module = first.as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned();
        Source { text: fs::read_to_string(&path).unwrap(), module, path }
    };
    rust_files(&root).into_iter().map(source).collect()
}

/// The code of a file without its comments.
fn code(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n")
}

/// The words of a text, with everything between them.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_'))
}

/// The modules at the root of the crate that code names, through `crate::`, groups and chains of `super::`.
fn imports(code: &str) -> BTreeSet<String> {
    let code: String = code.split_whitespace().collect();
    let mut found = BTreeSet::new();
    for start in ["crate::", "super::super::"] {
        for (place, _) in code.match_indices(start) {
            let rest = &code[place + start.len()..];
            let names: Vec<&str> = match rest.strip_prefix('{') {
                Some(group) => top_level(group),
                None => vec![rest],
            };
            let first = |name: &str| words(name).next().unwrap_or("").to_owned();
            found.extend(names.into_iter().map(first).filter(|name| !name.is_empty()));
        }
    }
    // What the root re-exports stands for the module that it comes from.
    let root = |name: String| match name.as_str() {
        "Error" | "ErrorKind" | "Result" => "error".to_owned(),
        "Threads" => "parallel".to_owned(),
        _ => name,
    };
    found.into_iter().map(root).collect()
}

/// The members of a braced group, which ends where its braces close.
fn top_level(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut members) = (0, 0, Vec::new());
    for (place, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(&group[start..place]);
                return members;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(&group[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    members
}

/// What a module imports against the arrows.
fn forbidden(module: &str, code: &str) -> Vec<String> {
    let is_module = |name: &String| ARROWS.iter().any(|(known, _)| known == name);
    let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == module) else {
        return vec![format!("{module} itself, which has no line in ARROWS")];
    };
    let may = |name: &String| name == module || allowed.contains(&"*") || allowed.contains(&name.as_str());
    imports(code).into_iter().filter(is_module).filter(|name| !may(name)).collect()
}

#[test]
fn modules_import_only_along_the_arrows() {
    let mut wrong = Vec::new();
    for source in sources().iter().filter(|source| source.module != "lib") {
        for import in forbidden(&source.module, &code(&source.text)) {
            wrong.push(format!("{} imports {import}", source.path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_module_of_the_crate_has_its_arrows() {
    let root = code(&fs::read_to_string(folder("src/lib.rs")).unwrap());
    let modules: Vec<String> = root
        .lines()
        .filter_map(|line| {
            line.trim().trim_start_matches("pub ").strip_prefix("mod ")?.strip_suffix(';').map(str::to_owned)
        })
        .collect();
    assert!(modules.len() >= 6, "{modules:?}");
    for module in modules {
        assert!(ARROWS.iter().any(|(known, _)| *known == module), "{module} has no line in ARROWS");
    }
}

#[test]
fn the_types_of_formats_stay_in_interop() {
    for source in sources().iter().filter(|source| source.module != "interop") {
        let code = code(&source.text);
        for line in code.lines() {
            for format in FORMATS {
                let named = line.contains(&format!("{format}::")) || line.contains(&format!("use {format}"));
                assert!(!named, "{} names {format}: {line}", source.path.display());
            }
        }
    }
}

#[test]
fn the_core_has_no_unsafe_code() {
    let root = fs::read_to_string(folder("src/lib.rs")).unwrap();
    assert!(root.contains("#![forbid(unsafe_code)]"));
    for source in sources() {
        assert!(!words(&code(&source.text)).any(|word| word == "unsafe"), "{}", source.path.display());
    }
}

#[test]
fn files_are_short() {
    for folder in ["src", "tests", "benches"].map(folder) {
        for path in rust_files(&folder) {
            let lines = fs::read_to_string(&path).unwrap().lines().count();
            assert!(lines <= 600, "{} has {lines} lines", path.display());
        }
    }
}

#[test]
fn every_module_says_what_it_is() {
    for path in
        [folder("src"), folder("tests"), folder("benches")].iter().flat_map(|folder| rust_files(folder))
    {
        let text = fs::read_to_string(&path).unwrap();
        let first = text.lines().next().unwrap_or("");
        assert!(first.starts_with("//! ") && first.len() > 8, "{} starts with {first:?}", path.display());
    }
}

#[test]
fn no_file_is_a_drawer_for_anything() {
    for path in rust_files(&folder("src")) {
        let stem = path.file_stem().unwrap().to_str().unwrap();
        assert!(!["utils", "util", "helpers", "common", "misc"].contains(&stem), "{}", path.display());
    }
}

#[test]
fn forbidden_imports_are_seen_however_they_are_written() {
    for (module, text) in [
        ("rfm", "use crate::segment::KMeans;"),
        ("rfm", "use crate::{error::Error, segment};"),
        ("rfm", "use crate::{\n    customer::{Day, Money},\n    clv,\n};"),
        ("customer", "fn f(x: &crate::rfm::RfmScores) {}"),
        ("customer", "use super::super::rfm::RfmScores;"),
        ("math", "use crate::customer::Money;"),
        ("error", "use crate::math::quantile_type_7;"),
        ("experiment", "use crate::customer::Day;"),
        ("novelty", "use crate::error::Error;"),
    ] {
        assert_eq!(forbidden(module, &code(text)).len(), 1, "{module}: {text}");
    }
    for (module, text) in [
        (
            "rfm",
            "use crate::customer::Day; use crate::{Error, Threads, math::quantile_type_7}; use super::scores::Cell;",
        ),
        ("customer", "// use crate::rfm::RfmScores;\nuse crate::error::Result; // crate::clv"),
        ("campaign", "use crate::{customer, experiment};"),
        ("interop", "use crate::rfm::Segments;"),
    ] {
        assert_eq!(forbidden(module, &code(text)), Vec::<String>::new(), "{module}: {text}");
    }
}

/// All texts below a folder, in files with this extension.
fn texts(folder: &Path, extension: &str) -> String {
    let mut all = String::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            all.push_str(&texts(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            all.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
    all
}

/// A file of shared cases that some language does not read would let it differ from the others.
#[test]
fn every_shared_case_is_run_in_every_language() {
    let languages = [
        ("Rust", texts(&folder("tests"), "rs")),
        ("Python", texts(&folder("../tests/python"), "py")),
        ("C", texts(&folder("../tests/c"), "c")),
    ];
    for family in ["campaign", "experiment"] {
        let mut files = 0;
        for path in fs::read_dir(folder("../tests/cases").join(family)).unwrap() {
            let path = path.unwrap().path();
            let stem = path.file_stem().unwrap().to_str().unwrap();
            files += 1;
            for (language, tests) in &languages {
                let read =
                    [format!("/{stem}.json\""), format!("\"{stem}.json\""), format!("cases(\"{stem}\")")]
                        .iter()
                        .any(|reading| tests.contains(reading));
                assert!(read, "no test in {language} reads {}", path.display());
            }
        }
        assert!(files >= 4, "only {files} files of {family}");
    }
}
