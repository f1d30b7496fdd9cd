"""The spreadsheets of this room: what their columns are called in real files, and who may bring them in."""

from __future__ import annotations

from dataclasses import replace

from gongzhi.shared.codes import mask_address, mask_id, mask_phone
from gongzhi.shared.registers import Column, Register

from . import kinds, readers, rules, services
from .incoming import incomes, organizations, ratings, teams, volunteers
from .incoming.context import prepare
from .models import Organization

_SEXES = {"男": "m", "女": "f", "男性": "m", "女性": "f", "M": "m", "F": "f", "未知": ""}
_PLACE_ALIASES = (
    "村社区", "村（社区）", "社区", "村", "所属村社", "所属社区", "所属村（社区）", "所在村社", "所在社区",
    "村居", "村/社区", "社区（村）", "居住社区", "所属村居", "村社名称", "社区名称",
)  # fmt: skip
_TOWN_ALIASES = (
    "镇（街道）", "镇街道", "街道", "乡镇", "乡镇（街道）", "所属镇街", "所属街道", "所属乡镇", "镇", "街镇",
    "所在镇街", "所属镇（街道）",
)  # fmt: skip
_ID_ALIASES = (
    "证件号码", "身份证", "身份证号码", "公民身份号码", "证件号", "有效证件号码", "居民身份证号", "身份证件号",
    "身份证编号",
)  # fmt: skip
_PHONE_ALIASES = (
    "手机", "手机号码", "联系电话", "联系方式", "电话", "电话号码", "移动电话", "联系手机", "本人电话",
)  # fmt: skip
_FOUNDED_ALIASES = (
    "登记日期", "备案日期", "成立登记日期", "成立日期", "注册日期", "登记时间", "成立时间", "登记备案日期",
)  # fmt: skip
_NUMBERING = ("序号", "编号", "行号")
_NOT_TAKEN = (
    *_NUMBERING,
    "政治面貌", "民族", "宗教信仰", "婚姻状况", "健康状况", "血型", "银行卡号", "开户行", "工作单位", "职业",
    "学历", "文化程度", "照片", "微信号", "QQ", "邮箱", "紧急联系人", "紧急联系电话",
)  # fmt: skip

GRADES = {
    form: str(n)
    for n in range(1, 6)
    for form in (f"{n}A", f"{n}A级", "A" * n, f"{'A' * n}级", str(n))
}
PARTS = {
    "队员": "member", "成员": "member", "志愿者": "member", "": "member",
    "队长": "leader", "负责人": "leader", "组长": "leader", "副队长": "member",
}  # fmt: skip

TOWN = Column(
    key="town",
    label="镇街",
    aliases=_TOWN_ALIASES,
    read=readers.texts("镇街", 60),
    hint="村社名称在全县只有一个的可以不填",
    example="赵镇街道",
)
PLACE = Column(
    key="place",
    label="村社",
    aliases=_PLACE_ALIASES,
    required=True,
    read=readers.texts("村社", 60),
    hint="填村社全名，或者12位区划代码",
    example="青溪社区",
)
NAME = Column(
    key="name",
    label="姓名",
    aliases=("志愿者姓名", "名字", "队员姓名", "人员姓名"),
    required=True,
    read=readers.names,
    personal="S2",
    mask=lambda text: text[:4],
    hint="照证件填全名",
    example="张桂兰",
)
ID_NUMBER = Column(
    key="id_number",
    label="身份证号",
    aliases=_ID_ALIASES,
    read=readers.id_numbers,
    personal="S3",
    mask=mask_id,
    hint="18位，设成文本再填；拿不到证件可以留空，那就填出生日期或手机号",
    example="51012119680426002X",
)
SEX = Column(
    key="sex",
    label="性别",
    read=readers.one_of("性别", _SEXES, say="男、女"),
    choices=("男", "女"),
    hint="有身份证号的可以不填",
    example="女",
)
BIRTH = Column(
    key="birth",
    label="出生日期",
    aliases=("出生年月", "出生年月日", "生日", "出生时间"),
    read=readers.days("出生日期", whole=False),
    personal="S2",
    mask=lambda text: text[:4] + "****",
    hint="有身份证号的可以不填；只知道年月就写1968年4月",
    example="1968-04-26",
)
PHONE = Column(
    key="phone",
    label="手机号",
    aliases=_PHONE_ALIASES,
    read=readers.phones,
    personal="S2",
    mask=mask_phone,
    hint="11位；没有手机可以留空",
    example="13900002076",
)
ADDRESS = Column(
    key="address",
    label="住址",
    aliases=(
        "家庭住址",
        "居住地址",
        "现住址",
        "详细地址",
        "地址",
        "家庭地址",
        "常住地址",
        "居住地",
    ),
    read=readers.texts("住址", 120),
    personal="S2",
    mask=mask_address,
)
REGISTERED = Column(
    key="registered",
    label="登记日期",
    aliases=(
        "注册日期",
        "注册时间",
        "登记时间",
        "加入时间",
        "加入日期",
        "入册日期",
        "成为志愿者时间",
    ),
    read=readers.days("登记日期", whole=True),
    hint="不填按导入那天算；只知道月份就写2025年3月",
    example="2024-03-05",
)

