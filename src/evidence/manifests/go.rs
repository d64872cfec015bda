//! Go modules: `go.mod`.
//!
//! `require` lists every module of the build; `// indirect` marks those that only came along, and they are left out. `tool` names commands
//! for developers. `replace`, `exclude` and `retract` change versions, not what is asked for.

use super::{Manifest, Registry};

pub(super) fn read(text: &str) -> Manifest {
    let mut manifest = Manifest::default();
    let mut block = None;
    for (number, line) in (1u32..).zip(text.lines()) {
        let (code, comment) = line.split_once("//").unwrap_or((line, ""));
        let mut words = code.split_ascii_whitespace();
        let directive = match (block, words.next()) {
            (_, None) => continue,
            (_, Some(")")) => {
                block = None;
                continue;
            }
            (Some(directive), Some(module)) => (directive, module),
            (None, Some(directive)) => match words.next() {
                Some("(") => {
                    block = Some(directive);
                    continue;
                }
                Some(module) => (directive, module),
                None => match directive.strip_suffix('(') {
                    Some(directive) => {
                        block = Some(directive);
                        continue;
                    }
                    None => continue,
                },
            },
        };
        add(&mut manifest, directive, is_indirect(comment), number);
    }
    manifest
}

fn add(manifest: &mut Manifest, (directive, module): (&str, &str), indirect: bool, line: u32) {
    let module = module.trim_matches(['"', '`']);
    match directive {
        "require" if !indirect => manifest.add(Registry::Go, module, true, line),
        "tool" => manifest.add(Registry::Go, module, false, line),
        _ => {}
    }
}

/// `// indirect`, or `// indirect; because`.
fn is_indirect(comment: &str) -> bool {
    comment.trim_start().strip_prefix("indirect").is_some_and(|rest| rest.is_empty() || rest.starts_with([';', ' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{line_of, listed};

    #[test]
    fn direct_requirements_and_tools() {
        let text = "module example.com/app\n\ngo 1.24\n\nrequire github.com/getsentry/sentry-go v0.31.1\nrequire github.com/x/y v1 // indirect\n\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.7.2\n\t// github.com/no/no v1\n\tgo.uber.org/zap v1.27.0 // indirect; by x\n\tgopkg.in/yaml.v3 v3.0.1 // indirectly useful\n)\n\nreplace github.com/a/b => ../b\nreplace (\n\tgithub.com/c/d => github.com/e/f v1\n)\ntool golang.org/x/tools/cmd/stringer\ntool (\n\tgithub.com/sqlc-dev/sqlc/cmd/sqlc\n)\nexclude github.com/q/r v1\n";
        let expected = "+github.com/getsentry/sentry-go +github.com/jackc/pgx/v5 +gopkg.in/yaml.v3 -golang.org/x/tools/cmd/stringer \
                        -github.com/sqlc-dev/sqlc/cmd/sqlc";
        assert_eq!(listed("go.mod", text), expected);
        assert_eq!(line_of("go.mod", text, "github.com/jackc/pgx/v5"), 9);
    }
}
