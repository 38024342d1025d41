"""pyasice: a container with a timestamp and an OCSP answer, as its documentation shows; verified by itself."""

import io
from pathlib import Path

from warm import let_oscrypto_read_versions, milliseconds, order

let_oscrypto_read_versions()

from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import padding  # noqa: E402
from pyasice import Container, finalize_signature  # noqa: E402

asked = order()
key = serialization.load_pem_private_key(Path(asked["key"]).read_bytes(), None)
certificate, issuer = (Path(asked[name]).read_bytes() for name in ("certificate", "issuer"))
document = Path(asked["document"]).read_bytes()


def seal() -> bytes:
    container = Container()
    container.add_file("document.bin", document, "application/octet-stream", compress=False)
    signature = container.prepare_signature(certificate)
    signature.set_signature_value(key.sign(signature.signed_data(), padding.PKCS1v15(), hashes.SHA256()))
    finalize_signature(
        signature,
        issuer,
        ocsp_url=asked["responder"],
        tsa_url=asked["authority"],
    )
    container.add_signature(signature)
    return bytes(container.finalize().getvalue())


made = seal()
Path(asked["result"]).write_bytes(made)
Container(io.BytesIO(made)).verify_signatures()
print(milliseconds(seal, max(2, asked["repetitions"] // 4)))
