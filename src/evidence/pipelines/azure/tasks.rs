//! What well-known tasks run.

use super::super::steps::command_input;

/// The command line that a task stands for.
pub(super) fn task_command(task: &str, with: &[(String, String)]) -> Option<String> {
    let of = |name: &str| with.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
    let line = |program: &str, words: &[Option<&str>]| {
        let words: Vec<&str> = words.iter().flatten().copied().filter(|word| !word.is_empty()).collect();
        Some(format!("{program} {}", words.join(" ")).trim_end().to_owned())
    };
    match task {
        "DotNetCoreCLI" => {
            line("dotnet", &[of("command").filter(|command| *command != "custom"), of("custom"), of("projects"), of("arguments")])
        }
        "Npm" => line("npm", &[of("command").filter(|command| *command != "custom"), of("customCommand")]),
        "Maven" => line("mvn", &[of("goals").or(Some("package"))]),
        "Gradle" => line("gradle", &[of("tasks").or(Some("build"))]),
        "Docker" => line("docker", &[of("command")]),
        "HelmDeploy" => line("helm", &[of("command"), of("chartName"), of("arguments")]),
        "Kubernetes" => line("kubectl", &[of("command"), of("arguments")]),
        "TerraformTaskV4" | "TerraformTaskV3" | "TerraformCLI" => line("terraform", &[of("command"), of("commandOptions")]),
        "VSTest" => Some("vstest".to_owned()),
        _ => command_input(task, with),
    }
}
