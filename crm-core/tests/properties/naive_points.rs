//! A points programme with one record for each point, run again from the first event for every question: too simple to be wrong.
//!
//! Days are whole, in universal time. Nothing of the engine is used but the names of its choices.

use crm_core::loyalty::{AfterSpending, BurnOrder, LapsedPoints, RefundBasis};

use crate::naive_rules::{NEVER, Rules, civil, plus_months, round};

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    Join,
    Purchase { cents: i64, order: Option<i64>, tea: bool },
    Bonus(i64),
    Redeem(i64),
    Refund { of: i64, cents: Option<i64> },
    CancelRedemption(i64),
    CancelAccrual(i64),
    Extend,
    SetTier(bool),
    Merge(usize),
    Unmerge(i64),
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) member: usize,
    pub(crate) id: i64,
    pub(crate) day: i32,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum State {
    Pending,
    Active,
    Spent(i64),
    /// And whether a refund may still count it as gone.
    Expired(bool),
    Reversed,
    Settled,
}

#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) accrual: i64,
    pub(crate) owner: usize,
    origin: usize,
    earned: i32,
    available: i32,
    due: i32,
    pub(crate) expires: i32,
    pub(crate) state: State,
}

#[derive(Clone, Debug)]
struct Accrual {
    id: i64,
    order: i64,
    origin: usize,
    day: i32,
    bought: bool,
    cents: i64,
    refunded: i64,
    points: i64,
    claimed: i64,
    undone: bool,
}

#[derive(Clone, Debug)]
struct Redemption {
    id: i64,
    via: usize,
    day: i32,
}

#[derive(Clone, Debug)]
struct Merge {
    id: i64,
    other: usize,
    debt: i64,
    settled: Vec<usize>,
}

/// Everything, after some events and up to the start of some day.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) points: Vec<Point>,
    pub(crate) debt: Vec<i64>,
    pub(crate) forgiven: i64,
    pub(crate) owed: i64,
    joined: Vec<bool>,
    gold: Vec<bool>,
    parent: Vec<Option<usize>>,
    pub(crate) clock: Vec<i32>,
    /// The last merge that an account took part in.
    barrier: Vec<i32>,
    accruals: Vec<Vec<Accrual>>,
    redemptions: Vec<Vec<Redemption>>,
    ids: Vec<Vec<(i64, usize, i32)>>,
    merges: Vec<Merge>,
}

type Refused = Option<()>;

impl World {
    fn new(members: usize) -> Self {
        Self {
            points: Vec::new(),
            debt: vec![0; members],
            forgiven: 0,
            owed: 0,
            joined: vec![false; members],
            gold: vec![false; members],
            parent: vec![None; members],
            clock: vec![i32::MIN; members],
            barrier: vec![i32::MIN; members],
            accruals: vec![Vec::new(); members],
            redemptions: vec![Vec::new(); members],
            ids: vec![Vec::new(); members],
            merges: Vec::new(),
        }
    }

    /// All events from the first to the last, in the order of their days, then time up to the start of `until`.
    pub(crate) fn run(rules: &Rules, members: usize, rows: &[Row], until: i32) -> Option<Self> {
        let mut rows = rows.to_vec();
        rows.sort_by_key(|row| row.day);
        let mut world = Self::new(members);
        for row in &rows {
            for member in 0..members {
                world.pass(rules, member, row.day);
            }
            world.row(rules, row)?;
        }
        for member in 0..members {
            world.pass(rules, member, until);
        }
        Some(world)
    }

    /// Whether an event may come now, by its time alone.
    pub(crate) fn takes_time_of(&self, rules: &Rules, row: &Row) -> bool {
        let takes = |member: usize, may_be_backdated: bool| {
            let (clock, barrier) = (self.clock[member], self.barrier[member]);
            row.day >= clock
                || (may_be_backdated && row.day >= clock.saturating_sub(rules.backdating_days).max(barrier))
        };
        let root = self.root(row.member);
        match row.what {
            What::Merge(other) => takes(root, false) && takes(other, false),
            What::Unmerge(of) => {
                let other = self.merges.iter().find(|merge| merge.id == of).map(|merge| merge.other);
                takes(root, false) && other.is_none_or(|other| takes(other, false))
            }
            _ => takes(root, rules.backdating_days > 0),
        }
    }

