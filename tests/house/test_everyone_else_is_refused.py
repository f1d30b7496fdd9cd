"""Over all routes and all roles: another town, another organization and a passer-by learn and change nothing."""

import re
from datetime import date

import pytest
from django.test import Client
from django.utils import timezone

from gongzhi.accounts.models import RoleAssignment
from gongzhi.accounts.testing import make_user
from gongzhi.centers import services as centers
from gongzhi.centers import testing as halls
from gongzhi.config import reference
from gongzhi.directory import testing as people
from gongzhi.directory.models import Candidate, Dispute
from gongzhi.places import testing as places
from gongzhi.registers.testing import declared_aliases, make_import
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.suggestions.testing import make_suggestion

# What must never reach anybody who has no business with 青溪社区 of 赵镇街道.
SECRETS = ("甄不宣", "19900001111", "贾联络", "19900002222", "510121196804260", "别名错在这里")
# Roles whose work is the whole county are held over the other town here, like all others.
OVER_AN_ORGANIZATION = {Role.ORGANIZATION_MANAGER, Role.TEAM_LEADER}
# Pages behind sign-in whose subject is public: anybody with an account may open them.
FOR_ANY_ACCOUNT = ("/places/", "/centers/venues/<int:pk>/book/", "/accounts/")


class World:
    """One town full of records, another town and another organization full of people who may not see them."""

    def __init__(self):
        county = places.make_county()
        here = places.make_town("赵镇街道", county=county)
        there = places.make_town("官仓街道", county=county)
        self.village = places.make_village("青溪社区", town=here)
        self.elsewhere = places.make_village("北滨社区", town=there)
        self.organization = people.make_organization(
            "青溪童伴社工服务中心",
            place=self.village,
            contact_name="贾联络",
            contact_phone="19900002222",
        )
        self.other = people.make_organization("北滨邻里互助社", place=self.elsewhere)
        self.person = people.make_person("甄不宣", place=self.village, phone="19900001111")
        twin = people.make_person("甄不宣", place=self.village, id_number="")
        self.candidate = Candidate.objects.create(
            first=min(self.person, twin, key=lambda p: p.pk),
            second=max(self.person, twin, key=lambda p: p.pk),
            reasons="姓名、出生年、村社",
            found_at=timezone.now(),
        )
        self.volunteer = people.make_volunteer(person=self.person, place=self.village)
        self.team = people.make_team(place=self.village, organization=self.organization)
        self.membership = people.make_membership(self.person, self.team)
        self.rating = people.make_rating(self.organization)
        self.report = people.make_report(self.organization)
        self.stage = people.make_stage(
            people.make_organization("青溪菜篮子公司", kind="enterprise", place=self.village)
        )
        self.dispute = Dispute.objects.create(
            person=self.person,
            volunteer=self.volunteer,
            place=self.village,
            text="甄不宣没有报过名",
            raised_at=timezone.now(),
            due_at=timezone.now(),
        )
        self.center = halls.make_center(place=here)
        self.venue = halls.make_venue(self.center, needs_approval=True)
        self.operator = halls.make_operator(self.center, self.organization)
        self.booking = halls.book(self.venue, by=make_user(name="甄不宣"), phone="19900001111")
        self.special = centers.set_special_day(
            by=HOUSE,
            center=self.center,
            day=date(2026, 12, 24),
            hours=None,
            note="盘点",
            now=halls.NOW,
        )
        self.suggestion = make_suggestion(
            "青溪社区的甄不宣说路灯不亮", place=self.village, phone="19900001111"
        )
        self.staff = make_user(Role.TOWN_OFFICER, self.village, name="甄不宣")
        self.assignment = RoleAssignment.objects.get(user=self.staff)
        self.register = declared_aliases()
        self.batch = None

    def strangers(self):
        """Yield (who, user): every role, held over the other town or the other organization."""
        for role in Role:
            if role in OVER_AN_ORGANIZATION:
                yield role, make_user(role, organization=self.other, name="外人")
            else:
                yield role, make_user(role, self.elsewhere, name="外人")

    def example(self, address):
        """Return the arguments of a record of 青溪社区 for *address*; the longest beginning that fits wins."""
        table = {
            "/accounts/assignments/": self.assignment.pk,
            "/accounts/people/": self.staff.pk,
            "/centers/": self.center.pk,
            "/centers/bookings/": self.booking.pk,
            "/centers/operators/": self.operator.pk,
            "/centers/special-days/": self.special.pk,
            "/centers/venues/": self.venue.pk,
            "/directory/candidates/": self.candidate.pk,
            "/directory/disputes/": self.dispute.pk,
            "/directory/organizations/": self.organization.pk,
            "/directory/people/": self.person.pk,
            "/directory/ratings/": self.rating.pk,
            "/directory/reports/": self.report.pk,
            "/directory/stages/": self.stage.pk,
            "/directory/teams/": self.team.pk,
            "/directory/memberships/": self.membership.pk,
            "/directory/volunteers/": self.volunteer.pk,
            "/mine/": self.volunteer.pk,
            "/places/": self.village.pk,
            "/registers/imports/": self.batch.pk if self.batch else 1,
            "/suggestions/queue/": self.suggestion.pk,
        }
        best = max((k for k in table if address.startswith(k)), key=len, default=None)
        return table.get(best, 1)


