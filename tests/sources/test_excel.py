import re
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from microcosm_sqlite.errors import HeaderError, RowsRejectedError, SourceError
from microcosm_sqlite.progress import Event, step, watched
from microcosm_sqlite.sources.excel import ExcelSource
from microcosm_sqlite.workbench import Workbench
from tests.pets import Everything, Pets

pytest.importorskip("python_calamine")

TYPES = """<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>"""
RELATIONS = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/>{}
</Relationships>"""
STYLES = """<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">
<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"""
BOOK = """<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<sheets><sheet name="Rows" sheetId="1" r:id="r1"/></sheets></workbook>"""


def cell(value: Any) -> str:
    """Return a cell as a spreadsheet writes it; a date is a number of days."""
    match value:
        case None:
            return "<c/>"
        case bool():
            return f'<c t="b"><v>{int(value)}</v></c>'
        case date():
            return f'<c s="1"><v>{(value - date(1899, 12, 30)).days}</v></c>'
        case str():
            return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
        case _:
            return f"<c><v>{value}</v></c>"


def write(folder: Path, *rows: list[Any]) -> Path:
    """Return a spreadsheet with one sheet of these rows."""
    path = folder / "rows.xlsx"
    lines = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    styles = (
        '<Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" '
        'Target="styles.xml"/>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", RELATIONS.format("officeDocument", "xl/workbook.xml", ""))
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/styles.xml", STYLES)
        archive.writestr("xl/_rels/workbook.xml.rels", RELATIONS.format("worksheet", "worksheets/sheet1.xml", styles))
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{lines}</sheetData></worksheet>',
        )
    return path


def test_a_sheet_is_loaded_as_it_is_seen(tmp_path: Path) -> None:
    """Whole numbers in columns of integers, dates, texts with their zeros, nothing in empty cells."""
    path = write(
        tmp_path,
        ["id", "integer", "real", "text", "flag", "day"],
        [1, 7, 0.5, "007", True, date(2026, 1, 5)],
        [None] * 6,
        [2, None, None, None, None, None],
    )

    with Workbench(Pets) as bench:
        assert bench.load(Everything, path) == 2
        columns = [getattr(Everything, name) for name in ("id", "integer", "real", "text", "flag", "day")]
        found = [tuple(row) for row in bench.connection.execute(sa.select(*columns))]

    assert found == [(1, 7, 0.5, "007", True, date(2026, 1, 5)), (2, None, None, None, None, None)]


def test_a_table_may_begin_anywhere(tmp_path: Path) -> None:
    """Rows and columns before it that are empty are no part of it; rows have the numbers of the spreadsheet."""
    path = write(tmp_path, [], [None, None], ["id", "integer"], [1, 7])
    sheet = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    cells = '<row r="3"><c r="C3" t="inlineStr"><is><t>id</t></is></c></row><row r="5"><c r="C5"><v>7</v></c></row>'
    files[sheet] = re.sub(rb"(?<=<sheetData>).*(?=</sheetData>)", cells.encode(), files[sheet])
    moved = tmp_path / "moved.xlsx"
    with zipfile.ZipFile(moved, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)

    with ExcelSource(path).open() as reading:
        assert (reading.header, list(reading.records)) == (("id", "integer"), [(4, [1.0, 7.0])])
    with ExcelSource(moved).open() as reading:
        assert (reading.header, list(reading.records)) == (("id",), [(5, [7.0])])


def test_whoever_watches_sees_how_far_it_is(tmp_path: Path) -> None:
    """By the end of the rows the whole file, nearly: the header is a row too."""
    path = write(tmp_path, ["id"], *([number] for number in range(99)))
    events: list[Event] = []

    with watched(events.append), step("load", "rows"), ExcelSource(path).open() as reading:
        list(reading.batches)

    assert events[-1].bytes == path.stat().st_size * 99 // 100


def test_errors_name_the_row_of_the_spreadsheet(tmp_path: Path) -> None:
    """Numbers that are not whole, and cells beside the table."""
    path = write(tmp_path, ["id", "integer"], [1, 7.5], [], [2, 1, "beside"])

    with Workbench(Pets) as bench, pytest.raises(RowsRejectedError) as caught:
        bench.load(Everything, path)

    assert [(problem.line, problem.rule) for problem in caught.value.problems] == [(2, "type"), (4, "width")]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ([], "an empty sheet"),
        (["id", "id"], "'id', 'id'"),
        (["id", None, "x"], "a column without a name.*remove what stands beside the table"),
        (["id", 7], "7.0"),
    ],
)
def test_a_header_names_every_column_once(header: list[Any], message: str, tmp_path: Path) -> None:
    """What is wrong with it is told."""
    with pytest.raises(HeaderError, match=message), ExcelSource(write(tmp_path, header)).open():
        pass


def test_what_is_no_spreadsheet_is_an_error(tmp_path: Path) -> None:
    """Nor one without the sheet that is asked for."""
    source = ExcelSource(write(tmp_path, ["id"]), sheet="More")
    assert source.name.endswith("rows.xlsx, sheet More")
    with pytest.raises(SourceError, match="expected a sheet called 'Rows', found 'More'"), source.open():
        pass

    path = tmp_path / "text.xlsx"
    path.write_text("id\n")
    for wrong in (path, tmp_path / "missing.xlsx"):
        with pytest.raises(SourceError, match="expected a spreadsheet"), ExcelSource(wrong).open():
            pass
