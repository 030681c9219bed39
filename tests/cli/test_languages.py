"""The command line in four languages."""

import json
import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from fec.cli import main
from fec.cli.help import wrap
from fec.i18n import LOCALES, amount
from fec.i18n.parsing import parse_fec
from tests.cli.conftest import Shell

CHINESE_OR_MALAY = [locale for locale in LOCALES if locale != "en"]
ENVIRONMENT = ("FEC_LANG", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def _no_language(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ENVIRONMENT:
        monkeypatch.delenv(variable, raising=False)


def run(*words: str, **environment: str) -> Result:
    return CliRunner(mix_stderr=False).invoke(main, list(words), env=environment, prog_name="fec")


@pytest.mark.parametrize(
    ("locale", "first", "half"),
    [
        ("en", "1,000 FEC burned pay back 10,000 FEC over 100 periods of 7 days", "half of the total is paid"),
        ("zh_Hans", "销毁 1,000 FEC，将在 100 期（每期 7 天）内返还 10,000 FEC，起初较慢", "总额已返还一半"),
        ("zh_Hant", "銷毀 1,000 FEC，將於 100 期（每期 7 天）內返還 10,000 FEC，起初較慢", "總額已返還一半"),
        ("ms", "1,000 FEC yang dibakar membayar balik 10,000 FEC dalam 100 tempoh", "separuh daripada semuanya"),
    ],
)
def test_curve__each_language__tells_the_shape(locale: str, first: str, half: str) -> None:
    result = run("curve", "--start", "2026-01-05", "--lang", locale)
    assert result.exit_code == 0
    assert result.stdout.startswith(first)
    assert half in result.stdout


def test_curve__json__is_the_same_in_all_languages() -> None:
    printed = {run("curve", "--start", "2026-01-05", "--json", "--lang", locale).stdout for locale in LOCALES}
    assert len(printed) == 1
    assert json.loads(printed.pop())["face"] == "10000"


@pytest.mark.parametrize("locale", LOCALES)
def test_curve__table__is_aligned_by_cells(locale: str) -> None:
    lines = run("curve", "--start", "2026-01-05", "--lang", locale).stdout.splitlines()
    [rule] = [place for place, line in enumerate(lines) if line.strip() and set(line.strip()) == {"─"}]
    rows = [line for line in lines[rule + 1 :] if line.strip()][:-1]
    assert len(rows) == 13
    # The last figure of each row, what is paid in all, ends where its heading does.
    ends = {cell_len(row[: row.rindex(".") + 5]) for row in rows}
    heading = {"en": "Paid in total", "zh_Hans": "累计返还", "zh_Hant": "累計返還", "ms": "Jumlah dibayar"}[locale]
    assert ends == {cell_len(lines[rule - 1][: lines[rule - 1].index(heading) + len(heading)])}


@pytest.mark.parametrize(
    ("environment", "usage"),
    [
        ({}, "Usage: fec"),
        ({"LANG": "zh_TW.UTF-8"}, "用法: fec"),
        ({"LANG": "zh_TW.UTF-8", "LC_ALL": "C.UTF-8"}, "Usage: fec"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "ms_MY.UTF-8"}, "Penggunaan: fec"),
        ({"LANG": "zh_CN.UTF-8", "FEC_LANG": "ms"}, "Penggunaan: fec"),
    ],
)
def test_help__by_environment__is_in_its_language(environment: dict[str, str], usage: str) -> None:
    assert run("--help", **environment).stdout.startswith(usage)


def test_help__option_and_environment__the_option_goes_first() -> None:
    assert run("--lang", "zh-HK", "--help", FEC_LANG="ms").stdout.startswith("用法: fec")


@pytest.mark.parametrize(
    "words", [("node", "claim", "--help", "--lang=ms"), ("--lang", "ms", "node", "claim", "--help")]
)
def test_help__language_anywhere__is_heeded(words: tuple[str, ...]) -> None:
    printed = run(*words).stdout
    assert printed.startswith("Penggunaan: fec node claim [OPTIONS] [NODE]...")
    assert "Tuntut apa yang telah dilepaskan oleh nod" in printed
    assert "--dry-run" in printed
    assert "Simulasikan dan terangkan transaksi, tanpa menghantarnya." in printed
    assert "Pilihan umum:" in printed
    assert "Tunjukkan bantuan ini dan keluar." in printed


def test_help__one_language_after_another__leaves_nothing_behind() -> None:
    before = run("order", "--help").stdout
    for locale in CHINESE_OR_MALAY:
        assert run("order", "--help", "--lang", locale).stdout != before
    assert run("order", "--help").stdout == before


@pytest.mark.parametrize("locale", LOCALES)
def test_help__each_language__fits_the_width(locale: str) -> None:
    for command in ((), ("node", "claim"), ("order",), ("order", "pay"), ("reward", "tree"), ("serve",)):
        printed = run("--lang", locale, *command, "--help").stdout
        assert [line for line in printed.splitlines() if cell_len(line) > 80] == []


@pytest.mark.parametrize("text", ["销毁的 FEC 成为节点；节点在 100 期内返还本金的十倍（慢慢地），见下。", "短"])
def test_wrap__chinese__keeps_all_and_begins_no_line_with_a_closing_mark(text: str) -> None:
    for width in range(8, 40):
        lines = wrap(text, width)
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert all(cell_len(line) <= width for line in lines)
        assert not any(line[0] in "，。；）" or line[-1] == "（" for line in lines)


@pytest.mark.parametrize(
    ("locale", "message"),
    [
        ("en", "Error: Invalid value for '--principal': 'a lot' is not an amount of FEC."),
        ("zh_Hans", "错误：'--principal' 的值无效：'a lot' 不是 FEC 数量。"),
        ("zh_Hant", "錯誤：'--principal' 的值無效：'a lot' 不是 FEC 數量。"),
        ("ms", "Ralat: Nilai tidak sah bagi '--principal': 'a lot' bukan jumlah FEC."),
    ],
)
def test_misuse__each_language__is_said_in_it(locale: str, message: str) -> None:
    result = run("curve", "--principal", "a lot", "--lang", locale)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith(message)


@pytest.mark.parametrize(
    ("locale", "message"),
    [
        ("en", "Error: No such command 'nodee'."),
        ("zh_Hans", "错误：没有命令 'nodee'。"),
        ("zh_Hant", "錯誤：沒有指令 'nodee'。"),
        ("ms", "Ralat: Tiada perintah 'nodee'."),
    ],
)
def test_unknown_command__each_language__is_said_in_it(locale: str, message: str) -> None:
    result = run("--lang", locale, "nodee")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, message)


