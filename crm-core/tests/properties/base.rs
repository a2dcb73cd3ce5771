//! The customer base, and the split into calibration and holdout, against the naive model.

use crm_core::ErrorKind;
use crm_core::customer::{BaseOptions, Day, Money, Policy, TimeUnit};
use proptest::prelude::*;

use crate::any_log::{exactly, lenient_options, log};
use crate::log::{Id, history};
use crate::reference::{Customer, Reference};

fn base_options() -> impl Strategy<Value = BaseOptions> {
    let as_of = prop_oneof![
        12 => -2..45i32,
        1 => prop::sample::select(vec![Day::MIN.number(), Day::MAX.number()]),
    ];
    let window = prop_oneof![3 => Just(None), 6 => (1..45u32).prop_map(Some), 1 => Just(Some(u32::MAX))];
    (as_of, window, prop::sample::select(&TimeUnit::ALL[..]), 1..=8usize).prop_map(
        |(as_of, window_days, unit, threads)| {
            let options = BaseOptions::as_of(Day::from_number(as_of).unwrap()).in_unit(unit);
            BaseOptions { window_days, threads: exactly(threads), ..options }
        },
    )
}

fn start(options: &BaseOptions) -> i64 {
    options.window_days.map_or(i64::MIN, |days| i64::from(options.as_of.number()) - i64::from(days) + 1)
}

