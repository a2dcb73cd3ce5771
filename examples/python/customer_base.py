"""From a log of purchases to named segments: who are the best customers, and who is slipping away?

    python examples/python/customer_base.py TRANSACTIONS.csv OUT.csv

The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998.
"""

import math
import sys

import crm


def main(log: str = "examples/data/cdnow/transactions.csv", out: str = "customer_base.csv") -> None:
    history = crm.PurchaseHistory.from_csv(log, time="date", amount="dollar_value", customer_id_type="integer")
    base = history.base("1998-06-30")
    rfm = crm.Rfm().fit(base)
    scores = rfm.score(base)
    segments = crm.SegmentMap.standard().assign(scores)

    print_log(history)
    print_base(base)
    print_segments(crm.segment_summary(base, segments))
    for warning in rfm.warnings_:
        print(f"\nNote: {warning}")

    crm.customer_table(base, scores, segments).write_csv(out)
    print(f"\nWrote {len(base)} scored customers to {out}")


def print_log(history: crm.PurchaseHistory) -> None:
    account = history.account
    print("What was read")
    for what, rows, amount in zip(account["what"], account["rows"], account["amount"], strict=True):
        if what == "read":
            print(f"  {'rows':<28}{rows:>10}")
            continue
        label = what if what in ("purchases", "returns") else f"left out: {what}"
        print(f"  {label:<28}{rows:>10}{amount:>16.2f}")


def print_base(base: crm.CustomerBase) -> None:
    table = base.to_table()
    print(f"\nThe customer base as of {base.as_of}")
    print(f"  {'customers':<28}{len(base):>10}")
    print(f"  {'bought on more than one day':<28}{(table['repeat_purchases'] > 0).sum():>10}")
    print(f"  {'orders':<28}{table['orders'].sum():>10}")
    print(f"  {'days with a purchase':<28}{table['purchase_days'].sum():>10}")
    print(f"  {'net amount':<28}{float(base.total_net_amount):>10.2f}")


def print_segments(summary: crm.Table) -> None:
    heading = ("segment", "customers", "share", "net amount", "of total", "days since last", "orders", "net amount")
    print("\nSegments")
    print("  {:<20}{:>10}{:>8}{:>14}{:>10}{:>16}{:>10}{:>12}".format(*heading))
    print("  {:<20}{:>10}{:>8}{:>14}{:>10}{:>16}{:>10}{:>12}".format("", "", "", "", "", "(mean)", "(mean)", "(mean)"))
    columns = summary.to_dict().values()
    for segment, customers, share, amount, of_total, days, orders, mean_amount in zip(*columns, strict=True):
        print(
            f"  {segment:<20}{customers:>10}{100 * share:>7.1f}%{amount:>14.2f}{100 * of_total:>9.1f}%"
            f"{mean(days, 1):>16}{mean(orders, 1):>10}{mean(mean_amount, 2):>12}"
        )


def mean(value: float, decimals: int) -> str:
    """A segment without customers has no mean."""
    return "-" if math.isnan(value) else f"{value:.{decimals}f}"


if __name__ == "__main__":
    main(*sys.argv[1:])
