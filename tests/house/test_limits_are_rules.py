"""How many, how long, how far: what people are held to stands in the dated rules, not in the code."""

import ast
import re
from pathlib import Path

import pytest

import gongzhi

ROOMS = Path(gongzhi.__file__).parent
# A limit by its name: MOST_AN_HOUR, LONGEST_STAY, DAYS_AHEAD, TRIES.
LIMIT = re.compile(
    r"(^|_)(MOST|LEAST|MAX|MIN|LIMIT|QUOTA|TRIES|AHEAD|BACK|WITHIN)(_|$)"
    r"|(^|_)(DAYS|HOURS|MINUTES|MONTHS|YEARS|WEEKS|AGE)$"
)
# Where people are judged; forms, templates and spreadsheets have sizes, which are the program's own.
JUDGING = ("rules", "services", "queries", "judging", "guard", "timetable", "posting", "booking")

# What holds the machine together or an attacker off, and is nobody's right or duty: each with its reason.
TECHNICAL = {
    "centers/timetable.py:LOOK_AHEAD": "how many days a page looks through for the next free time",
    "volunteering/services/hours.py:MOST": "a day has no more minutes",
    "figures/queries/verifying.py:MONTHS_BACK": "how many months of trends a recount looks at",
    "ledger/booking.py:MOST_LINES": "the size of one posting, as the lock is held",
    "places/services.py:MONTHS_BACK": "how far back the tree is rebuilt at once",
    "portal/queries.py:LIMIT": "how many hits of a search a page shows",
}


def limits():
    """Yield (file:NAME, source) of every limit with a number of its own in the judging files of all rooms."""
    for path in sorted(ROOMS.rglob("*.py")):
        place = path.relative_to(ROOMS)
        if {"tests", "migrations", "config", "shared", "ui", "demo"} & set(place.parts):
            continue
        if not {part.removesuffix(".py") for part in place.parts} & set(JUDGING):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            for name in names_with_a_number(node):
                if LIMIT.search(name):
                    yield f"{place}:{name}", ast.unparse(node)


def names_with_a_number(node):
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return []
    numbers = [
        n.value
        for n in ast.walk(node.value)
        if isinstance(n, ast.Constant) and type(n.value) in (int, float) and n.value > 1
    ]
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return [t.id for t in targets if numbers and isinstance(t, ast.Name)]


def test_no_limit_that_people_are_held_to_is_a_literal():
    found = {where: source for where, source in limits() if where not in TECHNICAL}

    assert not found, (
        "a row of shared/data/rules.csv, with its source: or TECHNICAL, with its reason"
    )


def test_every_technical_limit_is_still_there():
    assert set(TECHNICAL) <= {where for where, _ in limits()}


@pytest.mark.parametrize(
    ("source", "caught"),
    [
        ("MOST_AHEAD = 6", ["MOST_AHEAD"]),
        ('MOST_AN_HOUR = {"session": 5}', ["MOST_AN_HOUR"]),
        ("OFFER_MINUTES: int = 360", ["OFFER_MINUTES"]),
        ("KEEP_DAYS = timedelta(days=30)", ["KEEP_DAYS"]),
        ('MOST_AN_HOUR = {"session": "suggestions.most-per-hour"}', []),
        ("PAGE = 50", []),
        ("DAY = timedelta(days=1)", []),
    ],
)
def test_a_planted_limit_is_found_and_a_rule_is_not(source, caught):
    names = names_with_a_number(ast.parse(source).body[0])

    assert [name for name in names if LIMIT.search(name)] == caught
