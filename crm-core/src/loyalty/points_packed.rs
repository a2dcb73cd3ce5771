//! The state of a member at rest: a run of bytes.
//!
//! A ledger of millions of members is as fast as their states come from memory. Lists of their own for lots, accruals, redemptions and ids are
//! five places in memory and 1.7 kB for a member of the benchmark; packed it is one place and about 140 bytes.
//!
//! All is made of numbers in groups of four. A tag byte holds the lengths of a group, two bits for each number: 0, 2, 4 or 8 bytes. What is most
//! often so is the number 0 and takes no byte: no debt, no origin but the member, no time of extension. Numbers with a sign alternate
//! (0, -1, 1, -2, …), times that fall on a quarter of an hour count quarters.
//!
//! Rejected: LEB128 numbers (a branch for every byte), and serde's formats, which make the lists anew for every member. Saved ledgers are serde's all
//! the same: what is on disk does not change with what is fast.

use super::points_account::{Accrual, Lot, PointTotals, PointsAccount, Portion, Redemption, Remembered};
use super::points_event::EventId;

const QUARTER: i64 = 900_000_000;
/// A tag and four numbers at most.
const GROUP: usize = 33;
const LENGTHS: [usize; 4] = [0, 2, 4, 8];
const MASKS: [u64; 4] = [0, 0xffff, 0xffff_ffff, u64::MAX];

/// The account as bytes; its place is not among them.
pub(super) fn pack(account: &PointsAccount, out: &mut Vec<u8>) {
    let owner = account.member;
    let tier = account.tier.map_or(0, |tier| u64::from(tier) + 1);
    let totals = account.totals.named().map(|(_, total)| signed(total));
    put(
        out,
        [
            tier << 1 | u64::from(account.has_joined),
            time(account.clock),
            signed(account.available),
            signed(account.pending),
        ],
    );
    put(
        out,
        [
            signed(account.debt),
            account.lots.len() as u64,
            account.accruals.len() as u64,
            (account.redemptions.len() as u64) << 32 | account.remembered.len() as u64,
        ],
    );
    for part in totals.as_chunks().0 {
        put(out, *part);
    }
    for lot in &account.lots {
        put_lot(out, lot, owner);
    }
    for accrual in &account.accruals {
        put_accrual(out, accrual, owner);
    }
    for redemption in &account.redemptions {
        let (event, text) = id(&redemption.event);
        let flags = (redemption.portions.len() as u64) << 1 | u64::from(text.is_some());
        put(out, [event, time(redemption.until), other(redemption.via, owner), flags]);
        put_text(out, text);
        for portion in &redemption.portions {
            put_lot(out, &portion.lot, owner);
        }
    }
    for remembered in &account.remembered {
        let (event, text) = id(&remembered.event);
        put(out, [event, time(remembered.until), other(remembered.via, owner), u64::from(text.is_some())]);
        put_text(out, text);
    }
}

/// Reads an account from the start of some bytes into one whose lists are used again; gives the bytes after it.
pub(super) fn unpack<'a>(bytes: &'a [u8], owner: u32, account: &mut PointsAccount) -> &'a [u8] {
    let mut from = Reader { bytes };
    let [flags, clock, available, pending] = from.four();
    let [debt, lots, accruals, others] = from.four();
    account.member = owner;
    account.has_joined = flags & 1 == 1;
    account.tier = (flags >> 1).checked_sub(1).map(|tier| tier as u16);
    account.clock = untime(clock);
    (account.available, account.pending, account.debt) =
        (unsigned(available), unsigned(pending), unsigned(debt));
    account.totals = from.totals();
    account.lots.clear();
    account.lots.extend((0..lots).map(|_| from.lot(owner)));
    account.accruals.clear();
    account.accruals.extend((0..accruals).map(|_| from.accrual(owner)));
    account.redemptions.clear();
    account.redemptions.extend((0..others >> 32).map(|_| from.redemption(owner)));
    account.remembered.clear();
    account.remembered.extend((0..others & u64::from(u32::MAX)).map(|_| {
        let [event, until, via, text] = from.four();
        let event = from.id(event, text == 1);
        Remembered { event, via: mine(via, owner), until: untime(until) }
    }));
    account.refresh_due();
    account.refresh_close();
    from.bytes
}

fn put_lot(out: &mut Vec<u8>, lot: &Lot, owner: u32) {
    let (event, text) = id(&lot.event);
    let due = if lot.due_at == lot.expires_at { 0 } else { time(lot.due_at) + 1 };
    put(out, [event, time(lot.earned_at), time(lot.expires_at), signed(lot.points)]);
    let origin = other(lot.origin, owner) << 1 | u64::from(text.is_some());
    put(out, [signed(lot.vintage.into()), time(lot.pending_until), origin, due]);
    put_text(out, text);
}

fn put_accrual(out: &mut Vec<u8>, accrual: &Accrual, owner: u32) {
    let (event, text) = id(&accrual.event);
    let (order, order_text) = if accrual.order == accrual.event { (0, None) } else { id(&accrual.order) };
    let flags = [
        accrual.is_purchase,
        accrual.is_undone,
        text.is_some(),
        order_text.is_some(),
        accrual.order != accrual.event,
    ];
    let flags = flags.iter().rev().fold(0, |bits, &flag| bits << 1 | u64::from(flag));
    put(out, [event, order, time(accrual.until), flags]);
    put(
        out,
        [signed(accrual.amount), signed(accrual.refunded), signed(accrual.points), signed(accrual.claimed)],
    );
    put(out, [signed(accrual.lapsed), other(accrual.origin, owner), 0, 0]);
    put_text(out, text);
    put_text(out, order_text);
}

