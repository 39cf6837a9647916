private let brackets =
    "these brackets are no table and no list; write [name], [[exempt]], or key = [\"text\", \"text\"]"
private let date = "there is no such date; write year, month and day as in 2027-03-31"

let badSyntax = [
    BadCase("state = \"/a\"\nstate = \"/b\"\n", "t:2: \"state\" stands here for the second time; keep one of the two"),
    BadCase(
        "[login]\ntries = 3\n[outage]\n[login]\ntries = 4\n",
        "t:4: \"login\" stands here for the second time; keep one of the two"),
    BadCase(
        "[exempt]\n[[exempt]]\n",
        "t:2: \"exempt\" is a table above and a list of tables here; write it in the same way everywhere"),
    BadCase("[login]\ntries =\n", "t:2: the value is missing"),
    BadCase("[login]\ntries 3\n", "t:2: a key is followed by = and its value"),
    BadCase("[login]\nprompt = now\n", "t:2: this is no value; a text stands in straight double quotes"),
    BadCase("[login]\nprompt = “now”\n", "t:2: this is no value; a text stands in straight double quotes"),
    BadCase(
        "[login]\r\nnumber_matching = True\r\n",
        "t:2: this is no value; true and false are written in lower case, and a text stands in straight double quotes"),
    BadCase("[login\ntries = 3\n", "t:1: \(brackets)"),
    BadCase("state = \"/a\n", "t:1: this text is not closed in its line, or has a control character in it"),
    BadCase("state = \"\\/a\"\n", "t:1: this text has an escape that TOML does not know; write \\\\ for a backslash"),
    BadCase("[login]\nfactors = [\"sms\",\n", "t:2: the file ends in the middle of a text, a list or a table"),
    BadCase("[login]\ntries = 03\n", "t:2: a number does not begin with 0; a text stands in quotes"),
    BadCase("[server]\napi_key = 12345678901234567890\n", "t:2: this number is too large"),
    BadCase("[enrolment]\ngrace_until = 2027-02-29\n", "t:2: \(date)"),
    BadCase("[enrolment]\ngrace_until = 2027-3-1\n", "t:2: \(date)"),
    BadCase("# a bell \u{07}\n", "t:1: there is a control character in this line; take it out"),
    BadCase(
        "[login] tries = 3\n", "t:1: \(brackets)"),
    BadCase(
        "[login]\ntries = 3 prompt = \"now\"\n",
        "t:2: this line is not TOML; look for a missing quote, bracket, comma or equals sign "
            + "here or in the line above"),
    BadCase(
        "[“login”]\ntries = 3\n", "t:1: \(brackets)"),
    BadCase("\n[[[exempt]]]\n", "t:2: \(brackets)"),
    BadCase("\n[[", "t:2: the file ends in the middle of a text, a list or a table"),
    BadCase(
        "[login]\nfactors = [\"sms\", }\n",
        "t:2: \(brackets)"),
    BadCase(
        "[login]\nfactors = [\n“sms”]\n",
        "t:3: \(brackets)"),
    BadCase("[enrolment]\ngrace_until = 2027-03-31 0", "t:2: \(date)"),
    BadCase("[enrolment]\ngrace_until = 2027-03-31Tomorrow", "t:2: \(date)"),
    BadCase("[enrolment]\ngrace_until = 2027-03-3_1 0", "t:2: \(date)"),
    BadCase("[enrolment]\ngrace_until = 2027-03-31T_00:00:00", "t:2: \(date)"),
    BadCase("a." + String(repeating: "a.", count: 100_000) + "a = 1", "t:1: tables are nested too deep here"),
    BadCase("a = " + String(repeating: "[", count: 100_000), "t:1: tables are nested too deep here"),
    BadCase("\n[login]\ntries = 1\u{00}0\n", "t:3: a NUL has no place in the settings, not even escaped; take it out"),
    BadCase(
        "\n[[exempt]]\nusers = [\"a\\u0000b\"]\n",
        "t:3: a NUL has no place in the settings, not even escaped; take it out"),
    BadCase(
        "[login]\n\"tries\\U00000000\" = 3\n",
        "t:2: a NUL has no place in the settings, not even escaped; take it out"),
]

