//! Patterns over scanned texts, small enough that any two can be intersected exactly.
//!
//! Characters stand for themselves, `#` for one digit, `?` for one character, and `*`, only at the
//! end, for any rest, the empty one too. A prefix is a pattern of characters with an open end.
//! Because everything but the rest stands at a fixed position, two patterns have a text in common
//! exactly when they agree position by position.

use super::CodeMatchFault;
use super::address::{Address, is_address_character};

/// What one position of a pattern takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Is(char),
    Digit,
    Any,
}

impl Step {
    fn takes(self, c: char, folds_case: bool) -> bool {
        match self {
            Step::Is(own) => own == c || (folds_case && own.eq_ignore_ascii_case(&c)),
            Step::Digit => c.is_ascii_digit(),
            Step::Any => true,
        }
    }

    /// What both take.
    fn and(self, other: Step) -> Option<Step> {
        match (self, other) {
            (Step::Is(c), step) | (step, Step::Is(c)) => {
                step.takes(c, false).then_some(Step::Is(c))
            }
            (Step::Digit, _) | (_, Step::Digit) => Some(Step::Digit),
            (Step::Any, Step::Any) => Some(Step::Any),
        }
    }

    /// A character that it takes.
    fn example(self) -> char {
        match self {
            Step::Is(c) => c,
            Step::Digit => '0',
            Step::Any => 'x',
        }
    }
}

/// How the text of a rule is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notation {
    Prefix,
    Pattern,
}

impl Notation {
    /// The steps as written, and whether any rest may follow.
    fn read(self, text: &str) -> (impl Iterator<Item = Step>, bool) {
        let (steps, is_open) = match self {
            Notation::Prefix => (text, true),
            Notation::Pattern => match text.strip_suffix('*') {
                Some(steps) => (steps, true),
                None => (text, false),
            },
        };
        let step = move |c| match (self, c) {
            (Notation::Pattern, '#') => Step::Digit,
            (Notation::Pattern, '?') => Step::Any,
            (Notation::Pattern | Notation::Prefix, c) => Step::Is(c),
        };
        (steps.chars().map(step), is_open)
    }

    /// Does a rule of this text take the scanned one, whose first characters are a scheme and a
    /// host, in which the size of letters means nothing?
    pub fn takes(self, rule: &str, scanned: &str, folded: usize) -> bool {
        let (steps, is_open) = self.read(rule);
        let mut rest = scanned.chars().enumerate();
        for step in steps {
            let Some((at, c)) = rest.next() else { return false };
            if !step.takes(c, at < folded) {
                return false;
            }
        }
        is_open || rest.next().is_none()
    }
}

/// A pattern, read and found sound.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern {
    steps: Vec<Step>,
    is_open: bool,
    /// In small letters, when it takes web addresses: then all of them are of this host.
    host: Option<String>,
}

impl Pattern {
    /// Reads a rule's text.
    ///
    /// Errors: a `*` that is not the end; a pattern that takes web addresses and does not spell out
    /// whose, because `https://good.example*` is also `https://good.example.evil.example/`.
    pub fn read(notation: Notation, text: &str) -> Result<Pattern, CodeMatchFault> {
        let (steps, is_open) = notation.read(text);
        let steps: Vec<Step> = steps.collect();
        if notation == Notation::Pattern && steps.contains(&Step::Is('*')) {
            return Err(CodeMatchFault::StarInside);
        }
        let pattern = Pattern { steps, is_open, host: None };
        if pattern.reaches_addresses() { pattern.with_host() } else { Ok(pattern) }
    }

    /// A pattern of this module's own, which has no web address in it.
    pub fn fixed(text: &str) -> Pattern {
        let (steps, is_open) = Notation::Pattern.read(text);
        Pattern { steps: steps.collect(), is_open, host: None }
    }

    fn reaches_addresses(&self) -> bool {
        let small = self.steps.iter().map(|step| match step {
            Step::Is(c) => Step::Is(c.to_ascii_lowercase()),
            other => *other,
        });
        let small = Pattern { steps: small.collect(), is_open: self.is_open, host: None };
        ["http:*", "https:*"].iter().any(|scheme| small.overlap(&Pattern::fixed(scheme)).is_some())
    }

    fn with_host(mut self) -> Result<Pattern, CodeMatchFault> {
        let spelt = self.steps.iter().map_while(|step| match step {
            Step::Is(c) => Some(*c),
            Step::Digit | Step::Any => None,
        });
        let spelt: String = spelt.collect();
        let address = Address::read(&spelt).ok_or(CodeMatchFault::WideAddress)?;
        // Scanned addresses lose the default port before they are compared.
        if address.rest.is_empty() || address.has_default_port() {
            return Err(CodeMatchFault::WideAddress);
        }
        let is_bad = |step: &Step| matches!(step, Step::Is(c) if !is_address_character(*c));
        if self.steps.iter().any(is_bad) {
            return Err(CodeMatchFault::WideAddress);
        }
        for step in &mut self.steps[..spelt.len() - address.rest.len()] {
            if let Step::Is(c) = step {
                c.make_ascii_lowercase();
            }
        }
        self.host = Some(address.host.to_ascii_lowercase());
        Ok(self)
    }

