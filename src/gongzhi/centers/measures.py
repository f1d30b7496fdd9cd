"""The figures of the support centers: stock on dated rows, bookings by the day they were for."""

from gongzhi.shared.measures import Book, Counts, Holding, Measure

from .models import Booking, Center, Operator, Venue

Level = Center.Level


def _centers(key: str, level: str) -> Holding:
    return Holding(
        key=key,
        records=lambda: Center.objects.filter(level=level),
        place="place",
        since="opened_on",
        until="closed_on",
    )


VENUES = Holding(
    key="centers.venues",
    records=lambda: Venue.objects.all(),
    place="center__place",
    since="opened_on",
    until="closed_on",
)
RUN_BY_HUBS = Holding(
    key="centers.run-by-hubs",
    records=lambda: Operator.objects.all(),
    place="center__place",
    since="since",
    until="until",
    subject="center",
)
BOOKINGS = Book(
    key="centers.bookings",
    records=lambda: Booking.objects.filter(state=Booking.State.CONFIRMED),
    place="venue__center__place",
    day="day",
    amount="headcount",
)


def _open(key: str, label: str, level: str, rule: str) -> Measure:
    return Measure(
        key=key,
        label=label,
        unit="个",
        rule=rule,
        of=_centers(key, level),
        counts=Counts.RECORDS,
        public=True,
        listing="centers.centers",
        icon="build",
    )


MEASURES = (
    _open(
        "centers.county-centers",
        "县级支持中心",
        Level.COUNTY,
        "当日已启用、没有关闭的县级支持中心。",
    ),
    _open(
        "centers.sub-centers",
        "支持分中心",
        Level.SUB,
        "当日已启用、没有关闭的支持分中心，设在镇街或园区；园区党群服务中心另数，不算在内。",
    ),
    _open(
        "centers.park-centers",
        "园区党群服务中心",
        Level.PARK,
        "当日已启用、没有关闭的园区党群服务中心。",
    ),
    _open(
        "centers.community-centers",
        "村社服务中心",
        Level.COMMUNITY,
        "当日已启用、没有关闭的村社服务中心。",
    ),
    Measure(
        key="centers.run-by-hubs",
        label="由枢纽型社会组织运行的中心",
        unit="个",
        rule="当日有运营方在任的支持中心，一个中心算一次。",
        of=RUN_BY_HUBS,
        counts=Counts.SUBJECTS,
        public=True,
        listing="centers.operators",
        icon="hand",
    ),
    Measure(
        key="centers.venues",
        label="可预约的场地",
        unit="处",
        rule="当日已启用、没有停用的场地，暂停预约的也算。",
        of=VENUES,
        counts=Counts.RECORDS,
        public=True,
        listing="centers.venues",
        icon="pin",
    ),
    Measure(
        key="centers.bookings",
        label="约成的场地",
        unit="场",
        rule="用场地的那天在时段里、约成了并且没有取消的预约；只记约了没有，不查到没到。",
        of=BOOKINGS,
        counts=Counts.RECORDS,
        public=True,
        listing="centers.bookings",
        appraisal=False,
        icon="cal",
    ),
)
