"""The state that a signed-in browser carries, and the slow half of a password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest

from gongzhi.directory.models import Person
from gongzhi.shared.calendar import today
from gongzhi.shared.dated import rule

from . import guard, queries, services
from .models import GUARDED, User
from .sessions import DEVICE, SINCE

ACTING = "acting_for"
ONESELF = "oneself"  # which person of the directory signed in, where a family shares the phone
SEEN = "seen"
SECOND_FACTOR = "second_factor"
ENDED = "ended"
DONE, MISSING = "done", "missing"
TOUCH_AFTER = timedelta(minutes=1)  # a write for each page would hold the one lock of SQLite


def address_of(request: HttpRequest) -> str:
    """Return the network address that a request came from (网络地址): counted as a keyed hash, never stored."""
    return get_adapter(request).get_client_ip(request)


def password_opens(request: HttpRequest, login: str, password: str, now: datetime) -> User | None:
    """
    Return the account that *login* and *password* open (密码登录), None when they do not.

    :raises Shut: too many wrong tries of this account or from this address.
    """
    user = queries.user_by_login(login)
    gates = guard.gates_of_sign_in(
        guard.Kind.PASSWORD,
        f"user:{user.pk}" if user else f"login:{login.strip().lower()}",
        address_of(request),
        now,
        user,
    )
    last = guard.admit(gates, now)
    found = authenticate(request, login=login, password=password)
    if isinstance(found, User):
        guard.passed(gates, now)
        return found
    by: Any = request.user
    guard.failed(gates, last, by=by, what="密码", now=now)
    return None


def is_oneself(
    request: HttpRequest, user: User, among: Sequence[Person], answer: str, now: datetime
) -> Person:
    """
    Return whom of the family the answer shows to be signed in (是家里的哪一位).

    :raises NotOneself: it shows nobody.
    :raises Shut: too many wrong answers on this account or from this address.
    """
    gates = guard.gates_of_sign_in(
        guard.Kind.SECOND_FACTOR, f"oneself:{user.pk}", address_of(request), now, user
    )
    last = guard.admit(gates, now)
    try:
        chosen = services.choose_oneself(by=user, among=among, answer=answer, now=now)
    except services.NotOneself:
        guard.failed(gates, last, by=user, what="说是家里的哪一位", now=now)
        raise
    guard.passed(gates, now)
    return chosen


def begin(request: HttpRequest, user: User, *, device: str, second: bool, now: datetime) -> None:
    """Write into the session when it began, on what, and whether a second factor was shown (登录状态)."""
    session = request.session
    session[SINCE] = session[SEEN] = now.timestamp()
    session[DEVICE] = device
    session[SECOND_FACTOR] = DONE if second else MISSING
    session.set_expiry(60 * rule(_idle_rule(user), today(now)).number)


def _idle_rule(user: User) -> str:
    return "sessions.staff-minutes" if is_guarded(user) else "sessions.resident-minutes"


def is_guarded(user: User) -> bool:
    """Tell whether somebody works with other people's data, in whichever role (要第二道验证的人)."""
    return any(post.role in GUARDED for post in user.posts())


def lacks_second_factor(request: HttpRequest, user: User) -> bool:
    """Tell whether this browser must set up a second factor before it reaches staff pages (缺第二道验证)."""
    return (
        getattr(settings, "GONGZHI_MFA_REQUIRED", True)
        and request.session.get(SECOND_FACTOR) == MISSING
        and is_guarded(user)
    )


def is_over(request: HttpRequest, now: datetime) -> bool:
    """Tell whether a session has lasted as long as any may, however busy it is (登录太久)."""
    since = request.session.get(SINCE)
    if since is None:
        return False
    longest = timedelta(hours=rule("sessions.longest-hours", today(now)).number)
    return now.timestamp() - since >= longest.total_seconds()


def touch(request: HttpRequest, now: datetime) -> None:
    """Keep a session that is in use from running out (续期), at most once a minute."""
    seen = request.session.get(SEEN)
    if seen is not None and now.timestamp() - seen >= TOUCH_AFTER.total_seconds():
        request.session[SEEN] = now.timestamp()
