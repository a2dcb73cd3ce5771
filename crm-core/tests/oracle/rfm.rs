//! R package `rfm` 0.3.0 on its own data, and segment maps in use.

use std::collections::BTreeMap;

use crm_core::customer::{BaseOptions, CustomerBase, CustomerId, Day, IngestOptions, Money};
use crm_core::rfm::{
    Binning, Cell, Closed, LowerBounds, RfmModel, RfmOptions, RfmScores, Rule, SegmentMap, SegmentSummary,
    Segments,
};

use crate::log::{Id, Orders, Row, Shape, history, row};
use crate::reading::{build, data, day, place, read};

// Oracles rfm-01 to rfm-07 and rfm-15: github.com/rsquaredacademy/rfm, version 0.3.0 (commit 297ed8b).

/// Its data of orders, with the analysis date of its documentation.
fn rfm_orders() -> Option<CustomerBase> {
    let log = read(data("rfm_orders.csv.gz")?, "customer_id", "order_date", Some("revenue"));
    Some(build(&log, &IngestOptions::default()).base(BaseOptions::as_of(day("2006-12-31"))).unwrap())
}

/// rfm-04, as R's `rfm` prints them (rounded to 115, 181, 297, 482; 4, 5, 6, 8; 256, 382, 506, 666).
fn published_cuts() -> LowerBounds {
    LowerBounds {
        recency_days: vec![115.0, 181.0, 297.4, 482.0],
        frequency: vec![4.0, 5.0, 6.0, 8.0],
        monetary: vec![255.8, 382.0, 506.4, 666.0],
    }
}

fn published_scores(base: &CustomerBase) -> RfmScores {
    let options = RfmOptions { binning: Binning::Bounds(published_cuts()), ..RfmOptions::default() };
    RfmModel::fit(base, &options).unwrap().score(base).unwrap()
}

#[test]
fn rfm_01_02_size_of_the_data() {
    let Some(base) = rfm_orders() else { return };
    assert_eq!(base.orders().iter().sum::<u32>(), 4906);
    assert_eq!(base.len(), 995);
    // data/README.md: 11 same-day orders.
    assert_eq!(base.orders().iter().sum::<u32>() - base.purchase_days().iter().sum::<u32>(), 11);
    assert_eq!(*base.first_purchase().iter().min().unwrap(), day("2001-10-29").number());
    assert_eq!(*base.last_purchase().iter().max().unwrap(), day("2006-12-30").number());
}

#[test]
fn rfm_04_cut_points_are_the_quantiles_plus_one() {
    let Some(base) = rfm_orders() else { return };
    let published = published_cuts();
    for closed in [Closed::Left, Closed::Right] {
        let options = RfmOptions { binning: Binning::Quantiles { bins: 5, closed }, ..RfmOptions::default() };
        let model = RfmModel::fit(&base, &options).unwrap();
        let mut recency = model.recency_cuts();
        // The package lists times upwards; here the cut of score 2 comes first.
        recency.reverse();
        for (cuts, published) in [
            (recency.as_slice(), &published.recency_days),
            (model.frequency_cuts().unwrap(), &published.frequency),
            (model.monetary_cuts().unwrap(), &published.monetary),
        ] {
            let cuts: Vec<f64> = cuts.iter().map(|cut| cut.unwrap() + 1.0).collect();
            let near = cuts.iter().zip(published).all(|(cut, published)| (cut - published).abs() < 1e-9);
            assert!(near && cuts.len() == 4, "{cuts:?} {published:?}");
        }
    }
}

#[test]
fn rfm_05_scores_in_each_dimension() {
    let Some(base) = rfm_orders() else { return };
    let scores = published_scores(&base);
    for (column, published) in [
        (scores.recency(), [197, 200, 199, 199, 200]),
        (scores.frequency(), [268, 187, 176, 244, 120]),
        (scores.monetary(), [200, 200, 198, 202, 195]),
    ] {
        let mut counts = [0; 5];
        for &score in column {
            counts[usize::from(score) - 1] += 1;
        }
        assert_eq!(counts, published);
    }
}

