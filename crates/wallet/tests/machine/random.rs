//! Random histories: nothing is made or lost, no limit is passed, and what comes twice counts once.

use crate::people::by_desk;
use crate::support::{BASIC, Bare, FULL, desk, network, order_view, people, yen};
use account::{CustomerInput, LocalDay};
use base::{ResultCode, Span, encode};
use dhow_wallet::chart::{FEES, FLOAT};
use dhow_wallet::command::bank::{BankCommand, TakeCash};
use dhow_wallet::command::desk::{DeskAct, MoveEnd, Proposed};
use dhow_wallet::command::network::{NetworkCommand, NetworkRefund, PaidBy, TakeOrder};
use dhow_wallet::command::people::PeopleCommand;
use dhow_wallet::command::send::{Ask, AskPart, Plan, SendCommand};
use dhow_wallet::command::shops::ShopCommand;
use dhow_wallet::objects::{
    BankState, BankWay, CashState, CashWay, Every, Party, PaymentState, TransferState,
};
use dhow_wallet::{CodeKind, Command, ErrandAnswer, Object, Reply};
use ids::{CashId, PaymentId, ProposalId, RefundId, RequestId, TransferId};
use proptest::prelude::{ProptestConfig, Strategy, any, prop, prop_assert_eq};
use proptest::proptest;

const CUSTOMERS: u32 = 6;
const SPANS: [Span; 6] = [
    Span::secs(3),
    Span::minutes(4),
    Span::minutes(31),
    Span::hours(2),
    Span::hours(25),
    Span::days(9),
];
const ANSWERS: [ErrandAnswer; 5] = [
    ErrandAnswer::Yes,
    ErrandAnswer::No(ResultCode::ProcessFail),
    ErrandAnswer::InProcess,
    ErrandAnswer::NotFound,
    ErrandAnswer::Silent,
];

/// What happens, as numbers: any number is something.
#[derive(Clone, Copy, Debug)]
struct Act {
    kind: u8,
    who: u32,
    whom: u32,
    amount: u64,
    /// Which of several.
    pick: usize,
}

fn acts(count: usize) -> impl Strategy<Value = Vec<Act>> {
    let act = (0_u8..29, 0..CUSTOMERS, 0..CUSTOMERS, 1_u64..6_000, any::<u16>());
    let act = act.prop_map(|(kind, who, whom, amount, pick)| Act {
        kind,
        who,
        whom,
        amount,
        pick: usize::from(pick),
    });
    prop::collection::vec(act, 1..count)
}

/// Six customers, a shop of the first, an agent of the second.
struct World {
    bare: Bare,
    shop: u32,
    agent: u32,
    codes: Vec<[u8; 32]>,
    /// Objects as they were first told of.
    made: Vec<Object>,
    /// Commands that count once, and the object that each made.
    once: Vec<(Command, u128)>,
}

fn world() -> World {
    let mut bare = Bare::new();
    for number in 0..CUSTOMERS {
        let customer = bare.customer(u8::from(number % 2 == 1));
        bare.top_up(customer, 9_000);
    }
    let (shop, agent) = (bare.open_shop(0), bare.agent(1));
    World { bare, shop, agent, codes: Vec::new(), made: Vec::new(), once: Vec::new() }
}

fn picked<T: Clone>(of: &[T], pick: usize) -> Option<T> {
    of.get(pick.checked_rem(of.len())?).cloned()
}

impl World {
    /// One of the objects of a kind.
    fn one<T>(&self, pick: usize, kind: impl Fn(&Object) -> Option<T>) -> Option<T> {
        let mut of_kind: Vec<T> = self.made.iter().filter_map(kind).collect();
        let place = pick.checked_rem(of_kind.len())?;
        Some(of_kind.swap_remove(place))
    }

    fn command(&mut self, it: Act) -> Option<Command> {
        match it.kind {
            0..3 => Some(self.bare.send(it.who, it.whom, it.amount)),
            3 => Some(self.bare.bank(it.who, BankWay::In, it.amount)),
            4 => Some(self.bare.bank(it.who, BankWay::Out, it.amount)),
            5..9 => {
                let (about, kind, attempt) = picked(&self.bare.attempts, it.pick)?;
                let answer = ANSWERS[it.whom as usize % ANSWERS.len()];
                Some(Command::ErrandDone { about, kind, attempt, answer })
            }
            9 => Some(Command::Tick),
            10..15 => self.at_counter(it),
            15..19 => self.asked_for(it),
            19..24 => self.abroad(it),
            24 => {
                let inputs = [CustomerInput::Pause, CustomerInput::Resume, CustomerInput::Close];
                let input = picked(&inputs, it.pick)?;
                Some(people(PeopleCommand::Change { customer: it.who, input }))
            }
            25 => {
                let inputs = [CustomerInput::Freeze, CustomerInput::Unfreeze];
                Some(by_desk(it.who, inputs[usize::from(!it.pick.is_multiple_of(4))]))
            }
            _ => None,
        }
    }