@pytest.mark.parametrize("variable", ["", "FEC_LANG"])
def test_language_that_is_not_here__is_refused_with_those_that_are(variable: str) -> None:
    result = run("curve", FEC_LANG="tlh") if variable else run("curve", "--lang", "tlh")
    assert result.exit_code == 2
    assert "'tlh' is not an available language. Choose one of en (English), zh_Hans (简体中文)" in result.stderr


@pytest.mark.parametrize(
    ("locale", "message"),
    [
        ("en", "There is no node 1-77."),
        ("zh_Hans", "没有节点 1-77。"),
        ("zh_Hant", "沒有節點 1-77。"),
        ("ms", "Tiada nod 1-77."),
    ],
)
def test_refusal__json__differs_in_its_message_alone(shell: Shell, locale: str, message: str) -> None:
    error = shell.refused("node", "show", "1-77", "--lang", locale)
    assert error.pop("message").startswith(message)
    assert error == {"error": "CommandRefused", "values": {}}


@pytest.mark.parametrize("locale", CHINESE_OR_MALAY)
def test_contract_error__json__keeps_name_and_values(shell: Shell, owner: str, locale: str) -> None:
    english = shell.refused("send", owner, "100001", "--yes")
    spoken = shell.refused("send", owner, "100001", "--yes", "--lang", locale)
    assert english.pop("message") != spoken.pop("message")
    assert english == spoken
    assert spoken["error"] == "ERC20InsufficientBalance"


@pytest.mark.parametrize(
    ("locale", "question", "refusal"),
    [
        ("zh_Hans", "此操作无法撤销。要继续吗？", "错误：未做任何操作。"),
        ("zh_Hant", "此操作無法復原。要繼續嗎？", "錯誤：未做任何操作。"),
        ("ms", "Ini tidak boleh dibatalkan. Teruskan?", "Ralat: Tiada apa-apa dilakukan."),
    ],
)
def test_confirmation__each_language__asks_in_it(shell: Shell, locale: str, question: str, refusal: str) -> None:
    result = shell.run("node", "mint", "1000", "--lang", locale, answer="n\n")
    assert result.exit_code == 1
    assert question in result.stderr
    assert refusal in result.stderr


@pytest.fixture
def claimed_node(shell: Shell, node: str, weeks_later: Callable[[int], None]) -> str:
    weeks_later(2)
    shell("node", "claim", node)
    return node


@pytest.mark.parametrize(
    ("locale", "labels", "periods"),
    [
        ("zh_Hans", ("本金", "待返还"), "第 {period} 期，共 100 期，每期 7 天"),
        ("zh_Hant", ("本金", "待返還"), "第 {period} 期，共 100 期，每期 7 天"),
        ("ms", ("Prinsipal", "Belum dibayar"), "{period} daripada 100, 7 hari setiap satu"),
    ],
)
def test_node__claimed_and_shown__in_each_language(
    claimed_node: str, shell: Shell, locale: str, labels: tuple[str, str], periods: str
) -> None:
    principal, outstanding = labels
    record = shell.json("node", "show", claimed_node, "--lang", locale)
    printed = _facts(shell("node", "show", claimed_node, "--lang", locale))
    left = f"{amount(parse_fec(record['outstanding']))} FEC"
    assert printed[principal] == "1,000 FEC"
    assert printed[outstanding] == left
    assert left.startswith("9,99")
    assert [text for text in printed.values() if periods.format(period=record["period"]) in text] != []


def _facts(printed: str) -> dict[str, str]:
    """The first block of lines, each a label and its text, with two spaces or more between them."""
    lines = printed.split("\n\n", maxsplit=1)[0].splitlines()
    return dict(re.split(r" {2,}", line.strip(), maxsplit=1) for line in lines)


def test_json__of_a_chain__is_the_same_in_all_languages(shell: Shell, node: str) -> None:
    for words in (("node", "list"), ("node", "show", node), ("program", "show", "1"), ("status",)):
        printed = {shell(*words, "--json", "--lang", locale) for locale in LOCALES}
        assert len(printed) == 1


@pytest.mark.parametrize(
    ("locale", "check"), [("zh_Hant", "✓ FEC：創世供應量 ≤ 上限"), ("ms", "✓ FEC: bekalan genesis ≤ had")]
)
def test_status__each_language__lists_the_guarantees(shell: Shell, locale: str, check: str) -> None:
    assert check in shell("status", "--lang", locale).splitlines()
