"""Calibration of what a campaign is measured by: returns, reports by segment, balance, the split itself and uplift."""

from typing import Any

import crm
import numpy as np
from row import ALPHA, Generator, Row, Rows, inside, share

# 4 of 5 customers get the campaign, few buy, and what they spend is skewed: exp(N(0, 0.8)) has the mean exp(0.32).
SIZES, BUY, SPEND, SPREAD = (20_000, 5000), (0.06, 0.05), 40.0, 0.8
MEAN = SPEND * float(np.exp(SPREAD**2 / 2))


def campaigns(runs: int, rng: Generator) -> Rows:
    """Returns against their cost, whole reports over segments, the balance of a split and the split by hash, uplift by a score, and vouchers."""
    yield from returns(runs, rng)
    yield from reports(max(runs // 4, 100), rng)
    yield from many_groups(max(runs // 10, 100), rng)
    yield from splits_by_hash(max(runs // 2, 100), rng)
    yield from uplift(max(runs // 10, 100), rng)
    yield from vouchers(max(runs // 4, 100), rng)
    yield from adjusted_lifts(max(runs // 4, 100), rng)


def revenue(rng: Generator, size: int, rate: float) -> crm.MeanArm:
    """An arm of customers of whom most spend nothing."""
    spent = SPEND * rng.lognormal(0.0, SPREAD, rng.binomial(size, rate))
    mean = float(spent.sum()) / size
    return crm.MeanArm.from_moments(size, mean, (float((spent**2).sum()) - size * mean**2) / (size - 1))


def returns(runs: int, rng: Generator) -> Rows:
    """Intervals of money, and tests of whether a campaign pays; it just does not."""
    gain = SIZES[0] * (BUY[0] - BUY[1]) * MEAN
    cost = crm.CampaignCost(per_contact=0.4 * gain / SIZES[0], margin=0.4)
    truths = {"revenue": gain, "profit": 0.0, "roi": 0.0, "revenue_per_cost": 2.5}
    seen: dict[tuple[str, str], list[bool]] = {}
    for _ in range(runs):
        found = crm.campaign_return(*(revenue(rng, n, rate) for n, rate in zip(SIZES, BUY, strict=True)), cost)
        for name, truth in truths.items():
            seen.setdefault((f"campaign return, {name}", "coverage"), []).append(inside(getattr(found, name).interval, truth))
        seen.setdefault(("campaign return, break-even", "level"), []).append(found.break_even.rejects)
        seen.setdefault(("probability of profit, above 0.95 at a profit of 0", "level"), []).append(found.probability_of_profit > 1 - ALPHA)
        arms = (crm.BinaryArm(int(rng.binomial(n, rate)), n) for n, rate in zip(SIZES, BUY, strict=True))
        extra = crm.incremental_conversions(*arms, cost)
        more = SIZES[0] * (BUY[0] - BUY[1])
        seen.setdefault(("incremental conversions", "coverage"), []).append(inside(extra.conversions.interval, more))
        each = inside(extra.cost_per_conversion.interval, cost.total(SIZES[0]) / more)
        seen.setdefault(("cost per incremental conversion", "coverage"), []).append(each)
    for (name, what), flags in seen.items():
        nominal, promise = ALPHA if what == "level" else 1 - ALPHA, "<=" if "probability" in name else "="
        yield Row(name, "20,000 at 0.06 and 5,000 at 0.05, log-normal spend", what, promise, nominal, share(flags), runs)


def reports(runs: int, rng: Generator) -> Rows:
    """Reports of two targets over five segments, and what was there before, where the campaign did nothing."""
    arms = [crm.Arm("mail", 4), crm.Arm("call", 4), crm.Arm("none", 2, control=True)]
    n, names = 10_000, np.array([arm.name for arm in arms])
    segments = np.array(["new", "loyal", "lapsed", "champions", "rest"])
    seen: dict[tuple[str, str, str], list[bool]] = {}
    for _ in range(runs):
        arm = names[rng.choice(3, n, p=[0.4, 0.4, 0.2])]
        segment = segments[rng.choice(5, n, p=[0.4, 0.25, 0.2, 0.1, 0.05])]
        bought = rng.random(n) < np.where(segment == "loyal", 0.3, 0.1)
        before = rng.exponential(1.0, n)
        spent = bought * (before + rng.exponential(1.0, n))
        metrics: Any = {"conversion": bought, "revenue": spent}
        outcomes = crm.CampaignOutcomes(arm.tolist(), arms, metrics=metrics, covariate=before, groups={"segment": segment.tolist()}, before={"before": before})
        for kind in ("holm", "hommel"):
            multiplicity: Any = kind
            effects = outcomes.measure(multiplicity=multiplicity).effects
            families = np.char.add(effects["metric"].astype(str), np.where(effects["grouping"].astype(str) == "", ", all", ", by segment"))
            holds = (effects["simultaneous_lower"] <= 0.0) & (effects["simultaneous_upper"] >= 0.0)
            for family in np.unique(families):
                own = families == family
                key = f"report, {family}, {kind}"
                seen.setdefault((key, "any false rejection", "<="), []).append(bool((effects["adjusted_p_value"][own] <= ALPHA).any()))
                if kind == "holm":
                    seen.setdefault((key, "coverage of all", ">="), []).append(bool(holds[own].all()))
        balance = outcomes.balance()
        seen.setdefault(("balance of a split", "any false rejection", "<="), []).append(bool((balance.rows["adjusted_p_value"] <= ALPHA).any()))
    for (name, what, promise), flags in seen.items():
        yield Row(name, "8,000 in two targets and 2,000, 5 segments", what, promise, ALPHA if promise == "<=" else 1 - ALPHA, share(flags), runs)


def many_groups(runs: int, rng: Generator) -> Rows:
    """Fifty groups of 200, of whom 20 are controls and one in a hundred buys: hardly any group has a buyer among its controls."""
    arms = [crm.Arm("mail", 9), crm.Arm("none", 1, control=True)]
    n, groups = 10_000, np.array([f"group {place}" for place in range(50)])
    seen: dict[tuple[str, str], list[bool]] = {}
    for _ in range(runs):
        arm = np.where(rng.random(n) < 0.9, "mail", "none")
        group = groups[rng.integers(50, size=n)]
        bought = rng.random(n) < 0.01
        metrics: Any = {"conversion": bought, "revenue": bought * rng.lognormal(0.0, 1.0, n)}
        outcomes = crm.CampaignOutcomes(arm.tolist(), arms, metrics=metrics, groups={"group": group.tolist()})
        for name in ("skewness_corrected", "score"):
            method: Any = name
            effects = outcomes.measure(proportion_method=method, mean_method=method).effects
            for metric in ("conversion", "revenue"):
                own = (effects["metric"] == metric) & (effects["grouping"] == "group")
                promise = "<=" if name == "skewness_corrected" else "about"
                found = bool(np.nanmin(effects["adjusted_p_value"][own], initial=1.0) <= ALPHA)
                seen.setdefault((f"report, {metric} in 50 groups, {name}, holm", promise), []).append(found)
        # What the same buyers spent before leaves residuals with long tails on both sides, the more so where it goes along with what they spend now.
        again = bought & (rng.random(n) < 0.8)
        others = {"": (rng.random(n) < 0.05, 0.0), " by that of the same buyers": (bought | (rng.random(n) < 0.02), 0.0)}
        others |= {" by that of most buyers": (again | (rng.random(n) < 0.005), 0.0), " by what goes along with revenue": (again | (rng.random(n) < 0.01), 2.0)}
        for by, (had, times) in others.items():
            before = had * rng.lognormal(0.0, 1.0, n)
            spent = bought * (times * before + rng.lognormal(0.0, 1.0, n))
            adjusted = crm.CampaignOutcomes(arm.tolist(), arms, metrics={"revenue": spent}, covariate=before, groups={"group": group.tolist()})
            effects = adjusted.measure().effects
            own = effects["grouping"] == "group"
            found = bool(np.nanmin(effects["adjusted_p_value"][own], initial=1.0) <= ALPHA)
            seen.setdefault((f"report, revenue in 50 groups, adjusted{by}, skewness_corrected, holm", "<="), []).append(found)
        rows = outcomes.balance().rows
        seen.setdefault(("balance of a split in 50 groups", "<="), []).append(bool(np.nanmin(rows["adjusted_p_value"]) <= ALPHA))
    for (name, promise), flags in seen.items():
        yield Row(name, "9,000 and 1,000, rates of 0.01", "any false rejection", promise, ALPHA, share(flags), runs)


def splits_by_hash(runs: int, rng: Generator) -> Rows:
    """The same customers under many salts: shares as planned, and no tie between the splits of two campaigns."""
    ids = np.arange(1_000_000, 1_004_000)
    arms = [crm.Arm("mail", 9), crm.Arm("none", 1, control=True)]
    halves = [crm.Arm("yes", 1), crm.Arm("no", 1, control=True)]
    first = int(rng.integers(1 << 32))
    off, tied = [], []
    for run in range(runs):
        assigned = crm.Split(f"campaign-{first + run}", arms).assign(ids).arms
        other = crm.Split(f"other-{first + run}", halves).assign(ids).arms
        mailed = int((assigned == 0).sum())
        off.append(crm.test_rate(crm.BinaryArm(mailed, len(ids)), 0.9).p_value <= ALPHA)
        both, alone = int(((assigned == 0) & (other == 0)).sum()), int(((assigned == 0) & (other == 1)).sum())
        yes = int((other == 0).sum())
        tied.append(crm.compare_proportions(crm.BinaryArm(both, yes), crm.BinaryArm(alone, len(ids) - yes)).rejects)
    yield Row("split by hash, shares", "4,000 in 9:1", "level", "=", ALPHA, share(off), runs)
    yield Row("split by hash, two campaigns", "4,000 in 9:1 and 1:1", "level", "=", ALPHA, share(tied), runs)


def uplift(runs: int, rng: Generator) -> Rows:
    """A score s, even in [0, 1], whose customers are moved by 0.2 s: the best 30 % by 0.17, the curve's area is a sixth of customers times its end."""
    sizes, covered = (3000, 3000), dict[str, list[bool]]()
    target = np.repeat([1.0, 0.0], sizes)
    for run in range(runs):
        score = rng.random(sum(sizes))
        outcome = (rng.random(sum(sizes)) < 0.1 + 0.2 * score * target).astype(float)
        curve = crm.UpliftCurve(score, target, outcome)
        for kind in ("qini", "gain"):
            curve_kind: Any = kind
            scores = curve.interval(curve_kind, scale="end", seed=run, replicates=400)
            covered.setdefault(f"uplift score, {kind}", []).append(scores.lower <= 1 / 6 <= scores.upper)
        for of in ("everybody", "each_arm"):
            kind_of: Any = of
            covered.setdefault(f"uplift of the best 30 %, of {of}", []).append(inside(curve.top(0.3, of=kind_of).interval, 0.17))
    for name, flags in covered.items():
        promise = "about" if "score" in name else "="
        yield Row(name, "3,000 and 3,000, uplift 0.2 times the score", "coverage", promise, 1 - ALPHA, share(flags), runs)


def vouchers(runs: int, rng: Generator) -> Rows:
    """Returns of a mail with a voucher for each order, which makes the cost random and goes along with revenue; few buy, and the control is small."""
    arms, contact, margin = [crm.Arm("mail", 9), crm.Arm("none", 1, control=True)], 0.05, 0.4
    for voucher, (n, m), (buys, bought) in ((0.0, (9000, 1000), (0.006, 0.005)), (20.0, (4500, 500), (0.06, 0.03)), (60.0, (4500, 500), (0.06, 0.03))):
        cost, gain = contact + voucher * buys, margin * MEAN * (buys - bought)
        truths = {"profit": n * (gain - cost), "roi": gain / cost - 1, "break_even_rate": bought + cost / (margin * MEAN)}
        labels, seen = ["mail"] * n + ["none"] * m, dict[str, list[bool]]()
        for _ in range(runs):
            conversion = rng.random(n + m) < np.repeat([buys, bought], [n, m])
            revenue = np.where(conversion, SPEND * rng.lognormal(0.0, SPREAD, n + m), 0.0)
            metrics: Any = {"conversion": conversion, "revenue": revenue}
            costs = crm.ArmCost(per_contact=contact, per_response=voucher, margin=margin)
            found = crm.CampaignOutcomes(labels, arms, metrics=metrics).measure(costs=costs).returns
            for name, truth in truths.items():
                seen.setdefault(name, []).append(bool(found[f"{name}_lower"][0] <= truth <= found[f"{name}_upper"][0]))
        for name, flags in seen.items():
            design = f"{n:,} at {buys} and {m:,} at {bought}, voucher {voucher:.0f}, log-normal spend"
            # With five buyers in the control the interval is wider than promised.
            yield Row(f"campaign report, {name}", design, "coverage", "=" if voucher else ">=", 1 - ALPHA, share(flags), runs)


def adjusted_lifts(runs: int, rng: Generator) -> Rows:
    """Differences and lifts of revenue adjusted by what half of those who may buy, and a few others, had spent before; the campaign makes more buyers or fewer."""
    arms, mean = [crm.Arm("mail", 9), crm.Arm("none", 1, control=True)], float(np.exp(0.5))
    for sizes, rate, lift in (((9000, 1000), 0.01, 0.5), ((1000, 9000), 0.01, 0.5), ((1000, 9000), 0.05, -0.5), ((9000, 1000), 0.05, 1.0)):
        n, rates = sum(sizes), np.repeat([rate * (1 + lift), rate], sizes)
        labels, seen = ["mail"] * sizes[0] + ["none"] * sizes[1], dict[str, list[bool]]()
        for _ in range(runs):
            wish = rng.random(n)
            # Who would buy in either arm had bought before, in both arms alike.
            had = rng.random(n) < np.where(wish < rate * max(1 + lift, 1.0), 0.5, 0.02)
            bought, before = wish < rates, had * rng.lognormal(0.0, 1.0, n)
            spent = bought * (before + rng.lognormal(0.0, 1.0, n))
            effect = crm.CampaignOutcomes(labels, arms, metrics={"revenue": spent}, covariate=before).measure().effects
            seen.setdefault("lift", []).append(bool(effect["lift_lower"][0] <= lift <= effect["lift_upper"][0]))
            more = rate * lift * 1.5 * mean
            seen.setdefault("difference", []).append(bool(effect["lower"][0] <= more <= effect["upper"][0]))
        for name, flags in seen.items():
            design = f"{sizes[0]:,} at {rate * (1 + lift):g} and {sizes[1]:,} at {rate}, log-normal spend"
            yield Row(f"campaign report, adjusted revenue, {name}", design, "coverage", "=", 1 - ALPHA, share(flags), runs)
    # Where everybody spends and the campaign makes it more, the variance follows the square of the mean.
    for sizes in ((900, 100), (100, 900)):
        n, held = sum(sizes), list[bool]()
        for _ in range(runs):
            before = rng.exponential(1.0, n)
            spent = (before + rng.exponential(1.0, n)) * np.repeat([1.2, 1.0], sizes)
            labels = ["mail"] * sizes[0] + ["none"] * sizes[1]
            effect = crm.CampaignOutcomes(labels, arms, metrics={"revenue": spent}, covariate=before).measure().effects
            held.append(bool(effect["lift_lower"][0] <= 0.2 <= effect["lift_upper"][0]))
        design = f"{sizes[0]} and {sizes[1]} who all spend, 0.2 more in the target"
        yield Row("campaign report, adjusted revenue, lift", design, "coverage", "about", 1 - ALPHA, share(held), runs)
