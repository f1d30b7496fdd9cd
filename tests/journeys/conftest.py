"""A real browser for whole use cases; pictures of the guide are taken on the way."""

import io
import os
from pathlib import Path

import pytest

from gongzhi.accounts import testing as accounts

from .county import County

os.environ.setdefault(
    "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
)  # the browser driver keeps a loop running

IMAGES = Path(__file__).parents[2] / "docs" / "guide" / "images"
HEAVIEST = 150_000  # bytes of a picture of the guide
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(autouse=True)
def _a_house_without_a_phone_at_hand(settings):
    """Ask nobody for a second factor, and keep the messages that go out."""
    settings.GONGZHI_MFA_REQUIRED = False
    settings.GONGZHI_MESSAGE_GATEWAY = accounts.OUTBOX
    accounts.outbox.clear()


@pytest.fixture
def county(db):
    """A county with four towns and what is registered in them."""
    return County()


@pytest.fixture(scope="session")
def chromium(django_db_setup):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield running
        running.close()


@pytest.fixture
def visit(chromium, live_server):
    """Return a function that opens an address: width, cookies of the look, whose session, script on or off."""
    opened, complaints = [], []

    def go(address="/", *, width=1440, user=None, look=None, script=True):
        context = chromium.new_context(
            viewport={"width": width, "height": 900 if width > 600 else 844},
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            java_script_enabled=script,
            base_url=live_server.url,
        )
        cookies = {k: v for k, v in (look or {}).items()}
        if user is not None:
            cookies["sessionid"] = session_of(user)
        if cookies:
            context.add_cookies(
                [{"name": k, "value": v, "url": live_server.url} for k, v in cookies.items()]
            )
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(f"{page.url}: {error}"))
        page.goto(address)
        opened.append(context)
        return page

    yield go
    for context in opened:
        context.close()
    assert not complaints, complaints


@pytest.fixture
def page(visit):
    """Return a fresh page on the running site; what its scripts complain about fails the journey."""
    return visit("/accessibility/")


def session_of(user) -> str:
    """Sign *user* in without the form and return the session key."""
    from django.test import Client

    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


@pytest.fixture
def picture():
    """Return a function that saves a picture for the guide, when GONGZHI_PICTURES asks for it."""

    def take(page, name, *, full=False):
        if os.environ.get("GONGZHI_PICTURES"):
            IMAGES.mkdir(parents=True, exist_ok=True)
            (IMAGES / f"{name}.png").write_bytes(light(page.screenshot(full_page=full)))

    return take


def light(png: bytes) -> bytes:
    """Return the picture in as few colors as keep it below the weight that the guide allows."""
    from PIL import Image

    drawn = Image.open(io.BytesIO(png)).convert("RGB")
    for colors in (256, 128, 64, 32):
        target = io.BytesIO()
        drawn.quantize(colors).save(target, "PNG", optimize=True)
        if target.tell() <= HEAVIEST:
            break
    return target.getvalue()


def axe_faults(page) -> list[str]:
    """Return what axe-core finds on the page, one line a finding."""
    from axe_playwright_python.sync_playwright import Axe

    # What lies half under the bottom bar until one scrolls is no small target.
    page.add_style_tag(content=".tabbar { position: static !important }")
    results = Axe().run(
        page,
        options={
            "resultTypes": ["violations"],
            "runOnly": {
                "type": "tag",
                "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
            },
        },
    )
    return [
        f"{v['id']}: {v['help']} — " + "; ".join(n["html"][:120] for n in v["nodes"][:3])
        for v in results.response["violations"]
    ]


def overflow(page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
