"""Values of a slice: counted by clients, and read from the kernel."""

import os

import pytest
from bosdyn.api import image_pb2

from spot_webcam.tools.bench.client import ClientCounters, age_or_failure
from spot_webcam.tools.bench.load_generator import percentile_99, slice_values
from spot_webcam.tools.bench.process_tree import cpu_s, pss_mib


@pytest.mark.parametrize(("count", "expected"), [(1, 1), (2, 2), (100, 99), (101, 100), (200, 198)])
def test_percentile_is_the_sample_that_so_many_do_not_exceed(count: int, expected: int) -> None:
    assert percentile_99(range(count, 0, -1)) == expected


def test_counters_of_all_clients_become_values() -> None:
    counters = [
        ClientCounters(3, 9000, 0, "", 0.0, [1.0, 2.0, 3.0], [10.0]),
        ClientCounters(1, 1000, 1, "it is gone", 0.0, [4.0], [20.0]),
    ]
    assert slice_values(counters, seconds=2.0) == {
        "pictures_per_s": 2.0,
        "failures": 1,
        "kb_per_picture": 2.5,
        "latency_p50_ms": 2.5,
        "latency_p99_ms": 4.0,
        "age_p50_ms": 15.0,
        "age_p99_ms": 20.0,
    }


def test_slice_lasts_until_each_client_has_counted_a_call() -> None:
    counters = [ClientCounters(6), ClientCounters(1, overtime_s=1.0)]
    assert slice_values(counters, seconds=2.5)["pictures_per_s"] == 2.0


def test_without_pictures_there_is_no_latency() -> None:
    counters = [ClientCounters(failures=3, failure="it is gone")]
    assert slice_values(counters, 1.0) == {"pictures_per_s": 0.0, "failures": 3}


def test_answer_has_an_age_or_a_failure() -> None:
    response = image_pb2.GetImageResponse()
    assert age_or_failure(response.SerializeToString(), 0)[1] == "an answer without an image"
    image = response.image_responses.add(status=image_pb2.ImageResponse.STATUS_OK)
    image.shot.acquisition_time.seconds = 1
    assert age_or_failure(response.SerializeToString(), 1_250_000_000) == (250.0, "")
    image.status = image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR
    response.header.error.message = "it is gone"
    assert age_or_failure(response.SerializeToString(), 0) == (
        None,
        "STATUS_IMAGE_DATA_ERROR it is gone",
    )


def test_cpu_time_of_a_process_only_grows() -> None:
    before_s = cpu_s(os.getpid())
    assert 0 < before_s < cpu_s(os.getpid())


def test_memory_of_a_process_is_read() -> None:
    assert 1 < pss_mib(os.getpid()) < 1e5


def test_process_that_has_ended_uses_nothing() -> None:
    missing = 2**22  # above the largest number that Linux gives a process
    assert (cpu_s(missing), pss_mib(missing)) == (0.0, 0.0)
