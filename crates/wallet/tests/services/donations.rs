//! Donations.

use crate::support::{Bare, desk, listed, text};
use crate::{all_refused, donation, otherwise, php, switch_off};
use account::CustomerInput;
use base::{ResultCode, Span};
use dhow_wallet::command::desk::DeskAct;
use dhow_wallet::command::services::{DonationCommand, Give, PutBox};
use dhow_wallet::objects::Donation;
use dhow_wallet::{Command, Object, ShopKind, list_of_shop};
use ids::{DonationId, NoteId};
use services::{BoxRules, Share};

fn rules(bare: &Bare, charity: u32) -> BoxRules {
    BoxRules {
        donation_box: 77,
        charity,
        presets: vec![php(500), php(1_000)],
        least: php(100),
        most: php(20_000),
        open_from: bare.now.after(Span::hours(1)),
        open_until: bare.now.after(Span::days(300)),
        goal: Some(php(1_000_000)),
        fee: Share::ALL,
    }
}

fn put(bare: &mut Bare, by: u32, number: Option<u32>, rules: BoxRules) -> Command {
    let (name, once) = (text("Typhoon relief"), bare.once());
    donation(DonationCommand::PutBox(PutBox { by, number, name, rules, once }))
}

fn give(bare: &mut Bare, customer: u32, donation_box: u32, amount_minor: u64) -> Give {
    let (id, once) = (bare.id(DonationId::new), bare.once());
    Give { id, customer, donation_box, amount_minor, name: None, once }
}

fn charity(bare: &mut Bare, owner: u32) -> u32 {
    let shop = bare.open_shop(owner);
    bare.done(desk("ines", DeskAct::SetShopKind { shop, kind: ShopKind::Charity }));
    shop
}

fn given(object: Object) -> Donation {
    match object {
        Object::Donation(it) => it.as_ref().clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_donation_reaches_its_charity_at_once_with_the_next_receipt() {
    let mut bare = Bare::new();
    let (giver, owner) = (bare.rich(50_000), bare.customer(1));
    let shop = charity(&mut bare, owner);
    let rules = rules(&bare, shop);
    let command = put(&mut bare, owner, None, rules);
    let number = bare.number(command.clone());
    assert_eq!(bare.number(command), number, "asked twice, made once");
    let made = &bare.machine.donation_boxes()[number as usize];
    let rules = made.rules.rules();
    assert_eq!((rules.donation_box, rules.fee), (number, Share::NONE), "the wallet says these");

    bare.pass(Span::hours(1));
    let first = give(&mut bare, giver, number, 1_000);
    let named = Give { name: Some(NoteId::from_u128(5)), ..give(&mut bare, giver, number, 500) };
    let first = donation(DonationCommand::Give(first));
    let one = given(bare.made(first.clone()));
    let two = given(bare.made(donation(DonationCommand::Give(named))));
    assert_eq!(one.name(), None);
    assert_eq!(two.name(), Some(NoteId::from_u128(5)));
    let receipts = [&one, &two].map(|it| it.body.receipt.to_string());
    assert_eq!(receipts, [format!("{shop}-2026-000001"), format!("{shop}-2026-000002")]);
    assert_eq!(given(bare.repeated(first)), one);
    assert_eq!((bare.balance(giver), bare.machine.shop_balance(shop)), (48_500, 1_500));
    assert_eq!(bare.spent(giver), (1_500, 1_500));
    let totals = bare.machine.donation_boxes()[number as usize].totals;
    assert_eq!((totals.donations, totals.named, totals.given_minor), (2, 1, 1_500));
    let ids = [one.id.as_u128(), two.id.as_u128()];
    assert_eq!(listed(&bare.history, &list_of_shop(shop)), ids);
    // A box that is changed keeps what it has taken; receipts of the charity count on.
    let later = BoxRules { least: php(10), ..made_rules(&bare, number) };
    let change = put(&mut bare, owner, Some(number), later);
    assert_eq!(bare.number(change), number);
    let third = give(&mut bare, giver, number, 10);
    let third = given(bare.made(donation(DonationCommand::Give(third))));
    assert_eq!(third.body.receipt.number, 3);
    // The new year's first receipt.
    bare.pass(Span::days(299));
    let next = give(&mut bare, giver, number, 10);
    let next = given(bare.made(donation(DonationCommand::Give(next))));
    assert_eq!((next.body.receipt.year, next.body.receipt.number), (2027, 1));
}

fn made_rules(bare: &Bare, number: u32) -> BoxRules {
    bare.machine.donation_boxes()[number as usize].rules.rules().clone()
}

#[test]
fn donations_are_refused_in_order() {
    let mut bare = Bare::new();
    let (giver, owner, other) = (bare.rich(10_000), bare.rich(10_000), bare.customer(1));
    let plain = bare.open_shop(owner);
    let shop = charity(&mut bare, owner);
    let good = rules(&bare, shop);
    let wrong = BoxRules { least: php(0), ..good.clone() };
    let foreign = BoxRules { least: crate::support::yen(5), ..good.clone() };
    let cases = [
        (put(&mut bare, other, None, good.clone()), ResultCode::MerchantNotRegistered),
        (put(&mut bare, owner, None, rules(&Bare::new(), plain)), ResultCode::AccessDenied),
        (put(&mut bare, owner, None, wrong), ResultCode::ParamIllegal),
        (put(&mut bare, owner, None, foreign), ResultCode::CurrencyNotSupport),
        (put(&mut bare, owner, Some(0), good.clone()), ResultCode::OrderNotExist),
    ];
    all_refused(&mut bare, cases);
    let command = put(&mut bare, owner, None, good);
    let number = bare.number(command);
    let wish = |bare: &mut Bare, customer, number, amount| {
        donation(DonationCommand::Give(give(bare, customer, number, amount)))
    };
    let early = wish(&mut bare, giver, number, 500);
    assert_eq!(bare.refused(early), ResultCode::OrderStatusInvalid);
    bare.pass(Span::hours(1));
    let cases = [
        (wish(&mut bare, giver, 9, 500), ResultCode::OrderNotExist),
        (wish(&mut bare, giver, number, 99), ResultCode::ParamIllegal),
        (wish(&mut bare, giver, number, 20_001), ResultCode::PaymentAmountExceedLimit),
        (wish(&mut bare, giver, number, 10_001), ResultCode::UserBalanceNotEnough),
        (wish(&mut bare, owner, number, 500), ResultCode::RiskReject),
    ];
    all_refused(&mut bare, cases);
    let good = give(&mut bare, giver, number, 500);
    let other = Give { once: otherwise(&good.once), ..good.clone() };
    bare.made(donation(DonationCommand::Give(good)));
    let other = donation(DonationCommand::Give(other));
    assert_eq!(bare.refused(other), ResultCode::RepeatReqInconsistent);
    // Who is no charity any more takes nothing.
    bare.done(desk("ines", DeskAct::SetShopKind { shop, kind: ShopKind::Plain }));
    let lost = wish(&mut bare, giver, number, 500);
    assert_eq!(bare.refused(lost), ResultCode::AccessDenied);
    bare.done(desk("ines", DeskAct::SetShopKind { shop, kind: ShopKind::Charity }));
    let input = CustomerInput::Freeze;
    bare.done(desk("ines", DeskAct::ChangeCustomer { customer: giver, input }));
    let frozen = wish(&mut bare, giver, number, 500);
    assert_eq!(bare.refused(frozen), ResultCode::UserStatusAbnormal);
    switch_off(&mut bare);
    let off = wish(&mut bare, owner, number, 500);
    assert_eq!(bare.refused(off), ResultCode::BusinessNotSupport);
}