    pub(crate) fn root(&self, mut member: usize) -> usize {
        while let Some(parent) = self.parent[member] {
            member = parent;
        }
        member
    }

    pub(crate) fn count(&self, owner: usize, state: State) -> i64 {
        self.points.iter().filter(|point| point.owner == owner && point.state == state).count() as i64
    }

    /// Lets days pass for one account.
    fn pass(&mut self, rules: &Rules, owner: usize, until: i32) {
        loop {
            let next = |point: &&Point| {
                point.owner == owner && matches!(point.state, State::Pending | State::Active)
            };
            let due = |point: &Point| {
                if point.state == State::Pending { point.available.min(point.expires) } else { point.expires }
            };
            let Some(day) = self.points.iter().filter(next).map(due).min().filter(|&day| day <= until) else {
                return;
            };
            for index in 0..self.points.len() {
                let point = &self.points[index];
                let held = matches!(point.state, State::Pending | State::Active);
                if point.owner == owner && held && point.expires == day {
                    self.expire(index);
                }
            }
            for point in &mut self.points {
                if point.owner == owner && point.state == State::Pending && point.available == day {
                    point.state = State::Active;
                }
            }
            self.settle(rules, owner);
        }
    }

    fn expire(&mut self, index: usize) {
        let point = &self.points[index];
        let known = self.accruals[point.owner].iter().any(|accrual| accrual.id == point.accrual);
        self.points[index].state = State::Expired(known);
    }

    /// The active points of an account in the order of spending.
    fn active(&self, rules: &Rules, owner: usize) -> Vec<usize> {
        let mut active: Vec<usize> = (0..self.points.len())
            .filter(|&index| self.points[index].owner == owner && self.points[index].state == State::Active)
            .collect();
        active.sort_by_key(|&index| {
            let p = &self.points[index];
            let (year, month, _) = civil(p.earned);
            match rules.burn_order {
                BurnOrder::NearestExpiry => {
                    (p.expires, year * 12 + month, p.origin, p.due, p.earned, p.accrual)
                }
                BurnOrder::EarnedFirst => (p.earned, p.expires, p.origin, p.due, 0, p.accrual),
            }
        });
        active
    }

    fn settle(&mut self, rules: &Rules, owner: usize) -> Vec<usize> {
        let mut paid = self.active(rules, owner);
        paid.truncate(self.debt[owner] as usize);
        for &index in &paid {
            self.points[index].state = State::Settled;
            self.debt[owner] -= 1;
        }
        paid
    }

    fn row(&mut self, rules: &Rules, row: &Row) -> Refused {
        let (via, day) = (row.member, row.day);
        let root = self.root(via);
        if (row.what == What::Join) == self.joined[root] || (day < self.clock[root]) {
            return None;
        }
        match row.what {
            What::Merge(other) => return self.merge(rules, row, root, other),
            What::Unmerge(of) => return self.unmerge(rules, row, root, of),
            _ => {}
        }
        if self.ids[root].iter().any(|&(id, _, then)| id == row.id && then + rules.remembered() + 1 > day) {
            return None;
        }
        self.joined[root] = true;
        self.clock[root] = day;
        match &row.what {
            What::Join | What::Merge(_) | What::Unmerge(_) => {}
            What::SetTier(gold) => self.gold[root] = *gold,
            What::Purchase { cents, .. } if *cents < 0 => return None,
            What::Purchase { cents, order, tea } => {
                let points = rules.points_of(*cents, *tea, self.gold[root]);
                self.earn(rules, row, root, points, Some(*cents), order.unwrap_or(row.id));
            }
            What::Bonus(points) => {
                if *points < 1 {
                    return None;
                }
                self.earn(rules, row, root, *points, None, row.id);
            }
            What::Redeem(points) => {
                let active = self.active(rules, root);
                if *points < 1 || active.len() < *points as usize {
                    return None;
                }
                for &index in &active[..*points as usize] {
                    self.points[index].state = State::Spent(row.id);
                }
                self.redemptions[root].push(Redemption { id: row.id, via, day });
            }
            What::Refund { of, cents } => self.refund(rules, root, *of, *cents, day)?,
            What::CancelAccrual(of) => {
                let open =
                    |accrual: &&mut Accrual| accrual.id == *of && day <= accrual.day + rules.refund_days;
                let accrual = self.accruals[root].iter_mut().find(open).filter(|accrual| !accrual.undone)?;
                accrual.undone = true;
                accrual.refunded = accrual.cents;
                let claim = accrual.points - accrual.claimed;
                self.claim(rules, root, &[*of], claim);
            }
            What::CancelRedemption(of) => {
                let open = |redemption: &Redemption| {
                    redemption.id == *of && day <= redemption.day + rules.cancel_days
                };
                let place = self.redemptions[root].iter().position(open)?;
                self.redemptions[root].remove(place);
                for index in 0..self.points.len() {
                    if self.points[index].state == State::Spent(*of) {
                        self.points[index].owner = root;
                        if self.points[index].expires <= day && rules.lapsed == LapsedPoints::Reissue {
                            self.points[index].due = rules.expiry_of(day);
                            self.points[index].expires = self.points[index].due;
                        }
                        self.back(index, day);
                    }
                }
                self.settle(rules, root);
            }
            What::Extend => {
                let (all, gold) = rules.extensions?;
                let months = if self.gold[root] { all.max(gold) } else { all };
                for point in &mut self.points {
                    let held = matches!(point.state, State::Pending | State::Active);
                    if point.owner == root && held && point.due != NEVER {
                        point.expires = point.expires.max(plus_months(point.due, months));
                    }
                }
            }
        }
        self.ids[root].push((row.id, via, day));
        Some(())
    }

