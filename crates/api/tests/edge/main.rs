//! The partner edge over real sockets, with a real engine behind it and a scripted wallet in front
//! of it.

mod limits;
mod payments;
mod raw;
mod signatures;
mod smuggling;
mod wallet;
mod world;
