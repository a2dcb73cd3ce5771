//! Whom a campaign contacts: rules, suppression, quotas and ranking.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::bucket::{Hasher, Purpose};
use super::contact_log::ContactLog;
use super::holdout::{Holdout, check_salt};
use super::levels::NO_LEVEL;
use super::rule::{Rule, Truth};
use super::selected::{ReasonKind, Selected};
use super::target_table::TargetTable;
use crate::customer::{Day, IdList};
use crate::error::{Error, ErrorKind, Result};
use crate::named::named;

/// Which values of the ranking column come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[repr(i32)]
pub enum RankOrder {
    /// High ones.
    #[default]
    Descending = 0,
    /// Low ones.
    Ascending = 1,
}

named! { RankOrder, "rank_order", { Descending: "descending", Ascending: "ascending" } }

/// Who comes first among customers of equal rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TieBreak {
    /// The customer whose id comes first: integers by their number, texts by their bytes. So 9 comes before 10, but "10" before "9": where ids change
    /// their type between systems, ties by hash fall the same.
    #[default]
    Id,
    /// The customer with the lower `XXH3_64(00 "ties" 00 salt 00 id)`: chance, but the same chance every time, for integers and their texts. What the
    /// salt draws for other purposes, such as arms, is independent of it.
    Hash(String),
}

/// One question asked of every customer.
#[derive(Clone, Debug)]
struct Step {
    name: String,
    kind: ReasonKind,
    check: Check,
}

#[derive(Clone, Debug)]
enum Check {
    Rule(Rule),
    OptedIn(String),
    NotOptedOut(String),
    NotIn(Arc<IdList>),
    Contacts { log: Arc<ContactLog>, as_of: Day, at_most: u32, within_days: u32 },
    NotHeld(Holdout),
}

/// How many customers of a segment a campaign takes.
#[derive(Clone, Debug)]
struct SegmentQuota {
    column: String,
    quotas: HashMap<String, u64>,
    others: Option<u64>,
}

/// A plan of whom to contact. Steps are asked in the order in which they are added; the first that a customer fails is the first reason.
///
/// Every step is asked of every customer, so that all reasons can be counted. Who passes is ranked, and quotas are filled from the best
/// downwards. The order of the rows changes nothing. There may be any number of rules, lists and holdouts, but one ranking, one order of ties, one
/// quota and one set of quotas of segments: a second one is an error.
///
/// ```
/// use crm_core::campaign::{Comparison, RankOrder, Rule, Selection, TargetTable};
/// use crm_core::customer::IdColumn;
/// let table = TargetTable::new(&IdColumn::Text(&["ann", "bob", "cat", "dan"]))?
///     .with_numbers("score", vec![0.9, 0.8, 0.7, 0.1])?
///     .with_numbers("consent", vec![1.0, 0.0, 1.0, 1.0])?;
/// let selected = Selection::new()
///     .opted_in("consent", "consent")?
///     .rule("score", Rule::compare("score", Comparison::AtLeast, 0.5))?
///     .rank_by("score", RankOrder::Descending)?
///     .quota(1)?
///     .select(&table)?;
/// assert_eq!(selected.rows(), [0]);
/// let first: Vec<_> = selected.reasons().iter().map(|reason| (reason.kind.name(), reason.first)).collect();
/// assert_eq!(first, [("no_opt_in", 1), ("rule", 1), ("missing_value", 0), ("quota", 1)]);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Selection {
    steps: Vec<Step>,
    rank: Option<(String, RankOrder)>,
    ties: Option<TieBreak>,
    quota: Option<u64>,
    segment_quota: Option<SegmentQuota>,
}

/// Reasons that a selection may have: a bit each.
const MOST_REASONS: usize = 64;

impl Selection {
    /// A plan that selects everybody.
    pub fn new() -> Self {
        Self::default()
    }

