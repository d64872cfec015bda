//! Sample reports: a Rails application as the catalogue would judge it, and the corners that a renderer meets.

use prod_audit::definition::words::{Kind, Level, Severity};
use prod_audit::evidence::{Gap, Place};
use prod_audit::report::{
    Category, Check, CheckKind, Counts, Evidence, Finding, Forecast, Next, Notice, Report, Rule, Score, Standing, Subject, Value, Verdict,
};

const CATEGORIES: [&str; 5] = ["errors", "data", "speed", "security", "lead-time"];

pub fn at(path: &str, line: u32) -> Place {
    Place { path: Some(path.into()), line: Some(line), ..Place::default() }
}

fn url(url: &str) -> Place {
    Place { url: Some(url.into()), ..Place::default() }
}

fn check(id: &str, kind: CheckKind, title: &str, weight: f64, standing: Standing, score: (f64, f64)) -> Check {
    Check {
        id: id.into(),
        category: id.split('/').next().unwrap_or_default().into(),
        kind,
        title: title.into(),
        asks: format!("Is it so that: {}?", title.to_lowercase()),
        why: format!("Without it, nobody can say: {}.", title.to_lowercase()),
        fix: "- Do the small thing.\n- Then do the large thing.".into(),
        links: vec!["https://example.com/why".into()],
        weight,
        standing,
        level: None,
        want: None,
        score: Some(Score { proven: score.0, possible: score.1 }),
        because: None,
        evidence: vec![],
        findings: vec![],
        muted: vec![],
        rules: vec![],
        value: None,
        gaps: vec![],
        looked_for: vec![],
        next: None,
    }
}

fn practice(id: &str, title: &str, weight: f64, standing: Standing, rungs: (Level, Level), score: (f64, f64)) -> Check {
    let mut check = check(id, CheckKind::Practice, title, weight, standing, score);
    (check.level, check.want) = (Some(rungs.0), Some(rungs.1));
    check
}

fn met(id: &str, title: &str, weight: f64, place: Place, excerpt: &str) -> Check {
    let rungs = (Level::Configured, Level::Configured);
    practice(id, title, weight, Standing::Met, rungs, (1.0, 1.0)).seen(Level::Configured, place, excerpt)
}

fn declared(id: &str, title: &str, weight: f64, place: Place, excerpt: &str) -> Check {
    let rungs = (Level::Declared, Level::Configured);
    practice(id, title, weight, Standing::Short, rungs, (0.4, 0.4)).seen(Level::Declared, place, excerpt)
}

fn unmet(id: &str, title: &str, weight: f64, looked_for: &[&str]) -> Check {
    let rungs = (Level::Nothing, Level::Configured);
    let mut check = practice(id, title, weight, Standing::Unmet, rungs, (0.0, 0.0));
    check.looked_for = looked_for.iter().map(|text| (*text).into()).collect();
    check
}

fn unknown(id: &str, title: &str, weight: f64, want: Level, gap: (&str, &str, &str)) -> Check {
    practice(id, title, weight, Standing::Unknown, (Level::Nothing, want), (0.0, 1.0)).unseen(gap)
}

fn clear(id: &str, title: &str, weight: f64) -> Check {
    check(id, CheckKind::Hazard, title, weight, Standing::Met, (1.0, 1.0))
}

fn harm(id: &str, title: &str, weight: f64, score: f64, findings: &[(Severity, &str, u32, &str)]) -> Check {
    let mut check = check(id, CheckKind::Hazard, title, weight, Standing::Short, (score, score));
    check.findings = findings.iter().map(|(severity, path, line, message)| finding(*severity, path, *line, message)).collect();
    check
}

pub fn finding(severity: Severity, path: &str, line: u32, message: &str) -> Finding {
    Finding {
        place: at(path, line),
        severity,
        message: message.into(),
        fingerprint: format!("{:08x}", line * 7919),
        excerpt: None,
        muted: None,
    }
}

