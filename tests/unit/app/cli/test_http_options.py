"""The flags of the HTTP server."""

import argparse
import os
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.http_options import add_http_arguments, http_options
from spot_webcam.app.web import WebOptions


def parsed(*words: str) -> WebOptions | None:
    parser = argparse.ArgumentParser()
    add_http_arguments(parser)
    return http_options(parser.parse_args(words))


@pytest.fixture
def password(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    file.chmod(0o600)
    return file


def test_nothing_listens_unless_it_is_asked_for() -> None:
    assert parsed() is None


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("8080", "127.0.0.1", 8080),
        ("0", "127.0.0.1", 0),
        ("localhost:8080", "localhost", 8080),
        ("127.0.0.2:8080", "127.0.0.2", 8080),
        ("[::1]:8080", "::1", 8080),
    ],
)
def test_loopback_needs_no_password(text: str, host: str, port: int) -> None:
    assert parsed("--http", text) == WebOptions(host, port)


@pytest.mark.parametrize("text", ["0.0.0.0:8080", "[::]:8080", "192.168.50.5:80", "robot:80"])
def test_network_needs_a_password(text: str, password: Path) -> None:
    with pytest.raises(Misused, match=r"is open to the network: give --http-password-file"):
        parsed("--http", text)
    options = parsed("--http", text, "--http-password-file", str(password))
    assert options is not None
    assert options.password == "correct horse"


@pytest.mark.parametrize("text", ["", "x", ":80", "host:", "70000", "1.2.3.4:-1", "80:host"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(Misused, match=r"expected \[HOST:\]PORT"):
        parsed("--http", text)


@pytest.mark.parametrize("content", [b"", b"short\n", b"two\nlines of it", b"x" * 2000])
def test_file_without_a_good_password_is_refused(password: Path, content: bytes) -> None:
    password.write_bytes(content)
    with pytest.raises(Misused, match="expected one line of 8 characters at least") as caught:
        parsed("--http", "8080", "--http-password-file", str(password))
    assert content.decode().strip() not in str(caught.value) or not content


def test_password_that_everybody_can_read_is_refused(password: Path) -> None:
    password.chmod(0o644)
    with pytest.raises(Misused, match="chmod o-r"):
        parsed("--http", "8080", "--http-password-file", str(password))


def test_mode_of_a_password_counts_only_where_it_can_be_changed(
    password: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in the mount of a container."""
    password.chmod(0o644)
    found = list(os.statvfs(password))
    found[8] |= os.ST_RDONLY
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(found))
    assert parsed("--http", "8080", "--http-password-file", str(password)) is not None


def test_file_that_is_absent_is_named_by_its_flag(tmp_path: Path) -> None:
    with pytest.raises(Misused, match="cannot read --http-password-file: No such file"):
        parsed("--http", "8080", "--http-password-file", str(tmp_path / "absent"))


def test_flags_without_a_server_are_refused(password: Path) -> None:
    with pytest.raises(Misused, match="need --http"):
        parsed("--http-password-file", str(password))


def test_certificate_and_key_belong_together(tmp_path: Path) -> None:
    with pytest.raises(Misused, match="give both"):
        parsed("--http", "8080", "--http-key", str(tmp_path / "key.pem"))


def test_certificate_that_cannot_be_used_is_refused(tmp_path: Path, password: Path) -> None:
    flags = ("--http-certificate", str(password), "--http-key", str(password))
    with pytest.raises(Misused, match="cannot use --http-certificate and --http-key"):
        parsed("--http", "8080", *flags)


def test_key_with_a_passphrase_is_refused_and_not_asked_for(tmp_path: Path) -> None:
    """OpenSSL would ask on the terminal, and the daemon wait for ever."""
    key = ec.generate_private_key(ec.SECP256R1())
    encryption = serialization.BestAvailableEncryption(b"passphrase")
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    certificate, file = tmp_path / "certificate.pem", tmp_path / "key.pem"
    trustme.CA().cert_pem.write_to_path(str(certificate))
    file.write_bytes(pem)
    flags = ("--http-certificate", str(certificate), "--http-key", str(file))
    with pytest.raises(Misused, match="cannot use --http-certificate and --http-key"):
        parsed("--http", "8080", *flags)
