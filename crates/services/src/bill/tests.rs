//! Bills by example, and money conserved in any order of inputs.

use super::*;
use crate::PayPlan;
use base::{Span, Text, Timestamp, decode_all, encode};
use money::{Currency, Money};
use proptest::prelude::{Just, Strategy, any, prop, prop_oneof};
use proptest::{prop_assert, prop_assert_eq, proptest};

fn php(minor: u64) -> Money {
    Money::new(minor, Currency::from_code("PHP").unwrap()).unwrap()
}

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn format(pattern: &str, check: CheckDigits) -> AccountFormat {
    AccountFormat::new(pattern, check).unwrap()
}

fn rules(amounts: AmountRule) -> BillerRules {
    BillerRules {
        biller: 90,
        category: Category::Electricity,
        formats: vec![
            format("##########", CheckDigits::Luhn),
            format("PH-??####", CheckDigits::None),
        ],
        amounts,
        fee: php(1_500),
        check_good_for: Span::minutes(15),
        settle: Span::minutes(5),
        not_known_needed: 2,
    }
}

fn free() -> Biller {
    Biller::new(rules(AmountRule::Free { least: php(100), most: php(900_000) })).unwrap()
}

fn checked(biller: &Biller, due: Option<Money>) -> Bill {
    let account = Text::new("vault-7").unwrap();
    Bill::checked(biller, CheckedAccount { customer: 3, account, due, now: at(0) })
}

fn paying(biller: &Biller) -> Bill {
    checked(biller, None).pay(biller, php(20_000), at(100)).unwrap().bill
}

#[test]
fn account_numbers_by_pattern_and_check() {
    let luhn = format("####-####-####-####", CheckDigits::Luhn);
    let mod97 = format("??##-????##", CheckDigits::Mod97);
    let cases = [
        (&luhn, "4111-1111-1111-1111", Ok(())),
        (&luhn, "4111-1111-1111-1112", Err(FormatFault::CheckDigits)),
        (&luhn, "4111-1111-1111-111", Err(FormatFault::Length { expected: 19 })),
        (&luhn, "4111 1111-1111-1111", Err(FormatFault::Character { at: 4 })),
        (&luhn, "4111-1111-1111-111é", Err(FormatFault::Character { at: 18 })),
        (&mod97, "AB12-CD3432", Err(FormatFault::CheckDigits)),
        (&mod97, "ab12-CD3434", Err(FormatFault::Character { at: 0 })),
    ];
    for (format, account, expect) in cases {
        assert_eq!(format.check(account), expect, "{account}");
    }
    // Of all pairs of check digits below 97 one fits.
    let fits = |n: &u8| mod97.check(&format!("AB12-CD34{n:02}")).is_ok();
    let fitting: Vec<u8> = (0..97).filter(fits).collect();
    assert_eq!(fitting.len(), 1, "{fitting:?}");
    // By hand: 79444 is 819 times 97 and 1.
    assert_eq!(format("######", CheckDigits::Mod97).check("079444"), Ok(()));
    let wrong = [
        ("", CheckDigits::None),
        ("ABC", CheckDigits::None),
        ("##é", CheckDigits::None),
        ("??##", CheckDigits::Luhn),
        ("##-", CheckDigits::Luhn),
        ("##?#", CheckDigits::Mod97),
    ];
    for (pattern, check) in wrong {
        assert_eq!(AccountFormat::new(pattern, check).unwrap_err().field, "pattern", "{pattern}");
    }
    assert!(AccountFormat::new(&"#".repeat(41), CheckDigits::None).is_err());
}

#[test]
fn of_several_forms_the_nearest_names_the_fault() {
    let biller = free();
    assert_eq!(biller.check_account("PH-A10000"), Ok(()));
    assert_eq!(biller.check_account("PH-A1000x"), Err(FormatFault::Character { at: 8 }));
    assert_eq!(biller.check_account("1234567890"), Err(FormatFault::CheckDigits));
    assert!(matches!(biller.check_account("1"), Err(FormatFault::Length { .. })));
}

#[test]
fn a_wrong_rule_is_named() {
    let krw = || Money::new(5, Currency::from_code("KRW").unwrap()).unwrap();
    let fixed = |amounts| AmountRule::Fixed { amounts };
    type Edit = Box<dyn Fn(&mut BillerRules)>;
    let with = |amounts: AmountRule| -> Edit { Box::new(move |r| r.amounts = amounts.clone()) };
    let cases: [(&str, Edit); 10] = [
        ("formats", Box::new(|r| r.formats.clear())),
        ("amounts", with(fixed(vec![]))),
        ("amounts", with(fixed(vec![php(0)]))),
        ("amounts", with(fixed(vec![krw()]))),
        ("amounts", with(fixed(vec![php(2), php(2)]))),
        ("least", with(AmountRule::Free { least: php(0), most: php(1) })),
        ("most", with(AmountRule::Free { least: php(2), most: php(1) })),
        ("most", with(AmountRule::Presented { most: krw() })),
        ("check_good_for", Box::new(|r| r.check_good_for = Span::secs(0))),
        ("not_known_needed", Box::new(|r| r.not_known_needed = 0)),
    ];
    for (field, edit) in cases {
        let mut wrong = rules(AmountRule::Free { least: php(100), most: php(200) });
        edit(&mut wrong);
        assert_eq!(Biller::new(wrong.clone()).unwrap_err().field, field);
        assert!(decode_all::<Biller>(&encode(&wrong)).is_err(), "{field}");
    }
    assert_eq!(decode_all::<Biller>(&encode(&free())), Ok(free()));
}

