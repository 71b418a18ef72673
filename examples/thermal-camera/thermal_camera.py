"""A thermal camera that draws what it would see: a spot that gets warmer and colder."""

import time

import numpy as np
from bosdyn.api.image_pb2 import Image
from bosdyn.client import service_customization_helpers as customize
from bosdyn.client.image_service_helpers import CameraInterface, VisualImageSource

CELSIUS = customize.make_int64_param_spec(default_value=80, min_value=30, max_value=400)
HOTTEST = customize.make_dict_child_spec(CELSIUS, customize.make_user_interface_info("Hottest"))
SPEC = customize.make_dict_param_spec({"hottest": HOTTEST}, is_hidden_by_default=False)


class ThermalCamera(CameraInterface):
    """Grey by temperature: 20 degrees are black, `hottest` are white."""

    def blocking_capture(self, *, custom_params=None, **kwargs):
        hottest = custom_params.values["hottest"].int_value.value if custom_params else 80
        celsius = 60 + 10 * np.sin(time.time()) - np.hypot(*np.mgrid[-60:60, -80:80]) / 3
        return np.clip((celsius - 20) / (hottest - 20) * 255, 0, 255).astype("u1"), time.time()

    def image_decode(self, image_data, image_proto, image_req):
        image_proto.format, image_proto.data = Image.FORMAT_RAW, image_data.tobytes()
        image_proto.pixel_format = Image.PIXEL_FORMAT_GREYSCALE_U8


def open_camera(address):
    """Return the camera at an address: what stands after `thermal:`."""
    return VisualImageSource(address, ThermalCamera(), 120, 160, param_spec=SPEC)
