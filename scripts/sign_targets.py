#!/usr/bin/env python3
"""Make a release key, or sign a targets file with it. Meant for a machine without network.

Usage: scripts/sign_targets.py --make-key KEY      writes the private key, prints the public one for release-keys.txt
       scripts/sign_targets.py KEY FILE            writes FILE.sig
"""

import base64
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from measurements.signed import signed_bytes


def make_key(path: Path) -> str:
    """Write a new private key, for its owner only; gives the public one in hex."""
    key = Ed25519PrivateKey.generate()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(key.private_bytes_raw().hex().encode())
    return key.public_key().public_bytes_raw().hex()


def sign(key_file: Path, file: Path) -> Path:
    """Write the signature beside `file`."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key_file.read_text("ascii").strip()))
    signature = file.with_name(file.name + ".sig")
    signature.write_bytes(base64.b64encode(key.sign(signed_bytes(file.read_bytes()))) + b"\n")
    return signature


if __name__ == "__main__":
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    if sys.argv[1] == "--make-key":
        print(make_key(Path(sys.argv[2])))
    else:
        print(sign(Path(sys.argv[1]), Path(sys.argv[2])))
