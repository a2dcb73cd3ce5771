"""Two rates compared, one pair or thousands; several arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from crm import _crm
from crm.column import ColumnLike, number_column, number_list
from crm.experiment.arm import BinaryArm
from crm.experiment.multiplicity import MultiplicityMethod
from crm.experiment.options import Alternative, Contrast, native_options
from crm.experiment.result import SplitCheck, TestResult
from crm.experiment.sample_ratio import SampleRatio
from crm.instance import all_of, must_be
from crm.table import Table

__all__ = [
    "Homogeneity",
    "ProportionMethod",
    "SeveralProportions",
    "compare_proportion_columns",
    "compare_proportions",
    "compare_several_proportions",
    "proportion_homogeneity",
]

ProportionMethod: TypeAlias = Literal[
    "score",
    "pooled",
    "likelihood",
    "continuity_corrected",
    "unpooled",
    "logarithm",
    "agresti_caffo",
    "newcombe",
    "fisher",
    "fisher_central",
    "fisher_mid_p",
    "barnard",
    "boschloo",
    "skewness_corrected",
]
"""How two rates are compared. Each method has the p-value and the interval of one statistic:

- `score`, `pooled`, `likelihood`: every contrast. The score test of Miettinen and Nurminen; without its N / (N - 1), which at "no effect" is
  the pooled z-test and Pearson's chi-square; the likelihood ratio (G).
- `continuity_corrected` (Yates), `agresti_caffo`, `newcombe` (method 10), `barnard` (exact): the difference.
- `unpooled` (Wald): difference, lift, ratio. `logarithm` (Katz, Woolf): lift, ratio, odds ratio.
- `skewness_corrected`: difference, lift, ratio. `score` with a correction for skewness (Gart and Nam 1988; Laud 2017): both tails keep their level
  with a small control and few conversions, and far out, where tests of many groups look.
