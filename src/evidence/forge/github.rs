//! What GitHub is asked, in about a dozen calls. With a token one GraphQL call tells the statuses of all deployments and the first commit of each pull request, and
//! another the checks of the newest deployed commits, for which REST wants a call each; without one, or where GraphQL fails, REST is asked for the newest few.

use serde_json::{Map, Value, json};

use super::collect::{Asking, unseen};
use super::facts::is_production;
use super::http::Refusal;
use super::target::Target;

/// Deployments whose statuses and checks are asked for one by one, with a token and without.
const ONE_BY_ONE: (usize, usize) = (20, 5);

const QUERY: &str = "query($owner:String!,$name:String!,$environments:[String!],$branch:String!){repository(owner:$owner,name:$name){\
deployments(last:100,environments:$environments){nodes{databaseId environment task commitOid createdAt statuses(last:20){nodes{state createdAt}}}}\
pullRequests(last:100,states:MERGED,baseRefName:$branch,orderBy:{field:UPDATED_AT,direction:ASC}){nodes{number createdAt mergedAt headRefName mergeCommit{oid} commits(first:1){nodes{commit{authoredDate}}}}}}}";

pub(super) fn headers(target: &Target) -> Vec<(&'static str, String)> {
    let mut headers = vec![("accept", "application/vnd.github+json".to_owned()), ("x-github-api-version", "2022-11-28".to_owned())];
    headers.extend(target.token.as_ref().map(|token| ("authorization", format!("Bearer {token}"))));
    headers
}

/// Asks everything; the name of the default branch.
pub(super) fn ask(asking: &mut Asking<'_>) -> Result<Option<String>, String> {
    let root = format!("repos/{}", asking.target.repository);
    let repository = asking.door.get(&root);
    let Some(repository) = asking.keep("repository", "Metadata: read", repository) else { return Err(unseen(asking, "repository")) };
    let branch = repository.get("default_branch").and_then(Value::as_str).unwrap_or("main").to_owned();
    if repository.get("security_and_analysis").is_none() {
        asking.keep("security", "Administration: read", Err(Refusal::Hidden));
    }
    let place = segment(&branch);
    let environments = asking.door.list(&format!("{root}/environments?per_page=100"), Some("environments"), 2);
    let environments = asking.keep("environments", "Actions: read", environments).map(names).unwrap_or_default();
    let production: Vec<String> = environments.into_iter().filter(|name| is_production(name)).collect();
    if !by_graphql(asking, &production, &branch) {
        by_rest(asking, &root, &production);
    }
    let since = asking.since();
    let runs = asking.door.list(
        &format!("{root}/actions/runs?branch={place}&event=push&created=%3E%3D{since}&per_page=100"),
        Some("workflow_runs"),
        2,
    );
    asking.keep("runs", "Actions: read", runs);
    checks(asking, &root);
    let pulls = asking.door.list(&format!("{root}/pulls?state=closed&base={place}&sort=updated&direction=desc&per_page=100"), None, 2);
    asking.keep("pulls", "Pull requests: read", pulls);
    let releases = asking.door.list(&format!("{root}/releases?per_page=100"), None, 1);
    asking.keep("releases", "Contents: read", releases);
    let about_branch = asking.door.get(&format!("{root}/branches/{place}"));
    asking.keep("branch", "Contents: read", about_branch);
    let rules = asking.door.list(&format!("{root}/rules/branches/{place}?per_page=100"), None, 1);
    asking.keep("rules", "Metadata: read", rules);
    if asking.target.token.is_some() {
        let protection = asking.door.get(&format!("{root}/branches/{place}/protection"));
        // 404 with the right to see it means that there is none, and nobody can tell the two apart.
        asking.keep("protection", "Administration: read", protection);
    }
    Ok(Some(branch))
}

fn names(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|one| one.get("name")?.as_str().map(str::to_owned)).collect()
}

/// A part of a path or a value in a query.
pub(super) fn segment(text: &str) -> String {
    text.bytes()
        .map(
            |byte| {
                if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }
            },
        )
        .collect()
}

fn by_graphql(asking: &mut Asking<'_>, production: &[String], branch: &str) -> bool {
    let (Some(address), Some(_)) = (asking.target.graphql.clone(), &asking.target.token) else { return false };
    let Some((owner, name)) = asking.target.repository.split_once('/') else { return false };
    let environments = if production.is_empty() { Value::Null } else { json!(production) };
    let variables = json!({ "owner": owner, "name": name, "environments": environments, "branch": branch });
    let Ok(mut data) = asking.door.graphql(&address, QUERY, &variables) else { return false };
    let Some(repository @ Value::Object(_)) = data.get_mut("repository").map(Value::take) else { return false };
    asking.keep("graphql", "Deployments: read", Ok(repository)).is_some()
}

