//! The laws of RFM, over every binning, nesting and measure.

use std::cmp::Ordering;

use crm_core::customer::{BaseOptions, CustomerBase, Day, IngestOptions, TimeUnit};
use crm_core::rfm::{
    Binning, Closed, FrequencyMeasure, LowerBounds, MonetaryMeasure, Nesting, RfmModel, RfmOptions,
    RfmScores, SegmentMap, Weights,
};
use proptest::prelude::*;

use crate::log::{Id, Orders, Row, Shape, history, row};

const AS_OF: i32 = 200;

/// Rows of up to 40 customers, in whole cents, with returns; order ids tie some rows together.
pub(crate) fn rows() -> impl Strategy<Value = Vec<Row>> {
    let line = (0..40i64, 0..=AS_OF, prop_oneof![8 => 1..2000i128, 2 => -500..0i128, 1 => Just(0)], 0..4i64);
    let line = line.prop_map(|(customer, day, cents, order)| {
        let mut row = row(Id::Integer(customer), day, cents * 10_000);
        row.order = (order > 0).then_some(Id::Integer(order));
        row
    });
    // A purchase that everybody can fall back on: the base is never empty.
    prop::collection::vec(line, 0..120).prop_map(|mut rows| {
        rows.push(row(Id::Integer(7), 100, 1_000_000));
        rows
    })
}

pub(crate) fn base_of(rows: &[Row], as_of: i32) -> CustomerBase {
    let shape = Shape::new(false, Orders::Integers);
    let history = history(&[rows], shape, &IngestOptions::default()).unwrap();
    history.base(BaseOptions::as_of(Day::from_number(as_of).unwrap())).unwrap()
}

fn measures() -> impl Strategy<Value = (FrequencyMeasure, MonetaryMeasure)> {
    let mut frequency = vec![FrequencyMeasure::Orders, FrequencyMeasure::PurchaseDays];
    frequency.extend(TimeUnit::ALL.map(FrequencyMeasure::OrdersPer));
    let monetary =
        vec![MonetaryMeasure::NetAmount, MonetaryMeasure::MeanPerOrder, MonetaryMeasure::MeanPerPurchaseDay];
    (prop::sample::select(frequency), prop::sample::select(monetary))
}

fn quantile_bins() -> impl Strategy<Value = Binning> {
    let closed = prop::sample::select(&[Closed::Left, Closed::Right][..]);
    prop_oneof![
        (2..=10u8).prop_map(|bins| Binning::MidRank { bins }),
        (2..=10u8, closed).prop_map(|(bins, closed)| Binning::Quantiles { bins, closed }),
    ]
}

fn own_bounds() -> impl Strategy<Value = Binning> {
    let bounds = |high: i32, count: usize| {
        let numbers = prop::collection::btree_set(-10..high, count);
        numbers.prop_map(|numbers| numbers.into_iter().map(f64::from).collect::<Vec<f64>>())
    };
    (1..=9usize).prop_flat_map(move |count| {
        (bounds(AS_OF, count), bounds(20, count), bounds(60, count)).prop_map(
            |(recency_days, frequency, monetary)| {
                Binning::Bounds(LowerBounds { recency_days, frequency, monetary })
            },
        )
    })
}

/// Every combination; bounds are never nested.
pub(crate) fn options() -> impl Strategy<Value = RfmOptions> {
    let nesting = prop::sample::select(&[Nesting::Independent, Nesting::Nested][..]);
    let binning = prop_oneof![
        3 => (quantile_bins(), nesting),
        1 => (own_bounds(), Just(Nesting::Independent)),
    ];
    (binning, measures(), 0..4u8, 0..4u8, 1..4u8).prop_map(
        |((binning, nesting), (frequency, monetary), r, f, m)| {
            let weights = Weights { recency: f64::from(r), frequency: f64::from(f), monetary: f64::from(m) };
            RfmOptions { binning, nesting, frequency, monetary, weights }
        },
    )
}

/// A value as an exact fraction with a positive denominator.
#[derive(Clone, Copy, Debug)]
struct Fraction(i128, i128);

