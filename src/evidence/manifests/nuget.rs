//! NuGet: project files (`*.csproj`, `*.fsproj`, `*.vbproj`), `packages.config`, and `Directory.Build.props`.
//!
//! `<PackageReference Include>` is a dependency; `Update` changes one, `<PackageVersion>` in `Directory.Packages.props` prices one.
//! `PrivateAssets="all"` means analyzers and build tools. Test projects install nothing in production. What a project is built *on* is told
//! by its SDK and framework rather than by packages, so `sdk:Microsoft.NET.Sdk.Web` and `Microsoft.AspNetCore.App` are reported as if they
//! were packages.

use roxmltree::Node;

use super::maven::{text_of, xml};
use super::text::Lines;
use super::{Manifest, Registry, file_name};

/// Project files by their extension, the shared files by their name; Windows compares neither by case.
pub(super) fn is_manifest(name: &str) -> bool {
    const NAMES: &[&str] = &["packages.config", "directory.build.props", "directory.build.targets", "directory.packages.props"];
    let name = name.to_ascii_lowercase();
    is_project(&name) || NAMES.contains(&name.as_str())
}

fn is_project(name: &str) -> bool {
    [".csproj", ".fsproj", ".vbproj"].iter().any(|extension| name.ends_with(extension))
}

pub(super) fn read(path: &str, text: &str) -> Result<Manifest, String> {
    let document = xml(text)?;
    let root = document.root_element();
    let lines = Lines::new(text);
    let name = file_name(path).to_ascii_lowercase();
    let mut manifest = Manifest::default();
    add_sdks(&mut manifest, root, &lines);
    for node in root.descendants().filter(Node::is_element) {
        let line = lines.of(node.range().start);
        match node.tag_name().name() {
            "PackageReference" => add_included(&mut manifest, node, !is_private(node) && !is_beside_test_sdk(node), line),
            "FrameworkReference" => add_included(&mut manifest, node, true, line),
            "GlobalPackageReference" => add_included(&mut manifest, node, false, line),
            "package" if name == "packages.config" => {
                let development = attribute(node, "developmentDependency").is_some_and(|value| value.eq_ignore_ascii_case("true"));
                manifest.add(Registry::Nuget, attribute(node, "id").unwrap_or_default(), !development, line);
            }
            _ => {}
        }
    }
    Ok(if is_project(&name) && is_test(&name, root) { manifest.development_only() } else { manifest })
}

/// `<Project Sdk="A/1.0;B">` and `<Sdk Name="A" />`.
fn add_sdks(manifest: &mut Manifest, root: Node<'_, '_>, lines: &Lines) {
    let elements = root.children().filter(|child| child.tag_name().name() == "Sdk");
    let named = elements.filter_map(|node| Some((attribute(node, "Name")?, node)));
    for (names, node) in attribute(root, "Sdk").map(|names| (names, root)).into_iter().chain(named) {
        for sdk in names.split(';') {
            let sdk = sdk.split('/').next().unwrap_or_default().trim();
            if !sdk.is_empty() {
                manifest.add(Registry::Nuget, &format!("sdk:{sdk}"), true, lines.of(node.range().start));
            }
        }
    }
}

fn add_included(manifest: &mut Manifest, node: Node<'_, '_>, runtime: bool, line: u32) {
    for name in attribute(node, "Include").unwrap_or_default().split(';') {
        if name.contains("$(") || name.contains("@(") {
            manifest.note(format!("a package is named by a property on line {line}"));
        } else {
            manifest.add(Registry::Nuget, name, runtime, line);
        }
    }
}

/// An attribute, whose name MSBuild compares without case.
fn attribute<'d>(node: Node<'d, '_>, name: &str) -> Option<&'d str> {
    node.attributes().find(|attribute| attribute.name().eq_ignore_ascii_case(name)).map(|attribute| attribute.value())
}

/// `PrivateAssets="all"`, as an attribute or as an element.
fn is_private(node: Node<'_, '_>) -> bool {
    let assets = attribute(node, "PrivateAssets").or_else(|| text_of(node, "PrivateAssets"));
    assets.is_some_and(|assets| assets.trim().eq_ignore_ascii_case("all"))
}

/// Shared files give test packages to test projects only, in a group of their own.
fn is_beside_test_sdk(node: Node<'_, '_>) -> bool {
    let Some(group) = node.parent().filter(|parent| parent.tag_name().name() == "ItemGroup") else { return false };
    let condition = attribute(group, "Condition").unwrap_or_default().to_ascii_lowercase();
    condition.contains("istestproject") && condition.contains("true") && !condition.contains("!=")
}

