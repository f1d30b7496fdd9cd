"""The pages of complaints and suggestions: for everybody, and for those who answer."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.audit import queries as audit
from gongzhi.figures import queries as figures
from gongzhi.places import queries as places
from gongzhi.places.models import Place
from gongzhi.shared import periods
from gongzhi.shared.calendar import known_until, today
from gongzhi.shared.codes import mask_phone
from gongzhi.ui.doors import Request, needs, public

from . import queries, rules, services
from .clock import clock, say_moment
from .forms import (
    AgainForm,
    AnswerForm,
    DeclineForm,
    ForwardForm,
    LookUpForm,
    PublishForm,
    WriteForm,
    new_key,
)
from .models import Kind, Suggestion

State = Suggestion.State
RECEIPT = "suggestion_receipt"
SHAPES = {
    State.RECEIVED: "now",
    State.FORWARDED: "now",
    State.ANSWERED: "ok",
    State.DECLINED: "wait",
}


# -- for everybody ---------------------------------------------------------------------------------


@public
@never_cache
@require_http_methods(["GET", "POST"])
def write(request: Request) -> HttpResponse:
    """Take down a complaint or suggestion, signed in or not (写投诉建议)."""
    now = timezone.now()
    form = WriteForm(request.POST or None, initial=_asked(request))
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        trap = given.pop("website")
        receipt = services.write_suggestion(
            by=request.user,
            now=now,
            trap=trap,
            address=_address(request),
            session=request.session.session_key or "",
            **given,
        )
        # Shown on the next page and nowhere else: the code never stands in an address.
        request.session[RECEIPT] = [receipt.suggestion.pk, receipt.code]
        return redirect("suggestions:received")
    due = queries.due_after(now)
    return render(
        request,
        "suggestions/write.html",
        {"form": form, "due": say_moment(due, now), "days": queries.reply_days(now)},
        status=422 if form.errors else 200,
    )


def _asked(request: Request) -> dict[str, Any]:
    kind = request.GET.get("kind", "")
    asked = request.GET.get("place", "")
    place = Place.objects.filter(pk=int(asked)).first() if asked.isdecimal() else None
    return {
        "key": new_key(),
        "kind": kind if kind in Kind.values else None,
        "place": str((place or places.county()).pk),
        "page": _page(request),
    }


def _page(request: Request) -> str:
    """Return the path of the page somebody came from, without what was asked there; empty when it is not ours."""
    came = request.GET.get("from", "") or request.META.get("HTTP_REFERER", "")
    if not url_has_allowed_host_and_scheme(came, {request.get_host()}, request.is_secure()):
        return ""
    path = urlsplit(came).path
    try:
        resolve(path)
    except Resolver404:
        return ""
    return "" if path == request.path else path[:200]


def _address(request: Request) -> str:
    """Return the network address of whoever asks; behind our own proxy, the one that the proxy saw."""
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None):
        seen = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if seen:
            return seen
    return request.META.get("REMOTE_ADDR", "")


@public
@never_cache
@require_GET
def received(request: Request) -> HttpResponse:
    """Show number and query code to whoever has just written (回执)."""
    pk, code = request.session.get(RECEIPT) or (0, "")
    suggestion = Suggestion.objects.select_related("place", "desk").filter(pk=pk).first()
    if suggestion is None:
        return redirect("suggestions:look-up")
    now = timezone.now()
    return render(
        request,
        "suggestions/received.html",
        {
            "suggestion": suggestion,
            "code": " ".join(code[i : i + 4] for i in range(0, len(code), 4)),
            "due": say_moment(suggestion.due_at, now),
        },
    )


@public
@never_cache
@require_http_methods(["GET", "POST"])
def look_up(request: Request) -> HttpResponse:
    """Show how a suggestion stands to whoever has its number and code (查办理情况)."""
    form = LookUpForm(request.POST or None)
    suggestion = None
    if request.method == "POST" and form.is_valid():
        suggestion = queries.written_as(form.cleaned_data["number"], form.cleaned_data["code"])
        if suggestion is None:
            form.add_error(
                "number", "编号和查询号对不上。请看提交时给您的回执；找不到了，请打中心的电话问"
            )
    if suggestion is not None:
        return _standing(request, suggestion, form.cleaned_data["code"], AgainForm())
    return render(
        request, "suggestions/look_up.html", {"form": form}, status=422 if form.errors else 200
    )


def _standing(
    request: Request, suggestion: Suggestion, code: str, again: AgainForm
) -> HttpResponse:
    now = timezone.now()
    return render(
        request,
        "suggestions/standing.html",
        {
            "suggestion": suggestion,
            "clock": clock(suggestion, now),
            "kind": SHAPES[State(suggestion.state)],
            "due": say_moment(suggestion.due_at, now),
            "steps": _steps(suggestion, now),
            "code": code,
            "form": again,
            "may_ask_again": queries.may_ask_again(suggestion, now),
        },
        status=422 if again.errors else 200,
    )


def _steps(suggestion: Suggestion, now: Any) -> list[dict[str, Any]]:
    found = [
        {
            "what": step.get_kind_display(),
            "when": step.happened_at,
            "words": f"{say_moment(step.happened_at, now)}，{step.desk.name}",
            "note": step.text,
            "hot": False,
        }
        for step in queries.steps_of(suggestion)
    ]
    found.reverse()
    if found:
        found[0]["hot"] = True
    return found


@public
@never_cache
@require_POST
def ask_again(request: Request) -> HttpResponse:
    """Say that the answer does not do (再问一次)."""
    number, code = request.POST.get("number", ""), request.POST.get("code", "")
    suggestion = queries.written_as(number, code)
    if suggestion is None:
        raise Http404
    form = AgainForm(request.POST)
    if not form.is_valid():
        return _standing(request, suggestion, code, form)
    now = timezone.now()
    services.ask_again(
        by=request.user, suggestion=suggestion, code=code, text=form.cleaned_data["text"], now=now
    )
    request.session[RECEIPT] = [suggestion.pk, queries.code_for(suggestion.key)]
    return redirect("suggestions:received")


@public
@require_GET
def listing(request: Request) -> HttpResponse:
    """Show the answers that were published, newest first (公开的答复)."""
    kind = request.GET.get("kind", "")
    page = queries.published(kind=kind, after=request.GET.get("after", ""))
    return render(
        request,
        "suggestions/list.html",
        {
            "rows": page.rows,
            "next": _next(request, page.next),
            "kinds": [
                {"label": "全部", "url": request.path, "current": kind not in Kind.values},
                *({"label": k.label, "url": f"?kind={k}", "current": kind == k} for k in Kind),
            ],
        },
    )


def _next(request: Request, key: str) -> str:
    if not key:
        return ""
    kept = {k: v for k, v in request.GET.items() if k in ("kind", "done")}
    return f"?{urlencode(kept | {'after': key})}"


@public
@require_GET
def themes(request: Request) -> HttpResponse:
    """Show what this year's complaints and suggestions were about (各类有多少): themes, never persons or units."""
    day = today(timezone.now())
    county = places.county()
    totals = ("received", "answered", "answered-in-time", "declined")
    keys = [f"suggestions.{t}" for t in totals]
    keys += [f"suggestions.{way}-{kind}" for kind in Kind for way in ("received", "answered")]
    found = figures.readings(keys, [county.pk], periods.year(day.year), day, public=True)

    def number(key: str) -> Any:
        return found[f"suggestions.{key}", county.pk]

    return render(
        request,
        "suggestions/themes.html",
        {
            "year": day.year,
            "day": day,
            "county": county,
            "totals": [number(t) for t in totals],
            "rows": [
                (kind, number(f"received-{kind}"), number(f"answered-{kind}")) for kind in Kind
            ],
        },
    )


