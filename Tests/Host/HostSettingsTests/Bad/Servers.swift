private func url(_ url: String, _ message: String) -> BadCase {
    BadCase(server + "url = \"\(url)\"", "t:3: server.url: \(message)")
}

private let scheme = "expected a URL that begins with https:// or http://"
private let host = "this URL has no valid host; write a name, an IPv4 address, or an IPv6 address in brackets"
private let port = "the port of a URL is a number from 1 to 65535"
private let path = "the path of a URL here has letters, digits and - . _ ~ between its slashes"
private let absolute = "expected an absolute path such as /etc/countersign/api-key"

let badServers: [BadCase] = [
    url("2fa.example.com", scheme + ", or unix:/path"),
    url("", scheme + ", or unix:/path"),
    url("ftp://2fa.example.com", scheme + ", or unix:/path"),
    url("https:/2fa.example.com", scheme + ", or unix:/path"),
    url("https://", host),
    url("https:///path", host),
    url("https://:443", host),
    url("https://a..b", host),
    url("https://-a", host),
    url("https://a_b", host),
    url("https://1.2.3", host),
    url("https://1.2.3.4.5", host),
    url("https://256.0.0.1", host),
    url("https://host.0x7f", host),
    url("https://[2001:db8::1", host),
    url("https://[fe80::1%eth0]", host),
    url("https://[1.2.3.4]", host),
    url("https://2001:db8::1", host),
    url("https://a:", port),
    url("https://a:0", port),
    url("https://a:65536", port),
    url("https://a:+443", port),
    url("https://[::1]443", port),
    url("https://me:secret@a", "a URL here has no user or password in it"),
    url("https://a?key=secret", "a URL here has no query (?) and no fragment (#)"),
    url("https://a/#b", "a URL here has no query (?) and no fragment (#)"),
    url("https://a/b/../c", path),
    url("https://a/b//c", path),
    url("https://a/b%2fc", path),
    url("https://a\\\\b", host),
    url("https://a b", "a URL is ASCII without blanks; write an international name in its xn-- form"),
    url("https://bücher.example", "a URL is ASCII without blanks; write an international name in its xn-- form"),
    url("unix:run/api.sock", absolute),
    url("unix:", absolute),
    url("unix:///run/api.sock", "write a socket with one slash, as unix:/run/countersignd/api.sock"),
    url("unix:/run/../api.sock", "a path here is written without . and .. in it"),
    url("unix:/" + String(repeating: "a", count: 107), "the path of a socket has at most 107 bytes"),
    BadCase(
        "\n[server]\napi_key = \"12345678\"",
        "t:2: server: url is missing; write where the server is, or leave out [server]"),
    BadCase("\n[server]\nurl = \"https://a\"", "t:2: server: the API key is missing; write api_key_file or api_key"),
    BadCase("server.url = \"https://a\"", "t:1: server: the API key is missing; write api_key_file or api_key"),
    BadCase(
        server + "url = \"https://a\"\napi_key = \"12345678\"",
        "t:2: server.api_key_file: api_key is there too; keep one of the two"),
    BadCase(
        "[server]\napi_key = \"s3cr3t!\"", "t:2: server.api_key: an API key has 8 to 128 characters, this one has 7"),
    BadCase(
        "[server]\napi_key = \"s3cr3t s3cr3t\"",
        "t:2: server.api_key: an API key is printable ASCII without blanks; this one has something else in it"),
    BadCase(
        "[server]\napi_key = 1234567890", "t:2: server.api_key: expected an API key in quotes, found a whole number"),
    BadCase("[server]\napi_key_file = \"etc/key\"", "t:2: server.api_key_file: \(absolute)"),
    BadCase(server + "ca_file = \"ca.pem\"", "t:3: server.ca_file: \(absolute)"),
    BadCase(server + "ca_file = \"\"", "t:3: server.ca_file: \(absolute)"),
    BadCase(server + "proxy = \"proxy:3128\"", "t:3: server.proxy: \(scheme)"),
    BadCase(server + "proxy = \"http://proxy:3128/x\"", "t:3: server.proxy: the URL of a proxy has no path"),
    BadCase(
        server + "proxy = \"http://me:secret@proxy\"", "t:3: server.proxy: a URL here has no user or password in it"),
    BadCase("state = \"/\"", "t:1: state: expected an absolute path such as /var/lib/countersign"),
    BadCase("state = \"var/lib\"", "t:1: state: expected an absolute path such as /var/lib/countersign"),
    BadCase("state = \"/var/../lib\"", "t:1: state: a path here is written without . and .. in it"),
    BadCase("state = \"/var/lib\\n\"", "t:1: state: this path is too long or has a control character in it"),
]
