//! Other rules over the same history: who would stand where, and what it would have cost.

use std::collections::HashMap;

use super::event_columns::EventColumns;
use super::liability::Breakage;
use super::points_entries::as_id;
use super::points_event::EventId;
use super::program::LoyaltyProgram;
use super::simulated_scores::{ScoreObservations, ScoreTimelines};
use super::simulation_run::{RowOutcome, Run};
use super::tier_qualification::TierGap;
use super::tier_rules::TierRules;
use crate::customer::{Day, IdKind, IdList, Ids, Money};
use crate::error::{Error, ErrorKind, Result};

/// Rules of a programme: its points, and its tiers if they follow from rules.
#[derive(Clone, Copy, Debug)]
pub struct SimulatedRules<'a> {
    /// The rules of points. Its tiers of the same names as those of `tiers` get their bonuses and extensions.
    pub program: &'a LoyaltyProgram,
    /// The rules of tiers; without them the events `set_tier` count, which are left out otherwise.
    pub tiers: Option<&'a TierRules>,
}

/// What a simulation is valued with.
#[derive(Clone, Copy, Debug, Default)]
pub struct SimulationOptions {
    /// The instant up to which time passes, in microseconds since 1970-01-01T00:00Z; not before any event.
    pub as_of: i64,
    /// What one redeemed point costs the company.
    pub cost_per_point: Money,
    /// The stand-alone price of one point, for the liability.
    pub value_per_point: Money,
    /// Which share of points is never redeemed.
    pub breakage: Breakage,
    /// What counts as close to a threshold: at most so much missing of a measure. A measure of `None` does not count.
    pub close: TierGap,
}

/// What a history comes to under one set of rules.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SimulatedProgram {
    /// The names of the tiers, from low to high.
    pub tiers: Vec<String>,
    /// Members in each tier at the end: those in none first, then from low to high. Members merged into others do not count.
    pub members: Vec<u64>,
    /// Changes of tier along the way.
    pub tier_changes: u64,
    /// Points earned.
    pub issued: i128,
    /// Points spent, less those that came back.
    pub burned: i128,
    /// Points that lapsed.
    pub expired: i128,
    /// Points taken back by refunds and cancelled accruals.
    pub reversed: i128,
    /// Points that members still have.
    pub outstanding: i128,
    /// The liability for them; `None` if no month of earning is old enough to tell which share is never redeemed.
    pub liability: Option<Money>,
    /// What the points spent cost.
    pub cost: Money,
    /// Burns of the history that no longer fit, and are left out.
    pub unfit_burns: u64,
    /// Their points.
    pub unfit_points: i128,
    /// Other rows that these rules refuse, or that refer to a row left out, and are left out.
    pub refused_rows: u64,
    /// Events `set_tier` that are left out because tiers follow from rules.
    pub ignored_tier_events: u64,
    /// Scores that tiers would ask for, one a customer and day, of customers who are no members or are merged into others.
    pub unused_scores: u64,
    /// Members close to entering the next tier.
    pub close_to_next: u64,
    /// Members that lack something to keep their tier, and are close to it.
    pub close_to_keep: u64,
}

/// The members of a simulation as columns, in the order in which they joined; those merged into others are left out.
#[derive(Clone, Debug, PartialEq)]
pub struct SimulatedMembers {
    /// The members.
    pub customer_ids: IdList,
    /// The tier under the first rules, counted from the lowest, 0.
    pub tier_before: Vec<Option<usize>>,
    /// The tier under the other rules.
    pub tier_after: Vec<Option<usize>>,
    /// Points earned under the first rules, less those taken back.
    pub earned_before: Vec<i64>,
    /// Points earned under the other rules, less those taken back.
    pub earned_after: Vec<i64>,
    /// Available points under the first rules.
    pub available_before: Vec<i64>,
    /// Available points under the other rules.
    pub available_after: Vec<i64>,
}

/// Members that gain, lose or neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WinnersAndLosers {
    /// Members that gain.
    pub winners: u64,
    /// Members that lose.
    pub losers: u64,
    /// Members for whom nothing changes.
    pub unchanged: u64,
}

