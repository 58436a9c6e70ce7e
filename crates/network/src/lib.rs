//! The scheme operator's machine: commands, apply, replies, effects.
