//! Time as the machines see it: nanoseconds since 1970 UTC, given by the log record.

use crate::codec_struct;

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z, without leap seconds. Good until 2554.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp {
    nanos: u64,
}
codec_struct!(Timestamp { nanos });

/// A length of time in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    nanos: u64,
}
codec_struct!(Span { nanos });

impl Timestamp {
    pub const MAX: Timestamp = Timestamp { nanos: u64::MAX };

    pub const fn from_nanos(nanos: u64) -> Timestamp {
        Timestamp { nanos }
    }
    pub const fn from_millis(millis: u64) -> Timestamp {
        Timestamp { nanos: millis.saturating_mul(1_000_000) }
    }
    pub const fn from_secs(secs: u64) -> Timestamp {
        Timestamp { nanos: secs.saturating_mul(1_000_000_000) }
    }
    pub const fn nanos(self) -> u64 {
        self.nanos
    }
    pub const fn millis(self) -> u64 {
        self.nanos / 1_000_000
    }
    pub const fn secs(self) -> u64 {
        self.nanos / 1_000_000_000
    }
    /// `self + span`, held at the end of time.
    pub const fn after(self, span: Span) -> Timestamp {
        Timestamp { nanos: self.nanos.saturating_add(span.nanos) }
    }
    /// `self - span`, held at 1970.
    pub const fn before(self, span: Span) -> Timestamp {
        Timestamp { nanos: self.nanos.saturating_sub(span.nanos) }
    }
    /// How long ago `earlier` was; zero when it lies ahead.
    pub const fn since(self, earlier: Timestamp) -> Span {
        Span { nanos: self.nanos.saturating_sub(earlier.nanos) }
    }
}

impl Span {
    pub const fn nanos(self) -> u64 {
        self.nanos
    }
    pub const fn as_millis(self) -> u64 {
        self.nanos / 1_000_000
    }
    pub const fn from_nanos(nanos: u64) -> Span {
        Span { nanos }
    }
    pub const fn millis(millis: u64) -> Span {
        Span { nanos: millis.saturating_mul(1_000_000) }
    }
    pub const fn secs(secs: u64) -> Span {
        Span::millis(secs.saturating_mul(1000))
    }
    pub const fn minutes(minutes: u64) -> Span {
        Span::secs(minutes.saturating_mul(60))
    }
    pub const fn hours(hours: u64) -> Span {
        Span::minutes(hours.saturating_mul(60))
    }
    pub const fn days(days: u64) -> Span {
        Span::hours(days.saturating_mul(24))
    }
}
