"""Writes tests/cases/loyalty/scores.json: loyalty scores, weights, changes and reports by their definitions, in 50 digits.

Run with any Python that has mpmath:

    python tests/oracles/make_loyalty_score_cases.py

Nothing here shares a formula's arrangement with the engine: percentiles count pairs, eigenvectors come from mpmath's solver, learned weights from Newton's method
over every set of coefficients that could be 0, effects of a change from all six orders one by one, areas under curves from all pairs.
"""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path
from typing import Any

from mpmath import eig, exp, findroot, log, matrix, mp, mpf, ncdf, sqrt

mp.dps = 50
TARGET = Path(__file__).resolve().parents[1] / "cases/loyalty/scores.json"
Column = list[Any]


def quantile(values: Column, share: Any) -> Any:
    """Definition 7 of Hyndman and Fan."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * mpf(share)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def normalizer(dimension: dict[str, Any], fitted: Column) -> Any:
    known = [mpf(value) for value in fitted if value is not None]
    kind = dimension.get("normalization", {"mid_rank": {"resolution": 65536}})

    def mid_rank(x: Any) -> Any:
        return sum((1 if value < x else mpf(1) / 2 if value == x else 0) for value in known) / mpf(len(known))

    def line(low: Any, high: Any) -> Any:
        return lambda x: min(max((x - low) / (high - low), mpf(0)), mpf(1))

    if kind == "z_score":
        mean = sum(known) / len(known)
        spread = sqrt(sum((value - mean) ** 2 for value in known) / (len(known) - 1))
        rule = lambda x: ncdf((x - mean) / spread)
    elif kind == "robust_z":
        median = quantile(known, 0.5)
        deviations = [abs(value - median) for value in known]
        spread = quantile(deviations, 0.5) / findroot(lambda z: ncdf(z) - mpf(3) / 4, 0.67)
        if spread == 0:
            spread = sum(deviations) / len(known) * sqrt(mp.pi / 2)
        rule = lambda x: ncdf((x - median) / spread)
    elif "mid_rank" in kind:
        rule = mid_rank
    elif "min_max" in kind:
        tail = mpf(kind["min_max"]["tail"])
        rule = line(quantile(known, tail), quantile(known, 1 - tail))
    else:
        rule = line(mpf(kind["anchors"]["low"]), mpf(kind["anchors"]["high"]))
    flip = dimension.get("direction") == "lower"
    return lambda x: None if x is None else (1 - rule(mpf(x)) if flip else rule(mpf(x)))


class Score:
    def __init__(self, case: dict[str, Any], weights: Column | None = None) -> None:
        self.case = case
        self.weights = [mpf(weight) for weight in (weights or case["weights"])]
        total = sum(self.weights)
        self.weights = [weight / total for weight in self.weights]
        self.geometric = case.get("combination") == "geometric"
        self.minimum = mpf(case.get("minimum_coverage", 0))
        self.rules = [normalizer(d, column) for d, column in zip(case["dimensions"], case["columns"])]
        numbers = self.numbers(case["columns"])
        self.means = []
        for place in range(len(self.weights)):
            known = [row[place] for row in numbers if row[place] is not None]
            self.means.append(sum(known) / len(known))
        scores = [score for score, _ in map(self.row, numbers) if score is not None]
        self.mean = sum(scores) / len(scores)

    def numbers(self, columns: list[Column]) -> list[Column]:
        return [[rule(x) for rule, x in zip(self.rules, row)] for row in zip(*columns)]

    def combine(self, known: list[tuple[Any, Any]]) -> Any:
        total = sum(weight for weight, _ in known)
        if self.geometric:
            product = mpf(1)
            for weight, number in known:
                product *= number ** (weight / total) if weight > 0 else 1
            return 100 * product
        return 100 * sum(weight * number for weight, number in known) / total

    def row(self, numbers: Column) -> tuple[Any, Any]:
        known = [(weight, number) for weight, number in zip(self.weights, numbers) if number is not None]
        coverage = sum((weight for weight, _ in known), mpf(0))
        if coverage == 0 or coverage < self.minimum - mpf("1e-12"):
            return None, coverage
        return self.combine(known), coverage

    def explain(self, numbers: Column) -> tuple[Any, Any]:
        score, _ = self.row(numbers)
        if score is None:
            return None, None
        known = [place for place, number in enumerate(numbers) if number is not None]
        total = sum(self.weights[place] for place in known)
        average = self.combine([(self.weights[place], self.means[place]) for place in known])
        parts = [mpf(0)] * len(numbers)
        if not self.geometric:
            for place in known:
                parts[place] = 100 * self.weights[place] * (numbers[place] - self.means[place]) / total
        elif score == 0:
            zero = [place for place in known if numbers[place] == 0 and self.weights[place] > 0]
            for place in zero:
                parts[place] = -average * self.weights[place] / sum(self.weights[other] for other in zero)
        else:
            between = average if score == average else (score - average) / log(score / average)
            for place in known:
                if self.weights[place] > 0:
                    parts[place] = between * self.weights[place] / total * log(numbers[place] / self.means[place])
        return parts, average - self.mean


def number(value: Any) -> Any:
    return None if value is None else float(value)


def rounded(score: Any) -> Any:
    """Scores are rounded to 2^-24 points, so that what is equal by the formula ties."""
    if score is None:
        return None
    steps = score * 2**24
    assert abs(abs(steps - mp.floor(steps)) - mpf(1) / 2) > mpf("1e-4"), "a score at a limit of rounding"
    return mp.nint(steps) / 2**24


def ranks(scores: Column) -> list[int]:
    scores = [rounded(score) for score in scores]
    return [0 if s is None else 1 + sum(t is not None and t > s for t in scores) for s in scores]


def expected(case: dict[str, Any]) -> dict[str, Any]:
    score = Score(case)
    numbers = score.numbers(case["columns"])
    rows = [score.row(row) for row in numbers]
    explained = [score.explain(row) for row in numbers]
    later = score.numbers(case["later"]) if "later" in case else []
    return {
        "scores": [number(s) for s, _ in rows],
        "coverage": [number(c) for _, c in rows],
        "ranks": ranks([s for s, _ in rows]),
        "population_mean": number(score.mean),
        "contributions": [
            [None if parts is None else number(parts[place]) for parts, _ in explained]
            for place in range(len(case["dimensions"]))
        ],
        "baseline": [number(baseline) for _, baseline in explained],
        "later": [number(score.row(row)[0]) for row in later],
    }


def dimension(name: str, **rest: Any) -> dict[str, Any]:
    return {"name": name, "unit": "units", **rest}


def score_cases() -> list[dict[str, Any]]:
    draw = random.Random(20261122)
    orders = [draw.choice([0, 1, 1, 2, 3, 5, 8, 13]) for _ in range(24)]
    value = [round(draw.lognormvariate(4, 1), 2) for _ in range(24)]
    recency = [draw.randrange(0, 400) for _ in range(24)]
    advice = [draw.choice([None, None, 3, 6, 7, 8, 9, 10]) for _ in range(24)]
    later = [
        [-1, 0, 4, 20, 1, 2],
        [0, 10.5, 50.25, 1e6, 33.33, 1],
        [500, 100, 0, 7, None, 20],
        [5, None, 7, 10, None, 0],
    ]
    columns = [orders, value, recency, advice]
    names = ["orders", "value", "days_since", "advice"]
    norms: dict[str, list[Any]] = {
        "mid ranks": [{"mid_rank": {"resolution": 65536}}] * 4,
        "winsorised": [{"min_max": {"tail": 0.1}}] * 4,
        "z scores": ["z_score"] * 4,
        "robust z scores": ["robust_z"] * 4,
        "mixed": [{"anchors": {"low": 0, "high": 10}}, "robust_z", {"min_max": {"tail": 0.0}}, {"anchors": {"low": 0, "high": 10}}],
    }
    cases = []
    for (name, kinds), combination in itertools.product(norms.items(), ["arithmetic", "geometric"]):
        dims = [dimension(n, normalization=k, direction="lower" if n == "days_since" else "higher") for n, k in zip(names, kinds)]
        for complete in [True, False]:
            size = 3 if complete else 4
            cases.append(
                {
                    "name": f"{name}, {combination}, {'complete' if complete else 'with gaps'}",
                    "dimensions": dims[:size],
                    "columns": columns[:size],
                    "weights": [0.5, 0.2, 0.3] if complete else [0.4, 0.1, 0.2, 0.3],
                    "combination": combination,
                    "later": later[:size],
                }
            )
    sparse = [[1, None, 3, None, 5, 2], [None, 2.5, 1, None, 0, 2.5], [None, 1, 1, None, None, 2]]
    base = {"dimensions": [dimension(n) for n in "abc"], "columns": sparse, "weights": [0.5, 0.3, 0.2]}
    cases.append({"name": "sparse", **base})
    cases.append({"name": "half must be known", **base, "minimum_coverage": 0.5})
    cases.append({"name": "a dimension without weight", **base, "weights": [0.0, 0.75, 0.25]})
    cases.append({"name": "one customer", "dimensions": [dimension("a")], "columns": [[3]], "weights": [1.0], "later": [[2, 3, 4]]})
    for case in cases:
        case["expected"] = expected(case)
    return cases


def ahp(upper: Column, index: Any) -> dict[str, Any]:
    size = next(n for n in range(2, 20) if n * (n - 1) // 2 == len(upper))
    a = matrix(size, size)
    values = iter(upper)
    for i in range(size):
        a[i, i] = mpf(1)
        for j in range(i + 1, size):
            a[i, j] = mpf(next(values))
            a[j, i] = 1 / a[i, j]
    eigenvalues, vectors = eig(a)
    place = max(range(size), key=lambda i: eigenvalues[i].real)
    vector = [vectors[i, place].real for i in range(size)]
    largest = eigenvalues[place].real
    ratio = (largest - size) / (size - 1) / mpf(index) if size > 2 else mpf(0)
    return {
        "weights": [float(part / sum(vector)) for part in vector],
        "largest_eigenvalue": float(largest),
        "consistency_ratio": float(ratio),
    }


def ahp_cases() -> list[dict[str, Any]]:
    third, ninth = 1 / 3, 1 / 9
    drinks = [9, 5, 2, 1, 1, 0.5, third, ninth, ninth, ninth, ninth, third, 0.25, third, ninth, 0.5, 1, third, 2, 0.5, third]
    cases = [
        ("seven drinks (AHPy README: .177 .019 .042 .116 .190 .129 .327, ratio .022)", drinks, "saaty_2005", 1.35),
        ("seven drinks by Saaty's table of 1980", drinks, "saaty_1980", 1.32),
        ("leader, experience (.217 .717 .066, ratio .035)", [0.25, 4, 9], "saaty_2005", 0.52),
        ("leader, education", [3, 0.2, 1 / 7], "saaty_2005", 0.52),
        ("leader, charisma", [5, 9, 4], "saaty_1980", 0.58),
        ("leader, age", [third, 5, 9], "alonso_lamata_2006", 0.5245),
        ("two sides", [7], "saaty_2005", 0),
    ]
    return [
        {"name": name, "upper": upper, "random_index": table, "expected": ahp(upper, index)}
        for name, upper, table, index in cases
    ]


def objective(kind: str, columns: list[Column]) -> list[float]:
    columns = [[mpf(str(x)) for x in column] for column in columns]
    rows, size = len(columns[0]), len(columns)
    mean = lambda c: sum(c) / len(c)
    if kind == "entropy":
        raw = []
        for c in columns:
            p = [x / sum(c) for x in c]
            raw.append(1 + sum(x * log(x) for x in p if x > 0) / log(rows))
    elif kind == "gini":
        raw = [sum(abs(a - b) for a in c for b in c) / (2 * rows * sum(c)) for c in columns]
    elif kind == "angular":
        raw = [mp.acos(mean(c) / sqrt(mean([x * x for x in c]))) for c in columns]
    elif kind == "cilos":
        best = [max(range(rows), key=lambda r: c[r]) for c in columns]
        f = matrix(size, size)
        for i in range(size):
            for j in range(size):
                top = columns[j][best[j]]
                f[i, j] = (top - columns[j][best[i]]) / top
        for j in range(size):
            f[j, j] = -sum(f[i, j] for i in range(size) if i != j)
        # One equation is redundant: the sum takes its place.
        for j in range(size):
            f[size - 1, j] = 1
        right = matrix(size, 1)
        right[size - 1] = 1
        raw = list(mp.lu_solve(f, right))
    else:
        scaled = [[(x - min(c)) / (max(c) - min(c)) for x in c] for c in columns]
        cov = lambda a, b: mean([x * y for x, y in zip(a, b)]) - mean(a) * mean(b)
        deviation = [sqrt(cov(c, c)) for c in scaled]
        r = [[cov(a, b) / (deviation[i] * deviation[j]) for j, b in enumerate(scaled)] for i, a in enumerate(scaled)]
        if kind == "standard_deviation":
            raw = deviation
        elif kind == "variance":
            raw = [d * d for d in deviation]
        elif kind == "critic":
            raw = [deviation[i] * sum(1 - x for x in r[i]) for i in range(size)]
        else:
            eigenvalues, vectors = mp.eigsy(matrix(r))
            place = max(range(size), key=lambda i: eigenvalues[i])
            raw = [vectors[i, place] ** 2 for i in range(size)]
    return [float(x / sum(raw)) for x in raw]


def weight_cases() -> list[dict[str, Any]]:
    # mcdm 0.4.0 (MIT), tests/weighting.rs, as printed. CILOS: Zavadskas and Podvezko (2016), "Integrated determination of objective criteria weights
    # in MCDM", International Journal of Information Technology and Decision Making 15(2), 267-283: rows (3, 100, 10, 7), (2.5, 80, 8, 5), (1.8, 50,
    # 20, 11), (2.2, 70, 12, 9), of which the first and third criterion are to be minimised (1 / x below), weights .3343, .2199, .1957, .2501. The
    # tests of crispyn, JMcDM and other packages print the same pair; mcdm prints these weights to eight digits and they belong to this matrix, not to
    # that of its other tests.
    mcdm = [[2.9, 1.2, 0.3], [2.31, 1.34, 2.48], [0.56, 0.21, 1.75], [1.89, 2.48, 1.69]]
    published: dict[str, list[float] | None] = {
        "entropy": [0.45009235, 0.05084365, 0.4778931, 0.0211709],
        "critic": [0.22514451, 0.21769531, 0.24375671, 0.31340347],
        "standard_deviation": None,
        "variance": [0.23572429, 0.26602392, 0.25117527, 0.24707653],
        "gini": [0.38917745, 0.12248175, 0.40248266, 0.08585814],
        "angular": [0.37183274, 0.14136016, 0.39029729, 0.09650981],
        "principal_component": None,
    }
    cases: list[dict[str, Any]] = [
        {"name": f"mcdm, {kind}", "weighting": kind, "columns": mcdm, "published": printed, "expected": objective(kind, mcdm)}
        for kind, printed in published.items()
    ]
    example = [[1 / 3, 1 / 2.5, 1 / 1.8, 1 / 2.2], [100, 80, 50, 70], [1 / 10, 1 / 8, 1 / 20, 1 / 12], [7, 5, 11, 9]]
    cases.append(
        {
            "name": "Zavadskas and Podvezko, cilos",
            "weighting": "cilos",
            "columns": example,
            "published": [0.33434452, 0.21985191, 0.19571387, 0.2500897],
            "expected": objective("cilos", example),
        }
    )
    draw = random.Random(7)
    free = [[round(draw.lognormvariate(0, s), 3) for _ in range(40)] for s in (0.2, 0.8, 1.5)]
    free.append([round(2 * x + draw.random(), 3) for x in free[1]])
    for kind in [*published, "cilos"]:
        cases.append({"name": f"forty rows, {kind}", "weighting": kind, "columns": free, "published": None, "expected": objective(kind, free)})
    return cases


def learned(columns: list[Column], retained: list[int], penalty: Any) -> dict[str, Any]:
    size, rows = len(columns), len(retained)
    penalty = mpf(str(penalty))
    data = [[mpf(str(x)) for x in row] for row in zip(*columns)]

    def slopes(point: Column) -> Column:
        out = [mpf(0)] * (size + 1)
        for row, stayed in zip(data, retained):
            miss = 1 / (1 + exp(-(point[0] + sum(b * x for b, x in zip(point[1:], row))))) - stayed
            for place, x in enumerate([1, *row]):
                out[place] += miss * x / rows
        return [out[0]] + [slope + penalty * b for slope, b in zip(out[1:], point[1:])]

    for free in itertools.product([True, False], repeat=size):
        own = [0] + [place + 1 for place in range(size) if free[place]]

        def full(*values: Any) -> Column:
            point = [mpf(0)] * (size + 1)
            for place, value in zip(own, values):
                point[place] = value
            return point

        found = findroot(lambda *values: [slopes(full(*values))[place] for place in own], [mpf("0.1")] * len(own), tol=1e-60)
        point = full(*found)
        slope = slopes(point)
        if all(b >= 0 for b in point[1:]) and all(free[p] or slope[p + 1] >= 0 for p in range(size)):
            loss = sum(
                log(1 + exp((1 - 2 * stayed) * (point[0] + sum(b * x for b, x in zip(point[1:], row)))))
                for row, stayed in zip(data, retained)
            )
            return {
                "intercept": float(point[0]),
                "coefficients": [float(b) for b in point[1:]],
                "weights": [float(b / sum(point[1:])) for b in point[1:]],
                "loss": float(loss / rows + penalty / 2 * sum(b * b for b in point[1:])),
            }
    raise AssertionError("no minimum")


def learned_cases() -> list[dict[str, Any]]:
    draw = random.Random(11)
    columns = [[round(draw.random(), 2) for _ in range(60)] for _ in range(3)]
    cases = []
    for truth in [(3, 1, 0), (2, -2, 1), (0.5, 0.5, -3)]:
        retained = []
        for row in zip(*columns):
            z = sum(b * x for b, x in zip(truth, row)) - sum(truth) / 2
            retained.append(int(draw.random() < 1 / (1 + float(exp(-mpf(z))))))
        for penalty in (0.001, 0.05):
            cases.append({"columns": columns, "retained": retained, "penalty": penalty, "expected": learned(columns, retained, penalty)})
    return cases


def step_parts(geometric: bool, weights: list[Column], numbers: list[Column]) -> Column:
    """What each dimension has of a step from one score to another: differences of 100 w n / sum w, or the logarithmic mean of the two products (Ang 2004)."""
    shares = []
    for own, known in zip(weights, numbers):
        total = sum(weight for weight, x in zip(own, known) if x is not None)
        shares.append([weight / total if x is not None else mpf(0) for weight, x in zip(own, known)])
    value = lambda end, place: mpf(0) if numbers[end][place] is None else numbers[end][place]
    if not geometric:
        return [100 * (shares[1][place] * value(1, place) - shares[0][place] * value(0, place)) for place in range(len(shares[0]))]
    term = lambda end, place: shares[end][place] * log(value(end, place)) if numbers[end][place] is not None else mpf(0)
    ends = [100 * exp(sum(term(end, place) for place in range(len(shares[0])))) for end in (0, 1)]
    # Scores that are equal differ in the last of 50 digits, and the quotient would be of two roundings.
    between = ends[0] if abs(ends[1] - ends[0]) < mpf("1e-40") else (ends[1] - ends[0]) / log(ends[1] / ends[0])
    return [between * (term(1, place) - term(0, place)) for place in range(len(shares[0]))]


def change_cases() -> list[dict[str, Any]]:
    draw = random.Random(5)
    column = lambda: [draw.choice([None, 1, 2, 3, 5, 8, 13, 21]) if i else 4 for i in range(12)]
    cases = []
    for combination in ["arithmetic", "geometric"]:
        dims = [dimension(n, direction=d) for n, d in zip("abc", ["higher", "lower", "higher"])]
        ends = [
            {"dimensions": dims, "columns": [column() for _ in dims], "weights": w, "combination": combination}
            for w in ([0.5, 0.3, 0.2], [0.2, 0.2, 0.6])
        ]
        models = {(ref, w): Score({**ends[ref]}, ends[w]["weights"]) for ref in (0, 1) for w in (0, 1)}
        effects: list[Column] = [[], [], []]
        scores: list[Column] = [[], []]
        by_dimension: list[list[Column]] = [[[] for _ in dims] for _ in range(3)]
        for row in range(12):
            at, known = {}, {}
            for corner in itertools.product((0, 1), repeat=3):
                value, ref, weight = corner
                model = models[ref, weight]
                numbers = [rule(column[row]) for rule, column in zip(model.rules, ends[value]["columns"])]
                at[corner] = model.row(numbers)[0]
                known[corner] = (model.weights, numbers)
            scores[0].append(number(at[0, 0, 0]))
            scores[1].append(number(at[1, 1, 1]))
            total = [mpf(0)] * 3
            if any(score is None for score in at.values()):
                for effect in [*effects, *itertools.chain(*by_dimension)]:
                    effect.append(None)
                continue
            parts = [[mpf(0)] * len(dims) for _ in range(3)]
            for order in itertools.permutations(range(3)):
                corner = [0, 0, 0]
                for cause in order:
                    start = tuple(corner)
                    corner[cause] = 1
                    total[cause] += (at[tuple(corner)] - at[start]) / 6
                    weights, numbers = zip(known[start], known[tuple(corner)])
                    for place, part in enumerate(step_parts(combination == "geometric", list(weights), list(numbers))):
                        parts[cause][place] += part / 6
            for effect, value, columns, own in zip(effects, total, by_dimension, parts):
                assert abs(sum(own) - value) < mpf("1e-40")
                effect.append(number(value))
                for filled, part in zip(columns, own):
                    filled.append(number(part))
        cases.append(
            {
                "name": combination,
                "dimensions": dims,
                "combination": combination,
                "before": {"columns": ends[0]["columns"], "weights": ends[0]["weights"]},
                "after": {"columns": ends[1]["columns"], "weights": ends[1]["weights"]},
                "expected": {
                    **dict(zip(["value", "reference", "weight", "before", "after"], [*effects, *scores])),
                    "by_dimension": dict(zip(["value", "reference", "weight"], by_dimension)),
                },
            }
        )
    return cases


def report_cases() -> list[dict[str, Any]]:
    draw = random.Random(3)
    columns = [[draw.choice([1, 2, 3, 4, 6, 9]) for _ in range(30)] for _ in range(2)]
    retained = [int(draw.random() < x / 8) for x in columns[0]]
    dims = [dimension("a"), dimension("b", direction="lower")]
    rows, all_scores = [], []
    weights = {"first": [1.0, 0.0], "both": [0.6, 0.4], "second": [0.0, 1.0]}
    for name, w in weights.items():
        model = Score({"dimensions": dims, "columns": columns, "weights": w})
        scores = [rounded(model.row(row)[0]) for row in model.numbers(columns)]
        all_scores.append(scores)
        pairs = [(s, t) for s, y in zip(scores, retained) if y for t, z in zip(scores, retained) if not z]
        auc = sum((1 if s > t else mpf(1) / 2 if s == t else 0) for s, t in pairs) / len(pairs)
        left, kept = mpf("0.2") * 30, mpf(0)
        for level in sorted(set(scores), reverse=True):
            tied = [y for s, y in zip(scores, retained) if s == level]
            take = min(left, len(tied))
            kept += take * sum(tied) / mpf(len(tied))
            left -= take
        top = kept / 6
        rows.append({"name": name, "auc": float(auc), "top_retention": float(top), "lift": float(top / (mpf(sum(retained)) / 30))})
    correlations = []
    for a in all_scores:
        for b in all_scores:
            rank = lambda c: [sum((1 if y < x else mpf(1) / 2 if y == x else 0) for y in c) for x in c]
            ra, rb = rank(a), rank(b)
            ma, mb = sum(ra) / 30, sum(rb) / 30
            cov = sum((x - ma) * (y - mb) for x, y in zip(ra, rb))
            correlations.append(float(cov / sqrt(sum((x - ma) ** 2 for x in ra) * sum((y - mb) ** 2 for y in rb))))
    return [
        {
            "dimensions": dims,
            "columns": columns,
            "retained": retained,
            "weights": weights,
            "top_share": 0.2,
            "expected": {"rows": rows, "rank_correlation": correlations},
        }
    ]


def main() -> None:
    cases: dict[str, Any] = {
        "source": "tests/oracles/make_loyalty_score_cases.py (mpmath, 50 digits); published numbers as printed by the sources named with them",
        "tolerance": "scores and their parts 1e-7 points (scores are rounded to 2^-24), weights 1e-12, learned 1e-7, published 1e-5 as printed",
        "scores": score_cases(),
        "ahp": ahp_cases(),
        "weights": weight_cases(),
        "learned": learned_cases(),
        "changes": change_cases(),
        "reports": report_cases(),
    }
    for case in [*cases["scores"], *cases["changes"], *cases["reports"]]:
        # As text, which every language hands on.
        case["dimensions"] = [json.dumps(dimension) for dimension in case["dimensions"]]
    TARGET.write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
