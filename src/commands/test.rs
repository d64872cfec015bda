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
    Ok(if proved.iter().all(Proved::holds) { Ending::Good } else { Ending::Below })
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

/// One block per definition that failed (of all when `verbose`), and the sum of all.
fn page(all: &[Proved], verbose: bool) -> String {
    let shown = all.iter().filter(|proved| verbose || !proved.holds());
    shown.map(block).chain([summary(all)]).collect()
}

fn block(proved: &Proved) -> String {
    let word = if proved.holds() { "ok" } else { "FAILED" };
    let counts = format!("{} examples, {} of {} derived cases fell", proved.examples, proved.fell, proved.cases());
    let wrong: String = proved.failures.iter().chain(&proved.stood).map(|wrong| format!("       {wrong}\n")).collect();
    format!("{word:6} {}  {counts}\n{wrong}", proved.id)
}

fn summary(all: &[Proved]) -> String {
    let failed = all.iter().filter(|proved| !proved.holds()).count();
    let sum = |count: fn(&Proved) -> u32| all.iter().map(count).sum::<u32>();
    let (examples, fell, cases) = (sum(|proved| proved.examples), sum(|proved| proved.fell), sum(Proved::cases));
    format!("{} definitions, {failed} failed; {examples} examples; {fell} of {cases} derived cases fell\n", all.len())
}
