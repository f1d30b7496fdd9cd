"""Accounts, and the roles their holders were given over a place or an organization."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import CheckConstraint, F, Index, Q, UniqueConstraint
from django.utils import timezone

from gongzhi.directory.models import Organization, Person
from gongzhi.places.models import Place, PlaceLink
from gongzhi.shared.codes import mask_phone
from gongzhi.shared.permissions import STAFF, Held, Role
from gongzhi.shared.sealed import SealedField

# 三员分立: who runs the accounts, who guards the rules, who reads the book are three people.
ADMINISTRATORS = frozenset({Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN})
# Who reads the audit book is not chosen by whom the book watches.
WATCHERS = ADMINISTRATORS | {Role.AUDITOR}
# Whoever sees other people's data at work signs in with a second factor.
GUARDED = (
    STAFF
    | ADMINISTRATORS
    | {Role.FOUNDATION_ACCOUNTANT, Role.FOUNDATION_DIRECTOR, Role.FISCAL_ACCOUNTANT}
)

# Where a role may be held; a role that is not here is held over any place.
LEVELS: dict[str, tuple[int, ...]] = {
    Role.COUNTY_OPERATOR: (Place.Level.COUNTY,),
    Role.COUNTY_OFFICER: (Place.Level.COUNTY,),
    Role.COUNTY_LEADER: (Place.Level.COUNTY,),
    Role.CENTER_OPERATOR: (Place.Level.TOWN, Place.Level.PARK),
    Role.TOWN_OFFICER: (Place.Level.TOWN,),
    Role.COMMUNITY_CLERK: (Place.Level.VILLAGE,),
    Role.PARK_OFFICER: (Place.Level.PARK,),
    Role.FISCAL_ACCOUNTANT: (Place.Level.COUNTY,),
    Role.AUDITOR: (Place.Level.COUNTY, Place.Level.TOWN),
    Role.SYSTEM_ADMIN: (Place.Level.COUNTY,),
    Role.SECURITY_ADMIN: (Place.Level.COUNTY,),
    Role.AUDIT_ADMIN: (Place.Level.COUNTY,),
}
# Roles that are held over an organization, or may be.
FOUNDATION = frozenset(
    {Role.FOUNDATION_STAFF, Role.FOUNDATION_ACCOUNTANT, Role.FOUNDATION_DIRECTOR}
)
OVER_ORGANIZATIONS = frozenset({Role.ORGANIZATION_MANAGER, Role.TEAM_LEADER}) | FOUNDATION


@dataclass(frozen=True, kw_only=True)
class Post:
    """One role in force, in the words that pages use (身份)."""

    pk: int
    role: str
    over: str
    held: Held
    until: date | None = None

    def __str__(self) -> str:
        return f"{self.over} · {self.label}"

    @property
    def label(self) -> str:
        return Role(self.role).label if self.role in Role.values else self.role


class UserManager(BaseUserManager["User"]):
    """Accounts by their handle; phones are looked up by fingerprint in `queries`."""

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(handle=username)


class User(AbstractBaseUser):
    """
    An account (账号). The person behind it lives in the directory, below; a phone may serve a whole family.

    There is no superuser: rights come from role assignments alone, and the three administrators are separate people.
    """

    PRIVACY: ClassVar = {"phone": "S2", "name": "S1"}
    USERNAME_FIELD = "handle"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    # Nobody's sign-ins are kept as a figure: the audit book has them as deeds, and nowhere else.
    last_login = None

    handle = models.CharField("账号标识", max_length=40, unique=True)
    name = models.CharField("称呼", max_length=40, blank=True)
    email = models.EmailField("邮箱", blank=True)
    phone = SealedField("手机号")
    phone_key = models.CharField("手机号指纹", max_length=32, blank=True, editable=False)
    phone_verified_at = models.DateTimeField("手机号验证时间", null=True, blank=True)
    person = models.OneToOneField(
        Person, models.PROTECT, null=True, blank=True, related_name="user", verbose_name="本人"
    )
    # The id of an assignment, 0 for oneself as a resident; an assignment that has ended counts as none.
    usual_post = models.BigIntegerField("下次还用的身份", null=True, blank=True)
    is_active = models.BooleanField("可用", default=True)
    created_at = models.DateTimeField("建立时间", auto_now_add=True)

    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = "账号"
        constraints = [
            UniqueConstraint(
                name="accounts_one_account_a_phone",
                fields=["phone_key"],
                condition=~Q(phone_key=""),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.handle

    def spoken_name(self) -> str:
        """Return the name that audit lines and pages use (称呼)."""
        return self.name or "居民"

    def masked_phone(self) -> str:
        """Return the phone as pages show it (遮住的手机号); empty when there is none."""
        return self.phone.masked(mask_phone) if self.phone else ""

    def posts(self) -> tuple[Post, ...]:
        """Return every role in force today (身份), asked once per request: one query, two when a park is among them."""
        if not hasattr(self, "_posts"):
            self._posts = _posts_on(self.pk, timezone.localdate())
        return self._posts

    def act_for(self, choice: int | None) -> None:
        """
        Narrow everything that follows to one role (替谁办事): the chosen one, else the usual one, else the first.

        `choice` is the id of an assignment; 0 stands for nobody but oneself (居民本人).
        """
        self._narrowed, self._choice = True, choice
        self.__dict__.pop("_acting", None)

    def be(self, person_id: int) -> None:
        """
        Be one of the people who share this account's phone for the rest of this request (是家里的哪一位).

        Said by the session, never kept with the account: the next of the family signs in with the same phone.
        """
        self.person_id, self._shares = person_id, True

    @property
    def belongs_to_one(self) -> bool:
        """Tell whether the account itself is kept for one person (本人的账号), whoever holds the phone."""
        return self.person_id is not None and not getattr(self, "_shares", False)

    def withhold(self) -> None:
        """Let no role take effect for the rest of this request: the second factor is missing."""
        self._withheld = True

    @property
    def acting(self) -> Post | None:
        """Return the role acted for, None for a resident and outside of a request."""
        if not getattr(self, "_narrowed", False):
            return None
        if "_acting" not in self.__dict__:
            by_pk = {post.pk: post for post in self.posts()}
            choice = self._choice if self._choice is not None else self.usual_post
            first = next(iter(self.posts()), None)
            self._acting = None if choice == 0 else by_pk.get(choice or 0, first)
        return self._acting

    def held(self) -> tuple[Held, ...]:
        """Return the roles in force, narrowed to the one acted for."""
        if getattr(self, "_withheld", False):
            return ()
        if getattr(self, "_narrowed", False):
            return (self.acting.held,) if self.acting else ()
        return tuple(post.held for post in self.posts())


class Visitor(AnonymousUser):
    """Whoever has not signed in (访客): an actor without any role."""

    def held(self) -> tuple[Held, ...]:
        return ()

    def posts(self) -> tuple[Post, ...]:
        return ()

    def spoken_name(self) -> str:
        return "访客"

    @property
    def acting(self) -> Post | None:
        return None


class RoleAssignment(models.Model):
    """A role held over a place with all beneath it, or over an organization, from one day until another (任职)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="assignments", verbose_name="账号")
    role = models.CharField("角色", max_length=30, choices=Role)
    place = models.ForeignKey(
        Place, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="地点"
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="组织"
    )
    since = models.DateField("起")
    until = models.DateField("止（不含）", null=True, blank=True)
    basis = models.CharField("依据", max_length=120, blank=True)
    given_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="经办"
    )

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        constraints = [
            CheckConstraint(
                name="accounts_a_role_is_held_over_one_thing",
                condition=Q(place__isnull=False, organization__isnull=True)
                | Q(place__isnull=True, organization__isnull=False),
            ),
            CheckConstraint(
                name="accounts_an_assignment_ends_after_it_begins",
                condition=Q(until__isnull=True) | Q(until__gte=F("since")),
            ),
            CheckConstraint(
                name="accounts_nobody_appoints_themselves",
                condition=Q(given_by__isnull=True) | ~Q(given_by=F("user")),
            ),
            # Dated ends are judged in the deed, under the lock of the account.
            UniqueConstraint(
                name="accounts_one_open_administrator_role_a_person",
                fields=["user"],
                condition=Q(
                    until__isnull=True, role__in=sorted(role.value for role in ADMINISTRATORS)
                ),
            ),
        ]


