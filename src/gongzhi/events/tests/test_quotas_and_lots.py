"""Seats kept for a town until a day, and lots that anybody can draw again."""

import hashlib
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from gongzhi.accounts.testing import make_user
from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_organization, make_person, make_team
from gongzhi.events import queries, services
from gongzhi.events.models import Event, Quota
from gongzhi.events.testing import HOUR, NOW, SUNDAY, make_event, make_registration
from gongzhi.outbox.models import Message
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role

pytestmark = pytest.mark.django_db

THURSDAY = date(2026, 11, 26)


def keep(event, seats=1, releases_on=THURSDAY, by=HOUSE, **whom):
    return services.add_quota(
        by=by, event=event, seats=seats, releases_on=releases_on, now=NOW, **whom
    )


@pytest.fixture
def towns():
    return make_town("赵镇街道"), make_town("官仓街道")


def person_of(town):
    return make_person(place=make_village(f"{town.name[:2]}社区", town=town))


# --- quotas ---------------------------------------------------------------------------------------


def test_a_kept_seat_goes_only_to_the_people_it_is_kept_for(towns):
    here, there = towns
    event = make_event(seats=2)
    keep(event, place=there)

    first, second = (make_registration(event, person_of(here)) for _ in range(2))
    third = make_registration(event, person_of(there))

    assert [r.status for r in (first, second, third)] == ["seated", "waiting", "seated"]
    assert third.quota.label == "官仓街道"
    assert Quota.objects.get().taken == 1


def test_who_finds_the_own_seats_gone_gets_one_of_the_others(towns):
    _, there = towns
    event = make_event(seats=2)
    keep(event, place=there)

    made = [make_registration(event, person_of(there)) for _ in range(3)]

    assert [(r.status, bool(r.quota)) for r in made] == [
        ("seated", True),
        ("seated", False),
        ("waiting", False),
    ]


def test_what_is_free_on_the_day_returns_and_goes_down_the_line(towns):
    here, there = towns
    event = make_event(seats=3)
    keep(event, seats=2, place=there)
    mine = make_registration(event, person_of(there))
    first, waiting = (make_registration(event, person_of(here)) for _ in range(2))

    assert services.release_quotas(by=HOUSE, now=NOW + timedelta(days=2)) == 0
    assert services.release_quotas(by=HOUSE, now=NOW + timedelta(days=3)) == 1
    assert services.release_quotas(by=HOUSE, now=NOW + timedelta(days=4)) == 0

    waiting.refresh_from_db()
    mine.refresh_from_db()
    quota = Quota.objects.get()
    assert (first.status, waiting.status, mine.status) == ("seated", "offered", "seated")
    assert (quota.returned, quota.taken) == (1, 1)


def test_a_kept_seat_that_is_given_up_is_offered_to_the_next_of_that_place(towns):
    here, there = towns
    event = make_event(seats=1)
    keep(event, place=there)
    mine = make_registration(event, person_of(there))
    earlier, later = (
        make_registration(event, person_of(here)),
        make_registration(event, person_of(there)),
    )

    services.cancel_registration(by=Oneself(mine.person_id), registration=mine, now=NOW)

    for one in (earlier, later):
        one.refresh_from_db()
    assert (earlier.status, later.status) == ("waiting", "offered")


def test_seats_are_kept_for_an_organization_and_its_people():
    organization = make_organization()
    team = make_team(organization=organization)
    member = make_person("罗女士")
    team.memberships.create(person=member, source="self", joined_on=date(2026, 1, 1))
    event = make_event(seats=1)
    keep(event, organization=organization)

    assert make_registration(event).status == "waiting"
    made = make_registration(event, member, organization=organization)
    assert (made.status, made.quota.label) == ("seated", "童伴社工服务中心")


def test_no_more_seats_are_kept_than_are_free(towns):
    here, there = towns
    event = make_event(seats=3)
    make_registration(event)
    keep(event, place=here)

    with pytest.raises(services.QuotaTooLarge, match="只剩1个，不够再留2个"):
        keep(event, seats=2, place=there)
    with pytest.raises(services.CapacityBelowTaken):
        services.amend_event(by=HOUSE, event=event, changes={"capacity": 1}, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "given"),
    [
        ("没有写留给谁", {"place": None}),
        ("没有写留几个", {"seats": 0}),
        ("不在明天到开始那天之间", {"releases_on": NOW.date()}),
        ("不在明天到开始那天之间", {"releases_on": SUNDAY.date() + timedelta(days=1)}),
    ],
)
def test_an_unclear_quota_is_refused_in_a_sentence(towns, wrong, given):
    with pytest.raises(services.QuotaUnclear, match=wrong):
        keep(make_event(seats=3), **{"place": towns[0]} | given)
    with pytest.raises(services.QuotaUnclear, match="不限人数"):
        keep(make_event(), place=towns[0])


