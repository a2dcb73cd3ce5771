"""Writes tests/cases/experiment/multiplicity.json: corrections for many tests by their definitions, in decimal fractions, and Dunnett's
test by a product rule of Gauss and Legendre, 12 digits.

    python tests/oracles/make_multiplicity_cases.py           write the cases
    python tests/oracles/make_multiplicity_cases.py --check   fail if the committed cases differ
"""

import itertools
import json
import math
import sys
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy
from mpmath import mp, mpf

CASES = Path(__file__).resolve().parent.parent / "cases" / "experiment" / "multiplicity.json"

# Benjamini and Hochberg (1995), section 3.2.
BENJAMINI_HOCHBERG = [
    "0.0001",
    "0.0004",
    "0.0019",
    "0.0095",
    "0.0201",
    "0.0278",
    "0.0298",
    "0.0344",
    "0.0459",
    "0.3240",
    "0.4262",
    "0.5719",
    "0.6528",
    "0.7590",
    "1.000",
]
TABLES = {
    "benjamini_hochberg_1995": BENJAMINI_HOCHBERG,
    "single": ["0.03"],
    "tiny": ["1e-310", "1e-300", "1e-200", "0.2"],
    "ties_out_of_order": ["0.02", "0.5", "0.02", "0.001", "0.5", "0.04", "0.001", "0.03"],
    "none_rejected": ["0.9", "0.8", "1", "0.7"],
    "zero": ["0", "0.04", "0.03", "0.3"],
    "one_after_the_other": ["0.01", "0.013", "0.014", "0.19", "0.35", "0.5", "0.63", "0.67", "0.75", "0.81"],
}


def adjusted(p, method):
    """By the definitions, in exact fractions; powers in mpmath."""
    m = len(p)
    order = sorted(range(m), key=lambda row: p[row])
    ranked = [p[row] for row in order]

    def any_of(value, count):
        value = mpf(value.numerator) / value.denominator
        return -mpmath.expm1(count * mpmath.log1p(-value)) if value < 1 else mpf(1)

    if method == "bonferroni":
        values = [m * v for v in ranked]
    elif method == "sidak":
        values = [any_of(v, m) for v in ranked]
    elif method == "holm":
        values = list(itertools.accumulate(((m - j) * v for j, v in enumerate(ranked)), max))
    elif method == "holm_sidak":
        values = list(itertools.accumulate((any_of(v, m - j) for j, v in enumerate(ranked)), max))
    elif method == "hommel":
        # The largest Simes value of any set; the worst set of a size with a member holds the largest others.
        values = []
        for i in range(m):
            worst = Fraction(0)
            for size in range(1, m + 1):
                others = [k for k in range(m) if k != i][m - size :]
                members = sorted([ranked[i]] + [ranked[k] for k in others])
                worst = max(worst, min(Fraction(size) * v / (k + 1) for k, v in enumerate(members)))
            values.append(worst)
    else:
        harmonic = sum(Fraction(1, k) for k in range(1, m + 1)) if method == "benjamini_yekutieli" else 1
        factor = (lambda j: m - j) if method == "hochberg" else (lambda j: Fraction(m, j + 1) * harmonic)
        backwards = itertools.accumulate((factor(j) * ranked[j] for j in reversed(range(m))), min)
        values = list(reversed(list(backwards)))
    result = [None] * m
    for row, value in zip(order, values):
        value = mpf(value.numerator) / value.denominator if isinstance(value, (Fraction, int)) else value
        result[row] = float(min(value, mpf(1)))
    return result


