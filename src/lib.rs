//! `audit`: how confident can we be that we will notice, survive and quickly fix whatever breaks?

pub mod definition;
pub mod evidence;
pub mod report;
