"""The documentation is true, and each of its checks is shown to notice when it is not."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.architecture import documentation as docs
from tests.architecture.source import APPS, ROOT

Check = Callable[[Path], list[str]]

# Check: file, what is said there, what is said instead (empty text: the file is removed).
FALSIFIED: list[tuple[Check, str, str, str]] = [
    (docs.broken_links, "README.md", "(ARCHITECTURE.md)", "(ARCHITECTURES.md)"),
    (docs.doubled_headings, "docs/operators.md", "## Upgrading\n", "## Restoring a backup\n"),
    (docs.missing_paths, "docs/invariants.md", "`portal/invariants/`", "`portal/invariant/`"),
    (docs.unknown_commands, "README.md", "make demo\n", "make demonstration\n"),
    (docs.unknown_commands, "README.md", "manage.py doctor", "manage.py surgeon"),
    (docs.unknown_commands, "portal/README.md", "python -m portal.devstack up", "python -m portal.stack up"),
    (docs.undocumented_settings, "docs/settings.md", "| `PKCS11_MODULE` |", "| `PKCS12_MODULE` |"),
    (docs.undocumented_settings, "docs/settings.md", "| `rsa-3072` |", "| `rsa-2048` |"),
    (docs.undocumented_settings, "portal/settings.py", 'env.text("PKCS11_PIN")', 'env.text("PKCS11_PASSWORD")'),
    (docs.undocumented_codes, "docs/errors.md", "| `last_owner` |", "| `final_owner` |"),
    (docs.undocumented_codes, "billing/actions/close_period.py", '"period_not_ended"', '"no_plan"'),
    (docs.undocumented_codes, "sealing/formats/errors.py", '"no_pages":', '"without_pages":'),
    (docs.undocumented_codes, "sealing/rules/requests.py", '"level_unknown"', '"level_strange"'),
    (docs.unkept_clauses, "docs/clauses.md", "| B19 |", "| B20 |"),
    (docs.unkept_clauses, "docs/clauses.md", "`sealing/actions/perform_seal.py`", "`sealing/actions/perform.py`"),
    (docs.unkept_clauses, "docs/clauses.md", "test_a_document_comes_back_sealed_and_is_billed_once", "test_it"),
    (docs.unkept_clauses, "docs/clauses.md", "| not yet | | |", "| almost | | |"),
    (docs.unkept_clauses, "docs/clauses.md", "| B18 |", "| B17 | Twice | not yet | | |\n| B18 |"),
    (docs.unkept_clauses, "kernel/audit.py", "(clause C3)", "(clause C33)"),
    (docs.undocumented_invariants, "docs/invariants.md", "every unfinished seal has a job", "every seal has a job"),
    (docs.unexplained_apps, "trust/README.md", "**Owns**", "Has"),
    (docs.unexplained_apps, "kernel/README.md", "", ""),
    (docs.undecided, "docs/decisions/0003-time-is-an-argument.md", "**Enforced by**", "Enforced by"),
    (
        docs.foreign_resources,
        "templates/base.html",
        "</head>",
        '<script src="https://cdn.example/x.js"></script></head>',
    ),
    (docs.foreign_resources, "templates/base.html", "</head>", '<script src="{{ address }}"></script></head>'),
    (docs.foreign_resources, "templates/base.html", "</head>", "<script>measure()</script></head>"),
]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository without what is not needed to check its documentation."""
    root = tmp_path_factory.mktemp("documented")
    unneeded = shutil.ignore_patterns("__pycache__", "*.woff2", "migrations")
    for folder in (*APPS, "docs", "templates", "static", "tests", "deploy"):
        shutil.copytree(ROOT / folder, root / folder, ignore=unneeded)
    for file in (*ROOT.glob("*.md"), ROOT / "Makefile", ROOT / "manage.py", ROOT / "LICENSE", ROOT / "pyproject.toml"):
        shutil.copy(file, root)
    return root


@pytest.mark.parametrize("check", docs.CHECKS, ids=lambda check: check.__name__)
def test_what_the_documentation_says_is_so(check: Check) -> None:
    assert check(ROOT) == []


@pytest.mark.parametrize(("check", "file", "said", "instead"), FALSIFIED)
def test_a_falsehood_is_noticed(copy: Path, check: Check, file: str, said: str, instead: str) -> None:
    page, before = copy / file, check(copy)
    text = page.read_text()
    assert said in text
    try:
        page.write_text(text.replace(said, instead, 1)) if said else page.unlink()
        assert set(check(copy)) - set(before)
    finally:
        page.write_text(text)


def test_every_check_notices_a_falsehood() -> None:
    assert {check for check, *_ in FALSIFIED} == set(docs.CHECKS)


def test_no_page_loads_anything_from_elsewhere() -> None:
    """Clause D11: a script from elsewhere has one way into a page, the tag that asks for consent first."""
    from portal.middleware import _STRICT

    assert docs.foreign_resources(ROOT) == []
    assert "http" not in _STRICT
    assert "default-src 'none'" in _STRICT
