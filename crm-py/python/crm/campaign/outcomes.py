"""What became of the customers of a campaign, and what it brought."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from crm import _crm
from crm.campaign.split import Arm, Assignment, native_arms
from crm.column import ColumnLike, id_column, number_column
from crm.error import InvalidArgumentError, WrongTypeError
from crm.experiment.options import Alternative
from crm.experiment.proportion import ProportionMethod
from crm.experiment.result import TestResult
from crm.table import Table

__all__ = ["ArmCost", "CampaignMetric", "CampaignOutcomes", "CampaignReport", "SampleRatioCheck", "SplitBalance"]

CampaignMetric: TypeAlias = Literal["response", "conversion", "orders", "revenue"]
"""What a campaign is judged by: who responded, who bought (0 or 1 each), orders, and revenue of each customer."""

MeanMethod: TypeAlias = Literal["welch", "student", "z", "score", "skewness_corrected"]
Multiplicity: TypeAlias = Literal[
    "bonferroni", "sidak", "holm", "holm_sidak", "hochberg", "hommel", "benjamini_hochberg", "benjamini_yekutieli"
]


@dataclass(frozen=True)
class ArmCost:
    """What a target cost, and what part of revenue is earned."""

    fixed: float = 0.0
    """Whatever the number of contacts. Groups have it in proportion to their contacts."""
    per_contact: float = 0.0
    """For each customer of the arm."""
    per_response: float = 0.0
    """For each customer of the arm who responded, or bought if responses are not known. Intervals of profit and return on cost allow for their
    number being random."""
    margin: float = 1.0
    """The share of revenue that is earned before the campaign's own cost; above 0, at most 1."""


def _native_costs(
    costs: ArmCost | Mapping[str, ArmCost] | None,
) -> list[tuple[str | None, float, float, float, float]]:
    """Costs by arm, or of all targets, for the engine."""
    if costs is None:
        return []
    by_arm: list[tuple[str | None, ArmCost]]
    if isinstance(costs, Mapping):
        by_arm = list(costs.items())
    else:
        by_arm = [(None, costs)]
    for arm, cost in by_arm:
        if not isinstance(cost, ArmCost):
            place = "costs" if arm is None else f"costs, {arm}"
            accepted = "an ArmCost" if arm is not None else "an ArmCost, or a dictionary of them by the names of arms"
            message = f"{place}: {type(cost).__name__} is not accepted: must be {accepted}"
            raise WrongTypeError(message, argument="costs")
    return [(arm, cost.fixed, cost.per_contact, cost.per_response, cost.margin) for arm, cost in by_arm]


@dataclass(frozen=True)
class SampleRatioCheck:
    """Whether the arms have the sizes that were planned."""

    statistic: float
    """Pearson's chi-square."""
    p_value: float
    """The p-value."""
    ln_p_value: float
    """Its natural logarithm."""
    flagged: bool
    """Whether the arms differ in more than the campaign, so that nothing else can be trusted."""