impl Fraction {
    fn cmp(self, other: Self) -> Ordering {
        (self.0 * other.1).cmp(&(other.0 * self.1))
    }
}

/// What a customer is scored by: more is better in each.
struct Values {
    recency: Vec<Fraction>,
    frequency: Vec<Fraction>,
    monetary: Vec<Fraction>,
}

/// Days of a unit times 48, which is whole for each.
fn days_48(unit: TimeUnit) -> i128 {
    match unit {
        TimeUnit::Day => 48,
        TimeUnit::Week => 7 * 48,
        TimeUnit::Month30 => 30 * 48,
        TimeUnit::MonthMean => 1461,
        TimeUnit::Year365 => 365 * 48,
        TimeUnit::YearMean => 1461 * 12,
        _ => unreachable!("a new unit needs a line here"),
    }
}

impl Values {
    fn of(base: &CustomerBase, options: &RfmOptions) -> Self {
        let each = |value: &dyn Fn(usize) -> Fraction| (0..base.len()).map(value).collect();
        let orders = |customer: usize| i128::from(base.orders()[customer]);
        let days = |customer: usize| i128::from(base.purchase_days()[customer]);
        let age_48 =
            |customer: usize| 48 * i128::from(base.as_of().number() - base.first_purchase()[customer]);
        let net = |customer: usize| base.net_amount(customer).micros();
        Self {
            recency: each(&|customer| Fraction(-i128::from(base.days_since_last_purchase(customer)), 1)),
            frequency: each(&|customer| match options.frequency {
                FrequencyMeasure::Orders => Fraction(orders(customer), 1),
                FrequencyMeasure::PurchaseDays => Fraction(days(customer), 1),
                FrequencyMeasure::OrdersPer(unit) => {
                    Fraction(orders(customer) * days_48(unit), age_48(customer).max(days_48(unit)))
                }
                _ => unreachable!("a new measure needs a line here"),
            }),
            monetary: each(&|customer| match options.monetary {
                MonetaryMeasure::NetAmount => Fraction(net(customer), 1_000_000),
                MonetaryMeasure::MeanPerOrder => Fraction(net(customer), 1_000_000 * orders(customer)),
                MonetaryMeasure::MeanPerPurchaseDay => Fraction(net(customer), 1_000_000 * days(customer)),
                _ => unreachable!("a new measure needs a line here"),
            }),
        }
    }
}

/// The score of each value by the definition of the binning.
fn by_definition(values: &[Fraction], binning: &Binning, bounds: &[f64], is_recency: bool) -> Vec<u8> {
    let count = |wanted: &dyn Fn(&Fraction) -> bool| values.iter().filter(|other| wanted(other)).count();
    let score = |value: &Fraction| match binning {
        Binning::MidRank { bins } => {
            let less = count(&|other| other.cmp(*value) == Ordering::Less);
            let equal = count(&|other| other.cmp(*value) == Ordering::Equal);
            1 + (usize::from(*bins) * (2 * less + equal) / (2 * values.len())) as u8
        }
        Binning::Quantiles { bins, closed } => {
            // On times since the last purchase, of which less is better.
            let sign = if is_recency { -1 } else { 1 };
            let natural = |value: &Fraction| Fraction(sign * value.0, value.1);
            let mut sorted: Vec<Fraction> = values.iter().map(natural).collect();
            sorted.sort_by(|a, b| a.cmp(*b));
            let k = usize::from(*bins);
            let reached = (1..k).filter(|j| {
                let (below, rest) = ((sorted.len() - 1) * j / k, (sorted.len() - 1) * j % k);
                let (low, high) = (sorted[below], sorted[(below + 1).min(sorted.len() - 1)]);
                // low + rest / k (high - low), over one denominator.
                let (rest, k) = (rest as i128, k as i128);
                let cut = Fraction(low.0 * high.1 * (k - rest) + rest * high.0 * low.1, low.1 * high.1 * k);
                let order = natural(value).cmp(cut);
                order == Ordering::Greater || (*closed == Closed::Left && order == Ordering::Equal)
            });
            let reached = reached.count() as u8;
            if is_recency { bins - reached } else { 1 + reached }
        }
        _ => {
            // Bounds of these tests are whole numbers.
            let natural = if is_recency { Fraction(-value.0, value.1) } else { *value };
            let reached = |bound: &&f64| natural.cmp(Fraction(**bound as i128, 1)) != Ordering::Less;
            let reached = bounds.iter().filter(reached).count() as u8;
            if is_recency { bounds.len() as u8 + 1 - reached } else { 1 + reached }
        }
    };
    values.iter().map(score).collect()
}

