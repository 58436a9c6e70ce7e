//! Durable batches and questions on their way to the apply thread.

use crate::queue::Job;
use crate::sync::lock;
use crate::{Appended, SubmitError};
use base::{History, Machine, Stamp};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// Batches that may be durable and not yet applied: enough for the pipeline, little in memory.
const BATCHES: usize = 4;

pub(crate) type Question<M> = Box<dyn FnOnce(&M, &dyn History, Stamp) + Send>;

/// A batch on the disk.
pub(crate) struct Durable<M: Machine> {
    pub(crate) appended: Appended,
    pub(crate) jobs: VecDeque<Job<M>>,
    pub(crate) tick: bool,
}

struct Inside<M: Machine> {
    batches: VecDeque<Durable<M>>,
    questions: Vec<Question<M>>,
    /// Emptied buffers on their way back to the log thread.
    rooms: Vec<VecDeque<Job<M>>>,
    /// No further batch will come.
    closed: bool,
    ended: bool,
}

/// See the module's text.
pub(crate) struct Inbox<M: Machine> {
    inside: Mutex<Inside<M>>,
    ready: Condvar,
    room: Condvar,
    questions_capacity: usize,
}

/// What the apply thread does next.
pub(crate) struct Work<M: Machine> {
    pub(crate) questions: Vec<Question<M>>,
    pub(crate) batch: Option<Durable<M>>,
}

impl<M: Machine> Inbox<M> {
    pub(crate) fn new(questions_capacity: usize) -> Inbox<M> {
        let inside = Inside {
            batches: VecDeque::new(),
            questions: Vec::new(),
            rooms: Vec::new(),
            closed: false,
            ended: false,
        };
        Inbox {
            inside: Mutex::new(inside),
            ready: Condvar::new(),
            room: Condvar::new(),
            questions_capacity,
        }
    }

    /// Hands a durable batch over and gives an empty buffer for the next; `None` when all is over.
    pub(crate) fn push(&self, batch: Durable<M>) -> Option<VecDeque<Job<M>>> {
        let mut inside = lock(&self.inside);
        while inside.batches.len() >= BATCHES && !inside.ended {
            inside = self.room.wait(inside).unwrap_or_else(PoisonError::into_inner);
        }
        if inside.ended {
            return None;
        }
        inside.batches.push_back(batch);
        let room = inside.rooms.pop().unwrap_or_default();
        drop(inside);
        self.ready.notify_one();
        Some(room)
    }

    pub(crate) fn ask(&self, question: Question<M>) -> Result<(), SubmitError> {
        let mut inside = lock(&self.inside);
        if inside.ended {
            return Err(SubmitError::Stopped);
        }
        if inside.questions.len() >= self.questions_capacity {
            return Err(SubmitError::Overloaded);
        }
        inside.questions.push(question);
        drop(inside);
        self.ready.notify_one();
        Ok(())
    }

    /// Waits for work, at most `longest`; `None` when all is over.
    pub(crate) fn next(&self, longest: Option<Duration>) -> Option<Work<M>> {
        let mut inside = lock(&self.inside);
        let mut slept = false;
        loop {
            if inside.ended {
                return None;
            }
            if !inside.batches.is_empty() || !inside.questions.is_empty() || slept {
                break;
            }
            if inside.closed {
                inside.ended = true;
                return None;
            }
            inside = match longest {
                Some(longest) => {
                    slept = true;
                    let woken = self.ready.wait_timeout(inside, longest);
                    woken.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.ready.wait(inside).unwrap_or_else(PoisonError::into_inner),
            };
        }
        let batch = inside.batches.pop_front();
        let questions = std::mem::take(&mut inside.questions);
        drop(inside);
        self.room.notify_one();
        Some(Work { questions, batch })
    }

    /// Gives an emptied buffer back.
    pub(crate) fn give_back(&self, room: VecDeque<Job<M>>) {
        let mut inside = lock(&self.inside);
        if inside.rooms.len() < BATCHES {
            inside.rooms.push(room);
        }
    }

    /// No further batch will come; those that are here are still applied.
    pub(crate) fn close(&self) {
        lock(&self.inside).closed = true;
        self.ready.notify_one();
    }

    /// Ends everything at once.
    pub(crate) fn end(&self) {
        let mut inside = lock(&self.inside);
        inside.ended = true;
        let batches = std::mem::take(&mut inside.batches);
        let questions = std::mem::take(&mut inside.questions);
        drop(inside);
        self.ready.notify_one();
        self.room.notify_one();
        drop((batches, questions));
    }
}
