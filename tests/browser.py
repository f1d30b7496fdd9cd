"""A client that reads pages the way a careful person would, and a real browser for journeys."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree.ElementTree import Element

import html5lib
import pytest
from django.http import HttpResponse
from django.urls import reverse

HAN = "[\u4e00-\u9fff]"
HALF_WIDTH = re.compile(rf"{HAN}[,;:?!]|[,;:?!]{HAN}|{HAN}\.{HAN}")
UNREAD = {"script", "style", "textarea", "pre", "code", "svg"}
COPIED = {"typed", "hash", "mask"}  # shown as somebody typed it, or as a machine made it
UNLABELLED = {"hidden", "submit", "reset", "button", "image"}


def text_of(element: Element) -> str:
    """Return the words of *element*, one space between the pieces."""
    return " ".join("".join(element.itertext()).split())


def _prose(element: Element) -> Iterator[str]:
    """Yield the words that we wrote, in blocks: not code, not what somebody typed."""
    if element.tag in UNREAD or COPIED & set((element.get("class") or "").split()):
        return
    yield element.text or ""
    for child in element:
        yield from _prose(child)
        yield child.tail or ""


def _named(element: Element) -> bool:
    return bool(element.get("aria-label") or element.get("aria-labelledby") or element.get("title"))


def read(html: str) -> Element:
    """Parse a whole page strictly and refuse what no page of ours may contain; return its tree."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    everything = [e for e in tree.iter() if isinstance(e.tag, str)]
    parents = {child: parent for parent in everything for child in parent}

    assert tree.get("lang") == "zh-Hans", "a page says that it speaks Chinese"
    headings = [text_of(h) for h in tree.iter("h1")]
    assert len(headings) == 1, f"one h1 a page, not {headings}"
    title = tree.findtext("head/title") or ""
    assert headings[0] in title, f"the title {title!r} says what the h1 {headings[0]!r} says"

    ids = [e.get("id") for e in everything if e.get("id") is not None]
    twice = {i for i in ids if ids.count(i) > 1}
    assert not twice, f"an id names one element: {twice}"
    assert "" not in ids, "an id is not empty"
    for e in everything:
        for pointer in ("for", "form", "aria-labelledby", "aria-describedby", "aria-controls"):
            for target in (e.get(pointer) or "").split():
                assert target in ids, f"<{e.tag} {pointer}={target!r}> points at nothing"

    for form in tree.iter("form"):
        assert form.get("action"), "a form has an address and works without script"
        assert form.get("method"), f"the form {form.get('action')} says get or post"
        if form.get("method", "").lower() == "post":
            names = [i.get("name") for i in form.iter("input")]
            assert "csrfmiddlewaretoken" in names, f"{form.get('action')} carries no csrf token"
        for name in ("hx-post", "hx-get"):
            if address := form.get(name):
                assert address == form.get("action"), f"{name} is the form's own address"

    labelled = {e.get("for") for e in tree.iter("label")}
    for control in everything:
        if control.tag not in ("input", "select", "textarea"):
            continue
        if control.tag == "input" and control.get("type", "text") in UNLABELLED:
            continue
        around: Element | None = control
        while around is not None and around.tag != "label":
            around = parents.get(around)
        assert _named(control) or control.get("id") in labelled or around is not None, (
            f"nobody knows what to put into {control.get('name')!r}"
        )
    for e in everything:
        if e.tag in ("a", "button", "summary"):
            assert text_of(e) or _named(e), f"<{e.tag} {e.attrib}> says nothing"
        if e.tag == "a" and e.get("href") is not None:
            href = e.get("href", "")
            assert href not in ("", "#"), f"the link {text_of(e)!r} leads nowhere"
            if href.startswith("#"):
                assert href[1:] in ids, f"the link {text_of(e)!r} leads to {href}, not on this page"
        if e.tag == "img":
            assert e.get("alt") is not None, f"{e.get('src')} says nothing to who cannot see it"
    bad = [e for e in everything if {"field", "bad"} <= set((e.get("class") or "").split())]
    summary = [e for e in everything if "errors" in (e.get("class") or "").split()]
    assert bool(summary) or not bad, "errors are summed up before the form"

    body = tree.find("body")
    assert body is not None
    words = " ".join("".join(_prose(body)).split())
    wrong = HALF_WIDTH.search(words)
    assert not wrong, f"Chinese text takes full-width punctuation: …{_around(words, wrong)}…"
    return tree


def _around(words: str, found: re.Match[str] | None) -> str:
    return words[max(found.start() - 15, 0) : found.end() + 15] if found else ""


class Browser:
    """Somebody who opens pages and reads them: `browser("places:detail", 5, user=clerk)`."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.response: HttpResponse | None = None

    def __call__(
        self, name: str, *args: Any, user: Any = None, status: int = 200, **query: Any
    ) -> Element:
        """Open a page by the name of its address and return its tree."""
        return self._read(self.client.get, name, args, query, user, status)

    def post(
        self,
        name: str,
        *args: Any,
        data: dict[str, Any] | None = None,
        user: Any = None,
        status: int = 200,
        follow: bool = True,
    ) -> Element:
        """Send a form and return the tree of the page that answers, following redirects."""

        def send(address: str, form: dict[str, Any]) -> HttpResponse:
            return self.client.post(address, form, follow=follow)

        return self._read(send, name, args, data or {}, user, status)

    def _read(
        self,
        ask: Callable[..., HttpResponse],
        name: str,
        args: tuple[Any, ...],
        data: dict[str, Any],
        user: Any,
        status: int,
    ) -> Element:
        if user is not None:
            self.client.force_login(user)
        address = name if name.startswith("/") else reverse(name, args=args)
        self.response = ask(address, data)
        assert self.response.status_code == status, (
            f"{address} answered {self.response.status_code}, not {status}"
        )
        return read(self.response.content.decode())


@pytest.fixture
def browser(client: Any) -> Browser:
    """A client whose pages are read strictly."""
    return Browser(client)
