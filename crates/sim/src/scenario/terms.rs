//! A participant's contract: which parts of it a scenario changes.

use super::language::{AmountText, Words, number};
use super::on_bare::amount;
use crate::preset::currency;
use directory::{Contract, FeeRule, Fees, Mcc, MccRange};
use money::Money;

/// Parts of a contract that differ from the preset's.
#[derive(Clone, Debug)]
pub struct TermsAct {
    pub participant: String,
    pub interchange_bps: u32,
    pub network_bps: u32,
    /// A fixed network fee.
    pub fixed: Option<AmountText>,
    pub max: Option<AmountText>,
    pub blocked: Option<String>,
    /// What one agreement may take in 30 days.
    pub allowance: Option<AmountText>,
    /// The one currency it settles in.
    pub settles: Option<String>,
    /// Does the wallet decide about each merchant?
    pub approves: bool,
}

impl Words<'_> {
    pub(super) fn terms(&mut self) -> Result<TermsAct, String> {
        Ok(TermsAct {
            participant: self.text(1)?,
            interchange_bps: number(self.or("interchange_bps", "0"))?,
            network_bps: number(self.or("network_bps", "0"))?,
            fixed: self.amount("fixed")?,
            max: self.amount("max")?,
            blocked: self.take("blocked").map(str::to_owned),
            allowance: self.amount("allowance")?,
            settles: self.take("settles").map(str::to_owned),
            approves: self.take("approves").is_some_and(|it| it == "yes"),
        })
    }
}

impl TermsAct {
    /// The contract with the parts that differ.
    ///
    /// Errors: an amount or a category that is none.
    pub fn change(&self, mut contract: Contract) -> Result<Contract, String> {
        contract.approves_merchants = self.approves;
        if let Some(code) = &self.settles {
            contract.settlement_currencies = vec![currency(code)];
        }
        let fixed = self.fixed.as_ref().map(amount).transpose()?;
        let fees = Fees {
            interchange_bps: self.interchange_bps,
            network_bps: self.network_bps,
            network_fixed_minor: fixed.map_or(0, Money::minor),
            ..Fees::default()
        };
        let currency = fixed.map(Money::currency);
        contract.fees = vec![FeeRule { mcc: None, reach: None, currency, fees }];
        contract.max_payments = self.max.iter().map(amount).collect::<Result<_, _>>()?;
        let range = |text: &String| {
            let mcc = Mcc::new(text).ok_or_else(|| format!("{text} is no category"))?;
            Ok::<_, String>(MccRange { first: mcc, last: mcc })
        };
        contract.debit_allowances = self.allowance.iter().map(amount).collect::<Result<_, _>>()?;
        contract.blocked_mccs = self.blocked.iter().map(range).collect::<Result<_, _>>()?;
        Ok(contract)
    }
}
