import gzip
import re
from io import StringIO

from django.core.management import call_command

from gongzhi.ui import styles


def test_the_stylesheet_is_built_from_its_parts():
    assert styles.BUILT.read_text("utf-8") == styles.build(), "run: gongzhi build_css"


def test_every_part_is_in_it_once():
    on_disk = {p.stem for p in (styles.FOLDER / "css").glob("*.css")}
    assert sorted(styles.PARTS) == sorted(on_disk)


def test_building_it_again_changes_nothing():
    before = styles.BUILT.read_bytes()
    call_command("build_css", stdout=StringIO())
    assert styles.BUILT.read_bytes() == before


def test_every_token_that_is_used_is_defined():
    css = styles.build()
    defined = set(re.findall(r"(--[a-z0-9-]+):", css))
    local = {"--v", "--mc", "--k", "--st", "--qc", "--qt", "--cv", "--tc", "--min", "--fs-body"}
    used = set(re.findall(r"var\((--[a-z0-9-]+)", css))
    assert used <= defined | local


def test_braces_and_layers_are_whole():
    css = styles.build()
    assert css.count("{") == css.count("}")
    assert set(re.findall(r"@layer ([a-z]+)\{", css)) <= {
        "reset", "base", "layout", "components", "pages", "utilities",
    }  # fmt: skip


def test_style_script_and_icons_stay_light():
    files = [styles.BUILT, styles.FOLDER / "icons.svg", styles.FOLDER / "house.js"]
    assert sum(len(gzip.compress(f.read_bytes())) for f in files) < 24_000  # bytes
