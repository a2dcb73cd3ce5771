//! Segment maps, summaries and migrations.

use std::ops::RangeInclusive;

use crm_core::ErrorKind;
use crm_core::customer::Money;
use crm_core::rfm::{
    Binning, Cell, Migration, RfmModel, RfmOptions, Rule, SegmentMap, SegmentSummary, Segments,
};
use proptest::prelude::*;

use crate::log::Id;
use crate::rfm::{base_of, rows};

type Block = [(u8, u8); 3];

/// Blocks that cut the cube of cells into pieces: each cell in exactly one.
fn partition(bins: u8) -> impl Strategy<Value = Vec<Block>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0..3usize, any::<prop::sample::Index>()), 0..8)
        .prop_map(move |cuts| {
            let mut blocks: Vec<Block> = vec![[(1, bins); 3]];
            for (which, dimension, place) in cuts {
                let which = which.index(blocks.len());
                let (low, high) = blocks[which][dimension];
                if low < high {
                    let place = low + place.index(usize::from(high - low)) as u8;
                    let mut rest = blocks[which];
                    rest[dimension].0 = place + 1;
                    blocks[which][dimension].1 = place;
                    blocks.push(rest);
                }
            }
            blocks
        })
}

fn rule(name: &str, block: Block) -> Rule {
    let range = |place: usize| -> RangeInclusive<u8> { block[place].0..=block[place].1 };
    Rule::new(name, range(0), range(1)).with_monetary(range(2))
}

fn covers(block: Block, cell: [u8; 3]) -> bool {
    block.iter().zip(cell).all(|((low, high), score)| (*low..=*high).contains(&score))
}

fn cube(bins: u8) -> Vec<[u8; 3]> {
    let scores = || 1..=bins;
    scores().flat_map(|r| scores().flat_map(move |f| scores().map(move |m| [r, f, m]))).collect()
}

