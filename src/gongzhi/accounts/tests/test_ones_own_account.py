from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from gongzhi.accounts import queries, services, tasks
from gongzhi.accounts.models import PhoneCode, Session, Turnstile, User
from gongzhi.accounts.testing import PASSWORD, appointed, last_code, make_user
from gongzhi.audit.models import Line
from gongzhi.places.testing import make_town
from gongzhi.shared.permissions import Role

PHONE = "13800002076"
LOGIN = "/accounts/login/"
ME = "/accounts/me/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return make_user(phone=PHONE, password=PASSWORD)


@pytest.fixture
def inside(user, says):
    assert says(LOGIN, do="password", login=PHONE, password=PASSWORD).status_code == 302
    return user


def test_the_page_shows_the_phone_masked_and_where_one_is_signed_in(inside, client):
    page = client.get(ME).content.decode()
    assert "138****2076" in page
    assert PHONE not in page
    assert "就是这里" in page
    assert client.session.session_key not in page


def test_a_new_name_is_used_from_now_on(inside, says):
    assert says(f"{ME}name/", name="  李 老师 ")["Location"] == ME
    assert User.objects.get().name == "李 老师"
    assert says(f"{ME}name/", name="").status_code == 422
    assert Line.objects.get(action="accounts.renamed").changes["称呼"] == ["李女士", "李 老师"]


def test_another_browser_can_be_signed_out(inside, client, client_of):
    other = client_of(inside)
    mark = next(
        queries.mark_of(s.session_key)
        for s in queries.sessions_of(inside, timezone.now())
        if s.session_key != client.session.session_key
    )
    client.post(f"{ME}sessions/end/", {"mark": mark})
    assert other.get(ME).status_code == 302
    assert client.get(ME).status_code == 200


def test_all_others_can_be_signed_out_at_once(inside, client, client_of):
    others = [client_of(inside) for _ in range(3)]
    client.post(f"{ME}sessions/end-others/")
    assert {other.get(ME).status_code for other in others} == {302}
    assert client.get(ME).status_code == 200
    assert Line.objects.get(action="accounts.sessions-ended").changes["处数"] == ["", 3]


@pytest.fixture
def client_of(says):
    def make(user):
        made = Client()
        says(LOGIN, client=made, do="password", login=PHONE, password=PASSWORD)
        return made

    return make


def test_somebody_elses_session_is_not_ended(inside, client):
    stranger = Client()
    stranger.force_login(make_user(name="何女士"))
    (key,) = Session.objects.exclude(user=inside).values_list("session_key", flat=True)
    client.post(f"{ME}sessions/end/", {"mark": queries.mark_of(key)})
    assert stranger.get(ME).status_code == 200


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("abc12", "密码太短，容易被猜到。请至少用10位。"),
        ("abcdefghijk", "密码只有一种字符"),
        ("83715926401", "密码只有一种字符"),
    ],
)
def test_a_weak_password_is_refused_with_the_reason(client, says, typed, said):
    make_user(phone=PHONE)
    says(LOGIN, do="send", phone=PHONE)
    says(LOGIN, do="enter", phone=PHONE, code=last_code(PHONE))
    page = says("/accounts/password/set/", password1=typed, password2=typed)
    assert page.status_code == 422
    assert said in page.content.decode()


def test_a_new_password_signs_out_everywhere_else(inside, client, client_of, says):
    other = client_of(inside)
    new = "Xinmima-2026-nian"
    wrong = says("/accounts/password/change/", oldpassword="nicht", password1=new, password2=new)
    assert "现在的密码不对" in wrong.content.decode()
    done = says("/accounts/password/change/", oldpassword=PASSWORD, password1=new, password2=new)
    assert done.status_code == 302
    assert client.get(ME).status_code == 200
    assert other.get(ME).status_code == 302
    assert Line.objects.filter(action="accounts.password-changed").count() == 1


def test_the_old_password_cannot_be_guessed_from_inside(inside, client, says):
    for _ in range(5):
        says("/accounts/password/change/", oldpassword="x", password1="y", password2="y")
    page = says(
        "/accounts/password/change/", oldpassword=PASSWORD, password1="y", password2="y"
    ).content.decode()
    assert "连着输错5次，先锁住了" in page


