"""What proves a seal, through its doors: the report, the receipt, the page."""

from __future__ import annotations

import base64
import hashlib
import json
import runpy
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import jwt
import pytest
from asn1crypto.cms import ContentInfo
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connections
from django.test import Client

from kernel import clock, runner, vault
from kernel.errors import Forbidden
from kernel.models import AuditEntry, Job
from kernel.tenancy.context import customer_schema
from sealing.actions import delete_documents as deleting
from sealing.actions import issue_receipt as issuing
from sealing.actions.archive_seal import archive_seal
from sealing.formats.sample import sample_pdf
from sealing.models import Document, Seal, SealAttempt, SealReceipt
from sealing.queries.seals import DocumentDeleted
from tests.architecture.source import ROOT
from tests.cast import Cast, Customers
from tests.invariants import assert_invariants
from tests.waiting import somebody_waits_for_a_lock, wait_for
from trust.actions.replace_receipt_key import replace_receipt_key
from trust.gateways import hsm

PDF = sample_pdf()
TEXT = b"any file at all\n"
SEALS = "/api/v1/seals"
KEYS = "/.well-known/sealport-receipt-keys.json"
RECIPE = ROOT / "docs" / "recipes" / "verify_receipt.py"


@pytest.fixture
def api(sealing_cast: Cast) -> Client:
    """A program of Alice's, with a live token."""
    return program(sealing_cast.alice.token())


def program(token: str) -> Client:
    return Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {token}")


def seal(api: Client, *files: tuple[str, bytes], **fields: str) -> str:
    """A finished seal of some files, or of the sample."""
    uploaded = [SimpleUploadedFile(name, content) for name, content in files or (("contract.pdf", PDF),)]
    answer = api.post(SEALS, {"file": uploaded, **fields})
    assert answer.status_code == 202, answer.content
    runner.drain()
    return str(answer.json()["id"])


def seal_digest(api: Client, content: bytes, algorithm: str = "sha512", **fields: str) -> str:
    value = base64.b64encode(hashlib.new(algorithm, content).digest()).decode()
    body = json.dumps({"digest": {"algorithm": algorithm, "value": value}, **fields})
    answer = api.post(SEALS, body, content_type="application/json")
    runner.drain()
    return str(answer.json()["id"])


def report(api: Client, seal_id: str) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"{SEALS}/{seal_id}/report").json()
    return found


def receipt(api: Client, seal_id: str) -> str:
    answer = api.get(f"{SEALS}/{seal_id}/receipt")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/jose")
    return str(answer.content.decode())


def told(jws: str) -> dict[str, Any]:
    payload = jws.split(".")[1]
    content: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return content


def openssl(*arguments: object) -> str:
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


# --- The receipt ----------------------------------------------------------------------------------------------------