fn aside(id: &str, title: &str, standing: Standing, because: &str) -> Check {
    let mut check = check(id, CheckKind::Practice, title, 4.0, standing, (0.0, 0.0));
    (check.score, check.because) = (None, Some(because.into()));
    check
}

trait With: Sized {
    fn seen(self, level: Level, place: Place, excerpt: &str) -> Self;
    fn unseen(self, gap: (&str, &str, &str)) -> Self;
    fn then(self, next: &str) -> Self;
}

impl With for Check {
    fn seen(mut self, level: Level, place: Place, excerpt: &str) -> Check {
        let excerpt = (!excerpt.is_empty()).then(|| excerpt.to_owned());
        self.evidence.push(Evidence { level, place, excerpt, tool: None, note: None, inert: false });
        self
    }
    fn unseen(mut self, (what, why, next): (&str, &str, &str)) -> Check {
        self.gaps.push(Gap { what: what.into(), why: why.into(), next: next.into() });
        self
    }
    fn then(mut self, next: &str) -> Check {
        self.next = Some(next.into());
        self
    }
}

const LIVE: (&str, &str, &str) = ("the live site", "no --url was given", "Name the live site: `audit --url https://shop.example`.");
const FORGE: (&str, &str, &str) =
    ("GitHub", "no token was given", "Let the audit read deployments and branch rules: set GITHUB_TOKEN (read-only is enough).");
const CONSOLE: (&str, &str, &str) = (
    "hosting console",
    "the repository does not tell what is set there",
    "If it is set up elsewhere, say so in audit.toml with [[attest]]; else define it as code.",
);

fn errors() -> Vec<Check> {
    vec![
        met(
            "errors/automated-tests",
            "Tests run on every change",
            10.0,
            at(".github/workflows/ci.yml", 41),
            "run: bin/rails test test:system",
        ),
        met(
            "errors/exception-reporting",
            "Exceptions reach a person",
            10.0,
            at("config/initializers/sentry.rb", 1),
            "Sentry.init do |config|",
        )
        .seen(Level::Declared, at("Gemfile.lock", 412), "sentry-rails (5.22.1)"),
        unmet(
            "errors/browser-exception-reporting",
            "Browser exceptions reach a person",
            4.0,
            &[
                "@sentry/browser, @sentry/react, @honeybadger-io/js in package.json or importmap.rb",
                "a tracker's script tag in app/views/layouts",
            ],
        )
        .then("Pin `@sentry/browser` in config/importmap.rb and call `Sentry.init` in app/javascript/application.js."),
        unknown("errors/uptime-monitoring", "Someone outside notices downtime", 8.0, Level::Configured, CONSOLE),
        met(
            "errors/health-endpoint",
            "A machine can ask for health",
            6.0,
            at("config/routes.rb", 4),
            "get \"up\" => \"rails/health#show\", as: :rails_health_check",
        ),
        declared("errors/structured-logs", "Logs can be searched by field", 5.0, at("Gemfile.lock", 233), "lograge (0.14.0)")
            .then("Set `config.lograge.enabled = true` and a JSON formatter in config/environments/production.rb."),
        met("errors/log-collection", "Logs outlive the machine", 5.0, at("config/deploy.yml", 58), "driver: awslogs"),
        declared(
            "errors/traces",
            "A request can be followed",
            6.0,
            at("config/initializers/sentry.rb", 6),
            "config.traces_sample_rate = 0.0",
        )
        .then("Set `config.traces_sample_rate` above 0 in config/initializers/sentry.rb:6; 0.05 is enough to start with."),
        met("errors/metrics", "Numbers about the app are collected", 7.0, at("config/initializers/yabeda.rb", 3), "Yabeda.configure do"),
        unknown("errors/alerting", "A bad number pages someone", 7.0, Level::Configured, CONSOLE),
        aside("errors/user-feedback", "Users can reach us", Standing::Waived, "until 2027-01-31: the support desk moves in December"),
        met("errors/runbooks", "What to do is written down", 4.0, at("docs/runbooks/database-failover.md", 1), "# The primary is gone"),
        met("errors/error-pages", "Errors look decent", 3.0, at("public/500.html", 1), "<!doctype html>"),
        clear("errors/debug-mode-off", "No debug output in production", 7.0),
        harm(
            "errors/swallowed-exceptions",
            "No errors thrown away",
            4.0,
            0.6,
            &[
                (
                    Severity::Medium,
                    "app/services/shipping/carriers/parcel_label_printer.rb",
                    88,
                    "`rescue => e` with an empty body hides every failure. Report it with `Rails.error.report(e)` or rescue the one class you expect.",
                ),
                (Severity::Medium, "lib/feed_import.rb", 19, "`rescue nil` turns any failure into nil. Rescue the one class you expect."),
            ],
        ),
    ]
}

