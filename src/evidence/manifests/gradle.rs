//! Gradle: `build.gradle`, `build.gradle.kts`, other `*.gradle` scripts, and version catalogs (`libs.versions.toml`).
//!
//! Build scripts are Groovy or Kotlin. What counts is each statement in a `dependencies { … }` block: its first word is the configuration,
//! which says whether production gets the package, and the coordinates stand in strings (`"group:name:1"`), maps (`group: 'x', name: 'y'`)
//! or arguments (`kotlin("stdlib")`). Platforms (BOMs), constraints, exclusions and `buildscript` name no package of the application.
//!
//! `libs.foo.bar` refers to a version catalog. The catalog is read as a manifest of its own: each library in it counts as runtime unless
//! its name is that of a test tool. Plugins are reported as `plugin:<id>`, runtime for the few that make the application what it is
//! (`plugin:org.springframework.boot`).

use toml::de::{DeTable, DeValue};

use super::script::{Kind, Language, Token, closing, lex, statement_end};
use super::text::{Lines, toml_at, toml_table};
use super::{Manifest, Registry, file_name};

/// Every Gradle script but the settings, which only say what belongs to the build; and version catalogs.
pub(super) fn is_manifest(name: &str) -> bool {
    let script = name.ends_with(".gradle") || name.ends_with(".gradle.kts");
    let other = name.starts_with("settings.gradle") || name.starts_with("init.gradle");
    (script && !other) || name.ends_with(".versions.toml")
}

pub(super) fn read(path: &str, text: &str) -> Result<Manifest, String> {
    if file_name(path).ends_with(".toml") {
        return catalog(text);
    }
    let tokens = lex(text, Language::Gradle)?;
    Ok(Script { tokens: &tokens, statement: 0, parens: 0, blocks: Vec::new(), manifest: Manifest::default() }.read())
}

/// What a `{ … }` is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    /// Dependencies of production code, or of a test source set; an `if` or a loop among them too.
    Dependencies { test: bool },
    /// `plugins { … }`.
    Plugins,
    /// Names nothing of the application: constraints, exclusions, the build's own classpath.
    Foreign,
    /// Anything else.
    Plain { test: bool },
}

/// Blocks whose coordinates are not dependencies of the application.
const FOREIGN: &[&str] = &[
    "buildscript",
    "components",
    "configurations",
    "constraints",
    "dependencyManagement",
    "dependencySubstitution",
    "modules",
    "pluginManagement",
    "pom",
    "protobuf",
    "publications",
    "publishing",
    "resolutionStrategy",
];

/// Words that begin a statement but are no configuration.
const NO_CONFIGURATION: &[&str] = &[
    "because",
    "catch",
    "def",
    "else",
    "exclude",
    "ext",
    "finally",
    "for",
    "if",
    "implementationClass",
    "import",
    "println",
    "return",
    "try",
    "val",
    "var",
    "version",
    "when",
    "while",
];

struct Script<'t, 'a> {
    tokens: &'t [Token<'a>],
    /// Where the current statement began.
    statement: usize,
    parens: usize,
    blocks: Vec<Block>,
    manifest: Manifest,
}

