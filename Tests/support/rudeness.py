"""What a bad 2FA server, or an attacker in between, can answer: tables of faults for the stand-in server.

INSTEAD of an answer, nothing good happens on the server either. MANGLED: an answer spoilt on its way. LIES: what is
wrong with an answer that says yes at first sight. Lies, and mangled answers but those in TRUE, say yes whatever the
phone said: a host that believes them lets the user in.
"""

import dataclasses
import functools
import json
import threading
import zlib

HTML = b"<html><body><h1>Welcome to the captive portal</h1>approved, token is valid</body></html>"
MEGABYTE = 1 << 20
CODE_OF_STATUS = {401: "60001", 404: "60049", 429: "60003"}


@dataclasses.dataclass
class Fault:
    kind: str
    argument: object = None
    times: int | None = None


def compact(body: object) -> bytes:
    """JSON as the original writes it: some clients match `"token":"is valid"` byte by byte."""
    return json.dumps(body, separators=(",", ":")).encode("utf-8")


# Instead: (handler, argument, stopping) -> nothing


def status(handler, number, _stopping) -> None:
    """401, 404, 429, 500, 503 ... with the body that fits."""
    code = CODE_OF_STATUS.get(number)
    if code is None:
        return handler.reply(number, HTML, {"Content-Type": "text/html"})
    body = {"message": "no", "success": False, "errors": {"message": "no"}, "error_code": code}
    handler.reply(number, compact(body))


def html(handler, _argument, _stopping) -> None:
    handler.reply(200, HTML, {"Content-Type": "text/html"})


def hang(_handler, _argument, stopping) -> None:
    stopping.wait()


def hang_up(handler, _argument, _stopping) -> None:
    handler.close_connection = True


def redirect(handler, url, _stopping) -> None:
    """302 to `url`, which is for a server that says yes to all."""
    handler.reply(302, b"", {"Location": f"{url}{handler.path}"})


INSTEAD = {"status": status, "html": html, "hang": hang, "hang_up": hang_up, "redirect": redirect}


# Mangled: (handler, status, body, argument, stopping) -> nothing


def cut(handler, number, body, _argument, _stopping) -> None:
    """The connection ends in the middle of the body."""
    handler.reply(number, body[: len(body) // 2], {"Content-Length": str(len(body))})
    handler.close_connection = True


def huge(handler, number, body, _argument, _stopping) -> None:
    """10 MB that begin like a good answer and end like one."""
    handler.reply(number, body[:-1] + b',"pad":"' + b"x" * (10 * MEGABYTE) + b'"}')


def drip(handler, number, body, seconds, stopping: threading.Event) -> None:
    """One byte at a time, `seconds` (0.5) apart."""
    handler.reply(number, b"", {"Content-Length": str(len(body))})
    for byte in body:
        if stopping.wait(seconds or 0.5):
            return
        handler.wfile.write(bytes([byte]))


def gzip_bomb(handler, number, _body, _argument, _stopping) -> None:
    """200 MB of blanks, compressed although the host did not ask for that."""
    handler.reply(number, packed_blanks(), {"Content-Encoding": "gzip"})


@functools.cache
def packed_blanks() -> bytes:
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b"".join(press.compress(b" " * MEGABYTE) for _ in range(200)) + press.flush()


def header_flood(handler, number, body, _argument, _stopping) -> None:
    handler.reply(number, body, {f"X-Flood-{n}": "y" * 1000 for n in range(10_000)})


def bad_utf8(handler, number, body, _argument, _stopping) -> None:
    handler.reply(number, body[:-1] + b',"note":"\xff\xc0\xaf"}')


def deep(handler, number, body, _argument, _stopping) -> None:
    """100,000 arrays within each other."""
    handler.reply(number, body[:-1] + b',"note":' + b"[" * 100_000 + b"]" * 100_000 + b"}")


def duplicate_keys(handler, number, body, _argument, _stopping) -> None:
    """Says no first and yes after it."""
    for yes, no in [(b'"status":"approved"', b'"status":"denied",'), (b'"token":"is valid"', b'"token":"is invalid",')]:
        body = body.replace(yes, no + yes)
    handler.reply(number, body.replace(b'"success"', b'"success":false,"success"'))


def trailing(handler, number, body, _argument, _stopping) -> None:
    """More after the end of the JSON text."""
    handler.reply(number, body + b' {"success":true}')


MANGLED = {
    "cut": cut,
    "huge": huge,
    "drip": drip,
    "gzip_bomb": gzip_bomb,
    "header_flood": header_flood,
    "bad_utf8": bad_utf8,
    "deep": deep,
    "duplicate_keys": duplicate_keys,
    "trailing": trailing,
}
TRUE = {"drip", "header_flood"}  # only slow or long-winded


# Lies: change a yes, in place, into one that must not count. OneTouch answers hold `approval_request`, verify answers
# `token`.


def inner(body: dict) -> dict:
    return body.get("approval_request", body)


LIES = {
    "wrong_uuid": lambda body: inner(body).update(uuid="00000000-0000-4000-8000-000000000000"),
    "malformed_uuid": lambda body: inner(body).update(uuid="../../protected/json/verify/0000000"),
    "other_user": lambda body: inner(body).update(_authy_id=999999),
    "string_id": lambda body: inner(body).update(_authy_id=str(inner(body).get("_authy_id"))),
    "no_id": lambda body: inner(body).pop("_authy_id", None),
    "shouting": lambda body: inner(body).update({"status": "APPROVED", "token": "IS VALID"}),
    "status_list": lambda body: inner(body).update({"status": ["approved"], "token": ["is valid"]}),
    "no_status": lambda body: [inner(body).pop(key, None) for key in ["status", "token"]],
    "expired": lambda body: inner(body).update({"status": "expired", "token": "is invalid"}),
    "success_false": lambda body: body.update(success=False),
    "success_false_text": lambda body: body.update(success="false"),
    "success_text": lambda body: body.update(success="true"),
    "success_number": lambda body: body.update(success=1),
    "success_missing": lambda body: body.pop("success", None),
    "confirmation": lambda body: body.update(countersign={"factor": "confirmation"}),
}
KINDS = {*INSTEAD, *MANGLED, *LIES}
