"""The same job in every engine: a log in memory to a customer base with three quintile scores.

Every function takes a PyArrow table (customer_id, ts, amount) and returns a callable that does the work and answers with
the number of customers and the sum of each score, so that a run shows that all engines did the same.
"""

from collections.abc import Callable
from typing import Any

AS_OF = "2024-07-01"
Work = Callable[[], tuple[int, int, int, int]]


def crm(table: Any) -> Work:
    import crm as engine

    def work() -> tuple[int, int, int, int]:
        history = engine.PurchaseHistory.from_arrow(table, customer_id="customer_id", time="ts", amount="amount")
        base = history.base(AS_OF)
        scores = engine.Rfm(frequency="purchase_days").fit_score(base)
        return len(base), *(int(score.sum()) for score in (scores.recency, scores.frequency, scores.monetary))

    return work


def polars(table: Any) -> Work:
    import polars as pl

    frame = pl.from_arrow(table)
    assert isinstance(frame, pl.DataFrame)

    def score(column: pl.Expr) -> pl.Expr:
        return ((column.rank("average") - 0.5) * 5 / pl.len()).floor().cast(pl.Int8) + 1

    def work() -> tuple[int, int, int, int]:
        base = (
            frame.lazy()
            .group_by("customer_id")
            .agg(
                first=pl.col("ts").min(),
                last=pl.col("ts").max(),
                orders=pl.len(),
                purchase_days=pl.col("ts").dt.date().n_unique(),
                net=pl.col("amount").sum(),
            )
            .with_columns(
                r=score(pl.col("last").dt.date()),
                f=score(pl.col("purchase_days")),
                m=score(pl.col("net")),
            )
            .collect()
        )
        return len(base), *(int(base[name].cast(pl.Int64).sum()) for name in ("r", "f", "m"))

    return work


def duckdb(table: Any) -> Work:
    import duckdb as engine

    connection = engine.connect()
    connection.register("log", table)

    def score(value: str) -> str:
        # The mid-rank of each distinct value: rows below it plus half of its own.
        return (
            f"(select v, 1 + floor(5 * (sum(n) over (order by v) - n / 2.0) / sum(n) over ())::tinyint as score "
            f"from (select {value} as v, count(*) as n from base group by 1))"
        )

    query = f"""
        create or replace temp table base as
            select customer_id, min(ts) as first, max(ts) as last, count(*) as orders,
                   count(distinct ts::date) as purchase_days, sum(amount) as net
            from log group by customer_id;
        create or replace temp table scored as
            select base.*, r.score as r, f.score as f, m.score as m
            from base
            join {score("last::date")} r on last::date = r.v
            join {score("purchase_days")} f on purchase_days = f.v
            join {score("net")} m on net = m.v;
    """

    def work() -> tuple[int, int, int, int]:
        connection.execute(query)
        row = connection.execute("select count(*), sum(r), sum(f), sum(m) from scored").fetchone()
        assert row is not None
        return int(row[0]), int(row[1]), int(row[2]), int(row[3])

    return work


ENGINES: dict[str, Callable[[Any], Work]] = {"crm": crm, "polars": polars, "duckdb": duckdb}
