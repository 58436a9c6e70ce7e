//! What a partner's answer means: S, F and U become verdicts, and whatever is not clear is silence.
//!
//! A refusal counts as F only where it says that money did not move. What says something about the
//! call alone (a bad signature, an unknown client) leaves the payment as unknown as before, except
//! on the first `pay`, which a wallet that refuses the call has certainly not carried out.

use base::{ResultCode, ResultStatus};
use ids::PartnerText;
use money::Money;
use network::{PushAnswer, WalletAnswer, WalletVerdict};
use payment::PushInput;
use wire::acqp::PushPaymentResponse;
use wire::{Amount, Datetime, WireResult, mpp};

/// Codes about the call and not about the payment.
const fn is_about_the_call(code: ResultCode) -> bool {
    matches!(
        code,
        ResultCode::InvalidSignature
            | ResultCode::KeyNotFound
            | ResultCode::InvalidClient
            | ResultCode::AccessDenied
            | ResultCode::MediaTypeNotAcceptable
            | ResultCode::MethodNotSupported
            | ResultCode::NoInterfaceDef
    )
}

fn unclear(code: ResultCode) -> WalletVerdict {
    match code {
        ResultCode::PaymentInProcess => WalletVerdict::InProcess,
        _ => WalletVerdict::Silent,
    }
}

pub(crate) fn of_pay(answer: &mpp::PayResponse) -> WalletAnswer {
    let code = answer.result.code();
    let verdict = match answer.result.status() {
        ResultStatus::S => WalletVerdict::Approved,
        ResultStatus::U => unclear(code),
        // The id was seen with other content: the wallet may have paid that.
        ResultStatus::F if code == ResultCode::RepeatReqInconsistent => WalletVerdict::Silent,
        ResultStatus::F if is_about_the_call(code) => {
            WalletVerdict::Declined(ResultCode::UnavailablePaymentMethod)
        }
        ResultStatus::F => declined(code),
    };
    paid(
        verdict,
        answer.payment_id.as_ref(),
        answer.payment_time,
        (answer.payment_amount, answer.pay_to_amount),
    )
}

pub(crate) fn of_inquiry(answer: &mpp::InquiryPaymentResponse) -> WalletAnswer {
    let verdict = match answer.result.status() {
        ResultStatus::S => answer.payment_result.as_ref().map_or(WalletVerdict::Silent, payment),
        ResultStatus::F if answer.result.code() == ResultCode::OrderNotExist => {
            WalletVerdict::NotFound
        }
        ResultStatus::F | ResultStatus::U => WalletVerdict::Silent,
    };
    paid(
        verdict,
        answer.payment_id.as_ref(),
        answer.payment_time,
        (answer.payment_amount, answer.pay_to_amount),
    )
}

/// The verdict of a `paymentResult`.
fn payment(result: &WireResult) -> WalletVerdict {
    let code = result.code();
    match result.status() {
        ResultStatus::S => WalletVerdict::Approved,
        ResultStatus::U => unclear(code),
        ResultStatus::F if code == ResultCode::OrderNotExist => WalletVerdict::NotFound,
        ResultStatus::F if is_about_the_call(code) => WalletVerdict::Silent,
        ResultStatus::F => declined(code),
    }
}

pub(crate) fn of_cancel(answer: &mpp::CancelPaymentResponse) -> WalletAnswer {
    WalletAnswer::of(of_order(&answer.result))
}

pub(crate) fn of_refund(answer: &mpp::RefundResponse) -> WalletAnswer {
    let verdict = of_order(&answer.result);
    paid(verdict, answer.refund_id.as_ref(), answer.refund_time, (None, None))
}

/// The verdict on a call about an earlier payment.
fn of_order(result: &WireResult) -> WalletVerdict {
    let code = result.code();
    match result.status() {
        ResultStatus::S => WalletVerdict::Approved,
        ResultStatus::U => unclear(code),
        ResultStatus::F if code == ResultCode::OrderNotExist => WalletVerdict::NotFound,
        ResultStatus::F if is_about_the_call(code) || code == ResultCode::RepeatReqInconsistent => {
            WalletVerdict::Silent
        }
        ResultStatus::F => declined(code),
    }
}

