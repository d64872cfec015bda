//! What a `pipeline` look sees in the pipelines of a repository.

use super::super::world::FileEntry;
use super::super::{Gap, Seen, Sighting};
use super::{Job, Pipeline, Step};
use crate::definition::words::Trigger;
use crate::definition::written::PipelineLook;
use crate::evidence::files::Lazy;

/// A look with its patterns compiled.
struct Ask<'a> {
    look: &'a PipelineLook,
    runs: Vec<Lazy>,
    without: Vec<Lazy>,
    after: Vec<Lazy>,
    job: Option<Lazy>,
    environment: Option<Lazy>,
}

/// What the look sees in all pipelines.
pub fn see(look: &PipelineLook, pipelines: &[(FileEntry, Result<Pipeline, String>)]) -> Seen {
    let lazies = |patterns: &crate::definition::words::OneOrMany| patterns.iter().map(|pattern| Lazy::new(pattern)).collect();
    let ask = Ask {
        look,
        runs: lazies(&look.runs),
        without: lazies(&look.without),
        after: lazies(&look.after),
        job: look.job.as_deref().map(Lazy::new),
        environment: look.environment.as_deref().map(Lazy::new),
    };
    let readable: Vec<(&FileEntry, &Pipeline)> =
        pipelines.iter().filter_map(|(entry, read)| read.as_ref().ok().map(|pipeline| (entry, pipeline))).collect();
    let mut seen = Seen::default();
    for (entry, pipeline) in &readable {
        for job in pipeline.jobs.iter().filter(|job| !job.disabled) {
            let found = ask.job(job, pipeline, &readable);
            seen.sightings.extend(found.map(|found| Sighting::at(&shown(entry, found.file), Some(found.line), Some(found.text))));
        }
        seen.gaps.extend(pipeline.unseen.iter().map(|unseen| Gap {
            what: format!("{}:{}", shown(entry, unseen.file.as_deref()), unseen.line),
            why: format!("refers to {}, which is not in this repository", unseen.what),
            next: "attest what it does in audit.toml".into(),
        }));
    }
    for (entry, read) in pipelines {
        if let Err(why) = read {
            seen.gaps.push(Gap { what: entry.path.clone(), why: super::super::one_line(why), next: "mend the pipeline file".into() });
        }
    }
    seen
}

/// What shows a job.
struct Found<'p> {
    /// The file, when it is not the pipeline's own.
    file: Option<&'p str>,
    line: u32,
    text: String,
}

/// The path for people of a file that a pipeline is made of: both are relative to the same directory.
fn shown(entry: &FileEntry, file: Option<&str>) -> String {
    let above = entry.path.strip_suffix(entry.name.as_str()).unwrap_or_default();
    file.map_or_else(|| entry.path.clone(), |file| format!("{above}{file}"))
}

impl Ask<'_> {
    /// The line and text that show the job, if everything written holds for it.
    fn job<'p>(&self, job: &'p Job, pipeline: &Pipeline, all: &[(&FileEntry, &Pipeline)]) -> Option<Found<'p>> {
        let look = self.look;
        let automatic = look.automatic.is_none_or(|wanted| wanted == is_automatic(job, pipeline));
        let scheduled = look.every_hours.is_none_or(|hours| job.every_hours.is_some_and(|gap| gap <= hours));
        let named = self.job.as_ref().is_none_or(|name| name.is_match(&job.id) || name.is_match(&job.name));
        let environment = self.environment.as_ref().is_none_or(|name| job.environment.as_deref().is_some_and(|have| name.is_match(have)));
        let clean =
            !job.steps.iter().filter_map(|step| step.run.as_deref()).any(|run| self.without.iter().any(|pattern| pattern.is_match(run)));
        if !(automatic && scheduled && named && environment && clean) {
            return None;
        }
        let (position, found) = self.step(job)?;
        (self.after.is_empty() || self.ran_before(job, position, pipeline, all)).then_some(found)
    }

    fn started(&self, triggers: &[Trigger]) -> bool {
        self.look.on.is_empty() || self.look.on.iter().any(|trigger| triggers.contains(trigger))
    }

    /// The first step that the look asks for and that its triggers reach; the job itself when it asks for none.
    fn step<'p>(&self, job: &'p Job) -> Option<(usize, Found<'p>)> {
        if self.runs.is_empty() && self.look.uses.is_empty() {
            let found = Found { file: job.file.as_deref(), line: job.line, text: format!("job {}", job.name) };
            return self.started(&job.triggers).then_some((job.steps.len(), found));
        }
        let reached = job.steps.iter().enumerate().filter(|(_, step)| self.started(job.triggers_of(step)));
        reached.into_iter().find_map(|(position, step)| {
            let text = step.run.as_deref().and_then(|run| self.runs.iter().find_map(|pattern| matching_line(pattern, run)));
            let text = text.or_else(|| uses(step, &self.look.uses).map(|action| format!("uses {action}")))?;
            Some((position, Found { file: step.file.as_deref(), line: step.line, text }))
        })
    }

    /// Whether a step that matches `after` ran before this one.
    fn ran_before(&self, job: &Job, position: usize, pipeline: &Pipeline, all: &[(&FileEntry, &Pipeline)]) -> bool {
        let matches = |step: &Step| {
            let text = step.run.as_deref().unwrap_or_default();
            self.after.iter().any(|pattern| pattern.is_match(text) || step.uses.as_deref().is_some_and(|action| pattern.is_match(action)))
        };
        let earlier = job.steps.iter().take(position).any(matches);
        let needed = pipeline.ancestors(&job.id).iter().any(|needed| !needed.disabled && needed.steps.iter().any(matches));
        let followed = || {
            let names = pipeline.jobs.iter().filter(|other| other.id == job.id).flat_map(|other| &other.after_pipelines);
            names
                .flat_map(|name| all.iter().filter(move |(_, other)| &other.name == name))
                .any(|(_, other)| other.jobs.iter().any(|job| !job.disabled && job.steps.iter().any(matches)))
        };
        earlier || needed || followed()
    }
}

/// No person is needed for the job nor for any job before it.
fn is_automatic(job: &Job, pipeline: &Pipeline) -> bool {
    let starts_itself = job.triggers.iter().any(|trigger| *trigger != Trigger::Manual);
    starts_itself && !job.manual && !pipeline.ancestors(&job.id).iter().any(|needed| needed.manual)
}

fn matching_line(pattern: &Lazy, run: &str) -> Option<String> {
    let at = pattern.find(run)?;
    let start = run[..at].rfind('\n').map_or(0, |newline| newline + 1);
    Some(run[start..].lines().next().unwrap_or_default().trim().to_owned())
}

/// The action of a step, if it is one of those asked for.
fn uses<'s>(step: &'s Step, asked: &[String]) -> Option<&'s str> {
    let action = step.uses.as_deref()?;
    let is = |name: &String| match name.strip_suffix('/') {
        Some(folder) => action.to_ascii_lowercase().starts_with(&format!("{}/", folder.to_ascii_lowercase())),
        None => action.eq_ignore_ascii_case(name) || action.to_ascii_lowercase().starts_with(&format!("{}/", name.to_ascii_lowercase())),
    };
    asked.iter().any(is).then_some(action)
}
