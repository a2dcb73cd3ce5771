//! Arms and tests of means that cannot be.

use crm_core::experiment::{
    AnovaMethod, ArmTable, CampaignCost, Contrast, GroupColumn, JointArm, MeanArm, MeanMethod, Measures,
    MultiplicityMethod, TestOptions, ThetaMethod, analysis_of_variance, campaign_return, compare_adjusted,
    compare_means, compare_ratios, compare_several_means, compare_stratified, incremental_conversions,
};
use crm_core::{Error, ErrorKind, Result, Threads};

fn refused<T: std::fmt::Debug>(result: Result<T>, kind: ErrorKind, argument: &str) -> Error {
    let error = result.unwrap_err();
    assert_eq!((error.kind(), error.argument_name()), (kind, Some(argument)), "{error}");
    error
}

fn arm() -> MeanArm {
    MeanArm::from_moments(10, 1.0, 2.0).unwrap()
}

#[test]
fn values_that_are_no_numbers() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = refused(MeanArm::from_values(&[1.0, bad]), ErrorKind::InvalidValue, "values");
        assert_eq!(error.row(), Some(1));
        refused(MeanArm::default().push(bad), ErrorKind::InvalidValue, "value");
        let error =
            refused(JointArm::new(false, 1).unwrap().push(&[1.0, bad]), ErrorKind::InvalidValue, "covariate");
        assert_eq!(error.row(), Some(0));
        refused(MeanArm::from_moments(3, bad, 1.0), ErrorKind::InvalidArgument, "mean");
        refused(MeanArm::from_moments(3, 1.0, bad), ErrorKind::InvalidArgument, "variance");
        refused(MeanArm::from_sums(3, bad, 1.0, 0.0), ErrorKind::InvalidArgument, "sum");
        refused(MeanArm::from_sums(3, 1.0, 1.0, bad), ErrorKind::InvalidArgument, "shift");
        refused(CampaignCost::new(bad, 0.0), ErrorKind::InvalidArgument, "fixed");
        let values = [0.0, bad];
        let rows = Measures::of(&values);
        let error = refused(
            ArmTable::from_rows(&rows, GroupColumn::Bytes(&[0, 0]), None, Threads::Available),
            ErrorKind::InvalidValue,
            "value",
        );
        assert_eq!(error.row(), Some(1));
    }
}

#[test]
fn numbers_that_no_values_can_have() {
    refused(MeanArm::from_moments(3, 1.0, -1.0), ErrorKind::InvalidArgument, "variance");
    refused(MeanArm::from_sums(3, 6.0, 11.0, 0.0), ErrorKind::InvalidArgument, "sum_of_squares");
    refused(MeanArm::from_sums(3, 1.0, -1.0, 0.0), ErrorKind::InvalidArgument, "sum_of_squares");
    refused(MeanArm::from_conversions(3, 2), ErrorKind::InvalidArgument, "conversions");
    refused(MeanArm::from_values(&[1e200, -1e200]), ErrorKind::OutOfRange, "values");
    // Sums as of a thousand values 1e9 + {0, 1}: nothing is left of the variance.
    let error = refused(
        MeanArm::from_sums(1000, 1e12 + 500.5, 1e21 + 1e12, 0.0),
        ErrorKind::OutOfRange,
        "sum_of_squares",
    );
    assert!(error.to_string().contains("shift"), "{error}");
    let mut all = MeanArm::from_moments(u64::MAX, 1.0, 1.0).unwrap();
    refused(all.merge(&arm()), ErrorKind::OutOfRange, "count");
    // Values whose squares underflow are not constant.
    let close = MeanArm::from_values(&[1e-200, 2e-200]).unwrap();
    let test = compare_means(&close, &close, MeanMethod::Welch, &TestOptions::default());
    refused(test, ErrorKind::OutOfRange, "target");
}

