"""Organizations, ratings, teams with members and incomes come in from the lists offices keep."""

from datetime import date

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.directory import measures, services
from gongzhi.directory.actors import Oneself
from gongzhi.directory.models import CollectiveYear, Membership, Organization, Rating, Team
from gongzhi.directory.testing import (
    DAY,
    NOON,
    make_actor,
    make_organization,
    make_person,
    make_rating,
    make_team,
)
from gongzhi.places.testing import make_courtyard, make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role

from .coming_in import BY_KEY, bring

pytestmark = pytest.mark.django_db
SERVICE, ASSOCIATION = "52510121MJQ9900129", "51510121MJQ9900207"


@pytest.fixture
def village():
    return make_village("青溪社区")


def organization(**cells):
    return {
        "name": "童伴社工服务中心",
        "kind": "民办非企业单位",
        "uscc": SERVICE,
        "place": "青溪社区",
        "registered_on": "2019-04-16",
    } | cells


def test_organizations_of_all_kinds_come_in_as_people_call_them(village):
    outcome = bring(
        "organizations",
        [
            organization(contact_phone="028-84930000", short_name="童伴"),
            organization(name="青溪合唱队", kind="备案", uscc="", filing_number="金社备7号"),
            organization(name="旧协会", kind="社团", uscc=ASSOCIATION, ended_on="2021-06-30"),
        ],
    )

    assert outcome.counts == (3, 0, 0, 0)
    made = Organization.objects.get(uscc=SERVICE)
    assert (made.kind, made.place, made.status) == ("service", village, "active")
    assert made.contact_phone.open() == "028-84930000"
    assert "童伴" in made.tokens
    ended = Organization.objects.get(uscc=ASSOCIATION)
    assert (ended.status, ended.ended_on) == ("ended", date(2021, 6, 30))


def test_the_same_organizations_again_are_the_same_and_news_change_them(village):
    rows = [
        organization(contact_phone="13900002076"),
        organization(name="青溪合唱队", kind="备案", uscc=""),
    ]
    bring("organizations", rows)

    assert bring("organizations", rows).counts == (0, 0, 2, 0)
    rows[0] |= {"contact_phone": "13900005566", "legal_representative": "唐女士"}
    assert bring("organizations", rows).counts == (0, 1, 1, 0)
    assert Organization.objects.get(uscc=SERVICE).contact_phone.open() == "13900005566"
    assert bring("organizations", [organization(ended_on="2026-11-01")]).counts == (0, 1, 0, 0)
    assert Organization.objects.get(uscc=SERVICE).status == "ended"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"uscc": "52510121MJQ9900120"}, "校验码对不上"),
        ({"uscc": ""}, "要有统一社会信用代码"),
        ({"uscc": ASSOCIATION}, "是社会团体的代码"),
        ({"kind": "备案"}, "没有统一社会信用代码"),
        ({"kind": "俱乐部"}, "不认得“俱乐部”"),
        ({"ended_on": "2019-04-15"}, "注销日期在登记日期之前"),
        ({"registered_on": ""}, "没有填"),
        ({"place": "没有的村"}, "没有“没有的村”"),
    ],
)
def test_a_bad_organization_is_named(village, cells, said):
    outcome = bring("organizations", [organization(**cells)])

    assert outcome.counts == (0, 0, 0, 1)
    assert said in outcome.wrong(2)


def test_a_code_under_another_name_or_twice_in_the_file_is_a_fault(village):
    make_organization("别的中心", uscc=SERVICE, place=village)

    assert "名称不同" in bring("organizations", [organization()]).wrong(2)
    twice = [
        organization(uscc=ASSOCIATION, kind="社团"),
        organization(uscc=ASSOCIATION, kind="社团"),
    ]
    assert bring("organizations", twice, write=False).wrong(3).startswith("和第2行")


def test_organizations_of_another_place_are_not_touched(village):
    elsewhere = make_village("北滨社区", town=make_town("官仓街道"))
    make_organization("童伴社工服务中心", uscc=SERVICE, place=elsewhere)
    officer = make_actor(Role.TOWN_OFFICER, place=village)

    outcome = bring(
        "organizations",
        [organization(), organization(uscc=ASSOCIATION, kind="社团", place="北滨社区")],
        by=officer,
        place=village,
    )

    assert "在别处" in outcome.wrong(2)
    assert outcome.counts == (0, 0, 0, 2)
    with pytest.raises(PermissionDenied):
        bring("organizations", [organization(uscc=ASSOCIATION, kind="社团")], by=officer)


