"""Writes tests/cases/experiment/several_arms.json: several arms against one control, by mpmath with 60 digits.

Rates by the pooled z, means by z with a variance for each arm, two-sided; p-values adjusted by the definitions of each method. An arm that is too
small has no p-value and does not count.
"""

import json
from itertools import accumulate
from pathlib import Path

from mpmath import erfc, log, mp, mpf, sqrt

mp.dps = 60


def two_sided(z: mpf) -> mpf:
    return erfc(abs(z) / sqrt(2))


def rates(target: list[int], control: list[int]) -> mpf:
    (x1, n1), (x0, n0) = target, control
    pooled = mpf(x1 + x0) / (n1 + n0)
    return two_sided((mpf(x1) / n1 - mpf(x0) / n0) / sqrt(pooled * (1 - pooled) * (mpf(1) / n1 + mpf(1) / n0)))


def means(target: list[float], control: list[float]) -> mpf | None:
    (n1, m1, v1), (n0, m0, v0) = target, control
    if min(n1, n0) < 2:
        return None
    return two_sided((mpf(m1) - mpf(m0)) / sqrt(mpf(v1) / n1 + mpf(v0) / n0))


def adjusted(given: list[mpf | None], method: str) -> list[mpf | None]:
    known = sorted((p, place) for place, p in enumerate(given) if p is not None)
    ranked, m = [p for p, _ in known], len(known)
    if method == "bonferroni":
        values = [m * p for p in ranked]
    elif method == "holm":
        values = list(accumulate(((m - j) * p for j, p in enumerate(ranked)), max))
    elif method == "hochberg":
        values = list(accumulate(((m - j) * ranked[j] for j in reversed(range(m))), min))[::-1]
    else:
        values = list(accumulate((m * ranked[j] / (j + 1) for j in reversed(range(m))), min))[::-1]
    found: list[mpf | None] = [None] * len(given)
    for value, (_, place) in zip(values, known):
        found[place] = min(value, mpf(1))
    return found


def numbers(values: list[mpf | None]) -> dict[str, list[float | str]]:
    plain = ["NaN" if value is None else float(value) for value in values]
    return {"p": plain, "ln_p": ["NaN" if value is None else float(log(value)) for value in values]}


CASES = [
    ("hillstrom_visits", "rates", [[3894, 21_307], [3238, 21_387], [2262, 21_306]], 2),
    ("one_of_four_is_better", "rates", [[90, 1_000], [104, 1_010], [131, 990], [97, 1_020], [95, 505]], 0),
    ("beyond_the_least_double", "rates", [[61_000, 100_000], [60_500, 100_000], [20_000, 100_000]], 2),
    ("ties", "rates", [[30, 400], [45, 400], [45, 400], [31, 400]], 0),
    ("means", "means", [[1_000, 5.0, 4.0], [1_100, 5.125, 4.5], [900, 5.25, 3.5], [1_000, 5.0625, 4.0]], 0),
    ("an_arm_that_is_too_small", "means", [[400, 2.5, 1.0], [1, 9.0, 0.0], [300, 2.25, 1.5], [350, 2.375, 1.25]], 3),
]


def main() -> None:
    rows = []
    for name, kind, arms, control in CASES:
        compare = rates if kind == "rates" else means
        single = [compare(arm, arms[control]) for place, arm in enumerate(arms) if place != control]
        by_method = {method: numbers(adjusted(single, method)) for method in ("bonferroni", "holm", "hochberg", "benjamini_hochberg")}
        case = {"id": name, "kind": kind, "arms": arms, "control": control, **numbers(single), "adjusted": by_method}
        rows.append("    " + json.dumps(case))
    path = Path(__file__).resolve().parents[1] / "cases/experiment/several_arms.json"
    head = '{\n  "source": "mpmath, 60 digits",\n  "tolerance": 1e-11,\n  "cases": [\n'
    path.write_text(head + ",\n".join(rows) + "\n  ]\n}\n")


if __name__ == "__main__":
    main()
