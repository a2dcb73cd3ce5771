"""Makes tests/cases/experiment/stratified.json: two rates compared within strata, by mpmath with 40 digits.

Nothing here is shared with the engine: rates under a null come from bisection of the score equation, moments of the non-central hypergeometric distribution from
sums over all its points, ends of intervals from bisection of the statistic. If statsmodels is there, its StratifiedTable must agree, as must published numbers:
R's mantelhaen.test (UCBAdmissions, Rabbits), SAS PROC FREQ (Migraine), the example of rate_compare in metalite.ae (sample-size weights).

    python tests/oracles/make_experiment_stratified_cases.py > tests/cases/experiment/stratified.json
"""

import json
import sys
from functools import lru_cache

from mpmath import mp, mpf

mp.dps = 40
HALVINGS = 150


def bisect(f, low, high):
    """The root of a function that falls."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if f(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def slope(x, f, p):
    """d/dp of x ln p + f ln(1 - p), or an infinite one outside."""
    return (x / p if x else mpf(0)) - (f / (1 - p) if f else mpf(0))


def rates_of_difference(x1, n1, x0, n0, d):
    """Most likely rates with p1 - p0 = d."""
    low, high = max(mpf(0), -d), min(mpf(1), 1 - d)
    p0 = bisect(lambda p: slope(x1, n1 - x1, p + d) + slope(x0, n0 - x0, p), low, high)
    return p0 + d, p0


def rates_of_ratio(x1, n1, x0, n0, r):
    """Most likely rates with p1 / p0 = r."""
    high = min(mpf(1), 1 / r)
    p0 = bisect(lambda p: r * slope(x1, n1 - x1, r * p) + slope(x0, n0 - x0, p), mpf(0), high)
    return r * p0, p0


@lru_cache(maxsize=None)
def central_weights(n1, n0, m):
    """Chances of each number of the target's conversions at an odds ratio of 1, but for a factor."""
    least, most = max(0, m - n0), min(m, n1)
    weights = [mpf(1)]
    for k in range(least, most):
        weights.append(weights[-1] * (n1 - k) * (m - k) / ((k + 1) * (n0 - m + k + 1)))
    total = sum(weights)
    return least, [weight / total for weight in weights]


def moments(x1, n1, x0, n0, ratio):
    """Mean and variance of the non-central hypergeometric distribution."""
    least, weights = central_weights(n1, n0, x1 + x0)
    sums, power = [mpf(0)] * 3, mpf(1)
    for k, weight in enumerate(weights, least):
        term = weight * power
        power *= ratio
        sums = [sums[0] + term, sums[1] + term * k, sums[2] + term * k * k]
    mean = sums[1] / sums[0]
    return mean, sums[2] / sums[0] - mean * mean


