//! What stands behind `${{ matrix.command }}` and `$COMMAND` in a step: one line of a script may be many commands.

use super::super::shell;
use super::super::steps::filled;
use crate::evidence::node::Node;

/// Most values of a matrix that are written out.
const MOST: usize = 16;
/// Longest text with everything written out, in bytes.
const LONGEST: usize = 16 * 1024;

/// A script with the literal variables of these `env` maps in their places, once for each value of the matrix it names.
pub(super) fn written_out(run: &str, job: &Node, envs: &[Option<&Node>]) -> String {
    let value = |name: &str| {
        let value = envs.iter().find_map(|env| env.as_ref()?.get(name)?.scalar())?;
        let literal = !value.contains('\n') && value.len() <= 200 && (!value.contains("${{") || value.contains("matrix."));
        literal.then_some(value)
    };
    let run = filled(run, ("${{", "}}"), |name| value(name.strip_prefix("env.")?));
    let run = shell::with_variables(&run, &value);
    if run.len() > LONGEST { run } else { each_of_matrix(&run, job) }
}

/// A text once for each value of the matrix entries that it names; itself if it names none.
pub(super) fn variants(text: &str, job: &Node) -> Vec<String> {
    let keys = names(text, "matrix.");
    let values: Vec<(&str, Vec<String>)> =
        keys.into_iter().map(|key| (key, matrix(job, key))).filter(|(_, values)| !values.is_empty()).collect();
    let most = values.iter().map(|(_, values)| values.len()).max().unwrap_or(1);
    let variant = |at: usize| {
        // Entries of the same row belong together; a shorter list repeats.
        let value = |name: &str| values.iter().find(|(key, _)| *key == name).and_then(|(_, values)| values.get(at % values.len()).cloned());
        filled(text, ("${{", "}}"), |name| value(name.strip_prefix("matrix.")?))
    };
    (0..most).map(variant).collect()
}

fn each_of_matrix(run: &str, job: &Node) -> String {
    let mut variants = variants(run, job);
    let mut length = 0;
    variants.retain(|variant| {
        length += variant.len();
        length <= LONGEST
    });
    variants.join("\n")
}

/// The scalars that a key may have in a job's matrix: `command`, `tests.command`.
fn matrix(job: &Node, key: &str) -> Vec<String> {
    let (first, rest) = key.split_once('.').map_or((key, None), |(first, rest)| (first, Some(rest)));
    let Some(matrix) = job.get("strategy").and_then(|strategy| strategy.get("matrix")) else { return Vec::new() };
    let listed = matrix.get(first).map(Node::items).unwrap_or_default().iter();
    let included = matrix.get("include").map(Node::items).unwrap_or_default().iter().filter_map(|entry| entry.get(first));
    let scalar = |node: &Node| match rest {
        Some(rest) => node.get(rest).and_then(Node::scalar),
        None => node.scalar(),
    };
    let mut values: Vec<String> = listed.chain(included).filter_map(scalar).take(MOST * 4).collect();
    let mut seen = std::collections::HashSet::new();
    values.retain(|value| seen.insert(value.clone()));
    values.truncate(MOST);
    values
}

/// The names after a prefix in the expressions of a text: `command` in `${{ matrix.command }}`.
fn names<'t>(text: &'t str, prefix: &str) -> Vec<&'t str> {
    let expressions = text.split("${{").skip(1).filter_map(|rest| rest.split_once("}}"));
    let names = expressions.filter_map(|(expression, _)| expression.trim().strip_prefix(prefix));
    let mut names: Vec<&str> = names.take(MOST).collect();
    names.dedup();
    names
}
