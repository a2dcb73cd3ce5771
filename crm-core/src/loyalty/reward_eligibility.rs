//! Who may have which reward, with the reasons for each no.

use serde::{Deserialize, Serialize};

use super::reward::{Reward, RewardCatalogue};
use super::tier_measure::{GREATEST_TOTAL, TierLevels, TierTotals};
use crate::customer::{Day, Money};
use crate::error::{Error, ErrorKind, Result};
use crate::named::named;

/// Why a member may not have a reward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum RewardObstacle {
    /// It is not offered yet.
    NotYetValid = 0,
    /// It is offered no more.
    NoLongerValid = 1,
    /// Not for the member's tier.
    Tier = 2,
    /// Not for the member's segment.
    Segment = 3,
    /// The member's measures are below the threshold.
    Threshold = 4,
    /// The member has had as many as one may have.
    MemberCap = 5,
    /// All that there are have been given.
    TotalCap = 6,
    /// The member has too few points.
    Points = 7,
}

named!(RewardObstacle, "reward_obstacle", {
    NotYetValid: "not_yet_valid",
    NoLongerValid: "no_longer_valid",
    Tier: "tier",
    Segment: "segment",
    Threshold: "threshold",
    MemberCap: "member_cap",
    TotalCap: "total_cap",
    Points: "points",
});

/// A set of obstacles; with none, the member may have the reward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RewardObstacles(u32);

impl RewardObstacles {
    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether an obstacle is in the set.
    pub fn contains(self, obstacle: RewardObstacle) -> bool {
        self.0 >> (obstacle as u32) & 1 == 1
    }

    /// The obstacles, in the order of their codes.
    pub fn iter(self) -> impl Iterator<Item = RewardObstacle> {
        RewardObstacle::ALL.iter().copied().filter(move |&obstacle| self.contains(obstacle))
    }

    /// The set as a number: bit `k` stands for the obstacle of code `k`.
    pub fn bits(self) -> u32 {
        self.0
    }

    fn add_if(&mut self, obstacle: RewardObstacle, stands: bool) {
        self.0 |= u32::from(stands) << (obstacle as u32);
    }
}

/// What rewards look at in a member.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RewardMember<'a> {
    /// The name of the tier, if the member has one.
    pub tier: Option<&'a str>,
    /// The name of the segment, if the member is in one.
    pub segment: Option<&'a str>,
    /// Qualifying points.
    pub qualifying_points: i64,
    /// Money spent.
    pub spend: Money,
    /// Orders.
    pub orders: i64,
    /// Spendable points, with which rewards are paid.
    pub points_balance: i64,
    /// The score, if there is one.
    pub score: Option<f64>,
}

/// So many of a reward for a member, by their places in the members and in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RewardGrant {
    /// The member's place.
    pub member: usize,
    /// The reward's place in the catalogue.
    pub reward: usize,
    /// How many, at least 1.
    pub quantity: u64,
}

/// Members and what they have had, as grants change it.
pub(super) struct RewardAccount<'a> {
    catalogue: &'a RewardCatalogue,
    members: &'a [RewardMember<'a>],
    day: Day,
    /// Members by rewards.
    had: Vec<u64>,
    given: Vec<u64>,
    balances: Vec<i64>,
}

