//! What is each customer worth over the next year, and would the model have been right?
//!
//! `cargo run --release -p crm-core --features io --example clv -- TRANSACTIONS.csv OUT.csv`
//!
//! The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998.
use std::path::Path;

use crm_core::clv::{
    BinnedComparison, CustomerValueModel, DiscountRate, FitOptions, FitReport, HoldoutAccuracy,
    LifetimeValues, PurchaseData, PurchaseKind, PurchaseModel, RankingQuality, SpendData, SpendModel,
    ValueOptions,
};
use crm_core::customer::{
    BaseOptions, CustomerBase, Day, IdKind, IngestOptions, Period, Policy, PurchaseHistory, TimeUnit,
};
use crm_core::interop::{ColumnNames, CsvOptions, read_csv, value_table, write_csv};
use crm_core::rfm::{RfmModel, RfmOptions, SegmentMap, Segments};
use crm_core::{Result, Threads};

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let log = arguments.next().unwrap_or_else(|| "examples/data/cdnow/transactions.csv".to_owned());
    let out = arguments.next().unwrap_or_else(|| "clv.csv".to_owned());

    let names = ColumnNames {
        time: "date".to_owned(),
        amount: Some("dollar_value".to_owned()),
        ..ColumnNames::default()
    };
    let csv = CsvOptions { id_kind: IdKind::Integer, ..CsvOptions::default() };
    let history = read_csv(Path::new(&log), &names, &csv, IngestOptions::default(), &mut |_| Ok(()))?;

    check_on_holdout(&history)?;

    let base = history.base(BaseOptions::as_of(Day::parse("1998-06-30")?).in_unit(TimeUnit::Week))?;
    let purchases = PurchaseData::from_base(&base);
    let spend = SpendData::from_base(&base, Policy::Exclude)?;
    let model = CustomerValueModel::new(
        PurchaseModel::fit(PurchaseKind::BgNbd, &purchases, &FitOptions::default())?,
        SpendModel::fit(&spend, 0.0, Threads::Available)?,
    );
    println!("\nFitted to the end of June 1998");
    print_fit(model.purchases().report());
    print_fit(model.spend().report());

    let year = Period::new(12.0, TimeUnit::MonthMean)?;
    let options = ValueOptions::new(year, DiscountRate::annual(0.10)?).with_margin(0.3)?;
    let values = model.values(&purchases, &spend, &options)?;
    print_top(&base, &values);
    let scores = RfmModel::fit(&base, &RfmOptions::default())?.score(&base)?;
    print_segments(&SegmentMap::standard().assign(&scores)?, &values);

    write_csv(&value_table(&base, &values)?, Path::new(&out))?;
    println!("\nWrote the values of {} customers to {out}", base.len());
    Ok(())
}

