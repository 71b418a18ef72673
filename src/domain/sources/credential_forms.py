"""Forms of user and password that may occur in a library's message."""

import base64
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote, unquote_plus

# Shorter texts are parts of many words, and masking them there would reveal them.
MIN_BARE_CHARS = 4
# Parts that a library may split off, mistaking characters of a password for those of a URL.
_WORD = re.compile(r"([^\s@/?#&=;:\"']+)(=?)")
_VALUE = re.compile(r"=([^&;]+)")
_MAX_PARTS = 64
# Characters that are not percent-escaped: in a user, in user and password, in a path.
_SAFE = ("", ":", ":/")


def credential_forms(hidden: Iterable[str]) -> set[str]:
    """Return all forms of texts that contain users, passwords or secret values."""
    forms: set[str] = set()
    for text in hidden:
        for userinfo in _userinfos(text):
            forms.update(f"{spelling}@" for spelling in spellings(userinfo))
            forms.update(spellings(f":{userinfo.partition(':')[2]}@"))
            if ":" in userinfo:
                forms.update(spellings(userinfo))
            encoded = base64.b64encode(unquote(userinfo, errors="replace").encode(errors="replace"))
            forms.add(encoded.decode())
        for part in _parts(text):
            if len(unquote(part).strip()) >= MIN_BARE_CHARS:
                forms.update(form for form in spellings(part) if len(form) >= MIN_BARE_CHARS)
    return {form for form in forms if form.strip(":@ ")}


def _userinfos(text: str) -> Iterator[str]:
    """Return the text before each at sign, and its endings that may follow a scheme."""
    at_signs = [at for at, letter in enumerate(text) if letter == "@"][-_MAX_PARTS:]
    for at in at_signs:
        pieces = text[:at].split(":", _MAX_PARTS)
        for first in range(len(pieces)):
            userinfo = ":".join(pieces[first:]).lstrip("/\\")
            if userinfo:
                yield userinfo


def _parts(text: str) -> Iterator[str]:
    """Return the parts that may be a user, a password or a value."""
    yield text.removesuffix("@")
    for userinfo in _userinfos(text):
        yield from (userinfo, userinfo.partition(":")[0])
    # Without the host, where it is separable from the credentials, and the names of values.
    before_host, at_sign, after = text.rpartition("@")
    userinfo = before_host if at_sign else after
    yield from userinfo.split(":", _MAX_PARTS)
    yield from _VALUE.findall(text)[:_MAX_PARTS]
    yield from (word for word, equals in _WORD.findall(userinfo)[:_MAX_PARTS] if not equals)


def spellings(text: str) -> set[str]:
    """Return a text with and without percent escapes, and as quoted by Python."""
    decoded = unquote(text, errors="replace")
    plain = {text, decoded, unquote_plus(text, errors="replace")}
    quoted = {quote(form, safe, errors="replace") for form in (text, decoded) for safe in _SAFE}
    as_python = {show(form)[1:-1] for form in plain for show in (repr, ascii)}
    return plain | quoted | as_python | {quote_plus(decoded, errors="replace")}
