//! One payment as a newcomer reads it.

use api::ops::PaymentStory;
use money::Money;
use std::fmt::Write;

/// One payment, told.
pub struct Story {
    pub payment: PaymentStory,
    pub elapsed_ms: u128,
}

fn major(currency: &str, minor: u64) -> String {
    let money = money::Currency::from_code(currency).map(|it| Money::new(minor, it));
    match money {
        Some(Ok(money)) => money.to_string(),
        _ => format!("{currency} {minor} (minor units)"),
    }
}

impl Story {
    /// The story as a newcomer reads it.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out).expect("writing to a String cannot fail");
        out
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let it = &self.payment;
        let show = |amount: &Option<api::ops::AmountView>| {
            amount.as_ref().map_or_else(String::new, |amount| {
                major(&amount.currency, amount.value.parse().unwrap_or_default())
            })
        };
        let price = show(&Some(it.payment_amount.clone()));
        writeln!(out, "\nA payment across a border")?;
        writeln!(out, "-------------------------")?;
        writeln!(out, "Minjun from Seoul eats ramen in Osaka. The shop's price: {price}.")?;
        writeln!(
            out,
            "Minjun shows a payment code of {}; the",
            it.wallet.as_deref().unwrap_or("?")
        )?;
        writeln!(out, "shop's terminal sends it to {}.", it.acquirer)?;
        writeln!(out, "The network answered after {} ms: {}.\n", self.elapsed_ms, it.result)?;
        if let Some(quote) = &it.payment_quote {
            writeln!(out, "  Minjun pays         {:>14}", show(&it.pay_to_amount))?;
            writeln!(
                out,
                "    at                {} (1 {} in {}), mid rate {}, mark-up {} bp",
                quote.price,
                &quote.pair[..3],
                &quote.pair[4..],
                quote.mid_price,
                quote.markup_bps
            )?;
        }
        writeln!(out, "  The acquirer gets   {:>14}", show(&it.settlement_amount))?;
        writeln!(out, "    less interchange  {:>14}  (the wallet's share)", show(&it.interchange))?;
        writeln!(out, "    less network fee  {:>14}", show(&it.network_fee))?;
        writeln!(out, "\n  The ledger, debit = credit in every currency:")?;
        self.write_entries(out)?;
        writeln!(out, "\n  What happened, by record of the log:")?;
        for step in &it.timeline {
            writeln!(out, "    #{:<5} {}  {}", step.log_position, step.time, step.what)?;
        }
        writeln!(out, "\n  payment id {}", it.id)
    }

    fn write_entries(&self, out: &mut String) -> std::fmt::Result {
        let mut sums = std::collections::BTreeMap::<&str, i128>::new();
        for entry in &self.payment.entries {
            let debit = entry.debit_minor.unwrap_or_default();
            let credit = entry.credit_minor.unwrap_or_default();
            *sums.entry(&entry.currency).or_default() += i128::from(debit) - i128::from(credit);
            let side = if debit > 0 { "debit " } else { "credit" };
            let amount = major(&entry.currency, debit.max(credit));
            writeln!(out, "    {:<28} {side} {amount:>14}", entry.account)?;
        }
        for (currency, sum) in sums {
            writeln!(out, "    sum in {currency}: {sum}")?;
        }
        Ok(())
    }
}
