"""Rows of the calibration: what a test promises, and what a simulation saw of it."""

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import crm
import numpy as np

ALPHA = 0.05
Generator = np.random.Generator


class Row(NamedTuple):
    """One promise, and what became of it."""

    test: str
    design: str
    what: str
    promise: str
    nominal: float
    seen: float
    runs: int

    @property
    def error(self) -> float:
        # Of the promise where the share is 0 or 1.
        p = min(max(self.seen, 0.5 / self.runs), 1 - 0.5 / self.runs)
        return math.sqrt(p * (1 - p) / self.runs)

    @property
    def verdict(self) -> str:
        over, under = self.seen - self.nominal > 4 * self.error, self.nominal - self.seen > 4 * self.error
        broken = {"=": over or under, "<=": over, ">=": under, "about": False}[self.promise]
        return "off" if broken else "kept" if self.promise != "about" else ""


Rows = Iterator[Row]


def share(flags: Any) -> float:
    return float(np.mean(flags))


def judged(row: Callable[[], Row]) -> Iterator[Row]:
    """The row, unless the method does not have the contrast asked for."""
    try:
        yield row()
    except crm.error.InvalidArgumentError as refusal:
        if refusal.argument != "contrast":
            raise


def inside(interval: Any, value: float) -> bool:
    if interval.kind == "exclusive":
        return bool(value <= interval.lower or value >= interval.upper)
    return bool(interval.kind == "unbounded" or interval.lower <= value <= interval.upper)


def of_counts(runs: int, rng: Generator, sizes: tuple[int, int], rates: tuple[float, float], judge: Callable[[Any, Any], bool]) -> float:
    """The share of runs in which `judge` holds; each pair of counts is judged once."""
    counts = np.stack([rng.binomial(n, p, runs) for n, p in zip(sizes, rates, strict=True)])
    pairs, times = np.unique(counts, axis=1, return_counts=True)
    held = [judge(crm.BinaryArm(int(x), sizes[0]), crm.BinaryArm(int(y), sizes[1])) for x, y in pairs.T]
    return float(np.dot(held, times) / runs)


def lognormal(rng: Generator, size: tuple[int, ...], mean: float) -> Any:
    """Revenue: most small, some large."""
    return mean * rng.lognormal(-0.5, 1.0, size)
