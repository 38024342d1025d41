"""Seals that show themselves on a page, as readers draw them."""

import io
import re
import struct
import subprocess
import zlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pikepdf
import pytest
from django.template import engines
from fontTools.ttLib import TTFont
from PIL import Image, ImageChops

from kernel.printing import print_pdf
from sealing.formats.errors import SealCheckFailed, UnsealableDocument
from sealing.formats.lettering import missing_letters
from sealing.formats.pades import prepare
from sealing.formats.picture import MOST_SIDE, picture
from sealing.formats.revision import RevisionRequest, SignatureRequest
from sealing.formats.visible import VisibleSeal, qr_modules
from tests.formats.conftest import is_intact_for_pdfsig, is_valid_for_pdfsig, qpdf_status
from tests.formats.documents import CATALOG, CONTENT, pdf

TEXT = "Sealed by UAB Žuvėdra & Õun\n2026-11-23 07:15:30"
MODULES = qr_modules("https://seal.example/verify/")
QUIET = 4
SHOWN = (400, 300)  # the crop box below, before it is turned


def document(rotate: int = 0, *, pages: int = 3, more: bytes = b"") -> bytes:
    """Pages whose boxes are inherited, have odd origins and the wrong corners first."""
    kids = b" ".join(b"%d 0 R" % (number + 4) for number in range(pages))
    tree = b"<</Type/Pages/Kids[%s]/Count %d/MediaBox[-50 -70 500 400]/CropBox[390 -30 -10 270]/Rotate %d%s>>"
    page = b"<</Type/Page/Parent 2 0 R/Contents 3 0 R/Resources<<>>>>"
    return pdf([CATALOG, tree % (kids, pages, rotate, more), CONTENT, *([page] * pages)])


def png(mode: str = "RGB", color: object = (200, 30, 40), size: tuple[int, int] = (60, 40), **how: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, color).save(out, "PNG", **how)
    return out.getvalue()


def rendered(path: Path, page: int, dots_per_inch: int = 72) -> Image.Image:
    """The page as a reader shows it: cut to its crop box, and turned."""
    command = ["pdftoppm", "-cropbox", "-r", str(dots_per_inch), "-f", str(page), "-l", str(page), str(path)]
    return Image.open(io.BytesIO(subprocess.run(command, capture_output=True, check=True, timeout=60).stdout))


def words_on(path: Path, page: int) -> str:
    command = ["pdftotext", "-f", str(page), "-l", str(page), str(path), "-"]
    return " ".join(subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.split())


def appended(source: Path, visible: VisibleSeal, how=prepare) -> bytes:
    signature = SignatureRequest(1_000, datetime(2026, 11, 23, tzinfo=UTC), visible=visible)
    return how(source, RevisionRequest(signature)).appended


@pytest.mark.parametrize("rotate", [0, 90, 180, 270, -90])
def test_a_box_is_where_it_was_ordered_and_upright_however_the_page_is_turned(seal, sandbox, rotate):
    turned = rotate % 180 == 90
    box = (30.0, 200.0, 222.0, 74.0) if turned else (120.0, 90.0, 222.0, 74.0)
    visible = VisibleSeal(page=2, box=box, text=TEXT, modules=MODULES)
    sealed = seal(document(rotate), level="B-T", visible=visible, prepare=sandbox.prepare)
    sealed.check()
    assert is_valid_for_pdfsig(sealed.path, "Seal1")
    assert qpdf_status(sealed.path) == 0
    assert words_on(sealed.path, 2) == " ".join(TEXT.split())

    dots = 288  # the QR code's module is then 8 dots wide
    after = rendered(sealed.path, 2, dots)
    before = rendered(sealed.source, 2, dots)
    assert after.size == tuple(side * 4 for side in (SHOWN[::-1] if turned else SHOWN))
    changed = ImageChops.difference(before, after).convert("L").point(lambda v: 255 * (v > 40)).getbbox()
    assert changed == pytest.approx([4 * each for each in (box[0], box[1], box[0] + box[2], box[1] + box[3])], abs=3)

    module = box[3] * 4 / (len(MODULES) + 2 * QUIET)
    left, top = 4 * (box[0] + box[2] - box[3]), 4 * box[1]
    grey = after.convert("L")
    seen = tuple(
        "".join(
            "1"
            if grey.getpixel((left + (column + QUIET + 0.5) * module, top + (row + QUIET + 0.5) * module)) < 128
            else "0"
            for column in range(len(MODULES))
        )
        for row in range(len(MODULES))
    )
    assert seen == MODULES
    for page in (1, 3):
        assert rendered(sealed.path, page) == rendered(sealed.source, page)


