//! The liability for points: allocation and recognition of revenue, and breakage by the month of earning.
//!
//! Points that customers earn with purchases are a material right. Part of the price is deferred until they are redeemed or lapse
//! (IFRS 15.B39-B43 and illustrative example 52, IE267-IE270; the same in ASC 606-10-55-353).

use super::calendar::first_of_month;
use super::decimal::Decimal;
use super::points_ledger::PointsLedger;
use super::points_store::Member;
use super::vintage::VintageTable;
use crate::customer::{MICROS_PER_UNIT, Money};
use crate::error::{Error, ErrorKind, Result};

/// A price split between the goods and the points that came with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceAllocation {
    /// The part of the goods, revenue at once.
    pub products: Money,
    /// The part of the points, deferred.
    pub points: Money,
}

impl PriceAllocation {
    /// Splits a price by relative stand-alone prices.
    ///
    /// ```text
    /// points = price * points_alone / (products_alone + points_alone), products = price - points
    /// ```
    ///
    /// # Arguments
    /// - `price`: what the customer paid.
    /// - `products_alone`: what the goods cost when sold alone.
    /// - `points_alone`: what the points are worth alone, the likelihood of redemption included: number * value * expected share redeemed.
    ///
    /// # Errors
    /// `OutOfRange` for an amount below 0 or beyond one row's range, and if both stand-alone prices are 0.
    ///
    /// ```
    /// use crm_core::customer::Money;
    /// use crm_core::loyalty::PriceAllocation;
    /// let units = |units: i128| Money::from_micros(units * 1_000_000);
    /// // IFRS 15, example 52: sales of 100,000 with 10,000 points worth 0.95 each.
    /// let split = PriceAllocation::new(units(100_000), units(100_000), units(9_500))?;
    /// assert_eq!(split.points.to_f64().round(), 8_676.0);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn new(price: Money, products_alone: Money, points_alone: Money) -> Result<Self> {
        for (name, amount) in
            [("price", price), ("products_alone", products_alone), ("points_alone", points_alone)]
        {
            check_amount(name, amount)?;
        }
        let alone = products_alone.micros() + points_alone.micros();
        if alone == 0 {
            return Err(
                Error::new(ErrorKind::OutOfRange, "both stand-alone prices are 0").on("products_alone")
            );
        }
        // Both factors fit 63 bits.
        let points = Money::from_micros(round_half_even(price.micros() * points_alone.micros(), alone));
        Ok(Self { products: price - points, points })
    }
}

/// Revenue from points period by period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PointsRevenue {
    /// Revenue of each period.
    pub revenue: Vec<Money>,
    /// Revenue up to the end of each period.
    pub cumulative: Vec<Money>,
    /// What is still deferred at the end of each period.
    pub liability: Vec<Money>,
}

impl PointsRevenue {
    /// Recognises deferred revenue in proportion to the points redeemed; a new expectation catches up in the period in which it is made.
    ///
    /// ```text
    /// cumulative = allocated * redeemed / expected
    /// ```
    ///
    /// # Arguments
    /// - `allocated`: the deferred part of the price.
    /// - `redeemed`: points redeemed up to the end of each period.
    /// - `expected`: points expected to be redeemed in all, as estimated at the end of each period.
    ///
    /// # Errors
    /// `LengthMismatch`; `OutOfRange` with the row for points that fall, are negative, or are above those expected, and for none expected.
    ///
    /// ```
    /// use crm_core::customer::Money;
    /// use crm_core::loyalty::PointsRevenue;
    /// let allocated = Money::from_micros(9_000_000_000);
    /// let revenue = PointsRevenue::recognize(allocated, &[4_500, 8_500], &[9_700, 9_900])?;
    /// assert_eq!(revenue.revenue.iter().map(|year| year.to_f64().round()).collect::<Vec<_>>(), [4_175.0, 3_552.0]);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn recognize(allocated: Money, redeemed: &[i64], expected: &[i64]) -> Result<Self> {
        check_amount("allocated", allocated)?;
        if redeemed.len() != expected.len() {
            let message = format!("has {} rows, but redeemed has {}", expected.len(), redeemed.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("expected"));
        }
        let (mut columns, mut before, mut last) = (Self::default(), Money::ZERO, 0);
        for (row, (&redeemed, &expected)) in redeemed.iter().zip(expected).enumerate() {
            let refuse = |name: &str, message: String| {
                Err(Error::new(ErrorKind::OutOfRange, message).on(name).at_row(row as u64))
            };
            if redeemed < last {
                return refuse(
                    "redeemed",
                    format!("{redeemed} is below {last}: give points redeemed so far"),
                );
            }
            if expected < redeemed.max(1) {
                return refuse(
                    "expected",
                    format!("{expected} is below {}, the least possible", redeemed.max(1)),
                );
            }
            // Both factors fit 63 bits.
            let micros = round_half_even(allocated.micros() * i128::from(redeemed), expected.into());
            let cumulative = Money::from_micros(micros);
            columns.revenue.push(cumulative - before);
            columns.cumulative.push(cumulative);
            columns.liability.push(allocated - cumulative);
            (before, last) = (cumulative, redeemed);
        }
        Ok(columns)
    }
}

