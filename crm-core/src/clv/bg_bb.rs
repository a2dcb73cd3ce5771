//! BG/BB: at each opportunity a customer buys, or not, and some time leaves for good.
//!
//! While there, a customer buys at each opportunity with probability p and leaves before it with probability theta; over customers
//! p ~ Beta(alpha, beta) and theta ~ Beta(gamma, delta). Ages and times are whole numbers of opportunities; others are rounded.
//!
//! The likelihood sums over the opportunities at which the customer may have left. All terms are taken relative to that of a customer who is still
//! there: each is a simple ratio away from its neighbour, all are positive and nothing cancels.
//!
//! Fader, Hardie and Shang (2010), "Customer-base analysis in a discrete-time noncontractual setting", *Marketing Science* 29(6).

use rand::RngExt;
use rand_distr::{Distribution, Gamma};
use rand_pcg::Pcg64;

use super::beta_geometric::BetaGeometric;
use super::process::{Future, Process, Row};
use super::slow_sum::{Falling, Terms};
use crate::math::digamma_rising;

/// Beyond this, running sums are scaled down.
const LARGE: f64 = 1e200;
const LN_LARGE: f64 = 200.0 * std::f64::consts::LN_10;

/// The model with parameters alpha, beta, gamma, delta.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BgBb {
    alpha: f64,
    beta: f64,
    lifetime: BetaGeometric,
}

/// What the opportunities after the last purchase say.
struct Silence {
    /// The odds of having left, divided by `e^ln_scale`.
    odds: f64,
    /// 1, divided alike.
    alive: f64,
    ln_scale: f64,
    /// Derivatives of the odds by alpha, beta, gamma, delta, divided alike.
    slopes: [f64; 4],
}

impl BgBb {
    /// The sum over the opportunities at which the customer may have left, relative to having stayed; Fader, Hardie and Shang (2010), eq. 5.
    fn silence(&self, x: f64, last: f64, n: f64) -> Silence {
        let (alpha_beta, gamma) = (self.alpha + self.beta, self.lifetime.leave);
        let (delta, gamma_delta) = (self.lifetime.stay, gamma + self.lifetime.stay);
        let mut silence = Silence { odds: 0.0, alive: 1.0, ln_scale: 0.0, slopes: [0.0; 4] };
        let mut term = 0.0;
        // Sums of reciprocals: the derivatives of ln(term) are made of them.
        let (mut bought, mut missed, mut gone, mut stayed) = (0.0, 0.0, 0.0, 0.0);
        let mut j = n;
        while j > last {
            j -= 1.0;
            if j == n - 1.0 {
                term = gamma / (delta + j);
            } else {
                term *= (gamma_delta + j + 1.0) / (delta + j);
                gone += 1.0 / (gamma_delta + j + 1.0);
            }
            term *= (alpha_beta + j) / (self.beta + j - x);
            bought += 1.0 / (alpha_beta + j);
            missed += 1.0 / (self.beta + j - x);
            stayed += 1.0 / (delta + j);
            silence.odds += term;
            silence.slopes[0] += term * bought;
            silence.slopes[1] += term * (bought - missed);
            silence.slopes[2] += term * (1.0 / gamma + gone);
            silence.slopes[3] += term * (gone - stayed);
            if term > LARGE {
                let down = |value: &mut f64| *value /= LARGE;
                down(&mut term);
                down(&mut silence.odds);
                down(&mut silence.alive);
                silence.slopes.iter_mut().for_each(down);
                silence.ln_scale += LN_LARGE;
            }
        }
        silence
    }

    /// P(at least one purchase in n opportunities).
    fn buys_within(&self, n: f64) -> f64 {
        self.future(0.0, 0.0).buys_within(n)
    }
}

/// Whole numbers with 0 <= x <= last <= n.
fn whole(row: Row) -> (f64, f64, f64) {
    let n = row.age.round().max(0.0);
    let last = row.last.round().clamp(0.0, n);
    (row.x.round().clamp(0.0, last), last, n)
}

impl Process for BgBb {
    type Future = BgBbFuture;

    const ODDS_ARE_COSTLY: bool = true;

