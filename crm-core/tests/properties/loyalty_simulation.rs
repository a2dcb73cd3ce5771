//! Simulation of programme rules: against plain counting, and its laws.

use std::collections::{HashMap, HashSet};

use crm_core::customer::{AmountColumn, Column, Day, IdColumn, Money, TimeColumn, Validity};
use crm_core::loyalty::{
    Breakage, Decimal, EventColumns, LoyaltyProgram, PointsLedger, ProgramSimulation, ScoreObservations,
    SimulatedProgram, SimulatedRules, SimulationOptions, Tier, TierGap, TierLength, TierMeasure,
    TierMeasures, TierOptions, TierPeriod, TierQualification, TierRules, TierState,
};
use proptest::prelude::*;

const START: i32 = 19_723;
const MEMBERS: usize = 3;
const DAYS: i32 = 500;

/// What a member does; amounts in whole currency units, and how far back what is cancelled lies.
#[derive(Clone, Copy, Debug)]
enum What {
    Purchase(i64),
    Redeem(i64),
    Cancel(usize),
}

type Event = (usize, i32, What);

/// Scores: the member, the day, and the score.
type Score = (usize, i32, f64);

fn scores() -> impl Strategy<Value = Vec<Score>> {
    // One member more than there are, who never joins; some before all have joined.
    let score = (0..=MEMBERS, -20..DAYS, 0..100_u32)
        .prop_map(|(member, day, score)| (member, START + day, f64::from(score)));
    prop::collection::vec(score, 0..12)
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let what = prop_oneof![
        5 => (0..200_i64).prop_map(What::Purchase),
        3 => (1..150_i64).prop_map(What::Redeem),
        1 => (0..4_usize).prop_map(What::Cancel),
    ];
    prop::collection::vec((0..MEMBERS, 0..20_i32, what), 0..30).prop_map(|events| {
        let mut day = 1;
        let mut redeemed: Vec<Vec<usize>> = vec![Vec::new(); MEMBERS];
        let mut kept = Vec::new();
        for (member, gap, what) in events {
            day += gap;
            // A cancellation names one of the member's redemptions that was not cancelled before; without one it is none.
            let what = match what {
                What::Cancel(back) => match redeemed[member].len().checked_sub(back + 1) {
                    Some(place) => What::Cancel(redeemed[member].remove(place)),
                    None => continue,
                },
                other => other,
            };
            if matches!(what, What::Redeem(_)) {
                redeemed[member].push(MEMBERS + kept.len());
            }
            kept.push((member, START + day, what));
        }
        kept
    })
}

fn with_batch<T>(events: &[Event], run: impl FnOnce(&EventColumns<'_>) -> T) -> T {
    let joins = (0..MEMBERS).map(|member| (member, START, None));
    let rows: Vec<(usize, i32, Option<What>)> =
        joins.chain(events.iter().map(|&(member, day, what)| (member, day, Some(what)))).collect();
    let members: Vec<i64> = rows.iter().map(|row| row.0 as i64).collect();
    let ids: Vec<i64> = (0..rows.len() as i64).collect();
    let days: Vec<i32> = rows.iter().map(|row| row.1).collect();
    let kind = |what: Option<What>| match what {
        None => "join",
        Some(What::Purchase(_)) => "purchase",
        Some(What::Redeem(_)) => "redeem",
        Some(What::Cancel(_)) => "cancel_redemption",
    };
    let kinds: Vec<&str> = rows.iter().map(|row| kind(row.2)).collect();
    let value = |what: Option<What>| match what {
        Some(What::Purchase(value) | What::Redeem(value)) => value,
        Some(What::Cancel(of)) => of as i64,
        None => 0,
    };
    let values: Vec<i64> = rows.iter().map(|row| value(row.2)).collect();
    let flags = |wanted: &str| kinds.iter().map(|kind| *kind == wanted).collect::<Vec<bool>>();
    let (bought, spent, cancelled) = (flags("purchase"), flags("redeem"), flags("cancel_redemption"));
    let column = |flags: Vec<bool>| -> Column<'static, i64> {
        // Leaked flags would do as well as kept ones; the cases are small.
        Column { values: values.clone().into(), validity: Validity::Flags(flags.leak()) }
    };
    let batch = EventColumns::new(
        IdColumn::Integer((&members).into()),
        IdColumn::Integer((&ids).into()),
        TimeColumn::Day((&days).into()),
        IdColumn::Text(&kinds),
    )
    .unwrap()
    .with_points(column(spent))
    .unwrap()
    .with_amounts(AmountColumn::Scaled(column(bought), 0))
    .unwrap()
    .with_references(IdColumn::Integer(column(cancelled)))
    .unwrap();
    run(&batch)
}

