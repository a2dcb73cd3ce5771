//! The four tiers of customers, the shares that they may have, and what became of them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A tier of customers by value, potential and risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u32)]
#[serde(rename_all = "snake_case")]
pub enum CustomerTier {
    /// High value and high potential.
    Core = 0,
    /// Either high value or high potential.
    Important = 1,
    /// Neither, but not at risk.
    Basic = 2,
    /// At risk of leaving, whatever value and potential are.
    AtRisk = 3,
}

impl CustomerTier {
    /// Every tier, in the order of the codes.
    pub const ALL: [Self; 4] = [Self::Core, Self::Important, Self::Basic, Self::AtRisk];

    /// The stable number: 0 core, 1 important, 2 basic, 3 at risk.
    pub fn code(self) -> u32 {
        self as u32
    }

    /// The tier of a number.
    ///
    /// # Errors
    /// `InvalidArgument` above 3.
    pub fn from_code(code: u32) -> Result<Self> {
        let tier = Self::ALL.get(code as usize).copied();
        tier.ok_or_else(|| Error::argument("tier", code, "from 0 to 3"))
    }

    /// The name: `core`, `important`, `basic` or `at risk`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Important => "important",
            Self::Basic => "basic",
            Self::AtRisk => "at risk",
        }
    }
}

impl fmt::Display for CustomerTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A range that a share should lie in, both ends included, in \[0, 1\].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShareBand {
    /// The least share.
    pub lowest: f64,
    /// The largest share, above the least.
    pub highest: f64,
}

impl ShareBand {
    /// From a share to another.
    pub fn new(lowest: f64, highest: f64) -> Self {
        Self { lowest, highest }
    }

    /// Half the width.
    pub(super) fn half(self) -> f64 {
        0.5 * (self.highest - self.lowest)
    }

    /// The distance of a share from the centre, in half widths: at most 1 inside.
    pub(super) fn distance(self, share: f64) -> f64 {
        (share - f64::midpoint(self.lowest, self.highest)) / self.half()
    }

    pub(super) fn holds(self, share: f64) -> bool {
        (self.lowest..=self.highest).contains(&share)
    }

    /// How far a share lies outside: below 0 if it is too small, above if too large.
    fn missed_by(self, share: f64) -> f64 {
        share - share.clamp(self.lowest, self.highest)
    }
}

/// The shares of all customers that the tiers may have.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct TierBands {
    /// Core customers.
    pub core: ShareBand,
    /// Important customers.
    pub important: ShareBand,
    /// Basic customers.
    pub basic: ShareBand,
    /// Customers at risk.
    pub at_risk: ShareBand,
}

impl Default for TierBands {
    /// Core 10 to 15 %, important 30 to 35 %, basic 40 to 45 %, at risk 5 to 10 %.
    fn default() -> Self {
        Self {
            core: ShareBand::new(0.10, 0.15),
            important: ShareBand::new(0.30, 0.35),
            basic: ShareBand::new(0.40, 0.45),
            at_risk: ShareBand::new(0.05, 0.10),
        }
    }
}

impl TierBands {
    /// The bands in the order of the tiers' codes.
    pub fn all(&self) -> [ShareBand; 4] {
        [self.core, self.important, self.basic, self.at_risk]
    }

    pub(super) fn check(&self) -> Result<()> {
        for (tier, band) in CustomerTier::ALL.into_iter().zip(self.all()) {
            let ShareBand { lowest, highest } = band;
            // A narrower band has a width that is all rounding.
            if !(lowest >= 0.0 && highest <= 1.0 && highest - lowest >= 1e-9) {
                let given = format!("{lowest} to {highest}");
                return Err(Error::argument(
                    &format!("bands.{}", tier.name().replace(' ', "_")),
                    given,
                    "from a share to a larger one, within 0 to 1",
                ));
            }
        }
        let sum = |end: fn(ShareBand) -> f64| self.all().into_iter().map(end).sum::<f64>();
        let (least, most) = (sum(|band| band.lowest), sum(|band| band.highest));
        if least > 1.0 + 1e-9 || most < 1.0 - 1e-9 {
            let given = format!("shares that sum to between {least} and {most}");
            return Err(Error::argument("bands", given, "bands whose shares can sum to 1"));
        }
        Ok(())
    }

    /// The least correlation of the two indicators at which all bands can be kept, `at_risk` being the range of that share.
    ///
    /// With shares `c`, `i` and `b` of core, important and basic customers and equal quantiles, the correlation is
    /// `(c b - i²/4) / ((c + i/2) (b + i/2))`. It falls with `i` and rises with `c` and `b`, so it is least at a corner of the shares that are allowed.
    pub(super) fn required_correlation(&self, at_risk: ShareBand) -> Option<f64> {
        let bands = [self.core, self.important, self.basic];
        let mut least: Option<f64> = None;
        let mut try_corner = |shares: [f64; 3]| {
            let near = |band: ShareBand, share: f64| band.missed_by(share).abs() <= 1e-12;
            let rest = 1.0 - shares.iter().sum::<f64>();
            if !near(at_risk, rest) || bands.iter().zip(shares).any(|(&band, share)| !near(band, share)) {
                return;
            }
            let [core, important, basic] = shares;
            let spread = (core + important / 2.0) * (basic + important / 2.0);
            if spread > 0.0 {
                let correlation = (core * basic - important * important / 4.0) / spread;
                least = Some(least.map_or(correlation, |least| least.min(correlation)));
            }
        };
        for free in 0..3 {
            let (one, other) = ((free + 1) % 3, (free + 2) % 3);
            for first in [bands[one].lowest, bands[one].highest] {
                for second in [bands[other].lowest, bands[other].highest] {
                    let left = 1.0 - first - second;
                    let ends = [bands[free].lowest, bands[free].highest];
                    for third in ends.into_iter().chain([left - at_risk.lowest, left - at_risk.highest]) {
                        let mut shares = [0.0; 3];
                        (shares[one], shares[other], shares[free]) = (first, second, third);
                        try_corner(shares);
                    }
                }
            }
        }
        least
    }
}

