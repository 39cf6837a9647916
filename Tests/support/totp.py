"""SoftTokens as a person's app keeps them: RFC 4226 and 6238 in a few lines, and never the same code twice."""

import base64
import hashlib
import hmac
import secrets
import struct
import time


def hotp(secret: bytes, counter: int, digits: int = 6, algorithm: str = "sha1") -> str:
    digest = hmac.new(secret, struct.pack(">Q", counter), getattr(hashlib, algorithm)).digest()
    offset = digest[-1] & 0xF
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**digits:0{digits}}"


class SoftToken:
    """A new secret for each test, so that no test waits for another's time step to pass; or one that is known
    already."""

    def __init__(self, digits: int = 6, period: int = 30, algorithm: str = "sha1", secret: bytes | None = None):
        self.secret = secret or secrets.token_bytes(20)
        self.digits, self.period, self.algorithm = digits, period, algorithm
        self._spent = 0

    @property
    def base32(self) -> str:
        return base64.b32encode(self.secret).decode("ascii")

    def step(self) -> int:
        return int(time.time()) // self.period

    def code_at(self, step: int) -> str:
        return hotp(self.secret, step, self.digits, self.algorithm)

    def fresh_code(self) -> str:
        """A code that the host accepts and that was not used before: at most two in one step, as later ones would
        exceed the drift that a host allows."""
        now = self.step()
        step = max(now, self._spent + 1)
        assert step <= now + 1, "this token has no unspent code now: make another one"
        self._spent = step
        return self.code_at(step)

    def spent_code(self) -> str:
        """The code that `fresh_code` gave last."""
        assert self._spent, "no code was given out yet"
        return self.code_at(self._spent)

    def wrong_code(self) -> str:
        """A code of the right length that is good at no time near now."""
        near = {self.code_at(self.step() + drift) for drift in range(-10, 11)}
        return next(
            code
            for code in iter(lambda: f"{secrets.randbelow(10**self.digits):0{self.digits}}", "")
            if code not in near
        )
