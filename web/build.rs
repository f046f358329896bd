//! Builds the web interface with npm and Vite into `OUT_DIR`, and writes the table of files that `lib.rs` includes.
//!
//! Without Node.js, or with `TIDINGS_SKIP_UI=1`, the table holds the one page of `fallback/`. npm installs exactly the
//! lock file and runs no install scripts. Not here: content types and headers.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

/// Setting it to 1 builds without the interface.
const SKIP: &str = "TIDINGS_SKIP_UI";

/// The oldest Node.js (major, minor) that Vite 8 runs on.
const NODE_MIN: (u32, u32) = (20, 19);

/// What the interface is made of, relative to `web/ui`.
const SOURCES: [&str; 8] =
    ["src", "public", "index.html", "package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", ".npmrc"];

fn main() -> Result<(), Box<dyn Error>> {
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let ui = here.join("ui");
    println!("cargo::rerun-if-env-changed={SKIP}");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=fallback");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", ui.join(source).display());
    }
    let dist = out.join("dist");
    let built = match why_not(&ui)? {
        Some(reason) => {
            println!("cargo::warning=building without the web interface: {reason}");
            false
        }
        None => {
            build(&ui, &dist)?;
            true
        }
    };
    let root = if built { dist } else { here.join("fallback") };
    fs::write(out.join("assets.rs"), table(&root, built)?)?;
    Ok(())
}

/// Why the interface can't be built here; none if its packages are installed.
fn why_not(ui: &Path) -> Result<Option<String>, Box<dyn Error>> {
    if env::var(SKIP).is_ok_and(|value| value == "1") {
        return Ok(Some(format!("{SKIP}=1")));
    }
    if !ui.join("package-lock.json").exists() {
        return Ok(Some("web/ui/package-lock.json is missing".to_owned()));
    }
    let Some(version) = node_version() else {
        return Ok(Some("Node.js not found".to_owned()));
    };
    if version < NODE_MIN {
        return Ok(Some(format!("Node.js {}.{} is older than {}.{}", version.0, version.1, NODE_MIN.0, NODE_MIN.1)));
    }
    install(ui)
}

fn node_version() -> Option<(u32, u32)> {
    let output = Command::new("node").arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let mut numbers = text.trim().trim_start_matches('v').split('.').map(str::parse::<u32>);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Installs what the lock file names, unless that is there. The stamp lies inside `node_modules`, so that it goes
/// when the folder goes, and all target folders share it.
fn install(ui: &Path) -> Result<Option<String>, Box<dyn Error>> {
    let lock = fs::read(ui.join("package-lock.json"))?;
    let stamp = ui.join("node_modules/.tidings-lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(None);
    }
    match npm(ui).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some("npm not found".to_owned())),
        Err(error) => Err(error.into()),
        Ok(output) if output.status.success() => {
            fs::write(&stamp, &lock)?;
            Ok(None)
        }
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr).into_owned();
            let first = errors.lines().find(|line| line.contains("npm error")).unwrap_or("no reason given");
            Ok(Some(format!("npm ci failed: {first}")))
        }
    }
}

/// Runs Vite. A failure here is a fault in our own source, hence an error and not the fallback.
fn build(ui: &Path, dist: &Path) -> Result<(), Box<dyn Error>> {
    let output = npm(ui).args(["run", "build"]).env("TIDINGS_UI_OUT", dist).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = [output.stdout, output.stderr].concat();
    Err(format!("vite build failed:\n{}", String::from_utf8_lossy(&said)).into())
}

fn npm(ui: &Path) -> Command {
    let mut command = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    command.current_dir(ui).env("NO_COLOR", "1");
    command
}

/// The Rust source of the table: sorted (path, bytes) pairs.
fn table(root: &Path, built: bool) -> Result<String, Box<dyn Error>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root)?.to_string_lossy().replace('\\', "/");
                files.push((name, path));
            }
        }
    }
    files.sort();
    let mut source = format!("const HAS_UI: bool = {built};\nconst FILES: &[(&str, &[u8])] = &[\n");
    for (name, path) in files {
        writeln!(source, "    ({name:?}, include_bytes!({:?})),", path.to_string_lossy())?;
    }
    source.push_str("];\n");
    Ok(source)
}
