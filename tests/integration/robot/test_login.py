import grpc
import jwt
import pytest
from bosdyn.client.auth import InvalidLoginError, InvalidTokenError
from bosdyn.client.exceptions import UnauthenticatedError, UnimplementedError


def test_robot_tells_its_id_without_a_login(fake_robot, connect):
    robot = connect(fake_robot)
    identity = robot.get_id()
    assert identity.species == "spot"
    assert identity.serial_number
    assert identity.software_release.version.major_version >= 4


def test_user_logs_in_with_name_and_password(fake_robot, connect):
    robot = connect(fake_robot)
    robot.authenticate("user", "password")
    assert robot.list_services()


@pytest.mark.parametrize(("name", "password"), [("user", "wrong"), ("nobody", "password")])
def test_wrong_login_is_refused(fake_robot, connect, name, password):
    with pytest.raises(InvalidLoginError):
        connect(fake_robot).authenticate(name, password)


def test_token_is_a_jwt_that_ends_in_robot_time(fake_robot, fake_robot_sdk):
    claims = jwt.decode(fake_robot_sdk.user_token, options={"verify_signature": False})
    assert claims["sub"] == "user"
    left_s = claims["exp"] - fake_robot.now_ns() / 1e9
    assert 11.9 * 3600 < left_s <= 12 * 3600


def test_token_is_renewed_for_a_new_one(fake_robot_sdk):
    old = fake_robot_sdk.user_token
    fake_robot_sdk.authenticate_with_token(old)
    assert fake_robot_sdk.user_token != old
    assert fake_robot_sdk.list_services()


def test_unknown_token_is_not_renewed(fake_robot, connect):
    with pytest.raises(InvalidTokenError):
        connect(fake_robot).authenticate_with_token("made.up.token")


def test_calls_without_a_token_are_unauthenticated(fake_robot, connect):
    with pytest.raises(UnauthenticatedError):
        connect(fake_robot).list_services()


def test_call_without_any_authorization_is_unauthenticated(fake_robot):
    credentials = grpc.ssl_channel_credentials(fake_robot.ca_file.read_bytes())
    target = f"{fake_robot.address}:{fake_robot.port}"
    options = [("grpc.ssl_target_name_override", "api.spot.robot")]
    with grpc.secure_channel(target, credentials, options) as channel:
        method = channel.unary_unary("/bosdyn.api.DirectoryService/ListServiceEntries")
        with pytest.raises(grpc.RpcError) as caught:
            method(b"", timeout=10, metadata=[("x-other", "1"), ("authorization", "Basic x")])
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_expired_tokens_are_refused_and_not_renewed(fake_robot, fake_robot_sdk):
    fake_robot.expire_tokens()
    with pytest.raises(UnauthenticatedError) as caught:
        fake_robot_sdk.list_services()
    assert "expired" in caught.value.error.details()
    with pytest.raises(InvalidTokenError):
        fake_robot_sdk.authenticate_with_token(fake_robot_sdk.user_token)
    fake_robot_sdk.authenticate("user", "password")
    assert fake_robot_sdk.list_services()


def test_token_lasts_twelve_hours_of_robot_time(fake_robot, fake_robot_sdk):
    fake_robot.move_clock(12 * 3600 - 60)
    assert fake_robot_sdk.list_services()
    fake_robot.move_clock(61)
    with pytest.raises(UnauthenticatedError):
        fake_robot_sdk.list_services()


def test_revoked_tokens_are_refused(fake_robot, fake_robot_sdk):
    fake_robot.revoke_tokens()
    with pytest.raises(UnauthenticatedError):
        fake_robot_sdk.list_services()


def test_unknown_method_is_unimplemented(fake_robot_sdk):
    channel = fake_robot_sdk.ensure_channel("directory")
    client = fake_robot_sdk.ensure_client("directory")
    method = channel.unary_unary("/bosdyn.api.DirectoryService/Nonsense", lambda _: b"")
    with pytest.raises(UnimplementedError):
        client.call(method, None)


def test_undecodable_request_ends_with_internal(fake_robot_sdk):
    channel = fake_robot_sdk.ensure_channel("directory")
    method = channel.unary_unary("/bosdyn.api.DirectoryService/GetServiceEntry")
    with pytest.raises(Exception, match="cannot be decoded"):
        method(b"\xff\xff\xff", timeout=10)