/// Fits both models to the first 39 weeks, and compares what they expect of the next 39 with what happened.
fn check_on_holdout(history: &PurchaseHistory) -> Result<()> {
    let calibration = BaseOptions::as_of(Day::parse("1997-09-30")?).in_unit(TimeUnit::Week);
    let split = history.split(calibration, Day::parse("1998-06-30")?)?;
    let data = PurchaseData::from_base(split.calibration());
    let actual: Vec<f64> = split.purchase_days().iter().map(|&days| f64::from(days)).collect();
    let ahead = Period::new(split.holdout_length(), TimeUnit::Week)?;

    println!("Calibrated to the end of September 1997, compared with the {ahead}s after it");
    println!(
        "  {:<12}{:>12}{:>12}{:>12}{:>8}{:>8}{:>10}{:>10}",
        "model", "ln L", "expected", "actual", "error", "MAE", "top 10%", "top 20%"
    );
    for kind in PurchaseKind::ALL.into_iter().filter(|kind| !kind.is_discrete()) {
        let model = PurchaseModel::fit(kind, &data, &FitOptions::default())?;
        let expected = model.expected_purchases(&data, ahead)?;
        let accuracy = HoldoutAccuracy::new(&expected, &actual)?;
        let ranking = RankingQuality::new(&expected, &actual)?;
        println!(
            "  {:<12}{:>12.3}{:>12.1}{:>12.0}{:>7.1}%{:>8.3}{:>9.1}%{:>9.1}%",
            kind.info().title,
            model.report().map_or(0.0, FitReport::log_likelihood),
            accuracy.total_predicted,
            accuracy.total_actual,
            100.0 * accuracy.total_error.unwrap_or(0.0),
            accuracy.mean_absolute_error,
            100.0 * ranking.share_held(0.1)?,
            100.0 * ranking.share_held(0.2)?
        );
    }

    let model = PurchaseModel::fit(PurchaseKind::BgNbd, &data, &FitOptions::default())?;
    let expected = model.expected_purchases(&data, ahead)?;
    println!("\nBG/NBD by repeat purchases before the end of September");
    println!("  {:<12}{:>12}{:>12}{:>12}", "purchases", "customers", "expected", "actual");
    for bin in BinnedComparison::by_frequency(&data.repeat_purchases(), &expected, &actual, 7)?.bins() {
        let label = if bin.to.is_finite() { format!("{}", bin.from) } else { format!("{}+", bin.from) };
        println!(
            "  {label:<12}{:>12}{:>12.3}{:>12.3}",
            bin.customers,
            bin.mean_predicted.unwrap_or(0.0),
            bin.mean_actual.unwrap_or(0.0)
        );
    }
    Ok(())
}

fn print_fit(report: Option<&FitReport>) {
    let Some(report) = report else { return };
    for ((name, estimate), error) in
        report.names().iter().zip(report.estimates()).zip(report.standard_errors())
    {
        println!("  {name:<8}{estimate:>10.4} ± {:.4}", error.unwrap_or(0.0));
    }
    println!("  {:<8}{:>10.3}", "ln L", report.log_likelihood());
    for warning in report.warnings() {
        println!("  Note: {warning}");
    }
}

fn print_top(base: &CustomerBase, values: &LifetimeValues) {
    let mut order: Vec<usize> = (0..base.len()).collect();
    // Stable: equals stay in the order of their ids.
    order.sort_by(|&left, &right| values.value[right].total_cmp(&values.value[left]));
    println!("\nThe ten customers worth most over the next 12 months, at a margin of 30 % and 10 % a year");
    println!(
        "  {:<12}{:>10}{:>10}{:>12}{:>10}{:>10}",
        "customer", "orders", "P(alive)", "purchases", "spend", "value"
    );
    let ids = base.customer_ids();
    for &customer in order.iter().take(10) {
        println!(
            "  {:<12}{:>10}{:>10.4}{:>12.3}{:>10.2}{:>10.2}",
            ids.get(customer).map_or_else(String::new, |id| id.to_string()),
            base.orders()[customer],
            values.p_alive[customer],
            values.discounted_purchases[customer],
            values.expected_spend[customer],
            values.value[customer]
        );
    }
}

fn print_segments(segments: &Segments, values: &LifetimeValues) {
    let total: f64 = values.value.iter().sum();
    println!("\nValue by segment");
    println!("  {:<20}{:>10}{:>12}{:>10}{:>10}", "segment", "customers", "value", "of total", "(mean)");
    for (code, name) in segments.names().iter().enumerate() {
        let members =
            || (0..segments.len()).filter(|&customer| usize::from(segments.codes()[customer]) == code);
        let (count, value) =
            (members().count(), members().map(|customer| values.value[customer]).sum::<f64>());
        if count > 0 {
            println!(
                "  {name:<20}{count:>10}{value:>12.2}{:>9.1}%{:>10.2}",
                100.0 * value / total,
                value / count as f64
            );
        }
    }
    println!("  {:<20}{:>10}{:>12.2}", "all", segments.len(), total);
}
