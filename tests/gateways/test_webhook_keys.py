"""The signatures of webhooks are those of the standard: by its example, its library, and what we print for others."""

from __future__ import annotations

import base64
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from standardwebhooks import Webhook

from accounts.gateways.webhook_keys import SigningKeys, keys_kept, new_keys, signed_headers
from kernel import clock
from tests.architecture.source import ROOT

GUIDE = (ROOT / "docs" / "integrators.md").read_text()


def test_the_standards_own_example() -> None:
    """The secret, message and signature that the specification's reference libraries test with."""
    shared = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}', [SigningKeys(shared, bytes(32))]
    )
    assert headers["webhook-signature"].split()[0] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_keys_are_kept_in_the_standards_encodings() -> None:
    keys = new_keys()
    assert re.fullmatch(r"whsec_\S{44} whsk_\S{44}", keys.kept())
    assert keys.public_key.startswith("whpk_")
    assert keys_kept(keys.kept()) == keys
    assert new_keys() != keys


def test_what_the_guide_prints_verifies(tmp_path: Path) -> None:
    keys, body = new_keys(), b'{"type":"seal.sealed"}'
    headers = signed_headers("evt_1", clock.now(), body, [keys])
    (recipe,) = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)
    names = {"secret": keys.secret, "body": body, "headers": headers}
    exec(recipe, names)
    assert names["message"] == {"type": "seal.sealed"}
    assert Webhook(keys.secret).verify(body, headers) == {"type": "seal.sealed"}
    (line,) = re.findall(r"^\{ printf .*$", GUIDE, re.MULTILINE)
    (tmp_path / "body.json").write_bytes(body)
    told = {"ID": "evt_1", "TIMESTAMP": headers["webhook-timestamp"], "SECRET": keys.secret, "PATH": "/usr/bin:/bin"}
    ran = subprocess.run(["sh", "-ec", line], cwd=tmp_path, env=told, capture_output=True, text=True, check=True)
    assert f"v1,{ran.stdout.strip()}" in headers["webhook-signature"].split()
