//! `audit list`: what is asked, and what is recognised.

use comfy_table::{ColumnConstraint, ContentArrangement, Table};

use super::{Ending, catalog, print, width};
use crate::cli::{Colour, ListArgs};
use crate::definition::catalogue::{CATEGORIES, Catalog, CheckKind};

/// Prints the checks or tools.
///
/// # Errors
/// A pattern that is no glob, definitions that cannot be loaded.
pub fn run(args: &ListArgs) -> anyhow::Result<Ending> {
    let catalog = catalog(&args.checks)?;
    let pattern = args.pattern.as_deref().map(globset::Glob::new).transpose()?.map(|glob| glob.compile_matcher());
    let wanted = |id: &str| pattern.as_ref().is_none_or(|pattern| pattern.is_match(id));
    let table = if args.tools { tools(&catalog, &wanted) } else { checks(&catalog, &wanted) };
    let text: String = table.lines().flat_map(|line| [line.trim_end().to_owned(), "\n".into()]).collect();
    print(&text, Colour::Auto)?;
    Ok(Ending::Good)
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(comfy_table::presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width()).unwrap_or(80));
    table.set_header(header.to_vec());
    if let Some(column) = table.column_mut(0) {
        column.set_constraint(ColumnConstraint::ContentWidth);
        column.set_padding((0, 2));
    }
    table
}

fn checks(catalog: &Catalog, wanted: &dyn Fn(&str) -> bool) -> Table {
    let mut table = table(&["CHECK", "WANT", "WEIGHT", "QUESTION"]);
    for category in CATEGORIES {
        for check in catalog.checks.values().filter(|check| check.id.starts_with(&format!("{category}/")) && wanted(&check.id)) {
            let want = match &check.kind {
                CheckKind::Practice { want, .. } => want.word(),
                CheckKind::Hazard(_) => "clear",
                CheckKind::Measure(_) => "measured",
            };
            table.add_row([check.id.as_str(), want, &check.file.weight.to_string(), &check.file.asks]);
        }
    }
    table
}

fn tools(catalog: &Catalog, wanted: &dyn Fn(&str) -> bool) -> Table {
    let mut table = table(&["TOOL", "NAME", "GIVES"]);
    for tool in catalog.tools.values().filter(|tool| wanted(&tool.id)) {
        table.add_row([tool.id.as_str(), &tool.file.title, &tool.file.provides.join(", ")]);
    }
    table
}
