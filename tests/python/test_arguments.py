"""Whole numbers that are too great, too small or none, and lists that hold no numbers: every error names the argument."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import crm
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

# Without types: most of what is given here has a wrong one.
ANY: Any = crm
NAN = float("nan")
DAYS = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1), date(2024, 1, 5), date(2024, 2, 9), date(2024, 3, 2)]
HISTORY = crm.PurchaseHistory.from_columns([1, 1, 1, 2, 2, 3], DAYS, [5.0, 6.0, 7.0, 8.0, 9.0, 3.0])
BASE = HISTORY.base("2024-06-30")
PURCHASES = crm.PurchaseModel.from_parameters("bg_nbd", [0.243, 4.414, 0.793, 2.426], "week")
SPEND = crm.SpendModel.from_parameters(6.25, 3.74, 15.44)
RETENTION = crm.RetentionModel.from_parameters(1.0, 2.0, "year_mean")
YEAR = crm.Period.weeks(52)
OUTCOMES = crm.CampaignOutcomes(
    ["mail", "none"] * 10, [crm.Arm("mail"), crm.Arm("none", control=True)], metrics={"revenue": [1.0, 2.0] * 10}
)
CURVE = crm.UpliftCurve([3, 2, 1, 0], [1, 0, 1, 0], [1, 0, 0, 0])
SCORED = crm.DimensionTable("2025-12-31", {crm.Dimension("a", "units"): [1.0, 2.0, 3.0, 4.0]})
FITTED = crm.LoyaltyScore.fit(SCORED, [1]).model
LEDGER = crm.PointsLedger({"earn": {"points": 1, "per": "1.00"}})
FEATURES = crm.FeatureTable({"visits": [1, 2, 1, 30], "net_amount": [5, 9, 4, 800]}, units={"visits": "count", "net_amount": "money:EUR"})
X = [[0.0], [0.1], [0.2], [5.0], [5.1], [5.2]]
LABELS = [0, 0, 0, 1, 1, 1]
RATES = [crm.BinaryArm(1, 10), crm.BinaryArm(2, 10)]
MEANS = [crm.MeanArm.from_moments(9, 1.0, 1.0), crm.MeanArm.from_moments(9, 2.0, 1.0)]
JOINT = crm.JointArm.from_columns([1.0, 2.0, 4.0], covariates=[[1.0, 0.0, 5.0]])
LOOKS = crm.GroupSequential([0.5, 1.0])
EVENTS: Any = {"event_id": ["e"], "customer_id": ["ann"], "time": [date(2024, 1, 1)], "kind": ["join"], "amount": [None], "points": [None]}


Calls = dict[str, tuple[Callable[..., Any], dict[str, Any]]]

# What has whole numbers as arguments: how it is called, and the other arguments. What is looked at later only is fitted here.
CALLS: Calls = {
    "ArmTable.from_columns": (crm.ArmTable.from_columns, {"arm": [1, 2], "value": [1.0, 2.0]}),
    "BetaPosterior": (crm.BetaPosterior, {"conversions": 1, "trials": 10}),
    "BinaryArm": (crm.BinaryArm, {"conversions": 1, "trials": 10}),
    "CampaignCost.break_even_mean": (crm.CampaignCost(1.0).break_even_mean, {}),
    "CampaignCost.break_even_rate": (crm.CampaignCost(1.0).break_even_rate, {"revenue_per_conversion": 1.0}),
    "CampaignCost.total": (crm.CampaignCost(1.0).total, {}),
    "CustomerValueModel.predictive_intervals": (
        crm.CustomerValueModel(PURCHASES, SPEND).predictive_intervals,
        {"data": BASE, "horizon": YEAR, "discount_rate": crm.DiscountRate.annual(0.1), "seed": 1},
    ),
    "Dimension.decayed_sum": (
        crm.Dimension("a", "units").decayed_sum,
        {"rows": [0], "ages_days": [1.0], "amounts": [1.0]},
    ),
    "ExactProportionPlan": (crm.ExactProportionPlan, {"control_rate": 0.1}),
    "ExactProportionPlan.detectable": (crm.ExactProportionPlan(0.1).detectable, {}),
    "ExactProportionPlan.power": (crm.ExactProportionPlan(0.1).power, {"target_rate": 0.2}),
    "FeatureTable.from_history": (crm.FeatureTable.from_history, {"history": HISTORY, "as_of": "2024-06-30"}),
    "GaussianMixture": (lambda **given: crm.GaussianMixture(**given).fit(X), {"components": 2}),
    "GroupSequential.inference": (LOOKS.inference, {"estimate": 1.0, "standard_error": 1.0}),
    "GroupSequential.look": (LOOKS.look, {"estimate": 1.0, "standard_error": 1.0}),
    "JointArm.column": (JOINT.column, {}),
    "JointArm.covariance": (JOINT.covariance, {"first": 0, "second": 1}),
    "JointArm.from_moments": (crm.JointArm.from_moments, {"means": [1.0], "covariances": [[1.0]]}),
    "JointArm.from_sums": (crm.JointArm.from_sums, {"sums": [1.0], "products": [[1.0]]}),
    "LoyaltyScore.change": (FITTED.change, {"table": SCORED, "later": FITTED, "later_table": SCORED}),
    "LoyaltyScore.change_by_dimension": (FITTED.change_by_dimension, {"table": SCORED, "later": FITTED, "later_table": SCORED}),
    "LoyaltyScore.contributions": (FITTED.contributions, {"table": SCORED}),
    "LoyaltyScore.fit": (crm.LoyaltyScore.fit, {"table": SCORED, "weights": [1]}),
    "LoyaltyScore.score": (FITTED.score, {"table": SCORED}),
    "MeanArm.from_conversions": (crm.MeanArm.from_conversions, {"conversions": 1, "trials": 10}),
    "MeanArm.from_moments": (crm.MeanArm.from_moments, {"mean": 1.0, "variance": 1.0}),
    "MeanArm.from_sums": (crm.MeanArm.from_sums, {"sum": 1.0, "sum_of_squares": 1.0}),
    "MeanPlan": (crm.MeanPlan, {"target_deviation": 1.0}),
    "MiniBatchKMeans": (lambda **given: crm.MiniBatchKMeans(**given).partial_fit(X), {"clusters": 2}),
    "KMeans": (lambda **given: crm.KMeans(**given).fit(X), {"clusters": 2}),
    "PointsLedger": (crm.PointsLedger, {"program": {}}),
    "PointsLedger.from_bytes": (crm.PointsLedger.from_bytes, {"data": LEDGER.to_bytes()}),
    "PointsLedger.apply": (LEDGER.apply, EVENTS),
    "Prediction.purchase_probability": (crm.Prediction.purchase_probability, {"period": YEAR}),
    "ProportionPlan": (crm.ProportionPlan, {"control_rate": 0.1}),
    "PurchaseData.newcomers": (crm.PurchaseData.newcomers, {"time_unit": "week"}),
    "PurchaseHistory.base": (HISTORY.base, {"as_of": "2024-06-30"}),
    "PurchaseHistory.from_arrow": (crm.PurchaseHistory.from_arrow, {"data": pa.table({"customer_id": [1], "time": DAYS[:1], "amount": [1.0]})}),
    "PurchaseHistory.from_columns": (crm.PurchaseHistory.from_columns, {"customer_id": [1], "time": DAYS[:1], "amount": [1.0]}),
    "PurchaseHistory.from_csv": (crm.PurchaseHistory.from_csv, {"path": "none.csv"}),
    "PurchaseHistory.from_parquet": (crm.PurchaseHistory.from_parquet, {"path": "none.parquet"}),
    "PurchaseHistory.rhythm": (HISTORY.rhythm, {"as_of": "2024-06-30"}),
    "PurchaseHistory.split": (HISTORY.split, {"calibration_end": "2024-03-31", "holdout_end": "2024-06-30"}),
    "PurchaseModel": (lambda **given: crm.PurchaseModel(**given).fit(BASE), {}),
    "PurchaseModel.bootstrap": (PURCHASES.bootstrap, {"data": BASE}),
    "PurchaseModel.newcomers": (PURCHASES.newcomers, {}),
    "PurchaseModel.purchase_probability": (PURCHASES.purchase_probability, {"data": BASE, "period": YEAR}),
    "PurchaseModel.simulate": (PURCHASES.simulate, {"ages": [10.0], "holdout": YEAR}),
    "QuantileArm": (crm.QuantileArm, {"values": [1.0, 2.0]}),
    "QuantileArm.from_counts": (crm.QuantileArm.from_counts, {"values": [1.0, 2.0], "counts": [1, 2]}),
    "RankPlan": (crm.RankPlan, {}),
    "RankPlan.from_categories": (crm.RankPlan.from_categories, {"target": [1, 2], "control": [2, 1]}),
    "RankPlan.from_samples": (crm.RankPlan.from_samples, {"target": [1, 2], "control": [0, 1]}),
    "RankingQuality.lift": (crm.RankingQuality([1.0, 2.0, 3.0], [0, 1, 2]).lift, {}),
    "RatePlan.detectable": (crm.RatePlan(0.1).detectable, {}),
    "RatePlan.power": (crm.RatePlan(0.1).power, {"rate": 0.2}),
    "RetentionModel.residual_survival": (RETENTION.residual_survival, {"renewals": 1}),
    "RetentionModel.simulate": (RETENTION.simulate, {"customers": 1, "periods": 1, "seed": 1}),
    "Rfm": (lambda **given: crm.Rfm(**given).fit(BASE), {}),
    "SegmentDrift": (crm.SegmentDrift, {"before": [0, 1], "after": [0, 1]}),
    "SegmentMap.audit": (crm.SegmentMap.audit, {"rules": []}),
    "SegmentMap.from_rules": (crm.SegmentMap.from_rules, {"rules": []}),
    "SegmentModel": (lambda **given: crm.SegmentModel(**given).fit(FEATURES), {"clusters": 2}),
    "SegmentProfiles.distinguishing": (crm.SegmentProfiles(FEATURES, [0, 0, 0, 1]).distinguishing, {"label": 0}),
    "Selection.contacts_at_most": (
        crm.Selection().contacts_at_most,
        {"name": "often", "customer_id": [1], "day": DAYS[:1], "as_of": "2024-06-30", "at_most": 1, "within_days": 1},
    ),
    "Selection.quota": (crm.Selection().quota, {}),
    "Selection.segment_quotas": (crm.Selection().segment_quotas, {"column": "seg"}),
    "Simulation.purchases": (PURCHASES.simulate([10.0], YEAR).purchases, {}),
    "SpendModel": (lambda **given: crm.SpendModel(**given).fit(BASE), {}),
    "SpendModel.simulate": (SPEND.simulate, {"repeat_purchases": [1]}),
    "Traffic": (crm.Traffic, {"visitors_per_day": 10.0, "target_share": 0.1, "control_share": 0.1}),
    "UpliftCurve.bands": (CURVE.bands, {}),
    "UpliftCurve.interval": (CURVE.interval, {"seed": 1}),
    "bernoulli_sequence": (crm.bernoulli_sequence, {"conversions": 1, "trials": 10, "trials_opt": 10.0}),
    "bootstrap": (crm.bootstrap, {"target": [1.0, 2.0, 4.0]}),
    "brunner_munzel": (crm.brunner_munzel, {"target": [1.0, 2.0], "control": [0.0, 3.0]}),
    "choose_clusters": (crm.choose_clusters, {"X": X, "clusters": (2, 3)}),
    "compare_by_frequency": (crm.compare_by_frequency, {"repeat_purchases": [1], "predicted": [1.0], "actual": [1]}),
    "compare_by_value": (crm.compare_by_value, {"values": [1.0], "predicted": [1.0], "actual": [1]}),
    "compare_proportion_columns": (
        crm.compare_proportion_columns,
        {"target_conversions": [1], "target_trials": [2], "control_conversions": [1], "control_trials": [2]},
    ),
    "compare_several_means": (crm.compare_several_means, {"arms": MEANS}),
    "compare_several_proportions": (crm.compare_several_proportions, {"arms": RATES}),
    "dispersion": (crm.dispersion, {"X": X, "labels": LABELS}),
    "gap": (crm.gap, {"X": X, "most_clusters": 3}),
    "judge_weightings": (crm.judge_weightings, {"models": {"one": FITTED}, "table": SCORED, "retained": [1, 0, 1, 0]}),
    "mann_whitney": (crm.mann_whitney, {"target": [1.0, 2.0], "control": [0.0, 3.0]}),
    "permutation_test": (crm.permutation_test, {"target": [1.0, 2.0], "control": [0.0, 3.0]}),
    "silhouette": (crm.silhouette, {"X": X, "labels": LABELS}),
    "silhouette_values": (crm.silhouette_values, {"X": X, "labels": LABELS}),
    "simulate_program": (crm.simulate_program, {"before": {}, "after": {}, "as_of": "2024-06-30", **EVENTS}),
    "stability": (crm.stability, {"X": X, "clusters": 2}),
}

# What takes any number, or has an error of its own for one that is none.
ANY_NUMBER = {
    "CampaignReport.result": "an index: IndexError",
    "SegmentMap.segment_of": "a cell outside the map has no segment",
    "Reward": "looked at by RewardCatalogue, below",
}

# Arguments that errors know by another name.
NAMES = {("Selection.quota", "customers"): "quota", ("Selection.segment_quotas", "others"): "segment_quotas"}


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Everything public that is called, but classes of results."""
    for name in crm.__all__:
        item = getattr(crm, name)
        if inspect.isfunction(item):
            yield name, item
        if not inspect.isclass(item) or issubclass(item, Exception) or (is_dataclass(item) and name != "Reward"):
            continue
        if "__init__" in vars(item):
            yield name, item.__init__
        for method, raw in vars(item).items():
            found = getattr(raw, "__func__", raw)
            if inspect.isfunction(found) and not method.startswith("_"):
                yield f"{name}.{method}", found