fn data() -> Vec<Check> {
    vec![
        practice(
            "data/hosted-remote",
            "The code lives on an external host",
            8.0,
            Standing::Met,
            (Level::Exercised, Level::Configured),
            (1.0, 1.0),
        )
        .seen(
            Level::Exercised,
            Place { commit: Some("4f1c2a9be07d55c1a0c5b1a2d3e4f5a6b7c8d9e0".into()), ..Place::default() },
            "HEAD is on origin/main, git@github.com:acme/shop.git",
        ),
        met("data/deployed-from-repository", "Production is made from here", 6.0, at("config/deploy.yml", 1), "service: shop"),
        unknown("data/database-backups", "The database is backed up daily", 10.0, Level::Configured, CONSOLE)
            .then("Schedule `pg_dump` with retention, or state the provider's backups as code (RDS: backup_retention_period)."),
        unknown("data/restore-tested", "A restore has been tried", 8.0, Level::Exercised, CONSOLE)
            .then("Restore last night's backup into an empty database and write date and duration into docs/drills/."),
        met(
            "data/uploads-object-storage",
            "Uploads survive the server",
            8.0,
            at("config/environments/production.rb", 25),
            "config.active_storage.service = :amazon",
        ),
        aside(
            "data/self-hosted-object-storage",
            "No self-hosted store as backup",
            Standing::NotApplicable,
            "no self-hosted object store among 1284 files",
        ),
        unmet(
            "data/safe-migrations",
            "Dangerous migrations are stopped",
            8.0,
            &["strong_migrations, online_migrations in Gemfile.lock", "squawk or a migration linter in CI"],
        )
        .then("`bundle add strong_migrations && bin/rails generate strong_migrations:install`."),
        harm(
            "data/unsafe-migrations",
            "No migrations that lock",
            8.0,
            0.05,
            &[
                (
                    Severity::High,
                    "db/migrate/20261103081500_add_customer_reference_to_orders.rb",
                    4,
                    "Adding an index without `algorithm: :concurrently` blocks writes to orders while it builds.",
                ),
                (
                    Severity::Medium,
                    "db/migrate/20261029101010_change_price.rb",
                    3,
                    "Changing the type of orders.price rewrites the table under an exclusive lock.",
                ),
                (
                    Severity::Medium,
                    "db/migrate/20261029101010_change_price.rb",
                    9,
                    "Removing line_items.discount breaks running code; ignore the column one deploy earlier.",
                ),
                (Severity::Low, "db/migrate/20261011070000_backfill.rb", 7, "A backfill inside the schema transaction holds its locks."),
                (
                    Severity::Low,
                    "db/migrate/20261009120000_add_fk.rb",
                    3,
                    "A foreign key is validated at once; add it with `validate: false` first.",
                ),
            ],
        )
        .then("Build the index with `disable_ddl_transaction!` and `algorithm: :concurrently`."),
        met(
            "data/migrations-on-deploy",
            "Schema changes ride with the deploy",
            4.0,
            at("bin/docker-entrypoint", 5),
            "./bin/rails db:prepare",
        ),
        aside(
            "data/deletion-protection",
            "One command cannot destroy the data",
            Standing::NotApplicable,
            "no data store is defined as code",
        ),
        met(
            "data/schema-versioned",
            "The schema is under version control",
            6.0,
            at("db/schema.rb", 13),
            "ActiveRecord::Schema[8.1].define(version: 2026_11_03_081500)",
        ),
    ]
}