class Strata:
    def __init__(self, rows):
        self.rows = [tuple(row) for row in rows if row[1] and row[3]]

    def weight(self, row, method):
        _, n1, _, n0 = row
        return mpf(n1 + n0) if method == "sample_size" else mpf(n1) * n0 / (n1 + n0)

    def statistic(self, contrast, method, value):
        deviation, variance = mpf(0), mpf(0)
        for row in self.rows:
            x1, n1, x0, n0 = row
            w, inflation = self.weight(row, method), mpf(n1 + n0) / (n1 + n0 - 1)
            if contrast == "odds_ratio":
                mean, more = moments(x1, n1, x0, n0, value)
                deviation += x1 - mean
                variance += more
            elif contrast == "difference":
                p1, p0 = rates_of_difference(x1, n1, x0, n0, value)
                deviation += w * (mpf(x1) / n1 - mpf(x0) / n0 - value)
                variance += w * w * inflation * (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0)
            else:
                r = value + 1 if contrast == "lift" else value
                p1, p0 = rates_of_ratio(x1, n1, x0, n0, r)
                deviation += w * (mpf(x1) / n1 - r * x0 / n0)
                variance += w * w * inflation * (p1 * (1 - p1) / n1 + r * r * p0 * (1 - p0) / n0)
        if method == "continuity_corrected":
            deviation = mp.sign(deviation) * max(abs(deviation) - mpf(1) / 2, mpf(0))
        return deviation / mp.sqrt(variance) if deviation else mpf(0)

    def end(self, contrast, method, target):
        if contrast == "difference":
            return bisect(lambda d: self.statistic(contrast, method, d) - target, mpf(-1), mpf(1))
        at = lambda ln: self.statistic(contrast, method, mp.exp(ln) - (1 if contrast == "lift" else 0)) - target
        return mp.exp(bisect(at, mpf(-40), mpf(40))) - (1 if contrast == "lift" else 0)

    def estimate(self, contrast, method):
        total = sum(self.weight(row, method) for row in self.rows)
        p1 = sum(self.weight(row, method) * row[0] / row[1] for row in self.rows) / total
        p0 = sum(self.weight(row, method) * row[2] / row[3] for row in self.rows) / total
        if contrast == "odds_ratio":
            above = sum(mpf(x1) * (n0 - x0) / (n1 + n0) for x1, n1, x0, n0 in self.rows)
            below = sum(mpf(x0) * (n1 - x1) / (n1 + n0) for x1, n1, x0, n0 in self.rows)
            return p1, p0, above / below
        return p1, p0, {"difference": p1 - p0, "lift": p1 / p0 - 1, "ratio": p1 / p0}[contrast]

    def heterogeneity(self, contrast, method):
        common = self.estimate(contrast, method)[2]
        squares = scores = information = mpf(0)
        informative = 0
        for x1, n1, x0, n0 in self.rows:
            inflation = mpf(n1 + n0) / (n1 + n0 - 1)
            if contrast == "odds_ratio":
                m = x1 + x0
                if m in (0, n1 + n0):
                    continue
                a = bisect(lambda a: common * (n1 - a) * (m - a) - a * (n0 - m + a), mpf(max(0, m - n0)), mpf(min(m, n1)))
                variance = 1 / (1 / a + 1 / (n1 - a) + 1 / (m - a) + 1 / (n0 - m + a))
                score, own = x1 - a, variance
            elif contrast == "difference":
                p1, p0 = rates_of_difference(x1, n1, x0, n0, common)
                own = 1 / (inflation * (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0))
                score = (mpf(x1) / n1 - mpf(x0) / n0 - common) * own
            else:
                r = common + 1 if contrast == "lift" else common
                if x1 + x0 == 0:
                    continue
                p1, p0 = rates_of_ratio(x1, n1, x0, n0, r)
                variance = inflation * (p1 * (1 - p1) / n1 + r * r * p0 * (1 - p0) / n0)
                score, own = (mpf(x1) / n1 - r * x0 / n0) * p0 / variance, p0 * p0 / variance
            informative += 1
            squares += score * score / own
            scores += score
            information += own
        statistic, df = squares - scores * scores / information, informative - 1
        return statistic, df, mp.gammainc(mpf(df) / 2, statistic / 2, mp.inf, regularized=True)

    def exact(self):
        """Least number and weights of the sum of the target's conversions."""
        least, weights = 0, [mpf(1)]
        for x1, n1, x0, n0 in self.rows:
            first, own = central_weights(n1, n0, x1 + x0)
            sums = [mpf(0)] * (len(weights) + len(own) - 1)
            for i, one in enumerate(weights):
                for j, other in enumerate(own):
                    sums[i + j] += one * other
            least, weights = least + first, sums
        return least, weights


def upper_normal(z):
    return mp.erfc(z / mp.sqrt(2)) / 2


