//! The wallet's share of what is paid by service codes.

use super::MarketFileError;
use super::section::Section;
use services::Share;
use wallet::ServiceRules;

pub(super) fn read(file: &mut Section) -> Result<ServiceRules, MarketFileError> {
    let mut it = file.section("services")?;
    let rules = ServiceRules {
        donation_fee: share(&mut it, "donation_fee_bps")?,
        ride_fee: share(&mut it, "ride_fee_bps")?,
        ticket_fee: share(&mut it, "ticket_fee_bps")?,
    };
    it.end()?;
    Ok(rules)
}

fn share(it: &mut Section, name: &str) -> Result<Share, MarketFileError> {
    let bps = it.number(name, 0..=Share::ALL.bps())?;
    Ok(Share::new(bps).expect("the bounds are a share's"))
}
