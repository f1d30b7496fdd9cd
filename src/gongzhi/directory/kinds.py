"""What kinds of organizations are called in real lists, and which codes they have (GB 32100)."""

from __future__ import annotations

from gongzhi.shared.codes import uscc_kind

from .models import Organization

Kind = Organization.Kind

# The first two characters of the code that each kind has; kinds left out may have any.
PREFIXES = {
    Kind.ASSOCIATION: ("51",),
    Kind.SERVICE: ("52",),
    Kind.FOUNDATION: ("53",),
    Kind.ENTERPRISE: ("91", "92", "93"),
    Kind.GOVERNMENT: ("11",),
    Kind.INSTITUTION: ("12",),
    Kind.COLLECTIVE: ("N1", "N2", "N3"),
}
# A collective may be older than its code.
WITHOUT_CODE = frozenset({Kind.COLLECTIVE, Kind.COMMITTEE, Kind.OTHER, Kind.FILED})

WORDS = {
    "社会团体": Kind.ASSOCIATION,
    "社团": Kind.ASSOCIATION,
    "民办非企业单位": Kind.SERVICE,
    "民非": Kind.SERVICE,
    "社会服务机构": Kind.SERVICE,
    "社会服务机构（民非）": Kind.SERVICE,
    "民办非企业": Kind.SERVICE,
    "基金会": Kind.FOUNDATION,
    "备案社区社会组织": Kind.FILED,
    "社区社会组织": Kind.FILED,
    "备案": Kind.FILED,
    "备案组织": Kind.FILED,
    "企业": Kind.ENTERPRISE,
    "公司": Kind.ENTERPRISE,
    "村（社区）集体经济组织": Kind.COLLECTIVE,
    "集体经济组织": Kind.COLLECTIVE,
    "村级集体经济组织": Kind.COLLECTIVE,
    "村（居）民委员会": Kind.COMMITTEE,
    "村民委员会": Kind.COMMITTEE,
    "居民委员会": Kind.COMMITTEE,
    "村委会": Kind.COMMITTEE,
    "居委会": Kind.COMMITTEE,
    "机关": Kind.GOVERNMENT,
    "机关单位": Kind.GOVERNMENT,
    "事业单位": Kind.INSTITUTION,
    "其他": Kind.OTHER,
}


def code_disagrees(kind: str, uscc: str) -> tuple[str, str] | None:
    """Return what is wrong between a kind and its code and how to mend it, None when they agree."""
    label = Kind(kind).label
    if kind == Kind.FILED:
        if uscc:
            return "备案的社区社会组织没有统一社会信用代码", "清空代码，或者把类别改成登记组织"
        return None
    if not uscc:
        if kind in WITHOUT_CODE:
            return None
        return f"{label}要有统一社会信用代码", "照登记证书填18位代码"
    wanted = PREFIXES.get(Kind(kind), ())
    if wanted and not uscc.startswith(wanted):
        said = uscc_kind(uscc) or "别的机构"
        return (
            f"代码以{uscc[:2]}开头，是{said}的代码，类别却填了{label}",
            "照登记证书核对代码和类别",
        )
    return None
