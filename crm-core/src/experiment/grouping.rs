//! Columns that say which group a row belongs to, as codes of the labels in their order.

use std::collections::{HashMap, HashSet};
use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Rows that one task codes.
const ROWS: usize = 1 << 17;
/// Rows that are coded and then looked at again while they are in the cache.
const BLOCK: usize = 1 << 10;
/// More groups than this are refused: a column of customers is no column of arms.
const MOST_GROUPS: usize = 1 << 16;

/// The name of an arm or a stratum. Integers stand before text and sort by value, text by its UTF-8 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum GroupLabel {
    /// An integer.
    Integer(i64),
    /// A text in any script.
    Text(String),
}

impl fmt::Display for GroupLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(label) => label.fmt(f),
            Self::Text(label) => label.fmt(f),
        }
    }
}

impl From<i64> for GroupLabel {
    fn from(label: i64) -> Self {
        Self::Integer(label)
    }
}

impl From<&str> for GroupLabel {
    fn from(label: &str) -> Self {
        Self::Text(label.to_owned())
    }
}

/// Which group each row belongs to; borrowed.
#[derive(Clone, Copy, Debug)]
pub enum GroupColumn<'a> {
    /// Small integers, or truth values as 0 and 1. The fastest.
    Bytes(&'a [u8]),
    /// Integers.
    Integers(&'a [i64]),
    /// Texts.
    Texts(&'a [&'a str]),
    /// Places in a list of labels, as of a dictionary or categorical column.
    Codes(&'a [u32], &'a [GroupLabel]),
}

impl GroupColumn<'_> {
    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self {
            Self::Bytes(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Texts(values) => values.len(),
            Self::Codes(codes, _) => codes.len(),
        }
    }
}

/// The distinct labels of a column, ascending, and the place of each row's label among them.
pub(super) struct Grouping {
    pub(super) labels: Vec<GroupLabel>,
    pub(super) codes: Codes,
}

/// One byte a row where that is enough.
pub(super) enum Codes {
    Narrow(Vec<u8>),
    Wide(Vec<u32>),
}

impl Codes {
    fn collect<T: Copy + Sync>(
        groups: usize,
        values: &[T],
        code: impl Fn(&mut Option<(T, u32)>, T) -> u32 + Sync,
    ) -> Self {
        if groups <= 256 {
            let mut codes = vec![0; values.len()];
            codes.par_chunks_mut(ROWS).zip(values.par_chunks(ROWS)).for_each(|(codes, values)| {
                let mut last = None;
                codes.iter_mut().zip(values).for_each(|(to, &value)| *to = code(&mut last, value) as u8);
            });
            return Self::Narrow(codes);
        }
        let mut codes = vec![0; values.len()];
        codes.par_chunks_mut(ROWS).zip(values.par_chunks(ROWS)).for_each(|(codes, values)| {
            let mut last = None;
            codes.iter_mut().zip(values).for_each(|(to, &value)| *to = code(&mut last, value));
        });
        Self::Wide(codes)
    }

    fn get(&self, row: usize) -> usize {
        match self {
            Self::Narrow(codes) => usize::from(codes[row]),
            Self::Wide(codes) => codes[row] as usize,
        }
    }
}

impl Grouping {
    /// Codes of a column; `name` is what errors call it. Runs in the pool of the caller.
    pub(super) fn of(name: &str, column: GroupColumn<'_>) -> Result<Self> {
        let grouping = match column {
            GroupColumn::Bytes(values) => Self::of_bytes(values),
            GroupColumn::Integers(values) => Self::of_integers(name, values)?,
            GroupColumn::Texts(values) => Self::of_texts(name, values)?,
            GroupColumn::Codes(codes, labels) => Self::of_codes(name, codes, labels)?,
        };
        Ok(grouping)
    }

    /// Groups of pairs of labels, the first column's first.
    pub(super) fn cross(self, name: &str, other: Self) -> Result<(Codes, Vec<GroupLabel>, Vec<GroupLabel>)> {
        let groups = self.labels.len() * other.labels.len();
        check_groups(name, groups)?;
        let rows = match &self.codes {
            Codes::Narrow(codes) => codes.len(),
            Codes::Wide(codes) => codes.len(),
        };
        let second = other.labels.len();
        let row_codes: Vec<u32> = (0..rows)
            .into_par_iter()
            .map(|row| (self.codes.get(row) * second + other.codes.get(row)) as u32)
            .collect();
        Ok((Codes::Wide(row_codes), self.labels, other.labels))
    }

