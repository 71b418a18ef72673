"""Bodies of requests: a JSON object of a bounded size."""

import json
from typing import Any

from starlette.requests import Request


async def json_object(request: Request, what: str, max_bytes: int) -> dict[str, Any]:
    """Return the body, an empty object if there is none; `what` it is, in the plural, for errors.

    Raises:
        ValueError: it is too long, or no JSON object of Unicode texts.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise ValueError(f"the {what} take {max_bytes} bytes at the most")
    try:
        given = json.loads(body or b"{}")
        # Half a character, such as \ud800, is valid JSON, and can be sent to nobody.
        json.dumps(given, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise ValueError(f"the {what} are no JSON") from None
    if not isinstance(given, dict):
        raise ValueError(f"the {what} are no JSON object")  # noqa: TRY004 - of the request
    return given
