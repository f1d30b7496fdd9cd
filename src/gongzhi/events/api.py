"""The open interface of events: what is on, one's own registrations, and calendars to subscribe to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Path, Query, Router, Schema, Status
from ninja.security import django_auth

from gongzhi.directory.models import Person
from gongzhi.places import queries as places
from gongzhi.shared.refusals import Refused
from gongzhi.ui.doors import Request

from . import feeds, paging, queries, services
from .models import Event, Registration

router = Router()
Number = Annotated[int, Path(ge=1, lt=2**31)]


class NotLinked(Refused):
    code = "events.account-not-linked"
    message = "这个账号还没有和本人的登记对上，不能报名。请在页面上用手机号报一次名，就对上了。"


class Sorry(Schema):
    """Why it was not done, in the words of the pages (谢绝)."""

    code: str
    detail: str


class EventOut(Schema):
    """One public event (场次)."""

    id: int
    kind: str
    topic: str
    title: str
    summary: str
    place: str
    place_code: str
    address: str
    starts_at: datetime
    ends_at: datetime
    was_at: datetime | None
    status: str
    why: str
    takes_registrations: bool
    takes_walk_ins: bool
    rule: str
    capacity: int | None
    free_seats: int | None
    min_age: int | None
    max_age: int | None
    is_step_free: bool
    revision: int

    @staticmethod
    def resolve_place(event: Event) -> str:
        return str(event.place)

    @staticmethod
    def resolve_place_code(event: Event) -> str:
        return event.place.code


class EventPage(Schema):
    """Some events, and what to ask for the next ones, empty at the end (一页)."""

    events: list[EventOut]
    next: str


class BreakdownOut(Schema):
    """How the seats stand (名额的去向)."""

    capacity: int | None
    seated: int
    offered: int
    waiting: int
    entered: int
    walk_ins: int
    free: int | None


class TurnOut(Schema):
    """One place in line, nameless, with its reason (排队的一位)."""

    position: int
    reason: str
    is_put_ahead: bool


class DrawOut(Schema):
    """What is published of the lots, so that anybody can draw again (抽签)."""

    promise: str
    seed: str
    order: list[int]
    is_kept: bool


class EventDetail(EventOut):
    """One event with its seats, its line and its lots (一场)."""

    seats: BreakdownOut
    line: list[TurnOut]
    draw: DrawOut | None


class RegistrationOut(Schema):
    """One's own registration (我的报名); the code is said at the door."""

    id: int
    event: int
    title: str
    starts_at: datetime
    status: str
    number: int
    turn_reason: str
    offer_until: datetime | None
    is_asked_again: bool
    code: str
    token: str

    @staticmethod
    def resolve_event(registration: Registration) -> int:
        return registration.event_id

    @staticmethod
    def resolve_title(registration: Registration) -> str:
        return registration.event.title

    @staticmethod
    def resolve_starts_at(registration: Registration) -> datetime:
        return registration.event.starts_at


class RegisterIn(Schema):
    """What registering may need (报名): answers by the number of the question."""

    answers: dict[int, str] = {}
    guardian: str = ""
    guardian_phone: str = ""
    accepts_tight: bool = False


class AnswerIn(Schema):
    """Taking an offer (我要去)."""

    accepts_tight: bool = False


def _event(request: Request, number: int) -> Event:
    found = queries.visible_to(request.user).filter(pk=number).first()
    if found is None:
        raise Http404("没有这一场")
    return found


def _wanted(request: Request, number: int) -> Event:
    """Return the event that somebody registers for: no more of it than the deed needs before it holds the row."""
    found = queries.visible_to(request.user).filter(pk=number).select_related(None)
    needed = ("day", "starts_at", "ends_at", "place__name", "place__path")
    event = found.select_related("place").only(*needed).first()
    if event is None:
        raise Http404("没有这一场")
    return event


def _person(request: Request) -> Person:
    own = getattr(request.user, "person_id", None)
    if own is None:
        raise NotLinked
    return Person.objects.only("merged_into").get(pk=own)


def _own(request: Request, number: int) -> Registration:
    person = _person(request)
    found = (
        Registration.objects.select_related("person")
        .only("event", "registered_by", "person__merged_into")
        .filter(pk=number)
        .first()
    )
    if found is None or found.person.standing_id != person.standing_id:
        raise Http404("您名下没有这条报名")
    return found


