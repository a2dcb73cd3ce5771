"""Documentation: every public object has it, and its examples run."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import crm
import pytest

MODULES = sorted(
    module.name for module in pkgutil.walk_packages(crm.__path__, "crm.") if not module.name.endswith("._crm")
)


@pytest.mark.parametrize("name", ["crm", *MODULES])
def test_examples_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = doctest.testmod(importlib.import_module(name))
    assert outcome.failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    examples = [test for name in ["crm", *MODULES] for test in finder.find(importlib.import_module(name))]
    assert sum(len(test.examples) > 0 for test in examples) >= 25


@pytest.mark.parametrize("name", crm.__all__)
def test_public_objects_are_documented(name: str) -> None:
    thing = getattr(crm, name)
    assert inspect.getdoc(thing), name
    if inspect.isclass(thing):
        for member, value in vars(thing).items():
            if not member.startswith("_") and (inspect.isroutine(value) or isinstance(value, property)):
                assert inspect.getdoc(getattr(thing, member)), f"{name}.{member}"


def test_the_readme_example_runs(repository: Path) -> None:
    text = (repository / "crm-py/README.md").read_text(encoding="utf-8")
    code = text.split("```python\n")[1].split("```")[0]
    names: dict[str, object] = {}
    exec(compile(code, "README.md", "exec"), names)
    segments = names["segments"]
    assert isinstance(segments, crm.Segments) and len(segments) == 2


@pytest.mark.parametrize(("page", "heading"), [("python.md", "## Lifetime value"), ("clv.md", "### Python")])
def test_the_examples_of_lifetime_value_run(repository: Path, cdnow: crm.PurchaseHistory, page: str, heading: str) -> None:
    text = (repository / "docs" / page).read_text(encoding="utf-8")
    section = text.split(f"\n{heading}\n")[1].split("\n## ")[0]
    blocks = [block.split("```")[0] for block in section.split("```python\n")[1:]]
    assert blocks
    names: dict[str, object] = {"crm": crm, "history": cdnow}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    model = names["model"]
    assert isinstance(model, crm.CustomerValueModel) and model.purchases.is_sound_


@pytest.mark.parametrize(("page", "heading", "model"), [("python.md", "## Segments", "segments"), ("segments.md", "### Python", "model")])
def test_the_examples_of_segments_run(
    repository: Path, cdnow: crm.PurchaseHistory, page: str, heading: str, model: str
) -> None:
    text = (repository / "docs" / page).read_text(encoding="utf-8")
    code = text.split(f"\n{heading}\n")[1].split("```python\n")[1].split("```")[0]
    names: dict[str, object] = {"crm": crm, "history": cdnow}
    exec(compile(code, page, "exec"), names)
    segments = names[model]
    assert isinstance(segments, crm.SegmentModel) and len(segments.names_) == 4
