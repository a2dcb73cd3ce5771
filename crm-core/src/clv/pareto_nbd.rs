//! Pareto/NBD: customers buy at random and leave at random.
//!
//! A customer buys as a Poisson process with a rate λ from Gamma(r, alpha) for a lifetime that is exponential with a rate μ from Gamma(s, beta).
//!
//! - Schmittlein, Morrison and Colombo (1987), "Counting your customers: who are they and what will they do next?", Management Science 33(1);
//! - Fader and Hardie (2005), "A note on deriving the Pareto/NBD model and related expressions" (likelihood, eq. 22);
//! - Fader, Hardie and Lee (2005), "RFM and CLV: using iso-value curves for customer base analysis", Journal of Marketing Research 42(4) (DERT).
//!
//! The published likelihood is a difference of two hypergeometric functions and cancels for frequent buyers. Here it is the likelihood of
//! being alive times one plus the odds of having left, an integral of a positive function over the time since the last purchase:
//!
//! ```text
//! odds = s ∫ ((alpha + T)/(alpha + u))^(r+x) ((beta + T)/(beta + u))^s du/(beta + u),  u from t_x to T
//! ```

use rand_distr::{Distribution, Exp1, Gamma};

use super::process::{Future, Process, Row, beyond};
use crate::math::{
    DROP, GAUSS_LEGENDRE_16, LONGEST_PANEL, RisingTable, discounted_decay, ln_gamma,
    ln_integral_of_log_concave, ln_rising,
};

pub(crate) struct ParetoNbd {
    r: f64,
    alpha: f64,
    s: f64,
    beta: f64,
    rising_r: RisingTable,
    ln_alpha: f64,
    ln_s: f64,
}

/// The integral of `exp(-count ln(1 + v/alpha) - shape ln(1 + v/beta)) / (1 + v/beta)` over v from 0, divided by beta, where alpha and
/// beta are counted from the lower end, with the means that derivatives need.
#[derive(Default)]
struct LeftSince {
    integral: f64,
    /// Of ln(1 + v/alpha) and ln(1 + v/beta), under the integrand.
    mean_ln_alpha: f64,
    mean_ln_beta: f64,
    /// Of 1/(alpha + v) and 1/(beta + v), under the integrand.
    mean_inverse_alpha: f64,
    mean_inverse_beta: f64,
}

impl LeftSince {
    /// Panels run in w = ln(c + v), c the smaller of alpha and beta, in which both singularities stay π away.
    fn new(count: f64, alpha: f64, shape: f64, beta: f64, length: f64) -> Self {
        let nearer = alpha.min(beta);
        let end = (length / nearer).ln_1p();
        let mut sums = Self::default();
        let mut start = 0.0;
        while start < end {
            // The exponent falls by at most this much per unit of w at the end of the longest panel.
            let slope_at = |past: f64| {
                let reach = nearer + past;
                count * reach / (alpha + past) + shape * reach / (beta + past)
            };
            let mut panel = LONGEST_PANEL.min(end - start);
            for _ in 0..2 {
                let far = nearer * f64::exp_m1(start + panel);
                panel = panel.min(DROP / slope_at(far));
            }
            // A sliver at the end costs as much as a panel.
            if end - start < 1.001 * panel {
                panel = end - start;
            }
            let mut grown = 0.0;
            for &(node, weight) in &GAUSS_LEGENDRE_16 {
                let w = start + panel * node;
                let v = nearer * w.exp_m1();
                let (ln_alpha, ln_beta) =
                    if alpha <= beta { (w, (v / beta).ln_1p()) } else { ((v / alpha).ln_1p(), w) };
                let (inverse_alpha, inverse_beta) = (1.0 / (alpha + v), 1.0 / (beta + v));
                let f = weight
                    * panel
                    * (-count * ln_alpha - shape * ln_beta).exp()
                    * ((nearer + v) * inverse_beta);
                grown += f;
                sums.mean_ln_alpha += f * ln_alpha;
                sums.mean_ln_beta += f * ln_beta;
                sums.mean_inverse_alpha += f * inverse_alpha;
                sums.mean_inverse_beta += f * inverse_beta;
            }
            sums.integral += grown;
            start += panel;
            // What remains is at most the last density times what remains of w.
            let past = nearer * f64::exp_m1(start);
            let ahead = -count * (past / alpha).ln_1p() - shape * (past / beta).ln_1p();
            if ahead.exp() * (end - start) < 1e-17 * sums.integral {
                break;
            }
        }
        if sums.integral > 0.0 {
            for mean in [
                &mut sums.mean_ln_alpha,
                &mut sums.mean_ln_beta,
                &mut sums.mean_inverse_alpha,
                &mut sums.mean_inverse_beta,
            ] {
                *mean /= sums.integral;
            }
        }
        sums
    }
}

