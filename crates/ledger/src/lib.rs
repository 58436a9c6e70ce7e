//! Double-entry accounts with pending and posted totals, limits and atomic sets.
