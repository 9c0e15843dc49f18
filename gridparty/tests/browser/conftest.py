"""A real browser on the live server. Every page is watched: no error, no blocked script, nothing loaded from outside."""

import os
import shutil
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Page, sync_playwright

DESK = {"viewport": {"width": 1366, "height": 768}}
PHONE = {"viewport": {"width": 360, "height": 640}, "is_mobile": True, "has_touch": True}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync"]
SHOTS = Path(settings.VAR_DIR) / "screenshots"
PASSWORD = "a long password"

# Playwright keeps an event loop in this thread; the ORM is only used between its calls.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """A page of one person, with what went wrong on it."""

    def __init__(self, page: Page, base: str):
        self.page, self.base, self.wrong = page, base, []
        page.on("console", lambda message: self.wrong.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("request", lambda request: None if self._inside(request.url) else self.wrong.append(f"outside: {request.url}"))

    def _inside(self, url: str) -> bool:
        return url.startswith((self.base, "data:", "blob:"))

    def open(self, path: str) -> int:
        return self.page.goto(self.base + path).status

    def log_in(self, username: str, password: str = PASSWORD) -> None:
        self.open("/accounts/login/")
        self.page.fill("[name=login]", username)
        self.page.fill("[name=password]", password)
        self.follow("main button[type=submit]")

    def follow(self, selector: str) -> None:
        """Click what leads to another page, and wait until that page is there."""
        with self.page.expect_navigation():
            self.page.click(selector)

    def look(self, name: str) -> None:
        """Keep a picture, and see that nothing stands beyond the right edge."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SHOTS / f"{name}.png")
        width = self.page.viewport_size["width"]
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width

    def examine(self, name: str) -> None:
        """Look; what axe finds against WCAG 2.2 AA and good practice is wrong."""
        self.look(name)
        # Preloading would fetch what style sheets import from the address of the page, where nothing is.
        found = Axe().run(self.page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
        self.wrong += [(name, one["id"], node["html"][:200]) for one in found for node in one["nodes"]]

    def text(self) -> str:
        return self.page.inner_text("body")


@pytest.fixture
def visit(chromium, live_server):
    """visit(PHONE) → Visitor; at the end nothing may have gone wrong on any page."""
    contexts, visitors = [], []

    def start(device: dict) -> Visitor:
        contexts.append(chromium.new_context(**device))
        visitors.append(Visitor(contexts[-1].new_page(), live_server.url))
        return visitors[-1]

    yield start
    for context in contexts:
        context.close()
    assert [wrong for visitor in visitors for wrong in visitor.wrong] == []
