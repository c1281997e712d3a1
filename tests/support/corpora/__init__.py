"""Streams of HTTP/1 that the tests of other parsers hold: downloaded when asked for, read out, never kept here."""