    fn new([alpha, beta, gamma, delta]: [f64; 4], _most: usize) -> Self {
        Self { alpha, beta, lifetime: BetaGeometric { leave: gamma, stay: delta } }
    }

    fn log_likelihood(&self, row: Row, weight: f64, gradient: &mut [f64; 4]) -> f64 {
        let (x, last, n) = whole(row);
        let (alpha, beta) = (self.alpha, self.beta);
        let BetaGeometric { leave: gamma, stay: delta } = self.lifetime;
        let silence = self.silence(x, last, n);
        let total = silence.alive + silence.odds;
        let (of_both, of_life) = (digamma_rising(alpha + beta, n), digamma_rising(gamma + delta, n));
        let alive = [
            digamma_rising(alpha, x) - of_both,
            digamma_rising(beta, n - x) - of_both,
            -of_life,
            digamma_rising(delta, n) - of_life,
        ];
        for (k, parameter) in [alpha, beta, gamma, delta].into_iter().enumerate() {
            gradient[k] += weight * parameter * (alive[k] + silence.slopes[k] / total);
        }
        let purchases =
            Falling { low: alpha, gap: beta }.ln(x) + Falling { low: beta, gap: alpha + x }.ln(n - x);
        let value = purchases + self.lifetime.ln_survival(n) + total.ln() + silence.ln_scale;
        if x == 0.0 && value > -0.1 {
            // Close to certain: what is missing to 1 is known more accurately.
            return (-self.buys_within(n)).ln_1p();
        }
        value
    }

    fn ln_odds_of_having_left(&self, row: Row) -> f64 {
        let (x, last, n) = whole(row);
        let silence = self.silence(x, last, n);
        silence.odds.ln() + silence.ln_scale
    }

    fn future(&self, x: f64, age: f64) -> BgBbFuture {
        let (x, _, n) = whole(Row { x, last: age, age });
        BgBbFuture { buy: self.alpha + x, pass: self.beta + n - x, lifetime: self.lifetime.after(n) }
    }

    fn newcomer(&self) -> (f64, BgBbFuture) {
        (1.0, self.future(0.0, 0.0))
    }
}

/// What a customer does who is there: buys at an opportunity with a probability from Beta(`buy`, `pass`).
///
/// Times are numbers of opportunities; who leaves before opportunity k is said to leave at time k.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BgBbFuture {
    buy: f64,
    pass: f64,
    lifetime: BetaGeometric,
}

impl BgBbFuture {
    /// P(the next purchase is at opportunity 1).
    fn buys_at_once(&self) -> f64 {
        self.buy / (self.buy + self.pass) * self.lifetime.survival(1.0)
    }

    /// P(the next purchase is at opportunity 1 + i), relative to that at opportunity 1.
    fn waiting(&self) -> Terms {
        Terms::new(0.0, Falling { low: self.pass, gap: self.buy + 1.0 })
            .times(Falling { low: self.lifetime.stay + 1.0, gap: self.lifetime.leave })
    }
}

impl Future for BgBbFuture {
    fn survival(&self, time: f64) -> f64 {
        self.lifetime.survival(time.round())
    }

    fn expected(&self, time: f64) -> f64 {
        self.discounted(time, 0.0)
    }

    fn discounted(&self, time: f64, rate: f64) -> f64 {
        self.buy / (self.buy + self.pass) * self.lifetime.discounted(time.round(), rate)
    }

    /// Fader, Hardie and Shang (2010), eq. 8 with updated parameters: purchases in all opportunities while the customer stays, or in
    /// those before they leave.
    fn probability(&self, n: u32, time: f64) -> f64 {
        let (m, n) = (time.round(), f64::from(n));
        if n > m {
            return 0.0;
        }
        let Self { buy, pass, lifetime } = *self;
        let BetaGeometric { leave, stay } = lifetime;
        // All of the first n opportunities are taken.
        let taken = Falling { low: buy, gap: pass }.ln(n) + lifetime.ln_survival(n);
        let passed = Falling { low: pass, gap: buy + n };
        let choices = Falling { low: 1.0, gap: n };
        let stayed = if m == f64::INFINITY {
            0.0
        } else {
            (taken + passed.ln(m - n) - choices.ln(m - n) + lifetime.after(n).ln_survival(m - n)).exp()
        };
        let leaves = leave / (leave + stay + n);
        let later =
            Terms::new(0.0, passed).times(Falling { low: stay + n, gap: leave + 1.0 }).divided_by(choices);
        (stayed + leaves * (taken + later.ln_sum(m - n)).exp()).min(1.0)
    }

