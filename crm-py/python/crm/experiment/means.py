"""Tests of means, of ratios of means, and of values adjusted by covariates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import ColumnLike, number_list
from crm.experiment.mean_arm import JointArm, MeanArm, mean_arm, mean_arms
from crm.experiment.multiplicity import MultiplicityMethod
from crm.experiment.options import Alternative, Contrast, native_options
from crm.experiment.result import SplitCheck, TestResult
from crm.experiment.sample_ratio import SampleRatio
from crm.instance import must_be

__all__ = [
    "Adjustment",
    "Anova",
    "AnovaMethod",
    "LiftMethod",
    "MeanMethod",
    "SeveralMeans",
    "ThetaMethod",
    "analysis_of_variance",
    "cohens_d",
    "compare_adjusted",
    "compare_means",
    "compare_ratios",
    "compare_several_means",
    "compare_stratified",
    "hedges_g",
]

MeanMethod: TypeAlias = Literal["welch", "student", "z", "score", "skewness_corrected"]
"""A variance for each arm and Welch's degrees of freedom, one variance for both, a variance for each and the normal distribution, or the variance
that the null implies: `score` is for means of values that are mostly 0, such as revenue for each contact, beside a small control, where Welch's test
takes chance for success; at "no effect" it is Student's test, as it is for means below 0. `skewness_corrected` is the score test less the skewness that
the difference has under the null, for controls of a few buyers, small levels and one-sided tests too; both arms must know their skewness, as arms of
values do."""

LiftMethod: TypeAlias = Literal["fieller", "delta", "log"]
"""How ratios and lifts are judged: by the linear combination that is 0 at the null (Fieller), by a linear expansion, or by that of the
logarithm."""

ThetaMethod: TypeAlias = Literal["within", "total", "least_variance"]
"""Coefficients of an adjustment from variation within the arms (the analysis of covariance), from all rows as one sample, or those that make the
standard error smallest."""

AnovaMethod: TypeAlias = Literal["welch", "classic"]
"""A variance for each arm, or one for all."""


def compare_means(
    target: MeanArm | ColumnLike,
    control: MeanArm | ColumnLike,
    *,
    method: MeanMethod = "welch",
    lift_method: LiftMethod = "fieller",
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
) -> TestResult:
    """Compares the means of target and control.

    ```text
    difference:  t = (mean_t - mean_c - null) / se,  se^2 = s_t^2 / n_t + s_c^2 / n_c
    ratio:       t = (mean_t - r mean_c) / se(r),    se(r)^2 = s_t^2 / n_t + r^2 s_c^2 / n_c   (Fieller)
    lift:        (mean_t - mean_c) / |mean_c|, by the same statistic
    ```

    The effect size is Cohen's d. Arms too small for a variance, arms without any, and a control of 0 under a ratio or lift give a status.

    Args:
        target: Those who were treated: an arm, or a column of values.
        control: Those who were not.
        method: How the variance is estimated.
        lift_method: How ratios and lifts are judged.
        contrast: In what terms the arms are compared.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test, inside (0, 1); the interval has confidence 1 - alpha.
        null: The value of the contrast under the null; `None` is "no effect".
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.

    Raises:
        InvalidArgumentError: An option makes no sense, or an arm does not know the skewness that `skewness_corrected` asks for.
        InvalidValueError: A value is NaN or infinite.

    >>> import crm
    >>> target, control = crm.MeanArm.from_moments(100, 10.5, 4.0), crm.MeanArm.from_moments(120, 9.8, 5.0)
    >>> crm.compare_means(target, control)
    <TestResult: difference 0.7, 95 % interval 0.136751 to 1.26325, p = 0.0151: rejects 0 (welch, two_sided)>
    >>> round(crm.compare_means(target, control, contrast="lift").p_value, 9)
    0.015098741
    """
    options = native_options(contrast, alternative, alpha, null, target_share)
    test = _crm.MeanTest(method, lift_method)
    return TestResult._of(_crm.compare_means(mean_arm("target", target)._native, mean_arm("control", control)._native, test, options))


def compare_ratios(
    target: JointArm,
    control: JointArm,
    *,
    method: MeanMethod = "welch",
    lift_method: LiftMethod = "fieller",
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
) -> TestResult:
    """Compares ratios of means, such as revenue per session, by the delta method.

    ```text
    R = mean y / mean d,  var R = (s_yy - 2 R s_yd + R^2 s_dd) / (n mean(d)^2)
    ```

    Rows are the units that were dealt to the arms; value and denominator are sums over what belongs to one. Options are those of
    `compare_means`.

    Args:
        target: Those who were treated: an arm with a denominator.
        control: Those who were not.
        method: How the variance is estimated.
        lift_method: How ratios and lifts are judged.
        contrast: In what terms the arms are compared.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test.
        null: The value of the contrast under the null; `None` is "no effect".
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.

    Raises:
        InvalidArgumentError: The arms have no denominator, or an option makes no sense.
        IncompatibleError: The arms have other columns.

    >>> import crm
    >>> target = crm.JointArm.from_columns([9, 4, 7], denominator=[3, 1, 2])
    >>> control = crm.JointArm.from_columns([5, 2, 8], denominator=[2, 1, 3])
    >>> crm.compare_ratios(target, control).control
    2.5
    """
    options = native_options(contrast, alternative, alpha, null, target_share)
    test = _crm.MeanTest(method, lift_method)
    must_be(JointArm, target=target, control=control)
    return TestResult._of(_crm.compare_ratios(target._native, control._native, test, options))


@dataclass(frozen=True, eq=False)
class Adjustment:
    """A test of values adjusted by covariates, with the unadjusted one beside it."""

    result: TestResult
    """The test of the adjusted values."""
    unadjusted: TestResult
    """The test of the values as they are."""
    theta: npt.NDArray[np.float64]
    """The coefficient of each covariate; 0 for one that does not vary or that follows from those before it."""
    variance_reduction: float
    """The share of the variance of the difference that the adjustment takes away."""


def compare_adjusted(
    target: JointArm,
    control: JointArm,
    *,
    theta: ThetaMethod = "within",
    method: MeanMethod = "welch",
    lift_method: LiftMethod = "fieller",
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
) -> Adjustment:
    """Compares means, or ratios of means where the arms have a denominator, adjusted by covariates known before (CUPED).

    ```text
    theta = V^-1 c,  within: V = sum_i (n_i - 1) Var_i(x),  c = sum_i (n_i - 1) Cov_i(x, y)
    adjusted mean_i = mean_i(y) - theta (mean_i(x) - mean(x)),  adjusted variance_i = Var_i(y - theta x)
    ```

    Covariates must not be touched by the treatment. Options are those of `compare_means`.

    Args:
        target: Those who were treated: an arm with covariates.
        control: Those who were not.
        theta: Which variation the coefficients are estimated from.
        method: How the variance is estimated.
        lift_method: How ratios and lifts are judged.
        contrast: In what terms the arms are compared.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test.
        null: The value of the contrast under the null; `None` is "no effect".
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.

    Raises:
        InvalidArgumentError: The arms have no covariate, or an option makes no sense.
        IncompatibleError: The arms have other columns.

    >>> import crm
    >>> target = crm.JointArm.from_columns([3, 5, 8, 9], covariates=[[1, 2, 4, 5]])
    >>> control = crm.JointArm.from_columns([2, 4, 5, 9], covariates=[[1, 3, 4, 6]])
    >>> adjustment = crm.compare_adjusted(target, control)
    >>> adjustment.result.rejects, adjustment.unadjusted.rejects, adjustment.variance_reduction > 0.9
    (True, False, True)
    """
    options = native_options(contrast, alternative, alpha, null, target_share)
    test = _crm.MeanTest(method, lift_method)
    must_be(JointArm, target=target, control=control)
    fields = _crm.compare_adjusted(target._native, control._native, theta, test, options)
    return Adjustment(
        TestResult._of(fields["result"]),
        TestResult._of(fields["unadjusted"]),
        np.asarray(fields["theta"], dtype=np.float64),
        fields["variance_reduction"],
    )


def compare_stratified(
    targets: Sequence[MeanArm],
    controls: Sequence[MeanArm],
    *,
    weights: Sequence[float] | None = None,
    method: MeanMethod = "welch",
    lift_method: LiftMethod = "fieller",
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
) -> TestResult:
    """Compares means within strata, such as countries or value tiers.

    ```text
    mean_i = sum over h of W_h mean_ih,  se_i^2 = sum over h of W_h^2 s_ih^2 / n_ih
    ```

    Args:
        targets: The target's arm in each stratum.
        controls: The control's, in the same order.
        weights: Of the strata, in any unit; `None` for the number of rows in both arms, which makes it a post-stratification.
        method: How the variance is estimated.
        lift_method: How ratios and lifts are judged.
        contrast: In what terms the arms are compared.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test.
        null: The value of the contrast under the null; `None` is "no effect".
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.

    Raises:
        LengthMismatchError: There are not as many controls or weights as targets.
        EmptyError: There are no strata.
        InvalidArgumentError: A weight is negative or not finite, all are 0, or an option makes no sense.

    >>> import crm
    >>> targets = [crm.MeanArm.from_moments(50, 3.0, 1.0), crm.MeanArm.from_moments(150, 9.0, 1.0)]
    >>> controls = [crm.MeanArm.from_moments(50, 2.0, 1.0), crm.MeanArm.from_moments(50, 8.0, 1.0)]
    >>> round(crm.compare_stratified(targets, controls).difference, 12)
    1.0
    """
    options = native_options(contrast, alternative, alpha, null, target_share)
    test = _crm.MeanTest(method, lift_method)
    given = None if weights is None else number_list("weights", weights)
    fields = _crm.compare_stratified(mean_arms("targets", targets), mean_arms("controls", controls), given, test, options)
    return TestResult._of(fields)


@dataclass(frozen=True)
class SeveralMeans:
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
    sample_ratio: SampleRatio
    """Whether the rows were split as planned: look at this first."""


def compare_several_means(
    arms: Sequence[MeanArm | ColumnLike],
    *,
    control: int = 0,
    weights: Sequence[float] | None = None,
    method: MeanMethod = "welch",
    lift_method: LiftMethod = "fieller",
    multiplicity: MultiplicityMethod = "holm",
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
) -> SeveralMeans:
    """Compares each arm with the control, in the order of the arms, the control left out, and checks the split of their rows.

    The intervals are those of single tests, as the p-values of the comparisons are; beside them stand the p-values adjusted for their number.

    Args:
        arms: Arms, or columns of values.
        control: The place of the control among them.
        weights: Of each arm, the planned split, of any scale; `None` is no plan, and nothing is checked.
            Each comparison has the check of its two arms.
        method: How the variance is estimated.
        lift_method: How ratios and lifts are judged.
        multiplicity: How the p-values are adjusted for their number.
        contrast: In what terms the arms are compared.
        alternative: Which deviations from the null count against it.
        alpha: The level of the tests.
        null: The value of the contrast under the null; `None` is "no effect".

    Raises:
        InvalidArgumentError: The control is none of the arms, or an option makes no sense.
        LengthMismatchError: There is another number of weights than arms.

    >>> import crm
    >>> arms = [crm.MeanArm.from_moments(100, mean, 4.0) for mean in (5.0, 5.1, 6.0)]
    >>> found = crm.compare_several_means(arms, weights=[1, 1, 1])
    >>> [result.rejects for result in found.comparisons], found.sample_ratio.is_flagged
    ([False, True], False)
    >>> found.adjusted_p_values[1] == 2 * found.comparisons[1].p_value  # Holm's for the smaller of two
    True
    """
    options = native_options(contrast, alternative, alpha, null)
    test = _crm.MeanTest(method, lift_method)
    given = None if weights is None else number_list("weights", weights)
    comparisons, adjusted, ln_adjusted, split = _crm.compare_several_means(
        mean_arms("arms", arms), control, given, test, multiplicity, options
    )
    results = [TestResult._of(fields) for fields in comparisons]
    return SeveralMeans(results, multiplicity, adjusted, ln_adjusted, SampleRatio._of(split))


@dataclass(frozen=True)
class Anova:
    """A test of the equality of several means."""

    method: str
    """The method's name."""
    statistic: float
    """F."""
    degrees_between: float
    """Degrees of freedom above the line, arms less 1."""
    degrees_within: float
    """Degrees of freedom below the line."""
    p_value: float
    """The p-value."""
    ln_p_value: float
    """The natural logarithm of the p-value, which does not underflow."""
    eta_squared: float
    """The share of the sum of squares that lies between the arms."""
    status: str
    """Whether the data could answer: "ok", or why not."""
    split: SplitCheck
    """Whether the rows were split as planned: look at this first."""


