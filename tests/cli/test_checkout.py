"""`fec quote` and `fec order` on a real chain."""

import json
from pathlib import Path

import pytest

from fec.core.amounts import WEI_PER_FEC

from .conftest import INVOICE, Shell, WeeksLater

# ---------------------------------------------------------------------- quote


def test_quote__shows_shares_dates_and_shape(shell: Shell, program: str) -> None:
    quote = shell.json("quote", "120", "--program", program)
    assert (quote["toMerchant"], quote["principal"], quote["face"]) == ("108", "12", "120")
    assert quote["firstRelease"] < quote["lastRelease"]
    printed = shell("quote", "120", "--program", program)
    assert "Returnable until  none: final immediately" in printed
    assert "12 FEC burned pay back 120 FEC over 100 periods of 7 days" in printed


@pytest.fixture
def giving(operator: Shell, program: str, bob: str) -> str:
    """The program with 5 % for Bob's cause."""
    operator("program", "set-terms", program, "--donation", "5", "--cause", bob)
    return program


def test_quote__with_a_cause__shares_add_up(shell: Shell, giving: str, bob: str) -> None:
    quote = shell.json("quote", "120", "--program", giving, "--cause", bob)
    assert (quote["toMerchant"], quote["donation"], quote["principal"]) == ("102", "6", "12")


def test_quote__no_cause__shares_add_up_and_the_offer_is_told(shell: Shell, giving: str) -> None:
    quote = shell.json("quote", "120", "--program", giving)
    assert (quote["toMerchant"], quote["donation"], quote["principal"]) == ("108", "0", "12")
    assert quote["donationIfCause"] == "6"


def test_quote__unknown_cause__is_refused(shell: Shell, giving: str, bob: str, alice: str) -> None:
    error = shell.refused("quote", "120", "--program", giving, "--cause", alice)
    assert error["message"] == f"Program {giving} donates to {bob}, not to {alice}. Choose one of its causes."


def test_quote__unknown_program__says_that_there_is_none(shell: Shell) -> None:
    error = shell.refused("quote", "120", "--program", "99")
    assert (error["error"], error["values"]) == ("ADN_UnknownProgram", {"programId": "99"})


def test_pay__with_a_cause__shows_what_is_given(operator: Shell, shell: Shell, giving: str, bob: str) -> None:
    operator("order", "sign", "120", "--program", giving, "--id", "A-5", "--out", INVOICE)
    printed = shell("order", "pay", INVOICE, "--cause", bob, "--yes")
    assert f"Donation          6 FEC to {bob}" in printed
    assert "To merchant       102 FEC" in printed
    assert "if a cause is chosen" not in printed


def test_quote__nothing_mined_since__counts_the_window_from_now(
    shell: Shell, patient: str, idle_weeks: WeeksLater
) -> None:
    idle_weeks(1)
    assert "none: final immediately" not in shell("quote", "120", "--program", patient)


def test_quote__no_terms__is_refused(shell: Shell) -> None:
    error = shell.refused("quote", "1", "--program", "1")
    assert error["error"] == "Checkout_NoTerms"
    assert error["values"] == {"programId": "1"}


