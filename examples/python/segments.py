"""Which kinds of customers are there, who is between two of them, and who deserves which offer?

    python examples/python/segments.py TRANSACTIONS.csv OUT.csv

The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998.
"""

import sys

import numpy as np
import numpy.typing as npt

import crm
from crm.segment.feature import Feature

SEGMENTS = 4
"""The data tell those who come back from those who do not; campaigns want to tell them apart further."""
FEATURES: tuple[Feature, ...] = ("time_since_last_purchase", "purchase_days", "net_amount")
"""What the customers are compared by."""


def main(log: str = "examples/data/cdnow/transactions.csv", out: str = "segments.csv") -> None:
    history = crm.PurchaseHistory.from_csv(log, time="date", amount="dollar_value", customer_id_type="integer")
    march = history.base("1998-03-31", time_unit="week")
    june = history.base("1998-06-30", time_unit="week")
    table = crm.FeatureTable.from_base(june, FEATURES)

    recommend(table)
    model = crm.SegmentModel(SEGMENTS, order_by="net_amount", descending=True).fit(table)
    print(f"\n{model.profiles(table, model.labels_)}")

    assigned = model.assign(table)
    print(f"On the border with another segment: {(assigned['border'] > 0.9).sum()} customers")

    compare_with_rfm(june, model)
    compare_with_march(model, march, june)
    value_tiers(june)
    customer_tiers(march, june)

    assigned.write_csv(out)
    print(f"\nWrote the segments of {len(june)} customers to {out}")


def recommend(table: crm.FeatureTable) -> None:
    """Looks for the number of segments that the data speak for."""
    choice = crm.choose_clusters(crm.FeatureScaler().fit_transform(table), (2, 6))
    print("How many segments?")
    print("  {:<10}{:>12}{:>12}{:>12}{:>12}".format("segments", "inertia", "silhouette", "gap", "stability"))
    rows = choice.to_table()
    names = ("clusters", "inertia", "silhouette", "gap", "stability")
    for clusters, inertia, silhouette, gap, stability in zip(*(rows[name] for name in names), strict=True):
        print(f"  {clusters:<10}{inertia:>12.2f}{silhouette:>12.3f}{gap:>12.3f}{stability:>12.3f}")
    print("  No structure found" if choice.recommended is None else f"  Recommended: {choice.recommended}")
    for reason in choice.reasons:
        print(f"  - {reason}")


def compare_with_rfm(base: crm.CustomerBase, model: crm.SegmentModel) -> None:
    """How the segments relate to those of recency, frequency and monetary value."""
    rfm = crm.SegmentMap.standard().assign(crm.Rfm().fit_score(base))
    index = crm.adjusted_rand_index(model.labels_, rfm.codes)
    print(f"\nAgainst RFM segments: adjusted Rand index {index:.4f}")
    for segment, counts in enumerate(crm.cross_table(model.labels_, rfm.codes).counts):
        code = counts.argmax()
        print(f"  {segment}: {100 * counts[code] / counts.sum():.1f}% are {rfm.names[code]}")


def compare_with_march(model: crm.SegmentModel, march: crm.CustomerBase, june: crm.CustomerBase) -> None:
    """What the same segments looked like three months before."""
    drift = crm.SegmentDrift.between(model, march, june)
    print(f"\nSince the end of March: population stability index {drift.population_stability_index:.4f}")
    sizes = drift.sizes
    for segment, (before, after) in enumerate(zip(sizes["share_before"], sizes["share_after"], strict=True)):
        print(f"  {segment}: {100 * before:.1f}% to {100 * after:.1f}% of the customers")
    if drift.migration is not None:
        print(f"  {100 * drift.migration.agreement:.1f}% stayed where they were")


def value_tiers(base: crm.CustomerBase) -> None:
    print("\nValue tiers")
    summary = crm.ValueTiers().fit(base.to_table()["net_amount"]).summary_
    names = ("name", "customers", "customer_share", "value_share")
    for name, customers, share, held in zip(*(summary[column] for column in names), strict=True):
        print(f"  {name:<8}{customers:>6} customers ({100 * share:.1f}%) hold {100 * held:.1f}% of the value")


def customer_tiers(march: crm.CustomerBase, june: crm.CustomerBase) -> None:
    """Core, important, basic, at risk: solved at the end of March, and judged by the end of June."""
    model = crm.CustomerValueModel(crm.PurchaseModel("bg_nbd"), crm.SpendModel()).fit(march)

    def standing(base: crm.CustomerBase) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Value so far, value of the next year, and the chance of having left."""
        values = model.values(base, horizon=crm.Period.months(12), discount_rate=crm.DiscountRate.annual(0.10))
        return base.to_table()["net_amount"], values["value"], 1 - values["p_alive"]

    tiers = crm.CustomerTiers().fit(*standing(march))
    report = tiers.report_
    print(f"\nTiers at the end of March{'' if report.feasible else ', as near to their bands as they come'}")
    names = ("name", "customers", "share", "lowest_share", "highest_share")
    for name, customers, share, lowest, highest in zip(*(report.tiers[column] for column in names), strict=True):
        print(
            f"  {name:<10}{customers:>6} customers ({100 * share:.1f}%), "
            f"asked {100 * lowest:.0f}% to {100 * highest:.0f}%"
        )
    backtest = crm.TierBacktest(tiers.tiers_, tiers.predict(*standing(june)))
    print(
        f"  {100 * backtest.agreement:.1f}% are in the same tier at the end of June "
        f"({100 * backtest.chance_agreement:.1f}% by chance); the target of {100 * backtest.target:.0f}% is "
        f"{'reached' if backtest.reaches_target else 'missed'}"
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
