"""Languages: how one is chosen, and what is said in each."""

import ast
import copy
import pickle
import threading
from pathlib import Path

import pytest
from babel.messages.catalog import Message as Entry

import fec
from fec import i18n
from fec.core.amounts import WEI_PER_FEC
from fec.core.durations import DAY, HOUR
from fec.i18n import Message, _, ngettext
from fec.i18n.errors import (
    DeploymentMissing,
    FECError,
    InvalidAmount,
    LimitExceeded,
    RPCUnreachable,
    TransactionPending,
    WrongNetwork,
)
from fec.i18n.parsing import parse_fec
from tools import messages

CAP = 2**95 - 1
#: 2026-01-05 12:05 UTC: the same day in most zones.
NOON = 1_767_614_700


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("en", "en"),
        ("en_GB.UTF-8", "en"),
        ("ms", "ms"),
        ("ms_MY.UTF-8", "ms"),
        ("ms-SG", "ms"),
        ("zsm", "ms"),
        ("zh", "zh_Hans"),
        ("zh_CN.UTF-8", "zh_Hans"),
        ("zh-SG", "zh_Hans"),
        ("zh_Hans_HK", "zh_Hans"),
        ("cmn-CN", "zh_Hans"),
        ("zh_TW.UTF-8", "zh_Hant"),
        ("zh-HK", "zh_Hant"),
        ("zh-MO", "zh_Hant"),
        ("zh-Hant-MO", "zh_Hant"),
        ("ZH-hant", "zh_Hant"),
        ("zh_Hant_CN", "zh_Hant"),
        ("yue", "zh_Hant"),
        ("id", None),
        ("zh-Latn", None),
        ("C.UTF-8", None),
        ("*", None),
        ("", None),
        ("../../etc/passwd", None),
    ],
)
def test_find__any_tag__goes_by_script_and_territory(tag: str, locale: str | None) -> None:
    assert i18n.find(tag) == locale


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "en"),
        ("", "en"),
        ("de, fr;q=0.9", "en"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh_Hant"),
        ("fr, zh-CN;q=0.7, ms;q=0.71", "ms"),
        ("ms;q=0, zh-HK;q=0.001", "zh_Hant"),
        ("en;q=0.5, ms;q=1.000", "ms"),
        ("ms ; q=0.3 , zh-Hans", "zh_Hans"),
        ("zh-CN, zh-TW", "zh_Hans"),
        (";;,q=,=;q=x,ms", "ms"),
    ],
)
def test_negotiate__header__takes_what_is_wanted_most(header: str | None, locale: str) -> None:
    assert i18n.negotiate(header) == locale


@pytest.mark.parametrize(
    ("environment", "locale"),
    [
        ({}, "en"),
        ({"LANG": "zh_TW.UTF-8"}, "zh_Hant"),
        ({"LANG": "zh_TW.UTF-8", "LC_MESSAGES": "ms_MY"}, "ms"),
        ({"LANG": "zh_TW.UTF-8", "LC_MESSAGES": "ms_MY", "LC_ALL": "C"}, "en"),
        ({"LC_ALL": "C", "FEC_LANG": "zh-CN"}, "zh_Hans"),
        ({"FEC_LANG": "", "LANG": "ms_MY"}, "ms"),
    ],
)
def test_of_environment__several_variables__the_narrower_goes_first(environment: dict[str, str], locale: str) -> None:
    assert i18n.of_environment(environment) == locale


def test_use__as_context__ends_with_it() -> None:
    with i18n.use("ms"), i18n.use("zh_Hant"):
        assert i18n.current() == "zh_Hant"
    assert i18n.current() == "en"


def test_use__other_thread__speaks_its_own() -> None:
    heard = []
    with i18n.use("ms"):
        thread = threading.Thread(target=lambda: heard.append(i18n.current()))
        thread.start()
        thread.join()
    assert heard == ["en"]


def test_use__language_that_is_not_here__is_refused() -> None:
    with pytest.raises(ValueError, match="'fr' is none of en, zh_Hans, zh_Hant, ms"):
        i18n.use("fr")


