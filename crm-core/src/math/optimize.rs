//! Maximisation of smooth functions of a few variables within bounds.
//!
//! BFGS finds the neighbourhood of the maximum; Newton steps with a Hessian from central differences of the gradient finish it. Near
//! the maximum of a sum over many rows, values differ by less than their rounding while gradients still tell where to go: the last steps
//! therefore look at the gradient alone.
//!
//! Nocedal and Wright (2006), *Numerical Optimization*, chapters 6 (BFGS) and 3 (line search).

use super::symmetric::{cholesky, solve};

/// Where a function is largest, and what it looks like there.
#[derive(Clone, Debug)]
pub(crate) struct Maximum {
    pub(crate) point: Vec<f64>,
    pub(crate) value: f64,
    /// Which variables are held by a bound.
    pub(crate) held: Vec<bool>,
    /// Row-major.
    pub(crate) hessian: Vec<f64>,
    pub(crate) evaluations: u32,
    /// Whether the gradient of the variables that are not held vanishes, up to rounding.
    pub(crate) converged: bool,
}

/// The largest change of a variable in one step.
const LONGEST_STEP: f64 = 2.0;
/// Gradients this small, relative to the value, are those of rounding.
const GRADIENT_TOLERANCE: f64 = 1e-9;
/// Below this there is nothing left to gain.
const ROUNDING: f64 = 1e-14;
/// BFGS hands over to Newton at this relative gradient.
const HANDOVER: f64 = 1e-5;
/// Step of the differences: errors are its square, and rounding divided by it.
const DIFFERENCE: f64 = 1e-4;

struct Search<'a> {
    /// The function and, in its second argument, its gradient.
    objective: &'a mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    lower: &'a [f64],
    upper: &'a [f64],
    evaluations: u32,
}

#[derive(Clone)]
struct Place {
    point: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

impl Search<'_> {
    fn look(&mut self, point: Vec<f64>) -> Place {
        let mut gradient = vec![0.0; point.len()];
        let mut value = (self.objective)(&point, &mut gradient);
        self.evaluations += 1;
        if !value.is_finite() || gradient.iter().any(|part| !part.is_finite()) {
            value = f64::NEG_INFINITY;
        }
        Place { point, value, gradient }
    }

    fn clamp(&self, point: &mut [f64]) {
        for ((x, lower), upper) in point.iter_mut().zip(self.lower).zip(self.upper) {
            *x = x.clamp(*lower, *upper);
        }
    }

    /// Variables at a bound that the function would rather cross.
    fn held(&self, place: &Place) -> Vec<bool> {
        (0..place.point.len())
            .map(|i| {
                (place.point[i] <= self.lower[i] && place.gradient[i] < 0.0)
                    || (place.point[i] >= self.upper[i] && place.gradient[i] > 0.0)
            })
            .collect()
    }

    fn largest_gradient(&self, place: &Place) -> f64 {
        let free = self.held(place).into_iter().zip(&place.gradient).filter(|(held, _)| !held);
        free.map(|(_, gradient)| gradient.abs()).fold(0.0, f64::max) / (1.0 + place.value.abs())
    }

    fn step(&self, place: &Place, direction: &[f64], length: f64) -> Vec<f64> {
        let mut point: Vec<f64> = place.point.iter().zip(direction).map(|(x, d)| x + length * d).collect();
        self.clamp(&mut point);
        point
    }

    /// Backtracking with quadratic interpolation; `None` if no length improves the value.
    fn line_search(&mut self, place: &Place, direction: &[f64]) -> Option<Place> {
        let slope = dot(&place.gradient, direction);
        let mut length = 1.0;
        for _ in 0..30 {
            let next = self.look(self.step(place, direction, length));
            let gain = next.value - place.value;
            if gain >= 1e-4 * length * slope {
                return Some(next);
            }
            let interpolated = if gain.is_finite() {
                slope * length * length / (2.0 * (slope * length - gain))
            } else {
                0.0
            };
            length = interpolated.clamp(0.1 * length, 0.5 * length);
        }
        None
    }

