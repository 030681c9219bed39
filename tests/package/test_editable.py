"""The package as `make setup` installs it, for a script anywhere."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_import__beside_a_clone_named_fec__finds_the_package(tmp_path: Path) -> None:
    (tmp_path / "fec" / "deployments").mkdir(parents=True)
    (tmp_path / "fec" / "deployments" / "31337.json").write_text("{}")
    script = tmp_path / "shop.py"
    script.write_text("import fec\nfrom fec.client.client import Client\nprint(fec.__file__, Client.__module__)\n")
    done = subprocess.run([sys.executable, script], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.split() == [str(ROOT / "fec" / "__init__.py"), "fec.client.client"], done.stderr
