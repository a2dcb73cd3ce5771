//! Scores of customers.

use std::fmt;

use super::options::Weights;

/// The three scores of one customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Recency score, 1 (long ago) to `bins` (recent).
    pub recency: u8,
    /// Frequency score, 1 to `bins`.
    pub frequency: u8,
    /// Monetary score, 1 to `bins`.
    pub monetary: u8,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}-{}-{}", self.recency, self.frequency, self.monetary))
    }
}

/// The scores of a base, in the order of its customers.
#[derive(Clone, Debug, PartialEq)]
pub struct RfmScores {
    pub(crate) bins: u8,
    pub(crate) weights: Weights,
    pub(crate) recency: Vec<u8>,
    pub(crate) frequency: Vec<u8>,
    pub(crate) monetary: Vec<u8>,
}

impl RfmScores {
    /// Number of customers.
    pub fn len(&self) -> usize {
        self.recency.len()
    }

    /// Whether there are no customers.
    pub fn is_empty(&self) -> bool {
        self.recency.is_empty()
    }

    /// The highest score.
    pub fn bins(&self) -> u8 {
        self.bins
    }

    /// Recency scores.
    pub fn recency(&self) -> &[u8] {
        &self.recency
    }

    /// Frequency scores.
    pub fn frequency(&self) -> &[u8] {
        &self.frequency
    }

    /// Monetary scores.
    pub fn monetary(&self) -> &[u8] {
        &self.monetary
    }

    /// The three scores of a customer.
    pub fn cell(&self, customer: usize) -> Cell {
        Cell {
            recency: self.recency[customer],
            frequency: self.frequency[customer],
            monetary: self.monetary[customer],
        }
    }

    /// The composite score of a customer, `(w_R R + w_F F + w_M M) / (w_R + w_F + w_M)`: from 1 to `bins`.
    pub fn composite(&self, customer: usize) -> f64 {
        let Weights { recency, frequency, monetary } = self.weights;
        let cell = self.cell(customer);
        let sum = recency * f64::from(cell.recency)
            + frequency * f64::from(cell.frequency)
            + monetary * f64::from(cell.monetary);
        sum / (recency + frequency + monetary)
    }
}