def test_a_receipt_tells_the_facts_of_its_seal_and_openssl_and_a_jose_library_verify_it(
    api: Client, tmp_path: Path
) -> None:
    seal_id = seal(api)
    jws, shown, found = receipt(api, seal_id), api.get(f"{SEALS}/{seal_id}").json(), report(api, seal_id)

    content = told(jws)
    assert shown["links"]["receipt"].endswith(f"/{seal_id}/receipt")
    names = ("status", "live", "format", "level", "sealed_at", "accepted_at", "timestamp", "billable")
    assert {name: content[name] for name in names} == {name: shown[name] for name in names}
    assert content["documents"] == [
        {"digest_algorithm": "sha256", "digest": hashlib.sha256(PDF).hexdigest(), "size": len(PDF)}
    ]
    sealed = api.get(shown["links"]["content"]).getvalue()
    assert content["sealed_file"] == {"sha256": hashlib.sha256(sealed).hexdigest(), "size": len(sealed)}
    assert content["certificate"]["fingerprint"] == found["certificate"]["fingerprint"]
    assert content["usage_event"]["id"] == found["usage_event"]
    assert (content["usage_event"]["plan"], content["usage_event"]["quantity"]) == ("1", 1)
    assert (content["attempts"], content["invoice_line"]) == (1, None)

    keys = jwt.PyJWKSet.from_dict(api.get(KEYS).json())
    assert jwt.decode(jws, keys[jwt.get_unverified_header(jws)["kid"]], algorithms=["ES256"]) == content
    protected, payload, signature = jws.split(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    (tmp_path / "signed").write_text(f"{protected}.{payload}")
    half = len(raw) // 2
    r, s = (int.from_bytes(part, "big") for part in (raw[:half], raw[half:]))
    (tmp_path / "signature").write_bytes(encode_dss_signature(r, s))
    (tmp_path / "key.pem").write_bytes(_pem(api.get(KEYS).json()["keys"][0]))
    said = openssl(
        *("dgst", "-sha256", "-verify", tmp_path / "key.pem", "-signature", tmp_path / "signature", tmp_path / "signed")
    )
    assert said == "Verified OK\n"


def _pem(jwk: dict[str, str]) -> bytes:
    x, y = (int.from_bytes(base64.urlsafe_b64decode(jwk[name] + "=="), "big") for name in ("x", "y"))
    key = EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_receipt_never_changes_and_only_a_sealed_seal_has_one(sealing_cast: Cast, api: Client) -> None:
    first, refused = seal(api), seal(api, ("broken.pdf", b"%PDF-1.7 nothing"))
    queued = api.post(SEALS, {"file": SimpleUploadedFile("contract.pdf", PDF)}).json()["id"]

    again = [receipt(api, first), receipt(api, first)]
    page = sealing_cast.alice.client().get(sealing_cast.alice.url(f"documents/{first}/receipt/"))

    assert {*again, page.content.decode()} == {again[0]}
    assert f'filename="receipt-{first}.jws"' in page["Content-Disposition"]
    assert AuditEntry.objects.filter(action="receipt.issued", subject=first).count() == 1
    for unsealed in (refused, queued):
        for thing in ("receipt", "report"):
            answer = api.get(f"{SEALS}/{unsealed}/{thing}")
            assert (answer.status_code, answer.json()["code"]) == (409, "not_sealed")
        assert "receipt" not in api.get(f"{SEALS}/{unsealed}").json()["links"]
    runner.drain()


def test_a_test_seals_receipt_says_that_it_is_not_charged(sealing_cast: Cast) -> None:
    api = program(sealing_cast.alice.token(live=False))

    content = told(receipt(api, seal(api)))

    assert (content["live"], content["billable"], content["usage_event"]) == (False, False, None)


def test_of_two_first_requests_at_once_one_receipt_is_kept_and_both_get_it(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    customers = Customers()
    alice = customers.customer("Acme", customers.person("Alice"))
    runner.drain()
    seal_id, actor = seal(program(alice.token())), alice.actor
    both_have_signed, got = threading.Barrier(2, timeout=30), []

    def sign_together(**asked: Any) -> str:
        jws = original(**asked)
        both_have_signed.wait()
        return jws

    def ask() -> None:
        with customer_schema(alice.customer.id):
            got.append(issuing.issue_receipt(actor=actor, seal_id=seal_id, now=clock.now()))
        connections.close_all()

    original = issuing.sign_receipt
    monkeypatch.setattr(issuing, "sign_receipt", sign_together)
    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert len(got) == 2
    with customer_schema(alice.customer.id):
        assert set(got) == set(SealReceipt.objects.values_list("jws", flat=True))
    assert len(Client().get(KEYS).json()["keys"]) == 1
    assert AuditEntry.objects.filter(action="receipt.issued").count() == 1


def test_a_new_receipt_key_signs_from_then_on_and_the_old_one_stays_published(sealing_cast: Cast, api: Client) -> None:
    assert Client().get(KEYS).json() == {"keys": []}
    first, second = seal(api), seal(api)
    before = receipt(api, first)
    (old,) = api.get(KEYS).json()["keys"]

    with pytest.raises(Forbidden):
        replace_receipt_key(actor=sealing_cast.alice.actor, now=clock.now())
    call_command("replace_receipt_key", stdout=StringIO())
    published = Client().get(KEYS)

    new = published.json()["keys"][0]["kid"]
    assert [key["kid"] for key in published.json()["keys"]] == [new, old["kid"]]
    assert published["Content-Type"] == "application/jwk-set+json"
    assert published["Cache-Control"] == "public, max-age=300"
    assert (hsm.key_exists(new), hsm.key_exists(old["kid"])) == (True, False)
    assert receipt(api, first) == before
    read = runpy.run_path(str(RECIPE))["read_receipt"]
    assert [read(jws, published.json())["seal"] for jws in (before, receipt(api, second))] == [first, second]


def test_signing_a_receipt_is_no_seal(api: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    signed, original = [], hsm.sign

    def sign(key_label: str, *arguments: Any) -> bytes:
        signed.append(key_label.partition("_")[0])
        return original(key_label, *arguments)

    monkeypatch.setattr(hsm, "sign", sign)
    seal_id = seal(api)
    receipt(api, seal_id)
    receipt(api, seal_id)

    assert signed == ["key", "rk"]
    with customer_schema(api.get(f"{SEALS}/{seal_id}/receipt") and told(receipt(api, seal_id))["customer"]):
        assert SealAttempt.objects.count() == 1


def test_without_the_hsm_what_is_on_record_can_be_read_and_the_outage_says_whose_it_is(
    sealing_cast: Cast, api: Client
) -> None:
    alice = sealing_cast.alice
    kept, asked_too_late = seal(api), seal(api)
    jws = receipt(api, kept)
    vault.forget_keys()
    hsm.close()

    token, settings.PKCS11_TOKEN = settings.PKCS11_TOKEN, "nowhere"
    try:
        page = alice.client().get(alice.url(f"documents/{kept}/evidence/"))
        answers = [api.get(f"{SEALS}/{asked_too_late}/{thing}") for thing in ("receipt", "report")]
        refused = alice.client().get(alice.url(f"documents/{asked_too_late}/receipt/"))
        kept_receipt = receipt(api, kept)
    finally:
        settings.PKCS11_TOKEN = token
        hsm.close()

    assert page.status_code == 200
    assert "The time was confirmed by" in page.content.decode()
    assert kept_receipt == jws
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "hsm_unavailable")
        assert "HSM" in answer.json()["detail"]
    assert refused.status_code == 503
    assert "HSM" in refused.content.decode()


# --- The recipe -----------------------------------------------------------------------------------------------------


@pytest.fixture
def verify(tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """The written recipe, as somebody without us runs it."""

    def run(jws: str, keys: dict[str, Any], *, sealed: bytes = b"", documents: tuple[bytes, ...] = ()) -> Any:
        (tmp_path / "receipt.jws").write_text(jws)
        (tmp_path / "keys.json").write_text(json.dumps(keys))
        arguments = [sys.executable, RECIPE, tmp_path / "receipt.jws", tmp_path / "keys.json"]
        if sealed:
            (tmp_path / "sealed").write_bytes(sealed)
            arguments += ["--sealed", tmp_path / "sealed"]
        for number, content in enumerate(documents):
            (tmp_path / f"document-{number}").write_bytes(content)
            arguments += ["--document", tmp_path / f"document-{number}"]
        ended = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
        return ended.returncode, ended.stdout + ended.stderr

    return run


def test_the_recipe_verifies_receipts_of_every_format_with_their_files(
    api: Client, verify: Callable[..., tuple[int, str]]
) -> None:
    two = (("a.txt", TEXT), ("b.pdf", PDF))
    made: dict[str, tuple[bytes, ...]] = {
        seal(api, level="B-T"): (PDF,),
        seal(api, *two): (TEXT, PDF),
        seal(api, two[0], format="cades"): (TEXT,),
        seal_digest(api, TEXT): (TEXT,),
    }
    receipts = {seal_id: receipt(api, seal_id) for seal_id in made}
    keys = api.get(KEYS).json()
    files = {seal_id: api.get(f"{SEALS}/{seal_id}/content").getvalue() for seal_id in made}

    for seal_id, documents in made.items():
        status, said = verify(receipts[seal_id], keys, sealed=files[seal_id], documents=documents)
        assert (status, said.split()[:2]) == (0, ["ok:", seal_id]), said

    container, jws = files[list(made)[1]], receipts[list(made)[1]]
    status, said = verify(jws, keys, sealed=container + b"\0")
    assert (status, said.partition(".")[0]) == (1, "The sealed file is another one than the receipt is about")
    assert verify(jws, keys, documents=(PDF, TEXT))[1] == "Document 1 is another one than was sealed.\n"
    assert verify(jws, keys, documents=(TEXT,))[1] == "The receipt is about 2 documents, not 1.\n"
    assert verify(jws, {"keys": []})[1].endswith("is not among the operator's.\n")
    assert verify("no receipt", keys) == (1, "This is not a receipt, or these are not receipt keys.\n")


def test_no_field_of_a_receipt_can_be_changed_and_no_other_key_can_sign_it(api: Client) -> None:
    jws = receipt(api, seal(api))
    recipe = runpy.run_path(str(RECIPE))
    (key,) = api.get(KEYS).json()["keys"]
    other = hsm.generate_key_pair("rk_somebody_else", "ec-p256")
    protected, payload, signature = jws.split(".")
    content = told(jws)

    forged = [_encoded(content | {name: _different(value)}) for name, value in content.items()]
    forged += [_encoded({n: v for n, v in content.items() if n != name}) for name in content]
    forged += [_encoded(content | {"usage_event": content["usage_event"] | {"id": 7}}), _encoded(content, indent=1)]
    header = json.loads(base64.urlsafe_b64decode(protected + "=="))
    attempts = [f"{protected}.{each}.{signature}" for each in forged]
    attempts += [f"{_encoded(header | {'alg': 'none'})}.{payload}.", f"{protected}.{payload}.{signature[:-2]}AA"]
    attempts += [f"{_encoded(header | {'crit': ['exp']})}.{payload}.{signature}", jws + "A", jws.replace(".", "", 1)]

    for attempt in attempts:
        with pytest.raises(recipe["Wrong"]):
            recipe["read_receipt"](attempt, {"keys": [key]})
    with pytest.raises(recipe["Wrong"], match="does not fit"):
        recipe["read_receipt"](jws, {"keys": [_jwk(other) | {"kid": key["kid"]}]})
    assert recipe["read_receipt"](jws, {"keys": [key]}) == content


def _encoded(content: object, **how: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content, sort_keys=True, **how).encode()).rstrip(b"=").decode()


def _different(value: Any) -> Any:
    return {"other": value} if not isinstance(value, bool) else not value


def _jwk(public_key: bytes) -> dict[str, str]:
    from trust.gateways.receipt_keys import public_jwk

    return public_jwk("other", public_key)


# --- After an archiving, and after a deletion -----------------------------------------------------------------------


def test_after_an_archiving_a_new_receipt_names_the_files_before_and_the_old_one_stays_true(
    sealing_cast: Cast, api: Client, verify: Callable[..., tuple[int, str]]
) -> None:
    alice = sealing_cast.alice
    seal_ids = [seal(api), seal(api, ("a.txt", TEXT)), seal(api, ("a.txt", TEXT), format="cades")]

    def content_of(seal_id: str) -> bytes:
        return bytes(api.get(f"{SEALS}/{seal_id}/content").getvalue())

    def archive(*seal_ids: str) -> None:
        for seal_id in seal_ids:
            assert api.post(f"{SEALS}/{seal_id}/archive").status_code == 202
        runner.drain()

    delivered = {seal_id: (receipt(api, seal_id), content_of(seal_id)) for seal_id in seal_ids}
    keys = api.get(KEYS).json()
    archive(*seal_ids)

    for seal_id, (old, file_before) in delivered.items():
        new, file = receipt(api, seal_id), content_of(seal_id)
        (made,) = told(new)["archivings"]
        assert made["file_before"] == told(old)["sealed_file"]
        assert told(new)["sealed_file"] == {"sha256": hashlib.sha256(file).hexdigest(), "size": len(file)}
        assert (told(old)["archivings"], receipt(api, seal_id)) == ([], new)
        assert AuditEntry.objects.filter(action="receipt.issued", subject=seal_id).count() == 2
        assert verify(old, keys, sealed=file_before)[0] == verify(new, keys, sealed=file)[0] == 0
        status, said = verify(new, keys, sealed=file_before)
        assert (status, f"before it was archived at {made['timestamp']['time']}" in said) == (0, True)
        status, said = verify(old, keys, sealed=file)
        assert (status, "a new receipt" in said.lower()) == (1, True)
        assert ("begins with the one" in said) == (seal_id == seal_ids[0])

    pdf, (old, file_before) = seal_ids[0], delivered[seal_ids[0]]
    archive(pdf)
    new, file, found = receipt(api, pdf), content_of(pdf), report(api, pdf)
    assert verify(new, keys, sealed=file + b"\n%changed")[0] == 1
    assert verify(new, keys, sealed=file[: told(new)["archivings"][1]["file_before"]["size"]])[0] == 0
    assert [each["file_before"]["sha256"] for each in found["archivings"]] == [
        *(hashlib.sha256(file_before).hexdigest(), found["archivings"][0]["sha256"])
    ]
    assert found["archivings"][1]["sha256"] == found["sealed_file"]["sha256"] == hashlib.sha256(file).hexdigest()
    assert found["archivings"][1]["holds_until"] == found["archived_until"]
    assert found["validation"]["indication"] == "TOTAL-PASSED"
    page = alice.client().get(alice.url(f"documents/{pdf}/evidence/")).content.decode()
    assert page.count("Archive timestamp added later") == 2
    assert hashlib.sha256(file_before).hexdigest() in page
    printed = api.get(f"{SEALS}/{pdf}/report", headers={"Accept": "application/pdf"})
    assert printed.content.startswith(b"%PDF-")


def test_a_receipt_of_a_file_that_is_archived_while_it_is_being_signed_is_signed_again(
    sealing_cast: Cast, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal_id, original = seal(api), issuing.sign_receipt

    def sign_too_late(**asked: Any) -> str:
        monkeypatch.setattr(issuing, "sign_receipt", original)
        jws = original(**asked)
        archive_seal(actor=sealing_cast.alice.actor, seal_id=seal_id, now=clock.now())
        runner.drain()
        return jws

    monkeypatch.setattr(issuing, "sign_receipt", sign_too_late)
    jws = receipt(api, seal_id)

    assert len(told(jws)["archivings"]) == 1
    assert told(jws)["sealed_file"] == {name: report(api, seal_id)["sealed_file"][name] for name in ("sha256", "size")}
    assert receipt(api, seal_id) == jws


def test_a_receipt_asked_for_in_the_instant_of_the_deletion_is_not_kept(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion has erased everything and is about to commit when the signed receipt comes to be stored."""
    customers = Customers()
    alice = customers.customer("Acme", customers.person("Alice"))
    runner.drain()
    seal_id, signed, erased, waits = seal(program(alice.token())), threading.Event(), threading.Event(), []

    def sign_before_the_deletion(**asked: Any) -> str:
        jws = sign(**asked)
        signed.set()
        assert erased.wait(30)
        return jws

    def commit_when_the_receipt_waits(*about: Any, **more: Any) -> None:
        erased.set()
        waits.append(wait_for(somebody_waits_for_a_lock, "the receipt waits for the seal", seconds=30))
        emit(*about, **more)

    def ask() -> None:
        with customer_schema(alice.customer.id), pytest.raises(DocumentDeleted):
            issuing.issue_receipt(actor=alice.actor, seal_id=seal_id, now=clock.now())
        refused.append(True)
        connections.close_all()

    refused: list[bool] = []
    sign, emit = issuing.sign_receipt, deleting.outbox.emit
    monkeypatch.setattr(issuing, "sign_receipt", sign_before_the_deletion)
    monkeypatch.setattr(deleting.outbox, "emit", commit_when_the_receipt_waits)
    asking = threading.Thread(target=ask)
    asking.start()
    assert signed.wait(30)
    with customer_schema(alice.customer.id):
        deleting.delete_documents(actor=alice.actor, seal_id=seal_id, now=clock.now())
    asking.join(60)

    assert (refused, len(waits)) == ([True], 1)
    with customer_schema(alice.customer.id):
        assert not SealReceipt.objects.exists()
    assert not AuditEntry.objects.filter(action="receipt.issued").exists()
    runner.drain()
    assert_invariants()


# --- The report -----------------------------------------------------------------------------------------------------


def test_the_report_tells_what_other_programs_read_from_the_files(api: Client, tmp_path: Path) -> None:
    pdf, text = seal(api), seal(api, ("a.txt", TEXT), format="cades")
    file, cms, document = tmp_path / "sealed.pdf", tmp_path / "seal.p7s", tmp_path / "a.txt"
    file.write_bytes(api.get(f"{SEALS}/{pdf}/content").getvalue())
    cms.write_bytes(api.get(f"{SEALS}/{text}/content").getvalue())
    document.write_bytes(TEXT)

    found = report(api, pdf)
    said = subprocess.run(["pdfsig", file], capture_output=True, text=True, check=False, timeout=60).stdout
    assert f"Signer Certificate Common Name: {_common_name(found['certificate']['subject'])}" in said
    assert found["sealed_file"]["sha256"] == openssl("dgst", "-sha256", "-r", file).split()[0]

    found, signer = report(api, text), tmp_path / "signer.pem"
    verifying = ["-verify", "-noverify", "-binary", "-inform", "DER", "-content", document, "-in", cms]
    openssl("cms", *verifying, "-signer", signer)
    certificate, (timestamp,) = found["certificate"], found["timestamps"]
    said = openssl(*["x509", "-noout", "-serial", "-fingerprint", "-sha256", "-in"], signer).replace(":", "").lower()
    assert f"serial={certificate['serial']}\n" in said.replace("serial=0", "serial=")
    assert f"fingerprint={certificate['fingerprint']}\n" in said

    signed = ContentInfo.load(cms.read_bytes())["content"]
    signer_info = signed["signer_infos"][0]
    (token,) = [each["values"][0] for each in signer_info["unsigned_attrs"] if each["type"].native.endswith("token")]
    (tmp_path / "token").write_bytes(token.dump())
    said = openssl("ts", "-reply", "-token_in", "-text", "-in", tmp_path / "token")
    assert timestamp["sha256"] == hashlib.sha256(token.dump()).hexdigest()
    assert timestamp["imprint"] == hashlib.sha256(signer_info["signature"].native).hexdigest()
    assert f"Policy OID: {timestamp['policy']}\n" in said
    assert f"Serial number: 0x{timestamp['serial']}\n".upper() in said.replace("0x0", "0x").upper()
    at = datetime.fromisoformat(timestamp["time"])
    assert f"Time stamp: {at:%b} {at.day:2} {at:%H:%M:%S} {at.year} GMT" in said

    told_answers = {each["sha256"]: each for each in [*certificate["answers"], *timestamp["answers"]]}
    embedded = [each.chosen["other_rev_info"] for each in signed["crls"] if each.name == "other"]
    assert embedded
    for answer in embedded:
        (tmp_path / "answer").write_bytes(answer.dump())
        said = openssl("ocsp", "-noverify", "-text", "-respin", tmp_path / "answer")
        one = told_answers[hashlib.sha256(answer.dump()).hexdigest()]
        assert f"Serial Number: {one['concerns']}\n".upper() in said.replace("Number: 0", "Number: ").upper()
        at = datetime.fromisoformat(one["produced_at"])
        assert f"Produced At: {at:%b} {at.day:2} {at:%H:%M:%S} {at.year} GMT" in said


def test_each_step_and_attempt_is_on_record_and_signatures_are_accounted_for(
    sealing_cast: Cast, api: Client, settings: Any
) -> None:
    """The first attempt loses its worker, the second finds no timestamp authority, the third succeeds."""
    alice, authorities = sealing_cast.alice, settings.TSA_URLS
    settings.TSA_URLS = ["http://127.0.0.1:1/tsa"]
    seal_id = seal(api, ("a.txt", TEXT), ("b.txt", TEXT), level="B-T")
    settings.TSA_URLS = authorities
    with customer_schema(alice.customer.id):
        SealAttempt.objects.create(seal_id=seal_id, fence=0, started_at=clock.now() - timedelta(hours=1))
    Job.objects.filter(kind="sealing.perform_seal").update(run_at=clock.now() - timedelta(seconds=1))
    runner.drain()

    found = report(api, seal_id)
    page = alice.client().get(alice.url(f"documents/{seal_id}/evidence/")).content.decode()

    assert [(each["outcome"], each["signature"]) for each in found["attempts"]] == [
        *(("", "perhaps"), ("timestamp_unavailable", "yes"), ("published", "yes"))
    ]
    assert told(receipt(api, seal_id))["attempts"] == 3
    for words in ("Our worker was lost", "signatures used: at most 1", "No timestamp authority gave a valid answer"):
        assert words in page
    moments = [found["steps"][name] for name in ("accepted_at", "began_at", "ended_at", "sealed_at")]
    assert moments == sorted(moments)
    assert found["gate"]["verdict"] == "passed"
    assert found["requested_by"]["name"] == "robot"


def _common_name(subject: str) -> str:
    return next(part.removeprefix("CN=") for part in subject.split(",") if part.startswith("CN="))


@pytest.mark.parametrize(("level", "timestamps"), [("B-T", 1), ("B-LT", 1), ("B-LTA", 2)])
def test_the_report_verifies_the_sealed_file_again(api: Client, level: str, timestamps: int) -> None:
    seal_id = seal(api, level=level)

    found = report(api, seal_id)
    xml = api.get(f"{SEALS}/{seal_id}/report", headers={"Accept": "application/xml"})
    printed = api.get(f"{SEALS}/{seal_id}/report", headers={"Accept": "application/pdf"})

    verdict = found["validation"]["indication"]
    assert (found["not_verified"], found["document_needed"]) == (None, False)
    assert verdict == "TOTAL-PASSED" or level == "B-T"
    assert len(found["timestamps"]) == timestamps
    assert found["certificate"]["answers"]
    assert xml["Content-Type"] == "application/xml"
    assert f"mainindication:{verdict.lower()}" in xml.content.decode()
    assert printed.content.startswith(b"%PDF-")


def test_the_report_verifies_containers_and_detached_seals_with_the_digest_that_is_kept(
    sealing_cast: Cast, api: Client, settings: Any
) -> None:
    alice, container = sealing_cast.alice, seal(api, ("a.txt", TEXT), ("b.pdf", PDF))
    detached = [seal_digest(api, TEXT), seal(api, ("a.txt", TEXT), format="cades")]
    detached.append(seal_digest(api, TEXT, "sha256", format="pades", level="B-T"))

    found = {seal_id: report(api, seal_id) for seal_id in (container, *detached)}
    page = alice.client().get(alice.url(f"documents/{detached[0]}/report/?format=xml"))

    for seal_id, told_of in found.items():
        assert (told_of["validation"]["indication"], told_of["not_verified"]) == ("TOTAL-PASSED", None)
        assert told_of["document_needed"] == (seal_id in detached)
    assert found[detached[0]]["gate"]["checks"] == ["digest", "signature", "certificate", "timestamp", "revocation"]
    assert b"mainindication:total-passed" in page.content

    with customer_schema(alice.customer.id):
        Document.objects.filter(seal_id=detached[0]).update(digest=hashlib.sha512(PDF).hexdigest())
    assert report(api, detached[0])["validation"]["sub_indication"] == "HASH_FAILURE"
    settings.MAX_DOCUMENT_BYTES = found[container]["sealed_file"]["size"]
    assert report(api, container)["validation"] is not None
    settings.MAX_DOCUMENT_BYTES -= 1
    too_large, xml = (
        api.get(f"{SEALS}/{container}/report", headers={"Accept": accepted})
        for accepted in ("application/json", "application/xml")
    )
    assert (too_large.json()["validation"], too_large.json()["not_verified"]["code"]) == (None, "document_too_large")
    assert (xml.status_code, xml.json()["code"]) == (409, "not_verified_here")


def test_a_seal_from_before_there_was_evidence_still_has_page_report_and_receipt(
    sealing_cast: Cast, api: Client
) -> None:
    alice, seal_id = sealing_cast.alice, seal(api)
    with customer_schema(alice.customer.id):
        Seal.objects.filter(id=seal_id).update(evidence=None)

    found = report(api, seal_id)

    assert (found["timestamps"], found["steps"]["began_at"], found["certificate"]["answers"]) == ([], None, [])
    assert found["validation"]["indication"] == "TOTAL-PASSED"
    assert alice.client().get(alice.url(f"documents/{seal_id}/evidence/")).status_code == 200
    assert told(receipt(api, seal_id))["seal"] == seal_id


# --- The page -------------------------------------------------------------------------------------------------------


def test_the_page_says_it_in_plain_words_and_members_see_only_their_own(sealing_cast: Cast, api: Client) -> None:
    alice, bob = sealing_cast.alice, sealing_cast.bob
    seal_id = seal(api)

    page = alice.client().get(alice.url(f"documents/{seal_id}/evidence/")).content.decode()
    files = {
        kind: alice.client().get(alice.url(f"documents/{seal_id}/report/?format={kind}"))
        for kind in ("pdf", "json", "xml", "")
    }

    for words in ("with the certificate of Acme", "The certificate was not revoked", "one seal of the plan", "Acme"):
        assert words in page
    assert "Sealed, timestamped, checked and delivered" in page
    assert [file["Content-Type"].partition(";")[0] for file in files.values()] == [
        *("application/pdf", "application/json", "application/xml", "application/pdf")
    ]
    assert files["json"].json()["seal"] == seal_id
    for thing in ("evidence", "report", "receipt"):
        assert bob.client().get(bob.url(f"documents/{seal_id}/{thing}/")).status_code == 404
        assert sealing_cast.carol.client().get(bob.url(f"documents/{seal_id}/{thing}/")).status_code == 403
