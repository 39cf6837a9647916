"""The alerts and the dashboard in monitoring/, loaded and evaluated by Debian's prometheus."""

import json
import re
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import pytest

from support.monitoring import DASHBOARD, ROOT, RULES, expressions, metrics, used
from support.patience import until
from support.server import Server, free_port

ALERTS = re.findall(r"^ *- alert: (\w+)$", RULES.read_text(encoding="utf-8"), re.MULTILINE)
HOST = ROOT / "Sources/Host/countersign/Commands/MetricsCommand.swift"
SERVER = 'job="countersignd",instance="a"'


def counter(name: str, labels: str, each_minute: int) -> dict:
    """A counter that grows for two hours."""
    return {"series": f"{name}{{{SERVER},{labels}}}", "values": f"0+{each_minute}x120"}


def gauge(name: str, number, labels: str = SERVER) -> dict:
    return {"series": f"{name}{{{labels}}}", "values": f"{number}+0x120"}


def slow(le: str, each_minute: int) -> dict:
    return counter("countersign_request_duration_seconds_bucket", f'part="api",le="{le}"', each_minute)


def delivered(failed: int, accepted: int) -> list[dict]:
    labels = 'gateway="g",kind="sms",result='
    return [
        counter("countersign_deliveries_total", f'{labels}"failed"', failed),
        counter("countersign_deliveries_total", f'{labels}"accepted"', accepted),
    ]


def pushed(unreached: int, accepted: int) -> list[dict]:
    return [
        counter("countersign_push_total", 'result="unreached"', unreached),
        counter("countersign_push_total", 'result="accepted"', accepted),
    ]


def logins(outcome: str, reason: str, count: int) -> list[dict]:
    return [gauge("countersign_logins_last_hour", count, f'instance="h",outcome="{outcome}",reason="{reason}"')]


def written(minute: int) -> list[dict]:
    """The file of the figures was written last in that minute."""
    return [gauge("node_textfile_mtime_seconds", minute * 60, 'instance="h",file="/var/lib/x/countersign.prom"')]


# What makes each alert fire after a hundred minutes, and what looks alike and does not.
CASES = {
    "CountersignServerDown": ([gauge("up", 0)], [gauge("up", 1)]),
    "CountersignErrors": (
        [counter("countersign_requests_total", 'code="500"', 3)],
        [counter("countersign_requests_total", 'code="401"', 300)],
    ),
    "CountersignSlow": (
        [slow("0.5", 50), slow("2.5", 100), slow("+Inf", 100)],
        [slow("0.5", 100), slow("2.5", 100), slow("+Inf", 100)],
    ),
    "CountersignDenials": (
        [counter("countersign_approvals_total", 'outcome="denied"', 1)],
        [counter("countersign_approvals_total", 'outcome="approved"', 100)],
    ),
    "CountersignGuesses": (
        [counter("countersign_codes_total", 'kind="any",result="wrong"', 5)],
        [counter("countersign_codes_total", 'kind="any",result="wrong"', 1)],
    ),
    "CountersignDeliveriesFail": (delivered(2, 1), delivered(1, 20)),
    "CountersignPushFails": (pushed(2, 1), pushed(1, 20)),
    "CountersignCallbacksFail": (
        [counter("countersign_callbacks_total", 'result="failed"', 1)],
        [counter("countersign_callbacks_total", 'result="accepted"', 1)],
    ),
    "CountersignCertificateEnds": (
        [gauge("countersign_certificate_expiry_timestamp_seconds", 100 * 60 + 13 * 86_400)],
        [gauge("countersign_certificate_expiry_timestamp_seconds", 100 * 60 + 15 * 86_400)],
    ),
    "CountersignFilesShort": (
        [gauge("process_open_fds", 900), gauge("process_max_fds", 1_000)],
        [gauge("process_open_fds", 700), gauge("process_max_fds", 1_000)],
    ),
    "CountersignOutageExcuses": (logins("excused", "outage", 1), logins("excused", "grace", 1)),
    "CountersignLoginsUnavailable": (logins("unavailable", "server", 4), logins("denied", "wrong_code", 4)),
    "CountersignHostGuesses": (logins("denied", "wrong_code", 21), logins("denied", "cancelled", 21)),
    "CountersignHostFiguresOld": (written(minute=70), written(minute=95)),
}


def test_promtool_takes_the_rules():
    subprocess.run(["promtool", "check", "rules", RULES], check=True, timeout=60, capture_output=True)


def test_each_alert_has_a_case_that_fires_and_one_that_does_not():
    assert sorted(CASES) == sorted(ALERTS) and len(ALERTS) == len(set(ALERTS))


