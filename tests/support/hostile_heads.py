"""Heads and bodies that are not as RFC 9112 writes them."""

from shimmy_metrics.limits import HEAD_BYTES

POST = b"POST /v1/models HTTP/1.1\r\n"


CHUNKS = POST + b"Transfer-Encoding: chunked\r\n\r\n"


NO_REQUESTS = [
    POST + b"Content-Length : 5\r\n\r\n",
    POST + b"Host: x\nContent-Length: 5\r\n\r\n",
    POST + b"X: a\rContent-Length: 5\r\n\r\n",
    POST + b"X: a\r\n Content-Length: 5\r\n\r\n",
    POST + b"X: a\r\n\tfolded\r\n\r\n",
    POST + b"X: \0\r\n\r\n",
    POST + b"no colon\r\n\r\n",
    POST + b": no name\r\n\r\n",
    POST + b"no(name): x\r\n\r\n",
    b"POST  /v1/models HTTP/1.1\r\n\r\n",
    b"POST /v1/models\r\n\r\n",
    b"POST /v1/models HTTP/0.9\r\n\r\n",
    b"CONNECT somewhere:443 HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_BYTES,
    b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_BYTES + b"\r\n\r\n",
]


NO_BODIES = [
    POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n",
    POST + b"Content-Length: 5, 6\r\n\r\n",
    POST + b"Content-Length: +5\r\n\r\n",
    POST + b"Content-Length: 5_0\r\n\r\n",
    POST + b"Content-Length:\r\n\r\n",
    POST + b"Content-Length: %s\r\n\r\n" % (b"9" * 19),
    POST + b"Transfer-Encoding: gzip\r\n\r\n",
    POST.replace(b"1.1", b"1.0") + b"Connection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
    POST + b"Transfer-Encoding: chunked, identity\r\n\r\n",
    POST + b"Transfer-Encoding:\x0bchunked\r\n\r\n",
    *(CHUNKS + size + b"\r\n" for size in (b"-5", b"+5", b"0x5", b"5_0", b"", b"g", b"f" * 16, b" 2", b"2 ")),
    *(CHUNKS + b"2;" + extension + b"\r\n4c\r\n" for extension in (b"\nxx", b"a\rb", b"a\0", b"")),
    CHUNKS + b"1\r\nab\r\n",
    CHUNKS + b"1;" + b"x" * 5_000,
    CHUNKS + b"1;" + b"x" * 5_000 + b"\r\n",
    CHUNKS + b"0\r\nno field\r\n\r\n",
]
