"""Who stands before a page of one's own: an account, or a phone that a code proved a moment ago."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gongzhi.accounts import queries as accounts
from gongzhi.accounts.models import User
from gongzhi.directory import queries as directory
from gongzhi.directory.models import Person
from gongzhi.directory.services import Oneself
from gongzhi.shared.permissions import Actor
from gongzhi.ui.doors import Request
from gongzhi.volunteering import rules


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Whoever asks (谁在看): `people` are whom they may be, `person` the one chosen, nobody when unknown."""

    people: Sequence[Person] = ()
    person: Person | None = None
    by: Actor | None = None


def asking(request: Request, now: datetime) -> Asking:
    """Return who asks; of several people on one phone, the one named by `person` (谁在看)."""
    user = request.user
    people: list[Person] = []
    if isinstance(user, User):
        people = list(Person.objects.select_related("place").filter(pk=user.person_id or 0))
        phone = user.phone.open() if user.phone and user.phone_verified_at else ""
    else:
        proved = accounts.proved_phone(request.session, now)
        phone = proved.phone if proved else ""
    if phone:
        known = {p.pk for p in people}
        people += [p for p in directory.people_with_phone(phone) if p.pk not in known]
    if not people:
        return Asking()
    wanted = request.POST.get("person") or request.GET.get("person", "")
    person = next((p for p in people if f"{p.pk}" == wanted), people[0])
    own = isinstance(user, User) and rules.is_oneself(user, person.pk)
    return Asking(people=people, person=person, by=user if own else Oneself(person.pk))
