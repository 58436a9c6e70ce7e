//! Records of the log as bytes: framing, checksum, hash chain.
