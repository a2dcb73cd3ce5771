//! Tiers: the engine against a day-by-day recomputation, and the laws of replay, order and time.

use crm_core::customer::{Day, Money};
use crm_core::loyalty::{
    TierChange, TierDowngrade, TierEvent, TierHold, TierHoldKind, TierLanding, TierLength, TierMeasure,
    TierMeasures, TierOptions, TierPeriod, TierRules, TierState, TierTotalsAtUpgrade, TierUpgrade,
};
use proptest::prelude::*;

use crate::plain_tiers::{PlainRules, PlainTier, Ways, live};

const TIERS: usize = 4;

fn first() -> Day {
    Day::from_ymd(2023, 11, 30).unwrap()
}

fn length() -> impl Strategy<Value = TierLength> {
    prop_oneof![(1..4_u32).prop_map(TierLength::Months), (1..70_u32).prop_map(TierLength::Days)]
}

fn period() -> impl Strategy<Value = TierPeriod> {
    prop_oneof![
        Just(TierPeriod::Unbounded),
        (-200..100_i32, length())
            .prop_map(|(start, length)| TierPeriod::Fixed { start: first().plus(start).unwrap(), length }),
        length().prop_map(|length| TierPeriod::Joining { length }),
        (length(), any::<bool>()).prop_map(|(length, restart)| {
            let at_upgrade =
                if restart { TierTotalsAtUpgrade::Restart } else { TierTotalsAtUpgrade::Continue };
            TierPeriod::Tier { length, at_upgrade }
        }),
        (length(), proptest::option::of(length()))
            .prop_map(|(length, review)| TierPeriod::Rolling { length, review }),
    ]
}

fn options() -> impl Strategy<Value = TierOptions> {
    let choice = |count: i32| 0..count;
    (period(), choice(2), choice(3), choice(2), proptest::option::of(length())).prop_map(
        |(period, upgrade, downgrade, landing, grace)| {
            let mut options = TierOptions {
                period,
                upgrade: TierUpgrade::from_code(upgrade).unwrap(),
                downgrade: TierDowngrade::from_code(downgrade).unwrap(),
                landing: TierLanding::from_code(landing).unwrap(),
                grace,
            };
            // Combinations that are refused are made into their neighbours.
            if matches!(period, TierPeriod::Unbounded | TierPeriod::Rolling { review: None, .. }) {
                options.upgrade = TierUpgrade::Immediate;
                if options.downgrade == TierDowngrade::PeriodEnd {
                    options.downgrade = TierDowngrade::Immediate;
                }
            }
            if options.downgrade == TierDowngrade::Immediate && grace.is_none() {
                options.landing = TierLanding::ByBalance;
            }
            options
        },
    )
}

/// Entries that rise by `steps`, as one bound, all of two, or any of two; keep conditions at a share of them.
fn tiers() -> impl Strategy<Value = Vec<PlainTier>> {
    use TierMeasure::{Orders, PointsBalance, QualifyingPoints as Points, Score, Spend};
    let forms = (0..6_usize, any::<bool>(), 0..5_i64, any::<bool>());
    (proptest::collection::vec(1..60_i64, 1..=TIERS), forms).prop_map(|(steps, (form, free, keep, life))| {
        let mut bound = if free { -steps[0] } else { 0 };
        let mut tiers = Vec::new();
        for step in &steps {
            bound += step;
            let ways = |share: i64| -> Ways {
                let value = bound * share / 4;
                match form {
                    0 => vec![vec![(Points, value)]],
                    1 => vec![vec![(Points, value), (Orders, value / 30)]],
                    2 => vec![vec![(Spend, value)], vec![(Points, 2 * value)]],
                    3 => vec![vec![(Score, value)]],
                    4 => vec![vec![(PointsBalance, value)]],
                    _ => vec![vec![(Points, value), (Score, value / 3)], vec![(Spend, 3 * value)]],
                }
            };
            let lifetime =
                (life && bound > 0).then(|| vec![vec![(Points, 4 * bound)], vec![(Orders, 5 + bound)]]);
            tiers.push(PlainTier { entry: ways(4), keep: ways(keep), lifetime });
        }
        tiers
    })
}

fn measures() -> impl Strategy<Value = TierMeasures> {
    let level = || proptest::option::weighted(0.3, 0..120_i64);
    (-40..90_i64, -30_000_000..80_000_000_i64, -1..3_i64, level(), level()).prop_map(
        |(qualifying_points, spend, orders, points_balance, score)| TierMeasures {
            qualifying_points,
            spend: Money::from_micros(spend.into()),
            orders,
            points_balance,
            score: score.map(|score| score as f64),
        },
    )
}

