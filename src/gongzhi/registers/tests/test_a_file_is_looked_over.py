"""Nothing is written before it is confirmed; every bad row is named."""

import io

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.places.models import Alias
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.registers import engine, services
from gongzhi.registers.models import Import, ImportChunk
from gongzhi.registers.testing import (
    ALIASES,
    HEADER,
    NOON,
    make_csv,
    make_import,
    make_xlsx,
    rows_of,
)
from gongzhi.shared import spreadsheets
from gongzhi.shared.permissions import Role

pytestmark = pytest.mark.django_db


@pytest.fixture
def village():
    return make_village("青溪社区", town=make_town("赵镇街道"))


@pytest.fixture
def town(village):
    return village.__class__.objects.get(name="赵镇街道")


def counts(batch):
    return batch.new_rows, batch.changed_rows, batch.same_rows, batch.faulty_rows


def test_four_counts_add_up_to_the_rows(town, village):
    Alias.objects.create(place=village, name="1号大院", note="老地名")
    Alias.objects.create(place=village, name="2号大院", note="原来的说明")
    rows = [*rows_of(5), ("十里村", "新院子", "", ""), ("青溪社区", "3号大院", "", "重复")]

    batch = make_import(rows, place=town)

    assert batch.state == Import.State.JUDGED
    assert batch.rows == sum(counts(batch)) == 7
    assert counts(batch) == (3, 1, 1, 2)
    assert Alias.objects.count() == 2, "looking over writes nothing"


def test_every_bad_row_is_named_with_column_value_and_both_sentences(town, village):
    rows = [("十里村", "大院子", "199000", ""), ("青溪社区", "", "", "")]

    batch = make_import(rows, place=town)

    faults = list(batch.faults.order_by("pk").values_list("row", "column", "typed", "kind"))
    assert faults == [
        (2, "村社", "十里村", "村社不认得"),
        (2, "联系电话", "******", "手机号"),
        (3, "别名", "", "没有填"),
    ]
    assert all(f.wrong and f.mend for f in batch.faults.all())


def test_personal_numbers_are_masked_wherever_they_are_shown(town):
    rows = [("青溪社区", "大院子", "12345678901", ""), *rows_of(1)]

    batch = make_import(rows, place=town)

    shown = [c["example"] for c in batch.columns] + [f.typed for f in batch.faults.all()]
    assert "123****8901" in shown
    assert not any("12345678901" in text or "19900000001" in text for text in shown)


def test_what_waits_to_be_written_and_the_file_itself_are_sealed(town, settings):
    rows = rows_of(3)
    data = make_xlsx(rows)

    make_import(place=town, data=data)

    kept = bytes(ImportChunk.objects.values_list("ready", flat=True).get()._kept)
    assert "大院".encode() not in kept
    (stored,) = settings.MEDIA_ROOT.rglob("*.sealed")
    assert b"PK" not in stored.read_bytes()[:2]


def test_the_same_file_is_stored_once(town, settings):
    data = make_xlsx(rows_of(3))

    make_import(place=town, data=data)
    make_import(place=town, data=data)

    assert len(list(settings.MEDIA_ROOT.rglob("*.sealed"))) == 1


def test_titles_above_the_header_and_names_people_use_for_columns_are_known(town):
    header = ("序号", "所属村社*", "俗称（必填）", "联系 电话", "政治面貌", "小组")
    rows = [("1", "青溪社区", "大院子", "19900000001", "群众", "三组")]

    batch = make_import(
        place=town, data=make_xlsx(rows, header, ("赵镇街道村社别名登记表", "填报人：李女士"))
    )

    assert batch.header_row == 3
    assert [(c["key"], c["how"]) for c in batch.columns] == [
        ("", "number"),
        ("place", "alias"),
        ("alias", "alias"),
        ("phone", "alias"),
        ("", "unwanted"),
        ("", "ask"),
    ]
    assert batch.columns[4]["example"] == "（不显示）"
    assert batch.faults.count() == 0
    assert batch.new_rows == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_is_read_in_the_encodings_that_spreadsheets_write(town, encoding):
    batch = make_import(place=town, data=make_csv(rows_of(2), encoding=encoding), name="别名.csv")

    assert counts(batch) == (2, 0, 0, 0)


def test_numbers_that_a_spreadsheet_made_of_codes_are_read_back(town):
    batch = make_import([("青溪社区", 2021, 19900000001, 3.0)], place=town)

    assert counts(batch) == (1, 0, 0, 0)
    rows = engine.unpacked(batch.chunks.get().ready)
    assert rows["alias"] == ["2021"]


