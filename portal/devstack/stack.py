"""The services the application needs, as one thing: started together, described by variables, stopped together."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from portal.devstack import authority, postgres, processes, redis, softhsm
from portal.devstack.failure import StackFailure
from portal.devstack.packages import Announce
from portal.devstack.processes import ROOT, Child, Part
from portal.devstack.secret import kept_secret, write_secretly

NEEDED_BYTES = 400 * 1024 * 1024


def default_var() -> Path:
    """Where this checkout keeps everything."""
    return Path(os.environ.get("SEALPORT_VAR") or ROOT / "var").absolute()


@contextmanager
def services(var: Path, *, throwaway: bool = False) -> Iterator[dict[str, str]]:
    """Runs PostgreSQL, Redis, SoftHSM and the development PKI under `var`; yields the variables to use them.

    With `throwaway` nothing is made durable and keys come from the checkout's cache. Raises StackFailure.
    """
    with owned_stack(var, throwaway=throwaway) as stack:
        stack.start_services()
        yield stack.environment


@contextmanager
def throwaway_services(checkout_var: Path) -> Iterator[dict[str, str]]:
    """Services in a folder of their own, for one test run; what killed runs left behind is removed first."""
    for abandoned in checkout_var.glob("test-*"):
        with suppress(StackFailure), processes.sole_owner(abandoned):
            for lock in abandoned.glob("*/stack.lock"):
                with suppress(StackFailure), processes.sole_owner(lock.parent):
                    pass
            shutil.rmtree(abandoned, ignore_errors=True)  # another run may be tidying up too
    var = checkout_var / f"test-{os.getpid()}"
    try:
        with services(var, throwaway=True) as environment:
            yield environment
    finally:
        shutil.rmtree(var, ignore_errors=True)


@contextmanager
def owned_stack(
    var: Path, *, throwaway: bool = False, port: int = 8000, announce: Announce = lambda _line: None
) -> Iterator[Stack]:
    """A stack that holds `var` and runs nothing yet; on leaving, all its children are stopped, newest first."""
    _make_folder(var)
    with processes.sole_owner(var):
        stack = Stack(var, throwaway=throwaway, port=port, announce=announce)
        try:
            yield stack
        finally:
            stack.stop()


class Stack:
    """What runs, and the variables it provides."""

    def __init__(self, var: Path, *, throwaway: bool, port: int, announce: Announce) -> None:
        self.var, self._throwaway, self._announce = var, throwaway, announce
        self.children: list[Child] = []
        self.environment = {
            "SEALPORT_VAR": str(var),
            "SEALPORT_ENVIRONMENT": "development",
            "BASE_URL": f"http://localhost:{port}",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "SECRET_KEY": kept_secret(var / "secret_key"),
            "EMAIL_URL": f"file://{var / 'mail'}",
        }
        if not throwaway:  # a developer's own receiver of webhooks, or mail server
            self.environment["EGRESS_ALLOWED_NETWORKS"] = "127.0.0.0/8"

    def start_services(self) -> None:
        """Starts what the environment does not already name, side by side, and waits until all of it answers."""
        cache = (self.var.parent if self._throwaway else self.var) / "cache"
        keys = cache / "pki-keys" if self._throwaway else self.var / "pki-keys"
        began = time.monotonic()
        if self._is_ours("TSA_URLS", "timestamps and certificates"):
            self._launch(*authority.prepare(self.var, keys=keys))
        if self._is_ours("REDIS_URL", "Redis"):
            self._launch(*redis.prepare(self.var, announce=self._announce))
        if self._is_ours("DATABASE_URL", "PostgreSQL"):
            self._launch(*postgres.prepare(self.var, throwaway=self._throwaway))
        if self._is_ours("PKCS11_MODULE", "HSM"):
            self.environment |= softhsm.provision(self.var, cache=cache, throwaway=self._throwaway)
            self._announce(f"SoftHSM, token {softhsm.LABEL} in {self.var / 'softhsm'}")
        for child in self.children:
            self._await(child, began)
        write_secretly(self.var / "stack.json", json.dumps(self.environment, indent=2) + "\n")

    def start(self, parts: Iterable[Part]) -> None:
        """Starts parts side by side and waits until all of them answer."""
        began = time.monotonic()
        for child in [self._launch(part, {}) for part in parts]:
            self._await(child, began)

    def replace(self, ended: Child) -> None:
        """Starts a part again whose process has ended."""
        ended.stop()
        again = processes.start(ended.part, self.var, self.environment)
        self.children[self.children.index(ended)] = again

    def stop(self) -> None:
        while self.children:
            self.children.pop().stop()
        if self._throwaway:
            softhsm.forget(self.var)

    def _is_ours(self, variable: str, title: str) -> bool:
        if variable in os.environ:
            self._announce(f"{title}: yours, named by {variable}")
        return variable not in os.environ

    def _launch(self, part: Part, provided: Mapping[str, str]) -> Child:
        self.environment |= provided
        processes.begin_log(self.var, part.name)
        child = processes.start(part, self.var, self.environment)
        self.children.append(child)
        return child

    def _await(self, child: Child, began: float) -> None:
        processes.wait_until_ready(child)
        self._announce(f"{child.part.title}, ready in {time.monotonic() - began:.1f} s")


def read_variables(var: Path) -> Mapping[str, str]:
    """What the last start wrote; empty before the first."""
    path = var / "stack.json"
    variables: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return variables


def _make_folder(var: Path) -> None:
    if not Path("/proc/self/stat").exists():
        raise StackFailure("The embedded stack needs Linux; elsewhere set the variables of docs/settings.md.")
    var.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(var).free < NEEDED_BYTES:
        raise StackFailure(f"The disk that holds {var} is full: the stack needs {NEEDED_BYTES // 1024**2} MB.")
