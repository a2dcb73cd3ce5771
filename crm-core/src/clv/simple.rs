//! Lifetime value without a model of behaviour: what was earned, the retention formula, and cohorts.

use super::discount::{DiscountRate, Horizon};
use crate::customer::{Cohort, CohortTable, CustomerBase, Money, Period, TimeUnit};
use crate::error::{Error, ErrorKind, Result};

pub(super) fn check_margin(margin: f64) -> Result<f64> {
    if (0.0..=1.0).contains(&margin) {
        Ok(margin)
    } else {
        Err(Error::argument("margin", margin, "a share between 0 and 1 (0.3 for 30 %)"))
    }
}

fn check_amounts(base: &CustomerBase) -> Result<()> {
    if base.has_amounts() {
        return Ok(());
    }
    let message = "the log has no amounts, so there is no value to sum";
    Err(Error::new(ErrorKind::MissingColumn, message).on("amount"))
}

/// Historic lifetime value: what each customer has brought so far, `net amount * margin`.
///
/// Net amounts are purchases less returns, exact until they meet the margin; customers are those of the base, in its order. `margin`
/// is the share of the amount that is earned, in \[0, 1\]. It looks back only: a good customer who left keeps a high value.
///
/// # Errors
/// `InvalidArgument` for a margin outside \[0, 1\]; `MissingColumn` if the log has no amounts.
///
/// Source: Kumar (2008), "Managing Customers for Profit", past customer value (here without compounding).
pub fn historic_values(base: &CustomerBase, margin: f64) -> Result<Vec<f64>> {
    let margin = check_margin(margin)?;
    check_amounts(base)?;
    Ok((0..base.len()).map(|customer| base.net_amount(customer).to_f64() * margin).collect())
}

/// The rule of thumb `average order value * orders a customer and unit of time * lifespan * margin`.
///
/// The average order value is the net amount over the orders of all customers of a base; the frequency is orders over customers
/// over the length of the data, both ends included. Customers who came late count as if they had been there throughout, so the
/// rule is low for a base that grows; a base of a window (such as the last 365 days) keeps to recent behaviour.
///
/// Source: the textbook rule, for example Farris, Bendle, Pfeifer and Reibstein (2010), "Marketing Metrics", chapter 5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct OrderAverages {
    average_order_value: f64,
    order_frequency: f64,
    unit: TimeUnit,
}

impl OrderAverages {
    /// The averages of a base, the frequency per time unit of the base.
    ///
    /// # Errors
    /// `MissingColumn` if the log has no amounts.
    pub fn of(base: &CustomerBase) -> Result<Self> {
        check_amounts(base)?;
        let orders = base.orders().iter().map(|&orders| u64::from(orders)).sum::<u64>() as f64;
        let length = base.time_unit().from_days(base.as_of().since(base.data_start()) + 1);
        Ok(Self {
            average_order_value: base.total_net_amount().to_f64() / orders,
            order_frequency: orders / base.len() as f64 / length,
            unit: base.time_unit(),
        })
    }

    /// Net amount an order.
    pub fn average_order_value(&self) -> f64 {
        self.average_order_value
    }

    /// Orders a customer in a unit of time.
    pub fn order_frequency(&self, unit: TimeUnit) -> f64 {
        if unit == self.unit {
            self.order_frequency
        } else {
            self.order_frequency * unit.days() / self.unit.days()
        }
    }

    /// The value of a customer who stays so long, of whose amounts `margin` is earned.
    ///
    /// # Errors
    /// `InvalidArgument` for a margin outside \[0, 1\].
    pub fn value(&self, lifespan: Period, margin: f64) -> Result<f64> {
        let orders = self.order_frequency * lifespan.in_unit(self.unit);
        Ok(self.average_order_value * orders * check_margin(margin)?)
    }
}

