"""Stores of objects: S3 as a local server plays it, read by ranges, one file or many."""

import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import steepest
from steepest.errors import ChangedError, InputError

moto = pytest.importorskip("moto.server", reason="moto is not installed")
boto3 = pytest.importorskip("boto3", reason="boto3 is not installed")
pytestmark = pytest.mark.engines

FILES, ROWS = 3, 4000


def rows(part: int) -> pl.DataFrame:
    random = np.random.default_rng(part)
    x, z = random.normal(size=ROWS), random.normal(size=ROWS)
    return pl.DataFrame({"x": x, "z": z, "y": 2 * x - z + 1 + random.normal(size=ROWS)})


def parquet(frame: pl.DataFrame) -> bytes:
    written = io.BytesIO()
    pq.write_table(pa.table(frame.to_dict(as_series=False)), written, row_group_size=1000)
    return written.getvalue()


@pytest.fixture(scope="module")
def store() -> Iterator[object]:
    """A client of the server, which the environment names while the tests run."""
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        environment.setenv("AWS_ACCESS_KEY_ID", "zebra-key")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "zebra-word")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
        client = boto3.client("s3")
        client.create_bucket(Bucket="rows")
        for part in range(FILES):
            key, content = f"part-{part}.parquet", parquet(rows(part))
            client.put_object(Bucket="rows", Key=f"table/{key}", Body=content)
            client.put_object(Bucket="rows", Key=f"hive/year={part}/{key}", Body=content)
            text = rows(part).write_csv().encode()
            client.put_object(Bucket="rows", Key=f"text/{part}.csv", Body=text)
            lines = rows(part).write_ndjson().encode()
            client.put_object(Bucket="rows", Key=f"lines/{part}.jsonl", Body=lines)
        client.put_object(Bucket="rows", Key="table/_SUCCESS", Body=b"")
        client.put_object(Bucket="rows", Key="my rows.csv", Body=b"x,y\n1,2\n2,4\n3,6.5\n")
        yield client
    server.stop()


@pytest.mark.parametrize(
    "url",
    [
        "s3://rows/table/",
        "s3://rows/table",
        "s3a://rows/table/*.parquet",
        "s3://rows/hive/*/*.parquet",
        "s3://rows/text",
        "s3://rows/lines/*.jsonl",
        "SELECT * FROM 's3://rows/table/'",
    ],
)
def test_files_of_a_store_are_one_table(store: object, url: str) -> None:
    fit = steepest.fit(url, target="y")
    together = pl.concat([rows(part) for part in range(FILES)])
    columns = np.column_stack([together["x"], together["z"], np.ones(len(together))])
    expected, *_ = np.linalg.lstsq(columns, together["y"].to_numpy())
    assert fit.rows == FILES * ROWS
    assert [*fit.coefficients.values(), fit.intercept] == pytest.approx(expected, rel=1e-12)


def test_names_are_taken_as_they_are_written(store: object) -> None:
    fit = steepest.fit("s3://rows/my rows.csv", target="y")
    assert fit.coefficients["x"] == pytest.approx(2.25, rel=1e-12)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("s3://rows/none.csv", "s3://rows/none.csv does not exist; check the address"),
        ("s3://none/a.csv", "s3://none/a.csv: there is no bucket 'none'; check its name and its"),
        ("s3://rows/z*.csv", "no file matches s3://rows/z"),
        ("s3://rows/hive/", "s3://rows/hive/ is partitioned: names of folders such as year=0 hold"),
    ],
)
def test_what_is_not_there(store: object, url: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message.replace('*', '.')}"):
        steepest.read(url)


class Refusing(BaseHTTPRequestHandler):
    """A store that knows nobody."""

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        self.send_error(403)

    do_HEAD = do_GET


def test_who_is_refused_is_told_what_to_give(store: object) -> None:
    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    place = f"endpoint_override=http://127.0.0.1:{server.server_port}&region=us-east-1"
    with pytest.raises(InputError) as refused:
        steepest.read(f"s3://zebra:zebra@rows/a.csv?{place}")
    server.shutdown()
    thread.join()
    server.server_close()
    assert str(refused.value) == (
        "s3://rows/a.csv?…: access was refused; give credentials as this store takes them: "
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in ~/.aws"
    )


def test_a_file_that_comes_ends_the_run(store: object) -> None:
    client = boto3.client("s3")
    client.put_object(Bucket="rows", Key="growing/0.parquet", Body=parquet(rows(0)))
    table = steepest.read("s3://rows/growing/")
    client.put_object(Bucket="rows", Key="growing/1.parquet", Body=parquet(rows(1)))
    with pytest.raises(ChangedError, match=r"growing/1\.parquet has come to s3://rows/growing/"):
        steepest.fit(table, target="y")
    client.delete_object(Bucket="rows", Key="growing/0.parquet")
    with pytest.raises(ChangedError, match=r"growing/0\.parquet is gone since it was opened"):
        steepest.fit(table, target="y")
