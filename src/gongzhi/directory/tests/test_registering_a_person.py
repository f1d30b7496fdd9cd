"""People are known by the ID number, else by name, birth year, place and phone together."""

from datetime import date, timedelta
from threading import Barrier, Thread

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction

from gongzhi.audit.models import Line
from gongzhi.directory import queries, services
from gongzhi.directory.actors import Oneself
from gongzhi.directory.models import Person
from gongzhi.directory.services import people as deeds
from gongzhi.directory.testing import (
    DAY,
    NOON,
    make_actor,
    make_membership,
    make_person,
    make_team,
    make_volunteer,
)
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.codes import make_id_number
from gongzhi.shared.faults import BadValue
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.shared.sealed import fingerprint

pytestmark = pytest.mark.django_db
BORN = date(1968, 4, 26)
ID = make_id_number("510121", BORN, 2)  # a woman's
PHONE = "13900002076"


def register(by=HOUSE, **fields):
    given = {"name": "张桂兰", "id_number": ID, "phone": PHONE, "now": NOON} | fields
    if "place" not in given:
        given["place"] = make_village()
    return services.register_person(by=by, **given)


def test_the_number_tells_birth_and_sex_and_lies_sealed():
    person = register()

    kept = Person.objects.get()
    assert (kept.birth_on, kept.birth_year, kept.sex) == (BORN, 1968, "f")
    assert (kept.id_key, kept.phone_key) == (fingerprint(ID), fingerprint(PHONE))
    with connection.cursor() as cursor:
        cursor.execute("SELECT id_number, phone FROM directory_person")
        raw = b"".join(bytes(column) for column in cursor.fetchone())
    assert ID.encode() not in raw
    assert PHONE.encode() not in raw
    assert person == kept
    assert ID not in str(Line.objects.get().changes)


def test_the_same_person_twice_is_one_record():
    place = make_village()
    first = register(place=place)

    assert register(place=place) == first
    assert [line.action for line in Line.objects.order_by("pk")] == [
        "directory.person-registered",
        "directory.person-found",
    ]


def test_without_a_number_name_birth_place_and_phone_tell():
    place = make_village()
    plain = {"id_number": "", "birth_on": BORN, "place": place}
    first = register(**plain)

    assert register(**plain) == first
    assert register(**plain | {"phone": "13900009999"}) != first
    assert register(**plain | {"birth_on": date(1970, 1, 1)}) != first


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"name": ""}, deeds.NameMissing),
        ({"id_number": ID[:-1] + ("1" if ID[-1] != "1" else "2")}, BadValue),
        ({"id_number": ID[:6] + "2868" + ID[10:]}, BadValue),  # the wrong century
        ({"birth_on": date(1968, 4, 27)}, deeds.BirthDisagrees),
        ({"birth_year": 1970}, deeds.BirthDisagrees),
        ({"sex": "m"}, deeds.SexDisagrees),
        ({"phone": "1390000207"}, BadValue),
        ({"id_number": "", "birth_on": DAY + timedelta(days=1)}, deeds.BirthAhead),
        ({"id_number": "", "phone": ""}, deeds.TooLittleToTell),
    ],
)
def test_what_cannot_be_is_refused_and_no_number_is_repeated(fields, refusal):
    with pytest.raises(refusal) as error:
        register(**fields)

    assert str(error.value).endswith("。")
    assert ID[6:] not in str(error.value)
    assert not Person.objects.exists()


def test_a_number_that_is_somebody_elses_is_not_given_twice():
    place = make_village()
    register(place=place)

    with pytest.raises(deeds.IdOfSomebodyElse) as error:
        register(place=place, name="李秀英")

    assert "张**" in str(error.value)


def test_whoever_is_registered_elsewhere_stays_there():
    here, there = make_village("青溪社区"), make_village("北滨社区", town=make_town("官仓街道"))
    register(place=there)
    clerk = make_actor(Role.COMMUNITY_CLERK, place=here)

    with pytest.raises(deeds.KnownElsewhere) as error:
        register(by=clerk, place=here)

    assert "北滨社区" in str(error.value)


