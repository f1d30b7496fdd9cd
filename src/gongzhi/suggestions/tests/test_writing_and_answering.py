from datetime import date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from gongzhi.accounts.models import Visitor
from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.places.models import Place
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.calendar import LOCAL
from gongzhi.shared.codes import make_id_number
from gongzhi.shared.faults import BadValue
from gongzhi.shared.permissions import Role
from gongzhi.shared.refusals import Refused
from gongzhi.shared.states import MoveNotAllowed
from gongzhi.suggestions import queries, services
from gongzhi.suggestions.clock import clock, say_moment
from gongzhi.suggestions.models import Kind, Knock, Step, Suggestion
from gongzhi.suggestions.testing import CHAIRS, NOW, make_key, make_suggestion

pytestmark = pytest.mark.django_db

ANSWER = "添了12把带扶手的椅子，放在3号院坝，11月29日就能用。"
State = Suggestion.State


def clerk_of(place, role=Role.COMMUNITY_CLERK):
    return make_user(role, place, name="陈女士")


def write(number=1, **named):
    given = {
        "by": Visitor(),
        "key": make_key(number),
        "place": make_county(),
        "kind": Kind.IDEA,
        "text": CHAIRS,
        "now": NOW,
    }
    return services.write_suggestion(**given | named)


def answered(suggestion, by, now=NOW, text=ANSWER):
    return services.answer_suggestion(by=by, suggestion=suggestion, answer=text, now=now)


def test_a_visitor_gets_a_number_a_code_and_the_last_moment_of_the_reply():
    receipt = write()

    suggestion = receipt.suggestion
    assert suggestion.number == "2026-0001"
    assert len(receipt.code) == 12
    assert receipt.code.isdigit()
    assert say_moment(suggestion.due_at, NOW) == "12月2日 18:00"
    assert queries.written_as(suggestion.number, receipt.code) == suggestion


def test_the_book_of_deeds_names_the_visitor_and_keeps_no_words():
    write(phone="13800002076")

    line = Line.objects.get()
    assert (line.actor_name, line.action) == ("访客", "suggestions.written")
    assert CHAIRS not in str(line.changes)
    assert "2076" not in str(line.changes)


def test_numbers_run_on_within_a_year_and_begin_anew_with_the_next():
    first, second = write(1).suggestion, write(2).suggestion
    third = write(3, now=datetime(2027, 1, 4, 9, tzinfo=LOCAL)).suggestion

    assert [s.number for s in (first, second, third)] == ["2026-0001", "2026-0002", "2027-0001"]


def test_pressing_twice_writes_once_and_shows_the_same_code():
    first, again = write(), write()

    assert again == first
    assert Suggestion.objects.count() == 1


def test_the_same_page_with_other_words_is_refused():
    write()

    with pytest.raises(services.OtherContent, match="2026-0001"):
        write(text="另外一件事：路灯不亮。")


@pytest.mark.parametrize("code", ["", "000000000000", "12345678901", "不知道"])
def test_a_wrong_code_opens_nothing(code):
    suggestion = write().suggestion

    assert queries.written_as(suggestion.number, code) is None


@pytest.mark.parametrize("spell", ["{}", " {} ", "2026年1", "2026-1", "2026—0001"])
def test_number_and_code_are_read_as_people_type_them(spell):
    receipt = write()
    code = receipt.code

    assert (
        queries.written_as(
            spell.format(receipt.suggestion.number), f"{code[:4]} {code[4:8]}-{code[8:]}"
        )
        == receipt.suggestion
    )


def test_the_code_stands_nowhere_in_the_database():
    receipt = write()

    row = Suggestion.objects.values_list().get()
    assert receipt.code not in str(row)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [("坏", "写得太短"), ("长" * 1001, "写了1001个字"), ("  \x00 ", "写得太短")],
)
def test_words_are_neither_too_few_nor_too_many(text, wrong):
    with pytest.raises(services.TextUnclear, match=wrong) as refusal:
        write(text=text)

    assert (refusal.value.status, refusal.value.field) == (422, "text")


def test_somebodys_id_number_is_not_taken_down():
    number = make_id_number("510121", date(1968, 4, 26), 12)

    with pytest.raises(services.TextUnclear, match="身份证号") as refusal:
        write(text=f"这个人{number}根本不是志愿者")

    assert number not in str(refusal.value)


