//! What Fader and Hardie print of spend.

use crm_core::Threads;
use crm_core::clv::{SpendData, SpendModel};
use crm_core::customer::{BaseOptions, CustomerId, IngestOptions, Policy, TimeUnit};

use crate::public_logs::cdnow_sample;
use crate::reading::{build, day, place};

/// Gamma-Gamma of the 946 repeat buyers of CDNOW; Fader and Hardie (2013), note 025. The log-likelihood is that of `CLVTools` 0.12.1.
#[test]
fn gamma_gamma_of_cdnow() {
    let history = build(&cdnow_sample(), &IngestOptions::default());
    let base = history.base(BaseOptions::as_of(day("1997-09-30")).in_unit(TimeUnit::Week)).unwrap();
    let data = SpendData::from_base(&base, Policy::Exclude).unwrap();
    let model = SpendModel::fit(&data, 0.0, Threads::Available).unwrap();
    let report = model.report().unwrap();
    assert_eq!(report.customers(), 946.0);
    assert!(report.is_sound());
    for (estimate, printed) in report.estimates().iter().zip([6.25, 3.74, 15.44]) {
        assert!((estimate - printed).abs() < 0.005, "{estimate} {printed}");
    }
    assert!((report.log_likelihood() + 4055.9177).abs() < 5e-5, "{}", report.log_likelihood());
    let expected = model.expected_mean_spend(&data.repeat_purchases(), &data.mean_spend()).unwrap();
    let printed = [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17];
    for (id, printed) in (1..=10).zip(printed) {
        let mine = expected[place(&base, CustomerId::Integer(id))];
        assert!((mine - printed).abs() < 0.005, "{id} {mine} {printed}");
    }
}