fn speed() -> Vec<Check> {
    let mut latency = check("speed/live-latency", CheckKind::Measure, "Pages answer quickly (p95)", 8.0, Standing::Unknown, (0.0, 1.0));
    latency = latency.unseen(LIVE);
    vec![
        met("speed/n-plus-one-guard", "Something catches N+1 queries", 6.0, at("config/environments/development.rb", 71), "Bullet.enable = true"),
        harm("speed/n-plus-one-queries", "No query inside a loop", 7.0, 0.8, &[
            (Severity::Medium, "app/views/orders/_order.html.erb", 12, "`order.customer.name` loads one customer per order. Add `includes(:customer)` in OrdersController#index."),
        ]).then("Add `includes(:customer)` in app/controllers/orders_controller.rb:9."),
        met("speed/pagination", "Lists are paged", 7.0, at("app/controllers/orders_controller.rb", 9), "@pagy, @orders = pagy(Order.recent)"),
        clear("speed/unpaginated-responses", "No whole table in one response", 6.0),
        harm("speed/http-timeouts", "Outside calls have a time limit", 7.0, 0.5, &[
            (Severity::High, "app/services/tax_rates.rb", 14, "`Net::HTTP.get` waits up to 60 s for each of open and read; a slow tax service takes every Puma thread with it. Set open_timeout and read_timeout."),
        ]).then("Give the call in app/services/tax_rates.rb:14 `open_timeout: 2, read_timeout: 5`."),
        met("speed/background-jobs", "Slow work leaves the request", 6.0, at("config/environments/production.rb", 51), "config.active_job.queue_adapter = :solid_queue"),
        met("speed/response-time-monitoring", "Response time is watched", 8.0, at("config/initializers/yabeda.rb", 9), "Yabeda::Rails.install!"),
        unknown("speed/percentiles", "Percentiles, not averages", 5.0, Level::Configured, CONSOLE),
        met("speed/profiler", "Slow code can be found", 4.0, at("Gemfile", 48), "gem \"rack-mini-profiler\""),
        practice("speed/cdn", "Static files are near the user", 6.0, Standing::Unknown, (Level::Configured, Level::Observed), (0.75, 1.0))
            .seen(Level::Configured, at("config/environments/production.rb", 20), "config.asset_host = \"https://cdn.shop.example\"").unseen(LIVE),
        met("speed/static-caching", "Static files are cached for long", 4.0, at("config/environments/production.rb", 17), "config.public_file_server.headers = { \"cache-control\" => \"public, max-age=31536000\" }"),
        unknown("speed/compression", "Text is compressed on the wire", 3.0, Level::Configured, LIVE),
        latency,
        met("speed/application-cache", "Costly things are cached", 3.0, at("config/environments/production.rb", 48), "config.cache_store = :solid_cache_store"),
        unmet("speed/load-tests", "The limits are known", 2.0, &["k6, Locust, Gatling, Artillery, JMeter, wrk scripts"]),
        clear("speed/foreign-key-indexes", "Every foreign key has an index", 4.0),
    ]
}