    fn step(mut self, name: &str, kind: ReasonKind, check: Check) -> Result<Self> {
        if name.is_empty() || self.steps.iter().any(|step| step.name == name) {
            return Err(Error::argument("name", format_args!("{name:?}"), "a name of its own for each step"));
        }
        self.steps.push(Step { name: name.to_owned(), kind, check });
        Ok(self)
    }

    /// Keeps customers for whom a rule is true. It being false and it having no answer are two reasons.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that is empty or taken, here and in all other steps.
    pub fn rule(self, name: &str, rule: Rule) -> Result<Self> {
        self.step(name, ReasonKind::Rule, Check::Rule(rule))
    }

    /// Keeps customers who agreed: those with a 1 in the column. 0 and missing are no agreement.
    ///
    /// # Errors
    /// As [`rule`](Self::rule).
    pub fn opted_in(self, name: &str, column: &str) -> Result<Self> {
        self.step(name, ReasonKind::NoOptIn, Check::OptedIn(column.to_owned()))
    }

    /// Keeps customers who did not object: all but those with a 1 in the column.
    ///
    /// # Errors
    /// As [`rule`](Self::rule).
    pub fn not_opted_out(self, name: &str, column: &str) -> Result<Self> {
        self.step(name, ReasonKind::OptedOut, Check::NotOptedOut(column.to_owned()))
    }

    /// Leaves out the customers of a list of those not to contact.
    ///
    /// # Errors
    /// As [`rule`](Self::rule).
    pub fn do_not_contact(self, name: &str, ids: IdList) -> Result<Self> {
        self.step(name, ReasonKind::DoNotContact, Check::NotIn(Arc::new(ids)))
    }

    /// Leaves out the customers of a campaign that is running.
    ///
    /// # Errors
    /// As [`rule`](Self::rule).
    pub fn not_in_campaign(self, name: &str, ids: IdList) -> Result<Self> {
        self.step(name, ReasonKind::RunningCampaign, Check::NotIn(Arc::new(ids)))
    }

    /// Leaves out customers whom a contact more would give above `at_most` contacts within so many days: those who have that many on the
    /// `within_days` days that end with `as_of`. Later contacts do not count.
    ///
    /// # Errors
    /// As [`rule`](Self::rule); `InvalidArgument` for a limit or a number of days of 0.
    pub fn contacts_at_most(
        self,
        name: &str,
        log: ContactLog,
        as_of: Day,
        at_most: u32,
        within_days: u32,
    ) -> Result<Self> {
        for (argument, value) in [("at_most", at_most), ("within_days", within_days)] {
            if value == 0 {
                return Err(Error::argument(argument, 0, "at least 1"));
            }
        }
        let log = Arc::new(log);
        self.step(name, ReasonKind::ContactFatigue, Check::Contacts { log, as_of, at_most, within_days })
    }

    /// Leaves out the customers of a holdout.
    ///
    /// # Errors
    /// As [`rule`](Self::rule).
    pub fn without(self, name: &str, holdout: Holdout) -> Result<Self> {
        self.step(name, ReasonKind::Holdout, Check::NotHeld(holdout))
    }

    /// Ranks customers by a column of numbers; missing ones come last. Without it, ties decide alone.
    ///
    /// # Errors
    /// `InvalidArgument` for a second ranking.
    pub fn rank_by(mut self, column: &str, order: RankOrder) -> Result<Self> {
        if let Some((known, _)) = &self.rank {
            return Err(twice("rank_by", format_args!("{column:?} after {known:?}")));
        }
        self.rank = Some((column.to_owned(), order));
        Ok(self)
    }

    /// Sets who comes first among customers of equal rank; without it, [`TieBreak::Id`].
    ///
    /// # Errors
    /// `InvalidArgument` for a second order of ties, and for a salt that is empty or has a zero character.
    pub fn ties(mut self, ties: TieBreak) -> Result<Self> {
        if let TieBreak::Hash(salt) = &ties {
            check_salt(salt)?;
        }
        if let Some(known) = &self.ties {
            return Err(twice("ties", format_args!("{ties:?} after {known:?}")));
        }
        self.ties = Some(ties);
        Ok(self)
    }