    fn of_bytes(values: &[u8]) -> Self {
        let seen = values
            .par_chunks(ROWS)
            .map(|values| {
                let mut seen = [false; 256];
                values.chunks(BLOCK).for_each(|values| mark(values, &mut seen));
                seen
            })
            .reduce(|| [false; 256], |one, other| either(one, &other));
        let (places, labels) = labelled(&seen, 0);
        let codes = Codes::collect(labels.len(), values, |_, value| u32::from(places[usize::from(value)]));
        Self { labels, codes }
    }

    /// In one pass, where all values lie within 256 of the least of the first rows.
    fn of_near_integers(values: &[i64]) -> Option<Self> {
        let origin = *values[..values.len().min(ROWS)].iter().min()?;
        let mut codes = vec![0_u8; values.len()];
        // Whether all values are near, and which distances there are.
        let (near, seen) = codes
            .par_chunks_mut(ROWS)
            .zip(values.par_chunks(ROWS))
            .map(|(codes, values)| {
                let (mut all, mut seen) = (0, [false; 256]);
                for (codes, values) in codes.chunks_mut(BLOCK).zip(values.chunks(BLOCK)) {
                    for (code, &value) in codes.iter_mut().zip(values) {
                        let distance = value.wrapping_sub(origin) as u64;
                        all |= distance;
                        *code = distance as u8;
                    }
                    mark(codes, &mut seen);
                }
                (all < 256, seen)
            })
            .reduce(|| (true, [false; 256]), |one, other| (one.0 && other.0, either(one.1, &other.1)));
        if !near {
            return None;
        }
        let (places, labels) = labelled(&seen, origin);
        if places.iter().enumerate().take(labels.len()).any(|(byte, &place)| usize::from(place) != byte) {
            codes.par_iter_mut().for_each(|code| *code = places[usize::from(*code)]);
        }
        Some(Self { labels, codes: Codes::Narrow(codes) })
    }

    fn of_integers(name: &str, values: &[i64]) -> Result<Self> {
        if let Some(grouping) = Self::of_near_integers(values) {
            return Ok(grouping);
        }
        let ends = |values: &[i64]| {
            values
                .iter()
                .fold((i64::MAX, i64::MIN), |(least, most), &value| (least.min(value), most.max(value)))
        };
        let (least, most) = values
            .par_chunks(ROWS)
            .map(ends)
            .reduce(|| (i64::MAX, i64::MIN), |one, other| (one.0.min(other.0), one.1.max(other.1)));
        if values.is_empty() || i128::from(most) - i128::from(least) >= MOST_GROUPS as i128 {
            return Self::of_far_integers(name, values);
        }
        // Close values are places in a table.
        let span = (most - least) as usize + 1;
        let seen = values
            .par_chunks(ROWS)
            .map(|values| {
                let mut seen = vec![false; span];
                for &value in values {
                    seen[(value - least) as usize] = true;
                }
                seen
            })
            .reduce(
                || vec![false; span],
                |mut one, other| {
                    one.iter_mut().zip(other).for_each(|(one, other)| *one |= other);
                    one
                },
            );
        let mut codes = vec![0; span];
        let mut labels = Vec::new();
        for (place, _) in seen.iter().enumerate().filter(|(_, seen)| **seen) {
            codes[place] = labels.len() as u32;
            labels.push(GroupLabel::Integer(least + place as i64));
        }
        let codes = Codes::collect(labels.len(), values, |_, value: i64| codes[(value - least) as usize]);
        Ok(Self { labels, codes })
    }

    fn of_far_integers(name: &str, values: &[i64]) -> Result<Self> {
        let distinct = distinct(name, values)?;
        let places: HashMap<i64, u32> =
            distinct.iter().enumerate().map(|(place, &value)| (value, place as u32)).collect();
        let codes = Codes::collect(distinct.len(), values, |last, value| looked_up(&places, last, value));
        Ok(Self { labels: distinct.into_iter().map(GroupLabel::Integer).collect(), codes })
    }