#[test]
fn each_amount_rule_takes_its_amounts() {
    let fixed = rules(AmountRule::Fixed { amounts: vec![php(1_000), php(5_000)] });
    let presented = rules(AmountRule::Presented { most: php(50_000) });
    let [fixed, presented] = [fixed, presented].map(|rules| Biller::new(rules).unwrap());
    let krw = Money::new(500, Currency::from_code("KRW").unwrap()).unwrap();
    let due = Some(php(7_700));
    let cases = [
        (&fixed, php(5_000), None, Ok(())),
        (&fixed, php(4_999), None, Err(BillRefusal::AmountNotOffered)),
        (&fixed, krw, None, Err(BillRefusal::OtherCurrency)),
        (&presented, php(7_700), due, Ok(())),
        (&presented, php(7_699), due, Err(BillRefusal::NotTheAmountDue { due: php(7_700) })),
        (&presented, php(7_700), None, Err(BillRefusal::NothingDue)),
        (&presented, php(0), Some(php(0)), Err(BillRefusal::NothingDue)),
        (
            &presented,
            php(50_001),
            Some(php(50_001)),
            Err(BillRefusal::AboveMost { most: php(50_000) }),
        ),
        (&free(), php(100), None, Ok(())),
        (&free(), php(99), None, Err(BillRefusal::AmountNotOffered)),
        (&free(), php(900_001), None, Err(BillRefusal::AboveMost { most: php(900_000) })),
    ];
    for (biller, amount, due, expect) in cases {
        assert_eq!(biller.plan(amount, due).map(|_| ()), expect, "{amount} of {due:?}");
    }
    let plan = free().plan(php(20_000), None).unwrap();
    assert_eq!((plan.total(), plan.payee(), plan.fee()), (php(21_500), php(20_000), php(1_500)));
}

#[test]
fn a_check_that_is_too_old_is_not_paid() {
    let biller = free();
    let bill = checked(&biller, None);
    assert!(bill.pay(&biller, php(500), at(899)).is_ok());
    assert_eq!(bill.pay(&biller, php(500), at(900)), Err(BillRefusal::CheckTooOld));
    assert_eq!(bill.lapse(at(899)).bill, bill);
    let lapsed = bill.lapse(at(900)).bill;
    assert_eq!(lapsed.state, BillState::Lapsed);
    assert_eq!(lapsed.pay(&biller, php(500), at(10)), Err(BillRefusal::CheckTooOld));
    assert_eq!(paying(&biller).lapse(at(900)).bill.state, BillState::Paying);
    let other = Biller::new(BillerRules { biller: 91, ..biller.rules().clone() }).unwrap();
    assert_eq!(bill.pay(&other, php(500), at(10)), Err(BillRefusal::OtherBiller));
}

#[test]
fn a_silent_biller_is_asked_by_the_schedule_and_reversed_only_when_it_says_so() {
    let biller = free();
    let mut bill = paying(&biller);
    let (mut now, mut waits) = (at(100), Vec::new());
    for _ in 0..12 {
        let next = bill.answered(&biller, BillerAnswer::Silent, now);
        assert_eq!((next.act, next.bill.state), (BillMove::Nothing, BillState::Unknown));
        let ask_at = next.ask_at.unwrap();
        waits.push(ask_at.since(now).as_millis() / 1000);
        (bill, now) = (next.bill, ask_at);
    }
    assert_eq!(waits, [5, 5, 5, 5, 5, 5, 60, 300, 1800, 3600, 3600, 3600]);
    assert_eq!(bill.asked, 11);
    let once = bill.answered(&biller, BillerAnswer::NotKnown, now);
    assert_eq!((once.act, once.bill.state), (BillMove::Nothing, BillState::Unknown));
    let silent = once.bill.answered(&biller, BillerAnswer::Silent, now);
    let twice = silent.bill.answered(&biller, BillerAnswer::NotKnown, now);
    assert_eq!(twice.act, BillMove::Release(php(21_500)));
    assert_eq!((twice.bill.state, twice.ask_at), (BillState::Reversed, None));
    let late = twice.bill.answered(&biller, BillerAnswer::Confirmed, now);
    assert!(late.is_break && late.act == BillMove::Nothing && late.bill == twice.bill);
    let again = twice.bill.pay(&biller, php(500), now);
    assert_eq!(again, Err(BillRefusal::WasReversed));
}

