//! Commands that wait for the log thread, and the timer that may put a tick among them.

use crate::sync::lock;
use crate::{Clock, SubmitError};
use base::{Machine, Stamp, Timestamp};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use tokio::sync::oneshot;

/// What a submitter hears, once.
pub(crate) type Answer<M> = Result<(Stamp, <M as Machine>::Reply), SubmitError>;
pub(crate) type Callback<M> = Box<dyn FnOnce(Answer<M>) + Send>;

/// Who waits for a reply.
pub(crate) enum Waiter<M: Machine> {
    /// The engine's own tick, or one that was answered.
    Nobody,
    Task(oneshot::Sender<Answer<M>>),
    Call(Callback<M>),
}

/// Answers exactly once: dropped without an answer, it says that the engine stopped.
pub(crate) struct Done<M: Machine>(Waiter<M>);

impl<M: Machine> Done<M> {
    pub(crate) fn new(waiter: Waiter<M>) -> Done<M> {
        Done(waiter)
    }

    pub(crate) fn answer(&mut self, answer: Answer<M>) {
        match self.release() {
            Waiter::Nobody => {}
            // A submitter that went away does not care.
            Waiter::Task(sender) => drop(sender.send(answer)),
            Waiter::Call(call) => call(answer),
        }
    }

    /// Takes the waiter away, so that it hears nothing from here.
    pub(crate) fn release(&mut self) -> Waiter<M> {
        std::mem::replace(&mut self.0, Waiter::Nobody)
    }
}

impl<M: Machine> Drop for Done<M> {
    fn drop(&mut self) {
        self.answer(Err(SubmitError::Stopped));
    }
}

pub(crate) struct Job<M: Machine> {
    pub(crate) command: M::Command,
    pub(crate) done: Done<M>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Open,
    /// Nothing new is taken; what waits is still written.
    Draining,
    Ended,
}

struct Waiting<M: Machine> {
    jobs: VecDeque<Job<M>>,
    phase: Phase,
    timer: Option<Timestamp>,
    /// A tick is on its way through log and machine: no second one before it was applied.
    tick_out: bool,
}

/// See the module's text.
pub(crate) struct Queue<M: Machine> {
    waiting: Mutex<Waiting<M>>,
    arrived: Condvar,
    capacity: usize,
}

/// A batch taken off the queue.
pub(crate) struct Taken<M: Machine> {
    pub(crate) jobs: VecDeque<Job<M>>,
    /// The last job is a tick.
    pub(crate) tick: bool,
    /// Commands that still wait.
    pub(crate) left: usize,
}

impl<M: Machine> Queue<M> {
    pub(crate) fn new(capacity: usize, timer: Option<Timestamp>) -> Queue<M> {
        let phase = Phase::Open;
        let waiting = Waiting { jobs: VecDeque::new(), phase, timer, tick_out: false };
        Queue { waiting: Mutex::new(waiting), arrived: Condvar::new(), capacity }
    }

    /// Takes a command in, or says at once why not. A refused job is given back unanswered.
    pub(crate) fn push(&self, job: Job<M>) -> Result<(), (Job<M>, SubmitError)> {
        let mut waiting = lock(&self.waiting);
        if waiting.phase != Phase::Open {
            return Err((job, SubmitError::Stopped));
        }
        if waiting.jobs.len() >= self.capacity {
            return Err((job, SubmitError::Overloaded));
        }
        waiting.jobs.push_back(job);
        let first = waiting.jobs.len() == 1;
        drop(waiting);
        if first {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Waits for commands or a due timer and takes at most `most`; `None` when all is over.
    /// `room` is an empty buffer to be used again.
    pub(crate) fn take(
        &self,
        most: usize,
        clock: &dyn Clock,
        last_time: Timestamp,
        mut room: VecDeque<Job<M>>,
    ) -> Option<Taken<M>> {
        let mut waiting = lock(&self.waiting);
        let tick = loop {
            if waiting.phase == Phase::Ended {
                return None;
            }
            let timer = waiting.timer.filter(|_| !waiting.tick_out && waiting.phase == Phase::Open);
            let due = timer.is_some_and(|due| due <= clock.now().max(last_time));
            if due || !waiting.jobs.is_empty() {
                break due;
            }
            if waiting.phase == Phase::Draining {
                return None;
            }
            let sleep = timer.and_then(|due| clock.sleep(due));
            waiting = match sleep {
                Some(longest) => {
                    let woken = self.arrived.wait_timeout(waiting, longest);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            };
        };
        if waiting.jobs.len() <= most {
            std::mem::swap(&mut waiting.jobs, &mut room);
        } else {
            room.extend(waiting.jobs.drain(..most));
        }
        waiting.tick_out |= tick;
        let left = waiting.jobs.len();
        drop(waiting);
        if tick {
            room.push_back(Job { command: M::tick(), done: Done(Waiter::Nobody) });
        }
        Some(Taken { jobs: room, tick, left })
    }

    /// The machine's next timer after a batch; `ticked`: the batch held the tick that was out.
    pub(crate) fn set_timer(&self, timer: Option<Timestamp>, ticked: bool) {
        let mut waiting = lock(&self.waiting);
        let sooner = timer.is_some_and(|new| waiting.timer.is_none_or(|old| new < old));
        waiting.timer = timer;
        waiting.tick_out &= !ticked;
        drop(waiting);
        if sooner || ticked {
            self.arrived.notify_one();
        }
    }

    /// Lets the log thread look at the clock again.
    pub(crate) fn wake(&self) {
        // Under the lock, so that it is either before its look at the clock or already asleep.
        drop(lock(&self.waiting));
        self.arrived.notify_one();
    }

    /// Refuses new commands and lets those that wait be written.
    pub(crate) fn drain(&self) {
        let mut waiting = lock(&self.waiting);
        if waiting.phase == Phase::Open {
            waiting.phase = Phase::Draining;
        }
        drop(waiting);
        self.arrived.notify_one();
    }

    /// Ends everything at once: who waits hears that the engine stopped.
    pub(crate) fn end(&self) {
        let mut waiting = lock(&self.waiting);
        waiting.phase = Phase::Ended;
        let jobs = std::mem::take(&mut waiting.jobs);
        drop(waiting);
        self.arrived.notify_one();
        // Outside the lock: a callback may submit again.
        drop(jobs);
    }
}
