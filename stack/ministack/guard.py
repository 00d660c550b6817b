"""Decides who is answered: whoever knows this start's secret and signs for a service of the product.

local-aws puts the secret beside each request that it passes on, whose signature it cannot change. Trino signs with it,
as with any secret access key of S3. No web page knows it, by whatever name it has found this port.
"""

import hmac
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

from ministack.core import sigv4

# Answered only with the secret: the process that started this one asks here whether it serves.
LIVENESS_PATH = "/_ticklake/livez"
SECRET_HEADER = b"x-ticklake-secret"

# Some operations of these JSON services run commands or code, so the allowed ones are listed.
OPERATIONS = {
    "ssm": re.compile(r"AmazonSSM\.\w*Parameters?\w*"),
    "secretsmanager": re.compile(r"secretsmanager\.(?!Rotate)\w+"),
}

_CREDENTIAL = r"[^/,\s]{1,128}/\d{8}/[\w-]{1,64}/([\w-]{1,64})/aws4_request"
_SIGNED_HEADER = re.compile(rf"AWS4-HMAC-SHA256 Credential={_CREDENTIAL}, ?SignedHeaders=[^,]+, ?Signature=[0-9a-f]+")
_SIGNED_QUERY = re.compile(_CREDENTIAL)


class Refused(Exception):
    """Says why a request is not answered."""


@dataclass(frozen=True)
class Request:
    """The head of a request, names of headers in lower case."""

    method: str
    path: str
    raw_path: str
    query: str
    headers: dict[bytes, list[bytes]]

    @classmethod
    def of(cls, scope: dict) -> "Request":
        headers: dict[bytes, list[bytes]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value)
        raw_path, query = scope["raw_path"].decode("latin-1"), scope["query_string"].decode("latin-1")
        return cls(scope["method"], scope["path"], raw_path, query, headers)

    def header(self, name: bytes) -> str | None:
        """The value of a header that comes once: of a repeated one each reader might take another."""
        values = self.headers.get(name, [])
        return values[0].decode("latin-1") if len(values) == 1 else None

    def service(self) -> str | None:
        """The service that it is signed for: by the Authorization header, or as S3's presigned addresses are."""
        if b"authorization" in self.headers:
            match = _SIGNED_HEADER.fullmatch(self.header(b"authorization") or "")
            return match[1] if match else None
        query = parse_qs(self.query)
        if self.method not in ("GET", "HEAD", "PUT") or "X-Amz-Signature" not in query:
            return None
        match = _SIGNED_QUERY.fullmatch(query.get("X-Amz-Credential", [""])[0])
        return "s3" if match and match[1] == "s3" else None

    def is_signed_with(self, secret: str) -> bool:
        """Whether its head is; of the body only what the head says of it. S3's way: other services say nothing there."""
        headers = {name.decode("latin-1"): b",".join(values).decode("latin-1") for name, values in self.headers.items()}
        if self.service() != "s3" or not headers.get("authorization") or not headers.get("x-amz-content-sha256"):
            return False
        signature = sigv4.parse_header_signature(headers)
        if not isinstance(signature, sigv4.HeaderSignature) or sigv4.request_time_failure(signature):
            return False
        query = parse_qs(self.query, keep_blank_values=True)
        _, text = sigv4.header_signing_documents(signature, self.method, self.raw_path, query, headers, b"")
        expected = sigv4.calculate_signature(secret, signature.date_stamp, signature.region, signature.service, text)
        return hmac.compare_digest(expected, signature.signature)


def service_asked(request: Request, secret: str, services: tuple[str, ...]) -> str | None:
    """The service that a request may ask; None when it asks whether this server lives.

    Raises Refused for everything else.
    """
    shown = (request.header(SECRET_HEADER) or "").encode("latin-1")
    if not hmac.compare_digest(shown, secret.encode("latin-1")) and not request.is_signed_with(secret):
        raise Refused("only local-aws and Trino are answered: ask local-aws; if you did, it has another start's secret")
    if request.method == "OPTIONS":
        raise Refused("no page gets a permission here")
    if (request.method, request.path) == ("GET", LIVENESS_PATH):
        return None
    service = request.service()
    if service is None:
        raise Refused("the request is not signed")
    if service not in services:
        raise Refused(f"there is no service {service} here, only {', '.join(services)}")
    # No bucket name begins with an underscore; MiniStack's own paths do.
    if service == "s3" and request.path.lstrip("/").startswith("_"):
        raise Refused("no bucket has this name")
    if service != "s3" and (request.method, request.path) != ("POST", "/"):
        raise Refused(f"{service} is asked by POST /")
    operation = request.header(b"x-amz-target") or ""
    if service in OPERATIONS and not OPERATIONS[service].fullmatch(operation):
        raise Refused(f"{service} has no operation {operation[:100]!r} here")
    return service
