//! Google Cloud Build: `cloudbuild.yaml`.
//!
//! A build is one job: steps in containers, in order. What starts it stands elsewhere, in the project or in Terraform, so it
//! has no triggers here and says so. A builder image is named after its command, so that `gcloud` with the arguments
//! `[run, deploy]` reads as `gcloud run deploy`.

use super::draft::{Draft, DraftJob, DraftStep};
use super::event::Mask;
use super::sources::{Sources, resolve};
use super::steps::{image, texts};
use super::{Job, Step, commands, documents_of};
use crate::evidence::data::Format;
use crate::evidence::node::Node;

/// The vendor whose pipeline this path is.
pub(super) fn vendor(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = [".yaml", ".yml", ".json"].iter().find_map(|extension| name.strip_suffix(extension))?;
    (stem == "cloudbuild" || stem.starts_with("cloudbuild-") || stem.starts_with("cloudbuild.") || stem.starts_with("cloudbuild_"))
        .then_some("cloud-build")
}

/// Reads a build.
pub(super) fn read(path: &str, text: &str, sources: &Sources) -> Result<Draft, String> {
    let format = if path.ends_with(".json") { Format::Json } else { Format::Yaml };
    let documents = documents_of(format, text)?;
    let build = documents.first().ok_or("is empty")?;
    let Some(steps) = build.member("steps") else { return Err("has no steps: not a build".to_owned()) };
    let mut draft = Draft::new(None, Vec::new());
    draft.unseen("what triggers the build (a setting of the project)", None, steps.line);
    let job = Job { id: "build".to_owned(), name: "build".to_owned(), line: steps.line, ..Job::default() };
    let steps = steps.node.items().iter().take(draft.room()).filter_map(|node| step(node, sources));
    let steps = steps.map(|step| DraftStep { step, mask: Mask::default() }).collect();
    draft.add(DraftJob { job, steps, ..DraftJob::default() });
    Ok(draft)
}

fn step(node: &Node, sources: &Sources) -> Option<Step> {
    let (uses, version) = image(&node.get("name")?.scalar()?);
    let directory = node.get("dir").and_then(Node::scalar).and_then(|directory| resolve("", &directory)).unwrap_or_default();
    let run = command(node, &uses).map(|run| commands::follow(&run, &directory, sources));
    let name = node.get("id").and_then(Node::scalar);
    Some(Step { line: node.line, name, run, uses: Some(uses), version, ..Step::default() })
}

/// The command of a step: its script, what it gives to a shell, or the builder's name with its arguments.
fn command(node: &Node, image: &str) -> Option<String> {
    if let Some(script) = node.get("script").and_then(Node::scalar) {
        return Some(script);
    }
    let arguments = texts(node.get("args"));
    let builder = image.rsplit('/').next().unwrap_or(image);
    let entrypoint = node.get("entrypoint").and_then(Node::scalar).unwrap_or_else(|| builder.to_owned());
    match arguments.as_slice() {
        [.., flag, script] if flag.starts_with('-') && flag.ends_with('c') && entrypoint.ends_with("sh") => Some(script.clone()),
        [] => node.get("entrypoint").map(|_| entrypoint),
        arguments => Some(format!("{entrypoint} {}", arguments.join(" "))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests_support::Files;
    use super::super::{is_pipeline, read};

    #[test]
    fn a_build_as_people_write_it() {
        assert!(is_pipeline("cloudbuild.yaml") && is_pipeline("deploy/cloudbuild-prod.yml") && !is_pipeline("cloudbuilders.yaml"));
        let text = "steps:
  - name: gcr.io/cloud-builders/docker
    args: [build, -t, app, .]
  - name: node:20
    entrypoint: bash
    args:
      - -c
      - |
        npm ci # all
        npm test
  - id: Deploy
    name: gcr.io/google.com/cloudsdktool/cloud-sdk:slim
    entrypoint: gcloud
    args: [run, deploy, app]
";
        let pipeline = read("cloudbuild.yaml", text, &Files::default()).unwrap();
        let steps = &pipeline.jobs[0].steps;
        let runs: Vec<&str> = steps.iter().filter_map(|step| step.run.as_deref()).collect();
        assert_eq!(runs, ["docker build -t app .", "npm ci\nnpm test", "gcloud run deploy app"]);
        assert_eq!((steps[1].uses.as_deref(), steps[1].version.as_deref()), (Some("node"), Some("20")));
        assert!(pipeline.jobs[0].triggers.is_empty() && !pipeline.jobs[0].disabled && pipeline.unseen.len() == 1);
    }

    #[test]
    fn what_is_no_build_says_so() {
        for broken in ["a: [", "text", "", "images: []"] {
            assert!(read("cloudbuild.yaml", broken, &Files::default()).is_err(), "{broken}");
        }
        read("cloudbuild.yaml", "steps: [1, {name: [x]}, {name: x, args: {}}]", &Files::default()).unwrap();
    }
}
