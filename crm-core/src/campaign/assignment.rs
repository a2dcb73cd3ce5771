//! Customers dealt to the arms of a split.
//!
//! Reference: Madow, W. G. (1949), "On the theory of systematic sampling, II", Annals of Mathematical Statistics 20(3), for the
//! random start that makes expected counts exact in each stratum.

use rayon::prelude::*;

use super::bucket::{BucketHash, Hasher};
use super::holdout::Holdout;
use super::levels::NO_LEVEL;
use super::split::Split;
use super::target_table::TargetTable;
use crate::customer::{CustomerId, IdList};
use crate::error::Result;
use crate::parallel::Threads;

/// The code of a customer whom no arm covers.
pub(super) const NOT_COVERED: i32 = -1;
/// The code of a customer outside the campaign's part of the namespace.
const OUTSIDE_NAMESPACE: i32 = -2;
/// The code of a customer of a holdout.
const HELD_OUT: i32 = -3;

/// Customers that one task hashes.
const CUSTOMERS_A_TASK: usize = 1 << 14;

/// The arm of each customer, in the order of the rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Assignment {
    arms: Vec<i32>,
    names: Vec<String>,
    control: usize,
    planned: Vec<f64>,
    counts: Vec<u64>,
    not_covered: u64,
    outside_namespace: u64,
    held_out: u64,
}

impl Assignment {
    fn new(split: &Split, arms: Vec<i32>) -> Self {
        let count = |code: i32| arms.iter().filter(|&&arm| arm == code).count() as u64;
        Self {
            names: split.names().into_iter().map(str::to_owned).collect(),
            control: split.control(),
            planned: split.shares(),
            counts: (0..split.arms.len() as i32).map(count).collect(),
            not_covered: count(NOT_COVERED),
            outside_namespace: count(OUTSIDE_NAMESPACE),
            held_out: count(HELD_OUT),
            arms,
        }
    }

    /// For each row the arm's place in the plan, or -1 for a customer whom no arm covers, -2 outside the campaign's part of the
    /// namespace, -3 in a holdout.
    pub fn arms(&self) -> &[i32] {
        &self.arms
    }

    /// The names of the arms, in the order of the plan.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Which arm is the control.
    pub fn control(&self) -> usize {
        self.control
    }

    /// Customers in each arm.
    pub fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The shares of all customers that the arms were planned to have.
    pub fn planned_shares(&self) -> &[f64] {
        &self.planned
    }

    /// Customers whom no arm covers.
    pub fn not_covered(&self) -> u64 {
        self.not_covered
    }

    /// Customers outside the campaign's part of the namespace.
    pub fn outside_namespace(&self) -> u64 {
        self.outside_namespace
    }

    /// Customers in a holdout.
    pub fn held_out(&self) -> u64 {
        self.held_out
    }

    /// The rows of an arm, ascending.
    pub fn rows(&self, arm: usize) -> Vec<u32> {
        let mine = |row: &u32| usize::try_from(self.arms[*row as usize]) == Ok(arm);
        (0..self.arms.len() as u32).filter(mine).collect()
    }
}

/// What a plan hashes customers with.
#[derive(Clone)]
struct Hashers<'a> {
    split: &'a Split,
    arm: Hasher<'a>,
    namespace: Option<Hasher<'a>>,
    holdouts: Vec<Hasher<'a>>,
}

impl<'a> Hashers<'a> {
    fn new(split: &'a Split) -> Self {
        Self {
            split,
            arm: Hasher::new(split.hash(), split.salt()),
            namespace: split.namespace.as_ref().map(|namespace| namespace.hasher()),
            holdouts: split.holdouts.iter().map(Holdout::hasher).collect(),
        }
    }

    /// Why the campaign may not use a customer, if it may not.
    fn refused(&mut self, id: CustomerId<'_>) -> Option<i32> {
        let (split, bucket) = (self.split, |hasher: &mut Hasher<'_>| hasher.bucket(id));
        let mut holdouts = split.holdouts.iter().zip(&mut self.holdouts);
        if holdouts.any(|(holdout, hasher)| holdout.has(bucket(hasher))) {
            return Some(HELD_OUT);
        }
        if let (Some(namespace), Some(hasher)) = (&split.namespace, &mut self.namespace)
            && !namespace.has(bucket(hasher))
        {
            return Some(OUTSIDE_NAMESPACE);
        }
        None
    }
}

impl Split {
    /// The arm of each customer, by the customer's own number alone.
    ///
    /// # Errors
    /// Those of starting threads.
    pub fn assign(&self, ids: &IdList) -> Result<Assignment> {
        let mut arms = vec![NOT_COVERED; ids.len()];
        Threads::Available.run(|| {
            arms.par_chunks_mut(CUSTOMERS_A_TASK).enumerate().for_each(|(task, chunk)| {
                let mut hashers = Hashers::new(self);
                for (place, arm) in chunk.iter_mut().enumerate() {
                    let id = ids.at(task * CUSTOMERS_A_TASK + place);
                    *arm = hashers.refused(id).unwrap_or_else(|| {
                        self.arm_of(hashers.arm.bucket(id)).map_or(NOT_COVERED, |arm| arm as i32)
                    });
                }
            });
        })?;
        Ok(Assignment::new(self, arms))
    }