# --- ratings ------------------------------------------------------------------------------------


def rating(**cells):
    return {"uscc": SERVICE, "name": "", "grade": "3A", "valid_from": "2024-03-01"} | cells


def test_ratings_hold_to_the_day_after_the_last_or_for_five_years(village):
    one = make_organization("甲中心", uscc=SERVICE, place=village)
    two = make_organization("乙协会", kind=Organization.Kind.ASSOCIATION, place=village)

    outcome = bring(
        "ratings",
        [rating(last="2027-02-28"), rating(uscc="", name="乙协会", grade="AAAA级")],
    )

    assert outcome.counts == (2, 0, 0, 0)
    assert one.ratings.get().valid_until == date(2027, 3, 1)
    assert (two.ratings.get().grade, two.ratings.get().valid_until) == (4, date(2029, 3, 1))
    assert bring("ratings", [rating(last="2027-02-28")]).counts == (0, 0, 1, 0)


def test_of_two_ratings_each_holds_until_the_next_in_whatever_order(village):
    make_organization("甲中心", uscc=SERVICE, place=village)

    bring("ratings", [rating(grade="4A", valid_from="2025-01-01"), rating(valid_from="2022-01-01")])

    held = Rating.objects.order_by("valid_from").values_list("valid_until", flat=True)
    assert list(held) == [date(2025, 1, 1), date(2030, 1, 1)]
    assert measures.RATED_3A.on(DAY).count() == 1


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"uscc": ASSOCIATION}, "名录里没有这家组织"),
        ({"uscc": "", "name": "没有的"}, "名录里没有这家组织"),
        ({"uscc": "", "name": "同名"}, "有2家"),
        ({"name": "别的名字"}, "名称不同"),
        ({"uscc": "", "name": "公司"}, "不参加社会组织评估"),
        ({"grade": "6A"}, "不认得"),
        ({"last": "2024-02-01"}, "有效期止在有效期起之前"),
        ({"valid_from": "2023-05-01", "grade": "2A"}, "等级不同"),
    ],
)
def test_a_bad_rating_is_named(village, cells, said):
    make_rating(
        make_organization("甲中心", uscc=SERVICE, place=village), valid_from=date(2023, 5, 1)
    )
    make_organization("同名", place=village), make_organization("同名", place=village)
    make_organization("公司", kind=Organization.Kind.ENTERPRISE, place=village)

    outcome = bring("ratings", [rating(**cells)])

    assert outcome.counts == (0, 0, 0, 1)
    assert said in outcome.wrong(2)


# --- teams with members -------------------------------------------------------------------------


def member(person=None, **cells):
    known = {"name": person.name, "id_number": person.id_number} if person else {}
    return {
        "team": "青溪邻里守望队",
        "place": "青溪社区",
        "founded_on": "2020-05-01",
        **known,
    } | cells


def test_a_team_comes_in_with_its_members_once(village):
    people = [make_person(name, place=village) for name in ("张桂兰", "李秀英")]
    rows = [
        member(people[0], part="队长"),
        member(people[1], joined_on="2024-03-05"),
        member(team="巡河队"),
    ]

    assert bring("teams", rows).counts == (3, 0, 0, 0)
    team = Team.objects.get(name="青溪邻里守望队")
    assert (team.place, team.founded_on, Team.objects.count()) == (village, date(2020, 5, 1), 2)
    kept = Membership.objects.order_by("pk").values_list(
        "part", "joined_on", "source", "confirmed_on"
    )
    assert list(kept) == [
        ("leader", date(2020, 5, 1), "imported", None),
        ("member", date(2024, 3, 5), "imported", None),
    ]
    assert bring("teams", rows).counts == (0, 0, 3, 0)
    rows[1] |= {"part": "队长"}
    assert bring("teams", rows).counts == (0, 1, 2, 0)