def score_check(strata, method, contrast, alternative="two_sided", alpha=0.05, null=None, homogeneity=True):
    no_effect = 0 if contrast in ("difference", "lift") else 1
    at = mpf(no_effect if null is None else null)
    z = strata.statistic(contrast, method, at)
    p = {"two_sided": 2 * upper_normal(abs(z)), "greater": upper_normal(z), "less": upper_normal(-z)}[alternative]
    tail = mpf(alpha) / 2 if alternative == "two_sided" else mpf(alpha)
    critical = mp.sqrt(2) * mp.erfinv(1 - 2 * tail)
    lower = -mp.inf if contrast in ("difference", "lift") else mpf(0)
    upper = mp.inf
    if alternative != "less":
        lower = strata.end(contrast, method, critical)
    if alternative != "greater":
        upper = strata.end(contrast, method, -critical)
    p1, p0, estimate = strata.estimate(contrast, method)
    expected = {
        "target": p1, "control": p0, "estimate": estimate, "statistic": z, "p_value": p, "ln_p_value": mp.log(p), "lower": lower, "upper": upper,
    }
    if homogeneity:
        expected["homogeneity"] = strata.heterogeneity(contrast, method)
    return check(method, contrast, alternative, alpha, null, expected)


def exact_check(strata, method, alternative="two_sided", alpha=0.05, null=None):
    least, weights = strata.exact()
    seen = sum(row[0] for row in strata.rows) - least

    def chances(odds):
        powers = [weight * odds**k for k, weight in enumerate(weights)]
        total = sum(powers)
        return [power / total for power in powers]

    half = mpf(1) / 2 if method == "exact_mid_p" else mpf(1)
    above = lambda odds: sum(chances(odds)[seen + 1 :]) + half * chances(odds)[seen]
    below = lambda odds: sum(chances(odds)[:seen]) + half * chances(odds)[seen]
    at = mpf(1 if null is None else null)
    if alternative == "greater":
        p = above(at)
    elif alternative == "less":
        p = below(at)
    elif method == "exact":
        points = chances(at)
        p = sum(point for point in points if point <= points[seen] * (1 + mpf(10) ** -20))
    else:
        p = min(mpf(1), 2 * min(above(at), below(at)))
    mean = lambda odds: sum(k * point for k, point in enumerate(chances(odds)))
    estimate = mp.exp(bisect(lambda ln: seen - mean(mp.exp(ln)), mpf(-40), mpf(40)))
    p1, p0, _ = strata.estimate("odds_ratio", method)
    expected = {"target": p1, "control": p0, "estimate": estimate, "p_value": p, "ln_p_value": mp.log(p)}
    if alternative != "two_sided" or method != "exact":
        # Of the test by minimum likelihood only ends of one side are roots.
        tail = mpf(alpha) / 2 if alternative == "two_sided" else mpf(alpha)
        end = lambda f: mp.exp(bisect(f, mpf(-40), mpf(40)))
        expected["lower"] = mpf(0) if alternative == "less" else end(lambda ln: tail - above(mp.exp(ln)))
        expected["upper"] = mp.inf if alternative == "greater" else end(lambda ln: below(mp.exp(ln)) - tail)
    return check(method, "odds_ratio", alternative, alpha, null, expected)


def text(value):
    if isinstance(value, (list, tuple)):
        return [text(each) for each in value]
    if isinstance(value, int):
        return value
    if mp.isinf(value):
        return "inf" if value > 0 else "-inf"
    return float(mp.nstr(value, 20))


def check(method, contrast, alternative, alpha, null, expected):
    expected = {name: text(value) for name, value in expected.items()}
    return {"method": method, "contrast": contrast, "alternative": alternative, "alpha": alpha, "null": null, "expected": expected}


