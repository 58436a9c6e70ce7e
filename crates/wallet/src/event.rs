//! Facts for those who watch.

use crate::Object;

#[derive(Clone, Debug)]
pub enum Event {
    /// Something that these customers can look at is new or has changed.
    Moved { customers: Vec<u32>, object: Object },
    /// A customer's state, tier or limits have changed.
    CustomerChanged(u32),
    /// Somebody contradicts the books: nothing moved, and somebody must look.
    Break { object: Object, what: &'static str },
}
