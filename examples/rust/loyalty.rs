//! How loyal is each customer, why, and does the score know who will be back?
//!
//! `cargo run --release -p crm-core --features io --example loyalty -- TRANSACTIONS.csv OUT.csv`
//!
//! The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998. Weights are found in June 1997, learned from who
//! bought in the half year that followed, and judged in December by who bought in the next.
use std::path::Path;

use crm_core::customer::{
    AmountColumn, BaseOptions, Column, Day, IdColumn, IdKind, IngestOptions, Money, PurchaseHistory,
    TimeColumn, Validity,
};
use crm_core::interop::{ColumnNames, CsvOptions, read_csv};
use crm_core::loyalty::{
    Ahp, Breakage, Decimal, Dimension, DimensionTable, Direction, EventColumns, Inconsistency,
    LearnedOptions, LoyaltyProgram, LoyaltyScore, LoyaltyScores, Normalization, PointsLedger, PointsRevenue,
    ProgramSimulation, RandomIndex, Reward, RewardCatalogue, RewardGrant, RewardKind, RewardMember,
    ScoreOptions, SimulatedRules, SimulationOptions, TierColumns, TierRoster, TierRules, Weighting,
    WeightingKind, WeightingReport,
};
use crm_core::segment::{Feature, FeatureTable};
use crm_core::{Result, Threads};

const FEATURES: [Feature; 4] =
    [Feature::Orders, Feature::NetAmount, Feature::TimeSinceLastPurchase, Feature::Regularity];
const NAMES: [&str; 4] = ["orders", "value", "days_since", "regularity"];
/// Orders against value, days since the last and regularity; value against both; days since the last against regularity.
const COMPARISONS: [f64; 6] = [2.0, 1.0, 4.0, 0.5, 2.0, 3.0];

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let log = arguments.next().unwrap_or_else(|| "examples/data/cdnow/transactions.csv".to_owned());
    let out = arguments.next().unwrap_or_else(|| "loyalty.csv".to_owned());
    let names = ColumnNames {
        time: "date".to_owned(),
        amount: Some("dollar_value".to_owned()),
        ..ColumnNames::default()
    };
    let csv = CsvOptions { id_kind: IdKind::Integer, ..CsvOptions::default() };
    let history = read_csv(Path::new(&log), &names, &csv, IngestOptions::default(), &mut |_| Ok(()))?;

    let (june, orders_in_june) = customers(&history, "1997-06-30")?;
    let (december, orders_in_december) = customers(&history, "1997-12-31")?;
    let (_, orders_at_the_end) = customers(&history, "1998-06-30")?;
    let back = |before: &[f64], after: &[f64]| -> Vec<bool> {
        before.iter().zip(after).map(|(before, after)| after > before).collect()
    };
    let (autumn, spring) =
        (back(&orders_in_june, &orders_in_december), back(&orders_in_december, &orders_at_the_end));

    let models = weightings(&june, &autumn)?;
    judge(&models, &december, &spring)?;
    let learned = &models[models.len() - 1].1;
    let base = history.base(BaseOptions::as_of(Day::parse("1997-12-31")?))?;
    let ids: Vec<String> = base.customer_ids().iter().map(|id| id.to_string()).collect();
    let lines = explain(learned, &december, &ids)?;
    changes(learned, &june, &december, &autumn, &ids)?;
    points()?;
    tiers()?;
    std::fs::write(&out, lines)?;
    println!("\nWrote the scores of {} customers to {out}", ids.len());
    Ok(())
}

/// What is known of the customers at the end of a day, and their orders.
fn customers(history: &PurchaseHistory, as_of: &str) -> Result<(DimensionTable<'static>, Vec<f64>)> {
    let day = Day::parse(as_of)?;
    let features = FeatureTable::from_history(history, BaseOptions::as_of(day), &FEATURES)?;
    let dimensions = [
        Dimension::new(NAMES[0], "orders")?,
        Dimension::new(NAMES[1], "USD")?.normalization(Normalization::MinMax { tail: 0.02 })?,
        Dimension::new(NAMES[2], "days")?.direction(Direction::Lower),
        // Below three days with a purchase there is no rhythm: it is not known, and not filled in.
        Dimension::new(NAMES[3], "share")?.normalization(Normalization::Anchors { low: 0.0, high: 1.0 })?,
    ];
    let mut table = DimensionTable::new(day, features.rows())?;
    for (dimension, column) in dimensions.into_iter().zip(features.columns()) {
        table.push(dimension, column.values().to_vec().into())?;
    }
    let orders = features.columns()[0].values().to_vec();
    Ok((table, orders))
}

