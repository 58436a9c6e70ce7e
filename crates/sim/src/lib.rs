//! The whole network in one process: scenarios on the bare machine and through HTTP, and seeded
//! simulation.

pub mod bare;
pub mod preset;
pub mod scenario;
pub mod simulate;