def test_the_two_new_passwords_must_be_the_same(inside, says):
    page = says(
        "/accounts/password/change/",
        oldpassword=PASSWORD,
        password1="Xinmima-2026-nian",
        password2="Xinmima-2026-yue1",
    )
    assert page.status_code == 422
    assert "两次填的密码不一样" in page.content.decode()


def test_a_phone_is_changed_by_a_code_that_goes_to_the_new_one(inside, says):
    new = "13900008888"
    assert "验证码发到139****8888了" in says(f"{ME}phone/", do="send", phone=new).content.decode()
    assert says(f"{ME}phone/", do="enter", phone=new, code="1").status_code == 422
    done = says(f"{ME}phone/", do="enter", phone=new, code=last_code(new))
    assert done["Location"] == ME
    assert User.objects.get().phone.open() == new
    line = Line.objects.get(action="accounts.phone-changed")
    assert line.changes["手机号"] == ["138****2076", "139****8888"]


def test_a_phone_of_somebody_else_is_not_taken(inside, says):
    make_user(phone="13900008888", name="何女士")
    says(f"{ME}phone/", do="send", phone="13900008888")
    answer = says(f"{ME}phone/", do="enter", phone="13900008888", code=last_code("13900008888"))
    assert answer.status_code == 409
    assert "这个手机号已经是另一个账号的了" in answer.content.decode()


def test_nobody_changes_the_account_of_another(user):
    other, now = make_user(name="何女士"), timezone.now()
    with pytest.raises(PermissionDenied):
        services.set_password(by=other, user=user, password="x", now=now)
    with pytest.raises(PermissionDenied):
        services.change_phone(by=other, user=user, phone="13900008888", code="1", now=now)


def test_signing_out_leaves_a_line(inside, client):
    page = client.get("/accounts/logout/").content.decode()
    assert "退出登录" in page
    answer = client.post("/accounts/logout/")
    assert answer["Location"] == reverse("portal:public")
    assert Line.objects.filter(action="accounts.signed-out").exists()
    assert client.get(ME).status_code == 302


class TestHowLongASessionLasts:
    def test_staff_have_half_an_hour_and_residents_two(self, inside, client, says, settings):
        assert client.session.get_expiry_age() == 120 * 60
        settings.GONGZHI_MFA_REQUIRED = False
        client.post("/accounts/logout/")
        appointed(inside, Role.TOWN_OFFICER, make_town())
        says(LOGIN, do="password", login=PHONE, password=PASSWORD)
        assert client.session.get_expiry_age() == 30 * 60

    def test_work_keeps_it_open_with_one_write_a_minute(
        self, inside, client, django_assert_num_queries
    ):
        client.get(ME)
        before = Session.objects.get(user=inside).expire_date
        client.get(ME)
        assert Session.objects.get(user=inside).expire_date == before
        session = client.session
        session["seen"] -= 61
        session.save()
        Session.objects.update(expire_date=before - timedelta(minutes=10))
        client.get(ME)
        assert Session.objects.get(user=inside).expire_date >= before

    def test_nobody_stays_longer_than_twelve_hours(self, inside, client):
        session = client.session
        session["since"] -= 12 * 3600
        session.save()
        assert client.get(ME)["Location"].startswith(LOGIN)
        assert "登录满12小时了" in client.get(LOGIN).content.decode()

    def test_an_idle_one_is_over(self, inside, client):
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        assert client.get(ME)["Location"].startswith(LOGIN)


def test_what_serves_nobody_any_more_is_forgotten(inside, client, says):
    says(LOGIN, client=client.__class__(), do="send", phone="13900008888")
    long_ago = timezone.now() - timedelta(days=3)
    Session.objects.create(session_key="alt", session_data="", expire_date=long_ago)
    tasks.forget_expired.enqueue()
    assert PhoneCode.objects.count() == 1
    assert client.get(ME).status_code == 200

    PhoneCode.objects.update(expires_at=long_ago)
    Turnstile.objects.update(since=long_ago, shut_until=None)
    tasks.forget_expired.enqueue()

    assert not PhoneCode.objects.exists()
    assert not Turnstile.objects.exists()
    assert not Session.objects.filter(session_key="alt").exists()
    assert client.get(ME).status_code == 200
