"""What is registered in one's own name: for whoever has a phone, an account, or stands at a counter."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from xlsxwriter import Workbook

from gongzhi.accounts import queries as accounts
from gongzhi.accounts import services as proving
from gongzhi.accounts.models import PhoneCode
from gongzhi.directory import queries as directory
from gongzhi.directory import services as people
from gongzhi.directory.models import Membership, Volunteer
from gongzhi.portal import forms, queries, rules, services
from gongzhi.portal.queries import HELD, PHONE, Asking
from gongzhi.shared.codes import mask_phone
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.sealed import seal, unseal
from gongzhi.ui.doors import Request, needs, public

TRIES, TRIED = 5, "portal.tries"
KINDS = {"volunteer": Volunteer, "member": Membership}


class ProveAgain(Refused):
    code = "portal.prove-again"
    message = "验证过的时间到了，或还没有验证，所以没有办。请重新用手机验证码查一次，再办这件事。"


class NotThem(Unacceptable):
    code = "portal.not-them"
    message = "和登记的对不上，没有打开。请看着证件再填一次；还是不对，请到村社窗口查。"
    field = "answer"


def _asking(request: Request) -> Asking:
    return queries.asking(request.user, request.session, timezone.now())


@public
@require_safe
def mine(request: Request) -> HttpResponse:
    """Show everything registered in the name of whoever asks, or ask who they are (查我的登记)."""
    found, now = _asking(request), timezone.now()
    if not found.how:
        return _private(render(request, "portal/mine_phone.html", {"form": forms.PhoneForm()}))
    if found.person is None:
        return _private(_ask_who(request, found))
    person = found.person
    registered = directory.registrations_of(person)
    context = {
        "asking": found,
        "person": person,
        "called": queries.called(person),
        "waiting": [_shown(r, registered) for r in registered.waiting],
        "confirmed": [_shown(r, registered) for r in registered.confirmed],
        "ended": [_shown(r, registered) for r in registered.ended],
        "disputes": registered.disputes,
        "looked": queries.looked(person, now),
        "has_family": len(found.people) > 1,
    }
    return _private(render(request, "portal/mine.html", context))


def _private(response: HttpResponse) -> HttpResponse:
    """Keep the page out of every cache: the next person may hold the same phone."""
    response["Cache-Control"] = "no-store"
    return response


def _shown(registration: Volunteer | Membership, registered: Any) -> dict[str, Any]:
    """Return a registration in the words of the page, whichever kind it is."""
    if isinstance(registration, Volunteer):
        said = {
            "kind": "volunteer",
            "title": f"{registration.place} · 志愿者",
            "since": registration.registered_on,
            "ended": registration.ended_on,
            "why": registration.ended_reason,
        }
    else:
        said = {
            "kind": "member",
            "title": f"{registration.team} · {registration.get_part_display()}",
            "since": registration.joined_on,
            "ended": registration.left_on,
            "why": registration.left_reason,
        }
    about = [d for d in registered.disputes if (d.volunteer or d.membership) == registration]
    return {
        "it": registration,
        "is_volunteer": isinstance(registration, Volunteer),
        "place": queries.place_of(registration),
        "dispute": about[0] if about else None,
        **said,
    }


@public
@require_http_methods(["GET", "POST"])
def send_code(request: Request) -> HttpResponse:
    """Send a code to a phone, then ask for it (发验证码)."""
    if request.method == "GET":
        phone = _phone(request)
        if not phone:
            return redirect("portal:mine")
        return _private(_ask_code(request, phone, forms.CodeForm()))
    again = _phone(request) if request.POST.get("again") else ""
    form = forms.PhoneForm({"phone": again} if again else request.POST)
    if not form.is_valid():
        return _private(render(request, "portal/mine_phone.html", {"form": form}, status=422))
    phone = form.cleaned_data["phone"]
    proving.send_phone_code(
        by=request.user,
        phone=phone,
        purpose=PhoneCode.Purpose.PROVE,
        address=get_adapter(request).get_client_ip(request),
        now=timezone.now(),
    )
    request.session[PHONE] = base64.b64encode(seal(phone)).decode()
    return redirect("portal:mine-code")


def _phone(request: Request) -> str:
    kept = request.session.get(PHONE, "")
    return unseal(base64.b64decode(kept)) if kept else ""


def _ask_code(
    request: Request, phone: str, form: forms.CodeForm, status: int = 200
) -> HttpResponse:
    context = {"form": form, "masked": mask_phone(phone)}
    return render(request, "portal/mine_code.html", context, status=status)


@public
@require_POST
def prove(request: Request) -> HttpResponse:
    """Take the code that was typed; right, and the page opens (验证)."""
    phone = _phone(request)
    if not phone:
        return redirect("portal:mine")
    form = forms.CodeForm(request.POST)
    if form.is_valid():
        tried = proving.prove_phone(
            by=request.user,
            phone=phone,
            code=form.cleaned_data["code"],
            now=timezone.now(),
        )
        if tried.refusal is None:
            request.session.cycle_key()
            request.session[accounts.PROOF] = tried.proof
            request.session.pop(PHONE, None)
            request.session.pop(HELD, None)
            return redirect("portal:mine")
        form.add_error("code", str(tried.refusal))
    return _private(_ask_code(request, phone, form, status=422))


def _choices(found: Asking) -> list[tuple[str, str]]:
    """Name each of the people so that a family tells them apart and nobody else does."""
    said = []
    for p in found.people:
        born = f"{p.birth_year}年生" if p.birth_year else "没登记出生年"
        said.append((str(p.pk), f"{queries.called(p)}\n{born} · {p.place}"))
    return said


def _ask_who(
    request: Request, found: Asking, form: forms.WhoForm | None = None, status: int = 200
) -> HttpResponse:
    if not found.people:
        nobody = {"asking": found, "centers_url": reverse("centers:list")}
        return render(request, "portal/mine_none.html", nobody)
    choices = _choices(found)
    form = form or forms.WhoForm(people=choices)
    context = {"asking": found, "form": form}
    return render(request, "portal/mine_who.html", context, status=status)


@public
@require_http_methods(["GET", "POST"])
def who(request: Request) -> HttpResponse:
    """Choose which of the people of one phone one is, and show it (您是哪一位)."""
    found = _asking(request)
    if found.how != "phone":
        return redirect("portal:mine")
    request.session.pop(HELD, None)
    if request.method == "GET":
        return _private(_ask_who(request, found))
    choices = _choices(found)
    form = forms.WhoForm(request.POST, people=choices)
    if form.is_valid():
        person = next(p for p in found.people if str(p.pk) == form.cleaned_data["person"])
        if directory.is_them(person, form.cleaned_data["answer"]):
            request.session[HELD] = {
                "how": "phone",
                "person": person.pk,
                "until": queries.kept_until(timezone.now()),
            }
            request.session.pop(TRIED, None)
            return redirect("portal:mine")
        tries = request.session.get(TRIED, 0) + 1
        request.session[TRIED] = tries
        if tries >= TRIES:
            # Whoever guesses at the family's numbers proves the phone again: codes are limited.
            request.session.pop(accounts.PROOF, None)
            request.session.pop(TRIED, None)
            raise NotThem
        form.add_error("answer", str(NotThem()))
    return _private(_ask_who(request, found, form, status=422))


@public
@require_POST
def done(request: Request) -> HttpResponse:
    """Forget on this device who looked (看完了)."""
    for key in (HELD, PHONE, TRIED, accounts.PROOF):
        request.session.pop(key, None)
    messages.success(request, "已经退出，这台设备上看不到您的登记了。")
    return redirect("portal:public")


# --- deeds on one's own registrations ------------------------------------------------------------


def _own(request: Request, kind: str, pk: int) -> tuple[Any, Any]:
    """Return who acts and the registration, which stands in their own name; :raises ProveAgain, Http404."""
    found = _asking(request)
    if found.person is None or found.by is None:
        raise ProveAgain
    model = KINDS.get(kind)
    if model is None:
        raise Http404("没有这种登记")
    mine = directory.group_of(found.person)
    related = ("place",) if model is Volunteer else ("team__place",)
    registration = (
        model._default_manager.select_related(*related).filter(pk=pk, person__in=mine).first()
    )
    if registration is None:
        raise Http404("您名下没有这条登记")
    return found.by, registration


@public
@require_POST
def confirm(request: Request, kind: str, pk: int) -> HttpResponse:
    """Say yes to what somebody else registered (是我愿意的)."""
    by, registration = _own(request, kind, pk)
    people.confirm_registration(by=by, registration=registration, now=timezone.now())
    messages.success(request, "记下了：这条登记是您愿意的。")
    return redirect("portal:mine")


@public
@require_POST
def deny(request: Request, kind: str, pk: int) -> HttpResponse:
    """Say that one never agreed (我没同意过)."""
    by, registration = _own(request, kind, pk)
    services.deny_registration(by=by, registration=registration, now=timezone.now())
    messages.success(
        request, "已经退出，从现在起不再算您。替您登记的人要说明是怎么回事，答复会显示在这里。"
    )
    return redirect("portal:mine")


@public
@require_POST
def leave(request: Request, kind: str, pk: int) -> HttpResponse:
    """End a registration of one's own (退出)."""
    by, registration = _own(request, kind, pk)
    people.end_registration(by=by, registration=registration, now=timezone.now())
    messages.success(request, "已经退出。做过的事还在您名下，想回来随时可以。")
    return redirect("portal:mine")