impl<'a> Script<'_, 'a> {
    fn read(mut self) -> Manifest {
        for at in 0..self.tokens.len() {
            let Some(token) = self.tokens.get(at) else { break };
            if at == self.statement {
                self.begin(at);
            }
            match token.kind {
                Kind::Sign('{') => {
                    self.blocks.push(self.block(at));
                    self.parens = 0;
                    self.statement = at + 1;
                }
                Kind::Sign('}') => {
                    self.blocks.pop();
                    self.parens = 0;
                    self.statement = at + 1;
                }
                Kind::Sign('(' | '[') => self.parens += 1,
                Kind::Sign(')' | ']') => self.parens = self.parens.saturating_sub(1),
                Kind::Break | Kind::Sign(';') if self.parens == 0 => self.statement = at + 1,
                _ => {}
            }
        }
        self.manifest
    }

    /// A statement begins at this token.
    fn begin(&mut self, at: usize) {
        match self.blocks.last() {
            Some(Block::Plugins) => self.plugin(at),
            Some(Block::Foreign) => {}
            Some(Block::Dependencies { test }) => self.dependency(at, *test),
            _ => self.applied(at),
        }
    }

    /// What the brace at `at` opens, by the words before it.
    fn block(&self, at: usize) -> Block {
        let label = self.tokens.get(self.statement.max(at.saturating_sub(64))..at).unwrap_or_default();
        let words = label.iter().filter_map(|token| match token.kind {
            Kind::Word(word) | Kind::Text(word) => Some(word),
            _ => None,
        });
        let words: Vec<&str> = words.collect();
        let named = words.iter().any(|word| is_test_name(word));
        let first = words.first().copied().unwrap_or_default();
        let last = words.last().copied().unwrap_or_default();
        let flow = matches!(first, "if" | "else" | "for" | "try" | "catch" | "when" | "while") || words.iter().any(|word| is_loop(word));
        match self.blocks.last() {
            Some(Block::Foreign) => Block::Foreign,
            Some(Block::Dependencies { test }) if flow => Block::Dependencies { test: *test },
            Some(Block::Dependencies { .. }) => Block::Foreign,
            outer => {
                let test = named || matches!(outer, Some(Block::Plain { test: true }));
                match last {
                    "dependencies" => Block::Dependencies { test },
                    "plugins" => Block::Plugins,
                    _ if FOREIGN.contains(&first) || FOREIGN.contains(&last) => Block::Foreign,
                    _ => Block::Plain { test },
                }
            }
        }
    }

    /// `id 'x'`, `id("x")` in `plugins { … }`.
    fn plugin(&mut self, at: usize) {
        let after = self.tokens.get(at + 1..).unwrap_or_default().iter().find(|token| token.kind != Kind::Sign('('));
        if let (Some(Kind::Word("id")), Some(Kind::Text(id))) = (self.kind(at), after.map(|token| token.kind)) {
            let line = self.line(at);
            add_plugin(&mut self.manifest, id, line);
        }
    }

    /// `apply plugin: 'x'`, `apply(plugin = "x")`.
    fn applied(&mut self, at: usize) {
        if self.kind(at) != Some(Kind::Word("apply")) {
            return;
        }
        let call = self.tokens.get(at + 1..at + 5).unwrap_or_default();
        let plugin = call.iter().any(|token| matches!(token.kind, Kind::Key("plugin") | Kind::Word("plugin")));
        let id = call.iter().find_map(|token| match token.kind {
            Kind::Text(id) => Some(id),
            _ => None,
        });
        if let Some(id) = id.filter(|_| plugin) {
            let line = self.line(at);
            add_plugin(&mut self.manifest, id, line);
        }
    }

    /// `implementation "a:b:1"`, `"implementation"("a:b:1")`, `add("implementation", "a:b:1")`.
    fn dependency(&mut self, at: usize, test: bool) {
        let (configuration, arguments) = match (self.kind(at), self.kind(at + 1), self.kind(at + 2)) {
            (Some(Kind::Word("add")), Some(Kind::Sign('(')), Some(Kind::Text(name))) => (name, at + 3),
            (Some(Kind::Word(name)), Some(Kind::Sign('(' | '[') | Kind::Text(_) | Kind::Dynamic(_) | Kind::Key(_) | Kind::Word(_)), _) => {
                (name, at + 1)
            }
            (Some(Kind::Text(name)), Some(Kind::Sign('(')), _) => (name, at + 1),
            _ => return,
        };
        if NO_CONFIGURATION.contains(&configuration) {
            return;
        }
        let runtime = !test && reaches_production(configuration);
        let end = statement_end(self.tokens, at);
        Arguments { tokens: self.tokens.get(..end).unwrap_or_default(), at: arguments, runtime, group: None }.read(&mut self.manifest);
    }

    fn kind(&self, at: usize) -> Option<Kind<'a>> {
        self.tokens.get(at).map(|token| token.kind)
    }

    fn line(&self, at: usize) -> u32 {
        self.tokens.get(at).map_or(0, |token| token.line)
    }
}

/// The arguments of one dependency statement.
struct Arguments<'t, 'a> {
    tokens: &'t [Token<'a>],
    at: usize,
    runtime: bool,
    /// The group of a map whose name is still to come.
    group: Option<&'a str>,
}