    fn back(&mut self, index: usize, day: i32) {
        if self.points[index].expires > day {
            self.points[index].state = State::Active;
        } else {
            self.expire(index);
        }
    }

    fn earn(&mut self, rules: &Rules, row: &Row, root: usize, points: i64, cents: Option<i64>, order: i64) {
        let mut available = row.day + rules.pending_days;
        if rules.after_spending == AfterSpending::Escrow {
            available = available.max(row.day + rules.refund_days + 1);
        }
        let due = rules.expiry_of(row.day);
        for _ in 0..points {
            self.points.push(Point {
                accrual: row.id,
                owner: root,
                origin: row.member,
                earned: row.day,
                available,
                due,
                expires: due,
                state: if available > row.day { State::Pending } else { State::Active },
            });
        }
        self.accruals[root].push(Accrual {
            id: row.id,
            order,
            origin: row.member,
            day: row.day,
            bought: cents.is_some(),
            cents: cents.unwrap_or(0),
            refunded: 0,
            points,
            claimed: 0,
            undone: false,
        });
        self.settle(rules, root);
    }

    fn refund(&mut self, rules: &Rules, root: usize, of: i64, cents: Option<i64>, day: i32) -> Refused {
        let open = |accrual: &&mut Accrual| accrual.bought && day <= accrual.day + rules.refund_days;
        let order = self.accruals[root]
            .iter_mut()
            .filter(open)
            .find(|accrual| accrual.id == of)
            .map_or(of, |line| line.order);
        let mut lines: Vec<&mut Accrual> = self.accruals[root]
            .iter_mut()
            .filter(open)
            .filter(|accrual| match rules.basis {
                RefundBasis::Line => accrual.id == of,
                RefundBasis::ProRata => accrual.order == order,
            })
            .collect();
        let bought: i64 = lines.iter().map(|line| line.cents).sum();
        let refunded: i64 = lines.iter().map(|line| line.refunded).sum();
        let cents = cents.unwrap_or(bought - refunded);
        if lines.iter().all(|line| line.undone)
            || cents > bought - refunded
            || (cents <= 0 && bought > refunded)
        {
            return None;
        }
        let points: i64 = lines.iter().map(|line| line.points).sum();
        let claimed: i64 = lines.iter().map(|line| line.claimed).sum();
        let target = if cents == bought - refunded {
            points
        } else {
            round(rules.refund_rounding, i128::from(points) * i128::from(refunded + cents), bought.into())
        };
        let mut rest = cents;
        for line in &mut lines {
            let part = rest.min(line.cents - line.refunded);
            line.refunded += part;
            rest -= part;
            line.undone |= cents == bought - refunded;
        }
        let ids: Vec<i64> = lines.iter().map(|line| line.id).collect();
        self.claim(rules, root, &ids, (target - claimed).max(0));
        Some(())
    }

