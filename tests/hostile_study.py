"""A small sound study, and what a hostile case is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

STUDY = """\
study: {id: S1, title: Small, created: 2025-01-02T03:04:05}
standards: {sdtmig: "3.4"}
read: {missing: [""]}
subject: "study.id || '-' || SITE || '-' || SUBJ"
raw: {folder: raw, tables: {dm: dm.csv}}
"""
DM = """\
domain: DM
from: dm
keys: [STUDYID, USUBJID]
variables:
  SUBJID: {from: SUBJ}
  SITEID: {from: SITE}
  SEX: {from: SEX}
  AGE: {from: AGE}
  ARMCD: {constant: A}
  ARM: {constant: A}
  COUNTRY: {constant: CHN}
"""
RAW = "SITE,SUBJ,SEX,AGE\n01,001,M,34\n01,002,F,51\n"
CHECK = ("spec", "check", "--study", "study.yaml")
BUILD = ("build", "--study", "study.yaml", "--out", "out")
ANY = "..."
"""Among the lines that are said: any lines."""

MORE = "\N{HORIZONTAL ELLIPSIS}"
"""At the end of a line: any rest of it."""

Content = str | bytes
Make = Callable[[Path], object]


@dataclass(frozen=True)
class Case:
    """A hostile study, the command run on it, and what it says on standard error.

    ``said`` is a line a problem, or more where an expression is shown; the line that
    counts the problems is left out.  A path outside the study's folder begins with ``@``.
    """

    name: str
    make: Make
    said: tuple[str, ...]
    command: tuple[str, ...] = CHECK
    status: int = 2
    problems: int = 1
    megabytes: int = 300
    heavy: bool = False


def write(path: Path, content: Content) -> None:
    """Write a file of text or bytes, and its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))


def write_study(folder: Path, study: Content = STUDY, dm: Content = DM, raw: Content = RAW) -> None:
    """Write a study of one dataset."""
    write(folder / "study.yaml", study)
    write(folder / "sdtm/dm.yaml", dm)
    write(folder / "raw/dm.csv", raw)


def study(name: str, text: Callable[[], Content], *said: str, command: tuple[str, ...] = CHECK,
          status: int = 2, problems: int = 1) -> Case:
    """A case of the study file."""
    return Case(name, lambda folder: write_study(folder, study=text()), said, command, status, problems)


def dataset(name: str, text: Callable[[], Content], *said: str, command: tuple[str, ...] = CHECK,
            status: int = 2, problems: int = 1) -> Case:
    """A case of a dataset's file."""
    return Case(name, lambda folder: write_study(folder, dm=text()), said, command, status, problems)


def placed(name: str, change: Make, *said: str, command: tuple[str, ...] = CHECK, status: int = 2,
           problems: int = 1) -> Case:
    """A case of what stands where in the folder of a sound study."""
    def make(folder: Path) -> None:
        write_study(folder)
        change(folder)
    return Case(name, make, said, command, status, problems)


def numbered(line: str, count: int) -> str:
    """So many lines with numbers in them."""
    return "".join(line.replace("#", str(n)) for n in range(count))


def with_file(entry: str) -> str:
    """The study file with another entry for its raw file."""
    return STUDY.replace("dm: dm.csv", f"dm: {entry}")


def reading(rules: str) -> str:
    """The study file with other rules of reading."""
    return STUDY.replace('missing: [""]', rules)


HUGE = 1_900_000  # characters that still fit into a file of 2 MiB
