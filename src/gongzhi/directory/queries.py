"""What the registers say, to those who may know: organizations, people, teams, and what waits for somebody."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet

from gongzhi.audit import queries as audit
from gongzhi.audit.models import Line
from gongzhi.shared import codes
from gongzhi.shared.calendar import LOCAL, today
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import first_of, say_day, twelve_months_to
from gongzhi.shared.permissions import Actor
from gongzhi.shared.sealed import Sealed, fingerprint
from gongzhi.shared.search import matching
from gongzhi.shared.text import query_bigrams

from . import rules
from .models import (
    AnnualReport,
    Candidate,
    CollectiveYear,
    Dispute,
    Membership,
    Merge,
    Organization,
    Person,
    Rating,
    SocialEnterprise,
    Team,
    Volunteer,
)
from .rules import is_oneself as is_oneself  # for the rules of rooms above

_DAY = timedelta(days=1)
OPENED = "directory.number-opened"

# --- dated rules --------------------------------------------------------------------------------


def add_years(day: date, years: int) -> date:
    """Return the same day *years* later; the 29th of February becomes the first of March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def rating_ends(valid_from: date) -> date:
    """Return the first day on which a rating of that day holds no more (等级到期), by the dated rule."""
    return add_years(valid_from, rule("rating.validity-years", valid_from).number)


def rating_warnings(organization: Organization, on: date) -> list[str]:
    """
    Return why *organization* does not look eligible for a rating on that day (参评条件).

    社会组织评估管理办法 asks for two years since registration and a clean last yearly report. Warnings, not
    blocks: the rule's confidence is not ✔.
    """
    warnings = []
    years = rule("rating.eligible-after-years", on).number
    if add_years(organization.registered_on, years) > on:
        warnings.append(f"登记还不满{years}年（{say_day(organization.registered_on)}登记）")
    if organization.status == Organization.Status.SUSPENDED:
        warnings.append("正在限期整改")
    last = (
        AnnualReport.objects.filter(organization=organization, late_from__lte=on)
        .order_by("-year")
        .values_list("year", "outcome")[:2]
    )
    outcomes = list(last)
    if outcomes and outcomes[0][1] == AnnualReport.Outcome.DUE:
        warnings.append(f"{outcomes[0][0]}年度报告没有报")
    if outcomes and outcomes[0][1] == AnnualReport.Outcome.FAILED:
        warnings.append(f"{outcomes[0][0]}年度检查不合格")
    if len(outcomes) == 2 and all(o == AnnualReport.Outcome.BASIC for _, o in outcomes):
        warnings.append("连续两年基本合格")
    return warnings


_REPORT_RULES = {
    Organization.Kind.ASSOCIATION: "annual-report.social-association.registrar",
    Organization.Kind.SERVICE: "annual-report.social-service-institution.registrar",
    Organization.Kind.FOUNDATION: "annual-report.foundation.registrar",
}


def reports_late_from(kind: str, year: int) -> date:
    """Return the first day on which the report of *year* is late for that kind (年报逾期起算日)."""
    due = rule(_REPORT_RULES[Organization.Kind(kind)], date(year + 1, 1, 1))
    return due.in_year(year + 1) + _DAY


def active_until(served: date) -> date:
    """Return the first day on which a service on that day no longer counts as recent (近12个月)."""
    months = rule("volunteers.active-months", served).number
    year, month = divmod(served.year * 12 + served.month - 1 + months, 12)
    try:
        return date(year, month + 1, served.day)
    except ValueError:  # the month is shorter: from the first of the next one
        return first_of(year * 12 + month + 1)


# --- organizations ------------------------------------------------------------------------------


def organizations(by: Actor) -> QuerySet[Organization]:
    """Return the organizations that *by* may see (组织名录); what an import brought by mistake is none."""
    entered = Organization.objects.exclude(status=Organization.Status.WITHDRAWN)
    return rules.VIEW_ORGANIZATIONS.among(entered, by)


