"""Two rates compared."""

from __future__ import annotations

from typing import Literal, TypeAlias

from crm import _crm
from crm.experiment.arm import BinaryArm
from crm.experiment.options import Alternative, Contrast, native_options
from crm.experiment.result import TestResult

__all__ = ["ProportionMethod", "compare_proportions"]

ProportionMethod: TypeAlias = Literal["unpooled"]
"""How two rates are compared."""


def compare_proportions(
    target: BinaryArm,
    control: BinaryArm,
    *,
    method: ProportionMethod = "unpooled",
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
) -> TestResult:
    """Compares the rates of target and control.

    Args:
        target: Those who were treated.
        control: Those who were not.
        method: How they are compared.
        contrast: In what terms.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test, inside (0, 1); the interval has confidence 1 - alpha.
        null: The value of the contrast under the null; `None` is "no effect".

    Raises:
        InvalidArgumentError: An option makes no sense, or the method does not test this contrast.

    >>> import crm
    >>> result = crm.compare_proportions(crm.BinaryArm(120, 1000), crm.BinaryArm(90, 1000))
    >>> result.difference, result.rejects
    (0.03, True)
    """
    options = native_options(contrast, alternative, alpha, null)
    return TestResult._of(_crm.compare_proportions(target._native, control._native, method, options))
