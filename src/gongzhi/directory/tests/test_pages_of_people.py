"""The page of a person, the numbers behind a reason, the queues; every page is read strictly by the `browser`."""

from datetime import date, timedelta

import pytest

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.directory import services
from gongzhi.directory.models import Candidate, Dispute, Merge, Person, Volunteer
from gongzhi.directory.testing import (
    DAY,
    NOON,
    make_membership,
    make_person,
    make_team,
    make_volunteer,
)
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.codes import make_id_number
from gongzhi.shared.permissions import HOUSE, Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db
PHONE = "13812342076"
NUMBER = make_id_number("510121", date(1968, 4, 26), 42)


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def clerk_of(place, role=Role.COMMUNITY_CLERK):
    return make_user(role, place, name="陈女士")


def elsewhere():
    return clerk_of(make_village("云绣社区", town=make_town("竹篙镇")))


def known(**fields):
    return make_person(id_number=NUMBER, phone=PHONE, address="青溪社区3号院2栋1单元", **fields)


def two_that_may_be_one(place=None):
    place = place or make_village()
    first = make_volunteer(person=make_person(place=place, phone=PHONE)).person
    second = make_volunteer(person=make_person(place=place, id_number="", phone=PHONE)).person
    return Candidate.objects.create(first=first, second=second, reasons="name,phone", found_at=NOON)


def test_a_persons_numbers_are_masked_on_their_page(browser):
    person = known()
    make_volunteer(person=person, confirmed_on=DAY)
    make_membership(person, make_team())

    words = text_of(browser("directory:person", person.pk, user=clerk_of(person.place)))

    assert "本人确认" in words
    assert "138****2076" in words
    assert "510121********" in words
    assert "青溪邻里守望队" in words
    for secret in (PHONE, NUMBER, "2栋1单元"):
        assert secret not in words


def test_numbers_are_opened_for_a_reason_for_some_minutes_and_never_stand_in_an_address(browser):
    person = known()

    words = text_of(
        browser.post(
            "directory:open-numbers",
            person.pk,
            data={"why": "联系本人安排服务"},
            user=clerk_of(person.place),
        )
    )

    assert PHONE in words
    assert NUMBER in words
    assert "号码显示到12:10" in words
    assert "no-store" in browser.response["Cache-Control"]
    assert browser.response["Refresh"] == f"600; url=/directory/people/{person.pk}/"
    assert NUMBER not in browser.response.wsgi_request.get_full_path()
    line = Line.objects.get(action="directory.number-opened")
    assert (line.subject_id, line.reason) == (person.pk, "联系本人安排服务")
    again = text_of(browser("directory:person", person.pk))
    assert NUMBER not in again
    assert "联系本人安排服务" in again, "the page says who opened them and why"


def test_without_a_reason_nothing_is_opened(browser):
    person = known()

    page = browser.post(
        "directory:open-numbers",
        person.pk,
        data={"why": ""},
        user=clerk_of(person.place),
        status=422,
    )

    assert "请选一个理由" in text_of(page)
    assert not Line.objects.exists()


def test_people_of_another_place_find_nothing(client):
    volunteer = make_volunteer(person=known())
    candidate = two_that_may_be_one()
    membership = make_membership(team=make_team())
    merge = Merge.objects.create(
        person=candidate.second, into=candidate.first, merged_at=NOON, note="打电话问过"
    )
    dispute = services.dispute_registration(
        by=HOUSE, registration=volunteer, text="我没有报过名", now=NOON
    )
    client.force_login(elsewhere())

    for address in (
        f"people/{volunteer.person_id}/",
        f"people/{volunteer.person_id}/amend/",
        f"people/{volunteer.person_id}/numbers/",
        f"people/{volunteer.person_id}/volunteer/",
        f"volunteers/{volunteer.pk}/",
        f"volunteers/{volunteer.pk}/end/",
        f"memberships/{membership.pk}/end/",
        f"candidates/{candidate.pk}/",
        f"merges/{merge.pk}/split/",
        f"disputes/{dispute.pk}/",
    ):
        assert client.get(f"/directory/{address}").status_code in (403, 404), address
    answer = client.post(
        f"/directory/candidates/{candidate.pk}/", {"decision": "merged", "note": "打电话问过"}
    )
    assert answer.status_code == 403


