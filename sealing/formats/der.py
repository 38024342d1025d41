"""DER encoding by hand, for the few structures that are assembled on every seal (ITU-T X.690)."""

from typing import Final

SEQUENCE: Final = 0x30
SET: Final = 0x31
OCTET_STRING: Final = 0x04


def tlv(tag: int, *contents: bytes) -> bytes:
    """One DER element with a one-byte tag."""
    body = b"".join(contents)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def set_of(*elements: bytes, tag: int = SET) -> bytes:
    """A DER SET OF: its elements in the ascending order of their encodings (X.690 clause 11.6)."""
    return tlv(tag, *sorted(elements))


def header_size(content_size: int) -> int:
    """How many bytes `tlv` puts before contents of that size."""
    return 2 if content_size < 0x80 else 2 + (content_size.bit_length() + 7) // 8