fn security() -> Vec<Check> {
    let mut headers = unknown("security/security-headers", "Browsers are told to be careful", 6.0, Level::Observed, LIVE);
    headers.level = Some(Level::Configured);
    headers.score = Some(Score { proven: 0.75, possible: 1.0 });
    headers = headers.seen(Level::Configured, at("config/initializers/content_security_policy.rb", 7), "policy.default_src :self, :https");
    let rule = |id: &str, verdict, why: &str| Rule { id: id.into(), verdict, why: why.into() };
    headers.rules = vec![
        rule("content-security-policy", Verdict::Good, "a policy without unsafe-inline is set for every page"),
        rule("referrer-policy", Verdict::Bad, "no header is configured; browsers send full URLs to other sites of the same security"),
    ];
    let mut updates = practice(
        "security/dependency-updates",
        "Libraries stay up to date",
        9.0,
        Standing::Short,
        (Level::Declared, Level::Configured),
        (0.4, 0.4),
    )
    .seen(Level::Configured, at(".github/dependabot.yml", 3), "- package-ecosystem: bundler");
    updates.evidence[0].tool = Some("dependabot".into());
    updates.evidence.push(Evidence {
        level: Level::Configured,
        place: at(".github/dependabot.yml", 6),
        excerpt: Some("open-pull-requests-limit: 0".into()),
        tool: Some("dependabot".into()),
        note: Some("a limit of 0 switches version updates off; only security updates are opened".into()),
        inert: true,
    });
    vec![
        updates.then(
            "Remove `open-pull-requests-limit: 0` from .github/dependabot.yml:6, and add the ecosystems `docker` and `github-actions`.",
        ),
        met("security/lockfiles", "Exact versions are committed", 5.0, at("Gemfile.lock", 1), "GEM"),
        met(
            "security/vulnerability-scanning",
            "Known holes are heard of",
            7.0,
            at(".github/workflows/ci.yml", 19),
            "run: bin/bundler-audit",
        ),
        met(
            "security/encrypted-columns",
            "Sensitive data is encrypted",
            6.0,
            at("app/models/customer.rb", 11),
            "encrypts :tax_number, deterministic: true",
        ),
        harm(
            "security/plaintext-sensitive-columns",
            "No sensitive columns in the clear",
            7.0,
            0.5,
            &[(
                Severity::High,
                "db/schema.rb",
                204,
                "oauth_grants.refresh_token is stored as text. Add `encrypts :refresh_token` to OauthGrant and backfill.",
            )],
        )
        .then("Add `encrypts :refresh_token` to app/models/oauth_grant.rb and backfill."),
        met(
            "security/log-redaction",
            "Secrets stay out of logs",
            5.0,
            at("config/initializers/filter_parameter_logging.rb", 6),
            "Rails.application.config.filter_parameters += [",
        ),
        aside(
            "security/data-retention",
            "What is not needed is deleted",
            Standing::Waived,
            "until 2027-03-01: legal decides on the periods first",
        ),
        clear("security/secrets-in-code", "No live secret in the tree", 9.0),
        met("security/secret-store", "Secrets have a safe place", 7.0, at("config/credentials/production.yml.enc", 1), ""),
        met("security/static-analysis", "The code is scanned", 5.0, at(".github/workflows/ci.yml", 16), "run: bin/brakeman --no-pager"),
        unknown("security/resource-monitoring", "CPU and disk are watched", 6.0, Level::Configured, CONSOLE),
        unknown("security/billing-alerts", "A runaway bill is noticed", 5.0, Level::Configured, CONSOLE),
        unmet(
            "security/security-policy",
            "A finder knows whom to tell",
            6.0,
            &["SECURITY.md with a contact", "public/.well-known/security.txt"],
        )
        .then("Write public/.well-known/security.txt with `Contact:` and `Expires:` (RFC 9116)."),
        headers,
        practice("security/https", "Everything is on TLS", 8.0, Standing::Unknown, (Level::Configured, Level::Observed), (0.75, 1.0))
            .seen(Level::Configured, at("config/environments/production.rb", 31), "config.force_ssl = true")
            .unseen(LIVE),
        clear("security/container-hardening", "No careless images", 4.0),
        harm(
            "security/ci-hardening",
            "No pipeline others can take over",
            5.0,
            0.8,
            &[(
                Severity::Medium,
                ".github/workflows/deploy.yml",
                22,
                "`webfactory/ssh-agent@v0.9.0` is a tag that its owner can move. Pin the commit.",
            )],
        )
        .then("Pin third-party actions to a commit in .github/workflows/deploy.yml:22."),
        check("security/exposed-files", CheckKind::Hazard, "No files the web must not see", 8.0, Standing::Unknown, (0.0, 1.0))
            .unseen(LIVE),
        unmet(
            "security/rate-limiting",
            "One client cannot drown the rest",
            4.0,
            &["rack-attack in Gemfile.lock", "rate_limit in controllers", "limits of the proxy or CDN"],
        )
        .then("Add `rate_limit to: 10, within: 3.minutes` to SessionsController."),
        unknown("security/branch-protection", "Not anyone can push to production", 5.0, Level::Observed, FORGE),
    ]
}

