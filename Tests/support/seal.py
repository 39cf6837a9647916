"""Seals rows of accounts.db that were changed without the product, by docs/develop/adr/0040 and 0063: an independent
witness.

It imports nothing of these tests, since processes that may not read this directory run its text too.
"""

import hmac

COLUMNS = """name, uid, authy_id, secret, algorithm, digits, period, last_spent, confirmed, grace_used, failures,
    locked_until, had_authy_id, opted_out, paused_until, paused_at, pause_reason, prefers, seen_phone, seen_app, seen,
    locks, locked_clock, day_failures, day_clock, wrong_codes, label, id, key"""


def field(value) -> bytes:
    if value is None:
        return b"n"
    if isinstance(value, int):
        return b"i%d;" % value
    kind, data = (b"t", value.encode()) if isinstance(value, str) else (b"b", value)
    return kind + b"%d:" % len(data) + data


def seal(database, only: str | None = None) -> None:
    """All rows, or those of one name, within the transaction that is open."""
    [[identity]] = database.execute("SELECT id FROM identity").fetchall()

    def digest(*values) -> bytes:
        return hmac.digest(identity.encode(), b"".join(values), "sha256")

    if only is None:
        database.execute("DELETE FROM members")
    for row in database.execute(f"SELECT {COLUMNS} FROM accounts WHERE ?1 IS NULL OR name = ?1", (only,)).fetchall():
        (name, uid), (number, key) = row[:2], row[-2:]
        database.execute("UPDATE accounts SET seal = ? WHERE id = ?", (digest(*map(field, row))[:16], number))
        person = f"{name} {key}" if key else name
        member = int.from_bytes(digest(b"member", field(person), field(uid))[:8], "big", signed=True)
        database.execute("INSERT OR IGNORE INTO members (id) VALUES (?)", (member,))
