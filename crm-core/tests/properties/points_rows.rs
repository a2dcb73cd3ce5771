//! Events of the property tests as columns for the engine, and what draws them.

use crm_core::customer::{AmountColumn, Column, IdColumn, TimeColumn, Validity};
use crm_core::loyalty::{
    AfterSpending, BurnOrder, EventColumns, ExpiryRounding, FactorStacking, LapsedPoints, LoyaltyProgram,
    PointRounding, PointsEntries, PointsLedger, RefundBasis,
};
use proptest::prelude::*;
use serde_json::json;

use crate::naive_points::{Row, What};
use crate::naive_rules::Rules;

/// The first day of the cases, 2024-01-01.
pub(crate) const START: i32 = 19_723;

pub(crate) fn program(rules: &Rules) -> LoyaltyProgram {
    let tenths = |factor: i64| format!("{}.{}", factor / 10, factor % 10);
    let multipliers: Vec<_> = rules
        .tea_factor
        .iter()
        .map(|&factor| json!({"name": "tea", "factor": tenths(factor), "categories": ["tea"]}))
        .collect();
    let bonus: Vec<_> =
        rules.gold_factor.iter().map(|&factor| json!({"tier": "Gold", "factor": tenths(factor)})).collect();
    let extensions: Vec<_> = rules
        .extensions
        .iter()
        .flat_map(|&(all, gold)| [json!({"months": all}), json!({"months": gold, "tier": "Gold"})])
        .collect();
    let mut text = json!({
        "tiers": ["Gold"],
        "earn": {
            "points": rules.points, "per": format!("{}.{:02}", rules.per / 100, rules.per % 100),
            "rounding": rules.rounding.name(), "stacking": rules.stacking.name(), "multipliers": multipliers,
            "tier_bonus": bonus, "pending_days": rules.pending_days,
        },
        "burn_order": rules.burn_order.name(),
        "refund": {
            "basis": rules.basis.name(), "rounding": rules.refund_rounding.name(),
            "after_spending": rules.after_spending.name(), "days": rules.refund_days,
        },
        "cancel": {"days": rules.cancel_days, "lapsed": rules.lapsed.name()},
        "backdating_days": rules.backdating_days,
        "extensions": extensions,
    });
    if let Some((in_months, length, rounding)) = rules.expiry {
        let unit = if in_months { "months" } else { "days" };
        text["expiry"] = json!({unit: length, "rounding": rounding.name()});
    }
    LoyaltyProgram::from_json(&text.to_string()).unwrap()
}

