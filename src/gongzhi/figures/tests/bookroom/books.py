"""What this room declares: not in `measures.py`, so that no page shows it."""

from dataclasses import replace

from django.db.models.functions import Coalesce

from gongzhi.shared.measures import Book, Counts, Holding, Measure

from .models import Office, Presence

PRESENCES = Book(
    key="bookroom.presences",
    records=lambda: Presence.objects.filter(is_void=False),
    holder="gathering",
    place="gathering__place",
    day="gathering__day",
    subject=Coalesce("person__merged_into_id", "person_id"),
    amount="minutes",
    facets=("role", "gathering__brand"),
    cells=True,
)
LIVE = replace(PRESENCES, key="bookroom.live", cells=False)
OFFICES = Holding(
    key="bookroom.offices",
    records=lambda: Office.objects.all(),
    place="place",
    since="since",
    until="until",
    subject="person",
)


def measures_of(book: Book) -> tuple[Measure, ...]:
    said = {"label": "指标", "unit": "人次", "rule": "到场的。", "of": book, "public": True}
    return (
        Measure(key=f"{book.key}.all", counts=Counts.RECORDS, **said),
        Measure(key=f"{book.key}.people", counts=Counts.SUBJECTS, **{**said, "unit": "人"}),
        Measure(key=f"{book.key}.stewards", counts=Counts.SUBJECTS, facet="role=steward", **said),
        Measure(key=f"{book.key}.minutes", counts=Counts.TOTAL, facet="role=steward", **said),
        Measure(
            key=f"{book.key}.terms", counts=Counts.RECORDS, facet="gathering__brand=节气", **said
        ),
    )


HEAVY = measures_of(PRESENCES)
LIGHT = measures_of(LIVE)
STOCK = (
    Measure(
        key="bookroom.offices",
        label="任职",
        unit="个",
        rule="当日在任的。",
        of=replace(OFFICES, subject="pk"),
        counts=Counts.RECORDS,
    ),
    Measure(
        key="bookroom.officers",
        label="任职的人",
        unit="人",
        rule="当日在任的不同的人。",
        of=OFFICES,
        counts=Counts.SUBJECTS,
    ),
)
