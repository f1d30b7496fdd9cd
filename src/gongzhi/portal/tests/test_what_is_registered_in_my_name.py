"""查我的登记: with a code on the phone, an account, or at a counter; a family tells its members apart."""

import io
import json
from datetime import date, timedelta

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from gongzhi.accounts import testing as accounts
from gongzhi.accounts.testing import last_code, make_user
from gongzhi.audit.models import Line
from gongzhi.directory.models import Dispute
from gongzhi.directory.testing import make_membership, make_person, make_team, make_volunteer
from gongzhi.indicators.services import export_records
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.portal import services
from gongzhi.shared.permissions import Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db
PHONE = "13812342076"


@pytest.fixture(autouse=True)
def outbox(settings):
    settings.GONGZHI_MESSAGE_GATEWAY = accounts.OUTBOX
    accounts.outbox.clear()
    return accounts.outbox


@pytest.fixture
def village():
    make_county()
    return make_village("青溪社区", town=make_town("赵镇街道"))


@pytest.fixture
def zhang(village):
    """张桂兰, imported as a volunteer without being asked, and a member of a team she agreed to."""
    person = make_person("张桂兰", place=village, phone=PHONE)
    make_volunteer(person=person)
    make_membership(
        person, make_team("青溪邻里守望队", place=village), confirmed_on=date(2024, 3, 6)
    )
    return person


def prove(browser, django_capture_on_commit_callbacks, phone=PHONE):
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("portal:mine-code", data={"phone": phone})
    return browser.post("portal:mine-prove", data={"code": last_code(phone)})


@pytest.fixture
def mine(browser, zhang, django_capture_on_commit_callbacks):
    return prove(browser, django_capture_on_commit_callbacks)


def test_a_phone_and_a_code_open_what_is_registered(mine):
    words = text_of(mine)

    assert "张女士" in words
    assert "138****2076" in words
    assert PHONE not in words
    assert "青溪社区 · 志愿者" in words
    assert "导入的，您还没认" in words
    assert "青溪邻里守望队 · 队员" in words


def test_no_name_or_number_stands_in_full(mine, zhang):
    words = text_of(mine)

    assert "张桂兰" not in words
    assert zhang.id_number not in words


