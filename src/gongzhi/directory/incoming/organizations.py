"""Organizations as registrars list them: known by their code, else by filing number, else by name and place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from gongzhi.directory import kinds
from gongzhi.directory.models import Organization
from gongzhi.shared.registers import Fault, Verdict, Withdrawn, Written
from gongzhi.shared.sealed import Sealed
from gongzhi.shared.text import bigrams

from .context import Context

Rows = dict[str, Sequence[Any]]
Kind, Status = Organization.Kind, Organization.Status

# Columns of the register and of the table that an import fills or changes; empty cells change nothing.
_TEXTS = (
    "short_name", "address", "registrar", "supervisor", "legal_representative", "contact_name",
    "field", "purpose",
)  # fmt: skip


def judge(rows: Rows, context: Context) -> Verdict:
    """Tell what the rows of a chunk would come to (看一遍)."""
    verdict = Verdict()
    faults = verdict.faults
    places = context.places(rows.pop("town"), rows.pop("place"))
    rows["place_id"] = [p if type(p) is int else 0 for p in places]
    for i, place in enumerate(places):
        found = [place] if isinstance(place, Fault) else []
        found += _of_row(rows, i)
        if found:
            faults[i] = found
    keys = _keys(rows)
    context.twice(rows, keys, faults, "uscc", "代码、备案编号或名称")
    known = _known(rows, keys)
    for i, key in enumerate(keys):
        if i in faults:
            continue
        organization = known.get(key)
        if organization is None:
            verdict.new.append(i)
        elif wrong := _against(rows, i, organization, context):
            faults[i] = [wrong]
        elif changes := _changes(rows, i, organization):
            verdict.changed.append(i)
            verdict.changes[i] = _spoken(changes, organization, context)
        else:
            verdict.same.append(i)
    return verdict


def _spoken(
    changes: Mapping[str, Any], known: Organization, context: Context
) -> dict[str, tuple[str, str]]:
    """Return what a row would change by the columns of the register, as people say it (前后对照)."""
    found = {}
    for column, after in changes.items():
        if column == "place_id":
            pair = (context.lookup.spoken(known.place_id), context.lookup.spoken(after))
            found["place"] = pair
        elif column != "status":
            found[column] = (str(_kept(known, column) or ""), str(_json(after)))
    return found


def pour(rows: Rows, context: Context, now: datetime) -> Written:
    """Write a chunk of good rows (写一批), judged again by what the directory says now."""
    keys = _keys(rows)
    known = _known(rows, keys)
    before: list[list[Any]] = []
    written = Written(trace={"place": context.place.pk, "before": before})
    made = []
    for i, key in enumerate(keys):
        organization = known.get(key)
        if organization is None:
            made.append(_new(rows, i, context, now))
        elif not _against(rows, i, organization, context) and (
            changes := _changes(rows, i, organization)
        ):
            pairs = {c: [_kept(organization, c), _json(v)] for c, v in changes.items()}
            before.append([organization.pk, pairs])
            _set(organization, changes)
            written.changed += 1
        else:
            written.same += 1
    entered = Organization.objects.bulk_create(made, batch_size=500)
    written.trace["organizations"] = [organization.pk for organization in entered]
    written.new = len(made)
    return written


def _set(organization: Organization, values: Mapping[str, Any]) -> None:
    for column, value in values.items():
        setattr(organization, column, value)
    organization.tokens = bigrams(f"{organization.name} {organization.short_name}")
    organization.save(update_fields=[*values, "tokens"])


def _kept(organization: Organization, column: str) -> Any:
    return _json(getattr(organization, column))


def _json(value: Any) -> Any:
    """Return a value as the trace keeps it: sealed ones opened, days as ISO texts."""
    if isinstance(value, Sealed):
        return value.open() if value else ""
    return value.isoformat() if isinstance(value, date) else value


# --- taking back --------------------------------------------------------------------------------


def take_back(trace: Mapping[str, Any]) -> Withdrawn:
    """
    Undo a written chunk (撤回一批): what it entered never was, what it changed is as before.

    An organization stays when something else speaks of it since, a rating, a team, a role, a booking, or
    when it was changed or ended again: that is for a person to look at.
    """
    entered = Organization.objects.filter(pk__in=trace["organizations"], ended_on=None)
    used = _spoken_of([organization.pk for organization in entered])
    going = [organization for organization in entered if organization.pk not in used]
    for organization in going:
        organization.status, organization.ended_on = Status.WITHDRAWN, organization.registered_on
        organization.uscc = organization.filing_number = ""
    Organization.objects.bulk_update(
        going, ["status", "ended_on", "uscc", "filing_number"], batch_size=500
    )
    taken, kept = len(going), len(trace["organizations"]) - len(going)
    for pk, changes in trace["before"]:
        organization = Organization.objects.get(pk=pk)
        if all(_kept(organization, column) == after for column, (_, after) in changes.items()):
            _set(organization, {c: _back(c, before) for c, (before, _) in changes.items()})
            taken += 1
        else:
            kept += 1
    return Withdrawn(taken=taken, kept=kept)


def _back(column: str, value: Any) -> Any:
    return date.fromisoformat(value) if column.endswith("_on") and value else value


def _spoken_of(ids: Sequence[int]) -> set[int]:
    """Return those of *ids* that any record of the whole house points at."""
    found: set[int] = set()
    for relation in Organization._meta.related_objects:
        column = relation.field.attname
        rows = relation.related_model._default_manager.filter(**{f"{column}__in": ids})
        found.update(rows.values_list(column, flat=True))
    return found


def _of_row(rows: Rows, i: int) -> list[Fault]:
    kind, uscc = rows["kind"][i], rows["uscc"][i]
    wrong = kinds.code_disagrees(kind, uscc)
    found = []
    if wrong:
        found.append(Fault(kind="信用代码", wrong=wrong[0], mend=wrong[1], column="uscc"))
    ended, registered = rows["ended_on"][i], rows["registered_on"][i]
    if ended and registered and ended < registered:
        found.append(
            Fault(
                kind="日期",
                wrong="注销日期在登记日期之前",
                mend="照文件核对两个日期",
                column="ended_on",
            )
        )
    return found


def _keys(rows: Rows) -> list[Any]:
    return [
        uscc or (("filing", number) if number else (kind, name, place))
        for uscc, number, kind, name, place in zip(
            rows["uscc"],
            rows["filing_number"],
            rows["kind"],
            rows["name"],
            rows["place_id"],
            strict=True,
        )
    ]


def _known(rows: Rows, keys: Sequence[Any]) -> dict[Any, Organization]:
    found: dict[Any, Organization] = {}
    entered = Organization.objects.exclude(status=Status.WITHDRAWN)
    candidates = entered.filter(
        Q(uscc__in=[u for u in rows["uscc"] if u])
        | Q(filing_number__in=[n for n in rows["filing_number"] if n])
        | Q(name__in=list(rows["name"]), place__in=list(set(rows["place_id"])))
    ).order_by("-pk")
    for organization in candidates:
        for key in (
            organization.uscc,
            ("filing", organization.filing_number),
            (organization.kind, organization.name, organization.place_id),
        ):
            found[key] = organization
    return {key: found[key] for key in keys if key in found}


def _against(rows: Rows, i: int, known: Organization, context: Context) -> Fault | None:
    """Return what speaks against writing a row about an organization that is known."""
    if known.name != rows["name"][i]:
        return Fault(
            kind="和名录对不上",
            wrong=f"名录里这个代码是“{known.name}”，名称不同",
            mend="核对代码；改了名的，先在那家组织的页面更正名称",
            column="name",
        )
    if known.kind != rows["kind"][i]:
        return Fault(
            kind="和名录对不上",
            wrong=f"名录里它是{known.get_kind_display()}，类别不同",
            mend="照登记证书核对类别",
            column="kind",
        )
    if not context.covers(known.place_id):
        return Fault(
            kind="和名录对不上",
            wrong="这家组织登记在别处，不在这次导入的范围",
            mend="请那边更正或转过来；不是同一家就核对代码",
            column="place",
        )
    if known.ended_on and known.ended_on.isoformat() != rows["ended_on"][i]:
        return Fault(
            kind="和名录对不上",
            wrong=f"名录里它已在{known.ended_on}{known.get_status_display()}",
            mend="已经注销的不再更新；确实还在的，请核对注销日期",
            column="ended_on",
        )
    return None


def _changes(rows: Rows, i: int, known: Organization) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for column in (*_TEXTS, "filing_number"):
        value = rows[column][i]
        if value and value != getattr(known, column):
            found[column] = value
    phone, sealed = rows["contact_phone"][i], known.contact_phone
    if phone and phone != (sealed.open() if sealed else ""):
        found["contact_phone"] = phone
    if rows["place_id"][i] != known.place_id:
        found["place_id"] = rows["place_id"][i]
    registered = rows["registered_on"][i]
    if registered and registered != known.registered_on.isoformat():
        found["registered_on"] = date.fromisoformat(registered)
    if rows["ended_on"][i] and known.ended_on is None:
        found |= {"ended_on": date.fromisoformat(rows["ended_on"][i]), "status": Status.ENDED}
    return found


def _new(rows: Rows, i: int, context: Context, now: datetime) -> Organization:
    ended = rows["ended_on"][i]
    texts: Mapping[str, str] = {column: rows[column][i] for column in _TEXTS}
    return Organization(
        name=rows["name"][i],
        kind=rows["kind"][i],
        uscc=rows["uscc"][i],
        filing_number=rows["filing_number"][i],
        place_id=rows["place_id"][i],
        registered_on=date.fromisoformat(rows["registered_on"][i]),
        ended_on=date.fromisoformat(ended) if ended else None,
        status=Status.ENDED if ended else Status.ACTIVE,
        contact_phone=rows["contact_phone"][i],
        tokens=bigrams(f"{rows['name'][i]} {rows['short_name'][i]}"),
        created_at=now,
        **texts,
    )
