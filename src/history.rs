//! The history of audits on disk: one line of JSON per audit in `history.ndjson`, appended and never rewritten.

use std::fs::{File, OpenOptions, create_dir_all};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::report::Report;
use crate::report::history::{HISTORY_VERSION, Record};

/// The file inside the folder.
pub const FILE: &str = "history.ndjson";
/// A history larger than this is not read, in bytes: some hundred thousand audits.
const LARGEST: u64 = 256 << 20;

/// Appends an audit. Several may append at once: the file is locked meanwhile, and what a crash cut off ends its own line.
///
/// # Errors
/// The folder or file cannot be written.
pub fn append(folder: &Path, report: &Report) -> anyhow::Result<()> {
    let path = folder.join(FILE);
    let unwritten = || format!("{} cannot be written", path.display());
    create_dir_all(folder).with_context(unwritten)?;
    let mut file = OpenOptions::new().create(true).append(true).read(true).open(&path).with_context(unwritten)?;
    file.lock().with_context(unwritten)?;
    let start = if ends_open(&mut file).with_context(unwritten)? { "\n" } else { "" };
    let line = format!("{start}{}\n", serde_json::to_string(&Record::of(report))?);
    file.write_all(line.as_bytes()).with_context(unwritten)
}

/// Whether the last line has no end.
fn ends_open(file: &mut File) -> std::io::Result<bool> {
    if file.seek(SeekFrom::End(0))? == 0 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-1))?;
    let mut last = [0];
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}

/// All audits, by day and then in the order in which they were made; and what is wrong with the lines that were left out.
///
/// # Errors
/// There is no history, it cannot be read, or a later version of `audit` wrote to it.
pub fn read(folder: &Path) -> anyhow::Result<(Vec<Record>, Vec<String>)> {
    let path = folder.join(FILE);
    let name = path.display();
    let file = File::open(&path).with_context(|| format!("{name} cannot be read; `audit --history {}` writes it", folder.display()))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).with_context(|| format!("{name} cannot be read"))?;
    if bytes.len() as u64 > LARGEST {
        bail!("{name} is larger than {} MB; keep its last lines alone", LARGEST >> 20);
    }
    let (mut records, mut broken) = (Vec::<Record>::new(), Vec::new());
    for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let value: Option<serde_json::Value> = serde_json::from_slice(line).ok();
        let version = value.as_ref().and_then(|value| value.get("schema_version")?.as_u64());
        if let Some(version) = version.filter(|version| *version > u64::from(HISTORY_VERSION)) {
            bail!("{name}:{} is of schema version {version}; this audit reads version {HISTORY_VERSION}: take a newer audit", index + 1);
        }
        let record = value.and_then(|value| serde_json::from_value::<Record>(value).ok());
        match record.filter(|record| record.schema_version == HISTORY_VERSION && record.at.parse::<jiff::civil::Date>().is_ok()) {
            Some(record) => records.push(record),
            None => broken.push(format!("{name}:{} is no line of a history and was left out", index + 1)),
        }
    }
    records.sort_by(|a, b| a.at.cmp(&b.at));
    Ok((records, broken))
}