fn cell([recency, frequency, monetary]: [u8; 3]) -> Cell {
    Cell { recency, frequency, monetary }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]
    #[test]
    fn a_map_is_accepted_if_each_cell_is_covered_once(
        (bins, mut blocks) in (2..=6u8).prop_flat_map(|bins| (Just(bins), partition(bins))),
        change in prop::option::of((any::<prop::sample::Index>(), 0..3usize, 0..8u8, 0..8u8)),
        names in prop::collection::vec(0..5u8, 16),
    ) {
        if let Some((which, dimension, low, high)) = change {
            let which = which.index(blocks.len());
            blocks[which][dimension] = (low, high);
        }
        let name = |place: usize| format!("段{}", names[place % names.len()]);
        let rules: Vec<Rule> = blocks.iter().enumerate().map(|(place, block)| rule(&name(place), *block)).collect();
        let within = blocks.iter().flatten().all(|(low, high)| 1 <= *low && low <= high && *high <= bins);
        let covering = |cell: [u8; 3]| -> Vec<usize> { (0..blocks.len()).filter(|&place| covers(blocks[place], cell)).collect() };
        let map = SegmentMap::new(bins, &rules);
        if !within {
            prop_assert_eq!(map.unwrap_err().kind(), ErrorKind::InvalidArgument);
            prop_assert!(SegmentMap::audit(bins, &rules).is_err());
            return Ok(());
        }
        let once = cube(bins).into_iter().all(|cell| covering(cell).len() == 1);
        prop_assert_eq!(map.is_ok(), once);
        let audit = SegmentMap::audit(bins, &rules).unwrap();
        let uncovered: Vec<Cell> = cube(bins).into_iter().filter(|&cell| covering(cell).is_empty()).map(cell).collect();
        let several: Vec<(Cell, String, String)> = cube(bins).into_iter().filter(|&cell| covering(cell).len() > 1)
            .map(|place| (cell(place), name(covering(place)[0]), name(covering(place)[1]))).collect();
        prop_assert_eq!(&audit.uncovered, &uncovered);
        prop_assert_eq!(&audit.overlapping, &several);
        let winners: Vec<String> = cube(bins).into_iter().filter_map(|cell| covering(cell).first().map(|&place| name(place))).collect();
        let mut never: Vec<String> = (0..blocks.len()).map(name).filter(|name| !winners.contains(name)).collect();
        let mut seen = Vec::new();
        never.retain(|name| !seen.contains(name) && { seen.push(name.clone()); true });
        prop_assert_eq!(&audit.never_assigned, &never);
        if let Ok(map) = map {
            for place in cube(bins) {
                let expected = name(covering(place)[0]);
                prop_assert_eq!(map.segment_of(cell(place)), Some(expected.as_str()));
            }
            prop_assert_eq!(map.segment_of(cell([0, 1, 1])), None);
            prop_assert_eq!(map.segment_of(cell([1, 1, bins + 1])), None);
        }
        prop_assert_eq!(SegmentMap::first_match(bins, &rules, None).is_ok(), uncovered.is_empty());
        let first = SegmentMap::first_match(bins, &rules, Some("rest")).unwrap();
        for place in cube(bins) {
            let expected = covering(place).first().map_or("rest".to_owned(), |&place| name(place));
            prop_assert_eq!(first.segment_of(cell(place)), Some(expected.as_str()));
        }
        prop_assert_eq!(first.names().contains(&"rest".to_owned()), !uncovered.is_empty());
    }

    #[test]
    fn summaries_add_up(rows in rows()) {
        let base = base_of(&rows, 200);
        let segments = segments(&base);
        let summary = SegmentSummary::new(&base, &segments).unwrap();
        prop_assert_eq!(summary.rows().len(), SegmentMap::standard().names().len());
        let customers: u64 = summary.rows().iter().map(|row| row.customers).sum();
        prop_assert_eq!(customers, base.len() as u64);
        let shares: f64 = summary.rows().iter().map(|row| row.customer_share).sum();
        prop_assert!((shares - 1.0).abs() < 1e-12);
        let amount: Money = summary.rows().iter().map(|row| row.net_amount).sum();
        prop_assert_eq!(amount, base.total_net_amount());
        let total = base.total_net_amount().to_f64();
        // Returns make shares that cancel: their rounding grows with the largest of them.
        let sizes: f64 = summary.rows().iter().map(|row| row.amount_share.abs()).sum();
        let shares: f64 = summary.rows().iter().map(|row| row.amount_share).sum();
        let expected = if total == 0.0 { 0.0 } else { 1.0 };
        prop_assert!((shares - expected).abs() < 1e-12 * sizes.max(1.0));
        for row in summary.rows() {
            let members: Vec<usize> = (0..base.len()).filter(|&customer| segments.name(customer) == row.segment).collect();
            prop_assert_eq!(row.customers, members.len() as u64);
            prop_assert_eq!(row.net_amount, members.iter().map(|&customer| base.net_amount(customer)).sum());
            let mean = |sum: f64| (!members.is_empty()).then(|| sum / members.len() as f64);
            let days: i32 = members.iter().map(|&customer| base.days_since_last_purchase(customer)).sum();
            let orders: u32 = members.iter().map(|&customer| base.orders()[customer]).sum();
            prop_assert_eq!(row.mean_days_since_last_purchase, mean(f64::from(days)));
            prop_assert_eq!(row.mean_orders, mean(f64::from(orders)));
            prop_assert_eq!(row.mean_net_amount, mean(row.net_amount.to_f64()));
            prop_assert_eq!(row.customer_share, members.len() as f64 / base.len() as f64);
        }
    }

    #[test]
    fn migrations_count_everybody_once(rows in rows(), as_of in 101..200i32) {
        let (earlier, later) = (base_of(&rows, as_of), base_of(&rows, 200));
        let (from, to) = (segments(&earlier), segments(&later));
        let migration = Migration::new((&earlier, &from), (&later, &to)).unwrap();
        let (last_row, last_column) = (from.names().len(), to.names().len());
        let size = |segments: &Segments, code: usize| segments.codes().iter().filter(|&&other| usize::from(other) == code).count() as u64;
        for row in 0..last_row {
            prop_assert_eq!((0..=last_column).map(|column| migration.count(row, column)).sum::<u64>(), size(&from, row));
            prop_assert_eq!(migration.count(row, last_column), 0, "nobody leaves a history");
        }
        for column in 0..last_column {
            prop_assert_eq!((0..=last_row).map(|row| migration.count(row, column)).sum::<u64>(), size(&to, column));
        }
        prop_assert_eq!(migration.count(last_row, last_column), 0);
        prop_assert_eq!(migration.counts().iter().sum::<u64>(), later.len() as u64);
        let ids: Vec<Id> = earlier.customer_ids().iter().map(Id::of).collect();
        for (place, id) in later.customer_ids().iter().map(Id::of).enumerate() {
            let row = ids.iter().position(|other| *other == id).map_or(last_row, |place| usize::from(from.codes()[place]));
            prop_assert!(migration.count(row, usize::from(to.codes()[place])) > 0);
        }
        let backwards = Migration::new((&later, &to), (&earlier, &from)).unwrap_err();
        prop_assert_eq!(backwards.kind(), ErrorKind::InvalidArgument);
    }
}

fn segments(base: &crm_core::customer::CustomerBase) -> Segments {
    let model =
        RfmModel::fit(base, &RfmOptions { binning: Binning::MidRank { bins: 5 }, ..RfmOptions::default() })
            .unwrap();
    SegmentMap::standard().assign(&model.score(base).unwrap()).unwrap()
}

#[test]
fn the_standard_map_names_every_cell() {
    let map = SegmentMap::standard();
    assert_eq!((map.bins(), map.names().len()), (5, 10));
    let mut used = std::collections::BTreeSet::new();
    for place in cube(5) {
        used.insert(map.segment_of(cell(place)).unwrap());
    }
    assert_eq!(used.len(), 10, "each segment has a cell");
}
