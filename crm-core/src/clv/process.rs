//! What a purchase model is: a likelihood, the odds of having left, and a customer's future while they stay.
//!
//! All purchase models share one structure. Given that a customer is still there, what they will do is described by the same
//! model with updated parameters: a [`Future`]. A prediction is therefore P(alive) times something of the future, and a newcomer is
//! the future that nothing is known of yet. One implementation serves conditional and unconditional predictions.

/// A customer as a purchase model sees one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Row {
    /// Repeat purchases, x.
    pub(crate) x: f64,
    /// Age at the last of them, `t_x`.
    pub(crate) last: f64,
    /// Age at the end of the data, T.
    pub(crate) age: f64,
}

/// A purchase model with given parameters.
pub(crate) trait Process: Send + Sync + Sized {
    /// What a customer who is still there will do.
    type Future: Future;

    /// Whether the odds of having left take longer than finding equal rows.
    const ODDS_ARE_COSTLY: bool;

    /// The model with parameters in the order of its table row; `most` repeat purchases are worth tabulating for.
    fn new(parameters: [f64; 4], most: usize) -> Self;

    /// The log-likelihood of a customer; adds its derivatives by the logarithms of the parameters, times a weight, to `gradient`.
    fn log_likelihood(&self, row: Row, weight: f64, gradient: &mut [f64; 4]) -> f64;

    /// The logarithm of P(left) / P(alive) at the end of the data; minus infinity if the customer cannot have left.
    fn ln_odds_of_having_left(&self, row: Row) -> f64;

    /// What a customer does who is alive after `x` repeat purchases at an age.
    fn future(&self, x: f64, age: f64) -> Self::Future;

    /// What a customer does after a first purchase, and the probability that they are there to do it.
    fn newcomer(&self) -> (f64, Self::Future);
}

/// What a customer who is alive now will do.
pub(crate) trait Future: Sized {
    /// P(still alive after a time).
    fn survival(&self, time: f64) -> f64;

    /// Expected purchases within a time.
    fn expected(&self, time: f64) -> f64;

    /// Expected purchases within a time, which may be infinite, each discounted at a continuous rate.
    fn discounted(&self, time: f64, rate: f64) -> f64;

    /// P(n purchases within a time).
    fn probability(&self, n: u32, time: f64) -> f64;

    /// P(next purchase within a time); for an infinite time P(ever buying again).
    fn buys_within(&self, time: f64) -> f64;

    /// The expected time to the next purchase of those who make one; infinite if it has no mean.
    fn mean_time_to_next(&self) -> f64;

    /// Draws the times of the purchases within a time, in order, and returns when the customer left (infinite: later).
    fn simulate(&self, time: f64, rng: &mut rand_pcg::Pcg64, purchases: &mut Vec<f64>) -> f64;
}

/// More purchases than a Poisson process of this mean makes: an end for loops over them.
pub(crate) fn beyond(mean: f64) -> u64 {
    (mean + 40.0 * mean.sqrt() + 100.0).min(1e9) as u64
}
