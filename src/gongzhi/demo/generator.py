"""
The demonstration's registers as offices keep them: real-form workbooks, real places, invented
people and organizations.

Deterministic: the same places and the same day give the same files. Nothing of it is about
anybody: ID
numbers begin with 510199, a division that does not exist, so nobody was ever given one; phones
lie in one
small block from 19900001000 on; codes of organizations have a body from 99000001 on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from gongzhi.shared.codes import make_id_number, make_uscc

from . import words
from .draws import draw, pick

# The case's figures (data/jintang-facts.csv).
ASSOCIATIONS, SERVICES, FOUNDATIONS = 188, 371, 1  # 560
RATED_3A, RATED_LOWER, RATED_ONCE = 19, 9, 11
VOLUNTEERS = 88_107
TEAMS = 480
LOOK_ALIKE = 14
WITHOUT_INCOME = 181  # of 200: 90.5 %

REGISTERS = (
    "directory.organizations",
    "directory.ratings",
    "directory.volunteers",
    "directory.teams",
    "directory.collectives",
)
ENDED, FILED, ENTERPRISES = 23, 420, 60
NO_SUCH_DIVISION = "510199"
FIRST_PHONE = 19900001000
NOTE = (
    "这是演示用的登记表。村社是真的，人和组织都是编的。",
    "身份证号一律以510199开头，国家没有这个区划，所以不会是任何人的号码；校验码是对的。",
    "手机号从19900001000起连着排；统一社会信用代码的主体标识码从99000001起连着排。",
)


@dataclass(frozen=True)
class Spot:
    """A village or community where records of the demonstration lie (村社)."""

    town: str
    name: str

    @property
    def full(self) -> str:
        """The name with its town before it: 赵镇街道十里社区."""
        return f"{self.town}{self.name}"


@dataclass(frozen=True)
class Made:
    """A file that was made, and the register it is for (一份文件)."""

    register: str
    path: Path
    rows: int


def write_all(folder: Path, spots: Sequence[Spot], today: date) -> list[Made]:
    """
    Write every register of the demonstration into *folder* (演示登记表), in the order in which
    they are brought in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    organizations = list(_social_organizations(spots))
    people = _people(spots)
    files = [
        (
            "directory.organizations",
            "01社会组织登记表.xlsx",
            ("金堂县社会组织登记表", f"填报单位：金堂县民政局　　填报日期：{today:%Y.%m.%d}"),
            _ORGANIZATION,
            organizations,
        ),
        (
            "directory.organizations",
            "02备案社区社会组织.xlsx",
            ("金堂县备案社区社会组织汇总表",),
            _FILED,
            list(_filed(spots)),
        ),
        (
            "directory.organizations",
            "03企业和集体经济组织.xlsx",
            (),
            _ENTERPRISE,
            [*_enterprises(spots), *_collectives(spots)],
        ),
        (
            "directory.ratings",
            "04社会组织评估等级.xlsx",
            ("金堂县社会组织评估等级名单",),
            _RATING,
            list(_ratings(organizations, today)),
        ),
        (
            "directory.volunteers",
            "05注册志愿者登记表.xlsx",
            ("金堂县注册志愿者登记表", "填报单位：金堂县志愿者协会"),
            _VOLUNTEER,
            _volunteers(people, today),
        ),
        (
            "directory.teams",
            "06志愿服务队和队员.xlsx",
            ("金堂县志愿服务队队员名册",),
            _TEAM,
            list(_teams(spots, people)),
        ),
        (
            "directory.collectives",
            "07村社集体经济年度收入.xlsx",
            ("金堂县村（社区）集体经济年度经营收入统计表", "单位：元"),
            _COLLECTIVE,
            list(_incomes(spots, today)),
        ),
    ]
    made = [
        Made(register=key, path=folder / name, rows=_write(folder / name, titles, header, rows))
        for key, name, titles, header, rows in files
    ]
    sample = folder / "演示用：有错的志愿者登记表.xlsx"
    _write(sample, ("志愿者登记表（里面有几处常见的错，用来演示）",), _VOLUNTEER, _faulty(spots))
    return made