def find_organizations(by: Actor, words: str, limit: int = 8) -> QuerySet[Organization]:
    """Return organizations called like *words* or with that code, that *by* may see (找组织)."""
    found = organizations(by).select_related("place")
    code = words.strip().upper()
    if len(code) == 18 and code.isascii():
        return found.filter(uscc=code)[:limit]
    tokens = " ".join(query_bigrams(words))
    if not tokens:
        return found.none()
    return matching(found, tokens, model=Organization).order_by("pk")[:limit]


def rating_on(organization: Organization, day: date) -> Rating | None:
    """Return the rating that holds on *day* (当日等级)."""
    held = organization.ratings.filter(valid_from__lte=day, valid_until__gt=day)
    return held.order_by("-valid_from").first()


def stage_on(organization: Organization, day: date) -> SocialEnterprise | None:
    """Return the stage on the way to 社会企业 that holds on *day* (当日阶段)."""
    held = organization.stages.filter(since__lte=day).filter(Q(until=None) | Q(until__gt=day))
    return held.order_by("-since").first()


def incomes_of(place_id: int) -> QuerySet[CollectiveYear]:
    """Return the years registered for the collective of a village, newest first (集体经济收入)."""
    return CollectiveYear.objects.filter(place=place_id).order_by("-year")


def teams_of(organization: Organization) -> QuerySet[Team]:
    """Return the teams of an organization with the number of their members (所属志愿队)."""
    return (
        organization.teams.filter(ended_on=None)
        .annotate(
            members=Count("memberships", filter=Q(memberships__left_on=None)),
            confirmed=Count(
                "memberships",
                filter=Q(memberships__left_on=None, memberships__confirmed_on__isnull=False),
            ),
        )
        .order_by("pk")
    )


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that happened to an organization (经过)."""

    day: date
    what: str
    note: str = ""


def course_of(organization: Organization) -> list[Step]:
    """Return what happened to an organization, newest first (经过)."""
    steps = [Step(day=organization.registered_on, what="登记成立")]
    if organization.kind == Organization.Kind.FILED:
        steps = [Step(day=organization.registered_on, what="备案")]
    for rating in organization.ratings.all():
        until = f"有效到{say_day(rating.valid_until - _DAY)}"
        steps.append(Step(day=rating.valid_from, what=f"评为{rating.grade}A", note=until))
        if rating.revoked_on:
            steps.append(Step(day=rating.revoked_on, what=f"取消{rating.grade}A"))
    for stage in organization.stages.all():
        steps.append(Step(day=stage.since, what=stage.get_stage_display(), note=stage.document))
    if organization.ended_on:
        steps.append(Step(day=organization.ended_on, what=organization.get_status_display()))
    return sorted(steps, key=lambda step: step.day, reverse=True)


def ratings_ending(by: Actor, on: date) -> QuerySet[Rating]:
    """Return the ratings of 1A and above that end within the dated number of days, for a reminder (快到期的等级)."""
    days = rule("rating.remind-days", on).number
    ending = Rating.objects.filter(
        valid_from__lte=on,
        valid_until__gt=on,
        valid_until__lte=on + timedelta(days=days),
        organization__ended_on=None,
    )
    allowed = rules.VIEW_ORGANIZATIONS.among(Organization.objects.all(), by)
    return (
        ending.filter(organization__in=allowed)
        .select_related("organization__place")
        .order_by("valid_until", "pk")
    )


def reports_waiting(by: Actor, on: date) -> QuerySet[AnnualReport]:
    """Return the yearly reports that have not come and are due soon or late (没有报的年报)."""
    days = rule("annual-report.remind-days", on).number
    waiting = AnnualReport.objects.filter(
        filed_on=None, late_from__lte=on + timedelta(days=days + 1), organization__ended_on=None
    )
    return (
        rules.FILE_REPORTS.among(waiting, by)
        .select_related("organization__place")
        .order_by("late_from", "pk")
    )


# --- people -------------------------------------------------------------------------------------


def people(by: Actor) -> QuerySet[Person]:
    """Return the people whose registrations *by* may see, numbers masked (居民)."""
    return rules.VIEW_PEOPLE.among(Person.objects.all(), by)


def group_of(person: Person) -> list[int]:
    """Return the ids of all records that stand for the same person (同一个人的各条)."""
    head = person.standing_id
    rows = Person.objects.filter(merged_into=head).values_list("pk", flat=True)
    return [head, *rows.order_by("pk")]


def find_people(by: Actor, words: str, limit: int = 8) -> QuerySet[Person]:
    """Return people called like *words*, that *by* may see (按姓名找人); merged records stand back."""
    found = people(by).filter(merged_into=None, erased_at=None).select_related("place")
    written = words.strip().upper()
    if written.startswith("V") and written[1:].isdecimal() and len(written) < 12:
        return found.filter(volunteering=int(written[1:]))[:limit]
    tokens = " ".join(query_bigrams(words))
    if not tokens:
        return found.none()
    return matching(found, tokens, model=Person).order_by("pk")[:limit]


def people_with_phone(phone: str) -> QuerySet[Person]:
    """Return the people who gave this number: often a whole family (同一个手机号的人)."""
    return people_with_phone_key(fingerprint(codes.normalize_phone(phone)))


def people_with_phone_key(key: str) -> QuerySet[Person]:
    """Return the people whose number has this fingerprint (按手机号指纹找人)."""
    if not key:
        return Person.objects.none()
    rows = Person.objects.filter(phone_key=key).values_list("pk", "merged_into_id")
    heads = {into or pk for pk, into in rows}
    return (
        Person.objects.filter(pk__in=heads, erased_at=None).select_related("place").order_by("pk")
    )


def is_them(person: Person, answer: str) -> bool:
    """Tell whether *answer* is the last four of the person's ID number, or the birth date (核对是本人)."""
    said = "".join(c for c in answer if c.isalnum()).upper()
    sealed: Any = person.id_number
    if sealed and len(said) == 4:
        return sealed.open()[-4:].upper() == said
    if person.birth_on and len(said) == 8:
        return f"{person.birth_on:%Y%m%d}" == said
    return False


