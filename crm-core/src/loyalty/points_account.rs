//! The state of one member of a points programme.

use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use super::points_event::EventId;
use super::program::BurnOrder;
use crate::error::{Error, ErrorKind, Result};

/// Points that were earned together and lapse together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lot {
    /// The purchase or bonus that they come from; of lots that were combined, the first.
    pub(super) event: EventId,
    /// The member through whom they were earned.
    pub(super) origin: u32,
    /// The month in which they were earned.
    pub(super) vintage: i32,
    pub(super) earned_at: i64,
    /// When they become available; `i64::MIN` once they are.
    pub(super) pending_until: i64,
    /// When they lapse by the expiry rule, and when after extension; `i64::MAX` if never.
    pub(super) due_at: i64,
    pub(super) expires_at: i64,
    pub(super) points: i64,
}

impl Lot {
    pub(super) fn is_pending(&self) -> bool {
        self.pending_until != i64::MIN
    }

    /// The next instant at which something happens to the lot by itself.
    pub(super) fn next_due(&self) -> i64 {
        if self.is_pending() { self.pending_until.min(self.expires_at) } else { self.expires_at }
    }

    /// The order in which lots are spent. It is total, and does not depend on the order of arrival; lots that may be combined are
    /// neighbours in it.
    pub(super) fn cmp_burn(&self, other: &Self, order: BurnOrder) -> Ordering {
        let nearest = |lot: &Self| (lot.expires_at, lot.vintage, lot.origin, lot.due_at, lot.earned_at);
        let earned = |lot: &Self| (lot.earned_at, lot.expires_at, lot.origin, lot.due_at);
        let by_time = match order {
            BurnOrder::NearestExpiry => nearest(self).cmp(&nearest(other)),
            BurnOrder::EarnedFirst => earned(self).cmp(&earned(other)),
        };
        by_time.then_with(|| self.event.cmp(&other.event))
    }

    /// Whether nothing tells the lots apart once their accruals are forgotten.
    fn combines_with(&self, other: &Self, order: BurnOrder) -> bool {
        let same = (self.expires_at, self.due_at, self.origin, self.vintage)
            == (other.expires_at, other.due_at, other.origin, other.vintage);
        same && !self.is_pending()
            && !other.is_pending()
            && (order == BurnOrder::NearestExpiry || self.earned_at == other.earned_at)
    }
}

/// Points of a lot that were spent, as they were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Portion {
    pub(super) lot: Lot,
}

/// A purchase or bonus that can still be refunded or cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Accrual {
    pub(super) event: EventId,
    pub(super) order: EventId,
    pub(super) origin: u32,
    pub(super) is_purchase: bool,
    /// Nothing is left to refund or cancel.
    pub(super) is_undone: bool,
    /// The first instant at which it can no longer be refunded.
    pub(super) until: i64,
    /// Micro-units bought and refunded.
    pub(super) amount: i64,
    pub(super) refunded: i64,
    /// Points earned, and of them claimed back so far.
    pub(super) points: i64,
    pub(super) claimed: i64,
    /// Points that lapsed and that no claim has met yet.
    pub(super) lapsed: i64,
}

/// A redemption that can still be cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Redemption {
    pub(super) event: EventId,
    pub(super) via: u32,
    pub(super) until: i64,
    pub(super) portions: Vec<Portion>,
}

/// The id of an event that is remembered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Remembered {
    pub(super) event: EventId,
    pub(super) via: u32,
    pub(super) until: i64,
}

/// What became of a member's points since joining.
///
/// ```text
/// earned + restored + received = available + pending + spent + expired + reversed + settled + sent
/// owed + debt received = debt + settled + debt sent
/// ```
/// The laws hold after every event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointTotals {
    /// Earned by purchases and bonuses.
    pub earned: i64,
    /// Come back from cancelled redemptions.
    pub restored: i64,
    /// Come from other members by merges.
    pub received: i64,
    /// Spent, cancelled redemptions included.
    pub spent: i64,
    /// Lapsed.
    pub expired: i64,
    /// Taken back by refunds and cancelled accruals.
    pub reversed: i64,
    /// Taken for points that were owed.
    pub settled: i64,
    /// Gone to other members by merges.
    pub sent: i64,
    /// Come to be owed.
    pub owed: i64,
    /// Forgiven.
    pub forgiven: i64,
    /// Owed points come from other members.
    pub debt_received: i64,
    /// Owed points gone to other members.
    pub debt_sent: i64,
}

