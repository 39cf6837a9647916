"""What several suites share: waits, hosts, terminals, servers, browsers. pytest.ini puts its folder on the path."""
