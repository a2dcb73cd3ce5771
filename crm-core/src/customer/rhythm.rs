//! The rhythm of purchases: the gaps between the days on which a customer buys.
//!
//! Katsnelson and Kotz (1957), "On the upper limits of some measures of variability", Archiv für Meteorologie, Geophysik und
//! Bioklimatologie B 8: the coefficient of variation of m non-negative numbers is at most `sqrt(m - 1)`.

use rayon::prelude::*;

use super::base::{BaseOptions, CUSTOMERS_A_TASK, within};
use super::history::PurchaseHistory;
use super::ledger::CustomerDays;
use super::period::{Day, TimeUnit};
use crate::error::Result;

/// The gaps between the purchase days of each customer of a base, in the base's order.
///
/// With purchase days `d_0 < d_1 < ... < d_m` the gaps are `g_i = d_i - d_(i-1)`. Statistics come from exact integers: m,
/// `S = d_m - d_0` and `Q = Σ g_i²`. What a customer has too few gaps for is NaN: nobody's rhythm is known after one purchase.
///
/// ```
/// use crm_core::customer::{BaseOptions, Day, IdColumn, IngestOptions, PurchaseHistory, TimeColumn, Transactions};
/// let (ids, days) = ([1, 1, 1, 2, 2, 2, 3], [0, 10, 20, 0, 1, 20, 5]);
/// let log = Transactions::new(
///     IdColumn::Integer(ids.as_slice().into()),
///     TimeColumn::Day(days.as_slice().into()),
///     None,
/// )?;
/// let history = PurchaseHistory::from_transactions(&log, &IngestOptions::default())?;
/// let rhythm = history.rhythm(BaseOptions::as_of(Day::from_number(30)?))?;
/// assert_eq!((rhythm.gaps(), rhythm.squared_gaps()), ([2, 2, 0].as_slice(), [200, 362, 0].as_slice()));
/// assert_eq!((rhythm.mean_gap(1), rhythm.median_gap(1), rhythm.last_gap(1)), (10.0, 10.0, 19.0));
/// assert_eq!((rhythm.regularity(0), rhythm.regularity(1)), (1.0, 1.0 - 0.9));
/// assert!(rhythm.regularity(2).is_nan());
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rhythm {
    as_of: Day,
    window_days: Option<u32>,
    unit: TimeUnit,
    gaps: Gaps,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Gaps {
    counts: Vec<u32>,
    spans: Vec<u32>,
    squares: Vec<u64>,
    last: Vec<u32>,
    /// Twice the median, which is whole.
    twice_median: Vec<u32>,
}

impl PurchaseHistory {
    /// The gaps between purchase days: of the customers, the window and the date of [`base`](Self::base) with the same options.
    ///
    /// # Errors
    /// `Empty` if no customer has a purchase by then; `InvalidValue` if there are rows after `as_of` and `rows_after` is
    /// raise; `InvalidArgument` for a window of 0 days.
    pub fn rhythm(&self, options: BaseOptions) -> Result<Rhythm> {
        // Which days have a purchase does not depend on order ids, so histories that keep their lines answer from their days too.
        let (range, _) = self.days_described(&options)?;
        let days = self.days();
        let gaps = options.threads.run(|| Gaps::read(days, &range))?;
        if gaps.counts.is_empty() {
            return Err(self.nobody_bought(options.as_of));
        }
        let BaseOptions { as_of, window_days, time_unit: unit, .. } = options;
        Ok(Rhythm { as_of, window_days, unit, gaps })
    }
}

impl Gaps {
    fn read(days: &CustomerDays, range: &std::ops::RangeInclusive<i32>) -> Self {
        let tasks = days.len().div_ceil(CUSTOMERS_A_TASK);
        let parts: Vec<Self> = (0..tasks)
            .into_par_iter()
            .map(|task| {
                let (mut part, mut sorted) = (Self::default(), Vec::new());
                let first = task * CUSTOMERS_A_TASK;
                for customer in first..days.len().min(first + CUSTOMERS_A_TASK) {
                    let ledger = &days.purchases;
                    let entries = within(&ledger.days, ledger.range(customer), range);
                    if !entries.is_empty() {
                        part.push(&ledger.days[entries], &mut sorted);
                    }
                }
                part
            })
            .collect();
        let mut all = Self::default();
        for part in parts {
            all.counts.extend(part.counts);
            all.spans.extend(part.spans);
            all.squares.extend(part.squares);
            all.last.extend(part.last);
            all.twice_median.extend(part.twice_median);
        }
        all
    }

    /// Adds a customer with these days, of whom there is at least one; `gaps` is scratch.
    fn push(&mut self, days: &[i32], gaps: &mut Vec<u32>) {
        gaps.clear();
        gaps.extend(days.windows(2).map(|pair| pair[1].abs_diff(pair[0])));
        self.counts.push(gaps.len() as u32);
        // Days lie within years 1 to 9999: a gap is below 2^22, and the sum of squares at most the square of the span.
        self.spans.push(gaps.iter().sum());
        self.squares.push(gaps.iter().map(|&gap| u64::from(gap) * u64::from(gap)).sum());
        self.last.push(gaps.last().copied().unwrap_or(0));
        let middle = gaps.len() / 2;
        let twice = if gaps.is_empty() {
            0
        } else {
            let odd = gaps.len() % 2 == 1;
            let (below, &mut upper, _) = gaps.select_nth_unstable(middle);
            if odd { 2 * upper } else { upper + below.iter().max().copied().unwrap_or(upper) }
        };
        self.twice_median.push(twice);
    }
}

impl Rhythm {
    /// Number of customers.
    pub fn len(&self) -> usize {
        self.gaps.counts.len()
    }

    /// Whether there are no customers; there always are some.
    pub fn is_empty(&self) -> bool {
        self.gaps.counts.is_empty()
    }

    /// The day whose end the rhythm is as of.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// The window in days, if only the last days count.
    pub fn window_days(&self) -> Option<u32> {
        self.window_days
    }

    /// The unit of times.
    pub fn time_unit(&self) -> TimeUnit {
        self.unit
    }

    /// Gaps of each customer (m): days with a purchase less one.
    pub fn gaps(&self) -> &[u32] {
        &self.gaps.counts
    }

    /// Days from the first purchase of each customer to the last (S, the sum of the gaps).
    pub fn days_between(&self) -> &[u32] {
        &self.gaps.spans
    }

    /// The sum of each customer's squared gaps in days² (Q).
    pub fn squared_gaps(&self) -> &[u64] {
        &self.gaps.squares
    }

    fn time(&self, days: f64, customer: usize) -> f64 {
        if self.gaps.counts[customer] == 0 { f64::NAN } else { days / self.unit.days() }
    }

    /// The mean gap `S / m` of a customer, which must be in range, in the time unit; NaN without a gap.
    pub fn mean_gap(&self, customer: usize) -> f64 {
        let mean = f64::from(self.gaps.spans[customer]) / f64::from(self.gaps.counts[customer]);
        self.time(mean, customer)
    }

    /// The median gap of a customer, which must be in range, in the time unit; NaN without a gap.
    pub fn median_gap(&self, customer: usize) -> f64 {
        self.time(f64::from(self.gaps.twice_median[customer]) / 2.0, customer)
    }

    /// The last gap of a customer, which must be in range, in the time unit; NaN without a gap.
    pub fn last_gap(&self, customer: usize) -> f64 {
        self.time(f64::from(self.gaps.last[customer]), customer)
    }

    /// The coefficient of variation of a customer's gaps, `sqrt(m Q - S²) / S`: their standard deviation (of all m, not m - 1)
    /// over their mean; NaN with fewer than two gaps. The customer must be in range.
    pub fn gap_variation(&self, customer: usize) -> f64 {
        let (above, span_squared) = self.variation(customer);
        if self.gaps.counts[customer] < 2 { f64::NAN } else { (above as f64 / span_squared as f64).sqrt() }
    }

    /// How regularly a customer buys, from 0 to 1: `1 - CV / sqrt(m - 1)`, the [variation](Self::gap_variation) of the gaps as a
    /// share of the most that m gaps can have; NaN with fewer than two gaps. The customer must be in range.
    ///
    /// 1 is clockwork; near 0 all purchases but one lie together and the time between is one gap. Divided by its greatest value, the
    /// variation of few gaps is comparable with that of many, is bounded without a cut, and has no unit. A single gap has no variation,
    /// which is not the same as being regular, and so has none.
    pub fn regularity(&self, customer: usize) -> f64 {
        let gaps = u128::from(self.gaps.counts[customer]);
        if gaps < 2 {
            return f64::NAN;
        }
        let (above, span_squared) = self.variation(customer);
        1.0 - (above as f64 / (span_squared * (gaps - 1)) as f64).sqrt().min(1.0)
    }

    /// The squared coefficient of variation as a fraction: `m Q - S²` and `S²`.
    fn variation(&self, customer: usize) -> (u128, u128) {
        let gaps = u128::from(self.gaps.counts[customer]);
        let span = u128::from(self.gaps.spans[customer]);
        // Cauchy and Schwarz: never negative.
        ((gaps * u128::from(self.gaps.squares[customer])).saturating_sub(span * span), span * span)
    }
}