/// Applies rows as one batch.
pub(crate) fn apply(ledger: &mut PointsLedger, rows: &[Row]) -> crm_core::Result<PointsEntries> {
    let members: Vec<i64> = rows.iter().map(|row| row.member as i64).collect();
    let ids: Vec<i64> = rows.iter().map(|row| row.id).collect();
    let days: Vec<i32> = rows.iter().map(|row| row.day).collect();
    let mut kinds = Vec::new();
    let (mut points, mut cents, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let (mut references, mut categories, mut tiers) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let (mut amount, mut reference, mut count, mut other) = (None, None, None, None);
        let (mut category, mut tier) = (None, None);
        kinds.push(match row.what {
            What::Join => "join",
            What::Purchase { cents, order, tea } => {
                (amount, reference) = (Some(cents), order);
                category = Some(if tea { "tea" } else { "bread" });
                "purchase"
            }
            What::Bonus(given) => {
                count = Some(given);
                "bonus"
            }
            What::Redeem(spent) => {
                count = Some(spent);
                "redeem"
            }
            What::Refund { of, cents } => {
                (amount, reference) = (cents, Some(of));
                "refund"
            }
            What::CancelRedemption(of) => {
                reference = Some(of);
                "cancel_redemption"
            }
            What::CancelAccrual(of) => {
                reference = Some(of);
                "cancel_accrual"
            }
            What::Extend => "extend",
            What::SetTier(gold) => {
                tier = gold.then_some("Gold");
                "set_tier"
            }
            What::Merge(member) => {
                other = Some(member as i64);
                "merge"
            }
            What::Unmerge(of) => {
                reference = Some(of);
                "unmerge"
            }
        });
        points.push(count);
        cents.push(amount);
        references.push(reference);
        others.push(other);
        categories.push(category);
        tiers.push(tier);
    }
    let flags = |column: &[Option<i64>]| column.iter().map(Option::is_some).collect::<Vec<bool>>();
    let values =
        |column: &[Option<i64>]| column.iter().map(|value| value.unwrap_or(-7)).collect::<Vec<i64>>();
    let (point_flags, cent_flags) = (flags(&points), flags(&cents));
    let (reference_flags, other_flags) = (flags(&references), flags(&others));
    let (points, cents) = (values(&points), values(&cents));
    let (references, others) = (values(&references), values(&others));
    let column = |values: &'_ [i64], flags: &'_ [bool]| -> Column<'static, i64> {
        // Leaked flags would do as well; the cases are small.
        Column { values: values.to_vec().into(), validity: Validity::Flags(flags.to_vec().leak()) }
    };
    let batch = EventColumns::new(
        IdColumn::Integer((&members).into()),
        IdColumn::Integer((&ids).into()),
        TimeColumn::Day((&days).into()),
        IdColumn::Text(&kinds),
    )?
    .with_points(column(&points, &point_flags))?
    .with_amounts(AmountColumn::Scaled(column(&cents, &cent_flags), 2))?
    .with_references(IdColumn::Integer(column(&references, &reference_flags)))?
    .with_categories(IdColumn::OptionalText(categories))?
    .with_tiers(IdColumn::OptionalText(tiers))?
    .with_others(IdColumn::Integer(column(&others, &other_flags)))?;
    ledger.apply(&batch)
}

fn choice<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    prop::sample::select(all)
}

/// Rules of all kinds; windows are short, so that they end within the cases.
pub(crate) fn rules() -> impl Strategy<Value = Rules> {
    let rounding = || choice(PointRounding::ALL);
    let earn =
        (1..4i64, prop::sample::select(vec![50i64, 100, 130]), rounding(), choice(FactorStacking::ALL));
    let factor = || prop::option::of(prop::sample::select(vec![0i64, 5, 15, 20]));
    let expiry = prop_oneof![
        1 => Just(None),
        3 => (5..60u32, choice(ExpiryRounding::ALL)).prop_map(|(days, rounding)| Some((false, days, rounding))),
        3 => (1..3u32, choice(ExpiryRounding::ALL)).prop_map(|(months, rounding)| Some((true, months, rounding))),
    ];
    let pending = prop_oneof![4 => Just(0i32), 1 => 1..15i32];
    let window = || prop_oneof![1 => 0..4i32, 5 => 5..60i32];
    let after_spending = prop_oneof![
        4 => Just(AfterSpending::Debt),
        2 => Just(AfterSpending::Clamp),
        1 => Just(AfterSpending::Escrow),
    ];
    let orders = (choice(BurnOrder::ALL), choice(RefundBasis::ALL), rounding(), after_spending);
    let windows = (window(), window(), prop_oneof![Just(0i32), 1..60i32]);
    let rest = (choice(LapsedPoints::ALL), prop::option::of((1..3u32, 1..4u32)));
    (earn, (factor(), factor()), expiry, pending, orders, windows, rest).prop_map(
        |(earn, factors, expiry, pending_days, orders, windows, rest)| Rules {
            points: earn.0,
            per: earn.1,
            rounding: earn.2,
            stacking: earn.3,
            tea_factor: factors.0,
            gold_factor: factors.1,
            pending_days,
            expiry,
            burn_order: orders.0,
            basis: orders.1,
            refund_rounding: orders.2,
            after_spending: orders.3,
            refund_days: windows.0,
            cancel_days: windows.1,
            backdating_days: windows.2,
            lapsed: rest.0,
            extensions: rest.1,
        },
    )
}

/// Numbers from which an event is made once it is known what came before.
pub(crate) type Raw = (u8, u8, u8, u8, u8);

