"""What the server tells Prometheus, by Prometheus' own tools."""

import re
import ssl
import subprocess
import time

import pytest

from support.monitoring import check, metrics, value
from support.outside import gateway, script
from support.patience import until
from support.selfsigned import certificate
from support.server import Server, handset

NAMES = {
    "countersign_approvals_total": "counter",
    "countersign_build_info": "gauge",
    "countersign_callbacks_total": "counter",
    "countersign_codes_total": "counter",
    "countersign_deliveries_total": "counter",
    "countersign_devices": "gauge",
    "countersign_push_total": "counter",
    "countersign_request_duration_seconds": "histogram",
    "countersign_requests_total": "counter",
    "countersign_waiting": "gauge",
    "process_cpu_seconds_total": "counter",
    "process_max_fds": "gauge",
    "process_open_fds": "gauge",
    "process_resident_memory_bytes": "gauge",
    "process_start_time_seconds": "gauge",
    "process_virtual_memory_bytes": "gauge",
}


def test_promtool_finds_nothing_wrong_and_each_metric_is_there_from_the_start(server):
    page = server.metrics()
    check(page)
    assert metrics(page) == NAMES
    assert value(page, "countersign_build_info", version="0.1.0") == 1


def test_each_end_of_an_approval_request_is_counted_once(server, app, phone, user):
    for decision in ["approved", "denied"]:
        assert phone.answer(app.create(user), decision).status == 200
    wrong = app.create(user, countersign={"number": "42"})
    assert phone.answer(wrong, "approved").json["status"] == "denied"
    canceled = app.create(user)
    assert app.call("DELETE", f"/onetouch/json/approval_requests/{canceled}").status == 200
    assert app.call("DELETE", f"/onetouch/json/approval_requests/{canceled}").status == 409
    app.create(user, seconds_to_expire=1)

    def counted(outcome):
        return value(server.metrics(), "countersign_approvals_total", outcome=outcome)

    until(lambda: counted("expired") == 1)
    assert {
        outcome: counted(outcome) for outcome in ["approved", "denied", "wrong_number", "cancelled", "expired"]
    } == {
        "approved": 1,
        "denied": 1,
        "wrong_number": 1,
        "cancelled": 1,
        "expired": 1,
    }


def test_requests_that_end_with_the_consent_are_counted(server, app, phone, user):
    app.create(user)
    assert phone.call("POST", f"applications/{app.id}", {"decision": "refused"}).status == 200
    assert value(server.metrics(), "countersign_approvals_total", outcome="cancelled") == 1


def test_codes_are_counted_by_kind_and_result(server, app, user):
    app.call("GET", f"/protected/json/sms/{user}?force=true")
    [code] = server.codes()
    wrong = "1234567" if code != "1234567" else "7654321"
    for each in [wrong, code, code]:
        app.verify(each, user)
    page = server.metrics()
    assert value(page, "countersign_codes_total", kind="onecode", result="accepted") == 1
    assert value(page, "countersign_codes_total", kind="any", result="wrong") >= 1
    assert value(page, "countersign_codes_total", kind="softtoken", result="accepted") == 0
    until(
        lambda: (
            value(server.metrics(), "countersign_deliveries_total", gateway="tee", kind="sms", result="accepted") == 1
        )
    )


def test_a_gateway_that_fails_is_counted_by_its_name(folder):
    failing = gateway("command", name="broken", command=[str(script(folder, "exit 1"))], **{"for": ["sms"]})
    with Server(folder, tables=failing) as server:
        user = server.application.new_user()
        server.application.call("GET", f"/protected/json/sms/{user}?force=true")
        labels = {"gateway": "broken", "kind": "sms"}
        until(lambda: value(server.metrics(), "countersign_deliveries_total", result="failed", **labels) >= 1)
        assert value(server.metrics(), "countersign_deliveries_total", result="accepted", **labels) == 0


def test_no_label_has_a_user_an_address_or_an_application(server, app, phone, user):
    app.create(user)
    app.verify("1234567", user)
    labels = {name for text in re.findall(r"\{(.*?)\}", server.metrics()) for name in re.findall(r"(\w+)=", text)}
    assert labels <= {"outcome", "kind", "result", "gateway", "code", "part", "le", "version"}
    assert not re.search(rf'"{user}"|127\.0\.0\.1|Example', server.metrics())


def test_requests_that_may_wait_are_counted_apart_from_the_others(server, app, phone, user):
    uuid = app.create(user, seconds_to_expire=1)
    before = value(server.metrics(), "countersign_request_duration_seconds_count", part="api")
    assert app.read(uuid, wait=60).status == 200
    page = server.metrics()
    assert value(page, "countersign_request_duration_seconds_count", part="api") == before
    assert value(page, "countersign_request_duration_seconds_count", part="waiting") == 1
    assert value(page, "countersign_request_duration_seconds_sum", part="waiting") > 0.5
    buckets = re.findall(r'_bucket\{part="waiting",le="(.*?)"\} (\d+)', page)
    assert [int(count) for _, count in buckets] == sorted(int(count) for _, count in buckets)
    assert buckets[-1] == ("+Inf", "1")


def test_phones_are_those_that_may_decide(folder, seed):
    with Server(folder, seed=seed) as server:
        user = server.application.new_user()
        handset(server, user)
        # The first look of a server that has not counted yet.
        assert value(server.metrics(), "countersign_devices") == 1


def test_the_end_of_the_certificate_is_that_of_the_file(folder):
    chain, key = certificate(folder, "live")
    with Server(folder, server=f'certificate = "{chain}"\nprivate_key = "{key}"', ca_file=chain) as server:
        shown = value(server.metrics(), "countersign_certificate_expiry_timestamp_seconds")
        command = ["openssl", "x509", "-in", chain, "-noout", "-enddate"]
        ends = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert shown == ssl.cert_time_to_seconds(ends.strip().removeprefix("notAfter="))


@pytest.mark.parametrize("name", ["process_resident_memory_bytes", "process_open_fds", "process_start_time_seconds"])
def test_the_process_is_this_one(server, name):
    found = value(server.metrics(), name)
    expected = {
        "process_resident_memory_bytes": lambda: 1 << 20 < found < 1 << 33,
        "process_open_fds": lambda: 3 < found < 1_000,
        "process_start_time_seconds": lambda: abs(found - time.time()) < 300,
    }
    assert expected[name](), found
