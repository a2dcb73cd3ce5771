//! Segments: clusters of customers, how good they are, and how many there are.

// The numbers that are clustered.
pub mod matrix;

// Clusters.
pub mod k_means;
pub mod mini_batch;
pub mod mixture;

// How good they are, and how many.
pub mod choice;
pub mod gap;
pub mod quality;
pub mod stability;
