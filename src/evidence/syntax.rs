//! Syntax trees of code, and rules on them. The engine behind both is ast-grep; nothing else names it.
//!
//! A rule is told as data (`CodeLook`) and compiled for each grammar that it meets. Code that cannot be read within
//! bounds (too large, too deep, not of its language) gives an error in words, never a long wait.

use ast_grep_config::{DeserializeEnv, RuleCore, SerializableRuleCore};
use ast_grep_core::tree_sitter::StrDoc;
use ast_grep_core::{AstGrep, Doc as _};
pub use ast_grep_language::SupportLang as Grammar;
use serde_json::{Map, Value, json};

use crate::definition::words::{Language, Stop};
use crate::definition::written::{CodeLook, CodeRule};

/// A node of a syntax tree.
pub type Node<'t> = ast_grep_core::Node<'t, StrDoc<Grammar>>;

/// Code longer than this is not parsed, in bytes: nobody wrote it by hand.
pub const LARGEST_CODE: usize = 1 << 20;
/// Trees deeper than this are not searched: relations cost time by depth.
const DEEPEST: usize = 400;
/// In a shorter text relations cost little, however deep it is, in bytes.
const SHORT: usize = 16 << 10;
/// A longer line is not written by hand, in bytes.
const LONGEST_LINE: usize = 20_000;

/// A syntax tree.
pub struct Tree {
    root: AstGrep<StrDoc<Grammar>>,
}

/// Why there is no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoTree {
    /// A machine wrote it: minified or bundled. Nothing is missed by leaving it out.
    Machine,
    /// It could not be read, in words.
    Unreadable(String),
}

/// A place where a rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Byte offset of the node.
    pub start: usize,
    /// 1-based line.
    pub line: u32,
    /// 1-based column, in characters.
    pub column: u32,
    /// The single nodes that the rule named, with their text.
    pub named: Vec<(String, String)>,
}

/// A rule, compiled for one grammar.
pub struct Rule(RuleCore);

/// The language of a file by its name. A template that only ends like code is not of that language.
pub fn language_of(name: &str) -> Option<Language> {
    if name.ends_with(".blade.php") {
        return None;
    }
    let extension = name.rsplit('/').next()?.rsplit_once('.')?.1;
    const ALL: [Language; 10] = [
        Language::Csharp,
        Language::Elixir,
        Language::Go,
        Language::Java,
        Language::Javascript,
        Language::Kotlin,
        Language::Php,
        Language::Python,
        Language::Ruby,
        Language::Rust,
    ];
    ALL.into_iter().find(|language| language.extensions().contains(&extension))
}

/// The grammar of a file: TypeScript without JSX has one of its own, because `<T>x` means something else there.
pub fn grammar_of(name: &str) -> Option<Grammar> {
    Some(match language_of(name)? {
        Language::Javascript if [".ts", ".mts", ".cts"].iter().any(|end| name.ends_with(end)) => Grammar::TypeScript,
        language => grammars(language)[0],
    })
}

/// The grammars of a language, the most common first.
fn grammars(language: Language) -> &'static [Grammar] {
    match language {
        Language::Csharp => &[Grammar::CSharp],
        Language::Elixir => &[Grammar::Elixir],
        Language::Go => &[Grammar::Go],
        Language::Java => &[Grammar::Java],
        Language::Javascript => &[Grammar::Tsx, Grammar::TypeScript],
        Language::Kotlin => &[Grammar::Kotlin],
        Language::Php => &[Grammar::Php],
        Language::Python => &[Grammar::Python],
        Language::Ruby => &[Grammar::Ruby],
        Language::Rust => &[Grammar::Rust],
    }
}

/// Reads code.
///
/// # Errors
/// Code that is too large or deep, that a machine wrote, or most of which is not of its language.
pub fn parse(grammar: Grammar, text: &str) -> Result<Tree, NoTree> {
    if is_made_by_machine(text) {
        return Err(NoTree::Machine);
    }
    if text.len() > LARGEST_CODE {
        return Err(NoTree::Unreadable("larger than 1 MB of code, not parsed".into()));
    }
    let document = StrDoc::try_new(text, grammar).map_err(|why| NoTree::Unreadable(super::one_line(&why)))?;
    let tree = Tree { root: AstGrep::doc(document) };
    let (deepest, lost) = tree.shape(text.len());
    if deepest > DEEPEST {
        return Err(NoTree::Unreadable(format!("nested deeper than {DEEPEST} levels, not searched")));
    }
    if lost * 5 > text.len() && !text.trim().is_empty() {
        return Err(NoTree::Unreadable("most of it is not of its language, as far as the grammar knows".into()));
    }
    Ok(tree)
}

/// Bundled and minified code has lines that nobody writes.
fn is_made_by_machine(text: &str) -> bool {
    let longest = text.lines().map(str::len).max().unwrap_or(0);
    let lines = text.lines().count().max(1);
    longest > LONGEST_LINE || (text.len() > 4096 && text.len() / lines > 300)
}