def analysis_of_variance(
    arms: Sequence[MeanArm | ColumnLike], *, weights: Sequence[float] | None = None, method: AnovaMethod = "welch"
) -> Anova:
    """Tests whether several arms have one mean.

    Args:
        arms: Arms, or columns of values; at least two.
        weights: Of each arm, the planned split, of any scale; `None` is no plan, and nothing is checked.
        method: A variance for each arm (Welch 1951), or one for all (Fisher).

    Raises:
        EmptyError: There are fewer than two arms.

    >>> import crm
    >>> crm.analysis_of_variance([[6, 8, 4, 5, 3, 4], [8, 12, 9, 11, 6, 8], [13, 9, 11, 8, 7, 12]], method="classic").degrees_within
    15.0
    """
    given = None if weights is None else number_list("weights", weights)
    fields: dict[str, Any] = _crm.analysis_of_variance(mean_arms("arms", arms), given, method)
    return Anova(**{**fields, "split": SplitCheck(*fields["split"])})


def cohens_d(target: MeanArm | ColumnLike, control: MeanArm | ColumnLike) -> float:
    """The difference of the means in standard deviations within the arms; NaN for arms without a variance."""
    return _crm.cohens_d(mean_arm("target", target)._native, mean_arm("control", control)._native)


def hedges_g(target: MeanArm | ColumnLike, control: MeanArm | ColumnLike) -> float:
    """Cohen's d without its bias (Hedges 1981); NaN for arms without a variance and for fewer than two degrees of freedom."""
    return _crm.hedges_g(mean_arm("target", target)._native, mean_arm("control", control)._native)