@pytest.mark.parametrize(
    ("place", "corner"),
    [
        ("top-left", (36, 36)),
        ("top", (150, 36)),
        ("top-right", (264, 36)),
        ("bottom-left", (36, 224)),
        ("bottom", (150, 224)),
        ("bottom-right", (264, 224)),
    ],
)
def test_a_named_place_is_half_an_inch_from_the_edges_that_are_seen(tmp_path, place, corner):
    source = tmp_path / "source.pdf"
    source.write_bytes(document(180))
    visible = VisibleSeal(page=-1, place=place, size=(100, 40), text="x")
    x, y = corner
    wanted = (390 - x - 100, -30 + y, 390 - x, -30 + y + 40)
    rectangle = re.search(rb"/Rect\[([^\]]+)\]", appended(source, visible))[1]
    assert [float(each) for each in rectangle.split()] == pytest.approx(wanted)


def test_a_user_unit_makes_points_of_paper_out_of_the_pages_own_units(seal):
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 200]/UserUnit 4/Rotate 90>>"
    original = pdf([CATALOG, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page], version=b"1.7")
    sealed = seal(original, visible=VisibleSeal(box=(40, 80, 200, 40), text="big paper"))
    assert b"/Rect[20 10 30 60]" in sealed.path.read_bytes()
    sealed.check()
    with pytest.raises(UnsealableDocument, match="800 x 400"):
        seal(original, visible=VisibleSeal(box=(601, 0, 200, 40), text="big paper"))


@pytest.mark.parametrize("level", ["B-LT", "B-LTA"])
def test_a_seal_that_shows_itself_is_valid_for_everybody_at_every_level(seal, level):
    visible = VisibleSeal(text=TEXT, size=(120, 40), logo=png())
    sealed = seal(document(), level=level, visible=visible)
    assert sealed.check().certified
    (verdict,) = sealed.verdicts()
    assert verdict.passed, verdict
    assert is_intact_for_pdfsig(sealed.path, "Seal1")
    assert qpdf_status(sealed.path) == 0


def test_a_second_seal_beside_the_first_leaves_the_first_intact(seal):
    first = seal(document(), certify=False, visible=VisibleSeal(place="bottom-left", size=(100, 40), text="first"))
    second = seal(first.path, certify=False, visible=VisibleSeal(size=(100, 40), text="second"))
    second.check()
    assert all(verdict.passed for verdict in second.verdicts())
    assert is_intact_for_pdfsig(second.path, "Seal1")
    assert sorted(words_on(second.path, 1).split()) == ["first", "second"]