def test_a_clerk_registers_and_amends_only_beneath_the_place_they_serve():
    here, there = make_village("青溪社区"), make_village("北滨社区", town=make_town("官仓街道"))
    clerk = make_actor(Role.COMMUNITY_CLERK, place=here)
    stranger = make_person(place=there)

    with pytest.raises(PermissionDenied):
        register(by=clerk, place=there)
    with pytest.raises(PermissionDenied):
        services.amend_person(
            by=clerk, person=stranger, changes={"phone": PHONE}, reason="核对", now=NOON
        )
    own = register(by=clerk, place=here)
    with pytest.raises(PermissionDenied):
        services.amend_person(
            by=clerk, person=own, changes={"place": there}, reason="搬家", now=NOON
        )


def test_the_database_itself_refuses_a_second_person_with_the_number():
    register()
    with pytest.raises(IntegrityError), transaction.atomic():
        make_person(id_number=ID)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("places", [1, 2])
def test_two_clerks_who_register_the_same_number_at_once_meet_one_person(places):
    villages = [make_village(f"村{n}社区") for n in range(places)]
    start, met, failed = Barrier(4), [], []

    def press(n):
        start.wait()
        try:
            met.append(register(place=villages[n % places]).pk)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=press, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failed
    assert set(met) == {Person.objects.get().pk}
    assert len(met) == 4


@pytest.mark.django_db(transaction=True)
def test_two_clerks_of_one_place_meet_one_person_without_a_number_too():
    place, start, met, failed = make_village(), Barrier(4), [], []

    def press():
        start.wait()
        try:
            met.append(register(place=place, id_number="", birth_on=BORN).pk)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failed
    assert set(met) == {Person.objects.get().pk}


def test_an_amendment_says_what_changed_with_numbers_masked():
    person = register()

    services.amend_person(
        by=HOUSE,
        person=person,
        changes={"phone": "13900005566", "name": "张桂芳"},
        reason="看过身份证",
        now=NOON,
    )

    assert Line.objects.order_by("pk").last().changes == {
        "姓名": ["张桂兰", "张桂芳"],
        "手机号": ["139****2076", "139****5566"],
    }
    kept = Person.objects.get()
    assert (kept.phone.open(), kept.phone_key) == ("13900005566", fingerprint("13900005566"))
    assert kept.tokens == "张桂 桂芳"


def test_a_new_number_brings_its_own_birth_and_sex():
    person = register()
    other = make_id_number("510121", date(1970, 5, 6), 1)

    services.amend_person(
        by=HOUSE, person=person, changes={"id_number": other}, reason="原来录错", now=NOON
    )

    person.refresh_from_db()
    assert (person.birth_on, person.sex, person.birth_year) == (date(1970, 5, 6), "m", 1970)


def test_an_amendment_needs_a_change_a_reason_and_a_free_number():
    person, other = register(), make_person("李秀英")

    for changes, reason, refusal in (
        ({"name": "张桂兰"}, "核对", deeds.AmendsNothing),
        ({"name": "张桂芳"}, " ", deeds.WhyAmend),
        ({"id_number": other.id_number}, "核对", deeds.IdOfSomebodyElse),
    ):
        if refusal is deeds.IdOfSomebodyElse:
            other.refresh_from_db()
            changes = {"id_number": other.id_number.open(), "birth_on": None, "sex": ""}
        with pytest.raises(refusal):
            services.amend_person(by=HOUSE, person=person, changes=changes, reason=reason, now=NOON)


def test_people_amend_themselves_without_a_reason_and_nobody_else():
    person, other = register(), make_person("李秀英")

    services.amend_person(
        by=Oneself(person.pk), person=person, changes={"phone": "13900005566"}, reason="", now=NOON
    )
    with pytest.raises(PermissionDenied):
        services.amend_person(
            by=Oneself(person.pk), person=other, changes={"phone": PHONE}, reason="", now=NOON
        )


def test_opened_numbers_are_shown_for_the_dated_minutes_to_whoever_said_why():
    person = register()
    clerk = make_actor(Role.COMMUNITY_CLERK, place=person.place, name="李女士")
    other = make_actor(Role.COMMUNITY_CLERK, place=person.place)

    opened = services.open_number(by=clerk, person=person, reason="联系本人安排服务", now=NOON)

    assert (opened.id_number, opened.phone) == (ID, PHONE)
    assert opened.until == NOON + timedelta(minutes=10)
    assert queries.open_for(clerk, person, now=NOON + timedelta(minutes=9)) == opened.until
    assert queries.open_for(clerk, person, now=NOON + timedelta(minutes=10)) is None
    assert queries.open_for(other, person, now=NOON) is None
    (line,) = queries.openings_of(person, now=NOON + timedelta(days=1))
    assert ("李女士" in line.who, line.basis) == (True, "联系本人安排服务")
    assert ID not in str(vars(Line.objects.order_by("pk").last()))


