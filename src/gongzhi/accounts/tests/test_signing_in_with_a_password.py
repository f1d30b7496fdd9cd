from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from gongzhi.accounts import services
from gongzhi.accounts.models import Turnstile, Visitor
from gongzhi.accounts.testing import PASSWORD, last_code, make_user
from gongzhi.audit.models import Line
from gongzhi.places.testing import make_county
from gongzhi.shared.permissions import Role

PHONE = "13800002076"
LOGIN = "/accounts/login/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return make_user(phone=PHONE, handle="JT-0031", password=PASSWORD)


def password(says, login=PHONE, typed="wrong-password-1", **data):
    return says(LOGIN, do="password", login=login, password=typed, **data)


@pytest.mark.parametrize("login", [PHONE, "138 0000 2076", "JT-0031", " JT-0031 "])
def test_a_phone_or_a_staff_number_and_the_password_open(user, says, client, login):
    assert password(says, login, PASSWORD).status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)
    assert Line.objects.get(action="accounts.signed-in").changes["怎么登录"] == ["", "密码"]


def test_a_wrong_password_and_an_unknown_phone_get_the_same_words(user, says):
    known, unknown = password(says), password(says, "13900000001")
    for answer in (known, unknown):
        assert answer.status_code == 422
        assert "手机号、工号或密码不对。" in answer.content.decode()
        assert "wrong-password-1" not in answer.content.decode()


def test_five_wrong_ones_lock_for_fifteen_minutes_and_say_when_it_opens(user, says, client):
    for _ in range(5):
        assert password(says).status_code == 422
    shut = password(says, typed=PASSWORD)
    assert shut.status_code == 429
    row = Turnstile.objects.get(kind="password")
    until = timezone.localtime(row.shut_until)
    assert f"连着输错5次，先锁住了，{until:%H:%M}以后再试。" in shut.content.decode()
    assert "短信验证码登录" in shut.content.decode()

    Turnstile.objects.update(shut_until=timezone.now() - timedelta(seconds=1))
    assert password(says, typed=PASSWORD).status_code == 302


def test_the_staff_number_is_locked_together_with_the_phone(user, says):
    for _ in range(5):
        password(says)
    assert password(says, "JT-0031", PASSWORD).status_code == 429


def test_an_account_that_does_not_exist_locks_in_the_same_way(says):
    for _ in range(5):
        assert password(says, "13900000001").status_code == 422
    assert password(says, "13900000001").status_code == 429


def test_the_right_password_forgets_the_wrong_ones(user, says, client):
    for _ in range(4):
        password(says)
    password(says, typed=PASSWORD)
    client.logout()
    for _ in range(4):
        assert password(says).status_code == 422
    assert password(says, typed=PASSWORD).status_code == 302


def test_an_address_that_tries_many_accounts_is_locked(says):
    for n in range(30):
        password(says, f"139{n:08}")
    answer = password(says, "13912345678")
    assert answer.status_code == 429
    assert "请换个网络" in answer.content.decode()


def test_failures_and_locks_are_written_down_without_the_address(user, says):
    for _ in range(5):
        password(says)
    failed = Line.objects.filter(action="accounts.sign-in-failed")
    assert failed.count() == 5
    assert {line.record_id for line in failed} == {user.pk}
    (shut,) = Line.objects.filter(action="accounts.shut")
    assert shut.changes["锁了什么"] == ["", "一个账号的密码"]
    assert "127.0.0.1" not in str(list(Turnstile.objects.values()))


def test_a_lock_on_the_password_leaves_the_code_open(user, says):
    for _ in range(5):
        password(says)
    says(LOGIN, do="send", phone=PHONE)
    assert says(LOGIN, do="enter", phone=PHONE, code=last_code(PHONE)).status_code == 302


def test_a_closed_account_is_told_nothing_by_its_password(user, says):
    user.is_active = False
    user.save()
    assert password(says, typed=PASSWORD).status_code == 422


def test_an_account_without_a_password_is_not_opened_by_an_empty_one(says):
    make_user(phone=PHONE)
    assert password(says, typed="").status_code == 422
    assert password(says, typed="!").status_code == 422


def test_a_security_admin_unlocks_with_a_reason(user, says):
    county = make_county()
    guard = make_user(Role.SECURITY_ADMIN, county, name="周女士")
    for _ in range(5):
        password(says)
    row = Turnstile.objects.get(kind="password")
    now = timezone.now()

    with pytest.raises(services.roles.ReasonMissing):
        services.unlock(by=guard, turnstile=row, reason="", now=now)
    services.unlock(by=guard, turnstile=row, reason="本人打电话来，当面认过", now=now)

    assert password(says, typed=PASSWORD).status_code == 302
    (line,) = Line.objects.filter(action="accounts.unlocked")
    assert (line.actor_name, line.record_id) == ("周女士", user.pk)
    with pytest.raises(services.NotShut):
        services.unlock(by=guard, turnstile=row, reason="再解一次", now=now)


def test_nobody_else_unlocks(user, says):
    for _ in range(5):
        password(says)
    row = Turnstile.objects.get(kind="password")
    for actor in (Visitor(), make_user(Role.SYSTEM_ADMIN, make_county(), name="吴先生")):
        with pytest.raises(PermissionDenied):
            services.unlock(by=actor, turnstile=row, reason="想解就解", now=timezone.now())


def test_a_user_without_a_name_still_signs_in_by_phone(says):
    make_user(phone=PHONE, name="", password=PASSWORD)
    assert password(says, typed=PASSWORD).status_code == 302
