//! Rewards: a plan against counting with plain lists, and its laws.

use std::collections::HashMap;

use crm_core::customer::{Day, Money};
use crm_core::loyalty::{
    Reward, RewardCatalogue, RewardGrant, RewardMember, RewardObstacle, TierMeasure, TierQualification,
};
use proptest::prelude::*;

const NAMES: [&str; 3] = ["Silver", "Gold", "白金"];

fn day(number: i32) -> Day {
    Day::from_number(number).unwrap()
}

fn named(bits: u8) -> Vec<String> {
    NAMES
        .iter()
        .enumerate()
        .filter(|(place, _)| bits >> place & 1 == 1)
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

fn reward() -> impl Strategy<Value = Reward> {
    let cap = || prop::option::of(0..5_u64);
    let days = (prop::option::of(0..20_i32), prop::option::of(1..20_i32));
    (
        0..900_i64,
        prop_oneof![Just(0_i64), 0..60_i64],
        (0..8_u8, 0..8_u8),
        prop::option::of(0..6_i64),
        (cap(), cap()),
        days,
    )
        .prop_map(|(cost, points_price, (tiers, segments), orders, caps, (from, length))| {
            let at_least = |orders| TierQualification::at_least(TierMeasure::Orders, orders as f64).unwrap();
            Reward {
                unit_cost: Money::from_micros(i128::from(cost) * 10_000),
                points_price,
                tiers: named(tiers),
                segments: named(segments),
                threshold: orders.map(at_least),
                cap_per_member: caps.0,
                cap_total: caps.1,
                valid_from: from.map(day),
                valid_until: length.map(|length| day(from.unwrap_or(0) + length)),
                ..Reward::default()
            }
        })
}

fn catalogue() -> impl Strategy<Value = RewardCatalogue> {
    prop::collection::vec(reward(), 1..4).prop_map(|rewards| {
        let name = |(place, reward): (usize, Reward)| Reward { name: place.to_string(), ..reward };
        RewardCatalogue::new(rewards.into_iter().enumerate().map(name)).unwrap()
    })
}

fn member() -> impl Strategy<Value = RewardMember<'static>> {
    let name = || prop::option::of(prop::sample::select(&NAMES[..]));
    (name(), name(), 0..7_i64, 0..200_i64).prop_map(|(tier, segment, orders, points_balance)| RewardMember {
        tier,
        segment,
        orders,
        points_balance,
        ..RewardMember::default()
    })
}

/// Draws of members and rewards, brought into range once these are known.
fn grants() -> impl Strategy<Value = Vec<(usize, usize, u64)>> {
    prop::collection::vec((0..100_usize, 0..100_usize, 1..4_u64), 0..12)
}

fn in_range(draws: &[(usize, usize, u64)], members: usize, rewards: usize) -> Vec<RewardGrant> {
    let grant = |&(member, reward, quantity): &(usize, usize, u64)| RewardGrant {
        member: member % members,
        reward: reward % rewards,
        quantity,
    };
    draws.iter().map(grant).collect()
}

