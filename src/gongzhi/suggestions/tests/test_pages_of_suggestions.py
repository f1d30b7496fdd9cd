"""What people see and press; every page is read strictly by the `browser`."""

import re

import pytest
from django.urls import reverse

from gongzhi.accounts.testing import make_user
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.permissions import Role
from gongzhi.suggestions import queries, services
from gongzhi.suggestions.models import Kind, Suggestion
from gongzhi.suggestions.testing import CHAIRS, NOW, make_key, make_suggestion
from tests.browser import text_of

pytestmark = pytest.mark.django_db

ANSWER = "添了12把带扶手的椅子，放在3号院坝，11月29日就能用。"


@pytest.fixture(autouse=True)
def _ten_in_the_morning(monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)


def clerk_of(place, role=Role.COMMUNITY_CLERK):
    return make_user(role, place, name="陈女士")


def filled(place, **changed):
    return {
        "key": str(make_key(1)),
        "page": "/suggestions/",
        "kind": Kind.EVENT,
        "place": str(place.pk),
        "text": CHAIRS,
        "phone": "",
        "website": "",
    } | changed


def published(**named):
    suggestion = make_suggestion(**named)
    by = clerk_of(suggestion.desk)
    services.answer_suggestion(by=by, suggestion=suggestion, answer=ANSWER, now=NOW)
    services.publish_answer(
        by=by, suggestion=suggestion, question="量血压的椅子太少", answer=ANSWER, now=NOW
    )
    return suggestion


def test_a_visitor_writes_without_script_and_takes_number_and_code_home(browser):
    village = make_village()

    page = browser("suggestions:write")
    assert "最晚12月2日 18:00前答复（5个工作日）" in text_of(page)
    receipt = text_of(browser.post("suggestions:write", data=filled(village)))

    assert "编号2026-0001" in receipt.replace(" ", "")
    code = re.search(r"\d{4} \d{4} \d{4}", receipt)[0]
    assert code not in browser.response.wsgi_request.get_full_path()
    standing = text_of(
        browser.post("suggestions:look-up", data={"number": "2026-0001", "code": code})
    )
    assert CHAIRS[:10] in standing
    assert "还剩5个工作日，最晚12月2日 18:00前答复" in standing
    assert Suggestion.objects.get().page == "/suggestions/"


def test_the_page_somebody_came_from_is_remembered_without_what_was_asked_there(client):
    make_county()

    def hidden(**headers):
        page = client.get(reverse("suggestions:write"), headers=headers).content.decode()
        return re.search(r'name="page"(?: value="([^"]*)")?', page)[1]

    assert hidden(referer="http://testserver/suggestions/themes/?name=x") == "/suggestions/themes/"
    assert not hidden(referer="http://example.com/suggestions/themes/")
    assert not hidden(referer="http://testserver/nowhere/13800002076/")
    assert not hidden()


def test_what_is_missing_is_summed_up_and_what_was_typed_is_kept(browser):
    village = make_village()

    page = browser.post(
        "suggestions:write", data=filled(village, kind="", phone="028-84921000"), status=422
    )

    words = text_of(page)
    assert "有2处要改" in words
    assert "请选一类" in words
    assert "这是座机号" in words
    assert CHAIRS in text_of(next(page.iter("textarea")))


def test_a_refused_text_is_shown_again_with_its_reason(browser):
    page = browser.post(
        "suggestions:write", data=filled(make_village(), website="http://x"), status=422
    )

    assert "防机器人" in text_of(page)
    assert Suggestion.objects.count() == 0


def test_without_a_receipt_one_is_sent_to_look_up(client):
    make_county()

    assert client.get(reverse("suggestions:received")).url == reverse("suggestions:look-up")


def test_a_wrong_code_is_said_and_shows_nothing(browser):
    suggestion = make_suggestion()

    page = browser.post(
        "suggestions:look-up",
        data={"number": suggestion.number, "code": "0000 0000 0000"},
        status=422,
    )

    assert "编号和查询号对不上" in text_of(page)
    assert CHAIRS[:10] not in text_of(page)