/// The same history under two sets of rules.
#[derive(Clone, Debug, PartialEq)]
pub struct ProgramSimulation {
    /// Under the first rules.
    pub before: SimulatedProgram,
    /// Under the other rules.
    pub after: SimulatedProgram,
    /// Members by the tier before (rows) and after (columns), row by row; the first row and column are those in no tier.
    pub migration: Vec<u64>,
    /// By the place of the tier.
    pub by_tier: WinnersAndLosers,
    /// By the points earned, less those taken back.
    pub by_points: WinnersAndLosers,
    /// Member by member.
    pub members: SimulatedMembers,
}

impl ProgramSimulation {
    /// What the numbers mean and do not mean.
    pub const STATEMENT: &str = "Behaviour is held fixed: the same purchases, refunds and burns happen, and the same scores are observed, under both \
        sets of rules. Burns that no longer fit are counted and left out, not shrunk or moved. How customers would react to the rules is not in these numbers.";

    /// Members that go from a tier to another; `None` stands for no tier.
    pub fn moved(&self, from: Option<usize>, to: Option<usize>) -> u64 {
        let columns = self.after.members.len();
        let (row, column) = (slot(from), slot(to));
        let place = row.checked_mul(columns).and_then(|start| start.checked_add(column));
        place.filter(|_| column < columns).and_then(|place| self.migration.get(place)).copied().unwrap_or(0)
    }

