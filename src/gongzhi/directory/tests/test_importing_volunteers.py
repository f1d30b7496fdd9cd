"""A register of volunteers comes in: the good rows once, the bad ones named, nobody against their will."""

from datetime import date, datetime
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from gongzhi.audit.models import Line
from gongzhi.directory import bulk, measures, queries, services
from gongzhi.directory.actors import Oneself
from gongzhi.directory.models import Person, Volunteer
from gongzhi.directory.testing import (
    DAY,
    NOON,
    make_actor,
    make_membership,
    make_person,
    make_team,
    make_volunteer,
)
from gongzhi.places.testing import make_courtyard, make_town, make_village
from gongzhi.shared.codes import make_id_number
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.shared.sealed import fingerprint, unseal
from gongzhi.shared.text import bigrams

from .coming_in import bring

pytestmark = pytest.mark.django_db
BORN = date(1968, 4, 26)


def number(sequence, born=BORN):
    return make_id_number("510121", born, sequence)


@pytest.fixture
def village():
    return make_village("青溪社区")


def row(sequence=2, **cells):
    return {
        "name": "张桂兰",
        "id_number": number(sequence),
        "phone": "13900002076",
        "place": "青溪社区",
        "registered": "2024-03-05",
    } | cells


def test_a_good_row_is_a_person_and_an_imported_registration(village):
    outcome = bring("volunteers", [row(address="青溪社区3号院2栋", served=date(2026, 10, 1))])

    person, volunteer = Person.objects.get(), Volunteer.objects.get()
    assert outcome.counts == (1, 0, 0, 0)
    assert (person.name, person.sex, person.birth_on) == ("张桂兰", "f", BORN)
    assert (person.id_number.open(), person.id_key) == (number(2), fingerprint(number(2)))
    assert (person.phone.open(), person.phone_key) == ("13900002076", fingerprint("13900002076"))
    assert person.address.open() == "青溪社区3号院2栋"
    assert (person.place, person.tokens, person.created_at) == (village, "张桂 桂兰", NOON)
    assert (volunteer.person, volunteer.source, volunteer.batch) == (person, "imported", 7)
    assert (volunteer.registered_on, volunteer.confirmed_on) == (date(2024, 3, 5), None)
    assert (volunteer.last_served_on, volunteer.active_until) == (
        date(2026, 10, 1),
        date(2027, 10, 1),
    )
    assert Line.objects.get().changes["新增"] == [None, 1]


def test_the_same_file_again_adds_nothing(village):
    rows = [row(n, name=f"王{'甲乙丙丁戊'[n]}") for n in range(1, 5)]
    rows.append(row(id_number="", birth="1968-04", phone="13900007777"))
    bring("volunteers", rows)

    again = bring("volunteers", rows)

    assert again.counts == (0, 0, 5, 0)
    assert (Person.objects.count(), Volunteer.objects.count()) == (5, 5)


def test_a_chunk_written_twice_adds_nothing(village):
    register = bring("volunteers", [row()]).written
    again = bring("volunteers", [row()], write=False)

    assert (register[0].new, again.same) == (1, 1)


