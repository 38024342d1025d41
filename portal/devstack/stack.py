"""The services the application needs, as one thing: started together, described by variables, stopped together."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from portal.devstack import authority, postgres, processes, redis, softhsm
from portal.devstack.failure import StackFailure
from portal.devstack.processes import ROOT, Child, Part

NEEDED_BYTES = 400 * 1024 * 1024


def default_var() -> Path:
    """Where this checkout keeps everything."""
    return Path(os.environ.get("SEALPORT_VAR") or ROOT / "var").absolute()


@contextmanager
def services(
    var: Path, *, throwaway: bool = False, announce: Callable[[str], None] = lambda _line: None
) -> Iterator[dict[str, str]]:
    """Runs PostgreSQL, Redis, SoftHSM and the development PKI under `var`; yields the variables to use them.

    With `throwaway` nothing is made durable and keys come from the checkout's cache: for tests. Raises StackFailure.
    """
    with running(var, throwaway=throwaway, announce=announce) as stack:
        yield stack.environment


@contextmanager
def running(
    var: Path, *, throwaway: bool = False, port: int = 8000, announce: Callable[[str], None]
) -> Iterator[Stack]:
    """A stack whose services answer; on leaving, all its children are stopped, newest first."""
    make_folder(var)
    with processes.sole_owner(var):
        stack = Stack(var, throwaway=throwaway, port=port, announce=announce)
        try:
            stack.start_services()
            yield stack
        finally:
            stack.stop()


@contextmanager
def throwaway_services(checkout_var: Path) -> Iterator[dict[str, str]]:
    """Services in a folder of their own, for one test run; what killed runs left behind is removed first."""
    for abandoned in checkout_var.glob("test-*"):
        with suppress(StackFailure), processes.sole_owner(abandoned):
            shutil.rmtree(abandoned)
    var = checkout_var / f"test-{os.getpid()}"
    try:
        with services(var, throwaway=True) as environment:
            yield environment
    finally:
        shutil.rmtree(var, ignore_errors=True)


def make_folder(var: Path) -> None:
    var.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(var).free < NEEDED_BYTES:
        raise StackFailure(f"The disk that holds {var} is full: the stack needs {NEEDED_BYTES // 1024**2} MB.")


class Stack:
    """What runs, and the variables it provides."""

    def __init__(self, var: Path, *, throwaway: bool, port: int, announce: Callable[[str], None]) -> None:
        self.var, self._throwaway, self._announce = var, throwaway, announce
        self.children: list[Child] = []
        self.environment = {
            "SEALPORT_VAR": str(var),
            "SEALPORT_ENVIRONMENT": "development",
            "BASE_URL": f"http://localhost:{port}",
            "ALLOWED_HOSTS": "localhost,127.0.0.1",
            "SECRET_KEY": _kept_secret(var / "secret_key"),
            "EMAIL_URL": f"file://{var / 'mail'}",
        }

    def start_services(self) -> None:
        """Starts what the environment does not already name, side by side, and waits until all of it answers."""
        cache = (self.var.parent if self._throwaway else self.var) / "cache"
        keys = cache / "pki-keys" if self._throwaway else self.var / "pki-keys"
        began = time.monotonic()
        waiting: list[Child] = []
        for variable, title, prepare in (
            ("TSA_URLS", "PKI", lambda: authority.prepare(self.var, keys=keys)),
            ("REDIS_URL", "Redis", lambda: redis.prepare(self.var)),
            ("DATABASE_URL", "PostgreSQL", lambda: postgres.prepare(self.var, throwaway=self._throwaway)),
        ):
            if variable in os.environ:
                self._announce(f"{title}: yours, by {variable}")
                continue
            part, provided = prepare()
            self.environment |= provided
            waiting.append(self._launch(part))
        if "PKCS11_MODULE" in os.environ:
            self._announce("HSM: yours, by PKCS11_MODULE")
        else:
            self.environment |= softhsm.provision(self.var, cache=cache)
            self._announce(f"SoftHSM token in {self.var / 'softhsm'}")
        for child in waiting:
            processes.wait_until_ready(child)
            self._announce(f"{child.part.title}, ready after {time.monotonic() - began:.1f} s")
        self._write_variables()

    def start(self, part: Part) -> None:
        """Starts a part with the stack's variables and waits until it answers."""
        began = time.monotonic()
        processes.wait_until_ready(self._launch(part))
        self._announce(f"{part.title}, ready after {time.monotonic() - began:.1f} s")

    def replace(self, ended: Child) -> None:
        """Starts a part again whose process has ended."""
        self.children[self.children.index(ended)] = processes.start(ended.part, self.var)

    def stop(self) -> None:
        while self.children:
            self.children.pop().stop()

    def _launch(self, part: Part) -> Child:
        processes.begin_log(self.var, part.name)
        child = processes.start(part, self.var)
        self.children.append(child)
        return child

    def _write_variables(self) -> None:
        write_secretly(self.var / "stack.json", json.dumps(self.environment, indent=2) + "\n")


def read_variables(var: Path) -> Mapping[str, str]:
    """What the last start wrote; empty before the first."""
    path = var / "stack.json"
    variables: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    return variables


def write_secretly(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, whole or not at all."""
    unfinished = path.with_name(f"{path.name}.new")
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(path)


def _kept_secret(path: Path) -> str:
    if not path.exists():
        write_secretly(path, secrets.token_urlsafe(48))
    return path.read_text()
