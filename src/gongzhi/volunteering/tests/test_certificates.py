from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from gongzhi.accounts.models import Visitor
from gongzhi.accounts.testing import make_user
from gongzhi.audit.models import Line
from gongzhi.directory.services import Oneself
from gongzhi.directory.testing import make_person, make_team
from gongzhi.outbox.testing import own
from gongzhi.places.testing import make_town, make_village
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.volunteering import paper, queries, services
from gongzhi.volunteering.models import Certificate
from gongzhi.volunteering.testing import AFTER, HOUR, SUNDAY, make_service

pytestmark = pytest.mark.django_db
YEAR = {"since": date(2026, 1, 1), "until": date(2026, 11, 30)}


@pytest.fixture
def village():
    return make_village()


@pytest.fixture
def person(village):
    return make_person(place=village)


def issue(person, by=None, now=AFTER, **given):
    return services.issue_certificate(
        by=by or Oneself(person.pk), person=person, now=now, **(YEAR | given)
    )


def test_a_certificate_says_what_was_served_and_has_a_number(person, village):
    team = make_team(place=village)
    make_service(person, place=village, team=team)
    make_service(person, title="理发", starts_at=SUNDAY - 24 * HOUR, hours=1.5, place=village)
    certificate = issue(person)
    assert certificate.number == "JT-ZM-2026-000001"
    assert (certificate.times, certificate.minutes, certificate.other_minutes) == (2, 210, 0)
    assert certificate.says["teams"] == "青溪邻里守望队"
    assert [row["what"] for row in certificate.says["rows"]] == ["巡沱江：捡一捡岸边的垃圾", "理发"]
    assert issue(person).number == "JT-ZM-2026-000002"


def test_many_services_are_told_month_by_month(person, village):
    for n in range(26):
        make_service(person, starts_at=SUNDAY - n * 24 * HOUR, hours=0.5, place=village)
    rows = issue(person).says["rows"]
    assert [(r["when"], r["times"]) for r in rows] == [("2026年11月", 26)]


def test_nothing_served_gives_no_certificate(person):
    with pytest.raises(services.NothingServed):
        issue(person)


@pytest.mark.parametrize(
    "period",
    [
        {"since": date(2026, 11, 30), "until": date(2026, 11, 1)},
        {"since": date(2026, 1, 1), "until": date(2026, 12, 31)},
    ],
)
def test_a_certificate_speaks_of_days_that_were(person, village, period):
    make_service(person, place=village)
    with pytest.raises(services.PeriodBackwards):
        issue(person, **period)


def test_staff_certify_people_of_their_place_and_nobody_elses(person, village):
    make_service(person, place=village)
    assert (
        issue(person, by=make_user(Role.COMMUNITY_CLERK, village, name="周敏")).says["clerk"]
        == "周敏"
    )
    with pytest.raises(PermissionDenied):
        issue(person, by=make_user(Role.COMMUNITY_CLERK, make_village(town=make_town("官仓街道"))))
    with pytest.raises(PermissionDenied):
        issue(person, by=Oneself(make_person("李建国").pk))


def test_a_paper_stays_as_it_was_issued_when_hours_are_corrected(person, village):
    service = make_service(person, place=village)
    certificate = issue(person)
    services.correct_hours(by=HOUSE, service=service, minutes=30, reason="早退", now=AFTER)
    certificate.refresh_from_db()
    assert certificate.minutes == 120


def test_the_paper_is_a_pdf_with_the_fields_of_the_rules(person, village):
    make_service(person, place=village, team=make_team(place=village))
    certificate = issue(person)
    pdf = paper.certificate_pdf(certificate, "https://gongzhi.example/v/", "510121********1426")
    assert pdf.startswith(b"%PDF-")
    data = paper.data_of(certificate, "https://gongzhi.example/v/", "510121********1426")
    assert (data["hours"], data["times"], data["other"]) == ("2.0", "1", "0.0")
    assert data["number"] == certificate.number
    assert data["qr"].startswith("<svg")
    assert data["id"] == "510121********1426"


