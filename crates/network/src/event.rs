//! Events: facts for those who wait and watch. They change nothing.

use crate::{BreakKind, Payment};
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
    DirectoryChanged,
    RatesChanged,
}
