"""A development PKI of its own, run as the stack runs it, and OpenSSL as the second opinion."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from portal.devstack import authority, processes

OpenSsl = Callable[..., str]
RUN = Path(os.environ["SEALPORT_VAR"])
CACHE = RUN.parent / "cache"


@dataclass(frozen=True)
class Pki:
    """The running PKI: its address and its folder."""

    url: str
    folder: Path

    def get(self, path: str) -> bytes:
        answer = urllib3.request("GET", self.url + path)
        assert answer.status == 200, answer.data
        return answer.data

    def post(self, path: str, body: bytes) -> bytes:
        answer = urllib3.request("POST", self.url + path, body=body)
        assert answer.status == 200, answer.data
        return answer.data


@contextmanager
def running_pki(var: Path) -> Iterator[Pki]:
    with processes.sole_owner(var):
        part, provided = authority.prepare(var, keys=CACHE / "pki-keys")
        child = processes.start(part, var, provided)
        try:
            processes.wait_until_ready(child)
            yield Pki(provided["DEVELOPMENT_CA_URL"].removesuffix("/ca"), var / "pki")
        finally:
            child.stop()


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pki]:
    with running_pki(tmp_path_factory.mktemp("pki")) as running:
        yield running


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSsl:
    """Runs OpenSSL in a fresh folder and returns all it said; a non-zero exit fails the test."""

    def run(*words: object) -> str:
        ran = subprocess.run(["openssl", *map(str, words)], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    return run
