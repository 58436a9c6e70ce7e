//! Whether a table of code rules is unambiguous, and if not, which text shows it.
//!
//! Ten thousand rules have fifty million pairs, so rules are looked up where a partner could be:
//! patterns in a sorted list, hosts by the names above them, EMVCo members by the prefixes of
//! their prefix.

use super::address::Hosts;
use super::emv::BEGINNINGS;
use super::pattern::{Notation, Pattern, PatternIndex};
use super::{CodeAction, CodeMatch, CodeRule, CodeRules, EmvGuid, EmvMember, MAX_CODE_RULES};
use ids::PartnerText;
use std::collections::{BTreeMap, BTreeSet};

/// What makes a single rule unsound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeMatchFault {
    StarInside,
    WideAddress,
    BadHost,
    BadInnerTag,
    OpensNoAddress,
}

impl std::fmt::Display for CodeMatchFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            CodeMatchFault::StarInside => "a `*` may stand only at the end; `?` is one character",
            CodeMatchFault::WideAddress => {
                "it takes texts that begin as web addresses do and does not say of which host; \
                 write scheme, host and the `/` after it in full, without the default port, such \
                 as `https://pay.example/`, or make it a host rule"
            }
            CodeMatchFault::BadHost => {
                "it is not a host; write `pay.example`, or `*.pay.example` for all hosts below it"
            }
            CodeMatchFault::BadInnerTag => "the inner tag must be 1 to 99",
            CodeMatchFault::OpensNoAddress => {
                "it takes texts that are no web addresses, which cannot be opened; use DECODE"
            }
        })
    }
}

/// Why a table of code rules cannot be: the rules by their ids, a text that shows it, the remedy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeRuleConflict {
    TooMany,
    IdTaken(PartnerText),
    Unsound {
        id: PartnerText,
        fault: CodeMatchFault,
    },
    /// Both take the same texts and lead to the same place.
    Duplicate {
        first: PartnerText,
        second: PartnerText,
    },
    /// Both take `example` and lead to different places.
    Overlap {
        first: PartnerText,
        second: PartnerText,
        example: String,
    },
    /// The rule takes `example`, which is a payment code of the network.
    PaymentCode {
        id: PartnerText,
        example: String,
    },
    /// The rule takes `example`, which is an order code of the network.
    OwnCode {
        id: PartnerText,
        example: String,
    },
    /// What the network said of its own order codes is not sound.
    OwnUnsound(CodeMatchFault),
}

impl std::fmt::Display for CodeRuleConflict {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CodeRuleConflict::TooMany => {
                write!(f, "codeRules: at most {MAX_CODE_RULES} rules; join some into patterns")
            }
            CodeRuleConflict::IdTaken(id) => {
                write!(f, "codeRules: two rules have the id `{id}`; give each its own")
            }
            CodeRuleConflict::Unsound { id, fault } => write!(f, "codeRules: rule `{id}`: {fault}"),
            CodeRuleConflict::Duplicate { first, second } => {
                write!(f, "codeRules: `{first}` and `{second}` say the same; take one of them out")
            }
            CodeRuleConflict::Overlap { first, second, example } => write!(
                f,
                "codeRules: `{first}` and `{second}` both take `{example}` and lead to different \
                 places; make one of them narrower"
            ),
            CodeRuleConflict::PaymentCode { id, example } => write!(
                f,
                "codeRules: `{id}` takes `{example}`, which is a payment code of the network; make \
                 it narrower"
            ),
            CodeRuleConflict::OwnCode { id, example } => write!(
                f,
                "codeRules: `{id}` takes `{example}`, which is an order code of the network; make \
                 it narrower"
            ),
            CodeRuleConflict::OwnUnsound(fault) => {
                write!(f, "the network's own order codes: {fault}")
            }
        }
    }
}

impl std::error::Error for CodeRuleConflict {}

/// What a rule takes, read. Two rules that take the same texts have the same shape.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    Pattern(Pattern),
    Hosts(Hosts),
    Emv(EmvGuid),
}

impl Shape {
    pub fn read(matches: &CodeMatch) -> Result<Shape, CodeMatchFault> {
        Ok(match matches {
            CodeMatch::Prefix(text) => {
                Shape::Pattern(Pattern::read(Notation::Prefix, text.as_str())?)
            }
            CodeMatch::Pattern(text) => {
                Shape::Pattern(Pattern::read(Notation::Pattern, text.as_str())?)
            }
            CodeMatch::Host(text) => Shape::Hosts(Hosts::read(text.as_str())?),
            CodeMatch::EmvGuid(guid) => {
                let inner_tag = guid.member.as_ref().map_or(1, |member| member.inner_tag);
                if !(1..=99).contains(&inner_tag) {
                    return Err(CodeMatchFault::BadInnerTag);
                }
                let small = guid.guid.as_str().to_ascii_lowercase();
                let small = small.parse().expect("small letters are as many");
                Shape::Emv(EmvGuid { guid: small, ..guid.clone() })
            }
        })
    }

