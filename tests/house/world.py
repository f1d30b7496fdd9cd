"""One town full of records, for the tests that ask every route of the house."""

import re
from datetime import date, timedelta

from django.utils import timezone

from gongzhi.academy import testing as classes
from gongzhi.accounts.models import RoleAssignment
from gongzhi.accounts.testing import make_user
from gongzhi.activities import testing as brands
from gongzhi.centers import services as centers
from gongzhi.centers import testing as halls
from gongzhi.directory import testing as people
from gongzhi.directory.models import Candidate, Dispute
from gongzhi.events import testing as happening
from gongzhi.foundation import testing as giving
from gongzhi.places import testing as places
from gongzhi.registers.testing import ALIASES, declared_aliases, make_import
from gongzhi.shared.permissions import HOUSE, Role
from gongzhi.suggestions.testing import make_suggestion
from gongzhi.volunteering import services as volunteering
from gongzhi.volunteering import testing as helping

# Roles whose work is the whole county are held over the other town here, like all others.
OVER_AN_ORGANIZATION = {Role.ORGANIZATION_MANAGER, Role.TEAM_LEADER}


class World:
    """One town full of records, another town and another organization full of people who may not see them."""

    def __init__(self):
        self.county = county = places.make_county()
        self.town = here = places.make_town("赵镇街道", county=county)
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
        # The day before the event below: one person is in one place at a time.
        self.service = helping.make_service(
            self.person, place=self.village, starts_at=helping.SUNDAY - timedelta(days=1)
        )
        self.certificate = volunteering.issue_certificate(
            by=HOUSE,
            person=self.person,
            since=date(2026, 11, 1),
            until=date(2026, 11, 30),
            now=helping.AFTER,
        )
        later = happening.SUNDAY + timedelta(days=14)
        self.event = happening.make_event(place=self.village, starts_at=later, now=happening.NOW)
        self.registration = happening.make_registration(self.event, self.person)
        self.brand = brands.make_brand()
        self.plan = brands.make_plan(self.brand, places=[self.village])
        self.custom = brands.make_custom(self.village)
        self.run = classes.make_class(place=self.village)
        classes.make_learner(self.run, person=self.person)
        self.completion = classes.make_completion(
            classes.make_class(place=self.village), person=twin
        )
        brands.services.write_recap(
            by=HOUSE, event=self.service.event, words="捡了六袋垃圾。", now=helping.AFTER
        )
        self.trainer = classes.services.enter_trainer(
            by=HOUSE, person=self.person, subject="开坝坝会", now=classes.NOW
        )
        self.fund = giving.make_fund(place=self.village)
        self.donor = giving.make_donor("甄不宣")
        self.gift = giving.give(self.fund, 100_000, donor=self.donor)
        giving.approve(giving.ask(self.fund, 100, payee="甄不宣", payee_is_person=True))
        self.payment = giving.ask(self.fund, 100, payee="甄不宣", payee_is_person=True)
        self.register = declared_aliases()
        self.batch = None
        self.grown = 0

    def grow(self, more):
        """Add *more* records of every kind beside and beneath those that the pages of 青溪社区 show."""
        county, town = self.county, self.town
        first, self.grown = self.grown, self.grown + more
        for n in range(first, self.grown):
            staff = make_user(Role.TOWN_OFFICER, town, name=f"同事{n}")
            village = places.make_village(f"新村{n}社区", town=town)
            places.make_courtyard(f"{n}号大院", village=self.village)
            places.make_town(f"新镇{n}街道", county=county)
            places.make_park(f"园区{n}", over=(village,))
            organization = people.make_organization(f"邻里互助社{n}", place=self.village)
            people.make_rating(organization)
            people.make_report(organization)
            people.make_report(self.organization, year=2010 + n)
            people.make_stage(
                people.make_organization(f"菜篮子公司{n}", kind="enterprise", place=self.village)
            )
            people.make_income(self.village, year=2010 + n, until=date(2012 + n, 1, 1))
            person = people.make_person(f"甄小{n}", place=self.village, phone="19900001111")
            twin = people.make_person(f"甄小{n}", place=self.village, id_number="")
            Candidate.objects.create(
                first=min(person, twin, key=lambda p: p.pk),
                second=max(person, twin, key=lambda p: p.pk),
                reasons="姓名、出生年、村社",
                found_at=timezone.now(),
            )
            volunteer = people.make_volunteer(person=person, place=self.village)
            team = people.make_team(
                f"守望队{n}", place=self.village, organization=self.organization
            )
            people.make_membership(person, self.team)
            people.make_membership(self.person, team)
            Dispute.objects.create(
                person=person,
                volunteer=volunteer,
                place=self.village,
                text="没有报过名",
                raised_at=timezone.now(),
                due_at=timezone.now(),
            )
            center = halls.make_center(f"新镇{n}支持分中心", place=village, level="community")
            halls.make_venue(center)
            halls.make_operator(center, organization)
            venue = halls.make_venue(self.center, f"{n}号厅", needs_approval=True)
            halls.book(venue, by=staff, phone="19900001111")
            halls.book(self.venue, by=staff, begins=f"{11 + n}:00", ends=f"{12 + n}:00")
            centers.set_special_day(
                by=HOUSE,
                center=self.center,
                day=date(2027, 1, 4 + n),
                hours=None,
                note="盘点",
                now=halls.NOW,
            )
            giving.make_fund(f"邻里微基金{n}", place=self.village)
            giving.give(self.fund, 1_000, donor=giving.make_donor(f"甄小{n}"))
            giving.give(self.fund, 1_000, donor=self.donor)
            giving.approve(giving.ask(self.fund, 150))
            giving.ask(self.fund, 100)
            make_suggestion(f"路灯{n}不亮", place=self.village, phone="19900001111")
            make_import(
                [(f"别名错{n}", "青溪", "", "19900001111")], place=self.village, register=ALIASES
            )

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
            "/academy/classes/": self.run.pk,
            "/academy/completions/": self.completion.pk,
            "/academy/courses/": self.run.course_id,
            "/academy/trainers/": self.trainer.pk,
            "/accounts/people/": self.staff.pk,
            "/activities/customs/": self.custom.pk,
            "/activities/events/": self.service.event_id,
            "/activities/plans/": self.plan.pk,
            "/activities/recaps/": self.service.event_id,
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
            "/events/": self.event.pk,
            "/events/registrations/": self.registration.pk,
            "/foundation/desk/donors/": self.donor.pk,
            "/foundation/desk/funds/": self.fund.pk,
            "/foundation/desk/gifts/": self.gift.pk,
            "/foundation/desk/payments/": self.payment.pk,
            "/foundation/funds/": self.fund.pk,
            "/mine/": self.volunteer.pk,
            "/places/": self.village.pk,
            "/registers/imports/": self.batch.pk if self.batch else 1,
            "/suggestions/queue/": self.suggestion.pk,
            "/volunteering/certificates/": self.certificate.pk,
            "/volunteering/services/": self.service.pk,
            "/volunteering/shifts/": self.service.event.shift.pk,
            "/volunteering/teams/": self.team.pk,
        }
        best = max((k for k in table if address.startswith(k)), key=len, default=None)
        return table.get(best, 1)


TEXTS = {
    "key": "directory.volunteers",
    "listing": "directory.volunteers",
    "kind": "volunteer",
    "form": "json",
    "books": "charity",
}


def filled(world, address):
    """Return *address* with a record of 青溪社区 in it, and whether it names one."""

    def fill(found):
        converter, name = found[1] or "str", found[2]
        if name in ("person", "number"):
            return str(world.person.pk if name == "person" else 1)
        if converter == "int" or name == "pk":
            return str(world.example(address))
        if "/brands/" in address:
            return world.brand.key
        if "/figures/" in address:
            return {"key": "directory.social-organizations", "form": "json"}[name]
        return TEXTS.get(name, "unheard-of")

    return re.sub(r"<(?:(\w+):)?(\w+)>", fill, address), "<int:" in address or "<pk>" in address