def test_a_missing_column_is_asked_for_and_can_be_pointed_at(town):
    rows = [("青溪社区", "大院子")]
    batch = make_import(place=town, data=make_xlsx(rows, ("村社", "土名叫什么", "说明")))
    assert batch.state == Import.State.RECEIVED
    with pytest.raises(services.MissingColumns, match="别名"):
        services.judge_import(
            by=make_user(Role.COUNTY_OPERATOR, make_county()), batch=batch, now=NOON
        )

    batch = services.map_columns(
        by=make_user(Role.COUNTY_OPERATOR, make_county()), batch=batch, keys={1: "alias"}, now=NOON
    )

    assert batch.state == Import.State.JUDGED
    assert counts(batch) == (1, 0, 0, 0)
    assert batch.columns[1]["how"] == "chosen"


def test_two_columns_cannot_be_the_same_one(town):
    batch = make_import(rows_of(1), place=town)

    with pytest.raises(services.ColumnTwice, match="别名"):
        services.map_columns(
            by=make_user(Role.TOWN_OFFICER, town),
            batch=batch,
            keys={1: "alias", 3: "alias"},
            now=NOON,
        )


def test_a_column_can_be_left_out(town):
    officer = make_user(Role.TOWN_OFFICER, town)
    batch = make_import([("青溪社区", "大院子", "123", "")], place=town)
    assert batch.faulty_rows == 1

    batch = services.map_columns(by=officer, batch=batch, keys={2: ""}, now=NOON)

    assert counts(batch) == (1, 0, 0, 0)


def test_the_bad_rows_come_back_as_a_file_that_can_be_mended_and_sent_again(town):
    officer = make_user(Role.TOWN_OFFICER, town)
    batch = make_import([*rows_of(2), ("十里村", "3号大院", "", "说明")], place=town)

    data = services.download_faulty_rows(by=officer, batch=batch, now=NOON)

    with spreadsheets.open_sheets(data, "x.xlsx", most_bytes=10**6) as book:
        table = book.find_table(HEADER)
        assert table.titles == [*HEADER, "哪里不对", "怎么改"]
        (row,) = next(table.chunks()).rows
    assert row[:5] == ["十里村", "3号大院", "", "说明", "村社：没有“十里村”"]
    mended = make_xlsx([("青溪社区", *row[1:])], table.titles)
    again = make_import(place=town, data=mended)
    assert counts(again) == (1, 0, 0, 0)
    assert Line.objects.filter(action="registers.faulty-rows-downloaded").count() == 1


def test_a_misspelt_name_can_be_mended_for_the_whole_column(town):
    officer = make_user(Role.TOWN_OFFICER, town)
    batch = make_import([("清溪社区", "甲院", "", ""), ("清溪社区", "乙院", "", "")], place=town)
    fault = batch.faults.first()
    assert fault.suggested

    batch = services.accept_suggestion(by=officer, fault=fault, now=NOON)

    assert counts(batch) == (2, 0, 0, 0)


def test_somebody_of_another_town_cannot_bring_in_or_look_over(town, village):
    stranger = make_user(Role.TOWN_OFFICER, make_town("官仓街道"), name="赵女士")
    batch = make_import(rows_of(1), place=town)

    with pytest.raises(PermissionDenied):
        make_import(rows_of(1), by=stranger, place=town)
    with pytest.raises(PermissionDenied):
        services.map_columns(by=stranger, batch=batch, keys={}, now=NOON)
    with pytest.raises(PermissionDenied):
        services.confirm_import(by=stranger, batch=batch, now=NOON)
    with pytest.raises(PermissionDenied):
        services.download_faulty_rows(by=stranger, batch=batch, now=NOON)


def test_the_right_over_the_register_itself_is_asked_too(town):
    center = make_user(Role.CENTER_OPERATOR, town)

    with pytest.raises(PermissionDenied):
        make_import(rows_of(1), by=center, place=town)


def test_the_template_can_be_filled_in_and_sent(town):
    data = engine.template(ALIASES)

    with spreadsheets.open_sheets(data, "模板.xlsx", most_bytes=10**6) as book:
        assert book.names == ["村社别名", "填写说明"]
        assert book.find_table(HEADER).titles == ["村社", "别名", "手机号", "说明"]
    from openpyxl import load_workbook

    page = load_workbook(io.BytesIO(data))["村社别名"]
    assert page.data_validations.dataValidation[0].formula1 == '"青溪社区,红旗村"'