VOLUNTEERS = Register(
    key="directory.volunteers",
    label="志愿者",
    unit="人",
    named="name",
    columns=(
        NAME,
        ID_NUMBER,
        SEX,
        BIRTH,
        PHONE,
        TOWN,
        PLACE,
        ADDRESS,
        Column(
            key="national",
            label="全国志愿者编号",
            aliases=("志愿者编号", "全国编号", "志愿者证号", "注册编号", "志愿编号"),
            read=readers.texts("全国志愿者编号", 30),
        ),
        REGISTERED,
        Column(
            key="served",
            label="最近服务日期",
            aliases=(
                "最近一次服务",
                "最近服务时间",
                "最近一次服务时间",
                "最近活动日期",
                "最后服务日期",
            ),
            read=readers.days("最近服务日期", whole=True),
        ),
    ),
    permission=rules.IMPORT_PEOPLE,
    prepare=prepare,
    judge=volunteers.judge,
    write=lambda by, rows, context, now: services.import_volunteers(
        by=by, rows=rows, context=context, now=now
    ),
    withdraw=lambda by, trace, reason, now: services.withdraw_volunteers(
        by=by, trace=trace, reason=reason, now=now
    ),
    finish=lambda by, batch, place, after, now: services.compare_imported(
        by=by, batch=batch, place=place, after=after, now=now
    ),
    finding="对登记可能是同一个人",
    found_at="directory:candidates",
    unwanted=_NOT_TAKEN,
    unwanted_reason="平台不登记这一项",
    note="这些人先记为“导入”。本人确认之后，才计入“本人确认”；没服务过的不计入“近12个月服务过”。",
    icon="users",
    measures=(
        "directory.volunteers-registered",
        "directory.volunteers-confirmed",
        "directory.volunteers-active",
    ),
)

USCC = Column(
    key="uscc",
    label="统一社会信用代码",
    aliases=("信用代码", "社会信用代码", "统一信用代码", "代码", "组织代码"),
    read=readers.usccs,
    hint="18位，设成文本再填；备案的社区社会组织没有代码，留空",
    example="52510121MJQ9900129",
)
_KINDS = tuple(str(kind.label) for kind in Organization.Kind if kind is not Organization.Kind.OTHER)