    /// Takes at most so many customers.
    ///
    /// # Errors
    /// `InvalidArgument` for a second quota.
    pub fn quota(mut self, customers: u64) -> Result<Self> {
        if let Some(known) = self.quota {
            return Err(twice("quota", format_args!("{customers} after {known}")));
        }
        self.quota = Some(customers);
        Ok(self)
    }

    /// Takes at most so many customers of each segment, a column of texts. `others` is the limit of each segment that is not listed; customers without
    /// a segment are one such segment together. `None` is no limit.
    ///
    /// # Errors
    /// `InvalidArgument` for a segment that is listed twice, and for quotas of segments a second time.
    pub fn segment_quotas(
        mut self,
        column: &str,
        quotas: &[(&str, u64)],
        others: Option<u64>,
    ) -> Result<Self> {
        if let Some(known) = &self.segment_quota {
            return Err(twice("segment_quotas", format_args!("{column:?} after {:?}", known.column)));
        }
        let mut listed = HashMap::new();
        for &(segment, quota) in quotas {
            if listed.insert(segment.to_owned(), quota).is_some() {
                return Err(Error::argument(
                    "segment_quotas",
                    format_args!("{segment:?} twice"),
                    "each segment once",
                ));
            }
        }
        self.segment_quota = Some(SegmentQuota { column: column.to_owned(), quotas: listed, others });
        Ok(self)
    }

    /// Selects from a table.
    ///
    /// # Errors
    /// `MissingColumn` and `WrongType` for columns that are not there or hold something else; `InvalidValue` with the row for a consent that is
    /// neither 0, 1 nor missing; `Incompatible` for lists with ids of another kind than the table's; `InvalidArgument` for rules that make no sense, and
    /// more than 64 reasons.
    pub fn select(&self, table: &TargetTable) -> Result<Selected> {
        let mut reasons: Vec<(String, ReasonKind)> = Vec::new();
        let mut every = vec![0_u64; table.rows()];
        let rule_reasons = self.steps.iter().filter(|step| step.kind == ReasonKind::Rule).count();
        if self.steps.len() + rule_reasons + 2 > MOST_REASONS {
            return Err(Error::argument(
                "steps",
                self.steps.len(),
                "at most 62 reasons, where a rule counts as two",
            ));
        }
        for step in &self.steps {
            let bit = 1_u64 << reasons.len();
            reasons.push((step.name.clone(), step.kind));
            if step.kind == ReasonKind::Rule {
                reasons.push((step.name.clone(), ReasonKind::MissingValue));
            }
            step.apply(table, bit, &mut every)?;
        }
        let mut ranked = self.ranked(table, &every)?;
        self.fill_quotas(table, &mut reasons, &mut every, &mut ranked)?;
        Ok(Selected::new(reasons, every, ranked))
    }

    /// The rows without a reason against them, best first.
    fn ranked(&self, table: &TargetTable, every: &[u64]) -> Result<Vec<u32>> {
        // In canonical order, so that a stable sort leaves equals in it.
        let mut ranked: Vec<u32> =
            table.order().iter().copied().filter(|&row| every[row as usize] == 0).collect();
        if let Some(TieBreak::Hash(salt)) = &self.ties {
            let mut hasher = Hasher::of(Purpose::Ties, salt);
            ranked.sort_by_cached_key(|&row| hasher.key(table.ids().at(row as usize)));
        }
        if let Some((column, order)) = &self.rank {
            let values = table.numbers(column)?;
            ranked.sort_by(|&one, &other| {
                let (one, other) = (values[one as usize], values[other as usize]);
                let ordered = match order {
                    RankOrder::Descending => other.partial_cmp(&one),
                    RankOrder::Ascending => one.partial_cmp(&other),
                };
                // Only missing values have no order: they come last.
                ordered.unwrap_or_else(|| match (one.is_nan(), other.is_nan()) {
                    (true, false) => Ordering::Greater,
                    (false, true) => Ordering::Less,
                    _ => Ordering::Equal,
                })
            });
        }
        Ok(ranked)
    }

