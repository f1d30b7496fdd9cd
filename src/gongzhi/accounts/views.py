"""Pages of sign-in, of one's own account, and of the administrators of accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from allauth.account.utils import get_next_redirect_url, perform_login
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.directory.models import Person
from gongzhi.shared.calendar import known_until, today, year_wanting
from gongzhi.shared.codes import mask_name
from gongzhi.shared.dated import rule
from gongzhi.shared.permissions import Role
from gongzhi.ui.doors import Request, needs, public, signed_in

from . import queries, rules, services, signing
from .forms import (
    AppointForm,
    CodeForm,
    NameForm,
    OneselfForm,
    OpenAccountForm,
    PasswordForm,
    PeopleForm,
    PhoneForm,
)
from .models import PhoneCode, Post, RoleAssignment, Turnstile, User

# --- signing in ------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@public
@never_cache
@sensitive_post_parameters("password", "code")
def sign_in(request: Request) -> HttpResponse:
    """Sign in by a code, a password or a passkey (登录)."""
    if request.user.is_authenticated:
        return redirect(_where_next(request))
    do = request.POST.get("do", "")
    if do == "password":
        return _sign_in_with_password(request)
    if do == "send":
        return _send_code(request)
    if do == "enter":
        return _sign_in_with_code(request)
    return _sign_in_page(request)


def _where_next(request: Request) -> str:
    from allauth.account.adapter import get_adapter

    return get_next_redirect_url(request) or get_adapter().get_login_redirect_url(request)


def _send_code(request: Request) -> HttpResponse:
    form = PhoneForm(request.POST)
    if form.is_valid():
        phone, now = form.cleaned_data["phone"], timezone.now()
        form.attempt(
            "phone",
            lambda: services.send_phone_code(
                by=request.user,
                phone=phone,
                purpose=PhoneCode.Purpose.SIGN_IN,
                address=signing.address_of(request),
                now=now,
            ),
        )
        if not form.errors:
            return _sign_in_page(request, code=CodeForm(initial={"phone": phone}), sent=phone)
    return _sign_in_page(request, code=form, status=form.status)


def _sign_in_with_code(request: Request) -> HttpResponse:
    form = CodeForm(request.POST)
    if form.is_valid():
        tried = services.sign_in_with_code(
            by=request.user,
            phone=form.cleaned_data["phone"],
            code=form.cleaned_data["code"],
            now=timezone.now(),
        )
        if tried.refusal is None:
            return _enter(request, tried.user, "验证码")
        form.refuse("code", tried.refusal)
    return _sign_in_page(
        request, code=form, status=form.status, sent=form.cleaned_data.get("phone", "")
    )


def _sign_in_with_password(request: Request) -> HttpResponse:
    form = PasswordForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        user = form.attempt(
            None,
            lambda: signing.password_opens(
                request, given["login"], given["password"], timezone.now()
            ),
        )
        if user is not None:
            return _enter(request, user, "密码")
        if not form.errors:
            form.add_error(
                None, "手机号、工号或密码不对。请再填一遍；忘了密码可以用短信验证码登录。"
            )
    return _sign_in_page(request, password=form, status=form.status)


def _enter(request: Request, user: User | None, how: str) -> HttpResponse:
    return perform_login(
        request,
        user,
        email_verification="none",
        redirect_url=get_next_redirect_url(request),
        signal_kwargs={"how": how},
    )


def _sign_in_page(
    request: Request,
    *,
    code: PhoneForm | None = None,
    password: PasswordForm | None = None,
    sent: str = "",
    status: int = 200,
) -> HttpResponse:
    day = today(timezone.now())
    return render(
        request,
        "account/login.html",
        {
            "form": password or code,
            "code_form": code or CodeForm(),
            "code_field": (code if isinstance(code, CodeForm) else CodeForm())["code"],
            "password_form": password or PasswordForm(),
            "password_open": password is not None,
            "sent": sent,
            "next": get_next_redirect_url(request) or "",
            "ended": request.session.pop(signing.ENDED, False),
            "minutes": rule("phone-code.minutes", day).number,
            "seconds": rule("phone-code.resend-seconds", day).number,
            "failures": rule("sign-in.failures", day).number,
            "lock_minutes": rule("sign-in.lock-minutes", day).number,
            "longest": rule("sessions.longest-hours", day).number,
        },
        status=status,
    )


# --- one's own account ------------------------------------------------------------------------------

ICONS = {
    Role.COUNTY_OPERATOR: "build",
    Role.COUNTY_OFFICER: "build",
    Role.COUNTY_LEADER: "build",
    Role.CENTER_OPERATOR: "door",
    Role.PARK_OFFICER: "layers",
    Role.ORGANIZATION_MANAGER: "sprout",
    Role.TEAM_LEADER: "hand",
    Role.PARTY_INSTRUCTOR: "flag",
    Role.FOUNDATION_STAFF: "coin",
    Role.EXPERT: "cap",
    Role.AUDITOR: "eye",
    Role.SYSTEM_ADMIN: "key",
    Role.SECURITY_ADMIN: "shield",
    Role.AUDIT_ADMIN: "eye",
}


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def roles(request: Request[User]) -> HttpResponse:
    """Choose for whom one acts (这会儿替谁办事)."""
    user, now = request.user, timezone.now()
    if request.method == "POST":
        chosen = request.POST.get("role", "")
        services.act_for(
            by=user,
            post=int(chosen) if chosen.isdigit() else 0,
            keep="keep" in request.POST,
            now=now,
        )
        request.session[signing.ACTING] = int(chosen) if chosen.isdigit() else 0
        to = get_next_redirect_url(request)
        return redirect(to or ("portal:home" if chosen != "0" else "portal:mine"))
    waiting = queries.waiting(user, now)
    acting = user.acting
    before = queries.sign_ins_of(user, 2)
    return render(
        request,
        "accounts/roles.html",
        {
            "posts": [
                {
                    "label": str(post),
                    "note": _note_of(post),
                    "icon": ICONS.get(Role(post.role), "pin"),
                    "tint": f"q{n % 4 + 1}",
                    "count": waiting[post.pk],
                    "value": post.pk,
                    "checked": acting is not None and acting.pk == post.pk,
                }
                for n, post in enumerate(user.posts())
            ],
            "oneself": [
                {
                    "label": "我自己，居民",
                    "note": "看自己的登记，提意见，和不登录时一样",
                    "icon": "user",
                    "tint": "q5",
                    "value": 0,
                    "checked": acting is None,
                }
            ],
            "keeps": user.usual_post is not None,
            "shares": bool(queries.family_of(user)),
            "before": before[1] if len(before) > 1 else None,
            "next": get_next_redirect_url(request) or "",
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@never_cache
@sensitive_post_parameters("answer")
def oneself(request: Request[User]) -> HttpResponse:
    """Say which of the family that shares a phone one is (您是哪一位)."""
    user, now = request.user, timezone.now()
    groups = _alike(queries.family_of(user))
    to = get_next_redirect_url(request) or "portal:mine"
    if not groups:
        return redirect(to)
    choices = [(str(at), name) for at, (name, _) in enumerate(groups, 1)]
    count = sum(len(people) for _, people in groups)
    choices.append(("0", "都不是我"))
    form = OneselfForm(request.POST or None, choices=choices, asks=count > 1)
    if form.is_valid():
        at = int(form.cleaned_data["person"])
        request.session.pop(signing.ONESELF, None)
        if at == 0:
            return redirect(to)
        chosen = form.attempt(
            "answer",
            lambda: signing.is_oneself(
                request, user, groups[at - 1][1], form.cleaned_data["answer"], now
            ),
        )
        if chosen is not None:
            request.session[signing.ONESELF] = chosen.pk
            messages.success(request, f"这会儿是{mask_name(chosen.name)}，办完请退出登录。")
            return redirect(to)
    tints = ("q1", "q2", "q3", "q4")
    kept = form["person"].value()
    items = [
        {
            "label": name,
            "note": "、".join(dict.fromkeys(person.place.name for person in people)),
            "icon": "user",
            "tint": tints[at % 4],
            "value": at + 1,
            "checked": kept == str(at + 1),
        }
        for at, (name, people) in enumerate(groups)
    ]
    items.append(
        {
            "label": "都不是我",
            "note": "先不认，看公开的、提意见都不受影响",
            "icon": "users",
            "tint": "q5",
            "value": 0,
            "checked": kept == "0",
        }
    )
    return render(
        request,
        "accounts/oneself.html",
        {
            "form": form,
            "items": items,
            "count": count,
            "asks": count > 1,
            "phone": user.masked_phone(),
            "next": get_next_redirect_url(request) or "",
        },
        status=form.status if form.errors else 200,
    )


def _alike(family: Sequence[Person]) -> list[tuple[str, list[Person]]]:
    """Return the family under what a page may say of each: the last character of the name, `**兰`."""
    found: dict[str, list[Person]] = {}
    for person in family:
        name = "*" * max(len(person.name) - 1, 1) + person.name[-1:]
        found.setdefault(name, []).append(person)
    return list(found.items())


def _note_of(post: Post) -> str:
    scope = f"管{post.over}和它下面的" if post.held.paths else f"替{post.over}办事"
    if post.until is None:
        return scope
    last = post.until
    return f"{scope}；{last.year}年{last.month}月{last.day}日到期"


@require_safe
@needs(rules.SEE_CALENDAR)
def calendar(request: Request) -> HttpResponse:
    """Show how far the holidays are known, and what to do when they end (放假安排)."""
    now = timezone.now()
    return render(
        request,
        "accounts/calendar.html",
        {"until": known_until(), "year": year_wanting(now), "next_year": known_until().year + 1},
    )


@require_safe
@signed_in
def me(request: Request[User]) -> HttpResponse:
    """Show one's account: name, phone, password, second factor, where one is signed in (我的账号)."""
    return render(request, "accounts/me.html", _my_account(request))


