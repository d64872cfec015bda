//! `audit test`: definitions prove themselves.

use super::{Ending, definitions, print};
use crate::cli::{Colour, TestArgs};
use crate::definition::catalogue::{Catalog, DefinitionText, embedded};
use crate::proving::{Proved, prove};

/// Runs the examples of definitions.
///
/// # Errors
/// Paths that cannot be read, or every problem of the definitions.
pub fn run(args: &TestArgs) -> anyhow::Result<Ending> {
    let tested = if args.paths.is_empty() { embedded() } else { definitions(&args.paths)? };
    let further = if args.checks.is_empty() { Vec::new() } else { definitions(&args.checks)? };
    let origins: Vec<String> = tested.iter().map(|file| file.path.clone()).collect();
    let catalog = Catalog::load(&layered([embedded(), further, tested]))?;
    let proved = prove(&catalog, &|origin| origins.iter().any(|path| path == origin));
    print(&page(&proved, args.verbose), Colour::Auto)?;
    Ok(if proved.iter().all(|proved| proved.failures.is_empty()) { Ending::Good } else { Ending::Below })
}

/// Later files replace earlier ones of the same id.
fn layered<const N: usize>(layers: [Vec<DefinitionText>; N]) -> Vec<DefinitionText> {
    let tail = |path: &str| path.rsplit('/').take(2).map(str::to_owned).collect::<Vec<_>>();
    let mut all: Vec<DefinitionText> = Vec::new();
    for file in layers.into_iter().flatten() {
        all.retain(|earlier| tail(&earlier.path) != tail(&file.path));
        all.push(file);
    }
    all
}

fn page(all: &[Proved], verbose: bool) -> String {
    let mut page = String::new();
    for proved in all.iter().filter(|proved| verbose || !proved.failures.is_empty()) {
        let word = if proved.failures.is_empty() { "ok" } else { "FAILED" };
        page.push_str(&format!(
            "{word:6} {}  {} examples, {} of {} derived cases fell\n",
            proved.id,
            proved.examples,
            proved.fell,
            proved.fell as usize + proved.stood.len()
        ));
        for failure in &proved.failures {
            page.push_str(&format!("       {failure}\n"));
        }
        for stood in proved.stood.iter().filter(|_| verbose) {
            page.push_str(&format!("       note: {stood}\n"));
        }
    }
    let failed = all.iter().filter(|proved| !proved.failures.is_empty()).count();
    let examples: u32 = all.iter().map(|proved| proved.examples).sum();
    let (fell, stood): (u32, usize) = (all.iter().map(|proved| proved.fell).sum(), all.iter().map(|proved| proved.stood.len()).sum());
    page.push_str(&format!(
        "{} definitions, {failed} failed; {examples} examples; {fell} of {} derived cases fell\n",
        all.len(),
        fell as usize + stood
    ));
    page
}
