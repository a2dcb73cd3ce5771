//! What a plan of rewards costs: who gets what, within caps, eligibility and points.

use super::reward::RewardCatalogue;
use super::reward_eligibility::{RewardAccount, RewardGrant, RewardMember, RewardObstacles};
use crate::customer::{Day, Money};
use crate::error::Result;

/// A plan of rewards, row by row and reward by reward.
#[derive(Clone, Debug, PartialEq)]
pub struct RewardPlan {
    /// For each wish, why it is refused; none for a granted one.
    pub refused: Vec<RewardObstacles>,
    /// Units granted of each reward.
    pub granted: Vec<u64>,
    /// Members with at least one granted wish, of each reward.
    pub members: Vec<u64>,
    /// What they cost the company, of each reward.
    pub cost: Vec<Money>,
    /// What the members pay in points, of each reward.
    pub points: Vec<i128>,
    /// What they are worth to the members, of each reward.
    pub perceived_value: Vec<Money>,
    /// Each member's balance of points after the plan.
    pub balances: Vec<i64>,
}

impl RewardPlan {
    /// What the plan costs the company.
    pub fn total_cost(&self) -> Money {
        self.cost.iter().copied().sum()
    }

    /// What the members pay in points.
    pub fn total_points(&self) -> i128 {
        self.points.iter().sum()
    }

    /// What the plan is worth to the members.
    pub fn total_perceived_value(&self) -> Money {
        self.perceived_value.iter().copied().sum()
    }

    /// How many wishes are granted.
    pub fn granted_wishes(&self) -> usize {
        self.refused.iter().filter(|obstacles| obstacles.is_empty()).count()
    }
}

impl RewardCatalogue {
    /// Grants wishes in their order, each whole or not at all, and adds up what that costs.
    ///
    /// What was granted to earlier wishes counts: for the caps, and for the points that are left.
    ///
    /// ```
    /// use crm_core::customer::{Day, Money};
    /// use crm_core::loyalty::{Reward, RewardCatalogue, RewardGrant, RewardMember, RewardObstacle};
    /// let mug = Reward { name: "Mug".to_owned(), unit_cost: Money::from_micros(3_200_000), points_price: 400, ..Default::default() };
    /// let catalogue = RewardCatalogue::new([mug])?;
    /// let member = RewardMember { points_balance: 1_000, ..Default::default() };
    /// let wish = RewardGrant { member: 0, reward: 0, quantity: 1 };
    /// let plan = catalogue.plan(&[member], &[], &[wish; 3], Day::parse("2024-05-01")?)?;
    /// assert_eq!((plan.granted[0], plan.total_cost().to_string()), (2, "6.40".to_owned()));
    /// assert!(plan.refused[2].contains(RewardObstacle::Points));
    /// assert_eq!(plan.balances, [200]);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`eligibility`](Self::eligibility), for `wishes` too.
    pub fn plan(
        &self,
        members: &[RewardMember<'_>],
        given: &[RewardGrant],
        wishes: &[RewardGrant],
        day: Day,
    ) -> Result<RewardPlan> {
        let mut account = RewardAccount::new(self, members, given, day)?;
        let rewards = self.rewards().len();
        let mut units = vec![0_u64; rewards];
        let mut served = vec![false; members.len() * rewards];
        let mut refused = Vec::with_capacity(wishes.len());
        for (row, wish) in wishes.iter().enumerate() {
            account.check(wish, "wishes", row)?;
            let obstacles = account.obstacles(wish);
            if obstacles.is_empty() {
                account.grant(wish, row)?;
                // The account's count, which holds these units too, did not overflow.
                units[wish.reward] += wish.quantity;
                served[wish.member * rewards + wish.reward] = true;
            }
            refused.push(obstacles);
        }
        let times = |money: Money, units: u64| Money::from_micros(money.micros() * i128::from(units));
        let pairs = || self.rewards().iter().zip(&units);
        Ok(RewardPlan {
            refused,
            members: (0..rewards)
                .map(|reward| {
                    served.iter().skip(reward).step_by(rewards).filter(|&&served| served).count() as u64
                })
                .collect(),
            cost: pairs().map(|(reward, &units)| times(reward.unit_cost, units)).collect(),
            points: pairs()
                .map(|(reward, &units)| i128::from(reward.points_price) * i128::from(units))
                .collect(),
            perceived_value: pairs().map(|(reward, &units)| times(reward.perceived_value, units)).collect(),
            granted: units,
            balances: account.into_balances(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::loyalty::reward::Reward;
    use crate::loyalty::reward_eligibility::RewardObstacle;

    fn reward(name: &str, cost: i128, price: i64) -> Reward {
        let unit_cost = Money::from_micros(cost * 1_000_000);
        Reward {
            name: name.to_owned(),
            unit_cost,
            points_price: price,
            perceived_value: unit_cost,
            ..Reward::default()
        }
    }

    #[test]
    fn caps_are_kept_in_the_order_of_the_wishes() {
        let limited = Reward { cap_total: Some(3), cap_per_member: Some(2), ..reward("Voucher", 10, 0) };
        let catalogue = RewardCatalogue::new([limited, reward("Mug", 3, 100)]).unwrap();
        let members = [RewardMember { points_balance: 250, ..Default::default() }; 3];
        let wish = |member, reward, quantity| RewardGrant { member, reward, quantity };
        let wishes =
            [wish(0, 0, 2), wish(0, 0, 1), wish(1, 0, 2), wish(2, 0, 1), wish(1, 1, 2), wish(1, 1, 1)];
        let plan = catalogue.plan(&members, &[], &wishes, Day::MIN).unwrap();
        let refused: Vec<Vec<RewardObstacle>> = plan.refused.iter().map(|set| set.iter().collect()).collect();
        assert_eq!(
            refused,
            [
                vec![],
                vec![RewardObstacle::MemberCap],
                vec![RewardObstacle::TotalCap],
                vec![],
                vec![],
                vec![RewardObstacle::Points],
            ]
        );
        assert_eq!((&plan.granted, &plan.members), (&vec![3, 2], &vec![2, 1]));
        assert_eq!((plan.total_cost(), plan.total_points()), (Money::from_micros(36_000_000), 200));
        assert_eq!(plan.total_perceived_value(), plan.total_cost());
        assert_eq!((plan.balances.as_slice(), plan.granted_wishes()), (&[250, 50, 250][..], 3));
        // What was given before counts for the caps.
        let plan = catalogue.plan(&members, &[wish(2, 0, 3)], &wishes[..1], Day::MIN).unwrap();
        assert!(plan.refused[0].contains(RewardObstacle::TotalCap));
        let error = catalogue.plan(&members, &[], &[wish(9, 0, 1)], Day::MIN).unwrap_err();
        assert_eq!((error.kind(), error.argument_name()), (ErrorKind::OutOfRange, Some("wishes")));
    }

    #[test]
    fn huge_quantities_do_not_overflow() {
        let catalogue = RewardCatalogue::new([reward("Free", 9_000_000_000, 0)]).unwrap();
        let wish = RewardGrant { member: 0, reward: 0, quantity: u64::MAX };
        let plan = catalogue.plan(&[RewardMember::default()], &[], &[wish], Day::MIN).unwrap();
        assert_eq!(plan.total_cost().micros(), 9_000_000_000_000_000 * i128::from(u64::MAX));
        assert!(catalogue.plan(&[RewardMember::default()], &[], &[wish, wish], Day::MIN).is_err());
        let nothing = RewardCatalogue::new([]).unwrap().plan(&[], &[], &[], Day::MIN).unwrap();
        assert_eq!(nothing.total_cost(), Money::ZERO);
    }
}
