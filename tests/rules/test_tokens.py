"""The shape of an API token: what is mistyped is recognised without asking anybody."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from accounts.rules.tokens import ID_BITS, SECRET_BITS, assemble, take_apart

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
tokens = st.builds(
    lambda live, first, second: assemble(live=live, id_number=first, secret_number=second),
    st.booleans(),
    st.integers(0, 2**ID_BITS - 1),
    st.integers(0, 2**SECRET_BITS - 1),
)


@given(tokens)
def test_a_token_comes_apart_into_what_it_was_made_of(made: tuple[str, object]) -> None:
    token, parts = made
    assert take_apart(token) == parts


@given(tokens, st.data())
def test_one_mistyped_character_is_recognised(made: tuple[str, object], data: st.DataObject) -> None:
    token, _parts = made
    place = data.draw(st.integers(0, len(token) - 1))
    wrong = data.draw(st.sampled_from(LETTERS + "_- "))
    assume(wrong != token[place])
    assert take_apart(token[:place] + wrong + token[place + 1 :]) is None


@given(tokens, st.data())
def test_two_swapped_neighbours_are_recognised(made: tuple[str, object], data: st.DataObject) -> None:
    token, _parts = made
    place = data.draw(st.integers(0, len(token) - 2))
    assume(token[place] != token[place + 1])
    assert take_apart(token[:place] + token[place + 1] + token[place] + token[place + 2 :]) is None


@given(st.text(max_size=80))
def test_anything_else_is_no_token(text: str) -> None:
    assert take_apart(text) is None


@given(tokens, st.sampled_from(["\n", " ", "\x00", "a"]))
def test_nothing_may_stand_around_a_token(made: tuple[str, object], extra: str) -> None:
    token, _parts = made
    assert take_apart(token + extra) is None
    assert take_apart(extra + token) is None


def test_the_largest_numbers_fit_their_places() -> None:
    assert 2**ID_BITS <= 62**10
    assert 2**SECRET_BITS <= 62**43
