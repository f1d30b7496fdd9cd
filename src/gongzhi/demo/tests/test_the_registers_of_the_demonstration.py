"""The files have the totals of the case, are the same each time, and are about nobody."""

from collections import Counter
from datetime import date

import numpy as np
import pytest
from python_calamine import load_workbook

from gongzhi.demo import generator
from gongzhi.demo.draws import draw, pick
from gongzhi.demo.generator import Spot
from gongzhi.shared import codes

TODAY = date(2026, 11, 25)
SPOTS = [Spot(town=f"{t}镇", name=f"{t}{v}村") for t in "甲乙丙丁戊己庚辛壬癸" for v in range(20)]


@pytest.fixture(scope="module")
def people():
    return generator._people(SPOTS)


@pytest.fixture(scope="module")
def organizations():
    return list(generator._social_organizations(SPOTS))


def test_choices_look_like_chance_and_are_always_the_same():
    assert draw("x", 5, 100).tolist() == draw("x", 5, 100).tolist() == [54, 23, 37, 31, 67]
    assert np.bincount(draw("y", 10_000, 10)).min() > 850
    assert pick("z", 3, "甲乙丙") == pick("z", 3, "甲乙丙")


def test_there_are_as_many_as_the_case_says(organizations, people):
    living = [o for o in organizations if not o[7]]
    teams = list(generator._teams(SPOTS, people))

    assert len(living) == 560
    assert len(people.names) == 88_107
    assert len({(t[0], t[1]) for t in teams}) == 480


def test_nineteen_ratings_of_3a_or_better_hold_today(organizations):
    ratings = list(generator._ratings(organizations, TODAY))
    holding = [r for r in ratings if r[3] <= TODAY <= r[4]]

    assert sum(r[2] in ("3A", "4A", "5A") for r in holding) == 19
    assert len({r[1] for r in ratings}) == len(ratings)
    assert {r[1] for r in holding} <= {o[3] for o in organizations if not o[7]}


@pytest.mark.parametrize("day", [date(2026, 1, 2), date(2028, 2, 29), date(2031, 12, 31)])
def test_the_ratings_hold_on_any_later_day_too(organizations, day):
    ratings = generator._ratings(organizations, day)

    assert sum(r[2] >= "3A" and r[3] <= day <= r[4] for r in ratings) == 19


def test_nine_of_ten_collectives_earned_nothing():
    rows = list(generator._incomes(SPOTS, TODAY))
    last = [amount for _, _, year, amount in rows if year == "2025"]

    assert len(last) == 200
    assert sum(amount == 0 for amount in last) == 181


def test_every_id_number_is_valid_and_nobodys(people):
    given = [n for n in people.ids if n]

    assert codes.id_numbers_ok(given, TODAY).all()
    assert len(set(given)) == len(given)
    assert {n[:6] for n in given} == {"510199"}
    assert 1_000 < len(people.ids) - len(given) < 3_000, "some are registered without a number"


def test_numbers_agree_with_sex_and_birth(people):
    for i in range(0, 88_107, 97):
        if number := people.ids[i]:
            assert codes.birth_of(number) == people.births[i]
            assert (codes.sex_of(number) == "male") == (people.sexes[i] == "男")


def test_whoever_has_no_number_can_be_told_apart(people):
    keys = [
        (people.names[i], people.births[i].year, people.places[i], people.phones[i])
        for i, number in enumerate(people.ids)
        if not number
    ]

    assert len(set(keys)) == len(keys)
    assert all(phone for *_, phone in keys)


def test_phones_are_shared_in_families_and_missing_with_some(people):
    times = Counter(p for p in people.phones if p)

    assert codes.phones_ok(list(times)).all()
    assert sum(n > 1 for n in times.values()) > 3_000
    assert people.phones.count("") > 3_000
    assert min(times) >= str(generator.FIRST_PHONE)


def test_nobody_was_registered_as_a_small_child_or_in_the_future(people):
    assert all(j <= date(2022, 1, 1) for j in people.joined)
    assert all((j - b).days >= 14 * 365 for j, b in zip(people.joined, people.births, strict=True))


def test_codes_of_organizations_are_valid_and_unique(organizations):
    every = [o[3] for o in organizations]
    every += [row[2] for row in generator._enterprises(SPOTS)]
    every += [row[2] for row in generator._collectives(SPOTS)]

    assert codes.usccs_ok(every).all()
    assert len(set(every)) == len(every)
    assert len({o[1] for o in organizations}) == len(organizations)


def test_the_files_are_workbooks_as_offices_keep_them(tmp_path, monkeypatch):
    monkeypatch.setattr(generator, "VOLUNTEERS", 600)
    monkeypatch.setattr(generator, "TEAMS", 20)

    made = generator.write_all(tmp_path, SPOTS, TODAY)

    assert [m.register for m in made] == [
        *["directory.organizations"] * 3,
        "directory.ratings",
        "directory.volunteers",
        "directory.teams",
        "directory.collectives",
    ]
    rows = load_workbook(str(made[4].path)).get_sheet_by_index(0).to_python()
    assert rows[0][0] == "金堂县注册志愿者登记表"
    assert rows[2][3] == "证件号码"
    assert len(rows) == 600 + 3
    again = generator.write_all(tmp_path / "again", SPOTS, TODAY)
    assert load_workbook(str(again[4].path)).get_sheet_by_index(0).to_python() == rows
