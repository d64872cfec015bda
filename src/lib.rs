//! `audit`: how confident can we be that we will notice, survive and quickly fix whatever breaks?

pub mod cli;
pub mod commands;
pub mod config;
pub mod definition;
pub mod evidence;
pub mod outcome;
pub mod plan;
pub mod proving;
pub mod report;
pub mod score;