    fn bfgs(&mut self, mut place: Place, until: f64, most: u32) -> Place {
        let size = place.point.len();
        let mut inverse = identity(size);
        let mut fresh = true;
        let mut held = self.held(&place);
        while self.evaluations < most && self.largest_gradient(&place) > until {
            let mut direction: Vec<f64> = (0..size)
                .map(|i| if held[i] { 0.0 } else { dot(&inverse[i * size..(i + 1) * size], &place.gradient) })
                .collect();
            let longest = direction.iter().fold(0.0f64, |longest, d| longest.max(d.abs()));
            let scale = if fresh { 0.5 / longest } else { (LONGEST_STEP / longest).min(1.0) };
            for d in &mut direction {
                *d *= scale;
            }
            let uphill = dot(&direction, &place.gradient) > 0.0;
            let next = if uphill { self.line_search(&place, &direction) } else { None };
            let Some(next) = next else {
                if fresh {
                    break;
                }
                (inverse, fresh) = (identity(size), true);
                continue;
            };
            let step: Vec<f64> = next.point.iter().zip(&place.point).map(|(new, old)| new - old).collect();
            // The gradient falls along the step where the function is concave.
            let fall: Vec<f64> =
                place.gradient.iter().zip(&next.gradient).map(|(old, new)| old - new).collect();
            let still = next.value - place.value <= 1e-14 * place.value.abs();
            place = next;
            let now_held = self.held(&place);
            if now_held == held {
                let curvature = dot(&step, &fall);
                if curvature > 1e-12 * dot(&fall, &fall).sqrt() * dot(&step, &step).sqrt() {
                    if fresh {
                        let scale = curvature / dot(&fall, &fall);
                        for entry in &mut inverse {
                            *entry *= scale;
                        }
                    }
                    update(&mut inverse, &step, &fall, curvature);
                    fresh = false;
                }
            } else {
                (inverse, fresh, held) = (identity(size), true, now_held);
            }
            if still {
                break;
            }
        }
        place
    }

    /// Central differences of the gradient, one-sided at a bound.
    fn hessian(&mut self, place: &Place) -> Vec<f64> {
        let size = place.point.len();
        let mut hessian = vec![0.0; size * size];
        for i in 0..size {
            let mut ends = [DIFFERENCE, -DIFFERENCE].map(|step| {
                let mut point = place.point.clone();
                point[i] += step;
                self.clamp(&mut point);
                point
            });
            let width = ends[0][i] - ends[1][i];
            let [high, low] =
                [std::mem::take(&mut ends[0]), std::mem::take(&mut ends[1])].map(|end| self.look(end));
            for j in 0..size {
                hessian[i * size + j] = (high.gradient[j] - low.gradient[j]) / width;
            }
        }
        for i in 0..size {
            for j in 0..i {
                let mean = f64::midpoint(hessian[i * size + j], hessian[j * size + i]);
                hessian[i * size + j] = mean;
                hessian[j * size + i] = mean;
            }
        }
        hessian
    }

    /// Steps with one Hessian for as long as they halve the gradient and it is above a bound.
    fn newton(&mut self, mut place: Place, hessian: &[f64], until: f64) -> Place {
        let size = place.point.len();
        let held = self.held(&place);
        let free: Vec<usize> = (0..size).filter(|&i| !held[i]).collect();
        let reduced: Vec<f64> =
            free.iter().flat_map(|&i| free.iter().map(move |&j| -hessian[i * size + j])).collect();
        let Some(factor) = cholesky(&reduced, free.len()) else { return place };
        for _ in 0..8 {
            if self.largest_gradient(&place) <= until {
                break;
            }
            let gradient: Vec<f64> = free.iter().map(|&i| place.gradient[i]).collect();
            let solution = solve(&factor, &gradient);
            if solution.iter().any(|d| d.abs() > LONGEST_STEP) {
                break;
            }
            let mut direction = vec![0.0; size];
            free.iter().zip(&solution).for_each(|(&i, &d)| direction[i] = d);
            let next = self.look(self.step(&place, &direction, 1.0));
            let slack = 1e-11 * (1.0 + place.value.abs());
            let better = next.value >= place.value - slack
                && self.largest_gradient(&next) < 0.5 * self.largest_gradient(&place);
            if !better {
                break;
            }
            place = next;
        }
        place
    }
}

/// Maximises a function from a start, within bounds.
///
/// The objective returns its value and fills in its gradient; a value or gradient that is not finite is avoided.
pub(crate) fn maximize(
    objective: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    lower: &[f64],
    upper: &[f64],
    most_evaluations: u32,
) -> Maximum {
    maximize_near(objective, start, None, lower, upper, most_evaluations)
}

