"""What volunteers can do, could do and did; what teams did, with the share that was typed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, F, Q, QuerySet, Sum

from gongzhi.directory import queries as directory
from gongzhi.directory.models import Membership, Person, Team
from gongzhi.events import queries as events
from gongzhi.events.models import Event, Registration
from gongzhi.places.models import Place
from gongzhi.shared.calendar import local
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Actor

from . import rules
from .books import SERVICES
from .models import Certificate, Half, Profile, Reach, Service, Shift, Skill

__all__ = ["SERVICES"]
PAGE = 30
# A shift is looked at for somebody while it is among the next so many of the county.
LOOKED_AT = 300
WEEKDAYS = "一二三四五六日"


def group_of(person: Person) -> list[int]:
    """Return the numbers of all records that stand for the same person, asked once for a person at hand."""
    if "_group" not in person.__dict__:
        person.__dict__["_group"] = directory.group_of(person)
    found: list[int] = person.__dict__["_group"]
    return found


def age_on(person: Person, day: date) -> int:
    """Return how old somebody is on a day at the least that is known; grown up when nothing is (年龄)."""
    if person.birth_on is not None:
        born = person.birth_on
        return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    # Only the year is known: whoever might still be a minor is taken for one.
    return day.year - person.birth_year - 1 if person.birth_year else 99


# -- shifts ----------------------------------------------------------------------------------------


def coming(now: datetime) -> QuerySet[Shift]:
    """Return published shifts that have not begun, the next first (招人的岗位)."""
    return (
        Shift.objects.filter(event__status=Event.Status.PUBLISHED, event__starts_at__gt=now)
        .select_related("event__place", "team")
        .order_by("event__starts_at", "pk")
    )


def wanted(place: Place | None, now: datetime, *, skill: str = "") -> QuerySet[Shift]:
    """Return the shifts of a place that anybody may take, of one skill if it is given."""
    found = coming(now).filter(is_team_only=False)
    if place is not None:
        found = found.filter(event__place__path__startswith=place.path)
    return found.filter(skill=skill) if skill in Skill.values else found


def needs_by_skill(place: Place | None, now: datetime) -> list[tuple[str, str, int]]:
    """Return (skill, label, shifts that still lack somebody) for each skill that is needed (缺什么人)."""
    short = wanted(place, now).filter(
        Q(event__capacity__isnull=True) | Q(event__seats_taken__lt=F("event__capacity"))
    )
    counts = dict(
        short.order_by().values_list("skill").annotate(n=Count("pk")).values_list("skill", "n")
    )
    return [(s.value, s.label, counts[s.value]) for s in Skill if s.value in counts]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A shift that somebody could take, and why it is shown to them (我能接的)."""

    shift: Shift
    because: Sequence[str]


def fitting(person: Person, now: datetime, *, limit: int = 20) -> list[Fit]:
    """
    Return the shifts that *person* could take (我能接的): they can do it, it is near, they are free then, old
    enough, in the team where only the team is asked, and not there already. Nobody is compared with anybody.
    """
    profile = profile_of(person)
    ids = group_of(person)
    teams = set(
        Membership.objects.filter(person__in=ids, left_on__isnull=True).values_list(
            "team_id", flat=True
        )
    )
    taken = Registration.objects.filter(
        person__in=ids, status__in=Registration.LIVE, event__starts_at__gt=now
    ).values_list("event_id", "event__starts_at", "event__ends_at")
    busy = list(taken)
    skills = {Skill.ANY, *profile.skills}
    found = coming(now).filter(skill__in=skills)
    found = found.filter(Q(is_team_only=False) | Q(team__in=teams))
    reach = _within(person.place, profile.reach)
    if reach:
        found = found.filter(Q(event__place__path__startswith=reach) | Q(team__in=teams))
    fits = []
    for shift in found.exclude(event__in=[event for event, _, _ in busy])[:LOOKED_AT]:
        event = shift.event
        if not event.takes_registrations_at(now) or not _is_of_age(person, event):
            continue
        if any(begins < event.ends_at and event.starts_at < ends for _, begins, ends in busy):
            continue
        part = part_of(event.starts_at)
        if profile.free and part not in profile.free:
            continue
        because = [
            *(["您会" + Skill(shift.skill).label] if shift.skill in profile.skills else []),
            *([f"是您队里的：{shift.team}"] if shift.team_id in teams else []),
            *(["就在您的村社"] if event.place.path.startswith(person.place.path) else []),
            *([f"{say_part(part)}您有空"] if profile.free else []),
        ]
        fits.append(Fit(shift=shift, because=because or ["不限会什么，有心就行"]))
        if len(fits) == limit:
            break
    return fits


