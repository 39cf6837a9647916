private func wait(_ wait: Int, _ deadline: Int) -> String {
    "onetouch_wait is \(wait) and deadline is \(deadline); onetouch_wait must be less than deadline"
}

let badLogins = [
    BadCase("[login]\nfactors = []", "t:2: login.factors: this list is empty; name something, or leave out the key"),
    BadCase(
        "[login]\nfactors = [\"sms\", \"onetuch\"]",
        "t:2: login.factors[2]: expected \"onetouch\", \"softtoken\", \"sms\", \"call\" or \"recovery\", "
            + "found \"onetuch\"; did you mean \"onetouch\"?"
    ),
    BadCase(
        "[login]\nfactors = [\n  \"sms\", # one\n  \"call\",\n  \"sms\",\n]",
        "t:5: login.factors[3]: \"sms\" stands here for the second time; keep one of the two"),
    BadCase(
        "[login]\nprompt = \"Now\"",
        "t:2: login.prompt: expected \"wait\" or \"now\", found \"Now\"; did you mean \"now\"?"),
    BadCase(
        "[login]\nprompt = \"immediately\"", "t:2: login.prompt: expected \"wait\" or \"now\", found \"immediately\""),
    BadCase(
        "[login]\nprompt = \"a\\nb\\u202e\"",
        "t:2: login.prompt: expected \"wait\" or \"now\", found \"a\\u{A}b\\u{202E}\""),
    BadCase("[login]\ndeadline = 60\nonetouch_wait = 60", "t:3: login.onetouch_wait: \(wait(60, 60))"),
    BadCase("[login]\ndeadline = 15", "t:2: login.deadline: \(wait(15, 15))"),
    BadCase("[login]\nonetouch_wait = 90", "t:2: login.onetouch_wait: \(wait(90, 90))"),
    BadCase(
        "[login]\ndeadline = 100\n[login.service.sudo]\n\nonetouch_wait = 100",
        "t:5: login.service.sudo.onetouch_wait: \(wait(100, 100))"),
    BadCase(
        "[login]\nonetouch_wait = 30\n[login.service.sudo]\ndeadline = 30",
        "t:4: login.service.sudo.deadline: \(wait(30, 30))"),
    BadCase(
        "[login]\nfactor_of = \"user\"",
        "t:2: login.factor_of: factor_of belongs to one service; move it to [login.service.NAME]"),
    BadCase(
        "[login.service.su]\nfactor_of = \"root\"",
        "t:2: login.service.su.factor_of: expected \"user\" or \"caller\", found \"root\""),
    BadCase(
        "[login.service.SSHD]\ntries = 1",
        "t:1: login.service.SSHD: PAM knows services in lower case only; write \"sshd\""),
    BadCase("[login.service.\"\"]\ntries = 1", "t:1: login.service.\"\": this name of a service is empty"),
    BadCase(
        "[login]\nservice = { \"../x\" = { tries = 1 } }",
        "t:2: login.service.\"../x\": \"../x\" is no service; write the name of its file in pam.d"),
    BadCase(
        "[login.service.sudo]\ntries = 3\n[login.service.sshd]\ntries = 11",
        "t:4: login.service.sshd.tries: expected a whole number from 1 to 10, found 11"),
]

let badPreferences = [
    BadCase(
        "[login]\nprefer = \"recovery\"",
        "t:2: login.prefer: a recovery code cannot be preferred; name another factor"),
    BadCase(
        "[login]\nfactors = [\"sms\"]\nprefer = \"call\"",
        "t:3: login.prefer: \"call\" is preferred, but not among factors"),
    BadCase(
        "[login]\nprefer = \"call\"\n[login.service.sudo]\nfactors = [\"sms\"]",
        "t:4: login.service.sudo.factors: \"call\" is preferred, but not among factors"),
    BadCase(
        "[login.group.staff]\n",
        "t:1: login.group.staff: factors is missing; name what this group may use, or leave out the table"),
    BadCase(
        "[login.group.staff]\nprefer = \"sms\"",
        "t:2: login.group.staff.prefer: unknown key \"prefer\"; known here: factors, check_number"),
    BadCase(
        "[login.user.bob]\nfactors = [\"sms\"]\nprefer = \"call\"",
        "t:3: login.user.bob.prefer: \"call\" is not among factors"),
    BadCase(
        "[login.user.bob]\ntries = 1",
        "t:2: login.user.bob.tries: unknown key \"tries\"; known here: factors, prefer, check_number"),
    BadCase(
        "[login]\nnumber_matching = true\ncheck_number = false",
        "t:3: login.check_number: number_matching is true, and without a number there is nothing to match; keep one"),
    BadCase(
        "[login.user.bob]\ncheck_number = \"no\"",
        "t:2: login.user.bob.check_number: expected true or false, found a text"),
    BadCase(
        "[remember]\nseconds = 604801",
        "t:2: remember.seconds: expected a whole number from 0 to 604800, found 604801"),
    BadCase("[pause]\nmax_hours = 0", "t:2: pause.max_hours: expected a whole number from 1 to 8760, found 0"),
]

