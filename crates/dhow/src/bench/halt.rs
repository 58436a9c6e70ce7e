//! The end of a load: because its time is over, or because something went wrong.

use anyhow::{Result, anyhow};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Shared by the threads of a load.
#[derive(Default)]
pub struct Halt {
    is_set: AtomicBool,
    fault: Mutex<Option<String>>,
}

impl Halt {
    pub fn set(&self) {
        self.is_set.store(true, Relaxed);
    }

    pub fn is_set(&self) -> bool {
        self.is_set.load(Relaxed)
    }

    /// Ends the load. The first that went wrong is kept.
    pub fn fail(&self, what: String) {
        if let Ok(mut fault) = self.fault.lock() {
            fault.get_or_insert(what);
        }
        self.set();
    }

    /// An error as soon as something went wrong.
    pub fn check(&self) -> Result<()> {
        match self.fault.lock().ok().and_then(|fault| fault.clone()) {
            Some(fault) => Err(anyhow!("the load failed: {fault}")),
            None => Ok(()),
        }
    }
}