fn lead_time() -> Vec<Check> {
    let mut change = check("lead-time/change-lead-time", CheckKind::Measure, "Commit to production", 9.0, Standing::Short, (0.62, 0.81));
    change.value = Some(Value { amount: 52.4, unit: "h".into(), low: Some(31.0), high: Some(76.5), sample: 41, ..Value::default() });
    let mut batches = check("lead-time/small-batches", CheckKind::Measure, "Changes are small", 4.0, Standing::Met, (1.0, 1.0));
    batches.value = Some(Value { amount: 64.0, unit: "lines".into(), low: Some(51.0), high: Some(83.0), sample: 212, ..Value::default() });
    let push = check("lead-time/push-to-production", CheckKind::Measure, "Push to deployed", 8.0, Standing::Unknown, (0.0, 1.0));
    let fail = check("lead-time/change-fail-rate", CheckKind::Measure, "Deploys seldom need a fix", 6.0, Standing::Unknown, (0.0, 1.0));
    vec![
        met(
            "lead-time/continuous-integration",
            "Every change is built and checked",
            8.0,
            at(".github/workflows/ci.yml", 3),
            "on: [push, pull_request]",
        ),
        declared(
            "lead-time/automated-deploys",
            "A merge deploys itself",
            10.0,
            at(".github/workflows/deploy.yml", 4),
            "workflow_dispatch:",
        )
        .then("Start .github/workflows/deploy.yml on `workflow_run` of CI on main, with `if: success`, instead of by hand."),
        push.unseen(FORGE),
        change,
        fail.unseen(FORGE),
        batches,
        met("lead-time/rollback", "Going back is one step", 5.0, at("config/deploy.yml", 1), "service: shop"),
        unmet(
            "lead-time/feature-flags",
            "A release can be switched off",
            3.0,
            &["Flipper, Unleash, LaunchDarkly, GrowthBook, OpenFeature"],
        ),
        met(
            "lead-time/zero-downtime-deploys",
            "Users do not notice a deploy",
            5.0,
            at("config/deploy.yml", 33),
            "healthcheck: { path: /up }",
        ),
        met("lead-time/reproducible-setup", "A new machine is one command away", 3.0, at("bin/setup", 8), "FileUtils.chdir APP_ROOT do"),
    ]
}

/// A Rails application as a careful reviewer might find it.
pub fn rails() -> Report {
    let checks = [errors(), data(), speed(), security(), lead_time()].concat();
    let subject = Subject {
        kind: Kind::Operated,
        because: "config/deploy.yml deploys it to hosts of its own".into(),
        path: "/home/dev/acme/shop".into(),
        revision: Some("4f1c2a9be07d55c1a0c5b1a2d3e4f5a6b7c8d9e0".into()),
        source: Some("https://github.com/acme/shop".into()),
        folder: None,
        stacks: vec!["rails".into(), "ruby".into(), "postgresql".into()],
        files: 1284,
    };
    let notices = vec![
        notice("waiver", "The waiver for security/data-retention lapses on 2027-03-01; after that day the check counts again."),
        notice("skipped", "app/assets/builds/application.css was not read: it is larger than 2 MiB."),
    ];
    let mut report = report(subject, checks, notices);
    let lapses = |date: &str, less: f64, because: &str| Forecast {
        date: date.into(),
        score: Score { proven: report.score.proven - less, possible: report.score.possible },
        because: because.into(),
    };
    report.forecast = vec![
        lapses("2026-12-12", 1.5, "the attestation of data/restore-tested lapses"),
        lapses("2027-01-31", 4.0, "the waiver for errors/user-feedback lapses"),
    ];
    report
}

