"""Hostile paths, links, pipes, devices and names of files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from hostile_study import CHECK, MORE, STUDY, Case, placed, study, with_file, write

NOWHERE = "it is a link that leads nowhere"
FAR = "is neither inside the study's folder nor beside it; name it on the command line, --raw FOLDER"
BELOW = "lies outside the raw folder; name a file below raw"
LINK = "is a link to a file outside the raw folder; copy the file into raw"
OUTSIDE = "is a link to a file outside the study folder '.'; a spec reads only files of its own study"


def file_in(path: str) -> Case:
    """A raw file by a path that leads out of the raw folder."""
    return study(f"paths: the raw file {path}", lambda: with_file(f'{{file: "{path}", format: csv}}'),
                 f"study.yaml:5:40: raw.tables.dm: '{path}' {BELOW}")


def folder_at(path: str) -> Case:
    """A raw folder that is not near the study."""
    return study(f"paths: the raw folder {path}", lambda: STUDY.replace("folder: raw", f'folder: "{path}"'),
                 f"study.yaml:5:15: raw.folder: the folder '{path}' {FAR}")


def replaced(path: Path, target: str) -> None:
    """Put a link where a file or folder is."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    path.symlink_to(target)


def moved(path: Path, folder: Path) -> None:
    """Move a file or folder far away from the study, and link to it from where it was."""
    away = folder.parents[1] / f"away-{path.name}"
    path.rename(away)
    path.symlink_to(away)


def piped(path: Path) -> None:
    """Put a named pipe, that nobody writes to, in place of a file."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def piped_by_a_link(folder: Path) -> None:
    """A link to a named pipe in place of the raw file."""
    piped(folder / "raw/pipe")
    replaced(folder / "raw/dm.csv", "pipe")


def crowded(folder: Path) -> None:
    """A raw folder of 20,000 files, and not the one that is named."""
    (folder / "raw/dm.csv").unlink()
    for n in range(20_000):
        (folder / f"raw/f{n}.csv").touch()


def beside(folder: Path) -> None:
    """Move the raw folder beside the study's, and say so."""
    (folder / "raw").rename(folder.parent / "raw")
    write(folder / "study.yaml", STUDY.replace("folder: raw", "folder: ../raw"))