    fn claim(&mut self, rules: &Rules, root: usize, ids: &[i64], claim: i64) {
        let mut unclaimed = claim;
        for id in ids {
            let accrual = self.accruals[root].iter_mut().find(|accrual| accrual.id == *id).unwrap();
            let part = unclaimed.min(accrual.points - accrual.claimed);
            accrual.claimed += part;
            unclaimed -= part;
        }
        let mut left = claim;
        let of = |point: &Point, id: i64| point.owner == root && point.accrual == id;
        for &id in ids {
            // The points of one accrual differ by extension only.
            let mut own: Vec<usize> = (0..self.points.len())
                .filter(|&i| {
                    of(&self.points[i], id) && matches!(self.points[i].state, State::Pending | State::Active)
                })
                .collect();
            own.sort_by_key(|&index| self.points[index].expires);
            for index in own {
                if left > 0 {
                    self.points[index].state = State::Reversed;
                    left -= 1;
                }
            }
        }
        for &id in ids {
            for point in &mut self.points {
                if left > 0 && point.accrual == id && point.state == State::Expired(true) {
                    point.state = State::Expired(false);
                    left -= 1;
                }
            }
        }
        for index in self.active(rules, root) {
            if left > 0 {
                self.points[index].state = State::Reversed;
                left -= 1;
            }
        }
        if rules.after_spending == AfterSpending::Clamp {
            self.forgiven += left;
        } else {
            self.owed += left;
            self.debt[root] += left;
        }
    }

    fn merge(&mut self, rules: &Rules, row: &Row, root: usize, other: usize) -> Refused {
        let known = self.merges.iter().any(|merge| merge.id == row.id);
        if !self.joined[other]
            || self.parent[other].is_some()
            || root == other
            || known
            || row.day < self.clock[other]
        {
            return None;
        }
        let open = |account: usize| -> Vec<i64> {
            let accruals =
                self.accruals[account].iter().filter(|a| row.day <= a.day + rules.refund_days).map(|a| a.id);
            let redemptions = self.redemptions[account]
                .iter()
                .filter(|r| row.day <= r.day + rules.cancel_days)
                .map(|r| r.id);
            accruals.chain(redemptions).collect()
        };
        if open(root).iter().any(|id| open(other).contains(id)) {
            return None;
        }
        self.parent[other] = Some(root);
        let debt = self.debt[other];
        self.transfer(other, root, debt, row.day, |_| true);
        let settled = self.settle(rules, root);
        self.merges.push(Merge { id: row.id, other, debt, settled });
        Some(())
    }

    fn transfer(&mut self, from: usize, to: usize, debt: i64, day: i32, moves: impl Fn(usize) -> bool) {
        for point in &mut self.points {
            let held = matches!(point.state, State::Pending | State::Active);
            if point.owner == from && held && moves(point.origin) {
                point.owner = to;
            }
        }
        // What lapsed counts for refunds wherever the accrual is.
        let (moved, kept) =
            std::mem::take(&mut self.accruals[from]).into_iter().partition(|accrual| moves(accrual.origin));
        self.accruals[from] = kept;
        self.accruals[to].extend::<Vec<Accrual>>(moved);
        let (moved, kept) =
            std::mem::take(&mut self.redemptions[from]).into_iter().partition(|one| moves(one.via));
        self.redemptions[from] = kept;
        self.redemptions[to].extend::<Vec<Redemption>>(moved);
        let (moved, kept) = std::mem::take(&mut self.ids[from]).into_iter().partition(|one| moves(one.1));
        self.ids[from] = kept;
        self.ids[to].extend::<Vec<(i64, usize, i32)>>(moved);
        self.debt[from] -= debt;
        self.debt[to] += debt;
        for account in [from, to] {
            self.clock[account] = day;
            self.barrier[account] = day;
        }
    }

    fn unmerge(&mut self, rules: &Rules, row: &Row, root: usize, of: i64) -> Refused {
        let place = self.merges.iter().position(|merge| merge.id == of)?;
        let other = self.merges[place].other;
        if self.root(other) != root || row.day < self.clock[other] {
            return None;
        }
        let merge = self.merges.remove(place);
        self.parent[other] = None;
        for index in merge.settled {
            self.debt[root] += 1;
            self.points[index].owner = root;
            self.back(index, row.day);
        }
        let subtree: Vec<bool> = (0..self.debt.len()).map(|member| self.root(member) == other).collect();
        let debt = merge.debt.min(self.debt[root]);
        self.transfer(root, other, debt, row.day, |member| subtree[member]);
        self.settle(rules, root);
        self.settle(rules, other);
        Some(())
    }
}