/// By points, or else by the score.
fn tiers(silver: i64, gold: i64) -> TierRules {
    let points = |least: i64| {
        let score = TierQualification::at_least(TierMeasure::Score, least as f64 / 4.0).unwrap();
        let points = TierQualification::at_least(TierMeasure::QualifyingPoints, least as f64).unwrap();
        TierQualification::any([points, score])
    };
    let start = Day::from_ymd(2024, 1, 1).unwrap();
    let period = TierPeriod::Fixed { start, length: TierLength::Months(3) };
    let tiers = [Tier::new("Silver", points(silver)), Tier::new("Gold", points(silver + gold))];
    TierRules::new(tiers, TierOptions { period, ..TierOptions::default() }).unwrap()
}

/// One point for each `per` units, doubled for Gold; points never lapse.
fn program(per: i64) -> LoyaltyProgram {
    let bonus = r#""tier_bonus": [{"tier": "Gold", "factor": 2}]"#;
    let text = format!(
        r#"{{"tiers": ["Silver", "Gold"], "cancel": {{"days": 1000}}, "earn": {{"per": {per}, {bonus}}}}}"#
    );
    LoyaltyProgram::from_json(&text).unwrap()
}

#[derive(Default)]
struct Plain {
    issued: i64,
    burned: i64,
    unfit: (u64, i64),
    refused: u64,
    tiers: Vec<Option<usize>>,
    balances: Vec<i64>,
    unused: u64,
}

/// The history with balances in plain numbers and the tier fold asked directly, day by day.
fn plain(events: &[Event], scores: &[Score], per: i64, rules: &TierRules) -> Plain {
    let day = |number: i32| Day::from_number(number).unwrap();
    let mut found = Plain { balances: vec![0; MEMBERS], ..Plain::default() };
    let mut states: Vec<_> = (0..MEMBERS).map(|_| rules.start(day(START))).collect();
    let (mut spent, mut left_out) = (HashMap::new(), HashSet::new());
    let strangers = scores.iter().filter(|(member, ..)| *member == MEMBERS);
    found.unused = strangers.map(|(_, day, _)| day).collect::<HashSet<_>>().len() as u64;
    let observe = |states: &mut [TierState], number: i32| {
        for (member, state) in states.iter_mut().enumerate() {
            // Those of former days count on the day of joining.
            let of_day = |of: i32| if number == START { of <= START } else { of == number };
            let own = scores.iter().filter(|(who, of, _)| *who == member && of_day(*of));
            // The last of the latest day.
            let newest =
                own.fold(
                    None,
                    |kept: Option<&Score>, row| {
                        if kept.is_none_or(|kept| kept.1 <= row.1) { Some(row) } else { kept }
                    },
                );
            if let Some((.., score)) = newest {
                let measures = TierMeasures { score: Some(*score), ..Default::default() };
                rules.qualify(state, day(number), &measures).unwrap();
            }
        }
    };
    let mut rows = events.iter().enumerate().peekable();
    for today in START..=START + DAYS + 300 {
        observe(&mut states, today);
        while let Some((place, &(member, number, what))) = rows.next_if(|(_, event)| event.1 == today) {
            let id = MEMBERS + place;
            let state = &mut states[member];
            rules.advance(state, day(number)).unwrap();
            match what {
                What::Purchase(amount) => {
                    let factor = if state.tier() == Some(1) { 2 } else { 1 };
                    let points = amount * factor / per;
                    found.issued += points;
                    found.balances[member] += points;
                    let measures = TierMeasures { qualifying_points: points, ..Default::default() };
                    rules.qualify(state, day(number), &measures).unwrap();
                }
                What::Redeem(points) if points <= found.balances[member] => {
                    found.burned += points;
                    found.balances[member] -= points;
                    spent.insert(id, points);
                }
                What::Redeem(points) => {
                    found.unfit = (found.unfit.0 + 1, found.unfit.1 + points);
                    left_out.insert(id);
                }
                What::Cancel(of) if left_out.contains(&of) => found.refused += 1,
                What::Cancel(of) => {
                    let points = spent[&of];
                    found.burned -= points;
                    found.balances[member] += points;
                }
            }
        }
    }
    for state in &mut states {
        rules.advance(state, day(START + DAYS + 300)).unwrap();
        found.tiers.push(state.tier());
    }
    found
}

fn simulate(
    events: &[Event],
    scores: &[Score],
    before: (i64, &TierRules),
    after: (i64, &TierRules),
) -> ProgramSimulation {
    let programs = (program(before.0), program(after.0));
    let options = SimulationOptions {
        as_of: i64::from(START + DAYS + 300) * 86_400_000_000,
        cost_per_point: Money::from_micros(9_000),
        value_per_point: Money::from_micros(10_000),
        breakage: Breakage::Given(Decimal::from_micros(0)),
        close: TierGap { qualifying_points: Some(50), ..TierGap::default() },
    };
    let customers: Vec<i64> = scores.iter().map(|row| row.0 as i64).collect();
    let days: Vec<i32> = scores.iter().map(|row| row.1).collect();
    let values: Vec<f64> = scores.iter().map(|row| row.2).collect();
    let scores =
        ScoreObservations::new(IdColumn::Integer((&customers).into()), (&days).into(), (&values).into())
            .unwrap();
    with_batch(events, |batch| {
        let before = SimulatedRules { program: &programs.0, tiers: Some(before.1) };
        let after = SimulatedRules { program: &programs.1, tiers: Some(after.1) };
        ProgramSimulation::run(std::slice::from_ref(batch), &[scores], before, after, &options).unwrap()
    })
}

