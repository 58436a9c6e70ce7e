//! Bugs planted on purpose, so that the simulator can prove that it finds them.
//!
//! Builds without debug assertions, and so all released programs, answer every question with `false` at
//! compile time. That nothing but tests and the simulator plants a bug is checked by `cargo xtask tidy`.

#[cfg(debug_assertions)]
thread_local! {
    static ACTIVE: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// Is bug `number` planted on this thread?
#[cfg(debug_assertions)]
pub fn planted(number: u32) -> bool {
    ACTIVE.get() == number
}

/// Is bug `number` planted on this thread?
#[cfg(not(debug_assertions))]
#[inline(always)]
pub const fn planted(_number: u32) -> bool {
    false
}

/// Plants bug `number` on this thread; 0 plants none.
///
/// Returns whether this build can plant at all.
pub fn plant(number: u32) -> bool {
    #[cfg(debug_assertions)]
    ACTIVE.set(number);
    let _ = number;
    cfg!(debug_assertions)
}