    /// The arm of each customer with exact shares within each stratum: of n customers an arm with share s gets floor(n s) or
    /// ceil(n s), and n s in expectation.
    ///
    /// ```text
    /// number of customer k = 1 .. n of a stratum: (k - u) / n,  u the stratum's number in [0, 1)
    /// ```
    ///
    /// A stratum is a combination of texts in the columns named, missing ones being a text of their own. Its customers are sorted by their numbers
    /// and get new ones, evenly spaced, with a start drawn by salt and stratum; the arm is the one whose part of (0, 1] has the new number. So
    /// coverage and shares mean what they mean in [`assign`](Self::assign): over the same table, raising the coverage moves nobody between arms, and
    /// changed shares move as few as possible. An arm whose part has m ranges since shares were changed gets a number less than m away from
    /// n s.
    ///
    /// Unlike [`assign`](Self::assign) **this depends on who else is in the table**: a customer more may move others. Assign once and keep
    /// the result.
    ///
    /// # Errors
    /// `MissingColumn` and `WrongType` for columns that are not there or hold numbers.
    pub fn assign_stratified(&self, table: &TargetTable, columns: &[&str]) -> Result<Assignment> {
        let levels = columns.iter().map(|column| table.texts(column)).collect::<Result<Vec<_>>>()?;
        let key = |row: u32| levels.iter().map(move |levels| levels.codes()[row as usize]);
        let mut arms = vec![NOT_COVERED; table.rows()];
        let mut hashers = Hashers::new(self);
        let mut usable: Vec<(f64, u32)> = Vec::new();
        // In canonical order, so that a stable sort puts customers with equal numbers in it.
        for &row in table.order() {
            let id = table.ids().at(row as usize);
            match hashers.refused(id) {
                Some(code) => arms[row as usize] = code,
                None => usable.push((hashers.arm.bucket(id), row)),
            }
        }
        usable.sort_by(|one, other| key(one.1).cmp(key(other.1)).then(one.0.total_cmp(&other.0)));
        let mut starts = Hasher::new(BucketHash::Xxh3, self.salt());
        for stratum in usable.chunk_by(|one, other| key(one.1).eq(key(other.1))) {
            let label: Vec<String> = levels
                .iter()
                .map(|levels| match levels.codes()[stratum[0].1 as usize] {
                    NO_LEVEL => String::new(),
                    code => levels.names()[code as usize].clone(),
                })
                .collect();
            // A zero byte in front keeps labels apart from customers.
            let start = starts.bucket(CustomerId::Text(&format!("\0{}", label.join("\0"))));
            let n = stratum.len();
            // How many customers have a number up to an end: the same for all who share the end, so nobody is in two arms.
            let up_to = |end: f64| {
                if end > 1.0 - 1e-12 { n } else { ((n as f64 * end + start).floor() as usize).min(n) }
            };
            for (code, arm) in self.arms.iter().enumerate() {
                for &[from, to] in &arm.ranges {
                    let (first, last) = (up_to(from), up_to(to));
                    for &(_, row) in &stratum[first..last.max(first)] {
                        arms[row as usize] = code as i32;
                    }
                }
            }
        }
        Ok(Assignment::new(self, arms))
    }
}

#[cfg(test)]
mod tests {
    use super::super::holdout::{Holdout, Namespace};
    use super::super::split::Arm;
    use super::*;
    use crate::customer::IdColumn;

    fn ids(n: i64) -> Vec<i64> {
        (0..n).collect()
    }

    fn list(n: i64) -> IdList {
        IdList::new(&IdColumn::Integer((&ids(n)).into())).unwrap()
    }

    fn thirds() -> Split {
        Split::new("s", &[Arm::target("a", 1.0), Arm::target("b", 1.0), Arm::control("none", 1.0)]).unwrap()
    }

