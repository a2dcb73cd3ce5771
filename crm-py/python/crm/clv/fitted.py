"""What all models that are fitted by maximum likelihood tell of the fit."""

from __future__ import annotations

from typing import Protocol, TypeVar

import numpy as np

from crm import _crm
from crm.clv.data import Floats
from crm.error import InvalidArgumentError
from crm.estimator import Estimator, Saved
from crm.table import Table

__all__ = ["MaximumLikelihood"]


class _Fitted(Saved, Protocol):
    def parameters(self) -> list[tuple[str, float]]:
        """Names and values."""

    def report(self) -> _crm.FitReport | None:
        """What the fit found, if there was one."""


Native = TypeVar("Native", bound=_Fitted)


class MaximumLikelihood(Estimator[Native]):
    """A model that is fitted by maximum likelihood in the logarithms of its parameters."""

    @property
    def parameters_(self) -> dict[str, float]:
        """The parameters, by name."""
        return dict(self._fitted().parameters())

    @property
    def standard_errors_(self) -> dict[str, float | None]:
        """The standard errors of the estimates, by name; `None` where they are not defined."""
        report = self._report()
        return dict(zip(report.names(), report.standard_errors(), strict=True))

    @property
    def covariance_(self) -> Floats | None:
        """The covariance matrix of the estimates, in the order of `summary`; `None` if the likelihood is not curved in every direction.

        It is zero for an estimate that a bound holds.
        """
        report = self._report()
        covariance, size = report.covariance(), len(report.names())
        return None if covariance is None else np.frombuffer(covariance).reshape(size, size)

    @property
    def log_likelihood_(self) -> float:
        """The log-likelihood at the estimates, without the penalty."""
        return self._report().log_likelihood()

    @property
    def aic_(self) -> float:
        """Akaike's information criterion, 2 k - 2 ln L."""
        return self._report().aic()

    @property
    def bic_(self) -> float:
        """The Bayesian information criterion, k ln n - 2 ln L."""
        return self._report().bic()

    @property
    def customers_(self) -> float:
        """Number of customers: the sum of the weights."""
        return self._report().customers()

    @property
    def distinct_rows_(self) -> int:
        """Rows that differ, which is what the likelihood is computed from."""
        return self._report().distinct_rows()

    @property
    def evaluations_(self) -> int:
        """How often likelihood and gradient were computed."""
        return self._report().evaluations()

    @property
    def converged_(self) -> bool:
        """Whether the gradient vanishes at the estimates."""
        return self._report().converged()

    @property
    def is_sound_(self) -> bool:
        """Whether the fit converged inside the range of the parameters to something that the data identify."""
        return self._report().is_sound()

    @property
    def condition_(self) -> float | None:
        """Largest over smallest eigenvalue of the Hessian in log-parameters; `None` if it is not definite."""
        return self._report().condition()

    @property
    def warnings_(self) -> list[str]:
        """What makes the fit less telling, in words."""
        return [text for _, text in self._report().warnings()]

    @property
    def warning_names_(self) -> list[str]:
        """The same as stable names, such as "boundary", "not_identified" or "few_customers"."""
        return [name for name, _ in self._report().warnings()]

    def summary(self, confidence_level: float = 0.95) -> Table:
        """The estimates: `parameter`, `estimate`, `standard_error`, `lower`, `upper`; missing where not defined.

        Intervals of parameters are symmetric in the logarithm, so that they stay positive; those of coefficients are plain.

        Raises:
            InvalidArgumentError: The confidence level is outside (0, 1), or the parameters were given and not fitted.
        """
        return Table(self._report().summary(confidence_level))

    def _report(self) -> _crm.FitReport:
        report = self._fitted().report()
        if report is None:
            message = f"the parameters of this {type(self).__name__} were given, so nothing is known of a fit: call fit"
            raise InvalidArgumentError(message, argument="self")
        return report
