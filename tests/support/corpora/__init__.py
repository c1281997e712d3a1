"""HTTP/1 streams from the tests of other parsers: downloaded on request, extracted, never stored here."""
