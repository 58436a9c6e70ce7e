//! One writer per partition: take what has queued, stamp it, make it durable, apply it, and only
//! then let replies, events and effects out.
//!
//! [`Core`] is that as a plain value without threads or clocks, for the simulator. [`Engine`] is
//! the same parts on threads, pipelined: while the log thread syncs one batch, the apply thread
//! applies the one before it, the indexer writes the rows of those before, and a fourth thread
//! writes snapshots from copies.
//!
//! ```text
//! submit -> queue -> [log thread] append, one sync -> [apply thread] -> reply, events, effects
//!              ^                                        |  |  `-> snapshot thread
//!              '---------- tick when a timer is due ----'  `----> indexer
//! ```

mod apply_thread;
mod clock;
mod core;
mod counters;
mod engine;
mod error;
mod inbox;
mod log_thread;
mod options;
mod publish;
mod queue;
mod record;
mod snapshot_thread;
mod start;
mod sync;

pub use clock::{Clock, ManualClock, SystemClock};
pub use core::{Appended, Applier, Core, Sequencer, recover};
pub use counters::{Counters, Histogram};
pub use engine::Engine;
pub use error::{EngineError, SubmitError};
pub use options::{Options, Progress, Startup};
pub use publish::{Effects, Events, Seen};
