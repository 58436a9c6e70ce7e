//! Bugs planted on purpose, so that the simulator can prove that it finds them.
//!
//! Without the feature `planted` every question is answered `false` at compile time.

#[cfg(feature = "planted")]
static ACTIVE: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);

/// Is bug `number` planted in this run?
#[cfg(feature = "planted")]
pub fn planted(number: u32) -> bool {
    ACTIVE.load(std::sync::atomic::Ordering::Relaxed) == number
}

/// Is bug `number` planted in this run?
#[cfg(not(feature = "planted"))]
#[inline(always)]
pub const fn planted(_number: u32) -> bool {
    false
}

/// Plants bug `number` for the whole process; 0 plants none.
///
/// Returns whether this build can plant at all.
pub fn plant(number: u32) -> bool {
    #[cfg(feature = "planted")]
    ACTIVE.store(number, std::sync::atomic::Ordering::Relaxed);
    let _ = number;
    cfg!(feature = "planted")
}
