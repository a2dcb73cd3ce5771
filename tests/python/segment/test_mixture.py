"""Gaussian mixtures against scikit-learn."""

from __future__ import annotations

import pickle
from typing import Any

import crm
import numpy as np
import pytest

# Numbers of scikit-learn 1.9.1: GaussianMixture with these parameters, predict_proba and score_samples.
WEIGHTS = [0.3, 0.7]
MEANS = [[0.0, 1.0], [4.0, -2.0]]
COVARIANCES = [[[1.0, 0.3], [0.3, 2.0]], [[2.0, -0.5], [-0.5, 1.5]]]
ROWS = [[0.0, 0.0], [2.0, -1.0], [5.0, 3.0]]
PROBABILITIES = [
    [0.9688352592078291, 0.031164740792171058],
    [0.03409965358065931, 0.9659003464193409],
    [0.04937071297675956, 0.9506292870232396],
]
LN_DENSITIES = [-3.595520903794259, -3.7565669459487387, -12.922448632624985]

RANDOM = np.random.default_rng(8)
GROUPS = np.vstack([RANDOM.normal([0, 0], [1, 2], (300, 2)), RANDOM.normal([9, -4], [2, 1], (100, 2))])


def test_the_numbers_of_scikit_learn() -> None:
    mixture = crm.GaussianMixture.from_parameters(WEIGHTS, MEANS, COVARIANCES)
    np.testing.assert_allclose(mixture.predict_proba(ROWS), PROBABILITIES, rtol=1e-13)
    np.testing.assert_allclose(mixture.score_samples(ROWS), LN_DENSITIES, rtol=1e-14)
    assert mixture.predict(ROWS).tolist() == [0, 1, 1]
    assert mixture.weights_.tolist() == WEIGHTS and mixture.means_.tolist() == MEANS
    assert mixture.covariances_.tolist() == COVARIANCES and mixture.components == 2


def test_a_fit() -> None:
    mixture = crm.GaussianMixture(2, start_count=2, order_by="x", descending=True).fit({"x": GROUPS[:, 0], "y": GROUPS[:, 1]})
    np.testing.assert_allclose(mixture.weights_, [0.25, 0.75], atol=0.02)
    np.testing.assert_allclose(mixture.means_, [[9, -4], [0, 0]], atol=0.4)
    assert (mixture.fit_predict({"x": GROUPS[:, 0], "y": GROUPS[:, 1]}) == [1] * 300 + [0] * 100).mean() > 0.98
    again = crm.GaussianMixture(2, start_count=2, descending=True, threads=1).fit(GROUPS)
    assert again.to_json() == mixture.to_json()
    with pytest.raises(crm.IncompatibleError):
        mixture.predict({"y": [1.0], "x": [2.0]})
    with pytest.raises(crm.IncompatibleError):
        mixture.predict([[1.0]])


def test_a_mixture_survives_storage() -> None:
    mixture = crm.GaussianMixture(2, start_count=1, seed=3).fit(GROUPS)
    for copied in (crm.GaussianMixture.from_json(mixture.to_json()), pickle.loads(pickle.dumps(mixture))):
        assert copied.predict_proba(GROUPS).tobytes() == mixture.predict_proba(GROUPS).tobytes()
    assert repr(mixture) == "GaussianMixture(components=2, start_count=1, seed=3)"


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"components": 0}, "components"),
        ({"components": -1}, "components"),
        ({"components": 401}, "components"),
        ({"start_count": 0}, "start_count"),
        ({"most_iterations": 0}, "most_iterations"),
        ({"tolerance": 0.0}, "tolerance"),
        ({"ridge": float("inf")}, "ridge"),
        ({"seed": -1}, "seed"),
        ({"order_by": 2}, "order_by"),
        ({"threads": -1}, "threads"),
    ],
)
def test_bad_options(options: dict[str, Any], argument: str) -> None:
    with pytest.raises(crm.InvalidArgumentError) as raised:
        crm.GaussianMixture(**{"components": 2, **options}).fit(GROUPS)
    assert raised.value.argument == argument, raised.value


def test_bad_parameters() -> None:
    for arguments, error, argument in (
        (([0.5, 0.6], MEANS, COVARIANCES), crm.InvalidValueError, "weights"),
        (([], MEANS, COVARIANCES), crm.InvalidArgumentError, "components"),
        ((WEIGHTS, [[0.0, 1.0]] * 3, COVARIANCES), crm.CrmError, None),
        ((WEIGHTS, MEANS, COVARIANCES[:1]), crm.LengthMismatchError, "covariances"),
        ((WEIGHTS, MEANS, [[[1.0, 2.0], [2.0, 1.0]]] * 2), crm.InvalidValueError, "covariances"),
        ((WEIGHTS, [[0.0, float("nan")]] * 2, COVARIANCES), crm.InvalidValueError, "means"),
    ):
        with pytest.raises(error) as raised:
            crm.GaussianMixture.from_parameters(*arguments)
        assert argument is None or raised.value.argument == argument
    with pytest.raises(crm.InvalidArgumentError, match="does not vary"):
        crm.GaussianMixture(1).fit([[1.0, 2.0], [1.0, 3.0]])
    with pytest.raises(crm.InvalidArgumentError, match="not fitted yet"):
        crm.GaussianMixture(1).predict(GROUPS)