def test_a_phone_is_sealed_and_a_wrong_one_named():
    suggestion = write(phone="138 0000 2076").suggestion

    suggestion.refresh_from_db()
    assert str(suggestion.phone) == "（已加密）"
    with pytest.raises(BadValue):
        write(2, phone="1380")


def test_only_the_path_of_the_page_is_kept():
    assert write(page="/directory/mine/?phone=13800002076#x").suggestion.page == "/directory/mine/"


def test_a_program_that_fills_the_trap_is_told_so():
    with pytest.raises(services.FilledByProgram, match="请清空"):
        write(trap="http://example.com")


def test_an_unknown_kind_is_named():
    with pytest.raises(services.KindUnknown):
        write(kind="praise")


def test_a_flood_from_one_browser_is_stopped_and_others_go_on():
    for number in range(5):
        write(number, session="abc", address="10.0.0.1")

    with pytest.raises(services.TooManyLately, match="请60分钟后再来") as refusal:
        write(6, session="abc", address="10.0.0.1")
    assert refusal.value.status == 409
    assert write(7, session="def", address="10.0.0.1").suggestion.number == "2026-0006"
    assert write(8, session="abc", address="10.0.0.1", now=NOW + timedelta(hours=1)).code


def test_a_flood_from_one_address_is_stopped_with_or_without_cookies():
    for number in range(30):
        write(number, address="10.0.0.1")

    with pytest.raises(services.TooManyLately):
        write(31, address="10.0.0.1")
    assert write(32, address="10.0.0.2").code


def test_where_people_came_from_is_forgotten_after_a_day():
    write(1, address="10.0.0.1")
    write(2, address="10.0.0.2", now=NOW + timedelta(days=1, minutes=1))

    assert Knock.objects.count() == 1
    assert "10.0.0" not in Knock.objects.get().origin


@pytest.mark.parametrize(
    ("kind", "desk"),
    [(Kind.REGISTRATION, "青溪社区"), (Kind.SERVICE, "赵镇街道"), (Kind.MONEY, "金堂县")],
)
def test_what_somebody_did_badly_is_answered_one_level_up_and_money_by_the_county(kind, desk):
    assert make_suggestion(kind=kind).desk.name == desk


def test_the_county_answers_for_itself():
    assert make_suggestion(kind=Kind.SERVICE, place=make_county()).desk.name == "金堂县"


def test_the_clerk_of_the_place_and_everybody_above_may_answer():
    village = make_village()
    town = village.path.strip("/").split("/")[1]

    for by in (
        clerk_of(village),
        clerk_of(Place.objects.get(pk=town), Role.TOWN_OFFICER),
        clerk_of(make_county(), Role.COUNTY_OPERATOR),
    ):
        suggestion = make_suggestion(place=village)
        assert answered(suggestion, by).state == State.ANSWERED


def test_neighbors_residents_and_visitors_do_not_answer():
    village = make_village()
    suggestion = make_suggestion(place=village)

    for by in (clerk_of(make_village("北滨社区")), make_user(name="张桂兰"), Visitor()):
        with pytest.raises(PermissionDenied):
            answered(suggestion, by)


def test_money_is_answered_by_the_supervisor_and_not_by_who_handles_it():
    suggestion = make_suggestion(kind=Kind.MONEY)
    county = make_county()

    with pytest.raises(PermissionDenied):
        answered(suggestion, clerk_of(county, Role.COUNTY_OPERATOR))
    auditor = clerk_of(county, Role.AUDITOR)
    assert list(queries.waiting_for(auditor)) == [suggestion]
    assert answered(suggestion, auditor).state == State.ANSWERED


def test_an_answer_is_given_once_and_has_words():
    suggestion = make_suggestion()
    by = clerk_of(suggestion.desk)

    with pytest.raises(services.AnswerUnclear):
        answered(suggestion, by, text="  ")
    answered(suggestion, by)
    with pytest.raises(MoveNotAllowed):
        answered(suggestion, by)
    assert [s.kind for s in queries.steps_of(suggestion)] == [
        Step.Kind.RECEIVED,
        Step.Kind.ANSWERED,
    ]