impl<'a> Arguments<'_, 'a> {
    fn read(mut self, manifest: &mut Manifest) {
        let mut plain = Vec::new();
        while let Some(token) = self.tokens.get(self.at).copied() {
            match token.kind {
                Kind::Sign('{') => self.at = closing(self.tokens, self.at),
                Kind::Word(call) if self.kind(1) == Some(Kind::Sign('(')) => self.call(manifest, call, token.line),
                Kind::Key(key) => self.entry(manifest, key, 1, token.line),
                Kind::Word(key) if self.kind(1) == Some(Kind::Sign('=')) => self.entry(manifest, key, 2, token.line),
                Kind::Text(text) | Kind::Dynamic(text) if text.contains(':') => self.coordinates(manifest, text, token.line),
                Kind::Text(text) => plain.push((text, token.line)),
                _ => {}
            }
            self.at += 1;
        }
        // Kotlin: implementation("group", "name", "version")
        if let [(group, line), (name, _), ..] = plain.as_slice() {
            self.coordinates(manifest, &format!("{group}:{name}"), *line);
        }
    }

    fn kind(&self, ahead: usize) -> Option<Kind<'a>> {
        self.tokens.get(self.at + ahead).map(|token| token.kind)
    }

    /// A call among the arguments. Platforms, projects, files and exclusions name no package.
    fn call(&mut self, manifest: &mut Manifest, name: &str, line: u32) {
        match (name, self.kind(2)) {
            ("kotlin", Some(Kind::Text(module))) => {
                manifest.add(Registry::Maven, &format!("org.jetbrains.kotlin:kotlin-{module}"), self.runtime, line);
            }
            ("dependency" | "create" | "module" | "testFixtures" | "variantOf", _) => return,
            _ => {}
        }
        self.at = closing(self.tokens, self.at + 1);
    }

    /// One entry of `group: 'x', name: 'y'`, whose value stands `ahead`.
    fn entry(&mut self, manifest: &mut Manifest, key: &str, ahead: usize, line: u32) {
        let Some(Kind::Text(value)) = self.kind(ahead) else { return };
        match (key, self.group) {
            ("group", _) => self.group = Some(value),
            ("name", Some(group)) => {
                self.coordinates(manifest, &format!("{group}:{value}"), line);
                self.group = None;
            }
            _ => {}
        }
        self.at += ahead;
    }

    /// `group:name:version`, of which the version may be an expression.
    fn coordinates(&self, manifest: &mut Manifest, text: &str, line: u32) {
        let mut parts = text.split(':');
        let (Some(group), Some(name)) = (parts.next(), parts.next()) else { return };
        let name = name.split('@').next().unwrap_or_default();
        if group.contains('$') || name.contains('$') {
            return manifest.note(format!("a dependency is named by an expression on line {line}"));
        }
        if is_coordinate(group) && is_coordinate(name) {
            manifest.add(Registry::Maven, &format!("{group}:{name}"), self.runtime, line);
        }
    }
}

/// Groups and names are made of letters, digits, `.`, `-` and `_`.
fn is_coordinate(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
}

fn is_loop(word: &str) -> bool {
    word == "all" || word == "forEach" || word.starts_with("each")
}

/// The humps of a camel-case or dashed name, in lower case.
fn humps(name: &str) -> Vec<String> {
    let mut humps: Vec<String> = vec![String::new()];
    for c in name.chars() {
        if (c.is_uppercase() || !c.is_alphanumeric()) && humps.last().is_some_and(|hump| !hump.is_empty()) {
            humps.push(String::new());
        }
        if let Some(hump) = humps.last_mut().filter(|_| c.is_alphanumeric()) {
            hump.extend(c.to_lowercase());
        }
    }
    humps
}

fn is_test_name(name: &str) -> bool {
    humps(name).iter().any(|hump| matches!(hump.as_str(), "test" | "tests" | "testing"))
}

/// Whether what is put in a configuration reaches production. Java agents are shipped beside the application.
fn reaches_production(configuration: &str) -> bool {
    const BUILD: &[&str] =
        &["annotation", "asciidoctor", "benchmark", "debug", "development", "jmh", "kapt", "ksp", "lint", "test", "tests"];
    const LAST: &[&str] = &["agent", "api", "compile", "implementation", "javaagent", "library", "only", "runtime", "war"];
    let humps = humps(configuration);
    let last = humps.last().map(String::as_str).unwrap_or_default();
    let reaches = LAST.contains(&last) || matches!(configuration, "providedCompile" | "providedRuntime" | "runtimeOnly" | "compileOnly");
    reaches && !humps.iter().any(|hump| BUILD.contains(&hump.as_str()))
}