/// Codes that make no sense to an acquirer become the general refusal.
fn declined(code: ResultCode) -> WalletVerdict {
    let code = match code {
        ResultCode::ParamIllegal | ResultCode::OrderNotExist => ResultCode::ProcessFail,
        other => other,
    };
    WalletVerdict::Declined(code)
}

fn paid(
    verdict: WalletVerdict,
    wallet_id: Option<&PartnerText>,
    time: Option<Datetime>,
    (amount, pay_to): (Option<Amount>, Option<Amount>),
) -> WalletAnswer {
    let money = |amount: Option<Amount>| -> Option<Money> { amount.map(|amount| amount.0) };
    WalletAnswer {
        verdict,
        wallet_id: wallet_id.cloned(),
        wallet_time: time.map(|time| time.at),
        amount: money(amount),
        pay_to: money(pay_to),
    }
}

/// An acquirer's answer to `pushPayment`.
pub(crate) fn of_push(answer: &PushPaymentResponse) -> PushAnswer {
    of_pushed(answer, false)
}

/// An acquirer's answer to `inquiryPushPayment`: only here an unknown payment says that the acquirer
/// never heard of it.
pub(crate) fn of_push_inquiry(answer: &PushPaymentResponse) -> PushAnswer {
    of_pushed(answer, true)
}

/// The acquirer's word is its `paymentResult`. Without one a refusal of the call is one of the
/// payment where its code says so; a bare S says nothing.
fn of_pushed(answer: &PushPaymentResponse, is_inquiry: bool) -> PushAnswer {
    let (result, is_payments) = match &answer.payment_result {
        Some(result) if answer.result.status() == ResultStatus::S => (result, true),
        _ => (&answer.result, false),
    };
    let code = result.code();
    let says = match result.status() {
        ResultStatus::S if is_payments => PushInput::Accepted,
        ResultStatus::S => PushInput::Silent,
        ResultStatus::U if code == ResultCode::PaymentInProcess => PushInput::InProcess,
        ResultStatus::U => PushInput::Silent,
        ResultStatus::F if code == ResultCode::OrderNotExist && is_inquiry => PushInput::NotFound,
        ResultStatus::F if is_payments => PushInput::Refused,
        ResultStatus::F => match code {
            ResultCode::RiskReject
            | ResultCode::MerchantKybNotQualified
            | ResultCode::OrderIsClosed
            | ResultCode::ExpiredCode
            | ResultCode::InvalidCode => PushInput::Refused,
            _ => PushInput::Silent,
        },
    };
    PushAnswer { says, code, request_id: answer.payment_request_id.clone() }
}