_ORGANIZATION = (
    "序号", "组织名称", "组织类别", "统一社会信用代码", "所属村社", "住所", "成立登记日期",
    "注销日期",
    "登记管理机关", "业务主管单位", "法定代表人", "联系电话", "业务领域", "业务范围",
)  # fmt: skip
_FILED = (
    "组织名称",
    "组织类别",
    "备案编号",
    "所属社区",
    "备案日期",
    "联系人",
    "联系电话",
    "业务领域",
)
_ENTERPRISE = (
    "名称", "类别", "统一社会信用代码", "所在村社", "成立日期", "法定代表人", "联系电话", "业务范围"
)  # fmt: skip
_RATING = ("组织名称", "统一社会信用代码", "评估等级", "有效期起", "有效期止", "评估机关", "文号")
_VOLUNTEER = (
    "序号", "姓名", "性别", "证件号码", "出生年月", "联系电话", "所属村社", "政治面貌",
    "加入时间", "最近服务日期",
)  # fmt: skip
_TEAM = (
    "队伍名称", "所属村社", "服务类别", "成立日期", "姓名", "证件号码", "联系电话", "队内身份",
    "入队日期",
)  # fmt: skip
_COLLECTIVE = ("镇街", "村（社区）", "年度", "经营性收入（元）")


