"""What the catalogue shows: invented people in real towns, and a form with every kind of field."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from . import charts
from .charts import About, Part, Series
from .forms import Affix, DayInput

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 15, 40, tzinfo=ZoneInfo("Asia/Shanghai"))
MONTHS = tuple(f"{n}月" for n in range(1, 13))
CUTOFF = "2026年11月23日 15:40"


class SampleForm(forms.Form):
    """A training to publish, with one field of each kind (样表)."""

    name = forms.CharField(
        label="培训名称", max_length=30, help_text="写清楚给谁讲、讲什么，不超过30个字"
    )
    school = forms.ChoiceField(
        label="放在哪个学苑",
        choices=(
            ("governance", "治理学苑\n基层干部 · 伙伴计划"),
            ("social", "社工学苑\n社工 · 展翅计划"),
            ("neighbor", "友邻学苑\n居民 · TOT 计划"),
        ),
        widget=forms.RadioSelect(attrs={"class": "inline"}),
    )
    day = forms.DateField(label="开始日期", widget=DayInput)
    place = forms.ChoiceField(
        label="地点",
        choices=(("", "请选择"), ("hall", "县支持中心 · 淮州大讲坛")),
        widget=forms.Select(attrs={"class": "w-m"}),
        error_messages={"required": "请选择地点"},
    )
    seats = forms.IntegerField(
        label="名额", widget=Affix("人"), error_messages={"required": "请填写名额"}
    )
    budget = forms.IntegerField(
        label="预算",
        help_text="填元，不写“万”。超过2.00万元要先报联席会",
        widget=Affix("元", inputmode="decimal"),
        error_messages={"invalid": "预算请填数字，例如12000"},
    )
    who = forms.MultipleChoiceField(
        label="谁可以报",
        choices=(
            ("cadre", "村社干部"),
            ("worker", "社区工作者"),
            ("org", "社会组织"),
            ("neighbor", "院落骨干"),
        ),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "inline"}),
        required=False,
    )
    plan = forms.CharField(label="课程安排", widget=forms.Textarea, required=False)
    paper = forms.FileField(
        label="课件和通知", required=False, help_text="支持 PDF、Word、图片，每个不超过20 MB"
    )
    told = forms.BooleanField(label="已经和场地方说好", required=False)

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day < TODAY:
            raise ValidationError("开始日期已经过了，请填2026年11月23日以后的日期")
        return day


def _filled() -> SampleForm:
    form = SampleForm(
        {
            "bad-name": "伙伴计划第33场：怎样开好一次坝坝会",
            "bad-school": "governance",
            "bad-day": "2025-12-03",
            "bad-place": "hall",
            "bad-seats": "",
            "bad-budget": "一万二",
            "bad-who": ["cadre", "worker"],
        },
        prefix="bad",
    )
    form.full_clean()
    return form


def places(address: str) -> list[dict[str, Any]]:
    """Return the columns of a place switcher whose every line leads to *address*."""
    columns = (
        ("县", ("金堂县",)),
        ("镇街 / 园区", ("赵镇街道", "官仓街道", "栖贤街道", "高板街道", "淮口街道", "淮州新城")),
        ("村社", ("玉龙社区", "三江社区", "杨柳桥社区", "家珍社区")),
    )
    here = {"金堂县", "赵镇街道"}
    return [
        {
            "heading": heading,
            "items": [{"name": n, "url": address, "current": n in here} for n in names],
        }
        for heading, names in columns
    ]


def _house() -> dict[str, Any]:
    """Return what `gongzhi.portal.context.house` gives, with every address inside the catalogue."""
    here, public = reverse("ui:workbench"), reverse("ui:catalogue")

    def entry(label: str, icon: str, **more: Any) -> dict[str, Any]:
        return {"label": label, "icon": icon, "url": public, **more}

    return {
        "county": "金堂县",
        "home_url": here,
        "place": "金堂县 › 赵镇街道",
        "places": places(here),
        "who": "李女士 · 支持中心",
        "roles_url": public,
        "search_url": here,
        "todo_count": 7,
        "feedback_url": public,
        "menu": [
            {
                "heading": "",
                "entries": [
                    entry("总览", "chart", url=here, current=True),
                    entry("我的待办", "check", count=7, hot=True),
                ],
            },
            {
                "heading": "五级网络",
                "entries": [entry("地点", "tree"), entry("支持中心", "build", count=24)],
            },
            {
                "heading": "管理",
                "entries": [
                    entry("组织和人", "users"),
                    entry("导入登记表", "ul"),
                    entry("台账与导出", "file"),
                    entry("权限与日志", "shield"),
                ],
            },
        ],
    }


def _charts() -> dict[str, Any]:
    trend = About(
        title="居民参与人次",
        unit="万人次",
        rule="一个人参加一场算1人次，候补、取消、没到不算",
        cutoff=CUTOFF,
    )
    this = (1.12, 0.86, 1.43, 1.61, 1.74, 1.52, 1.38, 1.66, 1.95, 2.24, 1.71, None)
    last = (0.92, 0.78, 1.15, 1.32, 1.41, 1.36, 1.20, 1.38, 1.62, 1.78, 1.70, 1.55)
    party = About(
        title="社会组织党组织覆盖",
        unit="家",
        rule="一个党组织对应一家社会组织",
        cutoff=CUTOFF,
    )
    towns = About(
        title="登记社会组织",
        unit="家",
        rule="登记状态正常的社会组织，按住所所在镇街，按区划的法定次序排",
        cutoff=CUTOFF,
    )
    return {
        "line": charts.line(
            MONTHS,
            (Series(name="今年", values=this), Series(name="去年", values=last)),
            trend,
            partial="11月只统计到23日",
        ),
        "line_empty": charts.line(MONTHS, (Series(name="今年", values=(None,) * 12),), trend),
        "bars": charts.bars(
            (
                Part(label="赵镇街道", value=164, url="#c-chart"),
                Part(label="官仓街道", value=71, url="#c-chart"),
                Part(label="栖贤街道", value=38, url="#c-chart", note="分中心"),
                Part(label="淮口街道", value=125, url="#c-chart"),
                Part(label="转龙镇", value=0, url="#c-chart"),
            ),
            towns,
        ),
        "share": charts.share(
            (
                Part(label="单独组建", value=22),
                Part(label="联合组建", value=191),
                Part(label="尚未覆盖", value=347),
            ),
            party,
            colors=("--party", "--party-2", "--surface-3"),
        ),
        "meter": charts.meter(
            46,
            60,
            About(
                title="牵手计划已拨",
                unit="万元",
                rule="已付出的资助款，按付款日",
                cutoff=CUTOFF,
            ),
            color="--money-mark",
        ),
        "spark": charts.sparkline(
            ("去年一季", "二季", "三季", "四季", "今年一季", "二季"),
            (521, 530, 537, 548, 554, 560),
            About(title="登记社会组织", unit="家", rule="登记状态正常", cutoff=CUTOFF),
        ),
    }


ICONS = """
    home cal hand horn coin user users phone sound search menu down right left up fall check
    okc x warn info clock pin file filter dl ul plus flag layers sprout cap wrench nodes
    chat vote bell edit swap build chart qr big lamp book scale shield lock key print off
    sync eye star list cam link same moon sun out tree table history undo merge split door
    card mail help pause stamp
