//! What a real wallet's customers do at home: money in and out, transfers, requests, plans, shops.

use super::hand::{Hand, desk};
use account::CustomerInput;
use base::Span;
use ids::{
    BankMoveId, CashId, NoteId, PaymentId, RefundId, RequestId, ScheduleId, ShopOrderId, TransferId,
};
use wallet::command::bank::{BankCommand, CallCash, MoveMoney, TakeCash};
use wallet::command::desk::DeskAct;
use wallet::command::people::PeopleCommand;
use wallet::command::send::{Ask, AskPart, Plan, Send, SendCommand};
use wallet::command::shops::{PayShop, ShopCommand};
use wallet::objects::{
    BankWay, Every, Party, RequestState, ScheduleState, ShopOrderState, TransferState,
};
use wallet::{Command, Object};

/// The agent's shop, and who runs it.
const AGENT: (u32, u32) = (2, 2);
/// The customer who may leave.
pub(crate) const LEAVER: u32 = super::CUSTOMERS - 1;

impl Hand<'_> {
    /// Bank and agents.
    pub fn at_bank(&mut self) -> Option<Command> {
        let customer = self.customer();
        Some(Command::Bank(match self.dice.below(8) {
            0..3 => self.bank_move(BankWay::In, customer),
            3..5 => self.bank_move(BankWay::Out, customer),
            5 => {
                let (amount_minor, code) = (self.amount(100), self.digest());
                let until = self.now.after(Span::secs(self.dice.between(1, 400)));
                let (id, once) = (self.id(CashId::new), self.once());
                BankCommand::CallCash(CallCash { id, customer, amount_minor, code, until, once })
            }
            6 => {
                let (id, amount_minor, once) = (self.id(CashId::new), self.amount(50), self.once());
                let (agent, by) = AGENT;
                BankCommand::TakeCash(TakeCash { id, agent, by, customer, amount_minor, once })
            }
            _ => {
                let (id, customer) = self.one(|object| match object {
                    Object::Cash(it) => Some((it.id, it.customer)),
                    _ => None,
                })?;
                BankCommand::EndCash { customer, id }
            }
        }))
    }

    fn bank_move(&mut self, way: BankWay, customer: u32) -> BankCommand {
        let most = if way == BankWay::In { 3_000 } else { 400 };
        BankCommand::Move(MoveMoney {
            id: self.id(BankMoveId::new),
            customer,
            way,
            amount_minor: self.amount(most),
            bank_account: NoteId::from_u128(1),
            once: self.once(),
        })
    }

    /// Transfers between customers.
    pub fn sending(&mut self) -> Option<Command> {
        let (from, to) = (self.customer(), self.customer());
        if self.dice.per_mille(300) {
            let (id, customer) = self.one(|object| match object {
                Object::Transfer(it) if matches!(it.state, TransferState::Held { .. }) => {
                    match it.from {
                        Party::Customer(from) => Some((it.id, from)),
                        Party::Shop(_) => None,
                    }
                }
                _ => None,
            })?;
            return Some(Command::Send(SendCommand::TakeBack { customer, id }));
        }
        // More than the balance has, now and then: savings may cover it.
        let more = self.available(from) + self.amount(300);
        let amount_minor = if self.dice.per_mille(250) { more } else { self.amount(200) };
        let knows_new_payee = self.dice.per_mille(800);
        let (id, once, note) = (self.id(TransferId::new), self.once(), None);
        let send = Send { id, from, to, amount_minor, note, knows_new_payee, once };
        Some(Command::Send(SendCommand::Send(send)))
    }

    /// Requests for money.
    pub fn asking(&mut self) -> Option<Command> {
        if self.dice.per_mille(400) {
            let asker = self.customer();
            let count = self.dice.between(1, 3);
            let part = |hand: &mut Self| AskPart {
                id: hand.id(RequestId::new),
                payer: hand.customer(),
                amount_minor: hand.amount(100),
            };
            let parts = (0..count).map(|_| part(self)).collect();
            let until = self.now.after(Span::secs(self.dice.between(1, 600)));
            let (note, once) = (None, self.once());
            return Some(Command::Send(SendCommand::Ask(Ask { asker, parts, note, until, once })));
        }
        let (request, asker, payer) = self.one(|object| match object {
            Object::Request(it) if it.state == RequestState::Open => {
                Some((it.id, it.asker, it.payer))
            }
            _ => None,
        })?;
        let customer = if self.dice.per_mille(800) { payer } else { asker };
        Some(Command::Send(match self.dice.per_mille(700) {
            true => {
                let (id, once) = (self.id(TransferId::new), self.once());
                SendCommand::PayRequest { customer, request, id, once }
            }
            false => SendCommand::EndRequest { customer, request },
        }))
    }

    /// Plans.
    pub fn planning(&mut self) -> Option<Command> {
        if self.dice.per_mille(700) {
            let plan = Plan {
                id: self.id(ScheduleId::new),
                from: self.customer(),
                to: self.customer(),
                amount_minor: self.amount(60),
                note: None,
                first: self.now.after(Span::secs(self.dice.between(1, 100_000))),
                every: self.dice.pick(&[Every::Day, Every::Week, Every::Month { day: 31 }]),
                times: u32::try_from(self.dice.between(1, 4)).expect("at most four"),
                once: self.once(),
            };
            return Some(Command::Send(SendCommand::Plan(plan)));
        }
        let (id, customer) = self.one(|object| match object {
            Object::Schedule(it) if it.state == ScheduleState::Active => Some((it.id, it.from)),
            _ => None,
        })?;
        Some(Command::Send(SendCommand::EndPlan { customer, id }))
    }

    /// Shops.
    pub fn shopping(&mut self) -> Option<Command> {
        let (shop, by) = self.shop()?;
        Some(Command::Shop(match self.dice.below(10) {
            0..2 => {
                let (id, amount_minor) = (self.id(ShopOrderId::new), self.amount(100));
                let until = self.now.after(Span::secs(self.dice.between(1, 600)));
                let (reference, once) = (crate::preset::text("till"), self.once());
                ShopCommand::Order { id, shop, by, amount_minor, reference, until, once }
            }
            2..6 => {
                let order = self.one(|object| match object {
                    Object::ShopOrder(it) if it.state == ShopOrderState::Shown => {
                        Some((it.id, it.shop, it.amount_minor))
                    }
                    _ => None,
                });
                let order = order.filter(|_| self.dice.per_mille(600));
                let own = (shop, self.amount(100));
                let (shop, amount_minor) = order.map_or(own, |(_, shop, minor)| (shop, minor));
                ShopCommand::Pay(PayShop {
                    id: self.id(PaymentId::new),
                    customer: self.customer(),
                    shop,
                    amount_minor,
                    order: order.map(|(id, ..)| id),
                    once: self.once(),
                })
            }
            6..8 => {
                let (payment, shop, left) = self.one(|object| match object {
                    Object::Sale(it) => Some((it.id, it.shop, it.left_minor())),
                    _ => None,
                })?;
                let by = self.machine.shops().get(shop as usize)?.owner;
                let whole = self.dice.per_mille(400);
                let part = self.dice.between(1, left.max(1));
                let amount_minor = if whole { left.max(1) } else { part };
                let (id, once) = (self.id(RefundId::new), self.once());
                ShopCommand::Refund { id, shop, by, payment, amount_minor, once }
            }
            8 => {
                let (id, shop) = self.one(|object| match object {
                    Object::ShopOrder(it) => Some((it.id, it.shop)),
                    _ => None,
                })?;
                let by = self.machine.shops().get(shop as usize)?.owner;
                ShopCommand::EndOrder { shop, by, id }
            }
            _ => {
                let has = self.machine.shop_balance(shop).max(1);
                let (amount_minor, once) = (self.dice.between(1, has), self.once());
                ShopCommand::PayOut { shop, by, amount_minor, once }
            }
        }))
    }

    /// The operator's desk, and customers who pause, resume, or leave for good.
    pub fn at_the_desk(&mut self) -> Option<Command> {
        let customer = self.customer();
        let change = |input| Command::People(PeopleCommand::Change { customer, input });
        Some(match self.dice.below(10) {
            0 => change(CustomerInput::Pause),
            1 | 2 => change(CustomerInput::Resume),
            3 => {
                let input = CustomerInput::Freeze;
                desk("ines", DeskAct::ChangeCustomer { customer, input })
            }
            4 | 5 => {
                let input = CustomerInput::Unfreeze;
                desk("ines", DeskAct::ChangeCustomer { customer, input })
            }
            6 => {
                let tier = u8::from(self.dice.per_mille(500));
                desk("ines", DeskAct::SetTier { customer, tier })
            }
            _ => {
                let owed = self.machine.network_payable();
                let amount_minor = self.dice.between(1, owed.max(1));
                *self.drawn += 1;
                let reference = crate::preset::text(&format!("s{}", self.drawn));
                desk("omar", DeskAct::SettleNetwork { reference, amount_minor })
            }
        })
    }

    /// One customer sends everything away, and leaves.
    pub fn leaving(&mut self) -> Option<Command> {
        let has = self.available(LEAVER);
        if has == 0 {
            let input = CustomerInput::Close;
            return Some(Command::People(PeopleCommand::Change { customer: LEAVER, input }));
        }
        let account = &self.machine.market().account;
        let most = account.payee.first_most_minor.min(has);
        let fee = account.send_fee;
        // The largest amount that leaves nothing behind, or what the limit allows.
        let fits = |minor: &u64| minor + fee.of(*minor) <= has;
        let amount_minor = (most.saturating_sub(fee.of(most)).max(1)..=most).rev().find(fits)?;
        let (id, to, once) = (self.id(TransferId::new), 1, self.once());
        let send =
            Send { id, from: LEAVER, to, amount_minor, note: None, knows_new_payee: true, once };
        Some(Command::Send(SendCommand::Send(send)))
    }
}