@public
@require_POST
def dispute(request: Request, kind: str, pk: int) -> HttpResponse:
    """Say what is wrong with a registration (哪里不对)."""
    by, registration = _own(request, kind, pk)
    what = " ".join(filter(None, [request.POST.get("what", ""), request.POST.get("text", "")]))
    made = people.dispute_registration(
        by=by, registration=registration, text=what, now=timezone.now()
    )
    due = timezone.localtime(made.due_at)
    messages.success(
        request, f"收到了，最晚{due.month}月{due.day}日 {due:%H:%M}答复，答复显示在这里。"
    )
    return redirect("portal:mine")


@public
@require_POST
def download(request: Request) -> HttpResponseBase:
    """Hand a person everything that is kept of them (下载我的全部资料)."""
    found = _asking(request)
    if found.person is None or found.by is None:
        raise ProveAgain
    data = people.export_my_data(by=found.by, person=found.person, now=timezone.now())
    if request.POST.get("form") == "json":
        text = json.dumps(data, ensure_ascii=False, indent=1, default=str)
        response: HttpResponseBase = HttpResponse(
            text, content_type="application/json; charset=utf-8"
        )
        name = "my-registrations.json"
    else:
        response, name = FileResponse(_workbook(data)), "my-registrations.xlsx"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def _workbook(data: dict[str, Any]) -> BytesIO:
    """Write what a person is handed: one sheet for each part, in plain words."""
    made = BytesIO()
    book = Workbook(
        made, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    bold = book.add_format({"bold": True})
    single = [(k, v) for k, v in data.items() if not isinstance(v, list | dict)]
    parts = {"个人信息": [*single, *data.get("个人信息", {}).items()]}
    parts |= {k: v for k, v in data.items() if isinstance(v, list)}
    for title, rows in parts.items():
        sheet = book.add_worksheet(title[:31])
        sheet.set_column(0, 8, 22)
        if rows and isinstance(rows[0], dict):
            for at, head in enumerate(rows[0]):
                sheet.write_string(0, at, head, bold)
            rows = [list(row.values()) for row in rows]
            start = 1
        else:
            start = 0
        for number, row in enumerate(rows, start):
            for at, value in enumerate(row):
                sheet.write_string(number, at, str(value))
    book.close()
    made.seek(0)
    return made


@public
@require_http_methods(["GET", "POST"])
def erase(request: Request) -> HttpResponse:
    """Say what erasing means, then do it (注销，全部删掉)."""
    found = _asking(request)
    if found.person is None or found.by is None:
        if request.method == "GET":
            return redirect("portal:mine")
        raise ProveAgain
    if request.method == "GET" or request.POST.get("sure") != "yes":
        missing = request.method == "POST"
        context = {"asking": found, "called": queries.called(found.person), "missing": missing}
        return _private(
            render(request, "portal/mine_erase.html", context, status=422 if missing else 200)
        )
    people.erase_person(
        by=found.by, person=found.person, reason=request.POST.get("reason", ""), now=timezone.now()
    )
    for key in (HELD, PHONE, accounts.PROOF):
        request.session.pop(key, None)
    messages.success(request, "已经注销，姓名、号码和住址都删了。")
    return redirect("portal:public")


# --- at a counter --------------------------------------------------------------------------------


@needs(rules.COUNTER)
@require_http_methods(["GET", "POST"])
def counter(request: Request) -> HttpResponse:
    """Find somebody who stands at the counter with their card (窗口替人查)."""
    form = forms.CounterForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        context["found"] = [
            {"person": p, "called": queries.called(p)}
            for p in directory.people_at_counter(request.user, **form.cleaned_data)
        ]
        context["asked"] = True
    status = 422 if form.is_bound and form.errors else 200
    return _private(render(request, "portal/counter.html", context, status=status))


@needs(rules.COUNTER)
@require_POST
def open_at_counter(request: Request) -> HttpResponse:
    """Open what is registered in their name, for a reason they can read (窗口打开)."""
    now = timezone.now()
    pk = request.POST.get("person", "")
    found = directory.people(request.user)
    person = found.filter(pk=pk).first() if pk.isdecimal() and len(pk) < 18 else None
    if person is None:
        raise Http404("您的范围里没有这一位")
    reason = " ".join(filter(None, [request.POST.get("why", ""), request.POST.get("reason", "")]))
    person = services.look_up_at_counter(
        by=request.user,
        person=person,
        reason=reason,
        now=now,
    )
    request.session[HELD] = {
        "how": "counter",
        "person": person.pk,
        "until": queries.kept_until(now),
    }
    return redirect("portal:mine")