#[test]
fn printed_customers_of_the_package() {
    let Some(base) = rfm_orders() else { return };
    let scores = published_scores(&base);
    for (name, recency, orders, amount, score) in [
        ("Abbey O'Reilly", 205, 6, 472, "3-4-3"),
        ("Add Senger", 140, 3, 340, "4-1-2"),
        ("Aden Lesch", 194, 4, 405, "3-2-3"),
        ("Aden Murphy", 98, 7, 596, "5-4-4"),
        ("Admiral Senger", 132, 5, 448, "4-3-3"),
    ] {
        let customer = place(&base, CustomerId::Text(name));
        assert_eq!(base.days_since_last_purchase(customer), recency, "{name}");
        assert_eq!(base.orders()[customer], orders, "{name}");
        assert_eq!(base.net_amount(customer), Money::from_micros(amount * 1_000_000), "{name}");
        assert_eq!(scores.cell(customer).to_string(), score, "{name}");
    }
}

type Blocks<'a> = [(&'a str, [(u8, u8); 3])];

fn rules(blocks: &Blocks<'_>) -> Vec<Rule> {
    let rule = |(name, [r, f, m]): &(&str, [(u8, u8); 3])| {
        Rule::new(*name, r.0..=r.1, f.0..=f.1).with_monetary(m.0..=m.1)
    };
    blocks.iter().map(rule).collect()
}

fn sizes(segments: &Segments) -> BTreeMap<&str, usize> {
    let mut sizes = BTreeMap::new();
    (0..segments.len()).for_each(|customer| *sizes.entry(segments.name(customer)).or_default() += 1);
    sizes
}

/// rfm-06: docs/articles/rfm-transaction-level-data.html, first match wins.
const VIGNETTE: [(&str, [(u8, u8); 3]); 10] = [
    ("Champions", [(5, 5), (5, 5), (5, 5)]),
    ("Potential Loyalist", [(3, 5), (3, 5), (2, 5)]),
    ("Loyal Customers", [(2, 4), (2, 4), (2, 4)]),
    ("Promising", [(3, 4), (1, 3), (3, 5)]),
    ("New Customers", [(4, 5), (1, 3), (1, 5)]),
    ("Can't Lose Them", [(1, 2), (3, 4), (4, 5)]),
    ("At Risk", [(1, 2), (2, 5), (4, 5)]),
    ("Need Attention", [(1, 3), (3, 5), (3, 5)]),
    ("About To Sleep", [(2, 3), (1, 3), (1, 4)]),
    ("Lost", [(1, 1), (1, 5), (1, 5)]),
];

#[test]
fn rfm_06_segment_sizes_of_the_vignette() {
    let Some(base) = rfm_orders() else { return };
    let map = SegmentMap::first_match(5, &rules(&VIGNETTE), Some("Others")).unwrap();
    let segments = map.assign(&published_scores(&base)).unwrap();
    let published = BTreeMap::from([
        ("Potential Loyalist", 342),
        ("Loyal Customers", 170),
        ("Lost", 148),
        ("New Customers", 104),
        ("About To Sleep", 102),
        ("Can't Lose Them", 47),
        ("Champions", 35),
        ("At Risk", 28),
        ("Need Attention", 10),
        ("Promising", 9),
    ]);
    assert_eq!(sizes(&segments), published);
}

