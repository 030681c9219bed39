"""What setuptools does when it builds or installs the package; named by `pyproject.toml`, and not for import."""

from __future__ import annotations

from babel.messages.frontend import CommandLineInterface
from setuptools.command.build_py import build_py


class BuildWithCatalogs(build_py):  # type: ignore[misc]
    """Compiles the catalogs of sentences before the package's files are collected."""

    def run(self) -> None:
        """Compiles, then builds as ever."""
        arguments = ["pybabel", "--quiet", "compile", "-d", "fec/i18n/locales", "-D", "fec"]
        CommandLineInterface().run(arguments)  # type: ignore[no-untyped-call]
        super().run()