let badTypes = [
    BadCase("state = 3", "t:1: state: expected an absolute path in quotes, found a whole number"),
    BadCase(
        "\n[login]\ntries = \"3\"",
        "t:3: login.tries: expected a whole number from 1 to 10, found a text; leave out the quotes"),
    BadCase("[login]\ntries = \"many\"", "t:2: login.tries: expected a whole number from 1 to 10, found a text"),
    BadCase(
        "[login]\ntries = 3.0",
        "t:2: login.tries: expected a whole number from 1 to 10, found a number with a point or exponent"),
    BadCase("[login]\ntries = true", "t:2: login.tries: expected a whole number from 1 to 10, found true"),
    BadCase("[login]\ntries = [3]", "t:2: login.tries: expected a whole number from 1 to 10, found a list"),
    BadCase("[login]\nnumber_matching = 1", "t:2: login.number_matching: expected true or false, found a whole number"),
    BadCase(
        "[login]\nnumber_matching = \"true\"",
        "t:2: login.number_matching: expected true or false, found a text; leave out the quotes"),
    BadCase("[login]\nprompt = false", "t:2: login.prompt: expected \"wait\" or \"now\", found false"),
    BadCase("[login]\nfactors = \"sms\"", "t:2: login.factors: expected a list in brackets, found a text"),
    BadCase(
        "[login]\nfactors = [\"sms\",\n3]",
        "t:3: login.factors[2]: expected \"onetouch\", \"softtoken\", \"sms\", \"call\" or \"recovery\", "
            + "found a whole number"
    ),
    BadCase(
        "[enrolment]\ngrace_until = \"2027-03-31\"",
        "t:2: enrolment.grace_until: expected a date such as 2027-03-31, found a text; leave out the quotes"),
    BadCase(
        "[enrolment]\ngrace_until = 2027-03-31T00:00:00Z",
        "t:2: enrolment.grace_until: expected a date such as 2027-03-31, found a date with a time; leave out the time"),
    BadCase(
        "[enrolment]\ngrace_until = 07:00:00",
        "t:2: enrolment.grace_until: expected a date such as 2027-03-31, found a time"),
    BadCase(
        "[enrolment]\ngrace_until = 20270331",
        "t:2: enrolment.grace_until: expected a date such as 2027-03-31, found a whole number"),
    BadCase(
        "[lockout]\nseconds = 2027-03-31", "t:2: lockout.seconds: expected a whole number from 1 to 86400, found a date"
    ),
    BadCase("login = 3", "t:1: login: expected a table, found a whole number; write [login]"),
    BadCase(
        "\n[[login]]\ntries = 3", "t:2: login: expected a table, found a list; write [login] once, in single brackets"),
    BadCase("\n[exempt]\nusers = [\"a\"]", "t:2: exempt: expected a list of tables, found a table; write [[exempt]]"),
    BadCase("exempt = [3]", "t:1: exempt[1]: expected a table, found a whole number; write [[exempt]]"),
    BadCase(
        "[login.service]\nprompt = \"now\"",
        "t:2: login.service.prompt: expected a table, found a text; write [login.service.prompt]"),
    BadCase(server + "url = { a = 1 }", "t:3: server.url: expected a URL in quotes, found a table"),
]

let unknownKeys = [
    BadCase("statte = \"/a\"", "t:1: statte: unknown key \"statte\"; did you mean \"state\"?"),
    BadCase(
        "[enrollment]\nmode = \"grace\"", "t:1: enrollment: unknown key \"enrollment\"; did you mean \"enrolment\"?"),
    BadCase(
        "tries = 3\n",
        "t:1: tries: unknown key \"tries\"; known here: state, server, login, "
            + "enrolment, outage, lockout, remember, pause, exempt"
    ),
    BadCase(
        "\n[login]\n\nonetouch_wiat = 3",
        "t:4: login.onetouch_wiat: unknown key \"onetouch_wiat\"; did you mean \"onetouch_wait\"?"),
    BadCase(
        "[login]\nOneTouch-Wait = 3",
        "t:2: login.OneTouch-Wait: unknown key \"OneTouch-Wait\"; did you mean \"onetouch_wait\"?"),
    BadCase(
        "[login]\n\"a b\\u001b\" = 3",
        "t: login.\"a b\\u{1B}\": unknown key \"a b\\u{1B}\"; known here: "
            + "factors, prefer, onetouch_wait, deadline, tries, prompt, number_matching, "
            + "check_number, factor_of, service, group, user"
    ),
    BadCase(
        "[login.service.su]\nfactorof = \"caller\"",
        "t:2: login.service.su.factorof: unknown key \"factorof\"; did you mean \"factor_of\"?"
    ),
    BadCase(
        "[login.service.su.service.sshd]",
        "t:1: login.service.su.service: unknown key \"service\"; known here: "
            + "factors, prefer, onetouch_wait, deadline, tries, prompt, number_matching, check_number, factor_of"),
    BadCase(
        "[server]\nurl = \"https://a\"\napikey = \"s3cr3ts3cr3t\"",
        "t:3: server.apikey: unknown key \"apikey\"; did you mean \"api_key\"?"),
    BadCase("[outage]\nmoed = \"allow\"", "t:2: outage.moed: unknown key \"moed\"; did you mean \"mode\"?"),
    BadCase("[lockout]\nsecond = 3", "t:2: lockout.second: unknown key \"second\"; did you mean \"seconds\"?"),
    BadCase(
        "[[exempt]]\nusers = [\"a\"]\n[[exempt]]\nuser = [\"a\"]",
        "t:4: exempt[2].user: unknown key \"user\"; did you mean \"users\"?"),
    BadCase(
        "[enrolment]\ngrace_days = 3",
        "t:2: enrolment.grace_days: unknown key \"grace_days\"; known here: "
            + "mode, grace_logins, grace_until, grace_services, grace_window, at_login, "
            + "at_login_networks, at_login_text, country_code, email_domain, opt_out, opt_out_text"),
]
