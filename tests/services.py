"""pytest plugin (`-p tests.services`): real PostgreSQL, Redis, SoftHSM and PKI for one run.

They start in the controller before Django reads its settings; xdist's workers inherit the environment.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from portal.devstack.failure import StackFailure
from portal.devstack.stack import default_var, throwaway_services


# A wrapper, because pytest-django imports the settings in the same hook and only wrappers run before it.
@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        began = time.monotonic()
        running = ExitStack()
        try:
            environment = running.enter_context(throwaway_services(default_var()))
        except StackFailure as failure:
            raise pytest.UsageError(str(failure)) from failure
        early_config.add_cleanup(running.close)
        owner = environment.pop("DATABASE_OWNER_URL")  # tests make databases, and undo what only an owner can
        os.environ.update(environment, DATABASE_URL=owner, TESTING="true", SEAL_KEY_ALGORITHM="ec-p256")
        print(f"PostgreSQL, Redis, SoftHSM and PKI ready in {time.monotonic() - began:.1f} s")
    else:
        # Each worker has a Redis database and stored objects of its own, so that caches and rate limits stay apart, and
        # nobody counts or clears away what another's tests have stored.
        worker = os.environ["PYTEST_XDIST_WORKER"]
        number = int(worker.removeprefix("gw")) + 1
        os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rsplit('/', 1)[0]}/{number}"
        os.environ["STORAGE_URL"] = (Path(os.environ["SEALPORT_VAR"]) / f"objects-{worker}").as_uri()
    # The retention engine takes leftovers out of this folder, and tests turn its clock: others' files are elsewhere.
    own = Path(os.environ["SEALPORT_VAR"]) / f"temporary-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    own.mkdir(exist_ok=True)
    tempfile.tempdir = str(own)
    yield
