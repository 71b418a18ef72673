"""Where the page of a daemon on this computer is, and which certificate it has."""

from pathlib import Path

import pytest

from spot_webcam.app.web import WebOptions
from spot_webcam.tools.robot_clients.page_client import PageRefused, PageUnavailable, page_of


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1"),
        ("0.0.0.0", "http://127.0.0.1:1"),
        ("::", "http://[::1]:1"),
        ("::1", "http://[::1]:1"),
        ("localhost", "http://localhost:1"),
    ],
)
def test_page_is_reached_where_it_listens(host: str, url: str) -> None:
    page = page_of(WebOptions(host, 1))
    with pytest.raises(PageUnavailable, match="does serve run there") as caught:
        page.state()
    page.close()
    assert f"no answer from {url}/api/v1/status:" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"), [("no certificate", "no certificate in PEM"), (None, "No such file")]
)
def test_certificate_that_cannot_be_read_is_named(
    tmp_path: Path, text: str | None, reason: str
) -> None:
    file = tmp_path / "certificate.pem"
    if text is not None:
        file.write_text(text)
    with pytest.raises(PageRefused, match=f"cannot read the certificate .*{reason}"):
        page_of(WebOptions("127.0.0.1", 1, certificate=str(file)))