    fn buys_within(&self, time: f64) -> f64 {
        (self.buys_at_once() * self.waiting().ln_sum(time.round()).exp()).min(1.0)
    }

    fn mean_time_to_next(&self) -> f64 {
        let waiting = self.waiting();
        let weighted = waiting.divided_by(Falling { low: 1.0, gap: 1.0 });
        (weighted.ln_sum(f64::INFINITY) - waiting.ln_sum(f64::INFINITY)).exp()
    }

    fn simulate(&self, time: f64, rng: &mut Pcg64, purchases: &mut Vec<f64>) -> f64 {
        purchases.clear();
        let left = waits(ln_chance_to_pass(self.lifetime.leave, self.lifetime.stay, rng), rng);
        let pass = ln_chance_to_pass(self.buy, self.pass, rng);
        let mut at = waits(pass, rng);
        while at < left && at <= time.round() {
            purchases.push(at);
            at += waits(pass, rng);
        }
        if left <= time.round() { left } else { f64::INFINITY }
    }
}

/// `ln(1 - p)` for p drawn from Beta(a, b); parameters may be so small that p itself would be 0 or 1.
pub(super) fn ln_chance_to_pass(a: f64, b: f64, rng: &mut Pcg64) -> f64 {
    let logit = ln_gamma_variate(a, rng) - ln_gamma_variate(b, rng);
    // -ln(1 + e^logit)
    if logit > 0.0 { -logit - (-logit).exp().ln_1p() } else { -logit.exp().ln_1p() }
}

/// The logarithm of a gamma variate. Below shape 1, a variate of shape + 1 times a power of a uniform one.
fn ln_gamma_variate(shape: f64, rng: &mut Pcg64) -> f64 {
    let (raised, boost) = if shape < 1.0 { (shape + 1.0, uniform(rng).ln() / shape) } else { (shape, 0.0) };
    Gamma::new(raised, 1.0).map_or(raised, |gamma| gamma.sample(rng)).ln() + boost
}

/// Uniform in (0, 1].
fn uniform(rng: &mut Pcg64) -> f64 {
    1.0 - rng.random::<f64>()
}

