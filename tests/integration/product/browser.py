"""Headless Chromium by the WebDriver protocol (W3C), as far as the tests of the page need it."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.timing import PATIENCE_S, eventually

_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--hide-scrollbars", "--lang=en-GB"),
)


def why_unavailable() -> str:
    """Return what is missing, empty if nothing is."""
    missing = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"no {' and no '.join(missing)} here" if missing else ""


class Browser:
    """A browser with one window."""

    def __init__(self, url: str, profile: Path, *flags: str) -> None:
        self._url = url
        arguments = [*_FLAGS, f"--user-data-dir={profile}", *flags]
        options = {"binary": shutil.which("chromium"), "args": arguments}
        capabilities = {
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"},
        }
        made = self._call("/session", {"capabilities": {"alwaysMatch": capabilities}})
        self._session = f"/session/{made['sessionId']}"

    def _call(self, path: str, value: Any = None, method: str = "") -> Any:
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(  # noqa: S310 - http
            self._url + path, body, method=method or ("POST" if body else "GET")
        )
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:  # noqa: S310 - http
                return json.load(reply)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(error.read().decode()) from error

    def open(self, url: str) -> None:
        self._call(f"{self._session}/url", {"url": url})

    def run(self, script: str) -> Any:
        """Return what a function body returns in the page."""
        return self._call(f"{self._session}/execute/sync", {"script": script, "args": []})

    def resize(self, cols: int, rows: int) -> None:
        self._call(f"{self._session}/window/rect", {"width": cols, "height": rows})

    def prefer_dark(self, *, dark: bool) -> None:
        feature = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        command = {"cmd": "Emulation.setEmulatedMedia", "params": {"features": [feature]}}
        self._call(f"{self._session}/goog/cdp/execute", command)

    def screenshot(self) -> bytes:
        return base64.b64decode(self._call(f"{self._session}/screenshot"))

    def log(self) -> list[str]:
        """Return what the page wrote to its console since the last time."""
        entries = self._call(f"{self._session}/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries]

    def shows(self, script: str) -> bool:
        """Whether an expression becomes true."""
        return eventually(lambda: self.run(f"return {script}"))

    def close(self) -> None:
        self._call(self._session, method="DELETE")


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """Start a browser with a new profile, and end it with its driver."""
    log = folder / "chromedriver.log"
    with log.open("wb") as output:
        driver = subprocess.Popen(
            [shutil.which("chromedriver") or "", "--port=0"],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        assert eventually(lambda: "on port" in log.read_text().replace("on port 0", "")), "no port"
        port = log.read_text().rpartition("on port ")[2].split(".")[0]
        browser = Browser(f"http://127.0.0.1:{port}", folder / "profile")
        try:
            yield browser
        finally:
            browser.close()
    finally:
        driver.terminate()
        driver.wait(PATIENCE_S)
