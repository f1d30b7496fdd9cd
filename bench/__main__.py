"""`make bench`: each figure beside its peer or floor; a table on the screen and build/bench/NAME.json."""

import json
import os
import resource
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

OUT = Path("build/bench")
# A part is a file here that has a `run`; the longest last.
PARTS = {
    {"imports": "import"}.get(file.stem, file.stem): f"bench.{file.stem}"
    for file in sorted(
        Path(__file__).parent.glob("*.py"), key=lambda f: (f.stem == "suite", f.stem)
    )
    if "\ndef run() -> list[dict]:" in file.read_text("utf-8")
}


def main() -> int:
    """Run the named parts (all without a name); each gives records of ours, peer and floor in one unit."""
    names = sys.argv[1:] or list(PARTS)
    if unknown := [name for name in names if name not in PARTS]:
        print(f"没有叫{'、'.join(unknown)}的测量；有：{'、'.join(PARTS)}。")
        return 2
    OUT.mkdir(parents=True, exist_ok=True)
    if len(names) > 1:  # each in a process of its own, so that one's memory is not another's peak
        codes = {n: subprocess.run([sys.executable, "-m", "bench", n]).returncode for n in names}
        if failed := [n for n, code in codes.items() if code]:
            print(f"没有测成：{'、'.join(failed)}。")
        return max(codes.values())
    name = names[0]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongzhi.config.settings.dev")
    os.environ.setdefault("GONGZHI_HOME", tempfile.mkdtemp(prefix="gongzhi-bench-"))
    records = import_module(PARTS[name]).run()
    peaks = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    own_peak = max(peaks) / 1024
    for r in records:
        for key in ("peer", "floor"):
            r[key] = r.get(key)
            r[f"{key}_name"] = r.get(f"{key}_name", "")
            r[f"ratio_to_{key}"] = round(r["ours"] / r[key], 3) if r[key] else None
        r.setdefault("peak_mib", round(own_peak, 1))
    (OUT / f"{name}.json").write_text(json.dumps(records, ensure_ascii=False, indent=1), "utf-8")
    show(name, records)
    return 0


def show(name: str, records: list[dict]) -> None:
    """Print one table a benchmark."""
    print(f"\n{name}")
    head = ("测什么", "我们", "处理器", "单位", "对照", "比", "底线", "比", "峰值MiB")
    rows = [
        (
            r["name"],
            f"{r['ours']:.4g}",
            f"{r['ours_cpu']:.4g}" if "ours_cpu" in r else "",
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
