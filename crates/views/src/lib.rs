//! Search and stories of payments, read off the hot path.
