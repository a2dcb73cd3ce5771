"""Two rates compared within strata."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from crm import _crm
from crm.column import ColumnLike, number_column
from crm.experiment.options import Alternative, Contrast, native_options
from crm.experiment.proportion import Homogeneity
from crm.experiment.result import TestResult

__all__ = ["StratifiedMethod", "StratifiedProportions", "compare_stratified_proportions"]

StratifiedMethod: TypeAlias = Literal[
    "mantel_haenszel", "continuity_corrected", "sample_size", "exact", "exact_central", "exact_mid_p"
]
"""How two rates are compared within strata. Each method has the p-value and the interval of one statistic:

- `mantel_haenszel`: every contrast. The stratified score test with the weights of Mantel and Haenszel; at "no effect" the Cochran-Mantel-Haenszel test.
- `continuity_corrected`: the same less half a count; difference, odds ratio.
- `sample_size`: the score test of Miettinen and Nurminen, strata weigh as their trials; difference, lift, ratio.
- `exact` (minimum likelihood), `exact_central`, `exact_mid_p`: the odds ratio, given the conversions of each stratum.
"""


@dataclass(frozen=True)
class StratifiedProportions:
    """Two rates compared within strata, and whether the strata agree."""

    comparison: TestResult
    """The test of the effect that the strata have in common. Target and control are rates over all strata, weighted alike."""
    homogeneity: Homogeneity
    """Whether the effect, in terms of the contrast, is the same in all strata."""


def compare_stratified_proportions(
    target_conversions: ColumnLike,
    target_trials: ColumnLike,
    control_conversions: ColumnLike,
    control_trials: ColumnLike,
    *,
    method: StratifiedMethod = "mantel_haenszel",
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
) -> StratifiedProportions:
    """Compares the rates of target and control within strata, such as countries or value tiers: one row of counts a stratum.

    The test is the score test of Miettinen and Nurminen for differences, lifts and ratios and the conditional one for odds ratios; at "no effect" all are the
    Cochran-Mantel-Haenszel test. Homogeneity is tested by Breslow and Day's statistic with Tarone's correction for the odds ratio, and by its counterparts for
    other contrasts. Strata in which an arm has no trials are left out, but count in the check of the split.

    Args:
        target_conversions: Conversions of the target in each stratum.
        target_trials: Its trials.
        control_conversions: Conversions of the control.
        control_trials: Its trials.
        method: How they are compared.
        contrast: In what terms.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test, inside (0, 1); the interval has confidence 1 - alpha.
        null: The value of the contrast under the null; `None` is "no effect".
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.

    Raises:
        LengthMismatchError: The columns differ in length.
        EmptyError: There are no strata.
        InvalidValueError: A count is not a whole number from 0 on.
        InvalidArgumentError: A row has more conversions than trials, or as `compare_proportions`.
        OutOfRangeError: The tables are too large for an exact method.

    >>> # Graduate admissions at Berkeley in 1973 (Bickel and others 1975): men and women by department.
    >>> men, men_of = [512, 353, 120, 138, 53, 22], [825, 560, 325, 417, 191, 373]
    >>> women, women_of = [89, 17, 202, 131, 94, 24], [108, 25, 593, 375, 393, 341]
    >>> found = compare_stratified_proportions(men, men_of, women, women_of, contrast="odds_ratio")
    >>> round(found.comparison.statistic**2, 4), round(found.comparison.estimate, 4), found.comparison.rejects
    (1.5246, 0.9047, False)
    >>> found.homogeneity.p_value < 0.01
    True

    Source: Mantel and Haenszel (1959), Journal of the National Cancer Institute 22; Miettinen and Nurminen (1985), Statistics in Medicine 4; Breslow and Day
    (1980), "Statistical methods in cancer research I"; Tarone (1985), Biometrika 72.
    """
    options = native_options(contrast, alternative, alpha, null, target_share)
    comparison, same = _crm.compare_stratified_proportions(
        number_column("target_conversions", target_conversions),
        number_column("target_trials", target_trials),
        number_column("control_conversions", control_conversions),
        number_column("control_trials", control_trials),
        method,
        options,
    )
    return StratifiedProportions(TestResult._of(comparison), Homogeneity._of(same))
