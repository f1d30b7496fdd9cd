"""
Carrying messages out: one claim, one try, one result for each delivery, outside of any transaction.

A delivery is claimed by one conditional UPDATE, so that two workers never carry the same one. Whoever dies with a
delivery in hand leaves it claimed; after ten minutes it counts as a try that failed.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, time, timedelta

from django.db.models import F
from django.utils import timezone
from django_tasks import task

from gongzhi.shared import gateways
from gongzhi.shared.calendar import local, today
from gongzhi.shared.dated import rule
from gongzhi.shared.messages import Channel, Kind, kinds

from . import queries
from .models import Delivery

State = Delivery.State
BATCH = 100
log = logging.getLogger(__name__)


@task()
def carry(pks: list[int]) -> int:
    """Carry these deliveries out and return how many went (发出去)."""
    return sum(carry_one(pk, timezone.now()) == State.SENT for pk in pks)


def enqueue(pks: Sequence[int]) -> None:
    """Queue deliveries, some at a time, so that one long list does not hold up the next job."""
    for start in range(0, len(pks), BATCH):
        carry.enqueue(list(pks[start : start + BATCH]))


def carry_one(pk: int, now: datetime) -> str:
    """Carry one delivery and return what came of it, empty when it was not to be carried now (发一条)."""
    claimed = Delivery.objects.filter(pk=pk, state=State.WAITING, not_before__lte=now).update(
        state=State.SENDING, claimed_at=now, tries=F("tries") + 1
    )
    if not claimed:
        return ""
    delivery = Delivery.objects.select_related("message__user").get(pk=pk)
    kind = kinds().get(delivery.message.kind)
    if kind is None or not _is_wanted(delivery, kind):
        return _settle(delivery, State.OFF, now)
    if (morning := rests_until(kind, delivery.channel, now)) > now:
        return _settle(delivery, State.WAITING, now, not_before=morning, tries=delivery.tries - 1)
    to = _address(delivery)
    if not to:
        return _settle(delivery, State.FAILED, now, error="没有留地址")
    message = delivery.message
    parcel = gateways.Parcel(
        to=to,
        title=message.title,
        text=_text(delivery, kind),
        kind=kind.key,
        words=message.words,
        ident=f"{delivery.pk}",
    )
    try:
        gateways.send(parcel, delivery.channel)
    except gateways.Unreachable:
        return _settle(delivery, State.FAILED, now, error="这个号码收不到")
    except Exception as error:
        log.warning("delivery %s failed: %s", delivery.pk, type(error).__name__)
        return failed_try(delivery, now, type(error).__name__)
    return _settle(delivery, State.SENT, now)


def failed_try(delivery: Delivery, now: datetime, error: str) -> str:
    """Let a delivery that failed wait for its next try, or end it after the last (再试)."""
    pauses = rule("outbox.retry-minutes", today(now)).words
    if delivery.tries > len(pauses):
        return _settle(delivery, State.FAILED, now, error=error)
    later = now + timedelta(minutes=int(pauses[delivery.tries - 1]))
    return _settle(delivery, State.WAITING, now, not_before=later, error=error)


def rests_until(kind: Kind, channel: str, now: datetime) -> datetime:
    """Return the moment from which a message may go: *now*, or the morning for a short message at night (安静时段)."""
    if channel != Channel.SMS or not kind.can_wait:
        return now
    begins, ends = (int(hour) for hour in rule("outbox.quiet-hours", today(now)).words)
    here = local(now)
    if ends <= here.hour < begins:
        return now
    day = here.date() + timedelta(days=1) if here.hour >= begins else here.date()
    return datetime.combine(day, time(ends), tzinfo=here.tzinfo)


def _is_wanted(delivery: Delivery, kind: Kind) -> bool:
    message = delivery.message
    holder = message.user_id or queries.holder_of(message.phone_key)
    choices = queries.choices_of([holder], kind) if holder else {}
    return queries.wants(kind, delivery.channel, holder, choices)


def _address(delivery: Delivery) -> str:
    message = delivery.message
    if delivery.channel == Channel.MAIL:
        return message.user.email if message.user else ""
    sealed = message.user.phone if message.user else message.phone
    return sealed.open() if sealed else ""


def _text(delivery: Delivery, kind: Kind) -> str:
    body, reason = delivery.message.body, f"您收到这条消息，是因为{kind.reason}。"
    if delivery.channel == Channel.MAIL:
        return f"{body}\n\n{reason}不想再收，请登录后到“我的消息”里关掉这一类。"
    return f"【共治】{body}{reason}"


def _settle(delivery: Delivery, state: str, now: datetime, **changed: object) -> str:
    ended = {} if state == State.WAITING else {"done_at": now}
    mine = Delivery.objects.filter(
        pk=delivery.pk, state=State.SENDING, claimed_at=delivery.claimed_at
    )
    mine.update(**({"state": state, "error": ""} | ended | changed))
    return state
