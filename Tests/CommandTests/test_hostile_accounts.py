"""The accounts belong to a user of their own; root looks at them."""


def test_what_somebody_wrote_into_the_accounts_moves_no_cursor(desk, alice):
    desk.does("softtoken", alice.pw_name, "--secret-stdin", stdin="GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n")
    desk.sql("UPDATE accounts SET algorithm = ?", "\x1b]0;owned\x07\x1b[2J")
    desk.sql(
        "INSERT INTO history (time, user, service, rhost, outcome, reason, address) VALUES (1, ?, ?, ?, 'denied', ?, "
        "'')",
        alice.pw_name,
        "a\x1b[31m",
        "b\x07",
        "c\x9b2J",
    )
    for words in (
        ["show", alice.pw_name],
        ["list"],
        ["history"],
        ["show", alice.pw_name, "--json"],
        ["history", "--json"],
    ):
        done = desk.run(*words)
        assert not set("\x1b\x07\x9b") & set(done.out + done.err)
