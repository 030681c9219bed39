#!/usr/bin/env bash
# siwe 4.4.0 with abnf 2.5.1 and eth-account 0.13.7 (Python 3.11).
#
# Expected: verify() checks the signature of the text that was signed. EIP-4361 allows `Resources:` without any resource, and a
#           request id without characters: "resources = *( LF "- " URI )", "request-id = *pchar".
# Seen:     both parse, and verify() refuses both. It writes the message anew from its fields, leaves empty ones out, and checks
#           the signature of that.
# Also:     from_message() takes quadratic time: seconds for a text of 4,000 characters (docs/assurance/edge.md).
# Here:     fec reads the text by itself (fec/protocol/sign_in_message.py), and checks the signature of the text as it came.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check siwe==4.4.0 abnf==2.5.1 eth-account==0.13.7 2> "$folder/pip.log"
seen=$("$folder/venv/bin/python" - <<'END'
from eth_account import Account
from eth_account.messages import encode_defunct
from siwe import InvalidSignature, SiweMessage

key = Account.from_key(b"\1" * 32)
text = f"""example.org wants you to sign in with your Ethereum account:
{key.address}


URI: https://example.org
Version: 1
Chain ID: 1
Nonce: 12345678
Issued At: 2026-01-05T09:00:00Z"""


def verified(signed):
    message = SiweMessage.from_message(signed)
    try:
        message.verify(key.sign_message(encode_defunct(text=signed)).signature.hex())
    except InvalidSignature:
        return "refused"
    return "taken"


print(*(f"{name}: {verified(text + end)}" for name, end in (("plain", ""), ("no resources", "\nResources:"), ("no request id", "\nRequest ID: "))), sep=", ")
END
)
expected="plain: taken, no resources: refused, no request id: refused"
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
