//! What a file is for, decided once from its path alone, for all checks.
//!
//! Folders below a source root (`app/`, `src/`, `lib/`, ...) name the product's own subjects there (`com/example`,
//! `models/vendor`), so only folders above it tell documentation, examples, vendored code and development; tests
//! are told anywhere.

use crate::definition::words::Role;

/// Folders in which names of folders say what the product is about, not what the file is for.
const SOURCE_ROOTS: [&str; 12] =
    ["app", "src", "lib", "libs", "internal", "server", "resources", "templates", "pages", "pkg", "cmd", "priv"];
const VENDORED: [&str; 8] = ["vendor", "node_modules", "third_party", "third-party", "thirdparty", "bower_components", ".yarn", "pods"];
const GENERATED: [&str; 4] = ["dist", "__generated__", "generated", "coverage"];
const TEST: [&str; 28] = [
    "test",
    "tests",
    "spec",
    "specs",
    "__tests__",
    "__mocks__",
    "__fixtures__",
    "e2e",
    "cypress",
    "playwright",
    "testdata",
    "test_data",
    "fixtures",
    "fixture",
    "cassettes",
    "vcr_cassettes",
    "testing",
    "androidtest",
    "integration_tests",
    "integration-tests",
    "functional-tests",
    "unit-tests",
    "unittests",
    "test-fixtures",
    "step_definitions",
    "test-utils",
    "testutils",
    "testutil",
];
const EXAMPLE: [&str; 11] =
    ["example", "examples", "sample", "samples", "demo", "demos", "playground", "tutorial", "tutorials", "quickstart", "showcase"];
const DOCS: [&str; 6] = ["docs", "doc", "documentation", "wiki", "adr", "rfcs"];
const DEVELOPMENT: [&str; 19] = [
    ".devcontainer",
    ".vscode",
    ".idea",
    "dev",
    "development",
    "local",
    ".storybook",
    "storybook",
    "bench",
    "benches",
    "benchmark",
    "benchmarks",
    ".dev",
    "localdev",
    "devenv",
    "sandbox",
    ".review_apps",
    "review-apps",
    "review_apps",
];
const PROSE: [&str; 7] = ["md", "mdx", "markdown", "rst", "adoc", "asciidoc", "org"];

/// The role of a file, by its path relative to the repository, with `/`.
pub fn role_of(path: &str) -> Role {
    let lower = path.to_ascii_lowercase();
    let mut folders: Vec<&str> = lower.split('/').collect();
    let name = folders.pop().unwrap_or_default();
    let above = folders.iter().position(|folder| SOURCE_ROOTS.contains(folder)).unwrap_or(folders.len());
    let outer = &folders[..above];
    let within = |words: &[&str], folders: &[&str]| folders.iter().any(|folder| words.contains(folder));
    if within(&VENDORED, outer) || folders.contains(&"node_modules") {
        Role::Vendored
    } else if within(&EXAMPLE, outer) {
        Role::Example
    } else if within(&TEST, &folders) || folders.iter().any(|folder| is_test_project(folder)) || is_test_file(name, &folders, path) {
        Role::Test
    } else if within(&GENERATED, outer) || is_generated_file(name) {
        Role::Generated
    } else if within(&EXAMPLE, outer) || is_example_file(name) {
        Role::Example
    } else if within(&DEVELOPMENT, outer) || is_development_file(name, &folders) {
        Role::Development
    } else if within(&DOCS, outer) || is_prose(name) {
        Role::Docs
    } else {
        Role::Production
    }
}

/// `Ordering.UnitTests`, `shop-tests`, `tests_integration`: folders that are test projects.
fn is_test_project(folder: &str) -> bool {
    [
        ".tests",
        ".test",
        ".unittests",
        ".functionaltests",
        ".integrationtests",
        ".testing",
        "-tests",
        "_tests",
        ".specs",
        ".uitests",
        ".benchmarks",
    ]
    .iter()
    .any(|end| folder.ends_with(end))
        || folder.starts_with("tests_")
        || folder.starts_with("test_")
}

fn is_test_file(name: &str, folders: &[&str], path: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let marked = [".test.", ".spec.", ".cy.", ".e2e.", "-spec.", ".e2e-spec.", ".tests."].iter().any(|mark| name.contains(mark));
    let suffixed = ["_test", "_spec", "_tests"].iter().any(|end| stem.ends_with(end)) && !name.ends_with(".sql");
    let named =
        ["conftest.py", "tests.py", "tests.rs", ".env.test", ".rspec", "phpunit.xml", "phpunit.xml.dist", "test_helper.rb", "cypress.json"];
    let runner = ["jest.config.", "vitest.config.", "playwright.config.", "cypress.config.", "karma.conf.", "phpunit."];
    named.contains(&name)
        || marked
        || suffixed
        || runner.iter().any(|start| name.starts_with(start))
        || (name.starts_with("test_") && name.ends_with(".py"))
        || is_camel_test(path)
        || is_environment(name, folders, &["test", "testing", "ci"])
}

/// `OrderTest.php`, `OrderTests.cs`, `OrderSpec.scala`: the case of letters tells them from `latest.php`.
fn is_camel_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((stem, extension)) = name.rsplit_once('.') else { return false };
    let known = ["php", "java", "kt", "cs", "fs", "vb", "scala", "groovy", "swift"].contains(&extension);
    known && ["Test", "Tests", "TestCase", "Spec", "IT"].iter().any(|end| stem.ends_with(end) && stem.len() > end.len())
}

