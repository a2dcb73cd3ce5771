"""Rates: the shared cases, one rate, batches and splits."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pytest


def number(value: Any) -> float:
    """A number; those that JSON has not are texts."""
    return float(value)


def close(value: float, expected: float, tolerance: float, scale: float = 0.0) -> bool:
    return value == expected or abs(value - expected) <= tolerance * max(scale, abs(expected))


def cases(repository: Path, name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((repository / "tests/cases/experiment" / name).read_text())
    return read


def test_every_method_against_mpmath(repository: Path) -> None:
    file = cases(repository, "two_proportions.json")
    checked = 0
    for case in file["cases"]:
        target, control = crm.BinaryArm(*case["target"]), crm.BinaryArm(*case["control"])
        for check in case["checks"]:
            checked += 1
            result = crm.compare_proportions(
                target, control, method=check["method"], contrast=check["contrast"], alternative=check["alternative"]
            )
            expected = check["expected"]
            if check["field"] == "interval":
                ends = [number(end) for end in expected]
                if math.isnan(result.p_value):
                    assert ends[0] == ends[1] and result.status != "ok"
                    continue
                scale = max(map(abs, ends)) if all(map(math.isfinite, ends)) else 0.0
                assert close(result.interval.lower, ends[0], 1e-10, scale), (case["name"], check)
                assert close(result.interval.upper, ends[1], 1e-10, scale), (case["name"], check)
            elif check["field"] == "p":
                assert close(result.ln_p_value, number(expected["ln_p"]), 1e-10, 1e-3), (case["name"], check)
            elif math.isnan(number(expected)):
                assert result.status != "ok" and not result.rejects
            else:
                power = 2 if check["field"] == "square" else 1
                assert close(result.statistic**power, number(expected), 1e-10, 1e-100), (case["name"], check)
    assert checked == file["checks"]


def test_published_intervals(repository: Path) -> None:
    published = cases(repository, "two_proportions_published.json")["cases"]
    assert len(published) == 28
    for case in published:
        target, control = crm.BinaryArm(*case["target"]), crm.BinaryArm(*case["control"])
        found = crm.compare_proportions(target, control, method=case["method"], contrast=case["contrast"]).interval
        # Where a method's ends leave what is possible, the published ones are cut.
        possible = (-1.0, 1.0) if case["contrast"] == "difference" else (-math.inf, math.inf)
        for end, known in zip((found.lower, found.upper), case["interval"], strict=True):
            assert abs(min(max(end, possible[0]), possible[1]) - known) <= case["tolerance"] * max(1.0, abs(known)), case


def test_ends_of_intervals_of_huge_counts(repository: Path) -> None:
    hard = cases(repository, "stress_ends.json")["cases"]
    assert len(hard) == 96
    for case in hard:
        target, control = crm.BinaryArm(*case["target"]), crm.BinaryArm(*case["control"])
        found = crm.compare_proportions(target, control, method=case["method"], contrast=case["contrast"]).interval
        lower = case["lower"]
        upper = math.inf if case["upper"] is None else case["upper"]
        width = upper - lower if math.isfinite(upper) else lower
        # Doubles around an end may be further apart than 1e-10 of a narrow interval, and so are rates.
        floor = 1e-10 + 1e-16 * math.sqrt(max(case["target"][1], case["control"][1]))
        for end, known in ((found.lower, lower), (found.upper, upper)):
            assert end == known or abs(end - known) <= floor * width + 1e-15 * abs(known), case


def test_huge_counts_and_far_tails(repository: Path) -> None:
    for case in cases(repository, "stress.json")["cases"]:
        result = crm.compare_proportions(
            crm.BinaryArm(*case["target"]), crm.BinaryArm(*case["control"]), method=case["method"], contrast=case["contrast"], null=case["null"]
        )
        # At 2^53 trials the last digit of a rate is a few 1e-9 standard errors.
        assert close(result.statistic, case["statistic"], 1e-8, 1.0), case


def test_one_rate(repository: Path) -> None:
    for case in cases(repository, "one_proportion.json")["cases"]:
        arm = crm.BinaryArm(case["conversions"], case["trials"])
        for name, method in [("wilson", "wilson"), ("clopper_pearson", "clopper_pearson"), ("jeffreys_equal_tailed", "jeffreys")]:
            interval = crm.rate_interval(arm, method=method)  # type: ignore[arg-type]
            assert close(interval.lower, case[name][0], 1e-11) and close(interval.upper, case[name][1], 1e-11)
    test = crm.test_rate(crm.BinaryArm(4, 7), 0.1, method="minimum_likelihood")
    assert close(test.p_value, 0.002728, 1e-12) and test.rejects and test.interval.lower > 0.1
    with pytest.raises(crm.InvalidArgumentError, match="inside"):
        crm.test_rate(crm.BinaryArm(4, 7), 1.0)


def test_splits(repository: Path) -> None:
    for case in cases(repository, "sample_ratio.json")["cases"]:
        split = crm.sample_ratio(case["observed"], case["weights"])
        assert close(split.ln_p_value, case["p"]["ln_p"], 1e-12) and split.degrees_of_freedom == case["df"]
        look = crm.SequentialSampleRatio(case["weights"]).look(case["observed"])
        assert close(look.ln_p_value, case["seq_ln_p"], 1e-12, 1.0)
    assert crm.sample_ratio([10, 12, 1], [1, 1, 0]).finding == "unexpected_users"
    with pytest.raises(crm.InvalidArgumentError) as caught:
        crm.sample_ratio([10, -1], [1, 1])
    assert (caught.value.argument, caught.value.row) == ("observed", 1)
    with pytest.raises(crm.LengthMismatchError):
        crm.SequentialSampleRatio([1, 1]).look([1])


def test_batches_are_single_tests() -> None:
    rng = np.random.default_rng(3)
    n1, n0 = rng.integers(1, 5000, 300), rng.integers(1, 300, 300)
    x1, x0 = rng.binomial(n1, 0.02), rng.binomial(n0, 0.02)
    table = crm.compare_proportion_columns(x1, n1, x0, n0, contrast="lift", threads=2)
    assert len(table) == 300
    for row in range(300):
        target, control = crm.BinaryArm(int(x1[row]), int(n1[row])), crm.BinaryArm(int(x0[row]), int(n0[row]))
        one = crm.compare_proportions(target, control, contrast="lift").to_dict()
        for name in ("lower", "upper", "p_value", "statistic", "lift"):
            assert table[name][row] == one[name] or (math.isnan(table[name][row]) and math.isnan(one[name]))
        assert (table["status"][row], table["rejects"][row]) == (one["status"], one["rejects"])
    with pytest.raises(crm.InvalidArgumentError) as caught:
        crm.compare_proportion_columns([1, 5], [4, 4], [1, 1], [4, 4])
    assert (caught.value.argument, caught.value.row) == ("target_conversions", 1)
    with pytest.raises(crm.InvalidValueError):
        crm.compare_proportion_columns([0.5], [4], [1], [4])
    with pytest.raises(crm.LengthMismatchError):
        crm.compare_proportion_columns([1], [4], [1, 2], [4, 4])


def test_several_arms() -> None:
    target, control = crm.BinaryArm(105, 1000), crm.BinaryArm(100, 1000)
    several = crm.compare_several_proportions([target, control], control=1, weights=[1, 1])
    assert several.comparisons == [crm.compare_proportions(target, control, target_share=0.5)]
    assert several.homogeneity == crm.proportion_homogeneity([target, control], weights=[1, 1])
    with pytest.raises(crm.InvalidArgumentError):
        crm.compare_several_proportions([target, control], control=2, weights=[1, 1])


def test_what_a_method_does_not_test() -> None:
    arm, huge = crm.BinaryArm(3, 9), crm.BinaryArm(10**14, 10**15)
    with pytest.raises(crm.InvalidArgumentError, match="odds_ratio for the method fisher"):
        crm.compare_proportions(arm, arm, method="fisher")
    with pytest.raises(crm.OutOfRangeError):
        crm.compare_proportions(huge, huge, method="fisher", contrast="odds_ratio")
    with pytest.raises(crm.OutOfRangeError):
        crm.compare_proportions(huge, huge, method="barnard")
    with pytest.raises(crm.InvalidArgumentError, match="inside"):
        crm.compare_proportions(arm, arm, null=1.0)