ORGANIZATIONS = Register(
    key="directory.organizations",
    label="组织",
    unit="家",
    named="name",
    columns=(
        Column(
            key="name",
            label="组织名称",
            aliases=("名称", "单位名称", "社会组织名称", "企业名称", "组织全称", "机构名称"),
            required=True,
            read=readers.texts("组织名称", 100),
            example="金堂县童伴社工服务中心",
        ),
        Column(
            key="short_name",
            label="简称",
            read=readers.texts("简称", 40),
        ),
        Column(
            key="kind",
            label="组织类别",
            aliases=("类别", "类型", "组织类型", "登记类别", "社会组织类型", "单位类型"),
            required=True,
            read=readers.one_of("组织类别", kinds.WORDS, say="、".join(_KINDS)),
            choices=_KINDS,
            example="社会服务机构（民非）",
        ),
        USCC,
        Column(
            key="filing_number",
            label="备案编号",
            aliases=("备案号", "备案证号"),
            read=readers.texts("备案编号", 40),
            hint="只有备案的社区社会组织填",
        ),
        TOWN,
        PLACE,
        Column(
            key="address",
            label="住所",
            aliases=("地址", "办公地址", "注册地址", "登记住所"),
            read=readers.texts("住所", 120),
        ),
        Column(
            key="registered_on",
            label="登记（备案）日期",
            aliases=_FOUNDED_ALIASES,
            required=True,
            read=readers.days("登记日期", whole=True),
            example="2019-04-16",
        ),
        Column(
            key="ended_on",
            label="注销日期",
            aliases=("注销时间", "撤销日期"),
            read=readers.days("注销日期", whole=True),
            hint="还在册的留空",
        ),
        Column(
            key="registrar",
            label="登记机关",
            aliases=("登记管理机关", "备案机关", "登记部门"),
            read=readers.texts("登记机关", 60),
            example="金堂县民政局",
        ),
        Column(
            key="supervisor",
            label="业务主管单位",
            aliases=("主管单位", "业务主管部门"),
            read=readers.texts("业务主管单位", 60),
        ),
        Column(
            key="legal_representative",
            label="法定代表人",
            aliases=("法人", "法人代表", "负责人", "法定代表人姓名"),
            read=readers.texts("法定代表人", 40),
        ),
        Column(
            key="contact_name",
            label="联系人",
            aliases=("联系人姓名",),
            read=readers.texts("联系人", 40),
        ),
        Column(
            key="contact_phone",
            label="联系电话",
            aliases=("手机号", *(a for a in _PHONE_ALIASES if a != "联系电话")),
            read=readers.contacts,
            personal="S2",
            mask=mask_phone,
            hint="手机或座机",
        ),
        Column(
            key="field",
            label="业务领域",
            aliases=("领域", "服务领域", "活动领域", "行业"),
            read=readers.texts("业务领域", 40),
        ),
        Column(
            key="purpose",
            label="业务范围",
            aliases=("宗旨", "经营范围", "宗旨和业务范围", "服务内容"),
            read=readers.texts("业务范围", 300),
        ),
    ),
    permission=rules.IMPORT_ORGANIZATIONS,
    prepare=prepare,
    judge=organizations.judge,
    write=lambda by, rows, context, now: services.import_organizations(
        by=by, rows=rows, context=context, now=now
    ),
    withdraw=lambda by, trace, reason, now: services.withdraw_organizations(
        by=by, trace=trace, reason=reason, now=now
    ),
    unwanted=(
        *_NUMBERING,
        "政治面貌",
        "身份证号",
        "法人身份证号",
        "党员人数",
        "开户行",
        "银行账号",
    ),
    note="同一个代码再导一次只更新有变化的项目；改了名称的，请在那家组织的页面更正。",
    icon="build",
    measures=("directory.social-organizations", "directory.filed-organizations"),
)

RATINGS = Register(
    key="directory.ratings",
    label="评估等级",
    unit="家",
    named="name",
    columns=(
        Column(
            key="name",
            label="组织名称",
            aliases=("名称", "社会组织名称", "单位名称"),
            read=readers.texts("组织名称", 100),
            example="金堂县童伴社工服务中心",
        ),
        USCC,
        Column(
            key="grade",
            label="评估等级",
            aliases=("等级", "评估结果", "评定等级"),
            required=True,
            read=readers.one_of("评估等级", GRADES, say="1A到5A"),
            choices=("5A", "4A", "3A", "2A", "1A"),
            example="3A",
        ),
        Column(
            key="valid_from",
            label="有效期起",
            aliases=("评定日期", "评估日期", "授予日期", "评定时间", "起始日期", "公告日期"),
            required=True,
            read=readers.days("有效期起", whole=True),
            example="2024-03-01",
        ),
        Column(
            key="last",
            label="有效期止",
            aliases=("有效期至", "到期日期", "截止日期", "有效期"),
            read=readers.days("有效期止", whole=True, future=True),
            hint="最后一天；不填按5年算",
            example="2029-02-28",
        ),
        Column(
            key="authority",
            label="评估机关",
            aliases=("评定机关", "授予机关", "评估单位"),
            read=readers.texts("评估机关", 60),
        ),
        Column(
            key="document",
            label="文号",
            aliases=("公告文号", "文件号"),
            read=readers.texts("文号", 60),
        ),
    ),
    permission=rules.IMPORT_ORGANIZATIONS,
    prepare=prepare,
    judge=ratings.judge,
    write=lambda by, rows, context, now: services.import_ratings(
        by=by, rows=rows, context=context, now=now
    ),
    stays="导入时已经和前后的等级接好了，整批撤回会接错，所以不能整批撤；导错的请在那家组织的页面取消等级。",
    unwanted=_NUMBERING,
    note="一家组织同一时间只有一个等级：新的从评定那天起顶替旧的，到期那天自动不再计入。",
    icon="star",
    measures=("directory.rated-3a",),
)