def _within(place: Place, reach: str) -> str:
    """Return the path within which somebody goes, empty for everywhere."""
    if reach == Reach.COUNTY:
        return ""
    levels = place.path.strip("/").split("/")
    keep = 3 if reach == Reach.VILLAGE else 2
    return "/" + "/".join(levels[:keep]) + "/"


def _is_of_age(person: Person, event: Event) -> bool:
    age = age_on(person, event.day)
    return (event.min_age or 0) <= age and (event.max_age is None or age <= event.max_age)


def part_of(moment: datetime) -> str:
    """Return the part of the week of a moment: Saturday morning is `5-am` (时段)."""
    here = local(moment)
    half = Half.MORNING if here.hour < 12 else Half.AFTERNOON if here.hour < 18 else Half.EVENING
    return f"{here.weekday()}-{half}"


def say_part(part: str) -> str:
    """Return a part of the week in words: 星期六上午."""
    day, _, half = part.partition("-")
    return f"星期{WEEKDAYS[int(day)]}{Half(half).label}"


def profile_of(person: Person) -> Profile:
    """Return what somebody said they can do; an empty one when they said nothing (我能帮什么)."""
    found = Profile.objects.filter(person__in=group_of(person)).order_by("-changed_at").first()
    return found or Profile(person=person)


def run_by(by: Actor) -> QuerySet[Shift]:
    """Return the shifts that *by* runs, the latest first (我管的岗位)."""
    return (
        rules.RUN.among(Shift.objects.all(), by)
        .select_related("event__place", "team")
        .order_by("-event__starts_at", "-pk")
    )


def uncounted(by: Actor, now: datetime) -> QuerySet[Shift]:
    """Return the shifts that are over and whose hours nobody has counted (等着核时长的)."""
    return run_by(by).filter(
        event__ends_at__lte=now,
        event__status__in=(Event.Status.PUBLISHED, Event.Status.CLOSED),
        event__is_held=True,
        counted_at__isnull=True,
    )


def awaiting(by: Actor) -> QuerySet[Service]:
    """Return the typed hours that wait for a second person and are not *by*'s own (等另一个人核的)."""
    found = Service.objects.filter(state=Service.State.WAITING)
    mine = rules.APPROVE.among(found, by).select_related("person", "place", "team", "event")
    mine = mine.exclude(recorded_as=rules.role_of(by))
    return (mine.exclude(recorded_by=by.pk) if by.pk else mine).order_by("pk")


def services_at(event: Event) -> QuerySet[Service]:
    """Return what was served at one shift, by name (这一次的记录)."""
    found = Service.objects.filter(event=event).select_related("person", "approved_by")
    return found.prefetch_related("entries__by").order_by("person__name", "pk")


def villages_for(by: Actor) -> list[Place]:
    """Return the villages and communities where *by* may ask for volunteers, in the official order."""
    within = Q(pk__in=[])
    for path in rules.RUN.paths(by):
        within |= Q(path__startswith=path)
    open_ = Place.objects.filter(within, level=Place.Level.VILLAGE, closed_on__isnull=True)
    return list(open_.order_by("sort_key"))


def unrecorded_at(shift: Shift) -> list[Person]:
    """Return who might stand on the paper list and has no hours yet: registered, or of the team (签到表上可能有的)."""
    known = Service.objects.filter(event=shift.event_id).values("person")
    registered = Registration.objects.filter(event=shift.event_id).values("person")
    members = Membership.objects.filter(team=shift.team_id or 0, left_on__isnull=True)
    return list(
        Person.objects.filter(Q(pk__in=registered) | Q(pk__in=members.values("person")))
        .exclude(pk__in=known)
        .filter(merged_into__isnull=True, erased_at__isnull=True)
        .order_by("name", "pk")[:200]
    )


# -- what somebody did -----------------------------------------------------------------------------


def services_of(person: Person) -> QuerySet[Service]:
    """Return the services of a person that count, the latest first (我的服务)."""
    mine = Service.objects.counted().filter(person__in=group_of(person))
    return mine.select_related("place", "team").order_by("-day", "-pk")


@dataclass(frozen=True, kw_only=True)
class Total:
    """How often and how long (合计): `other` is what was typed or came from another system."""

    times: int
    minutes: int
    other: int

    @property
    def share(self) -> float:
        """The part of the minutes that no scan stands behind."""
        return self.other / self.minutes if self.minutes else 0.0


def total_of(services: QuerySet[Service]) -> Total:
    """Return how often and how long these services were: scanned minutes, and the others."""
    scanned = Q(source=Service.Source.SCANNED)
    found = services.order_by().aggregate(
        times=Count("pk"),
        all_minutes=Sum("minutes"),
        other=Sum("minutes", filter=~scanned),
        raised=Sum("corrected", filter=scanned & Q(corrected__gt=0)),
    )
    other = (found["other"] or 0) + (found["raised"] or 0)
    return Total(times=found["times"], minutes=found["all_minutes"] or 0, other=other)