private let someServer = "[server]\nurl = \"https://a.example\"\napi_key = \"0123456789abcdef\"\n"

let badEnrolments = [
    BadCase(
        "[enrolment]\nat_login = true",
        "t:2: enrolment.at_login: enrolment in the login needs [server]; write one, or at_login = false"),
    BadCase(
        someServer + "[enrolment]\nat_login = true",
        "t:5: enrolment.at_login: enrolment in the login needs email_domain, for the users' addresses at the server"),
    BadCase(
        "[enrolment]\ncountry_code = \"0049\"",
        "t:2: enrolment.country_code: \"0049\" is no country code; write it as \"49\""),
    BadCase(
        "[enrolment]\nemail_domain = \"@example.com\"",
        "t:2: enrolment.email_domain: \"@example.com\" is no domain; write it as \"example.com\""),
    BadCase(
        "[enrolment]\nopt_out = \"maybe\"",
        "t:2: enrolment.opt_out: expected \"no\", \"grace\" or \"yes\", found \"maybe\""),
    BadCase(
        "[enrolment]\nopt_out_text = \"Gr\u{FC}n\"",
        "t:2: enrolment.opt_out_text: a text here is plain ASCII, since not every ssh client shows more"),
    BadCase(
        "[enrolment]\nmode = \"strict\"",
        "t:2: enrolment.mode: expected \"optional\", \"grace\" or \"required\", found \"strict\""),
    BadCase(
        "[enrolment]\ngrace_services = [\"sshd\", \"\"]",
        "t:2: enrolment.grace_services[2]: this name of a service is empty"),
    BadCase(
        "[enrolment]\ngrace_services = [\"SSHD\"]",
        "t:2: enrolment.grace_services[1]: PAM knows services in lower case only; write \"sshd\""),
    BadCase(
        "[outage]\nmode = \"alow\"",
        "t:2: outage.mode: expected \"deny\" or \"allow\", found \"alow\"; did you mean \"allow\"?"),
    BadCase("[outage]\nmode = true", "t:2: outage.mode: expected \"deny\" or \"allow\", found true"),
]

private let everyone = "this exempts everyone; name users, groups, services or networks, or write everyone = true"

private func networks(_ networks: String, _ message: String) -> BadCase {
    BadCase("[[exempt]]\nnetworks = [\(networks)]", "t:2: exempt[1].networks[1]: \(message)")
}

private func all(_ networks: String) -> BadCase {
    BadCase("[[exempt]]\nnetworks = [\(networks)]", "t:1: exempt[1]: \(everyone)")
}

/// All of IPv4 that is neither private nor reserved.
let publicNetworks = """
    1.0.0.0/8 2.0.0.0/7 4.0.0.0/6 8.0.0.0/7 11.0.0.0/8 12.0.0.0/6 16.0.0.0/4 32.0.0.0/3 64.0.0.0/3 96.0.0.0/6 \
    100.0.0.0/10 \
    100.128.0.0/9 101.0.0.0/8 102.0.0.0/7 104.0.0.0/5 112.0.0.0/5 120.0.0.0/6 124.0.0.0/7 126.0.0.0/8 128.0.0.0/3 \
    160.0.0.0/5 168.0.0.0/8 169.0.0.0/9 169.128.0.0/10 169.192.0.0/11 169.224.0.0/12 169.240.0.0/13 169.248.0.0/14 \
    169.252.0.0/15 169.255.0.0/16 170.0.0.0/7 172.0.0.0/12 172.32.0.0/11 172.64.0.0/10 172.128.0.0/9 173.0.0.0/8 \
    174.0.0.0/7 176.0.0.0/4 192.0.0.0/9 192.128.0.0/11 192.160.0.0/13 192.169.0.0/16 192.170.0.0/15 192.172.0.0/14 \
    192.176.0.0/12 192.192.0.0/10 193.0.0.0/8 194.0.0.0/7 196.0.0.0/6 200.0.0.0/5 208.0.0.0/4
    """.split(separator: " ").map { "\"\($0)\"" }

/// Names of three letters.
private func exempted(_ count: Int) -> String {
    let names = (100..<100 + count).map { "\"\($0)\"" }
    return "[[exempt]]\ngroups = [\(names.joined(separator: ", "))]\n"
}

