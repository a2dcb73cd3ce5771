"""Documentation: every public object has it, and its examples run."""

from __future__ import annotations

import doctest
import importlib
import inspect
import pkgutil
import re
from pathlib import Path

import crm
import pytest

ROOT = Path(__file__).resolve().parents[2]
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


PAGES = {
    page.relative_to(ROOT).as_posix(): [code.split("\n```")[0] for code in text.split("\n```python\n")[1:]]
    for page in [ROOT / "README.md", ROOT / "crm-py/README.md", *sorted((ROOT / "docs").glob("*.md"))]
    if "\n```python\n" in (text := page.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run_in_order(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is defined but by the page itself, and what it writes stays in an empty folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    names: dict[str, object] = {"__name__": page}
    for place, code in enumerate(PAGES[page]):
        try:
            exec(compile(code, f"{page}, block {place}", "exec"), names)
        except Exception as error:
            error.add_note(f"{page}, Python block {place}:\n{code}")
            raise


def test_pages_with_python_are_found() -> None:
    assert {"README.md", "crm-py/README.md", "docs/campaigns.md", "docs/experiments.md", "docs/python.md"} <= set(PAGES)
    assert sum(map(len, PAGES.values())) >= 30


def test_the_formula_of_buckets_holds_without_this_library() -> None:
    xxhash = pytest.importorskip("xxhash")
    text = (ROOT / "docs/campaigns.md").read_text(encoding="utf-8")
    formulae = re.findall(r"`(\(xxhash\.[^`]*f\"{salt}\\0{id}\"[^`]*)`", text)
    assert formulae
    for salt, customer in (("spring-2026", 17), ("spring-2026", "17"), ("秋", "客户一"), ("s", "a" * 300)):
        names = {"xxhash": xxhash, "salt": salt, "id": customer}
        assert eval(formulae[0], names) == crm.buckets(salt, [customer])[0]
