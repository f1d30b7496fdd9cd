"""A phone is not a person: after the code one says which of the family one is, and shows it."""

from datetime import date

import pytest
from django.urls import reverse

from gongzhi.accounts.models import User
from gongzhi.accounts.testing import last_code, make_user
from gongzhi.audit.models import Line
from gongzhi.directory.models import Volunteer
from gongzhi.directory.testing import make_person, make_volunteer
from gongzhi.places.testing import make_village
from gongzhi.shared.codes import make_id_number
from gongzhi.shared.permissions import Role
from tests.browser import text_of

pytestmark = pytest.mark.django_db
PHONE = "13900002076"
MOTHER = make_id_number("510121", date(1956, 3, 12), 21)
SON = make_id_number("510121", date(1982, 7, 8), 31)


@pytest.fixture
def family():
    village = make_village("青溪社区")
    mother = make_person("张桂兰", place=village, phone=PHONE, id_number=MOTHER,
                         birth_on=date(1956, 3, 12))  # fmt: skip
    son = make_person("李建国", place=village, phone=PHONE, id_number=SON,
                      birth_on=date(1982, 7, 8))  # fmt: skip
    return mother, son


def sign_in(browser, capture, **more):
    with capture(execute=True):
        browser.post("account_login", data={"do": "send", "phone": PHONE, **more})
    code = last_code(PHONE)
    return browser.client.post(
        reverse("account_login"), {"do": "enter", "phone": PHONE, "code": code, **more}
    )


def choose(browser, person, answer, status=302):
    response = browser.client.post(
        reverse("accounts:oneself"), {"person": person, "answer": answer}
    )
    assert response.status_code == status
    return response


def test_after_the_code_one_says_which_of_the_family_one_is(
    browser, family, django_capture_on_commit_callbacks
):
    mother, _ = family
    response = sign_in(browser, django_capture_on_commit_callbacks)
    assert response.url.startswith(reverse("accounts:oneself"))

    said = text_of(browser("accounts:oneself"))

    assert "139****2076这个手机号登记了2位" in said
    assert "**兰" in said
    assert "**国" in said
    for secret in ("张桂兰", "李建国", "1956", MOTHER[-4:], PHONE):
        assert secret not in said

    choose(browser, "1", MOTHER[-4:])

    account = User.objects.get()
    assert account.person_id is None, "the account stays the phone's"
    assert "张女士" in text_of(browser("portal:mine"))
    line = Line.objects.get(action="accounts.oneself-chosen")
    assert line.actor_id == account.pk
    assert MOTHER[-4:] not in str(line.changes)
    assert mother.pk == line.subject_id


def test_the_next_of_the_family_is_asked_anew(browser, family, django_capture_on_commit_callbacks):
    sign_in(browser, django_capture_on_commit_callbacks)
    choose(browser, "1", MOTHER[-4:])
    browser.client.post(reverse("account_logout"))
    from gongzhi.accounts.models import PhoneCode

    PhoneCode.objects.all().delete()

    response = sign_in(browser, django_capture_on_commit_callbacks)

    assert response.url.startswith(reverse("accounts:oneself"))
    choose(browser, "2", "19820708")
    assert "李女士" in text_of(browser("portal:mine"))


def test_nobody_is_taken_at_their_word_and_guessing_is_shut(
    browser, family, django_capture_on_commit_callbacks
):
    sign_in(browser, django_capture_on_commit_callbacks)

    refused = choose(browser, "1", SON[-4:], status=422)
    assert "和登记的对不上" in refused.content.decode()
    for guess in ("0001", "0002", "0003", "0004"):
        choose(browser, "1", guess, status=422)
    shut = choose(browser, "1", MOTHER[-4:], status=429)
    assert "先锁住了" in shut.content.decode()
    assert not Line.objects.filter(action="accounts.oneself-chosen").exists()


def test_whoever_is_none_of_them_goes_on_as_the_phone_alone(
    browser, family, django_capture_on_commit_callbacks
):
    sign_in(browser, django_capture_on_commit_callbacks)

    choose(browser, "0", "")

    assert "张女士" not in text_of(browser("portal:mine"))


def test_somebody_who_has_the_phone_alone_is_known_without_a_question(
    browser, django_capture_on_commit_callbacks
):
    volunteer = make_volunteer(person=make_person("张桂兰", phone=PHONE))

    response = sign_in(browser, django_capture_on_commit_callbacks)

    assert response.url == reverse("portal:mine")
    assert "张女士" in text_of(browser("portal:mine"))
    browser.client.post(reverse("portal:mine-confirm", args=["volunteer", volunteer.pk]))
    assert Volunteer.objects.get().confirmed_on is not None


def test_the_address_asked_for_is_opened_after_the_choice(
    browser, family, django_capture_on_commit_callbacks
):
    to = reverse("accounts:me")
    response = sign_in(browser, django_capture_on_commit_callbacks, next=to)
    assert "next=" in response.url

    response = browser.client.post(
        reverse("accounts:oneself"), {"person": "1", "answer": "19560312", "next": to}
    )

    assert response.url == to


def test_two_whose_names_look_alike_are_one_choice_and_told_apart_by_the_answer(
    browser, django_capture_on_commit_callbacks
):
    village = make_village("青溪社区")
    for name, number in (("张桂兰", MOTHER), ("李秀兰", SON)):
        make_person(name, place=village, phone=PHONE, id_number=number)
    sign_in(browser, django_capture_on_commit_callbacks)
    assert text_of(browser("accounts:oneself")).count("**兰") == 1

    choose(browser, "1", SON[-4:])

    assert "李女士" in text_of(browser("portal:mine"))


def test_people_at_work_are_led_to_their_work_and_may_say_it_later(
    browser, family, django_capture_on_commit_callbacks
):
    from django.utils import timezone

    user = make_user(Role.TEAM_LEADER, family[0].place, phone=PHONE)
    User.objects.filter(pk=user.pk).update(phone_verified_at=timezone.now())

    response = sign_in(browser, django_capture_on_commit_callbacks)

    assert not response.url.startswith(reverse("accounts:oneself"))
    tree = browser("accounts:roles")
    assert reverse("accounts:oneself") in {a.get("href") for a in tree.iter("a")}


def test_an_account_of_one_person_and_an_unproved_phone_have_no_family(family):
    from gongzhi.accounts import queries

    assert queries.family_of(make_user(phone=PHONE)) == []