/// The share of customers who stay, with the time that it is quoted for.
///
/// A rate of r per period is `r^(t / period)` over a time t; units convert by their days, as those of [`DiscountRate`] do.
///
/// ```
/// use crm_core::{clv::RetentionRate, customer::TimeUnit};
/// let rate = RetentionRate::annual(0.64)?;
/// assert!((rate.per(TimeUnit::MonthMean).powi(12) - 0.64).abs() < 1e-14);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct RetentionRate {
    rate: f64,
    unit: TimeUnit,
}

impl RetentionRate {
    /// The share that stays over a unit of time.
    ///
    /// # Errors
    /// `InvalidArgument` outside \[0, 1\].
    pub fn new(rate: f64, unit: TimeUnit) -> Result<Self> {
        if (0.0..=1.0).contains(&rate) {
            // Adding 0 turns -0 into 0.
            Ok(Self { rate: rate + 0.0, unit })
        } else {
            Err(Error::argument("retention_rate", rate, "a share between 0 and 1 (0.8 for 80 %)"))
        }
    }

    /// The share that stays over a year of 365.25 days.
    ///
    /// # Errors
    /// `InvalidArgument` outside \[0, 1\].
    pub fn annual(rate: f64) -> Result<Self> {
        Self::new(rate, TimeUnit::YearMean)
    }

    /// The share that stays over another unit of time.
    pub fn per(self, unit: TimeUnit) -> f64 {
        if unit == self.unit { self.rate } else { self.rate.powf(unit.days() / self.unit.days()) }
    }

    /// The expected number of units that a customer begins, `1 / (1 - r)`; `None` if nobody ever leaves.
    pub fn expected_lifetime(self, unit: TimeUnit) -> Option<f64> {
        Some(1.0 / (1.0 - self.per(unit))).filter(|lifetime| lifetime.is_finite())
    }
}

/// Whether the first margin is earned at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(i32)]
pub enum FirstMargin {
    /// After one period, from those who stayed: the value of customers who have just paid.
    #[default]
    AfterOnePeriod = 0,
    /// Now, from everybody: the value of customers about to be acquired.
    Now = 1,
}

/// The margin-retention-discount formula: what a customer is worth who brings a margin each period while they stay.
///
/// With m the margin of the first payment, r the retention rate, d the discount rate and g the growth of the margin, all per period
/// between payments, and n periods:
///
/// - first margin after one period: `sum over k = 1..n of m (1 + g)^(k - 1) r^k / (1 + d)^k`, without end `m r / (1 + d - r (1 + g))`
/// - first margin now: `sum over k = 0..n of m (1 + g)^k r^k / (1 + d)^k`, without end `m (1 + d) / (1 + d - r (1 + g))`
///
/// ```
/// use crm_core::clv::{DiscountRate, RetentionRate, RetentionValue};
/// use crm_core::customer::TimeUnit;
/// let year = TimeUnit::YearMean;
/// let value = RetentionValue::new(year, RetentionRate::annual(0.9)?, DiscountRate::annual(0.1)?);
/// assert!((value.of_margin(100.0)? - 450.0).abs() < 1e-9);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Gupta and Lehmann (2003), "Customers as assets", Journal of Interactive Marketing 17(1); Gupta and Lehmann (2005),
/// "Managing Customers as Investments", chapter 2 and appendix A.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetentionValue {
    paid_each: TimeUnit,
    retention: RetentionRate,
    discount: DiscountRate,
    first: FirstMargin,
    growth: f64,
    horizon: Horizon,
}

impl RetentionValue {
    /// The formula without end or growth, the first margin after one period. Rates quoted for other units are converted to the
    /// unit between payments.
    pub fn new(paid_each: TimeUnit, retention: RetentionRate, discount: DiscountRate) -> Self {
        let (first, growth, horizon) = (FirstMargin::AfterOnePeriod, 0.0, Horizon::Forever);
        Self { paid_each, retention, discount, first, growth, horizon }
    }