def person_with_id(number: str) -> Person | None:
    """Return whoever has this ID number: the record that stands for the person (按证件号找人)."""
    key = fingerprint(codes.normalize_id(number))
    found = Person.objects.filter(id_key=key).exclude(id_key="").select_related("merged_into")
    person = found.first()
    return person and (person.merged_into or person)


def people_at_counter(
    by: Actor, *, name: str = "", phone: str = "", id_number: str = ""
) -> list[Person]:
    """
    Return whom a clerk may mean who has the person or the card before them (窗口查登记).

    Numbers are asked by fingerprint and must be whole; a name alone is searched among those *by* may see.
    """
    found = people(by).filter(erased_at=None).select_related("place", "merged_into")
    if id_number.strip():
        key = fingerprint(codes.normalize_id(id_number))
        hits = found.filter(id_key=key).exclude(id_key="")
    elif phone.strip():
        hits = found.filter(phone_key=fingerprint(codes.normalize_phone(phone)))
        hits = hits.exclude(phone_key="").order_by("pk")[:20]
    else:
        return list(find_people(by, name, 20))
    return list(dict.fromkeys(person.merged_into or person for person in hits))


@dataclass(frozen=True, kw_only=True)
class Registrations:
    """Everything that is registered in somebody's name, under all records that stand for them (我的登记)."""

    person: Person
    volunteering: list[Volunteer]
    memberships: list[Membership]
    disputes: list[Dispute]

    @property
    def waiting(self) -> list[Volunteer | Membership]:
        """Return what somebody else registered and the person has not confirmed (等您认的)."""
        return [r for r in self.live if r.confirmed_on is None]

    @property
    def confirmed(self) -> list[Volunteer | Membership]:
        """Return what holds and the person has confirmed (您认过的)."""
        return [r for r in self.live if r.confirmed_on is not None]

    @property
    def live(self) -> list[Volunteer | Membership]:
        """Return what holds (还在的)."""
        return [
            *(v for v in self.volunteering if v.ended_on is None),
            *(m for m in self.memberships if m.left_on is None),
        ]

    @property
    def ended(self) -> list[Volunteer | Membership]:
        """Return what ended otherwise than by merging two records (已经退出的)."""
        return [
            *(v for v in self.volunteering if v.ended_on and v.ended_how != "merged"),
            *(m for m in self.memberships if m.left_on and m.left_how != "merged"),
        ]


