"""One server on one database: a second start leaves the first one alone, and failed starts report why."""

import fcntl
import json
import os
import pathlib
import re
import socket
import subprocess

import pytest

from support.patience import PATIENCE
from support.selfsigned import certificate
from support.server import PROGRAM, Reply, Server, SocketConnection, free_port, start_error


def serve(server, *arguments):
    """A start that fails."""
    done = server.command("serve", *arguments, check=False)
    assert done.returncode == 1 and "\nhint: " in start_error(done) and "errno" not in done.stderr
    return start_error(done)


def is_alive(path) -> bool:
    connection = SocketConnection(path)
    try:
        connection.request("GET", "/healthz")
        return Reply(connection.getresponse()).status == 200
    finally:
        connection.close()


def test_a_second_server_on_a_database_harms_the_first_one_not(folder):
    path = folder / "api.sock"
    with Server(folder, extra_listener=f"unix:{path}") as server:
        for _ in range(2):
            assert "error: a countersignd is running already on this database\n" in serve(server)
        assert is_alive(path) and server.call("GET", "/healthz").status == 200
        assert server.command("check").returncode == 0
        server.restart()
        assert is_alive(path)


def test_who_may_read_the_state_folder_keeps_no_server_from_starting_by_a_lock_on_it(folder):
    with Server(folder) as server:
        server.stop()
        descriptor = os.open(server.state, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            server.start()
            assert server.call("GET", "/healthz").status == 200
            assert "error: a countersignd is running already on this database\n" in serve(server)
        finally:
            os.close(descriptor)


def test_a_server_of_another_database_takes_no_address_away(folder):
    path, other = folder / "api.sock", folder / "other"
    with Server(folder, extra_listener=f"unix:{path}") as server:
        server.command("init", "--state", other)
        assert f"server.listen: 127.0.0.1 port {server.port}: another program" in serve(server, "--state", other)
        port = free_port()
        server.settings.write_text(
            server.settings.read_text().replace(f'"127.0.0.1:{server.port}"', f'"127.0.0.1:{port}"')
        )
        assert f"server.listen: unix:{path}: another server" in serve(server, "--state", other)
        assert is_alive(path)


def test_a_socket_that_was_left_behind_is_taken(folder):
    path = folder / "api.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    with Server(folder, extra_listener=f"unix:{path}"):
        assert is_alive(path)


def test_a_socket_in_a_folder_that_is_not_there_is_named(folder):
    server = Server(folder, extra_listener=f"unix:{folder}/none/api.sock")
    assert f"unix:{folder}/none/api.sock" in serve(server)


def of_nobody(folder, certificate_lines) -> Server:
    """A server that runs as the user nobody, who owns its state directory."""
    folder.chmod(0o711)
    server = Server(folder, server=certificate_lines)
    server.settings.chmod(0o644)
    for path in (server.state, *server.state.iterdir()):
        os.chown(path, 65534, 65534)
    return server


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
@pytest.mark.parametrize("command", ["serve", "check"])
def test_a_certificate_that_the_user_of_the_server_cannot_read_is_named_with_the_way_out(folder, command):
    chain, key = certificate(folder, "own")
    server = of_nobody(folder, f'certificate = "{chain}"\nprivate_key = "{key}"')
    key.chmod(0o600)

    def error():
        done = server.command(command, check=False)
        assert done.returncode == 1
        return start_error(done) if command == "serve" else done.stderr

    assert error() == (
        f"error: server.private_key: {key}: nobody may not read it\nhint: chgrp nogroup {key}; chmod 640 {key}\n"
    )
    os.chown(key, 0, 65534)
    key.chmod(0o640)
    chain.chmod(0o600)
    assert f"error: server.certificate: {chain}: nobody may not read it\n" in error()
    chain.chmod(0o644)
    assert "are right" in server.command("check").stdout
    folder.chmod(0o700)
    assert f"error: {server.state}: nobody may not enter {folder}\n" in error()


def test_a_certificate_that_is_missing_or_none_is_named(folder):
    chain, key = certificate(folder, "own")
    _, other = certificate(folder, "other")
    server = Server(folder, server=f'certificate = "{chain}"\nprivate_key = "{key}"')
    text = key.read_bytes()
    key.write_text("nonsense\n")
    assert f"server.private_key: {key}: there is no private key" in serve(server)
    key.write_bytes(other.read_bytes())
    assert f"server.private_key: {key}: this key does not belong" in serve(server)
    key.unlink()
    assert f"server.private_key: {key}: there is no such file" in serve(server)
    key.write_bytes(text)
    chain.write_text("nonsense\n")
    assert f"server.certificate: {chain}: there is no certificate" in serve(server)
    chain.unlink()
    assert f"server.certificate: {chain}: there is no such file" in serve(server)


def test_check_says_what_keeps_serve_from_starting(folder):
    server = Server(folder, tables='[[gateway]]\ntype = "log"\n')
    done = server.command("check")
    assert "warning: the gateway log " in done.stderr and "--insecure-log-codes" in done.stderr


@pytest.mark.parametrize("word", ["there is no such program", "may not run it"])
def test_check_says_that_the_program_of_a_gateway_cannot_be_run(folder, word):
    program = folder / "send"
    if "may" in word:
        program.write_text("#!/bin/sh\n")
    server = Server(folder, tables=f'[[gateway]]\ntype = "command"\nname = "modem"\ncommand = ["{program}"]\n')
    done = server.command("check", check=False)
    assert (
        done.returncode == 1
        and f"error: gateway modem: {program}: " in done.stderr
        and word in done.stderr
        and "\nhint: " in done.stderr
    )
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert server.command("check").returncode == 0


def test_check_says_that_the_secret_of_a_gateway_is_missing(folder):
    server = Server(
        folder, tables=f'[[gateway]]\ntype = "webhook"\nurl = "https://example.com"\nsecret_file = "{folder}/secret"\n'
    )
    done = server.command("check", check=False)
    assert done.returncode == 1 and f"{folder}/secret" in done.stderr


def test_wrong_settings_end_with_a_code_of_their_own_that_no_restart_mends(folder):
    server = Server(folder)
    text = server.settings.read_text()
    server.settings.write_text(text.replace("public_url", "public_ulr"))
    done = server.command("serve", check=False)
    assert done.returncode == 78 and "public_ulr" in start_error(done) and len(done.stderr.splitlines()) == 1
    unit = pathlib.Path(__file__).parents[2].joinpath("systemd/countersignd.service").read_text()
    prevented = re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE)[1].split()
    assert {"64", "78"} <= set(prevented) and not {"1"} & set(prevented)
    assert "\nStartLimitIntervalSec=0\n" in unit
    # What libdispatch calls is allowed again after what was taken away with its group.
    filters = re.findall(r"^SystemCallFilter=(.*)$", unit, re.MULTILINE)
    assert filters.index("setpriority") > filters.index("~@privileged @resources")
    server.settings.write_text(text)
    with server:
        # That another server is there may pass.
        assert server.command("serve", check=False).returncode == 1


