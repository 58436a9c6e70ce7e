//! Life of a payment and of a refund: transition tables, times and windows.
