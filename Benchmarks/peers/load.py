"""Seconds and peak memory of reading a MovieLens ratings.csv into typed columns.

    load.py pandas|polars FILE

Both are told the columns' types, so that nothing is guessed; importing the library is not counted
in the time. Neither maps ids to dense indices, which Marquee does as it reads.
"""

import sys
import time

from sample import answer, peak_bytes


def read_pandas(path):
    import numpy as np
    import pandas

    start = time.perf_counter()
    frame = pandas.read_csv(path, dtype={"userId": np.int32, "movieId": np.int32, "rating": np.float32,
                                         "timestamp": np.int64}, engine="c")
    return time.perf_counter() - start, len(frame)


def read_polars(path):
    import polars

    start = time.perf_counter()
    frame = polars.read_csv(path, schema={"userId": polars.Int32, "movieId": polars.Int32, "rating": polars.Float32,
                                          "timestamp": polars.Int64}, low_memory=False)
    return time.perf_counter() - start, len(frame)


if __name__ == "__main__":
    seconds, rows = {"pandas": read_pandas, "polars": read_polars}[sys.argv[1]](sys.argv[2])
    answer(seconds=seconds, peak_bytes=peak_bytes(), rows=rows)
