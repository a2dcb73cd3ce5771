//! How the sides of a customer become one score.

use serde::{Deserialize, Serialize};

use super::weights::WeightingKind;
use super::weights_ahp::Ahp;
use super::weights_learned::LearnedOptions;
use crate::error::{Error, Result};
use crate::named::named;

/// How numbers from 0 to 1 become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum Combination {
    /// The weighted mean: strength on one side makes up for weakness on another.
    #[default]
    Arithmetic = 0,
    /// The weighted geometric mean: a side at 0 is a score of 0, and imbalance costs.
    Geometric = 1,
}

named! { Combination, "combination", { Arithmetic: "arithmetic", Geometric: "geometric" } }

/// Options of a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ScoreOptions {
    /// How numbers become one.
    pub combination: Combination,
    /// The share of the weight that must be known of a customer, from 0 to 1; below it there is no score. At the default of 0, one known dimension with a
    /// weight is enough.
    pub minimum_coverage: f64,
}

impl ScoreOptions {
    pub(super) fn check(&self) -> Result<()> {
        if (0.0..=1.0).contains(&self.minimum_coverage) {
            return Ok(());
        }
        Err(Error::argument("minimum_coverage", self.minimum_coverage, "from 0 to 1"))
    }
}

/// Where the weights of a score shall come from.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Weighting<'a> {
    /// These, in the order of the table's columns: not negative, with the sum 1.
    Given(&'a [f64]),
    /// Pairwise comparisons of the table's columns, in their order.
    Ahp(&'a Ahp),
    /// How the normalised columns differ; a kind that [`objective_weights`](super::objective_weights) knows.
    ///
    /// Mid-rank percentiles of columns without many ties differ all alike, so entropy, variances and their like then say little: use a winsorised min-max
    /// normalisation with these.
    Objective(WeightingKind),
    /// Who of the table's customers was still there in the next period.
    Learned {
        /// A flag for each row.
        retained: &'a [bool],
        /// The penalty.
        options: LearnedOptions,
    },
}
