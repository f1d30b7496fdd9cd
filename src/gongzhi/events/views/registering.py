"""Registering, the seat or the place in line, the code for the door, and everything of one's own (我报的)."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from allauth.account.adapter import get_adapter
from django import forms as django
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongzhi.accounts import queries as accounts
from gongzhi.accounts import services as proving
from gongzhi.accounts.models import PhoneCode
from gongzhi.directory import services as people
from gongzhi.directory.services import Oneself
from gongzhi.events import forms, judging, offers, paging, services, showing
from gongzhi.events.models import Attendance, Event, Registration
from gongzhi.places.models import Place
from gongzhi.shared.calendar import local
from gongzhi.shared.codes import mask_phone
from gongzhi.shared.dated import rule
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.sealed import Unreadable, seal, unseal
from gongzhi.ui.doors import Request, public

from . import public as pages
from . import who

Status = Registration.Status
DRAFT = (
    "events.draft"  # where a session keeps, sealed, what was filled in before the phone was proved
)
PHONE = "events.phone"  # where it keeps, sealed, the phone that a code went to
# What a deed may ask for that the form did not: the page comes back with that field.
ASKS = (judging.GuardianWanted, judging.BirthWanted, judging.TightSchedule)


# --- the form -------------------------------------------------------------------------------------


def form_for(
    request: Request,
    event: Event,
    asking: who.Asking,
    now: datetime,
    data: QueryDict | None = None,
    **asks: bool,
) -> forms.RegisterForm:
    """Return the form that asks whoever stands here only what is not known (报名表)."""
    return forms.RegisterForm(
        data,
        event=event,
        people=who.names_of(asking.people),
        knows_phone=bool(asking.phone) or bool(asking.people),
        auto_id="r_%s",
        **asks,
    )


@public
@never_cache
@require_http_methods(["GET", "POST"])
def register(request: Request, pk: int) -> HttpResponse:
    """Take a registration (报名): at once from who is known, after a code from who is not."""
    event = get_object_or_404(pages.visible(request), pk=pk)
    if request.method == "GET":
        return redirect(reverse("events:event", args=[pk]) + "#reg")
    return _taken(request, event, request.POST)


def _taken(request: Request, event: Event, data: QueryDict) -> HttpResponse:
    now = timezone.now()
    asking = who.asking(request, now)
    form = form_for(request, event, asking, now, data, asks_guardian=bool(data.get("guardian")))
    if not form.is_valid():
        return _again(request, event, form, now)
    if not asking.how:
        _keep_draft(request, event, data)
        return _send_code(request, form.cleaned_data["phone"], now)
    try:
        registration = _enter(request, event, form, now)
    except Unacceptable as refusal:
        asked = form_for(
            request, event, asking, now, data, asks_guardian=isinstance(refusal, ASKS[:2])
        )
        return _say(request, event, asked, refusal, now)
    except judging.TightSchedule as refusal:
        asked = form_for(request, event, asking, now, data, asks_tight=True)
        return _say(request, event, asked, refusal, now)
    return redirect("events:registration", pk=registration.pk)


def _say(
    request: Request, event: Event, form: Any, refusal: Refused, now: datetime
) -> HttpResponse:
    """Show the form again with what the deed asked for, at the field it is about."""
    field = getattr(refusal, "field", "")
    form.is_valid()
    form.add_error(field if field in form.fields else None, str(refusal))
    return _again(request, event, form, now)


def _again(request: Request, event: Event, form: Any, now: datetime) -> HttpResponse:
    context = pages.page_of(request, event, now) | {"form": form}
    return render(request, "events/event.html", context, status=422)


@transaction.atomic
def _enter(request: Request, event: Event, form: forms.RegisterForm, now: datetime) -> Registration:
    """Enter whoever the form is about; a person who is not known yet is introduced first."""
    asking, given = who.asking(request, now), form.cleaned_data
    chosen = given.get("who", forms.NEW)
    known = next((p for p in asking.people if str(p.pk) == chosen), None)
    by_phone = Oneself(asking.people[0].pk) if asking.people else None
    person = known or services.introduce(
        by=request.user,
        name=given["name"],
        phone=asking.phone or _phone_of(asking),
        place=Place.objects.get(pk=given["place"]),
        birth_year=given.get("birth_year"),
        now=now,
    )
    actor = asking.acts_for(person)
    if person.birth_year is None and (year := given.get("birth_year")):
        person = people.amend_person(
            by=Oneself(person.pk),
            person=person,
            changes={"birth_year": year},
            reason="报名时本人填的",
            now=now,
        )
    organization = given.get("organization")
    said: dict[str, Any] = {
        "event": event,
        "person": person,
        "now": now,
        "answers": form.answers,
        "organization": next(
            (
                q.organization
                for q in event.quotas.select_related("organization")
                if organization and str(q.organization_id) == organization
            ),
            None,
        ),
        "guardian": given.get("guardian", ""),
        "guardian_phone": given.get("guardian_phone", ""),
        "accepts_tight": bool(given.get("accepts_tight")),
    }
    if known is None and given.get("family"):
        # Somebody of the same phone speaks for them, and says so.
        speaker = asking.user if asking.user and asking.user.person_id else by_phone or actor
        day = local(now)
        consent = f"家里人{day.month}月{day.day}日代报，说本人愿意来"
        return services.enter_for(by=speaker, consent=consent, **said)
    return services.register(by=actor, **said)


def _phone_of(asking: who.Asking) -> str:
    """Return the phone of the account's own person, where the account has none proved."""
    kept = next((p.phone for p in asking.people if p.phone), None)
    return kept.open() if kept else ""