def test_catalogs__every_sentence__is_translated_and_fresh() -> None:
    assert messages.check() == []


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (Entry("{a:fec} of {b}", "{a} {b}"), "places for values differ"),
        (Entry("{a} of {b}", "{a}"), "places for values differ"),
        (Entry("Give --rpc URL", "Beri --rpc"), "what is typed differs"),
        (Entry("Run `fec dev`.", "Jalankan `fec`."), "what is typed differs"),
        (Entry("Done.", ""), "not translated"),
        (Entry(("{n} node", "{n} nodes"), ("",)), "not translated"),
        (Entry("Done.", "Selesai.", flags={"fuzzy"}), "fuzzy"),
    ],
)
def test_faults_of__translation_that_is_wrong__says_how(entry: Entry, fault: str) -> None:
    assert messages.faults_of(entry) == [fault]


@pytest.mark.parametrize("folder", ["", "cli", "store", "relayer", "indexer", "service", "replay"])
def test_errors__of_each_folder__carry_values_apart_from_their_sentence(folder: str) -> None:
    # A sentence made beforehand could not be said in another language.
    root = Path(fec.__file__).parent
    errors = messages.error_names(sorted(root.rglob("*.py")))
    made = [
        f"{path.relative_to(root)}:{call.lineno}"
        for path in sorted((root / folder).glob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call)
        and ast.unparse(call.func).rpartition(".")[2] in errors
        and call.args
        and isinstance(call.args[0], ast.JoinedStr | ast.BinOp)
    ]
    assert made == []


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "Nothing answers at http://a. Start the node, or check the address."),
        ("zh_Hans", "http://a 没有响应。请启动节点服务器，或检查地址。"),
        ("zh_Hant", "http://a 沒有回應。請啟動節點伺服器，或檢查位址。"),
        ("ms", "Tiada jawapan di http://a. Mulakan pelayan nod, atau semak alamatnya."),
    ],
)
def test_error__each_language__says_the_same(locale: str, text: str) -> None:
    error = RPCUnreachable("Nothing answers at {url}. Start the node, or check the address.", url="http://a")
    assert error.localized(locale) == text
    with i18n.use(locale):
        assert str(error) == text
        assert error.args == ("Nothing answers at http://a. Start the node, or check the address.",)


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("zh_Hans", "计划 3 的配额还剩 0.1 FEC，不足 1,250 FEC。请减少销毁，或申请增加配额。"),
        ("zh_Hant", "方案 3 的配額還剩 0.1 FEC，不足 1,250 FEC。請減少銷毀，或申請增加配額。"),
        ("ms", "Program 3 mempunyai baki kuota 0.1 FEC, tidak cukup untuk 1,250 FEC."),
    ],
)
def test_contract_error__each_language__has_sentence_and_values(locale: str, text: str) -> None:
    sentence = (
        "Program {programId} has {left:fec} of quota left, less than {asked:fec}. Burn less, or ask for more quota."
    )
    values = {"programId": 3, "asked": 1_250 * WEI_PER_FEC, "left": 10**17}
    error = LimitExceeded("ADN_QuotaExceeded", values, sentence)
    assert error.localized(locale).startswith(text)
    assert error.localized(locale).endswith(f" [ADN_QuotaExceeded(programId=3, asked={1_250 * 10**18}, left={10**17})]")


@pytest.mark.parametrize(
    "error",
    [
        InvalidAmount("{text!r} is not hex.", text="{x}"),
        WrongNetwork(1, 31_337),
        TransactionPending("0x1", 180),
        DeploymentMissing("{path} is not JSON: {reason}", path=Path("a"), reason=ValueError("b")),
        LimitExceeded("Some", {"left": 1}, "{left:fec} left."),
    ],
)
def test_error__pickled_or_copied__stays_what_it_is(error: FECError) -> None:
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 (made here)
        assert type(twin) is type(error)
        assert vars(twin) == vars(error)
        assert twin.args == error.args
        assert [twin.localized(locale) for locale in i18n.LOCALES] == [
            error.localized(locale) for locale in i18n.LOCALES
        ]


def test_error__braces_without_values__are_text() -> None:
    assert str(FECError("What came is {no: json}.")) == "What came is {no: json}."


def test_error__within_an_error__is_said_in_the_same_language() -> None:
    inner = InvalidAmount("A node needs principal. Give an amount above 0.")
    outer = FECError("{path}, line {line}: {reason}", path="a.csv", line=2, reason=inner)
    assert outer.localized("ms") == "a.csv, baris 2: Nod memerlukan prinsipal. Beri jumlah lebih daripada sifar."


