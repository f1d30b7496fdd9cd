"""Each figure opens its own records; lists show masked numbers, in the official order, as fast at the end."""

from datetime import date, timedelta

import pytest
from django.db import connection, models

from gongzhi.directory import listings, measures
from gongzhi.directory.models import (
    AnnualReport,
    Candidate,
    CollectiveYear,
    Dispute,
    Membership,
    Merge,
    Organization,
    Person,
    Rating,
    SocialEnterprise,
    Team,
    Volunteer,
)
from gongzhi.directory.testing import (
    DAY,
    make_actor,
    make_income,
    make_membership,
    make_organization,
    make_person,
    make_rating,
    make_report,
    make_stage,
    make_team,
    make_volunteer,
)
from gongzhi.figures import queries as figures
from gongzhi.places.testing import make_county, make_town, make_village
from gongzhi.shared.listings import Listing
from gongzhi.shared.measures import Measure, Ratio
from gongzhi.shared.permissions import Role

pytestmark = pytest.mark.django_db
LISTED = {listing.key: listing for listing in listings.LISTINGS}
COUNTED = [m for m in measures.MEASURES if isinstance(m, Measure)]


def one_of_each():
    village = make_village()
    firm = make_organization("青溪助餐有限公司", kind="enterprise", place=village)
    make_rating(make_organization(place=village, contact_phone="13900002076"))
    make_organization("青溪合唱队", kind="filed", place=village)
    make_report(make_organization("逾期的", place=village))
    make_stage(firm)
    make_stage(firm, stage="recognized", since=date(2022, 1, 1))
    SocialEnterprise.objects.filter(stage="seed").update(until=date(2022, 1, 1))
    person = make_person(place=village, phone="13900002076", address="青溪社区3号院2栋")
    make_volunteer(person=person, confirmed_on=DAY, last_served_on=DAY - timedelta(days=1))
    make_membership(person, make_team(place=village))
    make_income(village)
    return village


def read(listing: Listing, rows):
    fields = [field for column in listing.columns for field in column.fields]
    for row in rows.order_by(f"{listing.place}__sort_key", "pk").values_list(*fields):
        values, line = list(row), {}
        for column in listing.columns:
            own = [values.pop(0) for _ in column.fields]
            line[column.key] = (column.text(*own), (column.cell or column.text)(*own), own)
        yield line


@pytest.mark.parametrize("measure", COUNTED, ids=lambda m: m.key)
def test_a_figure_counts_exactly_the_rows_it_opens(measure):
    one_of_each()
    county = make_county()

    figure = figures.stock(measure, county.pk, DAY)
    rows = figures.records(measure, county.pk, DAY, DAY + timedelta(days=1))

    assert figure == rows.count()
    assert rows.model is LISTED[measure.listing].records().model
    if measure.key != "directory.seed-enterprises":
        assert figure > 0


@pytest.mark.parametrize("measure", measures.MEASURES, ids=lambda m: m.key)
def test_a_figure_says_its_rule_and_never_stands_where_it_may_not(measure):
    assert measure.rule.endswith("。")
    if isinstance(measure, Ratio):
        return
    assert measure.unit
    assert measure.listing in LISTED
    if "volunteers" in measure.key or measure.key == "directory.teams":
        assert not measure.appraisal, "不得作为考核依据"
    if measure.key == "directory.volunteers-registered":
        assert measure.beside == ("directory.volunteers-confirmed", "directory.volunteers-active")


def test_a_figure_is_asked_as_of_a_day_and_by_place():
    here, there = make_village("青溪社区"), make_village("北滨社区", town=make_town("官仓街道"))
    make_volunteer(place=here, registered_on=date(2024, 3, 5))
    make_volunteer(
        person=make_person(place=there),
        registered_on=date(2024, 6, 1),
        ended_on=date(2025, 1, 1),
    )
    registered = next(m for m in COUNTED if m.key == "directory.volunteers-registered")

    def asked(place, day):
        return figures.stock(registered, place.pk, day)

    county = make_county()
    assert [asked(county, date(2024, m, 1)) for m in (3, 4, 6)] == [0, 1, 2]
    assert asked(county, date(2025, 1, 1)) == 1
    assert (asked(here, date(2024, 12, 31)), asked(there, date(2024, 12, 31))) == (1, 1)
    assert asked(there, DAY) == 0


@pytest.mark.parametrize("key", LISTED)
def test_a_list_reads_in_one_statement_and_masks_numbers(key, django_assert_num_queries):
    one_of_each()
    listing = LISTED[key]

    with django_assert_num_queries(1):
        lines = list(read(listing, listing.records()))

    assert lines
    for line in lines:
        text = " ".join(f"{words} {cell}" for words, cell, _ in line.values())
        assert "13900002076" not in text
        assert "None" not in text
        assert "2栋" not in text
    assert {type(words) for line in lines for words, _, _ in line.values()} == {str}


