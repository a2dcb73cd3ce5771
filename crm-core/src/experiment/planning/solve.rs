//! Sizes and effects as roots of the power.

use serde::{Deserialize, Serialize};

use super::super::test_options::Alternative;
use super::chance::Chance;
use super::plan_options::PlanOptions;
use crate::error::{Error, ErrorKind, Result};
use crate::math::{root_between, root_of_falling};
use crate::named::named;

/// On which side of the null a detectable effect lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum EffectDirection {
    /// Above.
    #[default]
    Increase = 0,
    /// Below.
    Decrease = 1,
}

named! { EffectDirection, "direction", { Increase: "increase", Decrease: "decrease" } }

/// Sizes with which a test has the power asked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct SampleSize {
    /// Customers of one target, as the formula has it: a root, not rounded.
    pub target: f64,
    /// Customers of the control, not rounded.
    pub control: f64,
    /// Customers of one target.
    pub target_count: u64,
    /// Customers of the control.
    pub control_count: u64,
    /// Customers of all targets and the control.
    pub total_count: u64,
    /// The power with the counts: at least what was asked for.
    pub power: f64,
}

/// Beyond, counts are no longer exact as floats.
const MOST: f64 = 9_007_199_254_740_992.0;
/// Roots may be small, but what is next to nothing has no digits left.
const LEAST: f64 = 1e-9;
/// What a root may be off, of its size, before it is rounded up.
const ROUNDING: f64 = 1e-10;

/// What a plan has to say to be solved.
pub(super) trait Design {
    fn options(&self) -> &PlanOptions;

    /// The chance to reject; the effect is a rate of the target, or a difference.
    fn chance(&self, effect: f64, target: f64, control: f64) -> Chance;

    /// The effects of the null, or of both margins.
    fn nulls(&self) -> (f64, f64);

    /// The name of the effect among the arguments.
    fn effect_name(&self) -> &'static str;

    /// The lowest and the highest effect.
    fn range(&self) -> (f64, f64);

    /// A size of the effect to start from: a standard error of the difference for a target of one.
    fn unit(&self) -> f64;

    fn check_effect(&self, effect: f64) -> Result<()> {
        let (lowest, highest) = self.range();
        if effect >= lowest && effect <= highest && effect.is_finite() {
            return Ok(());
        }
        let accepted =
            if lowest.is_finite() { format!("between {lowest} and {highest}") } else { "finite".to_owned() };
        Err(Error::argument(self.effect_name(), effect, &accepted))
    }

    fn power(&self, effect: f64, target: f64) -> Result<f64> {
        self.check_effect(effect)?;
        check_size(target)?;
        Ok(self.chance(effect, target, target * self.options().control_per_target).hit)
    }

    fn sample_size(&self, effect: f64, power: f64) -> Result<SampleSize> {
        self.check_effect(effect)?;
        let options = self.options();
        check_power(power, options.alpha)?;
        self.check_away(effect)?;
        let ratio = options.control_per_target;
        let lacks = |target: f64| self.chance(effect, target, target * ratio).lacks(power);
        let (lower, upper) = self.nulls();
        let distance =
            if options.margins.is_some() { (effect - lower).min(upper - effect) } else { effect - lower };
        // A huge effect is found by the smallest arms that a test takes.
        let start = (10.0 * (self.unit() / distance).powi(2)).max(1e-3);
        let root = root_of_falling(lacks, start);
        let target = root.max(LEAST);
        let control = target * ratio;
        let total = |target: f64, control: f64| target * f64::from(options.targets) + control;
        let too_many = || {
            let message =
                format!("{:e} customers are needed: more than can be counted", total(target, control));
            Error::new(ErrorKind::OutOfRange, message).on(self.effect_name())
        };
        if root.is_nan() || total(target, control) > 0.5 * MOST {
            return Err(too_many());
        }
        // A root that is whole but for rounding shall not be rounded up; one that then lacks power is.
        let (mut whole, mut others) =
            ((target * (1.0 - ROUNDING)).ceil().max(1.0), (control * (1.0 - ROUNDING)).ceil().max(1.0));
        let mut chance = self.chance(effect, whole, others);
        for _ in 0..64 {
            if chance.lacks(power) <= 1e-12 * power.min(1.0 - power) {
                break;
            }
            whole += 1.0;
            others = others.max((whole * ratio * (1.0 - ROUNDING)).ceil());
            chance = self.chance(effect, whole, others);
        }
        Ok(SampleSize {
            target,
            control,
            target_count: whole as u64,
            control_count: others as u64,
            total_count: total(whole, others) as u64,
            power: chance.hit,
        })
    }

