//! Rules over merchant-presented EMVCo codes: whose template, and which of that network's members.

use super::EmvGuid;
use qr::{Account, MerchantCode, Template, Writer};

/// How merchant-presented codes begin; `02` is how one national scheme counts them.
pub(super) const BEGINNINGS: [&str; 2] = ["000201*", "000202*"];

impl EmvGuid {
    /// Does one of the merchant's accounts, objects 26 to 51, fit?
    pub(super) fn takes(&self, code: &MerchantCode<'_>) -> bool {
        code.accounts().any(|account| match account {
            Account::Network(template) => self.fits(&template),
            Account::Number { .. } => false,
        })
    }

    fn fits(&self, template: &Template<'_>) -> bool {
        let is_own =
            template.guid().is_some_and(|guid| guid.eq_ignore_ascii_case(self.guid.as_str()));
        is_own
            && self.member.as_ref().is_none_or(|member| {
                let value = template.get(member.inner_tag);
                value.is_some_and(|it| it.starts_with(member.value_prefix.as_str()))
            })
    }

    /// Do both fit a single template? Then a code with it has both of them.
    pub(super) fn overlaps(&self, other: &EmvGuid) -> bool {
        let is_same_member = match (&self.member, &other.member) {
            (Some(one), Some(two)) if one.inner_tag == two.inner_tag => {
                let (one, two) = (one.value_prefix.as_str(), two.value_prefix.as_str());
                one.starts_with(two) || two.starts_with(one)
            }
            // A template has room for two longest prefixes and the longest id: see their bounds.
            (Some(_) | None, Some(_) | None) => true,
        };
        is_same_member && self.guid.as_str().eq_ignore_ascii_case(other.guid.as_str())
    }

    /// A code that this rule and, when it is given and overlaps, the other one take.
    pub(super) fn example(&self, other: Option<&EmvGuid>) -> String {
        let mut objects = vec![(0, self.guid.as_str())];
        for member in [Some(self), other].into_iter().flatten().filter_map(|it| it.member.as_ref())
        {
            let prefix = member.value_prefix.as_str();
            match objects.iter_mut().find(|(tag, _)| *tag == member.inner_tag) {
                // One begins with the other, so the longer one serves both.
                Some((_, value)) if value.len() < prefix.len() => *value = prefix,
                Some(_) => {}
                None => objects.push((member.inner_tag, prefix)),
            }
        }
        objects.sort_unstable();
        let mut writer = Writer::default();
        let all = [(52, "0000"), (53, "702"), (58, "SG"), (59, "Shop"), (60, "Singapore")];
        let text = writer
            .object(0, "01")
            .and_then(|()| writer.template(26, &objects))
            .and_then(|()| all.iter().try_for_each(|(tag, value)| writer.object(*tag, value)))
            .and_then(|()| writer.finish());
        text.expect("bounds of the rule's texts are below those of a template")
    }
}
