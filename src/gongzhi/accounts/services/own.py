"""What people do with their own account: sign in and out, choose a role, a name, a password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from gongzhi.accounts import queries, rules
from gongzhi.accounts.models import PhoneCode, Session, Turnstile, User
from gongzhi.audit import services as audit
from gongzhi.directory import queries as directory
from gongzhi.directory.models import Person
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable

DAY = timedelta(days=1)


class NotOneself(Unacceptable):
    code = "accounts.not-oneself"
    message = "和登记的对不上，没法认定是您。请看着证件再填一次；还是不对，请到村社窗口办。"
    field = "answer"


class RoleNotHeld(Refused):
    code = "accounts.role-not-held"
    message = "您现在没有这个身份，可能已经到期或停了。请从列出来的身份里选一个。"


@transaction.atomic
def note_sign_in(*, by: User, how: str, device: str, now: datetime) -> None:
    """Leave a line that somebody signed in, how and on what (登录)."""
    rules.require_self(by, by.pk)
    audit.record(
        by,
        "accounts.signed-in",
        by,
        changes={"怎么登录": ["", how], "设备": ["", device]},
        now=now,
    )


@transaction.atomic
def note_sign_out(*, by: User, now: datetime) -> None:
    """Leave a line that somebody signed out (退出登录)."""
    rules.require_self(by, by.pk)
    audit.record(by, "accounts.signed-out", by, now=now)


@transaction.atomic
def note_second_factor(*, by: User, what: str, added: bool, now: datetime) -> None:
    """Leave a line that a second factor was added or taken away (第二道验证)."""
    rules.require_self(by, by.pk)
    audit.record(
        by,
        "accounts.second-factor-added" if added else "accounts.second-factor-removed",
        by,
        changes={"第二道验证": ["", what]},
        now=now,
    )


@transaction.atomic
def act_for(*, by: User, post: int, keep: bool, now: datetime) -> None:
    """
    Act in one of one's roles from now on, 0 for oneself alone; *keep* makes it the usual one (换身份).

    :raises RoleNotHeld: it is not one's own, or not in force.
    """
    rules.require_self(by, by.pk)
    found = {p.pk: p for p in by.posts()}.get(post)
    if post and found is None:
        raise RoleNotHeld
    if keep or by.usual_post is not None:
        User.objects.filter(pk=by.pk).update(usual_post=post if keep else None)
    audit.record(
        by,
        "accounts.acting-changed",
        by,
        changes={"身份": [str(by.acting or "居民"), str(found or "居民")]},
        now=now,
    )


@transaction.atomic
def choose_oneself(*, by: User, among: Sequence[Person], answer: str, now: datetime) -> Person:
    """
    Say which of the people who share one's phone one is, and show it where there are several (是家里的哪一位).

    *among* are the records that the chosen name may be. The session keeps it; the account stays the phone's.

    :raises PermissionDenied: it is not one's own account.
    :raises NotOneself: the answer fits none of them, or they do not share this phone.
    """
    rules.require_self(by, by.pk)
    family = {person.pk: person for person in queries.family_of(by)}
    mine = [family[person.pk] for person in among if person.pk in family]
    if len(family) > 1:
        mine = [person for person in mine if directory.is_them(person, answer)]
    if not mine:
        raise NotOneself
    audit.record(by, "accounts.oneself-chosen", by, subject=mine[0].pk, now=now)
    return mine[0]


@transaction.atomic
def rename_self(*, by: User, name: str, now: datetime) -> None:
    """Change how one is called (改称呼)."""
    rules.require_self(by, by.pk)
    user = User.objects.select_for_update().get(pk=by.pk)
    before, user.name = user.name, " ".join(name.split())[:40]
    user.save(update_fields=["name"])
    audit.record(by, "accounts.renamed", user, changes={"称呼": [before, user.name]}, now=now)


@transaction.atomic
def set_password(*, by: Actor, user: User, password: str, now: datetime) -> None:
    """
    Give one's account a password (设密码); every other browser is signed out by it.

    :raises PermissionDenied: it is not one's own account, nor the house that sets the account up.
    """
    rules.require_self(by, user.pk)
    had = user.has_usable_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    audit.record(by, "accounts.password-changed" if had else "accounts.password-set", user, now=now)


@transaction.atomic
def end_session(*, by: User, mark: str, now: datetime) -> None:
    """Sign out one other browser, known by the mark that the page shows (退出一处)."""
    rules.require_self(by, by.pk)
    for session in by.sessions.all():
        if queries.mark_of(session.session_key) == mark:
            session.delete()
            audit.record(
                by, "accounts.session-ended", by, changes={"设备": ["", session.device]}, now=now
            )


@transaction.atomic
def end_sessions(*, by: User, but: str | None, now: datetime) -> int:
    """Sign out everywhere, except in the session *but*, and return how many ended (全部退出)."""
    rules.require_self(by, by.pk)
    count, _ = by.sessions.exclude(session_key=but or "").delete()
    audit.record(by, "accounts.sessions-ended", by, changes={"处数": ["", count]}, now=now)
    return count


@transaction.atomic
def forget_expired(*, by: Actor, now: datetime) -> int:
    """
    Forget sessions, codes and counts of tries that serve nobody any more, and return how many (清理过期的).

    :raises PermissionDenied: *by* may not unlock accounts; the house does it once a day.
    """
    rules.require_any(by, rules.UNLOCK)
    sessions, _ = Session.objects.filter(expire_date__lte=now).delete()
    codes, _ = PhoneCode.objects.filter(expires_at__lte=now - DAY).delete()
    counts, _ = Turnstile.objects.filter(
        Q(shut_until__isnull=True) | Q(shut_until__lte=now), since__lte=now - 2 * DAY
    ).delete()
    audit.record(
        by,
        "accounts.expired-forgotten",
        changes={
            "登录状态": ["", sessions],
            "验证码": ["", codes],
            "限次": ["", counts],
        },
        now=now,
    )
    return sessions + codes + counts
