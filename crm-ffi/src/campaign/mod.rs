//! Campaigns: whom to contact, whom to leave alone for comparison, and what it brought.

// What every part takes.
pub mod ids;

// Selection.
pub mod selected;
pub mod selection;
pub mod target_table;

// Split.
pub mod assignment;
pub mod split;

// Measurement.
pub mod balance;
pub mod outcomes;
pub mod report;
pub mod uplift;
