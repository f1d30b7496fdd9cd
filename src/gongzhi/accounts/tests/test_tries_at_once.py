from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from gongzhi.accounts import guard, services
from gongzhi.accounts.models import User, Visitor
from gongzhi.accounts.testing import last_code, make_user
from gongzhi.places.testing import make_county
from gongzhi.shared.permissions import Role

NOW = datetime(2026, 11, 23, 1, 5, tzinfo=UTC)
PHONE = "13800002076"

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(work, count):
    def one(n):
        try:
            return work(n)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def test_one_code_used_twice_at_once_signs_in_once():
    services.send_phone_code(by=Visitor(), phone=PHONE, purpose="sign_in", now=NOW)
    code = last_code(PHONE)

    tried = at_once(
        lambda _: services.sign_in_with_code(by=Visitor(), phone=PHONE, code=code, now=NOW), 6
    )

    assert sum(t.refusal is None for t in tried) == 1
    assert User.objects.count() == 1


def test_many_guesses_of_a_code_at_once_are_no_more_than_five():
    services.send_phone_code(by=Visitor(), phone=PHONE, purpose="sign_in", now=NOW)
    code = last_code(PHONE)
    wrong = "000000" if code != "000000" else "111111"

    tried = at_once(
        lambda _: services.sign_in_with_code(by=Visitor(), phone=PHONE, code=wrong, now=NOW), 8
    )

    assert sum(isinstance(t.refusal, services.CodeWrong) for t in tried) == 4
    assert services.sign_in_with_code(by=Visitor(), phone=PHONE, code=code, now=NOW).refusal


def test_two_codes_asked_for_at_once_send_one_message():
    def send(_):
        try:
            services.send_phone_code(by=Visitor(), phone=PHONE, purpose="sign_in", now=NOW)
        except services.CodeTooSoon:
            return False
        return True

    assert sum(at_once(send, 4)) == 1


def test_of_many_passwords_at_once_no_more_are_tried_than_the_rule_allows():
    user = make_user(phone=PHONE)
    gates = guard.gates_of_sign_in(guard.Kind.PASSWORD, f"user:{user.pk}", "10.0.0.1", NOW, user)

    def try_one(_):
        try:
            last = guard.admit(gates, NOW)
        except guard.Shut:
            return None
        guard.failed(gates, last, by=Visitor(), what="密码", now=NOW)
        return len(last)

    tried = at_once(try_one, 10)
    assert sum(t is not None for t in tried) == 5
    assert sum(t or 0 for t in tried) == 1


def test_two_security_admins_dismissing_each_other_leave_one():
    county = make_county()
    first = make_user(Role.SECURITY_ADMIN, county, name="周女士")
    second = make_user(Role.SECURITY_ADMIN, county, name="郑先生")
    pairs = [(first, second.assignments.get()), (second, first.assignments.get())]

    def end(n):
        by, assignment = pairs[n]
        try:
            services.dismiss(by=by, assignment=assignment, reason="轮岗，改做别的", now=NOW)
        except (services.LastSecurityAdmin, PermissionDenied):
            return False
        return True

    assert sorted(at_once(end, 2)) == [False, True]


def test_two_appointments_at_once_make_one_administrator():
    county = make_county()
    guards = [make_user(Role.SECURITY_ADMIN, county, name=n) for n in ("周女士", "郑先生")]
    user = make_user(name="何女士")
    wanted = (Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN)

    def give(n):
        try:
            services.appoint(
                by=guards[n], user=user, role=wanted[n], over=county, since=NOW.date(), now=NOW
            )
        except services.OneAdministratorRole:
            return False
        return True

    assert sorted(at_once(give, 2)) == [False, True]
