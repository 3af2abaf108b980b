"""Rows with aligned columns and no trailing blanks, for the terminal and for a pipe alike."""

from collections.abc import Sequence

from rich.text import Text

GAP = 2


def aligned(rows: Sequence[Sequence[Text]], *, indent: int = 0) -> Sequence[Text]:
    """One line per row; every column but a row's last is as wide as its widest cell."""
    widths: dict[int, int] = {}
    for row in rows:
        for column, cell in enumerate(row[:-1]):
            widths[column] = max(widths.get(column, 0), cell.cell_len)
    return [_line(row, widths, indent) for row in rows]


def _line(row: Sequence[Text], widths: dict[int, int], indent: int) -> Text:
    line = Text(" " * indent)
    for column, cell in enumerate(row[:-1]):
        line.append_text(cell)
        line.append(" " * (widths[column] - cell.cell_len + GAP))
    if row:
        line.append_text(row[-1])
    line.rstrip()
    return line
