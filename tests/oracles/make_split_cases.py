"""Writes tests/cases/experiment/split.json: Pearson's chi-square of planned splits, by mpmath with 50 digits.

Two arms: the plan is the share of the target. Several arms: the plan is weights of any scale; the pairs are each arm but the control, against it.
"""

import json
from pathlib import Path

from mpmath import gammainc, log, mp, mpf

mp.dps = 50
THRESHOLD = mpf("0.01")


def check(customers: list[int], weights: list[float]) -> dict[str, object]:
    """The p-value, its logarithm and the finding; weights are the doubles that they are."""
    exact = [mpf(weight) for weight in weights]
    total, users = sum(exact), sum(customers)
    if any(count > 0 and weight == 0 for count, weight in zip(customers, weights)):
        return {"p_value": 0.0, "ln_p_value": "-Infinity", "finding": "unexpected_users"}
    if users == 0:
        return {"p_value": "NaN", "ln_p_value": "NaN", "finding": "no_users"}
    planned = [(count, users * weight / total) for count, weight in zip(customers, exact) if weight > 0]
    if len(planned) == 1:
        return {"p_value": 1.0, "ln_p_value": 0.0, "finding": "as_planned"}
    statistic = sum((count - expected) ** 2 / expected for count, expected in planned)
    # The chi-square distribution's upper tail, Q(df / 2, x / 2).
    p = gammainc(mpf(len(planned) - 1) / 2, statistic / 2, regularized=True)
    return {"p_value": float(p), "ln_p_value": float(log(p)), "finding": "mismatch" if p < THRESHOLD else "as_planned"}


TWO = [
    ("cookie_cats", [8502, 44_700], [8279, 45_489], 0.5),
    ("even_and_kept", [510, 5010], [480, 4990], 0.5),
    ("large_target_small_control", [1800, 90_012], [190, 9_988], 0.9),
    ("large_target_too_large", [1850, 90_700], [185, 9_300], 0.9),
    ("small_control_lost", [60, 4_000], [3, 40], 0.95),
    ("far_out_in_the_tail", [5000, 800_000], [4000, 200_000], 0.5),
    ("rare_target", [3, 120], [900, 99_880], 0.001),
]
SEVERAL = [
    ("hillstrom", [[3894, 21_307], [3238, 21_387], [2262, 21_306]], 2, [1, 1, 1]),
    ("one_arm_too_small", [[200, 5000], [180, 4600], [150, 5010]], 0, [1, 1, 1]),
    ("weights_of_any_scale", [[90, 8_020], [20, 990], [21, 1_010]], 1, [80, 10, 10]),
    ("an_arm_that_was_to_be_empty", [[90, 5_000], [20, 5_010], [1, 7]], 1, [1, 1, 0]),
]


def without_plan() -> dict[str, object]:
    return {"p_value": "NaN", "ln_p_value": "NaN", "finding": "unplanned"}


def main() -> None:
    two: list[dict[str, object]] = [
        {"id": name, "target": target, "control": control, "target_share": share}
        | check([target[1], control[1]], [share, 1.0 - share])
        for name, target, control, share in TWO
    ]
    two.append({"id": "no_plan", "target": [8502, 44_700], "control": [8279, 45_489], "target_share": None} | without_plan())
    several: list[dict[str, object]] = []
    for name, arms, control, weights in SEVERAL:
        others = [arm for arm in range(len(arms)) if arm != control]
        pairs = [check([arms[arm][1], arms[control][1]], [weights[arm], weights[control]]) for arm in others]
        whole = check([trials for _, trials in arms], weights)
        several.append({"id": name, "arms": arms, "control": control, "weights": weights, **whole, "pairs": pairs})
    name, arms, control, _ = SEVERAL[0]
    pairs = [without_plan() for _ in arms[1:]]
    several.append({"id": "no_plan", "arms": arms, "control": control, "weights": None, **without_plan(), "pairs": pairs})
    file = {"source": "mpmath, 50 digits", "tolerance": 1e-12, "two_arms": two, "several_arms": several}
    path = Path(__file__).resolve().parents[1] / "cases/experiment/split.json"
    rows = [f'  "{key}": {json.dumps(file[key])}' for key in ("source", "tolerance")]
    for key in ("two_arms", "several_arms"):
        body = ",\n".join(f"    {json.dumps(case)}" for case in file[key])  # type: ignore[attr-defined]
        rows.append(f'  "{key}": [\n{body}\n  ]')
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n")


if __name__ == "__main__":
    main()