/// Scores by definition, dimension after dimension, within groups if nested.
fn naive_scores(base: &CustomerBase, options: &RfmOptions) -> [Vec<u8>; 3] {
    let values = Values::of(base, options);
    let none = LowerBounds::default();
    let bounds = if let Binning::Bounds(bounds) = &options.binning { bounds } else { &none };
    let recency = by_definition(&values.recency, &options.binning, &bounds.recency_days, true);
    let grouped = |values: &[Fraction], bounds: &[f64], group: &dyn Fn(usize) -> (u8, u8)| -> Vec<u8> {
        let mut scores = vec![0; values.len()];
        for cell in (0..values.len()).map(group).collect::<std::collections::BTreeSet<_>>() {
            let members: Vec<usize> = (0..values.len()).filter(|&customer| group(customer) == cell).collect();
            let inside: Vec<Fraction> = members.iter().map(|&customer| values[customer]).collect();
            for (&customer, score) in
                members.iter().zip(by_definition(&inside, &options.binning, bounds, false))
            {
                scores[customer] = score;
            }
        }
        scores
    };
    let nested = options.nesting == Nesting::Nested;
    let by_recency = |customer: usize| if nested { (recency[customer], 0) } else { (0, 0) };
    let frequency = grouped(&values.frequency, &bounds.frequency, &by_recency);
    let by_pair = |customer: usize| {
        if nested { (recency[customer], frequency[customer]) } else { (0, 0) }
    };
    let monetary = grouped(&values.monetary, &bounds.monetary, &by_pair);
    [recency, frequency, monetary]
}

fn columns(scores: &RfmScores) -> [Vec<u8>; 3] {
    [scores.recency().to_vec(), scores.frequency().to_vec(), scores.monetary().to_vec()]
}

