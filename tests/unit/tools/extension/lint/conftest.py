"""The lint of bytes in memory."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.tools.extension.lint.finding import Finding
from spot_webcam.tools.extension.lint.lint import lint


@pytest.fixture(scope="session")
def findings_of() -> Callable[..., list[Finding]]:
    """Lint the bytes of an extension."""

    def run(
        data: bytes, name: str = "app.spx", arch: str = "arm64", **options: Any
    ) -> list[Finding]:
        file = io.BufferedReader(io.BytesIO(data))  # type: ignore[type-var]
        return list(lint(file, name, len(data), arch, **options))

    return run
