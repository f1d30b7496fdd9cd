"""What of this room is found by words."""

from collections.abc import Iterable

from gongzhi.shared.text import bigrams

from .models import Place

SEARCHABLE = (Place,)


def tokens_of(place: Place, others: Iterable[str]) -> str:
    """Return the search tokens of a place: its name, its other names and its code (检索词)."""
    words = dict.fromkeys([place.name, *others, place.code])
    return " ".join(dict.fromkeys(bigrams(" ".join(words)).split()))