TEXTS = {
    "key": "directory.volunteers",
    "listing": "directory.volunteers",
    "kind": "volunteer",
    "form": "json",
}


def filled(world, address):
    """Return *address* with a record of 青溪社区 in it, and whether it names one."""

    def fill(found):
        converter, name = found[1] or "str", found[2]
        if converter == "int":
            return str(world.example(address))
        if "/figures/" in address:
            return {"key": "directory.social-organizations", "form": "json"}[name]
        return TEXTS[name]

    return re.sub(r"<(?:(\w+):)?(\w+)>", fill, address), "<int:" in address


def ask(client, address):
    """GET, or POST where only a POST is taken."""
    answer = client.get(address)
    return client.post(address) if answer.status_code == 405 else answer


def secret_in(answer):
    """Return what of 青溪社区 the answer gives away."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = body.decode("utf-8", "ignore")
    return [s for s in SECRETS if s in text]


@pytest.fixture
def world(db, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.GONGZHI_MFA_REQUIRED = False
    world = World()
    with world.register as register:
        world.batch = make_import(
            [("别名错在这里", "青溪", "", "19900001111")], place=world.village, register=register
        )
        yield world


def test_everyone_else_is_refused(world):
    strangers = dict(world.strangers())
    resident = make_user(name="外人")
    sessions = {}
    for who, user in [*strangers.items(), ("resident", resident)]:
        sessions[who] = Client(raise_request_exception=False)
        sessions[who].force_login(user)
    faults, asked = [], 0

    for template, _, view in reference.routes():
        if template.startswith(("/accounts/logout", "/accounts/me/sessions")):
            continue  # would end the session of the test itself
        address, names_a_record = filled(world, template)
        door = view.door
        holders = {r for p in door for r in p.roles} if isinstance(door, tuple) else set()
        behind_the_door = [w for w in sessions if w in holders] or ["resident"]
        outside = [*[w for w in sessions if w not in holders][:2], "resident"]

        answer = ask(Client(raise_request_exception=False), address)
        asked += 1
        if door != "public" and answer.status_code not in (302, 401, 403):
            faults.append(f"a passer-by gets {answer.status_code} at {template}")
        if found := secret_in(answer):
            faults.append(f"a passer-by reads {found} at {template}")
        if isinstance(door, tuple):
            for who in dict.fromkeys(outside):
                answer = ask(sessions[who], address)
                asked += 1
                if answer.status_code != 403:
                    faults.append(f"{who} gets {answer.status_code} at {template}, not 403")
        for who in behind_the_door:
            answer = ask(sessions[who], address)
            asked += 1
            if answer.status_code >= 500:
                faults.append(f"{who} breaks {template}")
            if found := secret_in(answer):
                faults.append(f"{who} of elsewhere reads {found} at {template}")
            open_to_all = door == "public" or (
                door == "signed-in" and template.startswith(FOR_ANY_ACCOUNT)
            )
            if names_a_record and not open_to_all and answer.status_code not in (403, 404):
                faults.append(f"{who} of elsewhere gets {answer.status_code} at {template}")

    assert asked > 300
    assert not faults, "\n".join(faults)