    fn opens(&self) -> bool {
        match self {
            Shape::Pattern(pattern) => pattern.host().is_some(),
            Shape::Hosts(_) => true,
            Shape::Emv(_) => false,
        }
    }

    /// A text that both take; `None` when there is none.
    pub fn overlap(&self, other: &Shape) -> Option<String> {
        match (self, other) {
            (Shape::Pattern(one), Shape::Pattern(two)) => one.overlap(two),
            (Shape::Hosts(one), Shape::Hosts(two)) => one.overlap(two),
            (Shape::Emv(one), Shape::Emv(two)) => one.overlaps(two).then(|| one.example(Some(two))),
            (Shape::Pattern(pattern), Shape::Hosts(hosts))
            | (Shape::Hosts(hosts), Shape::Pattern(pattern)) => {
                let is_own = pattern.host().is_some_and(|host| hosts.own(host));
                is_own.then(|| pattern.example())
            }
            (Shape::Pattern(pattern), Shape::Emv(guid))
            | (Shape::Emv(guid), Shape::Pattern(pattern)) => {
                let beginning = emv_beginning(pattern)?;
                let code = guid.example(None);
                Some(if pattern.takes(&code) { code } else { beginning })
            }
            (Shape::Hosts(_), Shape::Emv(_)) | (Shape::Emv(_), Shape::Hosts(_)) => None,
        }
    }
}

/// A text that the pattern takes and that begins as an EMVCo code does.
fn emv_beginning(pattern: &Pattern) -> Option<String> {
    BEGINNINGS.iter().find_map(|text| pattern.overlap(&Pattern::fixed(text)))
}

pub(super) fn check(table: &CodeRules, own: &[CodeMatch]) -> Result<(), CodeRuleConflict> {
    if table.rules.len() > MAX_CODE_RULES {
        return Err(CodeRuleConflict::TooMany);
    }
    let shapes = read_shapes(&table.rules)?;
    let own: Result<Vec<Shape>, CodeMatchFault> = own.iter().map(Shape::read).collect();
    let own = own.map_err(CodeRuleConflict::OwnUnsound)?;
    for (rule, shape) in table.rules.iter().zip(&shapes) {
        if let Shape::Pattern(pattern) = shape
            && let Some(example) = pattern.payment_code()
        {
            return Err(CodeRuleConflict::PaymentCode { id: rule.id.clone(), example });
        }
        if let Some(example) = own.iter().find_map(|it| shape.overlap(it)) {
            return Err(CodeRuleConflict::OwnCode { id: rule.id.clone(), example });
        }
    }
    Index::new(&table.rules, &shapes).check()
}

/// The rules' shapes in order. Errors: an id twice; a rule that is not sound.
fn read_shapes(rules: &[CodeRule]) -> Result<Vec<Shape>, CodeRuleConflict> {
    let mut ids = BTreeSet::new();
    let read = |rule: &CodeRule| {
        let unsound = |fault| CodeRuleConflict::Unsound { id: rule.id.clone(), fault };
        if !ids.insert(rule.id.clone()) {
            return Err(CodeRuleConflict::IdTaken(rule.id.clone()));
        }
        let shape = Shape::read(&rule.matches).map_err(unsound)?;
        if rule.action == CodeAction::OpenUrl && !shape.opens() {
            return Err(unsound(CodeMatchFault::OpensNoAddress));
        }
        Ok(shape)
    };
    rules.iter().map(read).collect()
}

/// Rules by where a rule that overlaps them would look. Numbers are places in the table.
struct Index<'a> {
    rules: &'a [CodeRule],
    shapes: &'a [Shape],
    /// The first rule of each shape.
    places: BTreeMap<&'a Shape, usize>,
    patterns: PatternIndex<'a>,
    /// By id: the first rule of each inner tag, or of none.
    by_tag: BTreeMap<&'a str, BTreeMap<Option<u8>, usize>>,
    /// The first rule for EMVCo codes and the first that leads elsewhere than it.
    emv: Vec<usize>,
}

