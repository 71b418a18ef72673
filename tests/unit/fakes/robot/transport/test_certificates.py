"""Names in the certificate, and when it changes."""

import pytest
from cryptography import x509

from spot_webcam.fakes.robot.transport import certificates as module
from spot_webcam.fakes.robot.transport.certificates import Certificates


class Server:
    """Stands in for gRPC: the certificate's names, as it is given them at each connection."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(module.grpc, "ssl_server_certificate_configuration", self._configure)
        monkeypatch.setattr(module.grpc, "dynamic_ssl_server_credentials", self._start)
        self.names = frozenset()

    def connect(self):
        """Return whether there was another certificate."""
        given = self._fetch()
        self.names = self.names if given is None else given
        return given is not None

    def _configure(self, pairs):
        [(_, chain)] = pairs
        certificate = x509.load_pem_x509_certificate(chain)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
        return frozenset(names.value.get_values_for_type(x509.DNSName))

    def _start(self, first, fetch, require_client_authentication):
        assert not require_client_authentication
        self.names, self._fetch = first, fetch


@pytest.fixture
def server(monkeypatch):
    return Server(monkeypatch)


def test_cameras_as_a_rule_need_no_other_certificate(server):
    registered = {"api.spot.robot"}
    Certificates(lambda: frozenset(registered), quiet_s=0.0).credentials()
    assert server.names == {"api.spot.robot", "robot-web-cam"}
    registered.add("robot-web-cam")
    assert not server.connect()


def test_name_is_added_once_and_stays(server):
    registered = {"api.spot.robot"}
    certificates = Certificates(lambda: frozenset(registered), quiet_s=0.0)
    certificates.credentials()
    registered.add("lamp")
    assert server.connect()
    assert server.names == {"api.spot.robot", "robot-web-cam", "lamp"}
    registered.remove("lamp")
    assert not server.connect()
    registered.add("lamp")
    assert not server.connect()
    certificates.credentials()  # as after a reboot
    assert "lamp" in server.names


def test_names_that_are_very_many_go_when_their_services_have_gone(server):
    registered = {"api.spot.robot"}
    Certificates(lambda: frozenset(registered), quiet_s=0.0).credentials()
    for number in range(50):
        name = f"{number}." + "x." * 120 + "x"
        registered.add(name)
        assert server.connect()
        assert registered | {"robot-web-cam"} <= server.names
        registered.remove(name)
    assert sum(map(len, server.names)) < 10_000
