//! The arms of all groups of a table of rows.

use serde::{Deserialize, Serialize};

use super::arm_cells::arms_of_groups;
use super::grouping::{GroupColumn, GroupLabel, Grouping};
use super::joint_arm::JointArm;
use super::mean_arm::MeanArm;
use super::measures::Measures;
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

/// The version of the saved form.
const VERSION: u32 = 1;
/// The name of the saved form.
const MODEL: &str = "arm_table";

/// An arm for each label of a column of arms, or for each pair of an arm and a stratum.
///
/// Labels stand in ascending order. Tables of the same columns are a commutative monoid under [`ArmTable::merge`], so days and shards can be counted
/// apart.
///
/// ```
/// use crm_core::Threads;
/// use crm_core::experiment::{ArmTable, GroupColumn, Measures};
/// let revenue = [1.0, 2.0, 6.0, 0.0];
/// let arms = ["mail", "control", "mail", "control"];
/// let table = ArmTable::from_rows(&Measures::of(&revenue), GroupColumn::Texts(&arms), None, Threads::Available)?;
/// assert_eq!(table.arm(&"mail".into())?.value().mean(), 3.5);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ArmTable {
    model: String,
    version: u32,
    labels: Vec<GroupLabel>,
    /// Empty where there are no strata.
    strata: Vec<GroupLabel>,
    /// By label, then stratum.
    cells: Vec<JointArm>,
}

impl ArmTable {
    /// Arms from rows: columns of numbers, the arm of each row, and if wanted its stratum.
    ///
    /// The result depends on neither the number of threads nor, but for rounding of 1e-12, the order of the rows.
    ///
    /// # Errors
    /// `LengthMismatch` for columns of different lengths; `InvalidValue` with column and row for a value that is NaN or infinite; `OutOfRange` for more
    /// than 65,536 groups.
    pub fn from_rows(
        measures: &Measures<'_>,
        arm: GroupColumn<'_>,
        stratum: Option<GroupColumn<'_>>,
        threads: Threads,
    ) -> Result<Self> {
        measures.check()?;
        for (name, column) in [("arm", Some(arm)), ("stratum", stratum)] {
            if let Some(column) = column.filter(|column| column.rows() != measures.rows()) {
                let message = format!("{} rows, but {} values", column.rows(), measures.rows());
                return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
            }
        }
        let (labels, strata, cells) = threads.run(|| {
            let arms = Grouping::of("arm", arm)?;
            let (codes, labels, strata) = match stratum {
                None => (arms.codes, arms.labels, Vec::new()),
                Some(stratum) => arms.cross("stratum", Grouping::of("stratum", stratum)?)?,
            };
            let groups = labels.len() * strata.len().max(1);
            Ok::<_, Error>((labels, strata, arms_of_groups(measures, &codes, groups)?))
        })??;
        Ok(Self { model: MODEL.to_owned(), version: VERSION, labels, strata, cells })
    }

    /// The labels of the arms, ascending.
    pub fn labels(&self) -> &[GroupLabel] {
        &self.labels
    }

    /// The labels of the strata, ascending; none for a table without strata.
    pub fn strata(&self) -> &[GroupLabel] {
        &self.strata
    }

    /// The arm of a label, over all strata.
    ///
    /// # Errors
    /// `InvalidArgument` for a label that no row has.
    pub fn arm(&self, label: &GroupLabel) -> Result<JointArm> {
        let cells = self.cells_of(label)?;
        let mut whole = cells[0].clone();
        cells[1..].iter().try_for_each(|cell| whole.merge(cell))?;
        Ok(whole)
    }

    /// The arms of a label, one for each stratum; empty ones where no row is in both.
    ///
    /// # Errors
    /// `InvalidArgument` for a label that no row has.
    pub fn cells_of(&self, label: &GroupLabel) -> Result<&[JointArm]> {
        let width = self.strata.len().max(1);
        if let Ok(place) = self.labels.binary_search(label) {
            return Ok(&self.cells[place * width..][..width]);
        }
        let known: Vec<String> = self.labels.iter().take(20).map(ToString::to_string).collect();
        Err(Error::argument("arm", label, &format!("one of the arms {}", known.join(", "))))
    }

    /// The arms of the value of a label, one for each stratum.
    ///
    /// # Errors
    /// `InvalidArgument` for a label that no row has.
    pub fn values_of(&self, label: &GroupLabel) -> Result<Vec<MeanArm>> {
        Ok(self.cells_of(label)?.iter().map(JointArm::value).collect())
    }