impl PointTotals {
    /// Every total with its name.
    pub fn named(&self) -> [(&'static str, i64); 12] {
        [
            ("earned", self.earned),
            ("restored", self.restored),
            ("received", self.received),
            ("spent", self.spent),
            ("expired", self.expired),
            ("reversed", self.reversed),
            ("settled", self.settled),
            ("sent", self.sent),
            ("owed", self.owed),
            ("forgiven", self.forgiven),
            ("debt_received", self.debt_received),
            ("debt_sent", self.debt_sent),
        ]
    }
}

/// The state of one member: lots in the order in which they are spent, what can still be refunded or cancelled, balances and totals.
///
/// It is bounded: accruals and redemptions are forgotten after the days that the rules set, and lots that nothing tells apart any more
/// are combined, so that a member has at most one a month of earning and time of expiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointsAccount {
    pub(super) member: u32,
    pub(super) tier: Option<u16>,
    pub(super) has_joined: bool,
    /// The time of the newest event.
    pub(super) clock: i64,
    /// In the order in which they are spent.
    pub(super) lots: Vec<Lot>,
    /// In the order of arrival.
    pub(super) accruals: Vec<Accrual>,
    pub(super) redemptions: Vec<Redemption>,
    pub(super) remembered: Vec<Remembered>,
    pub(super) available: i64,
    pub(super) pending: i64,
    pub(super) debt: i64,
    pub(super) totals: PointTotals,
    /// When the next lot lapses or becomes available.
    pub(super) next_due: i64,
    /// When the next accrual, redemption or id is forgotten.
    pub(super) next_close: i64,
}

impl Default for PointsAccount {
    fn default() -> Self {
        Self::new(0)
    }
}

impl PointsAccount {
    pub(super) fn new(member: u32) -> Self {
        Self {
            member,
            tier: None,
            has_joined: false,
            clock: i64::MIN,
            lots: Vec::new(),
            accruals: Vec::new(),
            redemptions: Vec::new(),
            remembered: Vec::new(),
            available: 0,
            pending: 0,
            debt: 0,
            totals: PointTotals::default(),
            next_due: i64::MAX,
            next_close: i64::MAX,
        }
    }

    /// Makes it that of a member to whom nothing has happened; the lists keep their room.
    pub(super) fn clear(&mut self, member: u32) {
        use std::mem::take;
        let mut new = Self::new(member);
        (new.lots, new.accruals) = (take(&mut self.lots), take(&mut self.accruals));
        (new.redemptions, new.remembered) = (take(&mut self.redemptions), take(&mut self.remembered));
        new.lots.clear();
        new.accruals.clear();
        new.redemptions.clear();
        new.remembered.clear();
        *self = new;
    }

    /// Whether it belongs to a member yet.
    pub fn has_joined(&self) -> bool {
        self.has_joined
    }

    /// The time of the newest event, in microseconds since 1970-01-01T00:00Z; `i64::MIN` before the first.
    pub fn clock(&self) -> i64 {
        self.clock
    }

    /// The place of the tier among those of the rules.
    pub fn tier(&self) -> Option<u16> {
        self.tier
    }

    /// Points that can be spent.
    pub fn available(&self) -> i64 {
        self.available
    }

    /// Points that were earned and cannot be spent yet.
    pub fn pending(&self) -> i64 {
        self.pending
    }

    /// Points that are owed; then none are available.
    pub fn debt(&self) -> i64 {
        self.debt
    }

    /// What became of all points since joining.
    pub fn totals(&self) -> &PointTotals {
        &self.totals
    }

    /// Checks the laws of [`PointTotals`] and counts all lots again.
    ///
    /// # Errors
    /// `Corrupt` with the two sides.
    pub fn verify(&self) -> Result<()> {
        let sum = |pending: bool| -> i128 {
            self.lots.iter().filter(|lot| lot.is_pending() == pending).map(|lot| i128::from(lot.points)).sum()
        };
        for (name, counted, kept) in
            [("available", sum(false), self.available), ("pending", sum(true), self.pending)]
        {
            if counted != i128::from(kept) {
                return Err(self.broken(&format!("lots have {counted} {name} points, the balance {kept}")));
            }
        }
        let sound = self.lots.iter().all(|lot| lot.points > 0 && lot.next_due() >= self.next_due);
        if !sound || (self.debt > 0 && self.available > 0) {
            return Err(self.broken("a lot is empty or overdue, or points are available and owed at once"));
        }
        self.check_laws()
    }