def integers(called: Callable[..., Any]) -> list[str]:
    """The arguments that are whole numbers."""
    return [name for name, known in inspect.signature(called).parameters.items() if known.annotation in ("int", "int | None")]


INTEGERS = [(name, argument) for name, called in public() for argument in integers(called) if name not in ANY_NUMBER]
# Part of the columns of events, and of the options of reading.
INTEGERS += [("PointsLedger.apply", "amount_scale"), ("simulate_program", "amount_scale"), ("PurchaseHistory.from_columns", "threads")]


def refused(call: Callable[[], object]) -> crm.CrmError:
    with pytest.raises(crm.CrmError) as caught:
        call()
    assert str(caught.value).startswith(str(caught.value.argument))
    return caught.value


@pytest.mark.parametrize(("name", "argument"), INTEGERS)
def test_whole_numbers(name: str, argument: str) -> None:
    call, others = CALLS[name]
    named = NAMES.get((name, argument), argument)
    for value in (2**64, -(2**63) - 1, 10**60, -(10**60), 10**5000):
        error = refused(lambda: call(**(others | {argument: value})))
        assert isinstance(error, (crm.InvalidArgumentError, crm.OutOfRangeError)) and error.argument == named, repr(error)
        assert abs(value) > 10**38 or str(value) in str(error)
    none: Any
    for none in (2.5, 2.0, "2", [2]):
        error = refused(lambda: call(**(others | {argument: none})))
        assert isinstance(error, crm.WrongTypeError) and error.argument == named, repr(error)
        assert type(none).__name__ in str(error)


