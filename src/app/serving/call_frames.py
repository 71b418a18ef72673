"""The frames of one call: of each source one for all, and those that were taken for the call."""

from spot_webcam.app.capture.parameter_requests import CancellationToken
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.capture.waiting import PendingFrame
from spot_webcam.domain.errors import CameraError, NoData, ParametersRefused
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.sources.parameters import ParameterValues

# Pictures with different parameters that one call gets of one source. The first waits for the
# last, and must not be too old by then; all are held meanwhile, in full size.
MAX_SETS = 4


class FrameForCall:
    """A source's frame, or the error in its place, for all requests of one call.

    `ordered` is one that was taken for this call, with its parameters.
    """

    def __init__(
        self, source: CameraSource, pending: PendingFrame, *, ordered: bool = False
    ) -> None:
        """Wait for a pending frame."""
        self.source = source
        self.ordered = ordered
        self._get = pending.wait
        self._frame: StoredFrame | None = None
        self._error: CameraError | None = None

    def get(self, deadline_ns: int) -> StoredFrame:
        """Wait for it; raises `CameraError`."""
        if self._error is not None:
            raise type(self._error)(*self._error.args)
        if self._frame is None:
            try:
                self._frame = self._get(deadline_ns)
            except CameraError as error:
                # A copy: the traceback of what is raised leads back here, and to all pictures of
                # the call, which such a circle would keep until the garbage is collected.
                self._error = type(error)(*error.args)
                raise
        return self._frame

    def young(self) -> StoredFrame:
        """Return it, or the newest if it has grown too old; raises `CameraError`."""
        if self._frame is None:
            raise NoData("the camera gave no picture")
        if self.is_old():
            if self.ordered:
                raise NoData(
                    "the picture with these parameters grew too old while the call waited for"
                    " others: ask for it in a call of its own"
                )
            self._frame = self.source.request_frame().wait(0)
        return self._frame

    def is_old(self) -> bool:
        """Whether it is too old to be given; on demand, one for all never is."""
        if self._frame is None or (self.source.on_demand and not self.ordered):
            return False
        return self.source.is_stale(self._frame)


class CallFrames:
    """Which frame each request of a call gets; not thread-safe."""

    def __init__(self) -> None:
        self._plain: dict[str, FrameForCall] = {}
        self._ordered: dict[str, list[tuple[ParameterValues, FrameForCall]]] = {}
        self.call = CancellationToken()

    @property
    def ordered(self) -> bool:
        """Whether any is taken for this call."""
        return bool(self._ordered)

    def of(self, source: CameraSource) -> FrameForCall:
        """Return that of a source for all who look."""
        if source.name not in self._plain:
            self._plain[source.name] = FrameForCall(source, source.request_frame())
        return self._plain[source.name]

    def with_parameters(self, source: CameraSource, values: ParameterValues) -> FrameForCall:
        """Return one that is taken with these values, the same for equal ones.

        Raises:
            ParametersRefused: the call wants too many different ones.
        """
        sets = self._ordered.setdefault(source.name, [])
        for known, frame in sets:
            if known == values:
                return frame
        if len(sets) >= MAX_SETS:
            raise ParametersRefused(
                f"a call gets pictures with {MAX_SETS} different sets of parameters of one source"
                " at the most: ask for this one in another call"
            )
        frame = FrameForCall(source, source.request_frame_with(values, self.call), ordered=True)
        sets.append((values, frame))
        return frame