pub fn notice(about: &str, message: &str) -> Notice {
    Notice { about: about.into(), message: message.into() }
}

/// Every sample with its name.
pub fn all() -> Vec<(&'static str, Report)> {
    vec![("rails", rails()), ("live", live()), ("empty", empty()), ("incomplete", incomplete()), ("hostile", hostile())]
}

/// Nothing was asked and nothing was found.
pub fn empty() -> Report {
    let subject = Subject {
        kind: Kind::Library,
        because: String::new(),
        path: ".".into(),
        revision: None,
        source: None,
        folder: None,
        stacks: vec![],
        files: 0,
    };
    report(subject, vec![], vec![])
}

/// The live site did not answer.
pub fn incomplete() -> Report {
    let mut report = rails();
    report.complete = false;
    report.notices.insert(
        0,
        notice("incomplete", "https://shop.example/: connection refused after 3 attempts. Check the address, or run without --url."),
    );
    report.notices.insert(1, notice("incomplete", "git history: the clone is shallow (depth 1). Fetch it with `git fetch --unshallow`."));
    report
}

/// Text that tries to leave its place, and text that is merely long or wide.
pub fn hostile() -> Report {
    let mut report = rails();
    let long = format!("{}/{}.rb", "very_long_directory_name_without_any_mercy/".repeat(12), "x".repeat(200));
    report.subject.path = long.clone();
    report.subject.because = "\u{1b}]0;owned\u{7}because\r\nit \u{202E}says so".into();
    report.subject.stacks = vec!["注文".repeat(30), "\u{1b}[2J".into()];
    let excerpts = [
        "\u{1b}[31mred\u{1b}[0m \u{9b}1A and back",
        "if user.isAdmin\u{202E} \u{2066}// check\u{2069} \u{2066}",
        "売上を集計する処理はここにあり、とても長い説明が付いているので折り返しが必要になります。そして続く。",
        "👨‍👩‍👧‍👦👍🏽 ⚠️ 🇩🇪 emoji that join, and tabs\tbetween\twords",
        "z\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}algo",
        "line one\nline two\r\nline three\u{2028}line four\u{0}",
        "مرحبا بالعالم שלום עולם",
        "</script><img src=x onerror=alert(1)>",
        "# a | `b` ``c`` | [x](javascript:alert(1)) **d** <details> ![y](http://evil.example/y.png)",
        "::set-output name=x::y",
        "%0A::error file=a,line=1::%0D%25",
        "=cmd()|' /C calc'!A0",
        "@everyone #1 fixes #2 <!-- audit-report --> --> ]]>&lt; \"' {{ x }} {0} https://evil.example www.evil.example",
        "x]: http://evil.example\\| <http://evil.example>",
    ];
    for (at_, check) in report.checks.iter_mut().enumerate() {
        let text = excerpts[at_ % excerpts.len()];
        for evidence in &mut check.evidence {
            evidence.excerpt = Some(text.into());
            evidence.note = Some(text.repeat(4));
            evidence.place.path = Some(match at_ % 3 {
                0 => long.clone(),
                1 => format!("src/{text}"),
                _ => text.to_owned(),
            });
            evidence.place.line = Some(u32::MAX);
        }
        for finding in &mut check.findings {
            finding.message = text.repeat(5);
            finding.place.path = Some(text.to_owned());
        }
        for gap in &mut check.gaps {
            gap.why = text.repeat(3);
        }
        check.because = check.because.as_ref().map(|_| text.repeat(3));
        check.looked_for = vec![text.repeat(6)];
        check.next = Some(text.repeat(7));
    }
    report.checks[0].title = format!("A title that was never meant to be this long, {}", "w".repeat(150));
    report.checks[1].title = "注文を確認する".repeat(12);
    report.checks[4].title = excerpts[8].into();
    report.checks[5].title = excerpts[7].into();
    report.checks[2].id = format!("errors/{}", "i".repeat(150));
    report.checks[3].category = "\u{1b}[1mmade-up".into();
    report.next.iter_mut().zip(excerpts).for_each(|(next, text)| next.step = text.repeat(9));
    report.notices.push(notice("\u{1b}[5mblink and be long", &"\u{7}beep ".repeat(60)));
    report
}