def test_bounds_are_told() -> None:
    few = crm.PurchaseModel(most_evaluations=2**32)
    for match, call in (
        (f"count: {2**64} is not accepted: must be at least 0, and at most {2**64 - 1}", lambda: crm.MeanArm.from_moments(2**64, 1, 1)),
        (f"threads: {2**64} is not accepted: must be between 0 (all) and 1024", lambda: crm.mann_whitney([1, 2], [3], threads=2**64)),
        ("most_evaluations: 4294967296 is not accepted: must be at least 1, and at most 4294967295", lambda: few.fit(BASE)),
        (f"trials: {2**64} is above {2**64 - 1}", lambda: crm.BinaryArm(1, 2**64)),
        ("look: -2 is not accepted: must be from 0 to below the number of looks, 2", lambda: LOOKS.look(1.0, 1.0, look=-2)),
        ("conversions: a number of more than 38 digits is not accepted", lambda: crm.BinaryArm(10**60, 1)),
    ):
        assert str(refused(call)).startswith(match)
    assert crm.BinaryArm(np.int8(1), np.uint64(9)) == crm.BinaryArm(1, 9)  # type: ignore[arg-type]
    # As in Rust and C, seeds have 64 bits.
    assert crm.bootstrap([1.0, 2.0, 4.0], seed=2**64 - 1).resamples == 10_000


