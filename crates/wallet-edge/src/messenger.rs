//! One-time codes and news on their way to people: by text message or e-mail.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// Sends messages to people. What it is given is personal data: it logs none of it.
pub trait Messenger: Send + Sync {
    /// Sends a text to a phone number or an e-mail address. Best effort: who got none asks again.
    fn send(&self, to: &str, text: &str);

    /// The newest message to this address, where messages are kept and not sent anywhere.
    fn kept(&self, _to: &str) -> Option<KeptMessage> {
        None
    }
}

/// A message that was not sent anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptMessage {
    pub to: String,
    pub text: String,
}

/// Messages that are kept instead, of a wallet that reaches no gateway.
const KEPT: usize = 200;

/// Keeps the last messages for the desk to read: for a demonstration and for tests.
#[derive(Default)]
pub struct KeptMessages {
    kept: Mutex<VecDeque<KeptMessage>>,
}

impl Messenger for KeptMessages {
    fn send(&self, to: &str, text: &str) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(KeptMessage { to: to.to_owned(), text: text.to_owned() });
    }

    fn kept(&self, to: &str) -> Option<KeptMessage> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().rev().find(|message| message.to == to).cloned()
    }
}
