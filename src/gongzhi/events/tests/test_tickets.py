"""Codes nobody can guess or mistake."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gongzhi.events import lots, tickets
from gongzhi.shared.calendar import LOCAL

NUMBERS = st.integers(0, 2**30 - 1)
TEN = datetime(2026, 11, 29, 10, 0, 30, tzinfo=LOCAL)


@given(event=st.integers(1, 10**6), one=NUMBERS, other=NUMBERS)
def test_two_numbers_of_an_event_never_share_a_spoken_code(event, one, other):
    codes = tickets.spoken_code(event, one), tickets.spoken_code(event, other)

    assert (codes[0] == codes[1]) == (one == other)
    assert all(len(c) == 6 and set(c) <= set(tickets.LETTERS) for c in codes)
    assert not set("01IO") & set("".join(codes))


def test_spoken_codes_do_not_tell_the_next_one():
    codes = [tickets.spoken_code(7, n) for n in range(1, 200)]

    assert len({c[:2] for c in codes}) > 100
    assert codes != [tickets.spoken_code(8, n) for n in range(1, 200)]


def test_a_spoken_code_is_read_as_people_type_it():
    code = tickets.spoken_code(7, 1)

    assert tickets.read_spoken(f"{code[:3].lower()} {code[3:]}。") == code


def test_tokens_are_long_and_never_the_same():
    tokens = {tickets.new_token() for _ in range(1000)}

    assert len(tokens) == 1000
    assert {len(t) for t in tokens} == {22}


@given(seconds=st.integers(0, 600))
def test_the_venues_code_holds_at_least_a_minute_and_less_than_two(seconds):
    code = tickets.venue_code(7, TEN)
    fits = tickets.fits_venue(7, code, TEN + timedelta(seconds=seconds))

    assert fits if seconds < 60 else not fits if seconds >= 120 else True
    assert not tickets.fits_venue(8, code, TEN)
    assert not tickets.fits_venue(7, "", TEN)


@given(numbers=st.sets(st.integers(1, 500)), seed=st.text("0123456789abcdef", min_size=8))
def test_anybody_draws_the_same_lots(numbers, seed):
    drawn = lots.order_of(seed, numbers)

    assert sorted(drawn) == sorted(numbers)
    assert drawn == lots.order_of(seed, reversed(sorted(numbers)))


def test_lots_are_those_of_sha256sum():
    # printf 'abc:1' | sha256sum → 4e..., 'abc:2' → …: computed apart, not by this code.
    import hashlib

    by_hand = sorted([1, 2, 3, 4], key=lambda n: hashlib.sha256(b"abc:%d" % n).hexdigest())
    assert lots.order_of("abc", [1, 2, 3, 4]) == by_hand
    assert lots.keeps_promise("abc", hashlib.sha256(b"abc").hexdigest())
    assert not lots.keeps_promise("other", hashlib.sha256(b"abc").hexdigest())
