"""The analysis of variance of Michelson's five runs in exact fractions, and its p-values with 40 digits.

Prints the numbers of crm-core/tests/oracle/experiment_several_means.rs. Own formulae: Welch (1951), eq. 21 to 24.

    python3 tests/oracles/check_experiment_anova.py
"""

from fractions import Fraction

import mpmath as mp

mp.mp.dps = 40
RUNS = """850 740 900 1070 930 850 950 980 980 880 1000 980 930 650 760 810 1000 1000 960 960
960 940 960 940 880 800 850 880 900 840 830 790 810 880 880 830 800 790 760 800
880 880 880 860 720 720 620 860 970 950 880 910 850 870 840 840 850 840 840 840
890 810 810 820 800 770 760 740 750 760 910 920 890 860 880 720 840 850 850 780
890 840 780 810 760 810 790 810 820 850 870 870 810 740 810 940 950 800 810 870"""
runs = [[int(x) for x in line.split()] for line in RUNS.splitlines()]


def upper(f, d1, d2):
    f, d1, d2 = [mp.mpf(x.numerator) / x.denominator for x in (f, d1, d2)]
    return mp.betainc(d2 / 2, d1 / 2, 0, d2 / (d2 + d1 * f), regularized=True)


k = len(runs)
means = [Fraction(sum(run), len(run)) for run in runs]
squares = [sum((x - mean) ** 2 for x in run) for run, mean in zip(runs, means)]
weights = [len(run) * (len(run) - 1) / square for run, square in zip(runs, squares)]
total = sum(weights)
centre = sum(w * m for w, m in zip(weights, means)) / total
lost = sum((1 - w / total) ** 2 / (len(run) - 1) for w, run in zip(weights, runs))
top = sum(w * (m - centre) ** 2 for w, m in zip(weights, means)) / (k - 1)
welch = top / (1 + Fraction(2 * (k - 2), k * k - 1) * lost)
within = (k * k - 1) / (3 * lost)
print("welch", float(welch), float(within), mp.nstr(upper(welch, Fraction(k - 1), within), 20))
rows = sum(len(run) for run in runs)
centre = Fraction(sum(sum(run) for run in runs), rows)
between = sum(len(run) * (m - centre) ** 2 for run, m in zip(runs, means)) / (k - 1)
classic = between / (sum(squares) / (rows - k))
print("classic", float(classic), mp.nstr(upper(classic, Fraction(k - 1), Fraction(rows - k)), 20))
