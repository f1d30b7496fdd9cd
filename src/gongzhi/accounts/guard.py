"""
How tries are counted and where they end (限次): each try is spent before it is judged.

Whoever tries holds the row of the account and of the address, so that of many tries at once no more are
let through than the rule allows; the slow work of comparing a password is done after the row is free again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.shared.calendar import local, today
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused
from gongzhi.shared.sealed import fingerprint

from .models import Turnstile, User

Kind = Turnstile.Kind
HOUR = timedelta(hours=1)


class Shut(Refused):
    code = "accounts.shut"
    message = "连着输错{tries}次，先锁住了，{until}以后再试。{instead}"
    status = 429


class TooManyCodes(Refused):
    code = "accounts.too-many-codes"
    message = "{whose}已经要了{count}次验证码，太多了，{until}以后再要。着急请打社区窗口的电话，或到窗口办。"
    status = 429


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One row that counts: of what kind, whose, how many tries, in how long (一道限次)."""

    kind: Kind
    key: str
    most: int
    within: timedelta
    user: User | None = None


def gates_of_sign_in(
    kind: Kind, whose: str, address: str, now: datetime, user: User | None = None
) -> list[Gate]:
    """Return the rows that a try to sign in spends: one of the account, one of the address."""
    day = today(now)
    lock = timedelta(minutes=rule("sign-in.lock-minutes", day).number)
    account = Gate(
        kind=kind,
        key=fingerprint(f"{kind}:{whose}"),
        most=rule("sign-in.failures", day).number,
        within=lock,
        user=user,
    )
    return [account, *gates_of_address(address, now)]


def gates_of_address(address: str, now: datetime) -> list[Gate]:
    """Return the row of an address, where tries of many accounts add up; none when the address is unknown."""
    if not address:
        return []
    day = today(now)
    return [
        Gate(
            kind=Kind.ADDRESS,
            key=fingerprint(f"address:{address}"),
            most=rule("sign-in.failures-from-address", day).number,
            within=timedelta(minutes=rule("sign-in.lock-minutes", day).number),
        )
    ]


@transaction.atomic
def admit(gates: Iterable[Gate], now: datetime) -> list[Gate]:
    """
    Spend one try at each gate and return those that it was the last for (先记一次).

    :raises Shut: one of them is shut; nothing is spent then.
    """
    last = []
    for gate in gates:
        row = _held(gate, now)
        if row.count >= gate.most:
            raise Shut(
                tries=gate.most,
                until=clock(row.shut_until or now),
                instead=INSTEAD.get(gate.kind, ""),
            )
        row.count += 1
        if row.count >= gate.most:
            row.shut_until = now + gate.within
            last.append(gate)
        row.save()
    return last


INSTEAD = {
    Kind.PASSWORD: "忘了密码可以用短信验证码登录。",
    Kind.SECOND_FACTOR: "手机丢了请找县里的安全管理员。",
    Kind.ADDRESS: "这个网络上有人连着输错，不是您的话请换个网络，或到社区窗口办。",
}


@transaction.atomic
def failed(
    gates: Iterable[Gate], last: Iterable[Gate], *, by: Actor, what: str, now: datetime
) -> None:
    """Leave a line that a try failed, and one for each gate that it shut (登录失败)."""
    for gate in gates:
        if gate.kind != Kind.ADDRESS:
            audit.record(
                by, "accounts.sign-in-failed", gate.user, changes={"怎么登录": ["", what]}, now=now
            )
    for gate in last:
        audit.record(
            by,
            "accounts.shut",
            gate.user,
            changes={"锁了什么": ["", gate.kind.label], "锁到": ["", clock(now + gate.within)]},
            now=now,
        )


@transaction.atomic
def passed(gates: Iterable[Gate], now: datetime) -> None:
    """Forget the tries of an account that got in; an address gets back the one try it spent (登录成功)."""
    for gate in gates:
        row = _held(gate, now)
        row.count = max(0, row.count - 1) if gate.kind == Kind.ADDRESS else 0
        row.shut_until = None if row.count < gate.most else row.shut_until
        row.save()


def spend_code(gates: Iterable[Gate], now: datetime) -> None:
    """
    Spend one message at each gate, within the caller's transaction (记一次发送).

    :raises TooManyCodes: a phone or an address asked too often.
    """
    for gate in gates:
        row = _held(gate, now)
        if row.count >= gate.most:
            raise TooManyCodes(
                whose="这个网络" if gate.kind == Kind.CODES_FROM_ADDRESS else "这个手机号",
                count=gate.most,
                until=clock(row.since + gate.within, today(now)),
            )
        row.count += 1
        row.save()


def gates_of_codes(phone_key: str, address: str, now: datetime) -> list[Gate]:
    """Return the rows that one message spends: the phone's hour and day, the address's hour."""
    day = today(now)
    gates = [
        Gate(
            kind=Kind.CODES_TO_PHONE,
            key=phone_key,
            most=rule("phone-code.most-per-hour", day).number,
            within=HOUR,
        ),
        Gate(
            kind=Kind.CODES_TO_PHONE_DAILY,
            key=phone_key,
            most=rule("phone-code.most-per-day", day).number,
            within=24 * HOUR,
        ),
    ]
    if address:
        gates.append(
            Gate(
                kind=Kind.CODES_FROM_ADDRESS,
                key=fingerprint(f"address:{address}"),
                most=rule("phone-code.most-per-hour-from-address", day).number,
                within=HOUR,
            )
        )
    return gates


def _held(gate: Gate, now: datetime) -> Turnstile:
    """Return the row under lock, emptied when its time is over."""
    row, _ = Turnstile.objects.select_for_update().get_or_create(
        kind=gate.kind, key=gate.key, defaults={"since": now, "user": gate.user}
    )
    over = row.shut_until <= now if row.shut_until else row.since + gate.within <= now
    if over:
        row.count, row.since, row.shut_until = 0, now, None
    return row


def clock(moment: datetime, day: date | None = None) -> str:
    """Return the local hour and minute, with the day when it is another (几点几分)."""
    at = local(moment)
    if day is not None and at.date() != day:
        return f"{at.month}月{at.day}日{at:%H:%M}"
    return f"{at:%H:%M}"
