//! Entries that only confirm: a green run says that a pipeline runs, not that it tests. It counts where `configured` was reached, and of files
//! those alone that show it.

use super::{Judge, Proof, Verdict};
use crate::definition::catalogue::Clause;
use crate::definition::words::Level;

impl Judge<'_> {
    /// A rung of a practice: any of its clauses. `below` is what the lower rungs rest on.
    pub(super) fn rung(&self, clauses: &[Clause], level: Level, reached: Level, below: &[Proof]) -> Verdict {
        if !clauses.iter().any(|clause| clause.confirms) {
            return self.any(clauses, level, None);
        }
        let (confirming, others): (Vec<Clause>, Vec<Clause>) = clauses.iter().cloned().partition(|clause| clause.confirms);
        let verdict = self.any(&others, level, None);
        if reached < Level::Configured {
            return verdict;
        }
        let is_shown = |proof: &Proof| {
            let path = &proof.sighting.place.path;
            path.is_none() || below.iter().any(|below| below.level >= Level::Configured && below.sighting.place.path == *path)
        };
        let confirmed = match self.any(&confirming, level, None) {
            Verdict::Holds(proofs) => {
                let proofs: Vec<Proof> = proofs.into_iter().filter(is_shown).collect();
                if proofs.is_empty() { Verdict::Not } else { Verdict::Holds(proofs) }
            }
            other => other,
        };
        match (verdict, confirmed) {
            (Verdict::Holds(mut proofs), more) => {
                proofs.extend(more.proofs());
                Verdict::Holds(proofs)
            }
            (_, confirmed @ Verdict::Holds(_)) | (Verdict::Not, confirmed) => confirmed,
            (verdict, _) => verdict,
        }
    }
}