#[test]
fn options_out_of_range() {
    let joint =
        JointArm::from_moments(true, 9, &[1.0, 2.0, 3.0], &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0])
            .unwrap();
    let arms = [arm(), arm()];
    for (options, argument) in [
        (TestOptions::default().alpha(0.0), "alpha"),
        (TestOptions::default().alpha(1.0), "alpha"),
        (TestOptions::default().alpha(f64::NAN), "alpha"),
        (TestOptions::default().null(f64::NAN), "null"),
        (TestOptions::default().contrast(Contrast::Ratio).null(0.0), "null"),
        (TestOptions::default().contrast(Contrast::OddsRatio), "contrast"),
    ] {
        let kind = ErrorKind::InvalidArgument;
        refused(compare_means(&arm(), &arm(), MeanMethod::Welch, &options), kind, argument);
        refused(compare_means(&MeanArm::default(), &arm(), MeanMethod::Welch, &options), kind, argument);
        refused(compare_ratios(&joint, &joint, MeanMethod::Welch, &options), kind, argument);
        refused(
            compare_adjusted(&joint, &joint, ThetaMethod::Within, MeanMethod::Welch, &options),
            kind,
            argument,
        );
        refused(compare_stratified(&arms, &arms, None, MeanMethod::Welch, &options), kind, argument);
        refused(
            compare_several_means(&arms, 0, None, MeanMethod::Welch, MultiplicityMethod::Holm, &options),
            kind,
            argument,
        );
    }
}

#[test]
fn arms_and_columns_that_do_not_fit() {
    let options = TestOptions::default();
    let arms = [arm(), arm()];
    refused(
        compare_stratified(&arms, &arms[..1], None, MeanMethod::Z, &options),
        ErrorKind::LengthMismatch,
        "controls",
    );
    refused(
        compare_stratified(&arms, &arms, Some(&[1.0]), MeanMethod::Z, &options),
        ErrorKind::LengthMismatch,
        "weights",
    );
    let error = refused(
        compare_stratified(&arms, &arms, Some(&[1.0, -2.0]), MeanMethod::Z, &options),
        ErrorKind::InvalidArgument,
        "weights",
    );
    assert_eq!(error.row(), Some(1));
    refused(
        compare_several_means(&arms, 2, None, MeanMethod::Z, MultiplicityMethod::Holm, &options),
        ErrorKind::InvalidArgument,
        "control",
    );
    refused(analysis_of_variance(&arms[..1], None, AnovaMethod::Welch), ErrorKind::Empty, "arms");
    let (plain, wide) = (JointArm::new(false, 0).unwrap(), JointArm::new(false, 1).unwrap());
    refused(
        compare_adjusted(&plain, &wide, ThetaMethod::Within, MeanMethod::Welch, &options),
        ErrorKind::Incompatible,
        "arm",
    );
    refused(
        compare_adjusted(&plain, &plain, ThetaMethod::Within, MeanMethod::Welch, &options),
        ErrorKind::InvalidArgument,
        "covariates",
    );
    refused(
        compare_ratios(&wide, &wide, MeanMethod::Welch, &options),
        ErrorKind::InvalidArgument,
        "denominator",
    );
}

#[test]
fn campaigns_that_cannot_be() {
    let cost = CampaignCost::new(1.0, 1.0).unwrap();
    let options = TestOptions::default();
    refused(
        campaign_return(&MeanArm::default(), &arm(), &cost, MeanMethod::Welch, &options),
        ErrorKind::InvalidArgument,
        "contacts",
    );
    refused(cost.margin(-0.1), ErrorKind::InvalidArgument, "margin");
    refused(CampaignCost::new(0.0, -1.0), ErrorKind::InvalidArgument, "per_contact");
    let lift = compare_means(&arm(), &arm(), MeanMethod::Welch, &options.contrast(Contrast::Lift)).unwrap();
    refused(incremental_conversions(&lift, 10, &cost), ErrorKind::InvalidArgument, "rates");
}