/// The obstacles of a wish, from what was done so far.
fn plain(
    reward: &Reward,
    member: &RewardMember<'_>,
    wish: &RewardGrant,
    done: &[RewardGrant],
    balance: i64,
    today: Day,
) -> Vec<RewardObstacle> {
    let had = |of_member: bool| -> u64 {
        let counts =
            |grant: &&RewardGrant| grant.reward == wish.reward && (!of_member || grant.member == wish.member);
        done.iter().filter(counts).map(|grant| grant.quantity).sum()
    };
    let listed = |names: &[String], name: Option<&str>| {
        names.is_empty() || name.is_some_and(|name| names.contains(&name.to_owned()))
    };
    let enough = match &reward.threshold {
        Some(TierQualification::AtLeast(bound)) => member.orders as f64 >= bound.value(),
        _ => true,
    };
    let stands = [
        (RewardObstacle::NotYetValid, reward.valid_from.is_some_and(|from| today < from)),
        (RewardObstacle::NoLongerValid, reward.valid_until.is_some_and(|until| today >= until)),
        (RewardObstacle::Tier, !listed(&reward.tiers, member.tier)),
        (RewardObstacle::Segment, !listed(&reward.segments, member.segment)),
        (RewardObstacle::Threshold, !enough),
        (RewardObstacle::MemberCap, reward.cap_per_member.is_some_and(|cap| had(true) + wish.quantity > cap)),
        (RewardObstacle::TotalCap, reward.cap_total.is_some_and(|cap| had(false) + wish.quantity > cap)),
        (
            RewardObstacle::Points,
            reward.points_price > 0 && reward.points_price * wish.quantity as i64 > balance,
        ),
    ];
    stands.into_iter().filter(|(_, stands)| *stands).map(|(obstacle, _)| obstacle).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_plan_agrees_with_plain_counting(
        catalogue in catalogue(), members in prop::collection::vec(member(), 1..5),
        given in grants(), wishes in grants(), today in 0..25_i32,
    ) {
        let given = in_range(&given, members.len(), catalogue.rewards().len());
        let wishes = in_range(&wishes, members.len(), catalogue.rewards().len());
        let plan = catalogue.plan(&members, &given, &wishes, day(today)).unwrap();
        let mut done = given.clone();
        let mut balances: Vec<i64> = members.iter().map(|member| member.points_balance).collect();
        let (mut cost, mut units) = (0, HashMap::new());
        for (row, wish) in wishes.iter().enumerate() {
            let (reward, member) = (&catalogue.rewards()[wish.reward], &members[wish.member]);
            let obstacles = plain(reward, member, wish, &done, balances[wish.member], day(today));
            prop_assert_eq!(plan.refused[row].iter().collect::<Vec<_>>(), obstacles.clone());
            if obstacles.is_empty() {
                done.push(*wish);
                balances[wish.member] -= reward.points_price * wish.quantity as i64;
                cost += reward.unit_cost.micros() * i128::from(wish.quantity);
                *units.entry(wish.reward).or_insert(0) += wish.quantity;
            }
        }
        prop_assert_eq!(&plan.balances, &balances);
        prop_assert_eq!(plan.total_cost().micros(), cost);
        for (reward, &granted) in plan.granted.iter().enumerate() {
            prop_assert_eq!(granted, units.get(&reward).copied().unwrap_or(0));
        }
        // What may be had alone is what a plan of one wish grants.
        let table = catalogue.eligibility(&members, &given, day(today)).unwrap();
        for member in 0..members.len() {
            for reward in 0..catalogue.rewards().len() {
                let wish = RewardGrant { member, reward, quantity: 1 };
                let one = catalogue.plan(&members, &given, &[wish], day(today)).unwrap();
                prop_assert_eq!(table.of(member, reward), Some(one.refused[0]));
            }
        }
    }

    #[test]
    fn a_plan_in_two_parts_is_the_same_plan(
        catalogue in catalogue(), members in prop::collection::vec(member(), 1..5), wishes in grants(), cut in 0..12_usize,
    ) {
        let wishes = in_range(&wishes, members.len(), catalogue.rewards().len());
        let (first, second) = wishes.split_at(cut.min(wishes.len()));
        let whole = catalogue.plan(&members, &[], &wishes, day(10)).unwrap();
        let one = catalogue.plan(&members, &[], first, day(10)).unwrap();
        let granted = |wishes: &[RewardGrant], refused: &[crm_core::loyalty::RewardObstacles]| -> Vec<RewardGrant> {
            wishes.iter().zip(refused).filter(|(_, set)| set.is_empty()).map(|(wish, _)| *wish).collect()
        };
        let given = granted(first, &one.refused);
        let left: Vec<RewardMember<'_>> = members
            .iter()
            .zip(&one.balances)
            .map(|(member, &points_balance)| RewardMember { points_balance, ..*member })
            .collect();
        let two = catalogue.plan(&left, &given, second, day(10)).unwrap();
        prop_assert_eq!(&whole.refused, &[one.refused, two.refused].concat());
        prop_assert_eq!(&whole.balances, &two.balances);
        prop_assert_eq!(whole.total_cost().micros(), one.cost.iter().chain(&two.cost).map(|cost| cost.micros()).sum::<i128>());
    }
}