def test_whoever_came_meanwhile_is_not_added_again(village):
    from gongzhi.directory.registers import VOLUNTEERS

    context = VOLUNTEERS.prepare(HOUSE, village, NOON, {})
    columns = {c.key: c.read([row().get(c.key, "")], context)[0] for c in VOLUNTEERS.columns}
    columns["row"] = [2]
    assert VOLUNTEERS.judge(columns, context).new == [0]

    bring("volunteers", [row()])
    written = VOLUNTEERS.write(HOUSE, columns, context, NOON)

    assert (written.new, written.same) == (0, 1)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"id_number": number(2)[:17] + ("1" if number(2)[17] != "1" else "2")}, "校验码对不上"),
        ({"id_number": number(2)[:17] + "B"}, "最后一位"),
        ({"id_number": number(2)[:6] + "2868" + number(2)[10:]}, "在今天之后"),
        ({"id_number": number(2)[:6] + "1868" + number(2)[10:]}, "世纪写错了"),
        ({"id_number": 5.10121196804269e17}, "科学计数"),
        ({"id_number": "510121680426002"}, "15位的老号码"),
        ({"birth": date(1970, 1, 1)}, "出生日期和身份证号里的对不上"),
        ({"birth": "1968-05"}, "出生日期和身份证号里的对不上"),
        ({"sex": "男"}, "性别和身份证号里的对不上"),
        ({"sex": "不详男"}, "不认得"),
        ({"phone": "1390000207"}, "少1位"),
        ({"phone": "02884930000"}, "座机"),
        ({"place": "没有的村"}, "没有“没有的村”"),
        ({"place": ""}, "没有填"),
        ({"name": ""}, "没有填"),
        ({"name": "张"}, "只有一个字"),
        ({"name": "张桂兰1"}, "“1”"),
        ({"registered": "去年春天"}, "看不出是哪一天"),
        ({"registered": date(2027, 1, 1)}, "在今天之后"),
        ({"id_number": "", "phone": ""}, "分不清是哪一位"),
        ({"address": "长" * 121}, "最多120个字"),
    ],
)
def test_a_bad_row_is_named_with_what_is_wrong_and_how_to_mend_it(village, cells, said):
    outcome = bring("volunteers", [row(**cells), row(4, name="李秀英")])

    assert outcome.counts[3] == 1
    assert said in outcome.wrong(2)
    for fault in outcome.faults[2]:
        assert fault.mend
        assert not fault.wrong.endswith("。")
        assert number(2)[6:17] not in fault.wrong + fault.mend
    assert list(Person.objects.values_list("name", flat=True)) == ["李秀英"]


@pytest.mark.parametrize(
    "cells",
    [
        {"id_number": f" {number(2).lower()} "},
        {"id_number": f"'{number(2)}"},
        {"id_number": f'="{number(2)}"'},
        {"phone": 13900002076.0},
        {"phone": "+86 139-0000-2076"},
        {"birth": datetime(1968, 4, 26)},  # noqa: DTZ001  (as a spreadsheet gives it)
        {"birth": "1968.4.26"},
        {"birth": "1968年4月"},
        {"birth": 25_000 - 46},
        {"sex": "女"},
        {"name": " 张 桂兰"},
        {"registered": 45356},
        {"registered": "2024年3月5日"},
        {"town": "赵镇街道"},
    ],
)
def test_what_people_really_write_is_understood(village, cells):
    outcome = bring("volunteers", [row(**cells)])

    assert outcome.wrong(2) == ""
    person = Person.objects.get()
    assert (person.name, person.id_number.open(), person.birth_on) == ("张桂兰", number(2), BORN)
    assert person.phone.open() == "13900002076"
    assert Volunteer.objects.get().registered_on == date(2024, 3, 5)


@pytest.mark.parametrize(
    "name", ["阿卜杜拉·买买提", "阿卜杜拉•买买提", "欧阳娜娜", "Anna O'Neill", "㛃䶮"]
)
def test_names_that_are_not_three_characters_are_names_too(village, name):
    assert bring("volunteers", [row(name=name)]).counts == (1, 0, 0, 0)
    assert Person.objects.get().tokens == bigrams(Person.objects.get().name)


def test_two_rows_of_one_number_are_named_with_the_other_row_across_chunks(village):
    rows = [row(), row(4, name="李秀英"), row(name="王建国"), row()]

    outcome = bring("volunteers", rows, chunk=2)

    assert outcome.counts == (2, 0, 0, 2)
    assert outcome.wrong(4) == "和第2行是同一个号码，姓名不同"
    assert outcome.wrong(5) == "和第2行是同一个号码，姓名也相同"


def test_without_a_number_name_birth_place_and_phone_are_the_key(village):
    plain = {"id_number": "", "birth": "1968-04"}
    rows = [row(**plain), row(**plain), row(**plain, phone="13900005566")]

    outcome = bring("volunteers", rows)

    assert outcome.counts == (2, 0, 0, 1)
    assert "都相同" in outcome.wrong(3)
    assert set(Person.objects.values_list("birth_on", "birth_year")) == {(None, 1968)}