    /// Shops and cash.
    fn at_counter(&mut self, it: Act) -> Option<Command> {
        let (shop, agent) = (self.shop, self.agent);
        match (it.kind, it.pick % 3) {
            (10, 0..2) => Some(self.bare.pay_shop(it.who, shop, it.amount)),
            (10, _) => {
                let (amount_minor, once) = (it.amount, self.bare.once());
                Some(Command::Shop(ShopCommand::PayOut { shop, by: 0, amount_minor, once }))
            }
            (11, _) => {
                let code = self.bare.digest();
                self.codes.push(code);
                Some(self.bare.call_cash(it.who, it.amount, code))
            }
            (12, 0..2) => {
                let code = picked(&self.codes, it.pick)?;
                Some(Command::Bank(BankCommand::GiveCash { agent, by: 1, code }))
            }
            (12, _) => Some(Command::Bank(BankCommand::TakeCash(TakeCash {
                id: self.bare.id(CashId::new),
                agent,
                by: 1,
                customer: it.who,
                amount_minor: it.amount,
                once: self.bare.once(),
            }))),
            (13, _) => self.one(it.pick, |object| match object {
                Object::Cash(cash) => Some(Command::Bank(BankCommand::EndCash {
                    customer: cash.customer,
                    id: cash.id,
                })),
                _ => None,
            }),
            _ => {
                let payment = self.one(it.pick, |object| match object {
                    Object::Sale(sale) => Some(sale.id),
                    _ => None,
                })?;
                let (id, once) = (self.bare.id(RefundId::new), self.bare.once());
                let amount_minor = it.amount;
                Some(Command::Shop(ShopCommand::Refund {
                    id,
                    shop,
                    by: 0,
                    payment,
                    amount_minor,
                    once,
                }))
            }
        }
    }

    /// Requests, plans, and what is taken back.
    fn asked_for(&mut self, it: Act) -> Option<Command> {
        let request = self.one(it.pick, |object| match object {
            Object::Request(request) => Some((request.id, request.payer, request.asker)),
            _ => None,
        });
        Some(Command::Send(match (it.kind, it.pick % 3) {
            (15, 0..2) => SendCommand::Ask(Ask {
                asker: it.who,
                parts: vec![AskPart {
                    id: self.bare.id(RequestId::new),
                    payer: it.whom,
                    amount_minor: it.amount,
                }],
                note: None,
                until: self.bare.now.after(Span::hours(2)),
                once: self.bare.once(),
            }),
            (15, _) => SendCommand::Plan(Plan {
                id: self.bare.id(ids::ScheduleId::new),
                from: it.who,
                to: it.whom,
                amount_minor: it.amount / 4 + 1,
                note: None,
                first: self.bare.now.after(SPANS[it.pick % SPANS.len()]),
                every: [Every::Day, Every::Week, Every::Month { day: 31 }][it.pick % 3],
                times: 1 + it.whom,
                once: self.bare.once(),
            }),
            (16, _) => {
                let (request, customer, _) = request?;
                let (id, once) = (self.bare.id(TransferId::new), self.bare.once());
                SendCommand::PayRequest { customer, request, id, once }
            }
            (17, _) => {
                let (request, payer, asker) = request?;
                let customer = if it.pick.is_multiple_of(2) { payer } else { asker };
                SendCommand::EndRequest { customer, request }
            }
            _ => self.one(it.pick, |object| match object {
                Object::Transfer(sent) => match sent.from {
                    Party::Customer(customer) => {
                        Some(SendCommand::TakeBack { customer, id: sent.id })
                    }
                    Party::Shop(_) => None,
                },
                _ => None,
            })?,
        }))
    }

