"""Times the loyalty score of `crm` beside NumPy and SciPy doing the same percentiles and weighted sum, on the same columns, in the same run.

    cargo xtask bench --loyalty --tasks fit,score,min_max
    python benchmarks/loyalty_score.py                         # 1M customers x 8 dimensions, three rounds
    python benchmarks/loyalty_score.py --rows 100000 --rounds 1

`fit`: mid-rank percentiles of the columns among themselves and their weighted sum (SciPy: `rankdata`). `score`: the same against a saved population (NumPy: two binary
searches in the sorted columns, which is what a saved percentile takes). `min_max`: between the 1 % and the 99 % quantile. NumPy has one thread; so the one-thread row of `crm`
compares arithmetic with arithmetic. Each engine runs in a process of its own, in turns; the best of the rounds counts. Results are compared: percentiles of `crm` err by 1 / 65,536
at most where more values differ.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from measure import measure_work

DIMENSIONS = 8
CONFIGURATIONS = [("crm", 1), ("crm", 2), ("numpy", 1)]
TASKS = ["fit", "score", "min_max"]
Work = Callable[[], Any]


def columns(rows: int, seed: int) -> list[Any]:
    """Amounts, counts and shares in turn."""
    import numpy as np

    draw = np.random.default_rng(seed)
    kinds = [lambda: draw.exponential(50.0, rows), lambda: np.floor(draw.random(rows) * 40.0), lambda: draw.random(rows) ** 2 * 1000.0]
    return [kinds[place % 3]() for place in range(DIMENSIONS)]


def crm_work(task: str, threads: int, fitted: list[Any], later: list[Any]) -> Work:
    import crm

    normalization = {"min_max": {"tail": 0.01}} if task == "min_max" else None
    dimensions = [crm.Dimension(f"d{place}", "units", normalization=normalization) for place in range(DIMENSIONS)]
    weights = [1.0 / DIMENSIONS] * DIMENSIONS
    table = crm.DimensionTable("2025-12-31", dict(zip(dimensions, fitted, strict=True)))
    if task == "fit":
        return lambda: crm.LoyaltyScore.fit(table, weights, threads=threads).scores.scores
    model = crm.LoyaltyScore.fit(table, weights).model
    scored = crm.DimensionTable("2026-12-31", dict(zip(dimensions, later, strict=True)))
    return lambda: model.score(scored, threads=threads).scores


def numpy_work(task: str, fitted: list[Any], later: list[Any]) -> Work:
    import numpy as np
    from scipy.stats import rankdata

    weight = 100.0 / DIMENSIONS
    if task == "fit":
        return lambda: sum(weight * (rankdata(column) - 0.5) / len(column) for column in fitted)
    if task == "min_max":
        ends = [np.quantile(column, [0.01, 0.99]) for column in fitted]
        return lambda: sum(weight * np.clip((column - low) / (high - low), 0.0, 1.0) for column, (low, high) in zip(later, ends, strict=True))
    population = [np.sort(column) for column in fitted]

    def percentile(known: Any, column: Any) -> Any:
        return (np.searchsorted(known, column, "left") + np.searchsorted(known, column, "right")) / (2.0 * len(known))

    return lambda: sum(weight * percentile(known, column) for known, column in zip(population, later, strict=True))


def answer(engine: str, threads: str, task: str, rows: str) -> dict[str, Any]:
    fitted, later = columns(int(rows), 1), columns(int(rows), 2)
    work = crm_work(task, int(threads), fitted, later) if engine == "crm" else numpy_work(task, fitted, later)
    run = measure_work(work)
    scores = run.pop("result")
    return {**run, "sample": scores[:: max(1, len(scores) // 1000)].tolist()}


def compare_task(task: str, rows: int, rounds: int) -> None:
    best: dict[tuple[str, int], dict[str, Any]] = {}
    for _ in range(rounds):
        for engine, threads in CONFIGURATIONS:
            command = [sys.executable, __file__, "--child", engine, str(threads), task, str(rows)]
            run = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1])
            seen = best.setdefault((engine, threads), run)
            for what in ("wall", "cpu", "extra_mb"):
                seen[what] = min(seen[what], run[what])
    peer = best["numpy", 1]
    print(f"\n{task}: {rows} customers x {DIMENSIONS} dimensions")
    print(f"  {'engine':<12}{'threads':>8}{'wall s':>10}{'cpu s':>10}{'extra MB':>10}   NumPy / crm: wall, cpu")
    for (engine, threads), run in best.items():
        ratios = "" if engine == "numpy" else f"{peer['wall'] / run['wall']:>10.1f}{peer['cpu'] / max(run['cpu'], 1e-9):>8.1f}"
        print(f"  {engine:<12}{threads:>8}{run['wall']:>10.3f}{run['cpu']:>10.3f}{run['extra_mb']:>10.1f}{ratios}")
    assert best["crm", 1]["sample"] == best["crm", 2]["sample"], "threads change the result"
    apart = max(abs(one - other) for one, other in zip(best["crm", 1]["sample"], peer["sample"], strict=True))
    print(f"  scores differ by {apart:.2g} points at most")
    assert apart < 100.0 / 65_536, "the results differ"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for task in TASKS:
        compare_task(task, options.rows, options.rounds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(answer(*sys.argv[2:])))
    else:
        main()