def test_numbers_are_opened_for_a_reason_and_by_the_place_only():
    person = register()
    elsewhere = make_village("北滨社区", town=make_town("官仓街道"))

    with pytest.raises(deeds.WhyOpen):
        services.open_number(by=HOUSE, person=person, reason=" ", now=NOON)
    for role in (Role.COMMUNITY_CLERK, Role.COUNTY_LEADER):
        place = elsewhere if role == Role.COMMUNITY_CLERK else None
        with pytest.raises(PermissionDenied):
            services.open_number(
                by=make_actor(role, place=place), person=person, reason="看看", now=NOON
            )
    assert queries.openings_of(person, now=NOON) == []


def test_a_family_shares_a_phone():
    mother, son = register(), make_person("王建国", phone=PHONE)

    assert list(queries.people_with_phone(" 139 0000 2076 ")) == [mother, son]
    assert list(queries.people_with_phone("")) == []


def test_a_clerk_finds_at_the_counter_only_whom_they_may_see():
    here, there = make_village("青溪社区"), make_village("北滨社区", town=make_town("官仓街道"))
    person, stranger = register(place=here), make_person("王建国", place=there, phone=PHONE)
    clerk = make_actor(Role.COMMUNITY_CLERK, place=here)

    assert queries.people_at_counter(clerk, id_number=ID.lower()) == [person]
    assert queries.people_at_counter(clerk, phone=PHONE) == [person]
    assert queries.people_at_counter(clerk, name="张桂") == [person]
    assert queries.people_at_counter(clerk, name="王建国") == []
    assert stranger in queries.people_at_counter(HOUSE, phone=PHONE)


def test_erasing_leaves_an_empty_mark_and_the_counts_of_the_past():
    person = register()
    volunteer = make_volunteer(person=person, national_number="5101001")
    membership = make_membership(person, make_team())
    dispute = services.dispute_registration(
        by=Oneself(person.pk), registration=volunteer, text="我没去过", now=NOON
    )

    services.erase_person(by=Oneself(person.pk), person=person, reason="", now=NOON)

    for record in (person, volunteer, membership, dispute):
        record.refresh_from_db()
    assert (person.name, person.id_key, person.phone_key, person.birth_on) == (
        "已注销",
        "",
        "",
        None,
    )
    assert not person.id_number
    assert not person.phone
    assert not person.tokens
    assert (volunteer.ended_on, volunteer.ended_how, volunteer.national_number) == (
        DAY,
        "erased",
        "",
    )
    assert (membership.left_on, membership.left_how) == (DAY, "erased")
    assert dispute.text == "（已删除）"
    assert queries.person_with_id(ID) is None
    with pytest.raises(deeds.Erased):
        services.erase_person(by=HOUSE, person=person, reason="再来", now=NOON)
    with pytest.raises(deeds.Erased):
        services.open_number(by=HOUSE, person=person, reason="看看", now=NOON)


def test_whoever_was_erased_may_be_registered_anew():
    place = make_village()
    old = register(place=place)
    services.erase_person(by=HOUSE, person=old, reason="本人到窗口要求", now=NOON)

    assert register(place=place) != old


def test_a_person_takes_everything_along_and_nobody_else_does():
    person, other = register(address="青溪社区3号院2栋"), make_person("李秀英")
    make_volunteer(person=person)
    make_membership(person, make_team())
    services.open_number(by=HOUSE, person=person, reason="核对是不是同一个人", now=NOON)

    data = services.export_my_data(by=Oneself(person.pk), person=person, now=NOON)

    assert data["个人信息"]["身份证号"] == ID
    assert data["个人信息"]["住址"] == "青溪社区3号院2栋"
    assert [len(data[part]) for part in ("志愿者登记", "志愿队", "谁看过号码")] == [1, 1, 1]
    for by in (Oneself(other.pk), HOUSE):
        with pytest.raises(PermissionDenied):
            services.export_my_data(by=by, person=person, now=NOON)