    /// Takes in another table of the same columns.
    ///
    /// # Errors
    /// `Incompatible` for other columns, or strata in one of the two only; `OutOfRange` if counts or squares overflow. The table is then as it was.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.labels.is_empty() || other.labels.is_empty() {
            if self.labels.is_empty() {
                *self = other.clone();
            }
            return Ok(());
        }
        if self.strata.is_empty() != other.strata.is_empty() {
            return Err(
                Error::new(ErrorKind::Incompatible, "one table has strata, the other has none").on("table")
            );
        }
        self.cells[0].check_columns(&other.cells[0])?;
        let empty = JointArm::new(self.cells[0].has_denominator(), self.cells[0].covariates())?;
        let (labels, strata) = (united(&self.labels, &other.labels), united(&self.strata, &other.strata));
        let width = strata.len().max(1);
        let mut cells = vec![empty; labels.len() * width];
        for table in [&*self, other] {
            let own = table.strata.len().max(1);
            for (place, cell) in table.cells.iter().enumerate() {
                let row = labels.binary_search(&table.labels[place / own]).unwrap_or(0);
                let column = table
                    .strata
                    .get(place % own)
                    .and_then(|label| strata.binary_search(label).ok())
                    .unwrap_or(0);
                cells[row * width + column].merge(cell)?;
            }
        }
        (self.labels, self.strata, self.cells) = (labels, strata, cells);
        Ok(())
    }

    /// The table as JSON text.
    ///
    /// # Errors
    /// `Io` if it cannot be written, which does not happen.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// A table from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` if the text is not a table of arms; `Incompatible` if it is one of a later version.
    pub fn from_json(text: &str) -> Result<Self> {
        let table: Self = crate::saved::from_json(text, VERSION, &[MODEL])?;
        let ascending = |labels: &[GroupLabel]| labels.windows(2).all(|pair| pair[0] < pair[1]);
        let fits = ascending(&table.labels)
            && ascending(&table.strata)
            && table.cells.len() == table.labels.len() * table.strata.len().max(1)
            && table.cells.windows(2).all(|pair| pair[0].check_columns(&pair[1]).is_ok());
        if fits {
            return Ok(table);
        }
        Err(Error::new(ErrorKind::Corrupt, "labels and arms do not fit together").on("json"))
    }
}

fn united(one: &[GroupLabel], other: &[GroupLabel]) -> Vec<GroupLabel> {
    let mut all: Vec<GroupLabel> = one.iter().chain(other).cloned().collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: std::ops::Range<usize>, strata: bool, threads: usize) -> ArmTable {
        let value: Vec<f64> = rows.clone().map(|j| (j * 7919 % 1009) as f64 + 1e6).collect();
        let covariate: Vec<f64> = rows.clone().map(|j| (j * 31 % 997) as f64).collect();
        let arm: Vec<i64> = rows.clone().map(|j| [0, 1, 1, 7][j * 5 % 4]).collect();
        let stratum: Vec<String> = rows.map(|j| format!("s{}", j * 13 % 300)).collect();
        let stratum: Vec<&str> = stratum.iter().map(String::as_str).collect();
        let measures = Measures::of(&value).covariate(&covariate);
        let stratum = strata.then_some(GroupColumn::Texts(&stratum));
        ArmTable::from_rows(
            &measures,
            GroupColumn::Integers(&arm),
            stratum,
            Threads::from_count(threads).unwrap(),
        )
        .unwrap()
    }

    #[test]
    fn threads_change_no_bit() {
        for strata in [false, true] {
            let one = table(0..500_000, strata, 1);
            for threads in [2, 3, 8] {
                assert_eq!(table(0..500_000, strata, threads), one);
            }
        }
    }

    #[test]
    fn parts_make_the_whole_and_strata_make_the_arm() {
        let whole = table(0..300_000, true, 2);
        let mut parts = table(0..1000, true, 1);
        parts.merge(&table(1000..170_003, true, 2)).unwrap();
        parts.merge(&table(170_003..300_000, true, 2)).unwrap();
        let plain = table(0..300_000, false, 2);
        for label in plain.labels() {
            let reference = plain.arm(label).unwrap();
            for arm in [whole.arm(label).unwrap(), parts.arm(label).unwrap()] {
                assert_eq!(arm.count(), reference.count());
                for (first, second) in [(0, 0), (1, 0), (1, 1)] {
                    let scale =
                        reference.product(first, first).sqrt() * reference.product(second, second).sqrt();
                    assert!(
                        (arm.product(first, second) - reference.product(first, second)).abs() < 1e-13 * scale
                    );
                }
            }
        }
        assert_eq!(ArmTable::from_json(&parts.to_json().unwrap()).unwrap(), parts);
    }

    #[test]
    fn the_sums_are_those_of_each_row() {
        let own = table(0..4001, false, 2);
        let label = GroupLabel::Integer(7);
        let values: Vec<f64> =
            (0..4001).filter(|j| j * 5 % 4 == 3).map(|j: usize| (j * 7919 % 1009) as f64 + 1e6).collect();
        let plain = MeanArm::from_values(&values).unwrap();
        let arm = own.arm(&label).unwrap().value();
        assert_eq!((arm.count(), arm.mean()), (plain.count(), plain.mean()));
        assert!((arm.m2() / plain.m2() - 1.0).abs() < 1e-14);
    }

    #[test]
    fn rows_that_cannot_be_used() {
        let measures = Measures::of(&[1.0, f64::NAN, 2.0]);
        let of =
            |arm: &[u8]| ArmTable::from_rows(&measures, GroupColumn::Bytes(arm), None, Threads::Available);
        let error = of(&[0, 1, 0]).unwrap_err();
        assert_eq!(
            (error.kind(), error.argument_name(), error.row()),
            (ErrorKind::InvalidValue, Some("value"), Some(1))
        );
        assert_eq!(of(&[0, 1]).unwrap_err().argument_name(), Some("arm"));
        let table = table(0..10, false, 1);
        assert_eq!(table.arm(&9.into()).unwrap_err().argument_name(), Some("arm"));
    }

    #[test]
    fn no_rows_are_no_arms() {
        let of = ArmTable::from_rows(&Measures::of(&[]), GroupColumn::Bytes(&[]), None, Threads::Available);
        let mut empty = of.unwrap();
        assert!(empty.labels().is_empty());
        let some = table(0..10, false, 1);
        empty.merge(&some).unwrap();
        assert_eq!(empty, some);
    }
}