private func tooMany(_ groups: Int, _ bytes: Int) -> String {
    "t: [[exempt]] and [login.group.NAME] name \(groups) groups, with \(bytes) bytes in their names; "
        + "at most 256 with 7000 bytes can be looked up in a login"
}

/// The maximum that can be looked up.
let manyGroups = exempted(255) + "[login.group.staff]\nfactors = [\"sms\"]\n"

let tooManyGroups: [BadCase] = [
    BadCase(manyGroups + "[login.group.more]\nfactors = [\"sms\"]", tooMany(257, 774)),
    BadCase(exempted(257), tooMany(257, 771)),
    BadCase("[login.group.\(String(repeating: "a", count: 7_001))]\nfactors = [\"sms\"]", tooMany(1, 7_001)),
]

let badExemptions: [BadCase] = [
    all(publicNetworks.joined(separator: ", ")),
    BadCase("\n[[exempt]]\n", "t:2: exempt[1]: \(everyone)"),
    BadCase("[[exempt]]\nusers = [\"a\"]\n[[exempt]]\neveryone = false", "t:3: exempt[2]: \(everyone)"),
    BadCase("[[exempt]]\neveryone = false\nnetworks = [\"::/0\"]", "t:1: exempt[1]: \(everyone)"),
    BadCase(
        "[[exempt]]\neveryone = \"true\"",
        "t:2: exempt[1].everyone: expected true or false, found a text; leave out the quotes"),
    all("\"0.0.0.0/0\""),
    all("\"10.0.0.0/8\", \"::/0\""),
    all("\"::ffff:0.0.0.0/96\""),
    all("\"0.0.0.0/1\", \"128.0.0.0/1\""),
    all("\"::/1\", \"8000::/1\""),
    all("\"2000::/3\""),
    all("\"128.0.0.0/1\", \"0.0.0.0/2\", \"64.0.0.0/3\", \"96.0.0.0/3\", \"192.0.2.0/24\""),
    BadCase("[[exempt]]\nusers = []", "t:2: exempt[1].users: this list is empty; name something, or leave out the key"),
    BadCase(
        "[[exempt]]\ngroups = []", "t:2: exempt[1].groups: this list is empty; name something, or leave out the key"),
    BadCase(
        "[[exempt]]\nservices = []", "t:2: exempt[1].services: this list is empty; name something, or leave out the key"
    ),
    BadCase(
        "[[exempt]]\nnetworks = []", "t:2: exempt[1].networks: this list is empty; name something, or leave out the key"
    ),
    BadCase("[[exempt]]\nusers = [\"a\", \"\"]", "t:2: exempt[1].users[2]: this name is empty"),
    BadCase("[[exempt]]\ngroups = [\"\"]", "t:2: exempt[1].groups[1]: this name is empty"),
    BadCase(
        "[[exempt]]\nusers = [\"a\\tb\"]",
        "t:2: exempt[1].users[1]: the name \"a\\u{9}b\" has a control character in it"),
    BadCase("[[exempt]]\nusers = \"a\"", "t:2: exempt[1].users: expected a list in brackets, found a text"),
    BadCase(
        "[[exempt]]\nservices = [\"ssh d\"]",
        "t:2: exempt[1].services[1]: \"ssh d\" is no service; write the name of its file in pam.d"),
    networks("\"10.1.2.3/8\"", "\"10.1.2.3/8\" has bits set behind its prefix; did you mean \"10.0.0.0/8\"?"),
    networks("\"10.1.255.3/12\"", "\"10.1.255.3/12\" has bits set behind its prefix; did you mean \"10.0.0.0/12\"?"),
    networks(
        "\"2001:db8:ffff::1/36\"",
        "\"2001:db8:ffff::1/36\" has bits set behind its prefix; did you mean \"2001:db8:f000::/36\"?"),
    networks(
        "\"::ffff:10.1.2.3/104\"",
        "\"::ffff:10.1.2.3/104\" has bits set behind its prefix; did you mean \"10.0.0.0/8\"?"),
    networks("\"10.0.0.0/33\"", "\"10.0.0.0/33\" is no network; write it as \"10.0.0.0/8\" or \"2001:db8::/32\""),
    networks("\"10.0.0.1/-1\"", "\"10.0.0.1/-1\" is no network; write it as \"10.0.0.0/8\" or \"2001:db8::/32\""),
    networks("\"10.0.0/8\"", "\"10.0.0/8\" is no network; write it as \"10.0.0.0/8\" or \"2001:db8::/32\""),
    networks("\"host.example\"", "\"host.example\" is no network; write it as \"10.0.0.0/8\" or \"2001:db8::/32\""),
    networks("\"\"", "\"\" is no network; write it as \"10.0.0.0/8\" or \"2001:db8::/32\""),
    networks("10", "expected a network in quotes, found a whole number"),
]