/// Plugins that make an application what it is; the others build, check and publish.
fn add_plugin(manifest: &mut Manifest, id: &str, line: u32) {
    let framework = ["org.springframework.boot", "io.quarkus", "io.ktor.plugin"].contains(&id) || id.starts_with("io.micronaut.");
    if is_coordinate(id) {
        manifest.add(Registry::Maven, &format!("plugin:{id}"), framework, line);
    }
}

/// `gradle/libs.versions.toml`.
fn catalog(text: &str) -> Result<Manifest, String> {
    let (root, trouble) = toml_table(text)?;
    let lines = Lines::new(text);
    let mut manifest = Manifest { unread: trouble.into_iter().collect(), ..Manifest::default() };
    for (alias, value) in entries(&root, "libraries") {
        let Some(name) = library(value.get_ref()) else { continue };
        let artifact = name.rsplit(':').next().unwrap_or_default();
        if !is_bom(artifact) {
            let runtime = !is_test_tool(alias.get_ref()) && !is_test_tool(&name);
            manifest.add(Registry::Maven, &name, runtime, lines.of(alias.span().start));
        }
    }
    for (alias, value) in entries(&root, "plugins") {
        let id = value.get_ref().as_str().and_then(|text| text.split(':').next()).or_else(|| text_at(value.get_ref(), "id"));
        add_plugin(&mut manifest, id.unwrap_or_default(), lines.of(alias.span().start));
    }
    Ok(manifest)
}

type Entry<'t, 'a> = (&'t toml::Spanned<toml::de::DeString<'a>>, &'t toml::Spanned<DeValue<'a>>);

fn entries<'t, 'a>(root: &'t DeTable<'a>, section: &str) -> impl Iterator<Item = Entry<'t, 'a>> {
    toml_at(root, &[section]).map(|table| table.iter()).into_iter().flatten()
}

fn text_at<'t>(value: &'t DeValue<'_>, key: &str) -> Option<&'t str> {
    value.get(key)?.get_ref().as_str()
}

/// `"g:n:1"`, `{ module = "g:n" }` or `{ group = "g", name = "n" }`.
fn library(value: &DeValue<'_>) -> Option<String> {
    let text = value.as_str().or_else(|| text_at(value, "module"));
    let (group, name) = match text {
        Some(text) => {
            let mut parts = text.split(':');
            (parts.next()?, parts.next()?)
        }
        None => (text_at(value, "group")?, text_at(value, "name")?),
    };
    (is_coordinate(group) && is_coordinate(name)).then(|| format!("{group}:{name}"))
}

fn is_bom(artifact: &str) -> bool {
    artifact == "bom" || artifact.ends_with("-bom") || artifact.ends_with("-dependencies")
}

