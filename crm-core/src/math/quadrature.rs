//! Integrals of smooth positive functions, to nearly the last digit.
//!
//! Gauss–Legendre on panels whose length follows the function: sixteen nodes integrate `exp` of anything that changes by at most
//! [`DROP`] over a panel, and is analytic within a panel's length around it, to about 1e-15. Terms are positive, so nothing cancels.

/// Nodes and weights of Gauss and Legendre on [0, 1].
pub(crate) const GAUSS_LEGENDRE_16: [(f64, f64); 16] = [
    (0.005_299_532_504_175_033, 0.013_576_229_705_877_048),
    (0.027_712_488_463_383_71, 0.031_126_761_969_323_947),
    (0.067_184_398_806_084_12, 0.047_579_255_841_246_39),
    (0.122_297_795_822_498_49, 0.062_314_485_627_766_94),
    (0.191_061_877_798_678_11, 0.074_797_994_408_288_37),
    (0.270_991_611_171_386_3, 0.084_578_259_697_501_27),
    (0.359_198_224_610_370_54, 0.091_301_707_522_461_79),
    (0.452_493_745_081_181_3, 0.094_725_305_227_534_25),
    (0.547_506_254_918_818_8, 0.094_725_305_227_534_25),
    (0.640_801_775_389_629_5, 0.091_301_707_522_461_79),
    (0.729_008_388_828_613_7, 0.084_578_259_697_501_27),
    (0.808_938_122_201_321_9, 0.074_797_994_408_288_37),
    (0.877_702_204_177_501_6, 0.062_314_485_627_766_94),
    (0.932_815_601_193_915_8, 0.047_579_255_841_246_39),
    (0.972_287_511_536_616_3, 0.031_126_761_969_323_947),
    (0.994_700_467_495_825, 0.013_576_229_705_877_048),
];

/// How much the logarithm of an integrand may change over a panel.
pub(crate) const DROP: f64 = 12.0;
/// The longest panel of integrands whose singularities are π away, as those in the logarithm of a time are.
pub(crate) const LONGEST_PANEL: f64 = 2.5;
/// What is `exp(-NEGLIGIBLE)` of the largest is left out.
const NEGLIGIBLE: f64 = 45.0;

/// The logarithm of the integral of `exp(log_f)` up to `upper`, for a concave `log_f` whose singularities are π away from the real line.
///
/// `log_f` returns its value and slope; it must rise from minus infinity.
pub(crate) fn ln_integral_of_log_concave(log_f: impl Fn(f64) -> (f64, f64), upper: f64) -> f64 {
    let mode = if log_f(upper).1 >= 0.0 {
        upper
    } else {
        let mut low = upper - 1.0;
        while log_f(low).1 < 0.0 {
            low = upper - 2.0 * (upper - low);
        }
        let mut high = upper;
        // A mode to a few digits will do: panels start from it.
        for _ in 0..60 {
            let middle = f64::midpoint(low, high);
            if log_f(middle).1 < 0.0 {
                high = middle;
            } else {
                low = middle;
            }
        }
        low
    };
    let peak = log_f(mode).0;
    let mut sum = 0.0;
    for direction in [-1.0, 1.0] {
        let mut start = mode;
        loop {
            let room = if direction > 0.0 { upper - start } else { f64::INFINITY };
            if room <= 0.0 {
                break;
            }
            let here = log_f(start).0;
            let mut length = LONGEST_PANEL.min(room);
            while here - log_f(start + direction * length).0 > DROP {
                length *= 0.7;
            }
            let panel: f64 = GAUSS_LEGENDRE_16
                .iter()
                .map(|&(node, weight)| weight * (log_f(start + direction * length * node).0 - peak).exp())
                .sum();
            sum += panel * length;
            start += direction * length;
            let (value, slope) = log_f(start);
            // Beyond, a concave function falls at least as fast as here.
            if value - peak < -NEGLIGIBLE && slope * direction < -1e-3 {
                break;
            }
        }
    }
    peak + sum.ln()
}

/// The integral from 0 to `limit` of a function that is 1 at 0 and falls at least like `exp(-slope u)`, and like
/// `exp(-slope u - curvature u^2 / 2)` at first.
///
/// Panels fall by [`DROP`] or less where they count; beyond, they have the same length.
pub(super) fn integral_from_zero(f: impl Fn(f64) -> f64, slope: f64, curvature: f64, limit: f64) -> f64 {
    let length = DROP / (0.5 * slope + (0.25 * slope * slope + curvature * DROP).sqrt());
    let (mut sum, mut start) = (0.0, 0.0);
    while start < limit {
        let panel = length.min(limit - start);
        let part: f64 =
            GAUSS_LEGENDRE_16.iter().map(|&(node, weight)| weight * f(start + panel * node)).sum();
        sum += panel * part;
        start += panel;
        if part <= 1e-17 * sum / length {
            break;
        }
    }
    sum
}

/// Nodes and weights that stand for a beta distribution: the mean of `f` is the sum of `weight * f(p)`.
///
/// The trapezoidal rule in logit p converges exponentially; where the density falls off slowly, its two tails are geometric series, summed
/// in closed form onto the last node and the end. Positive weights, no singularity at any parameters.
/// Trefethen and Weideman (2014), "The exponentially convergent trapezoidal rule", SIAM Review 56(3).
pub(crate) struct BetaNodes {
    nodes: Vec<(f64, f64)>,
}

