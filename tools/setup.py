"""Installs everything the project needs into `.venv` and `node_modules` of this folder. Needs only Python 3.11.

Run by `make setup`; running it again does no harm. Nothing outside the folder is written to but package caches.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / "bin"
SOLC = "0.8.37"
#: Without it Chromium shows boxes for Chinese.
CJK_FONT = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
#: Pinned and hashed by `make lock`: the installer and what builds packages; Node where the machine has none.
BOOTSTRAP = "tools/bootstrap.lock"
NODE = "tools/node.lock"
#: Packages are built with what is pinned too. Of these, hashes are checked whether or not all have one.
BUILD = ("--build-constraints", BOOTSTRAP, "--build-constraints", "requirements.lock")

#: Read by every Python started from `.venv`: puts the project's own binaries on the path and tells py-solc-x where its
#: compilers are, so that `ape` and `pytest` work without exported variables.
ENVIRONMENT = """\
import os
import sys

_bin = os.path.join(sys.prefix, "bin")
if _bin not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = _bin + os.pathsep + os.environ.get("PATH", "")
os.environ.setdefault("SOLCX_BINARY_PATH", os.path.join(sys.prefix, "solc"))
"""


def run(*command: str | Path, quiet: bool = True) -> bool:
    """Runs a command in the project's folder; on failure shows what it said. Returns whether it succeeded."""
    done = subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode and not quiet:
        sys.stderr.write(done.stdout + done.stderr)
    return done.returncode == 0


def must(what: str, *command: str | Path) -> None:
    """Runs a command and stops with advice if it fails."""
    sys.stdout.write(f"setup: {what} …\n")
    sys.stdout.flush()
    if not run(*command, quiet=False):
        sys.exit(f"setup: {what} failed (see above). Mend it and run `make setup` again.")


def link(name: str, target: Path) -> None:
    """Puts an executable into `.venv/bin`."""
    path = BIN / name
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def install_python() -> None:
    """Creates the virtual environment with exactly what `requirements.lock` lists, hashes checked."""
    if not (BIN / "python").exists():
        must("virtual environment", sys.executable, "-m", "venv", VENV)
    pip = (BIN / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    must("installer", *pip, "--require-hashes", "-r", BOOTSTRAP)
    uv = (BIN / "uv", "pip", "install", "--quiet", "--python", BIN / "python")
    must("Python packages", *uv, *BUILD, "--require-hashes", "-r", "requirements.lock")
    must("this package", *uv, *BUILD, "--no-deps", "--editable", ".")
    site = Path(next((VENV / "lib").glob("python3*/site-packages")))
    (site / "_fec_environment.py").write_text(ENVIRONMENT)
    (site / "_fec_environment.pth").write_text("import _fec_environment\n")


def install_node() -> None:
    """Installs the packages of `package-lock.json`, with the machine's Node or, lacking one, with Node from a wheel."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        uv = (BIN / "uv", "pip", "install", "--quiet", "--python", BIN / "python")
        must("Node", *uv, "--require-hashes", "-r", NODE)
        node = str(BIN / "node")
    os.environ["PATH"] = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    # Not `npm ci`: the lock file can name the binaries of the platform it was made on only.
    must("Node packages", "npm", "install", "--no-save", "--no-audit", "--no-fund")
    system = {"Linux": "linux", "Darwin": "darwin"}[platform.system()]
    machine = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
    for tool in ("anvil", "forge"):
        # The native binaries: the packages' own wrappers hide failures.
        link(tool, ROOT / "node_modules" / "@foundry-rs" / f"{tool}-{system}-{machine}" / "bin" / tool)


def install_solc() -> None:
    """Puts the compiler where Ape and Forge look: npm's, whose hash is in `package-lock.json`."""
    folder = VENV / "solc"
    folder.mkdir(exist_ok=True)
    compiler = folder / f"solc-v{SOLC}"
    compiler.unlink(missing_ok=True)
    compiler.symlink_to(ROOT / "tools" / "solc" / compiler.name)
    link("solc", compiler)


def install_browser() -> None:
    """Sees to a Chromium for the tests of the pages: the machine's, or Debian's where we may install it."""
    if shutil.which("chromium") and CJK_FONT.exists():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        must(
            "Chromium (Debian)", "apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-noto-cjk"
        )
        return
    sys.stdout.write("setup: Chromium or a font for Chinese is missing; the tests of the pages need them.\n")


def install_redis() -> None:
    """Sees to a Redis for the test of the service's limits: the machine's, or Debian's where we may install it."""
    if shutil.which("redis-server"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        must("Redis (Debian)", "apt-get", "install", "--yes", "--no-install-recommends", "redis-server")
        return
    sys.stdout.write("setup: redis-server is missing; the test of the service's limits needs it.\n")


def build_pages() -> None:
    """Builds the web pages into the package."""
    must("web pages", BIN / "python", "-m", "tools.web")


def main() -> None:
    """Sets the project up."""
    if sys.version_info < (3, 11):  # noqa: UP036 (run before anything could check what the package requires)
        sys.exit("setup: Python 3.11 or newer is needed; name one with `make setup PYTHON=/path/to/python3.11`.")
    install_python()
    install_node()
    install_solc()
    install_browser()
    install_redis()
    build_pages()
    (VENV / ".ready").touch()
    sys.stdout.write("setup: ready\n")


if __name__ == "__main__":
    main()