    /// Runs the events of a history, in one batch or many, under two sets of rules, and compares what comes of it.
    ///
    /// Tiers: points earned by purchases and bonuses count as qualifying ones, less those that refunds and cancelled accruals claim back; spend is
    /// the amount of purchases less refunds; an order counts once. A backdated event counts for tiers on the day on which it comes. Merging moves points,
    /// not standing. A row that only one set of rules refuses is counted and left out there; one that both refuse is an error.
    ///
    /// Scores are those that were observed, in one batch or many, or none; both sets of rules get the same. A score counts from the start of its day, before the
    /// events of the day. Tiers that ask for a score are not reached by a member who has none.
    ///
    /// # Errors
    /// Those of [`PointsLedger::apply`](super::PointsLedger::apply) for a row that is wrong under both rules, with the row;
    /// `MissingValue` and `InvalidValue` for a score without customer or day or that is infinite, with its row; `InvalidValue` for an `as_of` before
    /// an event or a score; `OutOfRange` for totals that do not fit.
    pub fn run(
        history: &[EventColumns<'_>],
        scores: &[ScoreObservations<'_>],
        before: SimulatedRules<'_>,
        after: SimulatedRules<'_>,
        options: &SimulationOptions,
    ) -> Result<Self> {
        let scores = ScoreTimelines::new(scores)?;
        for side in [before, after] {
            scores.check(side.program.calendar(), options.as_of)?;
        }
        let mut runs = [before, after].map(|side| Run::new(side.program, side.tiers, &scores));
        let mut sides = [SimulatedProgram::default(), SimulatedProgram::default()];
        let rows = history.iter().flat_map(|batch| (0..batch.len()).map(move |row| (batch, row)));
        for (number, (batch, row)) in rows.enumerate() {
            let at_row = |error: Error| error.at_row(number as u64);
            let [one, other] = &mut runs;
            let outcomes = [one.row(batch, row).map_err(at_row)?, other.row(batch, row).map_err(at_row)?];
            if let [RowOutcome::Refused(error), RowOutcome::Refused(_)] = outcomes {
                return Err(at_row(error));
            }
            for (side, outcome) in sides.iter_mut().zip(outcomes) {
                match outcome {
                    RowOutcome::Done => {}
                    RowOutcome::Unfit(points) => {
                        side.unfit_burns += 1;
                        side.unfit_points += i128::from(points);
                    }
                    RowOutcome::Dependent | RowOutcome::Refused(_) => side.refused_rows += 1,
                }
            }
        }
        let [one, other] = &mut runs;
        let members = members(one, other, options.as_of)?;
        for ((side, run), rules) in sides.iter_mut().zip(&runs).zip([before, after]) {
            tally(side, run, rules, options)?;
        }
        let [before, after] = sides;
        Ok(Self::compare(before, after, members))
    }

    fn compare(mut before: SimulatedProgram, mut after: SimulatedProgram, members: SimulatedMembers) -> Self {
        (before.members, after.members) = (vec![0; before.tiers.len() + 1], vec![0; after.tiers.len() + 1]);
        let mut migration = vec![0; before.members.len() * after.members.len()];
        let (mut by_tier, mut by_points) = (WinnersAndLosers::default(), WinnersAndLosers::default());
        for row in 0..members.tier_before.len() {
            let (from, to) = (members.tier_before[row], members.tier_after[row]);
            before.members[slot(from)] += 1;
            after.members[slot(to)] += 1;
            migration[slot(from) * after.members.len() + slot(to)] += 1;
            by_tier.count(from.cmp(&to));
            by_points.count(members.earned_before[row].cmp(&members.earned_after[row]));
        }
        Self { before, after, migration, by_tier, by_points, members }
    }
}

impl WinnersAndLosers {
    fn count(&mut self, before_to_after: std::cmp::Ordering) {
        match before_to_after {
            std::cmp::Ordering::Less => self.winners += 1,
            std::cmp::Ordering::Equal => self.unchanged += 1,
            std::cmp::Ordering::Greater => self.losers += 1,
        }
    }
}

/// The place of a tier where those without one come first.
fn slot(tier: Option<usize>) -> usize {
    tier.map_or(0, |tier| tier.saturating_add(1))
}

/// Lets time pass under both rules and puts their members side by side.
fn members<'a>(one: &mut Run<'a>, other: &mut Run<'a>, as_of: i64) -> Result<SimulatedMembers> {
    let mut rows: HashMap<EventId, [Option<u32>; 2]> = HashMap::new();
    let mut order = Vec::new();
    for (side, run) in [&mut *one, &mut *other].into_iter().enumerate() {
        run.finish(as_of)?;
        for (place, id) in run.ledger.ids.iter().enumerate() {
            let row = rows.entry(id.clone()).or_insert_with(|| {
                order.push(id.clone());
                [None; 2]
            });
            row[side] = Some(place as u32);
        }
    }
    let mut ids = Ids::new(IdKind::Integer);
    let mut members = SimulatedMembers {
        customer_ids: IdList::of(Ids::new(IdKind::Integer)),
        tier_before: Vec::new(),
        tier_after: Vec::new(),
        earned_before: Vec::new(),
        earned_after: Vec::new(),
        available_before: Vec::new(),
        available_after: Vec::new(),
    };
    for id in &order {
        let places = rows.get(id).copied().unwrap_or_default();
        let merged = |run: &Run<'_>, place: Option<u32>| {
            place.is_some_and(|place| run.ledger.merged.contains_key(&place))
        };
        if merged(one, places[0]) || merged(other, places[1]) {
            continue;
        }
        ids.push(as_id(id));
        let of = |run: &Run<'_>, place: Option<u32>| -> Result<(Option<usize>, i64, i64)> {
            let Some(place) = place else { return Ok((None, 0, 0)) };
            let account = run.ledger.account(place)?;
            let totals = account.totals();
            let earned = totals.earned - totals.reversed - totals.owed - totals.forgiven;
            Ok((run.tier(place, &account), earned, account.available()))
        };
        let (tier, earned, available) = of(one, places[0])?;
        members.tier_before.push(tier);
        members.earned_before.push(earned);
        members.available_before.push(available);
        let (tier, earned, available) = of(other, places[1])?;
        members.tier_after.push(tier);
        members.earned_after.push(earned);
        members.available_after.push(available);
    }
    members.customer_ids = IdList::of(ids);
    Ok(members)
}