class CampaignOutcomes:
    """Customers with their arms and outcomes, a row a customer.

    Everybody whom the split put into an arm belongs in here, also who was never reached and who bought nothing.

    Args:
        arm: The name of each customer's arm, null for who is not in the campaign; or an `Assignment`.
        arms: The arms with the weights that the split was planned with; not with an `Assignment`, which knows them.
        metrics: Columns by metric: "response" and "conversion" (0 and 1), "orders", "revenue".
        covariate: A number that each customer had before the campaign: differences of orders and revenue are adjusted by it.
        groups: Columns of texts by name, such as segments and channels, known before the campaign: results are reported by them too.
        before: Numbers by name that customers had before the campaign, by which `balance` checks the split.

    Raises:
        InvalidValueError: An arm or a value is not accepted.
        LengthMismatchError: Columns differ in length.
        InvalidArgumentError: The arms make no sense, or are given beside an `Assignment`.
        EmptyError: Nobody is in an arm.

    >>> outcomes = CampaignOutcomes(
    ...     ["mail", "none"] * 200,
    ...     [Arm("mail"), Arm("none", control=True)],
    ...     metrics={"conversion": [1, 0, 1, 1] * 100, "revenue": [10.0, 0.0, 30.0, 20.0] * 100},
    ... )
    >>> report = outcomes.measure(costs=ArmCost(per_contact=2.0, margin=0.5))
    >>> report.arms["conversion"]
    array([1. , 0.5])
    >>> report.returns["profit"]
    array([600.])
    """

    __slots__ = ("_native",)
    _native: _crm.CampaignOutcomes

    def __init__(
        self,
        arm: ColumnLike | Assignment,
        arms: Sequence[Arm] = (),
        *,
        metrics: Mapping[CampaignMetric, ColumnLike] | None = None,
        covariate: ColumnLike | None = None,
        groups: Mapping[str, ColumnLike] | None = None,
        before: Mapping[str, ColumnLike] | None = None,
    ) -> None:
        if isinstance(arm, Assignment):
            if arms:
                message = "arms: not accepted with an Assignment, which knows its arms: leave them out"
                raise InvalidArgumentError(message, argument="arms")
            native = _crm.CampaignOutcomes.from_assignment(arm._native)
        else:
            native = _crm.CampaignOutcomes.from_names(id_column("arm", arm), native_arms(arms))
        for metric, values in (metrics or {}).items():
            native.add_metric(metric, number_column(metric, values, truths=True))
        if covariate is not None:
            native.add_covariate(number_column("covariate", covariate))
        for name, values in (groups or {}).items():
            native.add_groups(name, id_column(name, values))
        for name, values in (before or {}).items():
            native.add_before(name, number_column(name, values, truths=True))
        self._native = native

    def __len__(self) -> int:
        return len(self._native)

    @property
    def counts(self) -> dict[str, int]:
        """Customers in each arm."""
        return dict(zip(self._native.names(), self._native.counts(), strict=True))

    def measure(
        self,
        *,
        costs: ArmCost | Mapping[str, ArmCost] | None = None,
        alpha: float = 0.05,
        alternative: Alternative = "two_sided",
        proportion_method: ProportionMethod = "skewness_corrected",
        mean_method: MeanMethod = "skewness_corrected",
        multiplicity: Multiplicity = "holm",
    ) -> CampaignReport:
        """Compares each target with the control in each metric, over everybody and in each group.

        Args:
            costs: The cost of every target, or of each by its name.
            alpha: The level of tests, inside (0, 1); intervals have confidence 1 - alpha.
            alternative: Which deviations from "no effect" count.
            proportion_method: How rates are compared; the default keeps its level in groups with a small control too.
            mean_method: How orders and revenue are compared; the default is for values that are mostly 0, also in groups with a buyer or two.
            multiplicity: How p-values are adjusted, over the arms and groups of one metric and grouping.

        Raises:
            EmptyError: There is no metric, or the control has no customers.
            InvalidArgumentError: An option or a cost makes no sense.
            MissingColumnError: There are costs and no revenue.
        """
        native_costs = _native_costs(costs)
        native = self._native.measure(alpha, alternative, proportion_method, mean_method, multiplicity, native_costs)
        return CampaignReport._of(native)

    def balance(self, *, alpha: float = 0.05, multiplicity: Multiplicity = "holm") -> SplitBalance:
        """Compares the arms in what was there before the campaign: the columns of `before` and `groups`.

        Raises:
            InvalidArgumentError: The level is outside (0, 1).
            EmptyError: An arm has no customers.

        >>> outcomes = CampaignOutcomes(
        ...     ["mail", "none"] * 4, [Arm("mail"), Arm("none", control=True)], before={"orders": [1, 2, 3, 4, 4, 3, 2, 1]}
        ... )
        >>> outcomes.balance().rows["standardised_difference"]
        array([0.])
        """
        return SplitBalance._of(self._native.balance(alpha, multiplicity))

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in self.counts.items())
        return f"<CampaignOutcomes: {counts}>"


