"""The development PKI as a part of the stack."""

from __future__ import annotations

import sys
from pathlib import Path

from portal.devstack import ports
from portal.devstack.failure import StackFailure
from portal.devstack.probes import page_answers
from portal.devstack.processes import Part


def prepare(var: Path, *, keys: Path) -> tuple[Part, dict[str, str]]:
    """How to run the PKI and the variables it provides. Its port is part of every certificate, so it never changes."""
    folder, port = var / "pki", ports.remembered(var, "pki")
    if not folder.exists() or port is None:
        port = ports.claim(var, "pki")
    elif not ports.is_free(port):
        raise StackFailure(
            f"Port {port} of the development PKI is taken by another program, and its address is inside every "
            "certificate issued so far. End that program, or start afresh with `make clean`."
        )
    url = f"http://127.0.0.1:{port}"
    part = Part(
        name="pki",
        title=f"Development PKI on 127.0.0.1:{port}",
        command=[sys.executable, "-m", "portal.devstack.pki.serve", folder, str(port), keys],
        ready=lambda: page_answers(f"{url}/health"),
    )
    return part, {
        "TSA_URLS": f"{url}/tsa/a,{url}/tsa/b",
        "TRUST_ANCHORS": str(folder / "live-anchors.pem"),
        "TEST_TSA_URLS": f"{url}/tsa/test",
        "TEST_TRUST_ANCHORS": str(folder / "test-anchors.pem"),
        "REVOCATION_HOSTS": "127.0.0.1",
        "CA_GATEWAY": "development",
        "DEVELOPMENT_CA_URL": f"{url}/ca",
    }
