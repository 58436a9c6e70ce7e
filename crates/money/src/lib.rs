//! Amounts, currencies, rates and their arithmetic.