impl Process for ParetoNbd {
    type Future = ParetoFuture;

    const ODDS_ARE_COSTLY: bool = true;

    fn new([r, alpha, s, beta]: [f64; 4], most: usize) -> Self {
        let rising_r = RisingTable::new(r, most);
        Self { r, alpha, s, beta, rising_r, ln_alpha: alpha.ln(), ln_s: s.ln() }
    }

    fn log_likelihood(&self, row: Row, weight: f64, gradient: &mut [f64; 4]) -> f64 {
        let (r, alpha, s, beta) = (self.r, self.alpha, self.s, self.beta);
        let count = r + row.x;
        let (grown_alpha, grown_beta) = ((row.age / alpha).ln_1p(), (row.age / beta).ln_1p());
        let mut value =
            self.rising_r.ln(row.x) - count * grown_alpha - row.x * self.ln_alpha - s * grown_beta;
        let ln_alpha = (r * row.age - row.x * alpha) / (alpha + row.age);
        let mut parts = [
            r * (self.rising_r.digamma(row.x) - grown_alpha),
            ln_alpha,
            -s * grown_beta,
            s * row.age / (beta + row.age),
        ];
        let length = row.age - row.last;
        if length > 0.0 {
            let (from_alpha, from_beta) = (alpha + row.last, beta + row.last);
            let since = LeftSince::new(count, from_alpha, s, from_beta, length);
            let (since_alpha, since_beta) = ((length / from_alpha).ln_1p(), (length / from_beta).ln_1p());
            let ln_odds = self.ln_s + count * since_alpha + s * since_beta + since.integral.ln();
            let left = if ln_odds > 0.0 {
                value += ln_odds + (-ln_odds).exp().ln_1p();
                1.0 / (1.0 + (-ln_odds).exp())
            } else {
                let odds = ln_odds.exp();
                value += odds.ln_1p();
                odds / (1.0 + odds)
            };
            parts[0] += left * r * (since_alpha - since.mean_ln_alpha);
            parts[1] += left * alpha * count * (1.0 / (alpha + row.age) - since.mean_inverse_alpha);
            parts[2] += left * (1.0 + s * (since_beta - since.mean_ln_beta));
            parts[3] += left
                * beta
                * (s * (1.0 / (beta + row.age) - since.mean_inverse_beta) - since.mean_inverse_beta);
        }
        for (sum, part) in gradient.iter_mut().zip(parts) {
            *sum += weight * part;
        }
        value
    }

    fn ln_odds_of_having_left(&self, row: Row) -> f64 {
        let length = row.age - row.last;
        if length <= 0.0 {
            return f64::NEG_INFINITY;
        }
        let count = self.r + row.x;
        let (from_alpha, from_beta) = (self.alpha + row.last, self.beta + row.last);
        let since = LeftSince::new(count, from_alpha, self.s, from_beta, length);
        self.ln_s
            + count * (length / from_alpha).ln_1p()
            + self.s * (length / from_beta).ln_1p()
            + since.integral.ln()
    }

    fn future(&self, x: f64, age: f64) -> ParetoFuture {
        ParetoFuture { count: self.r + x, rate: self.alpha + age, s: self.s, beta: self.beta + age }
    }

    fn newcomer(&self) -> (f64, ParetoFuture) {
        (1.0, self.future(0.0, 0.0))
    }
}

/// What a customer does who is alive: purchases at a rate from Gamma(count, rate) until they leave, at a rate from Gamma(s, beta).
pub(crate) struct ParetoFuture {
    count: f64,
    rate: f64,
    s: f64,
    beta: f64,
}

