//! The HTML report in a real browser: `tests/browser/page.mjs` says what must hold.
//!
//! It needs Chromium, Node and the two packages of `tests/browser/package.json`; without them the test is left out and says
//! so. With `REQUIRE_BROWSER=1`, as `.ci/run` sets it, that is a failure.
#![allow(clippy::unwrap_used)]

#[path = "renderers/samples.rs"]
mod samples;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use prod_audit::report::{Score, html};

/// What the test needs, or what of it is missing.
fn tools() -> Result<(PathBuf, PathBuf), String> {
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    let runs = |program: &str| Command::new(program).arg("--version").output().is_ok_and(|done| done.status.success());
    let asked = std::env::var("CHROMIUM").ok();
    let names = asked.iter().map(String::as_str).chain(["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]);
    let chromium = names.map(Path::new).find(|path| path.is_file()).map(Path::to_owned);
    let chromium = chromium.ok_or("Chromium is not installed (Debian: apt-get install chromium; elsewhere: CHROMIUM=PATH)")?;
    if !runs("node") {
        return Err("Node is not installed".into());
    }
    if !scripts.join("node_modules/playwright-core").is_dir() || !scripts.join("node_modules/axe-core").is_dir() {
        return Err("its packages are not installed (npm ci --prefix tests/browser)".into());
    }
    Ok((chromium, scripts.join("page.mjs")))
}

#[test]
fn the_page_holds_in_a_browser() {
    let (chromium, script) = match tools() {
        Ok(tools) => tools,
        Err(missing) => {
            assert!(std::env::var_os("REQUIRE_BROWSER").is_none(), "{missing}");
            // Past the harness, which keeps to itself what a passing test says.
            writeln!(std::io::stderr(), "LEFT OUT: the HTML report in a browser, because {missing}").unwrap();
            return;
        }
    };
    let folder = tempfile::tempdir().unwrap();
    let page = |name: &str, text: String| std::fs::write(folder.path().join(name), text).unwrap();
    for (name, report) in samples::all() {
        page(&format!("{name}.html"), html::render(&report));
    }
    let day = |date: &str, proven, possible| html::chart::Day {
        date: date.into(),
        score: Score { proven, possible },
        because: "the waiver for `errors/user-feedback` lapses".into(),
    };
    let days = [day("2026-01-05", 41.0, 80.0), day("2026-02-01", 55.0, 82.0), day("2026-05-01", 61.0, 84.0)];
    page("trend.html", html::trend("acme/shop", &days));
    if let Ok(keep) = std::env::var("KEEP") {
        std::fs::copy(folder.path().join("trend.html"), format!("{keep}/trend.html")).unwrap();
        std::fs::copy(folder.path().join("hostile.html"), format!("{keep}/hostile.html")).unwrap();
        std::fs::copy(folder.path().join("rails.html"), format!("{keep}/rails.html")).unwrap();
    }
    let done = Command::new("node").arg(script).arg(chromium).arg(folder.path()).output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{told}\n{}", String::from_utf8_lossy(&done.stderr));
}
