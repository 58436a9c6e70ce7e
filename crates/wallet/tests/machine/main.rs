//! What the wallet's machine does, one file for each area of it.

mod agreements;
mod bank;
mod cash;
mod codes;
mod desk;
mod network;
mod people;
mod random;
mod send;
mod shops;
#[path = "../support/mod.rs"]
mod support;
