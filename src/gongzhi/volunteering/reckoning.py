"""What every deed about hours does: hold the people, count anew by entries, tell figures and registers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from django.db.models import Max, Q

from gongzhi.directory import services as directory
from gongzhi.directory.models import Person
from gongzhi.figures import services as figures
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import month_of
from gongzhi.shared.permissions import HOUSE, Actor

from .books import SERVICES
from .hours import Claim, credits
from .models import Entry, Service

State = Service.State
# Services that touch one another lie at most this far apart: no shift lasts longer.
NEAR = timedelta(days=2)


def hold(people: Iterable[int]) -> dict[int, Person]:
    """Hold the records that stand for these people, in the order of their numbers; return them by number."""
    wanted = set(people)
    while True:
        heads = {
            merged or pk
            for pk, merged in Person.objects.filter(pk__in=wanted).values_list(
                "pk", "merged_into_id"
            )
        }
        held = list(
            Person.objects.select_for_update(no_key=True, of=("self",))
            .filter(pk__in=heads)
            .order_by("pk")
        )
        if all(p.merged_into_id is None for p in held):
            return {p.pk: p for p in held}


def reckon(by: Actor, people: set[int], days: set[date], now: datetime) -> None:
    """
    Count anew what these people, whom the caller holds, served around these days: by entries, nothing overwritten.
    """
    if not people or not days:
        return
    before = last_days(people)
    rows: dict[int, list[Service]] = defaultdict(list)
    near = Service.objects.filter(
        _of(people), state=State.COUNTED, day__range=(min(days) - NEAR, max(days) + NEAR)
    ).select_related("person")
    for one in near:
        rows[one.person.standing_id].append(one)
    entries, changed = [], []
    caps = _Caps()
    for mine in rows.values():
        found = credits([_claim(one) for one in mine], caps)
        for one in mine:
            credit = found[one.pk]
            if credit.minutes == one.by_rule:
                continue
            entries.append(
                enter(one, Entry.Kind.BY_RULE, credit.minutes - one.by_rule, credit.reason, by, now)
            )
            if one.minutes < 0:
                why = "按规则算的时长变少了，先前的更正跟着减"
                entries.append(enter(one, Entry.Kind.CORRECTED, -one.minutes, why, by, now))
            changed.append(one)
    Service.objects.bulk_update(changed, ["by_rule", "corrected", "minutes"], batch_size=500)
    Entry.objects.bulk_create(entries, batch_size=500)
    settle(people, before, changed, now)


def touch(services: Iterable[Service]) -> None:
    """Note that the figures around these services must be counted anew (待重算)."""
    figures.mark(SERVICES, pairs={(s.place_id, month_of(s.day)) for s in services})


def settle(
    people: set[int], before: Mapping[int, date], changed: Iterable[Service], now: datetime
) -> None:
    """Mark the figures, and tell the register of volunteers when these people last served."""
    touch(changed)
    after = last_days(people)
    moved = {p: (before.get(p), after.get(p)) for p in people if before.get(p) != after.get(p)}
    if moved:
        directory.note_service(by=HOUSE, moved=moved, now=now)


def enter(
    service: Service, kind: str, minutes: int, reason: str, by: Actor, now: datetime
) -> Entry:
    """Return an entry and move the sums of its service; the caller saves both."""
    if kind == Entry.Kind.BY_RULE:
        service.by_rule += minutes
    else:
        service.corrected += minutes
    service.minutes = service.by_rule + service.corrected
    return Entry(
        service=service, kind=kind, minutes=minutes, reason=reason, by_id=by.pk, entered_at=now
    )


def last_days(people: Iterable[int]) -> dict[int, date]:
    """Return the last day on which each of these people served."""
    found: dict[int, date] = {}
    rows = (
        Service.objects.filter(_of(people), state=State.COUNTED, minutes__gt=0)
        .values_list("person_id", "person__merged_into_id")
        .annotate(last=Max("day"))
    )
    for person, merged, last in rows:
        head = merged or person
        found[head] = max(last, found.get(head, last))
    return found


def _of(people: Iterable[int]) -> Q:
    return Q(person__in=people) | Q(person__merged_into__in=people)


class _Caps(dict[date, int]):
    """The most minutes that count of a day, by the rule of that day."""

    def __missing__(self, day: date) -> int:
        self[day] = rule("volunteers.day-cap-minutes", day).number
        return self[day]


def _claim(one: Service) -> Claim:
    return Claim(
        key=one.pk,
        day=one.day,
        begins_at=one.begins_at,
        ends_at=one.ends_at,
        minutes=one.claimed,
    )
