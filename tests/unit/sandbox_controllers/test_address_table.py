"""The files that map the sandbox's network to loopback sockets."""

from pathlib import Path

import pytest

from sandbox.address_table import AddressTable, Place, write_table

POD = "10.0.100.18"


@pytest.mark.parametrize(
    ("place", "host", "port", "protocol"),
    [
        pytest.param(Place(host=POD, port=80), POD, 80, "tcp", id="a stream"),
        pytest.param(Place(host=POD, port=53, protocol="udp"), POD, 53, "udp", id="datagrams"),
        pytest.param(Place(host="fd00::1", port=80), "fd00::1", 80, "tcp", id="an address of the sixth version"),
        pytest.param(Place(host="Web-1.elb", port=80), "web-1.ELB", 80, "tcp", id="a name in whatever case"),
    ],
)
def test_what_is_written_is_found(tmp_path: Path, place: Place, host: str, port: int, protocol: str) -> None:
    path = tmp_path / "pods.json"
    write_table(path, {place: ("127.0.0.1", 43121)})
    assert AddressTable(path).resolve(host, port, protocol) == ("127.0.0.1", 43121)


@pytest.mark.parametrize(
    ("host", "port", "protocol"),
    [
        pytest.param("10.0.100.19", 80, "tcp", id="another address"),
        pytest.param(POD, 81, "tcp", id="another port"),
        pytest.param(POD, 80, "udp", id="another protocol"),
    ],
)
def test_what_is_not_in_the_table_is_refused(tmp_path: Path, host: str, port: int, protocol: str) -> None:
    path = tmp_path / "pods.json"
    write_table(path, {Place(host=POD, port=80): ("127.0.0.1", 43121)})
    assert AddressTable(path).resolve(host, port, protocol) is None


def test_a_reader_follows_the_file_from_before_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "pods.json"
    table = AddressTable(path)
    assert table.resolve(POD, 80) is None
    write_table(path, {Place(host=POD, port=80): ("127.0.0.1", 43121)})
    assert table.resolve(POD, 80) == ("127.0.0.1", 43121)
    write_table(path, {Place(host=POD, port=80): ("127.0.0.1", 43122)})
    assert table.resolve(POD, 80) == ("127.0.0.1", 43122)
    path.unlink()
    assert table.resolve(POD, 80) is None


def test_the_file_is_what_its_readers_in_other_languages_expect(tmp_path: Path) -> None:
    path = tmp_path / "pods.json"
    write_table(
        path, {Place(host=POD, port=53, protocol="udp"): ("127.0.0.1", 9), Place(host=POD, port=80): ("::1", 8)}
    )
    assert AddressTable(path).entries() == {f"{POD}:53/udp": "127.0.0.1:9", f"{POD}:80": "::1:8"}