/// The verdict of `notifyPushPayment`.
pub fn of_push_notification(result: &WireResult) -> PushInput {
    match result.status() {
        ResultStatus::S => PushInput::Accepted,
        ResultStatus::F => PushInput::Refused,
        ResultStatus::U => PushInput::InProcess,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pay(json: &str) -> WalletVerdict {
        of_pay(&wire::parse(json.as_bytes()).unwrap()).verdict
    }
    fn inquiry(json: &str) -> WalletVerdict {
        of_inquiry(&wire::parse(json.as_bytes()).unwrap()).verdict
    }
    fn refund(json: &str) -> WalletVerdict {
        of_refund(&wire::parse(json.as_bytes()).unwrap()).verdict
    }
    fn result(status: &str, code: &str) -> String {
        format!(r#"{{"result":{{"resultStatus":"{status}","resultCode":"{code}"}}}}"#)
    }
    fn with_payment(status: &str, code: &str) -> String {
        format!(
            r#"{{"result":{{"resultStatus":"S","resultCode":"SUCCESS"}},"paymentResult":{{"resultStatus":"{status}","resultCode":"{code}"}}}}"#
        )
    }

    #[test]
    fn verdicts_of_pay() {
        use WalletVerdict::{Approved, Declined, InProcess, Silent};
        for (status, code, verdict) in [
            ("S", "SUCCESS", Approved),
            ("S", "WELL_DONE", Approved),
            ("F", "USER_BALANCE_NOT_ENOUGH", Declined(ResultCode::UserBalanceNotEnough)),
            ("F", "SOMETHING_NEW", Declined(ResultCode::ProcessFail)),
            ("F", "PARAM_ILLEGAL", Declined(ResultCode::ProcessFail)),
            ("F", "INVALID_SIGNATURE", Declined(ResultCode::UnavailablePaymentMethod)),
            ("F", "REPEAT_REQ_INCONSISTENT", Silent),
            ("U", "PAYMENT_IN_PROCESS", InProcess),
            ("U", "UNKNOWN_EXCEPTION", Silent),
            // Contradictions in itself are never taken at their word.
            ("F", "SUCCESS", Silent),
            ("S", "PROCESS_FAIL", Silent),
            ("F", "PAYMENT_IN_PROCESS", InProcess),
        ] {
            assert_eq!(pay(&result(status, code)), verdict, "{status} {code}");
        }
    }

    #[test]
    fn verdicts_of_inquiries() {
        use WalletVerdict::{Approved, Declined, InProcess, NotFound, Silent};
        assert_eq!(inquiry(&with_payment("S", "SUCCESS")), Approved);
        assert_eq!(inquiry(&with_payment("U", "PAYMENT_IN_PROCESS")), InProcess);
        let closed = Declined(ResultCode::OrderIsClosed);
        assert_eq!(inquiry(&with_payment("F", "ORDER_IS_CLOSED")), closed);
        assert_eq!(inquiry(&with_payment("F", "INVALID_SIGNATURE")), Silent);
        // The inquiry's own success says nothing about the payment, and its failure neither.
        assert_eq!(inquiry(&result("S", "SUCCESS")), Silent);
        assert_eq!(inquiry(&result("F", "PROCESS_FAIL")), Silent);
        assert_eq!(inquiry(&result("F", "ORDER_NOT_EXIST")), NotFound);
        assert_eq!(inquiry(&result("U", "UNKNOWN_EXCEPTION")), Silent);
    }

    #[test]
    fn verdicts_of_refunds() {
        use WalletVerdict::{Approved, Declined, NotFound, Silent};
        assert_eq!(refund(&result("S", "SUCCESS")), Approved);
        assert_eq!(refund(&result("F", "ORDER_NOT_EXIST")), NotFound);
        assert_eq!(refund(&result("F", "ACCESS_DENIED")), Silent);
        assert_eq!(refund(&result("F", "REPEAT_REQ_INCONSISTENT")), Silent);
        assert_eq!(refund(&result("U", "REFUND_IN_PROCESS")), Silent);
        let abnormal = Declined(ResultCode::UserStatusAbnormal);
        assert_eq!(refund(&result("F", "USER_STATUS_ABNORMAL")), abnormal);
    }

    #[test]
    fn verdicts_of_pushes() {
        use PushInput::{Accepted, InProcess, NotFound, Refused, Silent};
        let read = |json: &str, is_inquiry| {
            of_pushed(&wire::parse(json.as_bytes()).unwrap(), is_inquiry).says
        };
        for (json, told, asked) in [
            (with_payment("S", "SUCCESS"), Accepted, Accepted),
            (with_payment("F", "RISK_REJECT"), Refused, Refused),
            (with_payment("F", "PROCESS_FAIL"), Refused, Refused),
            (with_payment("U", "PAYMENT_IN_PROCESS"), InProcess, InProcess),
            (with_payment("U", "UNKNOWN_EXCEPTION"), Silent, Silent),
            // The call's own success says nothing about the payment.
            (result("S", "SUCCESS"), Silent, Silent),
            (result("U", "PAYMENT_IN_PROCESS"), InProcess, InProcess),
            (result("F", "MERCHANT_KYB_NOT_QUALIFIED"), Refused, Refused),
            (result("F", "INVALID_SIGNATURE"), Silent, Silent),
            // The answer to the telling cannot mean that it was never told.
            (result("F", "ORDER_NOT_EXIST"), Silent, NotFound),
            (with_payment("F", "ORDER_NOT_EXIST"), Refused, NotFound),
        ] {
            assert_eq!((read(&json, false), read(&json, true)), (told, asked), "{json}");
        }
    }
}
