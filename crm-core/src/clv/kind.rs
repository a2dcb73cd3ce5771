//! Which purchase model.

use serde::{Deserialize, Serialize};

use super::{MODELS, ModelFamily, ModelInfo};
use crate::error::{Error, Result};

/// A model of how often customers buy who do not say when they leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum PurchaseKind {
    /// Customers may leave after each repeat purchase.
    BgNbd = 0,
    /// Customers may leave after each purchase, the first included.
    MbgNbd = 1,
    /// Customers may leave at any time.
    ParetoNbd = 2,
    /// Customers buy or not at fixed opportunities, such as once a year.
    BgBb = 3,
}

/// What a covariate acts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Purchase,
    Dropout,
}

/// A parameter that covariates scale by `exp(sign * coefficient * value)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scaled {
    pub(super) parameter: usize,
    pub(super) sign: f64,
    pub(super) role: Role,
}

impl PurchaseKind {
    /// Every purchase model, in the order of the codes.
    pub const ALL: [Self; 4] = [Self::BgNbd, Self::MbgNbd, Self::ParetoNbd, Self::BgBb];

    /// The row of the table of models.
    pub fn info(self) -> &'static ModelInfo {
        let mut purchases = MODELS.iter().filter(|model| model.family == ModelFamily::Purchases);
        // The table lists the purchase models in the order of the codes; a test counts them.
        purchases.nth(self as usize).unwrap_or(&MODELS[0])
    }

    /// The name used in Python, in files and in messages.
    pub fn name(self) -> &'static str {
        self.info().name
    }

    /// A model from its name.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown name.
    pub fn from_name(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
            Error::argument("model", format!("{name:?}"), "one of bg_nbd, mbg_nbd, pareto_nbd, bg_bb")
        })
    }

    /// A model from its code.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown code.
    pub fn from_code(code: i32) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|&kind| kind as i32 == code)
            .ok_or_else(|| Error::argument("model", code, "a code from 0 to 3"))
    }

    /// Whether a parameter is a time, and so changes with the unit.
    pub(super) fn is_time(self, parameter: usize) -> bool {
        match self {
            Self::BgNbd | Self::MbgNbd => parameter == 1,
            Self::ParetoNbd => parameter == 1 || parameter == 3,
            Self::BgBb => false,
        }
    }

    /// The values that a parameter may have: sums over distributions are of bounded length within them.
    pub(super) fn range(self, parameter: usize) -> std::ops::RangeInclusive<f64> {
        if self.is_time(parameter) { 1e-30..=1e30 } else { 1e-9..=1e9 }
    }

    /// Whether ages are counts of opportunities.
    pub fn is_discrete(self) -> bool {
        self == Self::BgBb
    }

    /// Fader and Hardie (2007), "Incorporating time-invariant covariates into the Pareto/NBD and BG/NBD models": rates grow, and times
    /// shrink, by `exp(coefficient * value)`.
    pub(super) fn scaled(self) -> &'static [Scaled] {
        const BG: [Scaled; 3] = [
            Scaled { parameter: 1, sign: -1.0, role: Role::Purchase },
            Scaled { parameter: 2, sign: 1.0, role: Role::Dropout },
            Scaled { parameter: 3, sign: 1.0, role: Role::Dropout },
        ];
        const PARETO: [Scaled; 2] = [
            Scaled { parameter: 1, sign: -1.0, role: Role::Purchase },
            Scaled { parameter: 3, sign: -1.0, role: Role::Dropout },
        ];
        match self {
            Self::BgNbd | Self::MbgNbd => &BG,
            Self::ParetoNbd => &PARETO,
            Self::BgBb => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_codes_agree() {
        let purchases = MODELS.iter().filter(|model| model.family == ModelFamily::Purchases);
        assert_eq!(purchases.count(), PurchaseKind::ALL.len());
        for (code, (kind, name)) in
            PurchaseKind::ALL.into_iter().zip(["bg_nbd", "mbg_nbd", "pareto_nbd", "bg_bb"]).enumerate()
        {
            assert_eq!(kind.name(), name);
            assert_eq!(PurchaseKind::from_name(name).unwrap(), kind);
            assert_eq!(PurchaseKind::from_code(code as i32).unwrap(), kind);
            for scaled in kind.scaled() {
                assert!(scaled.parameter < kind.info().parameters.len());
            }
        }
        assert!(PurchaseKind::from_name("nbd").is_err() && PurchaseKind::from_code(4).is_err());
    }
}
