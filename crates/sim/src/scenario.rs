//! Scenarios: a small text language for what must happen, run on the bare machine and through HTTP.
//!
//! One step a line, `#` begins a comment, what has to come of a step stands behind `=>`. The first
//! line is a comment that names the rows of the failure catalogue it covers (`# A1, B10: ...`) or
//! says `# protocol: ...`.
//!
//! | Step | |
//! |---|---|
//! | `code c1 wallet=W-KR user=minjun [region=JP]` | the wallet fetches a payment code |
//! | `pay p1 acquirer=A-JP code=c1 amount=JPY:1200 [settle=USD] [as=other-id] [expiry=30s] [notify=yes] => U PAYMENT_IN_PROCESS` | `merchant=`, `store=`; `times=64` sends it so often at once; `spelled=reordered` (`spaced`, `native`, `extended`) writes the same request otherwise |
//! | `pay p1 way=order amount=JPY:1200 => U PAYMENT_IN_PROCESS` | also `way=entry`, `way=cashier`: no code is scanned, a wallet is to take the order up |
//! | `take p1 wallet=W-KR [user=minjun] => S SUCCESS` | a user scans the order's code; `users=64` so many users at once; `code=guessed` changes its last digit |
//! | `wallet p1 approved [pay_to=KRW:1] [call=refund] => Paid` | answers the open call; also `declined CODE`, `in-process`, `silent`, `not-found` |
//! | `told p1 wallet=W-KR approved => S SUCCESS` | the wallet's `notifyPayment` |
//! | `acknowledge p1 yes` | the acquirer's answer to our notification |
//! | `cancel p1 acquirer=A-JP => S SUCCESS` | `by=id` names the payment by the network's id |
//! | `refund r1 p1 amount=JPY:500 [acquirer=A-JP] => U UNKNOWN_EXCEPTION` | |
//! | `inquiry p1 acquirer=A-JP => S PAYMENT_IN_PROCESS` | result of the inquiry, then of the payment |
//! | `state p1 => Unknown`, `waits p1 => inquiry` | where it stands; which calls are under way |
//! | `calls p1 pay => 1` | how often the wallet (or for `notify` the acquirer) was called |
//! | `account NAME => 10879`, `breaks => 1` | a balance; contradictions on record |
//! | `tick 30s`, `suspend W-KR`, `resume W-KR`, `cap W-KR KRW:100000` | |
//! | `halt JPY KRW`, `free JPY KRW`, `rates EUR KRW=1490 [accept=yes] => 1 taken, 0 refused` | |
//! | `terms A-JP network_bps=50 [interchange_bps=0] [fixed=JPY:10] [max=JPY:5000] [blocked=5812] => S SUCCESS` | another contract |
//! | `terms W-KR allowance=KRW:5000 settles=CNY approves=yes` | also, of a wallet: what an agreement may take in 30 days, its currency, whether it decides about merchants |
//! | `agree a1 wallet=W-KR [user=minjun] [acquirer=A-JP] [merchant=M-TEA] [as=ref] => S SUCCESS` | a shop asks for a user's consent to be debited |
//! | `grant a1 [lasts=30d] [unasked=yes] => S SUCCESS`, `refresh a1 [from=1]` | the wallet gives tokens for the consent (`wallet=`, `user=`: another one), or for the refresh token of a generation |
//! | `debit d1 a1 amount=JPY:500 [token=1] [merchant=M-RAMEN] => U PAYMENT_IN_PROCESS` | with the token of a generation, else the newest; from here on `d1` is a payment like others |
//! | `end a1 by=wallet [who=W-PH] => S SUCCESS`, `agreement a1 => Active, 4532 taken, 1 open` | also `by=acquirer [token=1]`, `by=operator`; how it stands |
//! | `retrieval q1 p1`, `escalate q1 p1 amount=JPY:500 [wallet=W-KR] => S SUCCESS` | the wallet asks for documents, or for money back |
//! | `answer q1 documents`, `answer q1 accepted JPY:500`, `answer q1 refused` | the acquirer's answer (`payment=p2` names another payment); `dispute q1 => Open` how it stands |
//! | `declare c1 p1 amount=CNY:100 [order=o1] => S SUCCESS` | to the customs; `customs c1 filed` (`accepted`, `rejected`) is the operator's; `declaration c1 => Waiting CNY:100` |
//! | `listens W-KR`, `report M-NEW [name=Noodles] [as=id] => S SUCCESS`, `decide W-KR M-NEW yes` | a participant is told of merchants; an acquirer reports one; a wallet decides (or `no`) |
//! | `scan p1 user=minjun amount=JPY:600 => U PAYMENT_IN_PROCESS` | push mode: a user scans a sticker; then `take` and `told` |
//! | `push p1 accepted [as=BANK-1] => Paid`, `pushed p1 refused` | the acquirer's answer to the open call, or its own notification; also `in-process`, `silent`, `not-found` |
//! | `hears W-KR [no] => ended a1` | a partner answers the oldest message that is on its way to it and belongs to no payment; also `silent` |
//! | `restart [without=snapshots] [without=index] [torn=yes]` | the process dies and starts again; an open `pay` counts as silence |
//! | `key A-JP 2`, `retire A-JP 1`, `replay p1` | keys, and the last request of a payment byte for byte; only through HTTP |
//! | `only http: why` | left out on the bare machine (`only bare: why` through HTTP) |
//!
//! Signed requests take `key=2` and `forged=body` (`path`, `client`, `time`) through HTTP.
//!
//! After every step the books balance. At the end all commands, applied again, give the same
//! state.

mod agreements;
mod customs;
mod disputes;
mod language;
mod merchants;
mod messages;
mod on_bare;
mod push;
mod terms;

use agreements::Consent;
pub use agreements::{AgreeAct, AgreementAct, DebitAct, EndAct, GrantAct};
pub use customs::{CustomsAct, CustomsSays, DeclareAct};
pub use disputes::{AnswerAct, DisputeAct, DisputeSays, OpenAct};
pub use language::{
    Act, AmountText, Asked, Call, Forged, Line, PayAct, RefundAct, Restart, Runner, Says, Scenario,
    Spelling, TakeAct, WalletAct,
};
pub use merchants::{MerchantAct, ReportAct};
pub use messages::HearsAct;
pub use on_bare::OnBare;
pub use push::PushAct;
pub use terms::TermsAct;

/// What came of a step as text, or why it could not be taken.
pub type Outcome = Result<String, String>;

/// A scenario that did not go as it says: the line, what was wanted and what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub line: usize,
    pub message: String,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}: {}", self.line, self.message)
    }
}

/// A network that a scenario is run on.
pub trait Subject {
    /// Takes one step.
    fn perform(&mut self, act: &Act) -> Outcome;

    /// Checks what has to hold at the end of every scenario.
    fn finish(&mut self) -> Result<(), String>;
}

/// Runs a scenario to its end.
pub fn run_on(scenario: &Scenario, subject: &mut dyn Subject) -> Result<(), Failure> {
    let mut last = 0;
    for Line { number, act, wanted } in &scenario.lines {
        last = *number;
        let fail = |message| Failure { line: last, message };
        let came = subject.perform(act).map_err(fail)?;
        if let Some(wanted) = wanted.as_ref().filter(|wanted| **wanted != came) {
            return Err(fail(format!("wanted `{wanted}`, came `{came}`")));
        }
    }
    subject.finish().map_err(|message| Failure { line: last, message })
}

/// Reads a scenario and runs it on the bare machine.
pub fn run(source: &str) -> Result<(), Failure> {
    run_on(&Scenario::parse(source)?, &mut OnBare::new())
}