def test_an_alert_fires_when_it_should_and_not_when_something_looks_alike(tmp_path):
    tests = []
    for name, (firing, quiet) in CASES.items():
        query = f'count(ALERTS{{alertname="{name}",alertstate="firing"}})'
        for series, samples in ((firing, [{"labels": "{}", "value": 1}]), (quiet, [])):
            tests.append(
                {
                    "name": f"{name} {'fires' if samples else 'does not fire'}",
                    "interval": "1m",
                    "input_series": series,
                    "promql_expr_test": [{"expr": query, "eval_time": "100m", "exp_samples": samples}],
                }
            )
    file = tmp_path / "alerts.json"
    file.write_text(json.dumps({"rule_files": [str(RULES)], "evaluation_interval": "1m", "tests": tests}))
    done = subprocess.run(["promtool", "test", "rules", file], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_metric_in_the_alerts_and_the_dashboard_exists(server):
    of_host = set(re.findall(r'^ +"(countersign_\w+)", \.gauge', HOST.read_text(encoding="utf-8"), re.MULTILINE))
    assert "countersign_users" in of_host
    there = set(metrics(server.metrics())) | of_host | {"countersign_certificate_expiry_timestamp_seconds"}
    rules = " ".join(
        line for line in RULES.read_text("utf-8").splitlines() if not re.match(r" *(-|description|summary)", line)
    )
    named = used(rules) | used(" ".join(expressions()))
    assert named - there == set() and len(named) > 15
    # Nothing is told that nobody looks at.
    assert of_host - named == set()


class Prometheus:
    """Debian's prometheus with the alerts, and a server to scrape."""

    def __init__(self, folder, target: int):
        self.port = free_port()
        text = (ROOT / "monitoring/prometheus/prometheus.yml").read_text(encoding="utf-8")
        assert "127.0.0.1:9555" in text and "- countersign.rules.yml" in text
        text = text.replace("127.0.0.1:9555", f"127.0.0.1:{target}").replace("countersign.rules.yml", str(RULES))
        config = folder / "prometheus.yml"
        config.write_text(f"global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n{text}")
        command = [
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]
        self.log = open(folder / "prometheus.log", "wb")
        self.process = subprocess.Popen(command, stdout=self.log, stderr=self.log, cwd=folder)

    def ask(self, path: str, **parameters) -> dict | None:
        """The data of an answer; None before it listens and has started."""
        query = urllib.parse.urlencode(parameters)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}?{query}", timeout=60) as reply:
                return json.load(reply)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:
                return None
            raise AssertionError(f"{parameters}: {error.read().decode()}") from error
        except OSError:
            assert self.process.poll() is None, "prometheus has ended"
            return None

    def close(self):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()


@pytest.fixture
def prometheus(folder, seed):
    server = Server(folder, seed=seed)
    port = free_port()
    text = server.settings.read_text()
    server.settings.write_text(re.sub(r"metrics = .*", f'metrics = "127.0.0.1:{port}"', text))
    with server:
        running = Prometheus(folder, port)
        try:
            yield running
        finally:
            running.close()


def test_prometheus_scrapes_the_server_and_evaluates_alerts_and_dashboard(prometheus):
    def rules():
        groups = (prometheus.ask("rules") or {"groups": []})["groups"]
        return [rule for group in groups for rule in group["rules"]]

    until(lambda: rules() and all(rule["health"] != "unknown" for rule in rules()))
    assert {rule["name"]: rule.get("lastError", "") for rule in rules()} == dict.fromkeys(ALERTS, "")

    def result(expression):
        return prometheus.ask("query", query=expression)["result"]

    until(lambda: result('up{job="countersignd"} == 1'))
    assert not result('ALERTS{alertstate="firing"}')
    # A rate needs two scrapes.
    until(lambda: result("rate(countersign_requests_total[1m])"))
    of_hosts = ("countersign_logins_last_hour", "countersign_users")
    without = [each for each in expressions() if not result(each)]
    assert [each for each in without if not any(name in each for name in of_hosts)] == [
        'countersign_certificate_expiry_timestamp_seconds{instance=~".*"} - time()'
    ]


def test_the_dashboard_is_one_that_grafana_can_read():
    board = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    assert board["title"] == "Countersign" and board["schemaVersion"] >= 36
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"]) > 10
    places = [tuple(panel["gridPos"][key] for key in "xywh") for panel in board["panels"]]
    assert all(x + w <= 24 for x, _, w, _ in places) and len(set(places)) == len(places)
