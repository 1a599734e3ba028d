"""Digests and certificates: bytes in, a fingerprint or an identity out. No Flask, no database."""
