"""What all estimators have in common: the manners of scikit-learn."""

from __future__ import annotations

import inspect
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np

from crm.error import InvalidArgumentError

__all__ = ["Estimator"]


class Saved(Protocol):
    """A fitted model of the engine."""

    def to_json(self) -> str:
        """The model as JSON text."""


Native = TypeVar("Native", bound=Saved)


class Estimator(Generic[Native]):
    """The constructor only stores, `fit` returns the estimator itself, what is learnt ends in an underscore.

    >>> import crm
    >>> estimator = crm.Rfm(bins=4)
    >>> estimator.get_params()["bins"], estimator.set_params(bins=3)
    (4, Rfm(bins=3))
    """

    _PARAMETERS: ClassVar[tuple[str, ...]] = ()
    """The arguments of the constructor."""
    _NATIVE: ClassVar[Any]
    """The class of the fitted model."""
    model_: Native

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The arguments of the constructor, by name."""
        del deep  # There are no estimators inside this one.
        return {name: getattr(self, name) for name in self._PARAMETERS}

    def set_params(self, **params: Any) -> Self:
        """Sets arguments of the constructor; what was fitted before stays as it is until the next `fit`.

        Raises:
            InvalidArgumentError: There is no such argument.
        """
        for name in params:
            if name not in self._PARAMETERS:
                known = ", ".join(self._PARAMETERS)
                message = f"{name}: {type(self).__name__} has no such parameter; there are {known}"
                raise InvalidArgumentError(message, argument=name)
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def to_json(self) -> str:
        """The fitted model as JSON text.

        Raises:
            InvalidArgumentError: Nothing was fitted yet.
        """
        return self._fitted().to_json()

    def _fitted(self) -> Native:
        model: Native | None = self.__dict__.get("model_")
        if model is None:
            message = f"this {type(self).__name__} is not fitted yet: call fit first"
            raise InvalidArgumentError(message, argument="self")
        return model

    def __getstate__(self) -> dict[str, Any]:
        state = dict(self.__dict__)
        model = state.pop("model_", None)
        return {**state, "model_json": None if model is None else model.to_json()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        state = dict(state)
        text = state.pop("model_json")
        self.__dict__.update(state)
        if text is not None:
            self.model_ = self._NATIVE.from_json(text)

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self)).parameters
        given = ", ".join(
            f"{name}={value!r}"
            for name, value in self.get_params(deep=False).items()
            if isinstance(value, np.ndarray) or value != defaults[name].default
        )
        return f"{type(self).__name__}({given})"