    /// When the first margin is earned.
    #[must_use]
    pub fn first_margin(self, first: FirstMargin) -> Self {
        Self { first, ..self }
    }

    /// Each margin is `1 + growth` times the one before.
    ///
    /// # Errors
    /// `InvalidArgument` if the growth is not finite or below -1.
    pub fn growing(self, growth_per_payment: f64) -> Result<Self> {
        if growth_per_payment.is_finite() && growth_per_payment >= -1.0 {
            Ok(Self { growth: growth_per_payment, ..self })
        } else {
            Err(Error::argument("growth_per_payment", growth_per_payment, "a finite rate of -1 or more"))
        }
    }

    /// Only payments up to this time count; part of a period brings none.
    #[must_use]
    pub fn within(self, horizon: Horizon) -> Self {
        Self { horizon, ..self }
    }

    /// The value of a customer as a multiple of the first margin (Gupta and Lehmann's margin multiple).
    ///
    /// # Errors
    /// `InvalidArgument` on `horizon` if the sum does not end and is infinite (`r (1 + g) >= 1 + d`), or above the largest double.
    pub fn margin_multiple(&self) -> Result<f64> {
        let (r, d) = (self.retention.per(self.paid_each), self.discount.effective(self.paid_each));
        // Terms fall by the ratio q; 1 - q is taken before the division, where it loses no digits.
        let gap = (((1.0 - r) + d - r * self.growth) / (1.0 + d)).min(1.0);
        let periods = whole_periods(self.horizon.in_unit(self.paid_each));
        let (head, payments) = match self.first {
            FirstMargin::Now => (1.0, periods + 1.0),
            FirstMargin::AfterOnePeriod => (r / (1.0 + d), periods),
        };
        let refuse = || {
            let accepted = "finite, or retention and growth below the discount rate: the sum is infinite";
            let length = match self.horizon {
                Horizon::Forever => "no end".to_owned(),
                Horizon::Within(period) => period.to_string(),
            };
            Error::argument("horizon", length, accepted)
        };
        let sum = if payments == 0.0 || head == 0.0 {
            0.0
        } else if gap == 0.0 {
            payments
        } else if payments.is_infinite() && gap > 0.0 {
            1.0 / gap
        } else {
            // (1 - q^n) / (1 - q) without cancellation for q near 1.
            -(payments * (-gap).ln_1p()).exp_m1() / gap
        };
        Some(head * sum).filter(|multiple| multiple.is_finite()).ok_or_else(refuse)
    }

    /// The value of a customer whose first margin is this amount; below 0 for a customer who costs money.
    ///
    /// # Errors
    /// `InvalidArgument` if the margin is not finite, and as [`margin_multiple`](Self::margin_multiple).
    pub fn of_margin(&self, margin: f64) -> Result<f64> {
        let value = margin * self.margin_multiple()?;
        if value.is_finite() {
            Ok(value)
        } else {
            Err(Error::argument("margin", margin, "a finite amount whose multiple a double can hold"))
        }
    }
}

/// Periods that fit into a length; what conversion of units has rounded down from a whole number counts as one.
fn whole_periods(length: f64) -> f64 {
    let nearest = length.round();
    if (length - nearest).abs() <= 1e-12 * nearest { nearest } else { length.floor() }
}

/// One age of all cohorts that have completed it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PooledAge {
    /// Cohorts that have completed the age.
    pub cohorts: u64,
    /// Their customers.
    pub customers: u64,
    /// What they bought at this age, less returns.
    pub net_amount: Money,
    /// Discounted margin at this age per customer acquired, those who left included.
    pub value: f64,
    /// Sum of the values up to this age.
    pub cumulative_value: f64,
}

