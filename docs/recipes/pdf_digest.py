"""Seal a PDF that never leaves your machine: only its digest is sent, and the answer is embedded here.

    pip install pyhanko
    export SEALPORT_URL=https://seal.example.org SEALPORT_TOKEN=sp_live_...
    python pdf_digest.py contract.pdf contract-sealed.pdf

A copy of the PDF gets a signature field with room for the seal. The SHA-256 of everything around that room goes to the
API with format "pades" and level "B-T", and the CMS signature that comes back is put into the room. The bytes of the
original stay as they are, and the result is a PAdES B-T file like any other.
"""

import base64
import json
import os
import shutil
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import SignatureObject
from pyhanko.sign.signers.cms_embedder import PdfCMSEmbedder, SigIOSetup, SigObjSetup

ROOM = 65_536  # hexadecimal digits, two for each byte of the signature
SIGNATURE = "application/pkcs7-signature"


def ask_for_seal(digest: bytes, name: str) -> bytes:
    """The CMS signature (DER) over a SHA-256 digest. The same digest is never sealed twice, however often you ask."""
    order = {
        "digest": {"algorithm": "sha256", "value": base64.b64encode(digest).decode()},
        "document": {"name": name},
        "format": "pades",
        "level": "B-T",
    }
    headers = {
        "Authorization": f"Bearer {os.environ['SEALPORT_TOKEN']}",
        "Content-Type": "application/json",
        "Accept": SIGNATURE,
        "Idempotency-Key": digest.hex(),
    }
    address = os.environ["SEALPORT_URL"].rstrip("/") + "/api/v1/seals"
    request = urllib.request.Request(address, json.dumps(order).encode(), headers)  # noqa: S310 - your own address
    with urllib.request.urlopen(request, timeout=90) as answer:  # noqa: S310 - the same
        body: bytes = answer.read()
        if answer.headers.get_content_type() != SIGNATURE:
            raise RuntimeError(f"It is not sealed yet. Fetch it later: {body.decode()}")
        return body


def seal(source: Path, target: Path) -> None:
    """Seal the PDF `source` into `target`."""
    shutil.copyfile(source, target)
    with target.open("r+b") as output:
        embedding = PdfCMSEmbedder().write_cms("Seal1", IncrementalPdfFileWriter(output))
        next(embedding)
        room = SignatureObject(datetime.now(UTC), subfilter=SigSeedSubFilter.PADES, bytes_reserved=ROOM)
        embedding.send(SigObjSetup(sig_placeholder=room))
        prepared, _ = embedding.send(SigIOSetup(md_algorithm="sha256", in_place=True))
        embedding.send(ask_for_seal(prepared.document_digest, source.name))


if __name__ == "__main__":
    seal(Path(sys.argv[1]), Path(sys.argv[2]))
