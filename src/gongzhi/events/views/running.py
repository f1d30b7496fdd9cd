"""At work: the events of one's places, what is planned, the line with its reasons, what people said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django import forms as django
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from gongzhi.audit import queries as audit
from gongzhi.events import doorway, forms, judging, paging, queries, rules, services, showing
from gongzhi.events.models import Event, Kind, Quota, Registration
from gongzhi.places.models import Place
from gongzhi.shared.calendar import local, today
from gongzhi.shared.dated import rule
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.ui.doors import Request, needs

Status = Registration.Status
FEW = queries.FEW
PLAN = "events/plan.html"
SHAPES = {
    Event.Status.DRAFT: "wait",
    Event.Status.PUBLISHED: "ok",
    Event.Status.CLOSED: "wait",
    Event.Status.CANCELLED: "bad",
}
MARKS = {
    Status.SEATED: "ok",
    Status.OFFERED: "now",
    Status.WAITING: "now",
    Status.ENTERED: "wait",
}


def _event(request: Request, pk: int) -> Event:
    """Return an event of which *request*'s user may see the people."""
    rows = Event.objects.select_related("place", "host", "venue__center", "series")
    return get_object_or_404(rules.SEE.among(rows, request.user), pk=pk)


def _planned(request: Request, pk: int) -> Event:
    """Return an event that *request*'s user plans."""
    rows = Event.objects.select_related("place", "host", "venue__center", "series")
    return get_object_or_404(rules.PLAN.among(rows, request.user), pk=pk)


def _crumbs(event: Event | None, *label: str) -> list[dict[str, str]]:
    found = [{"label": "场次", "url": reverse("events:work")}]
    if event is not None:
        found.append({"label": event.title, "url": reverse("events:desk", args=[event.pk])})
    return [*found, *({"label": x} for x in label)]


# --- the list -------------------------------------------------------------------------------------


@needs(rules.SEE)
@require_GET
def work(request: Request) -> HttpResponse:
    """Show the events of one's places (场次，工作台)."""
    now = timezone.now()
    given = request.GET
    sought = paging.Sought(
        state=given.get("state", "") if given.get("state", "") in paging.STATES else "coming",
        kind=given.get("kind", "")[:12],
        words=given.get("q", "").strip()[:40],
        after=given.get("after", "")[:80],
    )
    page = paging.worked_on(request.user, sought, now)
    waiting, came = paging.waiting_in(page.rows), paging.came_to(page.rows)
    names = showing.topics()

    def address(**changed: str) -> str:
        said = {"state": sought.state, "kind": sought.kind, "q": sought.words} | changed
        return "?" + urlencode({k: v for k, v in said.items() if v})

    return render(
        request,
        "events/work.html",
        {
            "sought": sought,
            "tabs": [
                {"label": words, "url": address(state=key), "current": key == sought.state}
                for key, words in paging.STATES.items()
            ],
            "kinds": Kind.choices,
            "rows": [
                {
                    "event": e,
                    "when": f"{showing.say_day(e.day)} {showing.say_clock(e.starts_at)}",
                    "tag": names.get(e.topic) or e.get_kind_display(),
                    "color": showing.COLORS[Kind(e.kind)],
                    "shape": SHAPES[Event.Status(e.status)],
                    "waiting": waiting.get(e.pk, 0),
                    "came": came.get(e.pk, 0),
                }
                for e in page.rows
            ],
            "next": address(after=page.next) if page.next else "",
            "first": address() if sought.after else "",
            "may_plan": rules.PLAN.anywhere(request.user),
            "may_check_in": rules.CHECK_IN.anywhere(request.user),
        },
    )


# --- one event ------------------------------------------------------------------------------------


