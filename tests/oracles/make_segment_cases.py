"""Writes the cases of tests/cases/segment: k-means by scikit-learn 1.9, from given starts.

`KMeans(init=starts, n_init=1, algorithm="lloyd")`; n_iter_, inertia_, cluster_centers_ and labels_ are what the cases hold. Clusters stand in
the order in which the rows name them first, so that numbering plays no part; labels of more than 500 rows stand as a CRC-32 of them as
little-endian 32-bit numbers. Every run writes the same bytes.

    python tests/oracles/make_segment_cases.py           write the cases
    python tests/oracles/make_segment_cases.py --check   fail if the committed cases differ

Needed: scikit-learn 1.9.1 and NumPy, and CRM_TEST_DATA, the folder with iris.csv, wine.csv and wholesale_customers.csv. Iris and wine (UCI, CC BY 4.0)
stand in the cases; wholesale customers (UCI, Cardoso) do not, and their case is skipped where the folder is absent.

Each case is also run through `plain` below, Lloyd's iterations with sums that round once. Where a row lies as near to two centres as
rounding can tell, scikit-learn, which compares ||c||^2 - 2 x.c, may choose either: such a case is marked `ties`, and only its inertia counts.
Its starts are such that both ways end in the same inertia.
"""

import csv
import datetime
import json
import math
import os
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import sklearn
from sklearn.cluster import KMeans

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = ROOT / "tests" / "cases" / "segment" / "kmeans.json"
SOURCE = f"scikit-learn {sklearn.__version__}, KMeans(init=starts, n_init=1, algorithm='lloyd')"
GENERATOR = (
    "state = (state * 6364136223846793005 + 1442695040888963407) mod 2^64, from the seed; each draw is the new state >> 33. Row by row, feature "
    "by feature. integers: draw % below. groups: first a centre for each group, draw % 100 for each feature; then for each row a group, "
    "draw % groups, and for each feature its centre + draw % 1000 / 1000 + shift. lattice: the digits of the row's number to the base side, lowest "
    "first. heavy: the sum of three draws / 2^31 * 10, with w its whole part and f the rest: 2^w * (1 + f). Weights: draw % below / over."
)


def draws(seed):
    state = seed
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 33


