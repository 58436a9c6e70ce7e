//! Participants, keys, contracts, merchants and stores.
