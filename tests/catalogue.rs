//! The built-in catalogue: it loads strictly, proves itself, and is what was agreed upon.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use prod_audit::commands::explain::check_page;
use prod_audit::definition::catalogue::{CATEGORIES, Catalog, CheckKind, DefinitionText, embedded};
use prod_audit::definition::words::Absent;
use prod_audit::proving::prove;

/// What was agreed: id, `want` (`clear` for hazards, `measured` for measures), what nothing found means, weight.
const AGREED: &[(&str, &str, &str, u32)] = &[
    ("errors/automated-tests", "configured", "unmet", 10),
    ("errors/staging-environment", "configured", "unknown", 6),
    ("errors/exception-reporting", "configured", "unmet", 10),
    ("errors/browser-exception-reporting", "configured", "unmet", 4),
    ("errors/uptime-monitoring", "configured", "unknown", 8),
    ("errors/health-endpoint", "configured", "unmet", 6),
    ("errors/structured-logs", "configured", "unmet", 5),
    ("errors/log-collection", "configured", "unknown", 5),
    ("errors/metrics", "configured", "unmet", 7),
    ("errors/traces", "configured", "unmet", 6),
    ("errors/alerting", "configured", "unknown", 7),
    ("errors/user-feedback", "configured", "unmet", 5),
    ("errors/runbooks", "configured", "unknown", 4),
    ("errors/error-pages", "configured", "unmet", 3),
    ("errors/debug-mode-off", "clear", "-", 7),
    ("errors/swallowed-exceptions", "clear", "-", 4),
    ("data/hosted-remote", "configured", "unmet", 8),
    ("data/deployed-from-repository", "configured", "unknown", 6),
    ("data/database-backups", "configured", "unknown", 10),
    ("data/restore-tested", "exercised", "unknown", 8),
    ("data/uploads-object-storage", "configured", "unmet", 8),
    ("data/self-hosted-object-storage", "clear", "-", 4),
    ("data/safe-migrations", "configured", "unmet", 8),
    ("data/unsafe-migrations", "clear", "-", 8),
    ("data/migrations-on-deploy", "configured", "unknown", 4),
    ("data/deletion-protection", "configured", "unmet", 5),
    ("data/schema-versioned", "configured", "unmet", 6),
    ("speed/n-plus-one-guard", "configured", "unmet", 6),
    ("speed/n-plus-one-queries", "clear", "-", 7),
    ("speed/pagination", "configured", "unmet", 7),
    ("speed/unpaginated-responses", "clear", "-", 6),
    ("speed/http-timeouts", "clear", "-", 7),
    ("speed/background-jobs", "configured", "unmet", 6),
    ("speed/response-time-monitoring", "configured", "unmet", 8),
    ("speed/percentiles", "configured", "unknown", 5),
    ("speed/profiler", "configured", "unmet", 4),
    ("speed/cdn", "observed", "unknown", 6),
    ("speed/static-caching", "configured", "unknown", 4),
    ("speed/compression", "configured", "unknown", 3),
    ("speed/live-latency", "measured", "-", 8),
    ("speed/application-cache", "configured", "unmet", 3),
    ("speed/load-tests", "configured", "unmet", 2),
    ("speed/foreign-key-indexes", "clear", "-", 4),
    ("security/dependency-updates", "configured", "unmet", 9),
    ("security/lockfiles", "configured", "unmet", 5),
    ("security/vulnerability-scanning", "configured", "unmet", 7),
    ("security/encrypted-columns", "configured", "unmet", 6),
    ("security/plaintext-sensitive-columns", "clear", "-", 7),
    ("security/log-redaction", "configured", "unmet", 5),
    ("security/data-retention", "configured", "unknown", 4),
    ("security/secrets-in-code", "clear", "-", 9),
    ("security/secret-store", "configured", "unmet", 7),
    ("security/static-analysis", "configured", "unmet", 5),
    ("security/resource-monitoring", "configured", "unknown", 6),
    ("security/billing-alerts", "configured", "unknown", 5),
    ("security/security-policy", "configured", "unmet", 6),
    ("security/security-headers", "observed", "unknown", 6),
    ("security/https", "observed", "unknown", 8),
    ("security/container-hardening", "clear", "-", 4),
    ("security/ci-hardening", "clear", "-", 5),
    ("security/exposed-files", "clear", "-", 8),
    ("security/rate-limiting", "configured", "unknown", 4),
    ("security/branch-protection", "observed", "unmet", 5),
    ("lead-time/continuous-integration", "configured", "unmet", 8),
    ("lead-time/automated-deploys", "configured", "unknown", 10),
    ("lead-time/push-to-production", "measured", "-", 8),
    ("lead-time/change-lead-time", "measured", "-", 9),
    ("lead-time/deployment-frequency", "measured", "-", 7),
    ("lead-time/change-fail-rate", "measured", "-", 6),
    ("lead-time/recovery-time", "measured", "-", 6),
    ("lead-time/rework-rate", "measured", "-", 3),
    ("lead-time/small-batches", "measured", "-", 4),
    ("lead-time/rollback", "configured", "unknown", 5),
    ("lead-time/feature-flags", "configured", "unmet", 3),
    ("lead-time/zero-downtime-deploys", "configured", "unknown", 5),
    ("lead-time/reproducible-setup", "configured", "unmet", 3),
];