/// A live page beside the repository.
pub fn live() -> Report {
    let mut report = rails();
    for check in &mut report.checks {
        if check.id == "speed/live-latency" {
            check.value =
                Some(Value { amount: 412.0, unit: "ms".into(), low: Some(371.0), high: Some(498.0), sample: 20, ..Value::default() });
            (check.standing, check.gaps) = (Standing::Short, vec![]);
            check.evidence = vec![Evidence {
                level: Level::Observed,
                place: url("https://shop.example/collections/new-arrivals?page=2"),
                excerpt: None,
                tool: None,
                note: Some("slowest of 4 pages".into()),
                inert: false,
            }];
        }
    }
    report
}

/// The numbers that the scorer would have made of these checks.
fn report(subject: Subject, checks: Vec<Check>, notices: Vec<Notice>) -> Report {
    let categories: Vec<Category> = CATEGORIES.iter().map(|id| category(id, &checks)).collect();
    let scores: Vec<Score> = categories.iter().filter_map(|category| category.score).collect();
    let mean = |end: fn(&Score) -> f64| scores.iter().map(end).sum::<f64>() / scores.len().max(1) as f64;
    Report {
        schema_version: 1,
        audit_version: "0.1.0".into(),
        catalogue_version: "1.4.0".into(),
        complete: true,
        at: "2026-11-22".into(),
        subject,
        score: Score { proven: mean(|score| score.proven), possible: mean(|score| score.possible) },
        counts: counts(checks.iter()),
        next: gains(&checks, |check, score| check.next.clone().map(|step| (score.possible.max(1.0) - score.proven, step))),
        questions: gains(&checks, |check, score| check.gaps.first().map(|gap| (score.possible - score.proven, gap.next.clone()))),
        categories,
        checks,
        notices,
        forecast: Vec::new(),
        requirements: Vec::new(),
        comparison: None,
    }
}

fn applicable<'a>(id: &'a str, checks: &'a [Check]) -> impl Iterator<Item = (&'a Check, Score)> {
    checks.iter().filter(move |check| check.category == id).filter_map(|check| Some((check, check.score?)))
}

fn total(id: &str, checks: &[Check]) -> f64 {
    applicable(id, checks).map(|(check, _)| check.weight).sum()
}

fn category(id: &str, checks: &[Check]) -> Category {
    let total = total(id, checks);
    let mean = |end: fn(Score) -> f64| applicable(id, checks).map(|(check, score)| check.weight * end(score)).sum::<f64>() / total * 100.0;
    let score = Score { proven: mean(|score| score.proven), possible: mean(|score| score.possible) };
    Category {
        id: id.into(),
        score: (total > 0.0).then_some(score),
        weight: 1.0,
        counts: counts(checks.iter().filter(|check| check.category == id)),
    }
}

fn counts<'a>(checks: impl Iterator<Item = &'a Check>) -> Counts {
    let mut counts = Counts::default();
    for check in checks {
        counts.checks += 1;
        *match check.standing {
            Standing::Met => &mut counts.met,
            Standing::Short => &mut counts.short,
            Standing::Unmet => &mut counts.unmet,
            Standing::Unknown => &mut counts.unknown,
            Standing::Waived => &mut counts.waived,
            Standing::NotApplicable => &mut counts.not_applicable,
        } += 1;
    }
    counts
}

fn gains(checks: &[Check], of: fn(&Check, Score) -> Option<(f64, String)>) -> Vec<Next> {
    let mut next: Vec<Next> = checks
        .iter()
        .filter_map(|check| {
            let (share, step) = of(check, check.score?)?;
            let gain = share * check.weight / total(&check.category, checks) * 20.0;
            Some(Next { check: check.id.clone(), gain, step })
        })
        .collect();
    next.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    next
}
