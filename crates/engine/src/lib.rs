//! One writer per partition: queue, batch, append, apply, publish.
