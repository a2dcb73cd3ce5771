//! Which kinds of customers are there, who is between two of them, and who deserves which offer?
//!
//! `cargo run --release -p crm-core --features io --example segments -- TRANSACTIONS.csv OUT.csv`
//!
//! The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998.
use std::path::Path;

use crm_core::clv::{
    CustomerValueModel, DiscountRate, FitOptions, PurchaseData, PurchaseKind, PurchaseModel, SpendData,
    SpendModel, ValueOptions,
};
use crm_core::customer::{
    BaseOptions, CustomerBase, Day, IdKind, IngestOptions, Period, Policy, PurchaseHistory, TimeUnit,
};
use crm_core::interop::{ColumnNames, CsvOptions, read_csv, segment_table, write_csv};
use crm_core::rfm::{RfmModel, RfmOptions, SegmentMap};
use crm_core::segment::{
    ChoiceOptions, ClusterChoice, CrossTable, CustomerTierOptions, CustomerTiers, Feature, FeatureScaler,
    FeatureTable, KMeansOptions, Matching, RiskColumn, ScalingOptions, SegmentAssignment, SegmentDrift,
    SegmentModel, SegmentSnapshot, TierBacktest, ValueTierOptions, ValueTiers, adjusted_rand_index,
};
use crm_core::{Result, Threads};

/// The data tell those who come back from those who do not; campaigns want to tell them apart further.
const SEGMENTS: usize = 4;
/// What the customers are compared by.
const FEATURES: [Feature; 3] = [Feature::TimeSinceLastPurchase, Feature::PurchaseDays, Feature::NetAmount];

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let log = arguments.next().unwrap_or_else(|| "examples/data/cdnow/transactions.csv".to_owned());
    let out = arguments.next().unwrap_or_else(|| "segments.csv".to_owned());

    let names = ColumnNames {
        time: "date".to_owned(),
        amount: Some("dollar_value".to_owned()),
        ..ColumnNames::default()
    };
    let csv = CsvOptions { id_kind: IdKind::Integer, ..CsvOptions::default() };
    let history = read_csv(Path::new(&log), &names, &csv, IngestOptions::default(), &mut |_| Ok(()))?;
    let march = base(&history, "1998-03-31")?;
    let june = base(&history, "1998-06-30")?;
    let table = FeatureTable::from_base(&june, &FEATURES)?;

    recommend(&table)?;
    let options = KMeansOptions::new(SEGMENTS).order(table.order_by("net_amount", true)?);
    let fitted = SegmentModel::fit(&table, &ScalingOptions::default(), &options)?;
    println!("\n{}", fitted.model.profiles(&table, &fitted.labels)?);

    let assigned = fitted.model.assign(&table)?;
    let close = assigned.border.iter().filter(|&&border| border > 0.9).count();
    println!("On the border with another segment: {close} customers");

    compare_with_rfm(&june, &assigned)?;
    compare_with_march(&fitted.model, &march, &assigned)?;
    value_tiers(&june)?;
    customer_tiers(&march, &june)?;

    write_csv(&segment_table(&june, fitted.model.names(), &assigned)?, Path::new(&out))?;
    println!("\nWrote the segments of {} customers to {out}", june.len());
    Ok(())
}

fn base(history: &PurchaseHistory, as_of: &str) -> Result<CustomerBase> {
    history.base(BaseOptions::as_of(Day::parse(as_of)?).in_unit(TimeUnit::Week))
}

/// Looks for the number of segments that the data speak for.
fn recommend(table: &FeatureTable) -> Result<()> {
    let (_, scaled) = FeatureScaler::fit_apply(table, &ScalingOptions::default())?;
    let choice = ClusterChoice::evaluate(&scaled.matrix()?, &ChoiceOptions::default().clusters(2, 6))?;
    println!("How many segments?");
    println!("  {:<10}{:>12}{:>12}{:>12}{:>12}", "segments", "inertia", "silhouette", "gap", "stability");
    for row in &choice.rows {
        println!(
            "  {:<10}{:>12.2}{:>12.3}{:>12.3}{:>12.3}",
            row.clusters,
            row.inertia,
            row.silhouette,
            row.gap.unwrap_or(f64::NAN),
            row.stability
        );
    }
    match choice.recommended {
        Some(segments) => println!("  Recommended: {segments}"),
        None => println!("  No structure found"),
    }
    for reason in &choice.reasons {
        println!("  - {reason}");
    }
    Ok(())
}

