"""Many logins at once."""

from concurrent.futures import ThreadPoolExecutor

from conftest import PAM_SUCCESS


def all_at_once(count, start):
    """Starts them all, lets `start` take each to its end, and gives the results."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(start, range(count)))


def test_of_fifty_logins_from_fifty_addresses_five_grace_logins_let_in_five(host):
    host.settings('[enrolment]\nmode = "grace"\ngrace_logins = 5\ngrace_services = ["login"]\n')

    def one(number):
        login = host.login(f"rhost=192.0.2.{number}")
        result = login.result()
        assert login.finish() == []
        return result

    assert sum(result == PAM_SUCCESS for result in all_at_once(50, one)) == 5


def test_one_code_in_twenty_logins_lets_in_one(host, softtoken):
    host.settings("[lockout]\nfailures = 100\n")
    code = softtoken.fresh_code()

    def one(number):
        login = host.login(f"rhost=192.0.2.{number}")
        login.prompt()
        login.answer(code)
        while (event := login.next())[0] != "result":
            if event[0] == "ask":
                login.reply("eof")
        assert login.finish() == []
        return int(event[1])

    assert sum(result == PAM_SUCCESS for result in all_at_once(20, one)) == 1


def test_of_twenty_parallel_guesses_five_are_looked_at(host, softtoken):
    host.settings('[login]\ntries = 1\n[enrolment]\nmode = "required"\n')
    wrong = softtoken.wrong_code()

    def one(number):
        login = host.login(f"rhost=192.0.2.{number}")
        while (event := login.next())[0] != "result":
            if event[0] == "ask":
                login.answer(wrong)
        login.finish()
        return login.decisions[-1]["reason"]

    reasons = all_at_once(20, one)
    assert reasons.count("wrong_code") == 5
    assert reasons.count("locked") == 15
