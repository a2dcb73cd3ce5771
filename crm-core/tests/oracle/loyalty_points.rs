//! The edge cases of points ledgers, one by one, and the published numbers: Square's expiry, Open Loyalty's returns, the cancelled
//! redemptions of Siebel and Capillary, the extensions of Salesforce, and the liability of IFRS 15 and KPMG.

use crm_core::customer::{AmountColumn, Column, CustomerId, Day, IdColumn, Money, TimeColumn, Validity};
use crm_core::loyalty::{
    Breakage, EntryKind, EventColumns, LoyaltyProgram, PointsEntries, PointsLedger, PointsRevenue,
    PriceAllocation,
};
use crm_core::{Error, Result};

/// A ledger that takes events one by one, with dates, and checks the laws after each.
struct Book {
    ledger: PointsLedger,
    entries: PointsEntries,
    events: i64,
}

#[derive(Default)]
struct Details<'a> {
    points: Option<i64>,
    amount: Option<f64>,
    reference: Option<i64>,
    other: Option<&'a str>,
    tier: Option<&'a str>,
    category: Option<&'a str>,
}

impl Book {
    fn new(rules: &str) -> Self {
        let ledger = PointsLedger::new(LoyaltyProgram::from_json(rules).unwrap());
        let mut book = Self { ledger, entries: PointsEntries::default(), events: 0 };
        book.event("ann", "2020-01-01", "join", &Details::default());
        book
    }

    fn try_event(&mut self, member: &str, day: &str, kind: &str, details: &Details<'_>) -> Result<i64> {
        let id = self.events + 1;
        let one = |value: Option<i64>| Column {
            values: vec![value.unwrap_or(0)].into(),
            validity: flag(value.is_some()),
        };
        let amount = Column {
            values: vec![details.amount.unwrap_or(0.0)].into(),
            validity: flag(details.amount.is_some()),
        };
        let (members, kinds, days) = ([member], [kind], [Day::parse(day).unwrap().number()]);
        let ids = [id];
        let batch = EventColumns::new(
            IdColumn::Text(&members),
            IdColumn::Integer(ids.as_slice().into()),
            TimeColumn::Day(days.as_slice().into()),
            IdColumn::Text(&kinds),
        )?
        .with_points(one(details.points))?
        .with_amounts(AmountColumn::Float(amount))?
        .with_references(IdColumn::Integer(one(details.reference)))?
        .with_categories(IdColumn::OptionalText(vec![details.category]))?
        .with_tiers(IdColumn::OptionalText(vec![details.tier]))?
        .with_others(IdColumn::OptionalText(vec![details.other]))?;
        let entries = self.ledger.apply(&batch)?;
        self.entries.append(&entries)?;
        self.ledger.verify()?;
        self.events = id;
        Ok(id)
    }

    fn event(&mut self, member: &str, day: &str, kind: &str, details: &Details<'_>) -> i64 {
        self.try_event(member, day, kind, details).unwrap()
    }

    fn bonus(&mut self, day: &str, points: i64) -> i64 {
        self.event("ann", day, "bonus", &Details { points: Some(points), ..Details::default() })
    }

    fn redeem(&mut self, day: &str, points: i64) -> i64 {
        self.event("ann", day, "redeem", &Details { points: Some(points), ..Details::default() })
    }

    fn purchase(&mut self, day: &str, amount: f64, order: Option<i64>) -> i64 {
        self.event(
            "ann",
            day,
            "purchase",
            &Details { amount: Some(amount), reference: order, ..Details::default() },
        )
    }

    fn of(&mut self, kind: &str, day: &str, reference: i64) -> i64 {
        self.event("ann", day, kind, &Details { reference: Some(reference), ..Details::default() })
    }

    fn refund(&mut self, day: &str, of: i64, amount: Option<f64>) -> i64 {
        self.event("ann", day, "refund", &Details { reference: Some(of), amount, ..Details::default() })
    }