class PhoneCode(models.Model):
    """A one-time code that went to a phone (短信验证码); kept as a keyed hash, used once."""

    class Purpose(models.TextChoices):
        SIGN_IN = "sign_in", "登录"
        PROVE = "prove", "查我的登记"
        CHANGE = "change", "换手机号"

    phone_key = models.CharField("手机号指纹", max_length=32)
    purpose = models.CharField("用途", max_length=10, choices=Purpose)
    code_key = models.CharField("验证码指纹", max_length=32)
    sent_at = models.DateTimeField("发出时间")
    expires_at = models.DateTimeField("失效时间")
    tries = models.SmallIntegerField("试错次数", default=0)
    used_at = models.DateTimeField("用掉时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "短信验证码"
        constraints = [
            # A new code takes the place of the one before, so that only the last one opens.
            UniqueConstraint(
                name="accounts_one_code_a_phone_and_purpose", fields=["phone_key", "purpose"]
            ),
        ]


class Turnstile(models.Model):
    """
    What one phone, account or address tried lately (限次): the row that whoever counts a try holds.

    `key` is a keyed hash of the phone, the account or the address: nobody's address is stored.
    """

    class Kind(models.TextChoices):
        CODES_TO_PHONE = "codes_to_phone", "一个手机号一小时收的验证码"
        CODES_TO_PHONE_DAILY = "codes_to_phone_daily", "一个手机号一天收的验证码"
        CODES_FROM_ADDRESS = "codes_from_address", "一个网络地址一小时要的验证码"
        PASSWORD = "password", "一个账号的密码"
        SECOND_FACTOR = "second_factor", "一个账号的第二道验证"
        ADDRESS = "address", "一个网络地址的登录"

    kind = models.CharField("限什么", max_length=20, choices=Kind)
    key = models.CharField("指纹", max_length=32)
    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="账号"
    )
    since = models.DateTimeField("从何时起数")
    count = models.IntegerField("次数", default=0)
    shut_until = models.DateTimeField("锁到", null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "限次"
        constraints = [
            UniqueConstraint(name="accounts_one_turnstile_a_key", fields=["kind", "key"])
        ]


class Session(AbstractBaseSession):
    """A signed-in browser (登录状态), kept beside its account so that it can be listed and ended."""

    session_data = models.TextField("内容")
    expire_date = models.DateTimeField("过期时间", db_index=True)
    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="sessions", verbose_name="账号"
    )
    device = models.CharField("设备", max_length=60, blank=True)
    started_at = models.DateTimeField("开始时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "登录状态"
        indexes = [Index(name="accounts_sessions_of_a_user", fields=["user", "expire_date"])]

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from .sessions import SessionStore

        return SessionStore


def _posts_on(user_id: int, day: date) -> tuple[Post, ...]:
    in_force = Q(since__lte=day) & (Q(until__isnull=True) | Q(until__gt=day))
    rows = list(
        RoleAssignment.objects.filter(in_force, user_id=user_id)
        .order_by("pk")
        .values_list(
            "pk",
            "role",
            "until",
            "place_id",
            "place__path",
            "place__level",
            "place__name",
            "organization_id",
            "organization__name",
        )
    )
    parks = {row[3] for row in rows if row[5] == Place.Level.PARK}
    covered: dict[int, list[str]] = {}
    if parks:
        links = PlaceLink.objects.filter(
            Q(until__isnull=True) | Q(until__gt=day), park__in=parks, since__lte=day
        )
        for park, path in links.order_by("place__path").values_list("park_id", "place__path"):
            covered.setdefault(park, []).append(path)
    return tuple(
        Post(
            pk=pk,
            role=role,
            over=place_name or organization_name,
            until=until,
            held=Held(
                role=role,
                paths=(path, *covered.get(place, ())) if path else (),
                organization=organization,
            ),
        )
        for pk, role, until, place, path, _, place_name, organization, organization_name in rows
    )