def test_a_wrong_code_is_refused_and_what_was_typed_is_not_lost(
    browser, zhang, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("portal:mine-code", data={"phone": PHONE})
    wrong = f"{(int(last_code(PHONE)) + 1) % 10**6:06}"

    page = browser.post("portal:mine-prove", data={"code": wrong}, status=422)

    assert "填验证码" in text_of(page)
    assert page.find(".//div[@class='errors']") is not None
    assert "青溪社区" not in text_of(browser("portal:mine"))


@pytest.mark.parametrize("phone", ["", "1381234207", "abc", "510121196804260426"])
def test_what_is_no_phone_gets_no_code(browser, zhang, outbox, phone):
    page = browser.post("portal:mine-code", data={"phone": phone}, status=422)

    assert page.find(".//div[@class='errors']") is not None
    assert outbox == []


def test_a_phone_that_nobody_gave_says_where_to_go(
    browser, zhang, django_capture_on_commit_callbacks
):
    page = prove(browser, django_capture_on_commit_callbacks, "13900000000")

    assert "这个号码名下没有登记" in text_of(page)


def test_the_number_is_kept_sealed_while_the_code_is_on_its_way(client, zhang):
    client.post(reverse("portal:mine-code"), {"phone": PHONE})

    assert PHONE not in str(dict(client.session))


def test_a_code_that_did_not_come_is_sent_again_after_a_minute(
    browser, zhang, outbox, monkeypatch, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        page = browser.post("portal:mine-code", data={"phone": PHONE})
    assert PHONE not in text_of(page)
    assert PHONE not in browser.response.content.decode()

    browser.post("portal:mine-code", data={"again": "yes"}, status=429)
    later = timezone.now() + timedelta(seconds=61)
    monkeypatch.setattr("gongzhi.portal.views.mine.timezone.now", lambda: later)
    with django_capture_on_commit_callbacks(execute=True):
        browser.post("portal:mine-code", data={"again": "yes"})

    assert [phone for phone, _ in outbox] == [PHONE, PHONE]


def test_saying_yes_confirms_the_registration(browser, mine, zhang):
    volunteer = zhang.volunteering.get()

    page = browser.post("portal:mine-confirm", "volunteer", volunteer.pk)

    volunteer.refresh_from_db()
    assert volunteer.confirmed_on == timezone.localdate()
    assert "没有等您认的登记" in text_of(page)


def test_saying_never_agreed_ends_it_and_asks_whoever_did_it(browser, mine, zhang):
    volunteer = zhang.volunteering.get()

    page = browser.post("portal:mine-deny", "volunteer", volunteer.pk)

    volunteer.refresh_from_db()
    assert volunteer.ended_on == timezone.localdate()
    dispute = Dispute.objects.get(volunteer=volunteer)
    assert (dispute.state, dispute.text) == ("open", services.NEVER)
    assert "等他们说明" in text_of(page)
    assert Line.objects.filter(action="portal.registration-denied", subject_id=zhang.pk).exists()


def test_denying_what_was_disputed_before_ends_it_all_the_same(browser, mine, zhang):
    volunteer = zhang.volunteering.get()
    browser.post("portal:mine-dispute", "volunteer", volunteer.pk, data={"what": "村社写错了。"})

    browser.post("portal:mine-deny", "volunteer", volunteer.pk)

    assert Dispute.objects.filter(volunteer=volunteer).count() == 1
    volunteer.refresh_from_db()
    assert volunteer.ended_on


def test_leaving_a_team_needs_nobodys_approval(browser, mine, zhang):
    membership = zhang.memberships.get()

    page = browser.post("portal:mine-leave", "member", membership.pk)

    membership.refresh_from_db()
    assert membership.left_on == timezone.localdate()
    assert "已经退出的" in text_of(page)


def test_what_is_wrong_is_answered_by_a_moment(browser, mine, zhang):
    membership = zhang.memberships.get()

    page = browser.post(
        "portal:mine-dispute",
        "member",
        membership.pk,
        data={"what": "加入的日期不对。", "text": "是2025年"},
    )

    assert Dispute.objects.get().text == "加入的日期不对。 是2025年"
    assert "您提了异议，等答复" in text_of(page)


def test_a_dispute_without_a_word_is_refused(browser, mine, zhang):
    browser.post("portal:mine-dispute", "member", zhang.memberships.get().pk, status=422)

    assert not Dispute.objects.exists()


@pytest.mark.parametrize("deed", ["confirm", "deny", "leave", "dispute"])
def test_nobody_touches_the_registration_of_somebody_else(client, mine, browser, village, deed):
    other = make_volunteer("李建国", place=village)

    answer = browser.client.post(
        reverse(f"portal:mine-{deed}", args=("volunteer", other.pk)), {"what": "不对"}
    )

    assert answer.status_code == 404
    other.refresh_from_db()
    assert (other.confirmed_on, other.ended_on) == (None, None)


@pytest.mark.parametrize("deed", ["confirm", "deny", "leave", "dispute"])
def test_without_proof_nothing_is_done(client, zhang, deed):
    volunteer = zhang.volunteering.get()

    answer = client.post(reverse(f"portal:mine-{deed}", args=("volunteer", volunteer.pk)))

    assert answer.status_code == 409
    assert "重新用手机验证码" in answer.content.decode()


def test_the_proof_ends_after_twenty_minutes(browser, mine, monkeypatch):
    later = timezone.now() + timedelta(minutes=21)
    monkeypatch.setattr("gongzhi.portal.views.mine.timezone.now", lambda: later)

    assert "发验证码" in text_of(browser("portal:mine"))


def test_whoever_has_looked_can_leave_nothing_behind(browser, mine):
    browser.post("portal:mine-done")

    assert "发验证码" in text_of(browser("portal:mine"))


class TestAFamilyWithOnePhone:
    @pytest.fixture
    def family(self, zhang, village):
        husband = make_person(
            "王大明", place=village, phone=PHONE, birth_on=date(1965, 2, 3), sex="m"
        )
        make_volunteer(person=husband)
        return zhang, husband

    @pytest.fixture
    def choosing(self, browser, family, django_capture_on_commit_callbacks):
        return prove(browser, django_capture_on_commit_callbacks)

    def test_is_asked_who_it_is_and_shown_no_registration(self, choosing):
        words = text_of(choosing)

        assert "您是哪一位" in words
        assert "王先生" in words
        assert "1965年生" in words
        assert "王大明" not in words
        assert "导入的" not in words

    @pytest.mark.parametrize("way", ["last four", "birth date"])
    def test_opens_to_whoever_knows_the_card_or_the_birth_date(
        self, browser, choosing, family, way
    ):
        _, husband = family
        answer = husband.id_number[-4:] if way == "last four" else "19650203"

        page = browser.post("portal:mine-who", data={"person": husband.pk, "answer": answer})

        assert "王先生" in text_of(page)
        assert "替家人查" in text_of(page)

    def test_stays_shut_to_whoever_guesses(self, browser, choosing, family):
        _, husband = family
        for _ in range(4):
            page = browser.post(
                "portal:mine-who", data={"person": husband.pk, "answer": "0000"}, status=422
            )
        assert "和登记的对不上" in text_of(page)

        browser.post("portal:mine-who", data={"person": husband.pk, "answer": "0000"}, status=422)

        assert "发验证码" in text_of(browser("portal:mine")), "the phone is proved again"

    def test_shows_one_member_nothing_of_another(self, browser, choosing, family):
        zhang, husband = family
        browser.post("portal:mine-who", data={"person": husband.pk, "answer": "19650203"})
        theirs = zhang.volunteering.get()

        answer = browser.client.post(reverse("portal:mine-leave", args=("volunteer", theirs.pk)))

        assert answer.status_code == 404


class TestAnAccountOfOnesOwn:
    def test_opens_without_a_code(self, browser, zhang):
        user = make_user(name="张女士", person=zhang)

        words = text_of(browser("portal:mine", user=user))

        assert "登录的账号" in words
        assert "青溪社区 · 志愿者" in words

    def test_acts_in_its_own_name(self, browser, zhang):
        user = make_user(name="张女士", person=zhang)
        browser("portal:mine", user=user)

        browser.post("portal:mine-confirm", "volunteer", zhang.volunteering.get().pk)

        line = Line.objects.get(action="directory.registration-confirmed")
        assert line.actor_id == user.pk


class TestMyData:
    def test_is_handed_over_as_json(self, browser, mine, zhang):
        answer = browser.client.post(reverse("portal:mine-download"), {"form": "json"})

        data = json.loads(answer.content)
        assert data["个人信息"]["姓名"] == "张桂兰"
        assert data["个人信息"]["身份证号"] == zhang.id_number
        assert answer["Cache-Control"] == "no-store"
        assert Line.objects.filter(action="directory.data-exported").count() == 1

    def test_is_handed_over_as_a_workbook(self, browser, mine):
        answer = browser.client.post(reverse("portal:mine-download"), {"form": "xlsx"})

        book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
        assert {"个人信息", "志愿者登记", "志愿队"} <= set(book.sheetnames)

    def test_is_erased_only_by_whoever_says_so_twice(self, browser, mine, zhang):
        browser.post("portal:mine-erase", status=422)
        zhang.refresh_from_db()
        assert zhang.erased_at is None

        browser.post("portal:mine-erase", data={"sure": "yes"})

        zhang.refresh_from_db()
        assert zhang.erased_at
        assert "张" not in zhang.name

    def test_stays_out_of_every_cache(self, browser, mine):
        browser("portal:mine")

        assert browser.response["Cache-Control"] == "no-store"


class TestACounter:
    @pytest.fixture
    def clerk(self, village):
        return make_user(Role.COMMUNITY_CLERK, village, name="周女士")

    def test_finds_the_person_by_the_card_and_opens_with_a_reason(self, browser, zhang, clerk):
        found = browser.post("portal:counter", data={"id_number": zhang.id_number}, user=clerk)
        assert "张女士" in text_of(found)
        assert zhang.id_number not in text_of(found)

        page = browser.post(
            "portal:counter-open", data={"person": zhang.pk, "why": "本人在窗口，看过身份证。"}
        )

        assert "您在窗口替张女士查" in text_of(page)
        assert "周女士" in text_of(page), "the person reads who looked"
        line = Line.objects.get(action="portal.looked-up-at-counter")
        assert (line.actor_name, line.subject_id) == ("周女士", zhang.pk)

    def test_opens_nothing_without_a_reason(self, browser, zhang, clerk):
        browser("portal:counter", user=clerk)

        browser.post("portal:counter-open", data={"person": zhang.pk, "why": ""}, status=422)

        assert not Line.objects.filter(action="portal.looked-up-at-counter").exists()

    def test_opens_nobody_of_another_place(self, client, zhang):
        other = make_user(
            Role.COMMUNITY_CLERK, make_village("黄家村", town=make_town("淮口街道")), name="何女士"
        )
        client.force_login(other)

        found = client.post(reverse("portal:counter"), {"id_number": zhang.id_number})
        opened = client.post(
            reverse("portal:counter-open"), {"person": zhang.pk, "why": "本人在窗口，看过身份证。"}
        )

        assert "没有找到这一位" in found.content.decode()
        assert opened.status_code == 404

    def test_says_what_to_fill_in_when_nothing_is(self, browser, clerk):
        page = browser.post("portal:counter", user=clerk, status=422)

        assert "三样都没有填" in text_of(page)

    def test_acts_for_the_person_who_stands_there(self, browser, zhang, clerk):
        browser("portal:counter", user=clerk)
        browser.post(
            "portal:counter-open", data={"person": zhang.pk, "why": "本人在窗口，看过身份证。"}
        )

        browser.post("portal:mine-confirm", "volunteer", zhang.volunteering.get().pk)

        assert zhang.volunteering.get().confirmed_on

    def test_is_closed_to_residents_and_visitors(self, client, village):
        assert client.get(reverse("portal:counter")).status_code == 302
        client.force_login(make_user(name="居民"))
        assert client.get(reverse("portal:counter")).status_code == 403


def test_whoever_took_the_whole_register_is_named_to_the_person(browser, mine, village):
    from gongzhi.indicators import queries
    from gongzhi.indicators.records import Asked
    from gongzhi.indicators.sheets import Numbers
    from gongzhi.places.models import Place
    from gongzhi.shared.listings import listings

    county, today = Place.objects.get(level=1), timezone.localdate()
    export_records(
        by=make_user(Role.COUNTY_OPERATOR, county),
        asked=Asked(
            listing=listings()["directory.volunteers"],
            place=county,
            period=queries.one_day(today),
            today=today,
        ),
        numbers=Numbers.FULL,
        reason="报县民政局，金民函〔2026〕12号",
        now=timezone.now(),
    )

    words = text_of(browser("portal:mine"))

    assert "里面可能有您" in words
    assert "报县民政局" in words
