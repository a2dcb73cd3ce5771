"""Times the analysis of an experiment adjusted by a covariate (CUPED) of `crm` beside tea-tasting, from the same rows, in the same run.

    cargo xtask bench --experiments --tasks cuped            # 10M rows, three rounds
    python benchmarks/experiment_means.py 1000000 1          # so many rows, so many rounds

Rows hold a value, a covariate and a variant. Each engine runs in a process of its own, in turns; the best of the rounds counts. tea-tasting is given its
backends Polars, PyArrow and DuckDB. Results are compared: the adjusted difference of means and its p-value, with the coefficient that tea-tasting uses (all
rows as one sample).
"""

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

from measure import measure_work

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent / "target" / "bench-data"
CONFIGURATIONS = [("crm-numpy", 1), ("crm-polars", 1), ("crm-polars", 2), ("tea-polars", 2), ("tea-pyarrow", 2), ("tea-duckdb", 2)]


def make_rows(rows: int) -> pathlib.Path:
    import polars as pl
    import numpy as np

    path = DATA / f"cuped-{rows}.parquet"
    if path.exists():
        return path
    DATA.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    before = rng.gamma(2.0, 20.0, rows)
    variant = rng.integers(0, 2, rows)
    revenue = 0.6 * before + rng.gamma(1.0, 15.0, rows) + 0.02 * variant
    pl.DataFrame({"variant": variant, "revenue": revenue, "before": before}).write_parquet(path)
    return path


def crm_work(engine: str, path: str, threads: int) -> Any:
    import crm
    import polars as pl

    frame = pl.read_parquet(path, rechunk=True)
    columns: Any = {name: frame[name].to_numpy() for name in frame.columns} if engine == "crm-numpy" else frame

    def work() -> list[float]:
        table = crm.ArmTable.from_columns(columns["variant"], columns["revenue"], covariates=[columns["before"]], threads=threads)
        result = crm.compare_adjusted(table[1], table[0], theta="total").result
        return [result.difference, result.p_value]

    return work


def tea_work(engine: str, path: str) -> Any:
    import polars as pl
    import tea_tasting as tt

    data: Any = pl.read_parquet(path, rechunk=True)
    if engine == "tea-pyarrow":
        data = data.to_arrow()
    elif engine == "tea-duckdb":
        import ibis

        data = ibis.duckdb.connect().create_table("rows", data.to_arrow())
    experiment = tt.Experiment(revenue=tt.Mean("revenue", "before"))

    def work() -> list[float]:
        result = experiment.analyze(data, control=0)["revenue"]
        return [result.effect_size, result.pvalue]

    return work


def answer_child(engine: str, path: str, threads: str) -> dict[str, Any]:
    work = crm_work(engine, path, int(threads)) if engine.startswith("crm") else tea_work(engine, path)
    return measure_work(work)


def child(engine: str, path: pathlib.Path, threads: int) -> dict[str, Any]:
    limits = {name: str(threads) for name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS")}
    command = [sys.executable, __file__, "--child", engine, str(path), str(threads)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env={**os.environ, **limits}).stdout
    answer = json.loads(output.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def compare_cuped(rounds: int, rows: int = 10_000_000) -> None:
    path = make_rows(rows)
    best: dict[tuple[str, int], dict[str, float]] = {}
    results: dict[tuple[str, int], list[float]] = {}
    load = os.getloadavg()[0]
    for _ in range(rounds):
        for configuration in CONFIGURATIONS:
            try:
                run = child(configuration[0], path, configuration[1])
            except subprocess.CalledProcessError:
                print(f"  {configuration[0]} is not there")
                continue
            results[configuration] = run.pop("result")
            seen = best.setdefault(configuration, {})
            for what, value in run.items():
                seen[what] = min(float(value), seen.get(what, float("inf")))
    print(f"\nCUPED of {rows:,} rows: value, covariate, variant (load of the machine before: {load:.1f})")
    print(f"  {'engine':<20}{'wall s':>9}{'cpu s':>9}{'extra MB':>10}   wall, cpu over crm's on Polars columns")
    ours = best["crm-polars", 2]
    for (engine, threads), run in best.items():
        ratios = "".join(f"{run[what] / ours[what]:>8.1f}" for what in ("wall", "cpu"))
        print(f"  {engine + ', ' + str(threads):<20}{run['wall']:>9.3f}{run['cpu']:>9.2f}{run['extra_mb']:>10.1f}{ratios}")
    mine = results["crm-polars", 2]
    assert results["crm-polars", 1] == mine, "threads change the result"
    for (engine, _), peer in results.items():
        print(f"  {engine}: difference {peer[0]:.15g}, p {peer[1]:.15g}")
        assert abs(peer[0] / mine[0] - 1) < 1e-9, "the differences differ"


if __name__ == "__main__" and sys.argv[1:2] == ["--child"]:
    print(json.dumps(answer_child(*sys.argv[2:])))
elif __name__ == "__main__":
    compare_cuped(int(sys.argv[2]) if len(sys.argv) > 2 else 3, int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