@router.get("/events", response=EventPage, auth=None, summary="公开的场次")
def event_list(
    request: Request,
    place: Annotated[str, Query(pattern=r"^\d{0,16}$")] = "",
    kind: Annotated[str, Query(pattern=r"^[a-z0-9_-]{0,40}$")] = "",
    after: Annotated[str, Query(max_length=60)] = "",
) -> dict[str, Any]:
    """List the public events to come, soonest first: `place` is a code, `kind` a kind or a topic."""
    asked = paging.Asked(place=places.find_place(place) if place else None, when="all")
    page = paging.page_of(paging.looked_for(asked, timezone.now()), kind=kind, after=after)
    return {"events": page.rows, "next": page.next}


@router.get("/events/{number}", response={200: EventDetail, 404: Sorry}, auth=None, summary="一场")
def event_detail(request: Request, number: Number) -> Any:
    """Read one event: its seats, the nameless line with its reasons, the lots."""
    event = _event(request, number)
    event.seats, event.line = queries.breakdown(event), queries.line_of(event)  # type: ignore[attr-defined]
    event.draw = queries.draw_of(event)  # type: ignore[attr-defined]
    return event


_REFUSED = {404: Sorry, 409: Sorry, 422: Any}


@router.post(
    "/events/{number}/registration",
    response={201: RegistrationOut} | _REFUSED,
    auth=django_auth,
    summary="本人报名",
)
def register(request: Request, number: Number, given: RegisterIn) -> Status[Any]:
    """Register the signed-in resident: a seat, a place in line, or in the lottery."""
    made = services.register(
        by=request.user,
        event=_wanted(request, number),
        person=_person(request),
        answers=given.answers,
        guardian=given.guardian,
        guardian_phone=given.guardian_phone,
        accepts_tight=given.accepts_tight,
        now=timezone.now(),
    )
    return Status(201, made)


@router.get(
    "/registrations",
    response={200: list[RegistrationOut]} | _REFUSED,
    auth=django_auth,
    summary="我报的",
)
def own_list(request: Request) -> Any:
    """List what the signed-in resident registered for and still counts, latest first."""
    return list(queries.registrations_of(_person(request)))


@router.post(
    "/registrations/{number}/confirm",
    response={200: RegistrationOut} | _REFUSED,
    auth=django_auth,
    summary="我要去",
)
def confirm(request: Request, number: Number, given: AnswerIn) -> Any:
    """Take the seat that was offered."""
    return services.confirm_offer(
        by=request.user,
        registration=_own(request, number),
        accepts_tight=given.accepts_tight,
        now=timezone.now(),
    )


@router.post(
    "/registrations/{number}/decline",
    response={200: RegistrationOut} | _REFUSED,
    auth=django_auth,
    summary="让给下一位",
)
def decline(request: Request, number: Number) -> Any:
    """Leave the offered seat to the next person."""
    return services.decline_offer(
        by=request.user, registration=_own(request, number), now=timezone.now()
    )


@router.delete(
    "/registrations/{number}",
    response={200: RegistrationOut} | _REFUSED,
    auth=django_auth,
    summary="取消报名",
)
def cancel(request: Request, number: Number) -> Any:
    """Give up a seat or a place in line; the seat goes to the next person at once."""
    return services.cancel_registration(
        by=request.user, registration=_own(request, number), now=timezone.now()
    )


# --- calendars ------------------------------------------------------------------------------------


def _ics(body: bytes, *, private: bool) -> HttpResponse:
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Cache-Control"] = "private, no-store" if private else "public, max-age=600"
    return response


def _site(request: HttpRequest) -> str:
    return request.build_absolute_uri("/")


@router.get("/places/{code}.ics", auth=None, summary="一个地方的日历", response={404: Sorry})
def place_calendar(request: Request, code: Annotated[str, Path(pattern=r"^\d{6,16}$")]) -> Any:
    """Subscribe to the public events of a place and all beneath it."""
    place, now = places.find_place(code), timezone.now()
    events = queries.coming_in(place, now)
    body = feeds.of_events(f"{place}的活动", events, site=_site(request), now=now)
    return _ics(body, private=False)


@router.get("/calendars/{token}.ics", auth=None, summary="我的日历", response={404: Sorry})
def own_calendar(
    request: Request, token: Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")]
) -> Any:
    """Subscribe to what one registered for, under a private address that can be ended."""
    calendar, now = queries.calendar_of(token), timezone.now()
    if calendar is None:
        raise Http404("没有这个日历")
    body = feeds.of_registrations(
        "我报的活动", queries.registered_in(calendar), site=_site(request), now=now
    )
    return _ics(body, private=True)
