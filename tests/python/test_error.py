"""Errors: one class for each kind, with the same codes as the engine."""

from __future__ import annotations

import pickle
import re

import crm
import pytest
from crm import _crm

KINDS = {re.sub(r"(?<!^)(?=[A-Z])", "_", name).upper(): code for name, code in _crm.error_kinds()}
KINDS["NOT_UTF8"] = KINDS.get("NOT_UTF8", KINDS.get("NOT_UTF_8", 14))


def test_kinds_are_those_of_the_engine() -> None:
    assert {kind.name: kind.value for kind in crm.ErrorKind} == KINDS


@pytest.mark.parametrize("kind", list(crm.ErrorKind))
def test_each_kind_has_one_public_class(kind: crm.ErrorKind) -> None:
    classes = [error for error in crm.CrmError.__subclasses__() if error.kind is kind]
    assert len(classes) == 1
    assert getattr(crm, classes[0].__name__) is classes[0]


@pytest.mark.parametrize(
    ("error", "standard"),
    [
        (crm.InvalidArgumentError, ValueError),
        (crm.WrongTypeError, TypeError),
        (crm.MissingColumnError, LookupError),
        (crm.IoError, OSError),
    ],
)
def test_errors_are_also_the_standard_ones(error: type[crm.CrmError], standard: type[Exception]) -> None:
    assert issubclass(error, standard)


def test_errors_pickle_with_their_place() -> None:
    for error in crm.CrmError.__subclasses__():
        before = error("message", argument="amount", row=3, line=5)
        after = pickle.loads(pickle.dumps(before))
        assert type(after) is error
        assert (str(after), after.kind, after.code) == ("message", before.kind, before.code)
        assert (after.argument, after.row, after.line) == ("amount", 3, 5)


def test_a_kind_from_the_future_is_a_plain_error() -> None:
    error = crm.error.from_core(999, "from the future", None, None, None)
    assert type(error) is crm.CrmError
    assert (error.code, error.kind, str(error)) == (999, None, "from the future")
