"""The data-acquisition store, through the SDK's client."""

import gc

import pytest
from bosdyn.api import alerts_pb2, image_pb2
from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api.data_acquisition_store_pb2 import (
    ActionIdQuery,
    DataQueryParams,
    QueryParameters,
    StoreStreamRequest,
    TimeRangeQuery,
)
from bosdyn.api.data_acquisition_store_service_pb2_grpc import DataAcquisitionStoreServiceStub
from bosdyn.api.data_chunk_pb2 import DataChunk
from bosdyn.client.exceptions import InvalidRequestError, RpcError
from google.protobuf.timestamp_pb2 import Timestamp

BIG = bytes(range(256)) * 20_000


def action(name, group="group", seconds=0):
    timestamp = Timestamp(seconds=seconds) if seconds else None
    return api.CaptureActionId(action_name=name, group_name=group, timestamp=timestamp)


def identifier(name="action", channel="channel", seconds=0, **more):
    return api.DataIdentifier(action_id=action(name, seconds=seconds), channel=channel, **more)


def by_action(*actions):
    return DataQueryParams(action_ids=ActionIdQuery(action_ids=actions))


def by_time(from_s=None, to_s=None):
    time_range = TimeRangeQuery(
        from_timestamp=None if from_s is None else Timestamp(seconds=from_s),
        to_timestamp=None if to_s is None else Timestamp(seconds=to_s),
    )
    return DataQueryParams(time_range=time_range)


@pytest.fixture
def filled(store):
    """A store with one capture of each kind, each of its own action, a second apart."""
    picture = image_pb2.ImageCapture(image=image_pb2.Image(cols=3, data=b"abc"))
    metadata = api.AssociatedMetadata(reference_id=identifier("image", seconds=1))
    metadata.metadata.data.update({"weather": "fine"})
    alert = api.AssociatedAlertData(alert_data=alerts_pb2.AlertData(title="hot"))
    ids = [
        store.store_image(picture, identifier("image", "cam", 1)).id,
        store.store_metadata(metadata, identifier("metadata", "meta", 2)).id,
        store.store_alertdata(alert, identifier("alert", "alarm", 3)).id,
        store.store_data(b"data", identifier("data", "blob", 4, data_name="name"), ".bin").id,
    ]
    assert ids == [1, 2, 3, 4]
    return store


def test_each_kind_is_listed_by_itself(filled):
    everything = DataQueryParams()
    for listed, channel in (
        (filled.list_stored_images(everything), "cam"),
        (filled.list_stored_metadata(everything), "meta"),
        (filled.list_stored_alertdata(everything), "alarm"),
        (filled.list_stored_data(everything), "blob"),
    ):
        assert [data_id.channel for data_id in listed] == [channel]
        assert listed[0].id > 0
    assert filled.list_stored_data(everything)[0].data_name == "name"


def test_actions_are_listed_once_each(filled):
    filled.store_data(b"more", identifier("data", "other", 4))
    actions = filled.list_capture_actions(DataQueryParams())
    assert [action.action_name for action in actions] == ["image", "metadata", "alert", "data"]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        (by_action(action("image")), ["image"]),
        (by_action(action("image", group="")), ["image"]),
        (by_action(action("")), ["image", "metadata", "alert", "data"]),
        (by_action(action("image", group="other")), []),
        (by_action(action("image", seconds=1), action("alert", seconds=9)), ["image"]),
        (by_time(2, 3), ["metadata", "alert"]),
        (by_time(from_s=4), ["data"]),
        (by_time(to_s=1), ["image"]),
    ],
)
def test_queries_match_what_they_tell(filled, query, names):
    actions = filled.list_capture_actions(query)
    assert [name.action_name for name in actions] == names


@pytest.mark.parametrize(
    ("query", "channels"),
    [
        (QueryParameters(), ["cam", "meta", "alarm", "blob"]),
        (QueryParameters(order_descending=True), ["blob", "alarm", "meta", "cam"]),
        (QueryParameters(include_images=True, include_alerts=True), ["cam", "alarm"]),
        (QueryParameters(channels=["blob", "absent"]), ["blob"]),
        (QueryParameters(captures_from_id=3), ["alarm", "blob"]),
        (QueryParameters(action_ids=[action("alert")]), ["alarm"]),
        (QueryParameters(time_range=by_time(2, 3).time_range), ["meta", "alarm"]),
    ],
)
def test_captures_are_queried(filled, query, channels):
    response = filled.query_stored_captures(query)
    assert [result.data_id.channel for result in response.results] == channels
    assert response.max_capture_id == max(result.data_id.id for result in response.results)
    assert len(response.action_ids) == len(channels)


