"""Points of a loyalty programme: 10M events of 1M members, beside the same rules as window queries of DuckDB.

    cargo xtask bench --loyalty --tasks ledger
    python benchmarks/loyalty_ledger.py [--events 10000000] [--rounds 3]

The rules are simple enough for SQL: a point for each unit of money, valid for twelve months to the end of the month, spent in the order in which it lapses (which is the order in
which it was earned). `crm` takes the events in batches of a million rows and keeps every member's state; DuckDB pairs what was spent with what was earned by running sums in one query. A
redemption of more than a member has would be refused by `crm`, and the query could not tell: the log has none. Both must give equal balances for every member.

Each engine runs in a process of its own, in turns; the best round counts. Memory is the peak above the loaded log.
"""

from __future__ import annotations

import argparse
import pathlib
import resource
import subprocess
import sys
import time
from typing import Any

import numpy as np
import numpy.typing as npt

START, DAYS = 18_993, 730
"""2022-01-01, and two years."""
AS_OF = "2024-01-01"
BATCH = 1_000_000
DATA = pathlib.Path(__file__).parent.parent / "target" / "bench-data"


def make_log(events: int, seed: int = 1) -> dict[str, npt.NDArray[Any]]:
    """A tenth as many members as events, who join with a first purchase; a fifth of the events redeem some of what is there."""
    rng = np.random.default_rng(seed)
    members = events // 10
    member = np.concatenate([np.arange(members), rng.integers(0, members, events - members)])
    day = np.concatenate([np.full(members, START), START + np.sort(rng.integers(0, DAYS, events - members))])
    amount = rng.integers(500, 20_000, events)
    redeems = rng.random(events) < 0.2
    redeems[:members] = False
    points = np.zeros(events, dtype=np.int64)
    # A redemption takes at most what the last twelve months less a month have left, and so never more than there is.
    order = np.lexsort((np.arange(events), member))
    earned = amount // 100
    last_member, available, first_day = -1, 0, 0
    for row in order.tolist():
        if member[row] != last_member:
            last_member, available, first_day = member[row], 0, int(day[row])
        if day[row] - first_day > 330:
            # Begin again: older points may have lapsed.
            available, first_day = 0, int(day[row])
        if redeems[row]:
            points[row] = available // 2
            available -= int(points[row])
        else:
            available += int(earned[row])
    redeems &= points > 0
    return {
        "customer_id": member.astype(np.int64),
        "event_id": np.arange(events, dtype=np.int64),
        "day": day.astype(np.int32),
        "kind": np.where(redeems, 3, 1).astype(np.int64),
        "amount": amount.astype(np.int64),
        "points": points,
    }


def run_crm(log: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    import crm

    ledger = crm.PointsLedger({
        "enrollment": "first_earn", "expiry": {"months": 12, "rounding": "month"}, "refund": {"days": 30}, "cancel": {"days": 30},
    })
    times = log["day"].astype("datetime64[D]")
    for start in range(0, len(times), BATCH):
        rows = slice(start, start + BATCH)
        ledger.apply(
            customer_id=log["customer_id"][rows], event_id=log["event_id"][rows], time=times[rows], kind=log["kind"][rows],
            amount=log["amount"][rows], points=log["points"][rows], amount_scale=2,
        )
    table = ledger.balances(AS_OF)
    balances = np.zeros(int(log["customer_id"].max()) + 1, dtype=np.int64)
    balances[table["customer_id"]] = table["available"]
    return balances


QUERY = """
with events as (
    select customer_id, event_id, date '1970-01-01' + day as date, kind, amount // 100 as earned, points from log
),
lots as (
    select customer_id, earned, date_trunc('month', date + interval 12 month) + interval 1 month as expires, date,
        sum(earned) over (partition by customer_id order by date, event_id) as earned_so_far
    from events where kind = 1
),
-- By when a lot lapses what was earned earlier has lapsed too: spent points that fall on live lots are those above what lapsed before they were spent.
steps as (
    select customer_id, date as moment, 0 as rank, event_id, 0 as lapse_up_to, points as spend from events where kind = 3
    union all
    select customer_id, expires, -1, 0, max(earned_so_far), 0 from lots where expires <= date '{as_of}' group by customer_id, expires
),
-- used = max over the steps so far of (lapse bound, used before + spend): a running maximum of bound less spent, plus spent.
spent as (
    select *, sum(spend) over w as spent_so_far from steps
    window w as (partition by customer_id order by moment, rank, event_id rows unbounded preceding)
),
used as (
    select customer_id, max(greatest(lapse_up_to - spent_so_far, 0)) + max(spent_so_far) as used
    from spent group by customer_id
),
earned as (select customer_id, sum(earned) as earned from lots group by customer_id)
select customer_id, (earned - coalesce(used, 0))::bigint as available from earned left join used using (customer_id)
"""


def run_duckdb(log: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.int64]:
    import duckdb

    connection = duckdb.connect()
    connection.register("log_view", log)
    connection.execute("create table log as select * from log_view")
    found = connection.execute(QUERY.format(as_of=AS_OF)).fetchnumpy()
    balances = np.zeros(int(log["customer_id"].max()) + 1, dtype=np.int64)
    balances[found["customer_id"]] = found["available"]
    return balances


ENGINES = {"crm": run_crm, "duckdb": run_duckdb}


def one(engine: str, path: str, out: str) -> None:
    """Runs one engine on a log in a file and prints wall and CPU seconds and extra megabytes."""
    with np.load(path) as file:
        log = {name: file[name] for name in file.files}
    __import__(engine)
    before = resource.getrusage(resource.RUSAGE_SELF)
    start, cpu = time.perf_counter(), time.process_time()
    balances = ENGINES[engine](log)
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    after = resource.getrusage(resource.RUSAGE_SELF)
    np.save(out, balances)
    print(wall, cpu, (after.ru_maxrss - before.ru_maxrss) / 1024)


def compare_ledger(rounds: int, events: int = 10_000_000, folder: str = str(DATA)) -> None:
    pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
    path = f"{folder}/loyalty_log.npz"
    np.savez(path, **make_log(events))
    best: dict[str, list[float]] = {}
    for _ in range(rounds):
        for engine in ENGINES:
            out = f"{folder}/loyalty_{engine}.npy"
            command = [sys.executable, __file__, "--one", engine, path, out]
            seen = [float(text) for text in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]
            best[engine] = [min(pair) for pair in zip(best.get(engine, seen), seen)]
    balances = [np.load(f"{folder}/loyalty_{engine}.npy") for engine in ENGINES]
    differ = int((balances[0] != balances[1]).sum())
    print(f"{events:,} events of {len(balances[0]):,} members; balances that differ: {differ}; points: {int(balances[0].sum()):,}")
    for engine, (wall, cpu, extra) in best.items():
        print(f"| {engine} | {wall:.2f} | {cpu:.2f} | {extra:.0f} |")
    ratios = [theirs / ours for theirs, ours in zip(best["duckdb"], best["crm"])]
    print("duckdb against crm: wall {:.1f}, CPU {:.1f}, memory {:.1f}".format(*ratios))
    if differ:
        raise SystemExit(1)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--folder", default=str(DATA))
    parser.add_argument("--one", nargs=3, metavar=("ENGINE", "LOG", "OUT"))
    given = parser.parse_args()
    if given.one:
        one(*given.one)
    else:
        compare_ledger(given.rounds, given.events, given.folder)


if __name__ == "__main__":
    main()