def test_ids() -> None:
    table = crm.ArmTable.from_columns([1, 2], [1.0, 2.0])
    for argument, call in (
        ("arm", lambda: table[2**64]),
        ("customer_id", lambda: LEDGER.statement(2**64, "2024-06-30")),
        ("customer_id", lambda: LEDGER.statement(-(2**64), "2024-06-30")),
    ):
        error = refused(call)
        assert isinstance(error, crm.OutOfRangeError) and error.argument == argument and "does not fit 64 bits" in str(error)


def test_lists_of_whole_numbers() -> None:
    check = ANY.SequentialSampleRatio([1, 1])
    given: Any
    for argument, call in (
        ("observed", lambda given: ANY.sample_ratio(given, [1, 1])),
        ("observed", check.look),
        ("redeemed", lambda given: crm.recognize_points(100, redeemed=given, expected=[1, 2])),
        ("expected", lambda given: crm.recognize_points(100, redeemed=[1, 2], expected=given)),
        ("clusters", lambda given: crm.choose_clusters(X, given)),
    ):
        for given, row in (([2, "3"], 1), (["2", 3], 0), ([2, 3.5], 1), (np.array([2.0, 3.0]), 0), ([2, None], 1), ([2, True], 1)):
            error = refused(lambda: call(given))
            assert isinstance(error, crm.WrongTypeError) and (error.argument, error.row) == (argument, row), repr(error)
        for given in (5, "23"):
            error = refused(lambda: call(given))
            assert isinstance(error, crm.WrongTypeError) and (error.argument, error.row) == (argument, None), repr(error)
        error = refused(lambda: call([2, 2**64]))
        assert error.argument == argument and str(2**64) in str(error)
    assert ANY.sample_ratio(np.array([5, 6]), (1, 1)).p_value == ANY.sample_ratio(pl.Series([5, 6]), [1.0, 1.0]).p_value
    assert refused(lambda: ANY.choose_clusters(X, (2, 3, 4))).argument == "clusters"


