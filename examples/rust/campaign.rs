//! Whom to write to, whom to leave alone for comparison, and what did the mail bring?
//!
//! `cargo run --release -p crm-core --features io --example campaign -- OUT.csv`
//!
//! With the folder of public data sets in `CRM_TEST_DATA` the customers are Hillstrom's (2008), 64,000 of a shop, of whom a third got a mail about men's
//! goods, a third one about women's and a third none. Without it they are made up, by the hash that deals customers to arms: the same in every language.
use std::fmt::Write as _;
use std::path::Path;

use crm_core::campaign::{
    Arm, ArmCost, BucketHash, CampaignMetric, CampaignOutcomes, Comparison, ContactLog, Holdout,
    MeasureOptions, RankOrder, Rule, Selection, Split, TargetTable, TieBreak, UpliftCurve, UpliftCurveKind,
    UpliftScale,
};
use crm_core::customer::{CustomerId, Day, IdColumn, IdList};
use crm_core::experiment::{MultiplicityMethod, TestOptions};

const MENS: &str = "Mens E-Mail";
const WOMENS: &str = "Womens E-Mail";
const NONE: &str = "No E-Mail";
/// The day of the campaign: 2024-10-04.
const TODAY: i32 = 20_000;

/// Columns by customer; the id is the place.
#[derive(Default)]
struct Shop {
    ids: Vec<i64>,
    recency: Vec<f64>,
    history: Vec<f64>,
    channel: Vec<String>,
    arm: Vec<String>,
    visit: Vec<f64>,
    conversion: Vec<f64>,
    spend: Vec<f64>,
}

fn bucket(salt: &str, id: i64) -> f64 {
    BucketHash::Xxh3.bucket(salt, CustomerId::Integer(id))
}

fn arms() -> [Arm; 3] {
    [Arm::target(MENS, 1.0), Arm::target(WOMENS, 1.0), Arm::control(NONE, 1.0)]
}

fn hillstrom(path: &Path) -> Result<Shop, Box<dyn std::error::Error>> {
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(std::fs::File::open(path)?));
    let mut shop = Shop::default();
    for (row, record) in reader.records().enumerate() {
        let record = record?;
        let number = |place: usize| record[place].parse::<f64>();
        shop.ids.push(row as i64);
        shop.recency.push(number(0)?);
        shop.history.push(number(2)?);
        shop.channel.push(record[7].to_owned());
        shop.arm.push(record[8].to_owned());
        shop.visit.push(number(9)?);
        shop.conversion.push(number(10)?);
        shop.spend.push(number(11)?);
    }
    Ok(shop)
}

fn made_up() -> crm_core::Result<Shop> {
    let mut shop = Shop { ids: (0..20_000).collect(), ..Shop::default() };
    let split = Split::new("made up", &arms())?;
    let assignment = split.assign(&IdList::new(&IdColumn::Integer((&shop.ids).into()))?)?;
    for (place, &id) in shop.ids.iter().enumerate() {
        let (channel, arm) = (bucket("channel", id), assignment.arms()[place] as usize);
        let lift = [0.075, 0.045, 0.0][arm];
        let visit = bucket("visit", id) < 0.1 + lift;
        let conversion = visit && bucket("conversion", id) < 0.07;
        shop.recency.push(1.0 + (12.0 * bucket("recency", id)).floor());
        shop.history.push(30.0 + (900.0 * bucket("history", id) * bucket("history 2", id)).floor());
        shop.channel.push(
            if channel < 0.44 {
                "Web"
            } else if channel < 0.88 {
                "Phone"
            } else {
                "Multichannel"
            }
            .to_owned(),
        );
        shop.arm.push(assignment.names()[arm].clone());
        shop.visit.push(f64::from(u8::from(visit)));
        shop.conversion.push(f64::from(u8::from(conversion)));
        shop.spend.push(if conversion { 29.0 + (170.0 * bucket("spend", id)).floor() } else { 0.0 });
    }
    Ok(shop)
}

fn texts(values: &[String]) -> Vec<&str> {
    values.iter().map(String::as_str).collect()
}

/// Selects whom to write to; the rows, best first.
fn select(shop: &Shop, table: &TargetTable) -> crm_core::Result<Vec<u32>> {
    // Up to two contacts of the last weeks for each customer.
    let (mut contacted, mut days) = (Vec::new(), Vec::new());
    for &id in &shop.ids {
        for contact in 0..(3.0 * bucket("contacts", id)) as i32 {
            contacted.push(id);
            days.push(TODAY - 10 * contact);
        }
    }
    let log = ContactLog::new(&IdColumn::Integer((&contacted).into()), &(&days).into())?;
    let rule = Rule::all([
        Rule::compare("history", Comparison::AtLeast, 50.0),
        Rule::between("recency", 1.0, 11.0),
        Rule::is_in("channel", ["Web", "Phone"]),
    ]);
    let selected = Selection::new()
        .opted_in("consent", "consent")?
        .rule("target group", rule)?
        .contacts_at_most("fatigue", log, Day::from_number(TODAY)?, 2, 14)?
        .without("global holdout", Holdout::new("holdout-2024", 0.05)?)?
        .rank_by("history", RankOrder::Descending)?
        .ties(TieBreak::Hash("autumn-2024 ties".to_owned()))?
        .segment_quotas("channel", &[("Web", 2500)], None)?
        .quota(6000)?
        .select(table)?;
    println!("selected {} of {} customers", selected.selected(), selected.customers());
    for reason in selected.reasons() {
        println!(
            "  {:<16} {:<16} first {:>6}, any {:>6}",
            reason.name,
            reason.kind.name(),
            reason.first,
            reason.any
        );
    }
    Ok(selected.rows().to_vec())
}

