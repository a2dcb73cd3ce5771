//! BG/NBD and MBG/NBD: customers buy at random and may leave after each purchase.
//!
//! A customer buys as a Poisson process with a rate from Gamma(r, alpha), and after each purchase leaves with a probability p from Beta(a, b).
//! In the modified model (MBG/NBD) they may leave after the first purchase too.
//!
//! - Fader, Hardie and Lee (2005), "Counting your customers the easy way", Marketing Science 24(2), 275–284 (BG/NBD);
//! - Batislam, Denizel and Filiztekin (2007), "Empirical validation and comparison of models for customer base analysis", International
//!   Journal of Research in Marketing 24(3), 201–209 (MBG/NBD).
//!
//! Sums over the heterogeneity of p are taken over the nodes of [`BetaNodes`]: the published closed forms in 2F1 lose all digits for frequent
//! buyers and have a removable singularity at a = 1; positive terms have neither problem.

use rand::RngExt;
use rand_distr::{Beta, Distribution, Exp1, Gamma};

use super::process::{Future, Process, Row, beyond};
use crate::math::{BetaNodes, RisingTable, discounted_decay, ln_beta_reg, ln_gamma, ln_rising};

/// BG/NBD, or MBG/NBD if `MODIFIED`.
pub(crate) struct BetaGeometric<const MODIFIED: bool> {
    r: f64,
    alpha: f64,
    a: f64,
    b: f64,
    /// (r)ₓ, (b)ₓ and (a+b)ₓ of every count of purchases, and their derivatives.
    rising_r: RisingTable,
    rising_b: RisingTable,
    rising_total: RisingTable,
    ln_alpha: f64,
    ln_a: f64,
}

pub(crate) type BgNbd = BetaGeometric<false>;
pub(crate) type MbgNbd = BetaGeometric<true>;

impl<const MODIFIED: bool> BetaGeometric<MODIFIED> {
    /// The number of times that a customer with `x` repeat purchases might have left, and did not.
    fn stayed(x: f64) -> f64 {
        if MODIFIED { x + 1.0 } else { x }
    }
}

impl<const MODIFIED: bool> Process for BetaGeometric<MODIFIED> {
    type Future = BetaGeometricFuture;

    const ODDS_ARE_COSTLY: bool = false;

    fn new([r, alpha, a, b]: [f64; 4], most: usize) -> Self {
        Self {
            r,
            alpha,
            a,
            b,
            rising_r: RisingTable::new(r, most),
            rising_b: RisingTable::new(b, most + 1),
            rising_total: RisingTable::new(a + b, most + 1),
            ln_alpha: alpha.ln(),
            ln_a: a.ln(),
        }
    }

    // Fader, Hardie and Lee (2005), eq. 6, as (the customer is alive) * (1 + odds of having left).
    #[inline]
    fn log_likelihood(&self, row: Row, weight: f64, gradient: &mut [f64; 4]) -> f64 {
        let (r, alpha) = (self.r, self.alpha);
        let count = r + row.x;
        let stayed = Self::stayed(row.x);
        let mut value = self.rising_r.ln(row.x) - count * (row.age / alpha).ln_1p() - row.x * self.ln_alpha
            + (self.rising_b.ln(stayed) - self.rising_total.ln(stayed));
        let ln_r = self.rising_r.digamma(row.x) - (row.age / alpha).ln_1p();
        let ln_alpha = (r * row.age - row.x * alpha) / (alpha + row.age);
        let total = self.rising_total.digamma(stayed);
        let mut parts = [ln_r, ln_alpha, -total, self.rising_b.digamma(stayed) - total];
        if stayed > 0.0 {
            let since = ((row.age - row.last) / (alpha + row.last)).ln_1p();
            let chances = self.b + stayed - 1.0;
            let ln_odds = self.ln_a - chances.ln() + count * since;
            let left = if ln_odds > 0.0 {
                value += ln_odds + (-ln_odds).exp().ln_1p();
                1.0 / (1.0 + (-ln_odds).exp())
            } else {
                let odds = ln_odds.exp();
                value += odds.ln_1p();
                odds / (1.0 + odds)
            };
            parts[0] += left * since;
            parts[1] -=
                left * count * alpha * (row.age - row.last) / ((alpha + row.age) * (alpha + row.last));
            parts[2] += left / self.a;
            parts[3] -= left / chances;
        }
        if MODIFIED && row.x == 0.0 {
            // Near 0 when hardly anybody stays: 1 + P(stays) (P(no purchase) - 1), whose two terms above would cancel.
            let nothing = (-r * (row.age / alpha).ln_1p()).exp_m1();
            value = (self.b / (self.a + self.b) * nothing).ln_1p();
        }
        for ((sum, part), parameter) in gradient.iter_mut().zip(parts).zip([r, 1.0, self.a, self.b]) {
            *sum += weight * part * parameter;
        }
        value
    }

    fn ln_odds_of_having_left(&self, row: Row) -> f64 {
        let stayed = Self::stayed(row.x);
        if stayed == 0.0 {
            return f64::NEG_INFINITY;
        }
        let since = ((row.age - row.last) / (self.alpha + row.last)).ln_1p();
        self.ln_a - (self.b + stayed - 1.0).ln() + (self.r + row.x) * since
    }