impl<'a> Index<'a> {
    fn new(rules: &'a [CodeRule], shapes: &'a [Shape]) -> Index<'a> {
        let mut places = BTreeMap::new();
        let mut by_tag: BTreeMap<_, BTreeMap<_, _>> = BTreeMap::new();
        let mut emv: Vec<usize> = Vec::new();
        let mut patterns = Vec::new();
        for (at, shape) in shapes.iter().enumerate() {
            places.entry(shape).or_insert(at);
            match shape {
                Shape::Pattern(pattern) => patterns.push((pattern, at)),
                Shape::Hosts(_) => {}
                Shape::Emv(guid) => {
                    let tag = guid.member.as_ref().map(|member| member.inner_tag);
                    by_tag.entry(guid.guid.as_str()).or_default().entry(tag).or_insert(at);
                    if emv.len() < 2 && emv.iter().all(|it| !rules[*it].leads_as(&rules[at])) {
                        emv.push(at);
                    }
                }
            }
        }
        let patterns = PatternIndex::new(patterns.into_iter());
        Index { rules, shapes, places, patterns, by_tag, emv }
    }

    fn check(&self) -> Result<(), CodeRuleConflict> {
        for (at, shape) in self.shapes.iter().enumerate() {
            let is_elsewhere = |it: usize| !self.rules[it].leads_as(&self.rules[at]);
            let rival = match shape {
                Shape::Pattern(pattern) => self.rival_of_pattern(pattern, is_elsewhere),
                Shape::Hosts(hosts) => self.find_hosts(&hosts.example(), is_elsewhere),
                Shape::Emv(guid) => self.rival_of_guid(guid, is_elsewhere),
            };
            if let Some(rival) = rival {
                return Err(self.overlap(at.min(rival), at.max(rival)));
            }
            let twin = self.places[shape];
            if twin != at {
                let (first, second) = (self.rules[twin].id.clone(), self.rules[at].id.clone());
                return Err(CodeRuleConflict::Duplicate { first, second });
            }
        }
        Ok(())
    }

    fn overlap(&self, first: usize, second: usize) -> CodeRuleConflict {
        let example = self.shapes[first].overlap(&self.shapes[second]);
        let example = example.expect("the index finds only rules that share a text");
        let (first, second) = (self.rules[first].id.clone(), self.rules[second].id.clone());
        CodeRuleConflict::Overlap { first, second, example }
    }

    fn rival_of_pattern(
        &self,
        pattern: &Pattern,
        is_elsewhere: impl Fn(usize) -> bool,
    ) -> Option<usize> {
        let rival = self.patterns.find(pattern, &is_elsewhere);
        let rival = rival.or_else(|| self.find_hosts(pattern.host()?, &is_elsewhere));
        rival.or_else(|| {
            let rival = self.emv.iter().copied().find(|it| is_elsewhere(*it))?;
            emv_beginning(pattern).map(|_| rival)
        })
    }

    /// A host rule that owns this host, or all below the same name, or all below one above it.
    fn find_hosts(&self, host: &str, is_wanted: impl Fn(usize) -> bool) -> Option<usize> {
        let dots = host.match_indices('.').map(|(dot, _)| dot + 1);
        let above = dots.map(|from| (host[from..].to_owned(), true));
        let own = [(host.to_owned(), false)];
        own.into_iter().chain(above).find_map(|(name, is_below)| {
            let at = self.places.get(&Shape::Hosts(Hosts { name, is_below }));
            at.copied().filter(|at| is_wanted(*at))
        })
    }

    fn rival_of_guid(&self, guid: &EmvGuid, is_elsewhere: impl Fn(usize) -> bool) -> Option<usize> {
        let tag = guid.member.as_ref().map(|member| member.inner_tag);
        let tags = self.by_tag.get(guid.guid.as_str())?;
        // Rules over different objects of one template overlap whatever they say.
        let others = tags.iter().filter(|(other, _)| **other != tag).map(|(_, at)| *at);
        let rival = others.into_iter().find(|at| is_elsewhere(*at));
        rival.or_else(|| {
            shorter(guid)
                .find_map(|it| self.places.get(&it).copied().filter(|at| is_elsewhere(*at)))
        })
    }
}

/// The rule itself and those over the same object whose prefix this one's begins with.
fn shorter(guid: &EmvGuid) -> impl Iterator<Item = Shape> {
    let cut = guid.member.iter().flat_map(|member| {
        let prefix = member.value_prefix.as_str();
        let ends = prefix.char_indices().map(|(at, _)| &prefix[..at]);
        ends.filter_map(|text| text.parse().ok()).map(|value_prefix| {
            let member = Some(EmvMember { value_prefix, ..member.clone() });
            EmvGuid { member, ..guid.clone() }
        })
    });
    std::iter::once(guid.clone()).chain(cut).map(Shape::Emv)
}