def test_a_member_is_found_by_name_and_phone_too(village):
    person = make_person("张桂兰", place=village, phone="13900002076")

    outcome = bring("teams", [member(name="张桂兰", phone="13900002076")])

    assert outcome.counts == (1, 0, 0, 0)
    assert Membership.objects.get().person == person


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"name": "张桂兰"}, "没有身份证号，也没有手机号"),
        ({"name": "没有人", "phone": "13900009999"}, "名册里没有这个人"),
        ({"name": "王建国", "phone": "13900002076"}, "有几位"),
        ({"organization": "没有的组织"}, "名录里没有“没有的组织”"),
        ({"founded_on": ""}, "又没有填成立日期"),
        ({"team": "散了的队"}, "解散"),
        ({"part": "大队长"}, "不认得"),
    ],
)
def test_a_bad_member_is_named(village, cells, said):
    make_person("王建国", place=village, phone="13900002076")
    make_person("王建国", place=village, phone="13900002076")
    make_team("散了的队", place=village, ended_on=date(2026, 1, 1))

    outcome = bring("teams", [member(**cells)])

    assert outcome.counts == (0, 0, 0, 1)
    assert said in outcome.wrong(2)


def test_a_number_of_somebody_else_and_a_row_twice_are_faults(village):
    person = make_person("张桂兰", place=village)
    number = person.id_number

    outcome = bring(
        "teams", [member(name="李秀英", id_number=number), member(person), member(person)]
    )

    assert outcome.counts == (1, 0, 0, 2)
    assert "姓名不同" in outcome.wrong(2)
    assert outcome.wrong(4).startswith("和第3行")


def test_nobody_who_left_a_team_is_brought_back(village):
    person = make_person("张桂兰", place=village)
    bring("teams", [member(person)])
    membership = Membership.objects.get()
    services.end_registration(by=Oneself(person.pk), registration=membership, now=NOON)

    outcome = bring("teams", [member(person)])

    assert "已经退出这支队" in outcome.wrong(2)


def test_withdrawn_teams_are_gone_but_for_confirmed_members(village):
    people = [make_person(name, place=village) for name in ("张桂兰", "李秀英")]
    outcome = bring("teams", [member(people[0]), member(people[1], team="巡河队")])
    mine = Membership.objects.get(person=people[0])
    services.confirm_registration(by=Oneself(people[0].pk), registration=mine, now=NOON)

    back = services.withdraw_teams(
        by=HOUSE, trace=outcome.written[0].trace, reason="传错了", now=NOON
    )

    assert (back.taken, back.kept) == (1, 1)
    assert list(Team.objects.filter(ended_on=None).values_list("name", flat=True)) == [
        "青溪邻里守望队"
    ]


# --- incomes ------------------------------------------------------------------------------------


def test_incomes_come_in_by_village_and_year_and_hold_until_the_next(village):
    rows = [
        {"place": "青溪社区", "year": "2024", "income": 0},
        {"place": "青溪社区", "year": 2025.0, "income": "1.28万元"},
    ]

    assert bring("collectives", rows).counts == (2, 0, 0, 0)
    held = CollectiveYear.objects.order_by("year").values_list("income_fen", "since", "until")
    assert list(held) == [
        (0, date(2025, 1, 1), date(2026, 1, 1)),
        (12_800_00, date(2026, 1, 1), None),
    ]
    assert bring("collectives", rows).counts == (0, 0, 2, 0)
    rows[1] |= {"income": 0}
    assert bring("collectives", rows).counts == (0, 1, 1, 0)
    assert measures.WITHOUT_INCOME.on(DAY).count() == 1


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"year": "2026"}, "还没有过完"),
        ({"year": "去年"}, "不是已经到了的年度"),
        ({"income": "没有"}, "不是金额"),
        ({"income": -5}, "负数"),
        ({"income": ""}, "没有填"),
        ({"place": "青溪社区3号院"}, "填的是院落"),
        ({"place": "没有的村"}, "没有“没有的村”"),
    ],
)
def test_a_bad_income_is_named(village, cells, said):
    make_courtyard("3号院", village=village)

    outcome = bring("collectives", [{"place": "青溪社区", "year": "2025", "income": 0} | cells])

    assert outcome.counts == (0, 0, 0, 1)
    assert said in outcome.wrong(2)


# --- all registers ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", BY_KEY)
def test_no_two_columns_of_a_register_answer_to_one_header(key):
    register = BY_KEY[key]
    seen = [name for column in register.columns for name in (column.label, *column.aliases)]

    assert len(seen) == len(set(seen))
    assert not set(seen) & set(register.unwanted)


@pytest.mark.parametrize("key", BY_KEY)
def test_what_is_personal_is_declared_and_masked(key):
    for column in BY_KEY[key].columns:
        if column.key in {"id_number", "phone", "address", "contact_phone"}:
            assert column.personal in {"S2", "S3"} or key == "organizations"
            if column.personal in {"S2", "S3"}:
                assert column.mask is not None