# -- for those who answer --------------------------------------------------------------------------


@needs(rules.SEE, rules.ANSWER_MONEY)
@require_GET
def queue(request: Request) -> HttpResponse:
    """Show what waits for an answer, soonest due first, or what is done (办理清单)."""
    now = timezone.now()
    done, kind = request.GET.get("done") == "1", request.GET.get("kind", "")
    page = queries.queue(request.user, done=done, kind=kind, after=request.GET.get("after", ""))
    return render(
        request,
        "suggestions/queue.html",
        {
            "rows": [(s, clock(s, now), say_moment(s.due_at, now)) for s in page.rows],
            "next": _next(request, page.next),
            "guessed": known_until().year + 1
            if any(s.is_open and today(s.due_at) > known_until() for s in page.rows)
            else None,
            "done": done,
            "kind": kind,
            "kinds": Kind.choices,
            "sides": [
                {"label": "等答复的", "url": request.path, "current": not done},
                {"label": "答复过的", "url": "?done=1", "current": done},
            ],
        },
    )


def _suggestion(request: Request, pk: int) -> Suggestion:
    found = queries.seen_by(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _detail(
    request: Request, suggestion: Suggestion, status: int = 200, **named: Any
) -> HttpResponse:
    now = timezone.now()
    answers = rules.may_answer(request.user, suggestion)
    return render(
        request,
        "suggestions/detail.html",
        {
            "suggestion": suggestion,
            "clock": clock(suggestion, now),
            "kind": SHAPES[State(suggestion.state)],
            "due": say_moment(suggestion.due_at, now),
            "received": say_moment(suggestion.received_at, now),
            "steps": _steps(suggestion, now),
            "phone": suggestion.phone.masked(mask_phone) if suggestion.phone else "",
            "answers": answers,
            "answer_form": AnswerForm(auto_id="answer-%s"),
            "decline_form": DeclineForm(auto_id="decline-%s"),
            "forward_form": ForwardForm(auto_id="forward-%s")
            if answers and suggestion.is_open
            else None,
            "publish_form": PublishForm(initial=_public_words(suggestion), auto_id="publish-%s"),
            "log": audit.lines_about(suggestion, 8),
            "crumbs": [
                {"label": "投诉建议", "url": reverse("suggestions:queue")},
                {"label": suggestion.number},
            ],
            **named,
        },
        status=status,
    )


def _wrong(request: Request, suggestion: Suggestion, what: str, form: forms.Form) -> HttpResponse:
    """Show the page with what is wrong in one of its forms; without it when that form has no place there any more."""
    fits = suggestion.is_open != (what == "publish") and rules.may_answer(request.user, suggestion)
    if not fits:
        return redirect("suggestions:detail", pk=suggestion.pk)
    return _detail(request, suggestion, 422, form=form, **{f"{what}_form": form})


def _public_words(suggestion: Suggestion) -> dict[str, str]:
    return {
        "question": suggestion.public_question
        or (suggestion.text if suggestion.wants_public else ""),
        "answer": suggestion.public_answer or suggestion.answer,
    }


@needs(rules.SEE, rules.ANSWER_MONEY)
@require_GET
def detail(request: Request, pk: int) -> HttpResponse:
    """Show one suggestion to those who answer it (一条投诉建议)."""
    return _detail(request, _suggestion(request, pk))


@needs(rules.ANSWER, rules.ANSWER_MONEY)
@require_POST
def answer(request: Request, pk: int) -> HttpResponse:
    """Answer (答复)."""
    suggestion = _suggestion(request, pk)
    form = AnswerForm(request.POST, auto_id="answer-%s")
    if not form.is_valid():
        return _wrong(request, suggestion, "answer", form)
    services.answer_suggestion(
        by=request.user, suggestion=suggestion, now=timezone.now(), **form.cleaned_data
    )
    messages.success(request, f"{suggestion.number}答复了，接着看看能不能公开")
    return redirect("suggestions:detail", pk=pk)


@needs(rules.ANSWER, rules.ANSWER_MONEY)
@require_POST
def decline(request: Request, pk: int) -> HttpResponse:
    """Say that it cannot be done, and why (办不了，说明理由)."""
    suggestion = _suggestion(request, pk)
    form = DeclineForm(request.POST, auto_id="decline-%s")
    if not form.is_valid():
        return _wrong(request, suggestion, "decline", form)
    services.decline_suggestion(
        by=request.user, suggestion=suggestion, now=timezone.now(), **form.cleaned_data
    )
    messages.success(request, f"{suggestion.number}的理由写好了")
    return redirect("suggestions:detail", pk=pk)


@needs(rules.ANSWER, rules.ANSWER_MONEY)
@require_POST
def forward(request: Request, pk: int) -> HttpResponse:
    """Hand on to the place whose people can answer (转办)."""
    suggestion = _suggestion(request, pk)
    form = ForwardForm(request.POST, auto_id="forward-%s")
    if not form.is_valid():
        return _wrong(request, suggestion, "forward", form)
    moved = services.forward_suggestion(
        by=request.user, suggestion=suggestion, now=timezone.now(), **form.cleaned_data
    )
    messages.success(request, f"{moved.number}转给了{moved.desk.name}，最晚答复时间不变")
    if queries.seen_by(request.user).filter(pk=pk).exists():
        return redirect("suggestions:detail", pk=pk)
    return redirect("suggestions:queue")


@needs(rules.ANSWER, rules.ANSWER_MONEY)
@require_POST
def publish(request: Request, pk: int) -> HttpResponse:
    """Publish question and answer without personal data (公开答复)."""
    suggestion = _suggestion(request, pk)
    form = PublishForm(request.POST, auto_id="publish-%s")
    if not form.is_valid():
        return _wrong(request, suggestion, "publish", form)
    services.publish_answer(
        by=request.user, suggestion=suggestion, now=timezone.now(), **form.cleaned_data
    )
    messages.success(request, f"{suggestion.number}公开了")
    return redirect("suggestions:detail", pk=pk)


@needs(rules.ANSWER, rules.ANSWER_MONEY)
@require_POST
def retract(request: Request, pk: int) -> HttpResponse:
    """Take a published answer back (撤下公开)."""
    suggestion = _suggestion(request, pk)
    services.retract_answer(
        by=request.user,
        suggestion=suggestion,
        reason=request.POST.get("reason", "")[:200],
        now=timezone.now(),
    )
    messages.success(request, f"{suggestion.number}从公开页撤下了")
    return redirect("suggestions:detail", pk=pk)


@needs(rules.ANSWER, rules.ANSWER_MONEY)
@never_cache
@require_POST
def open_phone(request: Request, pk: int) -> HttpResponse:
    """Show the phone that was left, once, for a reason (打开联系电话)."""
    suggestion = _suggestion(request, pk)
    opened = services.open_phone(
        by=request.user,
        suggestion=suggestion,
        reason=request.POST.get("reason", "")[:200],
        now=timezone.now(),
    )
    return _detail(request, suggestion, opened=opened or "没有留电话")
