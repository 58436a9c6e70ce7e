//! What the operator's people do. Amounts in minor units.

use crate::shop::ShopKind;
use crate::{Market, Once, ShopNumber};
use account::CustomerInput;
use base::{Text, codec_enum};
use gifts::OfferTerms;
use ids::{BankMoveId, PartnerText, ProposalId};
use savings::{FundPrice, FundStatement};
use services::BillerRules;

/// Which way a correction goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Correction {
    Give,
    Take,
}
codec_enum!(Correction { 0 = Give, 1 = Take });

/// What a bank's statement says of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveEnd {
    /// The money moved.
    Done,
    /// It did not.
    Failed,
}
codec_enum!(MoveEnd { 0 = Done, 1 = Failed });

/// What needs two people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proposed {
    /// Money to or from a customer, for a reason that the books do not know.
    Correct { customer: u32, amount_minor: u64, way: Correction },
    /// A price of the fund that is too far from the last one for one person to say.
    FundPrice(FundPrice),
    /// What became of a move that the bank does not tell about, as two people saw in its statement.
    EndMove { id: BankMoveId, end: MoveEnd },
}
codec_enum!(Proposed {
    0 = Correct { customer, amount_minor, way },
    1 = FundPrice(price),
    2 = EndMove { id, end },
});

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskAct {
    /// The rules of the market, on the first start and whenever they change.
    SetMarket(Box<Market>),
    SetTier {
        customer: u32,
        tier: u8,
    },
    ChangeCustomer {
        customer: u32,
        input: CustomerInput,
    },
    SetShopKind {
        shop: ShopNumber,
        kind: ShopKind,
    },
    Propose {
        id: ProposalId,
        what: Proposed,
    },
    /// Somebody else agrees; the digest names the very content that was seen.
    Approve {
        id: ProposalId,
        what: Proposed,
    },
    Reject {
        id: ProposalId,
    },
    /// The wallet paid the network what it owed, from the float: booked once for each reference.
    SettleNetwork {
        reference: PartnerText,
        amount_minor: u64,
    },
    /// The fund's price of a day, within the band; any other is proposed and approved.
    SetFundPrice(FundPrice),
    /// What the fund's statement says of a day, and the rounding that it paid back: the day is
    /// settled if that is what the wallet has.
    SettleFund {
        statement: FundStatement,
        rounding_minor: u64,
    },
    /// An offer of gift coupons for a shop, good in all shops that it names.
    MakeOffer {
        terms: Box<OfferTerms>,
        once: Once,
    },
    /// A new biller in the directory, of the next number.
    AddBiller {
        name: Text<64>,
        rules: Box<BillerRules>,
    },
    /// New rules of a biller; one that is not listed takes no new bills.
    ChangeBiller {
        name: Text<64>,
        rules: Box<BillerRules>,
        is_listed: bool,
    },
    /// The wallet paid a biller what it owed, from the float: booked once for each reference.
    SettleBiller {
        reference: PartnerText,
        biller: u32,
        amount_minor: u64,
    },
    /// Ends the sale of an offer. What was sold stays good.
    EndOffer {
        offer: u32,
    },
}
codec_enum!(DeskAct {
    0 = SetMarket(market),
    1 = SetTier { customer, tier },
    2 = ChangeCustomer { customer, input },
    3 = SetShopKind { shop, kind },
    4 = Propose { id, what },
    5 = Approve { id, what },
    6 = Reject { id },
    7 = SettleNetwork { reference, amount_minor },
    8 = SetFundPrice(price),
    9 = SettleFund { statement, rounding_minor },
    10 = MakeOffer { terms, once },
    11 = EndOffer { offer },
    12 = AddBiller { name, rules },
    13 = ChangeBiller { name, rules, is_listed },
    14 = SettleBiller { reference, biller, amount_minor },
});
