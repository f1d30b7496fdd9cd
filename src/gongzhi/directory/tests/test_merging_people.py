"""A merge is a pointer that can be taken back; nothing that points at a person is forgotten."""

from datetime import date
from threading import Barrier, Thread

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongzhi.directory import duplicates, measures, queries, services
from gongzhi.directory.actors import Oneself
from gongzhi.directory.merging import POLICY
from gongzhi.directory.models import Candidate, Membership, Merge, Person, Volunteer
from gongzhi.directory.services import merging as deeds
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
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db
HOW = "打电话问过，两个号都是他的"


def loose(name="王建国", **fields):
    """Return a record without an ID number, as old registers have them."""
    return make_person(name, id_number="", **fields)


def merge(person, into, by=HOUSE):
    return services.merge_people(by=by, person=person, into=into, note=HOW, now=NOON)


def split(merged, by=HOUSE):
    return services.split_people(by=by, merge=merged, note="看错了", now=NOON)


def test_every_foreign_key_to_a_person_in_the_house_has_its_policy():
    pointing = {
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey) and field.related_model is Person
    }

    assert pointing == POLICY.keys(), "say in directory/merging.py what a merge does to it"


def test_two_records_become_one_volunteer_and_apart_again_two():
    first, second = make_volunteer(person=loose()), make_volunteer(person=loose())

    merged = merge(second.person, first.person)

    second.refresh_from_db()
    assert (second.ended_on, second.ended_how) == (DAY, "merged")
    assert measures.VOLUNTEERS.on(DAY).count() == 1
    assert queries.group_of(first.person) == [first.person_id, second.person_id]
    assert queries.registrations_of(Person.objects.get(pk=second.person_id)).live == [first]

    split(merged)

    second.refresh_from_db()
    assert second.ended_on is None
    assert measures.VOLUNTEERS.on(DAY).count() == 2


def test_what_the_person_confirmed_stays_and_keeps_the_latest_service():
    old = make_volunteer(person=loose(), last_served_on=date(2026, 10, 1))
    own = make_volunteer(person=loose(), confirmed_on=date(2026, 1, 1))

    merged = merge(own.person, old.person)

    old.refresh_from_db()
    own.refresh_from_db()
    assert (own.ended_on, own.last_served_on) == (None, date(2026, 10, 1))
    assert old.ended_how == "merged"

    split(merged)

    old.refresh_from_db()
    own.refresh_from_db()
    assert (own.last_served_on, own.active_until, old.ended_on) == (None, None, None)


def test_one_person_is_one_member_of_a_team():
    team = make_team()
    led = make_membership(loose(), team, part="leader")
    plain = make_membership(loose(), team)
    elsewhere = make_membership(plain.person, make_team("巡河队"))

    merge(led.person, plain.person)

    assert [m.pk for m in Membership.objects.filter(left_on=None).order_by("pk")] == [
        led.pk,
        elsewhere.pk,
    ]


def test_there_is_never_a_chain():
    a, b, c = loose(), loose(), loose()

    merge(a, b)
    merge(b, c)

    assert set(
        Person.objects.filter(pk__in=(a.pk, b.pk)).values_list("merged_into", flat=True)
    ) == {c.pk}


def test_the_last_merge_is_undone_first():
    a, b, c = loose(), loose(), loose()
    first, second = merge(a, b), merge(b, c)

    with pytest.raises(deeds.LaterFirst):
        split(first)
    split(second)
    a.refresh_from_db()
    assert a.merged_into_id == b.pk
    split(first)
    with pytest.raises(deeds.UndoneAlready):
        split(first)


def test_what_cannot_be_one_person_is_refused():
    a, b, c = loose(), loose(), make_person()
    merge(a, b)
    a.refresh_from_db()

    with pytest.raises(deeds.TheSame):
        merge(a, b)
    with pytest.raises(deeds.TheSame):
        merge(b, b)
    with pytest.raises(deeds.MergedAlready):
        merge(a, c)
    with pytest.raises(deeds.TwoIdNumbers):
        merge(c, make_person("李秀英"))
    with pytest.raises(deeds.HowLooked):
        services.merge_people(by=HOUSE, person=b, into=c, note=" ", now=NOON)
    services.erase_person(by=Oneself(c.pk), person=c, reason="", now=NOON)
    with pytest.raises(deeds.ErasedCannotMerge):
        merge(b, c)


def test_the_database_itself_refuses_a_pointer_to_oneself():
    person = loose()
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.filter(pk=person.pk).update(merged_into=person.pk)


def test_whoever_merges_keeps_both_places():
    here, there = make_village("青溪社区"), make_village("北滨社区", town=make_town("官仓街道"))
    clerk = make_actor(Role.COMMUNITY_CLERK, place=here)

    merge(loose(place=here), loose(place=here), by=clerk)
    for pair in ((here, there), (there, here)):
        with pytest.raises(PermissionDenied):
            merge(*(loose(place=place) for place in pair), by=clerk)


