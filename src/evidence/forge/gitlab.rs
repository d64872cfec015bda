//! What GitLab is asked.

use serde_json::{Map, Value};

use super::collect::{Asking, unseen};
use super::github::segment;
use super::target::Target;

/// Pipelines whose jobs are asked for.
const PIPELINES: usize = 10;

pub(super) fn headers(target: &Target) -> Vec<(&'static str, String)> {
    target.token.iter().map(|token| ("private-token", token.clone())).collect()
}

/// Asks everything; the name of the default branch.
pub(super) fn ask(asking: &mut Asking<'_>) -> Result<Option<String>, String> {
    let root = format!("projects/{}", segment(&asking.target.repository));
    let project = asking.door.get(&root);
    let Some(project) = asking.keep("repository", "read_api", project) else { return Err(unseen(asking, "repository")) };
    let branch = project.get("default_branch").and_then(Value::as_str).unwrap_or("main").to_owned();
    let (place, since) = (segment(&branch), asking.since());
    let deployments = asking.door.list(
        &format!("{root}/deployments?order_by=updated_at&sort=desc&updated_after={since}T00%3A00%3A00Z&per_page=100"),
        None,
        3,
    );
    let pipelines = asking.keep("deployments", "read_api, as Reporter", deployments).map(pipelines_of).unwrap_or_default();
    let environments = asking.door.list(&format!("{root}/environments?per_page=100"), None, 1);
    asking.keep("environments", "read_api, as Reporter", environments);
    let runs = asking.door.list(&format!("{root}/pipelines?ref={place}&updated_after={since}T00%3A00%3A00Z&per_page=100"), None, 1);
    asking.keep("pipelines", "read_api", runs);
    let mut jobs = Map::new();
    for id in pipelines.iter().take(PIPELINES) {
        match asking.door.list(&format!("{root}/pipelines/{id}/jobs?per_page=100"), None, 1) {
            Ok(answer) => drop(jobs.insert(id.clone(), answer)),
            Err(_) => break,
        }
    }
    asking.keep("pipeline-jobs", "read_api", Ok(Value::Object(jobs)));
    let merged = format!(
        "{root}/merge_requests?state=merged&target_branch={place}&updated_after={since}T00%3A00%3A00Z&order_by=updated_at&per_page=100"
    );
    let merged = asking.door.list(&merged, None, 2);
    asking.keep("merge-requests", "read_api", merged);
    let releases = asking.door.list(&format!("{root}/releases?per_page=100"), None, 1);
    asking.keep("releases", "read_api", releases);
    let protected = asking.door.list(&format!("{root}/protected_branches?per_page=100"), None, 1);
    asking.keep("protected-branches", "read_api, as Maintainer", protected);
    let about_branch = asking.door.get(&format!("{root}/repository/branches/{place}"));
    asking.keep("branch", "read_api or read_repository", about_branch);
    Ok(Some(branch))
}

/// The pipelines that the newest deployments came from.
fn pipelines_of(deployments: &Value) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for one in deployments.as_array().into_iter().flatten() {
        if let Some(id) = one.pointer("/deployable/pipeline/id").and_then(Value::as_u64).map(|id| id.to_string())
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    }
    ids
}
