"""What the tests share: samples, servers, the installed commands."""
