"""The contents of accounts.db, read and changed without the product: an independent witness for what no command
does."""

import base64
import ctypes
import hashlib
from support.patience import PATIENCE
import json
import os
import pathlib
import subprocess

# What changes a row seals it, as the product would.
SCRIPT = (
    (pathlib.Path(__file__).parent / "seal.py").read_text(encoding="utf-8")
    + """
import json, sqlite3, sys
path, is_sealed, *orders = json.load(sys.stdin)
database = sqlite3.connect(path, timeout=%d)
with database:
    database.execute("PRAGMA ignore_check_constraints = ON")
    for statement, values in orders:
        rows = database.execute(statement, values).fetchall()
    if is_sealed and not all(statement.lstrip().startswith("SELECT") for statement, _ in orders):
        seal(database)
print(json.dumps(rows, default=bytes.hex))
database.close()
"""
    % PATIENCE
)


def run(path, statement: str, *values) -> list:
    """Runs as the file's owner, so that SQLite's other files have the same owner. Changed rows are sealed again."""
    return _run(path, True, (statement, values))


def tamper(path, statement: str, *values) -> list:
    """The same, but the seals stay as they were, as after a disk fault or an unskilled change."""
    return _run(path, False, (statement, values))


def _run(path, is_sealed: bool, *orders) -> list:
    """The rows of the last statement; each statement comes with its values."""
    owner = os.stat(path)
    identity = {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    done = subprocess.run(
        ["/usr/bin/python3", "-c", SCRIPT],
        input=json.dumps([str(path), is_sealed, *orders]),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd="/",
        **identity,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def account(path, name: str, uid: int, key: str = "", **columns) -> None:
    """Sets columns of one account, and makes the account if it is missing."""
    settings = [
        (f"UPDATE accounts SET {column} = ? WHERE name = ? AND uid = ? AND key = ?", (value, name, uid, key))
        for column, value in columns.items()
    ]
    new = "INSERT INTO accounts (name, uid, key) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
    _run(path, True, (new, (name, uid, key)), *settings)


def recovery(path, name: str, uid: int, *codes: str) -> None:
    """Puts recovery codes in place, hashed by crypt(3) itself."""
    account = "(SELECT id FROM accounts WHERE name = ? AND uid = ? AND key = '')"
    orders = [(f"DELETE FROM recovery WHERE account = {account}", (name, uid))]
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    for code in codes:
        hashed = library.crypt(code.encode("ascii"), b"$y$j9T$abcdefghijklmnop$").decode("ascii")
        assert hashed.startswith("$y$"), hashed
        orders.append((f"INSERT INTO recovery (account, hash) VALUES ({account}, ?)", (name, uid, hashed)))
    _run(path, True, *orders)


def fingerprint(public_key: str) -> str:
    """As `ssh-keygen -lf` prints it, of a line as in authorized_keys."""
    digest = hashlib.sha256(base64.b64decode(public_key.split()[1])).digest()
    return "SHA256:" + base64.b64encode(digest).decode("ascii").rstrip("=")
