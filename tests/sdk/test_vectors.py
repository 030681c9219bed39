"""What the SDK's tests compare with is what `fec` computes."""

from tests.sdk import vectors


def test_vectors__in_the_sdk__are_what_fec_computes() -> None:
    assert vectors.FILE.read_text() == vectors.text(), "Run `python -m tests.sdk.vectors`."