TEAMS = Register(
    key="directory.teams",
    label="志愿队和队员",
    unit="行",
    named="name",
    columns=(
        Column(
            key="team",
            label="队伍名称",
            aliases=(
                "队名",
                "志愿队",
                "服务队",
                "志愿服务队",
                "队伍",
                "志愿服务队名称",
                "志愿队名称",
            ),
            required=True,
            read=readers.texts("队伍名称", 80),
            example="青溪邻里守望队",
        ),
        TOWN,
        PLACE,
        Column(
            key="organization",
            label="所属组织",
            aliases=("所属单位", "主管组织", "挂靠单位"),
            read=readers.texts("所属组织", 100),
            hint="照组织名录写全名；没有就留空",
        ),
        Column(
            key="field",
            label="服务类别",
            aliases=("类别", "服务领域", "服务类型", "服务方向"),
            read=readers.texts("服务类别", 40),
        ),
        Column(
            key="founded_on",
            label="成立日期",
            aliases=("成立时间", "组建日期", "组建时间"),
            read=readers.days("成立日期", whole=True),
            hint="名录里还没有的队要填",
            example="2020-05-01",
        ),
        Column(
            key="name",
            label="队员姓名",
            aliases=("姓名", "志愿者姓名", "成员姓名", "名字"),
            read=readers.names,
            personal="S2",
            mask=lambda text: text[:4],
            hint="只登记队伍、不登记队员的行可以留空",
            example="张桂兰",
        ),
        replace(ID_NUMBER, hint="18位，设成文本再填；和手机号至少填一样"),
        PHONE,
        Column(
            key="part",
            label="队内身份",
            aliases=("身份", "职务", "队内职务", "角色"),
            read=readers.one_of("队内身份", PARTS, say="队长、队员"),
            choices=("队长", "队员"),
        ),
        Column(
            key="joined_on",
            label="入队日期",
            aliases=("加入日期", "加入时间", "入队时间"),
            read=readers.days("入队日期", whole=True),
            hint="不填按成立日期算",
        ),
    ),
    permission=rules.IMPORT_PEOPLE,
    prepare=prepare,
    judge=teams.judge,
    write=lambda by, rows, context, now: services.import_teams(
        by=by, rows=rows, context=context, now=now
    ),
    withdraw=lambda by, trace, reason, now: services.withdraw_teams(
        by=by, trace=trace, reason=reason, now=now
    ),
    unwanted=_NOT_TAKEN,
    note="一行一名队员，队伍的几项每行都写。队员要先在志愿者名册里；导进来的要本人确认才算数。",
    icon="users",
    measures=("directory.teams",),
)

COLLECTIVES = Register(
    key="directory.collectives",
    label="集体经济收入",
    unit="个",
    named="place",
    columns=(
        TOWN,
        PLACE,
        Column(
            key="year",
            label="年度",
            aliases=("年份", "年", "统计年度"),
            required=True,
            read=readers.years,
            example="2025",
        ),
        Column(
            key="income",
            label="经营收入（元）",
            aliases=(
                "经营性收入",
                "经营收入",
                "集体经济收入",
                "年经营收入",
                "年度经营收入",
                "收入",
            ),
            required=True,
            read=readers.amounts,
            hint="单位是元；没有收入填0，不清楚就不填这一行",
            example="128000.00",
        ),
    ),
    permission=rules.IMPORT_ORGANIZATIONS,
    prepare=prepare,
    judge=incomes.judge,
    write=lambda by, rows, context, now: services.import_incomes(
        by=by, rows=rows, context=context, now=now
    ),
    stays="一个村一个年度只有一行，没有可以退回的旧账，所以不能整批撤；改好表再导一次就更正过来。",
    unwanted=_NUMBERING,
    note="一个村（社区）一个年度一行。再导一次同一年度就是更正。",
    icon="coin",
    measures=("directory.hollow-share",),
)

REGISTERS = (ORGANIZATIONS, RATINGS, VOLUNTEERS, TEAMS, COLLECTIVES)
