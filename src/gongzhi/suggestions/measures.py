"""What complaints and suggestions are counted into: themes and answers, never a grade of a place or a person."""

from django.db.models import F

from gongzhi.shared.measures import Book, Counts, Holding, Measure

from .models import Kind, Suggestion

RECEIVED = Book(
    key="suggestions.received",
    records=lambda: Suggestion.objects.all(),
    place="place",
    day="received_on",
    facets=("kind",),
)
ANSWERED = Book(
    key="suggestions.answered",
    records=lambda: Suggestion.objects.filter(replied_at__isnull=False),
    place="place",
    day="received_on",
    facets=("kind",),
)
IN_TIME = Book(
    key="suggestions.answered-in-time",
    records=lambda: Suggestion.objects.filter(replied_at__lte=F("due_at")),
    place="place",
    day="received_on",
)
DECLINED = Book(
    key="suggestions.declined",
    records=lambda: Suggestion.objects.filter(state=Suggestion.State.DECLINED),
    place="place",
    day="received_on",
)
WAITING = Holding(
    key="suggestions.waiting",
    records=lambda: Suggestion.objects.all(),
    place="place",
    since="received_on",
    until="replied_on",
)
OVERDUE = Holding(
    key="suggestions.overdue",
    records=lambda: Suggestion.objects.all(),
    place="place",
    since="late_from",
    until="replied_on",
)
_WHERE = "按说的是哪里算，不按由谁答算；只看有没有人答，不给任何单位打分。"


def _measure(key: str, label: str, rule: str, of: Book | Holding, facet: str = "") -> Measure:
    return Measure(
        key=key,
        label=label,
        unit="条",
        rule=f"{rule}{_WHERE}",
        of=of,
        counts=Counts.RECORDS,
        facet=facet,
        public=True,
        listing="suggestions.suggestions",
        appraisal=False,
        icon="chat",
    )


MEASURES = (
    _measure("suggestions.received", "收到投诉建议", "时段里收到的，一条算一次。", RECEIVED),
    _measure(
        "suggestions.answered",
        "已答复的投诉建议",
        "时段里收到、现在有了答复或说明了理由的；再问一次的，等到再答才算。",
        ANSWERED,
    ),
    _measure(
        "suggestions.answered-in-time",
        "按时答复的投诉建议",
        "时段里收到、在写明的最晚时间以前答复的；再问一次的按最后一次算。",
        IN_TIME,
    ),
    _measure(
        "suggestions.declined",
        "说明理由的投诉建议",
        "时段里收到、办不了并且写明了理由的。",
        DECLINED,
    ),
    _measure("suggestions.waiting", "还没答复的投诉建议", "当日已收到、还没有答复的。", WAITING),
    _measure(
        "suggestions.overdue", "超期没答的投诉建议", "当日已过最晚时间、还没有答复的。", OVERDUE
    ),
    *(
        _measure(
            f"suggestions.received-{kind}",
            f"收到投诉建议：{kind.label}",
            f"时段里收到、选的是“{kind.label}”这一类的。",
            RECEIVED,
            f"kind={kind}",
        )
        for kind in Kind
    ),
    *(
        _measure(
            f"suggestions.answered-{kind}",
            f"已答复的投诉建议：{kind.label}",
            f"时段里收到、选的是“{kind.label}”这一类、现在有了答复或说明了理由的。",
            ANSWERED,
            f"kind={kind}",
        )
        for kind in Kind
    ),
)
