"""What this room adds to the house."""

from datetime import datetime

from django.urls import reverse

from gongzhi.shared.permissions import Actor
from gongzhi.shared.rooms import Entry, Room

from . import queries, rules


def waiting(by: Actor, now: datetime) -> tuple[str, int, str]:
    """Count the files that were looked over and wait for somebody's decision (我的待办)."""
    return "登记表看过了，等着导入", queries.waiting_for(by), reverse("registers:list")


ROOM = Room(
    label="登记表",
    menu=(
        Entry(
            label="导入登记表",
            url="registers:list",
            icon="ul",
            seen_by=rules.IMPORT,
            group="管理",
            order=20,
        ),
    ),
    todos=(waiting,),
    api="gongzhi.registers.api.router",
)
ACTIONS = {
    "registers.file-received": "收下了登记表",
    "registers.columns-mapped": "指明了各列是什么",
    "registers.suggestion-accepted": "把一种写法都改成了名录里的",
    "registers.file-judged": "把登记表又看了一遍",
    "registers.faulty-rows-downloaded": "下载了要改的行",
    "registers.import-confirmed": "确认了导入",
    "registers.import-taken-up": "开始写，或接着写",
    "registers.chunk-written": "写好了一批",
    "registers.import-finishing": "核对了一部分新导入的",
    "registers.import-finished": "写完了",
    "registers.import-stopped": "写到一半停了",
    "registers.import-paused": "停了一停",
    "registers.import-resumed": "接着写了",
    "registers.import-dropped": "没有导这份登记表",
    "registers.import-withdrawn": "撤回了导入",
    "registers.file-forgotten": "按期删除了上传的登记表",
}
