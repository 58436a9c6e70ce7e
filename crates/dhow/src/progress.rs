//! How far long work has come: a bar on a terminal, a line now and then elsewhere; on the standard
//! error, so that the standard output stays what was asked for.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::{Duration, Instant};

/// Between two lines when nobody watches a terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// See the module's text.
pub struct Progress {
    bar: ProgressBar,
    what: &'static str,
    told: Instant,
}

impl Progress {
    /// Begins work on `total` things of the kind that `what` names, such as `segments`.
    pub fn new(what: &'static str, total: u64) -> Progress {
        let style = ProgressStyle::with_template("{bar:32} {pos} of {len} {msg}, {eta} left");
        let bar = ProgressBar::new(total).with_message(what);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Progress { bar, what, told: Instant::now() }
    }

    /// So much is done, of so much: the total may turn out larger than was thought.
    pub fn at(&mut self, done: u64, total: u64) {
        self.bar.set_length(total);
        self.bar.set_position(done);
        if self.bar.is_hidden() && self.told.elapsed() >= LINE_EVERY {
            self.told = Instant::now();
            eprintln!("{done} of {total} {}", self.what);
        }
    }

    /// A line for the reader, above the bar.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| eprintln!("{line}"));
    }
}

/// Shows how far an engine has come with reading its log again.
pub fn of_replay() -> Box<dyn FnMut(engine::Progress) + Send> {
    let mut shown: Option<Progress> = None;
    Box::new(move |it| {
        let bar = shown.get_or_insert_with(|| Progress::new("records", it.log_end));
        bar.at(it.position, it.log_end);
    })
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
