//! What the `dhow` program is made of, for itself and for the tests that start it in process.

pub mod agreement_commands;
pub mod bench;
pub mod client;
pub mod code_commands;
pub mod conform_command;
pub mod demo;
pub mod log_commands;
pub mod node;
pub mod progress;
pub mod qr_command;
pub mod qr_make;
pub mod sign;
pub mod sim_command;
pub mod store_commands;
pub mod token_commands;
pub mod wallet;

/// Waits for Ctrl-C or a polite kill.
pub async fn wait_for_stop() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
