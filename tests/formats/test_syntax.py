import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealing.formats.errors import UnsealableDocument
from sealing.formats.syntax import dictionary_entries, find_entry, object_value, reference_at, value_at

blanks = st.sampled_from([b" ", b"\n", b"\r\n", b"\t", b"%) >> ]\n", b"\0 "])
strings = st.binary(max_size=12).map(
    lambda raw: b"(" + raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")"
)
atoms = st.one_of(
    st.integers(-999, 999).map(lambda number: b"%d" % number),
    st.sampled_from([b"true", b"null", b"-.5", b"/Name", b"/A#20b", b"12 0 R", b"<0aF >", b"(a(b)c)", b"(\\\\)"]),
    strings,
)
values = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.lists(st.tuples(inner, blanks)).map(lambda items: b"[" + b"".join(a + b for a, b in items) + b"]"),
        st.lists(st.tuples(st.sampled_from([b"/K", b"/L", b"/M"]), blanks, inner, blanks)).map(
            lambda items: b"<<" + b"".join(b"".join(item) for item in items) + b">>"
        ),
    ),
    max_leaves=15,
)


@given(before=blanks, value=values, after=st.sampled_from([b" ", b"]", b">>", b"/Next", b"(x)"]))
def test_a_value_ends_where_it_ends(before, value, after):
    raw = before + value + after
    span = value_at(raw, 0)
    assert raw[span.start : span.end] == value


@given(entries=st.lists(st.tuples(blanks, values, blanks), max_size=6))
def test_every_entry_of_a_dictionary_is_found(entries):
    raw = b"<<" + b"".join(b"/K%d%s%s%s" % (n, a, value, b) for n, (a, value, b) in enumerate(entries)) + b">>"
    found, end = dictionary_entries(raw, 0)
    assert end == len(raw)
    assert [key for key, _ in found] == [b"/K%d" % number for number in range(len(entries))]
    assert [raw[span.start : span.end] for _, span in found] == [value for _, value, _ in entries]


@pytest.mark.parametrize(
    "raw",
    [b"<</A", b"[1 2", b"(open", b"<</A 1 2 3>>", b"<<1 2>>", b"<0x>", b"", b"   ", b"]", b"[" * 500 + b"]" * 500],
)
def test_nonsense_is_refused(raw):
    with pytest.raises(UnsealableDocument):
        value_at(raw, 0)


def test_a_key_that_is_there_twice_is_refused_even_when_it_is_spelled_differently():
    assert find_entry(b"<</Annots 1>>", 0, b"/Annots") == (10, 11)
    with pytest.raises(UnsealableDocument, match="twice"):
        find_entry(b"<</Annots 1/Ann#6fts 2>>", 0, b"/Annots", once=False)
    with pytest.raises(UnsealableDocument, match="twice"):
        find_entry(b"<</Annots 1/Annots 1>>", 0, b"/Annots")
    assert find_entry(b"<</Annots 1/Annots 1>>", 0, b"/Annots", once=False) == (10, 11)


def test_an_object_must_be_the_one_that_is_expected():
    raw = b"\n% hello\n7 0 obj\n<<>>\nendobj"
    assert raw[slice(*object_value(raw, 7, 0))] == b"<<>>"
    for number, generation in ((8, 0), (7, 1)):
        with pytest.raises(UnsealableDocument):
            object_value(raw, number, generation)


def test_a_reference_is_not_confused_with_numbers():
    raw = b"[12 0 R 12 0 Rx 12 0 4]"
    assert reference_at(raw, value_at(raw, 1)) == (12, 0)
    assert reference_at(raw, value_at(raw, 8)) is None


def test_a_comment_does_not_hide_an_object_header():
    raw = b"%12 0 obj\n5 0 obj true"

    assert object_value(raw, 5, 0) == (len(raw) - 4, len(raw))
    with pytest.raises(UnsealableDocument):
        object_value(raw, 12, 0)
