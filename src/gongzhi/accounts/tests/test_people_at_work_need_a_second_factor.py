import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from gongzhi.accounts import services
from gongzhi.accounts.models import Turnstile
from gongzhi.accounts.testing import PASSWORD, appointed, make_user
from gongzhi.audit.models import Line
from gongzhi.places.testing import make_county, make_town
from gongzhi.shared.permissions import Role

PHONE = "13800002076"
LOGIN = "/accounts/login/"
PEOPLE = "/accounts/people/"

pytestmark = pytest.mark.django_db


def code_of(secret, ahead=0):
    step = int(time.time()) // 30 + ahead
    return f"{auth.hotp_value(secret, step):06}"


@pytest.fixture
def admin():
    county = make_county()
    return make_user(Role.SYSTEM_ADMIN, county, name="吴先生", phone=PHONE, password=PASSWORD)


@pytest.fixture
def enter(says):
    def enter(**named):
        return says(LOGIN, do="password", login=PHONE, password=PASSWORD, **named)

    return enter


@pytest.fixture
def secret(admin, enter, client, says):
    """Sign in, set the app up, and return its secret."""
    enter()
    page = client.get("/accounts/second-factor/app/")
    found = page.context["form"].secret
    done = says("/accounts/second-factor/app/", code=code_of(found))
    assert done["Location"] == reverse("mfa_view_recovery_codes")
    return found


def test_the_first_sign_in_leads_to_setting_one_up(admin, enter, client):
    enter()
    assert client.get(PEOPLE)["Location"] == reverse("mfa_index")
    page = client.get(reverse("mfa_index")).content.decode()
    assert "工作人员要先设好第二道验证，才能打开工作页面。" in page
    assert client.get(reverse("accounts:me"))["Location"] == reverse("mfa_index")


def test_public_pages_stay_open_and_show_no_role(admin, enter, client):
    enter()
    assert client.get("/accessibility/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_whoever_set_it_up_goes_to_work_at_once(secret, client):
    assert client.get(PEOPLE).status_code == 200
    assert {
        line.changes["第二道验证"][1]
        for line in Line.objects.filter(action="accounts.second-factor-added")
    } == {"动态码", "备用码"}


def test_the_next_sign_in_asks_for_it(secret, client, enter, says):
    client.post("/accounts/logout/")
    first = enter()
    assert first["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in client.session
    assert client.get(PEOPLE)["Location"].startswith(LOGIN)

    wrong = says("/accounts/second-factor/enter/", code="000000")
    assert wrong.status_code == 422
    assert "验证没有通过。请照着手机上最新的再来一次。" in wrong.content.decode()

    Authenticator.objects.filter(type="totp").update(last_used_at=None)
    cache.clear()
    done = says("/accounts/second-factor/enter/", code=code_of(secret, 1))
    assert done.status_code == 302
    assert client.get(PEOPLE).status_code == 200
    assert Line.objects.filter(action="accounts.signed-in").latest("pk").changes["怎么登录"] == [
        "",
        "密码加动态码",
    ]


def test_a_spare_code_serves_once(secret, client, enter, says):
    spare = client.get(reverse("mfa_view_recovery_codes")).context["unused_codes"][0]
    for expected in (302, 422):
        client.post("/accounts/logout/")
        enter()
        assert says("/accounts/second-factor/enter/", code=spare).status_code == expected


def test_wrong_codes_lock_the_second_factor(secret, client, enter, says):
    client.post("/accounts/logout/")
    enter()
    for _ in range(5):
        says("/accounts/second-factor/enter/", code="000000")
    shut = says("/accounts/second-factor/enter/", code=code_of(secret))
    assert "连着输错5次，先锁住了" in shut.content.decode()
    assert "手机丢了请找县里的安全管理员。" in shut.content.decode()
    row = Turnstile.objects.get(kind="second_factor")
    assert row.shut_until > timezone.now()


def test_the_secret_is_sealed_at_rest(secret):
    kept = Authenticator.objects.get(type="totp").data
    assert secret not in str(kept)


def test_taking_it_away_sends_back_to_setting_one_up(secret, client, says):
    says("/accounts/second-factor/app/stop/")
    assert not Authenticator.objects.filter(type="totp").exists()
    assert client.get(PEOPLE)["Location"] == reverse("mfa_index")


def test_a_resident_needs_none(says, client):
    make_user(phone=PHONE, password=PASSWORD)
    says(LOGIN, do="password", login=PHONE, password=PASSWORD)
    assert client.get(reverse("accounts:me")).status_code == 200


def test_a_role_given_meanwhile_asks_for_it_at_once(says, client):
    user = make_user(phone=PHONE, password=PASSWORD)
    says(LOGIN, do="password", login=PHONE, password=PASSWORD)
    appointed(user, Role.TOWN_OFFICER, make_town())
    assert client.get(reverse("accounts:me"))["Location"] == reverse("mfa_index")


def test_a_demonstration_may_do_without(settings, admin, enter, client):
    settings.GONGZHI_MFA_REQUIRED = False
    enter()
    assert client.get(PEOPLE).status_code == 200


def test_a_security_admin_resets_a_lost_one(secret, admin, client):
    guard = make_user(Role.SECURITY_ADMIN, make_county(), name="周女士")
    services.reset_second_factor(
        by=guard, user=admin, reason="手机丢了，当面认过人", now=timezone.now()
    )
    assert not Authenticator.objects.exists()
    assert client.get(PEOPLE)["Location"].startswith(LOGIN)
    assert Line.objects.get(action="accounts.second-factor-reset").actor_name == "周女士"


def test_later_changes_ask_again_who_it_is(secret, client):
    session = client.session
    session["since"] -= 600
    session["account_authentication_methods"] = []
    session.save()
    answer = client.get("/accounts/second-factor/spare-codes/")
    assert answer["Location"].startswith(reverse("account_reauthenticate"))
    page = client.get(answer["Location"]).content.decode()
    assert "再验一次" in page
    assert "用动态码或备用码" in page
