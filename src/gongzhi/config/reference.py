"""The reference pages, written from the program itself; a house test finds them out of date."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.urls import URLPattern, URLResolver, get_resolver

from gongzhi.shared.measures import Measure, measures
from gongzhi.shared.permissions import Permission, Role, permissions_in
from gongzhi.shared.registers import registers
from gongzhi.shared.rooms import rooms

HEAD = "<!-- 由 gongzhi reference 生成，不要手改 -->\n\n"


def pages() -> dict[str, str]:
    """Return every generated page of docs/reference by file name."""
    made: dict[str, Callable[[], str]] = {
        "permissions.md": permissions,
        "data-dictionary.md": data_dictionary,
        "measures.md": measure_list,
        "registers.md": register_list,
        "routes.md": route_list,
        "settings.md": settings_list,
        "rules.md": dated_rules,
        "openapi.json": openapi,
    }
    return {name: make() for name, make in made.items()}


def table(head: list[str], rows: Iterator[list[str]] | list[list[str]]) -> str:
    """Return a markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += [
        "| " + " | ".join(str(c).replace("|", "\\|").replace("\n", " ") for c in r) + " |"
        for r in rows
    ]
    return "\n".join(lines) + "\n"


def all_permissions() -> list[tuple[str, Permission]]:
    """Return (room, permission) for every permission that a room declares, in the order of codes."""
    found = []
    for config in apps.get_app_configs():
        if config.name.startswith("gongzhi.") and find_spec(f"{config.name}.rules"):
            module = import_module(f"{config.name}.rules")
            found += [(config.label, p) for p in permissions_in(vars(module))]
    unique = {p.code: (room, p) for room, p in found}
    return [unique[code] for code in sorted(unique)]


def permissions() -> str:
    """Who may do what (权限表): each right, its roles; a role holds it over its own place or organization alone."""
    rows = [
        [p.code, p.label, "、".join(Role(r).label for r in Role.values if r in p.roles)]
        for _, p in all_permissions()
    ]
    grid = [
        [p.label, *("●" if r in p.roles else "" for r in Role.values)] for _, p in all_permissions()
    ]
    return (
        f"{HEAD}# 谁能做什么\n\n任职都有范围：一个地点和它下面的一切，或者一家组织。"
        "下面的权限只在任职范围内有效。\n\n"
        + table(["代码", "做什么", "哪些角色"], rows)
        + "\n## 一张表看全\n\n"
        + table(["做什么", *(Role(r).label for r in Role.values)], grid)
    )


def data_dictionary() -> str:
    """Every table and column, with the class of personal data (数据字典)."""
    parts = [
        f"{HEAD}# 数据字典\n\n级别见 docs/operate/privacy.md：S0统计、S1公开登记信息、"
        "S2个人信息、S3敏感个人信息（加密）。\n"
    ]
    for name, room in reversed(rooms().items()):
        models = [
            m for m in apps.get_app_config(name).get_models() if m.__module__.startswith("gongzhi.")
        ]
        if not models:
            continue
        parts.append(f"\n## {room.label}（{name}）\n")
        for model in models:
            privacy = getattr(model, "PRIVACY", {})
            parts.append(
                f"\n### {model._meta.verbose_name} `{model._meta.db_table}`\n\n{_sentence(model)}\n\n"
            )
            parts.append(
                table(
                    ["列", "名称", "类型", "级别"],
                    [
                        [
                            f.attname,
                            str(f.verbose_name),
                            f.get_internal_type().removesuffix("Field")
                            + (
                                f" → {f.related_model._meta.verbose_name}"
                                if f.related_model
                                else ""
                            ),
                            privacy.get(f.name, ""),
                        ]
                        for f in model._meta.concrete_fields
                    ],
                )
            )
            if model._meta.constraints:
                parts.append(
                    "\n数据库保证："
                    + "、".join(f"`{c.name}`" for c in model._meta.constraints)
                    + "\n"
                )
    return "".join(parts)


def _sentence(model: type[Model]) -> str:
    return " ".join((model.__doc__ or "").split())