def generated(data):
    draw = draws(data["seed"])
    rows, features = data["rows"], data["features"]
    kind = data["generator"]
    if kind == "integers":
        return [[float(next(draw) % data["below"]) for _ in range(features)] for _ in range(rows)]
    if kind == "groups":
        centres = [[float(next(draw) % 100) for _ in range(features)] for _ in range(data["groups"])]
        table = []
        for _ in range(rows):
            centre = centres[next(draw) % data["groups"]]
            table.append([value + next(draw) % 1000 / 1000.0 + data["shift"] for value in centre])
        return table
    if kind == "lattice":
        side = data["side"]
        return [[float(row // side**feature % side) for feature in range(features)] for row in range(rows)]
    if kind == "heavy":
        def value():
            exponent = (next(draw) / 2.0**31 * 10.0 + next(draw) / 2.0**31 * 10.0) + next(draw) / 2.0**31 * 10.0
            whole = math.floor(exponent)
            return 2.0**whole * (1.0 + (exponent - whole))
        return [[value() for _ in range(features)] for _ in range(rows)]
    raise ValueError(kind)


def weights_of(weights, rows):
    draw = draws(weights["seed"])
    return [next(draw) % weights["below"] / weights["over"] for _ in range(rows)]


def from_folder(name, columns):
    with open(Path(os.environ["CRM_TEST_DATA"]) / name, encoding="utf-8") as file:
        return [[float(line[column]) for column in columns] for line in csv.DictReader(file)]


def cdnow():
    """Days since the last purchase, purchases and dollars of the customers of the example, at the end of June 1998."""
    customers = {}
    with open(ROOT / "examples" / "data" / "cdnow" / "transactions.csv", encoding="utf-8") as file:
        for line in csv.DictReader(file):
            days = (datetime.date(1998, 6, 30) - datetime.date.fromisoformat(line["date"])).days
            row = customers.setdefault(int(line["customer_id"]), [days, 0, 0])
            row[0] = min(row[0], days)
            row[1] += 1
            row[2] += round(float(line["dollar_value"]) * 100)
    return [[float(days), float(count), cents / 100.0] for _, (days, count, cents) in sorted(customers.items())]


def standardised(table):
    columns = []
    for column in zip(*table, strict=True):
        mean = sum_in_order(column) / len(column)
        deviation = math.sqrt(sum_in_order([(value - mean) * (value - mean) for value in column]) / len(column))
        columns.append([(value - mean) / deviation for value in column])
    return [list(row) for row in zip(*columns, strict=True)]


def sum_in_order(values):
    """Not `sum`, which compensates."""
    total = 0.0
    for value in values:
        total += value
    return total


def prepared(table, steps):
    for step in steps:
        if step == "log1p":
            table = [[math.log1p(value) for value in row] for row in table]
        elif step == "standardise":
            table = standardised(table)
        else:
            raise ValueError(step)
    return table


def plain(table, starts, weights, cap):
    """Lloyd's iterations: labels, centres, iterations, and the least relative difference between the nearest and the next centre."""
    table, centres = np.array(table), np.array(starts)
    labels, closest = None, math.inf
    def nearest():
        distances = np.zeros((len(table), len(centres)))
        for feature in range(table.shape[1]):
            distances += (table[:, feature, None] - centres[None, :, feature]) ** 2
        ordered = np.sort(distances, axis=1)
        if len(centres) == 1:
            return distances.argmin(axis=1), distances.min(axis=1), math.inf
        scale = np.maximum(ordered[:, 1], np.finfo(float).tiny)
        return distances.argmin(axis=1), ordered[:, 0], float(((ordered[:, 1] - ordered[:, 0]) / scale).min())
    for iteration in range(1, cap + 1):
        found, distances, margin = nearest()
        closest = min(closest, margin)
        moved = found.copy()
        counts = np.bincount(found, weights, len(centres))
        farthest = sorted(range(len(table)), key=lambda row: (-distances[row] * (weights[row] > 0), row))
        for cluster, row in zip(np.flatnonzero(counts == 0), farthest):
            moved[row] = cluster
        settled = labels is not None and (moved == labels).all()
        labels, old, centres = moved, centres, centres.copy()
        for cluster in range(len(centres)):
            members = np.flatnonzero((moved == cluster) & (weights > 0))
            if len(members):
                total = math.fsum(weights[members])
                centres[cluster] = [math.fsum(weights[members] * table[members, feature]) / total for feature in range(table.shape[1])]
        if settled or ((old - centres) ** 2).sum() == 0:
            break
    labels, distances, margin = nearest()
    return labels, centres, iteration, min(closest, margin), float((distances * weights).sum())


DATA = {
    "iris": {"values": "iris.csv", "columns": ["sepal_length", "sepal_width", "petal_length", "petal_width"]},
    "wine": {"values": "wine.csv", "columns": [
        "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids", "nonflavanoid_phenols",
        "proanthocyanins", "color_intensity", "hue", "od280_od315_of_diluted_wines", "proline"]},
    "wholesale": {"file": "wholesale_customers.csv", "columns": ["Fresh", "Milk", "Grocery", "Frozen", "Detergents_Paper", "Delicassen"]},
    "cdnow": {"example": "cdnow"},
    "one_feature": {"generator": "groups", "rows": 300, "features": 1, "groups": 7, "seed": 11, "shift": 0.0},
    "forty_features": {"generator": "groups", "rows": 450, "features": 40, "groups": 12, "seed": 12, "shift": 0.0},
    "thirty_groups": {"generator": "groups", "rows": 9000, "features": 5, "groups": 30, "seed": 13, "shift": 0.0},
    "offset": {"generator": "groups", "rows": 400, "features": 3, "groups": 5, "seed": 14, "shift": 1e6},
    "duplicates": {"generator": "integers", "rows": 500, "features": 2, "below": 5, "seed": 15},
    "integers": {"generator": "integers", "rows": 480, "features": 3, "below": 1000, "seed": 16},
    "noise": {"generator": "integers", "rows": 14000, "features": 4, "below": 1000003, "seed": 17},
    "lattice": {"generator": "lattice", "rows": 64, "features": 2, "side": 8, "seed": 0},
    "cube": {"generator": "lattice", "rows": 125, "features": 3, "side": 5, "seed": 0},
    "heavy": {"generator": "heavy", "rows": 500, "features": 3, "seed": 18},
}

FAR = [500.0, 500.0, 500.0]

# name, data, steps, starts (numbers of rows, or centres), and what differs from tol=0, max_iter=300.
CASES_TO_RUN = [
    ("iris", "iris", [], [7, 60, 120], {}),
    ("iris, five iterations", "iris", [], [0, 1, 2, 3, 4, 5], {"cap": 5}),
    ("iris, default tolerance", "iris", [], [2, 5, 9], {"tolerance": 1e-4}),
    ("iris standardised", "iris", ["standardise"], [0, 50, 100, 149], {}),
    ("wine", "wine", [], [3, 70, 150], {}),
    ("wine standardised", "wine", ["standardise"], [0, 65, 170], {}),
    ("wine standardised, ten clusters, default tolerance", "wine", ["standardise"], list(range(0, 170, 17)), {"tolerance": 1e-4}),
    ("wholesale", "wholesale", ["log1p", "standardise"], [0, 100, 200, 300, 400], {}),
    ("wholesale, default tolerance", "wholesale", ["log1p", "standardise"], [1, 11, 111], {"tolerance": 1e-4}),
    ("rfm of cdnow", "cdnow", ["log1p", "standardise"], [0, 500, 1000, 1500, 2000], {}),
    ("rfm of cdnow, unscaled", "cdnow", [], [0, 300, 600, 900, 1200, 1500, 1800, 2100], {}),
    ("one feature", "one_feature", [], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], {}),
    ("forty features", "forty_features", [], list(range(0, 160, 10)), {}),
    ("thirty groups", "thirty_groups", [], list(range(30)), {}),
    ("thirty groups, default tolerance", "thirty_groups", [], list(range(100, 140)), {"tolerance": 1e-4}),
    ("large offset", "offset", [], [0, 1, 2, 3, 4, 5], {}),
    ("many duplicates", "duplicates", [], [[0.25, 0.125], [3.75, 0.5], [1.5, 3.875], [4.0, 3.25]], {}),
    ("integers", "integers", [], list(range(0, 480, 24)), {}),
    ("no structure", "noise", [], list(range(15)), {"cap": 40}),
    ("lattice", "lattice", [], [[0.0, 0.0], [7.0, 7.0], [0.0, 7.0], [7.0, 0.0]], {}),
    ("lattice, ties from the first iteration", "lattice", [], [[0.0, 0.0], [2.0, 2.0]], {}),
    ("cube", "cube", [], [0, 4, 20, 24, 100, 104, 120, 124], {}),
    ("an empty cluster", "integers", [], [[100.0, 200.0, 300.0], [900.0, 800.0, 700.0], [5000.0, 5000.0, 5000.0], [400.0, 100.0, 900.0]], {}),
    ("three empty clusters", "integers", [], [FAR, [501.0, 501.0, 502.0], [1e6, 0.0, 0.0], [0.0, 1e6, 0.0], [0.0, 0.0, 1e6]], {}),
    # A tolerance of two thirds or one and a half times as much would end in another iteration.
    ("integers, tolerance", "integers", [], list(range(0, 480, 24)), {"tolerance": 0.03}),
    ("no structure, tolerance", "noise", [], list(range(15)), {"tolerance": 1e-4}),
    ("rfm of cdnow, tolerance", "cdnow", ["log1p", "standardise"], [0, 500, 1000, 1500, 2000], {"tolerance": 0.01}),
    ("heavy tails", "heavy", [], [0, 1, 2, 3, 4, 5, 6, 7], {}),
    ("heavy tails, log", "heavy", ["log1p"], [0, 1, 2, 3, 4, 5, 6, 7], {}),
    ("weights", "iris", [], [7, 60, 120], {"weights": {"seed": 21, "below": 1000, "over": 100.0}}),
    ("weights, some 0", "integers", [], list(range(0, 480, 40)), {"weights": {"seed": 22, "below": 3, "over": 1.0}}),
    ("one cluster", "wine", [], [5], {}),
    ("a cluster for each row", "lattice", [], list(range(64)), {}),
]


def first_named(labels):
    """Clusters in the order in which the rows name them."""
    return list(dict.fromkeys(int(label) for label in labels))


def case_of(name, data, steps, starts, options, tables):
    table = prepared(tables[data], steps)
    centres = [table[start] for start in starts] if isinstance(starts[0], int) else starts
    cap, tolerance = options.get("cap", 300), options.get("tolerance", 0.0)
    weights = np.array(weights_of(options["weights"], len(table)) if "weights" in options else [1.0] * len(table))
    model = KMeans(len(starts), init=np.array(centres), n_init=1, algorithm="lloyd", tol=tolerance, max_iter=cap)
    model.fit(np.array(table), sample_weight=weights)
    order = first_named(model.labels_)
    labels = [order.index(int(label)) for label in model.labels_]
    case = {"name": name, "data": data, "prepare": steps, "starts": starts, "cap": cap, "tolerance": tolerance}
    if "weights" in options:
        case["weights"] = options["weights"]
    case |= {"inertia": float(model.inertia_), "iterations": int(model.n_iter_)}
    found, ours, iterations, closest, inertia = plain(table, centres, weights, cap)
    # Relocated rows may be taken in any order, and so numbers may differ, not partitions.
    found = [first_named(found).index(int(label)) for label in found]
    agrees = tolerance > 0 or (found == labels and iterations == model.n_iter_)
    # Distances that differ by less than this may fall either way in the arithmetic of scikit-learn.
    ties = closest < 1e-12 and len(starts) < len(table)
    near = tolerance > 0 or math.isclose(inertia, model.inertia_, rel_tol=1e-11, abs_tol=1e-20)
    print(f"{name:52} {len(table):6} {len(starts):3} it {model.n_iter_:3} closest {closest:.1e} {agrees=} {near=} {model.inertia_}", file=sys.stderr)
    assert near and (agrees or ties) and len(order) == len(starts), name
    if ties:
        case["ties"] = "rows as near to two centres as rounding can tell: scikit-learn may choose either, so only the inertia counts"
        return case
    case["centres"] = [[float(value) for value in model.cluster_centers_[cluster]] for cluster in order]
    case["sizes"] = [labels.count(cluster) for cluster in range(len(order))]
    if len(labels) <= 500:
        case["labels"] = labels
    else:
        case["labels_crc32"] = zlib.crc32(struct.pack(f"<{len(labels)}I", *labels))
    return case


def main():
    tables, data = {}, {}
    for name, source in DATA.items():
        if "generator" in source:
            tables[name], data[name] = generated(source), source
        elif "example" in source:
            tables[name], data[name] = cdnow(), source
        else:
            tables[name] = from_folder(source.get("values") or source["file"], source["columns"])
            data[name] = {"values": tables[name]} if "values" in source else source
    cases = [case_of(*case, tables) for case in CASES_TO_RUN]
    # One line for each data set and case.
    lines = lambda entries: ",\n".join("    " + entry for entry in entries)
    named = lines(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in data.items())
    text = (
        f'{{\n  "source": {json.dumps(SOURCE)},\n  "generator": {json.dumps(GENERATOR)},\n'
        f'  "data": {{\n{named}\n  }},\n  "cases": [\n{lines(map(json.dumps, cases))}\n  ]\n}}\n'
    )
    if "--check" in sys.argv:
        sys.exit(0 if CASES.read_text(encoding="utf-8") == text else "the committed cases differ")
    CASES.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