/// What a run comes to.
fn tally(
    side: &mut SimulatedProgram,
    run: &Run<'_>,
    rules: SimulatedRules<'_>,
    options: &SimulationOptions,
) -> Result<()> {
    side.tiers = run.tier_names();
    (side.tier_changes, side.ignored_tier_events) = (run.changes, run.ignored);
    side.unused_scores = run.unused_scores();
    for totals in run.ledger.vintages.months.values() {
        side.issued += totals.earned;
        side.burned += totals.redeemed;
        side.expired += totals.expired;
        side.reversed += totals.reversed;
        side.outstanding += totals.outstanding();
    }
    let cost = side.burned.checked_mul(options.cost_per_point.micros()).ok_or_else(|| {
        Error::new(ErrorKind::OutOfRange, "the cost does not fit 128 bits").on("cost_per_point")
    })?;
    side.cost = Money::from_micros(cost);
    side.liability = match run.ledger.liability(options.as_of, options.value_per_point, options.breakage) {
        Ok(liability) => Some(liability.total()),
        Err(error) if error.kind() == ErrorKind::Empty => None,
        Err(error) => return Err(error),
    };
    let Some(tiers) = rules.tiers else { return Ok(()) };
    let day = Day::from_number(rules.program.calendar().day_of(options.as_of)?)?;
    for (place, state) in run.states.iter().enumerate() {
        if run.ledger.merged.contains_key(&(place as u32)) {
            continue;
        }
        let status = tiers.status(state, day.max(state.today()))?;
        side.close_to_next += u64::from(status.to_next.is_some_and(|gap| is_close(&gap, &options.close)));
        side.close_to_keep += u64::from(is_close(&status.to_keep, &options.close));
    }
    Ok(())
}