#[test]
fn rfm_07_champions_of_the_classic_map() {
    let Some(base) = rfm_orders() else { return };
    // The range of frequency and monetary value holds for each of the two.
    let classic = [
        ("Champions", (4, 5), (4, 5)),
        ("Loyal Customers", (2, 5), (3, 5)),
        ("Potential Loyalist", (3, 5), (1, 3)),
        ("New Customers", (4, 5), (1, 1)),
        ("Promising", (3, 4), (1, 1)),
        ("Need Attention", (2, 3), (2, 3)),
        ("About To Sleep", (2, 3), (1, 2)),
        ("At Risk", (1, 2), (2, 5)),
        ("Can't Lose Them", (1, 1), (4, 5)),
        ("Lost", (1, 2), (1, 2)),
    ];
    let blocks: Vec<(&str, [(u8, u8); 3])> =
        classic.iter().map(|(name, r, fm)| (*name, [*r, *fm, *fm])).collect();
    let map = SegmentMap::first_match(5, &rules(&blocks), Some("Others")).unwrap();
    let segments = map.assign(&published_scores(&base)).unwrap();
    let summary = SegmentSummary::new(&base, &segments).unwrap();
    let champions = &summary.rows()[0];
    assert_eq!((champions.segment.as_str(), champions.customers), ("Champions", 158));
    let orders = (0..base.len())
        .filter(|&customer| segments.name(customer) == "Champions")
        .map(|customer| base.orders()[customer]);
    assert_eq!(orders.sum::<u32>(), 1234);
    assert_eq!(champions.net_amount, Money::from_micros(120_178_000_000));
    // research: 36 cells without a rule, 39 with several, three segments never assigned.
    let audit = SegmentMap::audit(5, &rules(&blocks)).unwrap();
    assert_eq!((audit.uncovered.len(), audit.overlapping.len()), (36, 39));
    assert_eq!(audit.never_assigned, ["New Customers", "Promising", "Can't Lose Them"]);
}

#[test]
fn rfm_14_every_cell_of_the_standard_map() {
    // Public course material, rows recency 1 to 5, columns frequency 1 to 5.
    let published = [
        ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
        ["Hibernating", "Hibernating", "At Risk", "At Risk", "Can't Lose"],
        ["About to Sleep", "About to Sleep", "Need Attention", "Loyal", "Loyal"],
        ["Promising", "Potential Loyalists", "Potential Loyalists", "Loyal", "Loyal"],
        ["New", "Potential Loyalists", "Potential Loyalists", "Champions", "Champions"],
    ];
    let map = SegmentMap::standard();
    for (recency, row) in (1..).zip(published) {
        for (frequency, name) in (1..).zip(row) {
            for monetary in 1..=5 {
                assert_eq!(
                    map.segment_of(Cell { recency, frequency, monetary }),
                    Some(name),
                    "{recency}{frequency}"
                );
            }
        }
    }
}

#[test]
fn rfm_15_standard_map_on_the_packages_scores() {
    let Some(base) = rfm_orders() else { return };
    let segments = SegmentMap::standard().assign(&published_scores(&base)).unwrap();
    let expected = BTreeMap::from([
        ("Hibernating", 240),
        ("Loyal", 170),
        ("Potential Loyalists", 146),
        ("At Risk", 135),
        ("Champions", 99),
        ("About to Sleep", 76),
        ("Need Attention", 46),
        ("Promising", 31),
        ("New", 30),
        ("Can't Lose", 22),
    ]);
    assert_eq!(sizes(&segments), expected);
}

/// Cells of 125 that each segment wins when the first rule wins, and those left for `rest`.
fn cells(blocks: &Blocks<'_>) -> BTreeMap<String, usize> {
    let map = SegmentMap::first_match(5, &rules(blocks), Some("rest")).unwrap();
    let mut cells = BTreeMap::new();
    for place in 0..125u8 {
        let cell = Cell { recency: place / 25 + 1, frequency: place / 5 % 5 + 1, monetary: place % 5 + 1 };
        *cells.entry(map.segment_of(cell).unwrap().to_owned()).or_default() += 1;
    }
    cells
}

