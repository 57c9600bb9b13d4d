"""Write the hashed lock files under ``requirements/`` (``make lock``; needs the network).

The lowest supported CPython resolves, so that what it picks exists for the
others too; hashes are those of all files of a release, for all platforms.
Settings of the user's pip are set aside except ``PIP_INDEX_URL`` and
certificates: a local folder of wheels would leave hashes out.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOWEST = (3, 11)
ENVIRONMENT = ROOT / ".venv-lock"
OPTIONS = ("--generate-hashes", "--allow-unsafe", "--strip-extras", "--no-emit-index-url",
           "--no-emit-find-links", "--no-emit-trusted-host", "--annotation-style=line", "--quiet")
LOCKS = (
    ("run", ("pyproject.toml", "requirements/platform.in")),
    ("test", ("pyproject.toml", "requirements/platform.in", "--extra=test", "--extra=dev",
              "--constraint=requirements/run.lock")),
    ("interop", ("requirements/interop.in",)),
)
READER = "xport"  # one wheel for all platforms, installed without its dependencies


def settings() -> dict[str, str]:
    """The environment of pip: the public index, or the one named by ``PIP_INDEX_URL``."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("PIP_") or name in ("PIP_INDEX_URL", "PIP_CERT", "PIP_CLIENT_CERT")}
    return {**kept, "PIP_CONFIG_FILE": os.devnull, "CUSTOM_COMPILE_COMMAND": "make lock"}


def environment() -> Path:
    """An environment with pip-tools, under the lowest supported CPython."""
    wanted = ".".join(map(str, LOWEST))
    python = sys.executable if sys.version_info[:2] == LOWEST else shutil.which(f"python{wanted}")
    if python is None:
        raise SystemExit(f"make lock needs CPython {wanted}, the lowest one supported")
    commands = ENVIRONMENT / "bin"
    if not (commands / "pip-compile").exists():
        subprocess.run([python, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        (ENVIRONMENT / ".gitignore").write_text("*\n", encoding="utf-8")
        subprocess.run([commands / "pip", "install", "--quiet", "pip-tools"], check=True, env=settings())
    return commands


def lock_reader(commands: Path) -> None:
    """Pin the newest release of the independent reader by the hash of its wheel."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([commands / "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:",
                        f"--dest={folder}", READER], check=True, env=settings())
        wheel = next(Path(folder).iterdir())
        digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    name, version = wheel.name.split("-")[:2]
    text = f"# Written by make lock; see interop.in.\n{name}=={version} \\\n    --hash=sha256:{digest}\n"
    (ROOT / "requirements" / "interop-reader.lock").write_text(text, encoding="utf-8")


def main() -> None:
    """Compile every lock; further arguments go to pip-compile (``--upgrade``)."""
    commands = environment()
    for name, arguments in LOCKS:
        out = f"requirements/{name}.lock"
        command = [commands / "pip-compile", *OPTIONS, *sys.argv[1:], *arguments, f"--output-file={out}"]
        subprocess.run(command, check=True, cwd=ROOT, env=settings())
        print(out)
    lock_reader(commands)
    print("requirements/interop-reader.lock")


if __name__ == "__main__":
    main()