    /// The network.
    fn abroad(&mut self, it: Act) -> Option<Command> {
        let known = self.one(it.pick, |object| match object {
            Object::Payment(payment) => Some(payment.as_ref().clone()),
            _ => None,
        });
        Some(network(match it.kind {
            19 => NetworkCommand::Pay(self.bare.network_pay(PaidBy::Customer(it.who), it.amount)),
            20 => NetworkCommand::TakeOrder(TakeOrder {
                id: self.bare.id(PaymentId::new),
                customer: it.who,
                code: CodeKind::Order,
                request: self.bare.name(),
                price_minor: it.amount,
                order: order_view(),
                expires: self.bare.now.after(Span::minutes(5)),
            }),
            21 => {
                let (customer, id) = (known.as_ref()?.customer, known?.id);
                match it.pick % 4 {
                    0 => {
                        let code = ResultCode::ProcessFail;
                        NetworkCommand::Decline { customer, id, code }
                    }
                    _ => NetworkCommand::Confirm { customer, id },
                }
            }
            22 => NetworkCommand::Cancel { request: known?.request },
            _ => NetworkCommand::Refund(NetworkRefund {
                id: self.bare.id(RefundId::new),
                request: self.bare.name(),
                payment: known?.request,
                payment_id: None,
                price_minor: it.amount,
                amount: yen(it.amount),
                digest: self.bare.digest(),
            }),
        }))
    }

    /// Carries an act out twice: the second time nothing may change.
    fn act(&mut self, it: Act) {
        if it.kind == 26 {
            self.bare.pass_asleep(SPANS[it.pick % SPANS.len()]);
            return;
        }
        if it.kind == 27 {
            self.again(it.pick);
            return;
        }
        if it.kind == 28 {
            self.end_move(it);
            return;
        }
        let Some(command) = self.command(it) else { return };
        let before: Vec<_> = (0..CUSTOMERS).map(|number| self.bare.spent(number)).collect();
        let first = self.bare.apply(command.clone());
        for number in 0..CUSTOMERS {
            let (day, month) = self.bare.spent(number);
            let [_, of_day, of_month, _] = if number % 2 == 1 { FULL } else { BASIC };
            let is_more = (day, month) > before[number as usize];
            assert!(!is_more || (day <= of_day && month <= of_month), "{number} passes a limit");
        }
        let state = encode(&self.bare.machine);
        let second = self.bare.apply(command.clone());
        assert!(encode(&self.bare.machine) == state, "{command:?} counts twice");
        match (first, second) {
            (Reply::Made { object, .. }, Reply::Made { object: same, is_repeat }) => {
                assert!(is_repeat && object == same);
                self.keep(&command, &object);
            }
            (Reply::Several(first), Reply::Several(second)) => {
                assert_eq!(first, second);
                self.made.extend(first);
            }
            (Reply::Made { .. } | Reply::Several(_), other) => panic!("{command:?}: {other:?}"),
            _ => {}
        }
    }

    fn keep(&mut self, command: &Command, object: &Object) {
        let counts_once = match command {
            Command::Send(it) => {
                matches!(it, SendCommand::Send(_) | SendCommand::PayRequest { .. })
            }
            Command::Bank(it) => !matches!(it, BankCommand::EndCash { .. }),
            Command::Shop(_) => true,
            Command::Network(it) => {
                matches!(it.as_ref(), NetworkCommand::Pay(_) | NetworkCommand::Refund(_))
            }
            _ => false,
        };
        if counts_once {
            self.once.push((command.clone(), object.id()));
        }
        if self.made.iter().all(|known| known.id() != object.id()) {
            self.made.push(object.clone());
        }
    }

    /// Two people end a move at the bank, if it has not ended; agreed to again, nothing changes.
    fn end_move(&mut self, it: Act) {
        let moved = self.one(it.pick, |object| match object {
            Object::BankMove(moved) => Some(moved.id),
            _ => None,
        });
        let Some(id) = moved else { return };
        let end = if it.whom.is_multiple_of(2) { MoveEnd::Done } else { MoveEnd::Failed };
        let (what, id) = (Proposed::EndMove { id, end }, self.bare.id(ProposalId::new));
        let approve = || desk("olga", DeskAct::Approve { id, what });
        if matches!(
            self.bare.apply(desk("ines", DeskAct::Propose { id, what })),
            Reply::Made { .. }
        ) {
            self.bare.made(approve());
            let state = encode(&self.bare.machine);
            assert_eq!(self.bare.refused(approve()), ResultCode::OrderIsClosed);
            assert!(encode(&self.bare.machine) == state);
        }
    }

    /// A command of long ago comes once more.
    fn again(&mut self, pick: usize) {
        let Some((command, id)) = picked(&self.once, pick) else { return };
        let before = encode(&self.bare.machine);
        match self.bare.apply(command) {
            Reply::Made { object, is_repeat: true } => assert_eq!(object.id(), id),
            // Money does not move, and the agent must not count it out once more.
            Reply::Refused(refusal) => {
                assert_eq!(refusal.code, ResultCode::UserStatusAbnormal);
            }
            other => panic!("{other:?}"),
        }
        assert!(encode(&self.bare.machine) == before);
    }