/// A tier's share and the band that it should lie in.
#[derive(Clone, Debug, PartialEq)]
pub struct BandOutcome {
    /// The tier.
    pub tier: CustomerTier,
    /// The band.
    pub band: ShareBand,
    /// Number of customers.
    pub customers: u64,
    /// Share of all customers, in \[0, 1\].
    pub share: f64,
    /// How far the share lies outside: below 0 if it is too small, above 0 if too large, 0 inside.
    pub missed_by: f64,
}

/// Which bands are kept, which are missed by how much, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct BandReport {
    /// The four tiers, in the order of their codes.
    pub tiers: [BandOutcome; 4],
    /// Whether all shares lie in their bands.
    pub feasible: bool,
    /// The correlation of high value with high potential among customers who are not at risk, in \[-1, 1\]; `None` if either has no or all customers.
    pub indicator_correlation: Option<f64>,
    /// The least such correlation at which the bands can be kept with equal quantiles, about 0.084 for the default ones; `None` if they cannot at the
    /// given share at risk.
    pub required_correlation: Option<f64>,
    /// How much nearer to the centres of the bands, in squared half widths, another solution can be at most; 0 if it was shown that none is nearer.
    pub optimality_gap: f64,
}

impl BandReport {
    pub(super) fn new(bands: &TierBands, customers: [u64; 4]) -> Self {
        let all: u64 = customers.iter().sum();
        let tiers = CustomerTier::ALL.map(|tier| {
            let place = tier.code() as usize;
            let (band, customers) = (bands.all()[place], customers[place]);
            let share = customers as f64 / all as f64;
            BandOutcome { tier, band, customers, share, missed_by: band.missed_by(share) }
        });
        Self {
            feasible: tiers.iter().all(|outcome| outcome.missed_by == 0.0),
            tiers,
            indicator_correlation: None,
            required_correlation: None,
            optimality_gap: 0.0,
        }
    }
}

impl fmt::Display for BandReport {
    /// A sentence for each band that is missed, and one on the correlation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.feasible {
            return f.write_str("all shares lie in their bands");
        }
        for outcome in self.tiers.iter().filter(|outcome| outcome.missed_by != 0.0) {
            let BandOutcome { tier, band, share, missed_by, .. } = outcome;
            let side = if *missed_by < 0.0 { "below" } else { "above" };
            let (low, high) = (band.lowest * 100.0, band.highest * 100.0);
            let (share, by) = (share * 100.0, missed_by.abs() * 100.0);
            write!(f, "{tier}: {share:.2} % is {by:.2} points {side} the band of {low:.2} to {high:.2} %; ")?;
        }
        match self.indicator_correlation {
            Some(correlation) => write!(f, "high value and high potential correlate by {correlation:.3}")?,
            None => f.write_str("high value or high potential tells no customers apart")?,
        }
        match self.required_correlation {
            Some(required) => write!(f, ", the bands need {required:.3} or more"),
            None => f.write_str(", and no correlation keeps the bands at this share at risk"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_bands_need_a_correlation() {
        let bands = TierBands::default();
        bands.check().unwrap();
        // By hand: core 10, important 35, basic 45, at risk 10 %: (0.045 - 0.030625) / (0.275 * 0.625).
        let required = bands.required_correlation(bands.at_risk).unwrap();
        assert!((required - 0.014_375 / 0.171_875).abs() < 1e-12, "{required}");
        // A scan of all shares in steps of 1/1000 finds no less.
        let mut least = f64::INFINITY;
        for core in 100..=150 {
            for important in 300..=350 {
                for basic in 400..=450 {
                    if (50..=100).contains(&(1000 - core - important - basic)) {
                        let [c, i, b] = [core, important, basic].map(|n| f64::from(n) / 1000.0);
                        let p = (c + i / 2.0) / (c + i + b);
                        least = least.min((c / (c + i + b) - p * p) / (p - p * p));
                    }
                }
            }
        }
        assert!((required - least).abs() < 1e-12, "{required} {least}");
        let none = ShareBand::new(0.3, 0.3);
        assert_eq!(bands.required_correlation(none), None);
    }

    #[test]
    fn codes_come_back() {
        for tier in CustomerTier::ALL {
            assert_eq!(CustomerTier::from_code(tier.code()).unwrap(), tier);
        }
        assert!(CustomerTier::from_code(4).is_err());
    }
}
