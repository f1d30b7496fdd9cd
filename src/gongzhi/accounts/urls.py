"""
Addresses of this room: our own pages under the name `accounts`, allauth's under the names that allauth asks for.

There is no module-level `app_name`: allauth looks up `account_login` and `mfa_index` without a namespace.
Pages of allauth that this house has no use for (e-mail, sign-up, password mails) are not mounted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as spare
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as key
from django.http import HttpRequest
from django.urls import include, path

from gongzhi.ui.doors import public, signed_in

from . import views


def _theirs(view: Callable[..., Any], door: Callable[[Any], Any]) -> Callable[..., Any]:
    """Hang one of our doors on a view of allauth; a form that came back with errors is a 422."""

    @wraps(view)
    def ours(request: HttpRequest, *args: Any, **named: Any) -> Any:
        response = view(request, *args, **named)
        form = (getattr(response, "context_data", None) or {}).get("form")
        if request.method == "POST" and response.status_code == 200 and form and form.errors:
            response.status_code = 422
        return response

    marked: Any = door(ours)
    marked.before_second_factor = True
    return marked


own = [
    path("roles/", views.roles, name="roles"),
    path("oneself/", views.oneself, name="oneself"),
    path("calendar/", views.calendar, name="calendar"),
    path("me/", views.me, name="me"),
    path("me/name/", views.rename, name="rename"),
    path("me/phone/", views.change_phone, name="change-phone"),
    path("me/sessions/end/", views.end_session, name="end-session"),
    path("me/sessions/end-others/", views.end_sessions, name="end-sessions"),
    path("people/", views.people, name="people"),
    path("people/new/", views.new_account, name="new"),
    path("people/<int:pk>/", views.person, name="person"),
    path("people/<int:pk>/appoint/", views.appoint, name="appoint"),
    path("people/<int:pk>/close/", views.close_account, name="close"),
    path("people/<int:pk>/reopen/", views.reopen_account, name="reopen"),
    path(
        "people/<int:pk>/reset-second-factor/",
        views.reset_second_factor,
        name="reset-second-factor",
    ),
    path("assignments/<int:pk>/dismiss/", views.dismiss, name="dismiss"),
    path("locked/", views.shut, name="shut"),
    path("locked/<int:pk>/unlock/", views.unlock, name="unlock"),
    path("security/", views.security, name="security"),
]
allauth = [
    path("login/", views.sign_in, name="account_login"),
    path("logout/", _theirs(account.logout, public), name="account_logout"),
    path("closed/", _theirs(account.account_inactive, public), name="account_inactive"),
    path("again/", _theirs(account.reauthenticate, signed_in), name="account_reauthenticate"),
    path(
        "password/change/",
        _theirs(account.password_change, signed_in),
        name="account_change_password",
    ),
    path("password/set/", _theirs(account.password_set, signed_in), name="account_set_password"),
    path("second-factor/", _theirs(mfa.index, signed_in), name="mfa_index"),
    path("second-factor/enter/", _theirs(mfa.authenticate, public), name="mfa_authenticate"),
    path("second-factor/again/", _theirs(mfa.reauthenticate, signed_in), name="mfa_reauthenticate"),
    path("second-factor/app/", _theirs(totp.activate_totp, signed_in), name="mfa_activate_totp"),
    path(
        "second-factor/app/stop/",
        _theirs(totp.deactivate_totp, signed_in),
        name="mfa_deactivate_totp",
    ),
    path(
        "second-factor/spare-codes/",
        _theirs(spare.view_recovery_codes, signed_in),
        name="mfa_view_recovery_codes",
    ),
    path(
        "second-factor/spare-codes/new/",
        _theirs(spare.generate_recovery_codes, signed_in),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "second-factor/spare-codes/download/",
        _theirs(spare.download_recovery_codes, signed_in),
        name="mfa_download_recovery_codes",
    ),
    path("second-factor/keys/", _theirs(key.list_webauthn, signed_in), name="mfa_list_webauthn"),
    path("second-factor/keys/add/", _theirs(key.add_webauthn, signed_in), name="mfa_add_webauthn"),
    path(
        "second-factor/keys/<int:pk>/rename/",
        _theirs(key.edit_webauthn, signed_in),
        name="mfa_edit_webauthn",
    ),
    path(
        "second-factor/keys/<int:pk>/remove/",
        _theirs(key.remove_webauthn, signed_in),
        name="mfa_remove_webauthn",
    ),
    path(
        "second-factor/keys/again/",
        _theirs(key.reauthenticate_webauthn, signed_in),
        name="mfa_reauthenticate_webauthn",
    ),
    path("login/key/", _theirs(key.login_webauthn, public), name="mfa_login_webauthn"),
]
urlpatterns = [path("", include((own, "accounts"))), *allauth]