pub(crate) fn raws(most: usize) -> impl Strategy<Value = Vec<Raw>> {
    prop::collection::vec(any::<Raw>(), 4..most)
}

/// Two members join before everything else.
pub(crate) fn first_rows() -> Vec<Row> {
    (0..2).map(|member| Row { member, id: 500 + member as i64, day: START + 40, what: What::Join }).collect()
}

/// Makes an event, most often one that makes sense.
pub(crate) fn row(raw: Raw, accepted: &[Row], id: i64, members: usize, merges: bool) -> Row {
    let (who, when, kind, a, b) = raw;
    let newest = accepted.iter().map(|row| row.day).max().unwrap_or(START + 40);
    // The first two more often.
    let member = [0, 0, 1, 1, 2][usize::from(who) % 5] % members;
    let mut day = newest + [0, 0, 0, 1, 1, 2, 3, 4, 7, 20][usize::from(when) % 10];
    if when >= 200 {
        day = (newest - i32::from(when - 200) / 6).max(START + 40);
    }
    // Something of the wanted kind that came before, most often of the same member; else an id that never was.
    let earlier = |wanted: fn(&What) -> bool| {
        let all: Vec<&Row> = accepted.iter().filter(|row| wanted(&row.what)).collect();
        if all.is_empty() || b >= 250 {
            None
        } else {
            // The last one half of the time.
            let back = if b % 2 == 0 { 1 } else { 1 + usize::from(a) % all.len() };
            Some(all[all.len() - back].clone())
        }
    };
    let joined = |member: usize| accepted.iter().any(|row| row.member == member && row.what == What::Join);
    let is_purchase = |what: &What| matches!(what, What::Purchase { .. });
    let is_accrual = |what: &What| matches!(what, What::Purchase { .. } | What::Bonus(_));
    let is_redemption = |what: &What| matches!(what, What::Redeem(_));
    let is_merge = |what: &What| matches!(what, What::Merge(_));
    let of = |found: &Option<Row>| found.as_ref().map_or(999, |row| row.id);
    let as_found =
        |found: &Option<Row>| found.as_ref().filter(|_| b % 16 != 0).map_or(member, |row| row.member);
    let small = i64::from(b % 7);
    let (member, what) = match kind {
        _ if !joined(member) && kind < 200 => (member, What::Join),
        0..75 => {
            let order = earlier(is_purchase).filter(|_| b % 3 == 0).map(|row| row.id);
            (member, What::Purchase { cents: i64::from(a) * 4 - 20, order, tea: b % 2 == 0 })
        }
        75..90 => (member, What::Bonus(small)),
        90..145 => {
            // About as much as something earned, of whoever earned it.
            let found = earlier(is_accrual);
            let earned = match found.as_ref().map(|row| &row.what) {
                Some(What::Purchase { cents, .. }) => cents / 100,
                Some(What::Bonus(points)) => *points,
                _ => 3,
            };
            (as_found(&found), What::Redeem(1 + i64::from(a) % earned.max(1)))
        }
        145..178 => {
            let found = earlier(is_purchase);
            (as_found(&found), What::Refund { of: of(&found), cents: (b % 4 > 0).then_some(small * 20) })
        }
        178..200 => {
            let found = earlier(is_redemption);
            (as_found(&found), What::CancelRedemption(of(&found)))
        }
        200..210 => {
            let found = earlier(is_accrual);
            (as_found(&found), What::CancelAccrual(of(&found)))
        }
        210..217 => (member, What::Extend),
        217..224 => (member, What::SetTier(b % 4 > 0)),
        224..240 if merges => (member, What::Merge(usize::from(a) % members)),
        240..250 if merges => {
            let found = earlier(is_merge);
            (as_found(&found), What::Unmerge(of(&found)))
        }
        _ => (member, What::Redeem(small * 3 - 1)),
    };
    // An id of before, once in a while and not so late that it was forgotten.
    let repeats = accepted.last().filter(|last| b == 249 && (last.day, last.member) == (day, member));
    Row { member, id: repeats.map_or(id, |last| last.id), day, what }
}