def registrations_of(person: Person) -> Registrations:
    """Return everything registered in *person*'s name (查我的登记); four statements, whatever it is."""
    ids = group_of(person)
    head = person if person.pk == ids[0] else Person.objects.get(pk=ids[0])
    return Registrations(
        person=head,
        volunteering=list(
            Volunteer.objects.filter(person__in=ids).select_related("place").order_by("-pk")
        ),
        memberships=list(
            Membership.objects.filter(person__in=ids)
            .select_related("team__place", "team__organization")
            .order_by("-joined_on", "-pk")
        ),
        disputes=list(
            Dispute.objects.filter(person__in=ids)
            .select_related("volunteer", "membership__team", "place")
            .order_by("-raised_at", "-pk")
        ),
    )


def openings_of(person: Person, *, now: datetime) -> list[audit.Spoken]:
    """Return who opened this person's numbers in the last 12 months, newest first (谁看过我的号码)."""
    since = datetime.combine(twelve_months_to(today(now)).since, time.min, tzinfo=LOCAL)
    found = Line.objects.filter(
        subject_id__in=group_of(person), action=OPENED, happened_at__gte=since
    )
    return audit.spoken(found.order_by("-pk"))


def open_for(by: Actor, person: Person, *, now: datetime) -> datetime | None:
    """Return until when *by* sees this person's numbers, None when they are not open for them (打开到几点)."""
    if by.pk is None:
        return None
    minutes = timedelta(minutes=rule("personal-data.open-minutes", today(now)).number)
    last = (
        Line.objects.filter(
            subject_id=person.standing_id,
            actor_id=by.pk,
            action=OPENED,
            happened_at__gt=now - minutes,
        )
        .order_by("-happened_at")
        .values_list("happened_at", flat=True)
        .first()
    )
    return last + minutes if last else None


def merges_of(person: Person) -> QuerySet[Merge]:
    """Return the merges into this person that can be undone, newest first (并进来的)."""
    return (
        Merge.objects.filter(into=person.standing_id, undone_at=None)
        .select_related("person")
        .order_by("-pk")
    )


# --- two that may be one ------------------------------------------------------------------------


def candidates(by: Actor) -> QuerySet[Candidate]:
    """Return the pairs that wait for somebody who may look at both (疑似重复), the oldest first."""
    allowed = rules.MERGE_PEOPLE.among(Person.objects.all(), by).values("pk")
    return (
        Candidate.objects.filter(
            state__in=(Candidate.State.OPEN, Candidate.State.LATER),
            first__merged_into=None,
            second__merged_into=None,
            first__erased_at=None,
            second__erased_at=None,
        )
        .filter(first__in=allowed, second__in=allowed)
        .select_related("first__place", "second__place")
        .order_by("-state", "pk")  # open before later
    )


