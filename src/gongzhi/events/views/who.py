"""Who stands before a page of one's own: an account, or a phone that a code proved a moment ago."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from gongzhi.accounts import queries as accounts
from gongzhi.accounts.models import User
from gongzhi.directory import queries as directory
from gongzhi.directory.models import Person
from gongzhi.directory.services import Oneself
from gongzhi.events import paging, rules
from gongzhi.events.models import Event, Registration
from gongzhi.shared.codes import mask_phone, polite_name
from gongzhi.shared.permissions import Actor
from gongzhi.ui.doors import Request

SEX = {Person.Sex.MALE: "male", Person.Sex.FEMALE: "female"}


@dataclass(frozen=True, kw_only=True)
class Asking:
    """
    Whoever asks (谁在看): `people` are whom they may be, oneself first; a phone serves a whole family.

    What a page shows of these people went to that phone as messages anyway.
    """

    how: str = ""  # account, phone; empty for somebody unknown
    user: User | None = None
    phone: str = ""
    people: Sequence[Person] = ()

    @property
    def masked(self) -> str:
        return mask_phone(self.phone) if self.phone else ""

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None

    def acts_for(self, person: Person) -> Actor:
        """Return as whom a deed about *person* is done: the account where it is theirs, else the person."""
        if self.user is not None and rules.is_oneself(self.user, person.pk):
            return self.user
        return Oneself(person.pk)


def asking(request: Request, now: datetime) -> Asking:
    """Return who asks, looked up once a request (谁在看)."""
    found: Asking | None = getattr(request, "_events_asking", None)
    if found is None:
        found = _look_up(request, now)
        request._events_asking = found  # type: ignore[attr-defined]  # kept for this request only
    return found


def forget(request: Request) -> None:
    """Look again: a code was just proved, or a person entered."""
    request.__dict__.pop("_events_asking", None)


def _look_up(request: Request, now: datetime) -> Asking:
    user = request.user
    if isinstance(user, User):
        phone = user.phone.open() if user.phone and user.phone_verified_at else ""
        own = list(Person.objects.select_related("place").filter(pk=user.person_id or 0))
        return Asking(how="account", user=user, phone=phone, people=own or accounts.family_of(user))
    proved = accounts.proved_phone(request.session, now)
    if proved is None:
        return Asking()
    return Asking(
        how="phone", phone=proved.phone, people=list(directory.people_with_phone(proved.phone))
    )


def called(person: Person) -> str:
    """Return how a page names somebody (称呼): 王先生, 李女士, or the masked name."""
    return polite_name(person.name, SEX.get(Person.Sex(person.sex), ""))


def registrations_here(asking: Asking, event: Event) -> list[Registration]:
    """Return what whoever asks has to do with one event (这一场我报的)."""
    if not asking.how:
        return []
    found = mine(asking).filter(event=event, status__in=Registration.LIVE)
    return list(found)


def mine(asking: Asking) -> paging.QuerySet[Registration]:
    """Return everything registered for whoever asks, or by their account for the family (我报的)."""
    return paging.registrations_of([p.pk for p in asking.people], asking.user_id)


def owned(asking: Asking, pk: int) -> Registration | None:
    """Return one registration of whoever asks; None when it is somebody else's."""
    return mine(asking).filter(pk=pk).first() if asking.how else None


def actor_for(asking: Asking, registration: Registration) -> Actor:
    """Return as whom a deed about *registration* is done: the account that made it, or the person."""
    if asking.user is not None and registration.registered_by_id == asking.user.pk:
        return asking.user
    return asking.acts_for(registration.person)


def names_of(people: Iterable[Person]) -> list[tuple[str, str]]:
    """Return the people of a phone so that a family tells them apart and nobody else does (哪一位)."""
    said = []
    for person in people:
        born = f"{person.birth_year}年生" if person.birth_year else "没登记出生年"
        said.append((str(person.pk), f"{called(person)}\n{born} · {person.place}"))
    return said
