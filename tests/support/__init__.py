"""What tests share: samples, servers, the installed program."""
