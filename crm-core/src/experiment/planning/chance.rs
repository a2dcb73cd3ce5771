//! The chance that a planned test rejects.
//!
//! - Schuirmann (1987), "A comparison of the two one-sided tests procedure and the power approach", Journal of Pharmacokinetics and
//!   Biopharmaceutics 15.
//! - Owen (1965), "A special case of a bivariate non-central t-distribution", Biometrika 52: the power of two one-sided t tests.

use std::f64::consts::{LN_2, PI};

use super::plan_options::{CountedTails, PlanOptions};
use crate::math::{
    GAUSS_LEGENDRE_16, log_less_linear, noncentral_t_probability, noncentral_t_upper, normal_probability,
    normal_upper, stirling_remainder,
};

/// The chances to reject and not to, each with digits of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chance {
    pub(super) hit: f64,
    pub(super) miss: f64,
}

impl Chance {
    /// Arms too small for the test never reject.
    pub(super) const NEVER: Self = Self { hit: 0.0, miss: 1.0 };

    /// How much is missing to a power.
    pub(super) fn lacks(self, power: f64) -> f64 {
        if power > 0.5 { self.miss - (1.0 - power) } else { power - self.hit }
    }
}

/// An estimate as it will be: how far it lies beyond the null, in the direction that counts, with its standard error as the test will
/// take it and as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planned {
    pub(super) distance: f64,
    pub(super) null_error: f64,
    pub(super) error: f64,
}

/// A statistic held against the normal distribution.
pub(super) fn normal_chance(planned: Planned, critical: f64, options: &PlanOptions) -> Chance {
    let reach = critical * planned.null_error;
    let near = (planned.distance - reach) / planned.error;
    let (hit, miss) = (normal_probability(near), normal_upper(near));
    if !counts_both(options) {
        return Chance { hit, miss };
    }
    let far = normal_upper((planned.distance + reach) / planned.error);
    Chance { hit: hit + far, miss: miss - far }
}

/// A t statistic.
pub(super) fn student_chance(planned: Planned, critical: f64, df: f64, options: &PlanOptions) -> Chance {
    let delta = planned.distance / planned.error;
    let critical = critical * (planned.null_error / planned.error);
    // A surprise takes an estimate of the deviation that is so many times too large: it is less probable than any float says.
    let times = delta / critical.hypot(df.sqrt());
    if times.abs() > 60.0 {
        let hits = times > 0.0 || counts_both(options);
        return if hits { Chance { hit: 1.0, miss: 0.0 } } else { Chance::NEVER };
    }
    let (hit, miss) =
        (noncentral_t_upper(critical, df, delta), noncentral_t_probability(critical, df, delta));
    if !counts_both(options) {
        return Chance { hit, miss };
    }
    let far = noncentral_t_probability(-critical, df, delta);
    Chance { hit: hit + far, miss: miss - far }
}

fn counts_both(options: &PlanOptions) -> bool {
    options.tails == CountedTails::Both && options.is_two_sided()
}

/// Two one-sided normal tests: that the effect is above the lower margin, and below the upper one.
///
/// Exact where both have one estimate, as for differences; else the least that it can be.
pub(super) fn normal_equivalence(above: Planned, below: Planned, critical: f64) -> Chance {
    let beyond = |planned: Planned| (planned.distance - critical * planned.null_error) / planned.error;
    let (above, below) = (beyond(above), beyond(below));
    let hit = normal_probability(above) - normal_upper(below);
    if hit <= 0.0 {
        return Chance::NEVER;
    }
    Chance { hit, miss: normal_upper(above) + normal_upper(below) }
}

/// Two one-sided t tests of one difference, exactly: given the scale s, the estimate must lie between both bounds (Owen 1965).
pub(super) fn student_equivalence(above: Planned, below: Planned, critical: f64, df: f64) -> Chance {
    let (from, to) = (-above.distance / above.error, below.distance / below.error);
    // Beyond this scale no estimate lets both tests reject.
    let last = 0.5 * (to - from) / critical;
    if last <= 0.0 {
        return Chance::NEVER;
    }
    let deviation = (2.0 * df).sqrt().recip();
    let start = (1.0 - 9.0 * deviation).max(0.0);
    let end = (1.0 + 9.0 * deviation + 20.0 / df).min(last);
    if end <= start {
        return Chance::NEVER;
    }
    // ln of 2 (df/2)^(df/2) exp(-df/2) / Gamma(df/2), the density of s at 1, by Stirling.
    let half = 0.5 * df;
    let peak = LN_2 + 0.5 * (half / (2.0 * PI)).ln() - stirling_remainder(half);
    let within = |s: f64| {
        let (low, high) = (from + critical * s, to - critical * s);
        // In the tail where it does not cancel.
        if low > 0.0 {
            normal_upper(low) - normal_upper(high)
        } else {
            normal_probability(high) - normal_probability(low)
        }
    };
    let panels = ((end - start) / deviation.min(1.0 / critical.max(1.0))).ceil().clamp(4.0, 400.0);
    let length = (end - start) / panels;
    let mut hit = 0.0;
    for panel in 0..panels as u32 {
        for (node, weight) in GAUSS_LEGENDRE_16 {
            let s = start + length * (f64::from(panel) + node);
            let r = s - 1.0;
            // ln s - (s^2 - 1) / 2, about s = 1 without cancellation.
            let ln_density = df * (log_less_linear(r, s) - 0.5 * r * r) - s.ln();
            hit += weight * length * (peak + ln_density).exp() * within(s);
        }
    }
    let hit = hit.clamp(0.0, 1.0);
    Chance { hit, miss: 1.0 - hit }
}