@needs(rules.SEE)
@require_GET
def desk(request: Request, pk: int) -> HttpResponse:
    """Show everything about one event to those who run it (场次工作页)."""
    now = timezone.now()
    event = _event(request, pk)
    breakdown = queries.breakdown(event)
    heads = paging.headcounts_of(event)
    said = paging.feedback_on(event)
    by = request.user
    plans = rules.PLAN.allows(by, event)
    people = paging.line_of(event)
    return render(
        request,
        "events/desk.html",
        {
            "event": event,
            "shape": SHAPES[Event.Status(event.status)],
            "when": f"{showing.say_day(event.day)} {showing.say_time(event)}",
            "moved": showing.moved_from(event),
            "parts": _tally(event, breakdown),
            "order": showing.order_in_words(event, now),
            "quotas": breakdown.quotas,
            "questions": [forms.write_question(q) for q in event.questions.order_by("number")],
            "seated": [_person(r) for r in people if r.status in Registration.HOLDS_SEAT],
            "line": [_person(r) for r in people if r.status in (Status.WAITING, Status.ENTERED)],
            "gone": [_person(r) for r in people if r.status not in Registration.LIVE],
            "came": event.attendances.standing().count(),
            "head": heads[0] if heads else None,
            "faults": [(showing.say_clock(f.scanned_at), f) for f in paging.faults_of(event)],
            "said": [f for f in said if f.words],
            "rated": _rated([f.rating for f in said]),
            "plans": plans,
            "may_enter": rules.ENTER_OTHERS.allows(by, event) and event.takes_registrations_at(now),
            "may_check_in": rules.CHECK_IN.allows(by, event),
            "may_draw": plans and event.draws_lots and event.draw_at and event.draw_at <= now,
            "is_over": event.starts_at <= now,
            "is_live": event.status in (Event.Status.DRAFT, Event.Status.PUBLISHED),
            "log": audit.lines_about(event, 8),
            "crumbs": _crumbs(None, event.title),
        },
    )


def _tally(event: Event, parts: queries.Breakdown) -> list[dict[str, Any]]:
    rows = [
        {"label": "报上了", "count": parts.seated, "unit": "人", "color": "--c1"},
        {"label": "等答复", "count": parts.offered, "unit": "人", "color": "--c2"},
    ]
    if parts.free is not None:
        rows.append({"label": "空着", "count": parts.free, "unit": "个"})
    if parts.entered:
        rows.append({"label": "等抽签", "count": parts.entered, "unit": "人"})
    rows.append({"label": "在排队", "count": parts.waiting, "unit": "人", "color": "--c3"})
    if parts.walk_ins:
        rows[0]["note"] = f"其中当场来的{parts.walk_ins}人"
    return rows


def _person(one: Registration) -> dict[str, Any]:
    return {
        "it": one,
        "name": doorway.called(one.person),
        "tail": doorway.tail(one.person),
        "shape": MARKS.get(Status(one.status), "wait"),
        "why": judging.say_turn(one) if one.status == Status.WAITING else "",
        "answers": "；".join(
            f"{a.question.text}：{a.value}"
            for a in sorted(one.answers.all(), key=lambda a: a.question.number)
        ),
    }


def _rated(ratings: list[int]) -> dict[str, Any] | None:
    """Return how many said how good it was; a mean only where enough people spoke."""
    if not ratings:
        return None
    rows = [(n, ratings.count(n)) for n in range(5, 0, -1)]
    mean = round(sum(ratings) / len(ratings), 1) if len(ratings) >= FEW else None
    return {"total": len(ratings), "rows": rows, "mean": mean}


# --- forms ----------------------------------------------------------------------------------------


def _form(
    request: Request,
    form: django.Form,
    event: Event | None,
    title: str,
    button: str,
    note: str = "",
    page: str = "events/form.html",
) -> HttpResponse:
    """Render a staff form (工作人员表单) with its path, its button and one remark beside it."""
    back = reverse("events:desk", args=[event.pk]) if event else reverse("events:work")
    return render(
        request,
        page,
        {
            "form": form,
            "title": title,
            "button": button,
            "note": note,
            "back": back,
            "crumbs": _crumbs(event, title),
            "more_open": _filled(form, MORE),
            "ages_open": _filled(form, AGES),
        },
        status=422 if form.errors else 200,
    )


