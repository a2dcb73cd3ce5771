"""Times k-means and the silhouette of `crm` beside scikit-learn, from the same matrix, the same starts, in the same run.

    cargo xtask bench --segments                                   # every task, three rounds
    cargo xtask bench --segments --tasks rfm,sampled --rounds 1    # some of them, one round

Each engine runs in a process of its own, in turns; the best of the rounds counts. Extra memory is the peak of the work above what the process
held with the matrix loaded. The results are compared: inertia to 1e-10.
"""

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
    """What is clustered, and how long."""

    title: str
    data: str
    rows: int
    features: int
    clusters: int
    iterations: int
    tolerance: float


TASKS = {
    "rfm": Task("1M customers x 3 features, k=8, 20 iterations", "rfm", 1_000_000, 3, 8, 20, 0.0),
    "wide": Task("1M x 8, k=10, 20 iterations", "correlated", 1_000_000, 8, 10, 20, 0.0),
    "many": Task("100k x 32, k=50, 20 iterations, overlapping groups", "groups", 100_000, 32, 50, 20, 0.0),
    "noise": Task("100k x 32, k=50, 20 iterations, no groups at all", "noise", 100_000, 32, 50, 20, 0.0),
    "converged": Task("1M x 3, k=8, until no label changes", "rfm", 1_000_000, 3, 8, 300, 0.0),
    "silhouette": Task("silhouette of 10,000 x 3, exact", "rfm", 10_000, 3, 8, 20, 0.0),
    "sampled": Task("silhouette of 1M x 3, sampled: crm each of 500 against all, scikit-learn within 10,000", "rfm", 1_000_000, 3, 8, 20, 0.0),
}
CONFIGURATIONS: list[Configuration] = [("crm", 1), ("crm", 2), ("scikit-learn", 1), ("scikit-learn", 2)]


def make_matrix(task: Task) -> pathlib.Path:
    """A matrix row by row, and the starts: rows of it."""
    import numpy as np

    path = DATA / f"matrix-{task.data}-{task.rows}-{task.features}.npz"
    if path.exists():
        return path
    DATA.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    shape = (task.rows, task.features)
    if task.data == "rfm":
        recency, frequency = rng.exponential(1, task.rows), np.log1p(rng.negative_binomial(1, 0.2, task.rows))
        values = np.c_[recency, frequency, frequency + rng.normal(0, 0.7, task.rows)]
    elif task.data == "correlated":
        values = rng.normal(size=shape) @ rng.normal(size=(task.features, task.features))
    elif task.data == "groups":
        centres = rng.normal(size=(task.clusters, task.features))
        values = centres[rng.integers(0, task.clusters, task.rows)] + rng.normal(size=shape)
    else:
        values = rng.normal(size=shape)
    values = np.ascontiguousarray((values - values.mean(0)) / values.std(0))
    starts = values[rng.choice(task.rows, task.clusters, replace=False)]
    np.savez(path, values=values, starts=starts)
    return path


def crm_work(name: str, task: Task, values: Any, starts: Any, threads: int) -> Any:
    import crm

    model = crm.KMeans(task.clusters, starts=starts, most_iterations=task.iterations, tolerance=task.tolerance, threads=threads)
    if name in ("silhouette", "sampled"):
        labels = model.fit(values).labels_
        sample = task.rows if name == "silhouette" else 500
        return lambda: [crm.silhouette(values, labels, sample=sample, threads=threads).mean]
    return lambda: (lambda fitted: [fitted.inertia_, fitted.n_iter_])(model.fit(values))


def scikit_learn_work(name: str, task: Task, values: Any, starts: Any, threads: int) -> Any:
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    del threads  # Set by the environment.
    model = KMeans(task.clusters, init=starts, n_init=1, max_iter=task.iterations, tol=task.tolerance, algorithm="lloyd")
    if name in ("silhouette", "sampled"):
        labels = model.fit(values).labels_
        sample = None if name == "silhouette" else 10_000
        return lambda: [float(silhouette_score(values, labels, sample_size=sample, random_state=1))]
    return lambda: (lambda fitted: [float(fitted.inertia_), int(fitted.n_iter_)])(model.fit(values))


def answer_child(engine: str, path: str, name: str, threads: str) -> dict[str, Any]:
    import warnings

    import numpy as np

    warnings.simplefilter("ignore")  # scikit-learn warns that it did not converge, as asked.
    data = np.load(path)
    task = TASKS[name]
    prepare = crm_work if engine == "crm" else scikit_learn_work
    work = prepare(name, task, data["values"], data["starts"], int(threads))
    return {**measure_work(work), "input_mb": data["values"].nbytes / 1e6}


def child(engine: str, path: pathlib.Path, name: str, threads: int) -> dict[str, Any]:
    limits = {variable: str(threads) for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    command = [sys.executable, __file__, "--child", engine, str(path), name, str(threads)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **limits}).stdout
    answer = json.loads(output.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def compare_task(name: str, rounds: int) -> None:
    task = TASKS[name]
    path = make_matrix(task)
    best: dict[Configuration, dict[str, float]] = {}
    results: dict[Configuration, list[float]] = {}
    load = os.getloadavg()[0]
    for _ in range(rounds):
        for configuration in CONFIGURATIONS:
            run = child(configuration[0], path, name, configuration[1])
            results[configuration] = run.pop("result")
            seen = best.setdefault(configuration, {})
            for what, value in run.items():
                seen[what] = min(float(value), seen.get(what, float("inf")))
    print(f"\n{task.title} (load of the machine before: {load:.1f}; the matrix has {best['crm', 1]['input_mb']:.0f} MB)")
    print(f"  {'engine':<20}{'wall s':>9}{'cpu s':>9}{'extra MB':>10}   ratio to crm on as many threads: wall, cpu, memory")
    for (engine, threads), run in best.items():
        ours = best["crm", threads]
        ratios = "".join(f"{run[what] / max(ours[what], 0.1 if what == 'extra_mb' else 1e-9):>8.1f}" for what in ("wall", "cpu", "extra_mb"))
        print(f"  {engine + ', ' + str(threads):<20}{run['wall']:>9.3f}{run['cpu']:>9.2f}{run['extra_mb']:>10.1f}{'' if engine == 'crm' else ratios}")
    mine, peers = results["crm", 2], results["scikit-learn", 2]
    print(f"  results: {mine} and {peers}")
    assert results["crm", 1] == mine, "threads change the result"
    if name != "sampled":
        assert abs(mine[0] / peers[0] - 1) < 1e-10, "the results differ"


def compare_segments(rounds: int, tasks: list[str]) -> None:
    for name in tasks or list(TASKS):
        compare_task(name, rounds)


if __name__ == "__main__" and sys.argv[1:2] == ["--child"]:
    print(json.dumps(answer_child(*sys.argv[2:])))
