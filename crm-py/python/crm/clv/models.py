"""The table of models."""

from __future__ import annotations

from crm import _crm
from crm.table import Table

__all__ = ["clv_models"]


def clv_models() -> Table:
    """Every model: `model` (its name here), `title` (in papers), `describes`, `parameters` and `source`.

    >>> clv_models()["model"].tolist()
    ['bg_nbd', 'mbg_nbd', 'pareto_nbd', 'bg_bb', 'sbg', 'gamma_gamma']
    """
    return Table(_crm.clv_models())