/// An id as a number: an integer, or the length of a text.
fn id(id: &EventId) -> (u64, Option<&str>) {
    match id {
        EventId::Integer(id) => (signed(*id), None),
        EventId::Text(text) => (text.len() as u64, Some(text)),
    }
}

fn put_text(out: &mut Vec<u8>, text: Option<&str>) {
    out.extend_from_slice(text.unwrap_or_default().as_bytes());
}

/// 0 for the member itself.
fn other(place: u32, owner: u32) -> u64 {
    if place == owner { 0 } else { u64::from(place) + 1 }
}

fn mine(code: u64, owner: u32) -> u32 {
    code.checked_sub(1).map_or(owner, |place| place as u32)
}

fn signed(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

fn unsigned(code: u64) -> i64 {
    (code >> 1) as i64 ^ -((code & 1) as i64)
}

/// Instants of the calendar, and the two that mean "no longer pending" and "never".
fn time(time: i64) -> u64 {
    match time {
        i64::MIN => 0,
        i64::MAX => 1,
        _ if time % QUARTER == 0 => (signed(time / QUARTER) << 1) + 2,
        _ => (signed(time) << 1) + 3,
    }
}

fn untime(code: u64) -> i64 {
    match code {
        0 => i64::MIN,
        1 => i64::MAX,
        _ if code & 1 == 0 => unsigned((code - 2) >> 1).wrapping_mul(QUARTER),
        _ => unsigned((code - 3) >> 1),
    }
}

/// Writes four numbers, each whole, and takes back what is beyond their lengths: no branch depends on them.
fn put(out: &mut Vec<u8>, numbers: [u64; 4]) {
    let (mut group, mut at) = ([0; GROUP], 1);
    for (place, number) in numbers.into_iter().enumerate() {
        let code = usize::from(number > 0) + usize::from(number > MASKS[1]) + usize::from(number > MASKS[2]);
        group[0] |= (code << (2 * place)) as u8;
        group[at..at + 8].copy_from_slice(&number.to_le_bytes());
        at += LENGTHS[code];
    }
    let start = out.len();
    out.extend_from_slice(&group);
    out.truncate(start + at);
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl Reader<'_> {
    fn four(&mut self) -> [u64; 4] {
        let mut padded = [0; GROUP];
        let group = self.bytes.first_chunk::<GROUP>().unwrap_or_else(|| {
            padded[..self.bytes.len()].copy_from_slice(self.bytes);
            &padded
        });
        let (mut numbers, mut at) = ([0; 4], 1);
        for (place, number) in numbers.iter_mut().enumerate() {
            let code = usize::from(group[0] >> (2 * place) & 3);
            let mut whole = [0; 8];
            whole.copy_from_slice(&group[at..at + 8]);
            *number = u64::from_le_bytes(whole) & MASKS[code];
            at += LENGTHS[code];
        }
        self.bytes = self.bytes.get(at..).unwrap_or_default();
        numbers
    }

    fn id(&mut self, number: u64, is_text: bool) -> EventId {
        if !is_text {
            return EventId::Integer(unsigned(number));
        }
        let (text, rest) = self.bytes.split_at_checked(number as usize).unwrap_or_default();
        self.bytes = rest;
        EventId::Text(String::from_utf8_lossy(text).into())
    }

    fn totals(&mut self) -> PointTotals {
        let [earned, restored, received, spent] = self.four().map(unsigned);
        let [expired, reversed, settled, sent] = self.four().map(unsigned);
        let [owed, forgiven, debt_received, debt_sent] = self.four().map(unsigned);
        PointTotals {
            earned,
            restored,
            received,
            spent,
            expired,
            reversed,
            settled,
            sent,
            owed,
            forgiven,
            debt_received,
            debt_sent,
        }
    }

    fn lot(&mut self, owner: u32) -> Lot {
        let [event, earned_at, expires_at, points] = self.four();
        let [vintage, pending_until, origin, due] = self.four();
        let expires_at = untime(expires_at);
        Lot {
            event: self.id(event, origin & 1 == 1),
            origin: mine(origin >> 1, owner),
            vintage: unsigned(vintage) as i32,
            earned_at: untime(earned_at),
            pending_until: untime(pending_until),
            due_at: due.checked_sub(1).map_or(expires_at, untime),
            expires_at,
            points: unsigned(points),
        }
    }

    fn accrual(&mut self, owner: u32) -> Accrual {
        let [event, order, until, flags] = self.four();
        let [amount, refunded, points, claimed] = self.four().map(unsigned);
        let [lapsed, origin, _, _] = self.four();
        let flag = |place: u32| flags >> place & 1 == 1;
        let event = self.id(event, flag(2));
        let order = if flag(4) { self.id(order, flag(3)) } else { event.clone() };
        Accrual {
            event,
            order,
            origin: mine(origin, owner),
            is_purchase: flag(0),
            is_undone: flag(1),
            until: untime(until),
            amount,
            refunded,
            points,
            claimed,
            lapsed: unsigned(lapsed),
        }
    }

    fn redemption(&mut self, owner: u32) -> Redemption {
        let [event, until, via, flags] = self.four();
        let event = self.id(event, flags & 1 == 1);
        let portions = (0..flags >> 1).map(|_| Portion { lot: self.lot(owner) }).collect();
        Redemption { event, via: mine(via, owner), until: untime(until), portions }
    }
}