def candidates_of(by: Actor, person: Person) -> QuerySet[Candidate]:
    """Return the pairs in which *person* is one (这一位的疑似重复)."""
    return candidates(by).filter(Q(first=person.standing_id) | Q(second=person.standing_id))


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One line of two records side by side (比一项): `verdict` in words, `shape` of the status."""

    label: str
    first: str
    second: str
    verdict: str
    shape: str

    @property
    def differs(self) -> bool:
        return self.shape == "now"


def compare(first: Person, second: Person) -> list[Compared]:
    """Return two people field by field, numbers masked but compared whole (并排比较)."""
    sources = {
        v.person_id: v
        for v in Volunteer.objects.filter(person__in=(first.pk, second.pk), ended_on=None)
    }
    return [
        _line("姓名", first.name, second.name),
        _line(
            "性别",
            first.get_sex_display() if first.sex else "",
            second.get_sex_display() if second.sex else "",
        ),
        _births(first, second),
        _sealed("身份证号", first.id_number, second.id_number, codes.mask_id),
        _sealed("手机号", first.phone, second.phone, codes.mask_phone),
        _line("村社", str(first.place), str(second.place)),
        _sealed("住址", first.address, second.address, codes.mask_address),
        _line("登记来源", _came(sources.get(first.pk)), _came(sources.get(second.pk))),
    ]


def _line(label: str, first: str, second: str, shown: tuple[str, str] | None = None) -> Compared:
    if first and second:
        verdict, shape = ("一样", "ok") if first == second else ("不一样", "now")
    else:
        verdict, shape = ("一边没有", "wait") if first or second else ("两边都没有", "wait")
    a, b = shown or (first, second)
    return Compared(
        label=label, first=a or "没有", second=b or "没有", verdict=verdict, shape=shape
    )


def _sealed(
    label: str, first: Sealed | None, second: Sealed | None, mask: Callable[[str], str]
) -> Compared:
    a, b = (kept.open() if kept else "" for kept in (first, second))
    return _line(label, a, b, shown=(mask(a), mask(b)))


def _births(first: Person, second: Person) -> Compared:
    a, b = (say_day(p.birth_on) if p.birth_on else _year(p.birth_year) for p in (first, second))
    line = _line("出生", a, b)
    known = first.birth_on and second.birth_on
    if a != b and not known and first.birth_year and first.birth_year == second.birth_year:
        return Compared(label="出生", first=a, second=b, verdict="年份对得上", shape="wait")
    return line


def _year(year: int | None) -> str:
    return f"{year}年" if year else ""


def _came(volunteer: Volunteer | None) -> str:
    if volunteer is None:
        return "没有志愿者登记"
    if volunteer.confirmed_on:
        return f"本人确认，{say_day(volunteer.confirmed_on)}"
    return f"{volunteer.get_source_display()}，{say_day(volunteer.registered_on)}"


# --- disputes and teams -------------------------------------------------------------------------


def disputes_waiting(by: Actor) -> QuerySet[Dispute]:
    """Return what people say is wrong and nobody has answered, the most urgent first (待答复的异议)."""
    waiting = Dispute.objects.filter(state=Dispute.State.OPEN)
    return (
        rules.ANSWER_DISPUTES.among(waiting, by)
        .select_related("person", "volunteer", "membership__team", "place")
        .order_by("due_at", "pk")
    )


def teams(by: Actor) -> QuerySet[Team]:
    """Return the teams that *by* may see (志愿队)."""
    return rules.VIEW_TEAMS.among(Team.objects.all(), by)


def find_teams(by: Actor, words: str, limit: int = 8) -> QuerySet[Team]:
    """Return teams called like *words*, that *by* may see (找志愿队)."""
    tokens = " ".join(query_bigrams(words))
    if not tokens:
        return Team.objects.none()
    return matching(teams(by).select_related("place"), tokens, model=Team).order_by("pk")[:limit]


def members_of(team: Team) -> QuerySet[Membership]:
    """Return who is in a team now, leaders first (队员)."""
    return (
        team.memberships.filter(left_on=None)
        .select_related("person__place")
        .order_by("part", "joined_on", "pk")
    )


def live_volunteer(ids: Iterable[int]) -> Volunteer | None:
    """Return the registration as a volunteer that holds for any of these records (还在的志愿者登记)."""
    return Volunteer.objects.filter(person__in=list(ids), ended_on=None).first()
