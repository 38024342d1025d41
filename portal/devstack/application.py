"""The application on top of the services: what is done before it starts, and its three programs."""

from __future__ import annotations

import hashlib
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.devstack.failure import StackFailure
from portal.devstack.packages import Announce
from portal.devstack.probes import page_answers
from portal.devstack.processes import ROOT, Part, log_path

WEB_WORKERS, WEB_THREADS = 2, 8


@dataclass(frozen=True)
class Step:
    """Something done before the start, and again only when what it depends on has changed."""

    name: str
    title: str
    commands: tuple[tuple[str, ...], ...]
    depends_on: bytes
    produces: str = ""  # under var/


def steps(variables: Mapping[str, str]) -> list[Step]:
    """What must be done so that these variables lead to a working application, in order."""
    database = variables["DATABASE_URL"].encode()
    if "DATABASE_URL" in os.environ:
        database = secrets.token_bytes()  # the operator may have put another database behind the same address
    demonstration = "\n".join(variables.get(name, "") for name in ("BASE_URL", "PKCS11_PIN", "TRUST_ANCHORS"))
    migrations = _content("*/migrations/*.py")
    return [
        *translation_steps(),
        Step(
            name="static",
            title="Static files",
            commands=(_manage("collectstatic", "--noinput"),),
            depends_on=_content("static/**/*", "*/static/**/*", "*.lock"),
            produces="static",
        ),
        Step("migrations", "Database schemas", (_manage("migrate_all"),), database + migrations),
        Step(
            name="demo",
            title="Demonstration customer",
            commands=(_manage("seed_demo"),),
            depends_on=database + migrations + demonstration.encode() + _content("*/management/commands/seed_demo.py"),
            produces="demo.json",
        ),
    ]


def translation_steps() -> list[Step]:
    """Compiles the catalogues, without needing gettext."""
    catalogues = sorted({path.stem for path in ROOT.glob("locale/*/LC_MESSAGES/*.po")})
    compile_catalogue = (sys.executable, "-m", "babel.messages.frontend", "compile", "--directory", "locale")
    commands = tuple((*compile_catalogue, "--domain", domain) for domain in catalogues)
    return [Step("translations", "Translations", commands, _content("locale/*/LC_MESSAGES/*.po"))]


def perform(step: Step, var: Path, variables: Mapping[str, str], announce: Announce) -> None:
    """Runs a step unless it was done for the same dependencies. Raises StackFailure with what it said."""
    stamp, wanted = var / "stamps" / step.name, hashlib.sha256(step.depends_on).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and (var / step.produces).exists():
        announce(f"{step.title}: nothing to do")
        return
    began = time.monotonic()
    for command in step.commands:
        _run(step, command, var, variables)
    stamp.write_text(wanted)
    announce(f"{step.title}, done in {time.monotonic() - began:.1f} s")


def parts(var: Path, *, port: int) -> list[Part]:
    """The web server, the worker and the scheduler."""
    celery = (sys.executable, "-m", "celery", "-A", "portal.celery")
    processors = len(os.sched_getaffinity(0))
    quiet = ("--without-gossip", "--without-mingle")
    return [
        Part(
            name="web",
            title=f"Web server on http://localhost:{port}",
            command=(
                *(sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"),
                *("--worker-class", "gthread", "--workers", str(WEB_WORKERS), "--threads", str(WEB_THREADS)),
                *("--graceful-timeout", "10", "--no-control-socket"),
            ),
            ready=lambda: page_answers(f"http://127.0.0.1:{port}/livez"),
        ),
        Part(
            name="worker",
            title=f"Celery worker, {processors} processes",
            command=(
                *(*celery, "worker", "--pool", "prefork", "--concurrency", str(processors)),
                *("--prefetch-multiplier", "1", "--loglevel", "INFO", *quiet),
            ),
            ready=lambda: _has_said(var, "worker", " ready."),
        ),
        Part(
            name="beat",
            title="Celery beat",
            command=(*celery, "beat", "--loglevel", "INFO", "--schedule", str(var / "beat-schedule"), "--pidfile="),
            ready=lambda: _has_said(var, "beat", "beat: Starting"),
        ),
    ]


def _manage(*words: str) -> tuple[str, ...]:
    return (sys.executable, "manage.py", *words)


def _run(step: Step, command: Iterable[str], var: Path, variables: Mapping[str, str]) -> None:
    log = log_path(var, step.name)
    with log.open("wb") as output:
        code = subprocess.call(
            list(command),
            cwd=ROOT,
            env={**variables, **os.environ},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    if code:
        said = log.read_text(errors="replace").strip().splitlines()[-5:]
        raise StackFailure("\n".join((f"{step.title} failed; all it said is in {log}", *said)))


def _has_said(var: Path, name: str, words: str) -> bool:
    return words in log_path(var, name).read_text(errors="replace")


def _content(*patterns: str) -> bytes:
    """Digests of the checkout's files that match, with their names."""
    files = sorted(path for pattern in patterns for path in ROOT.glob(pattern) if path.is_file())
    return b"".join(str(path).encode() + hashlib.sha256(path.read_bytes()).digest() for path in files)
