"""PDFs made by hand: ordinary ones, and the hostile ones a service meets."""

import zlib
from collections.abc import Sequence

CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
PAGES = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<<>>>>"
CONTENT = b"<</Length 12>>\nstream\n0 0 10 10 re\nendstream"
ONE_PAGE = (CATALOG, PAGES, PAGE, CONTENT)


def pdf(
    objects: Sequence[bytes] = ONE_PAGE, *, trailer: bytes = b"", version: bytes = b"1.7", identified: bool = True
) -> bytes:
    """A PDF with a classic cross-reference table; object 1 is the catalog."""
    out = bytearray(b"%PDF-" + version + b"\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    identifier = b"/ID[<%s><%s>]" % (b"a" * 32, b"a" * 32) if identified else b""
    out += b"trailer\n<</Size %d/Root 1 0 R%s%s>>\n" % (len(objects) + 1, identifier, trailer)
    return bytes(out + b"startxref\n%d\n%%%%EOF\n" % start)


def xref_stream_pdf(objects: Sequence[bytes] = ONE_PAGE, *, trailer: bytes = b"", compressed: bool = True) -> bytes:
    """A PDF 1.5 whose dictionaries lie in an object stream and whose cross-references are a stream."""
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    rows: dict[int, bytes] = {0: b"\x00" + bytes(4) + b"\xff\xff"}
    packed = [(n, body) for n, body in enumerate(objects, 1) if compressed and b"stream\n" not in body]
    container, table = len(objects) + 1, len(objects) + 2
    for number, body in enumerate(objects, 1):
        if (number, body) not in packed:
            rows[number] = b"\x01" + len(out).to_bytes(4, "big") + bytes(2)
            out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    bodies, head = b"", b""
    for index, (number, body) in enumerate(packed):
        head += b"%d %d " % (number, len(bodies))
        bodies += body + b" "
        rows[number] = b"\x02" + container.to_bytes(4, "big") + index.to_bytes(2, "big")
    payload = zlib.compress(head + bodies)
    rows[container] = b"\x01" + len(out).to_bytes(4, "big") + bytes(2)
    out += b"%d 0 obj\n<</Type/ObjStm/N %d/First %d/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream\nendobj\n" % (
        (container, len(packed), len(head), len(payload), payload)
    )
    start = len(out)
    rows[table] = b"\x01" + start.to_bytes(4, "big") + bytes(2)
    payload = zlib.compress(b"".join(rows[number] for number in sorted(rows)))
    out += (
        b"%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Root 1 0 R%s/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream"
        % ((table, table + 1, trailer, len(payload), payload))
    )
    return bytes(out + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % start)


def document_of_size(size: int) -> bytes:
    """An ordinary text document of about that many bytes, about 5 kB a page."""
    line = b"(The quick brown fox jumps over the lazy dog, and then it rests for a while.) Tj T*\n"
    content = b"BT /F1 9 Tf 40 800 Td 11 TL\n" + line * 55 + b"ET\n"
    count = max(1, round((size - 500) / (len(content) + 230)))
    objects = [CATALOG, b"", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    kids = []
    for _ in range(count):
        objects.append(b"<</Length %d>>\nstream\n%s\nendstream" % (len(content), content))
        kids.append(len(objects) + 1)
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
            % len(objects)
        )
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, b" ".join(b"%d 0 R" % kid for kid in kids))
    return pdf(objects)