def test_a_pdf_a_gets_nothing_that_any_of_its_parts_forbids(seal, settings, tmp_path):
    (tmp_path / "page.html").write_text('{% extends "print/base.html" %}')
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], tmp_path]}]
    engines.__dict__.pop("templates", None)
    visible = VisibleSeal(text=TEXT, logo=png("RGBA", (9, 9, 9, 99)), modules=MODULES)
    sealed = seal(print_pdf("page.html", {}), visible=visible)
    sealed.check()
    ours = sealed.path.read_bytes()[sealed.result.original_size :]
    syntax = b"".join(re.split(rb"stream\n.*?endstream", ours, flags=re.DOTALL))
    assert not re.search(rb"/(SMask|Group|CA|ca|BM|Interpolate|Device\w+|LZWDecode|A|AA)\b", syntax)
    with pikepdf.open(sealed.path) as opened:
        widget = opened.Root.AcroForm.Fields[0]
        assert (widget.F, widget.Contents) == (132, " ".join(TEXT.split()))
        assert not re.search(rb"\b(rg|RG|g|G|k|K|gs|sh|ri)\b", widget.AP.N.read_bytes())
        font = widget.AP.N.Resources.Font.F.DescendantFonts[0]
        glyphs, descriptor = len(font.W[1]), font.FontDescriptor
        assert int.from_bytes(descriptor.CIDSet.read_bytes()).bit_count() == glyphs
        assert TTFont(io.BytesIO(descriptor.FontFile2.read_bytes()))["maxp"].numGlyphs == glyphs
    fonts = subprocess.run(["pdffonts", sealed.path], capture_output=True, text=True, check=True, timeout=60).stdout
    assert re.search(r"SEALED\+Inter-Regular +CID TrueType +Identity-H +yes yes yes", fonts)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"page": 3}, None),
        ({"page": 4}, "no_such_page"),
        ({"page": -3}, None),
        ({"page": -4}, "no_such_page"),
        ({"box": (0, 0, 400, 300)}, None),
        ({"box": (300, 0, 100.1, 60)}, "box_outside_page"),
        ({"box": (0, 240, 100, 60.1)}, "box_outside_page"),
        ({"size": (364.1, 60)}, "box_outside_page"),
        ({"size": (40, 18), "text": "x" * 300}, "box_too_small"),
        ({"size": (27, 18), "modules": MODULES, "text": ""}, "box_too_small"),
        ({"logo": b"\x89PNG\r\n\x1a\n" + bytes(100)}, "logo_unreadable"),
        ({"logo": png()[:-30]}, "logo_unreadable"),
        ({"logo": b"GIF89a" + bytes(100)}, "logo_unreadable"),
        ({"logo": png("1", 0, (MOST_SIDE + 1, 1))}, "logo_too_large"),
        ({"logo": png("1", 0, (4001, 4000))}, "logo_too_large"),
        ({"logo": png("1", 0, (4000, 4000))}, None),
    ],
)
def test_what_cannot_be_shown_is_refused_in_the_sandbox_with_a_code_of_its_own(sandbox, tmp_path, changes, code):
    source = tmp_path / "source.pdf"
    source.write_bytes(document())
    visible = replace(VisibleSeal(text="Sealed", size=(100, 40)), **changes)
    if code is None:
        assert appended(source, visible, sandbox.prepare)
        return
    with pytest.raises(UnsealableDocument) as refusal:
        appended(source, visible, sandbox.prepare)
    assert refusal.value.code == code


def test_a_picture_that_claims_to_be_enormous_is_refused_before_it_is_decoded(sandbox, tmp_path):
    source = tmp_path / "source.pdf"
    source.write_bytes(document())
    claim = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    header = b"IHDR" + claim
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    bomb += struct.pack(">I", 8) + b"IDAT" + bytes(8) + struct.pack(">I", zlib.crc32(b"IDAT" + bytes(8)))
    with pytest.raises(UnsealableDocument, match="logo_too_large"):
        appended(source, VisibleSeal(logo=bomb, size=(100, 40)), sandbox.prepare)


def jpeg(mode: str, color: object, **how: object) -> bytes:
    out = io.BytesIO()
    Image.new(mode, (60, 40), color).save(out, "JPEG", quality=95, **how)
    return out.getvalue()


def interlaced() -> bytes:
    """One pixel, which an interlaced PNG stores like any other."""
    plain = bytearray(png(size=(1, 1)))
    plain[28] = 1
    plain[29:33] = struct.pack(">I", zlib.crc32(plain[12:29]))
    return bytes(plain)