def measure_list() -> str:
    """Every declared figure with its counting rule (指标口径)."""
    rows = [
        [
            m.key,
            m.label,
            m.unit,
            m.rule,
            "公开" if m.public else "内部",
            "不得作为考核依据" if isinstance(m, Measure) and not m.appraisal else "",
        ]
        for m in sorted(measures().values(), key=lambda m: m.key)
    ]
    return f"{HEAD}# 指标口径\n\n每个数都能打开它数的那些记录。\n\n" + table(
        ["代码", "名称", "单位", "怎么数", "公开", "限制"], rows
    )


def register_list() -> str:
    """Every spreadsheet the program reads: columns, what people call them, what they must hold (登记表)."""
    parts = [f"{HEAD}# 登记表\n"]
    for register in registers().values():
        parts.append(f"\n## {register.label}（{register.key}）\n\n")
        parts.append(
            table(
                ["列", "也认得", "必填", "级别", "怎么填"],
                [
                    [c.label, "、".join(c.aliases), "是" if c.required else "", c.personal, c.hint]
                    for c in register.columns
                ],
            )
        )
    return "".join(parts)


def routes() -> list[tuple[str, str, object]]:
    """Return (address, name, view) of every route of the house, in the order of addresses."""
    found: list[tuple[str, str, object]] = []

    def walk(patterns: Iterable[Any], at: str, space: str) -> None:
        for p in patterns:
            here = at + re.sub(r"^\^|\\Z|\$$|\\", "", str(p.pattern))
            if isinstance(p, URLResolver):
                walk(p.url_patterns, here, ":".join(filter(None, [space, p.namespace])))
            elif isinstance(p, URLPattern):
                found.append(
                    ("/" + here, ":".join(filter(None, [space, p.name or ""])), p.callback)
                )

    walk(get_resolver().url_patterns, "", "")
    return sorted(found, key=lambda r: (r[0], r[1]))


def door_of(view: object) -> str:
    """Return who may come in at a route, in words; empty when nobody said."""
    door = getattr(view, "door", "")
    if isinstance(door, tuple):
        return "、".join(p.code for p in door)
    return {"public": "谁都可以", "signed-in": "登录以后"}.get(door, "")


def route_list() -> str:
    """Every address and who may open it (地址表); none is ever dropped without a redirect."""
    return f"{HEAD}# 地址和门\n\n" + table(
        ["地址", "名称", "谁能进"], [[a, n, door_of(v)] for a, n, v in routes()]
    )


def settings_list() -> str:
    """What can be set from outside, with its default (设置)."""
    rows = []
    for path in sorted((Path(__file__).parent).rglob("*.py")):
        text = path.read_text("utf-8")
        rows += [
            [name, default.strip("\"' ") or "（空）"]
            for name, default in re.findall(
                r'environ\.get\(\s*"(GONGZHI_\w+)"\s*,\s*([^)]*)\)', text
            )
        ]
    rows += [
        [f"GONGZHI_KEY_{n}", "var/keys.json，第一次运行时生成"]
        for n in ("AUDIT", "FINGERPRINT", "SEALING", "SESSION")
    ]
    unique = {r[0]: r for r in rows}
    return f"{HEAD}# 设置\n\n都从环境变量读。\n\n" + table(
        ["变量", "默认"], [unique[k] for k in sorted(unique)]
    )


def dated_rules() -> str:
    """Every rule of law or practice that a number comes from, with source and confidence (规则)."""
    from gongzhi.shared.dated import all_rules

    rows = [
        [
            r.key,
            r.value,
            str(r.valid_from or ""),
            str(r.valid_to or ""),
            r.source,
            r.confidence,
            r.note,
        ]
        for key in sorted(all_rules())
        for r in all_rules()[key]
    ]
    return f"{HEAD}# 会变的规则\n\n可信度不是✔的，程序只提醒，不拦。\n\n" + table(
        ["规则", "值", "起", "止", "依据", "可信度", "说明"], rows
    )


def openapi() -> str:
    """The open API as OpenAPI."""
    from .api import api

    return json.dumps(api.get_openapi_schema(), ensure_ascii=False, indent=1, default=str) + "\n"