def test_a_phone_given_under_a_merged_record_finds_the_person():
    old, head = loose(phone="13900002076"), loose(phone="13900005566")
    merge(old, head)

    assert list(queries.people_with_phone("13900002076")) == [head]


@pytest.mark.django_db(transaction=True)
def test_merges_at_once_make_no_chain():
    a, b, c = loose(), loose(), loose()
    start, failed = Barrier(3), []

    def press(person, into):
        start.wait()
        try:
            merge(person, into)
        except deeds.Refused:
            pass
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [Thread(target=press, args=pair) for pair in ((a, b), (b, c), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not failed
    pointers = dict(Person.objects.values_list("pk", "merged_into_id"))
    assert any(pointers.values())
    assert all(pointers[into] is None for into in pointers.values() if into)


def test_an_account_of_a_merged_record_acts_for_the_whole_person():
    a, b = loose(), loose()
    volunteer = make_volunteer(person=b)
    merge(a, b)

    services.confirm_registration(by=Oneself(a.pk), registration=volunteer, now=NOON)

    volunteer.refresh_from_db()
    assert volunteer.confirmed_on == DAY


def test_erasing_reaches_every_record_that_stands_for_the_person():
    a, b = loose(), loose()
    merge(a, b)

    services.erase_person(by=Oneself(a.pk), person=a, reason="", now=NOON)

    assert set(Person.objects.values_list("name", flat=True)) == {"已注销"}


def test_what_somebody_did_meanwhile_is_not_undone_by_a_split():
    first, second = make_volunteer(person=loose()), make_volunteer(person=loose())
    merged = merge(second.person, first.person)
    services.end_registration(by=Oneself(first.person_id), registration=first, now=NOON)
    again = services.register_volunteer(
        by=Oneself(second.person_id), person=second.person, now=NOON
    )
    assert again.person_id == first.person_id

    split(merged)

    first.refresh_from_db()
    assert first.ended_how == "self"
    assert Volunteer.objects.filter(ended_on=None).count() == 2


# --- any order of merges and splits -------------------------------------------------------------


def snapshot():
    """Return all that merges change, but for the merges themselves."""
    return (
        list(Person.objects.order_by("pk").values_list("pk", "merged_into_id")),
        list(
            Volunteer.objects.order_by("pk").values_list(
                "pk", "ended_on", "ended_how", "ended_reason", "last_served_on", "active_until"
            )
        ),
        list(Membership.objects.order_by("pk").values_list("pk", "left_on", "left_how")),
        list(Candidate.objects.order_by("pk").values_list("pk", "state", "note", "decided_at")),
    )


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(moves=st.lists(st.tuples(st.booleans(), st.integers(0, 4), st.integers(0, 4)), max_size=9))
def test_merges_and_splits_in_any_order_make_no_chain_and_undo_exactly(moves):
    with transaction.atomic():
        place, team = make_village(), make_team()
        people = [loose(place=place) for _ in range(5)]
        for n, person in enumerate(people):
            served = date(2026, 1 + n, 1) if n % 2 else None
            confirmed = date(2026, 1, 1) if n == 3 else None
            make_volunteer(person=person, last_served_on=served, confirmed_on=confirmed)
            if n < 3:
                make_membership(person, team, part="leader" if n == 1 else "member")
        services.find_candidates(by=HOUSE, now=NOON)
        stack, begun = [], snapshot()
        for is_merge, a, b in moves:
            if is_merge:
                before = snapshot()
                try:
                    with transaction.atomic():
                        stack.append((merge(*fresh(people[a], people[b])), before))
                except deeds.Refused:
                    assert snapshot() == before
            elif stack:
                merged, before = stack.pop()
                split(merged)
                assert snapshot() == before
            heads = set(Person.objects.filter(merged_into=None).values_list("pk", flat=True))
            pointed = set(
                Person.objects.exclude(merged_into=None).values_list("merged_into", flat=True)
            )
            assert pointed <= heads, "a chain"
            assert measures.VOLUNTEERS.on(DAY).count() == len(heads), "one person, one volunteer"
        while stack:
            merged, before = stack.pop()
            split(merged)
            assert snapshot() == before
        assert snapshot() == begun
        transaction.set_rollback(True)


def fresh(*people):
    return [Person.objects.get(pk=person.pk) for person in people]


# --- the queue ----------------------------------------------------------------------------------


def test_pairs_are_found_by_name_birth_and_place_by_phone_and_by_sound():
    place, phone = make_village(), "13900002076"
    sure = make_person("张桂兰", place=place, phone=phone)
    same = loose("张桂兰", place=place)
    alike = loose("章贵兰", place=place)
    called = loose("张桂兰", place=make_village("北滨社区"), phone=phone, birth_on=None)
    loose("李秀英", place=place)

    found = duplicates.pairs()

    assert found == {
        (sure.pk, same.pk): ["name"],
        (sure.pk, alike.pk): ["sound"],
        (same.pk, alike.pk): ["sound"],
        (sure.pk, called.pk): ["phone"],
    }


def test_two_different_numbers_are_two_people():
    place = make_village()
    make_person("张桂兰", place=place)
    make_person("张桂兰", place=place)

    assert duplicates.pairs() == {}


def test_a_pair_is_queued_once_and_only_for_new_people_when_asked():
    place = make_village()
    first, second = loose(place=place), loose(place=place)

    assert services.find_candidates(by=HOUSE, now=NOON) == 1
    assert services.find_candidates(by=HOUSE, now=NOON) == 0
    third = loose(place=place)
    assert services.find_candidates(by=HOUSE, people=[third.pk], now=NOON) == 2
    assert {(c.first_id, c.second_id) for c in Candidate.objects.all()} == {
        (first.pk, second.pk),
        (first.pk, third.pk),
        (second.pk, third.pk),
    }


def decide(candidate, decision, note=HOW, by=HOUSE):
    return services.decide_candidate(
        by=by, candidate=candidate, decision=decision, note=note, now=NOON
    )


def test_one_person_is_merged_into_the_record_with_a_number():
    place = make_village()
    old, sure = loose("张桂兰", place=place), make_person("张桂兰", place=place)
    services.find_candidates(by=HOUSE, now=NOON)

    decided = decide(Candidate.objects.get(), "merged")

    old.refresh_from_db()
    assert (old.merged_into_id, decided.state) == (sure.pk, "merged")
    assert not queries.candidates(HOUSE)
    with pytest.raises(deeds.DecidedAlready):
        decide(decided, "distinct")

    split(Merge.objects.get())
    assert Candidate.objects.get().state == "open"


def test_two_people_stay_two_and_later_waits_at_the_end():
    place = make_village()
    loose(place=place), loose(place=place), loose(place=place)
    services.find_candidates(by=HOUSE, now=NOON)
    one, two, three = Candidate.objects.order_by("pk")

    with pytest.raises(deeds.HowLooked):
        decide(one, "distinct", note=" ")
    decide(one, "distinct", note="父子同名")
    decide(two, "later", note="")

    assert [c.pk for c in queries.candidates(HOUSE)] == [three.pk, two.pk]


def test_the_queue_shows_only_pairs_of_which_one_keeps_both():
    here, there = make_village("青溪社区"), make_village("北滨社区", town=make_town("官仓街道"))
    loose(place=here), loose(place=here)
    phone = "13900002076"
    loose("李秀英", place=here, phone=phone), loose("李秀英", place=there, phone=phone)
    services.find_candidates(by=HOUSE, now=NOON)
    clerk = make_actor(Role.COMMUNITY_CLERK, place=here)

    assert (queries.candidates(HOUSE).count(), queries.candidates(clerk).count()) == (2, 1)
    across = Candidate.objects.get(first__name="李秀英")
    with pytest.raises(PermissionDenied):
        decide(across, "merged", by=clerk)


def test_two_records_side_by_side_say_what_agrees_without_telling_numbers():
    place = make_village()
    first = make_person("张桂兰", place=place, phone="13900002076")
    second = loose("张桂兰", place=place, phone="15200007719", birth_on=None, birth_year=1968)
    make_volunteer(person=first, confirmed_on=date(2024, 3, 5))
    make_volunteer(person=second)

    lines = {line.label: line for line in queries.compare(*fresh(first, second))}

    assert (lines["姓名"].verdict, lines["姓名"].shape) == ("一样", "ok")
    assert (lines["出生"].verdict, lines["出生"].second) == ("年份对得上", "1968年")
    assert (lines["身份证号"].verdict, lines["身份证号"].second) == ("一边没有", "没有")
    assert lines["手机号"].first == "139****2076"
    assert lines["手机号"].differs
    assert lines["登记来源"].first == "本人确认，2024年3月5日"


def test_finding_them_is_quick_among_thousands():
    village = make_village()
    Person.objects.bulk_create(
        Person(name=f"王{n % 300}", place=village, birth_year=1960 + n % 9, id_key=f"{n:032}",
               phone_key="", created_at=NOON)
        for n in range(3000)
    )  # fmt: skip
    loose("王7", place=village, birth_on=None, birth_year=1967)

    assert len(duplicates.pairs()) == len(
        Person.objects.filter(name="王7", birth_year=1967).exclude(id_key="")
    )
    assert connection.vendor in ("sqlite", "postgresql")