def test_what_cannot_be_done_is_declined_with_a_reason():
    suggestion = make_suggestion()
    by = clerk_of(suggestion.desk)

    with pytest.raises(services.AnswerUnclear, match="没有写为什么办不了"):
        services.decline_suggestion(by=by, suggestion=suggestion, reason="", now=NOW)
    declined = services.decline_suggestion(
        by=by, suggestion=suggestion, reason="路灯归住建局管，请打12345转住建局。", now=NOW
    )

    assert declined.state == State.DECLINED
    assert declined.answer.startswith("路灯归住建局")


def test_handing_on_keeps_the_clock_and_moves_the_desk():
    village, other = make_village(), make_village("北滨社区")
    suggestion = make_suggestion(place=village)
    by = clerk_of(village)

    with pytest.raises(services.DeskUnclear, match="青溪社区就是现在该答的地方"):
        services.forward_suggestion(
            by=by, suggestion=suggestion, desk=village, reason="转一转", now=NOW
        )
    with pytest.raises(services.ReasonMissing):
        services.forward_suggestion(by=by, suggestion=suggestion, desk=other, reason="", now=NOW)
    moved = services.forward_suggestion(
        by=by, suggestion=suggestion, desk=other, reason="3号院在北滨", now=NOW
    )

    assert (moved.desk, moved.due_at, moved.place) == (other, suggestion.due_at, village)
    with pytest.raises(PermissionDenied):
        answered(moved, by)
    assert answered(moved, clerk_of(other)).state == State.ANSWERED


def test_who_is_not_content_asks_once_more_within_seven_days():
    suggestion = make_suggestion()
    code = queries.code_for(suggestion.key)
    answered(suggestion, clerk_of(suggestion.desk))
    later = NOW + timedelta(days=7)

    again = services.ask_again(
        by=Visitor(), suggestion=suggestion, code=code, text="椅子还没送到。", now=later
    )

    assert (again.state, again.answer, again.replied_at) == (State.RECEIVED, "", None)
    assert again.due_at > later
    answered(again, clerk_of(suggestion.desk), now=later)
    with pytest.raises(services.TooLateToAskAgain, match="已经再问过一次"):
        services.ask_again(
            by=Visitor(), suggestion=suggestion, code=code, text="还是没有送到。", now=later
        )


def test_after_seven_days_or_before_an_answer_nobody_asks_again():
    suggestion = make_suggestion()
    code = queries.code_for(suggestion.key)

    with pytest.raises(services.TooLateToAskAgain, match="还没有答复"):
        services.ask_again(
            by=Visitor(), suggestion=suggestion, code=code, text="怎么还不答？", now=NOW
        )
    answered(suggestion, clerk_of(suggestion.desk))
    with pytest.raises(services.TooLateToAskAgain, match="过了可以再问的天数"):
        services.ask_again(
            by=Visitor(),
            suggestion=suggestion,
            code=code,
            text="椅子还没送到。",
            now=NOW + timedelta(days=8),
        )


def test_without_the_code_nobody_asks_again():
    suggestion = make_suggestion()
    answered(suggestion, clerk_of(suggestion.desk))

    with pytest.raises(PermissionDenied):
        services.ask_again(
            by=Visitor(), suggestion=suggestion, code="000000000000", text="椅子没到。", now=NOW
        )


@pytest.mark.parametrize(
    ("question", "answer", "what"),
    [
        ("有人说{id}登记错了", ANSWER, "事由里有身份证号"),
        ("椅子太少，老人站着等", "请打138 0000 2076", "答复里有手机号"),
        ("椅子太少，打13800002076", ANSWER, "事由里有手机号"),
    ],
)
def test_nothing_with_a_personal_number_is_published(question, answer, what):
    suggestion = make_suggestion()
    by = clerk_of(suggestion.desk)
    answered(suggestion, by)
    number = make_id_number("510121", date(1968, 4, 26), 12)

    with pytest.raises(services.HoldsPersonalNumbers, match=what) as refusal:
        services.publish_answer(
            by=by,
            suggestion=suggestion,
            question=question.format(id=number),
            answer=answer,
            now=NOW,
        )

    assert number not in str(refusal.value)
    assert queries.published().rows == []


