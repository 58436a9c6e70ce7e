//! What a simulated partner can be told to do wrong, and the one-line text for it.

use base::ResultCode;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The interfaces that a simulated partner serves and that a script can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Api {
    Pay,
    InquiryPayment,
    CancelPayment,
    Refund,
    /// Served by the acquirer only.
    NotifyPayment,
    /// Served by the acquirer only: what a code of its own means.
    UserInitiatedPay,
    /// Served by the wallet only, as the two after it.
    Prepare,
    ApplyToken,
    CancelToken,
    /// Served by the acquirer only.
    AuthNotify,
    /// Served by the wallet only.
    Registration,
    /// Served by the acquirer only, as the one after it.
    PushPayment,
    InquiryPushPayment,
}

impl Api {
    pub const ALL: [Api; 13] = [
        Api::Pay,
        Api::InquiryPayment,
        Api::CancelPayment,
        Api::Refund,
        Api::NotifyPayment,
        Api::UserInitiatedPay,
        Api::Prepare,
        Api::ApplyToken,
        Api::CancelToken,
        Api::AuthNotify,
        Api::Registration,
        Api::PushPayment,
        Api::InquiryPushPayment,
    ];

    /// The last segment of the interface's path, and its name in scripts.
    pub const fn as_str(self) -> &'static str {
        match self {
            Api::Pay => "pay",
            Api::InquiryPayment => "inquiryPayment",
            Api::CancelPayment => "cancelPayment",
            Api::Refund => "refund",
            Api::NotifyPayment => "notifyPayment",
            Api::UserInitiatedPay => "userInitiatedPay",
            Api::Prepare => "prepare",
            Api::ApplyToken => "applyToken",
            Api::CancelToken => "cancelToken",
            Api::AuthNotify => "authNotify",
            Api::Registration => "registration",
            Api::PushPayment => "pushPayment",
            Api::InquiryPushPayment => "inquiryPushPayment",
        }
    }
}

/// Which final answer a contradicting partner gives first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    S,
    F,
}

/// How one call is answered. In every row that says "the work is done", money moves in the wallet's
/// books exactly as in `Normal`; only the answer is bad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Behaviour {
    /// Correct and at once.
    Normal,
    /// Correct, but `ms` later. The work is done at arrival, or with `beforeWork` only after the
    /// wait, as by a request stuck in a queue; it is then done even if the caller has left.
    Slow {
        ms: u64,
        #[serde(default)]
        before_work: bool,
    },
    /// Never answers and holds the connection until the caller gives up. The work is done only with
    /// `doesWork`.
    Silent {
        #[serde(default)]
        does_work: bool,
    },
    /// The work is done, then the connection is closed without an answer.
    LostReply,
    /// `pay` and `pushPayment` only: answers U `PAYMENT_IN_PROCESS` and takes the money (or the
    /// payment) `ms` later; with `notify` tells the network. With 0 ms the very next inquiry says S.
    LateSuccess {
        ms: u64,
        #[serde(default)]
        notify: bool,
    },
    /// `pay` and `pushPayment` only: answers U `PAYMENT_IN_PROCESS` until somebody decides (the
    /// control endpoints `/sim/complete` and `/sim/decide-push`).
    NeedsUser,
    /// Answers with this code. An F on `pay` and `pushPayment` is the payment's final state, on
    /// `refund` the refund's; on the others, and with a code that is no F, it is only said and nothing is
    /// done.
    Decline {
        #[serde(serialize_with = "write_code", deserialize_with = "read_code")]
        code: ResultCode,
    },
    /// `pay`: takes the money, says this, and says the opposite in every later inquiry.
    /// `pushPayment`: says this and does the opposite, which every later answer tells.
    Contradict { say: Said },
    /// The work is done, but the `payToAmount` echoed by `pay` or `inquiryPayment` is in a currency
    /// nobody asked for.
    WrongCurrency,
    /// The work is done; the signature of the answer does not hold.
    WrongSignature,
    /// The work is done; the answer carries no signature headers.
    Unsigned,
    /// The work is done; the answer is signed, but not JSON.
    Garbage,
    /// Nothing is done; this HTTP status with an empty unsigned body.
    HttpError { status: u16 },
    /// `pay` only: correct, then `times` equal notifications.
    DuplicateNotify { times: u32 },
    /// `pay` only: the notification is sent and acknowledged before the answer leaves.
    NotifyBeforeReply,
    /// On `pay`: correct, but inquiries about this payment answer `ORDER_NOT_EXIST`. On an inquiry:
    /// this one does.
    UnknownOnInquiry,
}

/// A word of a script that is not a behaviour.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is no behaviour; they are: {WORDS}")]
pub struct UnknownBehaviour {
    pub word: String,
}

const WORDS: &str = "S normal, U late-success[:ms[:notify]], F decline[:CODE], slow[:ms], \
     stuck[:ms], silent, silent-paid, lost-reply, needs-user, contradict:S|F, wrong-currency, \
     wrong-signature, unsigned, garbage, http[:status], duplicate-notify[:times], notify-first, \
     unknown-on-inquiry";

impl std::str::FromStr for Behaviour {
    type Err = UnknownBehaviour;

