//! The table of currencies: ISO 4217 lists one (current) and three (historic), as far as they have
//! minor units.
//!
//! Metals, units of account and test codes without minor units (`XAU`, `XDR`, ..) cannot
//! carry an amount and are left out. A currency that changed its number of decimals, or whose
//! number was given to a successor, gets an entry with the next generation, so that old records
//! keep their meaning for ever.

use crate::currency::Day;

/// One line of the table. Lines are sorted by code.
pub struct Entry {
    pub code: &'static str,
    pub numeric: u16,
    pub exponent: u8,
    /// First day of validity; `Day::FIRST` for everything older than this software.
    pub from: Day,
    /// First day on which it is no longer valid.
    pub until: Day,
    /// 0, or 1 when `numeric` now means another currency.
    pub generation: u8,
}

const fn now(code: &'static str, numeric: u16, exponent: u8) -> Entry {
    Entry { code, numeric, exponent, from: Day::FIRST, until: Day::NEVER, generation: 0 }
}

const fn since(code: &'static str, numeric: u16, exponent: u8, from: Day) -> Entry {
    Entry { code, numeric, exponent, from, until: Day::NEVER, generation: 0 }
}

const fn past(code: &'static str, numeric: u16, exponent: u8, until: Day) -> Entry {
    Entry { code, numeric, exponent, from: Day::FIRST, until, generation: 0 }
}

const fn day(year: u16, month: u8, day: u8) -> Day {
    Day::new(year, month, day)
}

