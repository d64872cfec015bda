//! `audit explain`: everything there is to know about a check or tool, for the terminal or as a Markdown page.

use std::fmt::Write as _;

use anyhow::bail;

use super::{Ending, definitions, print, width};
use crate::cli::{Colour, ExplainArgs};
use crate::definition::catalogue::{Catalog, Check, CheckKind, Clause, Look, Tool, WorldLook, embedded};
use crate::definition::strict::suggest;
use crate::definition::words::Absent;
use crate::definition::written::Example;
use crate::evidence::files::Lazy;
use crate::evidence::matches::MatchAsk;
use crate::proving::{Proved, prove};
use crate::report::compose::looked_for;

/// Prints the page.
///
/// # Errors
/// An id that is unknown, definitions that cannot be loaded.
pub fn run(args: &ExplainArgs) -> anyhow::Result<Ending> {
    let mut files = embedded();
    files.extend(if args.checks.is_empty() { Vec::new() } else { definitions(&args.checks)? });
    let catalog = Catalog::load(&files)?;
    let page = page(&catalog, &args.id)?;
    print(&if args.markdown { page } else { for_terminal(&page, width().clamp(40, 100)) }, Colour::Auto)?;
    Ok(Ending::Good)
}

/// The Markdown page of a check or tool.
///
/// # Errors
/// An id that is unknown.
pub fn page(catalog: &Catalog, id: &str) -> anyhow::Result<String> {
    if let Some(tool) = id.strip_prefix("tools/").and_then(|name| catalog.tools.get(name)) {
        return Ok(tool_page(catalog, tool));
    }
    if let Some(check) = catalog.checks.get(id) {
        return Ok(check_page(catalog, check));
    }
    let tools: Vec<String> = catalog.tools.keys().map(|id| format!("tools/{id}")).collect();
    let known: Vec<&str> = catalog.checks.keys().chain(&tools).map(String::as_str).collect();
    let tail = format!("/{id}");
    let help =
        known.iter().find(|known| known.ends_with(&tail)).map_or_else(|| suggest(id, &known), |known| format!("did you mean `{known}`?"));
    bail!(
        "there is no check or tool `{id}`; {}",
        if help.starts_with("did you mean") { help } else { "`audit list` and `audit list --tools` name all of them".into() }
    );
}

/// The Markdown page of a check.
pub fn check_page(catalog: &Catalog, check: &Check) -> String {
    let file = &check.file;
    let mut page = format!("# {}\n\n`{}` - {}\n\n", file.title, check.id, file.asks);
    match &check.kind {
        CheckKind::Practice { want, absent, .. } => {
            let nothing = match absent {
                Absent::Unmet => "unmet: the repository is where it must show",
                Absent::Unknown => "unknown: it may be set up where the audit did not look",
            };
            let _ = write!(page, "A practice of weight {}. Met at **{want}**. Nothing found is {nothing}.\n\n", file.weight);
        }
        CheckKind::Hazard(_) => {
            let _ = write!(page, "A hazard of weight {}: every finding lowers the score.\n\n", file.weight);
        }
        CheckKind::Measure(measure) => {
            let _ = write!(
                page,
                "A measure of weight {}, in {}: full at {}, nothing at {}.\n\n",
                file.weight, measure.unit, measure.full, measure.none
            );
        }
    }
    if let Some(applies) = &file.applies {
        let mut parts = Vec::new();
        let quoted = |names: &[String], join: &str| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(join);
        if !applies.any.is_empty() {
            parts.push(format!("one of {}", quoted(&applies.any, ", ")));
        }
        if !applies.all.is_empty() {
            parts.push(quoted(&applies.all, " and "));
        }
        if !applies.none.is_empty() {
            parts.push(format!("no {}", quoted(&applies.none, ", no ")));
        }
        if !applies.kinds.is_empty() {
            parts.push(format!("a subject that is {}", applies.kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(" or ")));
        }
        let _ = write!(page, "Applies with {}.\n\n", parts.join("; "));
    }
    let _ = write!(page, "## Why\n\n{}\n\n## What to do\n\n{}\n\n## What is looked for\n\n", file.why.trim(), list(&file.fix));
    for line in looked_for(catalog, check) {
        let _ = writeln!(page, "- {}", code(&line));
    }
    page.push('\n');
    if !file.links.is_empty() {
        page.push_str("## Sources\n\n");
        file.links.iter().for_each(|link| {
            let _ = writeln!(page, "- <{link}>");
        });
        page.push('\n');
    }
    page.push_str(&examples(&file.example, &proof(catalog, &check.origin), &secrets_of(check)));
    page
}

