"""Writing, answering and publishing complaints and suggestions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from gongzhi.audit import services as audit
from gongzhi.outbox import services as outbox
from gongzhi.places.models import Place
from gongzhi.shared.calendar import today
from gongzhi.shared.codes import require_phone
from gongzhi.shared.dated import rule
from gongzhi.shared.periods import say_day
from gongzhi.shared.permissions import Actor
from gongzhi.shared.personal import has_id_number, has_mobile
from gongzhi.shared.refusals import Refused, Unacceptable
from gongzhi.shared.sealed import fingerprint

from . import queries, rules
from .messages import ANSWERED
from .models import Kind, Knock, Numbering, Step, Suggestion
from .states import MOVES

State = Suggestion.State

SHORTEST, LONGEST, LONGEST_ANSWER = 5, 1000, 2000
# Floods are stopped without a puzzle. A whole community may share one address, so it is given more.
MOST_AN_HOUR = {
    "session": "suggestions.most-per-hour",
    "address": "suggestions.most-per-hour-from-address",
}
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What whoever wrote takes home (回执): the suggestion and the code to look it up."""

    suggestion: Suggestion
    code: str


class TextUnclear(Unacceptable):
    code = "suggestions.text-unclear"
    message = "{wrong}，所以没有收下。{mend}。"
    field = "text"


class KindUnknown(Unacceptable):
    code = "suggestions.kind-unknown"
    message = "没有选说的是哪一类，不知道该请谁来答。请选一类，分不清就选“别的”。"
    field = "kind"


class FilledByProgram(Unacceptable):
    code = "suggestions.filled-by-program"
    message = "“网址”这一栏是防机器人的，人看不见，填了就收不下。请清空这一栏再提交。"
    field = "website"


class TooManyLately(Refused):
    code = "suggestions.too-many-lately"
    message = "这里一小时内已经提交了{count}条，为了防止有人用机器刷，暂时不收。请{minutes}分钟后再来，急事请打12345。"


class OtherContent(Refused):
    code = "suggestions.other-content"
    message = (
        "这一页已经提交过一条（编号{number}），内容和现在的不一样。请重新打开投诉建议再写一条。"
    )


class AnswerUnclear(Unacceptable):
    code = "suggestions.answer-unclear"
    message = "{wrong}，所以没有答复出去。{mend}。"
    field = "answer"


class DeskUnclear(Unacceptable):
    code = "suggestions.desk-unclear"
    message = "{desk}{wrong}，转了等于没转。请选另一个地方，或者直接答复。"
    field = "desk"


class HoldsPersonalNumbers(Unacceptable):
    code = "suggestions.holds-personal-numbers"
    message = "{where}里有{what}，公开出去会泄露别人的信息，所以没有公开。请删掉号码，改成“王先生”这样的称呼再公开。"
    field = "public_question"


class NothingToPublish(Refused):
    code = "suggestions.nothing-to-publish"
    message = "{number}还没有答复，没有可以公开的。请先答复，再公开。"


class NotPublished(Refused):
    code = "suggestions.not-published"
    message = "{number}现在没有公开，不用撤下。"


class TooLateToAskAgain(Refused):
    code = "suggestions.too-late-to-ask-again"
    message = "{why}，这一条不能再问。请另写一条，写上这个编号{number}，办的人看得到前后。"


class ReasonMissing(Unacceptable):
    code = "suggestions.reason-missing"
    message = "没有写理由，所以没有{what}。请写一句话，留痕里看得到。"
    field = "reason"


def _plain(text: str) -> str:
    # PostgreSQL takes no NUL; line ends are kept as people typed them.
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _check_text(text: str, now: datetime) -> str:
    text = _plain(text)
    if len(text) < SHORTEST:
        raise TextUnclear(wrong="写得太短，看不出是什么事", mend="请写清楚在哪里、哪一天、什么事")
    if len(text) > LONGEST:
        raise TextUnclear(
            wrong=f"写了{len(text)}个字，一条最多{LONGEST}个字", mend="请分成两条写，或者写短一点"
        )
    if has_id_number(text, today(now)):
        raise TextUnclear(wrong="写的内容里有身份证号", mend="请把号码删掉再提交，不写号码也能办")
    return text


