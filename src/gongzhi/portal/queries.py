"""What the door of the house shows: the public home, the search box, and what is registered in one's own name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from gongzhi.accounts import queries as accounts
from gongzhi.accounts.models import User
from gongzhi.audit import queries as audit
from gongzhi.audit.models import Line
from gongzhi.centers import queries as centers
from gongzhi.directory import queries as directory
from gongzhi.directory.models import Membership, Person, Volunteer
from gongzhi.directory.services import Oneself
from gongzhi.events import queries as events
from gongzhi.indicators import queries as indicators
from gongzhi.indicators.queries import Figure
from gongzhi.places.models import Place
from gongzhi.shared.calendar import LOCAL, today
from gongzhi.shared.codes import mask_phone, polite_name
from gongzhi.shared.measures import measures
from gongzhi.shared.periods import twelve_months_to
from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Search, rooms
from gongzhi.suggestions import queries as suggestions
from gongzhi.suggestions.models import Suggestion

# What the public home tells of the county, each with its rule and the measures that stand beside it.
FACTS = (
    "directory.social-organizations",
    "directory.teams",
    "directory.volunteers-registered",
    "places.villages",
)
SEX = {Person.Sex.MALE: "male", Person.Sex.FEMALE: "female"}
FULL_EXPORT = "indicators.full-records-exported"
LIMIT = 8


# --- the public home -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Front:
    """What the public home shows (门户首页)."""

    facts: Sequence[Figure]
    events: Sequence[Any]
    centers: Sequence[centers.Shown]
    answered: Sequence[Suggestion]


def front(place: Place, *, now: datetime) -> Front:
    """Return what the public home shows at a place: its figures, the centers that serve it, the latest answers."""
    known = measures()
    wanted = [known[key] for key in FACTS if key in known and known[key].public]
    period = indicators.one_day(today(now))
    return Front(
        facts=indicators.read_all(wanted, place, period, now=now, public=True),
        events=events.this_week(place, now, limit=3),
        centers=near_centers(place, now=now),
        answered=suggestions.published(size=3).rows,
    )


def near_centers(place: Place, *, now: datetime) -> list[centers.Shown]:
    """Return the open centers, those that serve the place or lie in it first (附近的支持中心)."""
    found = centers.open_centers(today(now))
    serving = [c for c in found if place.path.startswith(c.place.path)]
    inside = [c for c in found if c not in serving and c.place.path.startswith(place.path)]
    rest = [c for c in found if c not in serving and c not in inside]
    return centers.shown([*reversed(serving), *inside, *rest][:4], now)


# --- the search box ------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one room found (搜到的)."""

    label: str
    rows: Sequence[tuple[str, str, str]]
    has_more: bool


def search(by: Actor, words: str) -> list[Found]:
    """Ask every room what *words* name, as far as *by* may see it (搜索)."""
    words = words.strip()[:60]
    if not words:
        return []
    asked: list[Search] = [one for room in rooms().values() for one in room.search]
    found = []
    for one in sorted(asked, key=lambda s: (s.order, s.label)):
        rows = [tuple(row[:3]) for row in one.find(by, words, LIMIT + 1)]
        if rows:
            found.append(Found(label=one.label, rows=rows[:LIMIT], has_more=len(rows) > LIMIT))
    return found


# --- what is registered in my name ---------------------------------------------------------------

HELD = "portal.mine"  # where a session keeps who was chosen
PHONE = "portal.phone"  # where it keeps, sealed, the phone that a code went to


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Whoever asks what is registered in their name (查我的登记): how they showed it, and whom it may be."""

    how: str  # phone, account, counter; empty for nobody yet
    people: Sequence[Person]
    person: Person | None
    by: Actor | None
    words: str = ""


def asking(user: Actor, session: Mapping[str, object], now: datetime) -> Asking:
    """
    Tell who asks: somebody a clerk opened at the counter, an account with its person, or a phone just proved.

    Several people of one phone have to say which of them they are; then `person` is set.
    """
    kept = session.get(HELD)
    held: Mapping[str, object] = kept if isinstance(kept, dict) else {}
    until = held.get("until")
    alive = isinstance(until, int | float) and now.timestamp() < until
    if alive and held.get("how") == "counter" and user.is_authenticated:
        person = _standing(held.get("person"))
        if person:
            return Asking(
                how="counter",
                people=[person],
                person=person,
                by=Oneself(person.pk),
                words="在窗口查",
            )
    proved = accounts.proved_phone(session, now)
    if proved is None and isinstance(user, User) and user.person_id:
        person = _standing(user.person_id)
        if person:
            return Asking(
                how="account", people=[person], person=person, by=user, words="登录的账号"
            )
    if proved is None:
        return Asking(how="", people=[], person=None, by=None)
    people = list(directory.people_with_phone(proved.phone))
    person = None
    if len(people) == 1:
        person = people[0]
    elif alive and held.get("how") == "phone":
        person = next((p for p in people if p.pk == held.get("person")), None)
    local = timezone.localtime(proved.until)
    return Asking(
        how="phone",
        people=people,
        person=person,
        by=Oneself(person.pk) if person else None,
        words=f"{mask_phone(proved.phone)}，刚用短信码验过，{local:%H:%M}以前有效",
    )


def _standing(pk: object) -> Person | None:
    if not isinstance(pk, int):
        return None
    found = Person.objects.select_related("place", "merged_into__place").filter(pk=pk).first()
    return (found.merged_into or found) if found and not found.erased_at else None


def called(person: Person) -> str:
    """Return how a page addresses somebody (称呼): 王先生, 李女士, or the masked name."""
    return polite_name(person.name, SEX.get(Person.Sex(person.sex), ""))


@dataclass(frozen=True, kw_only=True)
class Looked:
    """Somebody looked at my numbers (谁看过)."""

    who: str
    when: str
    why: str


def looked(person: Person, now: datetime) -> list[Looked]:
    """
    Return who opened this person's numbers in the last twelve months, newest first (谁看过您的号码).

    A register that left the house with full numbers and may hold theirs is told as well.
    """
    since = datetime.combine(twelve_months_to(today(now)).since, time.min, tzinfo=LOCAL)
    lines = [line for pk in directory.group_of(person) for line in audit.openings_of(pk, since)]
    above = person.place.path.strip("/").split("/")
    paths = ["/" + "/".join(above[: n + 1]) + "/" for n in range(len(above))]
    taken = Line.objects.filter(
        action=FULL_EXPORT, happened_at__gte=since, place_path__in=paths
    ).order_by("-pk")
    found = [(one.pk, Looked(who=one.who, when=one.when, why=one.basis)) for one in lines]
    for one in audit.spoken(taken):
        why = f"导出了{one.place}带完整号码的名册，里面可能有您。{one.basis}"
        found.append((one.pk, Looked(who=one.who, when=one.when, why=why)))
    return [looked for _, looked in sorted(found, key=lambda pair: -pair[0])]


def place_of(registration: Volunteer | Membership) -> Place:
    """Return where a registration is kept (登记地)."""
    return registration.place if isinstance(registration, Volunteer) else registration.team.place


def kept_until(now: datetime) -> float:
    """Return the moment until which a session keeps who was chosen: as long as a proved phone."""
    from gongzhi.shared.dated import rule

    return (now + timedelta(minutes=rule("self-service.minutes", today(now)).number)).timestamp()
