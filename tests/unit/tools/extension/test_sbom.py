import json

from spot_webcam.tools.extension.sbom import Component, sbom

SUBJECT = Component("pypi", "spot-webcam", "0.1.0")
LIBC = Component("deb/debian", "libc6", "1:2.36-9+deb12u14", "ab" * 32, "arm64")
NUMPY = Component("pypi", "numpy", "2.4.6", "cd" * 32)


def test_components_are_listed_by_their_package_urls() -> None:
    document = json.loads(sbom(SUBJECT, [NUMPY, LIBC], 1700000000))
    assert (document["bomFormat"], document["specVersion"]) == ("CycloneDX", "1.5")
    assert document["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"
    assert document["metadata"]["component"]["purl"] == "pkg:pypi/spot-webcam@0.1.0"
    libc, numpy = document["components"]
    assert libc["purl"] == "pkg:deb/debian/libc6@1:2.36-9%2Bdeb12u14?arch=arm64"
    assert libc["version"] == "1:2.36-9+deb12u14"
    assert libc["hashes"] == [{"alg": "SHA-256", "content": "ab" * 32}]
    assert numpy["purl"] == "pkg:pypi/numpy@2.4.6"


def test_a_document_depends_on_its_content_alone() -> None:
    assert sbom(SUBJECT, [NUMPY, LIBC], 0) == sbom(SUBJECT, [LIBC, NUMPY], 0)
    numbers = {json.loads(sbom(SUBJECT, [NUMPY], at))["serialNumber"] for at in (0, 0, 1)}
    assert len(numbers) == 2