def test_the_writer_reads_the_answer_and_asks_once_more(browser):
    suggestion = make_suggestion()
    services.answer_suggestion(
        by=clerk_of(suggestion.desk), suggestion=suggestion, answer=ANSWER, now=NOW
    )
    proof = {"number": suggestion.number, "code": queries.code_for(suggestion.key)}

    standing = browser.post("suggestions:look-up", data=proof)
    assert ANSWER in text_of(standing)
    assert "还不行，再说说" in text_of(standing)
    browser.post("suggestions:ask-again", data=proof | {"text": ""}, status=422)
    browser.post("suggestions:ask-again", data=proof | {"text": "椅子还没有送到。"})

    suggestion.refresh_from_db()
    assert suggestion.is_open


def test_asking_again_without_the_code_finds_nothing(client):
    suggestion = make_suggestion()

    answer = client.post(
        reverse("suggestions:ask-again"),
        {"number": suggestion.number, "code": "1", "text": "椅子还没有送到。"},
    )

    assert answer.status_code == 404


def test_the_public_reads_published_answers_and_never_the_words_or_names(browser):
    shown, hidden = published(), make_suggestion("张三家的狗太吵了，天天叫。")

    words = text_of(browser("suggestions:list"))

    assert "量血压的椅子太少" in words
    assert ANSWER in words
    assert shown.number in words
    assert CHAIRS not in words
    assert hidden.number not in words
    assert "陈女士" not in words


def test_published_answers_are_narrowed_by_theme_and_paged_by_key(browser):
    first = published(kind=Kind.IDEA)
    for _ in range(21):
        suggestion = published(kind=Kind.EVENT, place=first.place)

    words = text_of(browser("suggestions:list", kind="idea"))
    assert (first.number in words, suggestion.number in words) == (True, False)
    page = browser("suggestions:list")
    older = next(a.get("href") for a in page.iter("a") if a.get("rel") == "next")
    second = text_of(browser(f"/suggestions/{older}"))
    assert first.number in second
    assert suggestion.number not in second


@pytest.mark.parametrize(
    "after", ["x", "2026-11-25_1", "2026-11-25T10:00_1", "_", "2026-11-25T10:00:00+08:00_x"]
)
def test_a_key_that_cannot_be_read_is_the_first_page(browser, after):
    shown = published()

    assert shown.number in text_of(browser("suggestions:list", after=after))


def test_themes_are_counted_from_measures_and_add_up(browser):
    for kind in (Kind.EVENT, Kind.EVENT, Kind.PAGE):
        make_suggestion(kind=kind)
    published(kind=Kind.PAGE)

    page = browser("suggestions:themes")

    rows = {
        text_of(r[0]).split("，")[0]: [text_of(cell) for cell in r[1:]]
        for r in page.iter("tr")
        if len(r) == 3
    }
    assert rows["活动办得不好"] == ["2", "0"]
    assert rows["网页不好用"] == ["2", "1"]
    assert rows["钱的事"] == ["0", "0"]


def test_the_queue_shows_what_is_due_first_with_its_clock(browser, monkeypatch):
    village = make_village()
    first = make_suggestion(place=village)
    late = make_suggestion(place=village, now=NOW.replace(day=10), text="路灯坏了好几天了。")

    words = text_of(browser("suggestions:queue", user=clerk_of(village)))

    assert words.index(late.number) < words.index(first.number)
    assert "超期6个工作日" in words
    assert "还剩5个工作日" in words


def test_the_queue_asks_as_many_questions_for_one_as_for_thirty(
    browser, django_assert_max_num_queries
):
    village = make_village()
    for _ in range(30):
        make_suggestion(place=village)
    clerk = clerk_of(village)
    browser("suggestions:queue", user=clerk)

    with django_assert_max_num_queries(12):
        browser("suggestions:queue")