@pytest.mark.parametrize(
    ("logo", "wanted"),
    [
        (png("1", 1), (255, 255, 255)),
        (png("L", 90), (90, 90, 90)),
        (png("LA", (0, 128)), (127, 127, 127)),
        (png("P", 0, transparency=0), (255, 255, 255)),
        (png("RGB"), (200, 30, 40)),
        (png("RGBA", (200, 30, 40, 0)), (255, 255, 255)),
        (png("I;16", 90 * 257), (90, 90, 90)),
        (interlaced(), (200, 30, 40)),
        (jpeg("L", 90), (90, 90, 90)),
        (jpeg("RGB", (200, 30, 40), progressive=True), (200, 30, 40)),
        (jpeg("CMYK", (0, 255, 255, 0)), (255, 0, 0)),
    ],
    ids=[
        "1",
        "grey",
        "grey-alpha",
        "palette",
        "rgb",
        "rgba",
        "16-bit",
        "interlaced",
        "jpeg-grey",
        "progressive",
        "cmyk",
    ],
)
def test_every_kind_of_png_and_jpeg_keeps_its_colours_on_white(logo, wanted):
    decoded = picture(logo, within=(100, 100))
    assert tuple(decoded.samples[:3]) == pytest.approx(wanted, abs=3)
    assert len(decoded.samples) == 3 * decoded.width * decoded.height


def test_a_photograph_is_turned_as_its_camera_asks_and_stored_no_finer_than_it_is_printed():
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = picture(jpeg("RGB", "red", exif=exif), within=(100, 100))
    assert (turned.width, turned.height) == (40, 60)
    fine = picture(png(size=(4000, 2000)), within=(50, 50))
    assert (fine.width, fine.height) == (200, 100)


ORDERED = VisibleSeal(page=1, box=(20, 20, 150, 60), text=TEXT, modules=MODULES)


@pytest.mark.parametrize(
    "drawn",
    [
        None,
        replace(ORDERED, page=2),
        replace(ORDERED, box=(20.1, 20, 150, 60)),
        replace(ORDERED, box=(20, 20, 150, 60.1)),
        replace(ORDERED, text=TEXT.replace("Sealed", "Healed")),
        replace(ORDERED, text=""),
        replace(ORDERED, modules=()),
        replace(ORDERED, modules=(MODULES[1], *MODULES[1:])),
        replace(ORDERED, logo=png()),
    ],
    ids=["nothing", "page", "place", "size", "text", "no text", "no code", "code", "picture"],
)
def test_the_gate_lets_nothing_pass_but_what_was_ordered(seal, drawn):
    sealed = seal(document(), visible=drawn)
    sealed.check()
    with pytest.raises(SealCheckFailed):
        sealed.check(visible=ORDERED)
    if drawn is not None:
        with pytest.raises(SealCheckFailed):
            sealed.check(visible=None)


@pytest.mark.parametrize(
    ("written", "planted"),
    [
        (b"/F 132", b"/F 134"),
        (b"/TU(", b"/AA("),
        (b"/Matrix[1 0 0 1", b"/Matrix[1 0 0 2"),
        (b"/BBox[0 0 1", b"/BBox[0 0 9"),
        (b"/Rect[10 ", b"/Rect[-9 "),
        (b"/Contents(Sealed", b"/Contents(Healed"),
        (b"<0053>", b"<0048>"),
        (b"/Font<</F", b"/Fond<</F"),
    ],
)
def test_the_gate_notices_what_a_careless_writer_did_besides(seal, written, planted):
    def careless(path, request):
        made = prepare(path, request)
        assert written in made.appended
        return replace(made, appended=made.appended.replace(written, planted, 1))

    sealed = seal(document(), visible=VisibleSeal(box=(20, 20, 100, 60), text="Sealed"), prepare=careless)
    with pytest.raises(SealCheckFailed):
        sealed.check()


@pytest.mark.parametrize(
    ("letters", "missing"),
    [
        ("ĄČĘĖĮŠŲŪŽ ąčęėįšųūž ĀČĒĢĪĶĻŅŠŪŽ āčēģīķļņšūž ÕÄÖÜ õäöü ŠŽ „“–—…€№", ""),
        ("АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ ґєії ΑΒΓΔΩ άέήίόύώ", ""),
        ("a漢\u202eb\n🦭א", "א\u202e漢🦭"),
    ],
)
def test_the_font_writes_the_languages_of_the_region_with_cyrillic_and_greek(letters, missing):
    assert missing_letters(letters) == missing