fn by_rest(asking: &mut Asking<'_>, root: &str, production: &[String]) {
    let environment = production.first().map(|name| format!("&environment={}", segment(name))).unwrap_or_default();
    let deployments = asking.door.list(&format!("{root}/deployments?per_page=100{environment}"), None, 1);
    let newest = asking.keep("deployments", "Deployments: read", deployments).map(|all| some(all, "id")).unwrap_or_default();
    let each = |asking: &Asking<'_>, id: &String| asking.door.list(&format!("{root}/deployments/{id}/statuses?per_page=100"), None, 1);
    one_by_one(asking, "deployment-statuses", "Deployments: read", &newest, each);
}

/// The checks of the newest deployed commits.
fn checks(asking: &mut Asking<'_>, root: &str) {
    let recorded = super::facts::deployed_commits(asking.answers_so_far());
    if checks_by_graphql(asking, &recorded) {
        return;
    }
    let each = |asking: &Asking<'_>, sha: &String| {
        asking.door.list(&format!("{root}/commits/{sha}/check-runs?per_page=100"), Some("check_runs"), 1)
    };
    one_by_one(asking, "check-runs", "Checks: read", &recorded, each);
}

/// The same in one call, in the words of REST.
fn checks_by_graphql(asking: &mut Asking<'_>, recorded: &[String]) -> bool {
    let (Some(address), Some(_)) = (asking.target.graphql.clone(), &asking.target.token) else { return false };
    let Some((owner, name)) = asking.target.repository.split_once('/') else { return false };
    let wanted: Vec<&String> = recorded.iter().take(ONE_BY_ONE.0).collect();
    if wanted.is_empty() {
        return false;
    }
    // Names of commits are hexadecimal (`deployed_commits`): they cannot be read as anything else.
    let each = wanted.iter().enumerate().map(|(index, sha)| format!("c{index}:object(oid:\"{sha}\"){{...checks}} "));
    let query = format!(
        "query($owner:String!,$name:String!){{repository(owner:$owner,name:$name){{{}}}}} \
         fragment checks on Commit{{checkSuites(last:20){{nodes{{checkRuns(last:50){{nodes{{name conclusion completedAt}}}}}}}}}}",
        each.collect::<String>()
    );
    let Ok(data) = asking.door.graphql(&address, &query, &json!({ "owner": owner, "name": name })) else { return false };
    let runs_of = |index: usize| -> Option<Value> {
        let suites = data.pointer(&format!("/repository/c{index}/checkSuites/nodes"))?.as_array()?;
        let runs = suites.iter().filter_map(|suite| suite.pointer("/checkRuns/nodes")?.as_array()).flatten();
        Some(runs.map(|run| json!({ "name": run["name"], "conclusion": run["conclusion"], "completed_at": run["completedAt"] })).collect())
    };
    let found: Map<String, Value> = wanted.iter().enumerate().filter_map(|(index, sha)| Some(((*sha).clone(), runs_of(index)?))).collect();
    !found.is_empty() && asking.keep("check-runs", "Checks: read", Ok(Value::Object(found))).is_some()
}

fn one_by_one(
    asking: &mut Asking<'_>,
    name: &str,
    permission: &str,
    keys: &[String],
    each: impl Fn(&Asking<'_>, &String) -> Result<Value, Refusal>,
) {
    let most = if asking.target.token.is_some() { ONE_BY_ONE.0 } else { ONE_BY_ONE.1 };
    let mut found = Map::new();
    for key in keys.iter().take(most) {
        match each(asking, key) {
            Ok(answer) => drop(found.insert(key.clone(), answer)),
            Err(refusal) if found.is_empty() => {
                asking.keep(name, permission, Err(refusal));
                return;
            }
            Err(_) => break,
        }
    }
    asking.keep(name, permission, Ok(Value::Object(found)));
}

/// Some field of production's deployments, newest first.
fn some(deployments: &Value, field: &str) -> Vec<String> {
    let is_wanted = |one: &&Value| {
        one.get("production_environment").and_then(Value::as_bool) == Some(true)
            || one.get("environment").and_then(Value::as_str).is_some_and(is_production)
    };
    deployments.as_array().into_iter().flatten().filter(is_wanted).filter_map(|one| one.get(field).map(ToString::to_string)).collect()
}
