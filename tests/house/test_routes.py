"""Every route says who may come in; addresses are kebab-case and never vanish."""

import re

from gongzhi.config import reference

from .heights import ROOT

EVER = ROOT / "docs" / "reference" / "routes-ever.txt"


def test_every_route_says_who_may_come_in():
    silent = [address for address, _, view in reference.routes() if not reference.door_of(view)]
    assert not silent, "put @public, @signed_in or @needs(…) on these views"


def test_addresses_are_kebab_case():
    for address, _, _ in reference.routes():
        bare = re.sub(r"<[^>]+>|\([^)]*\)", "", address)
        assert re.fullmatch(r"[a-z0-9/.\-]*", bare), address


def test_an_address_that_was_published_never_vanishes():
    now = {address for address, _, _ in reference.routes()}
    gone = [a for a in EVER.read_text("utf-8").split() if a not in now]
    assert not gone, "keep a redirect at these addresses"


def test_every_address_is_on_the_list_of_what_was_ever_published():
    ever = set(EVER.read_text("utf-8").split())
    new = sorted({address for address, _, _ in reference.routes()} - ever)
    assert not new, f"add to {EVER.name}: {' '.join(new)}"