def test_a_number_that_the_directory_has_under_another_name_is_a_fault(village):
    make_person("李秀英", id_number=number(2), place=village)

    outcome = bring("volunteers", [row()])

    assert outcome.wrong(2) == "名册里这个身份证号是李**，姓名不同"


def test_a_known_person_becomes_a_volunteer_without_a_second_record(village):
    person = make_person("张桂兰", id_number=number(2), place=village)

    assert bring("volunteers", [row()]).counts == (1, 0, 0, 0)
    assert Volunteer.objects.get().person == person


def test_a_merged_record_stands_for_the_person(village):
    old = make_person("张桂兰", id_number=number(2), place=village)
    head = make_person("张桂兰", id_number="", place=village)
    services.merge_people(by=HOUSE, person=old, into=head, note="同一人", now=NOON)

    bring("volunteers", [row()])

    assert Volunteer.objects.get().person == head


def test_changes_are_written_and_counted(village):
    bring("volunteers", [row(), row(4, name="李秀英")])

    outcome = bring(
        "volunteers", [row(phone="13900005566", served="2026-10-01"), row(4, name="李秀英")]
    )

    assert outcome.counts == (0, 1, 1, 0)
    person = Person.objects.get(name="张桂兰")
    assert (person.phone.open(), person.phone_key) == ("13900005566", fingerprint("13900005566"))
    assert measures.ACTIVE.on(DAY).count() == 1


def test_an_empty_cell_changes_nothing(village):
    bring("volunteers", [row(address="青溪社区3号院")])

    assert bring("volunteers", [row(phone="", address="")]).counts == (0, 0, 1, 0)


def test_what_the_person_confirmed_is_not_overwritten_by_a_list(village):
    bring("volunteers", [row()])
    volunteer = Volunteer.objects.get()
    services.confirm_registration(by=Oneself(volunteer.person_id), registration=volunteer, now=NOON)

    assert bring("volunteers", [row(phone="13900005566")]).counts == (0, 0, 1, 0)
    assert Person.objects.get().phone.open() == "13900002076"


def test_nobody_who_left_is_brought_back(village):
    bring("volunteers", [row()])
    volunteer = Volunteer.objects.get()
    services.end_registration(by=Oneself(volunteer.person_id), registration=volunteer, now=NOON)

    outcome = bring("volunteers", [row()])

    assert outcome.counts == (0, 0, 0, 1)
    assert "本人2026年11月23日已经退出" in outcome.wrong(2)
    assert measures.VOLUNTEERS.on(DAY).count() == 0


def test_rows_of_another_place_are_faults_and_nothing_is_written_there(village):
    elsewhere = make_village("北滨社区", town=make_town("官仓街道"))
    make_person("王建国", id_number=number(6), place=elsewhere)
    clerk = make_actor(Role.TOWN_OFFICER, place=village)

    outcome = bring(
        "volunteers",
        [row(place="北滨社区"), row(6, name="王建国"), row(8, name="李秀英")],
        by=clerk,
        place=village,
    )

    assert outcome.counts == (1, 0, 0, 2)
    assert "这个人登记在别处" in outcome.wrong(3)
    assert set(Volunteer.objects.values_list("place", flat=True)) == {village.pk}


def test_only_importers_of_the_place_write(village):
    for by in (
        make_actor(Role.COMMUNITY_CLERK, place=village),
        make_actor(Role.TOWN_OFFICER, place=make_town("官仓街道")),
    ):
        with pytest.raises(PermissionDenied):
            bring("volunteers", [row()], by=by, place=village)
    assert not Person.objects.exists()


def test_a_courtyard_is_a_place_to_live(village):
    courtyard = make_courtyard("3号院", village=village)

    bring("volunteers", [row(place="青溪社区3号院")])

    assert Person.objects.get().place == courtyard