"""

HEAT: tuple[tuple[str, tuple[int, ...]], ...] = (
    ("赵镇街道", (9, 3240, 62)),
    ("官仓街道", (4, 1460, 31)),
    ("三溪镇", (1, 640, 18)),
    ("转龙镇", (0, 310, 9)),
)


def _heat() -> list[dict[str, Any]]:
    tops = [max(column) for column in zip(*(values for _, values in HEAT), strict=True)]
    return [
        {
            "name": name,
            "cells": [(v, charts.heat_level(v, t)) for v, t in zip(values, tops, strict=True)],
        }
        for name, values in HEAT
    ]


def catalogue() -> dict[str, Any]:
    """Return what the catalogue of components shows (组件手册的样例)."""
    todo = reverse("ui:catalogue") + "#c-todo"
    return {
        "chart_of": _charts(),
        "refusal_url": reverse("ui:refusal"),
        "fresh": SampleForm(prefix="new"),
        "places": places("#c-place"),
        "today": TODAY,
        "now": NOW,
        "soon": date(2027, 2, 28),
        "past": date(2026, 11, 20),
        "path": [{"label": "金堂县", "url": "#c-place"}, {"label": "赵镇街道"}],
        "colors": (
            ("竹青 办事", "--brand"),
            ("柿 提醒", "--accent"),
            ("藤黄 钱款", "--money-mark"),
            ("朱 只给党建", "--party"),
            ("绛 只给出错", "--danger"),
            ("靛 提示", "--info"),
            ("藕 图表第五色", "--c5"),
            ("页底", "--bg"),
            ("卡片", "--surface"),
            ("凹面", "--surface-2"),
            ("分隔线", "--line"),
            ("控件边线", "--line-control"),
            ("正文", "--text"),
            ("次要文字", "--text-2"),
        ),
        "sizes": (
            ("院坝里的事", "--fs-3xl", "38"),
            ("柿子湾邻里守望微基金", "--fs-2xl", "28"),
            ("正在征求您的意见", "--fs-xl", "22"),
            ("3号院口袋花园改造方案", "--fs-lg", "18"),
            ("由社区规划师和41户居民一起商量出来。", "--fs-md", "16"),
            ("社区保障和激励资金，还剩68.5万元", "--fs-sm", "14"),
            ("数据截至2026年11月23日", "--fs-xs", "13"),
        ),
        "icons": ICONS.split(),
        "steps": (
            {"label": "选文件", "state": "done", "note": "11月23日 15:20"},
            {"label": "看一遍", "state": "now", "note": "128行要改"},
            {"label": "写进名册"},
        ),
        "happened": (
            {
                "what": "评为3A",
                "when": date(2024, 3, 1),
                "words": "2024年3月1日，有效3年",
                "hot": True,
            },
            {"what": "孵化出壳", "when": date(2021, 6, 10), "note": "县支持中心第4批"},
            {"what": "登记成立", "when": date(2019, 4, 16)},
        ),
        "levels": (
            {
                "name": "县",
                "count": "1个支持中心",
                "text": "政策引导，推动资源有效整合",
                "url": "#c-level",
            },
            {"name": "园区", "count": "1个", "text": "服务员工，推动社企共建", "url": "#c-level"},
            {
                "name": "镇街",
                "count": "16个",
                "text": "组织培育，推动公益创投落地",
                "url": "#c-level",
                "current": True,
            },
            {"name": "村社", "count": "200个", "text": "三社联动，推动社区营造", "url": "#c-level"},
            {
                "name": "院落",
                "count": "1,046个",
                "text": "志愿服务，推动居民参与",
                "url": "#c-level",
            },
        ),
        "heat": _heat(),
        "tabs": (
            {"label": "一页看全", "url": "#c-tab", "current": True},
            {"label": "人员和队伍", "url": "#c-tab", "count": 26},
            {"label": "文件", "url": "#c-tab", "count": 0},
        ),
        "seg": (
            {"label": "本月", "url": "#c-tab"},
            {"label": "本季", "url": "#c-tab", "current": True},
            {"label": "本年", "url": "#c-tab"},
        ),
        "tally": (
            {
                "label": "将新增",
                "count": 5861,
                "unit": "人",
                "note": "名册里还没有的",
                "url": "#c-tally",
                "color": "--c1",
            },
            {
                "label": "将更新",
                "count": 318,
                "unit": "人",
                "note": "看前后对照",
                "url": "#c-tally",
                "color": "--c3",
            },
            {"label": "没变", "count": 105, "unit": "人", "note": "和名册一样，不动"},
            {
                "label": "要改",
                "count": 128,
                "unit": "行",
                "note": "有错，不会写进去",
                "url": "#c-tally",
                "color": "--danger",
            },
        ),
        "todo": (
            {
                "what": "移动430课堂12处场地消防未验收",
                "url": todo,
                "status": "逾期3天",
                "kind": "bad",
                "note": "涉及4个镇街 · 牵头：教育部门",
                "when": "11月20日前",
                "date": date(2026, 11, 20),
            },
            {
                "what": "29家社会组织党员满3人，还没单独建组织",
                "url": todo,
                "status": "本周",
                "kind": "now",
                "note": "按片区分给5名指导员",
                "when": "11月27日前",
                "date": date(2026, 11, 27),
            },
            {
                "what": "栖贤街道申请增设一个支持分中心",
                "url": todo,
                "status": "下周",
                "kind": "wait",
                "note": "场地已定，等县里批复",
                "when": "12月5日前",
                "date": date(2026, 12, 5),
            },
        ),
        "log": (
            {
                "when": "11月23日 10:20",
                "what": "改了联系电话",
                "who": "李女士 · 县支持中心",
                "change": "028-8****121 → 028-8****566",
                "basis": "有更正申请表",
            },
            {
                "when": "10月12日 9:40",
                "what": "打开了负责人手机号",
                "who": "陈女士 · 赵镇街道分中心",
                "change": "13*********",
                "basis": "联系本人安排服务",
            },
        ),
        "files": (
            {
                "name": "志愿者登记表（赵镇街道）.xlsx",
                "url": "#c-mask",
                "note": "Excel，1.2 MB，11月23日上传",
            },
            {"name": "更正申请表.pdf", "url": "#c-mask", "note": "PDF，0.3 MB"},
        ),
        "pairs": (
            {"what": "姓名", "left": "王先生", "right": "王先生", "verdict": "一样", "kind": "ok"},
            {
                "what": "身份证号",
                "left": "510121********0416",
                "right": "",
                "verdict": "一边没有",
                "kind": "wait",
            },
            {
                "what": "手机号",
                "left": "138****2076",
                "right": "152****7719",
                "verdict": "不一样",
                "kind": "now",
            },
        ),
        "picks": (
            {
                "label": "县支持中心 · 运营",
                "note": "管金堂县16个镇街；2027年6月30日到期",
                "icon": "build",
                "tint": "q1",
                "count": 7,
                "value": "1",
                "checked": True,
            },
            {
                "label": "赵镇街道分中心 · 值守",
                "note": "只看赵镇街道24个社区",
                "icon": "pin",
                "tint": "q3",
                "count": 2,
                "value": "2",
            },
            {
                "label": "我自己，居民",
                "note": "报活动、投票、查登记",
                "icon": "user",
                "tint": "q5",
                "value": "3",
            },
        ),
        "doors": (
            {
                "label": "字大一些，慢慢来",
                "note": "长者版登录，可以听着办",
                "icon": "big",
                "url": "#c-pick",
            },
            {
                "label": "请人帮我办",
                "note": "家人、社区干部代办",
                "icon": "users",
                "tint": "q2",
                "url": "#c-pick",
            },
        ),
        "details": (
            ("统一社会信用代码", "52510121MJQ360481D"),
            ("业务主管单位", "金堂县民政局"),
            ("登记日期", "2019年4月16日，第8年"),
            ("住所", "赵镇街道家珍社区，县支持中心二楼"),
        ),
        "notes": ("3A 以上的有19家",),
    }


def workbench() -> dict[str, Any]:
    """Return what the sample page of the workbench shows (工作台的样例)."""
    people = (
        (
            "李先生",
            "V20411",
            "玉龙社区",
            "玉龙沱江巡河队",
            "130****3076",
            "本人确认",
            "ok",
            1,
            date(2026, 1, 1),
        ),
        (
            "杨女士",
            "V20448",
            "玉龙社区",
            "玉龙一老一小陪伴队",
            "153****3689",
            "本人确认",
            "ok",
            12,
            date(2026, 4, 8),
        ),
        (
            "蒋女士",
            "V20485",
            "三江社区",
            "三江邻里守望队",
            "186****4302",
            "导入",
            "wait",
            6,
            date(2026, 7, 15),
        ),
        (
            "张先生",
            "V20522",
            "三江社区",
            "三江童伴队",
            "139****4915",
            "本人说没参加",
            "bad",
            17,
            date(2026, 10, 22),
        ),
    )
    return {
        **catalogue(),
        "house": _house(),
        "people": people,
        "form": _filled(),
        "crumbs": [{"label": "组织和人", "url": reverse("ui:catalogue")}, {"label": "志愿者"}],
    }