/// Deals the selected customers to arms, and looks whether they were alike before.
fn split(table: &TargetTable) -> crm_core::Result<()> {
    let split = Split::new(
        "autumn-2024",
        &[Arm::target(MENS, 4.5), Arm::target(WOMENS, 4.5), Arm::control(NONE, 1.0)],
    )?;
    let assignment = split.assign(table.ids())?;
    println!("split");
    for (name, count) in assignment.names().iter().zip(assignment.counts()) {
        println!("  {name:<16} {count:>6}");
    }
    let balance = CampaignOutcomes::from_assignment(&assignment)?
        .with_before("history", table.numbers("history")?)?
        .with_before("recency", table.numbers("recency")?)?
        .balance(0.05, MultiplicityMethod::Holm)?;
    println!("  sizes: p = {:.4}", balance.sample_ratio.p_value);
    for row in &balance.rows {
        println!(
            "  {:<8} {:<14} standardised difference {:>8.4}, adjusted p = {:.4}",
            row.column, row.arm, row.standardised_difference, row.adjusted_p_value
        );
    }
    Ok(())
}

/// What the mails brought, also as the rows of a CSV file.
fn measure(shop: &Shop) -> crm_core::Result<String> {
    let outcomes = CampaignOutcomes::new(&IdColumn::Text(&texts(&shop.arm)), &arms())?
        .with_metric(CampaignMetric::Response, &shop.visit)?
        .with_metric(CampaignMetric::Conversion, &shop.conversion)?
        .with_metric(CampaignMetric::Revenue, &shop.spend)?
        .with_groups("channel", &IdColumn::Text(&texts(&shop.channel)))?;
    let cost = ArmCost { fixed: 500.0, per_contact: 0.1, margin: 0.4, ..ArmCost::default() };
    let report = outcomes.measure(&MeasureOptions::default().cost(cost))?;
    println!("measured, sizes: p = {:.4}", report.sample_ratio.p_value);
    for arm in &report.arms {
        let [visits, conversions, spend] = arm.means[..] else { continue };
        println!(
            "  {:<16} {:>6} customers, visits {:>6.2} %, conversions {:>6.3} %, spend {:>6.3}",
            arm.name,
            arm.customers,
            100.0 * visits,
            100.0 * conversions,
            spend
        );
    }
    for back in report.returns.iter().filter(|back| back.grouping.is_empty()) {
        let (profit, roi) = (back.returned.profit, back.returned.roi);
        println!(
            "  {:<16} profit {:>9.2} ({:.2} to {:.2}), return on cost {:.3} ({:.3} to {:.3}), pays at {:.3} %",
            back.arm,
            profit.estimate,
            profit.interval.lower,
            profit.interval.upper,
            roi.estimate,
            roi.interval.lower,
            roi.interval.upper,
            100.0 * back.break_even_rate.estimate
        );
    }
    let mut csv =
        "grouping,group,arm,metric,difference,lower,upper,p_value,adjusted_p_value,incremental,split_p_value\n"
            .to_owned();
    for effect in &report.effects {
        let result = &effect.result;
        // Writing to a string cannot fail.
        let _ = writeln!(
            csv,
            "{},{},{},{},{:.8},{:.8},{:.8},{:.8},{:.8},{:.3},{:.8}",
            effect.grouping,
            effect.group,
            effect.arm,
            effect.metric.name(),
            result.difference,
            result.interval.lower,
            result.interval.upper,
            result.p_value,
            effect.adjusted_p_value,
            effect.incremental.estimate,
            result.split.p_value
        );
    }
    Ok(csv)
}

/// Whether those who bought more before are those whom a mail moves.
fn uplift(shop: &Shop) -> crm_core::Result<()> {
    let target: Vec<bool> = shop.arm.iter().map(|arm| arm != NONE).collect();
    let curve = UpliftCurve::new(&shop.history, &target, &shop.visit)?;
    let qini = curve.score(UpliftCurveKind::Qini, UpliftScale::Optimum)?;
    let gain = curve.score(UpliftCurveKind::Gain, UpliftScale::Customers)?;
    println!(
        "uplift by history: Qini {:.5}, gain curve on average {:.5} visits above chance",
        qini.value, gain.value
    );
    // Two customers of three were to get a mail, in every band.
    for band in curve.bands(5, &TestOptions::default().target_share(2.0 / 3.0))? {
        println!(
            "  {:>8.2} to {:>8.2}: {:>7.4} ({:.4} to {:.4}), split p = {:.4}",
            band.score_from,
            band.score_to,
            band.result.difference,
            band.result.interval.lower,
            band.result.interval.upper,
            band.result.split.p_value
        );
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = std::env::args()
        .next_back()
        .filter(|name| Path::new(name).extension().is_some_and(|ending| ending == "csv"));
    let data =
        std::env::var_os("CRM_TEST_DATA").map(|folder| Path::new(&folder).join("hillstrom_email.csv.gz"));
    let shop = match data.filter(|path| path.exists()) {
        Some(path) => hillstrom(&path)?,
        None => made_up()?,
    };
    let consent: Vec<f64> =
        shop.ids.iter().map(|&id| f64::from(u8::from(bucket("consent", id) < 0.9))).collect();
    let table = TargetTable::new(&IdColumn::Integer((&shop.ids).into()))?
        .with_numbers("recency", shop.recency.clone())?
        .with_numbers("history", shop.history.clone())?
        .with_numbers("consent", consent)?
        .with_texts("channel", &IdColumn::Text(&texts(&shop.channel)))?;
    let rows = select(&shop, &table)?;
    split(&table.take(&rows)?)?;
    let csv = measure(&shop)?;
    uplift(&shop)?;
    std::fs::write(out.unwrap_or_else(|| "campaign.csv".to_owned()), csv)?;
    Ok(())
}
