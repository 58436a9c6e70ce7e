//! Customers themselves: registration, PIN tries, pausing, closing.

use account::CustomerInput;
use base::codec_enum;
use ids::PersonId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeopleCommand {
    /// The vault knows the person and owns the alias; the same person again is the same customer.
    Register { person: PersonId, tier: u8 },
    /// A PIN is about to be looked at: counted before, so that tries at once all count.
    TakeTry { customer: u32 },
    /// The PIN was right, or was set anew with a one-time code.
    PassTry { customer: u32 },
    /// The customer pauses, resumes or closes the account.
    Change { customer: u32, input: CustomerInput },
}
codec_enum!(PeopleCommand {
    0 = Register { person, tier },
    1 = TakeTry { customer },
    2 = PassTry { customer },
    3 = Change { customer, input },
});