# Lists of numbers: what is called with one, and the name of the argument.
LISTS: dict[str, tuple[Callable[[Any], object], str]] = {
    "Ahp.from_upper": (crm.Ahp.from_upper, "upper"),
    "Ahp.synthesis": (lambda given: crm.Ahp.synthesis(given, [[0.5, 0.5]] * 3), "criteria"),
    "analysis_of_variance": (lambda given: crm.analysis_of_variance(MEANS, weights=given), "weights"),
    "BetaPosterior": (lambda given: crm.BetaPosterior(1, 10, prior=given), "prior"),
    "compare_by_value": (lambda given: crm.compare_by_value([1.0], [1.0], [1], edges=given), "edges"),
    "compare_rates_bayes": (lambda given: crm.compare_rates_bayes(crm.BetaPosterior(1, 2), crm.BetaPosterior(1, 2), rope=given), "rope"),
    "compare_several_means": (lambda given: crm.compare_several_means(MEANS, weights=given), "weights"),
    "compare_several_proportions": (lambda given: crm.compare_several_proportions(RATES, control=0, weights=given), "weights"),
    "compare_stratified": (lambda given: crm.compare_stratified(MEANS, MEANS, weights=given), "weights"),
    "CustomerTiers": (
        lambda given: crm.CustomerTiers(bands=dict.fromkeys(("core", "important", "basic", "at_risk"), given)).fit([1.0], [1.0], [0.5]),
        "bands.core",
    ),
    "dunnett_test": (lambda given: crm.dunnett_test(MEANS[:1], MEANS[1], weights=given), "weights"),
    "EffectPosterior": (lambda given: crm.EffectPosterior(1.0, 1.0, prior=given), "prior"),
    "EffectPosterior.decide": (lambda given: crm.EffectPosterior(1.0, 1.0).decide(rope=given), "rope"),
    "GaussianMixture.from_parameters": (lambda given: crm.GaussianMixture.from_parameters(given, [[1.0]], [[[1.0]]]), "weights"),
    "GroupSequential": (crm.GroupSequential, "information"),
    "JointArm.from_moments": (lambda given: crm.JointArm.from_moments(9, given, [[1.0]]), "means"),
    "JointArm.from_moments, flat": (lambda given: crm.JointArm.from_moments(9, [1.0], given), "covariances"),
    "JointArm.from_sums": (lambda given: crm.JointArm.from_sums(9, given, [[1.0]]), "sums"),
    "JointArm.from_sums, flat": (lambda given: crm.JointArm.from_sums(9, [1.0], given), "products"),
    "JointArm.from_sums, shifts": (lambda given: crm.JointArm.from_sums(9, [1.0], [[1.0]], shifts=given), "shifts"),
    "LoyaltyScore.fit": (lambda given: crm.LoyaltyScore.fit(SCORED, given), "weights"),
    "MeanPlan": (lambda given: crm.MeanPlan(1.0, margins=given), "margins"),
    "proportion_homogeneity": (lambda given: crm.proportion_homogeneity(RATES, weights=given), "weights"),
    "proportional_weights": (crm.proportional_weights, "proportions"),
    "ProportionPlan": (lambda given: crm.ProportionPlan(0.1, margins=given), "margins"),
    "PurchaseModel.from_parameters": (lambda given: crm.PurchaseModel.from_parameters("bg_nbd", given, "week"), "parameters"),
    "RankPlan.from_categories": (lambda given: crm.RankPlan.from_categories(given, [1, 2]), "target"),
    "RankPlan.from_categories, control": (lambda given: crm.RankPlan.from_categories([1, 2], given), "control"),
    "ratio_deviation": (lambda given: crm.ratio_deviation(given, (1.0, 1.0), 0.5), "numerator"),
    "ratio_deviation, denominator": (lambda given: crm.ratio_deviation((1.0, 1.0), given, 0.5), "denominator"),
    "Rfm": (lambda given: crm.Rfm(weights=given).fit(BASE), "weights"),
    "Rfm, bounds": (
        lambda given: crm.Rfm(bins=3, bounds={"recency_days": given, "frequency": [1], "monetary": [1]}).fit(BASE),
        "bounds.recency_days",
    ),
    "sample_ratio": (lambda given: crm.sample_ratio([1, 2], given), "weights"),
    "SequentialSampleRatio": (crm.SequentialSampleRatio, "weights"),
    "SequentialTest.look_means": (lambda given: crm.SequentialTest().look_means((9, *given), (9, 1.0, 1.0)), "target"),
    "stratified_deviation": (lambda given: crm.stratified_deviation(given, [1.0, 1.0]), "shares"),
    "stratified_deviation, deviations": (lambda given: crm.stratified_deviation([1.0, 1.0], given), "deviations"),
    "TierQuotas.cut": (lambda given: ANY.TierQuotas.cut(dict(enumerate(given)), [1.0]), "shares"),
    "TierQuotas.rules": (lambda given: ANY.TierQuotas.rules(dict(enumerate(given)), [1.0], "spend"), "shares"),
    "ValueTiers": (lambda given: crm.ValueTiers(shares=given).fit([1.0, 2.0, 3.0]), "shares"),
    "ValueTiers.from_lower_bounds": (crm.ValueTiers.from_lower_bounds, "lower_bounds"),
}