    #[test]
    fn everyone_is_accounted_for() {
        let split = thirds()
            .with_coverage(0.8)
            .unwrap()
            .without(Holdout::new("h", 0.1).unwrap())
            .within(Namespace::new("n", 0.2, 0.9).unwrap())
            .unwrap();
        let assignment = split.assign(&list(50_000)).unwrap();
        let outside = assignment.not_covered() + assignment.outside_namespace() + assignment.held_out();
        assert_eq!(assignment.counts().iter().sum::<u64>() + outside, 50_000);
        // Five standard deviations around what is planned: 0.1, 0.9 * 0.3, 0.9 * 0.7 * 0.2, 0.9 * 0.7 * 0.8 / 3.
        for (count, share) in [
            (assignment.held_out(), 0.1),
            (assignment.outside_namespace(), 0.27),
            (assignment.not_covered(), 0.126),
            (assignment.counts()[0], 0.168),
        ] {
            let deviation = count as f64 - 50_000.0 * share;
            assert!(deviation.abs() < 5.0 * (50_000.0 * share * (1.0 - share)).sqrt(), "{count} {share}");
        }
        let rows: Vec<u32> = assignment.rows(1);
        assert_eq!(rows.len() as u64, assignment.counts()[1]);
        assert!(rows.iter().all(|&row| assignment.arms()[row as usize] == 1));
    }

    #[test]
    fn one_salt_for_two_purposes_draws_independently() {
        let plan = || Split::new("s", &[Arm::target("a", 9.0), Arm::control("none", 1.0)]).unwrap();
        // Five standard deviations of a binomial count.
        let near = |count: u64, share: f64| {
            let deviation = (count as f64 - 50_000.0 * share).abs();
            assert!(deviation < 5.0 * (50_000.0 * share * (1.0 - share)).sqrt(), "{count} {share}");
        };
        let held = plan().without(Holdout::new("s", 0.1).unwrap()).assign(&list(50_000)).unwrap();
        near(held.counts()[0], 0.81);
        near(held.counts()[1], 0.09);
        let half = plan().within(Namespace::new("s", 0.0, 0.5).unwrap()).unwrap();
        let half = half.assign(&list(50_000)).unwrap();
        near(half.counts()[1], 0.05);
        let both = plan().within(Namespace::new("ns", 0.0, 0.5).unwrap()).unwrap();
        let both = both.without(Holdout::new("ns", 0.5).unwrap()).assign(&list(50_000)).unwrap();
        near(both.held_out(), 0.5);
        near(both.outside_namespace(), 0.25);
    }

    #[test]
    fn every_holdout_is_kept() {
        let of = |holdouts: &[(&str, f64)]| {
            let plan = holdouts
                .iter()
                .fold(thirds(), |plan, (salt, share)| plan.without(Holdout::new(salt, *share).unwrap()));
            plan.assign(&list(2000)).unwrap()
        };
        let (one, two, both) = (of(&[("h1", 0.5)]), of(&[("h2", 0.1)]), of(&[("h1", 0.5), ("h2", 0.1)]));
        for row in 0..2000 {
            let held = one.arms()[row] == HELD_OUT || two.arms()[row] == HELD_OUT;
            assert_eq!(both.arms()[row] == HELD_OUT, held);
        }
        assert!(both.held_out() > one.held_out());
    }

    #[test]
    fn strata_are_balanced_exactly() {
        let ids = ids(1000);
        let cities: Vec<String> = ids.iter().map(|id| format!("city {}", (id * id) % 7)).collect();
        let cities: Vec<&str> = cities.iter().map(String::as_str).collect();
        let table = TargetTable::new(&IdColumn::Integer((&ids).into()))
            .unwrap()
            .with_texts("city", &IdColumn::Text(&cities))
            .unwrap();
        let assignment = thirds().assign_stratified(&table, &["city"]).unwrap();
        assert_eq!(assignment.counts().iter().sum::<u64>(), 1000);
        for city in table.texts("city").unwrap().names() {
            let rows: Vec<usize> = (0..1000).filter(|&row| cities[row] == city).collect();
            for arm in 0..3 {
                let count = rows.iter().filter(|&&row| assignment.arms()[row] == arm).count() as f64;
                assert!(
                    (count - rows.len() as f64 / 3.0).abs() < 1.0,
                    "{city} {arm}: {count} of {}",
                    rows.len()
                );
            }
        }
    }

    #[test]
    fn single_customers_of_many_strata_go_to_all_arms() {
        let ids = ids(3000);
        let own: Vec<String> = ids.iter().map(i64::to_string).collect();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let table = TargetTable::new(&IdColumn::Integer((&ids).into()))
            .unwrap()
            .with_texts("own", &IdColumn::Text(&own))
            .unwrap();
        let counts = thirds().assign_stratified(&table, &["own"]).unwrap().counts().to_vec();
        // Five standard deviations of a binomial count.
        assert!(counts.iter().all(|&count| (count as f64 - 1000.0).abs() < 130.0), "{counts:?}");
    }
}
