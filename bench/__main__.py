"""`make bench`: each figure beside its peer or floor; a table on the screen and build/bench/NAME.json."""

import json
import os
import resource
import sys
import tempfile
from importlib import import_module
from pathlib import Path

NAMES = ("import", "figures", "records", "suite")
MODULES = {
    "import": "bench.imports",
    "figures": "bench.figures",
    "records": "bench.records",
    "suite": "bench.suite",
}
OUT = Path("build/bench")


def main() -> int:
    """Run the named benchmarks (all without a name); each gives records of ours, peer and floor in one unit."""
    names = sys.argv[1:] or NAMES
    unknown = set(names) - set(NAMES)
    if unknown:
        print(f"没有叫{'、'.join(unknown)}的测量；有：{'、'.join(NAMES)}。")
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    if len(names) > 1:  # each in a process of its own, so that one's memory is not another's peak
        return max(
            os.waitstatus_to_exitcode(os.system(f'"{sys.executable}" -m bench {n}')) for n in names
        )
    name = names[0]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.config.settings.dev")
    os.environ.setdefault("GONGZHI_HOME", tempfile.mkdtemp(prefix="gongzhi-bench-"))
    records = import_module(MODULES[name]).run()
    own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for r in records:
        r.setdefault("peer", None), r.setdefault("peer_name", "")
        r.setdefault("floor", None), r.setdefault("floor_name", "")
        r.setdefault("peak_mib", round(own_peak, 1))
        r["ratio_to_peer"] = round(r["ours"] / r["peer"], 3) if r["peer"] else None
        r["ratio_to_floor"] = round(r["ours"] / r["floor"], 3) if r["floor"] else None
    (OUT / f"{name}.json").write_text(json.dumps(records, ensure_ascii=False, indent=1), "utf-8")
    show(name, records)
    return 0


def show(name: str, records: list[dict]) -> None:
    """Print one table a benchmark."""
    print(f"\n{name}")
    head = ("测什么", "我们", "单位", "对照", "比", "底线", "比", "峰值MiB")
    rows = [
        (
            r["name"],
            f"{r['ours']:.4g}",
            r["unit"],
            f"{r['peer_name']} {r['peer']:.4g}" if r["peer"] else "",
            r["ratio_to_peer"] or "",
            f"{r['floor_name']} {r['floor']:.4g}" if r["floor"] else "",
            r["ratio_to_floor"] or "",
            r["peak_mib"],
        )
        for r in records
    ]
    for row in (head, *rows):
        print("  " + "  |  ".join(str(c) for c in row))


if __name__ == "__main__":
    sys.exit(main())
