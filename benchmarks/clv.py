"""Times the fits and the values of `crm` beside lifetimes, on the same columns in the same run.

    cargo xtask bench --clv                # 1M customers; 100,000 for Pareto/NBD
    cargo xtask bench --clv --rounds 1     # one round instead of three

Each engine runs in a process of its own, in turns; the best of the rounds counts. Extra memory is the peak of the work above what the process
held with the columns loaded. A fit that takes longer than the time limit is reported as such.
"""

import json
import os
import pathlib
import subprocess
import sys
from typing import Any

from clv_engines import ENGINES, Customers
from measure import measure_work

HERE = pathlib.Path(__file__).parent
DATA = HERE.parent / "target" / "bench-data"
CUSTOMERS = 1_000_000
# Of each task, what it is, and of how many customers.
TASKS = {
    "bg_nbd": ("BG/NBD fit", CUSTOMERS),
    "gamma_gamma": ("Gamma-Gamma fit", CUSTOMERS),
    "values": ("value of 12 months", CUSTOMERS),
    "pareto_nbd": ("Pareto/NBD fit", 100_000),
}
Configuration = tuple[str, int]
CONFIGURATIONS: list[Configuration] = [("crm", 1), ("crm", 2), ("lifetimes", 1)]
TIME_LIMIT = 900
# Work that takes this long is not repeated in the same process.
ENOUGH_SECONDS = 5


def customers_of_log(path: pathlib.Path, columns: pathlib.Path) -> None:
    """What the models read: days with a purchase after the first, ages in weeks, and the mean amount of the repeat days."""
    import numpy as np
    import pyarrow.parquet as pq

    log = pq.read_table(path, columns=["customer_id", "ts", "amount"])
    customer, amount = log["customer_id"].to_numpy(), log["amount"].to_numpy()
    day = log["ts"].to_numpy().astype("datetime64[D]").astype(np.int64)
    made = json.loads(pathlib.Path(f"{path}.json").read_text())
    end = np.datetime64(made["end_exclusive"], "D").astype(np.int64) - 1
    order = np.lexsort((day, customer))
    customer, day, amount = customer[order], day[order], amount[order]
    starts = np.flatnonzero(np.r_[True, (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])])
    spent = np.add.reduceat(amount, starts)
    customer, day = customer[starts], day[starts]
    first = np.flatnonzero(np.r_[True, customer[1:] != customer[:-1]])
    last = np.r_[first[1:], len(customer)] - 1
    repeats = (last - first).astype(float)
    mean = (np.add.reduceat(spent, first) - spent[first]) / np.maximum(repeats, 1.0)
    np.save(columns, np.stack([repeats, (day[last] - day[first]) / 7, (end - day[first]) / 7, np.where(repeats > 0, mean, 0.0)]))


def make_customers() -> pathlib.Path:
    columns = DATA / f"customers-{CUSTOMERS}.npy"
    if not columns.exists():
        DATA.mkdir(parents=True, exist_ok=True)
        log = DATA / f"customers-{CUSTOMERS}.parquet"
        command = [sys.executable, str(HERE / "make_transactions.py"), "--customers", str(CUSTOMERS), "--out", str(log)]
        subprocess.run(command, check=True, stdout=sys.stderr)
        customers_of_log(log, columns)
    return columns


def read_customers(columns: str, task: str) -> Customers:
    import numpy as np

    customers = Customers(*np.load(columns)).first(TASKS[task][1])
    return customers.who_returned() if task == "gamma_gamma" else customers


def child(*arguments: str) -> dict[str, Any] | None:
    """The answer of a process of its own; none if it takes too long."""
    command = [sys.executable, __file__, "--child", *arguments]
    try:
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=TIME_LIMIT).stdout
    except subprocess.TimeoutExpired:
        return None
    answer = json.loads(output.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def answer_child(what: str, columns: str, task: str, extra: str) -> dict[str, Any]:
    customers = read_customers(columns, task)
    if what == "likelihood":
        from clv_engines import lifetimes_log_likelihood

        return {"values": [lifetimes_log_likelihood(task, customers, point) for point in json.loads(extra)]}
    work = ENGINES[what][task]()(customers, int(extra))
    return measure_work(work, ENOUGH_SECONDS)


def compare_task(task: str, columns: str, rounds: int) -> None:
    title, rows = TASKS[task]
    best: dict[Configuration, dict[str, float]] = {}
    results: dict[Configuration, list[float]] = {}
    too_long: list[Configuration] = []
    load = os.getloadavg()[0]
    for _ in range(rounds):
        for configuration in CONFIGURATIONS:
            engine, threads = configuration
            if configuration in too_long or (task == "values" and configuration == ("crm", 1)):
                continue
            run = child(engine, columns, task, str(threads))
            if run is None:
                too_long.append(configuration)
                continue
            results[configuration] = run.pop("result")
            seen = best.setdefault(configuration, {})
            for name, value in run.items():
                seen[name] = min(float(value), seen.get(name, float("inf")))
    ours = best["crm", 2]
    print(f"\n{title}, {rows:,} customers (load of the machine before: {load:.1f})")
    print(f"  {'engine':<20}{'wall s':>9}{'cpu s':>9}{'extra MB':>10}   ratio to crm, 2 threads: wall, cpu, memory")
    for (engine, threads), measured in best.items():
        ratios = ", ".join(f"{measured[name] / ours[name]:.1f}" for name in ("wall", "cpu", "extra_mb"))
        label = f"{engine}, {threads} threads" if threads > 1 else engine
        print(f"  {label:<20}{measured['wall']:>9.2f}{measured['cpu']:>9.2f}{measured['extra_mb']:>10.0f}   {ratios}")
    for engine, _ in too_long:
        print(f"  {engine:<20}  more than {TIME_LIMIT} s: at least {TIME_LIMIT / ours['wall']:.0f} times the time")
    show_results(task, columns, results)


def show_results(task: str, columns: str, results: dict[Configuration, list[float]]) -> None:
    if task == "values":
        for (engine, _), (total,) in results.items():
            print(f"  total value by {engine}: {total:,.2f}")
        return
    if ("crm", 1) in results and results["crm", 1] != results["crm", 2]:
        print("  crm: the number of threads changes the result")
    engines = {engine: result for (engine, _), result in results.items()}
    heights = child("likelihood", columns, task, json.dumps(list(engines.values())))
    assert heights is not None
    for (engine, parameters), height in zip(engines.items(), heights["values"], strict=True):
        text = ", ".join(f"{value:.7g}" for value in parameters)
        print(f"  {engine:<10}{text}: log-likelihood, as lifetimes computes it, {height:.6f}")


def compare_clv(rounds: int, tasks: list[str]) -> None:
    columns = str(make_customers())
    for task in tasks or list(TASKS):
        compare_task(task, columns, rounds)


if __name__ == "__main__":
    assert sys.argv[1] == "--child"
    print(json.dumps(answer_child(*sys.argv[2:])))
