"""Writes tests/cases/experiment/stress.json and stress_ends.json: two rates where doubles are hard pressed, by mpmath with 60 digits.

    python tests/oracles/make_experiment_stress.py

Rates under the null are found as roots of the score equation, by bisection, so that no closed form is shared with the engine. Ends of 95 %
intervals are the nulls at which the statistic is the 97.5 % point of the normal distribution, again by bisection.
"""

import json
import pathlib

import mpmath as mp

mp.mp.dps = 60

PAIRS = {
    "huge counts, tiny effect": (4503599627470496, 2**53, 4503599527470496, 2**53),
    "huge counts": (500000020000000, 10**15, 500000000000000, 10**15),
    "billions": (100200000, 10**9, 100000000, 10**9),
    "far tail": (62000000, 10**8, 54000000, 10**8),
    "tail of ln p near -1e5": (510000000, 10**9, 490000000, 10**9),
    "rare": (1, 10**8, 9, 10**8),
    "rarest": (0, 2**53, 3, 2**53),
    "no conversions of the target": (0, 1000, 5, 1000),
    "no conversions of the control": (7, 900, 0, 40),
    "all of the target": (1000, 1000, 995, 1000),
    "all but none": (1000, 1000, 0, 1000),
    "huge target, tiny control": (123456789012345, 9 * 10**15, 3, 5),
    "tiny target, huge control": (2, 3, 8 * 10**15, 9 * 10**15),
    "one trial each": (1, 1, 0, 1),
    "nearly all": (10**12 - 3, 10**12, 10**12 - 40, 10**12),
    "large target, small control": (38, 1900, 10, 100),
}
NULLS = {
    "difference": ["0", "-0.01", "0.25", "1e-9"],
    "ratio": ["1", "0.8", "1.000001", "30"],
    "odds_ratio": ["1", "0.8", "1.25", "1e-3"],
}


def root(f, low, high):
    """Where a function that falls passes 0, by halving."""
    for _ in range(260):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if f(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def quotient(a, b):
    return a / b if a else mp.mpf(0)


def fitted(x1, n1, x0, n0, contrast, null):
    """The most likely rates under the null."""
    f1, f0 = n1 - x1, n0 - x0
    if contrast == "difference":
        if null < 0:
            return fitted(x0, n0, x1, n1, contrast, -null)[::-1]
        p0 = root(
            lambda p: quotient(x1, p + null) + quotient(x0, p) - quotient(f1, 1 - null - p) - quotient(f0, 1 - p),
            mp.mpf(0), 1 - null,
        )
        return p0 + null, p0
    if contrast == "ratio":
        p0 = root(
            lambda p: x1 + x0 - quotient(f1 * null * p, 1 - null * p) - quotient(f0 * p, 1 - p), mp.mpf(0), min(mp.mpf(1), 1 / null)
        )
        return null * p0, p0
    rate = lambda p: null * p / (1 - p + null * p)
    p0 = root(lambda p: x1 + x0 - n1 * rate(p) - n0 * p, mp.mpf(0), mp.mpf(1))
    return rate(p0), p0


def statistics(x1, n1, x0, n0, contrast, null):
    """Score z with and without N / (N - 1), and the signed root of the likelihood ratio."""
    p1, p0 = fitted(x1, n1, x0, n0, contrast, null)
    a, b = x1 / n1, x0 / n0
    v1, v0 = p1 * (1 - p1) / n1, p0 * (1 - p0) / n0
    if contrast == "difference":
        deviation, variance = a - b - null, v1 + v0
    elif contrast == "ratio":
        deviation, variance = a - null * b, v1 + null**2 * v0
    else:
        deviation, variance = a - p1, v1 * v0 * n0**2 / (n1**2 * v1 + n0**2 * v0) if v1 + v0 else mp.mpf(0)
    pooled = deviation / mp.sqrt(variance) if variance else mp.mpf(0)
    part = lambda x, m: x * mp.log(x / m) if x else mp.mpf(0)
    g = 2 * (part(x1, n1 * p1) + part(n1 - x1, n1 * (1 - p1)) + part(x0, n0 * p0) + part(n0 - x0, n0 * (1 - p0)))
    n = n1 + n0
    likelihood = mp.sqrt(max(g, 0)) * mp.sign(deviation)
    return {"pooled": pooled, "score": pooled * mp.sqrt((n - 1) / n), "likelihood": likelihood}


def ln_two_sided(z):
    return min(mp.log(mp.erfc(abs(z) / mp.sqrt(2))), mp.mpf(0))


def end(counts, contrast, method, z):
    """The null at which the statistic is z; the end of the nulls where it never is."""
    # Nulls as a growing function of a position in (0, 1); statistics fall as the null grows.
    if contrast == "difference":
        null, least, most = lambda u: 2 * u - 1, mp.mpf(-1), mp.mpf(1)
    else:
        null, least, most = lambda u: u / (1 - u), mp.mpf(0), mp.inf
    tiny = mp.mpf(2) ** -150
    if value(counts, contrast, method, null(tiny)) < z:
        return least
    if value(counts, contrast, method, null(1 - tiny)) > z:
        return most
    low, high = tiny, 1 - tiny
    for _ in range(130):
        middle = (low + high) / 2
        if value(counts, contrast, method, null(middle)) > z:
            low = middle
        else:
            high = middle
        if high - low < mp.mpf(10) ** -36 * min(low, 1 - high):
            break
    return null((low + high) / 2)


def value(counts, contrast, method, null):
    return statistics(*counts, contrast, null)[method]


def write_ends():
    # The level as the engine reads it.
    z = mp.sqrt(2) * mp.erfinv(1 - mp.mpf(0.05))
    cases = []
    for name, counts in PAIRS.items():
        counts = [mp.mpf(count) for count in counts]
        for contrast in NULLS:
            for method in ("score", "likelihood"):
                ends = [end(counts, contrast, method, z), end(counts, contrast, method, -z)]
                cases.append(
                    {
                        "name": name, "target": [int(count) for count in counts[:2]], "control": [int(count) for count in counts[2:]],
                        "method": method, "contrast": contrast, "lower": float(ends[0]), "upper": None if ends[1] == mp.inf else float(ends[1]),
                    }
                )
                print(cases[-1], flush=True)
    write("stress_ends.json", cases)


def write(name, cases):
    lines = ",\n".join(json.dumps(case) for case in cases)
    path = pathlib.Path(__file__).parents[1] / "cases" / "experiment" / name
    source = "tests/oracles/make_experiment_stress.py, mpmath with 60 digits"
    path.write_text(f'{{"source": "{source}", "cases": [\n{lines}\n]}}\n')
    print(len(cases), "cases")


def main():
    write_ends()
    cases = []
    for name, counts in PAIRS.items():
        for contrast, nulls in NULLS.items():
            for null in nulls:
                # The null as the engine reads it.
                value = mp.mpf(float(null))
                found = statistics(*map(mp.mpf, counts), contrast, value)
                for method, z in found.items():
                    if method == "pooled" and contrast == "odds_ratio" and null != "1":
                        continue
                    cases.append(
                        {
                            "name": name, "target": counts[:2], "control": counts[2:], "method": method, "contrast": contrast,
                            "null": float(null), "statistic": float(z), "ln_p": float(ln_two_sided(z)),
                        }
                    )
    write("stress.json", cases)


if __name__ == "__main__":
    main()
