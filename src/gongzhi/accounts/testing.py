"""Makers of accounts and roles, for tests and for the demonstration."""

from __future__ import annotations

from datetime import date

from gongzhi.directory.models import Organization, Person
from gongzhi.places.models import Place
from gongzhi.shared.gateways import Gateway, Parcel
from gongzhi.shared.permissions import Role
from gongzhi.shared.sealed import fingerprint

from .models import RoleAssignment, User

PASSWORD = "Qingxi-2026-shequ"


def make_user(
    role: Role | str | None = None,
    place: Place | None = None,
    organization: Organization | None = None,
    name: str = "李女士",
    *,
    phone: str = "",
    handle: str = "",
    person: Person | None = None,
    since: date = date(2020, 1, 1),
    until: date | None = None,
    password: str = "",
) -> User:
    """Return an account, appointed to *role* over *place* or *organization* when they are given."""
    user = User(
        handle=handle or f"u{User.objects.count() + 1}",
        name=name,
        phone=phone,
        phone_key=fingerprint(phone),
        person=person,
    )
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    if role is not None:
        appointed(user, role, place, organization, since=since, until=until)
    return user


def appointed(
    user: User,
    role: Role | str,
    place: Place | None = None,
    organization: Organization | None = None,
    *,
    since: date = date(2020, 1, 1),
    until: date | None = None,
) -> RoleAssignment:
    """Return a role that *user* holds over *place* or *organization*."""
    user.__dict__.pop("_posts", None)
    return RoleAssignment.objects.create(
        user=user, role=role, place=place, organization=organization, since=since, until=until
    )


class OutboxGateway(Gateway):
    """Keeps messages in memory: `outbox` holds (phone, text), newest last."""

    def send(self, parcel: Parcel) -> None:
        outbox.append((parcel.to, parcel.text))


outbox: list[tuple[str, str]] = []
OUTBOX = f"{__name__}.OutboxGateway"  # for GONGZHI_MESSAGE_GATEWAY


def last_code(phone: str) -> str:
    """Return the six digits that last went to *phone*."""
    text = [text for to, text in outbox if to == phone][-1]
    return text.partition("验证码")[2][:6]