impl<'a> RewardAccount<'a> {
    pub(super) fn new(
        catalogue: &'a RewardCatalogue,
        members: &'a [RewardMember<'a>],
        given: &[RewardGrant],
        day: Day,
    ) -> Result<Self> {
        for (row, member) in members.iter().enumerate() {
            let spend = i64::try_from(member.spend.micros()).unwrap_or(i64::MAX);
            let totals = TierTotals { points: member.qualifying_points, spend, orders: member.orders };
            TierTotals::ZERO.checked_plus(totals).map_err(|error| error.at_row(row as u64))?;
            if member.points_balance.unsigned_abs() > GREATEST_TOTAL.unsigned_abs() {
                let message = format!("{} is outside ±{GREATEST_TOTAL}", member.points_balance);
                return Err(Error::new(ErrorKind::OutOfRange, message)
                    .on("points_balance")
                    .at_row(row as u64));
            }
            if let Some(score) = member.score.filter(|score| !score.is_finite()) {
                let message = format!("{score} is not a finite number");
                return Err(Error::new(ErrorKind::InvalidValue, message).on("score").at_row(row as u64));
            }
        }
        let rewards = catalogue.rewards().len();
        let mut account = Self {
            catalogue,
            members,
            day,
            had: vec![0; members.len() * rewards],
            given: vec![0; rewards],
            balances: members.iter().map(|member| member.points_balance).collect(),
        };
        for (row, grant) in given.iter().enumerate() {
            account.check(grant, "given", row)?;
            account.count(grant, "given", row)?;
        }
        Ok(account)
    }

    pub(super) fn check(&self, grant: &RewardGrant, list: &str, row: usize) -> Result<()> {
        let refuse = |kind, message: String| Err(Error::new(kind, message).on(list).at_row(row as u64));
        let (members, rewards) = (self.members.len(), self.catalogue.rewards().len());
        if grant.member >= members {
            return refuse(
                ErrorKind::OutOfRange,
                format!("there is no member {} among {members}", grant.member),
            );
        }
        if grant.reward >= rewards {
            return refuse(
                ErrorKind::OutOfRange,
                format!("there is no reward {} among {rewards}", grant.reward),
            );
        }
        if grant.quantity == 0 {
            return refuse(ErrorKind::InvalidValue, "the quantity is 0".to_owned());
        }
        Ok(())
    }

    fn count(&mut self, grant: &RewardGrant, list: &str, row: usize) -> Result<()> {
        let place = self.place(grant.member, grant.reward);
        let given = self.given[grant.reward].checked_add(grant.quantity).ok_or_else(|| {
            let message = format!("more than {} of reward {}", u64::MAX, grant.reward);
            Error::new(ErrorKind::OutOfRange, message).on(list).at_row(row as u64)
        })?;
        // No member has had more than all.
        (self.given[grant.reward], self.had[place]) = (given, self.had[place] + grant.quantity);
        Ok(())
    }

    fn place(&self, member: usize, reward: usize) -> usize {
        member * self.catalogue.rewards().len() + reward
    }

    fn reward(&self, reward: usize) -> &'a Reward {
        &self.catalogue.rewards()[reward]
    }

    /// What stands between a member and so many of a reward.
    pub(super) fn obstacles(&self, grant: &RewardGrant) -> RewardObstacles {
        let (member, reward) = (&self.members[grant.member], self.reward(grant.reward));
        let named = |names: &[String], name: Option<&str>| {
            names.is_empty() || name.is_some_and(|name| names.iter().any(|known| known == name))
        };
        let beyond = |cap: Option<u64>, had: u64| {
            cap.is_some_and(|cap| had.checked_add(grant.quantity).is_none_or(|sum| sum > cap))
        };
        let levels = self.levels(grant.member);
        let price = i128::from(reward.points_price) * i128::from(grant.quantity);
        let mut set = RewardObstacles::default();
        set.add_if(RewardObstacle::NotYetValid, reward.valid_from.is_some_and(|from| self.day < from));
        set.add_if(RewardObstacle::NoLongerValid, reward.valid_until.is_some_and(|until| self.day >= until));
        set.add_if(RewardObstacle::Tier, !named(&reward.tiers, member.tier));
        set.add_if(RewardObstacle::Segment, !named(&reward.segments, member.segment));
        let below = reward.threshold.as_ref().is_some_and(|threshold| !threshold.holds(&levels));
        set.add_if(RewardObstacle::Threshold, below);
        let had = self.had[self.place(grant.member, grant.reward)];
        set.add_if(RewardObstacle::MemberCap, beyond(reward.cap_per_member, had));
        set.add_if(RewardObstacle::TotalCap, beyond(reward.cap_total, self.given[grant.reward]));
        set.add_if(RewardObstacle::Points, price > 0 && price > levels.balance.into());
        set
    }

    fn levels(&self, member: usize) -> TierLevels {
        let RewardMember { qualifying_points, spend, orders, score, .. } = self.members[member];
        let spend = i64::try_from(spend.micros()).unwrap_or(i64::MAX);
        let totals = TierTotals { points: qualifying_points, spend, orders };
        TierLevels { totals, balance: self.balances[member], score }
    }

    /// Grants what has no obstacles: the counts rise and the points are paid.
    pub(super) fn grant(&mut self, grant: &RewardGrant, row: usize) -> Result<()> {
        self.count(grant, "wishes", row)?;
        // Without an obstacle the balance covers the price.
        let price = i128::from(self.reward(grant.reward).points_price) * i128::from(grant.quantity);
        self.balances[grant.member] -= i64::try_from(price).unwrap_or(0);
        Ok(())
    }

    pub(super) fn into_balances(self) -> Vec<i64> {
        self.balances
    }
}

/// Who may have which reward: members by rewards.
#[derive(Clone, Debug, PartialEq)]
pub struct RewardEligibility {
    /// Number of rewards.
    pub rewards: usize,
    /// The obstacles of each member and reward, member by member.
    pub obstacles: Vec<RewardObstacles>,
}

impl RewardEligibility {
    /// What stands between a member and one of a reward; `None` if there is no such member or reward.
    pub fn of(&self, member: usize, reward: usize) -> Option<RewardObstacles> {
        let place = member.checked_mul(self.rewards)?.checked_add(reward)?;
        (reward < self.rewards).then(|| self.obstacles.get(place).copied()).flatten()
    }

    /// The rewards that a member may have.
    pub fn open_to(&self, member: usize) -> Vec<usize> {
        let open = |&reward: &usize| self.of(member, reward).is_some_and(RewardObstacles::is_empty);
        (0..self.rewards).filter(open).collect()
    }
}

