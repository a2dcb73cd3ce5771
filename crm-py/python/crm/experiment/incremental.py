"""What a campaign brought in beyond what its control would have, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from crm import _crm
from crm.column import ColumnLike
from crm.experiment.arm import BinaryArm
from crm.experiment.mean_arm import MeanArm, mean_arm
from crm.experiment.means import LiftMethod, MeanMethod
from crm.experiment.options import Alternative, native_options
from crm.experiment.proportion import ProportionMethod
from crm.experiment.result import Interval, TestResult
from crm.instance import must_be

__all__ = ["Amount", "CampaignCost", "CampaignReturn", "IncrementalConversions", "campaign_return", "incremental_conversions"]


class CampaignCost:
    """What a campaign costs, and what part of revenue is earned.

    Args:
        fixed: What it costs whatever its size.
        per_contact: What each contact costs.
        margin: The share of revenue that is earned before the campaign's own cost; above 0, at most 1.

    Raises:
        InvalidArgumentError: A cost is negative or not finite, or the margin is not above 0 and at most 1.

    >>> cost = CampaignCost(1000.0, 0.75, margin=0.4)
    >>> cost.total(2000), cost.break_even_rate(2000, 50.0)
    (2500.0, 0.0625)
    """

    __slots__ = ("_native", "fixed", "margin", "per_contact")

    def __init__(self, fixed: float = 0.0, per_contact: float = 0.0, *, margin: float = 1.0) -> None:
        self._native = _crm.CampaignCost(fixed, per_contact, margin)
        self.fixed, self.per_contact, self.margin = fixed, per_contact, margin

    def total(self, contacts: int) -> float:
        """The cost of so many contacts."""
        return self._native.total(contacts)

    def break_even_mean(self, contacts: int) -> float:
        """The revenue for each contact, above the control's, at which profit is 0.

        Raises:
            InvalidArgumentError: There are no contacts.
        """
        return self._native.break_even_mean(contacts)

    def break_even_rate(self, contacts: int, revenue_per_conversion: float) -> float:
        """The response rate, above the control's, at which profit is 0. Above 1 no response can pay for the campaign.

        Raises:
            InvalidArgumentError: There are no contacts, or the revenue is not above 0.
        """
        return self._native.break_even_rate(contacts, revenue_per_conversion)

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, CampaignCost) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.fixed, self.per_contact, self.margin))

    def __reduce__(self) -> tuple[object, ...]:
        return _cost, (self.fixed, self.per_contact, self.margin)

    def __repr__(self) -> str:
        return f"CampaignCost({self.fixed}, {self.per_contact}, margin={self.margin})"


def _cost(fixed: float, per_contact: float, margin: float) -> CampaignCost:
    return CampaignCost(fixed, per_contact, margin=margin)


@dataclass(frozen=True)
class Amount:
    """An amount with the values that the data do not rule out."""

    estimate: float
    """The estimate."""
    interval: Interval
    """The values that a test of the level asked for does not reject."""

    @classmethod
    def _of(cls, fields: tuple[float, tuple[Any, ...]]) -> Amount:
        return cls(fields[0], Interval(*fields[1]))


@dataclass(frozen=True)
class CampaignReturn:
    """What a campaign returned."""

    contacts: int
    """The contacts, which is the size of the target."""
    cost: float
    """What they cost."""
    revenue: Amount
    """Revenue beyond that of the control: contacts times the difference of means."""
    profit: Amount
    """Margin times revenue, less cost."""
    roi: Amount
    """Profit over cost; NaN and the whole line for a campaign that cost nothing."""
    revenue_per_cost: Amount
    """Revenue over cost, the incremental return on the spend."""
    break_even_mean: float
    """The difference of means at which profit is 0."""
    probability_of_profit: float
    """Probability that profit is above 0, from a flat prior on the difference of means."""
    difference: TestResult
    """The test of the difference of means against the null asked for."""
    break_even: TestResult
    """The test of the difference of means against `break_even_mean`."""


def campaign_return(
    target: MeanArm | ColumnLike,
    control: MeanArm | ColumnLike,
    cost: CampaignCost,
    *,
    method: MeanMethod = "score",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
) -> CampaignReturn:
    """What a campaign returned: revenue, profit and return on its cost with intervals.

    ```text
    revenue = n_t (mean_t - mean_c),  profit = margin revenue - cost,  roi = profit / cost
    ```

    Args:
        target: Revenue of each contact, those who bought nothing with 0: an arm, or a column.
        control: Revenue of those who were held out.
        cost: What the campaign costs.
        method: How the variance is estimated; the default is for revenue that is mostly 0.
        alternative: Which deviations from the null count against it.
        alpha: The level of the tests; intervals have confidence 1 - alpha.
        null: The difference of means under the null of `difference`; `None` is 0.
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.

    Raises:
        InvalidArgumentError: The target is empty, or an option makes no sense.

    >>> import crm
    >>> target, control = crm.MeanArm.from_moments(100_000, 4.0, 1980.0), crm.MeanArm.from_moments(20_000, 1.5, 748.0)
    >>> found = crm.campaign_return(target, control, crm.CampaignCost(per_contact=0.75), method="z")
    >>> found.profit.estimate, str(found.roi.interval)
    (175000.0, '1.70833 to 2.95834')
    """
    lift_method: LiftMethod = "fieller"
    options = native_options("difference", alternative, alpha, null, target_share)
    target, control = mean_arm("target", target), mean_arm("control", control)
    test = _crm.MeanTest(method, lift_method)
    must_be(CampaignCost, cost=cost)
    fields = _crm.campaign_return(target._native, control._native, cost._native, test, options)
    for name in ("revenue", "profit", "roi", "revenue_per_cost"):
        fields[name] = Amount._of(fields[name])
    for name in ("difference", "break_even"):
        fields[name] = TestResult._of(fields[name])
    return CampaignReturn(**fields)


@dataclass(frozen=True)
class IncrementalConversions:
    """Conversions beyond those of the control, and what each cost."""

    conversions: Amount
    """Contacts times the difference of rates."""
    cost_per_conversion: Amount
    """Cost over conversions. Where the difference may be 0 the interval has a gap around 0 and no end."""
    rates: TestResult
    """The test of the difference of rates."""


def incremental_conversions(
    target: BinaryArm,
    control: BinaryArm,
    cost: CampaignCost,
    *,
    method: ProportionMethod = "score",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
) -> IncrementalConversions:
    """Conversions beyond those of the control, and the cost of each.

    Args:
        target: Conversions of the contacts.
        control: Conversions of those who were held out.
        cost: What the campaign costs.
        method: How the rates are compared.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test.
        null: The difference of rates under the null; `None` is 0.
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.

    Raises:
        InvalidArgumentError: An option makes no sense.

    >>> import crm
    >>> target, control = crm.BinaryArm(800, 100_000), crm.BinaryArm(60, 20_000)
    >>> crm.incremental_conversions(target, control, crm.CampaignCost(per_contact=0.75)).cost_per_conversion.estimate
    150.0
    """
    options = native_options("difference", alternative, alpha, null, target_share)
    must_be(CampaignCost, cost=cost)
    must_be(BinaryArm, target=target, control=control)
    fields = _crm.incremental_conversions(target._native, control._native, cost._native, method, options)
    conversions, each = Amount._of(fields["conversions"]), Amount._of(fields["cost_per_conversion"])
    return IncrementalConversions(conversions, each, TestResult._of(fields["rates"]))
