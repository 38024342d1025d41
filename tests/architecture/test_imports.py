"""Every import contract of pyproject.toml is kept by the code, and is shown to catch planted imports."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from tests.architecture.source import APPS, ROOT

CONTRACTS = {
    contract["id"]: contract["name"]
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}

# Contract: (file, what is written into it). A file that exists gets the line at its end.
PLANTED: dict[str, list[tuple[str, str]]] = {
    "apps-downwards": [
        ("billing/queries.py", "import sealing.queries"),
        ("kernel/money.py", "import accounts.queries"),
        ("sealing/views/seals.py", "import portal.views"),
    ],
    "inside-an-app": [
        ("billing/actions/close_period.py", "import billing.tasks"),
        ("trust/gateways/hsm.py", "import trust.models"),
        ("accounts/rules/names.py", "import accounts.queries"),
        ("billing/conversions.py", "HUNDRED = 100"),
    ],
    "pure-rules": [
        ("billing/rules/rating.py", "import django"),
        ("trust/rules/authorities.py", "import kernel.clock"),
        ("sealing/rules/requests.py", "import pathlib"),
        ("accounts/rules/tokens.py", "import secrets"),
    ],
    "pure-formats": [("sealing/formats/cms.py", "import kernel.errors")],
    "gate-apart-from-writer": [
        ("sealing/formats/check.py", "import sealing.formats.cms"),
        ("sealing/formats/check_asice.py", "import sealing.formats.asice"),
    ],
    "domain-knows-no-door": [
        ("billing/queries.py", "import rest_framework"),
        ("sealing/actions/accept_document.py", "import celery"),
        ("trust/gateways/ca.py", "import kernel.api"),
    ],
    **{
        f"private-models-{owner}": [(f"{stranger}/views.py", f"import {owner}.models")]
        for owner, stranger in pairwise(APPS)
    },
    "signature-libraries": [
        ("sealing/gateways/engine.py", "import pyhanko"),
        ("trust/actions/import_certificate.py", "import asn1crypto"),
        ("kernel/vault.py", "import pkcs11"),
    ],
    "tenancy-library": [
        ("billing/models/plans.py", "import django_tenants"),
        ("portal/views.py", "import django_tenants"),
    ],
    "identity-protocols": [("accounts/actions/hear_provider.py", "import jwt"), ("kernel/api.py", "import onelogin")],
    "sign-in-library": [("portal/views.py", "import allauth")],
}


def broken_contracts(root: Path) -> str:
    """The part of import-linter's report that tells what is broken; empty when all contracts are kept."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return done.stdout.partition("Broken contracts")[2] if done.returncode else ""


@pytest.fixture(scope="module")
def report_on_planted(tmp_path_factory: pytest.TempPathFactory) -> str:
    """One run over a copy of the code in which every contract is broken in every planted way."""
    root = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "pyproject.toml", root)
    for app in APPS:
        shutil.copytree(ROOT / app, root / app, ignore=shutil.ignore_patterns("templates", "__pycache__", "locale"))
    for file, line in (planted for several in PLANTED.values() for planted in several):
        with (root / file).open("a") as source:
            source.write(f"\n{line}\n")
    return broken_contracts(root)


def test_the_code_keeps_every_contract() -> None:
    assert broken_contracts(ROOT) == ""


def test_every_contract_has_planted_breaches() -> None:
    assert set(PLANTED) == set(CONTRACTS)


@pytest.mark.parametrize("contract", sorted(PLANTED))
def test_a_contract_reports_each_planted_import(contract: str, report_on_planted: str) -> None:
    section = " ".join(report_on_planted.split()).partition(f" {CONTRACTS[contract]} ---")[2]
    for name in CONTRACTS.values():
        section = section.partition(f" {name} ---")[0]
    for file, line in PLANTED[contract]:
        module, imported = file.removesuffix(".py").replace("/", "."), line.removeprefix("import ")
        assert (f"{module} -> {imported} " if imported != line else module) in section