MORE = ("registration_opens_at", "registration_closes_at", "draw_at")
AGES = ("min_age", "max_age", "guardian_under")


def _filled(form: django.Form, names: tuple[str, ...]) -> bool:
    """Tell whether any of these folded fields holds something, or is wrong."""
    return any(
        name in form.errors or (name in form.fields and form[name].value()) for name in names
    )


def _done(form: django.Form, deed: Callable[[], Any]) -> bool:
    """Do the deed; what cannot be taken as it was filled in is said at its field, and False comes back."""
    try:
        deed()
    except Unacceptable as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return False
    return True


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def create(request: Request) -> HttpResponse:
    """Draft an event (建场次)."""
    now = timezone.now()
    minutes = rule("events.offer-minutes", today(now)).number
    initial: dict[str, Any] = {"kind": Kind.ACTIVITY, "offer_hours": max(1, minutes // 60)}
    paths = rules.PLAN.paths(request.user)
    here = Place.objects.filter(path=paths[0]).first() if paths and paths[0] != "/" else None
    initial |= forms.default_times(now) | ({"place": here.name} if here else {})
    copied = request.GET.get("like", "")
    if copied.isdecimal() and len(copied) < 18 and request.method == "GET":
        initial = forms.written(_event(request, int(copied))) | forms.default_times(now)
        initial |= dict.fromkeys(("registration_opens_at", "registration_closes_at", "draw_at"))
    form = forms.EventForm(request.POST or None, initial=initial)
    made: list[Event] = []
    if (
        request.method == "POST"
        and form.is_valid()
        and _done(
            form,
            lambda: made.append(services.create_event(by=request.user, now=now, **form.details)),
        )
    ):
        messages.success(request, "存成草稿了，看一遍再发布")
        return redirect("events:desk", pk=made[0].pk)
    return _form(
        request,
        form,
        None,
        "办一场活动",
        "存成草稿",
        "先存成草稿，只有您和同事看得到；发布以后街坊才看得到、报得了名。",
        PLAN,
    )


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def amend(request: Request, pk: int) -> HttpResponse:
    """Change what an event says (改场次)."""
    event = _planned(request, pk)
    published = event.status == Event.Status.PUBLISHED
    form = forms.EventForm(
        request.POST or None, initial=forms.written(event), is_published=published
    )
    if (
        request.method == "POST"
        and form.is_valid()
        and _done(
            form,
            lambda: services.amend_event(
                by=request.user, event=event, changes=form.details, now=timezone.now()
            ),
        )
    ):
        messages.success(request, "改好了")
        return redirect("events:desk", pk=pk)
    note = "时间、地点要改，请用“改期”，报了名的人会收到通知。" if published else ""
    return _form(request, form, event, "改场次", "存上", note, PLAN)


@needs(rules.PLAN)
@require_POST
def publish(request: Request, pk: int) -> HttpResponse:
    """Let everybody see the event and register (发布)."""
    event = services.publish_event(by=request.user, event=_planned(request, pk), now=timezone.now())
    messages.success(request, f"“{event.title}”发布了")
    return redirect("events:desk", pk=pk)


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def move(request: Request, pk: int) -> HttpResponse:
    """Move an event (改期)."""
    event = _planned(request, pk)
    initial = {
        "starts_at": local(event.starts_at),
        "ends_at": local(event.ends_at),
        "place": str(event.place),
        "address": event.address,
    }
    form = forms.MoveForm(request.POST or None, initial=initial)
    if (
        request.method == "POST"
        and form.is_valid()
        and _done(
            form,
            lambda: services.move_event(
                by=request.user, event=event, now=timezone.now(), **form.cleaned_data
            ),
        )
    ):
        messages.success(request, "改期了，报了名的人都会收到通知")
        return redirect("events:desk", pk=pk)
    return _form(
        request,
        form,
        event,
        "改期",
        "改期",
        "座位和排队的次序都留着；每个人会收到通知，自己再定来不来。",
    )


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def call_off(request: Request, pk: int) -> HttpResponse:
    """Cancel an event (取消场次)."""
    event = _planned(request, pk)
    form = forms.WhyForm(request.POST or None)
    if (
        request.method == "POST"
        and form.is_valid()
        and _done(
            form,
            lambda: services.cancel_event(
                by=request.user, event=event, why=form.cleaned_data["why"], now=timezone.now()
            ),
        )
    ):
        messages.success(request, "取消了，报了名的人都会收到通知")
        return redirect("events:desk", pk=pk)
    return _form(
        request,
        form,
        event,
        "取消这一场",
        "取消这一场",
        "报了名的、排队的都会收到通知，不会跑空。取消了不能恢复，只能另办一场。",
    )


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def close(request: Request, pk: int) -> HttpResponse:
    """Close an event that took place (散场，收尾)."""
    event = _planned(request, pk)
    form = forms.CloseForm(request.POST or None, initial={"ended_at": local(event.ends_at)})
    now = timezone.now()
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        # Closed before it was to end, and nobody said otherwise: it ended now.
        if given["ended_at"] is None or given["ended_at"] > now:
            given["ended_at"] = min(now, event.ends_at) if now > event.starts_at else None
        if _done(
            form,
            lambda: services.close_event(by=request.user, event=event, now=now, **given),
        ):
            messages.success(request, "收尾了。漏登的，还可以照纸单补")
            return redirect("events:desk", pk=pk)
    return _form(
        request,
        form,
        event,
        "散场，收尾",
        "收尾",
        "收尾以后不能再扫码；照纸单补录、撤掉按错的，还都可以。写一句就行，不写也行。",
    )


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def quota(request: Request, pk: int) -> HttpResponse:
    """Keep seats for a place or an organization (留名额)."""
    event = _planned(request, pk)
    form = forms.QuotaForm(request.POST or None, initial={"releases_on": event.day})

    def keep() -> Quota:
        given = form.cleaned_data
        whom = given["for_whom"]
        key = "place" if isinstance(whom, Place) else "organization"
        return services.add_quota(
            by=request.user,
            event=event,
            seats=given["seats"],
            releases_on=given["releases_on"],
            now=timezone.now(),
            **{key: whom},
        )

    if request.method == "POST" and form.is_valid() and _done(form, keep):
        messages.success(request, "名额留好了，到那天没用完的自动收回")
        return redirect("events:desk", pk=pk)
    return _form(
        request,
        form,
        event,
        "留名额",
        "留下",
        "到收回那天，没用完的自动还给大家，排队的人按次序接上。",
    )


@needs(rules.PLAN)
@require_http_methods(["GET", "POST"])
def questions(request: Request, pk: int) -> HttpResponse:
    """Say what is asked of whoever registers (报名时问什么)."""
    event = _planned(request, pk)
    lines = "\n".join(forms.write_question(q) for q in event.questions.order_by("number"))
    form = forms.QuestionsForm(request.POST or None, initial={"questions": lines})
    if (
        request.method == "POST"
        and form.is_valid()
        and _done(
            form,
            lambda: services.ask_questions(
                by=request.user, event=event, questions=form.asked, now=timezone.now()
            ),
        )
    ):
        messages.success(request, "存上了，报名时会问")
        return redirect("events:desk", pk=pk)
    return _form(
        request,
        form,
        event,
        "报名时问什么",
        "存上",
        "少问一句是一句：系统里有的不用问。有人报了名就不能再改，免得问两遍。",
    )


@needs(rules.PLAN)
@require_POST
def draw(request: Request, pk: int) -> HttpResponse:
    """Draw lots (抽签)."""
    drawn = services.draw_lots(by=request.user, event=_planned(request, pk), now=timezone.now())
    messages.success(request, f"{len(drawn)}人抽完了，结果和抽签用的数都公布了")
    return redirect("events:desk", pk=pk)


# --- people ---------------------------------------------------------------------------------------


@needs(rules.ENTER_OTHERS)
@require_http_methods(["GET", "POST"])
def enter(request: Request, pk: int) -> HttpResponse:
    """Register a resident at their wish (代居民报名)."""
    rows = Event.objects.select_related("place")
    event = get_object_or_404(rules.ENTER_OTHERS.among(rows, request.user), pk=pk)
    now = timezone.now()
    asks = {
        "asks_guardian": bool(request.POST.get("guardian")) or request.GET.get("young") == "1",
        "asks_tight": bool(request.POST.get("accepts_tight")),
    }
    form = _enter_form(request, event, **asks)
    if request.method == "POST" and form.is_valid():
        try:
            found = _entered(request, event, form, now)
        except Refused as refusal:
            # The clerk has the person on the phone: what is missing is asked on the same page.
            young = isinstance(refusal, judging.GuardianWanted | judging.BirthWanted)
            tight = isinstance(refusal, judging.TightSchedule)
            if not (isinstance(refusal, Unacceptable) or tight):
                raise
            form = _enter_form(request, event, asks_guardian=young, asks_tight=tight)
            form.is_valid()
            field = getattr(refusal, "field", "")
            form.add_error(field if field in form.fields else None, str(refusal))
        else:
            state = found.get_status_display()
            messages.success(
                request, f"{doorway.called(found.person)}{state}，六位号{found.spoken_code}"
            )
            return redirect("events:desk", pk=pk)
    return _form(
        request,
        form,
        event,
        "代居民报名",
        "报上",
        "本人会收到短信，写着是谁代报的、怎么同意的；不认可以自己取消。",
    )


def _enter_form(request: Request, event: Event, **asks: bool) -> forms.EnterForm:
    return forms.EnterForm(request.POST or None, event=event, people=[], knows_phone=False, **asks)


def _entered(request: Request, event: Event, form: forms.EnterForm, now: Any) -> Registration:
    given = form.cleaned_data
    person = services.introduce(
        by=request.user,
        name=given["name"],
        phone=given["phone"],
        place=Place.objects.get(pk=given["place"]),
        birth_year=given.get("birth_year"),
        now=now,
    )
    return services.enter_for(
        by=request.user,
        event=event,
        person=person,
        consent=given["consent"],
        channel=given["channel"],
        answers=form.answers,
        guardian=given.get("guardian", ""),
        guardian_phone=given.get("guardian_phone", ""),
        accepts_tight=bool(given.get("accepts_tight")),
        now=now,
    )


def _registration(request: Request, pk: int) -> Registration:
    rows = Registration.objects.select_related("event__place", "person__place")
    found = get_object_or_404(rows, pk=pk)
    _planned(request, found.event_id)
    return found


@needs(rules.PLAN)
@require_POST
def ahead(request: Request, pk: int) -> HttpResponse:
    """Let somebody who waits be served first, for a reason everybody in line reads (往前挪)."""
    found = _registration(request, pk)
    services.put_ahead(
        by=request.user,
        registration=found,
        reason=request.POST.get("reason", "")[:120],
        now=timezone.now(),
    )
    messages.success(request, "往前挪了，理由排队的人都看得到")
    return redirect(reverse("events:desk", args=[found.event_id]) + "#line")


@needs(rules.ENTER_OTHERS)
@require_POST
def take_off(request: Request, pk: int) -> HttpResponse:
    """Cancel for somebody who called (替人取消)."""
    rows = Registration.objects.select_related("event__place", "person__place")
    found = get_object_or_404(
        rows.filter(event__in=rules.ENTER_OTHERS.among(Event.objects.all(), request.user)), pk=pk
    )
    services.cancel_registration(by=request.user, registration=found, now=timezone.now())
    messages.success(request, f"{doorway.called(found.person)}的报名取消了，空出来的给下一位")
    return redirect("events:desk", pk=found.event_id)