    fn of_texts(name: &str, values: &[&str]) -> Result<Self> {
        let distinct = distinct(name, values)?;
        let places: HashMap<&str, u32> =
            distinct.iter().enumerate().map(|(place, &value)| (value, place as u32)).collect();
        // A handful of texts is found faster by looking at each.
        let few = distinct.len() <= 8;
        let codes = Codes::collect(distinct.len(), values, |last, value| {
            if few {
                distinct.iter().position(|&label| label == value).map_or(0, |place| place as u32)
            } else {
                looked_up(&places, last, value)
            }
        });
        Ok(Self { labels: distinct.into_iter().map(GroupLabel::from).collect(), codes })
    }

    fn of_codes(name: &str, codes: &[u32], labels: &[GroupLabel]) -> Result<Self> {
        check_groups(name, labels.len())?;
        if let Some(row) = codes.par_iter().position_first(|&code| code as usize >= labels.len()) {
            let message = format!("code {} is beyond the {} labels", codes[row], labels.len());
            return Err(Error::new(ErrorKind::OutOfRange, message).on(name).at_row(row as u64));
        }
        let mut seen = vec![false; labels.len()];
        for &code in codes {
            seen[code as usize] = true;
        }
        let mut sorted: Vec<GroupLabel> =
            labels.iter().zip(&seen).filter(|(_, seen)| **seen).map(|(label, _)| label.clone()).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let places: Vec<u32> =
            labels.iter().map(|label| sorted.binary_search(label).map_or(0, |place| place as u32)).collect();
        let codes = Codes::collect(sorted.len(), codes, |_, code: u32| places[code as usize]);
        Ok(Self { labels: sorted, codes })
    }
}

/// Marks the values that a block of bytes holds.
fn mark(values: &[u8], seen: &mut [bool; 256]) {
    // Two groups, the first two values of a column of arms, are told without a store for each row.
    let first = values[0];
    let second = values.iter().copied().find(|&value| value != first).unwrap_or(first);
    let third =
        values.iter().fold(0, |third, &value| third | u8::from(value != first) & u8::from(value != second));
    if third == 0 {
        (seen[usize::from(first)], seen[usize::from(second)]) = (true, true);
        return;
    }
    for &value in values {
        seen[usize::from(value)] = true;
    }
}

fn either(mut one: [bool; 256], other: &[bool; 256]) -> [bool; 256] {
    one.iter_mut().zip(other).for_each(|(one, other)| *one |= other);
    one
}

/// For each byte its place among those seen, and the labels of these: the bytes above `origin`.
fn labelled(seen: &[bool; 256], origin: i64) -> ([u8; 256], Vec<GroupLabel>) {
    let (mut places, mut labels) = ([0; 256], Vec::new());
    for (byte, _) in seen.iter().enumerate().filter(|(_, seen)| **seen) {
        places[byte] = labels.len() as u8;
        // The label is a value of the column, so that the sum does not overflow.
        labels.push(GroupLabel::Integer(origin.wrapping_add(byte as i64)));
    }
    (places, labels)
}

/// The distinct values, ascending.
fn distinct<T: Copy + Ord + std::hash::Hash + Send + Sync>(name: &str, values: &[T]) -> Result<Vec<T>> {
    let parts: Vec<Vec<T>> = values
        .par_chunks(ROWS)
        .map(|values| {
            let (mut found, mut last) = (HashSet::new(), None);
            for &value in values {
                if last != Some(value) {
                    found.insert(value);
                    last = Some(value);
                }
            }
            check_groups(name, found.len())?;
            Ok(found.into_iter().collect())
        })
        .collect::<Result<_>>()?;
    let mut all: Vec<T> = parts.into_iter().flatten().collect();
    all.sort_unstable();
    all.dedup();
    check_groups(name, all.len())?;
    Ok(all)
}

fn looked_up<T: Copy + Eq + std::hash::Hash>(
    places: &HashMap<T, u32>,
    last: &mut Option<(T, u32)>,
    value: T,
) -> u32 {
    match last {
        Some((known, code)) if *known == value => *code,
        _ => {
            let code = places.get(&value).copied().unwrap_or(0);
            *last = Some((value, code));
            code
        }
    }
}

