"""Serves an S3 on loopback that forgets everything when its standard input ends: prints its port."""

import sys


def main() -> None:
    """Serve until standard input ends."""
    from moto.server import ThreadedMotoServer  # in a venv of its own

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    print(server.get_host_and_port()[1], flush=True)
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    main()