- `fisher` (minimum likelihood), `fisher_central`, `fisher_mid_p`, `boschloo` (exact): the odds ratio.
"""


def compare_proportions(
    target: BinaryArm,
    control: BinaryArm,
    *,
    method: ProportionMethod = "score",
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
) -> TestResult:
    """Compares the rates of target and control.

    Arms in which nobody or everybody converted are valid: `status` says so, and score methods still have an interval.

    Args:
        target: Those who were treated.
        control: Those who were not.
        method: How they are compared.
        contrast: In what terms.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test, inside (0, 1); the interval has confidence 1 - alpha.
        null: The value of the contrast under the null; `None` is "no effect". With `alternative="greater"` and a null below it this is a
            test of non-inferiority.
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.

    Raises:
        InvalidArgumentError: An option makes no sense, the method does not test this contrast, or no rates have this null.
        OutOfRangeError: The table is too large for an exact method.

    >>> import crm
    >>> # Day-7 retention of Cookie Cats: gate at level 30 against gate at level 40.
    >>> gate_30, gate_40 = crm.BinaryArm(8502, 44_700), crm.BinaryArm(8279, 45_489)
    >>> result = crm.compare_proportions(gate_30, gate_40, method="pooled")
    >>> round(result.statistic, 3), round(result.p_value, 4), result.rejects
    (3.164, 0.0016, True)

    Source: Miettinen and Nurminen (1985), Statistics in Medicine 4; Newcombe (1998), Statistics in Medicine 17; Fagerland, Lydersen and
    Laake (2015), Statistical Methods in Medical Research 24.
    """
    options = native_options(contrast, alternative, alpha, null, target_share)
    must_be(BinaryArm, target=target, control=control)
    return TestResult._of(_crm.compare_proportions(target._native, control._native, method, options))


def compare_proportion_columns(
    target_conversions: ColumnLike,
    target_trials: ColumnLike,
    control_conversions: ColumnLike,
    control_trials: ColumnLike,
    *,
    method: ProportionMethod = "score",
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
    threads: int = 0,
) -> Table:
    """Compares the rates of many pairs: one row a pair, with the columns of a `TestResult`.

    With a planned share there are two columns more, `split_p_value` and `split_finding`.

    Args:
        target_conversions: Conversions of the targets.
        target_trials: Their trials.
        control_conversions: Conversions of the controls.
        control_trials: Their trials.
        method: As for `compare_proportions`, like the options up to `null`.
        contrast: In what terms.
        alternative: Which deviations count.
        alpha: The level of the tests.
        null: The value of the contrast under the null.
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.
        threads: Threads to use, 0 for as many as there are; the result does not depend on it.

    Raises:
        LengthMismatchError: The columns differ in length.
        InvalidValueError: A count is not a whole number from 0 on.
        InvalidArgumentError: A row has no trials or more conversions than trials, or as `compare_proportions`.

    >>> table = compare_proportion_columns([56, 5], [70, 56], [48, 0], [80, 29], method="newcombe")
    >>> table["lower"].round(4).tolist(), table["rejects"].tolist()
    ([0.0524, -0.0381], [True, False])
    """
    options = native_options(contrast, alternative, alpha, null, target_share)
    table = _crm.compare_proportion_columns(
        number_column("target_conversions", target_conversions),
        number_column("target_trials", target_trials),
        number_column("control_conversions", control_conversions),
        number_column("control_trials", control_trials),
        method,
        options,
        threads,
    )
    return Table(table)


@dataclass(frozen=True)
class Homogeneity:
    """A chi-square test that several arms have one rate (Pearson), or several strata one effect."""

    statistic: float
    """Chi-square."""
    degrees_of_freedom: float
    """Arms, or strata that say something, less 1."""
    p_value: float
    """The p-value."""
    ln_p_value: float
    """Its natural logarithm."""
    status: str
    """Whether the data could answer: "ok", or why not."""
    split: SplitCheck
    """Whether the trials were split as planned: look at this first."""

    @classmethod
    def _of(cls, fields: tuple[float, float, float, float, str, tuple[float, float, str, bool]]) -> Homogeneity:
        return cls(*fields[:5], SplitCheck(*fields[5]))


def proportion_homogeneity(arms: Sequence[BinaryArm], *, weights: Sequence[float] | None = None) -> Homogeneity:
    """Tests whether several arms have one rate; for two arms chi-square is the square of the pooled z.

    Args:
        arms: All arms.
        weights: Of each arm, the planned split, of any scale; `None` is no plan, and nothing is checked.

    Raises:
        EmptyError: There are fewer than two arms.
        OutOfRangeError: There are more than 2^53 trials in all.

    >>> import crm
    >>> round(crm.proportion_homogeneity([crm.BinaryArm(56, 70), crm.BinaryArm(48, 80)]).statistic, 6)
    7.023411
    """
    given = None if weights is None else number_list("weights", weights)
    return Homogeneity._of(_crm.proportion_homogeneity([arm._native for arm in all_of(BinaryArm, "arms", arms)], given))


@dataclass(frozen=True)
class SeveralProportions:
    """Several arms of one experiment against its control."""

    comparisons: list[TestResult]
    """Each arm but the control against it, in the order of the arms. Interval, p-value and `rejects` belong together, and are those of
    this test alone: the interval excludes the null if and only if its own p-value, not the adjusted one, is below alpha."""
    multiplicity: str
    """How the p-values are adjusted for their number."""
    adjusted_p_values: list[float]
    """The p-values of the comparisons, adjusted for their number: one at most alpha is rejected at the level alpha for all. They have no
    intervals. NaN where there is no p-value, which then does not count."""
    ln_adjusted_p_values: list[float]
    """Their natural logarithms."""
    homogeneity: Homogeneity
    """Whether all arms have one rate."""
    sample_ratio: SampleRatio
    """Whether the trials were split as planned: look at this first."""


def compare_several_proportions(
    arms: Sequence[BinaryArm],
    *,
    control: int,
    weights: Sequence[float] | None = None,
    method: ProportionMethod = "score",
    multiplicity: MultiplicityMethod = "holm",
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
) -> SeveralProportions:
    """Compares each arm with the control, tests whether all have one rate, and checks the split of their trials.

    The intervals are those of single tests, as the p-values of the comparisons are; beside them stand the p-values adjusted for their number.

    Args:
        arms: All arms.
        control: The place of the control among them, from 0 on.
        weights: Of each arm, the planned split, of any scale; `None` is no plan, and nothing is checked.
            Each comparison has the check of its two arms.
        method: As for `compare_proportions`, like the options after `multiplicity`.
        multiplicity: How the p-values are adjusted for their number.
        contrast: In what terms.
        alternative: Which deviations count.
        alpha: The level of each test.
        null: The value of the contrast under the null.

    Raises:
        EmptyError: There are fewer than two arms.
        InvalidArgumentError: The control is none of the arms, or as `compare_proportions`.
        LengthMismatchError: There is another number of weights than arms.

    >>> import crm
    >>> # Hillstrom: visits after a mail with men's, with women's merchandise, and without one.
    >>> arms = [crm.BinaryArm(3894, 21_307), crm.BinaryArm(3238, 21_387), crm.BinaryArm(2262, 21_306)]
    >>> found = crm.compare_several_proportions(arms, control=2, weights=[1, 1, 1])
    >>> [round(result.difference, 4) for result in found.comparisons], found.sample_ratio.is_flagged
    ([0.0766, 0.0452], False)
    >>> all(p < 1e-30 for p in found.adjusted_p_values)
    True
    """
    options = native_options(contrast, alternative, alpha, null)
    natives = [arm._native for arm in all_of(BinaryArm, "arms", arms)]
    given = None if weights is None else number_list("weights", weights)
    comparisons, adjusted, ln_adjusted, same, split = _crm.compare_several_proportions(
        natives, control, given, method, multiplicity, options
    )
    return SeveralProportions(
        [TestResult._of(fields) for fields in comparisons],
        multiplicity,
        adjusted,
        ln_adjusted,
        Homogeneity._of(same),
        SampleRatio._of(split),
    )