def _let_in(origins: Mapping[str, str], now: datetime) -> None:
    """Count this knock at every door it came through; the caller holds the numbering row, so knocks come one by one."""
    Knock.objects.filter(knocked_at__lt=now - _DAY).delete()
    for kind, origin in origins.items():
        if not origin:
            continue
        key = fingerprint(f"{kind} {origin}")
        lately = Knock.objects.filter(origin=key, knocked_at__gt=now - _HOUR)
        count = lately.count()
        if count >= rule(MOST_AN_HOUR[kind], today(now)).number:
            first = lately.order_by("knocked_at").values_list("knocked_at", flat=True)[0]
            minutes = -((now - first - _HOUR) // timedelta(minutes=1))
            raise TooManyLately(count=count, minutes=minutes)
        Knock.objects.create(origin=key, knocked_at=now)


def _next_number(year: int) -> Numbering:
    Numbering.objects.get_or_create(year=year)
    return Numbering.objects.select_for_update().get(year=year)


def _step(suggestion: Suggestion, kind: str, by: Actor, now: datetime, text: str = "") -> None:
    suggestion.steps.create(
        kind=kind, happened_at=now, desk=suggestion.desk, text=text, by_id=by.pk
    )


@transaction.atomic
def write_suggestion(
    *,
    by: Actor,
    key: UUID,
    place: Place,
    kind: str,
    text: str,
    now: datetime,
    page: str = "",
    phone: str = "",
    wants_public: bool = False,
    address: str = "",
    session: str = "",
    trap: str = "",
) -> Receipt:
    """
    Take down what somebody says, and start the reply clock (写投诉建议); no account is needed.

    `key` is made in the page: the same key with the same words gives the same receipt. `address` and `session`
    say where it comes from and are kept as a keyed hash for a day; `trap` is a field that no person sees.

    :raises KindUnknown: *kind* is none of ours.
    :raises TextUnclear: the text is too short, too long or holds an ID number.
    :raises BadValue: the phone is no mobile number.
    :raises FilledByProgram: the trap is filled.
    :raises TooManyLately: too many came from there within an hour.
    :raises OtherContent: the key was used for other words.
    """
    rules.require_write(by)
    year = today(now).year
    numbering = _next_number(year)
    if trap:
        raise FilledByProgram
    if kind not in Kind.values:
        raise KindUnknown
    text = _check_text(text, now)
    phone = require_phone(phone) if phone.strip() else ""
    earlier = Suggestion.objects.filter(key=key).first()
    if earlier is not None:
        if (earlier.text, earlier.kind, earlier.place_id) != (text, kind, place.pk):
            raise OtherContent(number=earlier.number)
        return Receipt(suggestion=earlier, code=queries.code_for(key))
    _let_in({"session": session, "address": address}, now)
    numbering.last += 1
    numbering.save(update_fields=["last"])
    due_at = queries.due_after(now)
    suggestion = Suggestion.objects.create(
        year=year,
        sequence=numbering.last,
        key=key,
        kind=kind,
        place=place,
        desk=queries.desk_for(place, kind),
        page=page.partition("?")[0].partition("#")[0][:200],
        text=text,
        phone=phone,
        wants_public=wants_public,
        received_at=now,
        received_on=today(now),
        due_at=due_at,
        late_from=today(due_at) + _DAY,
    )
    _step(suggestion, Step.Kind.RECEIVED, by, now)
    audit.record(
        by,
        "suggestions.written",
        suggestion,
        changes={"编号": ["", suggestion.number], "哪一类": ["", suggestion.get_kind_display()]},
        place=place.path,
        now=now,
    )
    return Receipt(suggestion=suggestion, code=queries.code_for(key))


def _tell(suggestion: Suggestion, by: Actor, now: datetime) -> None:
    """Tell the number that was left, if any: the answer itself stays behind number and query code."""
    sealed: Any = suggestion.phone
    if sealed:
        outbox.send(
            by=by,
            to=sealed.open(),
            kind=ANSWERED,
            words={"number": suggestion.number},
            about="/suggestions/look-up/",
            key=f"{ANSWERED.key}:{suggestion.pk}:{suggestion.replied_at}",
            now=now,
        )


def _reply(
    suggestion: Suggestion, state: str, answer: str, by: Actor, now: datetime
) -> dict[str, list[str]]:
    changes = {"状态": [State(suggestion.state).label, State(state).label]}
    suggestion.state, suggestion.answer = state, answer
    suggestion.replied_at, suggestion.replied_on = now, today(now)
    suggestion.answered_by_id = by.pk
    suggestion.save(update_fields=["state", "answer", "replied_at", "replied_on", "answered_by"])
    return changes


def _check_answer(answer: str, short: str) -> str:
    answer = _plain(answer)
    if len(answer) < SHORTEST:
        raise AnswerUnclear(wrong=short, mend="请写清楚查了什么、怎么办、哪一天办好")
    if len(answer) > LONGEST_ANSWER:
        raise AnswerUnclear(
            wrong=f"写了{len(answer)}个字，最多{LONGEST_ANSWER}个字",
            mend="请写短一点，附件请对方到场看",
        )
    return answer


@transaction.atomic
def answer_suggestion(
    *, by: Actor, suggestion: Suggestion, answer: str, now: datetime
) -> Suggestion:
    """
    Answer; its writer reads it with number and code (答复).

    :raises PermissionDenied: *by* may not answer this one.
    :raises MoveNotAllowed: it is answered already.
    :raises AnswerUnclear: there are no words, or too many.
    """
    rules.require_answer(by, suggestion)
    suggestion = Suggestion.objects.lock(suggestion.pk)
    MOVES.require(suggestion.state, State.ANSWERED)
    answer = _check_answer(answer, "没有写答复")
    changes = _reply(suggestion, State.ANSWERED, answer, by, now)
    _step(suggestion, Step.Kind.ANSWERED, by, now, answer)
    audit.record(
        by, "suggestions.answered", suggestion, changes=changes, place=suggestion.desk.path, now=now
    )
    _tell(suggestion, by, now)
    return suggestion


@transaction.atomic
def decline_suggestion(
    *, by: Actor, suggestion: Suggestion, reason: str, now: datetime
) -> Suggestion:
    """
    Say honestly that this cannot be done here, and why (办不了，说明理由).

    :raises PermissionDenied: *by* may not answer this one.
    :raises MoveNotAllowed: it is answered already.
    :raises AnswerUnclear: no reason is given, or it is too long.
    """
    rules.require_answer(by, suggestion)
    suggestion = Suggestion.objects.lock(suggestion.pk)
    MOVES.require(suggestion.state, State.DECLINED)
    reason = _check_answer(reason, "没有写为什么办不了")
    changes = _reply(suggestion, State.DECLINED, reason, by, now)
    _step(suggestion, Step.Kind.DECLINED, by, now, reason)
    audit.record(
        by, "suggestions.declined", suggestion, changes=changes, place=suggestion.desk.path, now=now
    )
    _tell(suggestion, by, now)
    return suggestion


@transaction.atomic
def forward_suggestion(
    *, by: Actor, suggestion: Suggestion, desk: Place, reason: str, now: datetime
) -> Suggestion:
    """
    Hand a suggestion to the place whose people can answer; the clock runs on (转办).

    :raises PermissionDenied: *by* may not answer this one.
    :raises MoveNotAllowed: it is answered already.
    :raises DeskUnclear: it is there already, or the place is closed.
    :raises ReasonMissing: no reason is given.
    """
    rules.require_answer(by, suggestion)
    suggestion = Suggestion.objects.lock(suggestion.pk)
    MOVES.require(suggestion.state, State.FORWARDED)
    if desk.pk == suggestion.desk_id:
        raise DeskUnclear(desk=desk.name, wrong="就是现在该答的地方")
    if desk.closed_on is not None:
        raise DeskUnclear(desk=desk.name, wrong=f"已在{say_day(desk.closed_on)}撤销")
    reason = _plain(reason)[:LONGEST_ANSWER]
    if not reason:
        raise ReasonMissing(what="转办")
    changes = {"由哪里答": [suggestion.desk.name, desk.name]}
    suggestion.desk, suggestion.state = desk, State.FORWARDED
    suggestion.save(update_fields=["desk", "state"])
    _step(suggestion, Step.Kind.FORWARDED, by, now, reason)
    audit.record(
        by,
        "suggestions.forwarded",
        suggestion,
        changes=changes,
        reason=reason[:300],
        place=desk.path,
        now=now,
    )
    return suggestion


@transaction.atomic
def ask_again(
    *, by: Actor, suggestion: Suggestion, code: str, text: str, now: datetime
) -> Suggestion:
    """
    Say that the answer does not do, once, within the days of the dated rule; the clock starts anew (再问一次).

    :raises PermissionDenied: *code* is not the query code of this suggestion.
    :raises TooLateToAskAgain: it is unanswered, was asked again before, or the days are over.
    :raises TextUnclear: the text is too short, too long or holds an ID number.
    """
    rules.require_writer(suggestion, queries.is_code_of(suggestion, code))
    suggestion = Suggestion.objects.lock(suggestion.pk)
    if not queries.may_ask_again(suggestion, now):
        if suggestion.replied_on is None:
            why = "还没有答复"
        elif suggestion.asked_again_at is not None:
            why = "已经再问过一次"
        else:
            why = "答复已经过了可以再问的天数"
        raise TooLateToAskAgain(why=why, number=suggestion.number)
    text = _check_text(text, now)
    before = suggestion.state
    MOVES.require(before, State.RECEIVED)
    suggestion.state, suggestion.answer = State.RECEIVED, ""
    suggestion.replied_at = suggestion.replied_on = suggestion.answered_by = None
    suggestion.asked_again_at = now
    suggestion.due_at = queries.due_after(now)
    suggestion.late_from = today(suggestion.due_at) + _DAY
    suggestion.save(
        update_fields=[
            "state",
            "answer",
            "replied_at",
            "replied_on",
            "answered_by",
            "asked_again_at",
            "due_at",
            "late_from",
        ]
    )
    _step(suggestion, Step.Kind.ASKED_AGAIN, by, now, text)
    audit.record(
        by,
        "suggestions.asked-again",
        suggestion,
        changes={"状态": [State(before).label, State(suggestion.state).label]},
        place=suggestion.desk.path,
        now=now,
    )
    return suggestion


def _check_public(where: str, text: str, now: datetime) -> str:
    text = _plain(text)
    found = [
        *(["身份证号"] if has_id_number(text, today(now)) else []),
        *(["手机号"] if has_mobile(text) else []),
    ]
    if found:
        raise HoldsPersonalNumbers(where=where, what="和".join(found))
    return text


@transaction.atomic
def publish_answer(
    *, by: Actor, suggestion: Suggestion, question: str, answer: str, now: datetime
) -> Suggestion:
    """
    Publish what was asked and answered, in words without personal data (公开答复).

    :raises PermissionDenied: *by* may not answer this one.
    :raises NothingToPublish: it is not answered.
    :raises HoldsPersonalNumbers: an ID or mobile number stands in the words.
    :raises AnswerUnclear: question or answer is missing or too long.
    """
    rules.require_answer(by, suggestion)
    suggestion = Suggestion.objects.lock(suggestion.pk)
    if suggestion.is_open:
        raise NothingToPublish(number=suggestion.number)
    question = _check_public("事由", question, now)
    answer = _check_public("答复", _check_answer(answer, "没有写公开的答复"), now)
    if not SHORTEST <= len(question) <= LONGEST:
        raise AnswerUnclear(
            wrong=f"公开的事由要写{SHORTEST}到{LONGEST}个字", mend="请用一两句话说清是什么事"
        )
    suggestion.public_question, suggestion.public_answer = question, answer
    suggestion.published_at = now
    suggestion.save(update_fields=["public_question", "public_answer", "published_at"])
    audit.record(
        by,
        "suggestions.published",
        suggestion,
        changes={"公开": [False, True]},
        place=suggestion.desk.path,
        now=now,
    )
    return suggestion


@transaction.atomic
def retract_answer(*, by: Actor, suggestion: Suggestion, reason: str, now: datetime) -> Suggestion:
    """
    Take a published answer off the public page, with a reason; the reply itself stays (撤下公开).

    :raises PermissionDenied: *by* may not answer this one.
    :raises NotPublished: it is not public.
    :raises ReasonMissing: no reason is given.
    """
    rules.require_answer(by, suggestion)
    suggestion = Suggestion.objects.lock(suggestion.pk)
    if suggestion.published_at is None:
        raise NotPublished(number=suggestion.number)
    if not reason.strip():
        raise ReasonMissing(what="撤下")
    suggestion.published_at = None
    suggestion.save(update_fields=["published_at"])
    audit.record(
        by,
        "suggestions.retracted",
        suggestion,
        changes={"公开": [True, False]},
        reason=reason.strip()[:300],
        place=suggestion.desk.path,
        now=now,
    )
    return suggestion


@transaction.atomic
def open_phone(*, by: Actor, suggestion: Suggestion, reason: str, now: datetime) -> str:
    """
    Return the phone that was left, for a reason that is kept; empty when there is none (打开联系电话).

    :raises PermissionDenied: *by* may not answer this one.
    :raises ReasonMissing: no reason is given.
    """
    rules.require_answer(by, suggestion)
    suggestion = Suggestion.objects.lock(suggestion.pk)
    if not reason.strip():
        raise ReasonMissing(what="打开号码")
    audit.record(
        by,
        "suggestions.phone-opened",
        suggestion,
        reason=reason.strip()[:300],
        place=suggestion.desk.path,
        now=now,
    )
    return suggestion.phone.open() if suggestion.phone else ""
