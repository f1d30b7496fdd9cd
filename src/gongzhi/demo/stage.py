"""
What people would do by hand in the demonstration's county: each step asks first whether it is
done already.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID

from gongzhi.accounts import queries as account_queries
from gongzhi.accounts import services as accounts
from gongzhi.accounts.models import User
from gongzhi.centers import services as centers
from gongzhi.centers.models import Center, Service
from gongzhi.directory import services as directory
from gongzhi.directory.models import AnnualReport, Organization, SocialEnterprise, Volunteer
from gongzhi.places import services as places
from gongzhi.places.models import Place
from gongzhi.registers import services as imports
from gongzhi.registers.models import Import
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.permissions import HOUSE, Held, Role
from gongzhi.shared.registers import registers
from gongzhi.shared.rooms import enter_packaged
from gongzhi.suggestions import services as suggestions
from gongzhi.suggestions.models import Kind, Suggestion

from . import generator

COUNTY = "510121"
PASSWORD = "Jintang-2021-gongzhi"  # noqa: S105  (public on purpose: of the demonstration alone)
Say = Callable[[str], None]
Level = Place.Level


def county(now: datetime) -> Place:
    """Return 金堂县, set up if it is not there (县)."""
    found = Place.objects.filter(level=Level.COUNTY).first()
    found = found or places.set_up_county(by=HOUSE, code=COUNTY, now=now)
    enter_packaged(by=HOUSE, now=now)
    return found


def spots() -> list[generator.Spot]:
    """Return the villages and communities in the official order (村社)."""
    towns = dict(Place.objects.filter(level=Level.TOWN).values_list("path", "name"))
    found = Place.objects.filter(level=Level.VILLAGE, closed_on=None).order_by("sort_key")
    return [generator.Spot(town=towns[p.path.removesuffix(f"{p.pk}/")], name=p.name) for p in found]


def courtyards(now: datetime) -> int:
    """Register two courtyards in every community (院落), and return how many were added."""
    named = ("和顺苑", "滨江花园", "幸福小区", "老粮站院落", "锦绣家园", "供销社院落", "书香苑")
    count = 0
    communities = Place.objects.filter(level=Level.VILLAGE, kind=Place.Kind.COMMUNITY)
    for at, village in enumerate(communities.order_by("sort_key")):
        if Place.objects.filter(level=Level.COURTYARD, path__startswith=village.path).exists():
            continue
        for name in (named[at % 7], named[(at + 3) % 7]):
            kind = Place.Kind.COURTYARD if name.endswith("院落") else Place.Kind.ESTATE
            places.add_courtyard(by=HOUSE, village=village, name=name, kind=kind, now=now)
            count += 1
    return count


def park(where: Place, now: datetime) -> Place:
    """Lay 淮州新城 over 淮口街道 and parts of 白果街道 and 高板街道 (园区, handbook §2)."""
    found = Place.objects.filter(level=Level.PARK, name="淮州新城").first()
    if found:
        return found
    made = places.add_park(by=HOUSE, county=where, name="淮州新城", now=now)
    since = date(now.year, 1, 1)
    link = lambda place, whole=True: places.link_park(  # noqa: E731
        by=HOUSE, park=made, place=place, since=since, is_whole=whole, now=now
    )
    link(Place.objects.get(level=Level.TOWN, name="淮口街道"))
    for town, count in (("白果街道", 3), ("高板街道", 4)):
        over = Place.objects.get(level=Level.TOWN, name=town)
        inside = Place.objects.filter(level=Level.VILLAGE, path__startswith=over.path)
        for village in inside.order_by("sort_key")[:count]:
            link(village)
    return made


@dataclass(frozen=True)
class Seat:
    """A demonstration account: who, as what, over what (演示账号)."""

    name: str
    role: str
    over: str
    phone: str

    @property
    def label(self) -> str:
        """What the role is called."""
        return Role(self.role).label if self.role else "居民"


def seats() -> list[Seat]:
    """Return one account for every role, in the order in which they are listed (演示账号表)."""
    foundation = "成都市金堂社区发展基金会"
    service = "金堂县青禾社会工作服务中心"
    held = (
        ("李女士", Role.COUNTY_OPERATOR, "金堂县"),
        ("王先生", Role.COUNTY_OFFICER, "金堂县"),
        ("周先生", Role.COUNTY_LEADER, "金堂县"),
        ("陈女士", Role.CENTER_OPERATOR, "赵镇街道"),
        ("刘女士", Role.TOWN_OFFICER, "赵镇街道"),
        ("黄女士", Role.COMMUNITY_CLERK, "十里社区"),
        ("吴先生", Role.PARK_OFFICER, "淮州新城"),
        ("徐女士", Role.ORGANIZATION_MANAGER, service),
        ("张女士", Role.TEAM_LEADER, service),
        ("赵先生", Role.PARTY_INSTRUCTOR, "赵镇街道"),
        ("孙女士", Role.FOUNDATION_STAFF, foundation),
        ("罗先生", Role.EXPERT, "金堂县"),
        ("何女士", Role.AUDITOR, "金堂县"),
        ("系统管理员", Role.SYSTEM_ADMIN, "金堂县"),
        ("安全管理员", Role.SECURITY_ADMIN, "金堂县"),
        ("审计管理员", Role.AUDIT_ADMIN, "金堂县"),
        ("郑女士", Role.FOUNDATION_DIRECTOR, foundation),
        ("冯女士", Role.FOUNDATION_ACCOUNTANT, foundation),
    )
    return [
        Seat(name=name, role=role, over=over, phone=f"1990000{at:04d}")
        for at, (name, role, over) in enumerate(held, 1)
    ]


def account(seat: Seat, now: datetime) -> User:
    """Return the account of *seat*, opened and appointed if it is not there (开账号、任命)."""
    found = account_queries.user_by_phone(seat.phone)
    if found:
        return found
    user = accounts.open_account(by=HOUSE, phone=seat.phone, name=seat.name, now=now)
    accounts.set_password(by=HOUSE, user=user, password=PASSWORD, now=now)
    over = (
        Place.objects.filter(name=seat.over, level__lt=Level.COURTYARD).first()
        or Place.objects.filter(name=seat.over).first()
        or Organization.objects.get(name=seat.over)
    )
    accounts.appoint(
        by=HOUSE,
        user=user,
        role=seat.role,
        over=over,
        since=date(now.year, 1, 1),
        basis="演示账号",
        now=now,
    )
    return user


def foundation_staff(now: datetime) -> tuple[User, User]:
    """Return who asks for the foundation's money, and who approves (申请和审批的两个人)."""
    by_role = {seat.role: seat for seat in seats()}
    asks, approves = Role.FOUNDATION_STAFF, Role.FOUNDATION_DIRECTOR
    return account(by_role[asks], now), account(by_role[approves], now)


