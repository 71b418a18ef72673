"""A thermal camera that draws what it would see: a warm spot that walks over a cold scene."""

import math
import time

import numpy as np
from bosdyn.api import image_pb2
from bosdyn.client import service_customization_helpers as customize
from bosdyn.client.image_service_helpers import CameraInterface, VisualImageSource

ROWS, COLS = 120, 160
HOTTEST = "hottest"
SPEC = customize.make_dict_param_spec(
    {
        HOTTEST: customize.make_dict_child_spec(
            customize.make_int64_param_spec(default_value=80, min_value=30, max_value=400),
            customize.make_user_interface_info("Hottest", "degrees Celsius that are shown white"),
        )
    },
    is_hidden_by_default=False,
)


class ThermalCamera(CameraInterface):
    """Grey by temperature; 20 degrees are black, HOTTEST are white."""

    def blocking_capture(self, *, custom_params=None, **kwargs):
        given = custom_params.values if custom_params else {}
        hottest = given[HOTTEST].int_value.value if HOTTEST in given else 80
        now = time.time()
        spot = COLS / 2 * (1 + math.sin(now)), ROWS / 2
        y, x = np.mgrid[:ROWS, :COLS]
        celsius = 22 + 50 * np.exp(-((x - spot[0]) ** 2 + (y - spot[1]) ** 2) / 300)
        return np.clip((celsius - 20) / (hottest - 20) * 255, 0, 255).astype(np.uint8), now

    def image_decode(self, image_data, image_proto, image_req):
        if image_req.image_format != image_pb2.Image.FORMAT_RAW:
            raise ValueError("this camera gives RAW")  # spot-webcam makes JPEGs of it
        image_proto.format = image_pb2.Image.FORMAT_RAW
        image_proto.pixel_format = image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U8
        image_proto.data = image_data.tobytes()


def open_camera(address):
    """Return the camera at an address: what stands after `thermal:`."""
    return VisualImageSource(address, ThermalCamera(), ROWS, COLS, param_spec=SPEC)
