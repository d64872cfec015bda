//! What checks see in each other's examples, as one snapshot that a person has read.
//!
//! `UPDATE_SNAPSHOT=1 cargo test --test overlaps` rewrites it.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::{env, fs};

use prod_audit::definition::catalogue::{Catalog, embedded};
use prod_audit::proving::overlaps::overlaps;

/// The lines that start with a mark, each after a line break.
fn marked(mark: char, lines: &[&str]) -> String {
    lines.iter().map(|line| format!("\n  {mark} {line}")).collect()
}

#[test]
fn overlaps_were_read_and_accepted() -> Result<(), Box<dyn Error>> {
    let snapshot = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/overlaps.txt");
    let catalog = Catalog::load(&embedded()).map_err(|problems| problems.to_string())?;
    let now: String = overlaps(&catalog).iter().map(|overlap| format!("{overlap}\n")).collect();
    if env::var_os("UPDATE_SNAPSHOT").is_some() {
        fs::write(snapshot, now)?;
        return Ok(());
    }
    let read = fs::read_to_string(&snapshot)
        .map_err(|why| format!("{}: {why}; write it with UPDATE_SNAPSHOT=1 and read it", snapshot.display()))?;
    let (new, old): (BTreeSet<&str>, BTreeSet<&str>) = (now.lines().collect(), read.lines().collect());
    let (more, fewer): (Vec<&str>, Vec<&str>) = (new.difference(&old).copied().collect(), old.difference(&new).copied().collect());
    assert!(more.is_empty(), "new overlap: read whether it is true, then accept it with UPDATE_SNAPSHOT=1{}", marked('+', &more));
    assert!(fewer.is_empty(), "overlap gone: accept that with UPDATE_SNAPSHOT=1{}", marked('-', &fewer));
    assert_eq!(now, read, "the snapshot is not sorted: write it with UPDATE_SNAPSHOT=1");
    Ok(())
}
