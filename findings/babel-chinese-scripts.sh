#!/usr/bin/env bash
# Babel 2.18.0 (Python 3.11).
#
# Expected: negotiate_locale finds the catalog of a language by its script: zh_TW is written in Traditional characters
#           (zh_Hant), zh_CN in Simplified ones (zh_Hans). CLDR's likely subtags say so, and Babel has them:
#           Locale.parse("zh_TW") is zh_Hant_TW.
# Seen:     None for zh_TW, zh_HK and zh_CN, and likewise for sr_RS against sr_Cyrl.
# Here:     a person whose LANG is zh_TW.UTF-8 would read English. fec.i18n maps by script itself.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check babel==2.18.0 2> "$folder/pip.log"
seen=$("$folder/venv/bin/python" - <<'END'
from babel import Locale, negotiate_locale

catalogs = ["zh_Hant", "zh_Hans", "sr_Cyrl", "sr_Latn"]
print(Locale.parse("zh_TW"), *(negotiate_locale([one], catalogs) for one in ("zh_TW", "zh_HK", "zh_CN", "sr_RS")))
END
)
expected="zh_Hant_TW None None None None"
echo "seen: $seen"
[ "$seen" = "$expected" ] || { echo "changed: it was $expected" >&2; exit 1; }
