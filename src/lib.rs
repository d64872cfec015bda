//! `audit`: how confident can we be that we will notice, survive and quickly fix whatever breaks?
//!
//! One verb and one type per stage:
//!
//! 1. [`definition`] reads TOML files into a [`definition::catalogue::Catalog`] of checks, tools and subject kinds.
//! 2. [`plan`] draws every look they need, once each, into a [`plan::Plan`].
//! 3. [`evidence`] gathers what the looks see, or cannot see, into an [`evidence::Dossier`].
//! 4. [`outcome`] judges the dossier: one standing per check, with its proofs. It is pure, as is
//! 5. [`score`], which weighs: every sum of the report is made there.
//! 6. [`report`] composes plain, versioned data and renders it.
//!
//! Reports are then set side by side ([`compare`]), looked at for the days ahead ([`forecast`]), held against what was asked of
//! them ([`gate`]), and kept ([`history`]); [`ledger`] tells what each check of one is worth.
//!
//! [`proving`] runs the same stages over the examples inside the definitions; [`commands`] joins them for people.
//! `docs/architecture.md` tells the rest.

pub mod cli;
pub mod commands;
pub mod compare;
pub mod config;
pub mod definition;
pub mod evidence;
pub mod fix;
pub mod forecast;
pub mod gate;
pub mod history;
pub mod ledger;
pub mod outcome;
pub mod plan;
pub mod proving;
pub mod report;
pub mod score;
