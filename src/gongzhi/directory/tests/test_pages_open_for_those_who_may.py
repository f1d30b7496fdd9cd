import pytest
from django.utils import timezone

from gongzhi.accounts.testing import make_user
from gongzhi.directory.models import Candidate
from gongzhi.directory.testing import make_membership, make_organization, make_person, make_team
from gongzhi.places.testing import make_county, make_village
from gongzhi.shared.permissions import Role

pytestmark = pytest.mark.django_db


def test_every_page_of_the_directory_opens_and_numbers_are_shown_for_a_reason(browser, settings):
    settings.GONGZHI_MFA_REQUIRED = False
    county, village = make_county(), make_village()
    operator = make_user(Role.COUNTY_OPERATOR, county)
    organization = make_organization(place=village)
    person, twin = make_person(place=village, phone="19900001111"), make_person(place=village)
    team = make_team(place=village, organization=organization)
    make_membership(person, team)
    Candidate.objects.create(first=person, second=twin, reasons="姓名", found_at=timezone.now())

    for address in (
        "/directory/",
        f"/directory/organizations/{organization.pk}/",
        f"/directory/people/{person.pk}/",
        f"/directory/teams/{team.pk}/",
        "/directory/candidates/",
        "/directory/disputes/",
        "/directory/deadlines/",
    ):
        browser(address, user=operator)

    opened = browser.client.post(f"/directory/people/{person.pk}/numbers/", {"reason": "核对本人"})
    assert "19900001111" in opened.content.decode()
