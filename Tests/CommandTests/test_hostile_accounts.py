"""The accounts belong to a user of their own; root looks at them."""

import sqlite3

from conftest import give


def test_what_somebody_wrote_into_the_accounts_moves_no_cursor(desk, alice):
    desk.does("softtoken", alice.pw_name, "--secret-stdin", stdin="GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n")
    with sqlite3.connect(desk.state / "accounts.db") as accounts:
        accounts.execute("PRAGMA ignore_check_constraints = ON")
        accounts.execute("UPDATE accounts SET algorithm = ?", ("\x1b]0;owned\x07\x1b[2J",))
        accounts.execute(
            "INSERT INTO history (time, user, service, rhost, outcome, reason, address) VALUES (1, ?, ?, ?, 'denied', ?, '')",
            (alice.pw_name, "a\x1b[31m", "b\x07", "c\x9b2J"))
    accounts.close()
    give(desk.folder)
    for words in (["show", alice.pw_name], ["list"], ["history"], ["show", alice.pw_name, "--json"], ["history", "--json"]):
        done = desk.run(*words)
        assert not set("\x1b\x07\x9b") & set(done.out + done.err)
