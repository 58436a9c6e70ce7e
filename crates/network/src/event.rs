//! Events: facts for those who wait and watch. They change nothing.

use crate::{BreakKind, Errand, Payment};
use std::sync::Arc;

#[derive(Clone, Debug)]
pub enum Event {
    /// A payment, a refund of it or its notification moved; this is how it stands now.
    PaymentMoved(Arc<Payment>),
    /// A partner contradicted itself or the books: somebody must look.
    Break {
        payment: Arc<Payment>,
        kind: BreakKind,
    },
    /// Something waits for longer than it should.
    Alert {
        payment: Arc<Payment>,
        what: &'static str,
    },
    /// A participant did not take a message for so long that it is not sent any more.
    ErrandGivenUp(Arc<Errand>),
    DirectoryChanged,
    RatesChanged,
}