def is_brought_in() -> bool:
    """Tell whether every register of the demonstration was written before (登记表导过了)."""
    done = Import.objects.filter(state=Import.State.DONE)
    return done.values("register").distinct().count() == len(generator.REGISTERS)


def bring_in(made: generator.Made, by: User, where: Place, now: datetime) -> Import:
    """Bring a file in as its keeper would: looked over, confirmed, written (导入)."""
    data = made.path.read_bytes()
    batch = imports.receive_file(
        by=by,
        register=registers()[made.register],
        place=where,
        name=made.path.name,
        data=data,
        now=now,
    )
    if batch.to_write:
        imports.confirm_import(by=by, batch=batch, now=now)
        batch.refresh_from_db()
        imports.run_import(by=by, batch=batch, now=now)
        batch.refresh_from_db()
    else:
        batch = imports.drop_import(by=by, batch=batch, now=now)
    return batch


def enterprises(now: datetime) -> None:
    """One recognized social enterprise and two on the way (社会企业)."""
    if SocialEnterprise.objects.exists():
        return
    stage = SocialEnterprise.Stage
    chosen = Organization.objects.filter(kind=Organization.Kind.ENTERPRISE).order_by("pk")[:3]
    for at, (organization, last) in enumerate(
        zip(chosen, (stage.RECOGNIZED, stage.SEED, stage.SEED), strict=True)
    ):
        began = date(now.year - 2, 3, 1) + timedelta(days=90 * at)
        directory.advance_social_enterprise(
            by=HOUSE, organization=organization, stage=stage.SEED, since=began, now=now
        )
        if last == stage.RECOGNIZED:
            directory.advance_social_enterprise(
                by=HOUSE,
                organization=organization,
                stage=last,
                since=date(now.year - 1, 9, 1),
                document=f"成市监社企〔{now.year - 1}〕6号",
                now=now,
            )


def annual_reports(now: datetime) -> int:
    """Most annual reports of last year came in time, some did not (年度报告)."""
    year = now.year - 1
    if AnnualReport.objects.filter(year=year).exists():
        return 0
    directory.open_annual_reports(by=HOUSE, year=year, now=now)
    outcomes = (AnnualReport.Outcome.PASSED,) * 8 + (AnnualReport.Outcome.BASIC,)
    count = 0
    for at, report in enumerate(AnnualReport.objects.filter(year=year).order_by("pk")):
        filed = min(date(now.year, 3, 1) + timedelta(days=at % 28), now.date())
        if at % 16 == 3:
            continue  # these are owed
        directory.file_annual_report(
            by=HOUSE, report=report, filed_on=filed, outcome=outcomes[at % 9], now=now
        )
        count += 1
    return count


WEEK = {day: ((18, 35),) for day in range(5)} | {5: ((19, 34),)}
CENTERS = (
    ("金堂县社会力量参与社区发展治理支持中心", Center.Level.COUNTY, "金堂县",
    "赵镇街道迎宾大道60号"),
    ("赵镇街道支持分中心", Center.Level.SUB, "赵镇街道", "赵镇街道十里大道二段18号"),
    ("竹篙镇支持分中心", Center.Level.SUB, "竹篙镇", "竹篙镇文化街36号"),
    ("淮州新城支持分中心", Center.Level.SUB, "淮州新城", "淮口街道迎宾大道一段99号"),
)  # fmt: skip
ROOMS = (
    ("一楼议事厅", 30, "投影、白板、茶水", False),
    ("社区大讲堂", 120, "音响、投影、直播设备", True),
    ("院坝", 60, "遮阳棚、长凳", False),
)


