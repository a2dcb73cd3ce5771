"""Many tests: adjusted p-values, and several targets against one control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import ColumnLike, number_column, number_list
from crm.experiment.mean_arm import Moments, moments, moments_of_all
from crm.experiment.options import Alternative, native_options
from crm.experiment.result import TestResult
from crm.experiment.sample_ratio import SampleRatio

__all__ = ["Dunnett", "MultiplicityMethod", "adjust_ln_p_values", "adjust_p_values", "dunnett_test"]

MultiplicityMethod: TypeAlias = Literal[
    "bonferroni", "sidak", "holm", "holm_sidak", "hochberg", "hommel", "benjamini_hochberg", "benjamini_yekutieli"
]
"""How p-values of many tests are adjusted. The first six hold the chance of any false rejection: "bonferroni" and "holm" under every
dependence, "sidak" and "holm_sidak" for independent, "hochberg" and "hommel" for independent and positively dependent tests. The last two
hold the share of false ones among the rejections: for independent and positively dependent tests, and under every dependence."""


def adjust_p_values(p_values: ColumnLike, *, method: MultiplicityMethod = "holm") -> npt.NDArray[np.float64]:
    """p-values adjusted for their number: one at most alpha is rejected at the level alpha for all.

    The order of the result is that of the input.

    Args:
        p_values: p-values of all tests, from 0 to 1.
        method: How they are adjusted.

    Raises:
        InvalidValueError: A p-value is NaN or outside [0, 1]; names its row.

    >>> import crm
    >>> crm.adjust_p_values([0.04, 0.01, 0.03]).round(12)
    array([0.06, 0.03, 0.06])
    """
    return np.asarray(_crm.adjust_p_values(number_column("p_values", p_values), method), dtype=np.float64)


def adjust_ln_p_values(ln_p_values: ColumnLike, *, method: MultiplicityMethod = "holm") -> npt.NDArray[np.float64]:
    """The logarithms of adjusted p-values from those of p-values, for tests whose p-values underflow.

    Args:
        ln_p_values: Logarithms of the p-values of all tests, at most 0.
        method: How they are adjusted.

    Raises:
        InvalidValueError: A logarithm is NaN or above 0; names its row.

    >>> import crm
    >>> crm.adjust_ln_p_values([-5000.0, -1.0], method="bonferroni").round(6)
    array([-4.99930685e+03, -3.06853000e-01])
    """
    return np.asarray(_crm.adjust_ln_p_values(number_column("ln_p_values", ln_p_values), method), dtype=np.float64)


@dataclass(frozen=True)
class Dunnett:
    """What Dunnett's test says."""

    results: list[TestResult]
    """Each target against the control, in the order given: p-values are adjusted, intervals hold together with confidence 1 - alpha."""
    critical_value: float
    """The statistic beyond which a null is rejected, in the direction of the alternative, or of its absolute value; NaN where the data could not
    answer."""
    degrees_of_freedom: float
    """Degrees of freedom of the common variance."""
    standard_deviation: float
    """The standard deviation within the arms."""
    sample_ratio: SampleRatio
    """Whether the rows were split as planned, the targets before the control: look at this first."""


def dunnett_test(
    targets: Sequence[Moments | tuple[int, float, float]],
    control: Moments | tuple[int, float, float],
    *,
    weights: Sequence[float] | None = None,
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
) -> Dunnett:
    """Tests several targets against one control, with one level for all of them (Dunnett 1955).

    ```text
    t(i) = (mean(i) - mean(0) - null) / (s sqrt(1/n(i) + 1/n(0))),  s^2 = sum of m2 / df,  df = sum of (n - 1)
    p(i) = P(the largest of |T| is at least |t(i)|)
    ```

    One variance is taken for all arms, which may differ in size.

    Args:
        targets: Arms, or their (count, mean, variance).
        control: The arm that all are compared with.
        weights: The planned split, of any scale: of each target, then of the control; `None` is no plan, and nothing is checked.
        alternative: Which deviations from the null count against it.
        alpha: The level of all tests together.
        null: The difference under the null; `None` is 0.

    Raises:
        EmptyError: There are no targets.
        InvalidArgumentError: An arm has moments that no values have, or an option makes no sense.

    >>> import crm
    >>> test = crm.dunnett_test([(4, 8.9, 0.81653), (5, 10.878, 2.42402)], (6, 8.25, 0.88412))
    >>> [result.rejects for result in test.results]
    [False, True]
    """
    options = native_options("difference", alternative, alpha, null)
    given = None if weights is None else number_list("weights", weights)
    arms = moments_of_all("targets", targets)
    fields = _crm.dunnett_test(arms, moments("control", control), given, options)
    return Dunnett(
        [TestResult._of(result) for result in fields["results"]],
        fields["critical_value"],
        fields["degrees_of_freedom"],
        fields["standard_deviation"],
        SampleRatio._of(fields["sample_ratio"]),
    )
