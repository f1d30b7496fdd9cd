"""What several deeds about an event judge alike, with the refusals they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q

from gongzhi.directory.models import Person
from gongzhi.shared.calendar import local, today
from gongzhi.shared.dated import rule
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.text import normalize

from .models import Event, Question, Quota, Registration

Status = Registration.Status
# Read while others wait: no more of a person, and of the events near, than is judged.
_NOT_JUDGED = ("id_number", "id_key", "address", "tokens", "sex", "created_at")
_NEAR = tuple(f"event__{f}" for f in ("title", "starts_at", "ends_at", "place", "address"))
WEEKDAYS = "一二三四五六日"


class RegistrationClosed(Refused):
    code = "events.registration-closed"
    message = "“{title}”{why}。{mend}。"


class TooYoungOrOld(Refused):
    code = "events.age-does-not-fit"
    message = "“{title}”是给{ages}的，{name}到那天{age}，报不了。请看看别的场次。"


class BirthWanted(Unacceptable):
    code = "events.birth-wanted"
    message = "“{title}”是给{ages}的，{name}没有登记出生年，分不清合不合适。请补上出生年再报。"
    field = "birth_year"


class GuardianWanted(Unacceptable):
    code = "events.guardian-wanted"
    message = "{name}不满{age}岁，要监护人同意才能报。请写上哪位监护人、电话多少。"
    field = "guardian"


class TimeTaken(Refused):
    code = "events.time-taken"
    message = (
        "{name}同一时间已经报了“{other}”（{when}），人只能在一处。请先取消那一场，或者换一场。"
    )


class TightSchedule(Refused):
    code = "events.tight-schedule"
    message = "{name}还报了“{other}”（{when}），和这一场前后只隔{minutes}分钟，又不在一处。来得及就请再确认一次。"


class AnswerWanted(Unacceptable):
    code = "events.answer-wanted"
    message = "“{question}”{wrong}。请{mend}。"
    field = "answers"


def say_moment(moment: datetime) -> str:
    """Return a moment as pages say it: `11月29日星期日 9:00`."""
    at = local(moment)
    return f"{at.month}月{at.day}日星期{WEEKDAYS[at.weekday()]} {at.hour}:{at.minute:02d}"


def say_span(event: Event) -> str:
    """Return when an event is: `11月29日星期日 9:00–11:30`."""
    ends = local(event.ends_at)
    if ends.date() != local(event.starts_at).date():
        return f"{say_moment(event.starts_at)}到{say_moment(event.ends_at)}"
    return f"{say_moment(event.starts_at)}–{ends.hour}:{ends.minute:02d}"


# --- who ------------------------------------------------------------------------------------------


def age_on(person: Person, day: date) -> tuple[int, int] | None:
    """Return the lowest and highest age *person* can have on *day* (年龄); None when no birth is known."""
    if person.birth_on:
        born = person.birth_on
        age = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
        return age, age
    if person.birth_year:
        return day.year - person.birth_year - 1, day.year - person.birth_year
    return None


def say_ages(event: Event) -> str:
    """Return for whom an event is: `6到12岁`, `16岁以上`; empty for everybody."""
    if event.min_age and event.max_age:
        return f"{event.min_age}到{event.max_age}岁"
    if event.min_age:
        return f"{event.min_age}岁以上"
    return f"{event.max_age}岁以下" if event.max_age else ""


def judge_age(event: Event, person: Person) -> None:
    """:raises TooYoungOrOld, BirthWanted: the event is not for that age, or it cannot be told."""
    ages = say_ages(event)
    if not ages:
        return
    age = age_on(person, event.day)
    if age is None:
        raise BirthWanted(title=event.title, ages=ages, name=person.name)
    lowest, highest = age
    if (event.min_age and highest < event.min_age) or (event.max_age and lowest > event.max_age):
        said = f"{highest}岁" if lowest == highest else f"{lowest}到{highest}岁"
        raise TooYoungOrOld(title=event.title, ages=ages, name=person.name, age=said)


def judge_guardian(event: Event, person: Person, guardian: str) -> None:
    """:raises GuardianWanted: the person is under the age at which a guardian agrees, and none is named."""
    law = rule("events.guardian-consent-under-age", event.day).number
    under = max(law, event.guardian_under or 0)
    age = age_on(person, event.day)
    if age is not None and age[1] < under and not guardian:
        raise GuardianWanted(name=person.name, age=under)


def elder(person: Person, event: Event) -> bool:
    """Tell whether a seat is kept longer for this person, by the dated age (年满70岁)."""
    age = age_on(person, event.day)
    return age is not None and age[0] >= rule("events.elder-age", event.day).number


def offer_ends(event: Event, person: Person, now: datetime) -> datetime:
    """Return until when a freed seat is kept for *person*: some hours, longer for the old, never past the start."""
    minutes = event.offer_minutes
    if elder(person, event):
        minutes = max(minutes, rule("events.offer-minutes-elder", event.day).number)
    return min(now + timedelta(minutes=minutes), event.starts_at)


# --- when -----------------------------------------------------------------------------------------


def judge_open(event: Event, now: datetime) -> None:
    """:raises RegistrationClosed: nobody can register for this event at *now*, and why."""
    if event.takes_registrations_at(now):
        return
    mend = "请看看别的场次"
    if event.status == Event.Status.DRAFT:
        why = "还没有发布"
    elif event.status == Event.Status.CANCELLED:
        why = f"取消了：{event.why}"
    elif event.status == Event.Status.CLOSED or event.starts_at <= now:
        why = "已经开始或结束了"
    elif not event.takes_registrations:
        why, mend = "不用报名", f"请{say_moment(event.starts_at)}直接来"
    elif event.registration_opens_at and now < event.registration_opens_at:
        why, mend = "还没到报名时间", f"请{say_moment(event.registration_opens_at)}以后再报"
    else:
        closes = event.registration_closes_at or event.starts_at
        why = f"{say_moment(closes)}截止报名了"
        if event.takes_walk_ins:
            mend = "没报名也可以当天直接来，有座位就坐"
    raise RegistrationClosed(title=event.title, why=why, mend=mend)


def hold_person(pk: int) -> Person:
    """
    Fetch the record that stands for the person with number *pk*, and hold it until the transaction ends.

    Without its key: whoever holds an event and writes a row about this person does not wait for us, who wait for it.
    """
    rows = Person.objects.select_for_update(no_key=True).defer(*_NOT_JUDGED)
    while (held := rows.get(pk=pk)).merged_into_id is not None:
        pk = held.merged_into_id  # merged since the caller looked
    return held


def mine_around(event: Event, person: Person) -> list[Registration]:
    """
    Return what a person has to do with *event*: their rows for it, and live ones near it in time.

    Only what is judged of them: whoever changes one fetches it whole.
    """
    around = timedelta(minutes=rule("events.tight-minutes", event.day).number)
    near = Q(
        event__starts_at__lt=event.ends_at + around,
        event__ends_at__gt=event.starts_at - around,
        event__status=Event.Status.PUBLISHED,
        status__in=Registration.LIVE,
    )
    records = Person.objects.filter(Q(pk=person.pk) | Q(merged_into=person.pk)).values("pk")
    return list(
        Registration.objects.filter(Q(event=event) | near, person__in=records)
        .select_related("event")
        .only("person", "status", *_NEAR)
        .order_by("pk")
    )


def judge_time(
    event: Event, person: Person, around: Iterable[Registration], *, accepts_tight: bool
) -> None:
    """
    Judge what else the person goes to at that time (时间冲突).

    :raises TimeTaken: they have a seat somewhere else at the same time.
    :raises TightSchedule: less than half an hour lies between, at another place, and nobody said it is fine.
    """
    holding = (Status.SEATED, Status.ENTERED)
    for other in around:
        there = other.event
        if there.pk == event.pk or other.status not in holding:
            continue
        if there.starts_at < event.ends_at and event.starts_at < there.ends_at:
            raise TimeTaken(name=person.name, other=there.title, when=say_span(there))
        gap = max(there.starts_at - event.ends_at, event.starts_at - there.ends_at)
        same_place = there.place_id == event.place_id and there.address == event.address
        if not accepts_tight and not same_place:
            raise TightSchedule(
                name=person.name,
                other=there.title,
                when=say_span(there),
                minutes=int(gap / timedelta(minutes=1)),
            )


# --- what is asked --------------------------------------------------------------------------------


def judge_answers(event: Event, given: Mapping[int, str]) -> list[tuple[Question, str]]:
    """
    Return the answers that are kept, by question (报名时答的).

    :raises AnswerWanted: a required one is missing, or it is none of the choices.
    """
    if not event.has_questions:
        return []
    kept = []
    for question in event.questions.order_by("number"):
        said = normalize(str(given.get(question.pk, "")))[:300]
        if not said:
            if question.is_required:
                raise AnswerWanted(question=question.text, wrong="还没有答", mend="答了再报")
            continue
        if question.form != Question.Form.WORDS:
            picked = said.split("、") if question.form == Question.Form.MANY else [said]
            if not set(picked) <= set(question.choices):
                options = "、".join(question.choices)
                raise AnswerWanted(
                    question=question.text, wrong="不在选项里", mend=f"从{options}里选"
                )
        kept.append((question, said))
    return kept


# --- seats ----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Seats:
    """
    The seats of an event that is held (座位): who can have one, from which quota, and the counters.

    Whoever takes or gives back seats calls `keep` once at the end.
    """

    event: Event
    quotas: list[Quota]
    touched: set[Quota] = field(default_factory=set)

    @classmethod
    def of(cls, event: Event) -> Seats:
        """Return the seats of *event*, which the caller holds."""
        quotas = (
            list(event.quotas.select_related("place").order_by("pk")) if event.has_quotas else []
        )
        return cls(event, quotas)

    @property
    def pool(self) -> int | None:
        """How many free seats are kept for nobody in particular; None when there is no limit."""
        if self.event.capacity is None:
            return None
        kept = sum(q.seats - q.taken for q in self.quotas if q.released_at is None)
        return self.event.capacity - self.event.seats_taken - kept

    def find(self, path: str, organization: int | None) -> tuple[bool, Quota | None]:
        """Return whether there is a seat for somebody of that place or organization, and from which quota."""
        if self.event.capacity is None:
            return True, None
        if self.event.seats_taken >= self.event.capacity:
            return False, None
        for quota in self.quotas:
            if quota.released_at is None and quota.taken < quota.seats:
                place = quota.place
                if (place is not None and path.startswith(place.path)) or (
                    organization is not None and quota.organization_id == organization
                ):
                    return True, quota
        pool = self.pool
        return pool is not None and pool > 0, None

    def take(self, quota: Quota | None) -> None:
        """Count one seat as taken."""
        self.event.seats_taken += 1
        if quota is not None:
            quota.taken += 1
            self.touched.add(quota)

    def give_back(self, registration: Registration) -> None:
        """Count the seat of *registration* as free again."""
        self.event.seats_taken -= 1
        for quota in self.quotas:
            if quota.pk == registration.quota_id:
                quota.taken -= 1
                self.touched.add(quota)

    def keep(self) -> None:
        """Write the counters."""
        self.event.save(update_fields=["seats_taken", "last_number"])
        for quota in sorted(self.touched, key=lambda q: q.pk):
            quota.save(update_fields=["taken"])
        self.touched.clear()


def say_turn(registration: Registration) -> str:
    """Return why somebody waits where they wait: by when they registered, or what put them there (排队次序)."""
    if registration.turn_reason:
        return registration.turn_reason
    at = local(registration.registered_at)
    return f"按报名先后排，{at.month}月{at.day}日{at.hour}:{at.minute:02d}报的"


def age_words(event: Event, now: datetime) -> str:
    """Return how long a seat is kept, in the words of the page: `6小时；年满70岁的有24小时`."""
    day = today(now)
    minutes, longer = event.offer_minutes, rule("events.offer-minutes-elder", day).number
    elders = rule("events.elder-age", day).number
    return f"{_hours(minutes)}；年满{elders}岁的有{_hours(max(minutes, longer))}"


def _hours(minutes: int) -> str:
    return f"{minutes // 60}小时" if minutes % 60 == 0 else f"{minutes}分钟"