def support_centers(now: datetime) -> int:
    """
    Open the county center and three sub-centers, each run by a hub organization
    (1个中心、3个分中心).
    """
    count = 0
    hubs = Organization.objects.filter(
        kind=Organization.Kind.SERVICE, ended_on=None, name__contains="社会工作服务中心"
    ).order_by("pk")[: len(CENTERS)]
    for at, (name, level, over, address) in enumerate(CENTERS):
        if Center.objects.filter(name=name).exists():
            continue
        opened = date(2019, 9, 28) if level == Center.Level.COUNTY else date(2020, 4 + at, 18)
        center = centers.open_center(
            by=HOUSE,
            name=name,
            level=level,
            place=Place.objects.get(name=over, level__in=(Level.COUNTY, Level.TOWN, Level.PARK)),
            address=address,
            phone=f"028-8492{1000 + at}",
            opened_on=opened,
            intro="给社会组织、志愿队和街坊提供场地、课程和陪伴。",
            services=tuple(Service.values),
        )
        centers.set_hours(
            by=HOUSE,
            center=center,
            week=WEEK,
            since=opened,
            now=datetime(opened.year, opened.month, opened.day, 9, tzinfo=LOCAL),
        )
        centers.appoint_operator(
            by=HOUSE,
            center=center,
            organization=hubs[at],
            since=date(now.year - 1, 7, 1),
            document=f"金委社治〔{now.year - 1}〕{12 + at}号",
        )
        for room, capacity, equipment, needs_approval in ROOMS[: 3 if at < 2 else 2]:
            centers.add_venue(
                by=HOUSE,
                center=center,
                name=room,
                capacity=capacity,
                equipment=equipment,
                needs_approval=needs_approval,
                opened_on=opened,
            )
        count += 1
    return count


def find_twins(by: User, now: datetime) -> int:
    """Queue the pairs of records that may be one person (疑似重复)."""
    return directory.find_candidates(by=by, now=now)


@dataclass(frozen=True)
class Resident:
    """A volunteer of the demonstration who showed by a phone code who they are (本人)."""

    person_id: int
    pk: None = None
    is_authenticated: bool = True

    def held(self) -> tuple[Held, ...]:
        return ()

    def spoken_name(self) -> str:
        return "本人"


def confirmations(now: datetime) -> int:
    """Let some volunteers say that they want to be registered (本人确认)."""
    if Volunteer.objects.filter(confirmed_on__isnull=False).exists():
        return 0
    chosen = Volunteer.objects.filter(last_served_on__isnull=False).order_by("pk")[:9000:30]
    for volunteer in chosen:
        directory.confirm_registration(
            by=Resident(person_id=volunteer.person_id), registration=volunteer, now=now
        )
    return len(chosen)


SAID = (
    (Kind.REPEATED, "十里社区", "志愿者名单这个月街道和团委各要了一次，内容一样，能不能只报一次？",
     "以后志愿者名单以本平台为准，街道不再另外收表；团委需要的由平台导出给他们，已经说好。"),
    (Kind.SERVICE, "三江社区", "议事厅周六下午总是关门，上班的人用不上。",
     "从下周起周六开到下午五点，要用的请在网上约，或者打电话约。"),
    (Kind.IDEA, "杨柳桥社区", "建议把430课堂的报名也放到这里，家长不用再填纸质表。",
     "这个建议收下了。活动报名正在做，做好以后先在杨柳桥社区试用。"),
    (Kind.REGISTRATION, "瑞光社区", "我没有报过志愿者，名册里为什么有我？请帮我去掉。", ""),
    (Kind.PAGE, "五凤溪社区", "老人看不清上面的小字，能不能放大一点？",
     "每一页右上角都有“长者版”，点一下字就大了，下次打开还是大字。"),
)  # fmt: skip


def said(by: User, now: datetime) -> int:
    """Some suggestions with their public answers, and one that waits (投诉建议)."""
    if Suggestion.objects.exists():
        return 0
    for at, (kind, where, text, answer) in enumerate(SAID):
        moment = now - timedelta(days=9 - at, hours=3)
        receipt = suggestions.write_suggestion(
            by=HOUSE,
            key=UUID(int=0x510121 << 64 | at),
            place=Place.objects.get(name=where, level=Level.VILLAGE),
            kind=kind,
            text=text,
            now=moment,
        )
        if answer:
            suggestions.answer_suggestion(
                by=by,
                suggestion=receipt.suggestion,
                answer=answer,
                now=moment + timedelta(days=1),
            )
            suggestions.publish_answer(
                by=by,
                suggestion=receipt.suggestion,
                question=text,
                answer=answer,
                now=moment + timedelta(days=1),
            )
    return len(SAID)


def files(folder: Path, today: date) -> list[generator.Made]:
    """Write the registers of the demonstration (演示登记表)."""
    return generator.write_all(folder, spots(), today)
