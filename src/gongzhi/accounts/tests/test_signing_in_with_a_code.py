from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from gongzhi.accounts import queries, services
from gongzhi.accounts.models import PhoneCode, Session, User, Visitor
from gongzhi.accounts.testing import last_code, make_user, outbox
from gongzhi.audit.models import Line
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.permissions import Role

NOW = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)
PHONE = "13800002076"
LOGIN = "/accounts/login/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(django_capture_on_commit_callbacks):
    def send(now=NOW, phone=PHONE, purpose="sign_in", address="10.0.0.1"):
        with django_capture_on_commit_callbacks(execute=True):
            services.send_phone_code(
                by=Visitor(), phone=phone, purpose=purpose, address=address, now=now
            )
        return last_code(phone)

    return send


def enter(code, now=NOW, phone=PHONE):
    return services.sign_in_with_code(by=Visitor(), phone=phone, code=code, now=now)


def test_a_newcomer_gets_an_account_that_keeps_the_phone_alone(send):
    tried = enter(send())

    user = User.objects.get()
    assert tried.user == user
    assert user.phone.open() == PHONE
    assert (user.name, user.email, user.person) == ("", "", None)
    assert not user.has_usable_password()
    assert PHONE not in str(vars(user))


def test_the_message_says_what_it_is_for_and_warns(send):
    code = send()
    assert outbox == [
        (
            PHONE,
            f"【共治】验证码{code}，10分钟内有效，用于登录。不要告诉别人，工作人员也不会问您要。",
        )
    ]


def test_a_known_phone_signs_in_to_its_account(send):
    user = make_user(phone=PHONE)
    assert enter(send()).user == user
    assert User.objects.count() == 1


def test_spaces_and_a_country_code_do_not_matter(send):
    code = send()
    assert enter(f"{code[:3]} {code[3:]}", phone="+86 138-0000-2076").user


def test_a_code_opens_once(send):
    code = send()
    assert enter(code).refusal is None
    assert isinstance(enter(code).refusal, services.CodeUsedUp)


def test_a_code_runs_out_after_ten_minutes(send):
    code = send()
    late = enter(code, now=NOW + timedelta(minutes=10))
    assert str(late.refusal) == (
        "这个验证码不能用了：过了10分钟、用过一次，或者试错太多次。请再发一个。"
    )


def test_wrong_codes_are_counted_and_end_the_code(send):
    code = send()
    wrong = "000000" if code != "000000" else "111111"
    assert str(enter(wrong).refusal).startswith("验证码不对，还能试4次。")
    for _ in range(3):
        enter(wrong)
    assert isinstance(enter(wrong).refusal, services.CodeUsedUp)
    assert isinstance(enter(code).refusal, services.CodeUsedUp)


def test_a_new_code_takes_the_place_of_the_old_one(send):
    old = send()
    new = send(now=NOW + timedelta(seconds=61))
    if old != new:
        assert enter(old, now=NOW + timedelta(seconds=62)).refusal
    assert enter(new, now=NOW + timedelta(seconds=63)).user


def test_a_code_for_one_purpose_does_not_serve_another(send):
    code = send(purpose="prove")
    assert enter(code).refusal


def test_a_second_code_waits_a_minute(send):
    send()
    with pytest.raises(services.CodeTooSoon, match="30秒以后可以再发"):
        send(now=NOW + timedelta(seconds=30))
    send(now=NOW + timedelta(seconds=60))


def test_a_phone_gets_five_codes_an_hour_and_ten_a_day(send):
    for n in range(5):
        send(now=NOW + timedelta(minutes=2 * n))
    with pytest.raises(Exception, match="这个手机号已经要了5次验证码，太多了，10:05以后再要"):
        send(now=NOW + timedelta(minutes=12))
    for n in range(5):
        send(now=NOW + timedelta(minutes=61 + 2 * n))
    with pytest.raises(Exception, match="已经要了10次验证码，太多了，11月24日09:05以后再要"):
        send(now=NOW + timedelta(minutes=125))


