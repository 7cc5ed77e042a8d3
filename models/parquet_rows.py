"""Files of Parquet, read and written as rows of one type; needs the extra stepcheck[parquet]."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError

from stepcheck.models.json_lines import BadRowsError, explain

PARQUET_SUFFIX = ".parquet"

_ROWS_AT_ONCE = 10_000
"""What is in memory together; and a group of rows of a file, which is read at once."""

Row = TypeVar("Row", bound=BaseModel)


class MissingParquetError(BadRowsError):
    """The library that reads and writes Parquet is not installed."""


def require_parquet() -> None:
    """Raise `MissingParquetError` unless Parquet can be read and written."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ImportError as error:
        raise MissingParquetError(
            "Parquet needs pyarrow, which is not installed: pip install 'stepcheck[parquet]'"
        ) from error


def read_parquet_fields(
    path: Path, columns: Sequence[str] | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rows of a file as they are, each with its place for messages.

    `columns` are those wanted; all, if none are named. Raises `BadRowsError`, and `OSError` if the
    file cannot be read.
    """
    require_parquet()
    with path.open("rb") as stream, _parquet_file(path, stream) as file:
        missing = set(columns or ()) - set(file.schema_arrow.names)
        if missing:
            raise BadRowsError(f"{path}: there is no column {min(missing)}.")
        number = 0
        for batch in file.iter_batches(_ROWS_AT_ONCE, columns=columns):
            for fields in batch.to_pylist():
                number += 1
                yield f"{path}, row {number}", fields


def read_parquet_rows(path: Path, row_type: type[Row]) -> Iterator[Row]:
    """Yield the rows of a file; raises what `read_parquet_fields` raises."""
    for place, fields in read_parquet_fields(path):
        try:
            yield row_type.model_validate(fields)
        except ValidationError as error:
            raise BadRowsError(f"{place}: {explain(error)}") from error


def write_parquet_rows(stream: BinaryIO, row_type: type[Row], rows: Iterable[Row]) -> None:
    """Write rows of flat fields; raises `MissingParquetError`, and `OSError` on a full disk."""
    require_parquet()
    import pyarrow as pa
    import pyarrow.parquet as pq

    types: dict[Any, Any] = {
        str: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        float | None: pa.float64(),
        tuple[str, ...]: pa.list_(pa.string()),
    }
    schema = pa.schema(
        [(name, types[field.annotation]) for name, field in row_type.model_fields.items()]
    )
    with pq.ParquetWriter(stream, schema, compression="zstd", write_page_checksum=True) as writer:
        remaining = iter(rows)
        while some := [row.model_dump() for row in islice(remaining, _ROWS_AT_ONCE)]:
            writer.write_table(pa.Table.from_pylist(some, schema))


@contextmanager
def _parquet_file(path: Path, stream: BinaryIO) -> Iterator[Any]:
    """Open a file; turn whatever is wrong with what it holds into a `BadRowsError`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(stream, page_checksum_verification=True) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        # What is damaged inside is an `OSError` without a number, too.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = str(error).partition("\n")[0]
        raise BadRowsError(
            f"{path} is damaged, or no Parquet file ({reason}): take a copy of it, or remove it"
        ) from error