/// Which share of points will never be redeemed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Breakage {
    /// That of the months of earning all of whose points would have lapsed by now, taken together.
    #[default]
    Matured,
    /// A given share, from 0 to 1.
    Given(Decimal),
}

/// The liability for points, by the month in which they were earned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PointsLiability {
    /// The share of points that is expected never to be redeemed, in millionths.
    pub breakage_micros: i64,
    /// The first day of each month, counted from 1970-01-01.
    pub month: Vec<i32>,
    /// Points earned.
    pub earned: Vec<i64>,
    /// Points spent, less those restored.
    pub redeemed: Vec<i64>,
    /// Points that lapsed.
    pub expired: Vec<i64>,
    /// Points taken back, or taken for points that were owed.
    pub reversed: Vec<i64>,
    /// Points that members still have.
    pub outstanding: Vec<i64>,
    /// Points expected to be redeemed in all, in millionths of a point.
    pub expected_micros: Vec<i128>,
    /// The value of those that are still expected.
    pub liability: Vec<Money>,
}

impl PointsLiability {
    /// The liability of all months.
    pub fn total(&self) -> Money {
        self.liability.iter().copied().sum()
    }

    /// What is still deferred of the amounts allocated to the points of each month: `allocated * (1 - redeemed / expected)`.
    ///
    /// # Errors
    /// `LengthMismatch` unless there is one amount a month; `OutOfRange` with the row for an amount below 0 or beyond one row's range.
    pub fn deferred(&self, allocated: &[Money]) -> Result<Vec<Money>> {
        if allocated.len() != self.month.len() {
            let message = format!("has {} rows, but there are {} months", allocated.len(), self.month.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("allocated"));
        }
        let rows = allocated.iter().enumerate();
        rows.map(|(row, &allocated)| {
            check_amount("allocated", allocated).map_err(|error| error.at_row(row as u64))?;
            let expected = self.expected_micros[row];
            let left = expected - i128::from(self.redeemed[row]) * i128::from(MICROS_PER_UNIT);
            if expected == 0 {
                return Ok(Money::ZERO);
            }
            let micros = if let Some(product) = allocated.micros().checked_mul(left) {
                round_half_even(product, expected)
            } else {
                // Beyond 10^13 points a millionth of one changes nothing.
                let one = i128::from(MICROS_PER_UNIT);
                round_half_even(allocated.micros() * (left / one), expected / one)
            };
            Ok(Money::from_micros(micros))
        })
        .collect()
    }
}