def test_a_leader_of_a_team_does_not_read_the_register_of_people(client):
    person = known()
    client.force_login(make_user(Role.TEAM_LEADER, person.place, name="何女士"))

    assert client.get(f"/directory/people/{person.pk}/").status_code == 403


def test_who_only_looks_on_sees_masked_numbers_and_no_deeds(browser):
    person = known()
    volunteer = make_volunteer(person=person)

    page = browser("directory:person", person.pk, user=clerk_of(make_county(), Role.COUNTY_LEADER))

    links = [a.get("href") for a in page.iter("a")]
    assert "#open" not in links
    assert not [h for h in links if h.endswith(("/amend/", "/end/", "/numbers/"))]
    browser("directory:open-numbers", person.pk, status=403)
    browser("directory:end-volunteer", volunteer.pk, status=403)


def test_the_page_costs_few_statements_however_much_is_registered(
    browser, django_assert_max_num_queries
):
    candidate = two_that_may_be_one()
    person = candidate.first
    for n in range(8):
        make_membership(person, make_team(f"第{n + 1}志愿队"))
    user = clerk_of(person.place)
    browser("directory:person", person.pk, user=user)

    with django_assert_max_num_queries(24):
        browser("directory:person", person.pk, user=user)


def test_a_volunteers_registration_opens_the_person_it_stands_for(browser):
    volunteer = make_volunteer(person=known())

    browser.client.force_login(clerk_of(volunteer.place))
    answer = browser.client.get(f"/directory/volunteers/{volunteer.pk}/")

    assert answer.url == f"/directory/people/{volunteer.person_id}/"


def test_who_keeps_only_the_registration_sees_it_but_not_the_persons_deeds(browser):
    home = make_village("云绣社区", town=make_town("竹篙镇"))
    here = make_village("青溪社区", town=make_town("赵镇街道"))
    volunteer = make_volunteer(person=make_person(place=home, phone=PHONE), place=here)

    page = browser("directory:volunteer", volunteer.pk, user=clerk_of(here))

    links = [a.get("href") for a in page.iter("a")]
    assert "138****2076" in text_of(page)
    assert "#open" not in links
    assert f"/directory/volunteers/{volunteer.pk}/end/" in links
    assert f"/directory/people/{volunteer.person_id}/amend/" not in links


def test_somebody_is_registered_at_the_counter_and_then_as_a_volunteer(browser):
    village = make_village()
    form = {"name": "张桂兰", "id_number": NUMBER, "phone": PHONE, "place": "赵镇街道青溪社区"}

    page = browser.post(
        "directory:register-person", data=form | {"then": "volunteer"}, user=clerk_of(village)
    )
    person = Person.objects.get()
    assert "接着写本人怎么同意的" in text_of(page)
    assert NUMBER not in browser.response.wsgi_request.get_full_path()

    volunteering = {"place": "赵镇街道青溪社区", "registered_on": "2026-11-23", "consent": ""}
    page = browser.post("directory:register-volunteer", person.pk, data=volunteering, status=422)
    assert "被志愿" in text_of(page)
    page = browser.post(
        "directory:register-volunteer",
        person.pk,
        data=volunteering | {"consent": "11月23日当面同意"},
    )

    volunteer = Volunteer.objects.get()
    assert volunteer.source == "proxy"
    assert volunteer.consent == "11月23日当面同意"
    assert "他人代办，本人还没确认" in text_of(page)


def test_a_child_is_registered_only_with_the_guardian(browser):
    child = make_person("周小满", id_number="", birth_on=date(2015, 6, 1), phone=PHONE)
    form = {
        "place": "赵镇街道青溪社区",
        "registered_on": "2026-11-23",
        "consent": "11月23日当面同意",
        "guardian": "",
    }

    page = browser.post(
        "directory:register-volunteer", child.pk, data=form, user=clerk_of(child.place), status=422
    )

    assert "周小满不满14岁，请写明是哪位监护人" in text_of(page)


