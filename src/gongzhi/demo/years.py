"""
Three years of the county's life: the academy's classes of the case, brands in the villages, and what comes next.

Everything is done by the deeds of the rooms on the day it would have been done; nothing writes a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from gongzhi.academy import services as academy
from gongzhi.academy.models import ClassRun, Course, Plan, Trainer
from gongzhi.activities import services as activities
from gongzhi.activities.models import Brand
from gongzhi.activities.models import Plan as BrandPlan
from gongzhi.activities.queries import Rhythm
from gongzhi.directory.models import Person
from gongzhi.events import services as events
from gongzhi.events.models import Attendance, Event, Kind, Registration
from gongzhi.places.models import Place
from gongzhi.shared.calendar import LOCAL, today
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.refusals import Refused

from .draws import draw

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PAPER = Attendance.Channel.PAPER


@dataclass(frozen=True)
class Training:
    """What a plan of the case came to: 场次, 人次, what is taught."""

    plan: str
    sessions: int
    attendances: int
    each: int  # sessions of a class
    course: str
    work: str = ""


# The figures of the case; a class of one session takes what does not divide.
CASE = (
    Training("partner", 32, 4000, 2, "怎样开好一次坝坝会", "一份坝坝会方案"),
    Training("wings", 28, 2800, 2, "小组工作怎么做"),
    Training("tot", 257, 15000, 2, "讲师入门"),
)
LECTURES = 20  # 淮州大讲坛
VILLAGES = 8  # where the brands are held every month
BRANDS = (
    ("peoples-sunday", 6, time(9), 16),
    ("mobile-430", 2, time(16, 30), 10),
    ("talk-it-over", 4, time(19), 9),
    ("forum", 5, time(9, 30), 12),
)

RECAPS = {
    "peoples-sunday": (
        "理发的三位师傅站了一上午，没有坐下来过。量血压的街坊里有两位偏高，当场约了家庭医生。"
        "磨刀的摊子排得最长，下回多请一位师傅来。"
    ),
    "mobile-430": (
        "作业四十分钟做完，剩下的时间剪窗花。孩子们把剪好的贴在了议事厅的玻璃上。"
        "家长说五点半来接正合适，往后还是这个时间。"
    ),
}


@dataclass(frozen=True)
class Crowd:
    """Those who could come, by village: the same people come again (人)."""

    everybody: Sequence[int]
    near: Mapping[int, Sequence[int]]

    @classmethod
    def of_the_county(cls) -> Crowd:
        """Return the people of the registers (全县登记的人)."""
        near: dict[int, list[int]] = {}
        everybody = []
        rows = Person.objects.filter(merged_into=None, erased_at=None).order_by("pk")
        for pk, place in rows.values_list("pk", "place_id")[:40_000]:
            near.setdefault(place, []).append(pk)
            everybody.append(pk)
        return cls(everybody, near)

    def who(self, what: str, count: int, place: int | None = None) -> list[int]:
        """Return *count* different people, the same each time (到场的人)."""
        pool = self.near.get(place or 0, self.everybody) if place else self.everybody
        pool = pool if len(pool) >= count else self.everybody
        start = int(draw(what, 1, len(pool))[0])
        return [pool[(start + 7 * n) % len(pool)] for n in range(min(count, len(pool)))]


def arrive(
    event: Event,
    people: Sequence[int],
    *,
    trainer: int | None = None,
    roles: tuple[str, ...] = ("participant",),
) -> int:
    """Note who came to an event from its paper list, and return how many (照纸单登记)."""
    facts = [
        events.Fact(arrived_at=event.starts_at, person=pk, roles=roles, ref=str(pk))
        for pk in dict.fromkeys(people)
        if pk != trainer
    ]
    if trainer is not None:
        facts.append(
            events.Fact(
                arrived_at=event.starts_at, person=trainer, roles=("trainer",), ref=str(trainer)
            )
        )
    done = events.check_in_many(
        by=HOUSE, event=event, facts=facts, channel=PAPER, now=event.ends_at
    )
    return done.new


def split(total: int, parts: int) -> list[int]:
    """Return *total* in *parts* whole numbers that add up (分摊)."""
    return [total // parts + (n < total % parts) for n in range(parts)]


def trainings(now: datetime, crowd: Crowd, place: Place) -> Iterator[str]:
    """Hold the academy's classes of the case in the three years before *now*, and tell what came of each plan."""
    for training in CASE:
        plan = Plan.objects.get(key=training.plan)
        if plan.courses.exists():
            continue
        course = academy.found_course(
            by=HOUSE,
            plan=plan,
            title=training.course,
            sessions_wanted=1 if training.plan == "tot" else training.each,
            work="",
            syllabus="讲一半，练一半；讲完回村里用一次，再回来说。",
            now=now - 1100 * DAY,
        )
        sizes = split(training.attendances, training.sessions)
        lengths = [training.each] * (training.sessions // training.each)
        lengths += [training.sessions % training.each] if training.sessions % training.each else []
        first, at, came = now - 1080 * DAY, 0, 0
        step = (1050 * DAY) / len(lengths)
        teachers = _teachers(crowd, training.plan, now)
        for n, length in enumerate(lengths):
            begins = moment(today(first + step * n), time(14))
            run = _class(course, place, begins, length, teachers[n % len(teachers)])
            pupils = crowd.who(f"{training.plan}-{n}", max(sizes[at : at + length]))
            for session in run.sessions.select_related("event__place").order_by("number"):
                came += arrive(session.event, pupils[: sizes[at]])
                at += 1
        yield f"{plan.name}{at}场{came:,}人次"


def _teachers(crowd: Crowd, plan: str, now: datetime) -> list[Person]:
    """Return who teaches: for the trainers' classes three who taught each other (讲师)."""
    found = list(Person.objects.in_bulk(crowd.who(f"teach-{plan}", 3)).values())
    for person in found:
        if not Trainer.objects.filter(person=person).exists():
            trainer = academy.enter_trainer(
                by=HOUSE, person=person, subject="议事、项目和带队伍", now=now - 1090 * DAY
            )
            academy.qualify_trainer(
                by=HOUSE, trainer=trainer, override="省里聘来的讲师", now=now - 30 * DAY
            )
    return found


def _class(
    course: Course, place: Place, begins: datetime, length: int, teacher: Person
) -> ClassRun:
    before = begins - 14 * DAY
    run = academy.open_class(
        by=HOUSE,
        course=course,
        place=place,
        address="县支持中心二楼培训室",
        times=[(begins + 3 * n * DAY, begins + 3 * n * DAY + 2 * HOUR) for n in range(length)],
        trainer=teacher,
        sessions_wanted=min(course.sessions_wanted, length),
        now=before,
    )
    events.publish_series(by=HOUSE, series=run.series, now=before)
    return run


def completions(now: datetime) -> int:
    """Complete the classes of the last year, and return how many people (近一年的班办结业)."""
    count = 0
    since = today(now - 365 * DAY)
    for run in ClassRun.objects.filter(
        closed_at=None, sessions__number=1, sessions__event__day__gte=since
    ).select_related("series__place", "course__plan"):
        last = max(s.event.ends_at for s in run.sessions.select_related("event"))
        if last < now:
            count += academy.complete_class(by=HOUSE, run=run, now=last + 2 * DAY)
            academy.close_class(by=HOUSE, run=run, now=last + 2 * DAY)
    return count


def lectures(now: datetime, crowd: Crowd, place: Place) -> int:
    """Hold the lectures of 淮州大讲坛 in the three years before *now* (讲坛), and return how many."""
    if Event.objects.filter(topic="huaizhou-forum").exists():
        return 0
    series = events.create_series(
        by=HOUSE,
        kind=Kind.LECTURE,
        title="淮州大讲坛",
        place=place,
        topic="huaizhou-forum",
        now=now - 1090 * DAY,
    )
    for n in range(LECTURES):
        begins = moment(today(now - (1075 - 53 * n) * DAY), time(14, 30))
        [event] = events.plan_events(
            by=HOUSE,
            series=series,
            plans=[
                {
                    "title": f"淮州大讲坛第{n + 1}讲",
                    "starts_at": begins,
                    "ends_at": begins + 2 * HOUR,
                    "address": "县支持中心报告厅",
                }
            ],
            now=begins - 10 * DAY,
        )
        events.publish_event(by=HOUSE, event=event, now=begins - 10 * DAY)
        arrive(event, crowd.who(f"lecture-{n}", 60 + 3 * n))
    return LECTURES


def brands(now: datetime, crowd: Crowd) -> tuple[int, int]:
    """Hold the brands in the villages for 36 months and plan the next two; return how many were held, and 人次."""
    if BrandPlan.objects.exists():
        return 0, 0
    villages = list(
        Place.objects.filter(
            level=Place.Level.VILLAGE, closed_on=None, kind=Place.Kind.COMMUNITY
        ).order_by("sort_key")[: VILLAGES * 4 : 4]
    )
    county = Place.objects.get(level=Place.Level.COUNTY)
    began = now - 1085 * DAY
    held = came = 0
    for key, weekday, begins_at, usual in BRANDS:
        brand = Brand.objects.get(key=key)
        chosen = villages if key == "peoples-sunday" else villages[:2]
        plan = activities.plan_series(
            by=HOUSE,
            brand=brand,
            scope=county,
            places=chosen,
            rhythm=Rhythm(
                every=BrandPlan.Rhythm.MONTHLY,
                weekday=weekday,
                nth=2,
                first=today(began),
                last=today(now + 60 * DAY),
            ),
            begins_at=begins_at,
            minutes=brand.minutes,
            capacity=None if key == "talk-it-over" else 40,
            now=began,
        )
        events.publish_series(by=HOUSE, series=plan.series, now=began)
        for event in plan.series.events.select_related("place").order_by("day", "pk"):
            if event.ends_at >= now:
                break
            count = usual + int(draw(f"{key}-{event.pk}", 1, usual)[0])
            came += arrive(event, crowd.who(f"{key}-{event.place_id}", count, event.place_id))
            held += 1
    return held, came


def recaps(now: datetime) -> int:
    """Tell how the last of two brands was (活动回顾), and return how many were told."""
    told = 0
    for key, words in RECAPS.items():
        over = Event.objects.filter(topic=key, ends_at__lt=now, recap=None).order_by("-day", "pk")
        event = over.first()
        if event and not Event.objects.filter(topic=key, recap__isnull=False).exists():
            activities.write_recap(
                by=HOUSE, event=event, words=words, now=min(now, event.ends_at + DAY)
            )
            told += 1
    return told


def register(event: Event, people: Sequence[int], now: datetime) -> None:
    """Register people for an event as a clerk does who was called (代报名); whoever cannot come is left out."""
    for person in Person.objects.filter(pk__in=people).select_related("place").order_by("pk"):
        with suppress(Refused):
            events.enter_for(
                by=HOUSE,
                event=event,
                person=person,
                consent="打电话来说要参加",
                channel=Registration.Channel.CLERK,
                now=now,
            )


def coming(now: datetime, crowd: Crowd, place: Place) -> int:
    """Plan what residents can register for this week and next: full ones, open ones, a class (接下来的活动)."""
    if Event.objects.filter(topic="open-day", starts_at__gt=now).exists():
        return 0
    village = (
        Place.objects.filter(level=Place.Level.VILLAGE, closed_on=None, name="十里社区").first()
        or Place.objects.filter(level=Place.Level.VILLAGE, closed_on=None).order_by("sort_key")[0]
    )
    soon = (
        ("open-day", "企业开放日：看看汽车怎么回收", Kind.ACTIVITY, 3, time(9), 180, 20, 14),
        (
            "peoples-sunday",
            "百姓星期天：理发、磨刀、量血压",
            Kind.ACTIVITY,
            4,
            time(9),
            150,
            30,
            None,
        ),
        (
            "mobile-430",
            "移动430课堂：放学后写作业、学剪纸",
            Kind.ACTIVITY,
            2,
            time(16, 30),
            120,
            15,
            6,
        ),
        ("forum", "社区讲坛：冬天血压怎么管", Kind.LECTURE, 6, time(9, 30), 90, 8, None),
        ("talk-it-over", "说事明理：楼道电瓶车停哪里", Kind.MEETING, 8, time(19), 90, None, None),
    )
    for topic, title, kind, ahead, at, minutes, capacity, min_age in soon:
        starts = moment(today(now + ahead * DAY), at)
        event = events.create_event(
            by=HOUSE,
            kind=kind,
            topic=topic,
            title=title,
            place=village,
            starts_at=starts,
            ends_at=starts + timedelta(minutes=minutes),
            address="党群服务中心",
            capacity=capacity,
            min_age=min_age,
            is_step_free=True,
            takes_calls=True,
            now=now,
        )
        events.publish_event(by=HOUSE, event=event, now=now)
        if capacity:
            register(event, crowd.who(title, capacity * 3 // 5 + (9 if capacity < 10 else 0)), now)
    activities.choose_occasion(
        by=HOUSE,
        place=village,
        occasion="dongzhi",
        title="包饺子，送给独居老人",
        address="党群服务中心",
        begins_at=time(9, 30),
        minutes=150,
        capacity=40,
        now=now,
    )
    activities.draft_occasions(by=HOUSE, now=now)
    course = Plan.objects.get(key="partner").courses.get()
    begins = moment(today(now + 10 * DAY), time(14))
    towns = Place.objects.filter(level=Place.Level.TOWN).order_by("sort_key")[:8]
    run = academy.open_class(
        by=HOUSE,
        course=course,
        place=place,
        address="县支持中心二楼培训室",
        times=[(begins + 7 * n * DAY, begins + 7 * n * DAY + 2 * HOUR) for n in range(4)],
        capacity=36,
        quotas={town.pk: 3 for town in towns},
        releases_on=today(now + 7 * DAY),
        now=now,
    )
    events.publish_series(by=HOUSE, series=run.series, now=now)
    first = run.sessions.select_related("event").get(number=1)
    register(first.event, crowd.who("partner-next", 22), now)
    return len(soon) + 4


def moment(day: date, clock: time) -> datetime:
    """Return a day and a time of the clock in the county (几号几点)."""
    return datetime.combine(day, clock, tzinfo=LOCAL)
