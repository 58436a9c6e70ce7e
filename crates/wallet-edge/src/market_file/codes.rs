//! By which codes customers pay.

use super::MarketFileError;
use super::amounts::Amounts;
use super::section::Section;
use wallet::{CodeKind, CodeRule, PayCodes};

pub(super) fn read(file: &mut Section, amounts: Amounts) -> Result<PayCodes, MarketFileError> {
    let mut codes = file.section("codes")?;
    let mut rule = |kind: CodeKind| -> Result<CodeRule, MarketFileError> {
        let mut it = codes.section(kind.name())?;
        let rule =
            CodeRule { is_on: it.switch("on")?, most_minor: amounts.optional(&mut it, "most")? };
        it.end()?;
        Ok(rule)
    };
    let read = PayCodes {
        user: rule(CodeKind::User)?,
        order: rule(CodeKind::Order)?,
        entry: rule(CodeKind::Entry)?,
        national: rule(CodeKind::National)?,
        cashier: rule(CodeKind::Cashier)?,
        auto_debit: rule(CodeKind::AutoDebit)?,
    };
    codes.end()?;
    Ok(read)
}
