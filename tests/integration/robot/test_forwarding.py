import threading

import grpc
import pytest
from bosdyn.client.exceptions import (
    PermissionDeniedError,
    RpcError,
    ServiceUnavailableError,
    TimedOutError,
    UnauthenticatedError,
)

METHOD = "/bosdyn.api.ImageService/ListImageSources"


@pytest.fixture
def images(fake_robot_sdk, tiny_service):
    tiny_service.register(fake_robot_sdk)
    fake_robot_sdk.sync_with_directory()
    return fake_robot_sdk.ensure_client("tiny-images")


def test_call_reaches_the_registered_service(fake_robot, images):
    assert [source.name for source in images.list_image_sources()] == ["tiny"]
    record = fake_robot.calls()[-1]
    assert (record.authority, record.method, record.code) == ("tiny-images", METHOD, "OK")


def test_user_token_is_not_passed_on(images, tiny_service):
    images.list_image_sources()
    assert "authorization" not in [key for key, _ in tiny_service.images.metadata]


def test_status_of_the_service_is_passed_on(images):
    with pytest.raises(RpcError) as caught:
        images.get_image([])
    assert caught.value.error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert caught.value.error.details() == "no requests"


def test_deadline_of_the_client_is_passed_on(fake_robot, images, tiny_service):
    with pytest.raises(TimedOutError):
        images.get_image_from_sources(["tiny"], timeout=0.2)
    assert fake_robot.wait_for(lambda: fake_robot.calls()[-1].code == "DEADLINE_EXCEEDED", 10)


def test_call_without_a_deadline_is_forwarded(fake_robot_sdk, images):
    channel = fake_robot_sdk.ensure_channel("tiny-images")
    assert channel.unary_unary(METHOD)(b"")


def test_messages_larger_than_the_grpc_default_pass(tiny_service, images):
    tiny_service.images.go.set()
    name = "x" * (5 * 1024 * 1024)
    [answer] = images.get_image_from_sources([name])
    assert answer.source.name == name


def test_services_registered_later_are_named_by_the_certificate(
    fake_robot_sdk, tiny_service, images
):
    assert images.list_image_sources()
    tiny_service.register(fake_robot_sdk, "second")
    fake_robot_sdk.sync_with_directory()
    assert fake_robot_sdk.ensure_client("second").list_image_sources()


def test_authority_that_nobody_registered_is_not_in_the_certificate(fake_robot, fake_robot_sdk):
    calls = len(fake_robot.calls())
    fake_robot_sdk.authorities_by_name["ghost"] = "ghost"
    fake_robot_sdk.service_type_by_name["ghost"] = "bosdyn.api.ImageService"
    with pytest.raises(RpcError) as caught:
        fake_robot_sdk.ensure_client("ghost").list_image_sources()
    assert caught.value.error.code() is grpc.StatusCode.UNAVAILABLE
    assert len(fake_robot.calls()) == calls


def test_unregistered_service_is_unavailable(fake_robot_sdk, images):
    images.list_image_sources()
    fake_robot_sdk.ensure_client("directory-registration").unregister("tiny-images")
    with pytest.raises(ServiceUnavailableError):
        images.list_image_sources()


def test_endpoint_that_does_not_answer_is_a_bad_gateway(fake_robot_sdk, images, tiny_service):
    tiny_service.close()
    with pytest.raises(ServiceUnavailableError) as caught:
        images.list_image_sources()
    assert caught.value.error.details().startswith("502 tiny-images")


def test_restarted_service_is_found_again(fake_robot, images, tiny_service, start_tiny_service):
    tiny_service.close()
    with pytest.raises(ServiceUnavailableError):
        images.list_image_sources()
    start_tiny_service(tiny_service.port)

    def answers() -> bool:
        try:
            return bool(images.list_image_sources())
        except ServiceUnavailableError:
            return False

    assert fake_robot.wait_for(answers, timeout_s=10)


def test_moved_service_is_found_at_its_new_endpoint(
    fake_robot, fake_robot_sdk, images, tiny_service, start_tiny_service
):
    images.list_image_sources()
    moved = start_tiny_service(0)
    registration = fake_robot_sdk.ensure_client("directory-registration")
    registration.update(
        "tiny-images", "bosdyn.api.ImageService", "tiny-images", "127.0.0.1", moved.port
    )
    tiny_service.close()
    assert images.list_image_sources()


def test_guarded_service_needs_a_valid_token(fake_robot, images):
    fake_robot.revoke_tokens()
    with pytest.raises(UnauthenticatedError):
        images.list_image_sources()


def test_payload_token_does_not_cover_other_services(fake_robot, as_payload, tiny_service):
    robot = as_payload(fake_robot)
    tiny_service.register(robot)
    robot.sync_with_directory()
    with pytest.raises(PermissionDeniedError):
        robot.ensure_client("tiny-images").list_image_sources()


def test_open_service_needs_no_token(fake_robot, fake_robot_sdk, tiny_service, connect):
    tiny_service.register(fake_robot_sdk, user_token_required=False)
    stranger = connect(fake_robot)
    stranger.sync_with_services_list(fake_robot_sdk.list_services())
    assert stranger.ensure_client("tiny-images").list_image_sources()


def test_call_under_way_ends_when_the_robot_goes_down(fake_robot, images, tiny_service):
    future = images.get_image_from_sources_async(["tiny"], timeout=30)
    assert tiny_service.images.entered.wait(10)
    fake_robot.power_off()
    with pytest.raises(RpcError):
        future.result(timeout=10)


def test_service_hears_of_a_client_that_gave_up(fake_robot, images, tiny_service):
    future = images.get_image_from_sources_async(["tiny"], timeout=30)
    assert tiny_service.images.entered.wait(10)
    assert not tiny_service.images.left.is_set()
    future.original_future.cancel()
    assert tiny_service.images.left.wait(10)
    assert fake_robot.wait_for(lambda: fake_robot.calls()[-1].code == "CANCELLED", 10)
    assert images.list_image_sources()


def test_calls_are_forwarded_side_by_side(images, tiny_service):
    waiting = images.get_image_from_sources_async(["tiny"])
    assert tiny_service.images.entered.wait(10)
    assert images.list_image_sources()
    tiny_service.images.go.set()
    assert waiting.result(timeout=10)


def test_many_clients_at_once_are_all_answered(images):
    answers = []

    def ask() -> None:
        answers.extend(images.list_image_sources() for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(answers) == 160