@dataclass(frozen=True, kw_only=True)
class Stars:
    """Where somebody stands with the stars (星级), for their own eyes: `next_at` minutes for the star after."""

    count: int
    next_at: int | None
    note: str = ""


def stars_of(minutes: int, day: date) -> Stars:
    """
    Return the stars for *minutes* by the rule of *day*. The fifth is not for hours alone: it is chosen among
    people of four.
    """
    steps = [int(hours) * 60 for hours in rule("volunteers.star-hours", day).words]
    reached = sum(minutes >= step for step in steps)
    if reached == len(steps):
        return Stars(count=reached - 1, next_at=None, note="时长够五星；五星要在四星志愿者里评选")
    return Stars(count=reached, next_at=steps[reached])


# -- teams -----------------------------------------------------------------------------------------


def team_total(team: Team, since: date, until: date) -> Total:
    """Return what a team served in [since, until), with the share that was typed (志愿队的时长)."""
    return total_of(Service.objects.counted().filter(team=team, day__gte=since, day__lt=until))


def teams_at(place: Place | None, day: date) -> QuerySet[Team]:
    """Return the teams of a place in the official order of places (志愿队)."""
    found = Team.objects.filter(ended_on__isnull=True, founded_on__lte=day).select_related("place")
    if place is not None:
        found = found.filter(place__path__startswith=place.path)
    return found.order_by("place__sort_key", "pk")


def totals_of_teams(teams: Iterable[Team], since: date, until: date) -> Mapping[int, Total]:
    """Return what each of these teams served, in two queries for all of them."""
    scanned = Q(source=Service.Source.SCANNED)
    rows = (
        Service.objects.counted()
        .filter(team__in=list(teams), day__gte=since, day__lt=until)
        .order_by()
        .values("team_id")
        .annotate(
            times=Count("pk"),
            all_minutes=Sum("minutes"),
            other=Sum("minutes", filter=~scanned),
            raised=Sum("corrected", filter=scanned & Q(corrected__gt=0)),
        )
    )
    return {
        row["team_id"]: Total(
            times=row["times"],
            minutes=row["all_minutes"] or 0,
            other=(row["other"] or 0) + (row["raised"] or 0),
        )
        for row in rows
    }


# -- certificates ----------------------------------------------------------------------------------


def certificates_of(person: Person) -> QuerySet[Certificate]:
    """Return the certificates of a person, the latest first (我的证明)."""
    return Certificate.objects.filter(person__in=group_of(person)).order_by("-pk")


def certificates_seen_by(by: Actor) -> QuerySet[Certificate]:
    """Return the certificates *by* may open: their own, and those of people they certify."""
    own = getattr(by, "person_id", None)
    mine = Q(pk__in=[])
    if own is not None:
        person = Person.objects.get(pk=own)
        mine = Q(person__in=group_of(person))
    kept = rules.CERTIFY.among(Certificate.objects.all(), by).values("pk")
    return Certificate.objects.filter(mine | Q(pk__in=kept)).select_related("person__place")


def certificate(number: str, code: str) -> Certificate | None:
    """Return the certificate with this number and code, None when they do not belong together (验一张)."""
    wanted = "".join(number.split()).upper()
    said = "".join(code.split()).upper()
    if not wanted or len(said) != 6:
        return None
    return Certificate.objects.filter(number=wanted, code=said).select_related("person").first()


def find_services(queryset: QuerySet[Service], words: str) -> QuerySet[Service]:
    """Keep the services at shifts that *words* name (搜服务)."""
    return queryset.filter(title__icontains=words.strip()[:40])


def is_busy(people: Iterable[Person], shift: Shift) -> bool:
    """Tell whether one of these people comes to something else on the day of a shift (当天还有别的)."""
    others = Registration.objects.filter(
        person__in=[p.pk for p in people], event__day=shift.event.day, status__in=Registration.LIVE
    )
    return others.exclude(event=shift.event_id).exists()


def members_among(team: Team, people: Iterable[Person]) -> set[int]:
    """Return which of these people are in a team now (谁在队里)."""
    ids = {pk: p.pk for p in people for pk in group_of(p)}
    found = Membership.objects.filter(team=team, person__in=ids, left_on__isnull=True)
    return {ids[pk] for pk in found.values_list("person_id", flat=True)}


def taken_by(person: Person, shift: Shift) -> Registration | None:
    """Return how somebody stands with a shift, None when they never took it (我接没接)."""
    return events.own_registration(shift.event, person)