/// Whether something is missing, and of a measure that counts no more than its limit.
fn is_close(gap: &TierGap, within: &TierGap) -> bool {
    fn near<T: PartialOrd + Default>(gap: Option<T>, within: Option<T>) -> bool {
        matches!((gap, within), (Some(gap), Some(within)) if gap > T::default() && gap <= within)
    }
    near(gap.qualifying_points, within.qualifying_points)
        || near(gap.spend, within.spend)
        || near(gap.orders, within.orders)
        || near(gap.points_balance, within.points_balance)
        || near(gap.score, within.score)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::customer::{AmountColumn, Column, IdColumn, TimeColumn, Validity};
    use crate::loyalty::decimal::Decimal;
    use crate::loyalty::tier_measure::TierMeasure;
    use crate::loyalty::tier_period::{TierLength, TierPeriod};
    use crate::loyalty::tier_qualification::TierQualification;
    use crate::loyalty::tier_rules::{Tier, TierOptions};

    /// Member, day, kind, points, amount, reference; the id is the row.
    type Row = (&'static str, i32, &'static str, Option<i64>, Option<f64>, Option<i64>);

    fn start() -> i32 {
        Day::parse("2024-01-01").unwrap().number()
    }

    fn simulate(
        rows: &[Row],
        before: SimulatedRules<'_>,
        after: SimulatedRules<'_>,
    ) -> Result<ProgramSimulation> {
        simulate_with(rows, &[], before, after)
    }

    /// Scores are a customer, the days after the start and a score.
    fn simulate_with(
        rows: &[Row],
        scores: &[(&'static str, i32, f64)],
        before: SimulatedRules<'_>,
        after: SimulatedRules<'_>,
    ) -> Result<ProgramSimulation> {
        let members: Vec<&str> = rows.iter().map(|row| row.0).collect();
        let ids: Vec<i64> = (0..rows.len() as i64).collect();
        let days: Vec<i32> = rows.iter().map(|row| start() + row.1).collect();
        let kinds: Vec<&str> = rows.iter().map(|row| row.2).collect();
        let integers = |of: fn(&Row) -> Option<i64>| -> Column<'static, i64> {
            let flags: Vec<bool> = rows.iter().map(|row| of(row).is_some()).collect();
            let values: Vec<i64> = rows.iter().map(|row| of(row).unwrap_or(0)).collect();
            Column { values: values.into(), validity: Validity::Flags(flags.leak()) }
        };
        let amounts = Column {
            values: rows.iter().map(|row| row.4.unwrap_or(0.0)).collect::<Vec<_>>().into(),
            validity: Validity::Flags(rows.iter().map(|row| row.4.is_some()).collect::<Vec<_>>().leak()),
        };
        let batch = EventColumns::new(
            IdColumn::Text(&members),
            IdColumn::Integer((&ids).into()),
            TimeColumn::Day((&days).into()),
            IdColumn::Text(&kinds),
        )?
        .with_points(integers(|row| row.3))?
        .with_amounts(AmountColumn::Float(amounts))?
        .with_references(IdColumn::Integer(integers(|row| row.5)))?;
        let options = SimulationOptions {
            as_of: i64::from(start() + 400) * 86_400_000_000,
            cost_per_point: Money::from_micros(8_000),
            value_per_point: Money::from_micros(10_000),
            breakage: Breakage::Given(Decimal::from_micros(100_000)),
            close: TierGap { qualifying_points: Some(60), score: Some(10.0), ..TierGap::default() },
        };
        let customers: Vec<&str> = scores.iter().map(|row| row.0).collect();
        let days: Vec<i32> = scores.iter().map(|row| start() + row.1).collect();
        let values: Vec<f64> = scores.iter().map(|row| row.2).collect();
        let scores = ScoreObservations::new(IdColumn::Text(&customers), (&days).into(), (&values).into())?;
        ProgramSimulation::run(&[batch], &[scores], before, after, &options)
    }

    fn tiers(gold: f64) -> TierRules {
        let points = |least| TierQualification::at_least(TierMeasure::QualifyingPoints, least).unwrap();
        let period =
            TierPeriod::Fixed { start: Day::parse("2024-01-01").unwrap(), length: TierLength::Months(12) };
        let options = TierOptions { period, ..TierOptions::default() };
        TierRules::new([Tier::new("Silver", points(100.0)), Tier::new("Gold", points(gold))], options)
            .unwrap()
    }

    fn program(text: &str) -> LoyaltyProgram {
        LoyaltyProgram::from_json(text).unwrap()
    }

    const HISTORY: [Row; 10] = [
        ("ann", 0, "join", None, None, None),
        ("bob", 0, "join", None, None, None),
        ("cai", 1, "join", None, None, None),
        ("ann", 10, "purchase", None, Some(120.0), None),
        ("bob", 20, "purchase", None, Some(350.0), None),
        ("ann", 30, "redeem", Some(100), None, None),
        ("ann", 31, "cancel_redemption", None, None, Some(5)),
        ("cai", 40, "purchase", None, Some(50.0), None),
        ("bob", 50, "redeem", Some(150), None, None),
        ("bob", 60, "refund", None, Some(30.0), Some(4)),
    ];

    #[test]
    fn half_the_points_move_members_down_and_burns_stop_fitting() {
        let (full, half) = (
            program(r#"{"refund": {"days": 90}, "cancel": {"days": 90}}"#),
            program(r#"{"earn": {"per": 2}, "refund": {"days": 90}, "cancel": {"days": 90}}"#),
        );
        let rules = tiers(300.0);
        let side = |program| SimulatedRules { program, tiers: Some(&rules) };
        let result = simulate(&HISTORY, side(&full), side(&half)).unwrap();
        let (before, after) = (&result.before, &result.after);
        // 120 + 350 + 50 points, and half of them; the refund takes back 30 and 15.
        assert_eq!((before.issued, after.issued), (520, 260));
        assert_eq!((before.reversed, after.reversed), (30, 15));
        // Ann's 100 came back; under half she has only 60. Bob's 150 of 175 fit.
        assert_eq!((before.burned, after.burned), (150, 150));
        assert_eq!((before.unfit_burns, after.unfit_burns, after.unfit_points), (0, 1, 100));
        assert_eq!((before.refused_rows, after.refused_rows), (0, 1));
        assert_eq!((before.outstanding, after.outstanding), (340, 95));
        assert_eq!(before.cost, Money::from_micros(1_200_000));
        // A tenth of the points that were not taken back is never redeemed: 490 * 0.9 - 150 = 291, and 245 * 0.9 - 150 = 70.5.
        assert_eq!(before.liability, Some(Money::from_micros(2_910_000)));
        assert_eq!(after.liability, Some(Money::from_micros(705_000)));
        // As of February 2025 the year 2024 has decided: Ann 120 and 60, Bob 320 and 160, Cai 50 and 25.
        assert_eq!(result.members.tier_before, [Some(0), Some(1), None]);
        assert_eq!(result.members.tier_after, [None, Some(0), None]);
        assert_eq!((&before.members, &after.members), (&vec![1, 1, 1], &vec![2, 1, 0]));
        assert_eq!(result.migration, [1, 0, 0, 1, 0, 0, 0, 1, 0]);
        assert_eq!((result.moved(Some(1), Some(0)), result.moved(Some(9), None)), (1, 0));
        assert_eq!(result.by_tier, WinnersAndLosers { winners: 0, losers: 2, unchanged: 1 });
        assert_eq!(result.by_points, WinnersAndLosers { winners: 0, losers: 3, unchanged: 0 });
        assert_eq!(
            (result.members.earned_before, result.members.earned_after),
            (vec![120, 320, 50], vec![60, 160, 25])
        );
        assert!(ProgramSimulation::STATEMENT.contains("held fixed"));
    }

    #[test]
    fn close_members_are_those_who_miss_a_little() {
        let plain = program(r#"{"refund": {"days": 90}, "cancel": {"days": 90}}"#);
        let rows = [
            ("ann", 0, "join", None, None, None),
            ("bob", 0, "join", None, None, None),
            ("ann", 370, "purchase", None, Some(40.0), None),
            ("bob", 370, "purchase", None, Some(39.0), None),
        ];
        let rules = tiers(300.0);
        let side = SimulatedRules { program: &plain, tiers: Some(&rules) };
        let result = simulate(&rows, side, side).unwrap();
        // 60 is close, 61 is not.
        assert_eq!((result.before.close_to_next, result.before.close_to_keep), (1, 0));
        let rows = [
            ("ann", 0, "join", None, None, None),
            ("ann", 10, "purchase", None, Some(150.0), None),
            ("ann", 370, "purchase", None, Some(45.0), None),
        ];
        let result = simulate(&rows, side, side).unwrap();
        assert_eq!((result.before.close_to_next, result.before.close_to_keep), (0, 1));
    }

    #[test]
    fn the_tier_of_the_rules_gives_its_bonus() {
        let plain = program(r#"{"tiers": ["Silver"]}"#);
        let bonus =
            program(r#"{"tiers": ["Silver"], "earn": {"tier_bonus": [{"tier": "Silver", "factor": 2}]}}"#);
        let rules = tiers(300.0);
        let rows = [
            ("ann", 0, "join", None, None, None),
            ("ann", 10, "purchase", None, Some(100.0), None),
            ("ann", 20, "purchase", None, Some(100.0), None),
            ("ann", 30, "set_tier", None, None, None),
        ];
        let side = |program| SimulatedRules { program, tiers: Some(&rules) };
        let result = simulate(&rows, side(&plain), side(&bonus)).unwrap();
        // The first purchase brings Silver, the second counts twice and brings Gold.
        assert_eq!((result.before.issued, result.after.issued), (200, 300));
        assert_eq!((result.members.tier_before, result.members.tier_after), (vec![Some(0)], vec![Some(1)]));
        assert_eq!((result.before.ignored_tier_events, result.by_tier.winners), (1, 1));
    }

    #[test]
    fn a_row_that_no_rules_accept_is_an_error() {
        let plain = program("{}");
        let side = SimulatedRules { program: &plain, tiers: None };
        let rows = [("ann", 0, "join", None, None, None), ("ann", 10, "refund", None, Some(1.0), Some(7))];
        let error = simulate(&rows, side, side).unwrap_err();
        assert_eq!((error.kind(), error.row()), (ErrorKind::InvalidValue, Some(1)));
        let rows = [("ann", 0, "join", None, None, None), ("ann", 500, "bonus", Some(5), None, None)];
        assert_eq!(simulate(&rows, side, side).unwrap_err().argument_name(), Some("as_of"));
        let refused = |scores| simulate_with(&rows[..1], scores, side, side).unwrap_err();
        assert_eq!(refused(&[("ann", 401, 50.0)]).argument_name(), Some("as_of"));
        let error = refused(&[("ann", 1, 50.0), ("ann", 2, f64::INFINITY)]);
        assert_eq!((error.argument_name(), error.row()), (Some("scores.score"), Some(1)));
    }

    /// One tier for a score of 50 and one for a score of 80, at once up and, at the end of a month, down.
    fn scored() -> TierRules {
        let score = |least| TierQualification::at_least(TierMeasure::Score, least).unwrap();
        let period =
            TierPeriod::Fixed { start: Day::parse("2024-01-01").unwrap(), length: TierLength::Months(1) };
        let options = TierOptions { period, ..TierOptions::default() };
        TierRules::new([Tier::new("Silver", score(50.0)), Tier::new("Gold", score(80.0))], options).unwrap()
    }

    #[test]
    fn tiers_may_ask_for_the_scores_that_were_observed() {
        let program = program(
            r#"{"tiers": ["Silver", "Gold"], "earn": {"tier_bonus": [{"tier": "Silver", "factor": 2}, {"tier": "Gold", "factor": 3}]}}"#,
        );
        let rules = scored();
        let side = SimulatedRules { program: &program, tiers: Some(&rules) };
        let none = SimulatedRules { program: &program, tiers: None };
        let rows = [
            ("ann", 10, "join", None, None, None),
            ("ann", 12, "purchase", None, Some(100.0), None),
            ("ann", 20, "purchase", None, Some(100.0), None),
            ("ann", 45, "purchase", None, Some(100.0), None),
            ("ann", 70, "purchase", None, Some(100.0), None),
            ("bob", 70, "join", None, None, None),
        ];
        let scores = [
            // Before Ann joins: 55 is the newest, and makes her Silver from the start.
            ("ann", 1, 90.0),
            ("ann", 9, 55.0),
            // At the start of the day: the purchase of the day counts as Gold's.
            ("ann", 20, 81.0),
            // Gold until the end of January, then Silver; 45 at the end of February, which leads nowhere.
            ("ann", 25, 60.0),
            ("ann", 50, 45.0),
            ("bob", 60, 41.0),
            ("cai", 60, 99.0),
        ];
        let found = simulate_with(&rows, &scores, none, side).unwrap();
        assert_eq!((found.before.issued, found.after.issued), (400, 200 + 300 + 200 + 100));
        assert_eq!((found.members.tier_before, found.members.tier_after), (vec![None; 2], vec![None; 2]));
        // To Silver, to Gold, to Silver, to none.
        assert_eq!(found.after.tier_changes, 4);
        // Of Cai only; and none where tiers ask for no score. Ann lacks 5 and Bob 9.
        assert_eq!((found.before.unused_scores, found.after.unused_scores), (0, 1));
        assert_eq!(found.after.close_to_next, 2);
        // The order of the rows, and how they are cut into batches, change nothing.
        let mut mixed = scores;
        mixed.reverse();
        assert_eq!(simulate_with(&rows, &mixed, none, side).unwrap().after, found.after);
    }

    #[test]
    fn tiers_of_events_count_without_tier_rules() {
        let plain = program(r#"{"tiers": ["Gold"]}"#);
        let side = SimulatedRules { program: &plain, tiers: None };
        let rows = [("ann", 0, "join", None, None, None), ("ann", 1, "set_tier", None, None, None)];
        let result = simulate(&rows, side, side).unwrap();
        assert_eq!((result.before.members, result.before.ignored_tier_events), (vec![1, 0], 0));
    }
}