/// Scores by given, compared, objective and learned weights.
fn weightings(june: &DimensionTable<'_>, retained: &[bool]) -> Result<Vec<(&'static str, LoyaltyScore)>> {
    let ahp = Ahp::from_upper(&COMPARISONS, RandomIndex::Saaty2005, Inconsistency::Refuse)?;
    println!(
        "Comparisons: consistency ratio {:.4} by the table {}",
        ahp.consistency_ratio(),
        ahp.random_index().name()
    );
    let kinds = [
        ("given", Weighting::Given(&[0.4, 0.3, 0.2, 0.1])),
        ("compared", Weighting::Ahp(&ahp)),
        ("entropy", Weighting::Objective(WeightingKind::Entropy)),
        ("critic", Weighting::Objective(WeightingKind::Critic)),
        ("component", Weighting::Objective(WeightingKind::PrincipalComponent)),
        ("learned", Weighting::Learned { retained, options: LearnedOptions::default() }),
    ];
    let fit = |(name, weighting)| {
        let fitted = LoyaltyScore::fit(june, weighting, ScoreOptions::default(), Threads::default())?;
        Ok((name, fitted.model))
    };
    kinds.into_iter().map(fit).collect()
}

/// Which score puts those first who will be back?
fn judge(models: &[(&str, LoyaltyScore)], december: &DimensionTable<'_>, spring: &[bool]) -> Result<()> {
    let models: Vec<(&str, &LoyaltyScore)> = models.iter().map(|(name, model)| (*name, model)).collect();
    let report = WeightingReport::judge(&models, december, spring, 0.1, Threads::default())?;
    println!(
        "\nFound in June 1997, judged by {} of {} customers who bought in 1998",
        report.retained, report.customers
    );
    print!("  {:<10}{:>8}{:>8}{:>8}", "weights", "AUC", "lift", "ranks");
    for name in NAMES {
        print!("{name:>12}");
    }
    println!();
    for (place, row) in report.rows.iter().enumerate() {
        print!("  {:<10}{:>8.4}{:>8.3}{:>8.4}", row.name, row.auc, row.lift, report.rank_correlation[place]);
        for weight in &row.weights {
            print!("{weight:>12.4}");
        }
        println!();
    }
    Ok(())
}

/// The rows with a score, best first; of equals, the one that comes first.
fn best(scores: &LoyaltyScores) -> Vec<usize> {
    let ranks = scores.ranks();
    let mut rows: Vec<usize> = (0..ranks.len()).filter(|&row| ranks[row] > 0).collect();
    rows.sort_by_key(|&row| ranks[row]);
    rows
}

/// Why the best are the best, also as the lines of a CSV file.
fn explain(model: &LoyaltyScore, december: &DimensionTable<'_>, ids: &[String]) -> Result<String> {
    let parts = model.contributions(december, Threads::default())?;
    let scores = &parts.scores;
    println!(
        "\nThe best in December 1997, and what lifts them above the mean of {:.4}",
        scores.population_mean()
    );
    print!("  {:<10}{:>6}{:>10}{:>10}", "customer", "rank", "score", "known");
    for name in NAMES {
        print!("{name:>12}");
    }
    println!("{:>12}", "baseline");
    let ranks = scores.ranks();
    for row in best(scores).into_iter().take(5) {
        print!("  {:<10}{:>6}{:>10.4}", ids[row], ranks[row], scores.scores()[row]);
        print!("{:>9.1}%", 100.0 * scores.coverage()[row]);
        for column in &parts.columns {
            print!("{:>12.4}", column[row]);
        }
        println!("{:>12.4}", parts.baseline[row]);
    }
    let exact = (0..ids.len()).filter(|&row| {
        let sum = parts.columns.iter().fold(parts.baseline[row], |sum, column| sum + column[row]);
        sum == scores.scores()[row] - scores.population_mean()
    });
    println!("  The parts sum exactly for {} of {} customers", exact.count(), ids.len());
    let mut lines = vec![format!("customer_id,score,coverage,rank,{},baseline", NAMES.join(","))];
    for (row, id) in ids.iter().enumerate() {
        let (score, coverage) = (scores.scores()[row], scores.coverage()[row]);
        let parts: Vec<String> = parts
            .columns
            .iter()
            .chain([&parts.baseline])
            .map(|column| format!("{:.6}", column[row]))
            .collect();
        lines.push(format!("{id},{score:.6},{coverage:.4},{},{}", ranks[row], parts.join(",")));
    }
    Ok(lines.join("\n") + "\n")
}