    pub fn host(&self) -> Option<&str> {
        self.host.as_deref()
    }

    /// Does it take nothing but digits as far as it is written?
    fn allows_digits(&self) -> bool {
        self.steps.iter().all(|step| !matches!(step, Step::Is(c) if !c.is_ascii_digit()))
    }

    /// A text that both take; `None` when there is none.
    pub fn overlap(&self, other: &Pattern) -> Option<String> {
        let (short, long) = match self.steps.len() <= other.steps.len() {
            true => (self, other),
            false => (other, self),
        };
        if short.steps.len() < long.steps.len() && !short.is_open {
            return None;
        }
        let (shared, rest) = long.steps.split_at(short.steps.len());
        let mut text = String::new();
        for (one, two) in short.steps.iter().zip(shared) {
            text.push(one.and(*two)?.example());
        }
        text.extend(rest.iter().map(|step| step.example()));
        Some(text)
    }

    /// A text that it takes.
    pub fn example(&self) -> String {
        self.steps.iter().map(|step| step.example()).collect()
    }

    /// Does it take this text, which is no web address?
    pub fn takes(&self, text: &str) -> bool {
        let mut rest = text.chars();
        self.steps.iter().all(|step| rest.next().is_some_and(|c| step.takes(c, false)))
            && (self.is_open || rest.next().is_none())
    }

    /// A payment code of the network that it takes: `^(2[5-9]|30)\d001\d*$`.
    pub fn payment_code(&self) -> Option<String> {
        const HEADS: [&str; 6] = ["25#001*", "26#001*", "27#001*", "28#001*", "29#001*", "30#001*"];
        if !self.allows_digits() {
            return None;
        }
        let text = HEADS.iter().find_map(|head| self.overlap(&Pattern::fixed(head)))?;
        // Whatever was free became a letter; a digit does as well.
        Some(text.replace('x', "0"))
    }
}

/// Patterns in order, to find one that shares a text with another without trying each.
///
/// Sorted, the patterns make a tree: those that begin with the same steps stand together. A search
/// follows only steps that agree, and ten thousand patterns take milliseconds.
pub(super) struct PatternIndex<'a> {
    sorted: Vec<(&'a Pattern, usize)>,
}

impl<'a> PatternIndex<'a> {
    /// `usize` is the place of the rule in its table.
    pub fn new(patterns: impl Iterator<Item = (&'a Pattern, usize)>) -> PatternIndex<'a> {
        let mut sorted: Vec<_> = patterns.collect();
        sorted.sort();
        PatternIndex { sorted }
    }

    /// Place of a rule whose pattern shares a text with this one and which is wanted.
    pub fn find(&self, pattern: &Pattern, is_wanted: impl Fn(usize) -> bool) -> Option<usize> {
        // Parts of the list that agree with the pattern up to a depth.
        let mut open = vec![(self.sorted.as_slice(), 0)];
        while let Some((part, depth)) = open.pop() {
            if let [(only, at)] = part {
                if is_wanted(*at) && pattern.overlap(only).is_some() {
                    return Some(*at);
                }
                continue;
            }
            let Some(step) = pattern.steps.get(depth) else {
                // All of them begin with the pattern: they overlap unless it ends here.
                let ends = |other: &Pattern| pattern.is_open || other.steps.len() == depth;
                let hit = part.iter().find(|(other, at)| ends(other) && is_wanted(*at));
                if let Some((_, at)) = hit {
                    return Some(*at);
                }
                continue;
            };
            // A shorter one stands before the longer ones that begin with it.
            let short = part.partition_point(|(other, _)| other.steps.len() == depth);
            let (short, mut long) = part.split_at(short);
            if let Some((_, at)) = short.iter().find(|(other, at)| other.is_open && is_wanted(*at))
            {
                return Some(*at);
            }
            while let Some((first, _)) = long.first() {
                let own = first.steps[depth];
                let is_of_group = |(other, _): &(&Pattern, usize)| other.steps[depth] == own;
                // Long common beginnings are the rule: then there is one group.
                let end = match long.last().is_some_and(is_of_group) {
                    true => long.len(),
                    false => long.partition_point(is_of_group),
                };
                let (group, rest) = long.split_at(end);
                if step.and(own).is_some() {
                    open.push((group, depth + 1));
                }
                long = rest;
            }
        }
        None
    }
}