@require_POST
@signed_in
def rename(request: Request[User]) -> HttpResponse:
    """Change how one is called (改称呼)."""
    form = NameForm(request.POST)
    if not form.is_valid():
        return render(request, "accounts/me.html", _my_account(request, form=form), status=422)
    services.rename_self(by=request.user, name=form.cleaned_data["name"], now=timezone.now())
    messages.success(request, "称呼改好了。")
    return redirect("accounts:me")


def _my_account(request: Request[User], form: NameForm | None = None) -> dict[str, Any]:
    user, now = request.user, timezone.now()
    return {
        "form": form,
        "name_form": form or NameForm(initial={"name": user.name}),
        "phone": user.masked_phone(),
        "has_password": user.has_usable_password(),
        "has_second_factor": queries.has_second_factor(user),
        "guarded": signing.is_guarded(user),
        "posts": user.posts(),
        "sessions": [
            {
                "mark": queries.mark_of(s.session_key),
                "device": s.device or "浏览器",
                "since": s.started_at,
                "here": s.session_key == request.session.session_key,
            }
            for s in queries.sessions_of(user, now)
        ],
        "sign_ins": queries.sign_ins_of(user, 5),
    }


@require_POST
@signed_in
def end_session(request: Request[User]) -> HttpResponse:
    """Sign out one other browser (退出一处)."""
    services.end_session(by=request.user, mark=request.POST.get("mark", ""), now=timezone.now())
    messages.success(request, "那一处退出了。")
    return redirect("accounts:me")