# Lists that are looked at by rows, by names or with the arms that they belong to, below.
OTHER_LISTS = {"Ahp.from_matrix", "SequentialSampleRatio.look", "choose_clusters", "recognize_points", "expected_repeat_purchases"}
OTHER_LISTS |= {"Selection.segment_quotas", "Split.with_shares"}


def test_every_list_of_numbers_is_looked_at() -> None:
    marks = ("float]", "int]", "ArrayLike", "[float", "[int")
    found = {
        name
        for name, called in public()
        if name != "Reward"
        for known in inspect.signature(called).parameters.values()
        if any(mark in str(known.annotation) for mark in marks)
    }
    assert found - {name.split(",")[0] for name in LISTS} <= OTHER_LISTS


@pytest.mark.parametrize("name", LISTS)
def test_lists_of_numbers(name: str) -> None:
    call, argument = LISTS[name]
    before = 1 if name == "SequentialTest.look_means" else 0
    given: Any
    for given, row, kind in (
        ([1.0, "x"], 1, crm.WrongTypeError),
        (["x", 1.0], 0, crm.WrongTypeError),
        ([1.0, None], 1, crm.MissingValueError),
        ([1.0, 10**400], 1, crm.OutOfRangeError),
        ([1.0, [2.0]], 1, crm.WrongTypeError),
    ):
        if "flat" in name and given[1] == [2.0]:
            continue
        error = refused(lambda: call(given))
        assert isinstance(error, kind) and (error.argument, error.row) == (argument, row + before), repr(error)
    if not before and "TierQuotas" not in name:
        error = refused(lambda: call(5.0))
        assert isinstance(error, crm.WrongTypeError) and error.argument == argument, repr(error)