    /// Takes customers from the best downwards as long as there is room.
    fn fill_quotas(
        &self,
        table: &TargetTable,
        reasons: &mut Vec<(String, ReasonKind)>,
        every: &mut [u64],
        ranked: &mut Vec<u32>,
    ) -> Result<()> {
        let (mut segment_bit, mut bit) = (0, 0);
        let mut room: Vec<Option<u64>> = Vec::new();
        let segments = match &self.segment_quota {
            Some(quota) => {
                segment_bit = 1 << reasons.len();
                reasons.push((quota.column.clone(), ReasonKind::SegmentQuota));
                let levels = table.texts(&quota.column)?;
                room = levels
                    .names()
                    .iter()
                    .map(|name| quota.quotas.get(name).copied().or(quota.others))
                    .collect();
                room.push(quota.others);
                Some(levels)
            }
            None => None,
        };
        let mut left = self.quota;
        if self.quota.is_some() {
            bit = 1 << reasons.len();
            reasons.push(("quota".to_owned(), ReasonKind::Quota));
        }
        ranked.retain(|&row| {
            let segment = segments.map(|levels| match levels.codes()[row as usize] {
                NO_LEVEL => levels.names().len(),
                code => code as usize,
            });
            let full = |room: Option<u64>| room == Some(0);
            let mut against = 0;
            if segment.is_some_and(|segment| full(room[segment])) {
                against |= segment_bit;
            }
            if full(left) {
                against |= bit;
            }
            every[row as usize] |= against;
            if against == 0 {
                for room in segment.map(|segment| &mut room[segment]).into_iter().chain([&mut left]) {
                    *room = room.map(|room| room - 1);
                }
            }
            against == 0
        });
        Ok(())
    }
}

impl Step {
    /// Sets the bit of each customer who fails; a rule without an answer sets the next one.
    fn apply(&self, table: &TargetTable, bit: u64, every: &mut [u64]) -> Result<()> {
        let mut mark = |row: usize| every[row] |= bit;
        match &self.check {
            Check::Rule(rule) => {
                let truths = rule.truths(table).map_err(|error| self.named(error))?;
                for (reasons, truth) in every.iter_mut().zip(truths) {
                    *reasons |= match truth {
                        Truth::True => 0,
                        Truth::False => bit,
                        Truth::Unknown => bit << 1,
                    };
                }
            }
            Check::OptedIn(column) => {
                let flags = flags(table, column)?;
                flags.iter().enumerate().filter(|(_, flag)| **flag != 1.0).for_each(|(row, _)| mark(row));
            }
            Check::NotOptedOut(column) => {
                let flags = flags(table, column)?;
                flags.iter().enumerate().filter(|(_, flag)| **flag == 1.0).for_each(|(row, _)| mark(row));
            }
            Check::NotIn(ids) => {
                let marked = table.ids().matches(table.order(), ids, |row, _| mark(row));
                marked.map_err(|error| error.on(&self.name))?;
            }
            Check::Contacts { log, as_of, at_most, within_days } => {
                let counts = log.counts(table.ids(), table.order(), *as_of, *within_days);
                let counts = counts.map_err(|error| error.on(&self.name))?;
                counts
                    .iter()
                    .enumerate()
                    .filter(|(_, count)| *count >= at_most)
                    .for_each(|(row, _)| mark(row));
            }
            Check::NotHeld(holdout) => {
                let mut hasher = holdout.hasher();
                for (row, id) in table.ids().iter().enumerate() {
                    if holdout.has(hasher.bucket(id)) {
                        mark(row);
                    }
                }
            }
        }
        Ok(())
    }

    /// Says in which step an error is, if it names none.
    fn named(&self, error: Error) -> Error {
        if error.argument_name().is_none() { error.on(&self.name) } else { error }
    }
}