/// What moved scores between the two dates, if the score is fitted anew in December.
fn changes(
    model: &LoyaltyScore,
    june: &DimensionTable<'_>,
    december: &DimensionTable<'_>,
    autumn: &[bool],
    ids: &[String],
) -> Result<()> {
    let refit = LoyaltyScore::fit(
        december,
        Weighting::Given(&[0.4, 0.3, 0.2, 0.1]),
        ScoreOptions::default(),
        Threads::default(),
    )?;
    let change = model.change(june, &refit.model, december, Threads::default())?;
    println!("\nFrom learned weights in June to given ones in December");
    println!(
        "  {:<10}{:>10}{:>10}{:>10}{:>12}{:>10}",
        "customer", "before", "after", "value", "reference", "weights"
    );
    for row in (0..ids.len()).filter(|&row| autumn[row]).take(5) {
        println!(
            "  {:<10}{:>10.4}{:>10.4}{:>10.4}{:>12.4}{:>10.4}",
            ids[row],
            change.before[row],
            change.after[row],
            change.value[row],
            change.reference[row],
            change.weight[row]
        );
    }
    Ok(())
}

const RULES: &str = r#"{"expiry": {"months": 12, "rounding": "month"}, "backdating_days": 90,
    "earn": {"multipliers": [{"name": "double tea", "factor": 2, "categories": ["tea"]}]}}"#;

/// Two months of a points programme: a refund after spending, a purchase that comes late, and two cards that are one person's.
fn points() -> Result<()> {
    let mut ledger = PointsLedger::new(LoyaltyProgram::from_json(RULES)?);
    let members = ["ann", "bob", "ann", "bob", "ann", "bob", "bob", "bob", "ann", "ann"];
    let days = ["01-02", "01-02", "01-05", "01-20", "02-10", "02-15", "03-01", "03-05", "01-03", "03-10"]
        .map(|day| Day::parse(&format!("2024-{day}")).map_or(0, Day::number));
    let kinds =
        ["join", "join", "purchase", "purchase", "redeem", "bonus", "redeem", "refund", "purchase", "merge"];
    let events: Vec<i64> = (1..=10).collect();
    let cents = [0, 0, 12_050, 8_000, 0, 0, 0, 8_000, 3_000, 0];
    let points = [0, 0, 0, 0, 150, 100, 160, 0, 0, 0];
    let references = [4; 10];
    let refers: Vec<bool> = kinds.iter().map(|&kind| kind == "refund").collect();
    let categories = (0..10).map(|row| (row == 2).then_some("tea")).collect();
    let others = (0..10).map(|row| (row == 9).then_some("bob")).collect();
    let batch = EventColumns::new(
        IdColumn::Text(&members),
        IdColumn::Integer((&events).into()),
        TimeColumn::Day(days.as_slice().into()),
        IdColumn::Text(&kinds),
    )?
    .with_amounts(AmountColumn::Scaled(cents.as_slice().into(), 2))?
    .with_points(points.as_slice().into())?
    .with_references(IdColumn::Integer(Column {
        values: references.as_slice().into(),
        validity: Validity::Flags(&refers),
    }))?
    .with_categories(IdColumn::OptionalText(categories))?
    .with_others(IdColumn::OptionalText(others))?;
    let entries = ledger.apply(&batch)?;
    println!("\nPostings of ten events");
    println!("  {:>3} {:<8}{:<14}{:>6}", "row", "member", "posting", "points");
    for row in 0..entries.len() {
        let member = entries.customer_ids.get(row).map_or_else(String::new, |id| id.to_string());
        let mark = if entries.corrections[row] { " corrected" } else { "" };
        let kind = entries.kinds[row].name();
        println!("  {:>3} {member:<8}{kind:<14}{:>6}{mark}", entries.rows[row], entries.points[row]);
    }

    let as_of = ledger.program().start_of("2024-04-01")?;
    let balances = ledger.balances(as_of)?;
    for (row, member) in balances.customer_ids.iter().enumerate() {
        println!("  {member} has {} points and owes {}", balances.available[row], balances.owed[row]);
    }
    let share = Breakage::Given(Decimal::from_micros(200_000));
    let liability = ledger.liability(as_of, Money::from_micros(10_000), share)?;
    for row in 0..liability.month.len() {
        println!(
            "  {}: {} earned, {} redeemed, {} outstanding, liability {:.4}",
            Day::from_number(liability.month[row])?,
            liability.earned[row],
            liability.redeemed[row],
            liability.outstanding[row],
            liability.liability[row].to_f64()
        );
    }
    let allocated = Money::from_micros(9_000_000_000);
    let revenue = PointsRevenue::recognize(allocated, &[4_500, 8_500], &[9_700, 9_900])?;
    let years: Vec<String> = revenue.revenue.iter().map(|year| format!("{:.0}", year.to_f64())).collect();
    println!("  revenue of 9000 deferred for points: {}", years.join(", "));
    Ok(())
}