impl ParetoFuture {
    /// The integral of `τ^power` times the density of the next purchase at τ over a time, which may be infinite.
    ///
    /// The density is `count / rate * (1 + τ/rate)^-(count + 1) * (1 + τ/beta)^-s`.
    fn moment_of_next(&self, power: i32, time: f64) -> f64 {
        let (nearer, farther) = (self.rate.min(self.beta), self.rate.max(self.beta));
        let log_f = |v: f64| {
            let later = v.exp();
            (f64::from(power) + 1.0) * v
                - (self.count + 1.0) * (later / self.rate).ln_1p()
                - self.s * (later / self.beta).ln_1p()
        };
        // Below, the density is constant; above, a power of τ: both tails are closed forms.
        let (low, high) = (nearer.ln() - 37.0 - self.count.ln_1p(), (farther.ln() + 37.0).min(time.ln()));
        let rise = f64::from(power) + 1.0;
        let (mut start, mut sum) = (low.min(high), log_f(low.min(high)).exp() / rise);
        while start < high {
            let mut panel = LONGEST_PANEL.min(high - start);
            let here = log_f(start);
            while (log_f(start + panel) - here).abs() > DROP && panel > 1e-6 {
                panel *= 0.7;
            }
            sum += panel
                * GAUSS_LEGENDRE_16
                    .iter()
                    .map(|&(node, weight)| weight * log_f(start + panel * node).exp())
                    .sum::<f64>();
            start += panel;
            let there = log_f(start);
            // Log-concave: once it falls, it falls ever faster.
            if there < here && there.exp() * panel < 1e-18 * sum * (here - there) {
                return sum * self.count / self.rate;
            }
        }
        if time.ln() > high {
            let fall = self.count + 1.0 + self.s - rise;
            // Up to the given time of the falling power.
            let covered = -(-fall * (time.ln() - high)).exp_m1();
            sum += log_f(high).exp() / fall * covered;
        }
        sum * self.count / self.rate
    }
}

impl Future for ParetoFuture {
    fn survival(&self, time: f64) -> f64 {
        (-self.s * (time / self.beta).ln_1p()).exp()
    }

    fn expected(&self, time: f64) -> f64 {
        self.discounted(time, 0.0)
    }

    fn discounted(&self, time: f64, rate: f64) -> f64 {
        // E[λ] times the discounted time that they stay: ∫ e^(-δτ) (1 + τ/beta)^-s dτ.
        self.count / self.rate * discounted_decay(self.s, self.beta, rate, time)
    }

    fn probability(&self, n: u32, time: f64) -> f64 {
        // Fader and Hardie (2006), "Deriving an expression for P(X(t) = x) under the Pareto/NBD model", before integration.
        if time == 0.0 {
            return if n == 0 { 1.0 } else { 0.0 };
        }
        let n = f64::from(n);
        let constant = ln_rising(self.count, n) - ln_gamma(n + 1.0);
        // The logarithm of the negative binomial at time u, without its constant.
        let ln_nbd = |u: f64| {
            let share = if n > 0.0 { -n * (self.rate / u).ln_1p() } else { 0.0 };
            share - self.count * (u / self.rate).ln_1p()
        };
        let stays = constant + ln_nbd(time) - self.s * (time / self.beta).ln_1p();
        // They left at u = e^v: density s/(beta + u) (1 + u/beta)^-s, and du = u dv.
        let log_f = |v: f64| {
            let u = v.exp();
            let (of_rate, of_beta) = (u / (self.rate + u), u / (self.beta + u));
            let value = v + ln_nbd(u) - (self.s + 1.0) * (u / self.beta).ln_1p();
            (value, 1.0 + n * (1.0 - of_rate) - self.count * of_rate - (self.s + 1.0) * of_beta)
        };
        let leaves = constant + (self.s / self.beta).ln() + ln_integral_of_log_concave(log_f, time.ln());
        stays.exp() + leaves.exp()
    }

    fn buys_within(&self, time: f64) -> f64 {
        if time == 0.0 { 0.0 } else { self.moment_of_next(0, time).min(1.0) }
    }

    fn mean_time_to_next(&self) -> f64 {
        if self.count + self.s > 1.0 {
            self.moment_of_next(1, f64::INFINITY) / self.moment_of_next(0, f64::INFINITY)
        } else {
            f64::INFINITY
        }
    }

    fn simulate(&self, time: f64, rng: &mut rand_pcg::Pcg64, purchases: &mut Vec<f64>) -> f64 {
        let (Ok(buying), Ok(leaving)) = (Gamma::new(self.count, 1.0), Gamma::new(self.s, 1.0)) else {
            return f64::INFINITY;
        };
        let speed = buying.sample(rng) / self.rate;
        let lifetime: f64 = Exp1.sample(rng);
        let left = lifetime * self.beta / leaving.sample(rng);
        let mut now = 0.0;
        for _ in 0..beyond(speed * time) {
            let wait: f64 = Exp1.sample(rng);
            now += wait / speed;
            if now > time.min(left) {
                break;
            }
            purchases.push(now);
        }
        if left <= time { left } else { f64::INFINITY }
    }
}