def test_an_export_that_asked_has_the_numbers_in_full():
    one_of_each()
    listing = LISTED["directory.volunteers"]
    (line,) = read(listing, listing.records())
    full = {c.key: c.full(*line[c.key][2]) for c in listing.columns if c.full}

    assert full["phone"] == "13900002076"
    assert len(full["id-number"]) == 18
    assert full["address"] == "青溪社区3号院2栋"


def test_where_a_registration_came_from_is_a_word_and_a_shape():
    one_of_each()
    make_volunteer("李秀英")
    listing = LISTED["directory.volunteers"]

    cells = {
        line["name"][0].split()[0]: line["source"][1] for line in read(listing, listing.records())
    }

    assert cells == {
        "张桂兰": '<span class="status ok">本人确认</span>',
        "李秀英": '<span class="status wait">导入</span>',
    }


def test_markup_in_a_name_is_only_text():
    person = make_person("<b>张</b>")
    make_volunteer(person=person)
    listing = LISTED["directory.volunteers"]
    (line,) = read(listing, listing.records())

    assert "<b>" not in line["name"][1]


def test_lists_are_found_by_two_characters_by_number_and_by_code():
    one_of_each()
    volunteer = make_volunteer("李秀英")
    rows = Volunteer.objects.all()

    assert [v.person.name for v in listings.find_volunteers(rows, "秀英")] == ["李秀英"]
    assert list(listings.find_volunteers(rows, volunteer.number.lower())) == [volunteer]
    assert listings.find_volunteers(rows, "").count() == 2
    assert not listings.find_volunteers(rows, '"OR"*')
    code = Organization.objects.get(kind="enterprise").uscc
    assert listings.find_organizations(Organization.objects.all(), code.lower()).count() == 1
    assert listings.find_organizations(Rating.objects.all(), "童伴", "organization__").count() == 1
    assert listings.find_teams(Team.objects.all(), "守望").count() == 1


@pytest.mark.parametrize("listing", listings.LISTINGS, ids=lambda listing: listing.key)
def test_filters_narrow_and_ignore_what_they_do_not_know(listing):
    one_of_each()
    for choice in listing.filters:
        for value, _ in choice.choices():
            assert choice.narrow(listing.records(), value, DAY).count() <= listing.records().count()
        assert (
            choice.narrow(listing.records(), "nonsense", DAY).count() == listing.records().count()
        )


def test_volunteers_are_filtered_by_where_they_came_from_and_when_they_served():
    make_volunteer(confirmed_on=DAY)
    make_volunteer("李秀英", last_served_on=DAY)
    source, served = LISTED["directory.volunteers"].filters
    rows = Volunteer.objects.all()

    assert [source.narrow(rows, v, DAY).count() for v in ("confirmed", "unconfirmed")] == [1, 1]
    assert [served.narrow(rows, v, DAY).count() for v in ("active", "earlier", "never")] == [
        1,
        0,
        1,
    ]


@pytest.mark.parametrize("listing", listings.LISTINGS, ids=lambda listing: listing.key)
def test_a_list_of_another_place_is_empty(listing):
    one_of_each()
    elsewhere = make_village("北滨社区", town=make_town("官仓街道"))
    clerk = make_actor(Role.COMMUNITY_CLERK, place=elsewhere)

    assert not listing.permission.among(listing.records(), clerk).exists()
    assert listing.permission.among(listing.records(), make_actor()).exists()


def test_a_page_of_volunteers_walks_the_indexes_in_the_official_order():
    make_volunteer()
    rows = measures.VOLUNTEERS.on(DAY).filter(place__sort_key__gte="")
    rows = rows.order_by("place__sort_key", "pk")
    plan = rows.values_list("pk", "person__name", "place__name")[:51].explain()

    if connection.vendor == "sqlite":
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan
        assert "directory_volunteers_by_place" in plan


# --- what is personal ---------------------------------------------------------------------------

HARMLESS = {
    "tokens", "id_key", "phone_key", "sex", "part", "source", "state", "consent", "ended_how", "left_how",
    "ended_reason", "left_reason", "reasons",
}  # fmt: skip


@pytest.mark.parametrize(
    "model", [Person, Volunteer, Membership, Dispute, Candidate, Merge], ids=lambda m: m.__name__
)
def test_every_text_about_a_person_says_its_class(model):
    """Texts about people are S2 or S3 and on record; what is listed as harmless holds no such text."""
    texts = {
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, models.CharField | models.TextField | models.BinaryField)
        or field.name == "birth_on"
    }
    declared = getattr(model, "PRIVACY", {})

    assert texts - HARMLESS == set(declared) - {"last_served_on"}
    assert set(declared.values()) <= {"S1", "S2", "S3"}


def test_nothing_else_of_this_room_is_about_people():
    for model in (Organization, Rating, AnnualReport, SocialEnterprise, CollectiveYear, Team):
        assert not {"id_number", "birth_on"} & {f.name for f in model._meta.concrete_fields}
    assert set(Organization.PRIVACY) == {"contact_phone", "contact_name", "legal_representative"}