# --- proving a phone ------------------------------------------------------------------------------


def _keep_draft(request: Request, event: Event, data: QueryDict) -> None:
    said = {k: v for k, v in data.lists() if k != "csrfmiddlewaretoken"}
    kept = seal(json.dumps({"event": event.pk, "said": said}))
    request.session[DRAFT] = base64.b64encode(kept).decode()


def _draft(request: Request) -> tuple[Event | None, QueryDict]:
    """Return the registration that waits for the phone to be proved."""
    said = QueryDict(mutable=True)
    try:
        kept = json.loads(unseal(base64.b64decode(request.session.get(DRAFT, ""))))
    except (Unreadable, ValueError):
        return None, said
    for name, values in kept["said"].items():
        said.setlist(name, values)
    return pages.visible(request).filter(pk=kept["event"]).first(), said


def _phone(request: Request) -> str:
    try:
        return unseal(base64.b64decode(request.session.get(PHONE, "")))
    except (Unreadable, ValueError):
        return ""


def _send_code(request: Request, phone: str, now: datetime) -> HttpResponse:
    proving.send_phone_code(
        by=request.user,
        phone=phone,
        purpose=PhoneCode.Purpose.PROVE,
        address=get_adapter(request).get_client_ip(request),
        now=now,
    )
    request.session[PHONE] = base64.b64encode(seal(phone)).decode()
    return redirect("events:code")


@public
@never_cache
@require_http_methods(["GET", "POST"])
def code(request: Request) -> HttpResponse:
    """Ask for the code that went to the phone; right, and what waited for it is done (填验证码)."""
    now, phone = timezone.now(), _phone(request)
    if not phone:
        return redirect("events:mine")
    if request.method == "GET":
        return _ask_code(request, phone, forms.CodeForm())
    if request.POST.get("again"):
        return _send_code(request, phone, now)
    form = forms.CodeForm(request.POST)
    if not form.is_valid():
        return _ask_code(request, phone, form)
    tried = proving.prove_phone(
        by=request.user, phone=phone, code=form.cleaned_data["code"], now=now
    )
    if tried.refusal is not None:
        form.add_error("code", str(tried.refusal))
        return _ask_code(request, phone, form)
    event, said = _draft(request)
    request.session.cycle_key()
    request.session[accounts.PROOF] = tried.proof
    request.session.pop(PHONE, None)
    request.session.pop(DRAFT, None)
    who.forget(request)
    if event is not None:
        # The person of that name and phone may be known: then the name says who of the family it is.
        said["who"] = _same(who.asking(request, now), said.get("name", ""))
        return _taken(request, event, said)
    door = request.session.get("events.arrived")
    return redirect("events:here", pk=door["event"]) if door else redirect("events:mine")


def _same(asking: who.Asking, name: str) -> str:
    for person in asking.people:
        if person.name == "".join(name.split()):
            return str(person.pk)
    return forms.NEW


def _ask_code(request: Request, phone: str, form: django.Form) -> HttpResponse:
    event, _ = _draft(request)
    context = {"form": form, "masked": mask_phone(phone), "event": event}
    return render(request, "events/code.html", context, status=422 if form.errors else 200)


def ask_phone(request: Request, title: str, words: str) -> HttpResponse:
    """Ask for the phone somebody registered with, where nobody is known (先验手机号)."""
    form = forms.PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _send_code(request, form.cleaned_data["phone"], timezone.now())
    context = {"form": form, "title": title, "words": words}
    return render(request, "events/phone.html", context, status=422 if form.errors else 200)


@public
@require_POST
def leave(request: Request) -> HttpResponse:
    """Forget the phone that was proved: the next person may hold the same device (看完了，退出)."""
    for name in (accounts.PROOF, PHONE, DRAFT):
        request.session.pop(name, None)
    messages.success(request, "退出了，这部手机上不再显示您报的活动")
    return redirect("events:list")