def test_texts_with_tabs_and_backslashes_arrive_as_written(village):
    bring("volunteers", [row(national="A\\B\tC\\N"), row(4, name="李秀英", national="")])

    assert set(Volunteer.objects.values_list("national_number", flat=True)) == {"A\\B C\\N", ""}


def test_what_is_imported_waits_for_the_person(village):
    bring("volunteers", [row()])

    mine = queries.registrations_of(Person.objects.get())
    assert [r.get_source_display() for r in mine.waiting] == ["导入"]
    assert [b.on(DAY).count() for b in (measures.VOLUNTEERS, measures.CONFIRMED)] == [1, 0]


def test_a_withdrawn_chunk_leaves_nobody_but_whom_people_confirmed(village):
    stays = make_volunteer(
        person=make_person("王建国", id_number=number(6), place=village, phone="13900001111")
    )
    outcome = bring(
        "volunteers",
        [row(), row(4, name="李秀英"), row(6, name="王建国"), row(8, name="赵玉珍")],
    )
    mine = Volunteer.objects.get(person__name="李秀英")
    services.confirm_registration(by=Oneself(mine.person_id), registration=mine, now=NOON)
    make_membership(Person.objects.get(name="赵玉珍"), make_team(place=village))

    back = services.withdraw_volunteers(
        by=HOUSE, trace=outcome.written[0].trace, reason="传错了", now=NOON
    )

    assert (back.taken, back.kept) == (3, 1)
    assert set(Volunteer.objects.filter(ended_on=None)) == {mine, stays}
    assert Person.objects.get(pk=stays.person_id).phone.open() == "13900001111"
    assert set(Person.objects.filter(erased_at=None).values_list("name", flat=True)) == {
        "李秀英",
        "王建国",
        "赵玉珍",
    }
    again = bring("volunteers", [row()])
    assert again.counts == (1, 0, 0, 0), again.faults


@pytest.mark.django_db(transaction=True)
def test_a_chunk_and_a_clerk_at_once_make_one_person():
    make_village("青溪社区")
    other = make_village("北滨社区")
    start, failed = Barrier(2), []

    def press(what):
        start.wait()
        try:
            what()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [
        Thread(target=press, args=(lambda: bring("volunteers", [row(n, name="张桂兰") for n in range(2, 400, 2)]),)),
        Thread(
            target=press,
            args=(
                lambda: [
                    services.register_person(
                        by=HOUSE, name="张桂兰", id_number=number(n), place=other, now=NOON
                    )
                    for n in range(398, 300, -2)
                ],
            ),
        ),
    ]  # fmt: skip
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failed
    assert Person.objects.count() == 199


@pytest.mark.parametrize("cipher", ["AES", "SM4"])
def test_many_at_once_are_sealed_and_fingerprinted_like_one(settings, cipher):
    settings.GONGZHI_SEALING_CIPHER = cipher
    texts = [number(2), "", "13900002076", "青溪社区3号院"]

    assert [unseal(sealed) for sealed in bulk.seal_all(texts)] == texts
    assert bulk.fingerprint_all(texts) == [fingerprint(text) for text in texts]


def test_names_are_made_into_the_same_tokens():
    names = ["张伟", "张桂兰", "欧阳娜娜", "阿卜杜拉·买买提", "Anna Li"]
    assert bulk.tokens_of(names) == [bigrams(name) for name in names]


def test_reserved_ids_are_never_given_twice():
    first = bulk.reserve(Person, 3)
    made = make_person()
    second = bulk.reserve(Person, 2)

    assert len(set(first) | {made.pk}) >= 3
    assert made.pk not in second
    assert list(second) == sorted(second)


def test_a_chunk_costs_the_same_few_statements_whatever_its_size(django_assert_max_num_queries):
    make_village("青溪社区")
    rows = [row(n, name="张桂兰", phone="") for n in range(2, 602, 2)]
    with django_assert_max_num_queries(40):
        bring("volunteers", rows)
    with django_assert_max_num_queries(30):
        bring("volunteers", rows)
