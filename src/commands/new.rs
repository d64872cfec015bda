//! `audit new`: a definition to start from, which already loads and passes its examples.

use std::path::Path;

use anyhow::{Context, bail};

use super::{Ending, say};
use crate::cli::NewArgs;
use crate::definition::catalogue::CATEGORIES;

/// Writes the file.
///
/// # Errors
/// A name that is no id, a file that is already there.
pub fn run(args: &NewArgs) -> anyhow::Result<Ending> {
    let Some((folder, name)) = args.id.split_once('/') else {
        bail!("`{}` is not CATEGORY/NAME, as in errors/health-endpoint or tools/sentry", args.id)
    };
    if folder != "tools" && !CATEGORIES.contains(&folder) {
        bail!("`{folder}` is neither tools nor a category ({})", CATEGORIES.join(", "));
    }
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-') {
        bail!("`{name}` is not a name: lower-case letters, digits and hyphens");
    }
    let file = args.into.join(folder).join(format!("{name}.toml"));
    if file.exists() {
        bail!("{} is already there", file.display());
    }
    std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).context("the folder cannot be made")?;
    let text = if folder == "tools" { TOOL } else { CHECK };
    std::fs::write(&file, text.replace("NAME", name)).with_context(|| format!("{} cannot be written", file.display()))?;
    say(&format!("wrote {}\nnext: say what it asks, write the looks and examples, then: audit test {}", file.display(), file.display()));
    Ok(Ending::Good)
}

const CHECK: &str = r##"title     = "NAME"
asks      = "Which question does the evidence answer?"
weight    = 5                      # 1 to 10, inside the category
want      = "configured"           # declared, configured, exercised or observed
if_absent = "unmet"                # unknown where it may be set up outside the repository
why = "Why it matters, in one paragraph."
fix = "What to do first, in one line; further steps in further lines."
links = ["https://sre.google/sre-book/table-of-contents/"]

[[configured]]
file = { path = "config/NAME.yml", contains = '^enabled: true' }

[[example]]
name = "switched on in its file"
expect = "configured"
[example.files]
"config/NAME.yml" = """
enabled: true
"""

[[example]]
name = "commented out"
expect = "nothing"
[example.files]
"config/NAME.yml" = """
# enabled: true
"""
"##;

const TOOL: &str = r##"title    = "NAME"
home     = "https://example.com"
provides = ["exception-reporting"]   # `audit list --tools` shows the capabilities in use

[[declared]]
dependency = { gem = ["NAME"] }

[[configured]]
file = { path = "@ruby", contains = '\bNAME\.configure\b' }

[[example]]
name = "gem alone"
expect = "declared"
[example.files]
"Gemfile" = 'gem "NAME"'

[[example]]
name = "gem and initializer"
expect = "configured"
[example.files]
"Gemfile" = 'gem "NAME"'
"config/initializers/NAME.rb" = "NAME.configure { |config| config.key = ENV['KEY'] }"

[[example]]
name = "for tests only, and in a comment"
expect = "nothing"
[example.files]
"Gemfile" = 'gem "NAME", group: :test'
"config/initializers/NAME.rb" = "# NAME.configure"
"##;