impl PointsLedger {
    /// The liability at an instant, in microseconds since 1970-01-01T00:00Z, by the month of earning; the ledger does not change.
    ///
    /// ```text
    /// expected = min(redeemed + outstanding, max(redeemed, (earned - reversed) * (1 - breakage)))
    /// liability = (expected - redeemed) * value_per_point
    /// ```
    ///
    /// # Arguments
    /// - `value_per_point`: the stand-alone price of one point that is redeemed.
    /// - `breakage`: which share is never redeemed.
    ///
    /// # Errors
    /// `InvalidValue` for an instant before a member's newest event; `OutOfRange` for a value below 0, a share outside 0 to 1, and totals that
    /// do not fit; `Empty` if no month is matured, as with points that never lapse.
    pub fn liability(
        &self,
        as_of: i64,
        value_per_point: Money,
        breakage: Breakage,
    ) -> Result<PointsLiability> {
        check_amount("value_per_point", value_per_point)?;
        let vintages = self.vintages_at(as_of)?;
        let breakage = match breakage {
            Breakage::Given(share) if (0..=MICROS_PER_UNIT).contains(&share.micros()) => share.micros(),
            Breakage::Given(share) => {
                return Err(
                    Error::new(ErrorKind::OutOfRange, format!("{share} is not from 0 to 1")).on("breakage")
                );
            }
            Breakage::Matured => self.matured_breakage(&vintages, as_of)?,
        };
        let mut columns = PointsLiability { breakage_micros: breakage, ..PointsLiability::default() };
        for (&month, totals) in &vintages.months {
            let narrow = |name: &str, points: i128| {
                i64::try_from(points).map_err(|_| {
                    Error::new(
                        ErrorKind::OutOfRange,
                        format!("{points} points of a month are beyond 64 bits"),
                    )
                    .on(name)
                })
            };
            let one = i128::from(MICROS_PER_UNIT);
            let (redeemed, kept) = (totals.redeemed * one, (totals.earned - totals.reversed).max(0));
            let expected = (kept * (one - i128::from(breakage)))
                .max(redeemed)
                .min(redeemed + totals.outstanding() * one);
            let value = (expected - redeemed).checked_mul(value_per_point.micros()).ok_or_else(|| {
                Error::new(ErrorKind::OutOfRange, "the liability does not fit 128 bits").on("value_per_point")
            })?;
            columns.month.push(first_of_month(month)?);
            columns.earned.push(narrow("earned", totals.earned)?);
            columns.redeemed.push(narrow("redeemed", totals.redeemed)?);
            columns.expired.push(narrow("expired", totals.expired)?);
            columns.reversed.push(narrow("reversed", totals.reversed)?);
            columns.outstanding.push(narrow("outstanding", totals.outstanding())?);
            columns.expected_micros.push(expected);
            columns.liability.push(Money::from_micros(round_half_even(value, one)));
        }
        Ok(columns)
    }

    /// The totals by month once what falls due until an instant has happened.
    fn vintages_at(&self, as_of: i64) -> Result<VintageTable> {
        let (mut vintages, mut entries) = (self.vintages.clone(), Vec::new());
        let mut member = Member::new(0, self.program());
        for place in 0..self.len() as u32 {
            self.read_at(place, as_of, &mut member, &mut entries)?;
            entries.drain(..).try_for_each(|entry| vintages.count(&entry))?;
        }
        Ok(vintages)
    }

    /// Lapsed points as a share of those earned and not taken back, over the months all of whose points would have lapsed.
    fn matured_breakage(&self, vintages: &VintageTable, as_of: i64) -> Result<i64> {
        let (mut expired, mut kept) = (0, 0);
        for (&month, totals) in &vintages.months {
            let last = self.program().calendar().start_of(first_of_month(month + 1)?)? - 1;
            let Some(rule) = self.program().rules().expiry else { break };
            if totals.outstanding() == 0 && rule.expires_at(self.program().calendar(), last)? <= as_of {
                expired += totals.expired;
                kept += totals.earned - totals.reversed;
            }
        }
        if kept <= 0 {
            let message = "no month is matured, all points of which would have lapsed: give a share";
            return Err(Error::new(ErrorKind::Empty, message).on("breakage"));
        }
        let micros =
            expired.checked_mul(i128::from(MICROS_PER_UNIT)).map(|share| round_half_even(share, kept));
        let micros = micros.and_then(|micros| i64::try_from(micros).ok()).unwrap_or(MICROS_PER_UNIT);
        Ok(micros.clamp(0, MICROS_PER_UNIT))
    }
}

fn check_amount(name: &str, amount: Money) -> Result<()> {
    if amount < Money::ZERO || i64::try_from(amount.micros()).is_err() {
        let message = format!("{amount} is not from 0 to 9223372036854.775807");
        return Err(Error::new(ErrorKind::OutOfRange, message).on(name));
    }
    Ok(())
}

/// `numerator / denominator`, halves to the even number; the denominator is above 0.
fn round_half_even(numerator: i128, denominator: i128) -> i128 {
    let (floor, rest) = (numerator.div_euclid(denominator), numerator.rem_euclid(denominator));
    match rest.cmp(&(denominator - rest)) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Greater => floor + 1,
        std::cmp::Ordering::Equal => floor + (floor & 1),
    }
}
