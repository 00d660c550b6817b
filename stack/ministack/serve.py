"""Starts MiniStack as ticklake needs it: only the product's services, behind a guard, without scripts or containers.

MINISTACK_SECRET_FILE names the file with this start's secret; BIND_HOST, GATEWAY_PORT, S3_PERSIST, S3_DATA_DIR,
PERSIST_STATE, STATE_DIR and LOG_LEVEL are MiniStack's own.
"""

import asyncio
import json
import os
import resource
import sys
from contextlib import suppress
from contextvars import ContextVar
from pathlib import Path
from xml.sax.saxutils import escape

import guard
import product

# What the guard found out: MiniStack's own router would guess again, by path, Host, target and more.
_asked: ContextVar[str] = ContextVar("asked")


def guarded(ministack, secret: str):
    """An ASGI application that hands on to `ministack.app` what the guard lets through."""
    product.replace(ministack, "detect_service", lambda *_arguments: _asked.get())

    async def bucket_by_host(method, path, headers, body, query_params, *_more, **_named):
        # The only route by path or Host of MiniStack that stays: S3 clients write the bucket in front of `localhost`.
        if _asked.get() != "s3":
            return None
        host = headers.get("host", "")
        return await ministack._handle_s3_vhost_request(host, path, method, headers, body, query_params)

    product.replace(ministack, "_handle_special_data_plane_request", bucket_by_host)

    async def serve(scope, receive, send):
        if scope["type"] == "lifespan":
            return await _live(ministack, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close", "code": 1008})
        request = guard.Request.of(scope)
        try:
            service = guard.service_asked(request, secret, product.SERVICES)
        except guard.Refused as refused:
            return await _answer(send, 403, *_denial(request, str(refused)))
        if service is None:
            return await _answer(send, 200, b"text/plain", b"ok\n")
        _asked.set(service)
        headers = [(name, value) for name, value in scope["headers"] if name.lower() != guard.SECRET_HEADER]
        await ministack.app({**scope, "headers": headers}, receive, _without_permissions(send))

    return serve


async def _live(ministack, receive, send) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            product.restore(ministack)
        else:
            product.save(ministack)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _without_permissions(send):
    """MiniStack permits every page everything."""

    async def send_without(message):
        if "headers" in message:
            kept = [pair for pair in message["headers"] if not pair[0].lower().startswith(b"access-control-")]
            message = {**message, "headers": kept}
        await send(message)

    return send_without


def _denial(request: guard.Request, why: str) -> tuple[bytes, bytes]:
    # Each protocol has its own error format; in another one a client shows its user no reason.
    if b"x-amz-target" in request.headers:
        body = json.dumps({"__type": "AccessDeniedException", "message": why}).encode()
        return b"application/x-amz-json-1.1", body
    error = f"<Error><Code>AccessDenied</Code><Message>{escape(why)}</Message></Error>"
    is_query = (request.method, request.path) == ("POST", "/")
    return b"application/xml", (f"<ErrorResponse>{error}</ErrorResponse>" if is_query else error).encode()


async def _answer(send, status: int, content_type: bytes, body: bytes) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _secret() -> str:
    path = os.environ.get("MINISTACK_SECRET_FILE", "")
    secret = Path(path).read_text(encoding="ascii").strip() if path else ""
    if len(secret) < 32:
        sys.exit(f"MINISTACK_SECRET_FILE ({path}) must name a file with 32 characters or more; nothing was started")
    return secret


def main() -> None:
    port = os.environ.get("GATEWAY_PORT", "4566")
    secret = _secret()
    ministack = product.load()
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    # Each request of local-aws may hold a connection; the usual limit is 1,024.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    # macOS does not accept "unlimited" here.
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    config = Config()
    config.bind = [f"{os.environ.get('BIND_HOST', '127.0.0.1')}:{port}"]
    config.keep_alive_timeout = 75
    config.loglevel = os.environ.get("LOG_LEVEL", "WARNING").upper()
    asyncio.run(serve(guarded(ministack, secret), config))


if __name__ == "__main__":
    main()
