"""endesive: a PDF signature with a timestamp, as its documentation shows."""

import datetime
from pathlib import Path

from warm import let_oscrypto_read_versions, milliseconds, order

let_oscrypto_read_versions()

from cryptography.hazmat.primitives.serialization import pkcs12  # noqa: E402
from endesive.pdf import cms  # noqa: E402

asked = order()
key, certificate, others = pkcs12.load_key_and_certificates(
    Path(asked["bundle"]).read_bytes(), asked["password"].encode()
)
document = Path(asked["document"]).read_bytes()
details = {
    "aligned": 16384,
    "sigflags": 3,
    "sigpage": 0,
    "sigfield": "Seal",
    "sigandcertify": True,
    "signingdate": datetime.datetime.now(datetime.UTC).strftime("D:%Y%m%d%H%M%S+00'00'"),
}


def seal() -> bytes:
    added = cms.sign(document, details, key, certificate, others, "sha256", None, asked["authority"])
    return document + bytes(added)


Path(asked["result"]).write_bytes(seal())
print(milliseconds(seal, max(2, asked["repetitions"] // 10)))
