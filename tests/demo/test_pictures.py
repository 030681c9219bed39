"""The picture of the README says what the curve says."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from demo.pictures import milestones

README_PICTURE = Path(__file__).parents[2] / "docs" / "payout-curve.svg"


def test_readme_picture__says_each_milestone() -> None:
    words = {text.text for text in ElementTree.parse(README_PICTURE).iter("{http://www.w3.org/2000/svg}text")}
    assert {label for _, label in milestones()} <= words