/// Cohort-based lifetime value: cumulative margin per acquired customer by age.
///
/// For a cohort of n customers with net amount A(j) at age j, margin m and discount rate d per period of age, the value to age k is
/// `sum over j = 0..k of m A(j) / n / (1 + d)^j`; everything at age 0, which holds the first purchase, counts in full.
///
/// Pooled over cohorts, each age takes those that have completed it: `sum over j of m sum A_c(j) / sum n_c / (1 + d)^j`, both inner sums
/// over the cohorts with a complete age j, as a life table does. Younger cohorts thus say what they can, and the result never falls
/// because they have had less time.
#[derive(Clone, Debug, PartialEq)]
pub struct CohortValue {
    cumulative: Vec<Vec<f64>>,
    pooled: Vec<PooledAge>,
}

impl CohortValue {
    /// The values of a cohort table; `margin` is the share of the amounts that is earned.
    ///
    /// # Errors
    /// `InvalidArgument` for a margin outside \[0, 1\]; `Empty` if no cohort has completed any age.
    pub fn new(table: &CohortTable, margin: f64, discount: DiscountRate) -> Result<Self> {
        let margin = check_margin(margin)?;
        let ages = table.complete_ages();
        if ages == 0 {
            let message = "no cohort has completed its first age: take a shorter one";
            return Err(Error::new(ErrorKind::Empty, message).on("age_period"));
        }
        let age_days = table.age_period().in_unit(TimeUnit::Day);
        let rate = discount.continuous(TimeUnit::Day) * age_days;
        let worth = |amount: Money, customers: u64, age: usize| {
            margin * (amount.to_f64() / customers as f64) * (-rate * age as f64).exp()
        };
        let cumulate = |cohort: &Cohort| {
            let mut sum = 0.0;
            let ages = cohort.ages().iter().enumerate().map(|(age, did)| {
                sum += worth(did.net_amount, cohort.customers(), age);
                sum
            });
            ages.collect()
        };
        let mut sum = 0.0;
        let pooled = (0..ages).map(|age| {
            let (mut cohorts, mut customers, mut net_amount) = (0, 0, Money::ZERO);
            for cohort in table.cohorts() {
                if let Some(did) = cohort.age(age) {
                    cohorts += 1;
                    customers += cohort.customers();
                    net_amount += did.net_amount;
                }
            }
            let value = worth(net_amount, customers, age);
            sum += value;
            PooledAge { cohorts, customers, net_amount, value, cumulative_value: sum }
        });
        Ok(Self { pooled: pooled.collect(), cumulative: table.cohorts().iter().map(cumulate).collect() })
    }

    /// The cumulative values of each cohort of the table, for the ages that it has completed.
    pub fn cumulative(&self) -> &[Vec<f64>] {
        &self.cumulative
    }