# As R's multtest gives them, published in the tests of statsmodels (statsmodels/stats/tests/test_multi.py); 1 - (1 - p)^m lost digits there.
PUBLISHED = {
    "id": "multtest",
    "source": "R multtest, as in the tests of statsmodels",
    "relative_tolerance": 1e-12,
    "p_values": [
        0.838541367553,
        0.642193923795,
        0.680845947633,
        0.967833824309,
        0.71626938238,
        0.177096952723,
        5.23656777208e-05,
        0.0202732688798,
        0.00028140506198,
        0.0149877310796,
    ],
    "expected": {
        "bonferroni": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.000523656777208, 0.202732688798, 0.0028140506197999998, 0.149877310796],
        "holm": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.000523656777208, 0.1419128821586, 0.00253264555782, 0.1199018486368],
        "hochberg": [
            0.967833824309,
            0.967833824309,
            0.967833824309,
            0.967833824309,
            0.967833824309,
            0.967833824309,
            0.000523656777208,
            0.1419128821586,
            0.00253264555782,
            0.1199018486368,
        ],
        "sidak": [
            0.9999999879603823,
            0.9999656064413357,
            0.9999890351263574,
            0.9999999999999988,
            0.9999966188687147,
            0.8576076342605613,
            0.0005235333970489142,
            0.18520270949069695,
            0.0028104897961789277,
            0.14016246580579017,
        ],
        "holm_sidak": [
            0.9941353978255707,
            0.9941353978255707,
            0.9941353978255707,
            0.9941353978255707,
            0.9941353978255707,
            0.6894782512235664,
            0.0005235333970489142,
            0.13356756197485375,
            0.0025297966317768816,
            0.11379719679449507,
        ],
        "benjamini_hochberg": [
            0.9317126306144445,
            0.8953367279750001,
            0.8953367279750001,
            0.967833824309,
            0.8953367279750001,
            0.354193905446,
            0.000523656777208,
            0.0506831721995,
            0.0014070253098999999,
            0.04995910359866667,
        ],
        "benjamini_yekutieli": [
            1.0,
            1.0,
            1.0,
            1.0,
            1.0,
            1.0,
            0.0015337740764175588,
            0.14844940238274187,
            0.004121132465226944,
            0.14632862843720582,
        ],
    },
}

METHODS = ["bonferroni", "sidak", "holm", "holm_sidak", "hochberg", "hommel", "benjamini_hochberg", "benjamini_yekutieli"]

# Dunnett (1955), table 1: blood counts in millions per cubic millimetre.
BLOOD = {
    "control": ["7.40", "8.50", "7.20", "8.24", "9.84", "8.32"],
    "targets": [["9.76", "8.80", "7.68", "9.36"], ["12.80", "9.68", "12.16", "9.20", "10.55"]],
}
# Made up: a small control beside large targets, and a target of two.
UNEVEN = {
    "control": ["3.1", "2.7", "4.0"],
    "targets": [["3.9", "4.4", "4.1", "5.2", "3.8", "4.9", "4.6", "4.2"], ["2.2", "3.6"], ["6.1", "5.8", "6.6", "5.1", "7.0"]],
}


ERFC = numpy.vectorize(math.erfc, otypes=[float])


def panels(ends, nodes=40):
    """Nodes and weights of Gauss and Legendre on several panels."""
    x, w = numpy.polynomial.legendre.leggauss(nodes)
    pairs = list(zip(ends, ends[1:]))
    return (numpy.concatenate([(b + a) / 2 + (b - a) / 2 * x for a, b in pairs]), numpy.concatenate([(b - a) / 2 * w for a, b in pairs]))


