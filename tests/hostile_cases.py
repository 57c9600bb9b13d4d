"""Hostile studies: what each is, and what the program must say to it.

Every case writes a small study with something hostile in it.  ``tests/test_hostile.py`` asserts
the answers, ``bench/hostile.py`` prints their time and memory.
"""

from __future__ import annotations

from functools import partial

from hostile_expressions import EXPRESSIONS
from hostile_files import FILES
from hostile_places import PLACES
from hostile_study import (
    ANY,
    BUILD,
    DM,
    HUGE,
    MORE,
    STUDY,
    dataset,
    numbered,
    reading,
    study,
    with_file,
)

CUT = "x" * 77 + "..."
SHOWN = "x" * 57 + "..."
NO_NAME = "is no name of a variable; capital letters, digits and _, at most 8; working columns begin with _"


def laughs() -> str:
    """Thirty anchors, each nine times the one before."""
    inner = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)]
    return "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n" + "".join(inner)


KNOWN = ("known: design, epochs, raw, read, standards, study, subject, transport, treatment_emergent, "
         "unscheduled, values, visits and 1 more")
"""What is said of a key of the study file that there is not."""

YAML = [
    study("yaml: anchors that explode", laughs,
          "study.yaml:1:5: study: anchors are not allowed ('&a0'); remove it, or quote the text",
          "study.yaml:2:5: study: anchors are not allowed ('&a1'); remove it, or quote the text",
          "study.yaml:2:10: study: aliases are not allowed ('*a0'); write the value out, or quote the text",
          ANY, problems=100),
    study("yaml: merge keys", lambda: STUDY + "x: &x {a: 1}\n" + numbered("y#: {<<: *x}\n", 1_000),
          "study.yaml:6:4: study: anchors are not allowed ('&x'); remove it, or quote the text",
          "study.yaml:7:6: study: merge keys are not allowed ('<<'); write the entries out",
          "study.yaml:7:10: study: aliases are not allowed ('*x'); write the value out, or quote the text",
          ANY, problems=100),
    study("yaml: 10 MB of brackets", lambda: b"[" * 10_000_000,
          "study.yaml: study: the file is larger than 2 MiB; split it"),
    study("yaml: a line of 50 MB", lambda: b"a: " + b"x" * 50_000_000,
          "study.yaml: study: the file is larger than 2 MiB; split it"),
    *(study(f"yaml: 2 MB of {unit}", partial(str.__mul__, unit, 2_000_000 // len(unit)),
            f"study.yaml:1:{column}: study: nested more than 40 deep")
      for unit, column in (("[", 41), ("{a: ", 158), ("- ", 81), ("{[", 41), ("? - ", 81))),
    study("yaml: 2 MB of nested blocks", lambda: "".join(" " * n + "a:\n" for n in range(1_900)),
          "study.yaml:40:40: study: nested more than 40 deep"),
    study("yaml: 2 MB of closed brackets", lambda: "[[]]" * 500_000,
          "study.yaml:1:5: study: text after the closing quote or bracket; quote the expression"),
    study("yaml: 2 MB of quotes and blanks", lambda: "a: {b: " + "'  " * 600_000 + "x",
          "study.yaml:1:14: study: ',' or '}' is wanted here; quote the expression"),
    study("yaml: 2 MB of backslashes", lambda: 'a: "' + "\\" * 1_000_001 + '"',
          "study.yaml:1:4: study: the quote is not closed; inside single quotes a quote is written ''"),
    study("yaml: 2 MB of tags", lambda: "a: [" + "!!x " * 400_000 + "]",
          "study.yaml:1:5: study: tags are not allowed ('!!x'); remove it, or quote the text",
          "study.yaml:1:9: study: ',' or ']' is wanted here; write a comma between the entries, or quote "
          "the text",
          problems=2),
    study("yaml: text of 2 MB", lambda: "a: " + "x" * HUGE,
          "study.yaml:1:1: study: missing key 'study'; add it",
          'study.yaml:1:1: study: missing key \'standards\'; as in standards: {sdtmig: "3.4", adamig: "1.3"}',
          "study.yaml:1:1: study: missing key 'raw'; add it",
          'study.yaml:1:1: study: missing key \'subject\'; as in subject: "study.id || \'-\' || SUBJ"',
          f"study.yaml:1:1: study: unknown key 'a'; {KNOWN}", problems=5),
    study("yaml: a key of 2 MB", lambda: STUDY + "x" * HUGE + ": 1\n",
          "study.yaml:6:1: study: a key without ':'; write 'key: value', or check the indent"),
    study("yaml: an explicit key of 2 MB", lambda: STUDY + "? " + "x" * HUGE + "\n: 1\n",
          f"study.yaml:6:3: study: unknown key '{SHOWN}'; {KNOWN}"),
    dataset("yaml: a variable's name of 2 MB", lambda: DM + "  ? " + "X" * HUGE + "\n  : {from: A}\n",
            f"sdtm/dm.yaml:12:5: DM.{'X' * 74}...: is no name of a variable; 1900000 characters, 8 at most"),
    dataset("yaml: a verb of 2 MB", lambda: DM + "  _X:\n    ? " + "x" * HUGE + "\n    : 1\n",
            f"sdtm/dm.yaml:13:7: DM._X: unknown verb '{CUT[1:]}; known: {MORE}"),
    dataset("yaml: a column's name of 2 MB", lambda: DM + "  _X: {from: " + "x" * HUGE + "}\n",
            f"sdtm/dm.yaml:12:14: DM._X: '{CUT[1:]} is no variable here and no column of dm.csv; known: "
            f"ACTARM, "
            "ACTARMCD, ACTARMUD, AGE, AGEU, ARM, ARMCD, ARMNRS, COUNTRY, DOMAIN, DTHDTC, DTHFL and 14 more"),
    dataset("yaml: a table's name of 2 MB", lambda: DM.replace("from: dm", "from: " + "x" * HUGE),
            f"sdtm/dm.yaml:2:7: DM: no table or dataset '{CUT[1:]}; known: DM, dm"),
    dataset("yaml: a codelist's name of 2 MB",
            lambda: DM + "  _X: {constant: x, codelist: " + "x" * HUGE + "}\n",
            f"sdtm/dm.yaml:12:31: DM._X: unknown codelist '{CUT[1:]}; known: {MORE}"),
    study("yaml: a raw file's path of 2 MB", lambda: with_file("x" * HUGE + ".csv"),
          "study.yaml:5:33: raw.tables.dm: a path of 1,900,004 characters, 250 at most"),
    study("yaml: a study's id of 2 MB", lambda: STUDY.replace("id: S1", "id: " + "x" * HUGE),
          "study.yaml:1:13: study: a folder's name of 1,900,000 characters, 64 at most; letters, digits, - "
          "and _; "
          "'folder' names one where the id cannot"),
    study("yaml: bytes that are not UTF-8", lambda: STUDY.encode() + b"# \xd6\xd0",
          "study.yaml:6:3: study: byte 0xD6 is not UTF-8; save the file as UTF-8"),
    study("yaml: UTF-16", lambda: STUDY.encode("utf-16"),
          "study.yaml:1:1: study: byte 0xFF is not UTF-8; save the file as UTF-8"),
    study("yaml: UTF-16 without a mark", lambda: STUDY[:12].encode("utf-16-le"),
          *(f"study.yaml:1:{n}: study: control character U+0000; remove it" for n in range(2, 25, 2)),
          problems=12),
    study("yaml: UTF-32", lambda: STUDY.encode("utf-32"),
          "study.yaml:1:1: study: byte 0xFF is not UTF-8; save the file as UTF-8"),
    study("yaml: half of a character in bytes", lambda: STUDY + "# \ud800",
          "study.yaml:6:3: study: byte 0xED is not UTF-8; save the file as UTF-8"),
    study("yaml: half of a character as an escape", lambda: STUDY + 'x: "\\ud800"\n',
          "study.yaml:6:5: study: the escape is no character; use single quotes"),
    study("yaml: a NUL", lambda: STUDY + "# \0\n", "study.yaml:6:3: study: control character U+0000; remove "
                                                   "it"),
    study("yaml: a NUL as an escape", lambda: STUDY + 'x: "\\0"\n',
          "study.yaml:6:4: study: control character U+0000; remove it",),
    study("yaml: a terminal's escape", lambda: STUDY + "# \x1b[2J\n",
          "study.yaml:6:3: study: control character U+001B; remove it"),
]

UNSEEN = [
    dataset(f"unseen: {what} in {where}", partial(DM.replace, old, new), said)
    for character, what, told in (
        ("\u202e", "a right-to-left override", "bidirectional control character U+202E; remove it"),
        ("\u2066", "a left-to-right isolate", "bidirectional control character U+2066; remove it"),
        ("\u200f", "a right-to-left mark", "bidirectional control character U+200F; remove it"),
        ("\u200b", "a zero-width space", "invisible character U+200B (ZERO WIDTH SPACE); remove it, or in "
                                         "double "
         'quotes write "\\u200B"'),
        ("\u3164", "a Hangul filler", "invisible character U+3164 (HANGUL FILLER); remove it, or in double "
                                      "quotes "
         'write "\\u3164"'),
        ("\U000e0041", "a tag", "invisible character U+E0041 (TAG LATIN CAPITAL LETTER A); remove it, or in "
                                "double "
         'quotes write "\\U000E0041"'))
    for where, old, new, said in (
        ("a value", "{constant: CHN}", f"{{constant: C{character}HN}}", f"sdtm/dm.yaml:11:24: DM.COUNTRY: "
                                                                        f"{told}"),
        ("a variable's name", "  SEX:", f"  S{character}EX:", f"sdtm/dm.yaml:7:4: DM: {told}"),
        ("a column's name", "{from: SEX}", f"{{from: S{character}EX}}", f"sdtm/dm.yaml:7:16: DM.SEX: {told}"))
] + [
    dataset("unseen: a zero-width space as an escape in a column's name",
            lambda: DM.replace("{from: SEX}", '{from: "SEX\\u200b"}'),
            "sdtm/dm.yaml:7:15: DM.SEX: 'SEX\\u200b' is no variable here and no column of dm.csv; did you "
            "mean "
            "'SEX', "
            "without ZERO WIDTH SPACE?"),
    dataset("unseen: a zero-width space as an escape in a value",
            lambda: DM.replace("{from: SEX}", '{from: SEX, map: {"M\\u200b": M, M: M, F: F}}'), status=0),
    dataset("unseen: an override as an escape", lambda: DM.replace("CHN", '"C\\u202eHN"'),
            "sdtm/dm.yaml:11:23: DM.COUNTRY: bidirectional control character U+202E; remove it"),
    dataset("lookalike: a variable in Cyrillic", lambda: DM.replace("  SEX:", "  S\u0415X:"),
            f"sdtm/dm.yaml:7:3: DM.S\u0415X: {NO_NAME}"),
    dataset("lookalike: a working column in Cyrillic", lambda: DM + "  _S\u0415X: {from: SEX}\n",
            f"sdtm/dm.yaml:12:3: DM._S\u0415X: {NO_NAME}"),
    dataset("lookalike: a column in Cyrillic", lambda: DM.replace("{from: SEX}", "{from: S\u0415X}"),
            "sdtm/dm.yaml:7:15: DM.SEX: 'S\u0415X' is no variable here and no column of dm.csv; did you mean "
            "'SEX', "
            "without CYRILLIC CAPITAL LETTER IE?"),
    dataset("lookalike: a column in full width",
            lambda: DM.replace("{from: SEX}", "{from: \uff33\uff25\uff38}"),
            "sdtm/dm.yaml:7:15: DM.SEX: '\uff33\uff25\uff38' is no variable here and no column of dm.csv; "
            "did "
            "you mean 'SEX', without FULLWIDTH LATIN CAPITAL LETTER S?"),
    study("lookalike: a table in Cyrillic",
          partial(STUDY.replace, "{dm: dm.csv", "{ac: dm.csv, \u0430\u0441: dm.csv, dm: dm.csv"),
          "study.yaml:5:41: study: the names 'ac' and '\u0430\u0441' look alike; name one of the tables "
          "another way"),
    study("lookalike: a table in Latin and Cyrillic",
          partial(STUDY.replace, "{dm: dm.csv", "{d\u0435m: dm.csv"),
          "study.yaml:5:29: study: the name 'd\u0435m' mixes scripts; write it without CYRILLIC SMALL "
          "LETTER IE"),
    study("lookalike: a table in full width", partial(STUDY.replace, "{dm: dm.csv", "{\uff44\uff4d: dm.csv"),
          "study.yaml:5:29: study: '\uff44\uff4d' is not a name; a letter or _, then up to 63 letters, "
          "digits or _"),
]

SCALE = [
    study("scale: 49,000 unknown keys", lambda: STUDY + numbered("k#: 1\n", 49_000),
          f"study.yaml:6:1: study: unknown key 'k0'; {KNOWN}", ANY, problems=100),
    study("scale: 100,000 keys", lambda: STUDY + numbered("k#: 1\n", 100_000),
          "study.yaml:49992:1: study: the file has more than 100000 values; split it"),
    dataset("scale: 49,000 unknown keys of an entry",
            lambda: DM + "  _X:\n    from: SEX\n" + numbered("    k#: 1\n", 49_000),
            f"sdtm/dm.yaml:14:5: DM._X: unknown key 'k0'; known: {MORE}", ANY,
            f"sdtm/dm.yaml:113:5: DM._X: unknown key 'k99'; known: {MORE}", problems=100),
    dataset("scale: 19,000 variables", lambda: DM + numbered("  X#: {from: A}\n", 19_000),
            "sdtm/dm.yaml:5:3: DM.variables: 19,007 variables, 1,500 at most"),
    dataset("scale: 1,400 unknown columns", lambda: DM + numbered("  _X#: {from: A}\n", 1_400),
            f"sdtm/dm.yaml:12:15: DM._X0: 'A' is no variable here and no column of dm.csv; known: {MORE}",
            ANY,
            f"sdtm/dm.yaml:111:16: DM._X99: 'A' is no variable here and no column of dm.csv; known: {MORE}",
            problems=100),
    dataset("scale: 1,400 unknown verbs", lambda: DM + numbered("  X#: {form: A}\n", 1_400),
            "sdtm/dm.yaml:12:8: DM.X0: unknown verb 'form'; did you mean 'from'?", ANY, problems=100),
    dataset("scale: 1,400 working columns, each of the one before",
            lambda: DM + "  _X0: {from: SEX}\n" + "".join(f"  _X{n}: {{expression: _X{n - 1}}}\n"
                                                         for n in range(1, 1_400)), status=0),
    dataset("scale: a circle of 1,400 working columns",
            lambda: DM + "".join(f"  _X{n}: {{expression: _X{(n or 1_400) - 1}}}\n" for n in range(1_400)),
            f"sdtm/dm.yaml:12:8: DM._X0: reads itself in a circle: DM._X0 -> DM._X1399 -> {MORE}"),
    dataset("scale: text that doubles sixty times",
            lambda: DM + "  _X0: {from: SEX}\n" + "".join(f"  _X{n}: {{expression: _X{n - 1} || _X{n - 1}}}\n"
                                                         for n in range(1, 60)),
            "raw/dm.csv:2: DM._X15: the text made is longer than 32,767 characters; 2 of 2 records",
            command=BUILD, status=1),
    dataset("scale: a map of 49,000 terms",
            lambda: DM.replace("  SEX: {from: SEX}",
                               "  SEX:\n    from: SEX\n    map:\n" + numbered("      k#: M\n", 49_000)),
            status=0),
    dataset("scale: a map of 100,000 terms",
            lambda: DM + "  _X:\n    from: SEX\n    map:\n" + numbered("      k#: M\n", 100_000),
            "sdtm/dm.yaml:49992:15: DM._X: the file has more than 100000 values; split it"),
    dataset("scale: 40,000 sources", lambda: DM.replace("from: dm\n",
                                                        f"from: [{', '.join(['dm'] * 40_000)}]\n"),
            "sdtm/dm.yaml:2:7: DM.from: 40,000 sources, 100 at most"),
    dataset("scale: 10,000 joins", lambda: DM + "join:\n" + numbered("  j#: {table: dm}\n", 10_000),
            "sdtm/dm.yaml:13:3: DM.join: 10,000 joined tables, 50 at most"),
    dataset("scale: 20,000 tests", lambda: DM + "tests:\n" + numbered("  T#: {result: SEX}\n", 20_000),
            "sdtm/dm.yaml:13:3: DM.tests: 20,000 tests, 1,500 at most"),
    dataset("scale: 30,000 steps", lambda: DM + "records:\n" + numbered("- {x#: 1}\n", 30_000),
            "sdtm/dm.yaml:13:1: DM.records: 30,000 steps, 100 at most"),
    dataset("scale: 40,000 keys to sort by", lambda: DM + f"sort: [{', '.join(['SEX'] * 40_000)}]\n",
            "sdtm/dm.yaml:12:7: DM.sort: 40,000 keys, 100 at most"),
    study("scale: 10,000 tables",
          lambda: STUDY.replace("raw: {folder: raw, tables: {dm: dm.csv}}",
                                "raw:\n  folder: raw\n  tables:\n" + numbered("    t#: t#.csv\n", 10_000)),
          "study.yaml:8:5: study: 10,000 raw tables, 1,000 at most"),
    study("scale: 1,000 tables that are not there",
          lambda: STUDY.replace("raw: {folder: raw, tables: {dm: dm.csv}}",
                                "raw:\n  folder: raw\n  tables:\n" + numbered("    t#: t#.csv\n", 1_000)),
          "raw/t0.csv: t0: no such file; the folder holds dm.csv; --raw names another folder", ANY, status=1,
          problems=1_000),
    study("scale: a table of 10,000 files",
          lambda: with_file("[" + ", ".join(f"t{n}.csv" for n in range(10_000)) + "]"),
          "study.yaml:5:28: study: 10,000 raw files, 2,000 at most"),
    study("scale: 10,000 windows",
          lambda: STUDY + "windows:\n  w:\n" + numbered("  - {visit: V#, from: 1#, to: 1#}\n", 9_999),
          "study.yaml:8:3: study: 9,999 analysis windows, 1,000 at most"),
    study("scale: 49,000 values", lambda: STUDY + "values:\n" + numbered("  v#: x\n", 49_000), status=0),
]

FORMATS = [
    study("formats: a date format of 1 MB", lambda: reading("dates: ['yyyy" + "- " * 500_000 + "']"),
          "study.yaml:3:16: study: a format of 1,000,004 characters, 60 at most"),
    study("formats: a pattern that would explode",
          lambda: reading("dates: [\"yyyy-MM-dd'(a+)+(a+)+(a+)+$'\"]"),
          status=0),
    study("formats: 10,000 formats",
          lambda: reading("dates: [" + ", ".join(f"yyyy-MM-dd-{n}" for n in range(10_000)) + "]"),
          "study.yaml:3:15: study: 10,000 formats, 50 at most"),
    study("formats: 10,000 unknown words",
          lambda: reading("unknown: [" + ", ".join(f"w{n}" for n in range(10_000)) + "]"),
          "study.yaml:3:17: study: 10,000 unknown words, 100 at most"),
    study("formats: an unknown word of 2 MB", lambda: reading("unknown: [" + "x" * HUGE + "]"),
          "study.yaml:3:18: study: a word of 1,900,000 characters, 60 at most"),
    *(study(f"formats: created {stamp}", partial(STUDY.replace, "2025-01-02T03:04:05", stamp),
            f"study.yaml:1:40: study: there is no date and time '{stamp}'")
      for stamp in ("0000-00-00T00:00:00", "9999-99-99T99:99:99", "2025-01-01T24:00:00",
                    "2025-01-01T23:59:60")),
    study("formats: created in full-width digits",
          lambda: STUDY.replace("2025-01-02", "\uff12\uff10\uff12\uff15-01-01"),
          "study.yaml:1:40: study: a date and time such as 2026-07-15T12:00:00 is wanted"),
    study("formats: a cut-off that is none",
          lambda: STUDY.replace("created: 2025-01-02T03:04:05", "cutoff: 0000-00-00"),
          "study.yaml:1:39: study: there is no date '0000-00-00'; write it as in 2025-03-28"),
    *(study(f"reading: {entry}", partial(with_file, f"{{file: dm.csv, {entry}}}"), said,
            status=status)
      for entry, status, said in (
        ("header: 0", 2, "study.yaml:5:56: raw.tables.dm: lines are counted from 1, so none is 0"),
        ("header: -1", 2, "study.yaml:5:56: raw.tables.dm: lines are counted from 1, so none is -1"),
        ("header: 999999999999999", 1, "raw/dm.csv: dm: header: line 999999999999999, but the file has 3 "
                                       "lines"),
        ("encoding: rot13", 1, "raw/dm.csv: dm: unknown encoding 'rot13'; for example utf-8, utf-16, "
                               "gb18030, cp1252"),
        ("encoding: undefined", 1,
         "raw/dm.csv: dm: unknown encoding 'undefined'; for example utf-8, utf-16, gb18030, cp1252"),
        ("encoding: punycode", 1,
         "raw/dm.csv: dm: unknown encoding 'punycode'; for example utf-8, utf-16, gb18030, cp1252"),
        ("encoding: unicode_escape", 1,
         "raw/dm.csv: dm: unknown encoding 'unicode_escape'; for example utf-8, utf-16, gb18030, cp1252"),
        ("encoding: ../../x", 1,
         "raw/dm.csv: dm: unknown encoding '../../x'; for example utf-8, utf-16, gb18030, cp1252"),
        ("encoding: utf-16", 1, "raw/dm.csv: dm: has no byte order mark, as utf-16 has; "
         "write encoding: utf-16-le or utf-16-be, or the true one"),
        ("delimiter: '\"'", 1, "raw/dm.csv: dm: delimiter: it is the quote; give the sign that separates "
                               "cells"),
        ('delimiter: "\\n"', 1, "raw/dm.csv: dm: delimiter: it is a line end; give the sign that separates "
                                "cells"),
        ("delimiter: \u00e9", 1, "raw/dm.csv: dm: delimiter: '\u00e9' is not one ASCII character"))),
]

CASES = [*YAML, *UNSEEN, *SCALE, *FORMATS, *PLACES, *EXPRESSIONS, *FILES]
