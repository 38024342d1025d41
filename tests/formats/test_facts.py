import pytest

from sealing.formats.facts import WARNINGS, PdfFacts, inspect_pdf
from tests.formats.documents import CONTENT, PAGE, PAGES, document_of_size, pdf, xref_stream_pdf
from tests.formats.test_refusals import rule, signed


def facts(original: bytes, tmp_path) -> PdfFacts:
    path = tmp_path / "document.pdf"
    path.write_bytes(original)
    with path.open("rb") as stream:
        return inspect_pdf(stream)


def catalog(extra: bytes, *more: bytes, page: bytes = PAGE) -> bytes:
    return pdf([b"<</Type/Catalog/Pages 2 0 R%s>>" % extra, PAGES, page, CONTENT, *more])


JAVASCRIPT = b"<</S/JavaScript/JS(app.alert\\(1\\))>>"
PAGE_START = PAGE[:-2]
CASES = {
    "nothing": (pdf(), ()),
    "script in the names": (catalog(b"/Names<</JavaScript<</Names[(a) %s]>>>>" % JAVASCRIPT), ("javascript",)),
    "script on opening": (catalog(b"/OpenAction %s" % JAVASCRIPT), ("javascript", "open_action")),
    "first view only": (catalog(b"/OpenAction[3 0 R /Fit]"), ()),
    "jump on opening": (catalog(b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"), ()),
    "program on opening": (catalog(b"/OpenAction<</S/Launch/F(cmd.exe)>>"), ("launch_action", "open_action")),
    "script before closing": (catalog(b"/AA<</WC %s>>" % JAVASCRIPT), ("javascript",)),
    "script of a page": (catalog(b"", page=PAGE_START + b"/AA<</O %s>>>>" % JAVASCRIPT), ("javascript",)),
    "link to a program": (
        catalog(b"", page=PAGE_START + b"/Annots[<</Subtype/Link/Rect[0 0 1 1]/A<</S/Launch/F(x)>>>>]>>"),
        ("launch_action",),
    ),
    "link to another file": (
        catalog(b"", page=PAGE_START + b"/Annots[<</Subtype/Link/Rect[0 0 1 1]/A<</S/GoToR/F(x)>>>>]>>"),
        ("external_content",),
    ),
    "ordinary link": (
        catalog(b"", page=PAGE_START + b"/Annots[<</Subtype/Link/Rect[0 0 1 1]/A<</S/URI/URI(x)>>>>]>>"),
        (),
    ),
    "attachment": (catalog(b"/Names<</EmbeddedFiles<</Names[]>>>>"), ("embedded_files",)),
    "attachment on a page": (
        catalog(b"", page=PAGE_START + b"/Annots[<</Subtype/FileAttachment/Rect[0 0 1 1]>>]>>"),
        ("embedded_files",),
    ),
    "layer off": (
        catalog(b"/OCProperties<</OCGs[5 0 R]/D<</OFF[5 0 R]>>>>", b"<</Type/OCG/Name(a)>>"),
        ("hidden_layers",),
    ),
    "layer on": (catalog(b"/OCProperties<</OCGs[5 0 R]/D<</OFF[]>>>>", b"<</Type/OCG/Name(a)>>"), ()),
    "form": (catalog(b"/AcroForm<</Fields[5 0 R]>>", b"<</FT/Tx/T(a)>>"), ("fillable_form",)),
    "empty signature field": (
        catalog(b"/AcroForm<</Fields[5 0 R]>>", b"<</FT/Sig/T(a)>>"),
        ("empty_signature_fields",),
    ),
    "usage rights": (catalog(b"/Perms<</UR3 5 0 R>>", b"<<>>"), ("usage_rights",)),
    "bytes behind": (pdf() + b"PK\x05\x06" + bytes(18), ("trailing_bytes",)),
    "blanks behind": (pdf() + b"\r\n\r\n", ()),
}


@pytest.mark.parametrize(("original", "warnings"), CASES.values(), ids=CASES.keys())
def test_what_a_document_could_do_later_is_told_and_sealed(tmp_path, original, warnings):
    found = facts(original, tmp_path)
    assert found.warnings == warnings
    assert set(warnings) <= WARNINGS.keys()


def test_a_document_is_described(tmp_path):
    original = document_of_size(30_000)
    found = facts(original, tmp_path)
    assert (found.size, found.version, found.revisions) == (len(original), "1.7", 1)
    assert found.pages == original.count(b"/Type/Page/")
    assert found.objects == original.count(b" 0 obj\n")
    assert found.certifiable
    assert facts(xref_stream_pdf(), tmp_path).version == "1.5"


def test_a_slightly_damaged_document_is_read_and_said_to_be_damaged(tmp_path):
    damaged = pdf().replace(b"/Size 5", b"/Size 3")
    assert facts(damaged, tmp_path).warnings == ("needs_repair",)


def test_existing_signatures_are_listed_with_what_they_permit(tmp_path):
    found = facts(signed(reference=rule(b"DocMDP", b"/P 2")), tmp_path)
    (signature,) = found.signatures
    assert (signature.field_name, signature.permits, signature.kind) == ("Old", 2, "signature")
    assert not found.certifiable


@pytest.mark.parametrize(
    "metadata",
    [
        b'<rdf:Description pdfaid:part="2" pdfaid:conformance="b"/>',
        b"<pdfaid:part>2</pdfaid:part> <pdfaid:conformance>B</pdfaid:conformance>",
    ],
)
def test_a_declared_pdf_a_conformance_is_recognised(tmp_path, metadata):
    stream = b"<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n%s\nendstream" % (len(metadata), metadata)
    assert facts(catalog(b"/Metadata 5 0 R", stream), tmp_path).pdfa == "PDF/A-2B"


def test_facts_survive_the_way_out_of_the_sandbox(tmp_path):
    found = facts(signed(reference=rule(b"DocMDP", b"/P 3")), tmp_path)
    assert PdfFacts.from_json(found.as_json()) == found