    /// Reads the short form: a word, then its settings after colons, as in `slow:200` or
    /// `decline:RISK_REJECT`.
    fn from_str(text: &str) -> Result<Behaviour, UnknownBehaviour> {
        let unknown = || UnknownBehaviour { word: text.to_string() };
        let mut parts = text.trim().split(':');
        let word = parts.next().unwrap_or_default();
        let setting = parts.next();
        let extra = parts.next();
        if parts.next().is_some() {
            return Err(unknown());
        }
        let number = |default: u64| match setting {
            None => Ok(default),
            Some(digits) => digits.parse().map_err(|_| unknown()),
        };
        let behaviour = match word {
            "U" | "late-success" => {
                let notify = match extra {
                    None => false,
                    Some("notify") => true,
                    Some(_) => return Err(unknown()),
                };
                return Ok(Behaviour::LateSuccess { ms: number(0)?, notify });
            }
            "slow" => Behaviour::Slow { ms: number(8_000)?, before_work: false },
            "stuck" => Behaviour::Slow { ms: number(8_000)?, before_work: true },
            "F" | "decline" => match setting {
                None => Behaviour::Decline { code: ResultCode::ProcessFail },
                Some(code) => {
                    Behaviour::Decline { code: ResultCode::from_text(code).ok_or_else(unknown)? }
                }
            },
            "contradict" => Behaviour::Contradict {
                say: match setting {
                    None | Some("S") => Said::S,
                    Some("F") => Said::F,
                    Some(_) => return Err(unknown()),
                },
            },
            "http" => {
                Behaviour::HttpError { status: u16::try_from(number(500)?).map_err(|_| unknown())? }
            }
            "duplicate-notify" => Behaviour::DuplicateNotify {
                times: u32::try_from(number(2)?).map_err(|_| unknown())?,
            },
            plain => {
                if setting.is_some() {
                    return Err(unknown());
                }
                plain_word(plain).ok_or_else(unknown)?
            }
        };
        if extra.is_some() { Err(unknown()) } else { Ok(behaviour) }
    }
}

fn plain_word(word: &str) -> Option<Behaviour> {
    Some(match word {
        "S" | "normal" => Behaviour::Normal,
        "silent" => Behaviour::Silent { does_work: false },
        "silent-paid" => Behaviour::Silent { does_work: true },
        "lost-reply" => Behaviour::LostReply,
        "needs-user" => Behaviour::NeedsUser,
        "wrong-currency" => Behaviour::WrongCurrency,
        "wrong-signature" => Behaviour::WrongSignature,
        "unsigned" => Behaviour::Unsigned,
        "garbage" => Behaviour::Garbage,
        "notify-first" => Behaviour::NotifyBeforeReply,
        "unknown-on-inquiry" => Behaviour::UnknownOnInquiry,
        _ => return None,
    })
}

fn write_code<S: Serializer>(code: &ResultCode, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(code.as_str())
}

fn read_code<'de, D: Deserializer<'de>>(input: D) -> Result<ResultCode, D::Error> {
    let text = String::deserialize(input)?;
    ResultCode::from_text(&text)
        .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a result code")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_json_say_the_same() {
        for (word, json) in [
            ("S", r#"{"kind":"normal"}"#),
            ("U", r#"{"kind":"lateSuccess","ms":0,"notify":false}"#),
            ("late-success:50:notify", r#"{"kind":"lateSuccess","ms":50,"notify":true}"#),
            ("F", r#"{"kind":"decline","code":"PROCESS_FAIL"}"#),
            ("decline:RISK_REJECT", r#"{"kind":"decline","code":"RISK_REJECT"}"#),
            ("slow:20", r#"{"kind":"slow","ms":20,"beforeWork":false}"#),
            ("stuck", r#"{"kind":"slow","ms":8000,"beforeWork":true}"#),
            ("silent", r#"{"kind":"silent","doesWork":false}"#),
            ("silent-paid", r#"{"kind":"silent","doesWork":true}"#),
            ("contradict:F", r#"{"kind":"contradict","say":"F"}"#),
            ("http:503", r#"{"kind":"httpError","status":503}"#),
            ("duplicate-notify:3", r#"{"kind":"duplicateNotify","times":3}"#),
            ("unknown-on-inquiry", r#"{"kind":"unknownOnInquiry"}"#),
        ] {
            let behaviour: Behaviour = word.parse().unwrap();
            assert_eq!(serde_json::to_string(&behaviour).unwrap(), json, "{word}");
            assert_eq!(serde_json::from_str::<Behaviour>(json).unwrap(), behaviour, "{word}");
        }
        let short: Behaviour = serde_json::from_str(r#"{"kind":"slow","ms":1}"#).unwrap();
        assert_eq!(short, Behaviour::Slow { ms: 1, before_work: false });
    }

    #[test]
    fn every_word_offered_is_understood() {
        for entry in WORDS.split(", ") {
            for word in entry.split(' ') {
                let word = word.split(['[', '|']).next().unwrap();
                assert!(word.parse::<Behaviour>().is_ok(), "{word}");
            }
        }
    }

    #[test]
    fn other_words_are_refused() {
        for word in [
            "",
            "X",
            "slow:x",
            "slow:1:2",
            "S:1",
            "decline:NO",
            "http:70000",
            "U:1:2",
            "U:1:notify:3",
        ] {
            assert!(word.parse::<Behaviour>().is_err(), "{word}");
        }
        assert!(serde_json::from_str::<Behaviour>(r#"{"kind":"decline","code":"NO"}"#).is_err());
    }
}
