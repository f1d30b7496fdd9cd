"""Deeds of the test room, cut down to what touches figures."""

from collections.abc import Iterable
from datetime import date

from django.db import transaction

from gongzhi.figures import services as figures
from gongzhi.places.models import Place
from gongzhi.shared.periods import month_of

from .books import PRESENCES
from .models import Gathering, Presence, Someone


@transaction.atomic
def check_in(gathering: Gathering, person: Someone, role: str = "resident", minutes: int = 60):
    made, _ = Presence.objects.get_or_create(
        gathering=gathering, person=person, role=role, defaults={"minutes": minutes}
    )
    if made.is_void:
        Presence.objects.filter(pk=made.pk).update(is_void=False)
    figures.mark(PRESENCES, holders=[gathering.pk])
    return made


@transaction.atomic
def bring(rows: Iterable[Presence]) -> None:
    rows = list(rows)
    Presence.objects.bulk_create(rows, ignore_conflicts=True, batch_size=2000)
    figures.mark(PRESENCES, holders={row.gathering_id for row in rows})


@transaction.atomic
def void(presence: Presence) -> None:
    Presence.objects.filter(pk=presence.pk).update(is_void=True)
    figures.mark(PRESENCES, holders=[presence.gathering_id])


@transaction.atomic
def move_gathering(
    gathering: Gathering,
    *,
    place: Place | None = None,
    day: date | None = None,
    brand: str = "",
) -> None:
    now = Gathering.objects.select_for_update().get(pk=gathering.pk)
    # Where it is now, and where it was.
    figures.mark(PRESENCES, holders=[now.pk], pairs=[(now.place_id, month_of(now.day))])
    now.place_id = place.pk if place else now.place_id
    now.day, now.brand = day or now.day, brand or now.brand
    now.save(update_fields=["place", "day", "brand"])


@transaction.atomic
def merge(person: Someone, into: Someone | None) -> None:
    """Point *person* and whoever points to them at *into*; None splits them off again."""
    if into is not None:
        into = into.merged_into or into
    if into == person:
        return
    touched = [person.pk]
    if into is not None:
        touched += Someone.objects.filter(merged_into=person).values_list("pk", flat=True)
    Someone.objects.filter(pk__in=touched).update(merged_into=into)
    figures.mark_people(touched, books=[PRESENCES])