def test_arguments_of_serve_that_make_no_sense_are_logged_too(folder):
    done = Server(folder).command("serve", "--nonsense", check=False)
    assert done.returncode == 64 and "--nonsense" in start_error(done)


@pytest.mark.parametrize(
    "listen, served",
    [
        (["0.0.0.0:{port}", "[::]:{port}"], ["127.0.0.1", "::1"]),
        (["[::]:{port}", "0.0.0.0:{port}"], ["127.0.0.1", "::1"]),
        (["[::]:{port}"], ["127.0.0.1", "::1"]),
        (["[::1]:{port}", "[::]:{port}", "127.0.0.1:{port}"], ["127.0.0.1", "::1"]),
        (["127.0.0.1:{port}", "0.0.0.0:{port}"], ["127.0.0.1", "127.0.0.2"]),
        (["127.0.0.1:{port}", "[::1]:{port}"], ["127.0.0.1", "::1"]),
    ],
)
def test_listeners_of_both_families_and_in_one_another_are_all_served(folder, listen, served):
    server = Server(folder, server="behind_proxy = true")
    server.listeners = [address.format(port=server.port) for address in listen]
    server.settings.write_text(
        re.sub(r"listen = .*", f"listen = {json.dumps(server.listeners)}", server.settings.read_text())
    )
    assert server.command("check").returncode == 0
    with server:
        for address in served:
            with socket.create_connection((address, server.port), timeout=PATIENCE) as raw:
                raw.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
                assert raw.recv(100).startswith(b"HTTP/1.1 200")


def test_counts_at_an_address_that_another_listener_has_in_it_are_refused(folder):
    server = Server(folder, server="behind_proxy = true")
    text = server.settings.read_text().replace(f"127.0.0.1:{server.port}", f"[::]:{server.port}")
    server.settings.write_text(re.sub(r"metrics = .*", f'metrics = "127.0.0.1:{server.port}"', text))
    done = server.command("check", check=False)
    assert done.returncode == 1 and f"[::]:{server.port} in listen has 127.0.0.1:{server.port} in it" in done.stderr
    assert server.command("serve", check=False).returncode == 78


def test_check_makes_nothing(folder):
    settings = folder / "settings.toml"
    settings.write_text(f'state = "{folder}/state"\nmaster_key = "{folder}/state/master.key"\n')
    settings.chmod(0o600)
    for _ in range(2):
        done = subprocess.run(
            [PROGRAM, "check", "--config", settings], capture_output=True, text=True, timeout=PATIENCE
        )
        assert (done.returncode, done.stdout) == (
            1,
            "The settings are right.\n",
        ) and "countersignd init" in done.stderr, done
        assert [path.name for path in folder.rglob("*") if path != folder / "state"] == ["settings.toml"]
        (folder / "state").mkdir(mode=0o700, exist_ok=True)
