"""Accounts of business users and the roles they hold: opened, appointed, dismissed, unlocked by administrators."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Q

from gongzhi.accounts import queries, rules
from gongzhi.accounts.guard import clock
from gongzhi.accounts.models import (
    ADMINISTRATORS,
    LEVELS,
    OVER_ORGANIZATIONS,
    RoleAssignment,
    Turnstile,
    User,
)
from gongzhi.audit import services as audit
from gongzhi.directory.models import Organization
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_phone, require_phone
from gongzhi.shared.permissions import Actor, Role
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.sealed import fingerprint

from .codes import PhoneTaken


class AppointsThemselves(Refused):
    code = "accounts.appoints-themselves"
    message = "自己的身份不能自己给，也不能自己停。请另一位管理员来办。"


class OneAdministratorRole(Refused):
    code = "accounts.one-administrator-role"
    message = (
        "{name}这段时间已经是{other}了。系统、安全、审计三种管理员要分开，一个人只能当一种。"
        "请先停掉原来的，或换一个人。"
    )


class AlreadyAppointed(Refused):
    code = "accounts.already-appointed"
    message = "{name}这段时间已经有{over}的“{role}”身份，不用再给一次。要延长请先停掉原来的。"


class RoleDoesNotFit(Unacceptable):
    code = "accounts.role-does-not-fit"
    message = "“{role}”要任在{wanted}，不能任在{over}。请换一个地点或组织，或者换一个身份。"
    field = "over"


class EndsBeforeItBegins(Unacceptable):
    code = "accounts.ends-before-it-begins"
    message = "停止的一天要在开始的一天之后，不然一天也不生效。请把日期改对。"
    field = "until"


class AlreadyEnded(Refused):
    code = "accounts.already-ended"
    message = "这个身份已经停了，不用再停一次。"


class LastSecurityAdmin(Refused):
    code = "accounts.last-security-admin"
    message = "这是最后一位安全管理员，停了就没人能再给管理员身份了。请先任命另一位。"


class AccountAlreadyClosed(Refused):
    code = "accounts.account-already-closed"
    message = "这个账号已经停用了，不用再停一次。"


class AccountAlreadyOpen(Refused):
    code = "accounts.account-already-open"
    message = "这个账号本来就能用，不用恢复。"


class HandleTaken(Refused):
    code = "accounts.handle-taken"
    message = "工号“{handle}”已经有人用了，登录时会分不清是谁。请换一个工号。"


class NotShut(Refused):
    code = "accounts.not-shut"
    message = "这里没有锁着，不用解锁。"


class ReasonMissing(Unacceptable):
    code = "accounts.reason-missing"
    message = "要写明为什么，至少4个字，会记进留痕。请补上再提交。"
    field = "reason"


@transaction.atomic
def open_account(*, by: Actor, phone: str, name: str, handle: str = "", now: datetime) -> User:
    """
    Open an account for somebody who works with the platform, known by phone (开账号).

    Whoever signed in with this phone before keeps the account; it gets the name and the staff number.

    :raises PermissionDenied: *by* may not open accounts.
    :raises BadValue: it is no mobile number.
    :raises HandleTaken: somebody else has this staff number.
    :raises PhoneTaken: the phone belongs to an account that has a name already.
    """
    rules.require_any(by, rules.OPEN_ACCOUNTS)
    phone, handle = require_phone(phone), handle.strip()
    user = queries.user_by_phone(phone)
    if user is not None and user.name:
        raise PhoneTaken
    if handle and User.objects.filter(handle=handle).exists():
        raise HandleTaken(handle=handle)
    name = " ".join(name.split())[:40]
    if user is None:
        user = User(phone=phone, phone_key=fingerprint(phone), name=name)
        user.handle = handle or f"p{secrets.token_hex(8)}"
        user.set_unusable_password()
        user.save()
    else:
        user.name, user.handle = name, handle or user.handle
        user.save(update_fields=["name", "handle"])
    audit.record(
        by,
        "accounts.account-opened",
        user,
        changes={"称呼": ["", user.name], "手机号": ["", mask_phone(phone)], "工号": ["", handle]},
        now=now,
    )
    return user


@transaction.atomic
def appoint(
    *,
    by: Actor,
    user: User,
    role: str,
    over: Place | Organization,
    since: date,
    until: date | None = None,
    basis: str = "",
    now: datetime,
) -> RoleAssignment:
    """
    Give *user* a role over a place with all beneath it, or over an organization (任命).

    :raises PermissionDenied: *by* may not give this role there.
    :raises AppointsThemselves: it is the giver's own account.
    :raises RoleDoesNotFit: the role is held over something else.
    :raises EndsBeforeItBegins: *until* is not after *since*.
    :raises AlreadyAppointed: the role is held over the same thing in these days.
    :raises OneAdministratorRole: one person would be two of the three administrators.
    """
    place = over if isinstance(over, Place) else over.place
    rules.appointing(role).require_at(by, place.path)
    if by.pk == user.pk:
        raise AppointsThemselves
    user = User.objects.select_for_update().get(pk=user.pk)
    _require_fit(role, over)
    if until is not None and until <= since:
        raise EndsBeforeItBegins
    held = user.assignments.filter(Q(until__isnull=True) | Q(until__gt=since))
    if until is not None:
        held = held.filter(since__lt=until)
    same = Q(place=over) if isinstance(over, Place) else Q(organization=over)
    if held.filter(same, role=role).exists():
        raise AlreadyAppointed(name=user.spoken_name(), over=over.name, role=Role(role).label)
    if role in ADMINISTRATORS:
        other = held.filter(role__in=ADMINISTRATORS).exclude(role=role).first()
        if other is not None:
            raise OneAdministratorRole(name=user.spoken_name(), other=Role(other.role).label)
    assignment = RoleAssignment.objects.create(
        user=user,
        role=role,
        place=over if isinstance(over, Place) else None,
        organization=over if isinstance(over, Organization) else None,
        since=since,
        until=until,
        basis=basis.strip()[:120],
        given_by_id=by.pk,
    )
    audit.record(
        by,
        "accounts.appointed",
        user,
        changes={
            "身份": ["", Role(role).label],
            "范围": ["", over.name],
            "起": ["", since],
            "止": ["", until],
        },
        reason=basis,
        place=place.path,
        now=now,
    )
    return assignment


@transaction.atomic
def dismiss(*, by: Actor, assignment: RoleAssignment, reason: str, now: datetime) -> RoleAssignment:
    """
    End a role from today on (停身份); the row stays, with its last day.

    :raises PermissionDenied: *by* may not end this role there.
    :raises AppointsThemselves: it is one's own role.
    :raises ReasonMissing: no reason of four characters or more.
    :raises AlreadyEnded: it has ended already.
    :raises LastSecurityAdmin: nobody would be left to appoint administrators.
    """
    if assignment.role == Role.SECURITY_ADMIN:
        _hold_security_admins()
    assignment = (
        RoleAssignment.objects.select_for_update(of=("self",))
        .select_related("user", "place", "organization__place")
        .get(pk=assignment.pk)
    )
    over: Any = assignment.place or assignment.organization
    place = assignment.place or over.place
    rules.appointing(assignment.role).require_at(by, place.path)
    if by.pk == assignment.user_id:
        raise AppointsThemselves
    reason, day = _require_reason(reason), today(now)
    if assignment.until is not None and assignment.until <= day:
        raise AlreadyEnded
    if assignment.role == Role.SECURITY_ADMIN:
        _require_another_security_admin(assignment.user_id, day)
    before, assignment.until = assignment.until, max(day, assignment.since)
    assignment.save(update_fields=["until"])
    audit.record(
        by,
        "accounts.dismissed",
        assignment.user,
        changes={
            "身份": ["", Role(assignment.role).label],
            "范围": ["", over.name],
            "止": [before, assignment.until],
        },
        reason=reason,
        place=place.path,
        now=now,
    )
    return assignment


@transaction.atomic
def close_account(*, by: Actor, user: User, reason: str, now: datetime) -> None:
    """
    Close an account and sign it out everywhere (停账号); what it did stays.

    :raises PermissionDenied: *by* may not close this account.
    :raises AppointsThemselves: it is one's own.
    :raises ReasonMissing: no reason of four characters or more.
    :raises AccountAlreadyClosed: it is closed.
    """
    rules.require_over(by, rules.OPEN_ACCOUNTS, user)
    if by.pk == user.pk:
        raise AppointsThemselves
    reason = _require_reason(reason)
    _hold_security_admins()
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        raise AccountAlreadyClosed
    day = today(now)
    if queries.in_force(day).filter(user=user, role=Role.SECURITY_ADMIN).exists():
        _require_another_security_admin(user.pk, day)
    user.is_active = False
    user.save(update_fields=["is_active"])
    user.sessions.all().delete()
    audit.record(by, "accounts.account-closed", user, reason=reason, now=now)


@transaction.atomic
def reopen_account(*, by: Actor, user: User, reason: str, now: datetime) -> None:
    """
    Open a closed account again (恢复账号).

    :raises PermissionDenied: *by* may not open this account.
    :raises ReasonMissing: no reason of four characters or more.
    :raises AccountAlreadyOpen: it is open.
    """
    rules.require_over(by, rules.OPEN_ACCOUNTS, user)
    reason = _require_reason(reason)
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_active:
        raise AccountAlreadyOpen
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record(by, "accounts.account-reopened", user, reason=reason, now=now)


@transaction.atomic
def unlock(*, by: Actor, turnstile: Turnstile, reason: str, now: datetime) -> None:
    """
    Open what too many wrong tries had shut (解锁).

    :raises PermissionDenied: *by* may not unlock this.
    :raises ReasonMissing: no reason of four characters or more.
    :raises NotShut: it is open.
    """
    if turnstile.user is None:
        rules.require_over_all(by, rules.UNLOCK)
    else:
        rules.require_over(by, rules.UNLOCK, turnstile.user)
    reason = _require_reason(reason)
    kept = Turnstile.objects.select_for_update().get(pk=turnstile.pk)
    if kept.shut_until is None or kept.shut_until <= now:
        raise NotShut
    before, kept.count, kept.shut_until = kept.shut_until, 0, None
    kept.save()
    audit.record(
        by,
        "accounts.unlocked",
        kept.user,
        changes={"限什么": ["", Turnstile.Kind(kept.kind).label], "锁到": [clock(before), ""]},
        reason=reason,
        now=now,
    )


@transaction.atomic
def reset_second_factor(*, by: Actor, user: User, reason: str, now: datetime) -> None:
    """
    Take away every second factor of somebody who lost the phone or key (重设第二道验证).

    The person sets up a new one at the next sign-in; every browser is signed out.

    :raises PermissionDenied: *by* may not unlock this account.
    :raises AppointsThemselves: it is one's own.
    :raises ReasonMissing: no reason of four characters or more.
    """
    rules.require_over(by, rules.UNLOCK, user)
    if by.pk == user.pk:
        raise AppointsThemselves
    reason = _require_reason(reason)
    user = User.objects.select_for_update().get(pk=user.pk)
    Authenticator.objects.filter(user=user).delete()
    user.sessions.all().delete()
    audit.record(by, "accounts.second-factor-reset", user, reason=reason, now=now)


def _require_reason(reason: str) -> str:
    reason = " ".join(reason.split())[:300]
    if len(reason) < 4:
        raise ReasonMissing
    return reason


def _require_fit(role: str, over: Place | Organization) -> None:
    label = Role(role).label
    if isinstance(over, Organization):
        if role not in OVER_ORGANIZATIONS:
            raise RoleDoesNotFit(role=label, wanted=_wanted(role), over=f"组织“{over.name}”")
        return
    if role == Role.ORGANIZATION_MANAGER:
        raise RoleDoesNotFit(role=label, wanted="组织", over=over.name)
    if over.level not in LEVELS.get(role, Place.Level.values):
        raise RoleDoesNotFit(role=label, wanted=_wanted(role), over=over.name)


def _wanted(role: str) -> str:
    levels = LEVELS.get(role)
    return "或".join(Place.Level(n).label for n in levels) if levels else "地点"


def _hold_security_admins() -> None:
    """Hold every such role, in one order: two of them must not dismiss each other at once."""
    list(
        RoleAssignment.objects.select_for_update()
        .filter(role=Role.SECURITY_ADMIN)
        .order_by("pk")
        .values_list("pk")
    )


def _require_another_security_admin(user_id: int, day: date) -> None:
    others = queries.in_force(day).filter(role=Role.SECURITY_ADMIN, user__is_active=True)
    if not others.exclude(user_id=user_id).exists():
        raise LastSecurityAdmin