    /// Available, pending and owed points of a member at the start of a day.
    fn balance(&self, member: &str, day: &str) -> (i64, i64, i64) {
        let statement = self.ledger.statement(CustomerId::Text(member), self.time(day)).unwrap();
        (statement.available, statement.pending, statement.owed)
    }

    fn time(&self, day: &str) -> i64 {
        self.ledger.program().start_of(day).unwrap()
    }

    /// The kinds and points of the last postings, from one of them on.
    fn posted(&self, from: usize) -> Vec<(EntryKind, i64)> {
        (from..self.entries.len())
            .map(|place| (self.entries.kinds[place], self.entries.points[place]))
            .collect()
    }
}

fn flag(is_given: bool) -> Validity<'static> {
    if is_given { Validity::Flags(&[true]) } else { Validity::Flags(&[false]) }
}

fn refused(result: Result<i64>) -> Error {
    result.unwrap_err()
}

/// Two bonuses: the earlier one lapses later.
fn spent_in(order: &str) -> Book {
    // 80 points are extended; 50 that are earned later lapse first.
    let mut book = Book::new(&format!(
        r#"{{"expiry": {{"months": 1, "rounding": "none"}}, "burn_order": "{order}", "extensions": [{{"months": 6}}]}}"#
    ));
    book.bonus("2024-01-01", 80);
    book.event("ann", "2024-01-01", "extend", &Details::default());
    book.bonus("2024-01-10", 50);
    book.redeem("2024-01-20", 50);
    book
}

#[test]
fn burn_order_nearest_expiry_spends_what_lapses_first() {
    let book = spent_in("nearest_expiry");
    assert_eq!(book.balance("ann", "2024-02-10").0, 80);
}

#[test]
fn burn_order_earned_first_spends_the_oldest_and_loses_more() {
    let book = spent_in("earned_first");
    assert_eq!(book.balance("ann", "2024-02-10").0, 30);
}

