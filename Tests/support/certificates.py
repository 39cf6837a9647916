"""A certificate authority for one run, and the good and bad certificates that it signs. Made by the openssl command."""

import dataclasses
import functools
import pathlib
import subprocess

GOOD_NAMES = "DNS:localhost,IP:127.0.0.1,IP:::1"


@dataclasses.dataclass(frozen=True)
class Certificate:
    """Paths of a PEM certificate and its key."""

    certificate: pathlib.Path
    key: pathlib.Path


class Authority:
    """An own CA. `ca_file` is what a client that trusts it is given."""

    def __init__(self, directory: pathlib.Path):
        self._directory = directory
        self._directory.mkdir(parents=True, exist_ok=True)
        own = self._request("ca", "Countersign test CA")
        self.ca_file = own.certificate
        self._sign_itself("ca", ["-days", "2", "-extfile", self._extensions("ca", "basicConstraints=critical,CA:TRUE")])

    @functools.cached_property
    def good(self) -> Certificate:
        """For localhost, 127.0.0.1 and ::1."""
        return self._issue("good", GOOD_NAMES)

    @functools.cached_property
    def named(self) -> Certificate:
        """For a server that has to be looked up."""
        return self._issue("named", "DNS:2fa.example.test")

    @functools.cached_property
    def wrong_host(self) -> Certificate:
        return self._issue("wrong-host", "DNS:elsewhere.example")

    @functools.cached_property
    def expired(self) -> Certificate:
        """Ran out yesterday."""
        return self._issue("expired", GOOD_NAMES, days=-1)

    @functools.cached_property
    def self_signed(self) -> Certificate:
        """The right names, self-signed."""
        made = self._request("self-signed", "localhost")
        names = self._extensions("self-signed", f"subjectAltName={GOOD_NAMES}")
        self._sign_itself("self-signed", ["-days", "2", "-extfile", names])
        return made

    def valid_for(self, days: int) -> Certificate:
        """The good one, for so many days."""
        return self._issue(f"good-{days}", GOOD_NAMES, days)

    def _issue(self, name: str, names: str, days: int = 2) -> Certificate:
        made = self._request(name, "localhost")
        extensions = self._extensions(name, f"subjectAltName={names}\nextendedKeyUsage=serverAuth")
        signer = ["-CA", self._path("ca.pem"), "-CAkey", self._path("ca.key"), "-CAcreateserial"]
        self._x509(name, [*signer, "-days", str(days), "-extfile", extensions])
        return made

    def _request(self, name: str, common_name: str) -> Certificate:
        openssl(
            "req",
            "-new",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-subj",
            f"/CN={common_name}",
            "-keyout",
            self._path(f"{name}.key"),
            "-out",
            self._path(f"{name}.csr"),
        )
        return Certificate(self._directory / f"{name}.pem", self._directory / f"{name}.key")

    def _sign_itself(self, name: str, options: list[str]) -> None:
        self._x509(name, ["-signkey", self._path(f"{name}.key"), *options])

    def _x509(self, name: str, options: list[str]) -> None:
        openssl("x509", "-req", "-in", self._path(f"{name}.csr"), "-out", self._path(f"{name}.pem"), *options)

    def _extensions(self, name: str, text: str) -> str:
        (self._directory / f"{name}.ext").write_text(f"{text}\n", encoding="ascii")
        return self._path(f"{name}.ext")

    def _path(self, name: str) -> str:
        return str(self._directory / name)


def openssl(*arguments: str) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True)
    assert done.returncode == 0, f"openssl {arguments[0]}: {done.stderr}"
