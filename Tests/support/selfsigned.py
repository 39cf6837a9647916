"""Self-signed certificates, made by the openssl command."""

import pathlib
import subprocess

from support.patience import PATIENCE


def certificate(
    folder: pathlib.Path, name: str, alternatives="DNS:localhost,IP:127.0.0.1"
) -> tuple[pathlib.Path, pathlib.Path]:
    """Makes NAME.pem and NAME.key. `name` is the common name too; `alternatives` are the names that clients check."""
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    names = ["-subj", f"/CN={name}", "-addext", f"subjectAltName={alternatives}"]
    subprocess.run(
        ["openssl", *request, *names, "-keyout", key, "-out", chain], check=True, capture_output=True, timeout=PATIENCE
    )
    return chain, key