PLACES = [
    *(file_in(path) for path in ("../study.yaml", "../../../etc/passwd", "/etc/passwd", "/dev/zero", "..",
                                 "x/../../study.yaml")),
    *(folder_at(path) for path in ("/etc", "../..", "../../../../../../../../../etc", "/", "/dev",
                                   "/proc/self")),
    study("paths: the raw file .", lambda: with_file("{file: ., format: csv}"),
          "raw: dm: is a folder, not a file; name a file", status=1),
    study("paths: the raw file ~/dm.csv", lambda: with_file("~/dm.csv"),
          "raw/~/dm.csv: dm: no such file, and no folder '~'", status=1),
    study("paths: a name of 200 characters", lambda: with_file("x" * 100 + "/" + "中" * 100 + ".csv"),
          f"raw/{'x' * 100}/{'中' * 100}.csv: dm: no such file, and no folder '{'x' * 100}'", status=1),
    study("paths: a name no disk can hold", lambda: with_file("中" * 100 + ".csv"),
          f"raw/{'中' * 100}.csv: dm: cannot be read: File name too long", status=1),
    placed("paths: a raw folder beside the study's", beside, status=0),
    placed("links: the study file", lambda folder: moved(folder / "study.yaml", folder),
           f"study.yaml: study: {OUTSIDE}"),
    placed("links: a dataset's file", lambda folder: moved(folder / "sdtm/dm.yaml", folder),
           f"sdtm/dm.yaml: DM: {OUTSIDE}"),
    placed("links: the folder of datasets", lambda folder: moved(folder / "sdtm", folder),
           "sdtm/dm.yaml: DM: the file is outside the study folder '.'; a spec reads only files of its own "
           "study"),
    placed("links: a dataset's file to a device",
           lambda folder: replaced(folder / "sdtm/dm.yaml", "/dev/zero"),
           f"sdtm/dm.yaml: DM: {OUTSIDE}"),
    placed("links: a dataset's file to itself", lambda folder: replaced(folder / "sdtm/dm.yaml", "dm.yaml"),
           f"sdtm/dm.yaml: DM: no such file; {NOWHERE}"),
    placed("links: a dataset's file to nothing", lambda folder: replaced(folder / "sdtm/dm.yaml", "nosuch"),
           f"sdtm/dm.yaml: DM: no such file; {NOWHERE}"),
    placed("links: the folder of datasets to itself", lambda folder: replaced(folder / "sdtm", "sdtm"),
           "sdtm: is no folder; datasets' files lie in it"),
    placed("links: a raw file", lambda folder: moved(folder / "raw/dm.csv", folder),
           f"study.yaml:5:33: raw.tables.dm: 'dm.csv' {LINK}"),
    placed("links: a raw file to the study file",
           lambda folder: replaced(folder / "raw/dm.csv", "../study.yaml"),
           f"study.yaml:5:33: raw.tables.dm: 'dm.csv' {LINK}"),
    placed("links: a raw file to a device", lambda folder: replaced(folder / "raw/dm.csv", "/dev/zero"),
           f"study.yaml:5:33: raw.tables.dm: 'dm.csv' {LINK}"),
    placed("links: a raw file to itself", lambda folder: replaced(folder / "raw/dm.csv", "dm.csv"),
           "raw/dm.csv: dm: cannot be read: Too many levels of symbolic links", status=1),
    placed("links: the raw folder", lambda folder: moved(folder / "raw", folder),
           f"study.yaml:5:15: raw.folder: the folder 'raw' {FAR}"),
    placed("links: the raw folder to /dev", lambda folder: replaced(folder / "raw", "/dev"),
           f"study.yaml:5:15: raw.folder: the folder 'raw' {FAR}"),
    placed("links: the raw folder to itself", lambda folder: replaced(folder / "raw", "raw"),
           "raw/dm.csv: dm: cannot be read: Too many levels of symbolic links", status=1),
    placed("pipes: the study file", lambda folder: piped(folder / "study.yaml"),
           "study.yaml: study: this is a device or pipe, not a file"),
    placed("pipes: a dataset's file", lambda folder: piped(folder / "sdtm/dm.yaml"),
           "sdtm/dm.yaml: DM: this is a device or pipe, not a file"),
    placed("pipes: a raw file", lambda folder: piped(folder / "raw/dm.csv"),
           "raw/dm.csv: dm: is a device or pipe, not a file; name a file", status=1),
    placed("pipes: a raw file by a link", piped_by_a_link,
           "raw/dm.csv: dm: is a device or pipe, not a file; name a file", status=1),
    placed("devices: the study file", lambda folder: None,
           "/dev/zero: study: this is a device or pipe, not a file",
           command=("spec", "check", "--study", "/dev/zero")),
    placed("devices: a raw folder of devices",
           lambda folder: write(folder / "study.yaml", with_file("{file: zero, format: csv}")),
           "/dev/zero: dm: is a device or pipe, not a file; name a file", command=(*CHECK, "--raw", "/dev"),
           status=1),
    placed("names: a study file of 5,000 characters", lambda folder: None,
           f"{'x' * 5_000}: study: the file cannot be read (File name too long)",
           command=("spec", "check", "--study", "x" * 5_000)),
    placed("names: a dataset's file with a line end in its name",
           lambda folder: (folder / "sdtm/dm.yaml").rename(folder / "sdtm/a\nsdtm:1:1: all is "
                                                                    "well\x1b[2J.yaml"),
           status=0),
    placed("names: a dataset's file whose name is not UTF-8",
           lambda folder: os.rename(folder / "sdtm/dm.yaml", os.fsencode(folder) + b"/sdtm/\xff.yaml"),
           status=0),
    placed("names: a folder in place of a dataset's file", lambda folder: (folder / "sdtm/ae.yaml").mkdir(),
           "sdtm/ae.yaml: AE: this is a folder, not a file"),
    placed("names: 20,000 files in the raw folder", crowded,
           f"raw/dm.csv: dm: no such file; the folder holds f0.csv, f1.csv, f10.csv, {MORE}", status=1),
]
