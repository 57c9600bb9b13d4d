"""Find a wheel of pip where an environment has to be filled without one.

Used by ``setup.py`` on systems whose Python comes without ``ensurepip``
(Debian without python3-venv).  A wheel of pip runs as it is.
"""

import base64
import configparser
import hashlib
import html
import os
import re
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

DEBIAN = "/usr/share/python-wheels"
PUBLIC = "https://pypi.org/simple"


def bundled(python: str) -> List[str]:
    """Wheels of pip that came with a Python or with the distribution."""
    asked = ("import sysconfig, os; print(sysconfig.get_config_var('WHEEL_PKG_DIR') or ''); "
             "print(os.path.join(sysconfig.get_path('stdlib'), 'ensurepip', '_bundled'))")
    done = subprocess.run([python, "-c", asked], stdout=subprocess.PIPE, universal_newlines=True)
    folders = [folder for folder in done.stdout.splitlines() if folder] + [DEBIAN]
    return [str(wheel) for folder in folders if os.path.isdir(folder)
            for wheel in sorted(Path(folder).glob("pip-*.whl"))]


def settings() -> Dict[str, str]:
    """pip's settings as its files and the environment give them, later ones winning."""
    home = os.path.expanduser("~")
    xdg = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    files = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", os.path.join(home, ".pip", "pip.conf"),
             os.path.join(xdg, "pip", "pip.conf"), os.environ.get("PIP_CONFIG_FILE", "")]
    if os.environ.get("PIP_CONFIG_FILE") == os.devnull:
        files = []
    found: Dict[str, str] = {}
    parser = configparser.RawConfigParser()
    for name in files:
        if name and os.path.isfile(name):
            parser.read(name, encoding="utf-8")
    for section in ("global", "install"):
        if parser.has_section(section):
            found.update(parser.items(section))
    for name in ("index-url", "extra-index-url", "cert", "no-index"):
        value = os.environ.get("PIP_" + name.upper().replace("-", "_"))
        if value:
            found[name] = value
    return found


def pinned(lock: Path) -> Tuple[str, List[str]]:
    """Version and hashes of pip in a lock file."""
    text = lock.read_text(encoding="utf-8")
    entry = re.search(r"^pip==(\S+)((?:\s+\\?\s*--hash=sha256:[0-9a-f]{64})+)", text, re.MULTILINE)
    if entry is None:
        return "", []
    return entry.group(1), re.findall("[0-9a-f]{64}", entry.group(2))


def read(address: str, cert: Optional[str]) -> bytes:
    """Fetch an address; credentials in it become a header, a folder's page is its index.html."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme == "file" and address.endswith("/"):
        address += "index.html"
    request = urllib.request.Request(address)
    if parts.username:
        place = parts.netloc.rpartition("@")[2]
        request = urllib.request.Request(urllib.parse.urlunsplit(parts._replace(netloc=place)))
        words = ":".join(urllib.parse.unquote(word or "") for word in (parts.username, parts.password))
        request.add_header("Authorization", "Basic " + base64.b64encode(words.encode()).decode())
    context = ssl.create_default_context(cafile=cert) if parts.scheme == "https" else None
    with urllib.request.urlopen(request, timeout=60, context=context) as answer:
        content = answer.read()
    assert isinstance(content, bytes)
    return content


def addresses(index: str, page: str, version: str) -> Iterator[str]:
    """Addresses of the wheels of one version that an index page links to.

    >>> list(addresses("https://x/simple/", '<a href="../../p/pip-1.0-py3-none-any.whl#sha256=ab">', "1.0"))
    ['https://x/p/pip-1.0-py3-none-any.whl']
    """
    base = index.rstrip("/") + "/pip/"
    for link in re.findall(r'href\s*=\s*["\']([^"\']+)["\']', page):
        address = urllib.parse.urljoin(base, html.unescape(link)).partition("#")[0]
        if urllib.parse.unquote(address).rpartition("/")[2].startswith("pip-%s-py3" % version):
            yield address


def fetched(lock: Path, folder: Path) -> Optional[str]:
    """The pinned pip from the user's index, if its hash is in the lock; None when out of reach."""
    version, hashes = pinned(lock)
    known = settings()
    if known.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        return None
    indexes = [known.get("index-url") or PUBLIC, *known.get("extra-index-url", "").split()]
    for index in indexes:
        try:
            page = read(index.rstrip("/") + "/pip/", known.get("cert")).decode("utf-8", "replace")
            for address in addresses(index, page, version):
                content = read(address, known.get("cert"))
                if hashlib.sha256(content).hexdigest() in hashes:
                    wheel = folder / ("pip-%s-py3-none-any.whl" % version)
                    wheel.write_bytes(content)
                    return str(wheel)
        except (urllib.error.URLError, OSError):
            continue
    return None
