"""Makes tests/cases/experiment/winsor.json: SciPy's winsorize of both arms together, means and variances of exact fractions.

    python tests/oracles/make_experiment_winsor_cases.py > tests/cases/experiment/winsor.json
"""

import json
import random
from fractions import Fraction

import numpy as np
from scipy.stats.mstats import winsorize


def moments(values):
    exact = [Fraction(value) for value in values]
    mean = sum(exact) / len(exact)
    return float(mean), float(sum((value - mean) ** 2 for value in exact) / (len(exact) - 1))


def case(name, arms, lower, upper):
    pooled = [value for arm in arms for value in arm]
    clipped = winsorize(np.array(pooled), limits=(lower, upper)).tolist()
    out, start = [], 0
    for arm in arms:
        values = clipped[start : start + len(arm)]
        start += len(arm)
        mean, variance = moments(values)
        below = sum(new > old for new, old in zip(values, arm))
        above = sum(new < old for new, old in zip(values, arm))
        out.append({"values": arm, "clipped": values, "below": below, "above": above, "mean": mean, "variance": variance})
    bounds = {"lower": min(clipped) if lower else "-inf", "upper": max(clipped) if upper else "inf"}
    return {"name": name, "lower_share": lower, "upper_share": upper, **bounds, "arms": out}


random.seed(20)
revenue = [[0.0 if random.random() < 0.4 else round(random.lognormvariate(3.0, 1.4), 2) for _ in range(count)] for count in (60, 25)]
balance = [[round(random.gauss(-5.0, 40.0), 1) for _ in range(count)] for count in (31, 30)]
cases = [
    case("revenue, upper end", revenue, 0.0, 0.05),
    case("balance, both ends", balance, 0.1, 0.05),
    case("ties at the bounds", [[1.0, 1.0, 1.0, 2.0, 3.0], [3.0, 3.0, 9.0, 1.0, 2.0]], 0.2, 0.3),
    case("no bound", balance, 0.0, 0.0),
    case("a share of less than one row", [[4.0, 7.0, -1.0], [2.0, 2.5]], 0.15, 0.15),
]
source = "scipy.stats.mstats.winsorize of both arms together; tests/oracles/make_experiment_winsor_cases.py"
rows = ",\n".join(json.dumps(each) for each in cases)
print(f'{{"source": {json.dumps(source)},\n"cases": [\n{rows}\n]}}')