# --- one registration -----------------------------------------------------------------------------


@public
@never_cache
@require_safe
def registration(request: Request, pk: int) -> HttpResponse:
    """Show what became of a registration: the seat with its codes, or the place in line and why (报名结果)."""
    now = timezone.now()
    asking = who.asking(request, now)
    if not asking.how:
        return redirect(reverse("events:mine"))
    found = who.owned(asking, pk)
    if found is None:
        raise Http404
    return render(request, "events/registration.html", _result(found, now))


def _result(found: Registration, now: datetime) -> dict[str, Any]:
    event = found.event
    ahead = paging.ahead_of([found]).get(found.pk) if found.status == Status.WAITING else None
    days = rule("events.feedback-days", event.day).number
    live = found.status in Registration.LIVE
    return {
        "it": found,
        "event": event,
        "called": who.called(found.person),
        "shape": showing.SHAPES[Status(found.status)],
        "when": f"{showing.say_day(event.day)} {showing.say_time(event)}",
        "qr": showing.qr(found.token, "到场登记码")
        if found.status in Registration.HOLDS_SEAT
        else "",
        "until": showing.ago(found.offer_until, now) if found.offer_until else "",
        "dots": showing.queue_dots(*ahead) if ahead else (),
        "ahead": ahead,
        "why_here": judging.say_turn(found),
        "order": showing.order_in_words(event, now),
        "answers": list(found.answers.select_related("question").order_by("question__number")),
        "may_cancel": live and event.starts_at > now,
        "steps": [
            {"label": "报名", "note": showing.say_moment(found.registered_at), "state": "done"},
            {"label": "到场登记", "note": "把码给门口的人看，或者念六位号", "state": "now"},
            {"label": "说说好不好", "note": f"活动后{days}天内可以评价", "state": ""},
        ],
    }


def _act(request: Request, pk: int) -> tuple[Registration, Any]:
    asking = who.asking(request, timezone.now())
    found = who.owned(asking, pk)
    if found is None:
        raise Http404
    return found, who.actor_for(asking, found)


@public
@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """Take the seat that was offered (我要去)."""
    found, by = _act(request, pk)
    services.confirm_offer(
        by=by,
        registration=found,
        now=timezone.now(),
        accepts_tight=bool(request.POST.get("accepts_tight")),
    )
    return redirect("events:registration", pk=pk)


@public
@require_POST
def decline(request: Request, pk: int) -> HttpResponse:
    """Leave the offered seat to the next person (让给下一位)."""
    found, by = _act(request, pk)
    services.decline_offer(by=by, registration=found, now=timezone.now())
    messages.success(request, "让给下一位了，谢谢您早说")
    return redirect("events:mine")


@public
@require_POST
def keep(request: Request, pk: int) -> HttpResponse:
    """Come on the new day too (新日子我也去)."""
    found, by = _act(request, pk)
    services.keep_after_move(by=by, registration=found, now=timezone.now())
    return redirect("events:registration", pk=pk)


@public
@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    """Give up the seat or the place in line (取消报名)."""
    found, by = _act(request, pk)
    services.cancel_registration(by=by, registration=found, now=timezone.now())
    messages.success(request, f"“{found.event.title}”取消了，空出来的给下一位")
    return redirect("events:mine")


@public
@never_cache
@require_http_methods(["GET", "POST"])
def answer(request: Request, key: str) -> HttpResponse:
    """Answer for an offered seat from the message, without proving the phone again (答复空座位)."""
    now = timezone.now()
    pk, number = offers.read(key) or (0, 0)
    rows = Registration.objects.select_related("event__place", "person__place")
    found = get_object_or_404(rows, pk=pk, number=number)
    by = Oneself(found.person_id)
    done = ""
    if request.method == "POST" and request.POST.get("go") == "yes":
        found = services.confirm_offer(
            by=by,
            registration=found,
            now=now,
            accepts_tight=bool(request.POST.get("accepts_tight")),
        )
        done = "说好了，座位是您的。"
    elif request.method == "POST" and request.POST.get("go") == "no":
        found = services.decline_offer(by=by, registration=found, now=now)
        done = "让给下一位了，谢谢您早说。"
    found = rows.get(pk=pk)
    over = found.status == Status.OFFERED and found.offer_until and found.offer_until <= now
    context = _result(found, now) | {"done": done, "is_over": bool(over), "key": key}
    return render(request, "events/answer.html", context)


# --- everything of one's own ----------------------------------------------------------------------


