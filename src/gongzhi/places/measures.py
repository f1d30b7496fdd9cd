"""The figures of the network: how many places of each level there are on a day."""

from gongzhi.shared.measures import Counts, Holding, Measure

from .models import Designation, Place


def _named(level: int) -> Holding:
    # A place is there as long as it has a name: counted on dated rows, and opened as it was called then.
    return Holding(
        key=f"places.level-{level}",
        records=lambda: Designation.objects.filter(place__level=level),
        place="place",
        since="since",
        until="until",
        subject="place",
    )


MEASURES = (
    Measure(
        key="places.towns",
        label="镇街",
        unit="个",
        rule="当日已设立、没有撤销的镇和街道；园区不是镇街，不算。",
        of=_named(Place.Level.TOWN),
        counts=Counts.SUBJECTS,
        public=True,
        listing="places.towns",
        icon="pin",
    ),
    Measure(
        key="places.villages",
        label="村社",
        unit="个",
        rule="当日已设立、没有撤销的村和社区；并入别处的从并入那天起不算。",
        of=_named(Place.Level.VILLAGE),
        counts=Counts.SUBJECTS,
        public=True,
        listing="places.villages",
        icon="pin",
    ),
    Measure(
        key="places.courtyards",
        label="登记的院落",
        unit="个",
        rule="当日已登记、没有撤销的院落、小区和村（居）民小组；没有登记的不算。",
        of=_named(Place.Level.COURTYARD),
        counts=Counts.SUBJECTS,
        public=True,
        listing="places.courtyards",
        icon="build",
    ),
)