def test_what_somebody_typed_cannot_change_the_form_of_the_paper(person, village):
    make_service(person, title='#panic("x") *b* $a$ ”', place=village)
    assert paper.certificate_pdf(issue(person), "https://x.example/v/", "").startswith(b"%PDF-")


def test_the_whole_id_number_is_opened_for_the_person_alone_and_leaves_a_line(person, village):
    make_service(person, place=village)
    certificate = issue(person)
    opened = services.print_certificate(
        by=Oneself(person.pk), certificate=certificate, with_full_id=True, now=AFTER
    )
    assert opened == person.id_number
    assert Line.objects.filter(action="volunteering.certificate-printed").count() == 1
    clerk = make_user(Role.COMMUNITY_CLERK, village)
    masked = services.print_certificate(
        by=clerk, certificate=certificate, with_full_id=False, now=AFTER
    )
    assert "********" in masked
    with pytest.raises(PermissionDenied):
        services.print_certificate(by=clerk, certificate=certificate, with_full_id=True, now=AFTER)


def check(number, code, origin="10.0.0.1", now=AFTER):
    return services.check_certificate(
        by=Visitor(), number=number, code=code, origin=origin, now=now
    )


def test_number_and_code_belong_together(person, village):
    make_service(person, place=village)
    certificate = issue(person)
    assert check(f" {certificate.number.lower()} ", certificate.code.lower()) == certificate
    assert check(certificate.number, "AAAAAA") is None
    assert check("", "") is None


def test_five_wrong_tries_close_the_door_for_an_hour(person, village):
    make_service(person, place=village)
    certificate = issue(person)
    for _ in range(5):
        assert check(certificate.number, "AAAAAA") is None
    with pytest.raises(services.TooManyTries, match="请60分钟后再来"):
        check(certificate.number, certificate.code)
    assert check(certificate.number, certificate.code, origin="10.0.0.2") == certificate
    later = AFTER + timedelta(minutes=61)
    assert check(certificate.number, certificate.code, now=later) == certificate


def test_a_revoked_certificate_says_so_and_its_holder_is_told(person, village):
    user = make_user(name="张桂兰", person=person)
    make_service(person, place=village)
    certificate = issue(person)
    with pytest.raises(services.WhyRevoke):
        services.revoke_certificate(by=HOUSE, certificate=certificate, reason="", now=AFTER)
    services.revoke_certificate(by=HOUSE, certificate=certificate, reason="记错了人", now=AFTER)
    assert check(certificate.number, certificate.code).revoked_why == "记错了人"
    assert own(user)[-1] == "证明JT-ZM-2026-000001作废了"
    with pytest.raises(services.AlreadyRevoked):
        services.revoke_certificate(by=HOUSE, certificate=certificate, reason="x", now=AFTER)


def test_only_the_holder_says_what_others_see(person, village):
    make_service(person, place=village)
    certificate = issue(person)
    with pytest.raises(PermissionDenied):
        services.show_certificate(
            by=HOUSE, certificate=certificate, shows_rows=False, shows_teams=False, now=AFTER
        )
    services.show_certificate(
        by=Oneself(person.pk),
        certificate=certificate,
        shows_rows=False,
        shows_teams=False,
        now=AFTER,
    )
    assert not Certificate.objects.get().shows_rows


@pytest.mark.parametrize(
    ("hours", "count", "next_at"),
    [(0, 0, 6000), (99, 0, 6000), (100, 1, 18000), (1499, 4, 90000), (1500, 4, None)],
)
def test_stars_come_from_hours_by_the_rule_of_the_day(hours, count, next_at):
    stars = queries.stars_of(hours * 60, date(2026, 11, 30))
    assert (stars.count, stars.next_at) == (count, next_at)
    assert bool(stars.note) == (hours == 1500)