# Conversions and trials of target and control in each stratum.
BERKELEY = [(512, 825, 89, 108), (353, 560, 17, 25), (120, 325, 202, 593), (138, 417, 131, 375), (53, 191, 94, 393), (22, 373, 24, 341)]
MIGRAINE = [(16, 27, 5, 25), (12, 28, 7, 26)]
RABBITS = [(0, 6, 0, 5), (3, 6, 0, 6), (6, 6, 2, 6), (5, 6, 6, 6), (2, 2, 5, 5)]
STOCKINGS = [
    (15, 97, 37, 103), (0, 8, 5, 10), (11, 50, 23, 48), (4, 110, 16, 110), (7, 65, 7, 32), (8, 25, 8, 25), (5, 126, 17, 126), (0, 104, 4, 92),
    (7, 80, 16, 81),
]
CAMPAIGN = [(212, 19_800, 9, 1_100), (41, 1_450, 3, 160), (0, 310, 0, 40), (980, 151_000, 38, 8_300)]
SPARSE = [(1, 3, 0, 2), (0, 1, 0, 4), (2, 2, 1, 3), (0, 0, 3, 7), (4, 5, 1, 6)]
WIDE = [(4_030, 9_000, 3_900, 9_100), (310, 2_500, 1_200, 11_000)]


def cases():
    out = []

    def add(name, rows, checks):
        columns = list(zip(*rows))
        names = ["target_conversions", "target_trials", "control_conversions", "control_trials"]
        out.append({"name": name, **{key: list(column) for key, column in zip(names, columns)}, "checks": checks})

    for name, rows in [("berkeley", BERKELEY), ("migraine", MIGRAINE), ("stockings", STOCKINGS), ("campaign", CAMPAIGN)]:
        strata = Strata(rows)
        checks = [score_check(strata, "mantel_haenszel", contrast) for contrast in ("difference", "lift", "ratio", "odds_ratio")]
        checks.append(score_check(strata, "mantel_haenszel", "difference", "greater", 0.025, -0.05, False))
        checks.append(score_check(strata, "mantel_haenszel", "odds_ratio", "less", 0.01, 1.25, False))
        checks.append(score_check(strata, "continuity_corrected", "odds_ratio"))
        checks.append(score_check(strata, "continuity_corrected", "difference", "greater", 0.05, None, False))
        checks += [score_check(strata, "sample_size", contrast) for contrast in ("difference", "ratio")]
        checks.append(score_check(strata, "sample_size", "lift", "less", 0.05, 0.1, False))
        if name in ("migraine", "stockings"):
            checks += [exact_check(strata, "exact_central"), exact_check(strata, "exact_mid_p", "two_sided", 0.1, 0.5), exact_check(strata, "exact")]
        add(name, rows, checks)
    rabbits = Strata(RABBITS)
    checks = [score_check(rabbits, method, "odds_ratio") for method in ("mantel_haenszel", "continuity_corrected")]
    checks += [exact_check(rabbits, "exact"), exact_check(rabbits, "exact", "greater"), exact_check(rabbits, "exact_mid_p", "less")]
    add("rabbits", RABBITS, checks)
    sparse = Strata(SPARSE)
    checks = [score_check(sparse, "mantel_haenszel", contrast) for contrast in ("difference", "ratio", "odds_ratio")]
    add("sparse, with an arm without trials", SPARSE, checks + [exact_check(sparse, "exact_central")])
    add("wide", WIDE, [score_check(Strata(WIDE), "mantel_haenszel", "odds_ratio"), score_check(Strata(WIDE), "mantel_haenszel", "odds_ratio", "greater", 1e-6, 1.2)])
    return out


def near(value, expected, tolerance):
    if not abs(float(value) - expected) <= tolerance:
        raise AssertionError(f"{value} {expected}")


