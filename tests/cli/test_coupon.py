"""`fec balance` and `fec send` on a real chain."""

from fec.core.amounts import WEI_PER_FEC

from .conftest import Shell


def test_balance__own__is_exact(shell: Shell, alice: str) -> None:
    assert shell.json("balance") == {"account": alice, "balance": "100000"}


def test_balance__of_another__is_theirs(shell: Shell, bob: str) -> None:
    assert shell("balance", bob) == f"{bob} has 0 FEC.\n"


def test_balance__nobody_named__asks_whose(shell: Shell) -> None:
    assert shell.as_(None).refused("balance")["error"] == "SignerMissing"


def test_send__arrives(shell: Shell, bob: str) -> None:
    sent = shell.json("send", bob, "12.000000000000000001", "--yes")
    assert (sent["to"], sent["amount"]) == (bob, "12.000000000000000001")
    assert shell.json("balance", bob)["balance"] == "12.000000000000000001"


def test_send__answered_no__sends_nothing(shell: Shell, bob: str) -> None:
    result = shell.run("send", bob, "12", answer="n\n")
    assert result.exit_code == 1
    assert shell.json("balance", bob)["balance"] == "0"


def test_send__machine_without_yes__sends_nothing(shell: Shell, bob: str) -> None:
    assert shell.refused("send", bob, "12")["message"] == "Nothing was done. Add --yes to confirm without a question."


def test_send__dry_run__sends_nothing(shell: Shell, bob: str) -> None:
    before = shell.anvil.web3.eth.block_number
    assert shell.json("send", bob, "12", "--dry-run")["dryRun"] is True
    assert shell.anvil.web3.eth.block_number == before


def test_send__more_than_one_has__is_refused(shell: Shell, alice: str, bob: str) -> None:
    error = shell.as_(bob).refused("send", alice, "1", "--yes")
    assert error["error"] == "ERC20InsufficientBalance"
    assert error["values"] == {"sender": bob, "balance": "0", "needed": str(WEI_PER_FEC)}