class CampaignReport:
    """What a campaign did: arms, the check of the split, effects and returns."""

    __slots__ = ("_native",)
    _native: _crm.CampaignReport

    def __init__(self) -> None:
        raise TypeError("made by CampaignOutcomes.measure")

    @classmethod
    def _of(cls, native: _crm.CampaignReport) -> CampaignReport:
        report = cls.__new__(cls)
        report._native = native
        return report

    @property
    def sample_ratio(self) -> SampleRatioCheck:
        """Whether the arms have the sizes that were planned. If not, nothing else here can be trusted."""
        return SampleRatioCheck(*self._native.sample_ratio())

    @property
    def outside(self) -> int:
        """Rows that are in no arm."""
        return self._native.outside()

    @property
    def arms(self) -> Table:
        """The arms: customers, the planned share, and the mean of each metric."""
        return Table(self._native.arms())

    @property
    def effects(self) -> Table:
        """Targets against the control: for everybody (`grouping` is empty), then by group; with interval, p-value, the p-value adjusted over
        its family, intervals that hold together, and what is incremental: customers times the difference.

        `lift` is the difference divided by the control, with its interval from `lift_lower` to `lift_upper`; `lift_kind` says whether it is
        "bounded", "exclusive" (all but what lies between) or "unbounded" (also where the method tests no lifts)."""
        return Table(self._native.effects())

    def result(self, effect: int) -> TestResult:
        """The test behind an effect, by its row in `effects`.

        Raises:
            IndexError: There is no such row.
        """
        fields = self._native.result(effect) if effect >= 0 else None
        if fields is None:
            raise IndexError(f"effect {effect} is not below {len(self.effects)}")
        return TestResult._of(fields)

    @property
    def returns(self) -> Table:
        """What the targets that have a cost returned: incremental revenue, profit and return on cost with intervals, the break-even, and the
        cost of each incremental conversion.

        `break_even_rate` is the rate of conversions at which profit is 0; its interval joins Wilson's of the control's rate and Fieller's of what
        must come on top (MOVER), within [0, inf)."""
        return Table(self._native.returns())

    @property
    def empty(self) -> Table:
        """Groups in which a target cannot be compared, because it or the control has no customers there."""
        return Table(self._native.empty())

    def to_dict(self) -> dict[str, Any]:
        """The whole report as plain values; numbers that are not finite are `None`."""
        report: dict[str, Any] = json.loads(self._native.to_json())
        return report

    def __repr__(self) -> str:
        check = self.sample_ratio
        warning = f", THE SPLIT IS OFF (p = {check.p_value:.3g})" if check.flagged else ""
        return f"<CampaignReport: {len(self.arms)} arms, {len(self.effects)} effects, {len(self.returns)} returns{warning}>"


class SplitBalance:
    """The arms compared in what was there before the campaign."""

    __slots__ = ("_native",)
    _native: _crm.SplitBalance

    def __init__(self) -> None:
        raise TypeError("made by CampaignOutcomes.balance")

    @classmethod
    def _of(cls, native: _crm.SplitBalance) -> SplitBalance:
        balance = cls.__new__(cls)
        balance._native = native
        return balance

    @property
    def sample_ratio(self) -> SampleRatioCheck:
        """Whether the arms have the sizes that were planned."""
        return SampleRatioCheck(*self._native.sample_ratio())

    @property
    def rows(self) -> Table:
        """A row for each column or level and each target: means or shares, the standardised difference, and p-values, also adjusted over all
        rows."""
        return Table(self._native.rows())

    def __repr__(self) -> str:
        check = self.sample_ratio
        warning = f", THE SPLIT IS OFF (p = {check.p_value:.3g})" if check.flagged else ""
        return f"<SplitBalance: {len(self.rows)} rows{warning}>"