@public
@never_cache
@require_http_methods(["GET", "POST"])
def mine(request: Request) -> HttpResponse:
    """Show what one registered for, what waits for an answer, and where one was (我报的)."""
    now = timezone.now()
    asking = who.asking(request, now)
    if not asking.how:
        return ask_phone(
            request,
            "我报的活动",
            "填报名时的手机号，验一下，就看得到报了哪些、排到第几、到场登记码。",
        )
    rows = [r for r in who.mine(asking) if r.status in Registration.LIVE]
    rows = [r for r in rows if r.event.ends_at > now]
    ahead = paging.ahead_of(r for r in rows if r.status == Status.WAITING)
    shown = [_shown(r, ahead.get(r.pk), now) for r in rows]
    off = [x for x in shown if x["it"].event.status == Event.Status.CANCELLED]
    on = [x for x in shown if x not in off]
    asked = [x for x in on if x["it"].status == Status.OFFERED or x["it"].is_asked_again]
    rest = [x for x in on if x not in asked]
    days = rule("events.feedback-days", local(now).date()).number
    been = paging.been_to(p.pk for p in asking.people) if asking.people else []
    return render(
        request,
        "events/mine.html",
        {
            "asking": asking,
            "called": "、".join(who.called(p) for p in asking.people) or "居民",
            "asked": asked,
            "waiting": [x for x in rest if x["it"].status == Status.WAITING],
            "entered": [x for x in rest if x["it"].status == Status.ENTERED],
            "seated": [x for x in rest if x["it"].status == Status.SEATED],
            "off": off,
            "been": [_was(one, days, now) for one in been],
            "nothing": not (rows or been),
            "many": len(asking.people) > 1,
        },
    )


@public
@never_cache
@require_http_methods(["GET", "POST"])
def calendar(request: Request) -> HttpResponse:
    """Open a private address under which one's calendar reads what one registered for, or end it (订到日历)."""
    now = timezone.now()
    asking = who.asking(request, now)
    if not asking.how:
        return redirect("events:mine")
    opened = []
    if request.method == "POST":
        given = request.POST.get("person", "")
        person = next((p for p in asking.people if str(p.pk) == given), None)
        if person is None:
            raise Http404
        by = asking.acts_for(person)
        if request.POST.get("end"):
            services.close_calendar(by=by, person=person, now=now)
            messages.success(request, "停了，原来的地址打不开了")
            return redirect("events:mine-calendar")
        kept = services.open_calendar(by=by, person=person, now=now)
        path = reverse("api:own_calendar", args=[kept.token])
        opened = [(who.called(person), request.build_absolute_uri(path))]
    people = [(str(p.pk), who.called(p)) for p in asking.people]
    return render(request, "events/calendar.html", {"people": people, "opened": opened})


def _shown(one: Registration, ahead: tuple[int, int] | None, now: datetime) -> dict[str, Any]:
    event = one.event
    return {
        "it": one,
        "called": who.called(one.person),
        "shape": showing.SHAPES[Status(one.status)],
        "when": f"{showing.say_day(event.day)} {showing.say_time(event)}",
        "until": showing.ago(one.offer_until, now) if one.offer_until else "",
        "ahead": ahead,
        "dots": showing.queue_dots(*ahead) if ahead else (),
        "why_here": judging.say_turn(one),
        "order": showing.order_in_words(event, now),
        "moved": showing.moved_from(event),
    }


def _was(one: Attendance, days: int, now: datetime) -> dict[str, Any]:
    feedback = getattr(one, "feedback", None)
    still = (now - one.event.ends_at).days < days
    return {"it": one, "feedback": feedback, "may_rate": still, "called": who.called(one.person)}


@public
@never_cache
@require_http_methods(["GET", "POST"])
def rate(request: Request, pk: int) -> HttpResponse:
    """Say what one thought of an event (评价): one tap, words if one likes."""
    now = timezone.now()
    asking = who.asking(request, now)
    mine = [p.pk for p in asking.people]
    found = (
        Attendance.objects.standing()
        .filter(pk=pk)
        .filter(person__in=mine)
        .select_related("event__place", "person", "feedback")
        .first()
    )
    if found is None:
        if not asking.how:
            return redirect("events:mine")
        raise Http404
    given = getattr(found, "feedback", None)
    if request.method == "POST":
        form = forms.RateForm(request.POST)
        form.is_valid()
        services.give_feedback(
            by=asking.acts_for(found.person),
            attendance=found,
            rating=form.cleaned_data.get("rating") or 0,
            words=form.cleaned_data.get("words") or (given.words if given else ""),
            now=now,
        )
        messages.success(request, "记下了，谢谢您。想补一句，随时回来写")
        return redirect("events:rate", pk=pk)
    rates = [(1, "不好"), (2, "不太好"), (3, "一般"), (4, "好"), (5, "很好")]
    context = {"it": found, "given": given, "rates": rates, "event": found.event}
    return render(request, "events/rate.html", context)