#[test]
fn not_knowing_early_or_between_other_answers_proves_nothing() {
    let biller = free();
    let unknown = paying(&biller).answered(&biller, BillerAnswer::Silent, at(110)).bill;
    // Sent at 100 and settled at 400.
    let early = unknown.answered(&biller, BillerAnswer::NotKnown, at(398)).bill;
    let early = early.answered(&biller, BillerAnswer::NotKnown, at(399)).bill;
    let first = early.answered(&biller, BillerAnswer::NotKnown, at(400)).bill;
    assert_eq!(first.state, BillState::Unknown);
    let busy = first.answered(&biller, BillerAnswer::InProcess, at(401)).bill;
    let again = busy.answered(&biller, BillerAnswer::NotKnown, at(402)).bill;
    assert_eq!(again.state, BillState::Unknown, "the count began anew");
    let last = again.answered(&biller, BillerAnswer::NotKnown, at(403));
    assert_eq!(last.bill.state, BillState::Reversed);
}

#[test]
fn who_confirmed_and_then_refuses_breaks() {
    let biller = free();
    let done = paying(&biller).answered(&biller, BillerAnswer::Confirmed, at(110));
    let plan = PayPlan::on_top(php(20_000), php(1_500)).unwrap();
    assert_eq!(done.act, BillMove::Post(plan));
    assert!(!done.bill.answered(&biller, BillerAnswer::Confirmed, at(111)).is_break);
    assert!(done.bill.answered(&biller, BillerAnswer::Refused, at(111)).is_break);
    let repeat = done.bill.pay(&biller, php(20_000), at(112)).unwrap();
    assert_eq!((repeat.act, &repeat.bill), (BillMove::Nothing, &done.bill));
    assert_eq!(decode_all::<Bill>(&encode(&done.bill)), Ok(done.bill));
}

#[derive(Clone, Debug)]
enum Op {
    Pay(u64),
    Lapse,
    Answer(BillerAnswer),
}

fn any_op() -> impl Strategy<Value = Op> {
    let answers = prop_oneof![
        1 => Just(BillerAnswer::Confirmed),
        1 => Just(BillerAnswer::Refused),
        2 => Just(BillerAnswer::InProcess),
        4 => Just(BillerAnswer::Silent),
        4 => Just(BillerAnswer::NotKnown),
    ];
    prop_oneof![
        3 => (50u64..1_000_000).prop_map(Op::Pay),
        1 => Just(Op::Lapse),
        12 => answers.prop_map(Op::Answer),
    ]
}

proptest! {
    #[test]
    fn money_is_conserved_in_any_order(ops in prop::collection::vec((any_op(), 0u64..400), 0..30)) {
        let biller = free();
        let mut bill = checked(&biller, None);
        let (mut held, mut reserved, mut posted, mut freed, mut secs) = (0, 0, 0, 0, 0);
        for (op, later) in ops {
            secs += later;
            let next = match op {
                Op::Pay(minor) => match bill.pay(&biller, php(minor), at(secs)) {
                    Ok(next) => next,
                    Err(_) => continue,
                },
                Op::Lapse => bill.lapse(at(secs)),
                Op::Answer(answer) => bill.answered(&biller, answer, at(secs)),
            };
            match next.act {
                BillMove::Nothing => {}
                BillMove::Reserve(plan) => {
                    reserved += 1;
                    held += plan.total().minor();
                    prop_assert_eq!(plan.payee().minor() + plan.fee().minor(), held);
                }
                BillMove::Post(plan) => {
                    posted += 1;
                    held -= plan.payee().minor() + plan.fee().minor();
                }
                BillMove::Release(total) => {
                    freed += 1;
                    held -= total.minor();
                }
            }
            bill = next.bill;
            let is_open = matches!(bill.state, BillState::Paying | BillState::Unknown);
            prop_assert!(reserved <= 1 && posted + freed <= reserved);
            prop_assert_eq!(held > 0, is_open, "held exactly while it is open");
            prop_assert_eq!(next.ask_at.is_some() && !is_open, false);
            prop_assert_eq!(posted == 1, bill.state == BillState::Confirmed);
            prop_assert_eq!(freed == 1, bill.state == BillState::Reversed);
        }
        prop_assert_eq!(decode_all::<Bill>(&encode(&bill)), Ok(bill));
    }

    #[test]
    fn no_account_makes_a_format_panic(
        account in ".{0,20}",
        pattern in "[#?A-Z-]{1,20}",
        luhn in any::<bool>()
    ) {
        let check = if luhn { CheckDigits::Luhn } else { CheckDigits::Mod97 };
        if let Ok(format) = AccountFormat::new(&pattern, check) {
            let _ = format.check(&account);
            let _ = format.check(&pattern.replace('#', "1").replace('?', "Z"));
        }
    }
}
