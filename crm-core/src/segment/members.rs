//! The rows of each cluster, from labels.

use super::Matrix;
use super::kmeans_options::MOST_CLUSTERS;
use crate::error::{Error, ErrorKind, Result};

/// The most rows of a tile: a few features of so many fit the cache next to the processor.
pub(super) const TILE: usize = 1024;

/// Rows in the order of their clusters.
pub(super) struct Members {
    rows: Vec<u32>,
    /// Number, and where the rows start and end, of each cluster that has rows.
    clusters: Vec<(u32, usize, usize)>,
}

impl Members {
    /// Groups the rows of labels that have from 2 clusters to one fewer than rows.
    pub(super) fn new(matrix: &Matrix<'_>, labels: &[u32]) -> Result<Self> {
        if labels.len() != matrix.rows() {
            let message = format!("has {} rows where the matrix has {}", labels.len(), matrix.rows());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("labels"));
        }
        if let Some(row) = labels.iter().position(|&label| label as usize >= MOST_CLUSTERS) {
            let message = format!("{} is not a cluster from 0 to {}", labels[row], MOST_CLUSTERS - 1);
            return Err(Error::new(ErrorKind::InvalidValue, message).on("labels").at_row(row as u64));
        }
        let members = Self::group(labels);
        if members.len() < 2 || members.len() >= labels.len() {
            let (given, most) = (format!("{} clusters", members.len()), labels.len().saturating_sub(1));
            let accepted = format!("at least 2 clusters and fewer than rows, so at most {most}");
            return Err(Error::argument("labels", given, &accepted));
        }
        Ok(members)
    }

    /// Groups the rows of labels below the most clusters.
    pub(super) fn group(labels: &[u32]) -> Self {
        let most = labels.iter().max().map_or(0, |&most| most as usize + 1);
        let mut counts = vec![0_usize; most];
        for &label in labels {
            counts[label as usize] += 1;
        }
        let mut clusters = Vec::new();
        let mut end = 0;
        for (cluster, place) in counts.iter_mut().enumerate() {
            let start = end;
            end += *place;
            if end > start {
                clusters.push((cluster as u32, start, end));
            }
            // From here on where the next row of the cluster goes.
            *place = start;
        }
        let mut rows = vec![0; labels.len()];
        for (row, &label) in labels.iter().enumerate() {
            rows[counts[label as usize]] = row as u32;
            counts[label as usize] += 1;
        }
        Self { rows, clusters }
    }

    /// Number of clusters that have rows.
    pub(super) fn len(&self) -> usize {
        self.clusters.len()
    }

    /// The number of each cluster with the number of its rows.
    pub(super) fn sizes(&self) -> impl Iterator<Item = (u32, usize)> + '_ {
        self.clusters.iter().map(|&(cluster, start, end)| (cluster, end - start))
    }

    /// At most [`TILE`] rows of one cluster each, with its place among the clusters that have rows: in their order.
    pub(super) fn tiles(&self) -> Vec<(usize, &[u32])> {
        let tiles = self.clusters.iter().enumerate();
        tiles
            .flat_map(|(place, &(_, start, end))| {
                self.rows[start..end].chunks(TILE).map(move |tile| (place, tile))
            })
            .collect()
    }
}