    fn detectable(&self, target: f64, power: f64, direction: EffectDirection) -> Result<f64> {
        check_size(target)?;
        let options = self.options();
        check_power(power, options.alpha)?;
        if options.margins.is_some() {
            return Err(Error::argument(
                "margins",
                "a test of equivalence",
                "none, to ask for a detectable effect",
            ));
        }
        check_direction(direction, options.alternative)?;
        // From the effect next to the null to the largest; a null of rates may lie outside their range.
        let (lowest, highest) = self.range();
        let (sign, first, last) = match direction {
            EffectDirection::Increase => (1.0, lowest, highest),
            EffectDirection::Decrease => (-1.0, highest, lowest),
        };
        let null = self.nulls().0;
        let control = target * options.control_per_target;
        let lacks = |distance: f64| self.chance(null + sign * distance, target, control).lacks(power);
        let (from, to) = ((sign * (first - null)).max(0.0), sign * (last - null));
        if to.is_finite() {
            if to <= from || lacks(to) > 0.0 {
                let most = if to <= from { 0.0 } else { self.chance(last, target, control).hit };
                let accepted = format!(
                    "at most {most}, the power for the largest effect there is, with {target} customers"
                );
                return Err(Error::argument("power", power, &accepted));
            }
            return Ok(if lacks(from) <= 0.0 { first } else { null + sign * root_between(lacks, from, to) });
        }
        let distance = root_of_falling(lacks, 3.0 * self.unit() / target.sqrt());
        if distance.is_finite() && distance > 0.0 {
            return Ok(null + sign * distance);
        }
        Err(Error::argument("target_count", target, "enough for a variance"))
    }

    /// Refuses effects that no size would find.
    fn check_away(&self, effect: f64) -> Result<()> {
        let options = self.options();
        let (lower, upper) = self.nulls();
        if options.margins.is_none() {
            return check_beyond(self.effect_name(), effect, lower, options.alternative);
        }
        if effect > lower && effect < upper {
            return Ok(());
        }
        let accepted = format!("between the margins, {lower} and {upper}");
        Err(Error::argument(self.effect_name(), effect, &accepted))
    }
}

fn check_size(target: f64) -> Result<()> {
    if (LEAST..=MOST).contains(&target) {
        return Ok(());
    }
    Err(Error::argument("target_count", target, "at least 1e-9, and at most 2^53"))
}

/// A power at or below the level is had without any data, one of 1 never.
pub(super) fn check_power(power: f64, alpha: f64) -> Result<()> {
    if power > alpha && power < 1.0 {
        return Ok(());
    }
    Err(Error::argument("power", power, &format!("above the level, {alpha}, and below 1")))
}

/// Refuses a direction that the alternative does not look for.
pub(super) fn check_direction(direction: EffectDirection, alternative: Alternative) -> Result<()> {
    let wrong = match alternative {
        Alternative::TwoSided => false,
        Alternative::Greater => direction == EffectDirection::Decrease,
        Alternative::Less => direction == EffectDirection::Increase,
    };
    if !wrong {
        return Ok(());
    }
    let accepted = format!("the one that the alternative, {}, looks for", alternative.name());
    Err(Error::argument("direction", direction.name(), &accepted))
}

/// Refuses an effect on the null or on its wrong side.
pub(super) fn check_beyond(name: &str, effect: f64, null: f64, alternative: Alternative) -> Result<()> {
    let (fits, accepted) = match alternative {
        Alternative::TwoSided => (effect != null, format!("other than the null, {null}")),
        Alternative::Greater => (effect > null, format!("above the null, {null}")),
        Alternative::Less => (effect < null, format!("below the null, {null}")),
    };
    if fits { Ok(()) } else { Err(Error::argument(name, effect, &accepted)) }
}
