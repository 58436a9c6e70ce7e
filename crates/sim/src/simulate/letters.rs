//! Letters: requests that a partner repeats until they are answered, and the messages that belong
//! to no payment, as partners hear them.

use super::process::operate;
use super::world::{Asker, Event, World};
use base::{ResultCode, Span};
use ids::{ParticipantId, Partition, RefundId};
use network::{Change, Command, Errand, Message, Reply};

/// A request of a partner.
pub(crate) struct Letter {
    pub command: Command,
    /// Where it goes; absent: to every partition, as what is known everywhere.
    pub partition: Option<Partition>,
    /// The sender has not heard an answer that ends it.
    pub is_open: bool,
    tries: u32,
}

/// What becomes of a letter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Post {
    Leaves,
    Arrives,
    /// The network's answer reaches the sender.
    Heard(ResultCode),
}

impl World {
    /// A partner writes; the letter leaves after this time.
    pub fn write(&mut self, command: Command, partition: Option<Partition>, after: Span) {
        let letter = self.letters.len();
        self.letters.push(Letter { command, partition, is_open: true, tries: 0 });
        self.at(after, Event::Letter { letter, post: Post::Leaves });
    }

    pub fn letter(&mut self, letter: usize, post: Post) {
        match post {
            Post::Leaves => self.letter_leaves(letter),
            Post::Arrives => self.letter_arrives(letter),
            Post::Heard(code) => self.letter_heard(letter, code),
        }
    }

    fn letter_leaves(&mut self, letter: usize) {
        if !self.letters[letter].is_open {
            return;
        }
        self.letters[letter].tries += 1;
        let tries = u64::from(self.letters[letter].tries.min(60));
        self.send(|| Event::Letter { letter, post: Post::Arrives });
        let again = Span::millis(self.dice.between(2_000, 5_000 * tries));
        self.at(again, Event::Letter { letter, post: Post::Leaves });
    }

    /// A process that is down hears nothing.
    fn letter_arrives(&mut self, letter: usize) {
        if !self.is_up {
            return;
        }
        let mut command = self.letters[letter].command.clone();
        let partition = self.letters[letter].partition;
        if let Command::OpenDispute(it) = &mut command {
            // Drawn at the edge for each request; the first one stays.
            let (millis, place) = (self.clock().millis(), it.payment.partition());
            it.refund = RefundId::new(millis, place, self.dice.wide());
        }
        let first = usize::from(partition.unwrap_or_default().0);
        let others = if partition.is_none() { self.nodes.len() } else { 0 };
        self.submit(first, command.clone(), Asker::Letter { letter });
        for place in 1..others {
            self.submit(place, command.clone(), Asker::Nobody);
        }
    }

    /// The network's answer leaves.
    pub fn answer_letter(&mut self, letter: usize, reply: &Reply) {
        let code = match reply {
            Reply::Refused(refusal) => refusal.code,
            _ => ResultCode::Success,
        };
        self.send(|| Event::Letter { letter, post: Post::Heard(code) });
    }

    fn letter_heard(&mut self, letter: usize, code: ResultCode) {
        // Suspended for a while: asked again.
        if !self.letters[letter].is_open || code == ResultCode::AccessDenied {
            return;
        }
        self.letters[letter].is_open = false;
        match self.letters[letter].command.clone() {
            Command::AnswerDispute(it) if code == ResultCode::Success => self.answer_stands(&it),
            Command::NotifyPush(it) => self.push_notified(&it, code),
            Command::WalletDecides(it) if code == ResultCode::Success => self.change_mind(it),
            _ => {}
        }
    }

    /// A partner hears a message, perhaps not for the first time; its answer may still be lost.
    pub fn message_heard(&mut self, errand: &Errand) {
        if let Some(agreement) = errand.message.agreement() {
            self.checker.heard(agreement.id, errand.to);
        }
        if !self.checker.hearing.heard(errand) {
            return;
        }
        match &errand.message {
            Message::CancelToken(_)
            | Message::AuthNotify { .. }
            | Message::RegistrationStatus(_) => {}
            Message::Dispute { payment, number } => self.hears_of_dispute(payment, *number),
            Message::DisputeAnswered { payment, number } => {
                self.hears_end_of_dispute(payment, *number);
            }
            Message::Registration { merchant, .. } => self.hears_of_merchant(errand.to, merchant),
        }
    }

    /// The place of a wallet in this world.
    pub fn wallet_at(&self, id: ParticipantId) -> Option<usize> {
        self.wallets.iter().position(|wallet| wallet.id == id)
    }

    /// The operator changes something in one partition.
    pub fn operate_at(&mut self, partition: Partition, change: Change) {
        self.submit(usize::from(partition.0), operate(change), Asker::Nobody);
    }
}
