//! Maven: `pom.xml`.
//!
//! `<dependencies>` of the project and of its profiles are direct; `<dependencyManagement>` only fixes versions and scopes, plugins build.
//! Scope `test` stays out of production; `provided` is there, put by the server. A name is `groupId:artifactId`, with `${…}` resolved
//! from the same file where it can be. What a parent pom elsewhere says is not seen.

use roxmltree::{Document, Node, ParsingOptions};

use super::text::Lines;
use super::{Manifest, Registry};

/// More nodes than any manifest has.
const MAX_NODES: u32 = 500_000;

/// Parses XML without document types: those define entities, which are a way to make a small file large.
pub(super) fn xml(text: &str) -> Result<Document<'_>, String> {
    let options = ParsingOptions { nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|error| format!("not valid XML: {error}"))
}

/// Child elements of a name, whatever the namespace.
pub(super) fn children<'d, 'n>(node: Node<'d, 'n>, name: &'static str) -> impl Iterator<Item = Node<'d, 'n>> {
    node.children().filter(move |child| child.is_element() && child.tag_name().name() == name)
}

/// The trimmed text of a child element.
pub(super) fn text_of<'d>(node: Node<'d, '_>, name: &'static str) -> Option<&'d str> {
    children(node, name).next()?.text().map(str::trim)
}

pub(super) fn read(text: &str) -> Result<Manifest, String> {
    let document = xml(text)?;
    let project = document.root_element();
    let pom = Pom { project, lines: Lines::new(text), managed: managed_scopes(project) };
    let mut manifest = Manifest::default();
    pom.add_all(&mut manifest, project);
    for profile in children(project, "profiles").flat_map(|profiles| children(profiles, "profile")) {
        pom.add_all(&mut manifest, profile);
    }
    Ok(manifest)
}

/// Coordinates that this file's own `<dependencyManagement>` puts in scope `test`.
fn managed_scopes<'d>(project: Node<'d, '_>) -> Vec<(&'d str, &'d str)> {
    let managed = children(project, "dependencyManagement").flat_map(|managed| children(managed, "dependencies"));
    let managed = managed.flat_map(|list| children(list, "dependency")).filter(|node| text_of(*node, "scope") == Some("test"));
    managed.filter_map(|node| Some((text_of(node, "groupId")?, text_of(node, "artifactId")?))).collect()
}

struct Pom<'d, 'n> {
    project: Node<'d, 'n>,
    lines: Lines,
    managed: Vec<(&'d str, &'d str)>,
}

impl<'d> Pom<'d, '_> {
    fn add_all(&self, manifest: &mut Manifest, node: Node<'d, '_>) {
        for dependency in children(node, "dependencies").flat_map(|list| children(list, "dependency")) {
            self.add(manifest, dependency);
        }
    }

    fn add(&self, manifest: &mut Manifest, dependency: Node<'d, '_>) {
        let (Some(group), Some(artifact)) = (text_of(dependency, "groupId"), text_of(dependency, "artifactId")) else { return };
        let line = self.lines.of(dependency.range().start);
        let test = match text_of(dependency, "scope") {
            Some(scope) => self.resolved(scope) == "test",
            None => self.managed.contains(&(group, artifact)),
        };
        let name = format!("{}:{}", self.resolved(group), self.resolved(artifact));
        if name.contains("${") {
            return manifest.note(format!("a dependency is named by a property of another file on line {line}"));
        }
        manifest.add(Registry::Maven, &name, !test, line);
    }

    /// Replaces `${…}` where this file defines it; a property may refer to another, a few times.
    fn resolved(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for _ in 0..5 {
            let Some((before, rest)) = text.split_once("${") else { break };
            let Some((name, after)) = rest.split_once('}') else { break };
            let Some(value) = self.property(name) else { break };
            text = format!("{before}{value}{after}");
        }
        text
    }

    fn property(&self, name: &str) -> Option<&'d str> {
        let of_project = |name| text_of(self.project, name);
        let of_parent = |name| children(self.project, "parent").next().and_then(|parent| text_of(parent, name));
        match name.strip_prefix("project.").or_else(|| name.strip_prefix("pom.")) {
            Some("groupId") => of_project("groupId").or_else(|| of_parent("groupId")),
            Some("parent.groupId") => of_parent("groupId"),
            Some("artifactId") => of_project("artifactId"),
            Some("parent.artifactId") => of_parent("artifactId"),
            Some(_) => None,
            None => {
                let properties = children(self.project, "properties").flat_map(|properties| properties.children());
                properties.filter(|node| node.tag_name().name() == name).find_map(|node| node.text()).map(str::trim)
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::read;
    use super::super::tests::{line_of, listed};

    #[test]
    fn scopes_profiles_and_properties() {
        let text = r#"<?xml version="1.0"?>
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <parent><groupId>org.acme</groupId><artifactId>parent</artifactId></parent>
  <properties><boot>org.springframework.boot</boot></properties>
  <dependencyManagement><dependencies>
    <dependency><groupId>no</groupId><artifactId>managed</artifactId></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId><scope>test</scope></dependency>
  </dependencies></dependencyManagement>
  <dependencies>
    <dependency>
      <groupId>${boot}</groupId>
      <artifactId>spring-boot-starter-web</artifactId>
      <exclusions><exclusion><groupId>x</groupId><artifactId>y</artifactId></exclusion></exclusions>
    </dependency>
    <!-- <dependency><groupId>no</groupId><artifactId>comment</artifactId></dependency> -->
    <dependency><groupId>${project.groupId}</groupId><artifactId>core</artifactId></dependency>
    <dependency><groupId>jakarta.servlet</groupId><artifactId>api</artifactId><scope>provided</scope></dependency>
    <dependency><groupId>org.mockito</groupId><artifactId>mockito-core</artifactId><scope> test </scope></dependency>
    <dependency><groupId>junit</groupId><artifactId>junit</artifactId></dependency>
    <dependency><groupId>${elsewhere}</groupId><artifactId>z</artifactId></dependency>
  </dependencies>
  <build><plugins><plugin><groupId>p</groupId><artifactId>q</artifactId>
    <dependencies><dependency><groupId>no</groupId><artifactId>plugin</artifactId></dependency></dependencies>
  </plugin></plugins></build>
  <profiles><profile><id>x</id><dependencies>
    <dependency><groupId>io.sentry</groupId><artifactId>sentry</artifactId></dependency>
  </dependencies></profile></profiles>
</project>"#;
        let expected = "+org.springframework.boot:spring-boot-starter-web +org.acme:core +jakarta.servlet:api -org.mockito:mockito-core \
                        -junit:junit +io.sentry:sentry";
        assert_eq!(listed("pom.xml", text), expected);
        assert_eq!(line_of("pom.xml", text, "org.springframework.boot:spring-boot-starter-web"), 10);
        assert_eq!(read("pom.xml", text).unwrap().unread, ["a dependency is named by a property of another file on line 20"]);
    }

    #[test]
    fn what_is_no_xml_is_said() {
        assert!(read("pom.xml", "").is_err());
        assert!(read("pom.xml", "<!DOCTYPE x [<!ENTITY a \"b\">]><project>&a;</project>").is_err());
        assert!(read("pom.xml", &"<a>".repeat(200_000)).is_err());
        let loops = "<project><properties><a>${a}${a}</a></properties><dependencies><dependency><groupId>${a}</groupId><artifactId>b</artifactId></dependency></dependencies></project>";
        assert_eq!(read("pom.xml", loops).unwrap().packages, []);
    }
}
