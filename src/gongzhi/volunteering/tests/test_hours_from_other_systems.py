from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.accounts.testing import make_user
from gongzhi.directory.testing import make_person, make_volunteer
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.shared.registers import registers
from gongzhi.volunteering import queries, services
from gongzhi.volunteering.models import Service
from gongzhi.volunteering.testing import AFTER, make_service

pytestmark = pytest.mark.django_db
PHONE = "13800002076"


@pytest.fixture
def village():
    return make_village()


@pytest.fixture
def person(village):
    return make_person(place=village, phone=PHONE)


def column(key, values, context):
    found = {c.key: c for c in hours_register().columns}[key]
    return found.read(values, context)


def hours_register():
    return registers()["volunteering.hours"]


def line(**changed):
    return {
        "system": "中国志愿服务网",
        "number": "FW1",
        "name": "张桂兰",
        "id_number": "",
        "phone": PHONE,
        "day": "2026-11-20",
        "title": "巡河",
        "minutes": 90,
    } | changed


def bring_in(village, *lines, by=HOUSE):
    register = hours_register()
    context = register.prepare(by, village, AFTER, {})
    rows = {key: [row[key] for row in lines] for key in lines[0]}
    rows["row"] = list(range(2, 2 + len(lines)))
    verdict = register.judge(rows, context)
    good = [*verdict.new, *verdict.changed]
    kept = {key: [values[i] for i in good] for key, values in rows.items()}
    written = register.write(by, kept, context, AFTER) if good else None
    return verdict, written


def test_hours_of_a_known_person_are_brought_in_once(village, person):
    verdict, written = bring_in(village, line())
    assert (verdict.new, written.new) == ([0], 1)
    service = Service.objects.get()
    assert (service.person, service.minutes, service.source) == (person, 90, "imported")
    again, nothing = bring_in(village, line())
    assert (again.same, nothing) == ([0], None)


def test_the_same_number_with_other_hours_is_a_correction(village, person):
    bring_in(village, line())
    verdict, written = bring_in(village, line(minutes=60))
    assert verdict.changes[0] == {"minutes": ("90分钟", "60分钟")}
    assert written.changed == 1
    assert Service.objects.get().minutes == 60
    assert [e.minutes for e in Service.objects.get().entries.order_by("pk")] == [90, -30]


def test_imported_hours_keep_to_the_cap_of_the_day_too(village, person):
    make_service(person, place=village, hours=6)
    bring_in(village, line(day="2026-11-29", minutes=300))
    total = queries.total_of(queries.services_of(person))
    assert (total.minutes, total.other) == (480, 120)


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"phone": ""}, "认不出是谁"),
        ({"phone": "13900009999"}, "认不出是谁"),
        ({"name": "别人"}, "认不出是谁"),
    ],
)
def test_a_row_that_names_nobody_is_a_fault(village, person, changed, kind):
    verdict, _ = bring_in(village, line(**changed))
    assert verdict.faults[0][0].kind == kind


def test_an_id_number_under_another_name_is_a_fault(village, person):
    verdict, _ = bring_in(village, line(name="别人", id_number=person.id_number))
    assert verdict.faults[0][0].kind == "姓名对不上"


def test_a_person_of_another_town_is_not_imported_here(village, person):
    other = make_village(town=make_town("官仓街道"))
    verdict, _ = bring_in(other, line())
    assert verdict.faults[0][0].kind == "不归这里"


def test_the_same_number_twice_in_a_file_is_a_fault(village, person):
    verdict, _ = bring_in(village, line(), line(day="2026-11-21"))
    assert verdict.new == [0]
    assert verdict.faults[1][0].kind == "表里重复"


def test_an_import_is_taken_back_and_counts_nothing(village, person):
    volunteer = make_volunteer(person=person)
    _, written = bring_in(village, line())
    volunteer.refresh_from_db()
    assert volunteer.last_served_on == date(2026, 11, 20)
    services.withdraw_hours(by=HOUSE, trace=written.trace, reason="导错了", now=AFTER)
    assert not Service.objects.counted().exists()
    volunteer.refresh_from_db()
    assert volunteer.last_served_on is None


def test_a_community_clerk_imports_nothing(village, person):
    clerk = make_user(Role.COMMUNITY_CLERK, village)
    with pytest.raises(PermissionDenied, match="import-hours"):
        bring_in(village, line(), by=clerk)


@pytest.mark.parametrize(
    ("typed", "minutes"), [("1.5", 90), (1.5, 90), ("2小时", 120), ("0.25", 15), (2, 120)]
)
def test_hours_are_read_as_people_write_them(village, typed, minutes):
    context = hours_register().prepare(HOUSE, village, AFTER, {})
    assert column("minutes", [typed], context) == ([minutes], {})


@pytest.mark.parametrize("typed", ["很久", "25", "0", "-1", "NaN"])
def test_hours_that_cannot_be_are_faults(village, typed):
    context = hours_register().prepare(HOUSE, village, AFTER, {})
    _, faults = column("minutes", [typed], context)
    assert faults[0].kind == "时长"


def test_a_day_that_has_not_come_is_a_fault(village):
    context = hours_register().prepare(HOUSE, village, AFTER, {})
    _, faults = column("day", [f"{AFTER + timedelta(days=2):%Y-%m-%d}"], context)
    assert faults[0].kind == "服务日期"
