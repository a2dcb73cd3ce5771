"""What a test says."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

__all__ = ["Interval", "SplitCheck", "TestResult"]


@dataclass(frozen=True)
class Interval:
    """The values that a test does not reject."""

    lower: float
    """The lower end, or for an exclusive one the end of its lower part."""
    upper: float
    """The upper end, or for an exclusive one the start of its upper part."""
    kind: Literal["bounded", "exclusive", "unbounded"] = "bounded"
    """From lower to upper, either of which may be infinite; everything but what lies between them; or the whole line."""

    def __str__(self) -> str:
        if self.kind == "unbounded":
            return "anything"
        if self.kind == "exclusive":
            return f"up to {self.lower:.6g} or from {self.upper:.6g}"
        return f"{self.lower:.6g} to {self.upper:.6g}"


@dataclass(frozen=True, eq=False)
class SplitCheck:
    """Whether the customers that a result compares were split as planned: `crm.sample_ratio`, at the level 0.01.

    Two checks are equal if all fields are, NaN to NaN.

    >>> import crm
    >>> gate_30, gate_40 = crm.BinaryArm(8502, 44_700), crm.BinaryArm(8279, 45_489)  # Cookie Cats, dealt half and half
    >>> split = crm.compare_proportions(gate_30, gate_40, target_share=0.5).split
    >>> split.finding, round(split.p_value, 4), split.is_flagged
    ('mismatch', 0.0086, True)
    >>> crm.compare_proportions(gate_30, gate_40).split.finding
    'unplanned'
    """

    p_value: float
    """The p-value of the split; NaN without a plan and without customers."""
    ln_p_value: float
    """The natural logarithm of the p-value, which does not underflow."""
    finding: str
    """"as_planned", "mismatch", "unexpected_users" (in an arm that was to have none), "no_users", or "unplanned": nothing was checked."""
    is_flagged: bool
    """Whether something is wrong with the split: find out what before you read the effect."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SplitCheck) and repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))


@dataclass(frozen=True, repr=False)
class TestResult:
    """The outcome of a test of target against control.

    The interval holds every value of the contrast that the same statistic would not reject: a test rejects its null if and only if the
    interval excludes it. What is undefined for the data is NaN and `status` says why; the test does not reject then.

    >>> import crm
    >>> crm.compare_proportions(crm.BinaryArm(120, 1000), crm.BinaryArm(90, 1000), method="unpooled")
    <TestResult: difference 0.03, 95 % interval 0.00316209 to 0.0568379, p = 0.0285: rejects 0 (unpooled, two_sided)>

    With the planned share of the target the result says whether the split was kept:

    >>> crm.compare_proportions(crm.BinaryArm(120, 1000), crm.BinaryArm(90, 1200), method="unpooled", target_share=0.5)
    <TestResult: THE SPLIT IS OFF (mismatch, p = 2.01e-05); difference 0.045, 95 % interval 0.0199452 to 0.0700548, p = 0.000431: \
rejects 0 (unpooled, two_sided)>
    """

    # Not a test of pytest's.
    __test__: ClassVar[bool] = False

    method: str
    """The method's name."""
    contrast: str
    """In what terms the arms were compared."""
    alternative: str
    """Which deviations counted."""
    alpha: float
    """The level of the test; the interval has confidence 1 - alpha."""
    null: float
    """The value of the contrast under the null."""
    target: float
    """The target's rate, mean or ratio."""
    control: float
    """The control's rate, mean or ratio."""
    difference: float
    """Target minus control."""
    lift: float
    """(Target minus control) / |control|; infinite or NaN where the control is 0."""
    estimate: float
    """The estimate of the contrast."""
    standard_error: float
    """The standard error of the estimate; NaN for methods that have none."""
    interval: Interval
    """The values of the contrast that the test does not reject at this level."""
    statistic: float
    """The statistic at the null: z, t, or what the method names; NaN for exact tests."""
    degrees_of_freedom: float
    """Degrees of freedom where the statistic has some, else infinite."""
    p_value: float
    """The p-value."""
    ln_p_value: float
    """The natural logarithm of the p-value, which does not underflow."""
    effect_size: float
    """The standardised effect: Cohen's h for rates, Cohen's d for means, the probability of superiority for ranks."""
    status: str
    """Whether the data could answer: "ok", or why not."""
    rejects: bool
    """Whether the null is rejected at the level asked for."""
    split: SplitCheck
    """Whether the customers were split as planned: look at this first."""

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> TestResult:
        return cls(**{**fields, "interval": Interval(*fields["interval"]), "split": SplitCheck(*fields["split"])})

    def to_dict(self) -> dict[str, Any]:
        """Every field by name, with the interval as `lower`, `upper` and `interval_kind`, and the split as `split_p_value`, `split_ln_p_value`
        and `split_finding`; for a row of a table.

        >>> import crm
        >>> row = crm.compare_proportions(crm.BinaryArm(1, 4), crm.BinaryArm(2, 4), method="unpooled").to_dict()
        >>> row["difference"], row["interval_kind"], row["rejects"]
        (-0.25, 'bounded', False)
        """
        row: dict[str, Any] = {}
        for name, value in asdict(self).items():
            if name == "interval":
                row |= {"lower": value["lower"], "upper": value["upper"], "interval_kind": value["kind"]}
            elif name == "split":
                row |= {f"split_{field}": value[field] for field in ("p_value", "ln_p_value", "finding")}
            else:
                row[name] = value
        return row

    def __repr__(self) -> str:
        effect = f"{self.contrast} {self.estimate:.6g}, {100 * (1 - self.alpha):.6g} % interval {self.interval}"
        # Below the least float its logarithm still says how small it is.
        p = f"p = {self.p_value:.3g}" if self.p_value > 0 or self.ln_p_value != self.ln_p_value else f"ln p = {self.ln_p_value:.6g}"
        verdict = f"{'rejects' if self.rejects else 'does not reject'} {self.null:.6g}"
        status = "" if self.status == "ok" else f", {self.status}"
        # Nothing else counts before the cause of a bad split is known.
        split = f"THE SPLIT IS OFF ({self.split.finding}, p = {self.split.p_value:.3g}); " if self.split.is_flagged else ""
        return f"<TestResult: {split}{effect}, {p}: {verdict} ({self.method}, {self.alternative}{status})>"
