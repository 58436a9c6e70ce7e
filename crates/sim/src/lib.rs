//! The whole network in one process: scenarios and seeded simulation.