fn days_in(unit: TimeUnit) -> f64 {
    match unit {
        TimeUnit::Day => 1.0,
        TimeUnit::Week => 7.0,
        TimeUnit::Month30 => 30.0,
        TimeUnit::MonthMean => 30.4375,
        TimeUnit::Year365 => 365.0,
        TimeUnit::YearMean => 365.25,
        _ => unreachable!("a new unit needs a line here"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]
    #[test]
    fn base_is_that_of_the_naive_model((shape, rows, _) in log(60), ingest in lenient_options(), options in base_options()) {
        let history = history(&[&rows], shape, &ingest).unwrap();
        let reference = Reference::new(&rows, shape, &ingest);
        let (start, as_of) = (start(&options), options.as_of.number());
        let inside = reference.within(start..=i64::from(as_of));
        let expected: Vec<(&Id, &Customer)> =
            inside.iter().filter(|(_, customer)| !customer.days().is_empty()).map(|(id, customer)| (*id, customer)).collect();
        let after = reference.used().filter(|row| row.day > as_of).count() as u64;
        let raising = history.base(BaseOptions { rows_after: Policy::Raise, ..options });
        if after > 0 {
            let error = raising.unwrap_err();
            prop_assert_eq!((error.kind(), error.argument_name()), (ErrorKind::InvalidValue, Some("as_of")));
        } else {
            prop_assert_eq!(raising.is_ok(), !expected.is_empty());
        }
        let base = match history.base(options) {
            Ok(base) => base,
            Err(error) => {
                prop_assert_eq!((error.kind(), error.argument_name()), (ErrorKind::Empty, Some("as_of")));
                prop_assert!(expected.is_empty());
                return Ok(());
            }
        };
        prop_assert_eq!(base.len(), expected.len());
        let unit = days_in(options.time_unit);
        for (place, (id, customer)) in expected.into_iter().enumerate() {
            prop_assert_eq!(&Id::of(base.customer_ids().get(place).unwrap()), id);
            let days = customer.days();
            let (first, last) = (*days.first().unwrap(), *days.last().unwrap());
            prop_assert_eq!((base.first_purchase()[place], base.last_purchase()[place]), (first, last));
            prop_assert_eq!(base.orders()[place] as usize, customer.orders());
            prop_assert_eq!(base.purchase_days()[place] as usize, days.len());
            prop_assert_eq!(base.repeat_purchases(place) as usize, days.len() - 1);
            prop_assert_eq!(base.purchase_amount(place).micros(), customer.purchase_micros());
            prop_assert_eq!(base.return_amount(place).micros(), customer.return_micros());
            prop_assert_eq!(base.return_rows(place) as usize, customer.return_rows());
            prop_assert_eq!(base.net_amount(place).micros(), customer.net_micros());
            prop_assert_eq!(base.days_since_last_purchase(place), as_of - last);
            prop_assert_eq!(base.time_since_last_purchase(place), f64::from(as_of - last) / unit);
            prop_assert_eq!(base.last_purchase_age(place), f64::from(last - first) / unit);
            prop_assert_eq!(base.age(place), f64::from(as_of - first) / unit);
            let repeat = (customer.purchase_micros() - customer.first_day_micros()) as f64 / 1e6;
            let mean = if days.len() > 1 { repeat / (days.len() - 1) as f64 } else { 0.0 };
            // Two roundings instead of one, at most.
            prop_assert!((base.mean_repeat_amount(place) - mean).abs() <= mean * f64::EPSILON);
        }
        let total: i128 = inside.values().filter(|customer| !customer.days().is_empty()).map(Customer::net_micros).sum();
        prop_assert_eq!(base.total_net_amount(), Money::from_micros(total));
        let account = base.account();
        reference.check_account(&account.rows);
        prop_assert_eq!(account.rows_after, after);
        prop_assert_eq!(account.rows_before, reference.used().filter(|row| i64::from(row.day) < start).count() as u64);
        let without = || inside.values().filter(|customer| customer.days().is_empty());
        prop_assert_eq!(account.customers_without_purchase, without().count() as u64);
        prop_assert_eq!(account.amount_without_purchase.micros(), without().map(Customer::net_micros).sum::<i128>());
        let log_start = reference.used().map(|row| row.day).min().unwrap();
        prop_assert_eq!(i64::from(base.data_start().number()), i64::from(log_start).max(start));
        let other = history.base(BaseOptions { threads: exactly(3), ..options }).unwrap();
        prop_assert!(other.customer_ids().iter().eq(base.customer_ids().iter()) && other.account() == base.account());
    }

    #[test]
    fn split_is_that_of_the_naive_model(
        (shape, rows, _) in log(60),
        ingest in lenient_options(),
        options in base_options(),
        length in -1..30i32,
    ) {
        let history = history(&[&rows], shape, &ingest).unwrap();
        let reference = Reference::new(&rows, shape, &ingest);
        let (as_of, end) = (options.as_of.number(), options.as_of.number() + length);
        let Ok(holdout_end) = Day::from_number(end) else { return Ok(()) };
        let split = history.split(options, holdout_end);
        let last = reference.used().map(|row| row.day).max();
        if length < 1 || last.is_some_and(|last| end > last) {
            let error = split.unwrap_err();
            prop_assert_eq!((error.kind(), error.argument_name()), (ErrorKind::InvalidArgument, Some("holdout_end")));
            return Ok(());
        }
        let base = match history.base(options) {
            Ok(base) => base,
            Err(error) => {
                prop_assert_eq!(split.unwrap_err(), error);
                return Ok(());
            }
        };
        let split = split.unwrap();
        prop_assert!(split.calibration() == &base);
        prop_assert_eq!(split.holdout_end(), holdout_end);
        prop_assert_eq!(split.holdout_length(), f64::from(length) / days_in(options.time_unit));
        let held_out = reference.within(i64::from(as_of) + 1..=i64::from(end));
        for (place, id) in base.customer_ids().iter().map(Id::of).enumerate() {
            let customer = &held_out[&id];
            prop_assert_eq!(split.purchase_days()[place] as usize, customer.days().len());
            prop_assert_eq!(split.orders()[place] as usize, customer.orders());
            prop_assert_eq!(split.net_amounts()[place].micros(), customer.net_micros());
        }
        prop_assert_eq!((split.orders().len(), split.net_amounts().len()), (base.len(), base.len()));
    }
}
