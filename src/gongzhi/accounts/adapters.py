"""What allauth asks of this house: where to go, what to say, how to seal, what to write in the audit book."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from gongzhi.shared.calendar import today
from gongzhi.shared.dated import rule
from gongzhi.shared.sealed import seal, unseal

from . import queries, services, signing
from .devices import device_of
from .models import User

SAID = {
    "account/messages/password_changed.txt": "密码改好了，别处的登录都退出了。",
    "account/messages/password_set.txt": "密码设好了。",
    "account/messages/logged_out.txt": "已退出登录。",
    "mfa/messages/totp_activated.txt": "动态码设好了，下次登录要用。",
    "mfa/messages/totp_deactivated.txt": "动态码停用了。",
    "mfa/messages/webauthn_added.txt": "密钥加好了，下次可以用它登录。",
    "mfa/messages/webauthn_removed.txt": "密钥删掉了。",
}
HOW = {"totp": "动态码", "webauthn": "密钥", "recovery_codes": "备用码"}


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in, sign-out and passwords in the manner of this house."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": "这个账号停用了，登不进去。要恢复请找县里的系统管理员。",
        "enter_current_password": "现在的密码不对。请再填一遍，注意大小写。",
        "incorrect_password": "密码不对。请再填一遍，注意大小写。",
        "incorrect_code": "验证没有通过。请照着最新的再来一次。",
        "too_many_login_attempts": "试得太多了，先锁住了。请过15分钟再试。",
        "rate_limited": "点得太快了。请过一会儿再试。",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["allauth.mfa.stages.AuthenticateStage"]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Lead people with several roles to choose one, others to their work, residents to their own."""
        user: Any = request.user
        if len(user.posts()) > 1 and user.usual_post is None:
            return reverse("accounts:roles")
        return reverse("portal:home") if user.posts() else reverse("portal:mine")

    def post_login(self, request: HttpRequest, user: User, **named: Any) -> HttpResponse:
        now = timezone.now()
        device = device_of(request.META.get("HTTP_USER_AGENT", ""))
        factors = [r for r in get_authentication_records(request, user) if r["method"] == "mfa"]
        first = (named.get("signal_kwargs") or {}).get("how", "")
        how = "加".join(filter(None, [first, HOW.get(factors[-1]["type"], "") if factors else ""]))
        user.act_for(None)
        signing.begin(request, user, device=device, second=bool(factors), now=now)
        services.note_sign_in(by=user, how=how, device=device, now=now)
        response = super().post_login(request, user, **named)
        # Who works with the platform acts in a role first, and says who they are when they want to.
        family = [] if user.posts() else queries.family_of(user)
        if len(family) > 1:
            return redirect(f"{reverse('accounts:oneself')}?{urlencode({'next': response.url})}")
        if family:
            chosen = services.choose_oneself(by=user, among=family, answer="", now=now)
            request.session[signing.ONESELF] = chosen.pk
        return response

    def logout(self, request: HttpRequest) -> None:
        user: Any = request.user
        if user.is_authenticated:
            services.note_sign_out(by=user, now=timezone.now())
        super().logout(request)

    def reauthenticate(self, user: User, password: str) -> bool:
        opened = signing.password_opens(context.request, user.handle, password, timezone.now())
        return opened is not None and opened.pk == user.pk

    def is_reauthentication_required(self, *, app: str, **named: Any) -> bool:
        """Ask again who it is, except in the first five minutes after sign-in, when it was just shown."""
        since = context.request.session.get(signing.SINCE)
        if since is not None and timezone.now().timestamp() - since < 300:
            return False
        return super().is_reauthentication_required(app=app, **named)

    def get_reauthentication_methods(self, user: Any) -> list[dict]:
        words = {
            "reauthenticate": "用密码",
            "mfa_reauthenticate": "用动态码或备用码",
            "mfa_reauthenticate:webauthn": "用指纹、刷脸或密钥",
        }
        found = super().get_reauthentication_methods(user)
        return [method | {"description": words[method["id"]]} for method in found]

    def clean_password(self, password: str, user: Any = None) -> str:
        """
        Refuse a password that is easily guessed (口令要求).

        :raises ValidationError: too short by the dated rule, of one kind of character only, or well known.
        """
        least = rule("sign-in.password-length", today(timezone.now())).number
        if len(password) < least:
            raise ValidationError(f"密码太短，容易被猜到。请至少用{least}位。")
        if password.isalpha() or password.isdigit():
            raise ValidationError("密码只有一种字符，容易被猜到。请把字母和数字混着用。")
        return super().clean_password(password, user)

    def set_password(self, user: User, password: str) -> None:
        services.set_password(by=user, user=user, password=password, now=timezone.now())

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        if said := message or SAID.get(message_template or ""):
            messages.add_message(request, level, said, extra_tags=extra_tags)


class MFAAdapter(DefaultMFAAdapter):
    """Second factors: their secrets sealed at rest, their words in Chinese."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": "验证没有通过。请照着手机上最新的再来一次。",
        "cannot_generate_recovery_codes": "还没有设动态码或密钥，用不着备用码。请先设好其中一种。",
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text))

    def _get_user_identifier(self, user: Any) -> str:
        """Return what an authenticator app shows beside the site's name: never the whole phone."""
        return user.name or user.masked_phone() or user.handle

    def get_totp_issuer(self) -> str:
        return "共治"

    def _get_site_name(self) -> str:
        return "共治"

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        return device_of(context.request.META.get("HTTP_USER_AGENT", ""))

    def send_notification_mail(self, *args: Any, **named: Any) -> None:
        """Send nothing: accounts have phones; the audit book and 我的账号 show what changed."""
