"""The picture of the README says what the curve says."""

from __future__ import annotations

from pathlib import Path

from demo.pictures import milestones

README_PICTURE = Path(__file__).parents[2] / "docs" / "payout-curve.svg"


def test_readme_picture__says_each_milestone() -> None:
    picture = README_PICTURE.read_text()
    assert all(f">{label}</text>" in picture for _, label in milestones())
