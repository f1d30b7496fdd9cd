"""Deeds at the door: a clerk looks somebody up at a counter, a person denies a registration."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.directory import services as directory
from gongzhi.directory.models import Dispute, Membership, Person, Volunteer
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Unacceptable

from . import queries, rules

NEVER = "我没有同意过这条登记。"


class WhyLookUp(Unacceptable):
    code = "portal.why-look-up"
    message = "没有写为什么查，所以没有打开。请写明谁在窗口、看过什么证件，至少4个字。"
    field = "reason"


@transaction.atomic
def look_up_at_counter(*, by: Actor, person: Person, reason: str, now: datetime) -> Person:
    """
    Open what is registered in the name of somebody who stands at the counter with their card (窗口查登记).

    The person reads this line among those who looked.

    :raises PermissionDenied: *by* serves no counter at the person's place.
    :raises WhyLookUp: no reason is given.
    """
    rules.COUNTER.require(by, person)
    reason = " ".join(reason.split())[:300]
    if len(reason) < 4:
        raise WhyLookUp
    person = Person.objects.select_related("place").get(pk=person.standing_id)
    audit.record(
        by,
        "portal.looked-up-at-counter",
        person,
        subject=person.pk,
        place=person.place.path,
        reason=reason,
        now=now,
    )
    return person


@transaction.atomic
def deny_registration(
    *, by: Actor, registration: Volunteer | Membership, now: datetime
) -> Volunteer | Membership:
    """
    Say of a registration that one never agreed to it (我没同意过): it ends at once, and whoever made it answers.

    :raises PermissionDenied: *by* is not the person registered; :raises NotLive: it ended before.
    """
    rules.require_person(by, registration.person_id)
    kind = "volunteer" if isinstance(registration, Volunteer) else "membership"
    waiting = Dispute.objects.filter(**{kind: registration}, state=Dispute.State.OPEN)
    if not waiting.exists():
        directory.dispute_registration(by=by, registration=registration, text=NEVER, now=now)
    ended = directory.end_registration(
        by=by, registration=registration, reason="本人没有同意过", now=now
    )
    audit.record(
        by,
        "portal.registration-denied",
        ended,
        subject=registration.person_id,
        place=queries.place_of(ended).path,
        now=now,
    )
    return ended