/// A test project by its name, by `<IsTestProject>`, or by the test SDK it refers to.
fn is_test(name: &str, root: Node<'_, '_>) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let named = stem.ends_with("tests") || stem.ends_with(".test") || stem.ends_with(".specs");
    let declared = |node: Node<'_, '_>| match node.tag_name().name() {
        "IsTestProject" => node.text().is_some_and(|text| text.trim().eq_ignore_ascii_case("true")),
        "PackageReference" => attribute(node, "Include").is_some_and(|name| name.eq_ignore_ascii_case("Microsoft.NET.Test.Sdk")),
        _ => false,
    };
    named || root.descendants().filter(Node::is_element).any(declared)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::{line_of, listed};
    use super::super::{Registry, read, registry_of, same};

    const PROJECT: &str = "\u{feff}<Project Sdk=\"Microsoft.NET.Sdk.Web\">\r\n  <ItemGroup>\r\n    <FrameworkReference Include=\"Microsoft.AspNetCore.App\" />\r\n    <PackageReference Include=\"Sentry.AspNetCore\" Version=\"5.0\" />\r\n    <PackageReference Update=\"No\" Version=\"1\" />\r\n    <!-- <PackageReference Include=\"Commented\" /> -->\r\n    <PackageReference Include=\"StyleCop.Analyzers\" PrivateAssets=\"All\" />\r\n    <PackageReference Include=\"EF.Tools\">\r\n      <PrivateAssets>all</PrivateAssets>\r\n    </PackageReference>\r\n    <PackageReference Include=\"A;B\" />\r\n    <PackageReference Include=\"$(Name)\" />\r\n  </ItemGroup>\r\n</Project>\r\n";

    #[test]
    fn projects() {
        let expected = "+sdk:microsoft.net.sdk.web +microsoft.aspnetcore.app +sentry.aspnetcore -stylecop.analyzers -ef.tools +a +b";
        assert_eq!(listed("src/Web/Web.csproj", PROJECT), expected);
        assert_eq!(line_of("Web.csproj", PROJECT, "sentry.aspnetcore"), 4);
        assert_eq!(read("Web.fsproj", PROJECT).unwrap().unread, ["a package is named by a property on line 12"]);
        assert!(same(Registry::Nuget, "Sentry.AspNetCore", "sentry.aspnetcore"));
    }

    #[test]
    fn test_projects_install_nothing_in_production() {
        assert!(!listed("Ordering.UnitTests.csproj", PROJECT).contains('+'));
        assert!(!listed("Web.Test.csproj", PROJECT).contains('+'));
        let by_property = "<Project><PropertyGroup><IsTestProject>true</IsTestProject></PropertyGroup><ItemGroup><PackageReference Include=\"A\"/></ItemGroup></Project>";
        assert_eq!(listed("X.csproj", by_property), "-a");
        let by_reference = "<Project><ItemGroup><PackageReference Include=\"Microsoft.NET.Test.Sdk\"/><PackageReference Include=\"A\"/></ItemGroup></Project>";
        assert_eq!(listed("X.vbproj", by_reference), "-microsoft.net.test.sdk -a");
    }

    #[test]
    fn shared_and_old_files() {
        let config = "<?xml version=\"1.0\"?>\n<packages>\n  <package id=\"Elmah\" version=\"1\" />\n  <package id=\"X\" developmentDependency=\"true\" />\n</packages>";
        assert_eq!(listed("packages.config", config), "+elmah -x");
        let central = "<Project><ItemGroup><PackageVersion Include=\"A\" Version=\"1\"/><GlobalPackageReference Include=\"B\"/></ItemGroup></Project>";
        assert_eq!(listed("Directory.Packages.props", central), "-b");
        let props = "<Project><ItemGroup Condition=\"'$(IsTestProject)' == 'true'\"><PackageReference Include=\"xunit\"/></ItemGroup><ItemGroup><PackageReference Include=\"A\"/></ItemGroup></Project>";
        assert_eq!(listed("Directory.Build.props", props), "-xunit +a");
        let old = "<Project xmlns=\"http://schemas.microsoft.com/developer/msbuild/2003\"><ItemGroup><PackageReference Include=\"A\"/></ItemGroup></Project>";
        assert_eq!(listed("A.CSPROJ", old), "+a");
        assert_eq!(registry_of("a/Directory.Build.targets"), Some(Registry::Nuget));
    }
}
