"""Files and SQL over files: formats, encodings and dialects, read by DuckDB as Arrow blocks."""