def test_numbers_of_any_kind() -> None:
    wanted = ANY.RankPlan.from_categories([1.0, 3.0], [2.0, 2.0]).superiority
    arrays: list[Any] = [np.array([1, 3]), np.array([1, 3], dtype=np.float32), [np.float64(1), 3], pl.Series([1, 3])]
    for given in ((1, 3), [Decimal(1), 3.0], [Fraction(1), 3], *arrays):
        assert ANY.RankPlan.from_categories(given, [2.0, 2.0]).superiority == wanted
    assert ANY.RankPlan.from_categories((value for value in (1, 3)), {"low": 2, "high": 2}.values()).superiority == wanted
    # Sums of squares as a database gives them.
    assert ANY.JointArm.from_sums(2, [0], [[2**70]]).value.variance == 2.0**70
    moments = ANY.JointArm.from_moments(9, [1, 2], [[4, 1], [1, 2]])
    for matrix in (np.array([[4, 1], [1, 2]]), [4, 1, 1, 2], ((4.0, 1.0), (1.0, 2.0)), pd.DataFrame([[4, 1], [1, 2]]), [np.array([4, 1]), [1, 2]]):
        assert ANY.JointArm.from_moments(9, [1, 2], matrix) == moments
    assert ANY.JointArm.from_moments(3, [2], np.cov([1, 2, 3])).value.variance == 1.0


def test_matrices() -> None:
    for argument, row, call in (
        ("covariances[1]", 0, lambda: ANY.JointArm.from_moments(9, [1, 2], [[4, 1], ["x", 2]])),
        ("covariances[0]", 0, lambda: ANY.JointArm.from_moments(9, [1, 2], np.array([["4", "x"], ["1", "2"]]))),
        ("covariances", None, lambda: ANY.JointArm.from_moments(9, [1, 2], 4.0)),
        ("covariances", None, lambda: ANY.JointArm.from_moments(9, [1, 2], [[4, 1], [1]])),
        ("products[0]", 1, lambda: ANY.JointArm.from_sums(9, [1, 2], [[4, None], [1, 2]])),
        ("comparisons[1]", 1, lambda: ANY.Ahp.from_matrix([[1, 2], [0.5, "x"]])),
        ("comparisons", None, lambda: ANY.Ahp.from_matrix(5)),
        ("local[0]", 0, lambda: ANY.Ahp.synthesis([1.0], [["x"]])),
    ):
        error = refused(call)
        assert (error.argument, error.row) == (argument, row), repr(error)


def test_numbers_by_name() -> None:
    shares: Any = {"mail": "x", "none": 0.5}
    split = crm.Split("s", [crm.Arm("mail"), crm.Arm("none", control=True)])
    error = refused(lambda: split.with_shares(shares))
    assert isinstance(error, crm.WrongTypeError) and error.argument == "shares"
    weight: Any = "x"
    error = refused(lambda: crm.Split("s", [crm.Arm("mail"), crm.Arm("none", weight, control=True)]))
    assert isinstance(error, crm.WrongTypeError) and (error.argument, error.row) == ("arms", 1)
    quotas: Any
    for quotas in ({"a": 2**64}, {"a": -1}, {"a": 1.5}, {"a": "x"}):
        assert refused(lambda: crm.Selection().segment_quotas("seg", quotas)).argument == "segment_quotas"


