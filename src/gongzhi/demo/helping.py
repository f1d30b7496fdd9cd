"""Teams of the registers serve for three years, and ask for volunteers for the coming weeks."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, time, timedelta

from gongzhi.directory.models import Membership, Person, Team
from gongzhi.events.models import Event
from gongzhi.shared.calendar import today
from gongzhi.shared.permissions import HOUSE
from gongzhi.shared.refusals import Refused
from gongzhi.volunteering import services as volunteering
from gongzhi.volunteering.models import Shift, Skill

from .draws import draw
from .years import DAY, Crowd, arrive, moment

SHIFTS = 36  # of volunteers, over the same three years
WORK = (  # what, who can do it, when it begins, how long, where
    ("巡沱江：捡一捡岸边的垃圾", Skill.ANY, time(8, 30), 120, "亲水步道入口"),
    ("上门看看独居老人", Skill.COMPANY, time(9), 180, "党群服务中心集合"),
    ("陪放学的孩子写作业", Skill.TEACHING, time(16, 30), 120, "430课堂教室"),
    ("百姓星期天：理发、量血压", Skill.HAIR, time(9), 150, "小广场"),
    ("教老人用手机挂号、缴费", Skill.PHONE, time(14), 120, "党群服务中心二楼"),
    ("坝坝会：摆桌子、引路、做记录", Skill.ORDER, time(19), 90, "院坝"),
)


def service(now: datetime, crowd: Crowd) -> tuple[int, int]:
    """Let teams of the registers serve for three years (志愿服务); return how many shifts, and 人次."""
    if Shift.objects.exists():
        return 0, 0
    teams = list(Team.objects.filter(ended_on=None).select_related("place").order_by("pk")[:12])
    members: dict[int, list[int]] = {team.pk: [] for team in teams}
    rows = Membership.objects.filter(team__in=teams, left_on=None).order_by("pk")
    for team_id, person in rows.values_list("team_id", "person_id"):
        members[team_id].append(person)
    times = 0
    for n in range(SHIFTS):
        title, skill, at, minutes, address = WORK[n % len(WORK)]
        team = teams[n % len(teams)]
        begins = moment(today(now - (1080 - 30 * n) * DAY), at)
        shift = _shift(title, skill, team, begins, minutes, address, begins - 10 * DAY)
        who = members[team.pk][: 6 + int(draw(f"shift-{n}", 1, 8)[0])]
        if n % 12 == 5:
            who = [crowd.everybody[0], *who]  # the resident of the list of accounts
        ends = begins + timedelta(minutes=minutes)
        arrive(Event.objects.get(pk=shift.event_id), who, roles=("volunteer",))
        times += volunteering.confirm_hours(by=HOUSE, shift=shift, now=ends + DAY)
    volunteering.issue_certificate(
        by=HOUSE,
        person=Person.objects.get(pk=crowd.everybody[0]),
        since=today(now - 1095 * DAY),
        until=today(now),
        now=now,
    )
    return SHIFTS, times


def shifts_to_take(now: datetime) -> int:
    """Ask for volunteers for the coming weeks, once for what is risky and insured (可以接的岗位)."""
    if Shift.objects.filter(event__starts_at__gt=now).exists():
        return 0
    teams = list(Team.objects.filter(ended_on=None).select_related("place").order_by("pk")[:3])
    for n, (title, skill, at, minutes, address) in enumerate(WORK):
        begins = moment(today(now + (3 + 2 * n) * DAY), at)
        team = teams[n % len(teams)]
        shift = _shift(title, skill, team, begins, minutes, address, now)
        members = Person.objects.filter(memberships__team=team, memberships__left_on=None)
        for person in members.select_related("place").order_by("pk")[n : n + 5 + n]:
            with suppress(Refused):
                volunteering.take_shift(
                    by=HOUSE,
                    shift=shift,
                    person=person,
                    consent="队长打电话问过",
                    was_told_risks=True,
                    now=now,
                )
    begins = moment(today(now + 9 * DAY), time(9))
    _shift(
        "给老人家里换灯泡、查电线",
        Skill.REPAIR,
        teams[0],
        begins,
        180,
        "党群服务中心集合",
        now,
        risks="要登梯子、碰电线。两人一组，先断电再动手，年满65岁的不上梯子。",
    )
    return len(WORK) + 1


def _shift(
    title: str,
    skill: Skill,
    team: Team,
    begins: datetime,
    minutes: int,
    address: str,
    now: datetime,
    risks: str = "",
) -> Shift:
    """Ask for volunteers, insured when it is risky, and let everybody see it (招志愿者)."""
    shift = volunteering.open_shift(
        by=HOUSE,
        title=title,
        place=team.place,
        starts_at=begins,
        ends_at=begins + timedelta(minutes=minutes),
        address=address,
        skill=skill,
        team=team,
        capacity=14,
        is_risky=bool(risks),
        risks=risks,
        now=now,
    )
    if risks:
        volunteering.note_insurance(
            by=HOUSE,
            shift=shift,
            insurer="人保财险金堂支公司",
            policy_number="演示PZ2026510121",
            since=today(begins - 30 * DAY),
            until=today(begins + 335 * DAY),
            now=now,
        )
    return volunteering.publish_shift(by=HOUSE, shift=shift, now=now)
