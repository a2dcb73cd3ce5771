//! Random parameters and customers, of which many are at the edges.

use crm_core::clv::{DiscountRate, PurchaseData, PurchaseKind};
use crm_core::customer::{Period, TimeUnit};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

pub(crate) const UNIT: TimeUnit = TimeUnit::Day;

pub(crate) struct Draws(Pcg64);

impl Draws {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Pcg64::seed_from_u64(seed))
    }

    pub(crate) fn uniform(&mut self) -> f64 {
        self.0.random()
    }

    pub(crate) fn log_uniform(&mut self, low: f64, high: f64) -> f64 {
        (low.ln() + self.uniform() * (high / low).ln()).exp()
    }

    /// With so large a probability.
    pub(crate) fn chance(&mut self, probability: f64) -> bool {
        self.uniform() < probability
    }

    /// A whole number below an end.
    pub(crate) fn below(&mut self, end: u32) -> u32 {
        self.0.random_range(0..end)
    }

    /// A whole number from 0 to the most, the small ones more often.
    fn count(&mut self, most: f64) -> f64 {
        if self.chance(0.2) { 0.0 } else { (self.log_uniform(1.0, most + 1.0)).floor().min(most) }
    }

    /// Parameters from 1e-4 to 1e5; one set in four has what closed forms divide by 0 at.
    pub(crate) fn parameters(&mut self, kind: PurchaseKind) -> [f64; 4] {
        let mut parameters = std::array::from_fn(|_| self.log_uniform(1e-4, 1e5));
        if self.chance(0.25) {
            match self.below(5) {
                0 => parameters[2] = 1.0,
                1 => parameters[self.0.random_range(0..4)] = 1.0,
                2 if kind == PurchaseKind::ParetoNbd => parameters[3] = parameters[1],
                2 => {
                    parameters[2] = self.log_uniform(1e-4, 0.999);
                    parameters[3] = 1.0 - parameters[2];
                }
                3 => parameters[2] = f64::from(1 + self.below(20)),
                _ => parameters[2] = 1.0 + self.log_uniform(1e-15, 1e-3),
            }
        }
        parameters
    }

    /// Customers in the model's unit.
    pub(crate) fn customers(&mut self, kind: PurchaseKind, customers: usize) -> PurchaseData {
        let (mut x, mut last, mut age) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..customers {
            let (count, end) = if kind.is_discrete() {
                let end = f64::from(self.below(201));
                (self.count(end), end)
            } else if self.chance(0.03) {
                (0.0, 0.0)
            } else {
                (self.count(5000.0), self.log_uniform(1e-6, 1e8))
            };
            let latest = if count == 0.0 { 0.0 } else { self.last_purchase(kind, count, end) };
            x.push(count);
            last.push(latest);
            age.push(end);
        }
        PurchaseData::new(&x, &last, &age, UNIT).unwrap()
    }

    fn last_purchase(&mut self, kind: PurchaseKind, count: f64, end: f64) -> f64 {
        if self.chance(0.2) {
            return end;
        }
        if kind.is_discrete() {
            return count + (self.uniform() * (end - count + 1.0)).floor().min(end - count);
        }
        match self.below(4) {
            0 => end * (1.0 - f64::EPSILON),
            1 => end * self.log_uniform(1e-9, 1.0),
            2 => end * (1.0 - self.log_uniform(1e-9, 0.5)),
            _ => end * (1.0 - self.uniform()),
        }
    }

    /// Nothing, next to nothing, something, or without end for practical purposes.
    pub(crate) fn period(&mut self, kind: PurchaseKind) -> Period {
        let length = match self.below(10) {
            0 => 0.0,
            1 => self.log_uniform(1e-12, 1e-6),
            2 => 1e8,
            3 => self.log_uniform(1e4, 1e8),
            _ => self.log_uniform(1e-2, 1e4),
        };
        let length = match length {
            length if !kind.is_discrete() => length,
            length if length < 1.0 => f64::from(self.below(3)),
            length => length.round(),
        };
        Period::new(length, UNIT).unwrap()
    }

    pub(crate) fn rate(&mut self) -> DiscountRate {
        let rate = if self.chance(0.1) { self.log_uniform(1e-8, 10.0) } else { self.log_uniform(1e-5, 0.1) };
        DiscountRate::continuous_per(rate, UNIT).unwrap()
    }

    /// A number of purchases to ask the probability of.
    pub(crate) fn purchases(&mut self) -> u32 {
        if self.chance(0.3) { 0 } else { self.log_uniform(1.0, 2000.0) as u32 }
    }
}
