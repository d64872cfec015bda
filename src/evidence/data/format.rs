//! Which format a file is in, told by its name alone.

use std::fmt;

/// A format this module reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// YAML, several documents allowed.
    Yaml,
    /// JSON, with comments and trailing commas allowed.
    Json,
    /// TOML.
    Toml,
    /// HCL: Terraform and OpenTofu.
    Hcl,
    /// A Dockerfile.
    Dockerfile,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Yaml => "YAML",
            Format::Json => "JSON",
            Format::Toml => "TOML",
            Format::Hcl => "HCL",
            Format::Dockerfile => "a Dockerfile",
        })
    }
}

/// The format a path's name tells, if it is one of ours.
pub fn format_of(path: &str) -> Option<Format> {
    let name = path.rsplit('/').next()?;
    by_name(name).or_else(|| is_dockerfile(name).then_some(Format::Dockerfile)).or_else(|| by_extension(name.rsplit_once('.')?.1))
}

/// Names whose extension is missing or says something else.
fn by_name(name: &str) -> Option<Format> {
    match name {
        "Cargo.lock" | "Gopkg.lock" | "Pipfile" | "pdm.lock" | "poetry.lock" | "uv.lock" => Some(Format::Toml),
        "Chart.lock" | "Podfile.lock" | "glide.lock" | "pubspec.lock" => Some(Format::Yaml),
        // Some of these may be JSON, which YAML contains but for its comments; `read` knows.
        ".ansible-lint" | ".clang-format" | ".clang-tidy" | ".commitlintrc" | ".eslintrc" | ".graphqlrc" | ".lintstagedrc"
        | ".prettierrc" | ".releaserc" | ".stylelintrc" | ".yamllint" => Some(Format::Yaml),
        ".all-contributorsrc"
        | ".babelrc"
        | ".bowerrc"
        | ".firebaserc"
        | ".htmlhintrc"
        | ".jshintrc"
        | ".markdownlintrc"
        | ".nycrc"
        | ".renovaterc"
        | ".secrets.baseline"
        | ".swcrc"
        | ".watchmanconfig" => Some(Format::Json),
        "Package.resolved" | "Pipfile.lock" | "bun.lock" | "composer.lock" | "deno.lock" | "flake.lock" => Some(Format::Json),
        _ => None,
    }
}

/// `Dockerfile`, `Containerfile`, `Dockerfile.worker`, `web.dockerfile`; not what Docker ignores.
fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let stem = lower.split(['.', '-', '_']).next().unwrap_or_default();
    let known = ["dockerfile", "containerfile"];
    let last = lower.rsplit_once('.').map_or("", |(_, last)| last);
    (known.contains(&stem) && !["dockerignore", "md", "yml", "yaml", "json"].contains(&last)) || known.contains(&last)
}

fn by_extension(extension: &str) -> Option<Format> {
    match extension.to_ascii_lowercase().as_str() {
        "yml" | "yaml" | "cff" => Some(Format::Yaml),
        "json" | "jsonc" | "json5" | "code-workspace" | "tfstate" | "webmanifest" => Some(Format::Json),
        "toml" => Some(Format::Toml),
        "tf" | "tofu" | "hcl" | "tfvars" | "nomad" => Some(Format::Hcl),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_formats() {
        let cases = [
            (".github/workflows/ci.yml", Some(Format::Yaml)),
            ("a/B.YAML", Some(Format::Yaml)),
            ("package.json", Some(Format::Json)),
            (".devcontainer/devcontainer.jsonc", Some(Format::Json)),
            (".renovaterc", Some(Format::Json)),
            (".renovaterc.json5", Some(Format::Json)),
            ("app.code-workspace", Some(Format::Json)),
            ("composer.lock", Some(Format::Json)),
            ("Pipfile", Some(Format::Toml)),
            ("Pipfile.lock", Some(Format::Json)),
            ("py/uv.lock", Some(Format::Toml)),
            ("pyproject.toml", Some(Format::Toml)),
            ("infra/main.tf", Some(Format::Hcl)),
            ("infra/main.tofu", Some(Format::Hcl)),
            ("infra/main.tf.json", Some(Format::Json)),
            ("prod.tfvars", Some(Format::Hcl)),
            (".terraform.lock.hcl", Some(Format::Hcl)),
            ("docker/Dockerfile", Some(Format::Dockerfile)),
            ("Dockerfile.worker", Some(Format::Dockerfile)),
            ("web.Dockerfile", Some(Format::Dockerfile)),
            ("Containerfile", Some(Format::Dockerfile)),
            ("Dockerfile.dockerignore", None),
            ("yarn.lock", None),
            ("Gemfile.lock", None),
            ("README.md", None),
            ("yml", None),
            ("json/", None),
            ("", None),
        ];
        for (path, expected) in cases {
            assert_eq!(format_of(path), expected, "{path}");
        }
    }
}
