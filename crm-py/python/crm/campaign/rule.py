"""Rules as the engine reads them."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np

from crm.error import InvalidValueError, ParseError, WrongTypeError

__all__ = ["rule_json"]


def rule_json(name: str, rule: Mapping[str, Any] | str) -> str:
    """The JSON text of the rule of a step; values of NumPy become those of Python.

    Raises:
        ParseError: That is no rule.
        WrongTypeError: A value is neither a number nor a truth value nor a text.
        InvalidValueError: A value is missing or not finite.
    """
    if isinstance(rule, str):
        return rule
    try:
        return json.dumps(_plain(name, rule))
    except (TypeError, ValueError, RecursionError) as error:
        if isinstance(error, (InvalidValueError, WrongTypeError)):
            raise
        raise ParseError(f"rule {name!r}: no rule: {error}", argument="rule") from error


def _plain(name: str, rule: Any) -> Any:
    """A rule of which all values are numbers, truth values and texts; what has not the form of one stays for the engine to refuse."""
    if not isinstance(rule, Mapping):
        return rule
    plain: dict[Any, Any] = {}
    for kind, content in rule.items():
        if kind in ("all", "any") and isinstance(content, Iterable) and not isinstance(content, (str, Mapping)):
            plain[kind] = [_plain(name, part) for part in content]
        elif kind == "not":
            plain[kind] = _plain(name, content)
        elif kind in ("compare", "between", "in") and isinstance(content, Mapping):
            place = f"rule {name!r}, column {content.get('column')!r}"
            plain[kind] = {key: _field(place, str(content.get("column")), key, value) for key, value in content.items()}
        else:
            plain[kind] = content
    return plain


def _field(place: str, column: str, key: str, value: Any) -> Any:
    if key in ("value", "from", "to"):
        return _value(place, column, value)
    if key != "values":
        return value
    if isinstance(value, (str, bytes, Mapping)) or not (isinstance(value, Iterable) or hasattr(value, "__array__")):
        message = f"{place}: {type(value).__name__} is not accepted: must be a list of values"
        raise WrongTypeError(message, argument=column)
    if hasattr(value, "__array__") and not isinstance(value, Iterable):
        value = np.asarray(value)
    return [_value(place, column, each) for each in value]


def _value(place: str, column: str, value: Any) -> bool | int | float | str:
    if hasattr(value, "as_py"):
        # A scalar of PyArrow.
        value = value.as_py()
    if isinstance(value, (np.generic, np.ndarray)) and value.ndim == 0:
        value = value.item()
    if isinstance(value, Decimal):
        value = float(value)
    missing = value is None or type(value).__name__ in ("NAType", "NaTType")
    if missing or (isinstance(value, float) and not math.isfinite(value)):
        hint = "; ask for missing values by `missing`" if missing or math.isnan(value) else ""
        raise InvalidValueError(f"{place}: {value} is not accepted: must be a finite number or a text{hint}", argument=column)
    if not isinstance(value, (bool, int, float, str)):
        message = f"{place}: {type(value).__name__} is not accepted: must be a number, a truth value or a text"
        raise WrongTypeError(message, argument=column)
    return value
