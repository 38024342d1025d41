"""Small files of our own, for the operator's check and for trying the product."""

from __future__ import annotations

import zipfile
from io import BytesIO


def sample_pdf(line: str = "Sealport sample document") -> bytes:
    """One A4 page with one line of text (ASCII letters, digits and spaces)."""
    content = f"BT /F1 24 Tf 72 720 Td ({line}) Tj ET".encode("ascii")
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<</Type/Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)
    return bytes(out)


def sample_container() -> bytes:
    """A container with one text and an empty list of signatures."""
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as container:
        container.writestr("mimetype", "application/vnd.etsi.asic-e+zip")
        container.writestr("sample.txt", "Sealport sample document")
        container.writestr("META-INF/signatures0.xml", "<signatures/>")
    return content.getvalue()
