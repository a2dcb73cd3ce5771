"""What a test is asked."""

from __future__ import annotations

from typing import Literal, TypeAlias

from crm import _crm

__all__ = ["Alternative", "Contrast", "native_options"]

Contrast: TypeAlias = Literal["difference", "lift", "ratio", "odds_ratio"]
"""In what terms target and control are compared: target - control, (target - control) / |control|, target / control, or the ratio of
their odds (for rates only)."""

Alternative: TypeAlias = Literal["two_sided", "greater", "less"]
"""Which deviations from the null count against it: either, the target above the control, or below. One-sided intervals have one end."""


def native_options(
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
) -> _crm.TestOptions:
    """The options of a test, checked."""
    return _crm.TestOptions(contrast, alternative, alpha, null, target_share)