fn tool_page(catalog: &Catalog, tool: &Tool) -> String {
    let file = &tool.file;
    let mut page = format!("# {}\n\n`tools/{}` - <{}>\n\nGives {}.\n\n", file.title, tool.id, file.home, file.provides.join(", "));
    if let Some(note) = &file.note {
        let _ = write!(page, "{note}\n\n");
    }
    page.push_str(&examples(&file.example, &proof(catalog, &tool.origin), &[]));
    page
}

fn proof(catalog: &Catalog, origin: &str) -> Proved {
    prove(catalog, &|path| path == origin).into_iter().next().unwrap_or_default()
}

/// The looks of a check that see secrets: made-up ones in its examples must not look real to other scanners.
fn secrets_of(check: &Check) -> Vec<(MatchAsk, Lazy)> {
    let CheckKind::Hazard(clauses) = &check.kind else { return Vec::new() };
    let file = |clause: &Clause| match &clause.look {
        Some(Look::World(_, look)) => match &**look {
            WorldLook::File(look) if look.redact => Some((MatchAsk::new(look), Lazy::new(look.contains.iter().next()?))),
            _ => None,
        },
        _ => None,
    };
    clauses.iter().filter_map(file).collect()
}

fn examples(examples: &[Example], proved: &Proved, secrets: &[(MatchAsk, Lazy)]) -> String {
    let mut text = String::from("## Examples\n\n");
    for example in examples {
        let wrong = proved.failures.iter().find(|failure| failure.starts_with(&format!("example `{}`", example.name)));
        let result = wrong.map_or_else(|| format!("{}, as it must be", example.expect), Clone::clone);
        let _ = write!(text, "### {}\n\nGives **{result}**.\n\n", example.name);
        for (path, content) in &example.files {
            let content = secrets.iter().fold(content.clone(), |content, (ask, pattern)| ask.hide(pattern, &content));
            let _ = write!(text, "`{path}`\n\n{}\n\n", fenced(content.trim_matches('\n')));
        }
        if let Some(git) = &example.git {
            for commit in &git.commits {
                let _ =
                    write!(text, "A commit by {} {} days ago: {}\n\n", commit.author.replace('<', "&lt;"), commit.days_ago, commit.message);
            }
        }
        if let Some(config) = &example.config {
            let _ = write!(text, "`audit.toml`\n\n{}\n\n", fenced(config.trim_matches('\n')));
        }
    }
    text.trim_end().to_owned() + "\n"
}

/// A fence longer than any in the text.
fn fenced(text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}\n{text}\n{fence}")
}

/// Patterns and globs hold characters that Markdown would read.
fn code(line: &str) -> String {
    line.replace('*', "\\*").replace('_', "\\_").replace('<', "&lt;").replace('[', "\\[").replace('|', "\\|")
}

/// Steps as a list, where several lines are written.
fn list(fix: &str) -> String {
    let lines: Vec<&str> = fix.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let numbered = lines.first().is_some_and(|line| line.starts_with("1.") || line.starts_with("- "));
    if lines.len() == 1 || numbered {
        lines.join("\n")
    } else {
        lines.iter().enumerate().map(|(index, line)| format!("{}. {line}", index + 1)).collect::<Vec<_>>().join("\n")
    }
}

/// The page without Markdown's marks, wrapped; examples stay as they are.
fn for_terminal(page: &str, width: usize) -> String {
    let (mut out, mut fence) = (String::new(), None::<String>);
    for line in page.lines() {
        if let Some(mark) = &fence {
            if line == mark {
                fence = None;
            } else {
                let _ = writeln!(out, "    {}", crate::report::plain(line));
            }
            continue;
        }
        if line.starts_with("```") {
            fence = Some(line.to_owned());
            continue;
        }
        let plain = line.trim_start_matches('#').trim_start().replace("**", "").replace('`', "").replace("&lt;", "<").replace('\\', "");
        let indent = if plain.starts_with("- ") { "  " } else { "" };
        let options = textwrap::Options::new(width).subsequent_indent(indent).break_words(false);
        let text = if line.starts_with("# ") || line.starts_with("## ") {
            format!("{}{plain}{:#}", anstyle::Style::new().bold(), anstyle::Style::new().bold())
        } else {
            textwrap::fill(&plain, options)
        };
        let _ = writeln!(out, "{text}");
    }
    out
}
