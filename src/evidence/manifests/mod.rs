//! Package manifests: which packages an application depends on directly, and whether production installs them.

/// A package registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Registry {
    /// RubyGems.
    Gem,
    /// npm.
    Npm,
    /// PyPI.
    Pypi,
    /// Go modules.
    Go,
    /// crates.io.
    Cargo,
    /// Maven repositories.
    Maven,
    /// NuGet.
    Nuget,
    /// Packagist.
    Composer,
    /// Hex.
    Hex,
}

/// A direct dependency that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// Where the name belongs.
    pub registry: Registry,
    /// The normalised name.
    pub name: String,
    /// True when production installs it.
    pub runtime: bool,
    /// 1-based line.
    pub line: u32,
}

/// What a manifest or lockfile says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// Direct dependencies, in the order written.
    pub packages: Vec<Package>,
    /// Parts that could not be read, in words for the user: "requirements are included from another file: base.txt".
    pub unread: Vec<String>,
}

/// The registry of a manifest (or of a lockfile that stands in for one), told by its path.
pub fn registry_of(_path: &str) -> Option<Registry> {
    None
}

/// The direct dependencies that a manifest names. `Err` says in words why the file cannot be read at all.
pub fn read(_path: &str, _text: &str) -> Result<Manifest, String> {
    Ok(Manifest::default())
}

/// A package name as its registry compares it.
pub fn normalise(_registry: Registry, name: &str) -> String {
    name.to_owned()
}

/// Whether a dependency's normalised name is the one a definition asks for.
pub fn same(_registry: Registry, _asked: &str, _have: &str) -> bool {
    false
}