/// What the plan has already, and must not be replaced silently.
fn twice(name: &str, value: std::fmt::Arguments<'_>) -> Error {
    Error::argument(name, value, "given once")
}

/// A column of ones, zeros and missing values.
fn flags<'a>(table: &'a TargetTable, column: &str) -> Result<&'a [f64]> {
    let flags = table.numbers(column)?;
    match flags.iter().position(|flag| !(flag.is_nan() || *flag == 0.0 || *flag == 1.0)) {
        None => Ok(flags),
        Some(row) => {
            let message = format!("{} is no consent: must be 1, 0 or missing", flags[row]);
            Err(Error::new(ErrorKind::InvalidValue, message).on(column).at_row(row as u64))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::Comparison;
    use super::*;
    use crate::customer::IdColumn;

    const IDS: [&str; 8] = ["h", "a", "b", "c", "d", "e", "f", "g"];

    fn table() -> TargetTable {
        let nan = f64::NAN;
        TargetTable::new(&IdColumn::Text(&IDS))
            .unwrap()
            .with_numbers("score", vec![0.5, 0.9, 0.9, nan, 0.1, 0.8, 0.5, 0.5])
            .unwrap()
            .with_numbers("consent", vec![1.0, 1.0, 1.0, 1.0, 0.0, nan, 1.0, 1.0])
            .unwrap()
            .with_texts("segment", &IdColumn::Text(&["x", "x", "x", "y", "y", "y", "", ""]))
            .unwrap()
    }

    fn ids(table: &TargetTable, selected: &Selected) -> Vec<String> {
        selected.rows().iter().map(|&row| table.ids().at(row as usize).to_string()).collect()
    }

    fn list(ids: &[&str]) -> IdList {
        IdList::new(&IdColumn::Text(ids)).unwrap()
    }

    #[test]
    fn first_reasons_follow_the_order_of_the_steps() {
        let table = table();
        let score = Rule::compare("score", Comparison::AtLeast, 0.5);
        let selected = Selection::new()
            .opted_in("mail", "consent")
            .unwrap()
            .rule("score", score)
            .unwrap()
            .do_not_contact("robinson", list(&["d", "a", "nobody"]))
            .unwrap()
            .select(&table)
            .unwrap();
        // h a b c d e f g: c has no score; d has no consent, a low score and is listed; e never said yes.
        let names = |row| selected.all_reasons(row).iter().map(|reason| reason.kind).collect::<Vec<_>>();
        assert_eq!(names(4), [ReasonKind::NoOptIn, ReasonKind::Rule, ReasonKind::DoNotContact]);
        assert_eq!(selected.first_reasons(), [-1, 3, -1, 2, 0, 0, -1, -1]);
        let counts: Vec<_> = selected.reasons().iter().map(|reason| (reason.first, reason.any)).collect();
        assert_eq!(counts, [(2, 2), (0, 1), (1, 1), (1, 2)]);
        assert_eq!(ids(&table, &selected), ["b", "f", "g", "h"]);
        assert_eq!((selected.customers(), selected.selected(), selected.excluded()), (8, 4, 4));
    }

    #[test]
    fn quotas_are_filled_from_the_best_downwards() {
        let table = table();
        let ranked = Selection::new().rank_by("score", RankOrder::Descending).unwrap();
        assert_eq!(ids(&table, &ranked.select(&table).unwrap()), ["a", "b", "e", "f", "g", "h", "d", "c"]);
        let ascending = Selection::new().rank_by("score", RankOrder::Ascending).unwrap().quota(2).unwrap();
        assert_eq!(ids(&table, &ascending.select(&table).unwrap()), ["d", "f"]);
        let limited = ranked.segment_quotas("segment", &[("x", 1)], Some(2)).unwrap().quota(4).unwrap();
        let selected = limited.select(&table).unwrap();
        assert_eq!(ids(&table, &selected), ["a", "e", "f", "g"]);
        let kind = |row| selected.reason(row).map(|reason| reason.kind);
        // b and h find their segment full, d and c the campaign.
        assert_eq!(kind(2), Some(ReasonKind::SegmentQuota));
        assert_eq!(selected.all_reasons(0).len(), 2);
        assert_eq!((kind(4), kind(3)), (Some(ReasonKind::Quota), Some(ReasonKind::Quota)));
    }

    #[test]
    fn who_was_contacted_often_enough_is_left_alone() {
        let days = vec![100, 99, 93, 94, 101];
        let log = ContactLog::new(&IdColumn::Text(&["a", "a", "b", "b", "a"]), &(&days).into()).unwrap();
        let day = Day::from_number(100).unwrap();
        let selected = Selection::new().contacts_at_most("fatigue", log, day, 2, 7).unwrap().select(&table());
        // The window is 94 to 100: a has two contacts in it, b one.
        assert_eq!(selected.unwrap().first_reasons(), [-1, 0, -1, -1, -1, -1, -1, -1]);
    }

    #[test]
    fn ties_by_hash_are_another_order_that_is_always_the_same() {
        let table = table();
        let by = |salt: &str| {
            let selection = Selection::new().ties(TieBreak::Hash(salt.to_owned())).unwrap();
            ids(&table, &selection.select(&table).unwrap())
        };
        assert_eq!(by("s"), by("s"));
        assert!(by("s") != by("t") || by("s") != by("u"));
    }

    #[test]
    fn nothing_is_replaced_silently() {
        let ranked = Selection::new().rank_by("score", RankOrder::Ascending).unwrap();
        let tied = Selection::new().ties(TieBreak::Id).unwrap();
        let limited = Selection::new().quota(2).unwrap();
        let segmented = Selection::new().segment_quotas("segment", &[("x", 1)], None).unwrap();
        for (again, name) in [
            (ranked.rank_by("consent", RankOrder::Ascending), "rank_by"),
            (tied.ties(TieBreak::Hash("s".to_owned())), "ties"),
            (limited.quota(3), "quota"),
            (segmented.segment_quotas("city", &[], Some(1)), "segment_quotas"),
        ] {
            let error = again.unwrap_err();
            assert_eq!((error.kind(), error.argument_name()), (ErrorKind::InvalidArgument, Some(name)));
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let kind = |selection: Selection| selection.select(&table()).unwrap_err().kind();
        assert_eq!(kind(Selection::new().opted_in("c", "score").unwrap()), ErrorKind::InvalidValue);
        assert_eq!(kind(Selection::new().opted_in("c", "nothing").unwrap()), ErrorKind::MissingColumn);
        assert_eq!(kind(Selection::new().opted_in("c", "segment").unwrap()), ErrorKind::WrongType);
        let by_text = Selection::new().rank_by("segment", RankOrder::Ascending).unwrap();
        assert_eq!(kind(by_text), ErrorKind::WrongType);
        for salt in ["", "a\0b"] {
            let unsalted = Selection::new().ties(TieBreak::Hash(salt.to_owned())).unwrap_err();
            assert_eq!(unsalted.kind(), ErrorKind::InvalidArgument);
        }
        let numbers = IdList::new(&IdColumn::Integer((&vec![1_i64]).into())).unwrap();
        assert_eq!(kind(Selection::new().do_not_contact("l", numbers).unwrap()), ErrorKind::Incompatible);
        let taken = Selection::new().opted_in("c", "consent").unwrap().not_opted_out("c", "consent");
        assert_eq!(taken.unwrap_err().kind(), ErrorKind::InvalidArgument);
        let twice = Selection::new().segment_quotas("segment", &[("x", 1), ("x", 2)], None);
        assert_eq!(twice.unwrap_err().kind(), ErrorKind::InvalidArgument);
        let many = (0..40).try_fold(Selection::new(), |selection, step| {
            selection.rule(&step.to_string(), Rule::missing("score"))
        });
        assert_eq!(kind(many.unwrap()), ErrorKind::InvalidArgument);
    }
}