fn check_groups(name: &str, groups: usize) -> Result<()> {
    if groups <= MOST_GROUPS {
        return Ok(());
    }
    Err(Error::new(ErrorKind::OutOfRange, format!("{groups} groups, at most {MOST_GROUPS} are accepted"))
        .on(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(grouping: &Grouping, rows: usize) -> Vec<usize> {
        (0..rows).map(|row| grouping.codes.get(row)).collect()
    }

    #[test]
    fn labels_ascend_whatever_they_are() {
        let bytes = Grouping::of("arm", GroupColumn::Bytes(&[7, 3, 7])).unwrap();
        assert_eq!((bytes.labels.clone(), codes(&bytes, 3)), (vec![3.into(), 7.into()], vec![1, 0, 1]));
        for values in [[-5, 9, -5], [i64::MIN, i64::MAX, i64::MIN]] {
            let integers = Grouping::of("arm", GroupColumn::Integers(&values)).unwrap();
            assert_eq!(integers.labels, [GroupLabel::Integer(values[0]), GroupLabel::Integer(values[1])]);
            assert_eq!(codes(&integers, 3), [0, 1, 0]);
        }
        let texts = Grouping::of("arm", GroupColumn::Texts(&["对照", "B", "对照"])).unwrap();
        assert_eq!(
            (texts.labels.clone(), codes(&texts, 3)),
            (vec!["B".into(), "对照".into()], vec![1, 0, 1])
        );
        let labels = ["z".into(), "unused".into(), "a".into()];
        let coded = Grouping::of("arm", GroupColumn::Codes(&[0, 2, 0], &labels)).unwrap();
        assert_eq!((coded.labels.clone(), codes(&coded, 3)), (vec!["a".into(), "z".into()], vec![1, 0, 1]));
        assert_eq!(Grouping::of("arm", GroupColumn::Integers(&[])).unwrap().labels, []);
    }

    #[test]
    fn integers_that_come_late_count_too() {
        for (late, labels) in [(-1, 3), (2, 3), (255, 3), (256, 3), (1 << 40, 3), (1, 2)] {
            let mut values: Vec<i64> = (0..2 * ROWS as i64 + 5).map(|row| row % 2).collect();
            values[2 * ROWS + 1] = late;
            let grouping = Grouping::of("arm", GroupColumn::Integers(&values)).unwrap();
            assert_eq!(grouping.labels.len(), labels, "{late}");
            for (row, value) in values.iter().enumerate() {
                assert_eq!(
                    grouping.labels[grouping.codes.get(row)],
                    GroupLabel::Integer(*value),
                    "{late} {row}"
                );
            }
        }
        // Every byte, far from 0, and at the end of the range.
        for origin in [0, -1_000_000_000_007, i64::MAX - 255] {
            let values: Vec<i64> = (0..600).map(|row| origin + row * 7 % 256).collect();
            let grouping = Grouping::of("arm", GroupColumn::Integers(&values)).unwrap();
            assert_eq!(grouping.labels.len(), 256);
            assert!((0..600).all(|row| grouping.codes.get(row) == row * 7 % 256));
        }
        let bytes = Grouping::of("arm", GroupColumn::Bytes(&[9, 9, 250, 3])).unwrap();
        assert_eq!(codes(&bytes, 4), [1, 1, 2, 0]);
    }

    #[test]
    fn many_labels_have_wide_codes() {
        let texts: Vec<String> = (0..1000).map(|j| format!("store {:04}", j % 500)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let grouping = Grouping::of("arm", GroupColumn::Texts(&texts)).unwrap();
        assert_eq!(grouping.labels.len(), 500);
        assert!((0..1000).all(|row| grouping.codes.get(row) == row % 500));
    }

    #[test]
    fn a_column_of_customers_is_refused() {
        let ids: Vec<i64> = (0..100_000).map(|j| j * 1_000_003).collect();
        let error = Grouping::of("arm", GroupColumn::Integers(&ids)).map(|_| ()).unwrap_err();
        assert_eq!((error.kind(), error.argument_name()), (ErrorKind::OutOfRange, Some("arm")));
        let error = Grouping::of("arm", GroupColumn::Codes(&[0, 1], &["a".into()])).map(|_| ()).unwrap_err();
        assert_eq!(error.row(), Some(1));
    }
}