def test_what_does_not_fit_together_is_said_at_the_field_and_kept(browser):
    village = make_village()

    page = browser.post(
        "directory:register-person",
        data={
            "name": "张桂兰",
            "id_number": NUMBER,
            "birth_on": "1969-01-01",
            "sex": "m",
            "phone": "138",
            "place": "赵镇街道青溪社区",
        },
        user=clerk_of(village),
        status=422,
    )
    assert "手机号" in text_of(page)
    page = browser.post(
        "directory:register-person",
        data={"name": "张桂兰", "id_number": NUMBER, "birth_on": "1969-01-01", "place": "青溪社区"},
        status=422,
    )
    assert "出生日期和身份证号对不上" in text_of(page)
    page = browser.post(
        "directory:register-person", data={"name": "张桂兰", "place": "青溪社区"}, status=422
    )
    assert "以后分不清是哪一位" in text_of(page)
    assert Person.objects.count() == 0


def test_numbers_left_empty_stay_as_they_are_and_one_is_cleared_by_a_word(browser):
    person = known()
    form = {"name": "张桂蓝", "place": "赵镇街道青溪社区", "reason": "看过身份证"}

    page = browser("directory:amend-person", person.pk, user=clerk_of(person.place))
    assert PHONE not in text_of(page)
    assert not [i for i in page.iter("input") if i.get("value") in (PHONE, NUMBER)]
    browser.post("directory:amend-person", person.pk, data=form | {"address": "无"})

    person.refresh_from_db()
    assert person.name == "张桂蓝"
    assert person.id_number.open() == NUMBER
    assert not person.address


def test_a_registration_is_ended_for_somebody_with_the_reason(browser):
    volunteer = make_volunteer(person=known())
    user = clerk_of(volunteer.place)

    browser.post(
        "directory:end-volunteer", volunteer.pk, data={"reason": ""}, user=user, status=422
    )
    page = browser.post("directory:end-volunteer", volunteer.pk, data={"reason": "本人打电话要求"})

    assert "工作人员办的" in text_of(page)
    volunteer.refresh_from_db()
    assert volunteer.ended_reason == "本人打电话要求"


# --- two that may be one -------------------------------------------------------------------------


def test_a_pair_is_shown_side_by_side_with_masked_numbers(browser):
    candidate = two_that_may_be_one()
    user = clerk_of(candidate.first.place)

    queue = text_of(browser("directory:candidates", user=user))
    words = text_of(browser("directory:candidate", candidate.pk))
    own = text_of(browser("directory:person", candidate.second_id))

    assert "姓名、出生年、村社都相同；姓名和手机号都相同" in queue
    assert "一边没有" in words
    assert PHONE not in words
    assert "像是同一个人：还有1条登记对得上" in own


def test_two_records_are_merged_and_taken_apart_again(browser):
    candidate = two_that_may_be_one()
    user = clerk_of(candidate.first.place)

    page = browser.post(
        "directory:candidate",
        candidate.pk,
        data={"decision": "merged", "note": ""},
        user=user,
        status=422,
    )
    assert "没有写怎么核的" in text_of(page)
    page = browser.post(
        "directory:candidate", candidate.pk, data={"decision": "merged", "note": "打电话问过"}
    )
    assert "并进来的" in text_of(page)
    assert browser.client.get(f"/directory/people/{candidate.second_id}/").url.endswith(
        f"/people/{candidate.first_id}/"
    )

    page = browser.post(
        "directory:split", Merge.objects.get().pk, data={"note": "本人说不是他，看过证件"}
    )
    assert "拆开了" in text_of(page)
    assert not Person.objects.exclude(merged_into=None).exists()


def test_a_pair_is_put_off_or_told_apart(browser):
    candidate = two_that_may_be_one()
    user = clerk_of(candidate.first.place)

    browser.post(
        "directory:candidate", candidate.pk, data={"decision": "later", "note": ""}, user=user
    )
    assert "张桂兰" in text_of(browser("directory:candidates", later=1).find(".//main"))
    browser.post(
        "directory:candidate", candidate.pk, data={"decision": "distinct", "note": "两个人都来过"}
    )

    browser("directory:candidate", candidate.pk, status=404)
    candidate.refresh_from_db()
    assert candidate.state == "distinct"


