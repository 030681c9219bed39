"""What the package ships of each contract."""

import pytest

from fec.i18n.errors import DeploymentMissing
from fec.protocol import abi


def test_names__include_the_protocol() -> None:
    assert {"ADN", "FEC"} <= set(abi.names())


def test_load__twice__is_the_same_object() -> None:
    assert abi.load("ADN") is abi.load("ADN")


def test_load__unknown__raises() -> None:
    with pytest.raises(DeploymentMissing, match="ships no contract named 'Nothing'"):
        abi.load("Nothing")
