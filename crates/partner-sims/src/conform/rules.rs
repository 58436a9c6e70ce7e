//! Every rule that partners are held to, with its source.
//!
//! "Wallet interface" and "acquirer interface" are the public interfaces of Alipay+ towards wallets
//! (MPP) and acquirers (ACQP), with the call or the subject in question; `docs/integrate` tells
//! what follows from them for a partner.

use super::report::{Level, Rule};

const fn must(id: &'static str, text: &'static str, source: &'static str) -> Rule {
    Rule { id, text, source, level: Level::Must }
}

const fn should(id: &'static str, text: &'static str, source: &'static str) -> Rule {
    Rule { id, text, source, level: Level::Should }
}

macro_rules! rules {
    ($( $level:ident $name:ident $id:literal $text:literal $source:literal )*) => {
        $( pub(in crate::conform) const $name: Rule = $level($id, $text, $source); )*

        /// All of them, as reports list them.
        pub const ALL: &[Rule] = &[$( $name ),*];
    };
}

/// What a wallet is held to.
pub mod wallet {
    use super::{Rule, must, should};

    rules! {
        must PAYS "W01"
            "pay for a user with enough money is S, or U and then S to inquiries"
            "wallet interface: pay"
        must NAMES "W02"
            "a payment that is S names paymentId, paymentTime and the customerId that was asked for"
            "wallet interface: pay, inquiryPayment"
        must ECHOES "W03"
            "amounts that an answer repeats are those of the request"
            "wallet interface: pay, inquiryPayment"
        must PAYS_ONCE "W04"
            "the same pay again is answered as the first time: the same paymentId and paymentTime"
            "wallet interface: idempotency, pay"
        must READS_ANY_ORDER "W05"
            "the same pay with its fields in another order is the same payment"
            "wallet interface: message format, idempotency"
        must READS_NEW_FIELDS "W06"
            "fields that are not known are ignored"
            "wallet interface: message format"
        must REFUSES_OTHER_PAY "W07"
            "pay with a known paymentRequestId and another amount is F REPEAT_REQ_INCONSISTENT"
            "wallet interface: idempotency, pay"
        must KNOWS_PAID "W08"
            "inquiryPayment about a paid payment is S, paymentResult S, with what pay named"
            "wallet interface: inquiryPayment"
        must KNOWS_UNKNOWN "W09"
            "inquiryPayment about an id never seen is F ORDER_NOT_EXIST without paymentResult"
            "wallet interface: inquiryPayment"
        must CANCELS "W10"
            "cancelPayment of a paid payment is S"
            "wallet interface: cancelPayment"
        must CANCELS_AGAIN "W11"
            "the same cancelPayment again is S"
            "wallet interface: idempotency, cancelPayment"
        must KNOWS_CANCELLED "W12"
            "inquiryPayment after a cancel is S, paymentResult F ORDER_IS_CLOSED"
            "wallet interface: inquiryPayment"
        must CANCELS_UNKNOWN "W13"
            "cancelPayment of an id never seen is S or F ORDER_NOT_EXIST"
            "wallet interface: cancelPayment"
        should BARS_LATE_PAY "W14"
            "pay that comes after its own cancel debits nobody and is F ORDER_IS_CLOSED"
            "wallet interface: cancelPayment"
        must MINDS_EXPIRY "W15"
            "pay after its paymentExpiryTime is F ORDER_IS_CLOSED"
            "wallet interface: pay"
        must REFUNDS "W16"
            "refund of a part is S with refundId and refundTime"
            "wallet interface: refund"
        must REFUNDS_ONCE "W17"
            "the same refund again is S with the same refundId"
            "wallet interface: idempotency, refund"
        must REFUSES_OTHER_REFUND "W18"
            "refund with a known refundRequestId and another amount is F REPEAT_REQ_INCONSISTENT"
            "wallet interface: idempotency, refund"
        must REFUSES_TOO_MUCH "W19"
            "refunds that together would be more than was paid are F"
            "wallet interface: refund"
        must REFUNDS_THE_REST "W20"
            "a second refund, of all that is left, is S"
            "wallet interface: refund"
        should KNOWS_REFUNDED "W21"
            "inquiryPayment about a refunded payment still says paymentResult S"
            "wallet interface: inquiryPayment"
        must REFUSES_STRAY_REFUND "W22"
            "refund of a payment never seen is F"
            "wallet interface: refund"
        must REFUSES_BROKEN "W23"
            "pay whose signature does not hold is F INVALID_SIGNATURE"
            "wallet interface: signature, result codes"
        must DOES_NOTHING_UNSIGNED "W24"
            "a pay whose signature does not hold leaves no payment: inquiryPayment is F \
             ORDER_NOT_EXIST"
            "wallet interface: signature, inquiryPayment"
        must REFUSES_OTHER_PATH "W25"
            "pay with a good signature over another path is F INVALID_SIGNATURE and leaves no \
             payment"
            "wallet interface: signature"
        must REFUSES_OTHER_KEY "W26"
            "pay signed under a keyVersion never enrolled is F and leaves no payment"
            "wallet interface: signature"
        must REFUSES_ABSENT "W27"
            "pay without a signature is F and leaves no payment"
            "wallet interface: signature"
        must REFUSES_NOT_JSON "W28"
            "a body that is not JSON is F PARAM_ILLEGAL"
            "wallet interface: message format, result codes"
        must REFUSES_INCOMPLETE "W29"
            "a body without a required field is F PARAM_ILLEGAL"
            "wallet interface: result codes"
        must SIGNS "W30"
            "every answer is signed over the path of its request, and the signature holds"
            "wallet interface: signature"
        must HAS_HEADERS "W31"
            "every answer has client-id, response-time and signature"
            "wallet interface: signature"
        must ANSWERS_200 "W32"
            "every answer has HTTP status 200, refusals too"
            "docs/protocol.md, messages"
        must AGREES "W33"
            "every answer has a result, and its status is the one that its code has"
            "wallet interface: result, result codes"
        should IS_QUICK "W34"
            "pay and refund are answered within 6 s, as long as the network waits"
            "docs/integrate/wallet.md, timings"
        should IS_QUICK_OTHERWISE "W35"
            "inquiryPayment and cancelPayment are answered within 5 s, as long as the network waits"
            "docs/integrate/wallet.md, timings"
        must GIVES_BACK "W36"
            "in the end everything that the run took is given back, by cancel or refund"
            "wallet interface: cancelPayment, refund"
    }
}