    fn future(&self, x: f64, age: f64) -> BetaGeometricFuture {
        let b = self.b + Self::stayed(x);
        BetaGeometricFuture { count: self.r + x, rate: self.alpha + age, a: self.a, b }
    }

    fn newcomer(&self) -> (f64, BetaGeometricFuture) {
        let stays = if MODIFIED { self.b / (self.a + self.b) } else { 1.0 };
        (stays, self.future(0.0, 0.0))
    }
}

/// What a customer does who is alive: purchases at a rate from Gamma(count, rate), and after each of them they leave with a
/// probability from Beta(a, b).
pub(crate) struct BetaGeometricFuture {
    count: f64,
    rate: f64,
    a: f64,
    b: f64,
}

impl BetaGeometricFuture {
    /// The logarithm of P(n purchases within a time) if nobody left: the negative binomial.
    fn ln_nbd(&self, n: f64, time: f64) -> f64 {
        let share = if n > 0.0 { -n * (self.rate / time).ln_1p() } else { 0.0 };
        ln_rising(self.count, n) - ln_gamma(n + 1.0) - self.count * (time / self.rate).ln_1p() + share
    }
}

impl Future for BetaGeometricFuture {
    fn survival(&self, time: f64) -> f64 {
        // E[e^(-λ p t)] = E[(1 + p t / rate)^-count].
        if time == 0.0 {
            return 1.0;
        }
        let scaled = time / self.rate;
        let sharpness = self.count * scaled;
        // The density times this is largest no further out than where the density is so much lower.
        let range = (self.count * scaled.ln_1p()).min(self.a * (1.0 + (sharpness / self.a).ln_1p()));
        let nodes = BetaNodes::new(self.a, self.b, sharpness, range);
        // Weights add up to 1 but for rounding.
        nodes.mean(|p| (-self.count * (p * scaled).ln_1p()).exp()).min(1.0)
    }

    fn expected(&self, time: f64) -> f64 {
        // E[(1 - (1 + p t / rate)^-count) / p].
        let scaled = time / self.rate;
        let sharpness = self.count * scaled;
        let nodes = BetaNodes::new(self.a, self.b, sharpness, sharpness.ln_1p());
        nodes.mean(|p| if p == 0.0 { sharpness } else { -(-self.count * (p * scaled).ln_1p()).exp_m1() / p })
    }

    fn discounted(&self, time: f64, rate: f64) -> f64 {
        // Given p, purchases come at the rate E[λ e^(-λ p τ)] = count / rate * (1 + p τ / rate)^-(count + 1).
        if rate == 0.0 {
            if time.is_finite() {
                return self.expected(time);
            }
            // One purchase, and another one with probability 1 - p: 1 / p in all.
            return if self.a > 1.0 { (self.a + self.b - 1.0) / (self.a - 1.0) } else { f64::INFINITY };
        }
        let reach = time.min(1.0 / rate) / self.rate;
        let sharpness = (self.count + 1.0) * reach;
        let nodes = BetaNodes::new(self.a, self.b, sharpness, sharpness.ln_1p());
        let undying = if time.is_finite() { -(-rate * time).exp_m1() / rate } else { 1.0 / rate };
        let speed = self.count / self.rate;
        speed
            * nodes.mean(|p| {
                if p == 0.0 { undying } else { discounted_decay(self.count + 1.0, self.rate / p, rate, time) }
            })
    }

    fn probability(&self, n: u32, time: f64) -> f64 {
        // Fader, Hardie and Lee (2005), eq. 8; its bracket is P(at least n purchases), an incomplete beta function.
        if time == 0.0 {
            return if n == 0 { 1.0 } else { 0.0 };
        }
        let n = f64::from(n);
        let stays = ln_rising(self.b, n) - ln_rising(self.a + self.b, n) + self.ln_nbd(n, time);
        if n == 0.0 {
            return stays.exp();
        }
        let total = self.a + self.b;
        let leaves = self.a.ln() - total.ln() + ln_rising(self.b, n - 1.0) - ln_rising(total + 1.0, n - 1.0);
        let reach = self.rate + time;
        stays.exp() + (leaves + ln_beta_reg(n, self.count, time / reach, self.rate / reach)).exp()
    }

    fn buys_within(&self, time: f64) -> f64 {
        -(-self.count * (time / self.rate).ln_1p()).exp_m1()
    }

    fn mean_time_to_next(&self) -> f64 {
        if self.count > 1.0 { self.rate / (self.count - 1.0) } else { f64::INFINITY }
    }

    fn simulate(&self, time: f64, rng: &mut rand_pcg::Pcg64, purchases: &mut Vec<f64>) -> f64 {
        let (Ok(gamma), Ok(beta)) = (Gamma::new(self.count, 1.0), Beta::new(self.a, self.b)) else {
            return f64::INFINITY;
        };
        let speed = gamma.sample(rng) / self.rate;
        let p: f64 = beta.sample(rng);
        let mut now = 0.0;
        for _ in 0..beyond(speed * time) {
            let wait: f64 = Exp1.sample(rng);
            now += wait / speed;
            if now > time {
                return f64::INFINITY;
            }
            purchases.push(now);
            if rng.random::<f64>() < p {
                return now;
            }
        }
        f64::INFINITY
    }
}
