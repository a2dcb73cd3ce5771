"""What is each customer worth over the next year, and would the model have been right?

    python examples/python/clv.py TRANSACTIONS.csv OUT.csv

The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998.
"""

import math
import sys
from typing import Any

import numpy as np

import crm


def main(log: str = "examples/data/cdnow/transactions.csv", out: str = "clv.csv") -> None:
    history = crm.PurchaseHistory.from_csv(log, time="date", amount="dollar_value", customer_id_type="integer")

    check_on_holdout(history)

    base = history.base("1998-06-30", time_unit="week")
    model = crm.CustomerValueModel(crm.PurchaseModel("bg_nbd"), crm.SpendModel()).fit(base)
    print("\nFitted to the end of June 1998")
    print_fit(model.purchases)
    print_fit(model.spend)

    year, rate = crm.Period.months(12), crm.DiscountRate.annual(0.10)
    values = model.values(base, horizon=year, discount_rate=rate, margin=0.3)
    print_top(base, values)
    print_segments(crm.SegmentMap.standard().assign(crm.Rfm().fit_score(base)), values)

    values.write_csv(out)
    print(f"\nWrote the values of {len(base)} customers to {out}")


def check_on_holdout(history: crm.PurchaseHistory) -> None:
    """Fits the models to the first 39 weeks, and compares what they expect of the next 39 with what happened."""
    split = history.split("1997-09-30", "1998-06-30", time_unit="week")
    calibration, actual = split.calibration, split.purchase_days
    ahead = crm.Period.weeks(split.holdout_length)

    print(f"Calibrated to the end of September 1997, compared with the {ahead}s after it")
    heading = ("model", "ln L", "expected", "actual", "error", "MAE", "top 10%", "top 20%")
    print("  {:<12}{:>12}{:>12}{:>12}{:>8}{:>8}{:>10}{:>10}".format(*heading))
    models = [crm.PurchaseModel("bg_nbd"), crm.PurchaseModel("mbg_nbd"), crm.PurchaseModel("pareto_nbd")]
    for model in models:
        expected = model.fit(calibration).expected_purchases(calibration, ahead)
        accuracy = crm.holdout_accuracy(expected, actual)
        ranking = crm.RankingQuality(expected, actual)
        print(
            f"  {model.title_:<12}{model.log_likelihood_:>12.3f}{accuracy.total_predicted:>12.1f}"
            f"{accuracy.total_actual:>12.0f}{100 * (accuracy.total_error or 0):>7.1f}%{accuracy.mean_absolute_error:>8.3f}"
            f"{100 * ranking.share_held(0.1):>9.1f}%{100 * ranking.share_held(0.2):>9.1f}%"
        )

    expected = models[0].expected_purchases(calibration, ahead)
    print("\nBG/NBD by repeat purchases before the end of September")
    print("  {:<12}{:>12}{:>12}{:>12}".format("purchases", "customers", "expected", "actual"))
    repeat_purchases = calibration.to_table()["repeat_purchases"]
    bins = crm.compare_by_frequency(repeat_purchases, expected, actual, last=7)
    for lowest, highest, customers, predicted, happened in zip(*bins.to_dict().values(), strict=True):
        label = f"{lowest:.0f}" if math.isfinite(highest) else f"{lowest:.0f}+"
        print(f"  {label:<12}{customers:>12}{predicted:>12.3f}{happened:>12.3f}")


def print_fit(model: crm.PurchaseModel | crm.SpendModel) -> None:
    for name, estimate, error, *_ in zip(*model.summary().to_dict().values(), strict=True):
        print(f"  {name:<8}{estimate:>10.4f} ± {error:.4f}")
    print(f"  {'ln L':<8}{model.log_likelihood_:>10.3f}")
    for warning in model.warnings_:
        print(f"  Note: {warning}")


def print_top(base: crm.CustomerBase, values: crm.Table) -> None:
    print("\nThe ten customers worth most over the next 12 months, at a margin of 30 % and 10 % a year")
    heading = ("customer", "orders", "P(alive)", "purchases", "spend", "value")
    print("  {:<12}{:>10}{:>10}{:>12}{:>10}{:>10}".format(*heading))
    columns: dict[str, Any] = {**values.to_dict(), "orders": base.to_table()["orders"]}
    # Stable: equals stay in the order of their ids.
    for customer in np.argsort(-columns["value"], kind="stable")[:10]:
        row = {name: column[customer] for name, column in columns.items()}
        print(
            f"  {row['customer_id']:<12}{row['orders']:>10}{row['p_alive']:>10.4f}{row['discounted_purchases']:>12.3f}"
            f"{row['expected_spend']:>10.2f}{row['value']:>10.2f}"
        )


def print_segments(segments: crm.Segments, values: crm.Table) -> None:
    value = values["value"]
    total = value.sum()
    print("\nValue by segment")
    print("  {:<20}{:>10}{:>12}{:>10}{:>10}".format("segment", "customers", "value", "of total", "(mean)"))
    for code, name in enumerate(segments.names):
        members = value[segments.codes == code]
        if members.size > 0:
            held = members.sum()
            print(f"  {name:<20}{len(members):>10}{held:>12.2f}{100 * held / total:>9.1f}%{held / len(members):>10.2f}")
    print(f"  {'all':<20}{len(segments):>10}{total:>12.2f}")


if __name__ == "__main__":
    main(*sys.argv[1:])
