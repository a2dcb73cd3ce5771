//! From a log of purchases to named segments: who are the best customers, and who is slipping away?
//!
//! `cargo run --release -p crm-core --features io --example customer_base -- TRANSACTIONS.csv OUT.csv`
//!
//! The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998.
use std::path::Path;

use crm_core::customer::{BaseOptions, CustomerBase, Day, Exclusion, IdKind, IngestOptions, PurchaseHistory};
use crm_core::interop::{ColumnNames, CsvOptions, customer_table, read_csv, write_csv};
use crm_core::rfm::{RfmModel, RfmOptions, SegmentMap, SegmentSummary};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let log = arguments.next().unwrap_or_else(|| "examples/data/cdnow/transactions.csv".to_owned());
    let out = arguments.next().unwrap_or_else(|| "customer_base.csv".to_owned());

    let names = ColumnNames {
        time: "date".to_owned(),
        amount: Some("dollar_value".to_owned()),
        ..ColumnNames::default()
    };
    let csv = CsvOptions { id_kind: IdKind::Integer, ..CsvOptions::default() };
    let history = read_csv(Path::new(&log), &names, &csv, IngestOptions::default(), &mut |_| Ok(()))?;
    let base = history.base(BaseOptions::as_of(Day::parse("1998-06-30")?))?;
    let model = RfmModel::fit(&base, &RfmOptions::default())?;
    let scores = model.score(&base)?;
    let segments = SegmentMap::standard().assign(&scores)?;

    print_log(&history);
    print_base(&base);
    print_segments(&SegmentSummary::new(&base, &segments)?);
    for warning in model.warnings() {
        println!("\nNote: {warning}");
    }

    write_csv(&customer_table(&base, &scores, &segments)?, Path::new(&out))?;
    println!("\nWrote {} scored customers to {out}", base.len());
    Ok(())
}

fn print_log(history: &PurchaseHistory) {
    let account = history.account();
    println!("What was read");
    println!("  {:<28}{:>10}", "rows", account.read());
    println!(
        "  {:<28}{:>10}{:>16}",
        "purchases",
        account.purchases.rows,
        format!("{:.2}", account.purchases.amount.to_f64())
    );
    println!(
        "  {:<28}{:>10}{:>16}",
        "returns",
        account.returns.rows,
        format!("{:.2}", account.returns.amount.to_f64())
    );
    for reason in Exclusion::ALL {
        let total = account.excluded(reason);
        println!(
            "  {:<28}{:>10}{:>16}",
            format!("left out: {}", reason.name()),
            total.rows,
            format!("{:.2}", total.amount.to_f64())
        );
    }
}

fn print_base(base: &CustomerBase) {
    let repeat_buyers = (0..base.len()).filter(|&customer| base.repeat_purchases(customer) > 0).count();
    let orders: u64 = base.orders().iter().map(|&orders| u64::from(orders)).sum();
    let days: u64 = base.purchase_days().iter().map(|&days| u64::from(days)).sum();
    println!("\nThe customer base as of {}", base.as_of());
    println!("  {:<28}{:>10}", "customers", base.len());
    println!("  {:<28}{:>10}", "bought on more than one day", repeat_buyers);
    println!("  {:<28}{:>10}", "orders", orders);
    println!("  {:<28}{:>10}", "days with a purchase", days);
    println!("  {:<28}{:>10}", "net amount", format!("{:.2}", base.total_net_amount().to_f64()));
}

fn print_segments(summary: &SegmentSummary) {
    println!("\nSegments");
    println!(
        "  {:<20}{:>10}{:>8}{:>14}{:>10}{:>16}{:>10}{:>12}",
        "segment", "customers", "share", "net amount", "of total", "days since last", "orders", "net amount"
    );
    println!(
        "  {:<20}{:>10}{:>8}{:>14}{:>10}{:>16}{:>10}{:>12}",
        "", "", "", "", "", "(mean)", "(mean)", "(mean)"
    );
    for row in summary.rows() {
        println!(
            "  {:<20}{:>10}{:>7.1}%{:>14.2}{:>9.1}%{:>16}{:>10}{:>12}",
            row.segment,
            row.customers,
            100.0 * row.customer_share,
            row.net_amount.to_f64(),
            100.0 * row.amount_share,
            mean(row.mean_days_since_last_purchase, 1),
            mean(row.mean_orders, 1),
            mean(row.mean_net_amount, 2)
        );
    }
}

/// A segment without customers has no mean.
fn mean(value: Option<f64>, decimals: usize) -> String {
    value.map_or("-".to_owned(), |value| format!("{value:.decimals$}"))
}
