import random

import pytest

from sealing.formats.errors import CODES, UnsealableDocument
from sealing.formats.pades import prepare
from sealing.formats.reading import PdfLimits
from sealing.formats.revision import RevisionRequest
from sealing.formats.sandbox import Sandbox, SandboxLimits
from tests.formats import bombs
from tests.formats.documents import CATALOG, CONTENT, PAGE, PAGES, document_of_size, pdf, xref_stream_pdf

FORM = b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>"
XFA = b"<</Fields[]/XFA(<xdp/>)>>"


def signed(*, reference: bytes = b"", lock: bytes = b"") -> bytes:
    """A document that looks signed, with rules about what may follow."""
    value = (
        b"<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange[0 1 2 3]/Contents<00>%s>>"
        % reference
    )
    field = b"<</Type/Annot/Subtype/Widget/FT/Sig/T(Old)/Rect[0 0 0 0]/V 7 0 R%s>>" % lock
    return pdf([FORM, PAGES, PAGE, CONTENT, b"<</Fields[6 0 R]/SigFlags 3>>", field, value])


def rule(method: bytes, parameters: bytes) -> bytes:
    return b"/Reference[<</Type/SigRef/TransformMethod/%s/TransformParams<<%s/V/1.2>>>>]" % (method, parameters)


def refusal_code(path, request=None) -> str:
    with pytest.raises(UnsealableDocument) as refusal:
        prepare(path, request or RevisionRequest())
    return refusal.value.code


REFUSED = {
    "empty file": (b"", "not_a_pdf"),
    "text": (b"Hello", "not_a_pdf"),
    "header behind other bytes": (b"\n" + pdf(), "not_a_pdf"),
    "zip before pdf": (b"PK\x03\x04" + pdf(), "not_a_pdf"),
    "no cross references": (b"%PDF-1.7\nnothing", "unreadable_pdf"),
    "cut in half": (document_of_size(9_000)[:5_000], "unreadable_pdf"),
    "no catalog": (pdf([b"null", PAGES, PAGE, CONTENT]), "unreadable_pdf"),
    "encrypted": (pdf(trailer=b"/Encrypt 4 0 R"), "encrypted_pdf"),
    "unknown security": (
        pdf([CATALOG, PAGES, PAGE, b"<</Filter/Mystery/V 9>>"], trailer=b"/Encrypt 4 0 R"),
        "encrypted_pdf",
    ),
    "XFA": (pdf([FORM, PAGES, PAGE, CONTENT, XFA]), "xfa_form"),
    "XFA packed": (xref_stream_pdf([FORM, PAGES, PAGE, CONTENT, XFA]), "xfa_form"),
    "no pages": (pdf([CATALOG, bombs.NO_PAGES]), "no_pages"),
    "no page tree": (pdf([b"<</Type/Catalog>>"]), "no_pages"),
    "direct page": (pdf([CATALOG, b"<</Type/Pages/Kids[<</Type/Page>>]/Count 1>>"]), "unreadable_pdf"),
    "certified without changes": (signed(reference=rule(b"DocMDP", b"/P 1")), "certified_no_changes"),
    "locked to no changes": (signed(lock=b"/Lock<</Action/Include/Fields[(a)]/P 1>>"), "certified_no_changes"),
    "certified without a field": (
        pdf([CATALOG[:-2] + b"/Perms<</DocMDP 5 0 R>>>>", PAGES, PAGE, CONTENT, b"<<%s>>" % rule(b"DocMDP", b"/P 1")]),
        "certified_no_changes",
    ),
    "certified illegibly": (
        pdf([CATALOG[:-2] + b"/Perms<</DocMDP 5 0 R>>>>", PAGES, PAGE, CONTENT, b"<</Contents<xy>>>"]),
        "unreadable_pdf",
    ),
    "all fields locked": (signed(reference=rule(b"FieldMDP", b"/Action/All")), "locked_by_signature"),
    "all but one locked": (signed(reference=rule(b"FieldMDP", b"/Action/Exclude/Fields[(a)]")), "locked_by_signature"),
    "reference stream bomb": (bombs.reference_stream_bomb(), None),
    "object stream bomb": (bombs.object_stream_bomb(), None),
    "loop of revisions": (bombs.previous_loop(), "unreadable_pdf"),
    "loop of pages": (bombs.page_tree_loop(), "unreadable_pdf"),
    "deep nesting": (bombs.deep_nesting(), "too_complex"),
    "many revisions": (bombs.many_revisions(2_000), "too_many_revisions"),
    "huge table": (bombs.huge_size(), "unreadable_pdf"),
    "huge index": (bombs.huge_index(), "too_complex"),
    "highest object number": (bombs.highest_number(), "too_many_objects"),
}
ACCEPTED = {
    "two flate layers in the content": bombs.content_bomb(),
    "certified for forms": signed(reference=rule(b"DocMDP", b"/P 2")),
    "certified for comments": signed(reference=rule(b"DocMDP", b"/P 3")),
    "one field locked": signed(reference=rule(b"FieldMDP", b"/Action/Include/Fields[(a)]")),
    "some revisions": bombs.many_revisions(20),
}


