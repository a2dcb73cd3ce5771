"""Times the bootstrap and the Mann-Whitney test of `crm` beside SciPy, from the same columns, in the same run.

    cargo xtask bench --experiments --tasks bootstrap_small    # some of them
    python benchmarks/experiment_resampling.py                 # every task

Each engine runs in a process of its own, in turns; the best of the rounds counts. SciPy's bootstrap of a million rows takes
minutes: it runs once, with the batches that fit its memory. Extra memory is the peak of the work above what the process held with the columns
loaded. The results are compared: p-values of the rank test to 1e-10, standard errors of the bootstrap within what 10,000 resamples leave to chance.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
from typing import Any, NamedTuple

from measure import measure_work

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent / "target" / "bench-data"
Configuration = tuple[str, int]


class Task(NamedTuple):
    """What is tested, and on how many rows."""

    title: str
    kind: str
    rows: int
    resamples: int = 0
    options: dict[str, Any] = {}


TASKS = {
    "bootstrap": Task("percentile bootstrap of a mean, 1M values x 10,000 resamples", "mean", 1_000_000, 10_000, {"interval": "percentile"}),
    "bootstrap_small": Task("BCa bootstrap of a mean, 10,000 values x 10,000 resamples", "mean", 10_000, 10_000, {"interval": "bca"}),
    "bootstrap_orders": Task("percentile bootstrap of a mean, 1M counts of orders x 10,000", "orders", 1_000_000, 10_000, {"interval": "percentile"}),
    "bootstrap_median": Task("percentile bootstrap of a median, 10,000 values x 10,000", "median", 10_000, 10_000, {"interval": "percentile"}),
    "mann_whitney": Task("Mann-Whitney, 2 x 1M values; crm with the interval of the shift, SciPy without", "ranks", 1_000_000),
    "permutation": Task("permutation test of a difference of means, 2 x 5,000 values x 10,000", "permutation", 5_000, 10_000),
}
CONFIGURATIONS: list[Configuration] = [("crm", 1), ("crm", 2), ("scipy", 1)]
# SciPy takes this many values at once.
BATCH_VALUES = 50_000_000


def make_columns(task: Task) -> pathlib.Path:
    import numpy as np

    path = DATA / f"columns-{task.kind}-{task.rows}.npz"
    if path.exists():
        return path
    DATA.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    if task.kind == "orders":
        target, control = (rng.poisson(rate, task.rows).astype(float) for rate in (1.02, 1.0))
    else:
        target, control = (rng.lognormal(mean, 1, task.rows) for mean in (2.001, 2.0))
    np.savez(path, target=target, control=control)
    return path


def crm_work(task: Task, target: Any, control: Any, threads: int) -> Any:
    import crm

    if task.kind == "ranks":
        return lambda: [crm.mann_whitney(target, control, threads=threads).test.p_value]
    if task.kind == "permutation":
        return lambda: [crm.permutation_test(target, control, resamples=task.resamples, threads=threads).test.p_value]
    statistic: Any = "quantile" if task.kind == "median" else "mean"

    def work() -> list[float]:
        test = crm.bootstrap(target, statistic=statistic, resamples=task.resamples, threads=threads, **task.options).test
        return [test.standard_error, test.interval.lower, test.interval.upper]

    return work


def scipy_work(task: Task, target: Any, control: Any, threads: int) -> Any:
    import numpy as np
    from scipy import stats

    del threads  # One thread throughout.
    batch = max(1, min(task.resamples, BATCH_VALUES // task.rows))
    if task.kind == "ranks":
        return lambda: [float(stats.mannwhitneyu(target, control, method="asymptotic").pvalue)]
    if task.kind == "permutation":

        def difference(x: Any, y: Any, axis: int) -> Any:
            return np.mean(x, axis=axis) - np.mean(y, axis=axis)

        return lambda: [
            float(
                stats.permutation_test(
                    (target, control), difference, n_resamples=task.resamples, vectorized=True, batch=batch, rng=np.random.default_rng(0)
                ).pvalue
            )
        ]
    statistic = np.median if task.kind == "median" else np.mean
    method = {"bca": "BCa", "percentile": "percentile"}[task.options["interval"]]

    def work() -> list[float]:
        found = stats.bootstrap(
            (target,), statistic, n_resamples=task.resamples, method=method, batch=batch, vectorized=True, rng=np.random.default_rng(0)
        )
        return [float(found.standard_error), float(found.confidence_interval.low), float(found.confidence_interval.high)]

    return work


def answer_child(engine: str, path: str, name: str, threads: str) -> dict[str, Any]:
    import numpy as np

    task, data = TASKS[name], np.load(path)
    target, control = data["target"], data["control"]
    work = (crm_work if engine == "crm" else scipy_work)(task, target, control, int(threads))
    return {**measure_work(work, enough_seconds=20.0), "input_mb": (target.nbytes + control.nbytes) / 1e6}


def child(engine: str, path: pathlib.Path, name: str, threads: int) -> dict[str, Any]:
    limits = {variable: str(threads) for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    command = [sys.executable, __file__, "--child", engine, str(path), name, str(threads)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **limits}).stdout
    answer = json.loads(output.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def compare_task(name: str, rounds: int) -> None:
    task = TASKS[name]
    path = make_columns(task)
    best: dict[Configuration, dict[str, float]] = {}
    results: dict[Configuration, list[float]] = {}
    load = os.getloadavg()[0]
    for place in range(rounds):
        for configuration in CONFIGURATIONS:
            # A minute of SciPy is not measured better by another one.
            if place > 0 and best[configuration]["wall"] > 60:
                continue
            run = child(configuration[0], path, name, configuration[1])
            results[configuration] = run.pop("result")
            seen = best.setdefault(configuration, {})
            for what, value in run.items():
                seen[what] = min(float(value), seen.get(what, float("inf")))
    print(f"\n{task.title} (load of the machine before: {load:.1f}; the columns have {best['crm', 1]['input_mb']:.1f} MB)")
    print(f"  {'engine':<12}{'wall s':>10}{'cpu s':>10}{'extra MB':>10}   ratio to crm on one thread, on two: wall")
    for (engine, threads), run in best.items():
        ratios = "" if engine == "crm" else "".join(f"{run['wall'] / best['crm', count]['wall']:>10.1f}" for count in (1, 2))
        print(f"  {engine + ', ' + str(threads):<12}{run['wall']:>10.3f}{run['cpu']:>10.2f}{run['extra_mb']:>10.1f}{ratios}")
    mine, peers = results["crm", 2], results["scipy", 1]
    print(f"  results: {mine} and {peers}")
    assert results["crm", 1] == mine, "threads change the result"
    if task.kind == "ranks":
        assert abs(mine[0] / peers[0] - 1) < 1e-10, "the p-values differ"
    elif task.kind != "permutation":
        # The standard error of 10,000 resamples has one of 0.7 % itself, its difference of two 1 %.
        assert abs(mine[0] / peers[0] - 1) < 0.04, "the standard errors differ"
        assert all(abs(ours - theirs) < 0.2 * mine[0] for ours, theirs in zip(mine[1:], peers[1:], strict=True)), "the ends differ"


def compare_resampling(rounds: int, tasks: list[str]) -> None:
    for name in tasks or list(TASKS):
        compare_task(name, rounds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(answer_child(*sys.argv[2:])))
    else:
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("--tasks", default="", help=f"of {', '.join(TASKS)}; all by default")
        parser.add_argument("--rounds", type=int, default=3)
        arguments = parser.parse_args()
        compare_resampling(arguments.rounds, [name for name in arguments.tasks.split(",") if name])