impl Tree {
    /// The root node.
    pub fn root(&self) -> Node<'_> {
        self.root.root()
    }

    /// The tree's greatest depth, and the bytes that the grammar could make nothing of. What is short and whole needs no count.
    fn shape(&self, bytes: usize) -> (usize, usize) {
        if bytes < SHORT && !self.root().get_inner_node().has_error() {
            return (0, 0);
        }
        let (mut deepest, mut lost) = (0, 0);
        let mut waiting = vec![(self.root(), 1)];
        while let Some((node, depth)) = waiting.pop() {
            deepest = deepest.max(depth);
            if deepest > DEEPEST {
                break;
            }
            if node.is_error() {
                lost += node.range().len();
            } else {
                waiting.extend(node.children().map(|child| (child, depth + 1)));
            }
        }
        (deepest, lost)
    }

    /// Where a rule holds, in order.
    pub fn find(&self, rule: &Rule) -> Vec<Found> {
        let root = self.root();
        root.find_all(&rule.0)
            .map(|found| {
                let position = found.start_pos();
                let named = found.get_env().get_matched_variables().filter_map(|variable| match variable {
                    ast_grep_core::meta_var::MetaVariable::Capture(name, _) => {
                        let node = found.get_env().get_match(&name)?;
                        Some((name, node.text().into_owned()))
                    }
                    _ => None,
                });
                Found {
                    start: found.range().start,
                    line: u32::try_from(position.line() + 1).unwrap_or(u32::MAX),
                    column: u32::try_from(position.column(&found) + 1).unwrap_or(u32::MAX),
                    named: named.collect(),
                }
            })
            .collect()
    }

    /// The text that was read.
    pub fn text(&self) -> &str {
        self.root.root().get_doc().get_source()
    }
}

/// Compiles a rule for a grammar.
///
/// # Errors
/// The engine's own words.
pub fn compile(look: &CodeLook, grammar: Grammar) -> Result<Rule, String> {
    let rules = |map: &std::collections::BTreeMap<String, CodeRule>| {
        let rules: Result<Map<String, Value>, String> = map.iter().map(|(name, rule)| Ok((name.clone(), written(rule, false)?))).collect();
        rules.map(Value::Object)
    };
    let whole = json!({ "rule": written(&look.rule, false)?, "constraints": rules(&look.constraints)?, "utils": rules(&look.utils)? });
    let core: SerializableRuleCore = serde_json::from_value(whole).map_err(|error| error.to_string())?;
    core.get_matcher(DeserializeEnv::new(grammar)).map(Rule).map_err(|error| in_full(&error))
}

/// An error with all its causes.
fn in_full(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    std::iter::once(error.to_string()).chain(causes.map(ToString::to_string)).collect::<Vec<_>>().join(": ")
}

/// Whether a look's rule compiles for all of its languages.
///
/// # Errors
/// The engine's own words, with the language.
pub fn check(look: &CodeLook) -> Result<(), String> {
    let mut all = look.language.iter().flat_map(|language| grammars(*language));
    all.try_for_each(|grammar| compile(look, *grammar).map(drop).map_err(|why| format!("{grammar}: {why}")))
}

/// A rule as the engine wants it.
fn written(rule: &CodeRule, related: bool) -> Result<Value, String> {
    let mut out = Map::new();
    let mut put = |key: &str, value: Option<Value>| value.and_then(|value| out.insert(key.into(), value));
    match (&rule.pattern, &rule.context, &rule.selector) {
        (None, Some(context), Some(selector)) => {
            put("pattern", Some(json!({ "context": context, "selector": selector })));
        }
        (pattern, None, None) => {
            put("pattern", pattern.clone().map(Value::from));
        }
        _ => return Err("write `pattern`, or `context` together with `selector`".into()),
    }
    put("kind", rule.kind.clone().map(Value::from));
    put("regex", rule.regex.clone().map(Value::from));
    put("matches", rule.matches.clone().map(Value::from));
    for (key, relation) in [("inside", &rule.inside), ("has", &rule.has), ("precedes", &rule.precedes), ("follows", &rule.follows)] {
        put(key, relation.as_deref().map(|rule| written(rule, true)).transpose()?);
    }
    for (key, rules) in [("all", &rule.all), ("any", &rule.any)] {
        let rules: Vec<Value> = rules.iter().map(|rule| written(rule, false)).collect::<Result<_, _>>()?;
        put(key, Some(rules).filter(|rules| !rules.is_empty()).map(Value::from));
    }
    put("not", rule.not.as_deref().map(|rule| written(rule, false)).transpose()?);
    if related {
        let stop = match (&rule.until, rule.stop) {
            (Some(until), None) => written(until, false)?,
            (None, Some(Stop::Neighbor)) => "neighbor".into(),
            (None, _) => "end".into(),
            (Some(_), Some(_)) => return Err("write `stop` or `until`, not both".into()),
        };
        put("stopBy", Some(stop));
        put("field", rule.field.clone().map(Value::from));
    } else if rule.stop.is_some() || rule.until.is_some() || rule.field.is_some() {
        return Err("`stop`, `until` and `field` belong under `inside`, `has`, `precedes` or `follows`".into());
    }
    Ok(Value::Object(out))
}

#[cfg(test)]
mod tests {
    use super::{Grammar, grammar_of, language_of};
    use crate::definition::words::Language;

    #[test]
    fn a_template_is_not_of_the_language_that_its_name_ends_in() {
        assert_eq!(language_of("app/Http/Kernel.php"), Some(Language::Php));
        assert_eq!(language_of("resources/views/home.blade.php"), None);
        assert_eq!(language_of("README"), None);
        assert_eq!(grammar_of("src/cart.ts"), Some(Grammar::TypeScript));
        assert_eq!(grammar_of("src/cart.tsx"), Some(Grammar::Tsx));
    }
}
