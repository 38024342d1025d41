"""Every command line that README.md and docs/integrators.md print is pasted into a shell, and does what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sealing.formats.sample import sample_pdf
from tests.architecture.source import ROOT
from tests.doubles.receiver import receiver
from tests.second_opinions import assert_validly_contained, assert_validly_sealed
from tests.stack import RunningStack

pytestmark = pytest.mark.stack

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
ADDRESS = "http://localhost:8000"


def written(page: str, command: str) -> list[str]:
    """The commands of a page that start with `command`, each with its continued lines."""
    blocks = "".join(BLOCK.findall((ROOT / page).read_text())).replace("\\\n", " ")
    return [line for line in blocks.splitlines() if line.startswith(command)]


def paste(stack: RunningStack, line: str, folder: Path, **variables: str) -> str:
    environment = {"PATH": os.environ["PATH"], "URL": stack.url, "TOKEN": stack.demo["api_token"], **variables}
    ran = subprocess.run(
        ["sh", "-ec", line.replace(ADDRESS, stack.url)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
    )
    assert ran.returncode == 0, f"{line}\n{ran.stdout}{ran.stderr}"
    return ran.stdout


def test_the_readmes_line_brings_a_sealed_file(stack: RunningStack, tmp_path: Path) -> None:
    (tmp_path / "contract.pdf").write_bytes(sample_pdf("A contract"))
    (line,) = written("README.md", "curl")
    paste(stack, line, tmp_path)
    assert_validly_sealed(tmp_path / "contract-sealed.pdf")


def test_the_readmes_commands_work_beside_the_running_stack(stack: RunningStack, tmp_path: Path) -> None:
    contract = tmp_path / "contract.pdf"
    contract.write_bytes(sample_pdf("A contract"))
    lines = written("README.md", ".venv/bin/python manage.py")
    assert len(lines) == 2
    for line in lines:
        words = line.replace("contract.pdf", str(contract)).split()
        assert Path(words[0]).name == Path(sys.executable).name
        ran = stack.manage(*words[2:])
        assert ran.returncode == 0, ran.stdout + ran.stderr
    assert_validly_sealed(tmp_path / "contract-sealed.pdf")


def test_every_line_for_integrators_works(stack: RunningStack, tmp_path: Path) -> None:
    (tmp_path / "contract.pdf").write_bytes(sample_pdf("A contract"))
    (tmp_path / "prices.csv").write_text("seal;0.50\n")
    lines = written("docs/integrators.md", "curl")
    assert len(lines) == 48
    seal = batch = member = webhook = ""
    with receiver() as hooks:
        for line in lines:
            names = {"SEAL": seal, "BATCH": batch, "MEMBER": member, "WEBHOOK": webhook, "HOOK": hooks.url}
            answer = paste(stack, line.replace("curl ", "curl --fail-with-body ", 1), tmp_path, **names)
            if found := re.search(r'"id": ?"(whk_\w+)"', answer):
                webhook = found[1]
            if found := re.search(r'"id": ?"(mem_\w+)"', answer):
                member = found[1]
            if found := re.search(r'"id": ?"(batch_\w+)"', answer):
                batch = found[1]
            if found := re.search(r'"id": ?"(seal_\w+)"', answer):
                seal = seal or found[1]
    assert_validly_sealed(tmp_path / "contract-sealed.pdf")
    assert_validly_sealed(tmp_path / "sealed.pdf")
    assert_validly_contained(tmp_path / "prices.asice")
    with zipfile.ZipFile(tmp_path / "november.zip") as archive:
        assert archive.namelist() == ["items.csv", "contract-sealed.pdf", "prices.asice"]
    (verifying,) = written("docs/integrators.md", "openssl cms")
    paste(stack, verifying, tmp_path, ROOTS=stack.demo["ca_certificate"])
    (verifying,) = written("docs/integrators.md", "python verify_receipt.py")
    recipe = f"{sys.executable} {ROOT}/docs/recipes/"
    assert paste(stack, verifying.replace("python ", recipe, 1), tmp_path).startswith("ok: seal_")
