//! Hex: `mix.exs`.
//!
//! `mix.exs` is Elixir. Dependencies are tuples, `{:name, "~> 1.0", only: :dev}`, inside functions that carry `dep` in their name
//! (`deps`, `phoenix_dep`) or directly after `deps:`. `only:` without `:prod` and `runtime: false` keep a package out of production;
//! `in_umbrella: true` is a neighbour, no package.

use super::script::{Kind, Language, Token, closing, lex};
use super::{Manifest, Registry};

pub(super) fn read(text: &str) -> Result<Manifest, String> {
    let tokens = lex(text, Language::Elixir)?;
    let mut manifest = Manifest::default();
    let mut in_function = false;
    let mut list_ends = 0;
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let next = tokens.get(at + 1).map(|token| token.kind);
        match (token.kind, next) {
            (Kind::Word("def" | "defp"), Some(Kind::Word(name) | Kind::Key(name))) => in_function = is_about_dependencies(name),
            (Kind::Key("deps"), Some(Kind::Sign('['))) => list_ends = closing(&tokens, at + 1),
            (Kind::Sign('{'), Some(Kind::Atom(_))) if in_function || at < list_ends => {
                let end = closing(&tokens, at);
                add(&mut manifest, tokens.get(at + 1..end).unwrap_or_default());
                at = end;
            }
            _ => {}
        }
        at += 1;
    }
    Ok(manifest)
}

fn is_about_dependencies(function: &str) -> bool {
    function.split('_').any(|word| matches!(word, "dep" | "deps" | "dependencies" | "dependency"))
}

/// Adds the package of a tuple, whose brackets are left off.
fn add(manifest: &mut Manifest, tuple: &[Token<'_>]) {
    let [Token { kind: Kind::Atom(name), line }, Token { kind: Kind::Sign(','), .. }, options @ ..] = tuple else { return };
    if option(options, "in_umbrella").contains(&Kind::Word("true")) {
        return;
    }
    let renamed = option(options, "hex").iter().find_map(|kind| match kind {
        Kind::Atom(real) | Kind::Text(real) => Some(*real),
        _ => None,
    });
    let runtime = is_in_production(&option(options, "only")) && is_started(&option(options, "runtime"));
    manifest.add(Registry::Hex, renamed.unwrap_or(name), runtime, *line);
}

/// The tokens between an option's key and the next comma outside brackets.
fn option<'a>(options: &[Token<'a>], key: &str) -> Vec<Kind<'a>> {
    let mut depth = 0usize;
    let value = options.iter().map(|token| token.kind).skip_while(|kind| *kind != Kind::Key(key)).skip(1);
    let value = value.take_while(|kind| match kind {
        Kind::Sign(',') => depth > 0,
        Kind::Sign('[' | '(' | '{') => {
            depth += 1;
            true
        }
        Kind::Sign(']' | ')' | '}') => {
            let inside = depth > 0;
            depth = depth.saturating_sub(1);
            inside
        }
        _ => true,
    });
    value.collect()
}

/// No `only:` at all, or one that names production.
fn is_in_production(only: &[Kind<'_>]) -> bool {
    let production =
        |kind: &Kind<'_>| matches!(kind, Kind::Atom("prod" | "production" | "staging") | Kind::Text("prod" | "production" | "staging"));
    only.is_empty() || only.iter().any(production)
}

/// `runtime: false`, and `runtime: Mix.env() == :dev`, which is false in production.
fn is_started(runtime: &[Kind<'_>]) -> bool {
    let compared = runtime.contains(&Kind::Sign('=')) && !runtime.contains(&Kind::Sign('!')) && !runtime.contains(&Kind::Atom("prod"));
    !runtime.contains(&Kind::Word("false")) && !compared
}

#[cfg(test)]
mod tests {
    use super::super::tests::{line_of, listed};

    #[test]
    fn tuples_and_their_options() {
        let text = r#"defmodule App.MixProject do
  use Mix.Project

  def project do
    [app: :app, deps: deps(), aliases: [{:x, "y"}]]
  end

  def application, do: [mod: {App, []}, extra_applications: [:logger]]

  # Run "mix help deps"
  defp deps do
    [
      phoenix_dep(),
      {:phoenix, "~> 1.7"},
      # {:bugsnag, "~> 3.0"},
      {:sentry, "~> 10.0", override: true},
      {:esbuild, "~> 0.8", runtime: Mix.env() == :dev},
      {:heroicons,
       github: "tailwindlabs/heroicons", tag: "v2.1.1", app: false},
      {:floki, ">= 0.30.0", only: :test},
      {:credo, "~> 1.7", only: [:dev, :test], runtime: false},
      {:dialyxir, "~> 1", only: ~w(dev test)a},
      {:libcluster, "~> 3", only: [:prod]},
      {:other, in_umbrella: true},
      {:alias, "~> 1.0", hex: :real_name},
      {:ex_doc, "~> 0.3", [only: :dev]},
    ]
  end

  defp phoenix_dep do
    {:phoenix_html, path: "x"}
  end
end
"#;
        let expected = "+phoenix +sentry -esbuild +heroicons -floki -credo -dialyxir +libcluster +real_name -ex_doc +phoenix_html";
        assert_eq!(listed("apps/web/mix.exs", text), expected);
        assert_eq!(line_of("mix.exs", text, "heroicons"), 18);
    }

    #[test]
    fn inline_deps() {
        let text =
            "def project do\n [deps: [{:jason, \"~> 1.0\"}, {:ex_doc, \">= 0.0.0\", only: :dev, runtime: false}], x: [{:no, 1}]]\nend";
        assert_eq!(listed("mix.exs", text), "+jason -ex_doc");
    }
}
