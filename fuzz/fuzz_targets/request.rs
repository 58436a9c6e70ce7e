//! Every message of the partner protocol: what is read can be written and read again, and what is
//! refused names a field and a remedy. The first byte chooses the message.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::{Value, acqp, mpp, parse, render};

fn check<T: Value + PartialEq + std::fmt::Debug>(body: &[u8]) {
    match parse::<T>(body) {
        Ok(message) => {
            let written = render(&message);
            let again = parse::<T>(&written).expect("what was written can be read");
            assert_eq!(again, message);
            assert_eq!(render(&again), written);
        }
        Err(error) => {
            assert!(!error.field.is_empty(), "{error}");
            assert!(!error.to_string().is_empty());
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, body)) = bytes.split_first() else { return };
    match kind % 16 {
        0 => check::<acqp::PayRequest>(body),
        1 => check::<acqp::InquiryPaymentRequest>(body),
        2 => check::<acqp::CancelPaymentRequest>(body),
        3 => check::<acqp::RefundRequest>(body),
        4 => check::<acqp::NotifyPaymentRequest>(body),
        5 => check::<acqp::RegistrationRequest>(body),
        6 => check::<acqp::InquiryRegistrationStatusRequest>(body),
        7 => check::<acqp::PayResponse>(body),
        8 => check::<acqp::InquiryPaymentResponse>(body),
        9 => check::<mpp::GetPaymentCodeRequest>(body),
        10 => check::<mpp::NotifyPaymentRequest>(body),
        11 => check::<mpp::InquiryForeignExchangeQuoteRequest>(body),
        12 => check::<mpp::PayResponse>(body),
        13 => check::<mpp::InquiryPaymentResponse>(body),
        14 => check::<mpp::CancelPaymentResponse>(body),
        _ => check::<mpp::RefundResponse>(body),
    }
});
