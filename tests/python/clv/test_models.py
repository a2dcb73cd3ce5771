"""The table of models."""

from __future__ import annotations

import crm


def test_every_model_is_in_the_table() -> None:
    table = crm.clv_models().to_pandas()
    assert table["model"].tolist() == ["bg_nbd", "mbg_nbd", "pareto_nbd", "bg_bb", "sbg", "gamma_gamma"]
    assert table["describes"].tolist() == ["purchases"] * 4 + ["contracts", "spend"]
    assert table["source"].str.contains(r"\(\d{4}\)").all()


def test_every_model_can_be_built() -> None:
    table = crm.clv_models().to_dict()
    for name, describes, title, names in zip(
        table["model"], table["describes"], table["title"], table["parameters"], strict=True
    ):
        parameters = dict.fromkeys(names.split(", "), 1.5)
        if describes == "purchases":
            model = crm.PurchaseModel.from_parameters(name, parameters, "week")
            assert model.title_ == title and model.parameters_ == parameters
        elif describes == "contracts":
            assert crm.RetentionModel.from_parameters(**parameters, time_unit="week").parameters_ == parameters
        else:
            assert crm.SpendModel.from_parameters(*parameters.values()).parameters_ == parameters