#[rustfmt::skip]
pub const TABLE: &[Entry] = &[
    now("AED", 784, 2), now("AFN", 971, 2), now("ALL", 8, 2), now("AMD", 51, 2),
    // Its number went on to its successor XCG.
    Entry { generation: 1, ..past("ANG", 532, 2, day(2025, 7, 1)) },
    now("AOA", 973, 2), now("ARS", 32, 2), now("AUD", 36, 2), now("AWG", 533, 2),
    now("AZN", 944, 2),
    now("BAM", 977, 2), now("BBD", 52, 2), now("BDT", 50, 2),
    past("BGN", 975, 2, day(2026, 1, 1)),
    now("BHD", 48, 3), now("BIF", 108, 0), now("BMD", 60, 2), now("BND", 96, 2), now("BOB", 68, 2),
    now("BOV", 984, 2), now("BRL", 986, 2), now("BSD", 44, 2), now("BTN", 64, 2), now("BWP", 72, 2),
    now("BYN", 933, 2),
    past("BYR", 974, 0, day(2017, 1, 1)),
    now("BZD", 84, 2),
    now("CAD", 124, 2), now("CDF", 976, 2), now("CHE", 947, 2), now("CHF", 756, 2),
    now("CHW", 948, 2),
    now("CLF", 990, 4), now("CLP", 152, 0), now("CNY", 156, 2), now("COP", 170, 2),
    now("COU", 970, 2),
    now("CRC", 188, 2),
    past("CUC", 931, 2, day(2021, 7, 1)),
    now("CUP", 192, 2), now("CVE", 132, 2), now("CZK", 203, 2),
    now("DJF", 262, 0), now("DKK", 208, 2), now("DOP", 214, 2), now("DZD", 12, 2),
    past("EEK", 233, 2, day(2011, 1, 1)),
    now("EGP", 818, 2), now("ERN", 232, 2), now("ETB", 230, 2), now("EUR", 978, 2),
    now("FJD", 242, 2), now("FKP", 238, 2),
    now("GBP", 826, 2), now("GEL", 981, 2), now("GHS", 936, 2), now("GIP", 292, 2),
    now("GMD", 270, 2),
    now("GNF", 324, 0), now("GTQ", 320, 2), now("GYD", 328, 2),
    now("HKD", 344, 2), now("HNL", 340, 2),
    past("HRK", 191, 2, day(2023, 1, 1)),
    now("HTG", 332, 2), now("HUF", 348, 2),
    now("IDR", 360, 2), now("ILS", 376, 2), now("INR", 356, 2), now("IQD", 368, 3),
    now("IRR", 364, 2),
    now("ISK", 352, 0),
    now("JMD", 388, 2), now("JOD", 400, 3), now("JPY", 392, 0),
    now("KES", 404, 2), now("KGS", 417, 2), now("KHR", 116, 2), now("KMF", 174, 0),
    now("KPW", 408, 2),
    now("KRW", 410, 0), now("KWD", 414, 3), now("KYD", 136, 2), now("KZT", 398, 2),
    now("LAK", 418, 2), now("LBP", 422, 2), now("LKR", 144, 2), now("LRD", 430, 2),
    now("LSL", 426, 2),
    past("LTL", 440, 2, day(2015, 1, 1)), past("LVL", 428, 2, day(2014, 1, 1)),
    now("LYD", 434, 3),
    now("MAD", 504, 2), now("MDL", 498, 2), now("MGA", 969, 2), now("MKD", 807, 2),
    now("MMK", 104, 2),
    now("MNT", 496, 2), now("MOP", 446, 2),
    past("MRO", 478, 2, day(2018, 1, 1)),
    now("MRU", 929, 2), now("MUR", 480, 2), now("MVR", 462, 2), now("MWK", 454, 2),
    now("MXN", 484, 2),
    now("MXV", 979, 2), now("MYR", 458, 2), now("MZN", 943, 2),
    now("NAD", 516, 2), now("NGN", 566, 2), now("NIO", 558, 2), now("NOK", 578, 2),
    now("NPR", 524, 2),
    now("NZD", 554, 2),
    now("OMR", 512, 3),
    now("PAB", 590, 2), now("PEN", 604, 2), now("PGK", 598, 2), now("PHP", 608, 2),
    now("PKR", 586, 2),
    now("PLN", 985, 2), now("PYG", 600, 0),
    now("QAR", 634, 2),
    now("RON", 946, 2), now("RSD", 941, 2), now("RUB", 643, 2), now("RWF", 646, 0),
    now("SAR", 682, 2), now("SBD", 90, 2), now("SCR", 690, 2), now("SDG", 938, 2),
    now("SEK", 752, 2),
    now("SGD", 702, 2), now("SHP", 654, 2),
    since("SLE", 925, 2, day(2022, 4, 1)),
    past("SLL", 694, 2, day(2024, 1, 1)),
    now("SOS", 706, 2), now("SRD", 968, 2), now("SSP", 728, 2),
    past("STD", 678, 2, day(2018, 1, 1)),
    now("STN", 930, 2), now("SVC", 222, 2), now("SYP", 760, 2), now("SZL", 748, 2),
    now("THB", 764, 2), now("TJS", 972, 2), now("TMT", 934, 2), now("TND", 788, 3),
    now("TOP", 776, 2),
    now("TRY", 949, 2), now("TTD", 780, 2), now("TWD", 901, 2), now("TZS", 834, 2),
    now("UAH", 980, 2), now("UGX", 800, 0), now("USD", 840, 2), now("USN", 997, 2),
    past("USS", 998, 2, day(2014, 3, 28)),
    now("UYI", 940, 0), now("UYU", 858, 2), now("UYW", 927, 4), now("UZS", 860, 2),
    since("VED", 926, 2, day(2021, 10, 1)),
    past("VEF", 937, 2, day(2018, 8, 20)),
    now("VES", 928, 2), now("VND", 704, 0), now("VUV", 548, 0),
    now("WST", 882, 2),
    since("XAD", 396, 2, day(2025, 5, 12)),
    now("XAF", 950, 0), now("XCD", 951, 2),
    since("XCG", 532, 2, day(2025, 3, 31)),
    now("XOF", 952, 0), now("XPF", 953, 0),
    now("YER", 886, 2),
    now("ZAR", 710, 2),
    past("ZMK", 894, 2, day(2013, 1, 1)),
    now("ZMW", 967, 2),
    since("ZWG", 924, 2, day(2024, 8, 31)),
    past("ZWL", 932, 2, day(2024, 9, 1)),
];
