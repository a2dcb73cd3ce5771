"""What a campaign is asked: every mistake has an error that names the argument."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import crm
import numpy as np
import pytest

ARMS = [crm.Arm("mail"), crm.Arm("none", control=True)]
TABLE = crm.TargetTable({"customer_id": [1, 2, 3, 4], "x": [1, 2, 3, None], "seg": ["a", "b", "a", None]})


def chosen(rule: Any) -> list[int]:
    ids: list[int] = crm.Selection().rule("who", rule).select(TABLE).ids.tolist()
    return ids


def test_values_of_rules() -> None:
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    for two in (2, 2.0, np.int64(2), np.float32(2), np.array(2), Decimal(2), pyarrow.scalar(2)):
        assert chosen({"compare": {"column": "x", "is": ">=", "value": two}}) == [2, 3]
        assert chosen({"all": ({"not": {"between": {"column": "x", "from": two, "to": two}}},)}) == [1, 3]
    assert chosen({"compare": {"column": "x", "is": "==", "value": np.True_}}) == [1]
    assert chosen({"compare": {"column": "seg", "is": "!=", "value": np.str_("a")}}) == [2]
    for values in ([1, 3], (1, 3), {1, 3}, frozenset({1, 3}), {1: "", 3: ""}.keys(), np.array([1, 3]), range(1, 4, 2)):
        assert chosen({"in": {"column": "x", "values": values}}) == [1, 3]
    for texts in ({"a"}, np.array(["a"]), pandas.Series(["a"]), polars.Series(["a"]), pyarrow.array(["a"])):
        assert chosen({"any": [{"in": {"column": "seg", "values": texts}}]}) == [1, 3]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        (None, crm.InvalidValueError),
        (float("nan"), crm.InvalidValueError),
        (np.float64("inf"), crm.InvalidValueError),
        (date(2024, 1, 1), crm.WrongTypeError),
        (Fraction(1, 2), crm.WrongTypeError),
        ([1], crm.WrongTypeError),
        (np.array([1, 2]), crm.WrongTypeError),
    ],
)
def test_values_of_rules_that_are_none(value: Any, error: type[crm.CrmError]) -> None:
    for rule in (
        {"compare": {"column": "x", "is": ">", "value": value}},
        {"not": {"between": {"column": "x", "from": value, "to": 2}}},
        {"all": [{"any": [{"in": {"column": "x", "values": [1, value]}}]}]},
    ):
        with pytest.raises(error) as caught:
            crm.Selection().rule("loyal", rule)
        assert caught.value.argument == "x" and "'loyal'" in str(caught.value) and "'x'" in str(caught.value)


def test_rules_that_are_none() -> None:
    with pytest.raises(crm.WrongTypeError, match="must be a list of values"):
        crm.Selection().rule("r", {"in": {"column": "seg", "values": "ab"}})
    deep: Any = {"missing": {"column": "x"}}
    for _ in range(100_000):
        deep = {"not": deep}
    for rule in ({"compares": 1}, [1], object(), {"all": [object()]}, {"all": 5}, deep, "{"):
        with pytest.raises(crm.ParseError) as caught:
            crm.Selection().rule("r", rule)  # type: ignore[arg-type]
        assert caught.value.argument == "rule"


def test_a_single_name_is_one_column() -> None:
    split = crm.Split("s", ARMS)
    one, listed = split.assign_stratified(TABLE, "seg"), split.assign_stratified(TABLE, ["seg"])
    assert one.arms.tolist() == listed.arms.tolist()
    with pytest.raises(crm.WrongTypeError) as caught:
        split.assign_stratified(TABLE, ["seg", 1])  # type: ignore[list-item]
    assert (caught.value.argument, caught.value.row) == ("columns", 1)
    with pytest.raises(crm.WrongTypeError) as caught:
        split.assign_stratified(TABLE, 1)  # type: ignore[arg-type]
    assert caught.value.argument == "columns"
    assert crm.cross_table([0, 0], [0, 1], row_names="all", column_names=["c", "d"]).to_table()["row"].tolist() == ["all", "all"]
    members = crm.RewardMembers(tier=["Gold", "G"], points_balance=[9, 9])
    catalogue = crm.RewardCatalogue([crm.Reward("Lounge", 1.0, kind="status", tiers="Gold")])
    assert catalogue.eligibility(members, "2024-05-01")["eligible"].tolist() == [True, False]


def test_arms_and_shares() -> None:
    split = crm.Split("s", ARMS)
    with pytest.raises(crm.InvalidArgumentError, match="'typo'") as caught:
        split.with_shares({"mail": 0.5, "none": 0.2, "typo": 0.3})
    assert caught.value.argument == "shares"
    assignment = split.assign(range(100))
    with pytest.raises(crm.InvalidArgumentError) as caught:
        crm.CampaignOutcomes(assignment, ARMS)
    assert caught.value.argument == "arms"
    arms: Any
    for arms, row in ((["mail", "none"], 0), ([ARMS[0], "none"], 1), ("mail", None), (5, None)):
        for use in (lambda: crm.Split("s", arms), lambda: crm.CampaignOutcomes(["mail", "none"], arms)):
            with pytest.raises(crm.WrongTypeError) as refused:
                use()
            assert (refused.value.argument, refused.value.row) == ("arms", row)
    for table in ({"customer_id": [1]}, None):
        for ask in (lambda: split.assign_stratified(table, ["x"]), lambda: crm.Selection().select(table)):  # type: ignore[arg-type]
            with pytest.raises(crm.WrongTypeError) as refused:
                ask()
            assert refused.value.argument == "table"


def test_options_are_named_as_the_caller_knows_them() -> None:
    outcomes = crm.CampaignOutcomes(
        ["mail", "none"] * 10, ARMS, metrics={"conversion": [1, 0] * 10, "revenue": [1.0, 2.0] * 10}, before={"x": [1, 2] * 10}
    )
    curve = crm.UpliftCurve([3, 2, 1, 0], [1, 0, 1, 0], [1, 0, 0, 0])
    rates = [crm.BinaryArm(1, 10)] * 3
    unknown: Any = "unknown"
    for argument, use in (
        ("multiplicity", lambda: outcomes.measure(multiplicity=unknown)),
        ("multiplicity", lambda: outcomes.balance(multiplicity=unknown)),
        ("multiplicity", lambda: crm.compare_several_proportions(rates, control=0, multiplicity=unknown)),
        ("multiplicity", lambda: crm.compare_several_means([crm.MeanArm.from_moments(9, 1, 1)] * 3, control=0, multiplicity=unknown)),
        ("mean_method", lambda: outcomes.measure(mean_method=unknown)),
        ("proportion_method", lambda: outcomes.measure(proportion_method=unknown)),
        ("order", lambda: crm.Selection().rank_by("x", unknown)),
        ("kind", lambda: curve.score(unknown)),
        ("kind", lambda: curve.heights(unknown)),
        ("kind", lambda: crm.MixtureBound(unknown, v_opt=1.0)),
        ("kind", lambda: crm.BetaPosterior(1, 10).interval(kind=unknown)),
    ):
        with pytest.raises(crm.InvalidArgumentError) as caught:
            use()
        assert caught.value.argument == argument and str(caught.value).startswith(f'{argument}: "unknown"')


def test_limits_say_where_they_end() -> None:
    for limits, argument in (({"at_most": 1, "within_days": 10**12}, "within_days"), ({"at_most": 2**32, "within_days": 1}, "at_most")):
        with pytest.raises(crm.InvalidArgumentError, match="between 1 and 4294967295") as caught:
            crm.Selection().contacts_at_most("often", [1], [date(2024, 1, 1)], as_of="2024-01-01", **limits)
        assert caught.value.argument == argument


def test_costs() -> None:
    outcomes = crm.CampaignOutcomes(["mail", "none"] * 10, ARMS, metrics={"revenue": [1.0, 2.0] * 10})
    costs: Any
    for costs in (5.0, crm.CampaignCost(1), {"mail": 5.0}, [crm.ArmCost()]):
        with pytest.raises(crm.WrongTypeError) as caught:
            outcomes.measure(costs=costs)
        assert caught.value.argument == "costs"


def test_arms_of_experiments() -> None:
    rate, mean, cost, wrong = crm.BinaryArm(1, 10), crm.MeanArm.from_moments(9, 1, 1), crm.CampaignCost(1), [1, 0]
    anything: Any = wrong
    for argument, use in (
        ("target", lambda: crm.incremental_conversions(anything, rate, cost)),
        ("control", lambda: crm.incremental_conversions(rate, anything, cost)),
        ("cost", lambda: crm.incremental_conversions(rate, rate, anything)),
        ("cost", lambda: crm.campaign_return(mean, mean, anything)),
        ("target", lambda: crm.compare_proportions(anything, rate)),
        ("target", lambda: crm.compare_ratios(anything, anything)),
        ("target", lambda: crm.compare_adjusted(anything, anything)),
        ("target", lambda: crm.compare_quantiles(anything, anything, 0.5)),
        ("arm", lambda: crm.rate_interval(anything)),
        ("target", lambda: crm.compare_rates_bayes(anything, anything)),
        ("arms", lambda: crm.best_rate(anything)),
        ("arms", lambda: crm.compare_several_proportions(anything, control=0)),
        ("target", lambda: crm.SequentialTest().look_rates(anything, rate)),
    ):
        with pytest.raises(crm.WrongTypeError) as caught:
            use()
        assert caught.value.argument == argument


def test_the_selected_by_id_and_with_reasons() -> None:
    plan = crm.Selection().rule("known", {"not": {"missing": {"column": "x"}}}).rank_by("x").quota(2)
    selected = plan.select(TABLE)
    assert selected.ids.tolist() == [3, 2]
    every = selected.to_table()
    assert every.columns == ["row", "customer_id", "selected", "rank", "reason", "kind"]
    assert (every["row"].tolist(), every["customer_id"].tolist()) == ([0, 1, 2, 3], [1, 2, 3, 4])
    assert every["selected"].tolist() == [False, True, True, False]
    np.testing.assert_array_equal(every["rank"], [np.nan, 1, 0, np.nan])
    assert every["reason"].tolist() == ["quota", None, None, "known"]
    assert every["kind"].tolist() == ["quota", None, None, "rule"]
    texts = crm.TargetTable({"customer_id": ["b", "客户", "a"]})
    assert crm.Selection().quota(2).select(texts).ids.tolist() == ["a", "b"]


def test_counts_below_0_are_named() -> None:
    cost, joint = crm.CampaignCost(1.0), crm.JointArm.from_columns([1.0, 2.0])
    retention = crm.RetentionModel.from_parameters(1.0, 2.0, "year_mean")
    for argument, use in (
        ("contacts", lambda: cost.total(-1)),
        ("contacts", lambda: cost.break_even_mean(-1)),
        ("contacts", lambda: cost.break_even_rate(-1, 2.0)),
        ("column", lambda: joint.column(-1)),
        ("column", lambda: joint.column(1)),
        ("second", lambda: joint.covariance(0, -1)),
        ("customers", lambda: crm.PurchaseData.newcomers(-1, "week")),
        ("customers", lambda: retention.simulate(-1, 5, seed=1)),
        ("threads", lambda: crm.PointsLedger({"earn": {"points": 1, "per": "1.00"}}, threads=-1)),
    ):
        with pytest.raises(crm.InvalidArgumentError) as caught:
            use()
        assert caught.value.argument == argument
