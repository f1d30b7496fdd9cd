"""A small county as it looks on a Tuesday: what the journeys open, fill in and follow."""

from __future__ import annotations

from datetime import date

from gongzhi.accounts.testing import make_user
from gongzhi.centers import testing as halls
from gongzhi.centers.models import Center
from gongzhi.directory import testing as people
from gongzhi.directory.models import Organization
from gongzhi.places import testing as places
from gongzhi.places.models import Place
from gongzhi.shared.permissions import Role

PASSWORD = "Qingxi-2026-shequ"
OPERATOR_PHONE = "19900000001"
ZHANG_PHONE = "19900001000"  # 张桂兰: imported without being asked, and in a team
TOWNS = {
    "赵镇街道": ("青溪社区", "三江社区", "杨柳桥社区"),
    "官仓街道": ("北滨社区", "白兰社区"),
    "淮口街道": ("瑞光社区", "洲城社区"),
    "竹篙镇": ("同乐社区", "红岩村"),
}
FAMILIES, GIVEN = "张王李赵刘陈杨黄", ("桂兰", "建国", "秀英", "志强", "小燕", "明")


class County:
    """金堂县 with four towns, nine villages, a park, two centers, organizations, people and teams."""

    def __init__(self) -> None:
        self.place = places.make_county()
        self.towns: dict[str, Place] = {}
        self.villages: dict[str, Place] = {}
        for town, names in TOWNS.items():
            self.towns[town] = places.make_town(town, county=self.place)
            for name in names:
                self.villages[name] = places.make_village(name, town=self.towns[town])
        self.qingxi = self.villages["青溪社区"]
        self.courtyard = places.make_courtyard("和顺苑", village=self.qingxi)
        self.park = places.make_park(
            "淮州新城", over=(self.villages["瑞光社区"], self.villages["洲城社区"])
        )
        for number, (name, village) in enumerate(self.villages.items()):
            self._fill(number, name.removesuffix("社区").removesuffix("村"), village)
        self.center = halls.make_center(
            "金堂县社会力量参与社区发展治理支持中心",
            level=Center.Level.COUNTY,
            place=self.place,
        )
        self.sub_center = halls.make_center(place=self.towns["赵镇街道"], phone="028-84921001")
        for hall in (self.center, self.sub_center):
            halls.make_operator(
                hall,
                people.make_organization(f"{hall.place.name}社会组织促进会", place=self.qingxi),
            )
            halls.make_venue(hall)
        self.zhang = people.make_person("张桂兰", place=self.qingxi, phone=ZHANG_PHONE)
        people.make_volunteer(person=self.zhang)
        people.make_membership(
            self.zhang,
            people.make_team("青溪邻里守望队", place=self.qingxi),
            confirmed_on=date(2024, 3, 6),
        )
        self.operator = make_user(
            Role.COUNTY_OPERATOR,
            self.place,
            name="李女士",
            phone=OPERATOR_PHONE,
            password=PASSWORD,
        )

    def _fill(self, number: int, name: str, village: Place) -> None:
        association = people.make_organization(f"{name}社工服务中心", place=village)
        people.make_report(association, filed_on=date(2026, 3, 20) if number % 3 else None)
        if number % 2 == 0:
            people.make_rating(association, grade=3 + number % 3)
        people.make_organization(f"{name}院落自治小组", kind=Organization.Kind.FILED, place=village)
        people.make_income(village, fen=number % 4 * 1_250_000)
        people.make_team(f"{name}便民服务队", place=village)
        for at in range(4):
            people.make_volunteer(
                person=people.make_person(
                    FAMILIES[(number + at) % 8] + GIVEN[(number * 2 + at) % 6],
                    place=village,
                    phone=f"1990000{2000 + number * 10 + at}",
                ),
                confirmed_on=date(2025, 5, 4) if at == 0 else None,
                last_served_on=date(2026, 9, 5) if at < 2 else None,
            )