fn check_audit(blocks: &Blocks<'_>, uncovered: usize, overlapping: usize, won: &[(&str, usize)]) {
    let audit = SegmentMap::audit(5, &rules(blocks)).unwrap();
    assert_eq!((audit.uncovered.len(), audit.overlapping.len()), (uncovered, overlapping));
    assert_eq!(audit.never_assigned, Vec::<String>::new());
    let mut expected: BTreeMap<String, usize> =
        won.iter().map(|(name, cells)| ((*name).to_owned(), *cells)).collect();
    if uncovered > 0 {
        expected.insert("rest".to_owned(), uncovered);
    }
    assert_eq!(cells(blocks), expected);
    assert!(SegmentMap::new(5, &rules(blocks)).is_err());
    assert_eq!(SegmentMap::first_match(5, &rules(blocks), None).is_ok(), uncovered == 0);
}

#[test]
fn rfm_17_audit_of_the_map_in_the_packages_readme() {
    let won = [
        ("Lost", 14),
        ("At Risk", 7),
        ("Need Attention", 4),
        ("Can't Lose Them", 6),
        ("About To Sleep", 10),
        ("Loyal Customers", 15),
        ("Promising", 8),
        ("Potential Loyalist", 35),
        ("New Customers", 15),
        ("Champions", 1),
    ];
    check_audit(&VIGNETTE, 10, 58, &won);
}

#[test]
fn rfm_18_audit_of_the_map_of_the_python_package_rfm() {
    let blocks = [
        ("Champions", [(4, 5), (4, 5), (4, 5)]),
        ("Promising", [(4, 5), (1, 2), (3, 5)]),
        ("Loyal Accounts", [(3, 5), (3, 5), (3, 5)]),
        ("Potential Loyalist", [(3, 5), (2, 3), (2, 4)]),
        ("New Active Accounts", [(5, 5), (1, 1), (1, 5)]),
        ("Low Spenders", [(3, 5), (1, 5), (1, 2)]),
        ("Need Attention", [(2, 3), (1, 2), (4, 5)]),
        ("About to Sleep", [(2, 3), (1, 2), (1, 3)]),
        ("At Risk", [(1, 2), (1, 5), (3, 5)]),
        ("Lost", [(1, 2), (1, 5), (1, 2)]),
    ];
    let won = [
        ("Lost", 16),
        ("At Risk", 24),
        ("About to Sleep", 7),
        ("Need Attention", 7),
        ("Low Spenders", 22),
        ("Potential Loyalist", 8),
        ("Loyal Accounts", 19),
        ("Promising", 12),
        ("Champions", 8),
        ("New Active Accounts", 2),
    ];
    check_audit(&blocks, 0, 44, &won);
}

/// Scores of a log with text-free ids under the default options.
fn scores_of(rows: &[Row], as_of: i32, bins: u8) -> RfmScores {
    let shape = Shape::new(false, Orders::Absent);
    let base = history(&[rows], shape, &IngestOptions::default()).unwrap();
    let base = base.base(BaseOptions::as_of(Day::from_number(as_of).unwrap())).unwrap();
    let options = RfmOptions { binning: Binning::MidRank { bins }, ..RfmOptions::default() };
    RfmModel::fit(&base, &options).unwrap().score(&base).unwrap()
}

#[test]
fn rfm_13_20_identical_customers_share_one_cell() {
    // openretailscience scores five equal frequencies 0 to 4; clusteraudiencekit gives 50 equal customers five cells.
    for customers in [5, 50] {
        let rows: Vec<Row> = (0..customers).map(|id| row(Id::Integer(id), 100, 20_000_000)).collect();
        let scores = scores_of(&rows, 110, 5);
        assert!((0..scores.len()).all(|customer| scores.cell(customer).to_string() == "3-3-3"));
    }
}

#[test]
fn rfm_19_better_in_every_way_never_scores_lower() {
    let rows: Vec<Row> = (0..10i64)
        .flat_map(|i| {
            (0..=i)
                .map(move |k| row(Id::Integer(i), 990 + i as i32 - k as i32, i128::from(i + 1) * 10_000_000))
        })
        .collect();
    let scores = scores_of(&rows, 1000, 5);
    for column in [scores.recency(), scores.frequency(), scores.monetary()] {
        assert_eq!(column, [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    }
}