def published():
    """Numbers that others printed."""
    near(Strata(BERKELEY).statistic("odds_ratio", "mantel_haenszel", mpf(1)) ** 2, 1.5246, 5e-5)
    near(Strata(BERKELEY).statistic("odds_ratio", "continuity_corrected", mpf(1)) ** 2, 1.4269, 5e-5)
    near(Strata(BERKELEY).estimate("odds_ratio", "mantel_haenszel")[2], 0.9046968, 5e-8)
    near(exact_check(Strata(RABBITS), "exact")["expected"]["p_value"], 0.040, 5e-4)
    near(exact_check(Strata(RABBITS), "exact", "greater")["expected"]["p_value"], 0.020, 5e-4)
    near(Strata(MIGRAINE).statistic("odds_ratio", "mantel_haenszel", mpf(1)) ** 2, 8.3052, 5e-5)
    near(Strata(MIGRAINE).estimate("odds_ratio", "mantel_haenszel")[2], 3.3132, 5e-5)
    near(Strata(MIGRAINE).estimate("ratio", "mantel_haenszel")[2], 2.1636, 5e-5)
    # metalite.ae, rate_compare: 100 trials an arm in four strata, weights by size.
    merck = Strata(merck_rows())
    result = score_check(merck, "sample_size", "difference", "two_sided", 0.05, None, False)["expected"]
    for name, value in [("estimate", 0.3998397), ("statistic", 5.712797), ("lower", 0.2684383), ("upper", 0.5172779)]:
        near(result[name], value, 2e-6)


def merck_rows():
    treatment = ["pbo"] * 100 + ["exp"] * 100
    response = [0] * 80 + [1] * 20 + [0] * 40 + [1] * 60
    stratum = [1, 2, 3, 4] * 12 + [1, 3, 3, 1] + [1, 2, 3, 4] * 12 + [1, 2, 3, 4] * 25
    rows = []
    for h in range(1, 5):
        of = lambda arm: [y for t, y, s in zip(treatment, response, stratum) if t == arm and s == h]
        rows.append((sum(of("exp")), len(of("exp")), sum(of("pbo")), len(of("pbo"))))
    return rows


def of_statsmodels():
    try:
        import numpy as np
        from statsmodels.stats.contingency_tables import StratifiedTable
    except ImportError:
        print("statsmodels is not there", file=sys.stderr)
        return
    for rows in (BERKELEY, MIGRAINE, STOCKINGS, CAMPAIGN):
        strata = Strata(rows)
        used = [row for row in strata.rows if row[0] + row[2]]
        table = StratifiedTable([np.array([[x1, n1 - x1], [x0, n0 - x0]], dtype=float) for x1, n1, x0, n0 in used])
        for method, correction in [("mantel_haenszel", False), ("continuity_corrected", True)]:
            found = table.test_null_odds(correction=correction)
            near(strata.statistic("odds_ratio", method, mpf(1)) ** 2, found.statistic, 1e-10 * found.statistic)
        near(strata.estimate("odds_ratio", "mantel_haenszel")[2], table.oddsratio_pooled, 1e-12)
        near(strata.estimate("ratio", "mantel_haenszel")[2], table.riskratio_pooled, 1e-12)
        found = table.test_equal_odds(adjust=True)
        near(strata.heterogeneity("odds_ratio", "mantel_haenszel")[0], found.statistic, 1e-9)
        near(strata.heterogeneity("odds_ratio", "mantel_haenszel")[2], found.pvalue, 1e-9)


published()
of_statsmodels()
source = (
    "mpmath, 40 digits: tests/oracles/make_experiment_stratified_cases.py; agrees with statsmodels' StratifiedTable and with numbers of R's mantelhaen.test "
    "(UCBAdmissions, Rabbits), SAS PROC FREQ (Migraine) and metalite.ae (the case of sample-size weights)"
)
found = cases()
merck = Strata(merck_rows())
names = ["target_conversions", "target_trials", "control_conversions", "control_trials"]
found.append(
    {
        "name": "metalite.ae",
        **{key: list(column) for key, column in zip(names, zip(*merck_rows()))},
        "checks": [score_check(merck, "sample_size", "difference", "greater")],
    }
)
count = sum(len(case["checks"]) for case in found)
rows = ",\n".join(json.dumps(case) for case in found)
print(f'{{"source": {json.dumps(source)},\n"tolerance": 1e-10,\n"checks": {count},\n"cases": [\n{rows}\n]}}')
