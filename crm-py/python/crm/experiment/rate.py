"""One rate: its interval, and tests against a rate that is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from crm import _crm
from crm.experiment.arm import BinaryArm
from crm.experiment.options import Alternative
from crm.experiment.result import Interval
from crm.instance import must_be

__all__ = ["RateMethod", "RateTest", "rate_interval", "test_rate"]

RateMethod: TypeAlias = Literal[
    "wilson",
    "clopper_pearson",
    "minimum_likelihood",
    "mid_p",
    "jeffreys",
    "jeffreys_modified",
    "agresti_coull",
    "wald",
]
"""How one rate is estimated and tested: the score test (Wilson), three exact ones, the posterior under Jeffreys' prior, with the ends of
Brown, Cai and DasGupta too, and the normal approximations of Agresti and Coull and of Wald."""


@dataclass(frozen=True)
class RateTest:
    """The outcome of a test of one rate, which rejects if and only if the interval excludes the rate under the null."""

    # Not a test of pytest's.
    __test__: ClassVar[bool] = False

    method: str
    """The method's name."""
    alternative: str
    """Which deviations counted."""
    alpha: float
    """The level of the test; the interval has confidence 1 - alpha."""
    null: float
    """The rate under the null."""
    rate: float
    """Conversions over trials."""
    interval: Interval
    """The rates that the test does not reject."""
    statistic: float
    """z for methods that are near normal, else NaN."""
    p_value: float
    """The p-value."""
    ln_p_value: float
    """The natural logarithm of the p-value, which does not underflow."""
    status: str
    """Whether the data could answer: "ok", or why not."""
    rejects: bool
    """Whether the null is rejected at the level asked for."""

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> RateTest:
        return cls(**{**fields, "interval": Interval(*fields["interval"])})


def rate_interval(arm: BinaryArm, *, method: RateMethod = "wilson", alpha: float = 0.05) -> Interval:
    """The interval of a rate, with confidence 1 - alpha.

    Raises:
        InvalidArgumentError: The level is outside (0, 1), or the method is unknown.

    >>> import crm
    >>> interval = crm.rate_interval(crm.BinaryArm(8, 10))
    >>> round(interval.lower, 4), round(interval.upper, 4)
    (0.4902, 0.9433)

    Source: Brown, Cai and DasGupta (2001), "Interval estimation for a binomial proportion", Statistical Science 16.
    """
    must_be(BinaryArm, arm=arm)
    return Interval(*_crm.rate_interval(arm._native, method, alpha))


def test_rate(
    arm: BinaryArm,
    null: float,
    *,
    method: RateMethod = "wilson",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
) -> RateTest:
    """Tests a rate against one that is given.

    Raises:
        InvalidArgumentError: The level or the rate under the null is outside (0, 1), or a name is unknown.

    >>> import crm
    >>> round(crm.test_rate(crm.BinaryArm(8, 10), 0.5, method="minimum_likelihood").p_value, 6)
    0.109375
    """
    must_be(BinaryArm, arm=arm)
    return RateTest._of(_crm.test_rate(arm._native, null, method, alternative, alpha))


# Not a test of pytest's.
test_rate.__test__ = False  # type: ignore[attr-defined]
