"""Arms, options and results that all tests share."""

from __future__ import annotations

import dataclasses
import math
import pickle

import crm
import numpy as np
import pytest


def test_arms_count_and_merge() -> None:
    flags = np.array([True, False, True])
    assert crm.BinaryArm.from_flags(flags) == crm.BinaryArm.from_flags([1, 0, 1]) == crm.BinaryArm(2, 3)
    merged = crm.BinaryArm(2, 3).merge(crm.BinaryArm(1, 5))
    assert (merged.conversions, merged.trials, merged.rate) == (3, 8, 0.375)
    assert pickle.loads(pickle.dumps(merged)) == merged
    assert len({merged, crm.BinaryArm(3, 8)}) == 1


@pytest.mark.parametrize(
    ("conversions", "trials", "argument"),
    [(3, 2, "conversions"), (-1, 2, "conversions"), (0, 0, "trials"), (0, -1, "trials")],
)
def test_impossible_counts_are_refused(conversions: int, trials: int, argument: str) -> None:
    with pytest.raises(crm.InvalidArgumentError) as caught:
        crm.BinaryArm(conversions, trials)
    assert caught.value.argument == argument


def test_flags_are_zero_or_one() -> None:
    with pytest.raises(crm.InvalidValueError) as caught:
        crm.BinaryArm.from_flags([0.0, 0.5])
    assert (caught.value.argument, caught.value.row) == ("converted", 1)
    with pytest.raises(crm.EmptyError):
        crm.BinaryArm.from_flags([])


def test_a_result_reads_well() -> None:
    result = crm.compare_proportions(crm.BinaryArm(120, 1000), crm.BinaryArm(90, 1000), method="unpooled")
    half = 1.959963984540054 * math.sqrt(0.1875e-3)
    ends = (result.interval.lower, result.interval.upper)
    assert ends == pytest.approx((0.03 - half, 0.03 + half), rel=1e-12)
    assert result.interval.kind == "bounded"
    assert (result.method, result.contrast, result.alternative, result.status) == ("unpooled", "difference", "two_sided", "ok")
    row = result.to_dict()
    assert row["lower"] == result.interval.lower and "interval" not in row
    assert pickle.loads(pickle.dumps(result)) == result
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.p_value = 0.0  # type: ignore[misc]
    assert str(crm.Interval(1.0, 2.0, "exclusive")) == "up to 1 or from 2"
    tiny = dataclasses.replace(result, p_value=0.0, ln_p_value=-1e5)
    assert "ln p = -100000" in repr(tiny)


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"alpha": 0.0}, "alpha"),
        ({"alpha": math.nan}, "alpha"),
        ({"null": math.inf}, "null"),
        ({"contrast": "odds"}, "contrast"),
        ({"alternative": "both"}, "alternative"),
        ({"method": "guess"}, "method"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, object], argument: str) -> None:
    arm = crm.BinaryArm(1, 2)
    with pytest.raises(crm.InvalidArgumentError) as caught:
        crm.compare_proportions(arm, arm, **options)  # type: ignore[arg-type]
    assert caught.value.argument == argument