fn fitted(base: &CustomerBase, options: &RfmOptions) -> (RfmModel, RfmScores) {
    let model = RfmModel::fit(base, options).unwrap();
    let scores = model.score(base).unwrap();
    (model, scores)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn scores_are_those_of_the_definition(rows in rows(), options in options()) {
        let base = base_of(&rows, AS_OF);
        let (model, scores) = fitted(&base, &options);
        prop_assert_eq!(columns(&scores), naive_scores(&base, &options));
        prop_assert_eq!((model.bins(), scores.bins()), (options.binning.bins(), options.binning.bins()));
        prop_assert_eq!((model.customers(), model.as_of(), model.data_start()), (base.len() as u64, base.as_of(), base.data_start()));
        let Weights { recency, frequency, monetary } = options.weights;
        for customer in 0..base.len() {
            let cell = scores.cell(customer);
            let sum = recency * f64::from(cell.recency) + frequency * f64::from(cell.frequency) + monetary * f64::from(cell.monetary);
            prop_assert_eq!(scores.composite(customer), sum / (recency + frequency + monetary));
        }
    }

    #[test]
    fn better_never_scores_lower_and_equal_scores_equal(rows in rows(), options in options()) {
        let base = base_of(&rows, AS_OF);
        let (_, scores) = fitted(&base, &options);
        let values = Values::of(&base, &options);
        let nested = options.nesting == Nesting::Nested;
        let [r, f, m] = columns(&scores);
        for one in 0..base.len() {
            for other in 0..base.len() {
                let law = |values: &[Fraction], scores: &[u8]| match values[one].cmp(values[other]) {
                    Ordering::Less => scores[one] <= scores[other],
                    Ordering::Equal => scores[one] == scores[other],
                    Ordering::Greater => scores[one] >= scores[other],
                };
                prop_assert!(law(&values.recency, &r), "recency of {one} and {other}");
                if !nested || r[one] == r[other] {
                    prop_assert!(law(&values.frequency, &f), "frequency of {one} and {other}");
                }
                if !nested || (r[one], f[one]) == (r[other], f[other]) {
                    prop_assert!(law(&values.monetary, &m), "monetary of {one} and {other}");
                }
            }
        }
    }

    #[test]
    fn the_unit_of_money_changes_no_score(
        rows in rows(),
        options in options(),
        (times, divided) in prop::sample::select(&[(100, 1), (1, 100), (3, 1), (7, 1), (1, 10), (1_000_000, 1), (13, 10_000)][..]),
    ) {
        if matches!(options.binning, Binning::Bounds(_)) {
            return Ok(());
        }
        // Amounts are whole cents, so each of these factors gives whole micro-units.
        let scaled: Vec<Row> = rows.iter().cloned().map(|mut row| {
            row.micros = row.micros.map(|micros| micros * times / divided);
            row
        }).collect();
        let (base, other) = (base_of(&rows, AS_OF), base_of(&scaled, AS_OF));
        let ((model, scores), (other_model, other_scores)) = (fitted(&base, &options), fitted(&other, &options));
        prop_assert_eq!(columns(&scores), columns(&other_scores));
        prop_assert_eq!(model.warnings(), other_model.warnings());
        if options.binning.bins() == 5 {
            let map = SegmentMap::standard();
            prop_assert_eq!(map.assign(&scores).unwrap(), map.assign(&other_scores).unwrap());
        }
    }

    #[test]
    fn models_come_back_from_json(rows in rows(), options in options(), as_of in 100..400i32) {
        let base = base_of(&rows, AS_OF);
        let (model, scores) = fitted(&base, &options);
        let text = model.to_json().unwrap();
        let back = RfmModel::from_json(&text).unwrap();
        prop_assert_eq!(&back, &model);
        prop_assert_eq!(back.to_json().unwrap(), text);
        prop_assert_eq!(back.score(&base).unwrap(), scores);
        let later = base_of(&rows, as_of);
        prop_assert_eq!(back.score(&later).unwrap(), model.score(&later).unwrap());
        let scores = model.score(&later).unwrap();
        for score in columns(&scores).concat() {
            prop_assert!((1..=model.bins()).contains(&score));
        }
    }

    #[test]
    fn damaged_json_is_refused_and_never_panics(rows in rows(), options in options(), cut in any::<prop::sample::Index>(), byte in 32..127u8) {
        let base = base_of(&rows, AS_OF);
        let text = RfmModel::fit(&base, &options).unwrap().to_json().unwrap();
        prop_assert!(RfmModel::from_json(&text[..cut.index(text.len())]).is_err());
        let mut bytes = text.into_bytes();
        let place = cut.index(bytes.len());
        bytes[place] = byte;
        let damaged = RfmModel::from_json(&String::from_utf8(bytes).unwrap());
        if let Ok((model, scores)) = damaged.and_then(|model| model.score(&base).map(|scores| (model, scores))) {
            prop_assert!(columns(&scores).concat().iter().all(|score| (1..=model.bins()).contains(score)));
        }
    }

    /// Scoring with fixed cuts, a customer who improves never drops.
    #[test]
    fn a_fitted_model_is_monotone_on_later_data(rows in rows(), options in options(), customer in 0..40i64) {
        if options.nesting == Nesting::Nested {
            return Ok(());
        }
        let base = base_of(&rows, AS_OF);
        let (model, scores) = fitted(&base, &options);
        let Some(place) = base.customer_ids().iter().position(|id| Id::of(id) == Id::Integer(customer)) else { return Ok(()) };
        let mut better = rows.clone();
        better.push(row(Id::Integer(customer), AS_OF, 9_000_000_000));
        let other = base_of(&better, AS_OF);
        let (before, after) = (scores.cell(place), model.score(&other).unwrap().cell(place));
        prop_assert!(after.recency >= before.recency && after.frequency >= before.frequency && after.monetary >= before.monetary);
    }
}
