//! Service codes on the bare machine: donations, rides, tickets, bills.

mod bills;
mod donations;
mod random;
mod rides;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod support;
mod tickets;

use base::ResultCode;
use dhow_wallet::command::desk::DeskAct;
use dhow_wallet::command::services::{
    BillCommand, DonationCommand, RideCommand, ServiceCommand, TicketCommand,
};
use dhow_wallet::{Command, Features, Market, Once};
use money::Money;
use support::{Bare, desk, market, peso};

fn php(minor: u64) -> Money {
    Money::new(minor, peso()).unwrap()
}

fn donation(it: DonationCommand) -> Command {
    Command::Service(Box::new(ServiceCommand::Donation(it)))
}

fn ride(it: RideCommand) -> Command {
    Command::Service(Box::new(ServiceCommand::Ride(it)))
}

fn ticket(it: TicketCommand) -> Command {
    Command::Service(Box::new(ServiceCommand::Ticket(it)))
}

fn bill(it: BillCommand) -> Command {
    Command::Service(Box::new(ServiceCommand::Bill(it)))
}

/// The same name for another request.
fn otherwise(once: &Once) -> Once {
    Once { digest: [9; 32], ..once.clone() }
}

fn switch_off(bare: &mut Bare) {
    let features = Features { services: false, ..market().features };
    bare.done(desk("ines", DeskAct::SetMarket(Box::new(Market { features, ..market() }))));
}

/// Refused with each code in turn.
fn all_refused(bare: &mut Bare, cases: impl IntoIterator<Item = (Command, ResultCode)>) {
    for (command, code) in cases {
        let shown = format!("{command:?}");
        assert_eq!(bare.refused(command), code, "{shown}");
    }
}