@pytest.mark.parametrize("name", ["points_price", "cap_per_member", "cap_total"])
def test_whole_numbers_of_rewards(name: str) -> None:
    value: Any
    for value in (2**64, -(2**64), -1, 2.5, "x"):
        error = refused(lambda: crm.RewardCatalogue([crm.Reward("Lounge", 1.0, **{name: value})]))
        wanted = crm.InvalidArgumentError if isinstance(value, int) else crm.WrongTypeError
        assert isinstance(error, wanted) and error.argument == "rewards" and name in str(error) and "Lounge" in str(error)


COLUMN_ARMS: list[tuple[str, Callable[[Any], object]]] = [
    ("target", lambda arm: crm.compare_means(arm, MEANS[1])),
    ("control", lambda arm: crm.compare_means(MEANS[0], arm)),
    ("target", lambda arm: crm.cohens_d(arm, MEANS[1])),
    ("control", lambda arm: crm.cohens_d(MEANS[0], arm)),
    ("target", lambda arm: crm.hedges_g(arm, MEANS[1])),
    ("control", lambda arm: crm.hedges_g(MEANS[0], arm)),
    ("target", lambda arm: crm.campaign_return(arm, MEANS[1], crm.CampaignCost(1.0))),
    ("control", lambda arm: crm.campaign_return(MEANS[0], arm, crm.CampaignCost(1.0))),
    ("arms[1]", lambda arm: crm.compare_several_means([MEANS[0], arm])),
    ("arms[0]", lambda arm: crm.analysis_of_variance([arm, MEANS[1]])),
    ("targets[1]", lambda arm: crm.compare_stratified([MEANS[0], arm], MEANS)),
    ("controls[0]", lambda arm: crm.compare_stratified(MEANS, [arm, MEANS[0]])),
    ("values", crm.MeanArm.from_values),
]


@pytest.mark.parametrize(("argument", "call"), COLUMN_ARMS)
def test_arms_that_are_columns(argument: str, call: Callable[[Any], object]) -> None:
    arm: Any
    for arm, row, kind in (
        ([1.0, NAN], 1, crm.InvalidValueError),
        ([1.0, 2.0, float("inf")], 2, crm.InvalidValueError),
        (np.array([NAN, 1.0]), 0, crm.InvalidValueError),
        (pl.Series([1.0, None]), 1, crm.MissingValueError),
        ([None, 1.0], 0, crm.MissingValueError),
        ([1.0, "x"], 1, crm.WrongTypeError),
        (["x", 1.0], 0, crm.WrongTypeError),
        (5.0, None, crm.WrongTypeError),
        ("ab", None, crm.WrongTypeError),
    ):
        error = refused(lambda: call(arm))
        assert isinstance(error, kind) and (error.argument, error.row) == (argument, row), repr(error)
    call([1.0, 2.0, 4.0])


def test_arms_that_are_moments() -> None:
    three = (9, 1.0, 1.0)
    for argument, row, call in (
        ("targets[1]", 2, lambda: ANY.dunnett_test([three, (9, 1.0, "x")], three)),
        ("targets[0]", None, lambda: ANY.dunnett_test([[1.0, NAN]], three)),
        ("targets", None, lambda: ANY.dunnett_test(MEANS[0], three)),
        ("control", None, lambda: ANY.dunnett_test([three], (9, 1.0))),
        ("control", 1, lambda: ANY.dunnett_test([three], (9, "x", 1.0))),
        ("count", 0, lambda: ANY.dunnett_test([(2**64, 1.0, 1.0)], three)),
        ("target", None, lambda: ANY.SequentialTest().look_means((2**64, 1.0, 1.0), three)),
        ("control", 2, lambda: ANY.SequentialTest().look_means(three, (9, 1.0, None))),
        ("control", None, lambda: ANY.SequentialTest().look_means(three, 5)),
    ):
        error = refused(call)
        assert (error.argument, error.row) == (argument, row), repr(error)
    for arms in (5, "ab", MEANS[0]):
        assert refused(lambda: ANY.compare_several_means(arms)).argument == "arms"
