"""XML of strangers: parsed without fetching or expanding anything, canonicalized, and read as it is canonicalized.

Element names are written with the usual prefixes of `NAMESPACES`, whatever prefixes the document uses.
"""

from base64 import b64decode
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from .cms import Flawed

NAMESPACES: Final = {
    "asic": "http://uri.etsi.org/02918/v1.2.1#",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xades": "http://uri.etsi.org/01903/v1.3.2#",
    "xades141": "http://uri.etsi.org/01903/v1.4.1#",
}
_XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
CANONICALIZATIONS: Final = {
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315": (False, False),
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments": (False, True),
    "http://www.w3.org/2006/12/xml-c14n11": (False, False),
    "http://www.w3.org/2006/12/xml-c14n11#WithComments": (False, True),
    _EXCLUSIVE: (True, False),
    f"{_EXCLUSIVE}WithComments": (True, True),
}
"""By algorithm: whether it is exclusive, and whether comments stay.

Version 1.1 differs from 1.0 only in what it does with inherited `xml:` attributes, which are refused.
"""
DEFAULT_CANONICALIZATION: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
DIGESTS: Final = {
    "http://www.w3.org/2001/04/xmldsig-more#md5": "md5",
    "http://www.w3.org/2000/09/xmldsig#sha1": "sha1",
    "http://www.w3.org/2001/04/xmldsig-more#sha224": "sha224",
    "http://www.w3.org/2001/04/xmlenc#sha256": "sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384": "sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512": "sha512",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-256": "sha3_256",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-384": "sha3_384",
    "http://www.w3.org/2007/05/xmldsig-more#sha3-512": "sha3_512",
}
DEEPEST: Final = 100
MOST_NODES: Final = 50_000
_LARGEST_VALUE: Final = 8 << 20

Element = Any
"""An lxml element; lxml comes without types."""


def parse(content: bytes) -> Element:
    """The root element; a document type, and with it every entity, is refused. Raises `Flawed`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Flawed("malformed_signature") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Flawed("malformed_signature")
    _check_size(root)
    return root


def _check_size(root: Element) -> None:
    depth = 0
    for nodes, (event, _) in enumerate(etree.iterwalk(root, events=("start", "end", "comment", "pi"))):
        depth += {"start": 1, "end": -1}.get(event, 0)
        if depth > DEEPEST or nodes > 2 * MOST_NODES:
            raise Flawed("too_complex")


def tag(name: str) -> str:
    """`ds:Reference` as lxml names it."""
    prefix, local = name.split(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def is_named(element: Element, *names: str) -> bool:
    """Whether the element has one of these names; comments and instructions have none."""
    return element.tag in {tag(name) for name in names}


def children(element: Element, name: str) -> list[Element]:
    """The element's children of that name."""
    return list(element.findall(tag(name)))


def only(element: Element, name: str) -> Element:
    """The element's one child of that name; raises `Flawed`."""
    found = children(element, name)
    if len(found) != 1:
        raise Flawed("malformed_signature")
    return found[0]


def at_most_one(element: Element, name: str) -> Element | None:
    """The element's child of that name, if any; raises `Flawed` when there are several."""
    return only(element, name) if children(element, name) else None


def inside(element: Element, name: str) -> Iterator[Element]:
    """Every descendant of that name."""
    found: Iterator[Element] = element.iter(tag(name))
    return found


def text(element: Element) -> str:
    """The element's text as canonicalization without comments leaves it; raises `Flawed` when there are elements."""
    if any(isinstance(child.tag, str) for child in element):
        raise Flawed("malformed_signature")
    return "".join(element.xpath("text()"))


def value(element: Element) -> bytes:
    """The element's base64 value, with any white space; raises `Flawed`."""
    encoded = "".join(text(element).split())
    if len(encoded) > _LARGEST_VALUE:
        raise Flawed("too_complex")
    try:
        return b64decode(encoded, validate=True)
    except ValueError as error:
        raise Flawed("malformed_signature") from error


def algorithm(element: Element) -> str:
    """The algorithm that an element such as ds:DigestMethod names."""
    return str(element.get("Algorithm", ""))


def digest_algorithm(parent: Element) -> str:
    """The name of the algorithm in a ds:DigestMethod child; raises `Flawed`."""
    name = DIGESTS.get(algorithm(only(parent, "ds:DigestMethod")))
    if name is None:
        raise Flawed("unsupported_algorithm")
    return name


def canonical(element: Element, method: Element | None = None, *, keep_comments: bool = True) -> bytes:
    """The element in the canonical form that `method` (ds:CanonicalizationMethod, ds:Transform) names; version 1.0
    inclusive without one.

    A reference to an element by its Id is to it without its comments (XMLDSig 4.4.3.2), so that `keep_comments` is
    False. Raises `Flawed` for other algorithms and for what they inherit from above.
    """
    name = DEFAULT_CANONICALIZATION if method is None else algorithm(method)
    if name not in CANONICALIZATIONS:
        raise Flawed("unsupported_transform")
    exclusive, comments = CANONICALIZATIONS[name]
    if not exclusive and any(key.startswith(_XML) for each in element.iterancestors() for key in each.attrib):
        raise Flawed("unsupported_transform")
    result: bytes = etree.tostring(
        element,
        method="c14n",
        exclusive=exclusive,
        with_comments=comments and keep_comments,
        inclusive_ns_prefixes=_inclusive_prefixes(method) if exclusive else None,
    )
    return result


def _inclusive_prefixes(method: Element | None) -> list[str] | None:
    if method is None:
        return None
    lists = method.findall(f"{{{_EXCLUSIVE}}}InclusiveNamespaces")
    return [prefix for each in lists for prefix in each.get("PrefixList", "").split()] or None


def identified(root: Element) -> dict[str, Element | None]:
    """Every element with an Id; none for an Id that is there twice, because a reference to it leads nowhere."""
    found: dict[str, Element | None] = {}
    for element in root.iter(etree.Element):
        for key in {element.get(name) for name in ("Id", "ID", "id", f"{_XML}id")} - {None}:
            found[key] = None if key in found else element
    return found