def test_a_published_answer_can_be_taken_back_with_a_reason():
    suggestion = make_suggestion()
    by = clerk_of(suggestion.desk)

    with pytest.raises(services.NothingToPublish):
        services.publish_answer(
            by=by, suggestion=suggestion, question="椅子太少", answer=ANSWER, now=NOW
        )
    answered(suggestion, by)
    with pytest.raises(services.NotPublished):
        services.retract_answer(by=by, suggestion=suggestion, reason="写错了", now=NOW)
    services.publish_answer(
        by=by, suggestion=suggestion, question="量血压的椅子太少", answer=ANSWER, now=NOW
    )
    assert queries.published().rows == [suggestion]
    with pytest.raises(services.ReasonMissing):
        services.retract_answer(by=by, suggestion=suggestion, reason=" ", now=NOW)
    services.retract_answer(by=by, suggestion=suggestion, reason="写错了日期", now=NOW)
    assert queries.published().rows == []


def test_opening_the_phone_asks_a_reason_and_leaves_a_line():
    suggestion = make_suggestion(phone="13800002076")
    by = clerk_of(suggestion.desk)

    with pytest.raises(services.ReasonMissing):
        services.open_phone(by=by, suggestion=suggestion, reason="", now=NOW)
    assert (
        services.open_phone(by=by, suggestion=suggestion, reason="约时间上门看", now=NOW)
        == "13800002076"
    )
    assert Line.objects.get(action="suggestions.phone-opened").reason == "约时间上门看"


@pytest.mark.parametrize(
    ("moment", "words", "kind"),
    [
        (NOW, "还剩5个工作日", "wait"),
        (datetime(2026, 12, 1, 9, tzinfo=LOCAL), "还剩1个工作日", "now"),
        (datetime(2026, 12, 2, 17, 59, tzinfo=LOCAL), "今天18:00到期", "now"),
        (datetime(2026, 12, 2, 18, 1, tzinfo=LOCAL), "今天18:00已到期", "bad"),
        (datetime(2026, 12, 4, 9, tzinfo=LOCAL), "超期2个工作日", "bad"),
    ],
)
def test_the_clock_says_how_much_time_is_left(moment, words, kind):
    found = clock(make_suggestion(), moment)

    assert (found.words, found.kind) == (words, kind)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 12, 2, 18, tzinfo=LOCAL), "按时答复"),
        (datetime(2026, 12, 2, 19, tzinfo=LOCAL), "当天晚了"),
        (datetime(2026, 12, 7, 9, tzinfo=LOCAL), "晚了3个工作日"),
    ],
)
def test_the_clock_says_whether_the_answer_came_in_time(moment, words):
    suggestion = make_suggestion()

    assert clock(answered(suggestion, clerk_of(suggestion.desk), now=moment), moment).words == words


def test_the_spring_festival_does_not_count():
    # 2026-02-15 to 02-23 is 春节; 2026-02-14 and 02-28 are worked for it.
    suggestion = make_suggestion(now=datetime(2026, 2, 12, 10, tzinfo=LOCAL))

    assert suggestion.due_at == datetime(2026, 2, 26, 18, tzinfo=LOCAL)


def test_the_database_itself_refuses_a_reply_without_words():
    suggestion = make_suggestion()

    with pytest.raises(IntegrityError), transaction.atomic():
        Suggestion.objects.filter(pk=suggestion.pk).update(state=State.ANSWERED)
    with pytest.raises(IntegrityError), transaction.atomic():
        Suggestion.objects.filter(pk=suggestion.pk).update(published_at=NOW)


def test_every_deed_leaves_one_line():
    suggestion = make_suggestion()
    by = clerk_of(suggestion.desk)
    answered(suggestion, by)
    services.publish_answer(
        by=by, suggestion=suggestion, question="椅子太少了", answer=ANSWER, now=NOW
    )

    assert list(Line.objects.order_by("pk").values_list("action", flat=True)) == [
        "suggestions.written",
        "suggestions.answered",
        "suggestions.published",
    ]


def test_every_refusal_ends_as_a_sentence():
    for refusal in vars(services).values():
        if (
            isinstance(refusal, type)
            and issubclass(refusal, Refused)
            and "suggestions." in refusal.code
        ):
            assert refusal.message.endswith("。")
