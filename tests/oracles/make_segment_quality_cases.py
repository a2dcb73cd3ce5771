"""Writes tests/cases/segment/quality.json: indices of clusters by scikit-learn, on labels that are given.

    python tests/oracles/make_segment_quality_cases.py         write the cases
    python tests/oracles/make_segment_quality_cases.py --gap   print the gap of iris (needs CRM_TEST_DATA), see oracle/segment_quality.rs

Needs numpy, scipy and scikit-learn (1.9.1 wrote the committed file). Silhouettes are computed from the distances of scipy's cdist: scikit-learn's own lose
half of the digits of short distances. The gap is written here from the formulae of Tibshirani, Walther and Hastie (2001).
"""

import json
import os
import sys
from pathlib import Path

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_samples

CASES = Path(__file__).resolve().parent.parent / "cases" / "segment" / "quality.json"


def case(name, rows, labels, tolerance=1e-12, origin=0.0):
    rows, labels = np.asarray(rows, float), np.asarray(labels)
    values, rows = rows, rows - origin
    silhouettes = silhouette_samples(cdist(rows, rows), labels, metric="precomputed")
    return {
        "name": name,
        "tolerance": tolerance,
        "features": rows.shape[1],
        "values": values.ravel().tolist(),
        "labels": labels.tolist(),
        "silhouettes": silhouettes.tolist(),
        "calinski_harabasz": float(calinski_harabasz_score(rows, labels)),
        "davies_bouldin": float(davies_bouldin_score(rows, labels)),
    }


def cases():
    rng = np.random.default_rng(7)

    def normal(*shape):
        return np.round(rng.normal(size=shape), 3)

    yield case("four features", 3 * normal(24, 4), rng.integers(0, 3, 24))
    yield case("one feature", normal(15, 1), [0, 1, 2] * 5)
    yield case("singletons", normal(9, 2), [0, 1, 2, 2, 2, 3, 3, 3, 3])
    yield case("numbers without rows", normal(9, 2), [7, 7, 2, 2, 2, 65535, 7, 7, 2])
    equal = [[1.5, 2.0]] * 4 + [[0.1, 7.0]] * 3 + [[1.5, 2.5]] * 2
    yield case("equal rows", equal, [0, 0, 0, 1, 2, 2, 1, 3, 3])
    yield case("nothing within", [[0.5, 0.75]] * 3 + [[0.25, 0.5]] * 3 + [[9.5, -2.0]] * 2, [0] * 3 + [1] * 3 + [2] * 2)
    yield case("all rows equal", [[0.5, 0.75]] * 6, [0, 0, 1, 1, 2, 2])
    yield case("equal means", [[1, 0], [-1, 0], [0, 2], [0, -2], [5, 5], [6, 6]], [0, 0, 1, 1, 2, 2])
    # scikit-learn itself loses all but three digits here; the subtraction is exact. Means of values of 1e6 keep ten digits of their differences.
    yield case("far from the origin", normal(12, 3) + 1e6, [0, 1, 2, 3] * 3, 1e-9, 1e6)
    yield case("units apart", normal(12, 2) * [1e-6, 1e6], [0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 1, 2])
    # More rows than the engine takes at a time.
    labels = np.arange(2500) % 2 + (np.arange(2500) > 2400)
    big = case("several tiles", np.round(rng.normal(size=(2500, 2)) + labels[:, None], 2), labels)
    yield big | {"silhouettes": big["silhouettes"][:20]}


def gap(rows, most, references, principal):
    rng = np.random.default_rng(1)
    rows = rows - rows.mean(axis=0)
    if principal:
        rows = rows @ np.linalg.svd(rows, full_matrices=False)[2].T

    def ln_within(rows):
        return [np.log(KMeans(k, n_init=3, random_state=0).fit(rows).inertia_) for k in range(1, most + 1)]

    drawn = [ln_within(rng.uniform(rows.min(axis=0), rows.max(axis=0), rows.shape)) for _ in range(references)]
    return np.mean(drawn, axis=0) - ln_within(rows), np.std(drawn, axis=0)


if __name__ == "__main__":
    if "--gap" in sys.argv:
        iris = np.loadtxt(Path(os.environ["CRM_TEST_DATA"]) / "iris.csv", delimiter=",", skiprows=1)[:, :4]
        for principal in (True, False):
            print(principal, *(values.round(4).tolist() for values in gap(iris, 5, 120, principal)))
    else:
        CASES.parent.mkdir(exist_ok=True)
        text = ",\n".join(json.dumps(case) for case in cases())
        source = "tests/oracles/make_segment_quality_cases.py, scikit-learn 1.9.1"
        CASES.write_text(f'{{"source": "{source}", "cases": [\n{text}\n]}}\n')
