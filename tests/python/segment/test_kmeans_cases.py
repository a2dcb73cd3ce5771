"""The cases of k-means that Rust and Python share: numbers of scikit-learn."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import crm
import numpy as np
import numpy.typing as npt
import pytest

PATH = Path(__file__).resolve().parents[2] / "cases/segment/kmeans.json"
FILE = json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {"cases": [], "data": {}}

Rows = npt.NDArray[np.float64]


class Draws:
    """The random numbers that the file describes."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def draw(self) -> int:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return self.state >> 33

    def heavy(self) -> float:
        exponent = sum(self.draw() / 2**31 for _ in range(3)) * 10
        return float(2 ** int(exponent) * (1 + exponent % 1))


def generated(data: dict[str, Any]) -> Rows:
    rows, features, draws = range(data["rows"]), range(data["features"]), Draws(data["seed"])
    if data["generator"] == "integers":
        return np.array([[draws.draw() % data["below"] for _ in features] for _ in rows], dtype=float)
    if data["generator"] == "heavy":
        return np.array([[draws.heavy() for _ in features] for _ in rows])
    if data["generator"] == "lattice":
        return np.array([[row // data["side"] ** feature % data["side"] for feature in features] for row in rows], dtype=float)
    centres = [[draws.draw() % 100 for _ in features] for _ in range(data["groups"])]

    def row() -> list[float]:
        centre = centres[draws.draw() % data["groups"]]
        return [value + draws.draw() % 1000 / 1000 + data["shift"] for value in centre]

    return np.array([row() for _ in rows])


def rows_of(case: dict[str, Any], request: pytest.FixtureRequest) -> Rows:
    data = FILE["data"][case["data"]]
    if "values" in data:
        rows = np.array(data["values"])
    elif "file" in data:
        folder: Path = request.getfixturevalue("data_folder")
        if not (folder / data["file"]).exists():
            pytest.skip(f"CRM_TEST_DATA has no {data['file']}")
        table = np.genfromtxt(folder / data["file"], delimiter=",", names=True)
        rows = np.column_stack([table[name] for name in data["columns"]])
    elif "example" in data:
        base = request.getfixturevalue("cdnow").base("1998-06-30").to_table()
        rows = np.column_stack([base[name] for name in ("time_since_last_purchase", "orders", "net_amount")])
    else:
        rows = generated(data)
    for step in case["prepare"]:
        rows = np.log1p(rows) if step == "log1p" else (rows - rows.mean(axis=0)) / rows.std(axis=0)
    return rows


@pytest.mark.parametrize("case", FILE["cases"], ids=lambda case: case["name"])
def test_case(case: dict[str, Any], request: pytest.FixtureRequest) -> None:
    rows = rows_of(case, request)
    starts = np.array([rows[start] if isinstance(start, int) else start for start in case["starts"]])
    weights = None
    if "weights" in case:
        draws = Draws(case["weights"]["seed"])
        weights = [draws.draw() % case["weights"]["below"] / case["weights"]["over"] for _ in rows]
    kmeans = crm.KMeans(len(starts), starts=starts, tolerance=case["tolerance"], most_iterations=case["cap"])
    labels = kmeans.fit_predict(rows, sample_weight=weights)
    # Sums in another order differ by rounding.
    assert kmeans.inertia_ == pytest.approx(case["inertia"], rel=1e-12, abs=1e-12)
    if "centres" not in case:
        return
    # The file names clusters in the order in which the rows do.
    _, firsts = np.unique(labels, return_index=True)
    order = labels[np.sort(firsts)]
    named = np.argsort(order)[labels].astype("<u4")
    if "labels" in case:
        assert named.tolist() == case["labels"]
    else:
        assert zlib.crc32(named.tobytes()) == case["labels_crc32"]
    assert kmeans.sizes_["rows"][order].tolist() == case["sizes"]
    spread = np.ptp(rows, axis=0).max()
    np.testing.assert_allclose(kmeans.cluster_centers_[order], case["centres"], rtol=1e-15, atol=1e-12 * spread)
