"""Authentication of a fake camera: Basic, and Digest by RFC 7616 and RFC 2617."""

import base64
import hashlib
import itertools
import re
import threading

REALM = "camera"
_PAIR = re.compile(r'(\w+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))')
_HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


class Guard:
    """Lets one user in. Thread-safe.

    `schemes` are offered in order: "Basic", "Digest ALGORITHM", or anything that is never let in;
    `qop` is that of Digest, empty as in RFC 2069. A nonce is stale after `nonce_uses` uses. It
    enforces nonces, their counts and the URI, and no limit of attempts.
    """

    def __init__(
        self,
        user: str,
        password: str,
        *schemes: str,
        qop: str = "auth",
        nonce_uses: int | None = None,
    ) -> None:
        self._user = user
        self._password = password
        self._schemes = schemes or ("Digest MD5",)
        self._qop = qop
        self._nonce_uses = nonce_uses
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        # Of each nonce, the count of its last use.
        self._uses: dict[str, int] = {}
        # The schemes of the requests that were let in.
        self.accepted: list[str] = []

    def challenges(self, *, is_stale: bool = False) -> list[str]:
        """Return the values of `WWW-Authenticate`."""
        with self._lock:
            nonce = f"nonce/{next(self._numbers)}+="
            self._uses[nonce] = 0
        return [self._challenge(scheme, nonce, is_stale=is_stale) for scheme in self._schemes]

    def _challenge(self, scheme: str, nonce: str, *, is_stale: bool) -> str:
        name, _, algorithm = scheme.partition(" ")
        if name != "Digest":
            return f'{name} realm="{REALM}"'
        parts = [f'realm="{REALM}"', f'nonce="{nonce}"', 'opaque="as it is"']
        if algorithm:
            parts.append(f"algorithm={algorithm}")
        if self._qop:
            parts.append(f'qop="{self._qop}"')
        if is_stale:
            parts.append("stale=TRUE")
        return f"Digest {', '.join(parts)}"

    def admits(self, authorization: str, target: str) -> bool | None:
        """Report whether a GET request is let in; `None` if its nonce alone is refused."""
        name, _, rest = authorization.partition(" ")
        is_right: bool | None = False
        if name == "Basic" and "Basic" in self._schemes:
            pair = f"{self._user}:{self._password}".encode()
            is_right = base64.b64decode(rest) == pair
        elif name == "Digest":
            given = {word: quoted or token for word, quoted, token in _PAIR.findall(rest)}
            is_right = self._admits_digest(given, target)
        if is_right:
            with self._lock:
                self.accepted.append(f"{name} {given['algorithm']}" if name == "Digest" else name)
        return is_right

    def _admits_digest(self, given: dict[str, str], target: str) -> bool | None:
        algorithm = given.setdefault("algorithm", "MD5")
        nonce = given.get("nonce", "")
        offered = {scheme.partition(" ")[2] or "MD5" for scheme in self._schemes}
        if algorithm not in offered or given.get("uri") != target or nonce not in self._uses:
            return False
        if given.get("response") != self._response(algorithm, given, target):
            return False
        with self._lock:
            self._uses[nonce] += 1
            uses = self._uses[nonce]
        if self._qop and int(given["nc"], 16) != uses:
            return False
        return None if self._nonce_uses is not None and uses > self._nonce_uses else True

    def _response(self, algorithm: str, given: dict[str, str], target: str) -> str:
        def digest(*parts: str) -> str:
            text = ":".join(parts).encode()
            name = _HASHES[algorithm.removesuffix("-sess")]
            return hashlib.new(name, text, usedforsecurity=False).hexdigest()

        secret = digest(self._user, REALM, self._password)
        if algorithm.endswith("-sess"):
            secret = digest(secret, given["nonce"], given["cnonce"])
        if not self._qop:
            return digest(secret, given["nonce"], digest("GET", target))
        request = ["GET", target]
        if given["qop"] == "auth-int":
            request.append(digest(""))
        return digest(
            *(secret, given["nonce"], given["nc"], given["cnonce"], given["qop"]),
            digest(*request),
        )
