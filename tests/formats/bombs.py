"""Documents made to hurt the reader: small files that want all memory or time."""

import zlib

from tests.formats.documents import CATALOG, CONTENT, PAGE, PAGES, pdf

MEBIBYTE = 1 << 20
NO_PAGES = b"<</Type/Pages/Kids[]/Count 0>>"


def zeros(mebibytes: int, start: bytes = b"") -> bytes:
    """That many compressed zero bytes after a start."""
    press = zlib.compressobj(9)
    chunks = [press.compress(start)] + [press.compress(bytes(MEBIBYTE)) for _ in range(mebibytes)]
    return b"".join(chunks) + press.flush()


def twice(mebibytes: int, start: bytes = b"") -> bytes:
    """Compressed twice: about a million to one."""
    return zlib.compress(zeros(mebibytes, start), 9)


FILTERS = b"/Filter[/FlateDecode/FlateDecode]"


def content_bomb() -> bytes:
    """A page whose content expands to a gibibyte. Sealing never decodes it."""
    payload = twice(1024)
    bomb = b"<<%s/Length %d>>\nstream\n%s\nendstream" % (FILTERS, len(payload), payload)
    return pdf([CATALOG, PAGES, PAGE, bomb])


def reference_stream_bomb() -> bytes:
    """A cross-reference stream that expands to a gibibyte."""
    payload = twice(1024)
    head = b"%PDF-1.7\n1 0 obj\n" + CATALOG + b"\nendobj\n"
    body = b"9 0 obj\n<</Type/XRef/Size 10/W[1 4 2]/Root 1 0 R%s/Length %d>>\nstream\n%s\nendstream\nendobj\n"
    return head + body % (FILTERS, len(payload), payload) + b"startxref\n%d\n%%%%EOF\n" % len(head)


def object_stream_bomb() -> bytes:
    """An object stream with the catalog that expands to a gibibyte."""
    payload = twice(1024, b"1 0 " + CATALOG)
    head = b"%PDF-1.7\n"
    offsets = {5: len(head)}
    head += b"5 0 obj\n<</Type/ObjStm/N 1/First 4%s/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (
        (FILTERS, len(payload), payload)
    )
    offsets[2] = len(head)
    head += b"2 0 obj\n" + NO_PAGES + b"\nendobj\n"
    offsets[6] = len(head)
    rows = [(0, 0, 65535), (2, 5, 0), (1, offsets[2], 0), (0, 0, 0), (0, 0, 0), (1, offsets[5], 0), (1, offsets[6], 0)]
    table = b"".join(
        bytes((kind,)) + value.to_bytes(4, "big") + extra.to_bytes(2, "big") for kind, value, extra in rows
    )
    head += b"6 0 obj\n<</Type/XRef/Size 7/W[1 4 2]/Root 1 0 R/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (
        (len(table), table)
    )
    return head + b"startxref\n%d\n%%%%EOF\n" % offsets[6]


def previous_loop() -> bytes:
    """A trailer whose /Prev is itself."""
    original = pdf(trailer=b"/Prev 00000")
    start = original.rindex(b"startxref\n") + 10
    return original.replace(b"/Prev 00000", b"/Prev %05d" % int(original[start:].split()[0]))


def page_tree_loop() -> bytes:
    """A page tree that contains itself."""
    return pdf([CATALOG, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999999/Parent 2 0 R>>"])


def deep_nesting() -> bytes:
    """A catalog with two hundred thousand arrays inside each other."""
    return pdf([CATALOG[:-2] + b"/X " + b"[" * 200_000 + b"]" * 200_000 + b">>", PAGES, PAGE, CONTENT])


def many_revisions(count: int) -> bytes:
    """An empty revision that many times."""
    out = bytearray(pdf())
    start = int(out[out.rindex(b"startxref\n") + 10 :].split()[0])
    for _ in range(count):
        position = len(out)
        out += b"xref\n0 0\ntrailer\n<</Size 5/Root 1 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (start, position)
        start = position
    return bytes(out)


def huge_size() -> bytes:
    """A cross-reference table that announces four thousand million entries."""
    head = b"%PDF-1.7\n1 0 obj\n" + CATALOG + b"\nendobj\n"
    table = b"xref\n0 4000000000\n0000000000 65535 f \ntrailer\n<</Size 4000000000/Root 1 0 R>>\n"
    return head + table + b"startxref\n%d\n%%%%EOF\n" % len(head)


def huge_index() -> bytes:
    """A cross-reference stream with a tiny body and an index of four thousand million entries."""
    head = b"%PDF-1.7\n1 0 obj\n" + CATALOG + b"\nendobj\n"
    body = b"9 0 obj\n<</Type/XRef/Size 4000000000/W[0 0 0]/Root 1 0 R/Length 0>>\nstream\n\nendstream\nendobj\n"
    return head + body + b"startxref\n%d\n%%%%EOF\n" % len(head)


def highest_number() -> bytes:
    """An object number at the end of what PDF readers allow."""
    return pdf().replace(b"/Size 5", b"/Size 8388608")