/// FloCafe#78: debits that were not paired to lots were deducted again at expiry.
#[test]
fn what_was_spent_does_not_lapse_again() {
    let mut book = Book::new(r#"{"expiry": {"days": 30}}"#);
    book.bonus("2024-01-01", 100);
    book.redeem("2024-01-15", 60);
    book.bonus("2024-01-20", 50);
    assert_eq!(book.balance("ann", "2024-01-31").0, 90);
    assert_eq!(book.balance("ann", "2024-02-01").0, 50);
}

/// Open Loyalty, transactions/menu/returns: of an order of 40 with 70 points, a product without points for 20 comes back.
#[test]
fn partial_refund_pro_rata_takes_its_share_of_the_order_whatever_the_line_earned() {
    let rules = r#"{"refund": {"basis": "pro_rata"}, "earn": {"excluded": ["none"], "points": 7, "per": 2}}"#;
    let mut book = Book::new(rules);
    let order = 77;
    let line =
        |category| Details { amount: Some(20.0), reference: Some(order), category, ..Details::default() };
    book.event("ann", "2024-01-01", "purchase", &line(None));
    let without = book.event("ann", "2024-01-01", "purchase", &line(Some("none")));
    assert_eq!(book.balance("ann", "2024-01-02").0, 70);
    book.refund("2024-01-03", without, Some(20.0));
    assert_eq!(book.balance("ann", "2024-01-03").0, 70 - 35);
    book.refund("2024-01-04", order, None);
    assert_eq!(book.balance("ann", "2024-01-04").0, 0);
}

#[test]
fn partial_refund_by_line_takes_the_points_of_the_line_only() {
    let mut book = Book::new(r#"{"earn": {"excluded": ["none"], "points": 7, "per": 2}}"#);
    let line = |category| Details { amount: Some(20.0), reference: Some(77), category, ..Details::default() };
    let with = book.event("ann", "2024-01-01", "purchase", &line(None));
    let without = book.event("ann", "2024-01-01", "purchase", &line(Some("none")));
    book.refund("2024-01-03", without, None);
    assert_eq!(book.balance("ann", "2024-01-03").0, 70);
    book.refund("2024-01-04", with, Some(10.0));
    assert_eq!(book.balance("ann", "2024-01-04").0, 35);
}

/// ERPNext#32951 kept the points of returned goods.
#[test]
fn partial_refunds_add_up_to_the_whole_without_drift() {
    for rounding in ["down", "half_up", "up"] {
        let mut book = Book::new(&format!(r#"{{"refund": {{"rounding": "{rounding}"}}}}"#));
        let purchase = book.purchase("2024-01-01", 10.0, None);
        let mut balances = Vec::new();
        for day in 2..=4 {
            book.refund(&format!("2024-01-0{day}"), purchase, Some(if day == 4 { 3.34 } else { 3.33 }));
            balances.push(book.balance("ann", "2024-01-05").0);
        }
        // 10 points less 3.33 and 6.66 of them, each rounded from the sum of what was refunded.
        let expected = match rounding {
            "down" => [7, 4, 0],
            "half_up" => [7, 3, 0],
            _ => [6, 3, 0],
        };
        assert_eq!(balances, expected, "{rounding}");
    }
}

#[test]
fn refund_before_spending_takes_pending_and_available_points_alike() {
    let mut book = Book::new(r#"{"earn": {"pending_days": 14}}"#);
    let purchase = book.purchase("2024-01-01", 100.0, None);
    book.refund("2024-01-10", purchase, Some(40.0));
    assert_eq!(book.balance("ann", "2024-01-14"), (0, 60, 0));
    assert_eq!(book.balance("ann", "2024-01-15"), (60, 0, 0));
    book.refund("2024-01-20", purchase, None);
    assert_eq!(book.balance("ann", "2024-01-20"), (0, 0, 0));
}

/// Talon.One: negative points, nothing active; later points pay first.
#[test]
fn refund_after_spending_as_debt_is_paid_by_the_next_points() {
    let mut book = Book::new(r#"{"refund": {"after_spending": "debt"}}"#);
    let purchase = book.purchase("2024-01-01", 100.0, None);
    book.redeem("2024-01-02", 80);
    book.refund("2024-01-03", purchase, None);
    assert_eq!(book.balance("ann", "2024-01-03"), (0, 0, 80));
    let error = refused(book.try_event(
        "ann",
        "2024-01-04",
        "redeem",
        &Details { points: Some(1), ..Details::default() },
    ));
    assert_eq!(error.to_string(), "points, row 4: event 5: 1 points are above the 0 available, 80 are owed");
    book.bonus("2024-01-04", 50);
    assert_eq!(book.balance("ann", "2024-01-04"), (0, 0, 30));
    book.bonus("2024-01-05", 50);
    assert_eq!(book.balance("ann", "2024-01-05"), (20, 0, 0));
}

#[test]
fn refund_after_spending_takes_other_points_before_anything_is_owed() {
    let mut book = Book::new("{}");
    let purchase = book.purchase("2024-01-01", 100.0, None);
    book.redeem("2024-01-02", 80);
    book.bonus("2024-01-03", 30);
    book.refund("2024-01-04", purchase, None);
    assert_eq!(book.balance("ann", "2024-01-04"), (0, 0, 50));
}

#[test]
fn refund_after_spending_clamped_forgives_the_rest() {
    let mut book = Book::new(r#"{"refund": {"after_spending": "clamp"}}"#);
    let purchase = book.purchase("2024-01-01", 100.0, None);
    book.redeem("2024-01-02", 80);
    let before = book.entries.len();
    book.refund("2024-01-03", purchase, None);
    assert_eq!(book.balance("ann", "2024-01-03"), (0, 0, 0));
    assert_eq!(book.posted(before), [(EntryKind::Reversed, 20), (EntryKind::Forgiven, 80)]);
    book.bonus("2024-01-04", 50);
    assert_eq!(book.balance("ann", "2024-01-04"), (50, 0, 0));
}

/// Salesforce: points wait in escrow until nothing can be returned any more.
#[test]
fn refund_after_spending_cannot_be_with_points_in_escrow() {
    let mut book = Book::new(r#"{"refund": {"after_spending": "escrow", "days": 30}}"#);
    let purchase = book.purchase("2024-01-01", 100.0, None);
    refused(book.try_event(
        "ann",
        "2024-01-31",
        "redeem",
        &Details { points: Some(1), ..Details::default() },
    ));
    assert_eq!(book.balance("ann", "2024-01-31"), (0, 100, 0));
    assert_eq!(book.balance("ann", "2024-02-01"), (100, 0, 0));
    let late = Details { reference: Some(purchase), ..Details::default() };
    refused(book.try_event("ann", "2024-02-01", "refund", &late));
    book.refund("2024-01-31", purchase, None);
    assert_eq!(book.balance("ann", "2024-02-01"), (0, 0, 0));
}

#[test]
fn refund_of_points_that_lapsed_takes_nothing_else() {
    let mut book = Book::new(r#"{"expiry": {"days": 10}}"#);
    let purchase = book.purchase("2024-01-01", 100.0, None);
    book.redeem("2024-01-05", 30);
    book.bonus("2024-01-20", 50);
    // 70 lapsed: of the 100 taken back, 30 were spent and are taken from the others.
    book.refund("2024-01-21", purchase, None);
    assert_eq!(book.balance("ann", "2024-01-21"), (20, 0, 0));
}

/// Oracle Siebel Loyalty, cancelling transactions; Capillary, points return.
#[test]
fn cancelled_redemption_restores_the_original_expiry() {
    let mut book = Book::new(r#"{"expiry": {"months": 12, "rounding": "none"}}"#);
    book.bonus("2024-01-01", 100);
    let redemption = book.redeem("2024-12-01", 100);
    book.of("cancel_redemption", "2024-12-15", redemption);
    assert_eq!(book.balance("ann", "2024-12-31").0, 100);
    assert_eq!(book.balance("ann", "2025-01-01").0, 0);
}

/// 100 points earned on 1 January lapse on 30 June; redeemed on 1 June, cancelled on 15 July.
#[test]
fn cancelled_redemption_of_lapsed_points_stays_lapsed() {
    let mut book = Book::new(r#"{"expiry": {"days": 181, "rounding": "none"}}"#);
    book.bonus("2024-01-01", 100);
    let redemption = book.redeem("2024-06-01", 100);
    let before = book.entries.len();
    book.of("cancel_redemption", "2024-07-15", redemption);
    assert_eq!(book.balance("ann", "2024-07-15").0, 0);
    assert_eq!(book.posted(before), [(EntryKind::Restored, 100), (EntryKind::Expired, 100)]);
    let totals = book.ledger.statement(CustomerId::Text("ann"), book.time("2024-07-15")).unwrap().totals;
    assert_eq!((totals.expired, totals.spent - totals.restored), (100, 0));
}

#[test]
fn cancelled_redemption_of_lapsed_points_is_issued_again_if_the_rules_say_so() {
    let mut book =
        Book::new(r#"{"expiry": {"days": 181, "rounding": "none"}, "cancel": {"lapsed": "reissue"}}"#);
    book.bonus("2024-01-01", 100);
    let redemption = book.redeem("2024-06-01", 100);
    book.of("cancel_redemption", "2024-07-15", redemption);
    assert_eq!(book.balance("ann", "2025-01-11").0, 100);
    assert_eq!(book.balance("ann", "2025-01-12").0, 0);
}

#[test]
fn cancelled_redemption_puts_each_part_back_into_its_own_lot() {
    let mut book = Book::new(r#"{"expiry": {"months": 1, "rounding": "none"}}"#);
    book.bonus("2024-01-01", 30);
    book.bonus("2024-01-10", 30);
    let redemption = book.redeem("2024-01-15", 40);
    book.of("cancel_redemption", "2024-01-16", redemption);
    assert_eq!((book.balance("ann", "2024-01-31").0, book.balance("ann", "2024-02-01").0), (60, 30));
}

/// Salesforce: a new journal, never an edit.
#[test]
fn cancelled_accrual_is_a_new_posting_and_the_old_one_stays() {
    let mut book = Book::new("{}");
    let bonus = book.bonus("2024-01-01", 100);
    let before = book.entries.clone();
    let cancel = book.of("cancel_accrual", "2024-01-05", bonus);
    assert_eq!(book.balance("ann", "2024-01-05"), (0, 0, 0));
    assert_eq!(book.entries.points[..before.len()], before.points[..]);
    assert_eq!(book.posted(before.len()), [(EntryKind::Reversed, 100)]);
    let last = book.entries.len() - 1;
    let ids = (&book.entries.event_ids, &book.entries.lot_ids);
    assert_eq!(ids.0.get(last), Some(CustomerId::Integer(cancel)));
    assert_eq!(ids.1.get(last), Some(CustomerId::Integer(bonus)));
    let again = Details { reference: Some(bonus), ..Details::default() };
    let error = refused(book.try_event("ann", "2024-01-06", "cancel_accrual", &again));
    assert!(error.to_string().contains("in whole already"), "{error}");
}

#[test]
fn cancelled_accrual_of_spent_points_is_owed() {
    let mut book = Book::new("{}");
    let bonus = book.bonus("2024-01-01", 100);
    let redemption = book.redeem("2024-01-02", 100);
    book.of("cancel_accrual", "2024-01-05", bonus);
    assert_eq!(book.balance("ann", "2024-01-05"), (0, 0, 100));
    // The points that come back pay at once.
    book.of("cancel_redemption", "2024-01-06", redemption);
    assert_eq!(book.balance("ann", "2024-01-06"), (0, 0, 0));
}

#[test]
fn backdated_purchase_is_replayed_in_event_time_and_corrections_are_posted() {
    let rules = r#"{"expiry": {"days": 30, "rounding": "none"}, "backdating_days": 60}"#;
    let mut book = Book::new(rules);
    book.bonus("2024-01-10", 100);
    let redemption = book.redeem("2024-01-20", 50);
    let before = book.entries.len();
    // It lapses sooner, so the redemption should have taken its points.
    let late = book.bonus("2024-01-05", 40);
    let corrections: Vec<_> = (before..book.entries.len())
        .map(|place| {
            let id = |ids: &crm_core::customer::IdList| {
                ids.get(place).unwrap().to_string().parse::<i64>().unwrap()
            };
            let (event, lot) = (id(&book.entries.event_ids), id(&book.entries.lot_ids));
            (
                book.entries.kinds[place],
                event,
                lot,
                book.entries.points[place],
                book.entries.corrections[place],
            )
        })
        .collect();
    assert_eq!(
        corrections,
        [
            (EntryKind::Redeemed, redemption, 2, -50, true),
            (EntryKind::Earned, late, late, 40, false),
            (EntryKind::Redeemed, redemption, 2, 10, true),
            (EntryKind::Redeemed, redemption, late, 40, true),
        ]
    );
    assert_eq!((book.balance("ann", "2024-02-08").0, book.balance("ann", "2024-02-09").0), (90, 0));
}

#[test]
fn backdated_event_that_makes_a_later_one_impossible_is_refused() {
    let mut book = Book::new(r#"{"backdating_days": 60}"#);
    book.bonus("2024-01-10", 100);
    book.redeem("2024-01-20", 80);
    let before = book.ledger.clone();
    let error = refused(book.try_event(
        "ann",
        "2024-01-15",
        "redeem",
        &Details { points: Some(30), ..Details::default() },
    ));
    assert_eq!(
        error.to_string(),
        "points, row 3: event 4: it came too late, as then points: event 3: 80 points are above the 70 available"
    );
    assert_eq!(book.ledger, before);
}

#[test]
fn backdated_event_beyond_the_days_of_the_rules_is_refused() {
    let mut book = Book::new(r#"{"backdating_days": 10}"#);
    book.bonus("2024-02-01", 100);
    let error = refused(book.try_event(
        "ann",
        "2024-01-21",
        "bonus",
        &Details { points: Some(1), ..Details::default() },
    ));
    assert_eq!(error.argument_name(), Some("time"));
    book.bonus("2024-01-22", 1);
    assert_eq!(book.balance("ann", "2024-02-01").0, 101);
}

/// Salesforce: points move, unmerge restores.
#[test]
fn merge_of_members_moves_points_and_unmerge_restores_them() {
    let mut book = Book::new(r#"{"expiry": {"months": 12}}"#);
    book.event("bob", "2024-01-01", "join", &Details::default());
    book.bonus("2024-01-02", 100);
    book.event("bob", "2024-01-03", "bonus", &Details { points: Some(40), ..Details::default() });
    let merge =
        book.event("ann", "2024-02-01", "merge", &Details { other: Some("bob"), ..Details::default() });
    assert_eq!(book.balance("ann", "2024-02-01").0, 140);
    let balances = book.ledger.balances(book.time("2024-02-01")).unwrap();
    assert_eq!((balances.available, balances.holders), (vec![140, 0], vec![0, 0]));
    // The card of the merged member still works, and its purchases go back with it.
    book.event("bob", "2024-02-02", "purchase", &Details { amount: Some(7.0), ..Details::default() });
    assert_eq!(book.balance("bob", "2024-02-02").0, 147);
    book.redeem("2024-02-03", 110);
    book.of("unmerge", "2024-02-04", merge);
    // The nearest expiry first: all of ann's, 10 of bob's.
    assert_eq!((book.balance("ann", "2024-02-04").0, book.balance("bob", "2024-02-04").0), (0, 37));
}

#[test]
fn merge_with_a_member_that_owes_points_pays_and_unmerge_takes_it_back() {
    let mut book = Book::new("{}");
    book.event("bob", "2024-01-01", "join", &Details::default());
    let purchase = book.purchase("2024-01-02", 50.0, None);
    book.redeem("2024-01-03", 50);
    book.refund("2024-01-04", purchase, None);
    book.event("bob", "2024-01-05", "bonus", &Details { points: Some(80), ..Details::default() });
    let merge =
        book.event("ann", "2024-01-06", "merge", &Details { other: Some("bob"), ..Details::default() });
    assert_eq!(book.balance("ann", "2024-01-06"), (30, 0, 0));
    book.of("unmerge", "2024-01-07", merge);
    assert_eq!(
        (book.balance("ann", "2024-01-07"), book.balance("bob", "2024-01-07")),
        ((0, 0, 50), (80, 0, 0))
    );
}

/// Square, `LoyaltyProgramExpirationPolicy`: twelve months after 6 July 2020, to the end of the month.
#[test]
fn expiry_at_month_end_is_the_first_of_the_next_month() {
    let mut book = Book::new(r#"{"expiry": {"months": 12, "rounding": "month"}}"#);
    book.bonus("2020-07-06", 10);
    let statement = book.ledger.statement(CustomerId::Text("ann"), book.time("2020-07-06")).unwrap();
    assert_eq!(statement.expires_at, [book.time("2021-08-01")]);
    assert_eq!((book.balance("ann", "2021-07-31").0, book.balance("ann", "2021-08-01").0), (10, 0));
}

/// Salesforce: of several extension records the longest holds.
#[test]
fn extension_of_several_records_the_longest_wins() {
    let rules = r#"{"tiers": ["Gold"], "expiry": {"months": 1, "rounding": "none"},
        "extensions": [{"months": 3}, {"months": 6, "tier": "Gold"}]}"#;
    for (tier, until) in [(Some("Gold"), "2024-08-01"), (None, "2024-05-01")] {
        let mut book = Book::new(rules);
        book.bonus("2024-01-01", 10);
        book.event("ann", "2024-01-02", "set_tier", &Details { tier, ..Details::default() });
        book.event("ann", "2024-01-03", "extend", &Details::default());
        // Twice is not twice as long.
        book.event("ann", "2024-01-04", "extend", &Details::default());
        let statement = book.ledger.statement(CustomerId::Text("ann"), book.time("2024-01-04")).unwrap();
        assert_eq!(statement.expires_at, [book.time(until)]);
    }
}

#[test]
fn tier_bonus_and_multipliers_follow_the_tier_at_the_time() {
    let rules = r#"{"tiers": ["Gold"], "earn": {"tier_bonus": [{"tier": "Gold", "factor": 1.5}],
        "multipliers": [{"name": "double", "factor": 2, "categories": ["tea"]}]}}"#;
    let mut book = Book::new(rules);
    let tea = Details { amount: Some(10.0), category: Some("tea"), ..Details::default() };
    book.event("ann", "2024-01-01", "purchase", &tea);
    book.event("ann", "2024-01-02", "set_tier", &Details { tier: Some("Gold"), ..Details::default() });
    book.event("ann", "2024-01-03", "purchase", &tea);
    assert_eq!(book.entries.points, [20, 25]);
}

fn units(units: f64) -> Money {
    Money::from_micros((units * 1e6).round() as i128)
}

/// IFRS 15, illustrative example 52 (IE267-IE270): published in whole units.
#[test]
fn liability_of_ifrs_15_example_52() {
    let split = PriceAllocation::new(units(100_000.0), units(100_000.0), units(9_500.0)).unwrap();
    assert_eq!((split.products.to_f64().round(), split.points.to_f64().round()), (91_324.0, 8_676.0));
    assert!((split.points.to_f64() - 8_675.799_086_757_99).abs() < 1e-6);
    let revenue = PointsRevenue::recognize(split.points, &[4_500, 8_500], &[9_500, 9_700]).unwrap();
    let rounded = |column: &[Money]| column.iter().map(|amount| amount.to_f64().round()).collect::<Vec<_>>();
    assert_eq!(rounded(&revenue.revenue), [4_110.0, 3_493.0]);
    assert_eq!(rounded(&revenue.liability), [4_566.0, 1_073.0]);
    let exact = [4_109.589_041_095_89, 3_492.915_313_279_668];
    for (year, exact) in revenue.revenue.iter().zip(exact) {
        assert!((year.to_f64() - exact).abs() < 2e-6);
    }
}

/// KPMG, Revenue: IFRS 15 handbook (2019), examples 10A and 10B.
#[test]
fn liability_of_kpmg_examples_10a_and_10b() {
    for (expected, third) in [(9_900, 3_552.014_995_313_964_4), (9_200, 4_139.959_659_345_585)] {
        let revenue = PointsRevenue::recognize(units(9_000.0), &[4_500, 8_500], &[9_700, expected]).unwrap();
        assert_eq!(revenue.revenue[0].to_f64().round(), 4_175.0);
        assert!((revenue.revenue[0].to_f64() - 4_175.257_731_958_763).abs() < 1e-6);
        assert!((revenue.revenue[1].to_f64() - third).abs() < 2e-6);
        assert_eq!(revenue.revenue[1].to_f64().round(), third.round());
    }
}

/// A month of 1,000 points of which 600 were redeemed and 400 lapsed; one of 500, of which 100 were redeemed, still valid.
#[test]
fn liability_by_month_with_the_breakage_of_matured_months() {
    let mut book = Book::new(r#"{"expiry": {"months": 6, "rounding": "month"}}"#);
    book.bonus("2023-01-15", 1_000);
    book.redeem("2023-03-01", 600);
    book.bonus("2024-01-15", 500);
    book.redeem("2024-02-01", 100);
    let as_of = book.time("2024-03-01");
    let liability = book.ledger.liability(as_of, units(0.01), Breakage::Matured).unwrap();
    assert_eq!(liability.breakage_micros, 400_000);
    assert_eq!((liability.redeemed.clone(), liability.expired.clone()), (vec![600, 100], vec![400, 0]));
    assert_eq!((liability.earned.clone(), liability.outstanding.clone()), (vec![1_000, 500], vec![0, 400]));
    // 500 * 0.6 are expected, of which 100 are redeemed: 200 points of 0.01.
    assert_eq!((liability.liability.clone(), liability.total()), (vec![Money::ZERO, units(2.0)], units(2.0)));
    // A third of what is expected is redeemed: two thirds of the allocated 9 are deferred.
    assert_eq!(liability.deferred(&[units(5.0), units(9.0)]).unwrap(), [Money::ZERO, units(6.0)]);
}
