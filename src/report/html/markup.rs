//! The pieces of the page that are markup: the only place where text from outside and tags are put together. Every text
//! passes through [`escape`], every address through `links`.

use crate::evidence::Place;
use crate::report::links::{Links, is_web};
use crate::report::words::{self, Part};
pub(super) use crate::report::xml::escape;
use crate::report::{Evidence, Finding, Score, points};

/// One line of a definition or a message. It may quote the repository, so a link in it is shown and not made.
pub(super) fn prose(text: &str) -> String {
    inline(text, false)
}

fn inline(text: &str, linked: bool) -> String {
    let shown = |part| match part {
        Part::Text(text) => escape(text),
        Part::Code(code) => format!("<code>{}</code>", escape(code)),
        Part::Link(words, address) if linked && is_web(address) => format!("<a href=\"{}\">{}</a>", escape(address), escape(words)),
        Part::Link(words, address) => format!("{} ({})", escape(words), escape(address)),
    };
    words::parts(text).into_iter().map(shown).collect()
}

/// Paragraphs and lists of a definition.
pub(super) fn blocks(text: &str) -> String {
    let mut out = "<div class=\"prose\">".to_owned();
    let mut list = "";
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (kind, item) = item(line);
        if kind != list {
            out.push_str(&end(list));
            out.push_str(&start(kind));
            list = kind;
        }
        let tag = if kind.is_empty() { "p" } else { "li" };
        out.push_str(&format!("<{tag}>{}</{tag}>", inline(item, true)));
    }
    out + &end(list) + "</div>"
}

fn item(line: &str) -> (&'static str, &str) {
    if let Some(item) = line.strip_prefix("- ") {
        return ("ul", item);
    }
    let numbered = line.split_once(". ").filter(|(number, _)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    numbered.map_or(("", line), |(_, item)| ("ol", item))
}

fn start(list: &str) -> String {
    if list.is_empty() { String::new() } else { format!("<{list}>") }
}

fn end(list: &str) -> String {
    if list.is_empty() { String::new() } else { format!("</{list}>") }
}

/// Proven solid, possible lighter, the rest empty, with the numbers in words.
pub(super) fn bar(score: Score) -> String {
    let clamp = |points: f64| (points.clamp(0.0, 100.0) * 10.0).round() / 10.0;
    let (proven, possible) = (clamp(score.proven), clamp(score.possible));
    let label = format!("{} proven, {} possible of 100", points(score.proven), points(score.possible));
    let part = |class: &str, width: f64| format!("<rect class=\"{class}\" width=\"{width}\" height=\"1\"/>");
    let parts = part("rest", 100.0) + &part("open", possible) + &part("good", proven);
    format!("<svg class=\"bar\" viewBox=\"0 0 100 1\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"{label}\">{parts}</svg>")
}

/// A commit, short and linked where the forge is known.
pub(super) fn commit(id: &str, links: &Links<'_>) -> String {
    let short: String = id.chars().take(10).collect();
    linked(&short, links.commit(id))
}

fn linked(text: &str, address: Option<String>) -> String {
    let shown = format!("<code class=\"path\">{}</code>", escape(text));
    address.map_or_else(|| shown.clone(), |address| format!("<a href=\"{}\">{shown}</a>", escape(&address)))
}

fn place(place: &Place, links: &Links<'_>) -> String {
    let Some(text) = words::place(place) else { return String::new() };
    let address = match (&place.path, &place.url, &place.commit) {
        (Some(path), ..) => links.file(path, place.line),
        (None, Some(url), _) => Some(url.clone()).filter(|url| is_web(url)),
        (None, None, Some(commit)) => links.commit(commit),
        _ => return escape(&text),
    };
    linked(&text, address)
}

/// One piece of evidence.
pub(super) fn evidence(evidence: &Evidence, links: &Links<'_>) -> String {
    let rung = if evidence.inert { ("rung undone", "undone by") } else { ("rung", evidence.level.word()) };
    let mut out = format!("<span class=\"{}\">{}</span>{}", rung.0, rung.1, place(&evidence.place, links));
    if let Some(tool) = &evidence.tool {
        out.push_str(&format!(" <span class=\"tool\">({})</span>", escape(tool)));
    }
    out + &seen(evidence.excerpt.as_deref())
        + &evidence.note.as_deref().map(|note| format!(" <span>{}</span>", escape(note))).unwrap_or_default()
}

fn seen(excerpt: Option<&str>) -> String {
    let excerpt = excerpt.map(str::trim).filter(|excerpt| !excerpt.is_empty());
    excerpt.map(|excerpt| format!("<code class=\"seen\" dir=\"auto\">{}</code>", escape(excerpt))).unwrap_or_default()
}

/// One finding.
pub(super) fn finding(finding: &Finding, links: &Links<'_>) -> String {
    let severity = finding.severity.word();
    let aside = finding.muted.as_deref().map(|why| format!(" <span>set aside: {}</span>", escape(why))).unwrap_or_default();
    let (place, message) = (place(&finding.place, links), prose(&finding.message));
    format!("<span class=\"severity {severity}\">{severity}</span>{place} {message}{}{aside}", seen(finding.excerpt.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_becomes_paragraphs_and_lists() {
        let html = blocks("First `a<b`.\n\n1. One\n2. [Two](https://example.com/?a=1&b=2)\n- x");
        let expected = "<div class=\"prose\"><p>First <code>a&lt;b</code>.</p><ol><li>One</li>\
            <li><a href=\"https://example.com/?a=1&amp;b=2\">Two</a></li></ol><ul><li>x</li></ul></div>";
        assert_eq!(html, expected);
    }

    #[test]
    fn a_message_makes_no_link() {
        assert_eq!(prose("[x](http://evil.example) `<b>`"), "x (http://evil.example) <code>&lt;b&gt;</code>");
        assert!(!blocks("[x](http://a.example/\"onclick=alert(1))").contains("<a "));
    }
}