@require_POST
@signed_in
def end_sessions(request: Request[User]) -> HttpResponse:
    """Sign out everywhere but here (别处都退出)."""
    count = services.end_sessions(
        by=request.user, but=request.session.session_key, now=timezone.now()
    )
    messages.success(request, f"别处的{count}处登录都退出了。" if count else "没有别处登录着。")
    return redirect("accounts:me")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@sensitive_post_parameters("code")
def change_phone(request: Request[User]) -> HttpResponse:
    """Change the phone of one's account, proved by a code that goes to the new one (换手机号)."""
    user, now = request.user, timezone.now()
    do, sent = request.POST.get("do", ""), ""
    form: PhoneForm = CodeForm()
    if do == "send":
        form = PhoneForm(request.POST)
        if form.is_valid():
            phone = form.cleaned_data["phone"]
            form.attempt(
                "phone",
                lambda: services.send_phone_code(
                    by=user,
                    phone=phone,
                    purpose=PhoneCode.Purpose.CHANGE,
                    address=signing.address_of(request),
                    now=now,
                ),
            )
            if not form.errors:
                form, sent = CodeForm(initial={"phone": phone}), phone
    elif do == "enter":
        form = CodeForm(request.POST)
        if form.is_valid():
            tried = services.change_phone(
                by=user,
                user=user,
                phone=form.cleaned_data["phone"],
                code=form.cleaned_data["code"],
                now=now,
            )
            if tried.refusal is None:
                messages.success(request, "手机号换好了，以后用新的登录。")
                return redirect("accounts:me")
            form.refuse("code", tried.refusal)
        sent = form.cleaned_data.get("phone", "")
    status = form.status if form.is_bound and form.errors else 200
    return render(
        request,
        "accounts/change_phone.html",
        {
            "form": form,
            "code_field": (form if isinstance(form, CodeForm) else CodeForm())["code"],
            "sent": sent,
            "phone": user.masked_phone(),
        },
        status=status,
    )


# --- administrators ---------------------------------------------------------------------------------