    /// What the counters say, and three of the operator's accounts, from the objects alone.
    fn compare(&self) {
        let objects = self.bare.objects();
        let zone = self.bare.machine.market().account.zone;
        let today = zone.day_of(self.bare.now);
        let mut spent = [(0, 0); CUSTOMERS as usize];
        let (mut float, mut payable, mut fees) = (0, 0, 0);
        for object in objects.values() {
            let counted: Option<(u32, LocalDay, u64)> = match object {
                Object::Transfer(it) if it.state != TransferState::TakenBack => {
                    fees += it.fee_minor;
                    match it.from {
                        Party::Customer(from) => {
                            Some((from, zone.day_of(it.created.time), it.amount_minor))
                        }
                        Party::Shop(_) => None,
                    }
                }
                Object::BankMove(it) => {
                    if it.state == BankState::Done {
                        let amount = i128::from(it.amount_minor);
                        float += if it.way == BankWay::In { amount } else { -amount };
                        fees += it.fee_minor;
                    }
                    let is_kept = !matches!(it.state, BankState::Failed(_));
                    (is_kept && it.way == BankWay::Out).then_some((
                        it.customer,
                        it.counted,
                        it.amount_minor,
                    ))
                }
                Object::Cash(it)
                    if matches!(it.state, CashState::Called { .. } | CashState::Done { .. }) =>
                {
                    fees += it.fee_minor;
                    (it.way == CashWay::Out).then_some((it.customer, it.counted, it.amount_minor))
                }
                Object::Sale(it) => Some((it.customer, it.counted, it.left_minor())),
                Object::Payment(it) if it.state == PaymentState::Paid => {
                    payable += it.left_minor();
                    Some((it.customer, it.counted, it.left_minor()))
                }
                _ => None,
            };
            let Some((customer, day, minor)) = counted else { continue };
            let (of_day, of_month) = &mut spent[customer as usize];
            *of_day += if day == today { minor } else { 0 };
            *of_month += if day.month() == today.month() { minor } else { 0 };
        }
        for (number, expected) in (0..).zip(spent) {
            assert_eq!(self.bare.spent(number), expected, "customer {number}");
        }
        assert_eq!(self.bare.own(FLOAT), -float);
        assert_eq!(self.bare.machine.network_payable(), payable);
        assert_eq!(self.bare.own(FEES), i128::from(fees));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_add_up(acts in acts(80)) {
        let mut world = world();
        for (number, act) in acts.into_iter().enumerate() {
            world.act(act);
            if number % 8 == 0 {
                world.compare();
            }
        }
        world.compare();
        // Weeks later, with a bank that knows nothing of it, only what it has not said is open.
        for _ in 0..12 {
            world.bare.pass_asleep(Span::days(4));
            world.bare.tick();
            for attempt in world.bare.attempts.clone() {
                world.bare.answer_to(attempt, ErrandAnswer::No(ResultCode::ProcessFail));
            }
        }
        world.compare();
        let open: Vec<_> = world.bare.machine.open_objects().collect();
        assert!(open.iter().all(|object| matches!(object, Object::Schedule(_))), "{open:?}");
    }

    #[test]
    fn spending_in_any_order_passes_no_limit(
        spends in prop::collection::vec((0_u8..5, 1_u64..6_000), 64..=64),
    ) {
        let mut bare = Bare::new();
        let (ann, ben) = (bare.customer(0), bare.customer(1));
        bare.top_up(ann, 50_000);
        let shop = bare.open_shop(ben);
        let first = bare.send(ann, ben, 1);
        bare.made(first);
        bare.pass(Span::days(1));
        let [payment, day, _, _] = BASIC;
        let mut spent = 0;
        for (way, amount) in spends {
            let command = match way {
                0 => bare.send(ann, ben, amount),
                1 => bare.pay_shop(ann, shop, amount),
                2 => bare.bank(ann, BankWay::Out, amount),
                3 => {
                    let code = bare.digest();
                    bare.call_cash(ann, amount, code)
                }
                _ => network(NetworkCommand::Pay(bare.network_pay(PaidBy::Customer(ann), amount))),
            };
            let is_taken = match bare.apply(command) {
                Reply::Made { object: Object::Payment(it), .. } => it.state == PaymentState::Paid,
                Reply::Made { .. } => true,
                _ => false,
            };
            prop_assert_eq!(is_taken, amount <= payment && spent + amount <= day);
            spent += if is_taken { amount } else { 0 };
            prop_assert_eq!(bare.spent(ann), (spent, spent + 1));
        }
    }
}