def test_staff_answer_forward_decline_publish_and_take_back_on_one_page(browser):
    village, other = make_village(), make_village("北滨社区")
    officer = clerk_of(make_county(), Role.COUNTY_OPERATOR)
    one, two = make_suggestion(place=village), make_suggestion(place=village)

    browser("suggestions:detail", one.pk, user=officer)
    browser.post("suggestions:answer", one.pk, data={"answer": ""}, status=422)
    browser.post("suggestions:forward", one.pk, data={"desk": other.pk, "reason": "在北滨"})
    browser.post("suggestions:answer", one.pk, data={"answer": ANSWER})
    browser.post(
        "suggestions:publish",
        one.pk,
        data={"question": "椅子太少，打13800002076", "answer": ANSWER},
        status=422,
    )
    browser.post(
        "suggestions:publish", one.pk, data={"question": "椅子太少", "answer": ""}, status=422
    )
    browser.post("suggestions:publish", one.pk, data={"question": "椅子太少了", "answer": ANSWER})
    page = text_of(browser("suggestions:detail", one.pk))
    assert "已经公开" in page
    browser.post("suggestions:retract", one.pk, data={"reason": "日期写错了"})
    browser.post("suggestions:forward", two.pk, data={"desk": "0", "reason": ""}, status=422)
    browser.post("suggestions:decline", two.pk, data={"reason": "路灯归住建局管，请打12345。"})
    browser.post("suggestions:forward", two.pk, data={"desk": "0", "reason": ""})
    browser.post("suggestions:answer", two.pk, data={"answer": ANSWER}, status=409)

    one.refresh_from_db(), two.refresh_from_db()
    assert (one.desk, one.published_at, two.state) == (other, None, "declined")
    assert "还没公开" in text_of(browser("suggestions:queue", done="1"))


def test_a_clerk_who_hands_on_what_they_may_no_longer_see_returns_to_the_queue(browser):
    village, other = make_village(), make_village("北滨社区")
    suggestion = make_suggestion(place=village)

    page = browser.post(
        "suggestions:forward",
        suggestion.pk,
        user=clerk_of(village),
        data={"desk": other.pk, "reason": "在北滨"},
    )

    assert "转给了北滨社区" in text_of(page)
    assert browser.response.wsgi_request.path == reverse("suggestions:queue")


def test_another_town_and_residents_see_no_suggestion(client):
    suggestion = make_suggestion()
    client.force_login(clerk_of(make_town("竹篙镇"), Role.TOWN_OFFICER))
    assert client.get(reverse("suggestions:detail", args=[suggestion.pk])).status_code == 404
    assert (
        client.post(
            reverse("suggestions:answer", args=[suggestion.pk]), {"answer": ANSWER}
        ).status_code
        == 404
    )

    client.force_login(make_user(name="张桂兰"))
    assert client.get(reverse("suggestions:queue")).status_code == 403


def test_a_leader_reads_and_does_not_answer(browser, client):
    suggestion = make_suggestion(phone="13800002076")
    leader = clerk_of(make_county(), Role.COUNTY_LEADER)

    page = text_of(browser("suggestions:detail", suggestion.pk, user=leader))

    assert "只能看" in page
    assert "138****2076" in page
    assert client.post(reverse("suggestions:answer", args=[suggestion.pk])).status_code == 403


def test_a_phone_is_shown_once_with_a_reason(browser):
    suggestion = make_suggestion(phone="13800002076")
    clerk = clerk_of(suggestion.desk)

    assert "13800002076" not in text_of(browser("suggestions:detail", suggestion.pk, user=clerk))
    opened = browser.post("suggestions:open-phone", suggestion.pk, data={"reason": "约时间上门"})

    assert "13800002076" in text_of(opened)
    assert "no-store" in browser.response["Cache-Control"]


def test_a_signed_in_person_writes_under_their_own_name_in_the_book(browser):
    village = make_village()

    browser("suggestions:write", user=make_user(name="张桂兰"), place=village.pk, kind="page")
    browser.post("suggestions:write", data=filled(village))

    assert Suggestion.objects.get().steps.get().by.name == "张桂兰"
