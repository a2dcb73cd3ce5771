"""Times `crm` beside the tools that people use now, on the same work in the same run.

    cargo xtask bench                      # 10M transactions, integer ids, sorted by customer
    cargo xtask bench --rows 1000000       # smaller
    cargo xtask bench --all                # integer and text ids, sorted by customer and by time
    cargo xtask bench --parquet 100000000  # 100M rows from a Parquet file: time and peak memory
    cargo xtask bench --clv                # customer lifetime value, beside lifetimes: see clv.py
    cargo xtask bench --segments           # k-means, beside scikit-learn: see segments.py
    cargo xtask bench --experiments        # tests of experiments, beside statsmodels, SciPy, tea-tasting and spotify-confidence:
                                           # see experiments.py and experiment_*.py
    cargo xtask bench --loyalty            # scores beside NumPy and SciPy, the points ledger beside DuckDB: see loyalty_*.py

Each engine runs in a process of its own, in turns; the best of the rounds counts, because other work on the machine only
ever adds time. Extra memory is the peak of the work above what the process held with the log loaded.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

from measure import measure_work, peak_mb

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent / "target" / "bench-data"


def make_log(rows: int, ids: str, order: str) -> pathlib.Path:
    path = DATA / f"log-{rows}-{ids}-{order}.parquet"
    if not path.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, str(HERE / "make_transactions.py"), "--rows", str(rows), "--id-type", ids]
        subprocess.run([*command, "--order", order, "--out", str(path)], check=True, stdout=sys.stderr)
    return path


def measure(engine: str, path: str) -> dict[str, object]:
    """One engine, once cold and once warm."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from engines import ENGINES

    table = pq.read_table(path, columns=["customer_id", "ts", "amount"])
    pa.default_memory_pool().release_unused()
    return measure_work(ENGINES[engine](table))


def measure_parquet(path: str) -> dict[str, object]:
    import crm

    wall, cpu = time.perf_counter(), time.process_time()
    history = crm.PurchaseHistory.from_parquet(path, time="ts")
    read = time.perf_counter() - wall
    base = history.base("2024-07-01")
    scores = crm.Rfm(frequency="purchase_days").fit_score(base)
    return {
        "purchases": history.orders,
        "customers": len(base),
        "scored": len(scores),
        "read_seconds": read,
        "wall": time.perf_counter() - wall,
        "cpu": time.process_time() - cpu,
        "peak_mb": peak_mb(),
    }


def child(*arguments: str) -> dict[str, object]:
    output = subprocess.run([sys.executable, __file__, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout
    answer = json.loads(output.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def compare(rows: int, ids: str, order: str, rounds: int, engines: list[str]) -> None:
    path = str(make_log(rows, ids, order))
    best: dict[str, dict[str, float]] = {}
    results = {}
    for _ in range(rounds):
        for engine in engines:
            run = child("--child", engine, path)
            results[engine] = run.pop("result")
            seen = best.setdefault(engine, {})
            for name, value in run.items():
                assert isinstance(value, float)
                seen[name] = min(value, seen.get(name, value))
    print(f"\n{rows:,} transactions, {ids} ids, in order of {order}: customer base, purchase days, three quintile scores")
    print(f"  {'engine':<8}{'wall s':>9}{'cpu s':>9}{'extra MB':>10}   ratio to crm: wall, cpu, memory")
    ours = best["crm"]
    for engine, run in best.items():
        ratios = ", ".join(f"{run[name] / ours[name]:.2f}" for name in ("wall", "cpu", "extra_mb"))
        print(f"  {engine:<8}{run['wall']:>9.2f}{run['cpu']:>9.2f}{run['extra_mb']:>10.0f}   {ratios}")
    same = len({json.dumps(result) for result in results.values()}) == 1
    print(f"  customers and sums of scores: {'the same in all' if same else results}")


def compare_all_experiments(rounds: int, names: list[str]) -> None:
    """Rates, means, resamples and looks: all tasks, or those that are named."""
    import experiment_resampling
    import experiments
    from experiment_looks import compare_looks
    from experiment_means import compare_cuped

    known = [*experiments.TASKS, "cuped", *experiment_resampling.TASKS, "looks"]
    for name in names:
        if name not in known:
            raise SystemExit(f"{name} is no task of experiments: {', '.join(known)}")
    for name in names or known:
        if name in experiments.TASKS:
            experiments.compare_experiments(rounds, [name])
        elif name == "cuped":
            compare_cuped(rounds)
        elif name == "looks":
            compare_looks(rounds)
        else:
            experiment_resampling.compare_task(name, rounds)


def compare_all_loyalty(rounds: int, names: list[str]) -> None:
    """Scores and the points ledger: all tasks, or those that are named."""
    import loyalty_score
    from loyalty_ledger import compare_ledger

    known = [*loyalty_score.TASKS, "ledger"]
    for name in names:
        if name not in known:
            raise SystemExit(f"{name} is no task of loyalty: {', '.join(known)}")
    for name in names or known:
        if name == "ledger":
            compare_ledger(rounds)
        else:
            loyalty_score.compare_task(name, 1_000_000, rounds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--all", action="store_true", help="text ids and logs in order of time as well")
    parser.add_argument("--engines", default="crm,polars,duckdb")
    parser.add_argument("--parquet", type=int, metavar="ROWS", help="only: read so many rows from a Parquet file")
    parser.add_argument("--clv", action="store_true", help="only: fits and values beside lifetimes")
    parser.add_argument("--segments", action="store_true", help="only: k-means and silhouettes beside scikit-learn")
    parser.add_argument("--experiments", action="store_true", help="only: tests of experiments beside other tools")
    parser.add_argument("--loyalty", action="store_true", help="only: scores and the points ledger beside NumPy, SciPy and DuckDB")
    parser.add_argument("--tasks", default="", help="with --clv, --segments, --experiments or --loyalty: which of them")
    parser.add_argument("--child", nargs=2, metavar=("ENGINE", "LOG"), help=argparse.SUPPRESS)
    parser.add_argument("--child-parquet", metavar="LOG", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(*options.child)))
    elif options.child_parquet:
        print(json.dumps(measure_parquet(options.child_parquet)))
    elif options.clv:
        from clv import compare_clv

        compare_clv(options.rounds, options.tasks.split(",") if options.tasks else [])
    elif options.segments:
        from segments import compare_segments

        compare_segments(options.rounds, options.tasks.split(",") if options.tasks else [])
    elif options.experiments:
        compare_all_experiments(options.rounds, options.tasks.split(",") if options.tasks else [])
    elif options.loyalty:
        compare_all_loyalty(options.rounds, options.tasks.split(",") if options.tasks else [])
    elif options.parquet:
        run = child("--child-parquet", str(make_log(options.parquet, "int", "customer")))
        print(", ".join(f"{name} {value:,.1f}" if isinstance(value, float) else f"{name} {value:,}" for name, value in run.items()))
    else:
        kinds = [("int", "customer"), ("string", "customer"), ("int", "time"), ("string", "time")]
        for ids, order in kinds if options.all else kinds[:1]:
            compare(options.rows, ids, order, options.rounds, options.engines.split(","))


if __name__ == "__main__":
    main()