/// Days after the event before, and the event; the end of a hold counts from its day.
fn events() -> impl Strategy<Value = Vec<(Day, TierEvent)>> {
    let hold = (proptest::option::of(0..TIERS), any::<bool>(), proptest::option::of(1..60_i32));
    let event = prop_oneof![
        12 => measures().prop_map(|measures| (TierEvent::Measures(measures), 0)),
        1 => hold.prop_map(|(tier, exactly, days)| {
            let kind = if exactly { TierHoldKind::Exactly } else { TierHoldKind::AtLeast };
            let until = days.map(|_| first());
            (TierEvent::Hold(TierHold { tier, kind, until }), days.unwrap_or(0))
        }),
        1 => Just((TierEvent::Release, 0)),
    ];
    let gap = prop_oneof![3 => Just(0_i32), 6 => 1..12_i32, 1 => 12..90_i32];
    proptest::collection::vec((gap, event), 0..24).prop_map(|events| {
        let mut day = first();
        let dated = |(gap, (event, days)): (i32, (TierEvent, i32))| {
            day = day.plus(gap).unwrap();
            let event = match event {
                TierEvent::Hold(hold) => {
                    TierEvent::Hold(TierHold { until: hold.until.map(|_| day.plus(days).unwrap()), ..hold })
                }
                other => other,
            };
            (day, event)
        };
        events.into_iter().map(dated).collect()
    })
}

fn rules_and_events() -> impl Strategy<Value = (PlainRules, Vec<(Day, TierEvent)>)> {
    (tiers(), options(), events()).prop_map(|(tiers, options, mut events)| {
        for (_, event) in &mut events {
            if let TierEvent::Hold(hold) = event {
                hold.tier = hold.tier.map(|tier| tier.min(tiers.len() - 1));
            }
        }
        (PlainRules { tiers, options }, events)
    })
}

fn run(rules: &TierRules, state: &mut TierState, events: &[(Day, TierEvent)]) -> Vec<TierChange> {
    events.iter().flat_map(|(day, event)| rules.apply(state, *day, event).unwrap()).collect()
}

/// The tier at the end of each day, from joining to so many days after the last event.
fn tiers_by_day(rules: &TierRules, mut events: &[(Day, TierEvent)], ahead: i32) -> Vec<Option<usize>> {
    let mut state = rules.start(first());
    let days = last_of(events).since(first()) + ahead;
    let on = |days: i32| {
        let day = first().plus(days).unwrap();
        let today = events.iter().take_while(|(date, _)| *date == day).count();
        run(rules, &mut state, &events[..today]);
        events = &events[today..];
        rules.advance(&mut state, day).unwrap();
        state.tier()
    };
    (0..=days).map(on).collect()
}

