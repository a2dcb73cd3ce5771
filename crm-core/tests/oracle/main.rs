//! Published numbers. Files that the project does not carry are read from the folder that `CRM_TEST_DATA` names; without it
//! those tests say so and skip.
#![allow(clippy::unwrap_used)]

#[path = "../log/mod.rs"]
mod log;
mod public_logs;
mod reading;
mod rfm;