const TIERS: &str = r#"{"model": "tier_rules", "version": 1, "tiers": [
    {"name": "Silver", "entry": {"at_least": {"measure": "qualifying_points", "value": 100}}},
    {"name": "Gold", "entry": {"at_least": {"measure": "qualifying_points", "value": 300}},
        "keep": {"at_least": {"measure": "qualifying_points", "value": 250}}},
    {"name": "Platinum", "entry": {"at_least": {"measure": "qualifying_points", "value": 600}}}],
    "options": {"period": {"fixed": {"start": "2024-01-01", "length": {"months": 12}}}}}"#;

/// Where three members stand in spring, what they may have, and what half the points would have done.
fn tiers() -> Result<()> {
    let rules = TierRules::from_json(TIERS)?;
    let mut roster = TierRoster::new(rules);
    let day = |text: &str| Day::parse(text).map(Day::number);
    let joined = [day("2024-01-02")?; 3];
    roster.join(&IdColumn::Text(&["ann", "bob", "cai"]), &joined.as_slice().into())?;
    let days = [day("2024-06-01")?, day("2024-07-01")?, day("2024-08-01")?, day("2025-02-01")?];
    let rows = TierColumns::new(IdColumn::Text(&["ann", "bob", "cai", "ann"]), days.as_slice().into())?
        .with_qualifying_points([320, 150, 40, 120].as_slice().into())?;
    let changes = roster.qualify(&rows)?;
    println!("\nTiers on 2025-03-01, after {} changes and notices", changes.len());
    let today = Day::parse("2025-03-01")?;
    let standings = roster.standings(today)?;
    for (row, member) in standings.customer_ids.iter().enumerate() {
        let tier = standings.tier[row].map_or("none", |tier| roster.rules().tiers()[tier].name.as_str());
        let left = standings.expires[row].map_or(0, |expires| expires.since(today));
        let keep = standings.to_keep.qualifying_points[row].unwrap_or(0);
        let next = standings.to_next.qualifying_points[row].unwrap_or(0);
        println!("  {:<4}{tier:<8}{left:>4} days{keep:>6} to keep{next:>6} to the next", member.to_string());
    }

    let money = |micros: i128| Money::from_micros(micros);
    let catalogue = RewardCatalogue::new([
        Reward {
            name: "Mug".to_owned(),
            unit_cost: money(3_200_000),
            points_price: 400,
            cap_total: Some(2),
            ..Reward::default()
        },
        Reward {
            name: "Lounge".to_owned(),
            kind: RewardKind::Status,
            unit_cost: money(12_500_000),
            tiers: vec!["Gold".to_owned()],
            ..Reward::default()
        },
    ])?;
    let member = |tier, points_balance| RewardMember { tier, points_balance, ..RewardMember::default() };
    let members = [member(Some("Gold"), 500), member(Some("Silver"), 900), member(None, 100)];
    let wish = |member, reward, quantity| RewardGrant { member, reward, quantity };
    let wishes = [wish(0, 0, 1), wish(1, 0, 2), wish(1, 0, 1), wish(0, 1, 1), wish(2, 1, 1)];
    let plan = catalogue.plan(&members, &[], &wishes, today)?;
    println!(
        "  {} of {} wishes granted for {:.2}",
        plan.granted_wishes(),
        wishes.len(),
        plan.total_cost().to_f64()
    );

    let (full, half) =
        (LoyaltyProgram::from_json("{}")?, LoyaltyProgram::from_json(r#"{"earn": {"per": 2}}"#)?);
    let days = [day("2024-01-01")?, day("2024-02-01")?, day("2024-03-01")?];
    let history = EventColumns::new(
        IdColumn::Text(&["ann"; 3]),
        IdColumn::Integer([1, 2, 3].as_slice().into()),
        TimeColumn::Day(days.as_slice().into()),
        IdColumn::Text(&["join", "purchase", "redeem"]),
    )?
    .with_amounts(AmountColumn::Float([0.0, 120.0, 0.0].as_slice().into()))?
    .with_points([0, 0, 100].as_slice().into())?;
    let options = SimulationOptions { as_of: full.start_of("2024-12-31")?, ..SimulationOptions::default() };
    let side = |program| SimulatedRules { program, tiers: None };
    let found = ProgramSimulation::run(&[history], &[], side(&full), side(&half), &options)?;
    println!(
        "  half the points: {} -> {} issued, {} -> {} burned, {} burn no longer fits, {} loser",
        found.before.issued,
        found.after.issued,
        found.before.burned,
        found.after.burned,
        found.after.unfit_burns,
        found.by_points.losers
    );
    println!("  {}", ProgramSimulation::STATEMENT.split(':').next().unwrap_or_default());
    Ok(())
}