def test_quote__over_quota__is_refused(shell: Shell, program: str) -> None:
    error = shell.refused("quote", "50001", "--program", program)
    assert error["error"] == "Checkout_QuotaExceeded"
    assert error["values"] == {
        "programId": program,
        "asked": str(50_001 * WEI_PER_FEC // 10),
        "left": str(5_000 * WEI_PER_FEC),
    }


# ----------------------------------------------------------------------- sign


def test_sign__printed__is_the_invoice(operator: Shell, program: str) -> None:
    signed = json.loads(operator("order", "sign", "5", "--program", program, "--id", "A-2"))
    assert (signed["programId"], signed["orderId"], signed["amount"]) == (int(program), "A-2", "5")


def test_sign__file_exists__is_left_alone(operator: Shell, program: str, invoice: str) -> None:
    before = Path(invoice).read_text()
    error = operator.refused("order", "sign", "5", "--program", program, "--id", "A-2", "--out", invoice)
    assert error["message"].startswith(f"The file {invoice} already exists.")
    assert Path(invoice).read_text() == before


def test_sign__not_the_signer__is_refused(shell: Shell, program: str, owner: str, alice: str) -> None:
    error = shell.refused("order", "sign", "5", "--program", program, "--id", "A-2")
    assert error["message"] == f"The signer of program {program} is {owner}, not {alice}. Sign with that key."


def test_sign__order_id_too_long__is_misuse(operator: Shell) -> None:
    said = operator.misused("order", "sign", "5", "--program", "1", "--id", "x" * 33)
    assert "does not fit 32 bytes" in said


# ------------------------------------------------------------------------ pay


def test_pay__by_transfer__mints_the_node(shell: Shell, invoice: str) -> None:
    paid = shell.json("order", "pay", invoice, "--yes")
    assert paid["amount"] == "120"
    assert shell.json("node", "show", paid["node"])["principal"] == "12"


def test_pay__by_permit__mints_the_node(shell: Shell, invoice: str) -> None:
    assert shell.json("order", "pay", invoice, "--by", "permit", "--yes")["node"] is not None


def test_pay__by_allowance__mints_the_node(shell: Shell, invoice: str) -> None:
    shell("order", "allow", "120")
    assert shell.json("order", "pay", invoice, "--by", "allowance", "--yes")["node"] is not None


def test_pay__by_allowance_not_given__says_how(shell: Shell, invoice: str, alice: str) -> None:
    assert shell.refused("order", "pay", invoice, "--by", "allowance", "--yes")["message"] == (
        f"Checkout may take 0 FEC from {alice}, but needs 120 FEC. Run `fec order allow 120`."
    )


def test_pay__from_nodes__spends_what_flowed_back(
    operator: Shell, shell: Shell, node: str, program: str, weeks_later: WeeksLater
) -> None:
    weeks_later(1)
    operator("order", "sign", "3", "--program", program, "--id", "A-3", "--out", INVOICE)
    shell("order", "allow", "3")
    paid = shell.json("order", "pay", INVOICE, "--by", "nodes", "--node", node, "--yes")
    assert paid["claimed"].startswith("3.83")


def test_pay__nodes_without_saying_so__is_misuse(shell: Shell, invoice: str) -> None:
    assert (
        shell.misused("order", "pay", invoice, "--node", "1-1")
        == "Error: --by nodes and --node need each other. Give both or neither."
    )


def test_pay__signed_and_relayed__needs_no_gas_of_the_payer(
    operator: Shell, shell: Shell, invoice: str, alice: str
) -> None:
    shell("order", "pay", invoice, "--sign", "payment.json")
    paid = operator.json("order", "relay", "payment.json")
    assert (paid["payer"], paid["customer"]) == (alice, alice)


def test_pay__twice__is_refused(shell: Shell, invoice: str) -> None:
    key = shell.json("order", "pay", invoice, "--yes")["orderKey"]
    error = shell.refused("order", "pay", invoice, "--yes")
    assert (error["error"], error["values"]) == ("Checkout_OrderAlreadyPaid", {"orderKey": key})


def test_pay__forged_invoice__is_refused(shell: Shell, program: str, owner: str, invoice: str) -> None:
    forged = {**json.loads(Path(invoice).read_text()), "amount": "1"}
    Path("forged.json").write_text(json.dumps(forged))
    error = shell.refused("order", "pay", "forged.json", "--yes")
    assert error["error"] == "Checkout_InvalidSignature"
    assert error["values"] == {"programId": program, "signer": owner}


def test_pay__expired__is_refused(shell: Shell, invoice: str, weeks_later: WeeksLater) -> None:
    weeks_later(1)
    error = shell.refused("order", "pay", invoice, "--yes")
    assert error["error"] == "Checkout_OrderExpired"
    assert error["values"]["expiry"] == str(json.loads(Path(invoice).read_text())["expiry"])


def test_pay__dry_run__pays_nothing(shell: Shell, invoice: str, program: str) -> None:
    shell("order", "pay", invoice, "--dry-run")
    assert shell.refused("order", "show", f"{program}/A-1")["message"].startswith("There is no paid order with key 0x")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "it is not JSON: Expecting property name"),
        ("[]", "it does not contain a JSON object"),
        ("{}", "it has no 'programId'"),
        ('{"programId": "2"}', "'2' is not a whole number"),
    ],
)
def test_pay__file_that_is_no_invoice__is_refused(shell: Shell, content: str, reason: str) -> None:
    Path("bad.json").write_text(content)
    assert shell.refused("order", "pay", "bad.json", "--yes")["message"].startswith(
        f"bad.json is not an invoice. Ask the merchant for the file again. ({reason}"
    )


