"""Answers to the challenges of HTTP and RTSP: Digest (RFC 7616, RFC 2617) and Basic (RFC 7617)."""

import base64
import hashlib
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

# Best first. SHA-512-256 is missing in some builds of OpenSSL.
_HASHES = {"SHA-256": "sha256", "SHA-512-256": "sha512_256", "SHA": "sha1", "MD5": "md5"}
_SESSION = "-SESS"
# A scheme is a word that no equals sign follows.
_WORD = re.compile(r"([!#$%&'*+.^`|~\w-]+)(?:\s*(=)\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s,\"]*)))?")


@dataclass(frozen=True, slots=True)
class Credentials:
    """User and password, without percent escapes."""

    user: str
    password: str = field(repr=False)

    @classmethod
    def parse(cls, userinfo: str) -> "Credentials | None":
        """Return those of a URL's escaped `USER:PASSWORD`; `None` if it is empty."""
        user, _, password = userinfo.partition(":")
        return cls(unquote(user), unquote(password)) if userinfo else None


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server demands; names of parameters and the scheme are in lower case."""

    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def algorithm(self) -> str:
        """The name of a digest's hash, in upper case."""
        return self.parameters.get("algorithm", "MD5").upper()

    @property
    def is_stale(self) -> bool:
        """Whether only the nonce of the last answer was refused, and not its password."""
        return self.parameters.get("stale", "").lower() == "true"

    @property
    def preference(self) -> int | None:
        """The rank among the challenges that can be answered, 0 for the best; `None` for none."""
        if self.scheme == "basic":
            return len(_HASHES)
        base = self.algorithm.removesuffix(_SESSION)
        is_known = base in _HASHES and _HASHES[base] in hashlib.algorithms_available
        if self.scheme != "digest" or not is_known or not _qops(self) & {"", "auth", "auth-int"}:
            return None
        return list(_HASHES).index(base)


class Authenticator:
    """Answers the challenges of one server for one user. Not thread-safe."""

    def __init__(
        self, credentials: Credentials | None, make_cnonce: Callable[[], str] = secrets.token_hex
    ) -> None:
        self._credentials = credentials
        self._make_cnonce = make_cnonce
        self._challenge: Challenge | None = None
        self._uses = 0

    def accept(self, challenges: Iterable[Challenge]) -> bool:
        """Choose the best challenge; return False if none can be answered, or there is no user."""
        ranked = [(one.preference, one) for one in challenges]
        known = [(rank, one) for rank, one in ranked if rank is not None and self._credentials]
        self._challenge = min(known, key=lambda one: one[0])[1] if known else None
        self._uses = 0
        return self._challenge is not None

    @property
    def is_stale(self) -> bool:
        """Whether the server refused only the nonce, and not the password."""
        return self._challenge is not None and self._challenge.is_stale

    def authorization(self, method: str, target: str) -> str | None:
        """Return the header's value for a request, UTF-8 as Latin-1; `None` before a challenge."""
        challenge, user = self._challenge, self._credentials
        if challenge is None or user is None:
            return None
        if challenge.scheme == "basic":
            pair = f"{user.user}:{user.password}"
            return f"Basic {base64.b64encode(_bytes(pair)).decode()}"
        self._uses += 1
        cnonce = self._make_cnonce()
        value = _digest(challenge, user, method, target, self._uses, cnonce)
        return _bytes(value).decode("latin-1")


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """Return the challenges of `WWW-Authenticate` headers, several of which may be in one."""
    challenges: list[Challenge] = []
    for value in values:
        for name, parameter in _words(value):
            if parameter is None:
                challenges.append(Challenge(name.lower(), {}))
            elif challenges:
                last = challenges.pop()
                parameters = {**last.parameters, name.lower(): parameter}
                challenges.append(Challenge(last.scheme, parameters))
    return challenges


def _words(value: str) -> Iterator[tuple[str, str | None]]:
    """Return the parameters with their values, and the schemes with none."""
    for word, equals, quoted, token in _WORD.findall(value):
        yield word, (re.sub(r"\\(.)", r"\1", quoted) or token) if equals else None


def _digest(
    challenge: Challenge, user: Credentials, method: str, target: str, uses: int, cnonce: str
) -> str:
    given = challenge.parameters
    realm, nonce = given.get("realm", ""), given.get("nonce", "")
    base = challenge.algorithm.removesuffix(_SESSION)

    def digest(text: str) -> str:
        return hashlib.new(_HASHES[base], _bytes(text), usedforsecurity=False).hexdigest()

    secret = digest(f"{user.user}:{realm}:{user.password}")
    if challenge.algorithm.endswith(_SESSION):
        secret = digest(f"{secret}:{nonce}:{cnonce}")
    qops = _qops(challenge)
    qop = next(one for one in ("auth", "", "auth-int") if one in qops)
    # Requests have no body.
    request = digest(f"{method}:{target}" + (f":{digest('')}" if qop == "auth-int" else ""))
    count = f"{uses:08x}"
    middle = f"{nonce}:{count}:{cnonce}:{qop}" if qop else nonce
    values = {
        "username": user.user,
        "realm": realm,
        "nonce": nonce,
        "uri": target,
        "response": digest(f"{secret}:{middle}:{request}"),
    }
    if "opaque" in given:
        values["opaque"] = given["opaque"]
    if qop or challenge.algorithm.endswith(_SESSION):
        values["cnonce"] = cnonce
    pairs = [f'{name}="{_escaped(value)}"' for name, value in values.items()]
    if "algorithm" in given:
        pairs.append(f"algorithm={given['algorithm']}")
    if qop:
        pairs += [f"qop={qop}", f"nc={count}"]
    return f"Digest {', '.join(pairs)}"


def _qops(challenge: Challenge) -> set[str]:
    return {one.strip().lower() for one in challenge.parameters.get("qop", "").split(",")}


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
