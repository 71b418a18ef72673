"""Camera of an HTTP address, whose answer decides how it is read."""

from collections.abc import Callable

from spot_webcam.adapters.http_camera import HttpCamera, VideoInstead
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.media.image import CaptureSettings, JpegPicture, Picture
from spot_webcam.domain.ports import Camera, CameraMode, Interruptible, StreamTimed
from spot_webcam.domain.sources.address import OPENCV, DeviceAddress

MakeVideo = Callable[[DeviceAddress, bool], Camera]


class WebCamera:
    """A `Camera` that reads pictures itself, and leaves video to OpenCV.

    Each `open` requests the address first, which shows why it does not answer.
    """

    def __init__(self, pictures: HttpCamera, make_video: MakeVideo) -> None:
        """`make_video` returns the camera of an OpenCV address; the flag is for a recording."""
        self._pictures = pictures
        self._make_video = make_video
        # The cameras of the videos that it has sent, whose processes may be kept.
        self._videos: dict[tuple[DeviceAddress, bool], Camera] = {}
        self._camera: Camera | None = None

    def open(self) -> CameraMode:
        """Request the address, and open the camera for what it sends."""
        self.close()
        self._camera = self._pictures
        try:
            return self._pictures.open()
        except VideoInstead as found:
            self._pictures.close()
            self._camera = video = self._video(found)
        return video.open()

    def _video(self, found: VideoInstead) -> Camera:
        key = (found.url.prefixed(OPENCV), found.is_recording)
        if key not in self._videos:
            self._videos[key] = self._make_video(*key)
        return self._videos[key]

    def grab(self) -> int | None:
        """Grab from the open camera."""
        return self._opened().grab()

    def retrieve(self) -> Picture | JpegPicture:
        """Retrieve from the open camera."""
        return self._opened().retrieve()

    def settings(self) -> CaptureSettings:
        """Return the settings of the open camera."""
        return self._opened().settings()

    def stream_time_ns(self) -> int | None:
        """Return the timestamp of the last grab by the sender, if it has one."""
        camera = self._opened()
        return camera.stream_time_ns() if isinstance(camera, StreamTimed) else None

    def interrupt(self) -> None:
        """Interrupt what blocks, if it can be."""
        self._pictures.interrupt()
        camera: object = self._camera
        if camera is not self._pictures and isinstance(camera, Interruptible):
            camera.interrupt()

    def close(self) -> None:
        """Close the open camera."""
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()

    def _opened(self) -> Camera:
        if self._camera is None:
            raise NoData("the camera is not open")
        return self._camera