fn is_test_tool(name: &str) -> bool {
    const TOOLS: &[&str] = &[
        "archunit",
        "assertj",
        "awaitility",
        "checkstyle",
        "cucumber",
        "detekt",
        "espresso",
        "gatling",
        "greenmail",
        "hamcrest",
        "jacoco",
        "jmh",
        "junit",
        "junit4",
        "junit5",
        "kluent",
        "kotest",
        "ktlint",
        "mockito",
        "mockk",
        "mockserver",
        "mockwebserver",
        "robolectric",
        "selenide",
        "selenium",
        "spock",
        "strikt",
        "test",
        "testcontainers",
        "testing",
        "testng",
        "tests",
        "truth",
        "turbine",
        "wiremock",
    ];
    name.split([':', '.']).flat_map(humps).any(|hump| TOOLS.contains(&hump.as_str()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{line_of, listed};
    use super::super::{Registry, read, registry_of};

    #[test]
    fn groovy() {
        let text = r#"buildscript {
    dependencies { classpath "no:buildscript:1" }
}
plugins {
    id 'java'
    id 'org.springframework.boot' version '3.4.0'
}
apply plugin: 'io.quarkus'
dependencyManagement { imports { mavenBom "no:bom:1" } dependencies { dependency "no:managed:1" } }
configurations { all { exclude group: 'no', module: 'x' } }
dependencies {
    modules { module("no:replaced") { replacedBy("no:other") } }
    implementation platform('no:platform:1')
    implementation 'org.springframework.boot:spring-boot-starter-web'
    implementation "io.sentry:sentry:${sentryVersion}",
            "io.grpc:grpc-core:$v"
    // implementation 'no:comment:1'
    implementation('a:b:1') {
        exclude group: 'no', module: 'excluded'
    }
    implementation(
        'c:d', // why
        'e:f:1@jar',
    )
    runtimeOnly group: 'org.postgresql', name: 'postgresql', version: '42'
    compileOnly 'org.projectlombok:lombok'
    annotationProcessor 'org.projectlombok:lombok'
    developmentOnly 'org.springframework.boot:spring-boot-devtools'
    testImplementation 'org.junit.jupiter:junit-jupiter'
    testImplementation(libs.x)
    implementation project(':core')
    implementation project(path: ':no:such')
    implementation fileTree(dir: 'libs', include: ['*.jar'])
    implementation libs.spring.web
    errorprone 'com.google.errorprone:error_prone_core:2'
    agent "io.opentelemetry.javaagent:opentelemetry-javaagent:2"
    implementation "$group:mine:1"
    constraints { implementation 'no:constraint:1' }
    if (x) {
        implementation 'g:h:1'
    }
}
"#;
        let expected = "-plugin:java +plugin:org.springframework.boot +plugin:io.quarkus +org.springframework.boot:spring-boot-starter-web \
                        +io.sentry:sentry +io.grpc:grpc-core +a:b +c:d +e:f +org.postgresql:postgresql +org.projectlombok:lombok \
                        -org.projectlombok:lombok -org.springframework.boot:spring-boot-devtools -org.junit.jupiter:junit-jupiter \
                        -com.google.errorprone:error_prone_core +io.opentelemetry.javaagent:opentelemetry-javaagent +g:h";
        assert_eq!(listed("build.gradle", text), expected);
        assert_eq!(line_of("build.gradle", text, "io.grpc:grpc-core"), 16);
        assert_eq!(read("app/dependencies.gradle", text).unwrap().unread, ["a dependency is named by an expression on line 37"]);
    }

    #[test]
    fn kotlin() {
        let text = r#"plugins {
    id("org.springframework.boot") version "3.4.0" apply false
    kotlin("jvm") version "2.1.0"
    alias(libs.plugins.x)
}
dependencies {
    implementation(kotlin("stdlib"))
    implementation(platform("no:platform:1"))
    implementation("io.ktor:ktor-server-core:$ktor") { because("it's fast: really") }
    implementation("io.sentry", "sentry", "8.0")
    implementation(group = "a", name = "b", version = "1")
    "kapt"("c:d:1")
    add("implementation", "e:f:1")
    testImplementation("io.mockk:mockk:1")
    val no = "n:o:1"
}
kotlin {
    sourceSets {
        val commonMain by getting { dependencies { implementation("g:h:1") } }
        val commonTest by getting { dependencies { implementation("i:j:1") } }
        jvmTest.dependencies { implementation("k:l:1") }
    }
}
subprojects { dependencies { "implementation"("m:n:1") } }
"#;
        let expected = "+plugin:org.springframework.boot +org.jetbrains.kotlin:kotlin-stdlib +io.ktor:ktor-server-core +io.sentry:sentry +a:b -c:d \
                        +e:f -io.mockk:mockk +g:h -i:j -k:l +m:n";
        assert_eq!(listed("build.gradle.kts", text), expected);
    }

    #[test]
    fn version_catalogs() {
        let text = r#"[versions]
boot = "3.4"
[libraries]
spring-web = { module = "org.springframework.boot:spring-boot-starter-web", version.ref = "boot" }
sentry = "io.sentry:sentry:8.0"
pg = { group = "org.postgresql", name = "postgresql" }
junit = { module = "org.junit.jupiter:junit-jupiter" }
tc-pg = "org.testcontainers:postgresql:1"
otel-bom = "io.opentelemetry:opentelemetry-bom:1"
[plugins]
spring-boot = { id = "org.springframework.boot", version.ref = "boot" }
spotless = "com.diffplug.spotless:6"
"#;
        let expected = "+org.springframework.boot:spring-boot-starter-web +io.sentry:sentry +org.postgresql:postgresql \
                        -org.junit.jupiter:junit-jupiter -org.testcontainers:postgresql +plugin:org.springframework.boot -plugin:com.diffplug.spotless";
        assert_eq!(listed("gradle/libs.versions.toml", text), expected);
    }

    #[test]
    fn settings_are_no_manifest() {
        assert_eq!(registry_of("settings.gradle.kts"), None);
        assert_eq!(registry_of("app/build.gradle"), Some(Registry::Maven));
        assert_eq!(registry_of("gradle/wrapper/gradle-wrapper.properties"), None);
    }
}
