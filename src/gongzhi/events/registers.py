"""The spreadsheets of this room: the attendance sheet that was signed on paper."""

from __future__ import annotations

from gongzhi.shared.codes import mask_name, mask_phone
from gongzhi.shared.registers import Column, Register

from . import rules, services, sheets

ATTENDANCE = Register(
    key="events.attendance",
    label="签到表",
    unit="人次",
    named="name",
    columns=(
        Column(
            key="event",
            label="场次名称",
            aliases=("活动名称", "活动", "培训名称", "课程名称", "课程", "讲座", "场次", "主题"),
            required=True,
            read=sheets.texts("场次名称", 80),
            hint="照场次页面写",
            example="百姓星期天",
        ),
        Column(
            key="day",
            label="日期",
            aliases=("活动日期", "培训日期", "上课日期", "时间", "活动时间", "签到日期"),
            required=True,
            read=sheets.days,
            example="2026-11-29",
        ),
        Column(
            key="place",
            label="村社",
            aliases=("所在村社", "社区", "村（社区）", "地点"),
            read=sheets.texts("村社", 60),
            hint="同一天有两场同名的才要填",
        ),
        Column(
            key="name",
            label="姓名",
            aliases=("签到人", "参加人", "学员", "学员姓名", "居民姓名", "名字"),
            required=True,
            read=sheets.texts("姓名", 40),
            personal="S2",
            mask=mask_name,
            example="张桂兰",
        ),
        Column(
            key="phone",
            label="手机号",
            aliases=("电话", "联系电话", "手机", "联系方式", "手机号码"),
            read=sheets.phones,
            personal="S2",
            mask=mask_phone,
            hint="报过名的可以不填",
        ),
        Column(
            key="arrived",
            label="到场时间",
            aliases=("签到时间", "到达时间", "几点到"),
            read=sheets.clocks,
            hint="不填按开始时间算",
            example="9:05",
        ),
        Column(
            key="part",
            label="身份",
            aliases=("角色", "参加身份"),
            read=sheets.parts,
            choices=("来参加的", "来服务的", "来讲课的"),
            hint="不填按来参加的算",
        ),
    ),
    permission=rules.IMPORT,
    prepare=sheets.prepare,
    judge=sheets.judge,
    write=lambda by, rows, context, now: services.import_attendances(
        by=by, rows=rows, context=context, now=now
    ),
    withdraw=lambda by, trace, reason, now: services.withdraw_attendances(
        by=by, trace=trace, reason=reason, now=now
    ),
    unwanted=("身份证号", "身份证号码", "签名", "序号", "备注", "政治面貌"),
    unwanted_reason="到场登记不用这一项",
    note="一行一个人、一场。一个人到一场只算一次，手机上登过的不会重复。",
    icon="check",
    measures=("events.attendances",),
)
REGISTERS = (ATTENDANCE,)
