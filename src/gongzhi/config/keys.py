"""The site's keys: from the environment in production, else made once and kept beside the data."""

import json
import os
import secrets
from pathlib import Path

NAMES = ("session", "sealing", "fingerprint", "audit")


def keys_in(home: Path) -> dict[str, str]:
    """Return 256-bit keys (hex) by name: `GONGZHI_KEY_SEALING` and so on win over `keys.json` in *home*."""
    given = {name: os.environ.get(f"GONGZHI_KEY_{name.upper()}", "") for name in NAMES}
    if all(given.values()):
        return given
    file = home / "keys.json"
    if not file.exists():
        made = json.dumps({name: secrets.token_hex(32) for name in NAMES}, indent=1)
        draft = home / f"keys.json.{os.getpid()}"
        draft.write_text(made, "utf-8")
        draft.chmod(0o600)
        try:
            os.link(draft, file)  # whoever comes second takes the keys of whoever came first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    kept = json.loads(file.read_text("utf-8"))
    return {name: given[name] or kept[name] for name in NAMES}
