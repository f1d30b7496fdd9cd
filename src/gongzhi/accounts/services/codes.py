"""One-time codes: sent to a phone, used once, and what they open."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from gongzhi.accounts import guard, queries, rules
from gongzhi.accounts.models import PhoneCode, User
from gongzhi.audit import services as audit
from gongzhi.shared import gateways
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import mask_phone, require_phone
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Actor
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.sealed import fingerprint

Purpose = PhoneCode.Purpose


class CodeTooSoon(Refused):
    code = "accounts.code-too-soon"
    message = "刚发过一条，{seconds}秒以后可以再发。先看看短信是不是被拦了。"
    status = 429


class MessageNotSent(Refused):
    code = "accounts.message-not-sent"
    message = "短信没有发出去，是短信平台没有接住。请过一会儿再试，或到社区窗口办。"


class CodeWrong(Unacceptable):
    code = "accounts.code-wrong"
    message = "验证码不对，还能试{left}次。请照短信里的6位数字再填一遍。"
    field = "code"


class CodeUsedUp(Unacceptable):
    code = "accounts.code-used-up"
    message = "这个验证码不能用了：过了{minutes}分钟、用过一次，或者试错太多次。请再发一个。"
    field = "code"


class AccountClosed(Refused):
    code = "accounts.account-closed"
    message = "这个账号停用了，登不进去。要恢复请找县里的系统管理员。"


class PhoneTaken(Refused):
    code = "accounts.phone-taken"
    message = "这个手机号已经是另一个账号的了，不能再用。请换一个号码，或先在那个账号里换掉。"


@dataclass(frozen=True, kw_only=True)
class Tried:
    """
    What came of a typed code (验证结果): `refusal` says why not, and has been counted already.

    A wrong code must be remembered, so the deed ends well and hands the refusal back instead of raising it.
    """

    refusal: Refused | None = None
    user: User | None = None
    proof: str = ""


@transaction.atomic
def send_phone_code(
    *, by: Actor, phone: str, purpose: str, address: str = "", now: datetime
) -> None:
    """
    Send a one-time code of six digits to *phone* (发验证码); the code before it opens nothing any more.

    The message goes out when the transaction has ended. Whether the phone has an account makes no difference.

    :raises BadValue: it is no mobile number.
    :raises CodeTooSoon: the last code went out a moment ago.
    :raises TooManyCodes: too many went to this phone, or from this address.
    :raises MessageNotSent: the message provider did not take it.
    """
    rules.allow_anyone(by)
    phone = require_phone(phone)
    day, key = today(now), fingerprint(phone)
    minutes = rule("phone-code.minutes", day).number
    pause = timedelta(seconds=rule("phone-code.resend-seconds", day).number)
    kept, _ = PhoneCode.objects.select_for_update().get_or_create(
        phone_key=key,
        purpose=purpose,
        defaults={"code_key": "", "sent_at": now - 2 * pause, "expires_at": now},
    )
    if (wait := kept.sent_at + pause - now) > timedelta():
        raise CodeTooSoon(seconds=-(-wait // timedelta(seconds=1)))
    guard.spend_code(guard.gates_of_codes(key, address, now), now)
    code = f"{secrets.randbelow(10**6):06}"
    kept.code_key = _key_of(key, code)
    kept.sent_at, kept.expires_at = now, now + timedelta(minutes=minutes)
    kept.tries, kept.used_at = 0, None
    kept.save()
    audit.record(
        by,
        "accounts.code-sent",
        changes={"手机号": ["", mask_phone(phone)], "用途": ["", Purpose(purpose).label]},
        now=now,
    )
    text = (
        f"【共治】验证码{code}，{minutes}分钟内有效，用于{Purpose(purpose).label}。"
        "不要告诉别人，工作人员也不会问您要。"
    )
    words = {"code": code, "minutes": str(minutes), "purpose": Purpose(purpose).label}
    parcel = gateways.Parcel(to=phone, text=text, kind="accounts.code", words=words)
    transaction.on_commit(lambda: _deliver(parcel))


@transaction.atomic
def sign_in_with_code(*, by: Actor, phone: str, code: str, now: datetime) -> Tried:
    """
    Use a code to sign in (验证码登录); whoever comes first gets an account that keeps the phone alone.

    :raises BadValue: it is no mobile number.
    """
    rules.allow_anyone(by)
    phone = require_phone(phone)
    refusal = _use(phone, Purpose.SIGN_IN, code, now)
    user = queries.user_by_phone(phone)
    if refusal is None and user is not None and not user.is_active:
        refusal = AccountClosed()
    if refusal is not None:
        audit.record(
            by,
            "accounts.sign-in-failed",
            user,
            changes={"怎么登录": ["", "验证码"], "手机号": ["", mask_phone(phone)]},
            now=now,
        )
        return Tried(refusal=refusal)
    if user is None:
        user = User(handle=f"p{secrets.token_hex(8)}", phone=phone, phone_key=fingerprint(phone))
        user.set_unusable_password()
        user.phone_verified_at = now
        user.save()
        audit.record(user, "accounts.account-opened", user, reason="本人用手机验证码登录", now=now)
    elif user.phone_verified_at is None:
        user.phone_verified_at = now
        user.save(update_fields=["phone_verified_at"])
    return Tried(user=user)


@transaction.atomic
def prove_phone(*, by: Actor, phone: str, code: str, now: datetime) -> Tried:
    """
    Use a code to prove who holds a phone, without an account (证明手机号在手里).

    `proof` goes into the session under `queries.PROOF`; `queries.proved_phone` reads it for twenty minutes.

    :raises BadValue: it is no mobile number.
    """
    rules.allow_anyone(by)
    phone = require_phone(phone)
    refusal = _use(phone, Purpose.PROVE, code, now)
    audit.record(
        by,
        "accounts.phone-proof-failed" if refusal else "accounts.phone-proved",
        changes={"手机号": ["", mask_phone(phone)]},
        now=now,
    )
    return Tried(refusal=refusal, proof="" if refusal else queries.proof_of(phone, now))


@transaction.atomic
def change_phone(*, by: Actor, user: User, phone: str, code: str, now: datetime) -> Tried:
    """
    Give one's account another phone that a code has proved (换手机号).

    :raises PermissionDenied: it is not one's own account.
    :raises BadValue: it is no mobile number.
    """
    rules.require_self(by, user.pk)
    phone = require_phone(phone)
    user = User.objects.select_for_update().get(pk=user.pk)
    if refusal := _use(phone, Purpose.CHANGE, code, now):
        audit.record(by, "accounts.phone-proof-failed", user, now=now)
        return Tried(refusal=refusal)
    owner = queries.user_by_phone(phone)
    if owner is not None and owner.pk != user.pk:
        return Tried(refusal=PhoneTaken())
    before = user.masked_phone()
    user.phone, user.phone_key, user.phone_verified_at = phone, fingerprint(phone), now
    user.save(update_fields=["phone", "phone_key", "phone_verified_at"])
    audit.record(
        by,
        "accounts.phone-changed",
        user,
        changes={"手机号": [before, mask_phone(phone)]},
        now=now,
    )
    return Tried(user=user)


def _use(phone: str, purpose: str, code: str, now: datetime) -> Refused | None:
    """Spend one try of the code under its lock; return why it does not open, None when it does."""
    day, key = today(now), fingerprint(phone)
    used_up = CodeUsedUp(minutes=rule("phone-code.minutes", day).number)
    kept = PhoneCode.objects.select_for_update().filter(phone_key=key, purpose=purpose).first()
    most = rule("phone-code.tries", day).number
    if kept is None or kept.used_at or kept.expires_at <= now or kept.tries >= most:
        return used_up
    kept.tries += 1
    right = hmac.compare_digest(kept.code_key, _key_of(key, "".join(code.split())))
    if right:
        kept.used_at = now
    kept.save(update_fields=["tries", "used_at"])
    if right:
        return None
    return CodeWrong(left=most - kept.tries) if kept.tries < most else used_up


def _key_of(phone_key: str, code: str) -> str:
    return fingerprint(f"code:{phone_key}:{code}")


def _deliver(parcel: gateways.Parcel) -> None:
    try:
        gateways.send(parcel)
    except Exception as error:
        # The provider's own words may hold the number: they are not passed on.
        raise MessageNotSent from error
