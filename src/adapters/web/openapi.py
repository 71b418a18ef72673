"""The API as an OpenAPI 3.1 document."""

from typing import Any

_NAME = {
    "name": "name",
    "in": "path",
    "required": True,
    "description": "name of the source",
    "schema": {"type": "string"},
}


def _query(name: str, text: str, minimum: float, maximum: float) -> dict[str, Any]:
    schema = {"type": "number", "minimum": minimum, "maximum": maximum}
    return {"name": name, "in": "query", "description": text, "schema": schema}


def _answer(text: str, kind: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": text, "content": {kind: {"schema": schema or {"type": "string"}}}}


def _get(summary: str, ok: dict[str, Any], *parameters: dict[str, Any], **others: Any) -> Any:
    return {
        "get": {
            "summary": summary,
            "parameters": list(parameters),
            "responses": {"200": ok, **others},
        }
    }


def openapi(schema: dict[str, Any], fps: tuple[float, float], version: str) -> dict[str, Any]:
    """Return the document; `schema` is that of the state, `fps` the range of rates."""
    text = {"type": "string"}
    why = _answer("why not, one reason a line", "text/plain")
    jpeg = _answer("a JPEG; X-Age is its age in seconds", "image/jpeg")
    quality = _query("quality", "of the JPEG in percent; 0: the default, or the camera's", 0, 100)
    failed = {
        "404": _answer("there is no such source", "text/plain"),
        "503": _answer("why there is no picture now", "text/plain"),
    }
    picture = _get("The newest picture", jpeg, _NAME, quality, **failed)
    stream = _get(
        "The pictures as they come; slow readers miss some",
        _answer("JPEGs", "multipart/x-mixed-replace"),
        _NAME,
        quality,
        _query("fps", "pictures a second at most", *fps),
        **failed,
    )
    capture = {
        "post": {
            "summary": "A picture that is captured with parameters",
            "parameters": [
                _NAME,
                {"name": "X-Spot-Webcam-Token", "in": "header", "required": True, "schema": text},
            ],
            "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {"200": jpeg, "400": _answer("what is wrong", "text/plain"), **failed},
        }
    }
    sources = schema["properties"]["sources"]
    alive = _answer("ok", "text/plain")
    return {
        "openapi": "3.1.0",
        "info": {"title": "spot-webcam", "version": version},
        "paths": {
            "/api/v1/status": _get("The state", _answer("state", "application/json", schema)),
            "/api/v1/sources": _get("The sources", _answer("list", "application/json", sources)),
            "/api/v1/sources/{name}/snapshot.jpg": picture,
            "/api/v1/sources/{name}/stream.mjpg": stream,
            "/api/v1/sources/{name}/parameters": _get(
                "The parameters that a capture takes",
                _answer("list", "application/json", {"type": "array", "items": {"type": "object"}}),
                _NAME,
            ),
            "/api/v1/sources/{name}/capture": capture,
            "/api/v1/events": _get(
                "The state, once a second", _answer("events", "text/event-stream")
            ),
            "/api/v1/token": _get(
                "What a POST sends as X-Spot-Webcam-Token",
                _answer(
                    "token",
                    "application/json",
                    {"type": "object", "properties": {"token": text}, "required": ["token"]},
                ),
            ),
            "/metrics": _get("Metrics for Prometheus", _answer("metrics", "text/plain")),
            "/healthz": _get("Whether the process turns", alive, **{"503": why}),
            "/readyz": _get("Whether clients get pictures", alive, **{"503": why}),
        },
    }
