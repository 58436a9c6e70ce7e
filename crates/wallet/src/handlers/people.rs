//! Customers themselves.

use crate::command::people::PeopleCommand;
use crate::machine::{Context, name_kind, name_of, refuse};
use crate::{Event, Refusal, Reply, Wallet};
use account::{Customer, CustomerInput, CustomerStep, PinLocked, customer_step};
use base::{ResultCode, Row, encode};
use ids::PersonId;

impl Wallet {
    pub(crate) fn people(
        &mut self,
        cx: &mut Context<'_>,
        it: PeopleCommand,
    ) -> Result<Reply, Refusal> {
        match it {
            PeopleCommand::Register { person, tier } => self.register(cx, person, tier),
            PeopleCommand::TakeTry { customer } => self.take_try(cx, customer),
            PeopleCommand::PassTry { customer } => {
                self.customer(customer)?;
                // From here the command succeeds.
                if let Some(it) = self.customers.get_mut(customer) {
                    it.pass_try();
                }
                Ok(Reply::Done)
            }
            PeopleCommand::Change { customer, input } => match input {
                CustomerInput::Pause | CustomerInput::Resume | CustomerInput::Close => {
                    self.change_customer(cx, customer, input)
                }
                CustomerInput::Freeze | CustomerInput::Unfreeze => {
                    refuse(ResultCode::AccessDenied, "only the wallet's operator does this")
                }
            },
        }
    }

    fn register(
        &mut self,
        cx: &mut Context<'_>,
        person: PersonId,
        tier: u8,
    ) -> Result<Reply, Refusal> {
        if let Some(number) = crate::customer_of(cx.history, person) {
            return Ok(Reply::Number(number));
        }
        let name = name_of(name_kind::PERSON, &[&person.as_u128().to_be_bytes()]);
        if usize::from(tier) >= self.market.account.tiers.len() {
            return refuse(ResultCode::ParamIllegal, "tier: the market has no such tier");
        }
        let today = self.today(cx);
        let Some(number) = self.customers.add(Customer::new(tier, today)) else {
            return refuse(ResultCode::ProcessFail, "the wallet is full");
        };
        // From here the command succeeds.
        self.set_cap(number);
        cx.rows.push(Row::Name { name, value: encode(&number) });
        let name = name_of(name_kind::CUSTOMER, &[&number.to_be_bytes()]);
        cx.rows.push(Row::Name { name, value: encode(&person) });
        cx.events.push(Event::CustomerChanged(number));
        Ok(Reply::Number(number))
    }

    fn take_try(&mut self, cx: &Context<'_>, number: u32) -> Result<Reply, Refusal> {
        self.customer(number)?;
        let rules = self.market.account.pin;
        let customer = self.customers.get_mut(number).expect("the customer was read before");
        match customer.take_try(&rules, cx.now()) {
            Ok(()) => Ok(Reply::Done),
            Err(PinLocked::Until(until)) => {
                let secs = until.since(cx.now()).as_millis().div_ceil(1_000);
                let message = format!("pin: too many wrong ones; try again in {secs} seconds");
                Err(Refusal::new(ResultCode::UserPaymentVerificationFailed, message))
            }
            Err(PinLocked::Blocked) => refuse(
                ResultCode::UserPaymentVerificationFailed,
                "pin: blocked; set a new one with a one-time code",
            ),
        }
    }

    pub(crate) fn change_customer(
        &mut self,
        cx: &mut Context<'_>,
        number: u32,
        input: CustomerInput,
    ) -> Result<Reply, Refusal> {
        let state = match customer_step(self.customer(number)?.state, input) {
            CustomerStep::To(state) => state,
            CustomerStep::Same => return Ok(Reply::Done),
            CustomerStep::Refuse => {
                return refuse(
                    ResultCode::UserStatusAbnormal,
                    "the account's state does not allow it",
                );
            }
        };
        if input == CustomerInput::Close {
            self.check_empty(number)?;
        }
        // From here the command succeeds.
        if let Some(customer) = self.customers.get_mut(number) {
            customer.state = state;
        }
        cx.events.push(Event::CustomerChanged(number));
        Ok(Reply::Done)
    }

    /// An account is closed with nothing on it and nothing under way.
    fn check_empty(&self, number: u32) -> Result<(), Refusal> {
        let account = self.ledger.account(&self.books().customer(number));
        let is_empty = account.is_none_or(|it| it.highest() == 0 && it.lowest() == 0);
        if !is_empty {
            return refuse(
                ResultCode::OrderStatusInvalid,
                "there is money on the account or under way; take it out first",
            );
        }
        // Closing is rare, so that a walk is cheaper than a count for each customer.
        if self.open_objects().any(|object| object.holder() == Some(number)) {
            return refuse(
                ResultCode::OrderStatusInvalid,
                "a transfer or cash of yours still waits; take it back or wait for it",
            );
        }
        if self.savings.savers.get(&number).is_some_and(|saver| !saver.is_empty()) {
            return refuse(
                ResultCode::OrderStatusInvalid,
                "there is something in savings; take it out first",
            );
        }
        let has_shop = self.shops.iter().any(|shop| {
            shop.owner == number && (shop.is_open || self.shop_balance(shop.number) > 0)
        });
        if has_shop {
            return refuse(
                ResultCode::OrderStatusInvalid,
                "the customer runs a shop; close it and pay it out first",
            );
        }
        Ok(())
    }
}