/// The first of independent trials that succeeds, each of which fails with probability `e^ln_fail`.
pub(super) fn waits(ln_fail: f64, rng: &mut Pcg64) -> f64 {
    if ln_fail >= 0.0 { f64::INFINITY } else { 1.0 + (uniform(rng).ln() / ln_fail).floor() }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn close(mine: f64, truth: f64, tolerance: f64) {
        assert!((mine - truth).abs() <= tolerance * truth.abs(), "{mine} {truth}");
    }

    fn row(x: f64, last: f64, age: f64) -> Row {
        Row { x, last, age }
    }

    /// The maximum of the likelihood of the donations; Fader, Hardie and Shang (2010), table 3, prints 1.204, 0.750, 0.657, 2.783.
    const DONATIONS: [f64; 4] = [1.203_522, 0.749_716, 0.656_718, 2.783_442];

    /// Double integrals over p and theta of the likelihood given both, by mpmath.
    #[test]
    fn likelihood_is_the_mixture() {
        for (parameters, customer, truth) in [
            ([1.5, 2.25, 1.25, 3.5], row(2.0, 4.0, 7.0), -5.150_067_019_770_225),
            ([2.0, 0.75, 0.5, 1.5], row(0.0, 0.0, 3.0), -1.095_626_320_489_548),
            ([3.0, 4.0, 2.5, 20.0], row(5.0, 5.0, 12.0), -5.638_612_516_876_065),
        ] {
            close(BgBb::new(parameters, 0).log_likelihood(customer, 1.0, &mut [0.0; 4]), truth, 1e-13);
        }
    }

    #[test]
    fn gradient_is_that_of_the_likelihood() {
        for parameters in [DONATIONS, [0.01, 20.0, 3.0, 0.5], [30.0, 2.0, 0.02, 100.0], [1e3, 1e4, 5.0, 2e3]]
        {
            for customer in
                [row(0.0, 0.0, 6.0), row(3.0, 5.0, 30.0), row(40.0, 90.0, 300.0), row(7.0, 7.0, 7.0)]
            {
                let mut gradient = [0.0; 4];
                BgBb::new(parameters, 0).log_likelihood(customer, 2.0, &mut gradient);
                for k in 0..4 {
                    let at = |step: f64| {
                        let mut moved = parameters;
                        moved[k] *= step.exp();
                        2.0 * BgBb::new(moved, 0).log_likelihood(customer, 1.0, &mut [0.0; 4])
                    };
                    let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                    // Differences lose half of the digits of the likelihood.
                    assert!(
                        (gradient[k] - slope).abs() < 1e-8 * (1.0 + slope.abs()) + 1e-10 * at(0.0).abs(),
                        "{k}: {} {slope}",
                        gradient[k]
                    );
                }
            }
        }
    }

    /// Integrals by mpmath over theta of the closed sums over opportunities given theta.
    #[test]
    fn waiting_for_the_next_purchase() {
        for ([buy, pass, leave, stay], ever, mean) in [
            ([3.0, 5.0, 2.0, 7.0], 0.571_020_265_761_886_9, 2.194_069_483_672_631),
            ([20.0, 300.0, 4.0, 50.0], 0.464_129_593_315_278_5, 8.590_028_302_693_033),
            ([1.2, 6.75, 0.6567, 8.78], 0.662_002_884_000_005_6, f64::NAN),
        ] {
            let future = BgBbFuture { buy, pass, lifetime: BetaGeometric { leave, stay } };
            close(future.buys_within(f64::INFINITY), ever, 1e-12);
            if mean.is_finite() {
                close(future.mean_time_to_next(), mean, 1e-12);
            }
            close(future.buys_within(1.0), future.expected(1.0), 1e-14);
            close(future.buys_within(40.0), 1.0 - future.probability(0, 40.0), 1e-13);
        }
        let heavy = BgBb::new([0.3, 1.0, 0.7, 2.0], 0).newcomer().1;
        assert_eq!(heavy.mean_time_to_next(), f64::INFINITY);
    }

    #[test]
    fn probabilities_add_up() {
        let future = BgBb::new([0.8, 20.0, 0.5, 9.0], 0).future(3.0, 10.0);
        let (mut total, mut mean) = (0.0, 0.0);
        for n in 0..=50 {
            total += future.probability(n, 50.0);
            mean += f64::from(n) * future.probability(n, 50.0);
        }
        close(total, 1.0, 1e-13);
        close(mean, future.expected(50.0), 1e-13);
        assert_eq!(future.probability(51, 50.0), 0.0);
        close(future.probability(1, f64::INFINITY), future.probability(1, 1e13), 1e-6);
    }

    /// `d / (leave - 1) (1 - (d + 1)_m / (leave + d)_m)` at 70 digits, and `2F1(1, d; leave + d; e^-rate) - 1` at 50, by mpmath; d is 43.
    #[test]
    fn expectations_near_singular_points() {
        let future =
            |leave: f64| BgBbFuture { buy: 1.0, pass: 1.0, lifetime: BetaGeometric { leave, stay: 43.0 } };
        for (leave, opportunities, truth) in EXPECTED {
            close(future(leave).expected(opportunities), 0.5 * truth, 1e-12);
        }
        for (leave, rate, truth) in DISCOUNTED {
            close(future(leave).discounted(f64::INFINITY, rate), 0.5 * truth, 1e-12);
        }
        close(future(2.5).discounted(f64::INFINITY, 0.0), 0.5 * 43.0 / 1.5, 1e-14);
        assert_eq!(future(1.0).discounted(f64::INFINITY, 0.0), f64::INFINITY);
    }

    const EXPECTED: [(f64, f64, f64); 8] = [
        (1.0, 70.0, 41.237_993_970_879_76),
        (1.0, 1e6, 431.839_157_356_670_74),
        (1.000_000_001, 1000.0, 136.634_770_572_976_4),
        (0.999_999_999, 1e6, 431.839_159_525_595_8),
        (0.9999, 1e6, 432.056_122_526_235_9),
        (0.001, 1e6, 990_975.022_961_957_3),
        (1e5, 300.0, 0.000_430_004_300_043_000_4),
        (2.0, 65.0, 25.642_201_834_862_384),
    ];
    const DISCOUNTED: [(f64, f64, f64); 6] = [
        (1.0, 0.001, 116.747_636_259_856_73),
        (2.0, 1e-05, 42.864_410_226_073_865),
        (0.656_756_8, 0.1, 8.360_230_592_560_41),
        (0.001, 1e-06, 990_555.991_415_377_4),
        (0.3, 1e-09, 7_984_878.447_594_395),
        (40.0, 0.0001, 1.102_326_221_019_427),
    ];

    #[test]
    fn nothing_breaks_anywhere() {
        let values = [1e-3, 0.7, 30.0, 1e5];
        let mut rng = Pcg64::seed_from_u64(1);
        for code in 0..256usize {
            let parameters: [f64; 4] = std::array::from_fn(|k| values[(code >> (2 * k)) & 3]);
            let model = BgBb::new(parameters, 0);
            for customer in [
                row(0.0, 0.0, 0.0),
                row(0.0, 0.0, 3000.0),
                row(3.0, 3.0, 3000.0),
                row(900.0, 3000.0, 3000.0),
                row(2.4, 3.6, 5.1),
            ] {
                let mut gradient = [0.0; 4];
                let value = model.log_likelihood(customer, 1.0, &mut gradient);
                assert!(value <= 0.0 && value.is_finite(), "{parameters:?} {customer:?} {value}");
                assert!(gradient.iter().all(|slope| slope.is_finite()));
                assert!(!model.ln_odds_of_having_left(customer).is_nan());
                let future = model.future(customer.x, customer.age);
                for time in [0.0, 1.0, 52.0, 1e6] {
                    for value in
                        [future.survival(time), future.buys_within(time), future.probability(2, time)]
                    {
                        assert!(
                            (0.0..=1.0 + 1e-12).contains(&value),
                            "{parameters:?} {customer:?} {time} {value}"
                        );
                    }
                    let (all, now) = (future.expected(time), future.discounted(time, 0.01));
                    assert!(
                        all >= 0.0 && all <= time && now >= 0.0 && now <= all * (1.0 + 1e-9),
                        "{all} {now} {time}"
                    );
                }
                assert!(future.discounted(f64::INFINITY, 1e-6).is_finite());
                assert!(future.mean_time_to_next() >= 1.0 - 1e-12);
                let mut purchases = Vec::new();
                let left = future.simulate(100.0, &mut rng, &mut purchases);
                assert!(left >= 1.0 && purchases.iter().all(|&at| at >= 1.0 && at < left && at <= 100.0));
                assert!(purchases.is_sorted_by(|a, b| a < b));
            }
        }
    }

    #[test]
    fn simulation_is_what_the_formulae_say() {
        let future = BgBb::new(DONATIONS, 0).newcomer().1;
        let mut rng = Pcg64::seed_from_u64(7);
        let (mut purchases, mut total, mut there, mut none) = (Vec::new(), 0.0, 0.0, 0.0);
        let runs = 100_000;
        for _ in 0..runs {
            let left = future.simulate(10.0, &mut rng, &mut purchases);
            total += purchases.len() as f64;
            there += f64::from(u8::from(left > 10.0));
            none += f64::from(u8::from(purchases.is_empty()));
        }
        // Five standard errors; a count of at most 10 has a standard deviation below 5.
        let scale = f64::from(runs);
        assert!((total / scale - future.expected(10.0)).abs() < 25.0 / scale.sqrt());
        assert!((there / scale - future.survival(10.0)).abs() < 2.5 / scale.sqrt());
        assert!((none / scale - future.probability(0, 10.0)).abs() < 2.5 / scale.sqrt());
    }
}
