//! What steps of all vendors have in common: actions with versions, images with tags, inputs.

use super::super::node::{Member, Node};

/// `actions/checkout@v4` as its name and version; `docker://alpine:3` as an image.
pub(super) fn action(written: &str) -> (String, Option<String>) {
    match written.strip_prefix("docker://") {
        Some(rest) => image(rest),
        None => split(written, written.find('@')),
    }
}

/// `registry:5000/team/app:1.2@sha256:...` as its name and tag.
pub(super) fn image(written: &str) -> (String, Option<String>) {
    let tagged = written.split('@').next().unwrap_or(written);
    let after_registry = tagged.rfind('/').map_or(0, |slash| slash + 1);
    let colon = tagged[after_registry..].find(':').map(|colon| after_registry + colon);
    split(written, colon.or_else(|| written.find('@')))
}

fn split(written: &str, at: Option<usize>) -> (String, Option<String>) {
    match at {
        Some(at) => (written[..at].trim().to_owned(), Some(written[at + 1..].trim().to_owned())),
        None => (written.trim().to_owned(), None),
    }
}

/// The scalars of a map; a list of scalars stands as lines, a map within is left out.
pub(super) fn inputs(node: Option<&Node>) -> Vec<(String, String)> {
    let input = |member: &Member| Some((member.key.clone(), lines(&member.node)?));
    node.map(Node::members).unwrap_or_default().iter().filter_map(input).collect()
}

/// A scalar, or a list of scalars as lines.
pub(super) fn lines(node: &Node) -> Option<String> {
    let texts: Vec<String> = node.one_or_many().iter().filter_map(Node::scalar).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// The scalars of a value or of a list of values.
pub(super) fn texts(node: Option<&Node>) -> Vec<String> {
    node.map(Node::one_or_many).unwrap_or_default().iter().filter_map(Node::scalar).collect()
}

/// How many bytes filling in may add to one text.
const MOST_FILLED: usize = 8 * 1024;

/// A text with what stands between two marks replaced where its value is known: `${{ inputs.name }}`, `<< parameters.name >>`.
pub(super) fn filled(text: &str, marks: (&str, &str), known: impl Fn(&str) -> Option<String>) -> String {
    let mut filled = String::with_capacity(text.len());
    let (mut rest, mut room) = (text, MOST_FILLED);
    while let Some((before, after)) = rest.split_once(marks.0) {
        let Some((name, after)) = after.split_once(marks.1) else { break };
        filled.push_str(before);
        match known(name.trim()).filter(|value| value.len() <= room) {
            Some(value) => {
                room -= value.len();
                filled.push_str(&value);
            }
            None => filled.extend([marks.0, name, marks.1]),
        }
        rest = after;
    }
    filled + rest
}

/// Inputs under which actions and plugins take a shell command.
const COMMAND_INPUTS: [&str; 9] = ["script", "run", "command", "commands", "cmd", "runCmd", "inlineScript", "run-command", "inline"];

/// The command that an action is given to run, as `nick-fields/retry` and `appleboy/ssh-action` are.
pub(super) fn command_input(uses: &str, with: &[(String, String)]) -> Option<String> {
    // Its `script` is JavaScript.
    if uses == "actions/github-script" {
        return None;
    }
    let (_, command) = COMMAND_INPUTS.iter().find_map(|name| with.iter().find(|(input, _)| input == name))?;
    let arguments = with.iter().find(|(input, _)| input == "args").map(|(_, arguments)| arguments);
    Some(match arguments {
        Some(arguments) if uses == "actions-rs/cargo" => format!("cargo {command} {arguments}"),
        None if uses == "actions-rs/cargo" => format!("cargo {command}"),
        _ => command.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_filled_in() {
        let known = |name: &str| (name == "a").then(|| "x".repeat(3_000));
        assert_eq!(filled("<<b>> << a >> <<", ("<<", ">>"), known), format!("<<b>> {} <<", "x".repeat(3_000)));
        assert!(filled(&"<<a>>".repeat(1_000), ("<<", ">>"), known).len() < 20_000);
    }

    #[test]
    fn versions_and_tags() {
        let pair = |name: &str, version: Option<&str>| (name.to_owned(), version.map(str::to_owned));
        assert_eq!(action("actions/checkout@v4"), pair("actions/checkout", Some("v4")));
        assert_eq!(action("./.github/actions/x"), pair("./.github/actions/x", None));
        assert_eq!(action("docker://alpine:3"), pair("alpine", Some("3")));
        assert_eq!(image("registry:5000/app"), pair("registry:5000/app", None));
        assert_eq!(image("registry:5000/app:1@sha256:ab"), pair("registry:5000/app", Some("1@sha256:ab")));
        assert_eq!(image("app@sha256:ab"), pair("app", Some("sha256:ab")));
    }
}
