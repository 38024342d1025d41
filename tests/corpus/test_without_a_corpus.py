"""On a bare clone there is no corpus, and `make test` passes."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import pytest_collection_modifyitems


@pytest.mark.parametrize(("named", "kept"), [(None, ["other"]), ("", ["other"]), ("/nowhere", ["reader", "other"])])
def test_what_reads_the_corpus_runs_where_one_is_named(
    monkeypatch: pytest.MonkeyPatch, named: str | None, kept: list[str]
) -> None:
    monkeypatch.delenv("SEALPORT_CORPUS", raising=False)
    if named is not None:
        monkeypatch.setenv("SEALPORT_CORPUS", named)
    marks = {"reader": "corpus", "other": "stack"}
    items: list[Any] = [
        SimpleNamespace(name=name, get_closest_marker=lambda asked, mark=mark: asked == mark)
        for name, mark in marks.items()
    ]
    left_out: list[Any] = []

    def pytest_deselected(items: list[Any]) -> None:
        left_out.extend(items)

    config: Any = SimpleNamespace(hook=SimpleNamespace(pytest_deselected=pytest_deselected))
    pytest_collection_modifyitems(config, items)
    assert [item.name for item in items] == kept
    assert {item.name for item in left_out} == marks.keys() - set(kept)