fn is_generated_file(name: &str) -> bool {
    let ends = [".min.js", ".min.css", ".map", ".pb.go", ".g.cs", ".designer.cs", "_pb2.py", ".snap", ".bundle.js"];
    ends.iter().any(|end| name.ends_with(end)) || name.contains(".generated.") || name.contains("_generated.")
}

fn is_example_file(name: &str) -> bool {
    [".example", ".sample", ".dist", ".tmpl.example"].iter().any(|end| name.ends_with(end))
        || [".example.", ".sample.", "_example.", "-example.", "_sample.", "-sample."].iter().any(|mark| name.contains(mark))
}

fn is_development_file(name: &str, folders: &[&str]) -> bool {
    let named = ["vagrantfile", "procfile.dev", ".gitpod.yml", "seeds.rb", "launchsettings.json", "development.rb"];
    let stories = name.contains(".stories.");
    let configuration =
        ["yml", "yaml", "json", "toml", "conf", "cfg", "ini", "env", "tf", "tfvars"].iter().any(|end| name.ends_with(&format!(".{end}")));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    // A pipeline `deploy-dev.yml` is what runs, not what developers run.
    let pipeline = folders.first().is_some_and(|folder| folder.starts_with('.'));
    let marked =
        configuration && !pipeline && ["-dev", ".dev", "_dev", "-development", "-local", ".local"].iter().any(|end| stem.ends_with(end));
    let seeds = folders.last().is_some_and(|folder| *folder == "seeds" || *folder == "seeders");
    named.contains(&name) || stories || seeds || marked || is_environment(name, folders, &["dev", "development", "local", "override"])
}

/// The file of one environment: `config/test.exs`, `.env.test`, `docker-compose.test.yml`, `appsettings.Development.json`,
/// `application-dev.yml`, `settings_local.py`, `Dockerfile.dev`.
fn is_environment(name: &str, folders: &[&str], environments: &[&str]) -> bool {
    let settings =
        folders.last().is_some_and(|folder| ["config", "configs", "environments", "settings", "env", "envs", "conf"].contains(folder));
    environments.iter().any(|environment| {
        let bare = settings
            && ["rb", "exs", "py", "json", "js", "ts", "yml", "yaml", "toml", "env"].iter().any(|e| name == format!("{environment}.{e}"));
        let starts =
            ["dockerfile", "docker-compose", "compose", "appsettings", "application", "settings", "config", ".env", "webpack", "values"];
        let marked = starts.iter().any(|start| name.starts_with(start))
            && [".", "-", "_"]
                .iter()
                .any(|mark| name.ends_with(&format!("{mark}{environment}")) || name.contains(&format!("{mark}{environment}.")));
        bare || marked
    })
}

fn is_prose(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let stem = name.split('.').next().unwrap_or_default();
    let known =
        ["readme", "changelog", "changes", "license", "licence", "copying", "authors", "contributors", "notice", "history", "contributing"];
    PROSE.contains(&extension) || (known.contains(&stem) && ["", "txt"].contains(&extension))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_real_paths() {
        let cases = [
            ("app/models/user.rb", Role::Production),
            ("config/environments/production.rb", Role::Production),
            ("config/environments/development.rb", Role::Development),
            ("config/environments/test.rb", Role::Test),
            ("spec/models/user_spec.rb", Role::Test),
            ("features/step_definitions/login_steps.rb", Role::Test),
            ("src/main/java/com/example/shop/Application.java", Role::Production),
            ("src/test/java/com/example/ShopTests.java", Role::Test),
            ("tests/Ordering.UnitTests/OrderTest.cs", Role::Test),
            ("app/models/latest.rb", Role::Production),
            ("docker-compose.yml", Role::Production),
            ("docker-compose.dev.yml", Role::Development),
            ("dockerfiles/collector-config-dev.yaml", Role::Development),
            (".github/workflows/deploy-dev.yml", Role::Production),
            (".review_apps/ecs_service.tf", Role::Development),
            ("docker/development/compose.yml", Role::Development),
            ("docker/testing/compose.yml", Role::Test),
            ("Dockerfile", Role::Production),
            ("Dockerfile.test", Role::Test),
            (".devcontainer/docker-compose.yml", Role::Development),
            (".github/workflows/test.yml", Role::Production),
            ("requirements.txt", Role::Production),
            ("README.md", Role::Docs),
            ("docs/conf.py", Role::Docs),
            ("app/views/docs/index.html.erb", Role::Production),
            ("examples/rails/Gemfile", Role::Example),
            (".env.example", Role::Example),
            (".env.production", Role::Production),
            ("vendor/assets/x.js", Role::Vendored),
            ("app/models/vendor/order.rb", Role::Production),
            ("public/app.min.js", Role::Generated),
            ("internal/http/server_test.go", Role::Test),
            ("config/dev.exs", Role::Development),
            ("config/runtime.exs", Role::Production),
            ("src/Web/appsettings.Development.json", Role::Development),
            ("db/seeds.rb", Role::Development),
            ("public/.well-known/security.txt", Role::Production),
            ("web/src/Cart.stories.tsx", Role::Development),
        ];
        for (path, role) in cases {
            assert_eq!(role_of(path), role, "{path}");
        }
    }
}