impl BetaNodes {
    /// Beta(a, b), for functions that change over p of about `1 / sharpness` near 0 (by a factor of at most `exp(range)` in all).
    pub(crate) fn new(a: f64, b: f64, sharpness: f64, range: f64) -> Self {
        let total = a + b;
        let (mode, peak) = ((a / b).ln(), a * (a / total).ln() + b * (b / total).ln());
        // ln of the density in v = logit p, relative to its largest value.
        let log_density = |v: f64| {
            // ln p = -ln(1 + e^-v) and ln(1 - p) = -ln(1 + e^v), without cancellation on either side.
            let soft = (-v.abs()).exp().ln_1p();
            let (ln_p, ln_q) = if v < 0.0 { (v - soft, -soft) } else { (-soft, -v - soft) };
            a * ln_p + b * ln_q - peak
        };
        let step = step_size(a, b + sharpness);
        let cut = NEGLIGIBLE + range;
        let mut nodes = Vec::with_capacity(192);
        // Beyond these the function and the density are linear in p, or in 1 - p, to 1e-16.
        let steepness = sharpness.max(total).max(1.0);
        let reach = steepness.ln() + 18.0;
        for direction in [-1.0, 1.0] {
            let exponent = if direction < 0.0 { a } else { b };
            let mut k = u32::from(direction > 0.0);
            loop {
                let v = mode + direction * step * f64::from(k);
                let log = log_density(v);
                if log < -cut {
                    break;
                }
                let far = 1.0 / (1.0 + v.abs().exp());
                let p = if v < 0.0 { far } else { 1.0 - far };
                let weight = log.exp();
                // Only the side that this direction goes to has a tail there.
                if v * direction > reach {
                    let tail = |exponent: f64| 1.0 / (exponent * step).exp_m1();
                    let linear = tail(exponent + 1.0);
                    let end = (tail(exponent) - linear) * (1.0 + total * far);
                    nodes.push((p, weight * (1.0 + linear)));
                    nodes.push((if direction < 0.0 { 0.0 } else { 1.0 }, weight * end));
                    break;
                }
                nodes.push((p, weight));
                k += 1;
            }
        }
        let sum: f64 = nodes.iter().map(|&(_, weight)| weight).sum();
        for (_, weight) in &mut nodes {
            *weight /= sum;
        }
        Self { nodes }
    }

    /// The mean of a function of p.
    pub(crate) fn mean(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.nodes.iter().map(|&(p, weight)| weight * f(p)).sum()
    }
}

/// The step for which aliasing is below 1e-15: at frequency ω = 2π/step the transform of the density, |Γ(a + iω) Γ(b + iω)| over
/// Γ(a) Γ(b), must be that small.
fn step_size(a: f64, b: f64) -> f64 {
    const TARGET: f64 = -35.0;
    // Stirling's formula for ln |Γ(x + iω) / Γ(x)|, after DLMF 5.11.9; below 1/2 it would err to the optimistic side.
    let decay = |x: f64, omega: f64| {
        let x = x.max(0.5);
        (x - 0.5) * (omega / x).hypot(1.0).ln() - omega * (omega / x).atan()
    };
    let mut omega = 10.0;
    while decay(a, omega) + decay(b, omega) > TARGET {
        omega *= 1.08;
    }
    2.0 * std::f64::consts::PI / omega
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauss_legendre_integrates_polynomials_of_degree_31() {
        for degree in 0..32 {
            let sum: f64 = GAUSS_LEGENDRE_16.iter().map(|&(x, weight)| weight * x.powi(degree)).sum();
            assert!((sum * f64::from(degree + 1) - 1.0).abs() < 1e-14, "{degree}: {sum}");
        }
    }

    #[test]
    fn means_of_a_beta_distribution() {
        for a in [1e-3, 0.3, 1.0, 2.5, 40.0, 1e4] {
            for b in [1e-3, 0.6, 1.0, 7.0, 300.0, 1e4] {
                let nodes = BetaNodes::new(a, b, 1.0, 0.0);
                let mean = nodes.mean(|p| p);
                assert!((mean * (a + b) / a - 1.0).abs() < 1e-12, "{a} {b}: {mean}");
                let square = nodes.mean(|p| p * p);
                let known = a * (a + 1.0) / ((a + b) * (a + b + 1.0));
                assert!((square / known - 1.0).abs() < 1e-12, "{a} {b}: {square}");
            }
        }
    }

    #[test]
    fn log_concave_integrals_are_gamma_functions() {
        // ∫ exp(k v - e^v) dv = Γ(k).
        for (k, known) in [(1.0, 0.0), (5.0, 24f64.ln()), (20.0, 39.339_884_187_199_495)] {
            let integral = ln_integral_of_log_concave(|v| (k * v - v.exp(), k - v.exp()), 6.0);
            assert!((integral - known).abs() < 1e-13 * known.max(1.0), "{k}: {integral}");
        }
    }
}