/// What an acquirer is held to.
pub mod acquirer {
    use super::{Rule, must, should};

    rules! {
        must REFUSES_BROKEN "A01"
            "a notification whose signature does not hold is not acknowledged"
            "acquirer interface: notifyPayment"
        must REFUSES_OTHER_PATH "A02"
            "a notification with a good signature over another path is not acknowledged"
            "acquirer interface: signature, notifyPayment"
        must REFUSES_OTHER_KEY "A03"
            "a notification signed under a keyVersion never enrolled is not acknowledged"
            "acquirer interface: signature, notifyPayment"
        must REFUSES_ABSENT "A04"
            "a notification without a signature is not acknowledged"
            "acquirer interface: signature, notifyPayment"
        must REFUSES_NOT_JSON "A05"
            "a notification that is not JSON is not acknowledged"
            "acquirer interface: message format"
        must COMPARES_AMOUNT "A06"
            "a notification with another amount than the acquirer asked for is not acknowledged"
            "acquirer interface: notifyPayment"
        should COMPARES_ID "A07"
            "a notification about a payment that is not the acquirer's is not acknowledged"
            "acquirer interface: notifyPayment"
        must ACKNOWLEDGES "A08"
            "a notification of a paid payment is acknowledged with S SUCCESS"
            "acquirer interface: notifyPayment"
        must ACKNOWLEDGES_AGAIN "A09"
            "the same notification again is acknowledged with S SUCCESS"
            "acquirer interface: notifyPayment"
        must READS_NEW_FIELDS "A10"
            "fields that are not known are ignored"
            "acquirer interface: message format"
        must ACKNOWLEDGES_FAILURE "A11"
            "a notification of a failed payment is acknowledged with S SUCCESS"
            "acquirer interface: notifyPayment"
        must DECODES "A12"
            "userInitiatedPay with a code of the acquirer is S with paymentRequestId, order and \
             paymentAmount"
            "acquirer interface: userInitiatedPay"
        must DECODES_AGAIN "A13"
            "the same code again has the same paymentRequestId and amount"
            "acquirer interface: userInitiatedPay"
        must REFUSES_CODE "A14"
            "userInitiatedPay with a code that nobody made is F INVALID_CODE"
            "acquirer interface: userInitiatedPay"
        must GUARDS_CODE "A15"
            "userInitiatedPay whose signature does not hold tells no order"
            "acquirer interface: signature"
        must SIGNS "A16"
            "every answer is signed over the path of its request, and the signature holds"
            "acquirer interface: signature"
        must HAS_HEADERS "A17"
            "every answer has client-id, response-time and signature"
            "acquirer interface: headers"
        must ANSWERS_200 "A18"
            "every answer has HTTP status 200, refusals too"
            "docs/protocol.md, messages"
        must AGREES "A19"
            "every answer has a result, and its status is the one that its code has"
            "acquirer interface: result, result codes"
        should IS_QUICK "A20"
            "userInitiatedPay and pushPayment are answered within 8 s"
            "acquirer interface: timeouts"
        should IS_QUICK_OTHERWISE "A21"
            "notifyPayment and inquiryPushPayment are answered within 5 s"
            "acquirer interface: timeouts"
        must READS_STICKER "A22"
            "userInitiatedPay with a code of the country is S with the merchant and without \
             paymentRequestId"
            "acquirer interface: push mode; docs/protocol.md, push mode"
        must READS_STICKER_AGAIN "A23"
            "the same code of the country again means the same merchant and amount"
            "acquirer interface: userInitiatedPay, push mode"
        must PUSH_REFUSES_BROKEN "A24"
            "pushPayment whose signature does not hold is F INVALID_SIGNATURE"
            "acquirer interface: signature, result codes"
        must PUSH_DOES_NOTHING_UNSIGNED "A25"
            "a pushPayment whose signature does not hold leaves no payment: inquiryPushPayment is F \
             ORDER_NOT_EXIST"
            "acquirer interface: signature, inquiryPushPayment"
        must PUSH_REFUSES_OTHER_PATH "A26"
            "pushPayment with a good signature over another path is F INVALID_SIGNATURE and leaves \
             no payment"
            "acquirer interface: signature"
        must PUSH_REFUSES_OTHER_KEY "A27"
            "pushPayment signed under a keyVersion never enrolled is F and leaves no payment"
            "acquirer interface: signature"
        must PUSH_REFUSES_ABSENT "A28"
            "pushPayment without a signature is F and leaves no payment"
            "acquirer interface: signature"
        must PUSH_REFUSES_NOT_JSON "A29"
            "a pushPayment that is not JSON is F PARAM_ILLEGAL"
            "acquirer interface: message format, result codes"
        must PUSH_REFUSES_INCOMPLETE "A30"
            "a pushPayment without codeValue is F PARAM_ILLEGAL and leaves no payment"
            "acquirer interface: pushPayment, result codes"
        must PUSH_REFUSES_FRACTIONS "A31"
            "a pushPayment of parts of a minor unit is F PARAM_ILLEGAL and leaves no payment"
            "acquirer interface: amounts, result codes"
        must KNOWS_NO_PUSH "A32"
            "inquiryPushPayment about an id never pushed is F ORDER_NOT_EXIST without paymentResult"
            "acquirer interface: inquiryPushPayment"
        must TAKES_PUSH "A33"
            "pushPayment is S with paymentResult S, or U and then S to inquiries"
            "acquirer interface: pushPayment, inquiryPushPayment"
        must TAKES_PUSH_ONCE "A34"
            "the same pushPayment again is answered as the first time: paymentResult S, the same \
             paymentRequestId"
            "acquirer interface: idempotency, pushPayment"
        must PUSH_READS_NEW_FIELDS "A35"
            "fields of a pushPayment that are not known are ignored: it is the same payment"
            "acquirer interface: message format"
        must REFUSES_OTHER_PUSH "A36"
            "pushPayment with a known paymentId and another amount is F REPEAT_REQ_INCONSISTENT"
            "acquirer interface: idempotency, pushPayment"
        must KNOWS_TAKEN_PUSH "A37"
            "inquiryPushPayment about a payment that was taken is S with paymentResult S and the \
             same paymentRequestId"
            "acquirer interface: inquiryPushPayment"
        must REFUSES_PUSH "A38"
            "pushPayment that is not taken is refused: paymentResult F, or U and then F to inquiries"
            "acquirer interface: pushPayment; docs/protocol.md, push mode"
        must REFUSES_PUSH_AGAIN "A39"
            "the same pushPayment again stays refused"
            "acquirer interface: idempotency, pushPayment"
        must KNOWS_REFUSED_PUSH "A40"
            "inquiryPushPayment about a payment that was refused is S with paymentResult F"
            "acquirer interface: inquiryPushPayment"
        must LEAVES_PUSH_OPEN "A41"
            "pushPayment that is decided later is paymentResult U PAYMENT_IN_PROCESS"
            "acquirer interface: pushPayment"
        must TELLS_PUSH "A42"
            "what becomes of it is told by notifyPushPayment, signed, with S or F"
            "acquirer interface: notifyPushPayment"
        must TELLS_PUSH_TRULY "A43"
            "inquiryPushPayment then says what notifyPushPayment said"
            "acquirer interface: inquiryPushPayment, notifyPushPayment"
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn ids_count_up_and_sentences_do_not_end() {
        for (letter, rules) in [('W', super::wallet::ALL), ('A', super::acquirer::ALL)] {
            for (at, rule) in rules.iter().enumerate() {
                assert_eq!(rule.id, format!("{letter}{:02}", at + 1));
                assert!(!rule.text.ends_with('.') && !rule.source.is_empty(), "{}", rule.id);
                assert!(!rule.text.contains("  "), "{}", rule.id);
            }
        }
    }
}
