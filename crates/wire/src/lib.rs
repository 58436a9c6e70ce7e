//! The partner protocol: JSON bodies, result codes, headers and signatures.