fn agree(side: &SimulatedProgram, plain: &Plain) -> Result<(), TestCaseError> {
    prop_assert_eq!((side.issued, side.burned), (plain.issued.into(), plain.burned.into()));
    prop_assert_eq!((side.unfit_burns, side.unfit_points), (plain.unfit.0, plain.unfit.1.into()));
    prop_assert_eq!((side.refused_rows, side.unused_scores), (plain.refused, plain.unused));
    prop_assert_eq!(side.outstanding, i128::from(plain.balances.iter().sum::<i64>()));
    prop_assert_eq!(side.cost.micros(), i128::from(plain.burned) * 9_000);
    // Without breakage all outstanding points are owed for.
    prop_assert_eq!(side.liability, Some(Money::from_micros(side.outstanding * 10_000)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn both_sides_agree_with_plain_counting(
        events in events(), scores in scores(), pers in (1..4_i64, 1..4_i64), bounds in ((50..150_i64, 50..300_i64), (50..150_i64, 50..300_i64)),
    ) {
        let rules = (tiers(bounds.0.0, bounds.0.1), tiers(bounds.1.0, bounds.1.1));
        let found = simulate(&events, &scores, (pers.0, &rules.0), (pers.1, &rules.1));
        let (before, after) = (plain(&events, &scores, pers.0, &rules.0), plain(&events, &scores, pers.1, &rules.1));
        agree(&found.before, &before)?;
        agree(&found.after, &after)?;
        prop_assert_eq!(&found.members.tier_before, &before.tiers);
        prop_assert_eq!(&found.members.tier_after, &after.tiers);
        prop_assert_eq!(&found.members.available_after, &after.balances);
        for from in [None, Some(0), Some(1)] {
            for to in [None, Some(0), Some(1)] {
                let pairs = before.tiers.iter().zip(&after.tiers);
                prop_assert_eq!(found.moved(from, to), pairs.filter(|pair| *pair == (&from, &to)).count() as u64);
            }
        }
        let counted = |gains: crm_core::loyalty::WinnersAndLosers| gains.winners + gains.losers + gains.unchanged;
        prop_assert_eq!((counted(found.by_tier), counted(found.by_points)), (MEMBERS as u64, MEMBERS as u64));
        prop_assert_eq!(found.migration.iter().sum::<u64>(), MEMBERS as u64);
    }

    #[test]
    fn the_same_rules_change_nothing_and_swapped_rules_swap_all(
        events in events(), scores in scores(), pers in (1..4_i64, 1..4_i64), bounds in (50..150_i64, 50..300_i64),
    ) {
        let rules = tiers(bounds.0, bounds.1);
        let same = simulate(&events, &scores, (pers.0, &rules), (pers.0, &rules));
        prop_assert_eq!(&same.before, &same.after);
        prop_assert_eq!((same.by_tier.unchanged, same.by_points.unchanged), (MEMBERS as u64, MEMBERS as u64));
        let there = simulate(&events, &scores, (pers.0, &rules), (pers.1, &rules));
        let back = simulate(&events, &scores, (pers.1, &rules), (pers.0, &rules));
        prop_assert_eq!((&there.before, &there.after), (&back.after, &back.before));
        prop_assert_eq!((there.by_points.winners, there.by_tier.losers), (back.by_points.losers, back.by_tier.winners));
    }

    #[test]
    fn without_tiers_a_side_is_what_the_ledger_says(events in events()) {
        let program = LoyaltyProgram::from_json(r#"{"cancel": {"days": 1000}}"#).unwrap();
        let options = SimulationOptions {
            as_of: i64::from(START + DAYS + 300) * 86_400_000_000,
            breakage: Breakage::Given(Decimal::from_micros(0)),
            ..SimulationOptions::default()
        };
        with_batch(&events, |batch| {
            let mut ledger = PointsLedger::new(program.clone());
            // A history that fits as it is.
            if ledger.replay(std::slice::from_ref(batch)).is_err() {
                return Ok(());
            }
            let side = SimulatedRules { program: &program, tiers: None };
            let found = ProgramSimulation::run(std::slice::from_ref(batch), &[], side, side, &options).unwrap();
            let balances = ledger.balances(options.as_of).unwrap();
            prop_assert_eq!(&found.members.available_before, &balances.available);
            prop_assert_eq!((found.before.unfit_burns, found.before.refused_rows), (0, 0));
            Ok(())
        })?;
    }
}
