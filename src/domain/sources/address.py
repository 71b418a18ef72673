"""Address of a camera whose text form contains no credentials.

The text form masks every part that may be a credential. That covers passwords with spaces, slashes
or at signs, mistyped schemes, and addresses of other packages.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import quote, unquote

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.credential_forms import credential_forms, spellings

MASK = "..."
OPENCV = "opencv:"
# FFmpeg's protocols: these words are schemes, and not names of users.
_FFMPEG_PROTOCOLS = (
    "async cache concat concatf crypto data fd ffrtmphttp file ftp gopher hls http httpproxy https"
    " icecast mms mmsh mmst pipe rtmp rtmpe rtmps rtmpt rtmpte rtmpts rtp rtsp rtsps rtspt rtspu"
    " srt srtp subfile tcp tee tls udp udplite unix"
)
URL_SCHEMES = frozenset(_FFMPEG_PROTOCOLS.split())

# Indices, serials, labels and paths, except paths that begin like a host with credentials, and
# texts that hold a URL with an at sign: `name:` may stand where `NAME=` should.
_HARMLESS = re.compile(
    r"(?!.*://.*@)"
    r"(?:\d+\Z|(?:synthetic|usb|name):|\.{1,2}/|~/|[A-Za-z]:[\\/]|/(?!/)(?![^/]*:.*@))",
    re.DOTALL,
)
# Mistyped addresses match, too: rtsp:HOST, rtsp:/HOST, rtsp//HOST.
_KNOWN_SCHEME = re.compile(
    rf"(?:{'|'.join(sorted(URL_SCHEMES))})(?::[\\/]{{0,2}}|[\\/]{{2}})", re.IGNORECASE
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+._-]*://")
_HOST_AND_PATH = r"(?:[\w.-]+|\[[0-9A-Fa-f:.]*\])(?::\d{0,5})?(?:/[^\s:?#\"'%s]*)?"
_NO_USERINFO = re.compile(_HOST_AND_PATH % "@")
_AT_SIGN_IN_PATH = re.compile(_HOST_AND_PATH % "")
_HOST_AND_PORT = re.compile(r"[^:]*(?::\d{0,5})?|\[[0-9A-Fa-f:.]*(?:%[\w.-]*)?\](?::\d{0,5})?")
# Of another package, if it is none of a user's name.
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9+._-]*:(?!//)")
_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEY_AND_VALUE = re.compile(r"[\w.-]+=")
# Also in a path, where many recorders expect user and password. The end of such a value depends on
# the recorder, so everything up to the end of the text is masked.
_KEYS = (
    r"(?:pass\w*|pwd|pw|token|key|auth\w*|secret|user(?:name|-id|-pw)?|usr|login"
    r"|credentials?|cookies?|session\w*|sid|sig(?:nature)?)"
)
_SECRET_PAIR = re.compile(rf"(?!\A)\b\w*?{_KEYS}[=:]", re.IGNORECASE)
_SECRET = re.compile(
    rf"{_SECRET_PAIR.pattern}"
    r"|(?<![^\W_])(?:pass|passwd|password|pwd|pw|token|key|auth|secret)_",
    re.IGNORECASE,
)
# Words of a GStreamer pipeline; an unclosed quote extends to the end.
_WORD = re.compile(r"""(?:"(?:\\.|[^"\\])*(?:"|\Z)|'(?:\\.|[^'\\])*(?:'|\Z)|[^\s"'])+""", re.DOTALL)
_PROPERTY = re.compile(r"([\w-]+)=(.*)", re.DOTALL)
_SECRET_PROPERTY = re.compile(rf"[\w-]*?{_KEYS}", re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class DeviceAddress:
    """Address that opens a camera. Addresses are equal if their written texts are.

    `str`, `repr` and `format` return it without user, password and query. `reveal` returns all of
    it, for the driver.
    """

    _written: str

    def reveal(self) -> str:
        """Return the address with its credentials, for drivers only, not for messages."""
        return self._written

    def __str__(self) -> str:
        return _masked(self._written)[0]

    def __repr__(self) -> str:
        return f"DeviceAddress({str(self)!r})"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    @property
    def is_secret(self) -> bool:
        """Whether the address has parts that its text form masks."""
        return bool(_masked(self._written)[1])

    def startswith(self, prefix: str | tuple[str, ...]) -> bool:
        """Report whether the written address starts with a prefix."""
        return self._written.startswith(prefix)

    def has_scheme(self, *schemes: str) -> bool:
        """Report whether this is a URL of one of these schemes, in any case of their letters."""
        scheme, mark, _ = self._written.partition("://")
        return bool(mark) and scheme.lower() in schemes

    def prefixed(self, prefix: str) -> "DeviceAddress":
        """Return the address with a prefix."""
        return DeviceAddress(prefix + self._written)

    def removeprefix(self, prefix: str) -> "DeviceAddress":
        """Return the address without a prefix."""
        return DeviceAddress(self._written.removeprefix(prefix))

    def split_userinfo(self) -> tuple[str, str]:
        """Return a URL without user and password, and these with percent escapes, or empty.

        Both may be written without escapes: they end at the last at sign that may be theirs.

        Raises:
            CameraMisconfigured: where they end is ambiguous.
        """
        scheme = _SCHEME.match(self._written)
        if scheme is None:
            return self._written, ""
        rest = self._written[scheme.end() :]
        end = _userinfo_end(rest, _SECRET, is_url=True)
        if end is None:
            raise CameraMisconfigured(
                f"the address {self} is ambiguous: in user and password, write / ? # @ as"
                " %2F %3F %23 %40"
            )
        userinfo = _NO_ESCAPE.sub("%25", rest[: max(0, end - 1)])
        escaped = quote(userinfo, safe="%:!$&'()*+,;=~", errors="replace")
        return scheme[0] + rest[end:], escaped

    def escape_userinfo(self) -> "DeviceAddress":
        """Return a URL whose user and password are escaped; unchanged where they are ambiguous."""
        try:
            url, userinfo = self.split_userinfo()
        except CameraMisconfigured:
            return self
        scheme, mark, rest = url.partition("://")
        return DeviceAddress(f"{scheme}{mark}{userinfo}@{rest}") if userinfo else self

    def scrub(self, text: str) -> str:
        """Return a foreign text, such as a library's error, without these credentials.

        Masked are the address, user and password together, and each of user, password and the
        values of the query that has at least four characters; as written, with and without percent
        escapes, and as quoted by Python. Shorter credentials occur in every text, and are masked
        only next to a colon and an at sign.
        """
        return _scrubbed(self._written, text)


@lru_cache(maxsize=256)
def _masked(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the masked address, and the parts that are masked.

    Nothing is shown if the address without its percent escapes would hold credentials: the colon
    and the at sign may be escaped, too.
    """
    shown, hidden = _masked_as_written(text)
    rest = shown.removesuffix(f"?{MASK}")
    if "%" in rest and _masked_as_written(unquote(rest))[1]:
        return MASK, (text,)
    return shown, hidden


def _masked_as_written(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the masked address, and the parts that are masked."""
    if text.startswith(OPENCV):
        shown, hidden = _masked_as_written(text.removeprefix(OPENCV))
        return OPENCV + shown, hidden
    known = _KNOWN_SCHEME.match(text)
    if known:
        return _masked_url(known[0], text[known.end() :], surely=True)
    if " ! " in text and not _SCHEME.match(text):
        return _masked_pipeline(text)
    if _HARMLESS.match(text):
        return text, ()
    scheme = _SCHEME.match(text)
    if scheme:
        return _masked_url(scheme[0], text[scheme.end() :], surely=False)
    return _masked_url("", text, surely=False)


def _masked_url(scheme: str, rest: str, *, surely: bool) -> tuple[str, tuple[str, ...]]:
    """Mask what follows a scheme. Unless it is `surely` a scheme, it may be the name of a user."""
    secret = _SECRET if scheme else _SECRET_PAIR
    end = _userinfo_end(rest, secret, is_url=bool(scheme))
    if end is None:
        return (scheme + MASK, (rest,)) if surely else (MASK, (scheme + rest,))
    hidden = [rest[:end] if surely else scheme + rest[:end]] if end else []
    shown = scheme if surely or not end else f"{MASK}@"
    path, mark, query = rest[end:].partition("?")
    found = secret.search(path)
    if found:
        return shown + path[: found.end()] + MASK, (*hidden, rest[end + found.end() :])
    if mark:
        values = [pair.partition("=")[2] for pair in re.split("[&;]", query)]
        return f"{shown}{path}?{MASK}", (*hidden, query, *values)
    return shown + path, tuple(hidden)


def _userinfo_end(rest: str, secret: re.Pattern[str], *, is_url: bool) -> int | None:
    """Return the start of the host: after the last at sign that may belong to a password.

    `None` if the start is ambiguous: then nothing of `rest` may be shown.
    """
    at = rest.rfind("@")
    before = rest[: max(0, at)]
    before_query = rest.partition("?")[0]
    first = re.split("[/?#]", before_query, maxsplit=1)[0]
    if at < 0 or (not is_url and ":" not in before):
        # What follows the colon and is no port may be a password, with another letter for its @.
        host = first if is_url else _PREFIX.sub("", first, count=1)
        return 0 if at >= 0 or _HOST_AND_PORT.fullmatch(host) else None
    for pair in secret.finditer(before_query):
        # The name of the user may be `user`, followed by a colon.
        if pair.end() <= at and not (pair[0].endswith(":") and pair.end() <= len(first)):
            return None  # the at sign ends a user's password, or this value
    if len(before_query) < at:  # an at sign in a query, or a question mark in a password
        if _NO_USERINFO.fullmatch(before_query):
            return 0 if _KEY_AND_VALUE.match(rest, len(before_query) + 1) else None
        return at + 1 if ":" in first and "@" not in before_query else None
    if ":" in first or "@" in first:
        return at + 1
    return 0 if _AT_SIGN_IN_PATH.fullmatch(before) else None


def _masked_pipeline(text: str) -> tuple[str, tuple[str, ...]]:
    """Mask the properties of a GStreamer pipeline.

    An at sign outside URLs, or in an unquoted property, may end a password with spaces: then
    nothing is shown.
    """
    shown: list[str] = []
    hidden: list[str] = []
    is_secret = False
    for word in _WORD.findall(text):
        named = _PROPERTY.fullmatch(word)
        if word == "!":
            is_secret = False
        elif named is None:
            if "@" in word:
                return MASK, (text,)
            if is_secret:  # the rest of an unquoted value with spaces
                hidden.append(word)
                continue
        else:
            value = named[2]
            inner = _unquoted(value)
            if "@" in value and "://" not in value and inner == value:
                return MASK, (text,)
            masked, more = _masked_value(named[1], inner)
            is_secret = masked != inner
            if is_secret:
                word = f"{named[1]}={masked}"  # noqa: PLW2901
                hidden += more
        shown.append(word)
    return (" ".join(shown), tuple(hidden)) if hidden else (text, ())


def _unquoted(value: str) -> str:
    """Return the value of a property without quotes and escapes, as GStreamer parses it."""
    if not value.startswith(('"', "'")):
        return value
    return re.sub(r"\\(.)", r"\1", value[1:].removesuffix(value[0]), flags=re.DOTALL)


def _masked_value(key: str, value: str) -> tuple[str, tuple[str, ...]]:
    if _SECRET_PROPERTY.fullmatch(key):
        return MASK, (value,)
    found = _SECRET_PAIR.search(value)
    if "://" in value or "@" in value:
        return _masked(value)
    return (value[: found.end()] + MASK, (value[found.end() :],)) if found else (value, ())


def _scrubbed(written: str, text: str) -> str:
    spans: list[tuple[int, int]] = []
    for form in _forms(written):
        at = text.find(form)
        while at >= 0:
            spans.append((at, at + len(form)))
            at = text.find(form, at + 1)
    pieces: list[str] = []
    end = 0
    for first, last in _merged(spans):
        hidden = text[first:last]
        pieces += [text[end:first], str(DeviceAddress(written)) if hidden == written else MASK]
        end = last
    return "".join([*pieces, text[end:]])


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Merge overlapping spans of a text: a short form may begin within a long one."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


@lru_cache(maxsize=256)
def _forms(written: str) -> frozenset[str]:
    """Return the texts to mask in foreign texts; empty if the address has no credentials."""
    hidden = [part for part in _masked(written)[1] if part.strip("@")]
    if not hidden:
        return frozenset()
    # Packages and OpenCV receive the address without our scheme.
    wholes = spellings(written) | spellings(written.partition(":")[2])
    return frozenset((wholes | credential_forms(hidden)) - {""})