def test_contents_come_back_as_they_were_stored(filled):
    image, metadata, alert, data = filled.query_stored_captures(QueryParameters()).results
    assert image.image.image.data == b"abc"
    assert metadata.metadata.metadata.data["weather"] == "fine"
    assert alert.alert_data.alert_data.title == "hot"
    assert (data.data.data, data.data.file_extension) == (b"data", ".bin")


def test_identifiers_alone_are_reported_when_asked(filled):
    query = QueryParameters(only_include_identifiers=True)
    for result in filled.query_stored_captures(query).results:
        assert result.data_id.id
        assert result.WhichOneof("result") is None


def test_empty_store_answers_empty(store):
    assert store.query_max_capture_id() == 0
    assert not store.query_stored_captures(QueryParameters()).results
    assert not store.list_capture_actions(DataQueryParams())


def test_large_data_goes_and_comes_in_pieces(fake_robot, store):
    assert store.store_data_as_chunks(BIG, identifier(), ".bin").id == 1
    (result,) = store.query_stored_captures(QueryParameters()).results
    assert result.data.data == BIG
    methods = {call.method.rpartition("/")[2] for call in fake_robot.calls()}
    assert {"StoreDataStream", "QueryStoredCaptures"} <= methods


# The SDK opens the file, and leaves it open.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored .*<_io:pytest.PytestUnraisableExceptionWarning"
)
def test_files_are_stored(fake_robot, store, tmp_path):
    file = tmp_path / "file"
    file.write_bytes(BIG)
    assert store.store_file(file, identifier(), ".raw").id == 1
    gc.collect()
    (capture,) = fake_robot.stored_captures()
    assert capture.content == BIG
    assert capture.file_extension == ".raw"


def test_incomplete_upload_is_invalid(store):
    chunk = DataChunk(total_size=5, data=b"abc")
    stub = DataAcquisitionStoreServiceStub(store.channel)
    response = stub.StoreDataStream(iter([StoreStreamRequest(chunk=chunk)]))
    assert response.header.error.code == response.header.error.CODE_INVALID_REQUEST
    assert "received 3 bytes, but total_size is 5" in response.header.error.message


def test_empty_upload_stores_nothing_but_itself(store):
    response = DataAcquisitionStoreServiceStub(store.channel).StoreDataStream(iter([]))
    assert response.id == 1


def test_captures_outlive_a_reboot(fake_robot, fake_robot_sdk, filled):
    fake_robot.reboot()
    fake_robot_sdk.authenticate("user", "password")
    assert filled.query_max_capture_id() == 4
    assert len(fake_robot.stored_captures()) == 4


def test_captures_without_a_time_are_found_by_when_they_came(fake_robot, store):
    store.store_data(b"data", identifier())
    now_s = fake_robot.now_ns() // 10**9
    assert len(store.list_stored_data(by_time(now_s - 10, now_s + 10))) == 1


def test_times_out_of_range_are_invalid(store):
    with pytest.raises(InvalidRequestError, match="out of range"):
        store.list_stored_data(by_time(from_s=2**60))
    with pytest.raises(InvalidRequestError, match="out of range"):
        store.store_data(b"data", identifier(seconds=2**60))


def test_stream_to_a_registered_service_is_refused_clearly(
    fake_robot, fake_robot_sdk, tiny_service
):
    fake_robot_sdk.ensure_client("directory-registration").register(
        "other-store",
        "bosdyn.api.DataAcquisitionStoreService",
        "other-store",
        "127.0.0.1",
        tiny_service.port,
    )
    fake_robot_sdk.sync_with_directory()
    other = fake_robot_sdk.ensure_client("other-store")
    with pytest.raises(RpcError) as caught:
        other.store_data_as_chunks(b"data", identifier())
    assert "forwards no streams" in caught.value.error.details()