/// Products that must be recognised, with the file that recognises each.
const PRODUCTS: &[(&str, &str)] = &[
    ("Honeybadger", "honeybadger"),
    ("Sentry", "sentry"),
    ("Prometheus", "prometheus"),
    ("Datadog", "datadog"),
    ("New Relic", "newrelic"),
    ("OpenTelemetry", "opentelemetry"),
    ("Honeycomb", "honeycomb"),
    ("GitHub", "github"),
    ("GitHub Actions", "github-actions"),
    ("Amazon S3", "aws-s3"),
    ("Backblaze B2", "backblaze-b2"),
    ("Cloudflare R2", "cloudflare-r2"),
    ("MinIO", "minio"),
    ("strong_migrations", "strong-migrations"),
    ("rack-mini-profiler", "rack-mini-profiler"),
    ("Fastly", "fastly"),
    ("Dependabot", "dependabot"),
    ("Renovate", "renovate"),
];

/// The whole catalogue, loaded once: every pattern is compiled and every reference followed.
fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| Catalog::load(&embedded()).unwrap_or_else(|problems| panic!("{problems}")))
}

/// Fails with all that is wrong, one line each.
fn none(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_definition_proves_itself() {
    let proved = prove(catalog(), &|_| true);
    assert_eq!(proved.len(), catalog().checks.len() + catalog().tools.len() + catalog().subjects.len());
    let failures = proved.iter().flat_map(|proved| proved.failures.iter().map(|failure| format!("{}: {failure}", proved.origin)));
    none(&failures.collect::<Vec<_>>());
}

#[test]
fn every_category_asks_at_least_six_questions() {
    for category in CATEGORIES {
        let count = catalog().checks.keys().filter(|id| id.starts_with(&format!("{category}/"))).count();
        assert!(count >= 6, "{category} has {count}");
    }
}

#[test]
fn every_product_that_must_be_recognised_has_its_file() {
    let missing = PRODUCTS.iter().filter(|(_, id)| !catalog().tools.contains_key(*id));
    none(&missing.map(|(name, id)| format!("checks/tools/{id}.toml ({name})")).collect::<Vec<_>>());
}

#[test]
fn ids_weights_and_standards_are_those_agreed_upon() {
    let agreed: BTreeMap<&str, String> =
        AGREED.iter().map(|(id, want, absent, weight)| (*id, format!("want {want}, nothing found {absent}, weight {weight}"))).collect();
    assert_eq!(agreed.len(), AGREED.len());
    let wrong = catalog().checks.values().filter_map(|check| {
        let (want, absent) = match &check.kind {
            CheckKind::Practice { want, absent: Absent::Unmet, .. } => (want.word(), "unmet"),
            CheckKind::Practice { want, absent: Absent::Unknown, .. } => (want.word(), "unknown"),
            CheckKind::Hazard(_) => ("clear", "-"),
            CheckKind::Measure(_) => ("measured", "-"),
        };
        let have = format!("want {want}, nothing found {absent}, weight {}", check.file.weight);
        match agreed.get(check.id.as_str()) {
            Some(agreed) if *agreed == have => None,
            Some(agreed) => Some(format!("{}: agreed {agreed}; has {have}", check.id)),
            None => Some(format!("{}: not agreed upon", check.id)),
        }
    });
    none(&wrong.collect::<Vec<_>>());
}

/// A start without examples reads each file up to the first `[[example]]`: nothing else may follow.
#[test]
fn examples_come_last() {
    let wrong = embedded().into_iter().filter_map(|DefinitionText { path, text }| {
        let cut = text.find("\n[[example]]").map_or(text.len(), |at| at + 1);
        let mut whole: toml::Table = text.parse().unwrap();
        whole.remove("example");
        match text[..cut].parse::<toml::Table>() {
            Ok(start) if start == whole => None,
            Ok(_) => Some(format!("{path}: something stands below the first example")),
            Err(error) => Some(format!("{path}: the part before its examples is no TOML: {}", error.message())),
        }
    });
    none(&wrong.collect::<Vec<_>>());
}

#[test]
fn the_quick_start_knows_what_the_strict_one_knows() {
    let quick = Catalog::builtin().unwrap();
    assert!(quick.checks.keys().eq(catalog().checks.keys()));
    assert!(quick.tools.keys().eq(catalog().tools.keys()));
    assert_eq!(quick.looks(), catalog().looks());
}

#[test]
fn titles_are_unique() {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let checks = catalog().checks.values().map(|check| (&check.file.title, check.origin.as_str()));
    let tools = catalog().tools.values().map(|tool| (&tool.file.title, tool.origin.as_str()));
    let mut wrong = Vec::new();
    for (title, origin) in checks.chain(tools) {
        if let Some(other) = seen.insert(title.to_lowercase(), origin) {
            wrong.push(format!("{origin} and {other} are both titled `{title}`"));
        }
    }
    none(&wrong);
}

#[test]
fn every_check_has_sources_and_all_links_are_https() {
    let mut wrong = Vec::new();
    for check in catalog().checks.values() {
        if check.file.links.is_empty() {
            wrong.push(format!("{}: no links", check.origin));
        }
        wrong.extend(check.file.links.iter().filter(|link| !link.starts_with("https://")).map(|link| format!("{}: {link}", check.origin)));
    }
    let homes = catalog().tools.values().filter(|tool| !tool.file.home.starts_with("https://"));
    wrong.extend(homes.map(|tool| format!("{}: {}", tool.origin, tool.file.home)));
    none(&wrong);
}

#[test]
fn no_definition_names_a_path_of_the_machine_it_was_written_on() {
    let mut wrong = Vec::new();
    for DefinitionText { path, text } in embedded() {
        for (index, line) in text.lines().enumerate() {
            if ["/work/", "/Users/", "/root/", "C:\\Users"].iter().any(|place| line.contains(place)) {
                wrong.push(format!("{path}:{}: {line}", index + 1));
            }
        }
    }
    none(&wrong);
}

/// All pages, by path.
fn pages() -> BTreeMap<String, String> {
    let mut index =
        "# Checks\n\nWritten by `UPDATE_DOCS=1 cargo test --test catalogue`; `audit explain CHECK` shows the same.\n".to_owned();
    let mut pages = BTreeMap::new();
    for category in CATEGORIES {
        let mut name = category.replace('-', " ");
        name[..1].make_ascii_uppercase();
        let _ = write!(index, "\n## {name}\n\n| check | question | want | weight |\n|---|---|---|---|\n");
        for check in catalog().checks.values().filter(|check| check.id.starts_with(&format!("{category}/"))) {
            let want = match &check.kind {
                CheckKind::Practice { want, .. } => want.word(),
                CheckKind::Hazard(_) => "clear",
                CheckKind::Measure(_) => "measured",
            };
            let asks = check.file.asks.replace('|', "\\|");
            let _ = writeln!(index, "| [{}]({}.md) | {asks} | {want} | {} |", check.id, check.id, check.file.weight);
            pages.insert(format!("{}.md", check.id), check_page(catalog(), check));
        }
    }
    pages.insert("README.md".into(), index);
    pages
}

/// Markdown files below a folder, relative to it.
fn written(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in ignore::WalkBuilder::new(folder).standard_filters(false).build().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "md") {
            let name = entry.path().strip_prefix(folder).unwrap().to_string_lossy().replace('\\', "/");
            found.insert(name, fs::read_to_string(entry.path()).unwrap());
        }
    }
    found
}

#[test]
fn the_pages_of_the_checks_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks");
    let pages = pages();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let _ = fs::remove_dir_all(&folder);
        for (name, page) in &pages {
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, page).unwrap();
        }
    }
    let written = written(&folder);
    let mut stale: Vec<String> = pages
        .iter()
        .filter(|(name, page)| written.get(*name) != Some(page))
        .map(|(name, _)| format!("docs/checks/{name} is stale"))
        .collect();
    stale.extend(written.keys().filter(|name| !pages.contains_key(*name)).map(|name| format!("docs/checks/{name} belongs to no check")));
    if !stale.is_empty() {
        stale.push("UPDATE_DOCS=1 cargo test --test catalogue writes them".into());
    }
    none(&stale);
}