@pytest.fixture(scope="module")
def strict_sandbox():
    resources = SandboxLimits(memory_bytes=400 << 20, cpu_seconds=5, wall_seconds=20)
    with Sandbox(resources=resources) as running:
        yield running


@pytest.mark.parametrize(("original", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_a_document_that_cannot_be_sealed_is_refused_with_its_code(strict_sandbox, tmp_path, original, code):
    path = tmp_path / "hostile.pdf"
    path.write_bytes(original)
    with pytest.raises(UnsealableDocument) as refusal:
        strict_sandbox.inspect_pdf(path)
    assert refusal.value.code in ({code} if code else {"too_complex", "unreadable_pdf"}), refusal.value


@pytest.mark.parametrize("original", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_document_that_only_looks_dangerous_is_sealed(strict_sandbox, tmp_path, seal, original):
    path = tmp_path / "unusual.pdf"
    path.write_bytes(original)
    strict_sandbox.inspect_pdf(path)
    sealed = seal(path, prepare=strict_sandbox.prepare)
    sealed.check()
    assert sealed.result.certified is (sealed.result.earlier_signatures == 0)


def test_two_competing_tables_of_references_are_refused(tmp_path):
    original = xref_stream_pdf()
    start = int(original[original.rindex(b"startxref\n") + 10 :].split()[0])
    hybrid = original + b"xref\n0 0\ntrailer\n<</Size 9/Root 1 0 R/XRefStm %d>>\nstartxref\n%d\n%%%%EOF\n" % (
        start,
        len(original),
    )
    path = tmp_path / "hybrid.pdf"
    path.write_bytes(hybrid)
    assert refusal_code(path) == "hybrid_pdf"


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("size", "too_large"),
        ("pages", "too_many_pages"),
        ("objects", "too_many_objects"),
        ("revisions", "too_many_revisions"),
    ],
)
def test_a_limit_is_met_exactly_and_refused_just_after(sandbox, tmp_path, limit, code):
    path = tmp_path / "document.pdf"
    path.write_bytes(document_of_size(20_000))
    facts = sandbox.inspect_pdf(path)
    amount = getattr(facts, limit)
    assert sandbox.inspect_pdf(path, PdfLimits(**{limit: amount})) == facts
    with pytest.raises(UnsealableDocument) as refusal:
        sandbox.inspect_pdf(path, PdfLimits(**{limit: amount - 1}))
    assert refusal.value.code == code


def test_every_code_has_a_sentence_and_no_other_code_can_be_raised():
    assert all(sentence.endswith(".") for sentence in CODES.values())
    with pytest.raises(ValueError, match="undocumented"):
        UnsealableDocument("something_new")


def mutate(base: bytes, chance: random.Random) -> bytes:
    mutated = bytearray(base)
    for _ in range(chance.randint(1, 4)):
        position = chance.randrange(len(mutated))
        operation = chance.random()
        if operation < 0.5:
            mutated[position] = chance.randrange(256)
        elif operation < 0.75:
            del mutated[position : position + chance.randint(1, 30)]
        else:
            mutated[position:position] = chance.choice([b"<<", b">>", b"[", b"(", b" 9 0 R", b"/Kids[2 0 R]", b"-1"])
    return bytes(mutated)


def test_mutated_documents_are_sealed_validly_or_refused_but_never_break_the_engine(seal, sandbox, tmp_path):
    chance = random.Random(20)
    bases = [document_of_size(6_000), document_of_size(12_000), xref_stream_pdf(), signed()]
    path = tmp_path / "mutated.pdf"
    outcomes = {"sealed": 0}
    for number in range(200):
        mutated = mutate(bases[number % len(bases)], chance)
        path.write_bytes(mutated)
        try:
            sandbox.inspect_pdf(path)
            sealed = seal(path, algorithm="ec-p256", prepare=sandbox.prepare)
        except UnsealableDocument as refusal:
            outcomes[refusal.code] = outcomes.get(refusal.code, 0) + 1
            continue
        outcomes["sealed"] += 1
        assert sealed.path.read_bytes().startswith(mutated)
        sealed.check()
    assert outcomes.keys() <= {*CODES, "sealed"}
    assert min(outcomes["sealed"], outcomes["unreadable_pdf"]) > 20, outcomes
