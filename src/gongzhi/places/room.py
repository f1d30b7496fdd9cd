"""What this room adds to the house."""

from gongzhi.audit.queries import PlaceNames
from gongzhi.shared.rooms import Entry, Room, Search

from . import naming, queries, rules

ROOM = Room(
    label="地点和区划",
    menu=(
        Entry(
            label="地点和区划",
            url="places:tree",
            icon="layers",
            seen_by=rules.ADD_COURTYARD,
            group="管理",
            order=10,
        ),
    ),
    search=(Search(label="地点", find=queries.find, order=10),),
)
PLACE_NAMES = (PlaceNames(path_of=naming.path_of, names_of=naming.names_of),)
ACTIONS = {
    "places.county-set-up": "建立县域网络",
    "places.courtyard-added": "登记院落",
    "places.park-added": "登记园区",
    "places.park-linked": "登记园区覆盖",
    "places.park-unlinked": "结束园区覆盖",
    "places.moved": "改隶属",
    "places.merged": "合并",
    "places.renamed": "更名或换代码",
    "places.closed": "撤销",
    "places.alias-added": "加别名",
    "places.alias-dropped": "去掉别名",
}