impl RewardCatalogue {
    /// For each member and reward, every reason why the member may not have one of it on a day.
    ///
    /// `given` is what has been given before; it counts for the caps. Points in it are paid already.
    ///
    /// # Errors
    /// `OutOfRange` with the row for a member or reward that does not exist, or totals beyond ±4,611,686,018,427,387,903; `InvalidValue` for a quantity of 0 or a
    /// score that is no finite number.
    pub fn eligibility(
        &self,
        members: &[RewardMember<'_>],
        given: &[RewardGrant],
        day: Day,
    ) -> Result<RewardEligibility> {
        let account = RewardAccount::new(self, members, given, day)?;
        let rewards = self.rewards().len();
        let pairs = (0..members.len()).flat_map(|member| (0..rewards).map(move |reward| (member, reward)));
        let obstacles = pairs
            .map(|(member, reward)| account.obstacles(&RewardGrant { member, reward, quantity: 1 }))
            .collect();
        Ok(RewardEligibility { rewards, obstacles })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::tier_measure::TierMeasure;
    use crate::loyalty::tier_qualification::TierQualification;

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn catalogue() -> RewardCatalogue {
        let mug =
            Reward { name: "Mug".to_owned(), points_price: 400, cap_total: Some(3), ..Reward::default() };
        let lounge = Reward {
            name: "Lounge".to_owned(),
            tiers: vec!["Gold".to_owned()],
            segments: vec!["core".to_owned()],
            threshold: Some(TierQualification::at_least(TierMeasure::Orders, 5.0).unwrap()),
            cap_per_member: Some(1),
            valid_from: Some(day("2024-02-01")),
            valid_until: Some(day("2024-03-01")),
            ..Reward::default()
        };
        RewardCatalogue::new([mug, lounge]).unwrap()
    }

    #[test]
    fn every_reason_is_given() {
        use RewardObstacle::{
            MemberCap, NoLongerValid, NotYetValid, Points, Segment, Threshold, Tier, TotalCap,
        };
        let catalogue = catalogue();
        let new = RewardMember { points_balance: 399, ..Default::default() };
        let core = RewardMember {
            tier: Some("Gold"),
            segment: Some("core"),
            orders: 5,
            points_balance: 400,
            ..Default::default()
        };
        let given = [
            RewardGrant { member: 0, reward: 0, quantity: 3 },
            RewardGrant { member: 1, reward: 1, quantity: 1 },
        ];
        let reasons = |given: &[RewardGrant], date: &str, member, reward| {
            let table = catalogue.eligibility(&[new, core], given, day(date)).unwrap();
            table.of(member, reward).unwrap().iter().collect::<Vec<_>>()
        };
        assert_eq!(reasons(&[], "2024-02-01", 1, 1), []);
        assert_eq!(reasons(&[], "2024-01-31", 1, 1), [NotYetValid]);
        assert_eq!(reasons(&[], "2024-03-01", 0, 1), [NoLongerValid, Tier, Segment, Threshold]);
        assert_eq!(reasons(&given, "2024-02-01", 1, 1), [MemberCap]);
        assert_eq!(reasons(&given, "2024-02-01", 0, 0), [TotalCap, Points]);
        let table = catalogue.eligibility(&[new, core], &[], day("2024-02-10")).unwrap();
        assert_eq!((table.open_to(0), table.open_to(1), table.open_to(2)), (vec![], vec![0, 1], vec![]));
        assert_eq!((table.of(0, 2), table.of(2, 0)), (None, None));
    }

    #[test]
    fn what_does_not_exist_is_named_by_its_row() {
        let catalogue = catalogue();
        let members = [RewardMember::default()];
        let grant = |member, reward, quantity| RewardGrant { member, reward, quantity };
        for (bad, kind) in [
            (grant(1, 0, 1), ErrorKind::OutOfRange),
            (grant(0, 2, 1), ErrorKind::OutOfRange),
            (grant(0, 0, 0), ErrorKind::InvalidValue),
            (grant(0, 0, u64::MAX), ErrorKind::OutOfRange),
        ] {
            let given = [grant(0, 0, 1), bad];
            let error = catalogue.eligibility(&members, &given, day("2024-02-01")).unwrap_err();
            assert_eq!((error.kind(), error.argument_name(), error.row()), (kind, Some("given"), Some(1)));
        }
        let absurd = [RewardMember { score: Some(f64::NAN), ..Default::default() }];
        assert_eq!(catalogue.eligibility(&absurd, &[], Day::MIN).unwrap_err().argument_name(), Some("score"));
        let wide = [RewardMember { points_balance: i64::MIN, ..Default::default() }];
        assert_eq!(
            catalogue.eligibility(&wide, &[], Day::MIN).unwrap_err().argument_name(),
            Some("points_balance")
        );
    }

    #[test]
    fn codes_are_bits() {
        for (code, &obstacle) in RewardObstacle::ALL.iter().enumerate() {
            let mut set = RewardObstacles::default();
            set.add_if(obstacle, true);
            assert_eq!((set.bits(), set.iter().collect::<Vec<_>>()), (1 << code, vec![obstacle]));
        }
    }
}
