//! An answer before it is signed.

use base::ResultCode;
use bytes::Bytes;
use engine::SubmitError;
use ids::PartnerText;
use network::Refusal;
use wire::{ResultOnly, Value, WireError, WireResult};

/// The body of an answer, and what the log says about it.
pub(crate) struct Answered {
    pub code: ResultCode,
    /// The caller's own id, once the body was read.
    pub request_id: Option<PartnerText>,
    pub body: Bytes,
}

impl Answered {
    pub fn new<T: Value>(code: ResultCode, message: &T) -> Answered {
        Answered { code, request_id: None, body: wire::render(message).into() }
    }

    /// Nothing but a result.
    pub fn refusal(refusal: &Refusal) -> Answered {
        Answered::result(refusal.code, WireResult::with_message(refusal.code, &refusal.message))
    }

    pub fn result(code: ResultCode, result: WireResult) -> Answered {
        Answered::new(code, &ResultOnly::new(result))
    }

    pub fn with_id(self, request_id: &PartnerText) -> Answered {
        Answered { request_id: Some(request_id.clone()), ..self }
    }
}

/// A field that this message needs is absent.
pub(crate) fn missing(field: &str, remedy: &str) -> WireError {
    WireError::new(field, "is missing", remedy)
}

/// What goes wrong before or instead of a reply of the machine.
pub(crate) enum Failure {
    Body(WireError),
    Refusal(Refusal),
    Engine(SubmitError),
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Failure {
        Failure::Body(error)
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        Failure::Refusal(refusal)
    }
}

impl From<SubmitError> for Failure {
    fn from(error: SubmitError) -> Failure {
        Failure::Engine(error)
    }
}

impl From<Failure> for Answered {
    fn from(failure: Failure) -> Answered {
        let (code, message) = match failure {
            Failure::Body(error) => {
                return Answered::result(error.code(), WireResult::from(&error));
            }
            Failure::Refusal(refusal) => return Answered::refusal(&refusal),
            Failure::Engine(SubmitError::Overloaded) => (
                ResultCode::RequestTrafficExceedLimit,
                "the network is overloaded and did nothing; wait, then repeat the same request",
            ),
            Failure::Engine(SubmitError::Stopped) => {
                (ResultCode::UnknownException, "the network stops now; repeat the same request")
            }
            Failure::Engine(SubmitError::TooLarge) => {
                (ResultCode::ParamIllegal, "body: is longer than a record may be; send less")
            }
        };
        Answered::result(code, WireResult::with_message(code, message))
    }
}

/// A reply of another kind than the command's: a broken invariant between edge and machine.
pub(crate) fn unexpected(command: &'static str) -> ! {
    unreachable!("{command} was answered with another command's reply")
}

/// What a handler gives: the answer, or why there is none.
pub(crate) type Outcome = Result<Answered, Failure>;
