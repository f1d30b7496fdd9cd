"""The paper list, typed into a spreadsheet: read kindly, judged row by row, brought in once, taken back whole."""

from datetime import time

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.accounts.testing import make_user
from gongzhi.directory.models import Person
from gongzhi.directory.testing import make_person
from gongzhi.events import registers, services
from gongzhi.events.models import Attendance, Event
from gongzhi.events.testing import HOUR, SUNDAY, make_attendance, make_event, make_registration
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db
SHEET, LATER = registers.ATTENDANCE, SUNDAY + 48 * HOUR
TITLE = "百姓星期天"


def row(name="张桂兰", phone="", event=TITLE, day="2026年11月29日", **more):
    return {"event": event, "day": day, "name": name, "phone": phone, **more}


def read(rows, context):
    """Return the columns as the engine hands them to `judge`, and what could not be read."""
    columns, faults = {"row": list(range(2, len(rows) + 2))}, {}
    for column in SHEET.columns:
        columns[column.key], wrong = column.read([r.get(column.key, "") for r in rows], context)
        faults |= {(column.key, i): f.wrong for i, f in wrong.items()}
    return columns, faults


def bring(rows, *, by=HOUSE, place=None):
    place = place or make_county()
    context = SHEET.prepare(by, place, LATER, {})
    columns, faults = read(rows, context)
    assert not faults
    verdict = SHEET.judge(columns, context)
    good = sorted([*verdict.new, *verdict.changed])
    kept = {k: [values[i] for i in good] for k, values in columns.items()}
    written = SHEET.write(by, kept, SHEET.prepare(by, place, LATER, {}), LATER)
    return verdict, written


def test_a_list_becomes_facts_and_a_second_time_changes_nothing():
    event = make_event(TITLE)
    listed = make_registration(event, make_person("李建国"))
    known = make_person("张桂兰", phone="13900002076")
    rows = [
        row("李建国", arrived="9点40"),
        row("张桂兰", "139 0000 2076", part="志愿者"),
        row("王小妹", "13700001234"),
    ]

    verdict, written = bring(rows)

    assert (len(verdict.new), written.new) == (3, 3)
    came = {a.person_id: a for a in Attendance.objects.all()}
    assert came[listed.person_id].arrived_at == SUNDAY + 2 * HOUR / 3
    assert (came[known.pk].as_volunteer, came[known.pk].channel) == (True, "imported")
    assert Person.objects.get(name="王小妹").place == event.place
    again, second = bring(rows)
    assert (len(again.same), len(again.new), second.new) == (3, 0, 0)
    assert Event.objects.get().is_held


def test_who_cannot_be_told_apart_is_asked_for_a_phone():
    event = make_event(TITLE)
    for _ in range(2):
        make_registration(event, make_person("李建国"))

    verdict, written = bring([row("李建国"), row("路过的")])

    assert [f[0].wrong for _, f in sorted(verdict.faults.items())] == [
        "这一场有2位叫“李*”的报了名",
        "没有手机号，也没有报过这一场，分不清是哪一位",
    ]
    assert written.new == 0


def test_an_event_is_known_by_name_and_day_and_by_its_village_where_there_are_two():
    here, there = make_village("青溪社区"), make_village("北滨社区")
    make_event(TITLE, place=here), make_event(TITLE, place=there)

    verdict, written = bring(
        [
            row(phone="13900002076"),
            row(phone="13900002077", place="北滨社区"),
            row(phone="13900002078", event="没有的"),
        ]
    )

    assert {i: f[0].wrong for i, f in verdict.faults.items()} == {
        0: "2026-11-29叫“百姓星期天”的场次有2场，分不清是哪一场",
        2: "2026-11-29这里没有叫“没有的”的场次",
    }
    assert (written.new, Attendance.objects.get().event.place) == (1, there)


def test_the_same_person_twice_in_one_file_is_named():
    make_event(TITLE)

    verdict, _ = bring([row(phone="13900002076"), row(phone="13900002076")])

    assert verdict.faults[1][0].wrong == "和第2行是同一个人、同一场"


def test_cells_are_read_as_people_fill_them_and_what_is_not_is_said():
    context = SHEET.prepare(HOUSE, make_county(), LATER, {})

    good, none = read(
        [row(arrived=a) for a in ("9:05", "9：05", "9时5分", 0.375, time(9, 5), "")], context
    )
    assert not none
    assert good["arrived"] == ["9:05", "9:05", "9:05", "9:00", "9:05", ""]
    _, faults = read(
        [
            row(arrived="早上"),
            row(part="领导"),
            row(day="2026年11月"),
            row(phone="1390000"),
            row("长" * 41),
        ],
        context,
    )
    assert {key for key, _ in faults} == {"arrived", "part", "day", "phone", "name"}


def test_what_a_file_brought_is_taken_back_and_what_the_door_noted_stays():
    event = make_event(TITLE)
    there = make_attendance(event, make_person("李建国", phone="13900002077"))
    _, written = bring([row(phone="13900002076"), row("李建国", "13900002077")])
    assert written.new == 1

    taken = SHEET.withdraw(HOUSE, written.trace, "传错了", LATER)

    assert (taken.taken, taken.kept) == (1, 0)
    assert Attendance.objects.standing().get() == there


def test_a_clerk_imports_for_their_own_place_only():
    event = make_event(TITLE, place=make_village())
    clerk = make_user(Role.COMMUNITY_CLERK, event.place)

    _, written = bring([row(phone="13900002076")], by=clerk, place=event.place)
    assert written.new == 1
    with pytest.raises(PermissionDenied):
        bring([row(phone="13900002077")], by=clerk)
    other = make_user(Role.COMMUNITY_CLERK, make_village("北滨社区"))
    with pytest.raises(PermissionDenied):
        services.withdraw_attendances(by=other, trace=written.trace, reason="", now=LATER)