def _write(
    path: Path, titles: Sequence[str], header: Sequence[str], rows: Iterable[Sequence[Any]]
) -> int:
    from xlsxwriter import Workbook

    book = Workbook(
        str(path),
        {"constant_memory": True, "strings_to_urls": False, "strings_to_formulas": False},
    )
    # The day in the file's properties is fixed, so that the same rows are the same bytes.
    book.set_properties({"title": path.stem, "created": datetime(2021, 9, 6)})  # noqa: DTZ001
    page = book.add_worksheet("登记表")
    bold = book.add_format({"bold": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    line = 0
    for title in titles:
        page.write_string(line, 0, title, bold)
        line += 1
    for column, title in enumerate(header):
        page.set_column(column, column, max(10, 2 * len(title) + 2))
        page.write_string(line, column, title, bold)
    text, number, moment = page.write_string, page.write_number, page.write_datetime
    count = 0
    for row in rows:
        line += 1
        count += 1
        for column, value in enumerate(row):
            if value.__class__ is str:
                if value:
                    text(line, column, value)
            elif value.__class__ is date:
                moment(line, column, value, day)
            elif value is not None:
                number(line, column, value)
    note = book.add_worksheet("说明")
    for at, sentence in enumerate(NOTE):
        note.write_string(at, 0, sentence)
    book.close()
    return count


# -- organizations ---------------------------------------------------------------------------------


def _social_organizations(spots: Sequence[Spot]) -> Iterator[tuple]:
    total = ASSOCIATIONS + SERVICES + FOUNDATIONS + ENDED
    names = [
        *((n, "社会团体", "51", f, p) for n, f, p in _association_names(ASSOCIATIONS)),
        *((n, "民办非企业单位", "52", f, p) for n, f, p in _service_names(SERVICES + ENDED)),
        ("成都市金堂社区发展基金会", "基金会", "53", "社区治理", "资助社区发展治理和公益项目"),
    ]
    places = _spread("organizations", total, spots)
    day = draw("registered", total, 365 * 14)
    people = _names("legal", total)
    for i, (name, kind, prefix, field, purpose) in enumerate(names):
        ended = ASSOCIATIONS + SERVICES <= i < total - FOUNDATIONS
        registered = date(2007, 3, 1) + timedelta(days=int(day[i]))
        # A foundation is older than the plan it pays for; the dissolved ones had some years first.
        registered = date(2019, 9, 26) if kind == "基金会" else registered
        over = min(registered + timedelta(days=900), date(2021, 6, 30)) if ended else ""
        yield (
            i + 1,
            name,
            kind,
            make_uscc(prefix, "510121", f"{99000001 + i}"),
            places[i].full,
            f"金堂县{places[i].full}{words.STREETS[i % len(words.STREETS)]}{i % 180 + 1}号",
            registered,
            max(over, registered) if over else "",
            "金堂县民政局",
            _supervisor(field),
            people[i],
            str(FIRST_PHONE + 95_000 + i),
            field,
            purpose,
        )


def _association_names(count: int) -> Iterator[tuple[str, str, str]]:
    made = 0
    for form in words.FORMS:
        for topic in words.TOPICS:
            if made == count:
                return
            yield f"金堂县{topic}{form}", "行业和兴趣", f"{topic}方面的交流、培训和服务"
            made += 1


def _service_names(count: int) -> Iterator[tuple[str, str, str]]:
    made = 0
    for ending, field, purpose in words.SERVICES:
        for brand in words.BRANDS:
            if made == count:
                return
            yield f"金堂县{brand}{ending}", field, purpose
            made += 1


def _supervisor(field: str) -> str:
    return {
        "学前教育": "金堂县教育局",
        "教育培训": "金堂县教育局",
        "养老服务": "金堂县民政局",
        "助残服务": "金堂县残疾人联合会",
        "文化体育": "金堂县文化体育和旅游局",
        "健康服务": "金堂县卫生健康局",
    }.get(field, "金堂县民政局")


def _filed(spots: Sequence[Spot]) -> Iterator[tuple]:
    people = _names("filed", FILED)
    for i in range(FILED):
        spot = spots[i % len(spots)]
        what, field = words.FILED[(i // len(spots) * 5 + i) % len(words.FILED)]
        yield (
            f"{spot.name}{what}",
            "备案社区社会组织",
            f"金社备〔{2016 + i % 6}〕{i + 1:04d}号",
            spot.full,
            date(2016 + i % 6, i % 12 + 1, i % 28 + 1),
            people[i],
            str(FIRST_PHONE + 96_000 + i),
            field,
        )


def _enterprises(spots: Sequence[Spot]) -> Iterator[tuple]:
    people = _names("enterprise", ENTERPRISES)
    places = _spread("enterprises", ENTERPRISES, spots)
    for i in range(ENTERPRISES):
        brand = words.BRANDS[(i * 7) % len(words.BRANDS)]
        trade = words.TRADES[i % len(words.TRADES)]
        yield (
            f"成都{brand}{trade}有限公司",
            "企业",
            make_uscc("91", "510121", f"{99100001 + i}"),
            places[i].full,
            date(2010 + i % 11, i % 12 + 1, i % 27 + 1),
            people[i],
            str(FIRST_PHONE + 97_000 + i),
            trade,
        )


def _collectives(spots: Sequence[Spot]) -> Iterator[tuple]:
    people = _names("collective", len(spots))
    for i, spot in enumerate(spots):
        yield (
            f"金堂县{spot.full}股份经济合作联合社",
            "村（社区）集体经济组织",
            make_uscc("N2", "510121", f"{99200001 + i}"),
            spot.full,
            date(2018 + i % 3, i % 12 + 1, 15),
            people[i],
            str(FIRST_PHONE + 98_000 + i),
            "集体资产经营管理",
        )


def _ratings(organizations: Sequence[tuple], today: date) -> Iterator[tuple]:
    """
    Ratings hold for five years: what was given up to four calendar years ago holds all of this
    year.
    """
    living = [o for o in organizations if not o[7]]
    chosen = living[5 :: len(living) // (RATED_3A + RATED_LOWER + RATED_ONCE)]
    high = ["5A"] * 2 + ["4A"] * 5 + ["3A"] * (RATED_3A - 7)
    low = ["2A"] * 5 + ["1A"] * (RATED_LOWER - 5)
    once = ["3A"] * (RATED_ONCE - 3) + ["4A"] * 3
    for i, grade in enumerate([*high, *low, *once]):
        is_over = i >= RATED_3A + RATED_LOWER
        year = today.year - (6 + i % 4 if is_over else 1 + i % 4)
        since = date(year, i % 12 + 1, 20)
        yield (
            chosen[i][1],
            chosen[i][3],
            grade,
            since,
            date(year + 5, since.month, since.day) - timedelta(days=1),
            "成都市民政局" if grade in ("4A", "5A") else "金堂县民政局",
            f"金民发〔{year}〕{i + 11}号",
        )


def _incomes(spots: Sequence[Spot], today: date) -> Iterator[tuple]:
    amounts = draw("income", len(spots), 900_000)
    earning = {int(i) for i in np.argsort(draw("earning", len(spots), 10**9))[WITHOUT_INCOME:]}
    for year in (today.year - 2, today.year - 1):
        for i, spot in enumerate(spots):
            has_income = i in earning and (year == today.year - 1 or i % 3)
            amount = round(12_000 + int(amounts[i]) * (0.9 if year < today.year - 1 else 1), 2)
            yield spot.town, spot.name, str(year), amount if has_income else 0


# -- people ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class People:
    """All volunteers of the demonstration, one column each, village after village (志愿者)."""

    places: list[Spot]
    names: list[str]
    sexes: list[str]
    births: list[date]
    ids: list[str]  # empty where the register has none
    phones: list[str]
    joined: list[date]
    first: list[int]  # where each village's people begin


def _people(spots: Sequence[Spot]) -> People:
    weights = 40 + draw("population", len(spots), 120)
    ends = np.floor(np.cumsum(weights) * VOLUNTEERS / weights.sum() + 0.5).astype(int)
    first = [0, *(int(e) for e in ends)]
    places = [spot for i, spot in enumerate(spots) for _ in range(first[i + 1] - first[i])]
    # Ages as registers have them: few over 80, most between 25 and 65.
    u = draw("age", VOLUNTEERS, 100_000) / 100_000
    years = np.interp(u, [0, 0.08, 0.3, 0.62, 0.88, 0.98, 1], [16, 20, 32, 48, 62, 74, 86])
    days = (years * 365.2425).astype(int)
    born = [date(2021, 8, 1) - timedelta(days=int(d)) for d in days]
    is_man = draw("sex", VOLUNTEERS, 100) < 41
    # The third group of digits numbers the people of one birthday; an odd number is a man's.
    order = np.argsort(days, kind="stable")
    sequence = np.zeros(VOLUNTEERS, dtype=int)
    same_day = np.diff(days[order], prepend=-1) != 0
    starts = np.maximum.accumulate(np.where(same_day, np.arange(VOLUNTEERS), 0))
    sequence[order] = np.arange(VOLUNTEERS) - starts
    ids = [
        make_id_number(NO_SUCH_DIVISION, b, 2 * int(s) + (1 if m else 2))
        for b, s, m in zip(born, sequence, is_man, strict=True)
    ]
    surnames = pick("surname", VOLUNTEERS, words.SURNAMES)
    given = draw("given", VOLUNTEERS, 24)
    names = []
    for i in range(VOLUNTEERS):
        age = 0 if born[i].year < 1960 else 1 if born[i].year < 1985 else 2
        liked = (words.MEN if is_man[i] else words.WOMEN)[age]
        names.append(surnames[i] + liked[given[i] % len(liked)])
    phones = [str(FIRST_PHONE + i) for i in range(VOLUNTEERS)]
    without = draw("no phone", VOLUNTEERS, 100)
    for i in range(1, VOLUNTEERS):
        if without[i] < 6:
            phones[i] = ""
        elif without[i] < 15 and places[i] == places[i - 1]:
            phones[i] = phones[i - 1]  # a family with one phone
    # Some registers were begun without ID numbers; those people have at least a phone of their own.
    unknown = draw("no number", VOLUNTEERS, 1000)
    for i in range(1, VOLUNTEERS):
        alone = phones[i] not in ("", phones[i - 1]) and phones[i] != phones[(i + 1) % VOLUNTEERS]
        if unknown[i] < 22 and alone:
            ids[i] = ""
    _look_alike(places, names, is_man, born, ids)
    joined = [date(2014, 3, 5) + timedelta(days=int(d)) for d in draw("joined", VOLUNTEERS, 2690)]
    return People(
        places=places,
        names=names,
        sexes=["男" if m else "女" for m in is_man],
        births=born,
        ids=ids,
        phones=phones,
        joined=[max(j, _grown(b)) for j, b in zip(joined, born, strict=True)],
        first=first,
    )


def _look_alike(
    places: list[Spot], names: list[str], is_man: np.ndarray, born: list[date], ids: list[str]
) -> None:
    """Let some without a number be called and born like the row before: they may be one person (疑似重复)."""
    there = [
        i
        for i, number in enumerate(ids)
        if not number and ids[i - 1] and places[i] == places[i - 1]
    ]
    for i in there[:: len(there) // LOOK_ALIKE + 1]:
        names[i], is_man[i], born[i] = names[i - 1], is_man[i - 1], born[i - 1]


def _grown(birth: date) -> date:
    """Nobody is registered before turning 14."""
    return birth + timedelta(days=14 * 366)


def _volunteers(people: People, today: date) -> Iterator[tuple]:
    """
    Some numbers are missing, some are typed in small letters, some places without their town: as
    it is.
    """
    habit = draw("habit", VOLUNTEERS, 1000)
    served = draw("served", VOLUNTEERS, 1000)
    for i in range(VOLUNTEERS):
        number, phone = people.ids[i], people.phones[i]
        birth: Any = people.births[i]
        if habit[i] % 2:
            number = number.replace("X", "x")
        if habit[i] % 10 == 7:
            birth = f"{birth.year}.{birth.month}.{birth.day}"
        place = people.places[i]
        day = today - timedelta(days=int(served[i]) * 2) if served[i] < 420 and served[i] else ""
        yield (
            i + 1,
            people.names[i],
            people.sexes[i],
            number,
            birth,
            int(phone) if phone and habit[i] % 3 == 0 else phone,
            place.full if habit[i] % 2 else place.name,
            "",
            people.joined[i],
            max(day, people.joined[i]) if day else "",
        )


def _teams(spots: Sequence[Spot], people: People) -> Iterator[tuple]:
    size = 9 + draw("team size", TEAMS, 24)
    # Every third of the village with an ID number, then the next third: neighbors are not one team.
    pool = []
    for at in range(len(spots)):
        known = [i for i in range(people.first[at], people.first[at + 1]) if people.ids[i]]
        pool.append([*known[0::3], *known[1::3], *known[2::3]])
    used = [0] * len(spots)
    for team in range(TEAMS):
        at = team % len(spots)
        spot = spots[at]
        what, field = words.TEAMS[(team // len(spots) * 5 + team) % len(words.TEAMS)]
        founded = date(2015 + team % 6, team % 12 + 1, team % 27 + 1)
        for member in range(min(int(size[team]), len(pool[at]))):
            i = pool[at][used[at] % len(pool[at])]
            used[at] += 1
            yield (
                f"{spot.name}{what}队",
                spot.full,
                field,
                founded,
                people.names[i],
                people.ids[i],
                people.phones[i],
                "队长" if member == 0 else "队员",
                max(founded, people.joined[i]),
            )


def _faulty(spots: Sequence[Spot]) -> Iterator[tuple]:
    """Rows as people send them, each with one common mistake, between good ones."""
    spot = spots[0]
    birth = date(1968, 4, 26)
    numbers = [make_id_number(NO_SUCH_DIVISION, birth, n) for n in range(901, 931)]
    for i, number in enumerate(numbers):
        row: list[Any] = [
            i + 1, f"{words.SURNAMES[i * 3]}秀英", "女" if i % 2 else "男", number, birth,
            str(FIRST_PHONE + 99_000 + i), spot.full, "", date(2021, 3, 5), "",
        ]  # fmt: skip
        row[2] = "男" if int(number[16]) % 2 else "女"
        match i:
            case 2:
                row[3] = number[:17] + "B"
            case 5:
                row[3] = 5.10199196804269e17
            case 8:
                row[6] = spot.full.replace(spot.name, "十里村")
            case 11:
                row[2], row[3] = "女", numbers[9]
            case 14:
                row[5] = "1990010201"
            case 17:
                row[4] = "2091/3/5"
            case 20:
                row[8] = "去年春天"
            case 23:
                row[6] = ""
            case 26:
                row[3] = number[:6] + "1868" + number[10:]
        yield tuple(row)


def _names(what: str, count: int) -> list[str]:
    given = [n for group in (*words.MEN, *words.WOMEN) for n in group]
    surnames, firsts = pick(f"{what} surname", count, words.SURNAMES), pick(what, count, given)
    return [a + b for a, b in zip(surnames, firsts, strict=True)]


def _spread(what: str, count: int, spots: Sequence[Spot]) -> list[Spot]:
    """Place *count* things: every third one in a seat of town, where offices are."""
    chosen = draw(what, count, len(spots))
    return [spots[int(i) % 24 if n % 3 == 0 else int(i)] for n, i in enumerate(chosen)]
