"""The client of an identity provider, as it stands in a Secret (ingress behaviour, section 14)."""

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from services.runtime.client_secrets import client_id, client_secret, digest


def secret(data: Mapping[str, str | bytes], uid: str = "uid-1") -> dict[str, Any]:
    raw = {key: text.encode() if isinstance(text, str) else text for key, text in data.items()}
    encoded = {key: base64.b64encode(text).decode() for key, text in raw.items()}
    return {"metadata": {"uid": uid, "name": "idp"}, "data": encoded}


@pytest.mark.parametrize(
    ("data", "id_", "text"),
    [
        pytest.param({"clientID": "shop", "clientSecret": "s3"}, "shop", "s3", id="both as they stand"),
        pytest.param({"clientId": "shop", "clientSecret": "s3"}, "shop", "s3", id="the id by its other key"),
        pytest.param({"clientID": "one", "clientId": "two"}, "one", "", id="the first key counts"),
        pytest.param({"clientID": "", "clientId": "two"}, "two", "", id="an empty one does not"),
        pytest.param(
            {"clientID": " shop \n\t", "clientSecret": "s3 \n"}, " shop", "s3 ", id="ends are cut, each its own"
        ),
        pytest.param({"clientSecret": "s\n3\r\n\x00"}, "", "s\n3", id="control characters go at the end only"),
        pytest.param({"clientID": b"\xff", "clientSecret": b"\xff"}, "", "", id="what is no text counts as none"),
        pytest.param({}, "", "", id="none"),
    ],
)
def test_id_and_secret_are_read(data: Mapping[str, str | bytes], id_: str, text: str) -> None:
    assert (client_id(secret(data)), client_secret(secret(data))) == (id_, text)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"data": None, "metadata": None}, id="nulls"),
        pytest.param({"data": {"clientID": "%%%", "clientSecret": 7}}, id="what is not base64"),
    ],
)
def test_a_secret_that_cannot_be_read_has_no_client(raw: dict[str, Any]) -> None:
    assert (client_id(raw), client_secret(raw), len(digest(raw))) == ("", "", 32)


def test_a_digest_changes_with_the_secret_and_with_its_object_and_with_nothing_else() -> None:
    first = secret({"clientID": "shop", "clientSecret": "s3"})
    assert digest(first) == digest(secret({"clientID": "other", "clientSecret": "s3\n", "more": "x"}))
    others = (secret({"clientSecret": "s4"}), secret({"clientSecret": "s3"}, "uid-2"))
    assert len({digest(first), *map(digest, others)}) == 3