/// How the segments relate to those of recency, frequency and monetary value.
fn compare_with_rfm(base: &CustomerBase, assigned: &SegmentAssignment) -> Result<()> {
    let scores = RfmModel::fit(base, &RfmOptions::default())?.score(base)?;
    let rfm = SegmentMap::standard().assign(&scores)?;
    let codes: Vec<u32> = rfm.codes().iter().map(|&code| u32::from(code)).collect();
    let table = CrossTable::new(&assigned.labels, &codes)?;
    let index = adjusted_rand_index(&assigned.labels, &codes)?;
    println!("\nAgainst RFM segments: adjusted Rand index {index:.4}");
    for segment in 0..table.row_groups() {
        let shares =
            (0..table.column_groups()).map(|code| (table.row_share(segment, code).unwrap_or(0.0), code));
        // The first of equals.
        let (share, code) = shares.fold((0.0, 0), |best, next| if next.0 > best.0 { next } else { best });
        println!("  {segment}: {:.1}% are {}", 100.0 * share, rfm.names()[code]);
    }
    Ok(())
}

/// What the same segments looked like three months before.
fn compare_with_march(model: &SegmentModel, march: &CustomerBase, june: &SegmentAssignment) -> Result<()> {
    let before = model.assign(&FeatureTable::from_base(march, &FEATURES)?)?;
    let drift = SegmentDrift::new(
        model.segments(),
        SegmentSnapshot::new(&before.labels),
        SegmentSnapshot::new(&june.labels),
        Matching::ByRow,
    )?;
    println!(
        "\nSince the end of March: population stability index {:.4}",
        drift.population_stability_index()
    );
    for size in drift.sizes() {
        println!(
            "  {}: {:.1}% to {:.1}% of the customers",
            size.segment,
            100.0 * size.share_before,
            100.0 * size.share_after
        );
    }
    if let Some(migration) = drift.migration() {
        println!("  {:.1}% stayed where they were", 100.0 * migration.agreement());
    }
    Ok(())
}

fn value_tiers(base: &CustomerBase) -> Result<()> {
    let amounts: Vec<f64> = (0..base.len()).map(|customer| base.net_amount(customer).to_f64()).collect();
    let tiers = ValueTiers::fit(&amounts, &ValueTierOptions::default())?;
    println!("\nValue tiers");
    for row in &tiers.summary.rows {
        println!(
            "  {:<8}{:>6} customers ({:.1}%) hold {:.1}% of the value",
            row.name,
            row.customers,
            100.0 * row.customer_share,
            100.0 * row.value_share
        );
    }
    Ok(())
}

/// Value so far, value of the next year, and the chance of having left.
struct Standing {
    value: Vec<f64>,
    potential: Vec<f64>,
    risk: Vec<f64>,
}

fn standing(model: &CustomerValueModel, base: &CustomerBase) -> Result<Standing> {
    let (purchases, spend) = (PurchaseData::from_base(base), SpendData::from_base(base, Policy::Exclude)?);
    let year = Period::new(12.0, TimeUnit::MonthMean)?;
    let values = model.values(&purchases, &spend, &ValueOptions::new(year, DiscountRate::annual(0.10)?))?;
    Ok(Standing {
        value: (0..base.len()).map(|customer| base.net_amount(customer).to_f64()).collect(),
        potential: values.value,
        risk: values.p_alive.iter().map(|alive| 1.0 - alive).collect(),
    })
}

/// Core, important, basic, at risk: solved at the end of March, and judged by the end of June.
fn customer_tiers(march: &CustomerBase, june: &CustomerBase) -> Result<()> {
    let model = CustomerValueModel::new(
        PurchaseModel::fit(PurchaseKind::BgNbd, &PurchaseData::from_base(march), &FitOptions::default())?,
        SpendModel::fit(&SpendData::from_base(march, Policy::Exclude)?, 0.0, Threads::Available)?,
    );
    let (before, after) = (standing(&model, march)?, standing(&model, june)?);
    let tiers = CustomerTiers::fit(
        &before.value,
        &before.potential,
        RiskColumn::Scores(&before.risk),
        &CustomerTierOptions::default(),
    )?;
    println!(
        "\nTiers at the end of March{}",
        if tiers.report.feasible { "" } else { ", as near to their bands as they come" }
    );
    for outcome in &tiers.report.tiers {
        println!(
            "  {:<10}{:>6} customers ({:.1}%), asked {:.0}% to {:.0}%",
            outcome.tier.name(),
            outcome.customers,
            100.0 * outcome.share,
            100.0 * outcome.band.lowest,
            100.0 * outcome.band.highest
        );
    }
    let later = tiers.model.assign(&after.value, &after.potential, RiskColumn::Scores(&after.risk))?;
    let backtest = TierBacktest::new(&tiers.tiers, &later, TierBacktest::DEFAULT_TARGET)?;
    println!(
        "  {:.1}% are in the same tier at the end of June ({:.1}% by chance); the target of {:.0}% is {}",
        100.0 * backtest.agreement,
        100.0 * backtest.chance_agreement,
        100.0 * backtest.target,
        if backtest.reaches_target { "reached" } else { "missed" }
    );
    Ok(())
}
