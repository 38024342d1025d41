"""System packages, all named in `deploy/system-packages.txt`."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from pathlib import Path

from portal.devstack.failure import StackFailure
from portal.devstack.processes import ROOT

LIST = ROOT / "deploy" / "system-packages.txt"
PURPOSES = ("print", "test", "check")
Announce = Callable[[str], None]
APT_LISTS = Path("/var/lib/apt/lists")


@dataclass(frozen=True)
class Need:
    purpose: str
    programs: tuple[str, ...]  # `lib:` before a shared library
    packages: tuple[str, ...]  # all are needed; `a|b` is a choice

    @property
    def is_met(self) -> bool:
        return any(find_library(name[4:]) if name.startswith("lib:") else shutil.which(name) for name in self.programs)


def needs(purpose: str) -> list[Need]:
    """What the list names for this purpose."""
    return [need for need in _read() if need.purpose == purpose]


def ensure(purpose: str, *, announce: Announce) -> None:
    """Installs what is missing when root may; otherwise says what to install. Raises StackFailure if apt-get fails."""
    missing = [package for need in needs(purpose) if not need.is_met for package in need.packages]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        names = " ".join(package.partition("|")[0] for package in missing)
        announce(f"Missing system packages. As root: apt-get install {names}")
        return
    if not any(APT_LISTS.glob("*Packages*")):
        _apt("update")
    chosen = [_available(package) for package in missing]
    announce(f"Installing {' '.join(chosen)}")
    try:
        _apt("install", *chosen)
    except StackFailure:  # the lists may be older than what the mirror still holds
        _apt("update")
        _apt("install", *chosen)


def _available(package: str) -> str:
    """The first of a choice that apt knows."""
    for choice in package.split("|"):
        said = subprocess.run(["apt-cache", "policy", choice], capture_output=True, text=True, check=True).stdout
        if said and "Candidate: (none)" not in said:
            return choice
    raise StackFailure(f"The package {package} is not available here; install the program by hand.")


def _apt(*words: str) -> None:
    ran = subprocess.run(
        ["apt-get", "-qq", "-y", "--no-install-recommends", *words],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        reason = (ran.stderr.strip() or "no reason given").splitlines()[-1]
        raise StackFailure(f"apt-get {' '.join(words)} failed: {reason}")


def _read() -> Iterator[Need]:
    for line in LIST.read_text().splitlines():
        if line and not line.startswith("#"):
            purpose, programs, *packages = line.split()
            yield Need(purpose, tuple(programs.split("|")), tuple(packages))
