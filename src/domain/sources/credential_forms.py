"""Forms in which a library's message may hold a user and a password."""

import base64
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus, unquote, unquote_plus

# A shorter one is a part of many words, and a text without it would tell it.
MIN_BARE_CHARS = 4
# Parts of a text in which a library may take the password's characters for a URL's.
_WORD = re.compile(r"([^\s@/?#&=;:\"']+)(=?)")
_VALUE = re.compile(r"=([^&;]+)")
_MAX_PARTS = 64
# What percent escapes leave as it is, in a user, in both, in a path.
_SAFE = ("", ":", ":/")


def credential_forms(hidden: Iterable[str]) -> set[str]:
    """Return all forms of texts that are, or hold, user, password or secret values."""
    forms: set[str] = set()
    for text in hidden:
        for userinfo in _userinfos(text):
            forms.update(f"{one}@" for one in spellings(userinfo))
            forms.update(spellings(f":{userinfo.partition(':')[2]}@"))
            if ":" in userinfo:
                forms.update(spellings(userinfo))
            encoded = base64.b64encode(unquote(userinfo, errors="replace").encode(errors="replace"))
            forms.add(encoded.decode())
        for part in _parts(text):
            if len(unquote(part).strip()) >= MIN_BARE_CHARS:
                forms.update(one for one in spellings(part) if len(one) >= MIN_BARE_CHARS)
    return {one for one in forms if one.strip(":@ ")}


def _userinfos(text: str) -> Iterator[str]:
    """Return what stands before each at sign, and what of it may stand after a scheme."""
    at_signs = [at for at, letter in enumerate(text) if letter == "@"][-_MAX_PARTS:]
    for at in at_signs:
        pieces = text[:at].split(":", _MAX_PARTS)
        for first in range(len(pieces)):
            userinfo = ":".join(pieces[first:]).lstrip("/\\")
            if userinfo:
                yield userinfo


def _parts(text: str) -> Iterator[str]:
    """Return what may be a user, a password or a value alone."""
    yield text.removesuffix("@")
    for userinfo in _userinfos(text):
        yield from (userinfo, userinfo.partition(":")[0])
    # Not the host, if it cannot be told from the credentials, nor the name of a value.
    before_host, at_sign, after = text.rpartition("@")
    userinfo = before_host if at_sign else after
    yield from userinfo.split(":", _MAX_PARTS)
    yield from _VALUE.findall(text)[:_MAX_PARTS]
    yield from (word for word, equals in _WORD.findall(userinfo)[:_MAX_PARTS] if not equals)


def spellings(text: str) -> set[str]:
    """Return a text with and without percent escapes, and as Python quotes it."""
    decoded = unquote(text, errors="replace")
    plain = {text, decoded, unquote_plus(text, errors="replace")}
    quoted = {quote(one, safe, errors="replace") for one in (text, decoded) for safe in _SAFE}
    as_python = {form(one)[1:-1] for one in plain for form in (repr, ascii)}
    return plain | quoted | as_python | {quote_plus(decoded, errors="replace")}