def test_an_address_gets_sixty_codes_an_hour(send):
    for n in range(60):
        send(phone=f"138{n:08}")
    with pytest.raises(Exception, match="这个网络已经要了60次验证码"):
        send(phone="13900000000")
    send(phone="13900000000", address="10.0.0.2")


def test_a_closed_account_is_not_opened(send):
    user = make_user(phone=PHONE)
    User.objects.filter(pk=user.pk).update(is_active=False)
    assert isinstance(enter(send()).refusal, services.AccountClosed)


def test_the_code_is_kept_as_a_keyed_hash_and_never_written_down(send, capsys):
    code = send()
    kept = PhoneCode.objects.get()
    assert code not in (kept.code_key, kept.phone_key)
    assert all(code not in str(line.changes) for line in Line.objects.all())
    assert all(PHONE not in str(line.changes) for line in Line.objects.all())


def test_the_page_sends_a_code_and_signs_in(client, says):
    page = says(LOGIN, do="send", phone=PHONE)
    assert page.status_code == 200
    assert "验证码发到138****2076了" in page.content.decode()

    answer = says(LOGIN, do="enter", phone=PHONE, code=last_code(PHONE))

    assert answer.status_code == 302
    assert answer["Location"] == reverse("portal:mine")
    assert client.session["_auth_user_id"] == str(User.objects.get().pk)
    line = Line.objects.get(action="accounts.signed-in")
    assert line.changes["怎么登录"] == ["", "验证码"]


def test_the_page_answers_in_place(says):
    page = says(LOGIN, do="send", phone="1380000")
    assert page.status_code == 422
    assert "手机号" in page.content.decode()
    says(LOGIN, do="send", phone=PHONE)
    again = says(LOGIN, do="send", phone=PHONE)
    assert again.status_code == 429
    assert "秒以后可以再发" in again.content.decode()
    wrong = says(LOGIN, do="enter", phone=PHONE, code="12")
    assert wrong.status_code == 422
    assert "还能试4次" in wrong.content.decode()


def test_a_known_and_an_unknown_phone_get_the_same_answer(says):
    make_user(phone=PHONE)
    known = says(LOGIN, do="send", phone=PHONE).content.decode()
    unknown = says(LOGIN, do="send", phone="13800002077").content.decode()
    strip = str.maketrans("", "", "0123456789")
    known, unknown = (p.partition('id="look"')[0].translate(strip) for p in (known, unknown))
    assert [line for line in known.splitlines() if "csrf" not in line] == [
        line for line in unknown.splitlines() if "csrf" not in line
    ]


def test_somebody_at_work_is_led_to_the_workbench(says, client):
    make_county()
    make_user(Role.ORGANIZATION_MANAGER, make_village(), phone=PHONE)
    says(LOGIN, do="send", phone=PHONE)
    answer = says(LOGIN, do="enter", phone=PHONE, code=last_code(PHONE))
    assert answer["Location"] == reverse("portal:home")


def test_the_address_asked_for_is_opened_after_sign_in_and_no_other_site(says):
    says(LOGIN, do="send", phone=PHONE)
    code = last_code(PHONE)
    answer = says(LOGIN, do="enter", phone=PHONE, code=code, next="https://example.org/")
    assert answer["Location"] == reverse("portal:mine")


def test_whoever_is_signed_in_is_sent_on(client):
    client.force_login(make_user())
    assert client.get(LOGIN)["Location"] == reverse("portal:mine")


def test_a_session_knows_whose_it_is_and_on_what(client, says):
    says(LOGIN, do="send", phone=PHONE)
    client.defaults["HTTP_USER_AGENT"] = "Mozilla/5.0 (Linux; Android 14) Chrome/120 Mobile Safari"
    says(LOGIN, do="enter", phone=PHONE, code=last_code(PHONE))
    (session,) = Session.objects.filter(user__isnull=False)
    assert session.device == "手机上的Chrome"
    assert session.user == queries.user_by_phone(PHONE)
    assert session.started_at