/// [`maximize`] from a start near the maximum, where the Hessian is about the given one.
pub(crate) fn maximize_near(
    objective: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    hessian_there: Option<&[f64]>,
    lower: &[f64],
    upper: &[f64],
    most_evaluations: u32,
) -> Maximum {
    let mut search = Search { objective, lower, upper, evaluations: 0 };
    let mut point = start.to_vec();
    search.clamp(&mut point);
    let mut place = search.look(point);
    if let Some(hessian) = hessian_there {
        place = search.newton(place, hessian, HANDOVER);
    }
    let (mut hessian, mut handover) = (Vec::new(), HANDOVER);
    while handover >= GRADIENT_TOLERANCE {
        place = search.bfgs(place, handover, most_evaluations);
        hessian = search.hessian(&place);
        let gradient = search.largest_gradient(&place);
        place = search.newton(place, &hessian, ROUNDING);
        let now = search.largest_gradient(&place);
        if now <= GRADIENT_TOLERANCE || search.evaluations >= most_evaluations {
            break;
        }
        // Where Newton's step is of no use the hill is not yet round: climb on.
        if now > 0.1 * gradient {
            handover *= 0.01;
        }
    }
    let converged = place.value.is_finite() && search.largest_gradient(&place) <= 10.0 * GRADIENT_TOLERANCE;
    Maximum {
        held: search.held(&place),
        value: place.value,
        hessian,
        evaluations: search.evaluations,
        converged,
        point: place.point,
    }
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

fn identity(size: usize) -> Vec<f64> {
    (0..size * size).map(|entry| if entry % (size + 1) == 0 { 1.0 } else { 0.0 }).collect()
}

/// Nocedal and Wright, eq. 6.17.
fn update(inverse: &mut [f64], step: &[f64], fall: &[f64], curvature: f64) {
    let size = step.len();
    let image: Vec<f64> = (0..size).map(|i| dot(&inverse[i * size..(i + 1) * size], fall)).collect();
    let factor = 1.0 + dot(fall, &image) / curvature;
    for i in 0..size {
        for j in 0..size {
            inverse[i * size + j] +=
                (factor * step[i] * step[j] - image[i] * step[j] - step[i] * image[j]) / curvature;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The negative of Rosenbrock's valley, whose maximum is 0 at (1, 1).
    fn valley(at: &[f64], gradient: &mut [f64]) -> f64 {
        let (x, y) = (at[0], at[1]);
        gradient[0] = 400.0 * x * (y - x * x) + 2.0 * (1.0 - x);
        gradient[1] = -200.0 * (y - x * x);
        -(100.0 * (y - x * x).powi(2) + (1.0 - x).powi(2))
    }

    #[test]
    fn follows_a_curved_valley() {
        let maximum = maximize(&mut valley, &[-1.2, 1.0], &[-5.0; 2], &[5.0; 2], 500);
        assert!(maximum.converged);
        assert!(maximum.point.iter().all(|x| (x - 1.0).abs() < 1e-9), "{maximum:?}");
        let known = [-802.0, 400.0, 400.0, -200.0];
        assert!(maximum.hessian.iter().zip(known).all(|(h, k)| (h - k).abs() < 1e-4), "{maximum:?}");
        assert!(maximum.evaluations < 120, "{}", maximum.evaluations);
    }

    #[test]
    fn stops_at_a_bound_and_says_so() {
        let maximum = maximize(&mut valley, &[-1.2, 1.0], &[-5.0; 2], &[0.5, 5.0], 500);
        assert!(maximum.converged);
        assert_eq!(maximum.held, [true, false]);
        assert!((maximum.point[1] - 0.25).abs() < 1e-9, "{maximum:?}");
    }

    #[test]
    fn avoids_where_the_function_is_not_finite() {
        let mut objective = |at: &[f64], gradient: &mut [f64]| {
            gradient[0] = 1.0 / at[0] - 1.0;
            at[0].ln() - at[0]
        };
        let maximum = maximize(&mut objective, &[1e-3], &[-10.0], &[10.0], 200);
        assert!(maximum.converged && (maximum.point[0] - 1.0).abs() < 1e-9, "{maximum:?}");
    }
}