def test_the_database_itself_refuses_to_overdraw_a_quota(towns):
    quota = keep(make_event(seats=3), place=towns[0])

    with pytest.raises(IntegrityError), transaction.atomic():
        Quota.objects.filter(pk=quota.pk).update(taken=2)


def test_only_those_who_plan_the_event_keep_and_return_seats(towns):
    event = make_event(seats=3)
    other = make_user(Role.COMMUNITY_CLERK, make_village(town=towns[1]))

    with pytest.raises(PermissionDenied):
        keep(event, place=towns[0], by=other)
    with pytest.raises(PermissionDenied):
        services.release_quotas(by=other, event=event, now=NOW)
    with pytest.raises(PermissionDenied):
        services.release_quotas(by=make_user(Role.COUNTY_OPERATOR, event.place), now=NOW)


# --- lots -----------------------------------------------------------------------------------------

CLOSES, DRAWS = SUNDAY - 48 * HOUR, SUNDAY - 40 * HOUR


def lottery(seats=2):
    return make_event(seats=seats, rule="lottery", registration_closes_at=CLOSES, draw_at=DRAWS)


def draw(event, now=DRAWS):
    return services.draw_lots(by=HOUSE, event=event, now=now)


def test_lots_give_the_seats_and_the_order_of_the_line_and_anybody_can_draw_again():
    event = lottery()
    made = [make_registration(event) for _ in range(6)]
    assert {r.status for r in made} == {"entered"}
    assert queries.draw_of(event).seed == ""
    promise = queries.draw_of(event).promise

    drawn = draw(event)

    event.refresh_from_db()
    told = queries.draw_of(event)
    by_hand = sorted(
        (r.number for r in made),
        key=lambda n: hashlib.sha256(f"{told.seed}:{n}".encode()).hexdigest(),
    )
    assert [r.number for r in drawn] == by_hand == list(told.order)
    assert hashlib.sha256(told.seed.encode()).hexdigest() == promise
    assert told.is_kept
    assert [r.status for r in drawn] == ["seated"] * 2 + ["waiting"] * 4
    assert [t.reason for t in queries.line_of(event)] == [f"抽签抽到第{n}位" for n in (3, 4, 5, 6)]


def test_after_the_draw_a_freed_seat_goes_to_the_next_drawn():
    event = lottery(seats=1)
    for _ in range(3):
        make_registration(event)
    first, second, third = draw(event)

    services.cancel_registration(by=Oneself(first.person_id), registration=first, now=DRAWS)

    for one in (second, third):
        one.refresh_from_db()
    assert (second.status, third.status) == ("offered", "waiting")


def test_lots_are_drawn_once_and_not_before_their_time():
    event = lottery()
    make_registration(event)

    with pytest.raises(services.TooEarlyToDraw, match="还没到时候"):
        draw(event, now=DRAWS - timedelta(minutes=1))
    draw(event)
    with pytest.raises(services.NothingToDraw, match="抽过了"):
        draw(event)
    with pytest.raises(services.NothingToDraw, match="不是等着抽签的场次"):
        draw(make_event())


def test_who_leaves_before_the_draw_is_not_drawn_and_takes_no_seat():
    event = lottery()
    made = make_registration(event)
    services.cancel_registration(by=Oneself(made.person_id), registration=made, now=NOW)

    assert draw(event) == []
    assert Event.objects.get().seats_taken == 0


def test_kept_seats_go_to_the_first_drawn_of_that_place(towns):
    here, there = towns
    event = lottery(seats=2)
    keep(event, place=there, releases_on=date(2026, 11, 29))
    made = [make_registration(event, person_of(here)) for _ in range(4)]
    made.append(make_registration(event, person_of(there)))

    drawn = draw(event)

    seated = [r for r in drawn if r.status == "seated"]
    assert len(seated) == 2
    assert made[-1].pk in {r.pk for r in seated}


def test_everybody_is_told_what_the_lots_said():
    event = lottery(seats=1)
    people = [make_registration(event).person for _ in range(2)]
    for n, person in enumerate(people):
        make_user(name=f"街坊{n}", person=person)

    draw(event)

    told = Message.objects.filter(kind="events.drawn").values_list("title", flat=True)
    assert sorted(t.partition("：")[0] for t in told) == ["报上了", "报满了，在排队"]


def test_the_worker_draws_when_the_hour_has_come_and_once():
    event = lottery()
    made = make_registration(event)

    assert services.draw_due(by=HOUSE, now=DRAWS - timedelta(minutes=1)) == 0
    assert services.draw_due(by=HOUSE, now=DRAWS) == 1
    assert services.draw_due(by=HOUSE, now=DRAWS + HOUR) == 0
    made.refresh_from_db()
    assert made.status == "seated"