def test_a_pair_decided_by_somebody_else_meanwhile_is_refused(browser):
    candidate = two_that_may_be_one()
    user = clerk_of(candidate.first.place)
    services.decide_candidate(
        by=user, candidate=candidate, decision="distinct", note="两个人都来过", now=NOON
    )

    page = browser.post(
        "directory:candidate",
        candidate.pk,
        data={"decision": "merged", "note": "打电话问过"},
        user=user,
        status=409,
    )

    assert "这一对已经核过" in text_of(page)


def test_the_queue_of_pairs_is_turned_by_key_and_costs_the_same(
    browser, django_assert_max_num_queries
):
    village = make_village()
    for _ in range(52):
        two_that_may_be_one(village)
    user = clerk_of(village)
    browser("directory:candidates", user=user)

    with django_assert_max_num_queries(12):
        page = browser("directory:candidates", user=user)
    [following] = [a.get("href") for a in page.iter("a") if a.get("rel") == "next"]
    rest = browser("directory:candidates", after=following.partition("after=")[2])

    assert len(list(page.iter("tr"))) == 51
    assert len(list(rest.iter("tr"))) == 3


# --- disputes ------------------------------------------------------------------------------------


def disputed(**fields):
    volunteer = make_volunteer(person=known(), **fields)
    return services.dispute_registration(
        by=HOUSE, registration=volunteer, text="我没有报过名", now=NOON
    )


def test_a_dispute_shows_the_last_moment_of_the_answer(browser):
    dispute = disputed()

    words = text_of(browser("directory:disputes", user=clerk_of(dispute.place)))
    page = text_of(browser("directory:dispute", dispute.pk))

    assert "还剩5个工作日" in words
    assert "最晚11月30日 18:00" in words
    assert "最晚11月30日 18:00前答复" in page
    assert "我没有报过名" in page


def test_a_late_answer_is_said_to_be_late(browser):
    dispute = disputed()
    Dispute.objects.update(due_at=NOON - timedelta(days=3))

    assert "超期1个工作日" in text_of(browser("directory:disputes", user=clerk_of(dispute.place)))


def test_a_dispute_is_answered_and_the_registration_ended_with_it(browser):
    dispute = disputed()
    user = clerk_of(dispute.place)

    page = browser.post("directory:dispute", dispute.pk, data={}, user=user, status=422)
    assert "请选核对的结果" in text_of(page)
    browser.post(
        "directory:dispute",
        dispute.pk,
        data={"upheld": "no", "ends": "on", "answer": "查了登记表"},
        status=422,
    )
    page = browser.post(
        "directory:dispute",
        dispute.pk,
        data={"upheld": "yes", "ends": "on", "answer": "是社区统一报的，已经退出，对不起。"},
    )

    assert "已更正" in text_of(page)
    assert Volunteer.objects.get().ended_on == DAY
    browser.post(
        "directory:dispute", dispute.pk, data={"upheld": "no", "answer": "再答一次"}, status=409
    )


def test_the_queue_of_disputes_is_turned_by_key(browser, django_assert_max_num_queries):
    village = make_village()
    for _ in range(51):
        volunteer = make_volunteer(place=village)
        services.dispute_registration(
            by=HOUSE, registration=volunteer, text="我没有报过名", now=NOON
        )
    user = clerk_of(village)
    browser("directory:disputes", user=user)

    with django_assert_max_num_queries(12):
        page = browser("directory:disputes", user=user)
    [following] = [a.get("href") for a in page.iter("a") if a.get("rel") == "next"]
    rest = browser(f"/directory/disputes/{following}")

    assert len(list(page.iter("tr"))) == 51
    assert len(list(rest.iter("tr"))) == 2


def test_the_addresses_published_first_still_lead_to_the_same_pages(browser):
    candidate, dispute = two_that_may_be_one(), disputed()
    user = clerk_of(make_county(), Role.COUNTY_OPERATOR)

    browser(f"/directory/candidates/{candidate.pk}/decide/", user=user)
    browser(f"/directory/disputes/{dispute.pk}/answer/")