def test_error__list_of_sentences__is_said_in_the_same_language() -> None:
    checks = [Message("FEC: its minter is ADN"), Message("ADN: its coupon is FEC")]
    error = FECError(
        "The deployment is not as it should be. These do not hold: {checks}. Do not use it. Deploy again.",
        checks=checks,
    )
    assert "FEC：其鑄造者是 ADN; ADN：其代幣是 FEC。" in error.localized("zh_Hant")
    assert "FEC: its minter is ADN; ADN: its coupon is FEC." in str(error)


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_amount__highest_cap__is_exact(locale: str) -> None:
    with i18n.use(locale):
        assert i18n.amount(CAP) == "39,614,081,257.132168796771975167"
        assert i18n.amount(CAP, 4) == "39,614,081,257.1321"
        assert parse_fec(i18n.amount(CAP)) == CAP


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_number__beyond_decimals_of_28_digits__is_exact(locale: str) -> None:
    with i18n.use(locale):
        assert i18n.number(10**31 + 1) == "10,000,000,000,000,000,000,000,000,000,001"


@pytest.mark.parametrize(
    ("locale", "date", "short", "month"),
    [
        ("en", "2026-01-05", "2026-01-05", "2026-01-05 "),
        ("zh_Hans", "2026年1月5日 ", "2026/1/5 ", "2026年1月5日 "),
        ("zh_Hant", "2026年1月5日 ", "2026/1/5 ", "2026年1月5日 "),
        ("ms", "5 Jan 2026 ", "5/1/2026 ", "5 Jan 2026 "),
    ],
)
def test_local__each_language__has_its_own_order(locale: str, date: str, short: str, month: str) -> None:
    with i18n.use(locale):
        assert i18n.local(NOON).startswith(date)
        assert i18n.local(NOON, short=True).startswith(short)
        assert _("{moment:date}", moment=NOON).startswith(month)


@pytest.mark.parametrize("locale", i18n.LOCALES)
def test_local__beyond_the_calendar__is_given_in_seconds(locale: str) -> None:
    with i18n.use(locale):
        assert i18n.local(10**18) == "1000000000000000000 s"


@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("en", "1 day 14 hours 24 minutes 1 second"),
        ("zh_Hans", "1 天 14 小时 24 分钟 1 秒"),
        ("zh_Hant", "1 天 14 小時 24 分鐘 1 秒"),
        ("ms", "1 hari 14 jam 24 minit 1 saat"),
    ],
)
def test_duration__each_language__has_every_unit(locale: str, text: str) -> None:
    with i18n.use(locale):
        assert i18n.duration(DAY + 14 * HOUR + 24 * 60 + 1) == text


def test_duration__nothing__is_zero_seconds() -> None:
    assert i18n.duration(0) == "0 seconds"


@pytest.mark.parametrize(
    ("locale", "one", "many"),
    [
        ("en", "1 node", "1,234 nodes"),
        ("zh_Hans", "1 个节点", "1,234 个节点"),
        ("zh_Hant", "1 個節點", "1,234 個節點"),
        ("ms", "1 nod", "1,234 nod"),
    ],
)
def test_ngettext__each_language__has_its_plural(locale: str, one: str, many: str) -> None:
    with i18n.use(locale):
        assert ngettext("{count:number} node", "{count:number} nodes", 1) == one
        assert ngettext("{count:number} node", "{count:number} nodes", 1_234) == many


@pytest.mark.parametrize(
    ("locale", "text"), [("en", "12.5 %"), ("zh_Hans", "12.5%"), ("zh_Hant", "12.5%"), ("ms", "12.5%")]
)
def test_percent__each_language__has_its_own_space(locale: str, text: str) -> None:
    with i18n.use(locale):
        assert i18n.percent(1_250) == text


def test_message__is_english_text__whatever_is_spoken() -> None:
    with i18n.use("ms"):
        message = Message("{name}: its code is what was compiled", name="ADN")
    assert message == "ADN: its code is what was compiled"
    assert message.localized("ms") == "ADN: kodnya sama dengan yang dikompil"


@pytest.mark.parametrize(
    ("locale", "tag"), [("en", "en"), ("zh_Hans", "zh-Hans"), ("zh_Hant", "zh-Hant"), ("ms", "ms")]
)
def test_language_tag__is_what_http_has(locale: str, tag: str) -> None:
    assert i18n.language_tag(locale) == tag