fn last_of(events: &[(Day, TierEvent)]) -> Day {
    events.last().map_or(first(), |(day, _)| *day)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]

    #[test]
    fn the_fold_agrees_with_a_recomputation_of_every_day((plain, events) in rules_and_events(), rest in 0..100_i32) {
        let rules = plain.rules();
        let last = last_of(&events).plus(rest).unwrap();
        let mut state = rules.start(first());
        let mut changes = run(&rules, &mut state, &events);
        changes.extend(rules.advance(&mut state, last).unwrap());
        let ahead = 150;
        let expected = live(&plain, first(), &events, last.plus(ahead).unwrap());
        let days = last.since(first()) as usize;
        let upto: Vec<TierChange> = expected.changes.iter().copied().filter(|change| change.day <= last).collect();
        prop_assert_eq!(&changes, &upto);
        prop_assert_eq!(state.tier(), expected.tiers[days]);
        prop_assert_eq!(state.today(), last);
        if expected.tiers[days..].iter().all(|tier| *tier == state.tier()) {
            prop_assert_eq!(state.since(), expected.since);
        }
        // What the future brings if nothing more happens.
        let status = rules.status(&state, last).unwrap();
        let day_of = |place: usize| first().plus((days + place) as i32).unwrap();
        let falls = expected.tiers[days..].iter().position(|tier| *tier < state.tier()).map(day_of);
        if falls.is_some() || status.expires.is_some_and(|day| day.since(last) <= ahead) {
            prop_assert_eq!(status.expires, falls);
        }
        if let Some(day) = status.projected_day.filter(|day| day.since(last) <= ahead) {
            prop_assert_eq!(status.projected_tier, expected.tiers[days + day.since(last) as usize]);
        }
        let from = changes.iter().rev().find(|change| change.from != change.to).map_or(first(), |change| change.day);
        prop_assert_eq!((status.since, status.tier), (from, state.tier()));
        prop_assert_eq!(status.reason, changes.last().map_or(state.reason(), |change| change.reason));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_saved_state_replays_to_the_same_bits((plain, events) in rules_and_events(), cut in 0..24_usize) {
        let rules = plain.rules();
        let mut whole = rules.start(first());
        let changes = run(&rules, &mut whole, &events);
        let cut = cut.min(events.len());
        let mut state = rules.start(first());
        let mut parts = run(&rules, &mut state, &events[..cut]);
        let rules = TierRules::from_json(&rules.to_json()).unwrap();
        let mut state = rules.state_from_json(&state.to_json()).unwrap();
        parts.extend(run(&rules, &mut state, &events[cut..]));
        prop_assert_eq!(changes, parts);
        prop_assert_eq!(state.to_json(), whole.to_json());
        prop_assert_eq!(state, whole);
    }

    #[test]
    fn time_passes_alike_in_one_step_or_many((plain, events) in rules_and_events(), stops in proptest::collection::vec(1..40_i32, 0..12)) {
        let rules = plain.rules();
        let mut once = rules.start(first());
        run(&rules, &mut once, &events);
        let mut often = once.clone();
        let mut days = 0;
        let mut changes = Vec::new();
        for stop in stops {
            days += stop;
            changes.extend(rules.advance(&mut often, last_of(&events).plus(days).unwrap()).unwrap());
        }
        prop_assert_eq!(rules.advance(&mut once, last_of(&events).plus(days).unwrap()).unwrap(), changes);
        prop_assert_eq!(once, often);
    }

    #[test]
    fn where_all_waits_for_the_end_of_a_period_the_order_within_a_day_does_not_matter(
        (plain, mut events) in rules_and_events(), seed in any::<u64>(),
    ) {
        let mut plain = plain;
        if matches!(plain.options.period, TierPeriod::Unbounded | TierPeriod::Rolling { review: None, .. }) {
            plain.options.period = TierPeriod::Joining { length: TierLength::Days(30) };
        }
        plain.options.upgrade = TierUpgrade::PeriodEnd;
        plain.options.downgrade = TierDowngrade::PeriodEnd;
        plain.options.grace = None;
        for tier in &mut plain.tiers {
            tier.lifetime = None;
        }
        for (_, event) in &mut events {
            *event = match event {
                TierEvent::Measures(measures) => {
                    TierEvent::Measures(TierMeasures { points_balance: None, score: None, ..*measures })
                }
                _ => TierEvent::Measures(TierMeasures::default()),
            };
        }
        let rules = plain.rules();
        let mut mixed = events.clone();
        mixed.sort_by_key(|(day, event)| {
            let TierEvent::Measures(measures) = event else { return (*day, 0) };
            (*day, (measures.qualifying_points as u64 ^ measures.spend.micros() as u64).wrapping_mul(seed | 1))
        });
        let (mut one, mut other) = (rules.start(first()), rules.start(first()));
        prop_assert_eq!(run(&rules, &mut one, &events), run(&rules, &mut other, &mixed));
        prop_assert_eq!(one, other);
    }

    #[test]
    fn more_points_never_lower_a_tier(
        (mut plain, events) in rules_and_events(), extra in 1..80_i64, at in 0..24_usize,
    ) {
        // Where a rise moves the periods, more now can be less later.
        if let TierPeriod::Tier { length, .. } = plain.options.period {
            plain.options.period = TierPeriod::Joining { length };
        }
        plain.options.grace = None;
        plain.options.landing = TierLanding::ByBalance;
        let mut more = events.clone();
        if let Some((_, TierEvent::Measures(measures))) = more.get_mut(at) {
            measures.qualifying_points += extra;
        }
        let rules = plain.rules();
        let (less, more) = (tiers_by_day(&rules, &events, 200), tiers_by_day(&rules, &more, 200));
        prop_assert!(less.iter().zip(&more).all(|(less, more)| more >= less));
    }

    #[test]
    fn what_is_missing_is_the_least_that_is_enough((plain, events) in rules_and_events()) {
        let rules = plain.rules();
        let mut state = rules.start(first());
        run(&rules, &mut state, &events);
        let status = rules.status(&state, state.today()).unwrap();
        let Some(missing) = status.to_next.and_then(|gap| gap.qualifying_points) else { return Ok(()) };
        prop_assume!(plain.options.upgrade == TierUpgrade::Immediate && state.hold().is_none());
        let with = |points: i64| {
            let mut state = state.clone();
            let measures = TierMeasures { qualifying_points: points, ..Default::default() };
            rules.qualify(&mut state, last_of(&events), &measures).unwrap();
            state.tier()
        };
        prop_assert!(with(missing) > state.tier());
        prop_assert!(missing == 0 || with(missing - 1) == state.tier() || plain.tiers.iter().any(|tier| tier.lifetime.is_some()));
    }

    #[test]
    fn what_is_refused_leaves_the_state_as_it_was((plain, events) in rules_and_events(), which in 0..5_usize) {
        let rules = plain.rules();
        let mut state = rules.start(first());
        run(&rules, &mut state, &events);
        let (day, before) = (last_of(&events).plus(1).unwrap(), state.clone());
        rules.advance(&mut state, day).unwrap();
        let (later, before_it) = (day.plus(40).unwrap(), state.clone());
        let hold = |tier, until| TierEvent::Hold(TierHold { tier, kind: TierHoldKind::AtLeast, until });
        let (day, event) = match which {
            0 => (before.today(), TierEvent::Release),
            1 => (later, TierEvent::Measures(TierMeasures { score: Some(f64::NAN), ..Default::default() })),
            2 => (later, TierEvent::Measures(TierMeasures { qualifying_points: i64::MAX, ..Default::default() })),
            3 => (later, hold(Some(TIERS), None)),
            _ => (later, hold(None, Some(later))),
        };
        prop_assert!(rules.apply(&mut state, day, &event).is_err());
        prop_assert_eq!(state, before_it);
    }
}
