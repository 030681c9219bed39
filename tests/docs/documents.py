"""All documents of the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (".github", "contracts", "docs", "fec", "findings", "mutants", "proofs", "tests")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))])
