"""Prints what crm-core/tests/oracle/campaign_measure.rs holds returns of Hillstrom's mails against, with NumPy and SciPy.

    python tests/oracles/make_campaign_returns.py FOLDER_OF_PUBLIC_DATA

Nothing of the engine is used. Every end of an interval is found by a root of its statistic: Welch's test of net revenue for profit, the same with a
multiple g of the cost for return on cost, Fieller's ratio and Wilson's rate for the break-even, which MOVER joins.
"""

import csv
import gzip
import sys
from pathlib import Path

import numpy as np
from scipy import optimize, stats

MARGIN = 0.4


def root(of, low, high):
    return float(optimize.brentq(of, low, high, xtol=1e-16, rtol=1e-14))


def wilson(arm, z):
    n, rate = len(arm), arm.mean()
    statistic = lambda p: (rate - p) / np.sqrt(p * (1 - p) / n)
    return root(lambda p: statistic(p) - z, 1e-12, rate), root(lambda p: statistic(p) + z, rate, 0.5)


def lifts(visit, spend, target, control):
    """Lifts of men's mails: the score of a ratio by Miettinen and Nurminen (1985) with rates fitted by a root, and Fieller's by Welch's degrees of freedom."""
    (x1, n1), (x0, n0) = ((float(visit[arm].sum()), float(arm.sum())) for arm in (target, control))

    def score(ratio):
        # The rates of largest likelihood with p1 = ratio p0.
        slope = lambda p: x1 / p - (n1 - x1) * ratio / (1 - ratio * p) + x0 / p - (n0 - x0) / (1 - p)
        p0 = root(slope, 1e-9, min(1, 1 / ratio) - 1e-9)
        p1, all_ = ratio * p0, n1 + n0
        variance = (p1 * (1 - p1) / n1 + ratio**2 * p0 * (1 - p0) / n0) * all_ / (all_ - 1)
        return (x1 / n1 - ratio * x0 / n0) / np.sqrt(variance)

    z, ratio = stats.norm.ppf(0.975), x1 / n1 / (x0 / n0)
    print("lift of visits", ratio - 1, root(lambda r: score(r) - z, 1, ratio) - 1, root(lambda r: score(r) + z, ratio, 3) - 1)
    test = stats.ttest_ind(spend[target], spend[control], equal_var=False)
    q, ratio = stats.t.ppf(0.975, test.df), spend[target].mean() / spend[control].mean()

    def fieller(r):
        error = np.sqrt(spend[target].var(ddof=1) / n1 + r**2 * spend[control].var(ddof=1) / n0)
        return (spend[target].mean() - r * spend[control].mean()) / error

    print("lift of spend", ratio - 1, root(lambda r: fieller(r) - q, 1, ratio) - 1, root(lambda r: fieller(r) + q, ratio, 9) - 1)


def main():
    with gzip.open(Path(sys.argv[1]) / "hillstrom_email.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    segment = np.array([row["segment"] for row in rows])
    visit, bought, spend = (np.array([float(row[name]) for row in rows]) for name in ("visit", "conversion", "spend"))
    control = segment == "No E-Mail"
    lifts(visit, spend, segment == "Mens E-Mail", control)
    for contact, response in ((0.2, 0.0), (0.1, 0.5)):
        for name in ("Mens E-Mail", "Womens E-Mail"):
            target = segment == name
            n, gain = int(target.sum()), MARGIN * (spend[target].mean() - spend[control].mean())
            cost = contact + response * visit[target].mean()
            print(f"{name}, {contact} a contact, {response} a response")
            test = stats.ttest_ind(MARGIN * spend[target] - response * visit[target], MARGIN * spend[control], equal_var=False)
            found = test.confidence_interval(0.95)
            print("  profit", n * (gain - cost), n * (found.low - contact), n * (found.high - contact))

            def away(g):
                x = MARGIN * spend[target] - g * response * visit[target]
                error = np.sqrt(x.var(ddof=1) / n + (MARGIN * spend[control]).var(ddof=1) / control.sum())
                return (gain - g * cost) / error

            q, ratio = stats.t.ppf(0.975, test.df), gain / cost
            ends = root(lambda g: away(g) - q, ratio - 5, ratio), root(lambda g: away(g) + q, ratio, ratio + 5)
            print("  return on cost", ratio - 1, *(end - 1 for end in ends))
            needed, rate, paid = cost / MARGIN, bought[target].mean(), spend[target].mean()
            above = needed * rate / paid
            random = needed * bought[target] + rate * response / MARGIN * (visit[target] - visit[target].mean())

            def off(value):
                return (needed * rate - value * paid) / np.sqrt((random - value * spend[target]).var(ddof=1) / n)

            for sides, level in (("two", 0.975), ("one", 0.95)):
                z, p = stats.norm.ppf(level), bought[control].mean()
                (l1, u1), l2 = wilson(bought[control], z), root(lambda value: off(value) - z, 0.3 * above, above)
                u2 = root(lambda value: off(value) + z, above, 4 * above)
                print(f"  break-even rate, {sides} sides", p + above, p + above - np.hypot(p - l1, above - l2), p + above + np.hypot(u1 - p, u2 - above))


main()
