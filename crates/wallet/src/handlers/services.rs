//! What all services share: whether there are any, numbers of what owners put up, amounts.

use crate::command::services::ServiceCommand;
use crate::machine::{Context, once_name, refuse, used_otherwise};
use crate::{Once, Refusal, Reply, ShopNumber, Wallet};
use base::{ResultCode, Row, decode_all, encode};
use money::{Currency, Money};
use services::RuleFault;

/// What one shop may put up of a kind, at most.
pub(super) const MOST_OF_SHOP: usize = 1_000;

impl Wallet {
    pub(crate) fn service_command(
        &mut self,
        cx: &mut Context<'_>,
        it: ServiceCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            ServiceCommand::Donation(it) => self.donation_command(cx, it),
            ServiceCommand::Ride(it) => self.ride_command(cx, it),
            ServiceCommand::Ticket(it) => self.ticket_command(cx, it),
            ServiceCommand::Bill(it) => self.bill_command(cx, it),
        }
    }

    /// Switched off, nothing begins any more; what has begun goes on.
    pub(super) fn has_services(&self) -> Result<(), Refusal> {
        if !self.market.features.services {
            return refuse(ResultCode::BusinessNotSupport, "this wallet has no service codes");
        }
        Ok(())
    }

    pub(super) fn must_be_own_currency(&self, currency: Currency) -> Result<(), Refusal> {
        if currency != self.market.account.currency {
            return refuse(
                ResultCode::CurrencyNotSupport,
                "rules: must be in the market's currency",
            );
        }
        Ok(())
    }

    pub(super) fn amount(&self, minor: u64) -> Result<Money, Refusal> {
        Money::new(minor, self.market.account.currency)
            .map_err(|_| Refusal::new(ResultCode::ParamIllegal, "amount: is too large"))
    }

    /// Nobody pays himself, so that no takings are made up.
    pub(super) fn must_be_other(&self, shop: ShopNumber, customer: u32) -> Result<(), Refusal> {
        if self.shops.get(shop as usize).is_some_and(|shop| shop.owner == customer) {
            return refuse(ResultCode::RiskReject, "nobody pays at a shop of his own");
        }
        Ok(())
    }
}

/// What an earlier request of this name put up.
pub(super) fn numbered(cx: &Context<'_>, by: u32, once: &Once) -> Result<Option<Reply>, Refusal> {
    let Some(bytes) = cx.history.name(&once_name(by, once)) else { return Ok(None) };
    let (digest, number): ([u8; 32], u32) = decode_all(&bytes).map_err(|_| used_otherwise())?;
    if digest != once.digest {
        return Err(used_otherwise());
    }
    Ok(Some(Reply::Number(number)))
}

/// Remembers what a request put up.
pub(super) fn remember_number(cx: &mut Context<'_>, by: u32, once: &Once, number: u32) -> Reply {
    let value = encode(&(once.digest, number));
    cx.rows.push(Row::Name { name: once_name(by, once), value });
    Reply::Number(number)
}

/// The number of one of the owner's own, or the next.
pub(super) fn number_for<T>(
    list: &[T],
    number: Option<u32>,
    is_own: impl Fn(&T) -> bool,
) -> Result<u32, Refusal> {
    match number {
        Some(number) if list.get(number as usize).is_some_and(&is_own) => Ok(number),
        Some(_) => refuse(ResultCode::OrderNotExist, "number: the shop has no such one"),
        None if list.iter().filter(|it| is_own(it)).count() >= MOST_OF_SHOP => {
            refuse(ResultCode::ProcessFail, "the shop has as many as one may")
        }
        None => u32::try_from(list.len())
            .map_err(|_| Refusal::new(ResultCode::ProcessFail, "the wallet has as many as it can")),
    }
}

pub(super) fn of_rule(fault: RuleFault) -> Refusal {
    Refusal::new(ResultCode::ParamIllegal, format!("rules.{fault}"))
}
