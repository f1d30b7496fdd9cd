"""Before anything is written one sees what would change; afterwards doubtful pairs wait, and it can be taken back."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.directory import duplicates, measures
from gongzhi.directory.models import Candidate, CollectiveYear, Organization, Person
from gongzhi.directory.testing import make_organization, make_person, make_rating, make_volunteer
from gongzhi.places.models import Place
from gongzhi.places.testing import make_town, make_village
from gongzhi.registers import queries, services, tasks
from gongzhi.registers.models import Import, ImportChange
from gongzhi.registers.testing import make_import, make_xlsx
from gongzhi.shared.codes import make_id_number
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.shared.registers import registers
from tests.browser import read, text_of

pytestmark = pytest.mark.django_db(transaction=True)
HEADER = ("姓名", "身份证号", "手机号", "镇街", "村社", "出生日期")
ID = make_id_number("510199", date(1968, 4, 26), 2)
PHONE, OTHER_PHONE = "13900002076", "13900005566"
ASSOCIATION, SERVICE = "51510121MJQ9900207", "52510121MJQ9900129"


@pytest.fixture
def town():
    make_village("青溪社区", town=make_town("赵镇街道"))
    return Place.objects.get(name="赵镇街道")


@pytest.fixture
def village(town):
    return Place.objects.get(name="青溪社区")


@pytest.fixture
def officer(town, client):
    user = make_user(Role.TOWN_OFFICER, town)
    client.force_login(user)
    return user


def bring(town, rows, key="volunteers", header=HEADER, by=HOUSE):
    register = registers()[f"directory.{key}"]
    return make_import(place=town, register=register, data=make_xlsx(rows, header), by=by)


def write(batch):
    services.confirm_import(by=HOUSE, batch=batch, now=timezone.now())
    services.run_import(by=HOUSE, batch=batch, now=timezone.now())
    batch.refresh_from_db()
    return batch


def page(client, batch, **query):
    response = client.get(reverse("registers:detail", args=[batch.pk]), query)
    return read(response.content.decode())


# --- before and after -----------------------------------------------------------------------------


def test_a_row_that_would_change_somebody_shows_both_and_masks_numbers(client, officer, town):
    write(bring(town, [("张桂兰", ID, PHONE, "", "青溪社区", "")]))
    make_village("北滨社区", town=town)

    batch = bring(town, [("张桂兰", ID, OTHER_PHONE, "", "北滨社区", "")], by=officer)

    assert (batch.changed_rows, batch.to_write) == (1, 1)
    (change,) = ImportChange.objects.all()
    assert (change.row, change.named) == (2, "张桂兰")
    assert change.pairs == [
        ["村社", "赵镇街道青溪社区", "赵镇街道北滨社区"],
        ["手机号", "139****2076", "139****5566"],
    ]
    said = text_of(page(client, batch))
    assert "会更新的1行，前后对照" in said
    assert "139****2076" in said
    assert PHONE not in said
    assert OTHER_PHONE not in said


def test_numbers_that_look_alike_when_masked_are_said_to_differ(client, officer, town):
    write(bring(town, [("张桂兰", ID, PHONE, "", "青溪社区", "")]))

    batch = bring(town, [("张桂兰", ID, "13912342076", "", "青溪社区", "")], by=officer)

    assert "遮住的几位不一样" in text_of(page(client, batch))


def test_every_register_tells_what_would_change_in_words_of_the_page(town, village):
    make_organization("童伴社工服务中心", uscc=SERVICE, place=village, address="一号院")
    CollectiveYear.objects.create(
        place=village, year=2024, since=date(2025, 1, 1), income_fen=50_000_00
    )

    bring(
        town,
        [("童伴社工服务中心", "民非", SERVICE, "青溪社区", "2019-04-16", "二号院")],
        "organizations",
        ("组织名称", "组织类别", "统一社会信用代码", "村社", "登记日期", "住所"),
    )
    bring(
        town,
        [("青溪社区", "2024", "1280.5")],
        "collectives",
        ("村社", "年度", "经营收入（元）"),
    )

    pairs = {tuple(pair) for c in ImportChange.objects.all() for pair in c.pairs}
    assert ("住所", "一号院", "二号院") in pairs
    assert ("经营收入（元）", "50,000.00", "1,280.50") in pairs


def test_changes_are_paged_and_forgotten_with_the_file(
    client, officer, town, django_assert_max_num_queries
):
    rows = [("张桂兰", "", f"139000{n:05}", "", "青溪社区", "1968-04-26") for n in range(45)]
    write(bring(town, rows))
    header = (*HEADER, "性别")
    batch = bring(town, [(*row, "女") for row in rows], header=header, by=officer)
    assert batch.changed_rows == 45

    with django_assert_max_num_queries(25):
        first = page(client, batch)
    assert "第1–20行，共45行" in text_of(first)
    last = queries.change_page(batch).after
    assert "第21–40行，共45行" in text_of(page(client, batch, later=last))

    services.drop_import(by=officer, batch=batch, now=timezone.now())
    assert not ImportChange.objects.exists()


# --- a name that several rows misspell ------------------------------------------------------------


@pytest.mark.parametrize("town_says", ["", "赵镇街道", "赵镇"])
def test_one_button_reads_a_misspelt_place_of_the_real_register_in_all_rows(
    client, officer, town, town_says
):
    make_village("十里社区", town=town)
    names = ("张桂兰", "李秀英", "王秀英")
    batch = bring(
        town, [(name, "", PHONE, town_says, "十哩社区", "") for name in names], by=officer
    )
    assert batch.faulty_rows == 3
    fault = batch.faults.first()
    assert fault.suggested == "赵镇街道十里社区"
    tree = page(client, batch)
    buttons = [text_of(b) for b in tree.iter("button")]
    assert "都改成赵镇街道十里社区" in buttons
    assert "同样写法的还有2行" in text_of(tree)

    client.post(reverse("registers:accept", args=[batch.pk, fault.pk]))

    batch.refresh_from_db()
    assert (batch.new_rows, batch.faulty_rows) == (3, 0)
    write(batch)
    assert set(Person.objects.values_list("place__name", flat=True)) == {"十里社区"}


def test_a_name_that_stands_for_several_places_is_not_mended_by_a_guess(town):
    make_village("青溪社区", town=make_town("官仓街道"))
    county = Place.objects.get(level=Place.Level.COUNTY)

    batch = bring(county, [("张桂兰", ID, "", "", "青溪社区", "")])

    fault = batch.faults.get()
    assert "分不清是哪一个" in fault.wrong
    assert fault.suggested == ""


# --- look-alikes ----------------------------------------------------------------------------------


def test_look_alikes_of_the_imported_wait_after_the_import_itself(client, officer, town, village):
    make_volunteer(person=make_person("张桂兰", place=village, phone=PHONE))

    batch = write(bring(town, [("张桂兰", "", PHONE, "", "青溪社区", "1970-01-01")], by=officer))

    assert (batch.state, batch.found) == (Import.State.DONE, 1)
    assert Candidate.objects.get().reasons == "phone"
    tree = page(client, batch)
    assert "1对登记可能是同一个人" in text_of(tree)
    assert reverse("directory:candidates") in {a.get("href") for a in tree.iter("a")}


def test_people_who_were_there_before_are_not_compared_again(town, village):
    for _ in range(2):
        make_person("张桂兰", id_number="", phone="", birth_on=date(1968, 4, 26), place=village)

    batch = write(bring(town, [("李秀英", ID, PHONE, "", "青溪社区", "")]))

    assert (batch.found, Candidate.objects.count()) == (0, 0)


def test_the_comparing_goes_village_by_village_and_on_from_where_it_was_killed(town, monkeypatch):
    monkeypatch.setattr(duplicates, "STEP", 1)
    names = ("北滨社区", "南岸社区", "梨花社区")
    rows = []
    for at, name in enumerate(names):
        make_village(name, town=town)
        rows += [("张桂兰", "", f"1390000{at}{n:03}", "", name, "1968-04-26") for n in range(2)]
    batch = bring(town, rows)
    services.confirm_import(by=HOUSE, batch=batch, now=timezone.now())
    whole = duplicates.pairs
    calls = []

    def dies_at_the_second(people=None):
        calls.append(people)
        if len(calls) == 2:
            raise MemoryError("the process ends here")
        return whole(people)

    monkeypatch.setattr(duplicates, "pairs", dies_at_the_second)
    with pytest.raises(MemoryError):
        services.run_import(by=HOUSE, batch=batch, now=timezone.now())
    batch.refresh_from_db()
    assert (batch.added, batch.found, Candidate.objects.count()) == (6, 1, 1)
    assert batch.finished_at is None
    monkeypatch.setattr(duplicates, "pairs", whole)

    tasks.go_on(by=HOUSE, batch=batch, now=timezone.now())

    batch.refresh_from_db()
    assert (batch.state, batch.found, Candidate.objects.count()) == (Import.State.DONE, 3, 3)
    steps = Line.objects.filter(action="registers.import-finishing")
    assert steps.count() == 3, "one step a village, none of them twice"


def test_very_many_who_are_alike_are_paired_with_the_oldest_only(town, village):
    for n in range(60):
        make_person("张桂兰", id_number="", phone=f"139000{n:05}", place=village,
                    birth_on=date(1968, 4, 26))  # fmt: skip

    assert len(duplicates.pairs()) == 59


# --- taking back ----------------------------------------------------------------------------------

ORGANIZATION = ("组织名称", "组织类别", "统一社会信用代码", "村社", "登记日期", "住所")
SERVICE_ROW = ("童伴社工服务中心", "民非", SERVICE, "青溪社区", "2019-04-16", "二号院")
ASSOCIATION_ROW = ("金堂县志愿服务联合会", "社团", ASSOCIATION, "青溪社区", "2018-03-05", "")


def test_a_withdrawn_organization_never_was_and_its_code_is_free_again(client, officer, town):
    batch = write(bring(town, [SERVICE_ROW, ASSOCIATION_ROW], "organizations", ORGANIZATION))
    day = timezone.localdate()
    assert measures.ORGANIZATIONS.on(day).count() == 2

    client.post(reverse("registers:withdraw", args=[batch.pk]), {"reason": "传错了县"})

    batch.refresh_from_db()
    assert (batch.state, batch.withdrawn_rows, batch.kept_rows) == ("withdrawn", 2, 0)
    assert measures.ORGANIZATIONS.on(day).count() == 0
    assert measures.ORGANIZATIONS.on(date(2019, 4, 16)).count() == 0
    again = write(bring(town, [SERVICE_ROW, ASSOCIATION_ROW], "organizations", ORGANIZATION))
    assert again.added == 2
    assert measures.ORGANIZATIONS.on(day).count() == 2


def test_an_organization_that_something_speaks_of_stays_and_changes_go_back(town, village):
    known = make_organization("清水协会", kind="association", place=village, address="一号院")
    known_row = ("清水协会", "社团", known.uscc, "青溪社区", f"{known.registered_on}", "三号院")
    batch = bring(town, [SERVICE_ROW, ASSOCIATION_ROW, known_row], "organizations", ORGANIZATION)
    assert (batch.new_rows, batch.changed_rows) == (2, 1)
    write(batch)
    make_rating(Organization.objects.get(uscc=SERVICE))

    services.withdraw_import(by=HOUSE, batch=batch, reason="传错了", now=timezone.now())

    batch.refresh_from_db()
    assert (batch.withdrawn_rows, batch.kept_rows) == (2, 1)
    assert Organization.objects.get(uscc=SERVICE).ended_on is None
    assert Organization.objects.get(uscc=known.uscc).address == "一号院"
    assert not Organization.objects.filter(uscc=ASSOCIATION).exists()


def test_what_was_changed_again_since_is_not_put_back(town, village):
    make_organization("童伴社工服务中心", uscc=SERVICE, place=village, address="一号院",
                      registered_on=date(2019, 4, 16))  # fmt: skip
    batch = write(bring(town, [SERVICE_ROW], "organizations", ORGANIZATION))
    Organization.objects.update(address="四号院")

    services.withdraw_import(by=HOUSE, batch=batch, reason="传错了", now=timezone.now())

    batch.refresh_from_db()
    assert (batch.withdrawn_rows, batch.kept_rows) == (0, 1)
    assert Organization.objects.get().address == "四号院"


@pytest.mark.parametrize(
    ("key", "header", "row", "said"),
    [
        (
            "collectives",
            ("村社", "年度", "经营收入（元）"),
            ("青溪社区", "2024", "0"),
            "再导一次就更正过来",
        ),
        (
            "ratings",
            ("组织名称", "评估等级", "有效期起"),
            ("童伴社工服务中心", "3A", "2024-03-01"),
            "请在那家组织的页面取消等级",
        ),
    ],
)
def test_where_an_import_cannot_be_taken_back_the_page_and_the_deed_say_why(
    client, officer, town, village, key, header, row, said
):
    make_organization("童伴社工服务中心", uscc=SERVICE, place=village)
    batch = write(bring(town, [row], key, header, by=officer))

    tree = page(client, batch)

    assert said in text_of(tree)
    assert "撤回这次导入" not in text_of(tree)
    response = client.post(reverse("registers:withdraw", args=[batch.pk]), {"reason": "传错了"})
    assert response.status_code == 409
    assert said in response.content.decode()
