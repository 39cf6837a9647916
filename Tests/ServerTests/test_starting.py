"""One server on one database: what the second one does to the first, and what is said where a start cannot be."""

import socket

from server import Reply, Server, SocketConnection, free_port


def serve(server, *arguments):
    """A start that fails."""
    done = server.command("serve", *arguments, check=False)
    assert done.returncode == 1 and done.stderr.startswith("error: ") and "\nhint: " in done.stderr, done.stderr
    assert "errno" not in done.stderr
    return done.stderr


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


def test_a_server_of_another_database_takes_no_address_away(folder):
    path, other = folder / "api.sock", folder / "other"
    with Server(folder, extra_listener=f"unix:{path}") as server:
        assert f"server.listen: 127.0.0.1 port {server.port}: another program" in serve(server, "--state", other)
        port = free_port()
        server.settings.write_text(server.settings.read_text().replace(f'"127.0.0.1:{server.port}"', f'"127.0.0.1:{port}"'))
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