    /// The values over all cohorts, by age.
    pub fn pooled(&self) -> &[PooledAge] {
        &self.pooled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::{
        AmountColumn, BaseOptions, CohortBy, Column, Day, IdColumn, IngestOptions, PurchaseHistory,
        TimeColumn, Transactions,
    };

    const YEAR: TimeUnit = TimeUnit::YearMean;
    /// 2024-01-01, a Monday.
    const START: i32 = 19_723;

    fn history(rows: &[(i64, i32, f64)]) -> PurchaseHistory {
        let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
        let days: Vec<i32> = rows.iter().map(|row| START + row.1).collect();
        let amounts: Vec<f64> = rows.iter().map(|row| row.2).collect();
        let batch = Transactions::new(
            IdColumn::Integer(Column::from(&ids)),
            TimeColumn::Day(Column::from(&days)),
            Some(AmountColumn::Float(Column::from(&amounts))),
        );
        PurchaseHistory::from_transactions(&batch.unwrap(), &IngestOptions::default()).unwrap()
    }

    fn day(offset: i32) -> Day {
        Day::from_number(START + offset).unwrap()
    }

    fn yearly(retention: f64, discount: f64) -> RetentionValue {
        let discount = DiscountRate::annual(discount).unwrap();
        RetentionValue::new(YEAR, RetentionRate::annual(retention).unwrap(), discount)
    }

    fn years(length: f64) -> Horizon {
        Period::new(length, YEAR).unwrap().into()
    }

    #[test]
    fn margin_multiples_of_gupta_and_lehmann() {
        // Their table of multiples by retention (rows) and discount rate, to the two digits printed.
        for (retention, multiples) in [
            (0.6, [1.20, 1.15, 1.11, 1.07]),
            (0.7, [1.75, 1.67, 1.59, 1.52]),
            (0.8, [2.67, 2.50, 2.35, 2.22]),
            (0.9, [4.50, 4.09, 3.75, 3.46]),
        ] {
            for (discount, printed) in [0.1, 0.12, 0.14, 0.16].into_iter().zip(multiples) {
                let multiple = yearly(retention, discount).margin_multiple().unwrap();
                assert!((multiple - printed).abs() < 0.005 + 1e-9, "{retention} {discount}: {multiple}");
            }
        }
    }

    #[test]
    fn closed_forms_are_the_sums_that_they_stand_for() {
        for (r, d, g) in [
            (0.8, 0.1, 0.0),
            (0.9, 0.0, 0.05),
            (1.0, 0.0, 0.0),
            (0.9, 0.1, 0.3),
            (0.0, 0.1, 0.0),
            (0.5, 0.2, -1.0),
            (0.999_999, 0.0, 1e-9),
        ] {
            for n in 0..=40 {
                let over = years(f64::from(n));
                let value = yearly(r, d).growing(g).unwrap().within(over);
                let term = |k: i32| (r / (1.0 + d)).powi(k);
                let later: f64 = (1..=n).map(|k| term(k) * (1.0f64 + g).powi(k - 1)).sum();
                let now: f64 = (0..=n).map(|k| term(k) * (1.0f64 + g).powi(k)).sum();
                let close = |got: f64, truth: f64| {
                    assert!((got - truth).abs() <= 1e-13 * truth, "{r} {d} {g} {n}: {got} {truth}");
                };
                close(value.margin_multiple().unwrap(), later);
                close(value.first_margin(FirstMargin::Now).margin_multiple().unwrap(), now);
            }
        }
        // 100 a year growing by 5 %, 80 % stay, 10 %: 80 / (1.1 - .84).
        let growing = yearly(0.8, 0.1).growing(0.05).unwrap();
        assert!((growing.of_margin(100.0).unwrap() - 80.0 / 0.26).abs() < 1e-10);
        let now = growing.first_margin(FirstMargin::Now).of_margin(100.0).unwrap();
        assert!((now - 110.0 / 0.26).abs() < 1e-10);
    }

    #[test]
    fn rates_convert_to_the_unit_between_payments() {
        let monthly = RetentionValue::new(
            TimeUnit::MonthMean,
            RetentionRate::annual(0.5f64.powi(12)).unwrap(),
            DiscountRate::per(0.0, YEAR).unwrap(),
        );
        // Half stay each month: 1/2 + 1/4 + ..., and 13 payments in a year with the first one now.
        assert!((monthly.margin_multiple().unwrap() - 1.0).abs() < 1e-14);
        let first_year = monthly.first_margin(FirstMargin::Now).within(years(1.0)).margin_multiple().unwrap();
        assert!((first_year - (2.0 - 0.5f64.powi(12))).abs() < 1e-14);
        // 2.5 years hold two yearly payments.
        let part = yearly(0.5, 0.0).within(years(2.5));
        assert_eq!(part.margin_multiple(), yearly(0.5, 0.0).within(years(2.0)).margin_multiple());
        assert_eq!(RetentionRate::annual(0.75).unwrap().expected_lifetime(YEAR), Some(4.0));
        assert_eq!(RetentionRate::annual(1.0).unwrap().expected_lifetime(YEAR), None);
    }

    #[test]
    fn nonsense_is_refused_by_name() {
        let name = |error: Error| error.argument_name().map(str::to_owned).unwrap();
        for rate in [-0.1, 1.1, f64::NAN] {
            assert_eq!(name(RetentionRate::annual(rate).unwrap_err()), "retention_rate");
        }
        for growth in [-1.5, f64::NAN, f64::INFINITY] {
            assert_eq!(name(yearly(0.5, 0.1).growing(growth).unwrap_err()), "growth_per_payment");
        }
        let endless = yearly(1.0, 0.0);
        assert_eq!(name(endless.margin_multiple().unwrap_err()), "horizon");
        assert_eq!(name(yearly(0.9, 0.1).growing(0.3).unwrap().margin_multiple().unwrap_err()), "horizon");
        assert_eq!(endless.within(years(7.0)).margin_multiple().unwrap(), 7.0);
        assert_eq!(name(yearly(0.5, 0.1).of_margin(f64::NAN).unwrap_err()), "margin");
        let base = history(&[(1, 0, 1.0)]).base(BaseOptions::as_of(day(0))).unwrap();
        for margin in [-0.1, 1.1, f64::NAN] {
            assert_eq!(name(historic_values(&base, margin).unwrap_err()), "margin");
        }
        let young = history(&[(1, 0, 1.0)]).cohorts(
            day(0),
            CohortBy::Month,
            Period::new(1.0, TimeUnit::Week).unwrap(),
        );
        assert_eq!(
            CohortValue::new(&young.unwrap(), 1.0, DiscountRate::NONE).unwrap_err().kind(),
            ErrorKind::Empty
        );
    }

    #[test]
    fn what_was_earned_by_hand() {
        let shop = history(&[(1, 0, 10.0), (1, 6, 20.5), (2, 7, 4.0), (2, 9, -1.5)]);
        let base = shop.base(BaseOptions::as_of(day(13)).in_unit(TimeUnit::Week)).unwrap();
        assert_eq!(historic_values(&base, 0.5).unwrap(), [15.25, 1.25]);
        // 33 over 3 orders; 3 orders of 2 customers in 2 weeks.
        let averages = OrderAverages::of(&base).unwrap();
        assert_eq!((averages.average_order_value(), averages.order_frequency(TimeUnit::Week)), (11.0, 0.75));
        assert_eq!(averages.value(Period::new(28.0, TimeUnit::Day).unwrap(), 0.5).unwrap(), 16.5);
    }

    #[test]
    fn cohorts_pool_what_each_has_completed() {
        // Cohort 1 (two customers, two weeks complete) brings 30 and 10; cohort 2 (one customer, one week) 7.
        let shop = history(&[(1, 0, 10.0), (2, 0, 20.0), (1, 7, 10.0), (3, 7, 7.0), (1, 14, 99.0)]);
        let week = Period::new(1.0, TimeUnit::Week).unwrap();
        let table = shop.cohorts(day(14), CohortBy::Week, week).unwrap();
        let half = DiscountRate::per(1.0, TimeUnit::Week).unwrap();
        let value = CohortValue::new(&table, 0.5, half).unwrap();
        let close = |got: &[f64], truth: &[f64]| {
            assert_eq!(got.len(), truth.len());
            assert!(
                got.iter().zip(truth).all(|(got, truth)| (got - truth).abs() < 1e-14),
                "{got:?} {truth:?}"
            );
        };
        close(&value.cumulative()[0], &[7.5, 8.75]);
        close(&value.cumulative()[1], &[3.5]);
        let pooled = value.pooled();
        assert_eq!((pooled[0].cohorts, pooled[0].customers), (2, 3));
        assert_eq!((pooled[1].cohorts, pooled[1].customers), (1, 2));
        close(&[pooled[0].value, pooled[1].value], &[37.0 / 6.0, 1.25]);
        close(&[pooled[1].cumulative_value], &[37.0 / 6.0 + 1.25]);
    }
}