@require_safe
@needs(rules.SEE_PEOPLE)
def people(request: Request) -> HttpResponse:
    """List the accounts of people who work with the platform (账号和身份)."""
    form = PeopleForm(request.GET)
    if not form.is_valid():
        return render(request, "accounts/people.html", {"form": form}, status=422)
    day = today(timezone.now())
    after = form.cleaned_data["after"]
    found = queries.people(request.user, form.asked(), day)
    rows = list((found.filter(pk__gt=after) if after else found)[: queries.PAGE + 1])
    kept, more = rows[: queries.PAGE], len(rows) > queries.PAGE
    return render(
        request,
        "accounts/people.html",
        {
            "form": form,
            "rows": [_person_row(user) for user in kept],
            "older": _page_after(request, kept[-1].pk) if more else "",
            "first": _page_after(request, None) if after else "",
            "may_open": rules.OPEN_ACCOUNTS.anywhere(request.user),
        },
    )


def _page_after(request: Request, pk: int | None) -> str:
    asked = request.GET.copy()
    asked.pop("after", None)
    if pk is not None:
        asked["after"] = str(pk)
    return f"?{asked.urlencode()}"


def _person_row(user: Any) -> dict[str, Any]:
    return {
        "pk": user.pk,
        "name": user.spoken_name(),
        "handle": "" if user.handle.startswith("p") and len(user.handle) == 17 else user.handle,
        "phone": user.masked_phone(),
        "posts": [
            f"{(a.place or a.organization).name} · {Role(a.role).label}" for a in user.held_now
        ],
        "second_factor": user.second_factor,
        "is_active": user.is_active,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@needs(rules.OPEN_ACCOUNTS)
def new_account(request: Request) -> HttpResponse:
    """Open an account for a colleague (开账号)."""
    form = OpenAccountForm(request.POST or None)
    if form.is_valid():
        given = form.cleaned_data
        user = form.attempt(
            "handle" if given["handle"] else "phone",
            lambda: services.open_account(
                by=request.user,
                phone=given["phone"],
                name=given["name"],
                handle=given["handle"],
                now=timezone.now(),
            ),
        )
        if user is not None:
            messages.success(request, "账号开好了，接着给身份。")
            return redirect("accounts:person", user.pk)
    status = form.status if form.errors else 200
    return render(request, "accounts/new_account.html", {"form": form}, status=status)


@require_safe
@needs(rules.SEE_PEOPLE)
def person(request: Request, pk: int) -> HttpResponse:
    """Show one account: its roles now and before, and what an administrator may do (一个账号)."""
    return _person_page(request, pk)


@require_POST
@needs(rules.APPOINT, rules.APPOINT_WATCHERS)
def appoint(request: Request, pk: int) -> HttpResponse:
    """Give a role (给身份)."""
    now = timezone.now()
    user = queries.person(request.user, pk, today(now))
    if user is None:
        raise Http404
    form = AppointForm(request.POST, roles=_roles_to_give(request))
    if form.is_valid():
        given = form.cleaned_data
        over = form.attempt("over", lambda: queries.find_over(given["over"], given["role"]))
        if over is not None:
            form.attempt(
                "until" if given["until"] else "role",
                lambda: services.appoint(
                    by=request.user,
                    user=user,
                    role=given["role"],
                    over=over,
                    since=given["since"],
                    until=given["until"],
                    basis=given["basis"],
                    now=now,
                ),
            )
        if not form.errors:
            messages.success(request, "身份给好了，本人下次打开页面就生效。")
            return redirect("accounts:person", pk)
    return _person_page(request, pk, form=form, status=form.status)


def _roles_to_give(request: Request) -> list[Role]:
    return [r for r in Role if rules.appointing(r).anywhere(request.user)]


def _person_page(
    request: Request, pk: int, *, form: AppointForm | None = None, status: int = 200
) -> HttpResponse:
    now = timezone.now()
    day = today(now)
    user: Any = queries.person(request.user, pk, day)
    if user is None:
        raise Http404
    is_self = request.user.pk == pk
    roles_to_give = [] if is_self else _roles_to_give(request)
    return render(
        request,
        "accounts/person.html",
        {
            "person": _person_row(user),
            "form": form,
            "appoint_form": (
                form or AppointForm(roles=roles_to_give, initial={"since": day.isoformat()})
            )
            if roles_to_give
            else None,
            "assignments": [
                {
                    "pk": a.pk,
                    "role": Role(a.role).label,
                    "over": (a.place or a.organization).name,
                    "since": a.since,
                    "until": a.until,
                    "basis": a.basis,
                    "given_by": a.given_by.spoken_name() if a.given_by else "系统",
                    "state": "还没到"
                    if a.since > day
                    else "在任"
                    if a.until is None or a.until > day
                    else "停了",
                    "may_end": not is_self
                    and (a.until is None or a.until > day)
                    and rules.appointing(a.role).anywhere(request.user),
                }
                for a in user.held_ever
            ],
            "may_do": [(Role(a.role).label, queries.may_do(a.role)) for a in user.held_now],
            "shut": queries.shut_for(user, now) if rules.UNLOCK.anywhere(request.user) else [],
            "may_unlock": not is_self and rules.UNLOCK.anywhere(request.user),
            "may_close": not is_self and rules.OPEN_ACCOUNTS.anywhere(request.user),
            "is_self": is_self,
        },
        status=status,
    )


@require_POST
@needs(rules.APPOINT, rules.APPOINT_WATCHERS)
def dismiss(request: Request, pk: int) -> HttpResponse:
    """End a role (停身份)."""
    assignment = get_object_or_404(RoleAssignment, pk=pk)
    services.dismiss(
        by=request.user,
        assignment=assignment,
        reason=request.POST.get("reason", ""),
        now=timezone.now(),
    )
    messages.success(request, "身份停了，从今天起不再有效。")
    return redirect("accounts:person", assignment.user_id)


@require_POST
@needs(rules.OPEN_ACCOUNTS)
def close_account(request: Request, pk: int) -> HttpResponse:
    """Close an account (停账号)."""
    services.close_account(
        by=request.user,
        user=get_object_or_404(User, pk=pk),
        reason=request.POST.get("reason", ""),
        now=timezone.now(),
    )
    messages.success(request, "账号停了，到处都退出了。")
    return redirect("accounts:person", pk)


@require_POST
@needs(rules.OPEN_ACCOUNTS)
def reopen_account(request: Request, pk: int) -> HttpResponse:
    """Open a closed account again (恢复账号)."""
    services.reopen_account(
        by=request.user,
        user=get_object_or_404(User, pk=pk),
        reason=request.POST.get("reason", ""),
        now=timezone.now(),
    )
    messages.success(request, "账号恢复了，可以登录了。")
    return redirect("accounts:person", pk)


@require_POST
@needs(rules.UNLOCK)
def reset_second_factor(request: Request, pk: int) -> HttpResponse:
    """Take away the second factor of somebody who lost it (重设第二道验证)."""
    services.reset_second_factor(
        by=request.user,
        user=get_object_or_404(User, pk=pk),
        reason=request.POST.get("reason", ""),
        now=timezone.now(),
    )
    messages.success(request, "第二道验证清掉了，本人下次登录要重新设。")
    return redirect("accounts:person", pk)


@require_safe
@needs(rules.UNLOCK)
def shut(request: Request) -> HttpResponse:
    """List what too many wrong tries have shut (锁着的账号)."""
    now = timezone.now()
    return render(
        request,
        "accounts/shut.html",
        {
            "rows": [
                {
                    "pk": row.pk,
                    "id_text": str(row.pk),
                    "what": Turnstile.Kind(row.kind).label,
                    "whose": row.user.spoken_name() if row.user else _unnamed(row),
                    "phone": row.user.masked_phone() if row.user else "",
                    "user": row.user_id,
                    "count": row.count,
                    "until": row.shut_until,
                }
                for row in queries.shut(request.user, now)[:200]
            ]
        },
    )


def _unnamed(row: Turnstile) -> str:
    if row.kind == Turnstile.Kind.ADDRESS:
        return f"网络地址（代号{row.key[:6]}）"
    return "没有这个账号"


@require_POST
@needs(rules.UNLOCK)
def unlock(request: Request, pk: int) -> HttpResponse:
    """Open what too many wrong tries had shut (解锁)."""
    services.unlock(
        by=request.user,
        turnstile=get_object_or_404(Turnstile, pk=pk),
        reason=request.POST.get("reason", ""),
        now=timezone.now(),
    )
    messages.success(request, "解锁了，现在可以再试。")
    return redirect("accounts:shut")


@require_safe
@needs(rules.SEE_SECURITY)
def security(request: Request) -> HttpResponse:
    """Show the rules of sign-in in force, with their sources (安全规则)."""
    now = timezone.now()
    return render(
        request,
        "accounts/security.html",
        {
            "rules": queries.security_rules(today(now)),
            "administrators": queries.watchers(request.user, today(now)),
        },
    )