    /// Checks the laws of conservation from the running totals.
    pub(super) fn check_laws(&self) -> Result<()> {
        let t = &self.totals;
        let sum = |parts: &[i64]| parts.iter().map(|&part| i128::from(part)).sum::<i128>();
        let come = sum(&[t.earned, t.restored, t.received]);
        let held = sum(&[self.available, self.pending, t.spent, t.expired, t.reversed, t.settled, t.sent]);
        if come != held {
            return Err(self.broken(&format!("{come} points came, {held} are accounted for")));
        }
        let (owed, paid) = (sum(&[t.owed, t.debt_received]), sum(&[self.debt, t.settled, t.debt_sent]));
        if owed != paid {
            return Err(self.broken(&format!("{owed} points were owed, {paid} are accounted for")));
        }
        let least = self.available.min(self.pending).min(self.debt);
        if least < 0 { Err(self.broken(&format!("a balance is {least}"))) } else { Ok(()) }
    }

    fn broken(&self, what: &str) -> Error {
        let message = format!("the law of conservation is broken for member {}: {what}", self.member);
        Error::new(ErrorKind::Corrupt, message).on("points")
    }

    /// Refuses points that would take the sum of all that came beyond 64 bits; with it every other total fits.
    pub(super) fn check_room(&self, points: i64) -> Result<()> {
        let t = &self.totals;
        let come = t.earned.checked_add(t.restored).and_then(|sum| sum.checked_add(t.received));
        if come.and_then(|come| come.checked_add(points)).is_some() {
            return Ok(());
        }
        let message = format!("{points} points more take the total of the member above {}", i64::MAX);
        Err(Error::new(ErrorKind::OutOfRange, message).on("points"))
    }

    /// Puts a lot in its place, together with points of the same accrual and expiry.
    pub(super) fn insert(&mut self, lot: Lot, order: BurnOrder) {
        self.next_due = self.next_due.min(lot.next_due());
        if lot.is_pending() {
            self.pending += lot.points;
        } else {
            self.available += lot.points;
        }
        match self.lots.binary_search_by(|other| other.cmp_burn(&lot, order)) {
            Ok(place) if self.lots[place].pending_until == lot.pending_until => {
                self.lots[place].points += lot.points;
            }
            Ok(place) | Err(place) => self.lots.insert(place, lot),
        }
    }

    pub(super) fn refresh_due(&mut self) {
        self.next_due = self.lots.iter().map(Lot::next_due).min().unwrap_or(i64::MAX);
    }

    /// The accrual of an event, if it can still be refunded.
    pub(super) fn accrual(&mut self, event: &EventId) -> Option<&mut Accrual> {
        self.accruals.iter_mut().find(|accrual| accrual.event == *event)
    }

    /// Puts the lots in order again after their expiry has changed.
    pub(super) fn sort_lots(&mut self, order: BurnOrder) {
        self.lots.sort_by(|a, b| a.cmp_burn(b, order));
        self.lots.dedup_by(|later, first| {
            let same =
                later.cmp_burn(first, order) == Ordering::Equal && later.pending_until == first.pending_until;
            if same {
                first.points += later.points;
            }
            same
        });
        self.refresh_due();
    }

    /// Forgets what can no longer be refunded, cancelled or repeated at an instant, and combines lots that nothing tells apart. No later
    /// event, balance or posting of points depends on when this happens.
    pub(super) fn forget(&mut self, time: i64, order: BurnOrder) {
        self.accruals.retain(|accrual| accrual.until > time);
        self.redemptions.retain(|redemption| redemption.until > time);
        self.remembered.retain(|event| event.until > time);
        let accruals = &self.accruals;
        let is_open = |lot: &Lot| accruals.iter().any(|accrual| accrual.event == lot.event);
        self.lots.dedup_by(|later, first| {
            let combines = later.combines_with(first, order) && !is_open(later) && !is_open(first);
            if combines {
                first.points += later.points;
            }
            combines
        });
        self.refresh_close();
    }

    pub(super) fn refresh_close(&mut self) {
        let accruals = self.accruals.iter().map(|accrual| accrual.until);
        let redemptions = self.redemptions.iter().map(|redemption| redemption.until);
        let remembered = self.remembered.iter().map(|event| event.until);
        self.next_close = accruals.chain(redemptions).chain(remembered).min().unwrap_or(i64::MAX);
    }
}
