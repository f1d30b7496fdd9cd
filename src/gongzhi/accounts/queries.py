"""Whose account, which roles, what is shut: questions about accounts."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from gongzhi.audit.models import Line
from gongzhi.directory import queries as directory
from gongzhi.directory.models import Organization, Person
from gongzhi.places.models import Place
from gongzhi.places.queries import find_place
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_phone, normalize_phone, phone_faults
from gongzhi.shared.dated import Rule, all_rules, rule
from gongzhi.shared.permissions import Actor, Held, Permission, Role, permissions_in
from gongzhi.shared.rooms import rooms
from gongzhi.shared.sealed import Unreadable, fingerprint, seal, unseal

from . import rules
from .models import (
    LEVELS,
    OVER_ORGANIZATIONS,
    WATCHERS,
    Post,
    RoleAssignment,
    Session,
    Turnstile,
    User,
)

PROOF = "accounts.proof"  # where a session keeps what `services.prove_phone` gave
PAGE = 50


def user_by_phone(phone: str) -> User | None:
    """Return the account of a phone (按手机号找账号); None when it has none."""
    key = fingerprint(phone)
    return User.objects.filter(phone_key=key).first() if key else None


def user_by_login(text: str) -> User | None:
    """Return the account that a phone or a staff number names (按手机号或工号找账号)."""
    text = text.strip()
    if phone_faults(text) is None and (user := user_by_phone(normalize_phone(text))) is not None:
        return user
    return User.objects.filter(handle=text).first()


def family_of(user: User) -> list[Person]:
    """
    Return the people of the directory who gave this account's phone (共用这个手机号的人).

    None for an account that belongs to one person, or whose phone was never proved.
    """
    if user.belongs_to_one or user.phone_verified_at is None:
        return []
    return list(directory.people_with_phone_key(user.phone_key))


# --- the proof of a phone, without an account -------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ProvedPhone:
    """A phone that somebody proved to hold (验证过的手机号): `key` finds people, `until` is when to prove it again."""

    phone: str
    key: str
    until: datetime

    @property
    def masked(self) -> str:
        return mask_phone(self.phone)


def proof_of(phone: str, now: datetime) -> str:
    """Return *phone* and the moment, sealed, so that the session keeps no number in the clear (凭证)."""
    said = json.dumps({"phone": phone, "at": now.timestamp()})
    return base64.b64encode(seal(said)).decode()


def proved_phone(session: Mapping[str, object], now: datetime) -> ProvedPhone | None:
    """Return the phone that this session proved in the last twenty minutes (验证过的手机号); None when none."""
    kept = session.get(PROOF)
    if not isinstance(kept, str):
        return None
    try:
        said = json.loads(unseal(base64.b64decode(kept)))
    except (Unreadable, ValueError):
        return None
    at = datetime.fromtimestamp(said["at"], tz=now.tzinfo)
    until = at + timedelta(minutes=rule("self-service.minutes", today(now)).number)
    if not at <= now < until:
        return None
    return ProvedPhone(phone=said["phone"], key=fingerprint(said["phone"]), until=until)


# --- roles ----------------------------------------------------------------------------------------


def in_force(day: date) -> QuerySet[RoleAssignment]:
    """Return the roles in force on *day* (在任)."""
    return RoleAssignment.objects.filter(Q(until__isnull=True) | Q(until__gt=day), since__lte=day)


@dataclass(frozen=True, kw_only=True)
class AsPost:
    """Somebody in one of their roles only, for asking what waits in it (换个身份看)."""

    pk: int | None
    post: Post
    is_authenticated: bool = True

    def held(self) -> tuple[Held, ...]:
        return (self.post.held,)

    def spoken_name(self) -> str:
        return str(self.post)


def waiting(user: User, now: datetime) -> dict[int, int]:
    """Return how many things wait in each role, by assignment (各身份的待办)."""
    todos = [todo for room in rooms().values() for todo in room.todos]
    found = {}
    for post in user.posts():
        by = AsPost(pk=user.pk, post=post)
        found[post.pk] = sum(_count_of(todo(by, now)) for todo in todos)
    return found


def _count_of(answer: Any) -> int:
    """A to-do answers with one (label, count, address), with several, or with none."""
    rows = [answer] if isinstance(answer, tuple) else list(answer or ())
    return sum(row[1] or 0 for row in rows)


@dataclass(frozen=True, kw_only=True)
class LastSignIn:
    """When and how somebody signed in before (上次登录)."""

    at: datetime
    how: str


def sign_ins_of(user: User, limit: int = 10) -> list[LastSignIn]:
    """Return the latest sign-ins of an account, newest first, as the audit book has them (登录记录)."""
    lines = Line.objects.filter(actor_id=user.pk, action="accounts.signed-in").order_by("-pk")
    found = []
    for line in lines[:limit]:
        said = [pair[1] for pair in line.changes.values() if pair[1]]
        found.append(LastSignIn(at=line.happened_at, how="，".join(said)))
    return found


def has_second_factor(user: User) -> bool:
    """Tell whether somebody has an authenticator app or a passkey (设了第二道验证)."""
    return _factors().filter(user_id=user.pk).exists()


def _factors() -> QuerySet[Authenticator]:
    return Authenticator.objects.exclude(type=Authenticator.Type.RECOVERY_CODES)


def sessions_of(user: User, now: datetime) -> list[Session]:
    """Return the browsers in which an account is signed in, newest first (登录着的地方)."""
    return list(user.sessions.filter(expire_date__gt=now).order_by("-started_at"))


def mark_of(session_key: str) -> str:
    """Return a mark that tells a session from others without giving its key away (登录标记)."""
    return fingerprint(f"session:{session_key}")[:16]


# --- people with accounts ---------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class AskedPeople:
    """What an administrator wants to see (筛选)."""

    text: str = ""
    role: str = ""
    state: str = "held"  # held, all, closed


def people(by: Actor, asked: AskedPeople, day: date) -> QuerySet[User]:
    """
    Return the accounts of people who work with the platform, by number, with their roles in force (账号).

    Residents, who only have a phone, are found by the whole number alone.

    :raises PermissionDenied: *by* may see no accounts.
    """
    rules.require_any(by, rules.SEE_PEOPLE)
    held = in_force(day).select_related("place", "organization").order_by("pk")
    found = User.objects.filter(rules.accounts_under(rules.SEE_PEOPLE, by))
    found = found.order_by("pk").prefetch_related(
        Prefetch("assignments", queryset=held, to_attr="held_now")
    )
    found = found.annotate(second_factor=Exists(_factors().filter(user_id=OuterRef("pk"))))
    of_user = in_force(day).filter(user_id=OuterRef("pk"))
    if asked.role:
        found = found.filter(Exists(of_user.filter(role=asked.role)))
    elif asked.state == "held" and not asked.text:
        found = found.filter(Exists(of_user))
    if asked.state == "closed":
        found = found.filter(is_active=False)
    if asked.text:
        found = found.filter(_named(asked.text))
    elif asked.state == "all":
        found = found.exclude(name="")
    return found


def _named(text: str) -> Q:
    if phone_faults(text) is None:
        return Q(phone_key=fingerprint(normalize_phone(text)))
    return Q(name__contains=text) | Q(handle=text)


def person(by: Actor, pk: int, day: date) -> User | None:
    """
    Return one account with its roles in force and all roles ever (一个账号); None when there is none.

    :raises PermissionDenied: *by* may see no accounts.
    """
    found = people(by, AskedPeople(state="any"), day).filter(pk=pk)
    ever = RoleAssignment.objects.select_related("place", "organization", "given_by")
    return found.prefetch_related(
        Prefetch("assignments", queryset=ever.order_by("-since", "-pk"), to_attr="held_ever")
    ).first()


def shut(by: Actor, now: datetime) -> QuerySet[Turnstile]:
    """
    Return what too many wrong tries have shut (锁着的), latest first.

    :raises PermissionDenied: *by* may not unlock.
    """
    rules.require_any(by, rules.UNLOCK)
    found = Turnstile.objects.filter(shut_until__gt=now).select_related("user")
    if not rules.over_all(rules.UNLOCK, by):
        found = found.filter(user__in=User.objects.filter(rules.accounts_under(rules.UNLOCK, by)))
    return found.order_by("-shut_until")


def shut_for(user: User, now: datetime) -> list[Turnstile]:
    """Return what is shut of one account (这个账号锁着的)."""
    return list(Turnstile.objects.filter(user=user, shut_until__gt=now))


def find_over(text: str, role: str) -> Place | Organization:
    """
    Return the place or organization that *text* means for a role (任职范围).

    :raises PlaceNotFound: no place is meant; its message names near ones.
    """
    if role in OVER_ORGANIZATIONS:
        found = Organization.objects.filter(Q(name=text) | Q(short_name=text) | Q(uscc=text))
        if (organization := found.order_by("pk").first()) is not None:
            return organization
    return find_place(text, levels=LEVELS.get(role, ()))


def watchers(by: Actor, day: date) -> QuerySet[RoleAssignment]:
    """Return the administrators and auditors whose accounts *by* may see, by role (管理员和审计)."""
    seen = User.objects.filter(rules.accounts_under(rules.SEE_PEOPLE, by))
    return (
        in_force(day)
        .filter(role__in=WATCHERS, user__in=seen)
        .select_related("user", "place")
        .order_by("role", "pk")
    )


# --- rules on pages ---------------------------------------------------------------------------------


def matrix() -> list[Permission]:
    """Return every permission that the rooms declare, in the order of their codes (权限表)."""
    found: dict[str, Permission] = {}
    for config in apps.get_app_configs():
        if config.name.startswith("gongzhi.") and find_spec(f"{config.name}.rules"):
            module = import_module(f"{config.name}.rules")
            found |= {p.code: p for p in permissions_in(vars(module))}
    return [found[code] for code in sorted(found)]


def may_do(role: str) -> list[str]:
    """Return what a role lets somebody do, in words (这个身份能做什么)."""
    return [p.label for p in matrix() if role in p.roles]


def matrix_rows() -> Iterable[str]:
    """Yield who may do what as rows of a markdown table (权限表)."""
    yield "| 代码 | 做什么 | 哪些角色 |"
    yield "| --- | --- | --- |"
    for p in matrix():
        who = "、".join(Role(r).label for r in Role.values if r in p.roles)
        yield f"| {p.code} | {p.label} | {who} |"


def security_rules(day: date) -> list[tuple[str, Rule]]:
    """Return the rules of sign-in and sessions on *day*, each with what it is about (安全规则)."""
    return [
        (rows[0].note, row)
        for key, rows in all_rules().items()
        if key.startswith(("sign-in.", "sessions.", "phone-code.", "self-service.", "audit."))
        for row in rows
        if row.holds_on(day)
    ]