def any_beyond(c, sizes, control, df, two_sided):
    """P(max T >= c), or of |T|: the mean over the control's deviation z and the scale s of 1 - product of P(T_i < c | z, s)."""
    z, z_weight = panels([-9, -6, -4, -2, -1, 0, 1, 2, 4, 6, 9])
    s, s_weight = panels([0, 0.2, 0.5, 0.8, 1, 1.2, 1.6, 2.2, 3.2])
    none = numpy.ones((len(s), len(z)))
    for n in sizes:
        common, own = math.sqrt(n / (n + control)), math.sqrt(control / (n + control))
        none -= (
            none * ERFC((c * s[:, None] - common * z) / own / math.sqrt(2)) / 2
            if not two_sided
            else none * (ERFC((c * s[:, None] - common * z) / own / math.sqrt(2)) + ERFC((c * s[:, None] + common * z) / own / math.sqrt(2))) / 2
        )
    given_s = ((1 - none) * numpy.exp(-z * z / 2) / math.sqrt(2 * math.pi)) @ z_weight
    ln_density = math.log(2) + df / 2 * math.log(df / 2) - math.lgamma(df / 2) + (df - 1) * numpy.log(s) - df * s * s / 2
    return float((numpy.exp(ln_density) * given_s) @ s_weight)


def dunnett(name, data, alternative, alpha):
    control, targets = [[mpf(v) for v in data["control"]], [[mpf(v) for v in arm] for arm in data["targets"]]]
    mean = lambda arm: sum(arm) / len(arm)
    squares = lambda arm: sum((v - mean(arm)) ** 2 for v in arm)
    df = sum(len(arm) - 1 for arm in [control, *targets])
    s = mpmath.sqrt(sum(squares(arm) for arm in [control, *targets]) / df)
    statistics = [(mean(arm) - mean(control)) / (s * mpmath.sqrt(mpf(1) / len(arm) + mpf(1) / len(control))) for arm in targets]
    sizes, two_sided = [len(arm) for arm in targets], alternative == "two_sided"
    beyond = lambda c: any_beyond(c, sizes, len(control), df, two_sided)
    sign = -1 if alternative == "less" else 1
    p = [beyond(abs(float(t)) if two_sided else sign * float(t)) for t in statistics]
    low, high = 1.5, 4.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beyond(middle) > float(alpha) else (low, middle)
    critical = low
    return {
        "id": f"{name}_{alternative}",
        "alternative": alternative,
        "alpha": float(alpha),
        "control": [float(v) for v in data["control"]],
        "targets": [[float(v) for v in arm] for arm in data["targets"]],
        "statistics": [float(t) for t in statistics],
        "statistic_tolerance": 1e-12,
        "p_values": [float(v) for v in p],
        "critical_value": float(critical),
        "tolerance": 1e-10,
    }


def text():
    mp.dps = 40
    simple = [
        {
            "id": name,
            "p_values": [float(v) for v in p],
            "relative_tolerance": 1e-14,
            "expected": {method: adjusted([Fraction(v) for v in p], method) for method in METHODS},
        }
        for name, p in TABLES.items()
    ]
    mp.dps = 15
    published = {
        "id": "dunnett_1955",
        "source": "Dunnett (1955), data of table 1; p-values and statistics as published by R multcomp",
        "alternative": "two_sided",
        "alpha": 0.05,
        "control": [float(v) for v in BLOOD["control"]],
        "targets": [[float(v) for v in arm] for arm in BLOOD["targets"]],
        "statistics": [0.85703, 3.69375],
        "statistic_tolerance": 5e-6,
        "p_values": [0.620102, 0.0058254],
        "tolerance": 5e-4,
    }
    many = [
        dunnett(name, data, alternative, "0.05")
        for name, data in (("blood", BLOOD), ("uneven", UNEVEN))
        for alternative in ("two_sided", "greater", "less")
    ]
    source = "definitions in exact fractions, and quadrature: tests/oracles/make_multiplicity_cases.py"
    return json.dumps({"source": source, "adjusted": [*simple, PUBLISHED], "dunnett": [published, *many]}, indent=1) + "\n"


def main():
    if "--check" not in sys.argv[1:]:
        CASES.parent.mkdir(parents=True, exist_ok=True)
        CASES.write_text(text(), encoding="utf-8")
    elif CASES.read_text(encoding="utf-8") != text():
        sys.exit(f"{CASES.name}: differs from what this script writes")


if __name__ == "__main__":
    main()
