"""Times tests of `crm` beside the tools that people use now, on the same counts in the same run.

    cargo xtask bench --experiments                          # every task
    cargo xtask bench --experiments --tasks proportions      # one of them

A task says what each engine does, for how many tests, and how far the results may be apart. Engines run in processes of their own, in turns;
the best of the rounds counts. An engine that takes one test at a time gets a share of the tests, and its time is scaled to all of them.
"""

import json
import pathlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from measure import measure_work

HERE = pathlib.Path(__file__).parent
TESTS = 100_000
"""Tests of one batch."""
ONE_BY_ONE = 2_000
"""Tests that an engine gets which takes one at a time."""

Counts = tuple[Any, Any, Any, Any]
Work = Callable[[], Any]


class Engine(NamedTuple):
    """One way to do a task."""

    name: str
    tests: int
    work: Callable[[Counts], Work]
    """From the counts to the work that is timed, which gives p-values or ends of intervals."""


def make_counts(tests: int) -> Counts:
    """Large targets, small controls, low rates: x1, n1, x0, n0."""
    import numpy as np

    rng = np.random.default_rng(1)
    n1, n0 = rng.integers(2_000, 50_000, tests), rng.integers(200, 5_000, tests)
    rate = rng.uniform(0.005, 0.2, tests)
    return rng.binomial(n1, rate * rng.uniform(0.9, 1.2, tests)), n1, rng.binomial(n0, rate), n0


def crm_batch(column: str, method: str, threads: int) -> Callable[[Counts], Work]:
    def work(counts: Counts) -> Work:
        import crm

        return lambda: crm.compare_proportion_columns(*counts, method=method, threads=threads)[column]

    return work


def crm_one_by_one(counts: Counts) -> Work:
    import crm

    rows = list(zip(*(column.tolist() for column in counts), strict=True))
    return lambda: [
        crm.compare_proportions(crm.BinaryArm(x1, n1), crm.BinaryArm(x0, n0), method="pooled").p_value for x1, n1, x0, n0 in rows
    ]


def statsmodels_one_by_one(counts: Counts) -> Work:
    from statsmodels.stats.proportion import proportions_ztest

    rows = list(zip(*counts, strict=True))
    return lambda: [proportions_ztest([x1, x0], [n1, n0])[1] for x1, n1, x0, n0 in rows]


def scipy_one_by_one(counts: Counts) -> Work:
    from scipy.stats import chi2_contingency

    rows = list(zip(*counts, strict=True))
    return lambda: [
        chi2_contingency([[x1, n1 - x1], [x0, n0 - x0]], correction=False)[1] for x1, n1, x0, n0 in rows
    ]


def numpy_vectorised(counts: Counts) -> Work:
    import numpy as np
    from scipy.stats import norm

    x1, n1, x0, n0 = counts

    def work() -> Any:
        pooled = (x1 + x0) / (n1 + n0)
        z = (x1 / n1 - x0 / n0) / np.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n0))
        return 2 * norm.sf(np.abs(z))

    return work


def statsmodels_newcombe(counts: Counts) -> Work:
    from statsmodels.stats.proportion import confint_proportions_2indep

    return lambda: confint_proportions_2indep(*counts, method="newcomb", compare="diff")[0]


def statsmodels_score(counts: Counts) -> Work:
    from statsmodels.stats.proportion import confint_proportions_2indep

    def lower(row: Any) -> float:
        try:
            return float(confint_proportions_2indep(*row, method="score", compare="diff")[0])
        except ValueError:  # Its search starts without a change of sign for some counts.
            return float("nan")

    rows = list(zip(*counts, strict=True))
    return lambda: [lower(row) for row in rows]


class Task(NamedTuple):
    """What is done."""

    title: str
    engines: list[Engine]
    tolerance: float | None
    """How far the results may be apart, relative; None where the peer's are known to be wrong."""


TASKS = {
    "proportions": Task(
        "p-values of the pooled z-test",
        [
            Engine("crm, 1 thread", TESTS, crm_batch("p_value", "pooled", 1)),
            Engine("crm, all threads", TESTS, crm_batch("p_value", "pooled", 0)),
            Engine("crm, one by one", ONE_BY_ONE, crm_one_by_one),
            Engine("NumPy, vectorised", TESTS, numpy_vectorised),
            Engine("statsmodels, one by one", ONE_BY_ONE, statsmodels_one_by_one),
            Engine("SciPy chi-square, one by one", ONE_BY_ONE, scipy_one_by_one),
        ],
        1e-10,
    ),
    "newcombe": Task(
        "intervals of Newcombe",
        [
            Engine("crm, 1 thread", TESTS, crm_batch("lower", "newcombe", 1)),
            Engine("crm, all threads", TESTS, crm_batch("lower", "newcombe", 0)),
            Engine("statsmodels, vectorised", TESTS, statsmodels_newcombe),
        ],
        1e-10,
    ),
    "score": Task(
        "score intervals of Miettinen and Nurminen; those of statsmodels 0.15 are wrong (issue 10269)",
        [
            Engine("crm, 1 thread", TESTS, crm_batch("lower", "score", 1)),
            Engine("crm, all threads", TESTS, crm_batch("lower", "score", 0)),
            Engine("statsmodels, one by one", ONE_BY_ONE // 10, statsmodels_score),
        ],
        None,
    ),
}


def measure(task: str, engine: int) -> dict[str, Any]:
    """One engine; its first results, to be compared."""
    import numpy as np

    chosen = TASKS[task].engines[engine]
    counts = tuple(column[: chosen.tests] for column in make_counts(TESTS))
    assert len(counts) == 4
    run = measure_work(chosen.work(counts))
    run["result"] = np.asarray(run["result"])[:100].tolist()
    return run


def child(task: str, engine: int) -> dict[str, Any]:
    command = [sys.executable, __file__, task, str(engine)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    answer = json.loads(output.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def compare_experiments(rounds: int, names: list[str]) -> None:
    """Prints a table for each task."""
    for name in names or list(TASKS):
        task = TASKS[name]
        best = [float("inf")] * len(task.engines)
        results: list[list[float]] = [[] for _ in task.engines]
        for _ in range(rounds):
            for place, engine in enumerate(task.engines):
                run = child(name, place)
                best[place] = min(best[place], run["wall"] * TESTS / engine.tests)
                results[place] = run["result"]
        print(f"\n{TESTS:,} {task.title}")
        for engine, wall in zip(task.engines, best, strict=True):
            print(f"  {engine.name:<32}{wall:>10.4f} s   {wall / best[0]:>10.1f} times crm on one thread")
        apart = max(
            abs(value - ours) / max(abs(ours), 1e-300)
            for result in results[1:]
            for value, ours in zip(result, results[0], strict=True)
        )
        verdict = "" if task.tolerance is None else f", at most {task.tolerance:g}: {'fine' if apart <= task.tolerance else 'TOO FAR'}"
        print(f"  results apart by {apart:.1e}{verdict}")


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