# ---------------------------------------------------------------------- after


def paid(operator: Shell, shell: Shell, program: str) -> str:
    """Name of an order of Alice's over 120 FEC."""
    operator("order", "sign", "120", "--program", program, "--id", "R-1", "--out", "r.json")
    shell("order", "pay", "r.json", "--yes")
    return f"{program}/R-1"


def test_refund__part_and_rest__adds_up(operator: Shell, shell: Shell, patient: str) -> None:
    order = paid(operator, shell, patient)
    assert operator.json("order", "refund", order, "20", "--yes")["refundedInAll"] == "20"
    assert operator.json("order", "refund", order, "--yes")["amount"] == "100"
    assert shell.json("order", "show", order)["status"] == "refunded"


def test_refund__above_what_is_left__is_refused(operator: Shell, shell: Shell, patient: str) -> None:
    order = paid(operator, shell, patient)
    key = shell.json("order", "show", order)["orderKey"]
    error = operator.refused("order", "refund", order, "121", "--yes")
    assert error["error"] == "Checkout_RefundTooHigh"
    assert error["values"] == {
        "orderKey": key,
        "asked": str(121 * WEI_PER_FEC),
        "left": str(120 * WEI_PER_FEC),
    }


def test_refund__stranger__is_refused(operator: Shell, shell: Shell, patient: str, alice: str) -> None:
    order = paid(operator, shell, patient)
    error = shell.refused("order", "refund", order, "--yes")
    assert (error["error"], error["values"]) == (
        "Checkout_NotSignerOrOperator",
        {"programId": patient, "caller": alice},
    )


def test_capture__after_the_window__mints_the_node(
    operator: Shell, shell: Shell, patient: str, weeks_later: WeeksLater
) -> None:
    paid(operator, shell, patient)
    weeks_later(1)
    [captured] = shell.json("order", "capture")["captured"]
    assert (captured["toMerchant"], captured["burned"]) == ("108", "12")
    assert shell.json("node", "list")["nodes"][0]["name"] == captured["node"]


def test_capture__nothing_mined_since_the_window__finds_the_order(
    operator: Shell, shell: Shell, patient: str, idle_weeks: WeeksLater
) -> None:
    paid(operator, shell, patient)
    idle_weeks(1)
    assert len(shell.json("order", "capture")["captured"]) == 1


def test_capture__within_the_window__is_refused(operator: Shell, shell: Shell, patient: str) -> None:
    order = paid(operator, shell, patient)
    error = shell.refused("order", "capture", order)
    assert error["error"] == "Checkout_ReturnWindowOpen"
    assert error["values"]["orderKey"] == shell.json("order", "show", order)["orderKey"]


def test_capture__nothing_due__is_refused(shell: Shell) -> None:
    assert shell.refused("order", "capture")["message"].startswith("No order is due for capture.")


def test_list__shows_where_each_stands(operator: Shell, shell: Shell, patient: str, bob: str) -> None:
    paid(operator, shell, patient)
    [listed] = shell.json("order", "list", "--program", patient)
    assert (listed["status"], listed["held"]) == ("escrowed", "120")
    assert shell.json("order", "list", "--customer", bob) == []
    assert "escrowed" in shell("order", "list")


def test_show__captured_at_once__has_the_whole_story(operator: Shell, shell: Shell, program: str, alice: str) -> None:
    order = paid(operator, shell, program)
    shown = shell.json("order", "show", order)
    assert (shown["programId"], shown["orderId"], shown["customer"]) == (int(program), "R-1", alice)
    assert (shown["amount"], shown["capture"]["toMerchant"], shown["capture"]["burned"]) == ("120", "108", "12")
    assert shell.json("order", "list") == [shown]


def test_show__captured_at_once__names_the_node(operator: Shell, shell: Shell, program: str) -> None:
    order = paid(operator, shell, program)
    assert f"ADN {shell.json('node', 'list')['nodes'][0]['name']}" in shell("order", "show", order)


def test_list__for_people__has_the_merchants_own_ids(operator: Shell, shell: Shell, program: str) -> None:
    paid(operator, shell, program)
    printed = shell("order", "list")
    assert "Merchant's id" in printed
    assert "R-1" in printed


def test_show__no_order__is_misuse(shell: Shell) -> None:
    assert "'A-1' is not an order. Write program and order id" in shell.misused("order", "show", "A-1")
