//! Tables of texts and of conflicts, and properties that hold for all of them.

use super::check::Shape;
use super::pattern::{Notation, Pattern};
use super::*;
use base::{decode_all, encode};
use proptest::prelude::*;
use qr::Writer;

fn text(text: &str) -> CodeText {
    CodeText::new(text).unwrap()
}

fn prefix(it: &str) -> CodeMatch {
    CodeMatch::Prefix(text(it))
}

fn pattern(it: &str) -> CodeMatch {
    CodeMatch::Pattern(text(it))
}

fn host(it: &str) -> CodeMatch {
    CodeMatch::Host(text(it))
}

fn emv(guid: &str, member: Option<(u8, &str)>) -> CodeMatch {
    let member = member.map(|(inner_tag, prefix)| EmvMember {
        inner_tag,
        value_prefix: Text::new(prefix).unwrap(),
    });
    CodeMatch::EmvGuid(EmvGuid { guid: Text::new(guid).unwrap(), member })
}

fn rule(id: &str, matches: CodeMatch, acquirer: u32) -> CodeRule {
    let id = PartnerText::new(id).unwrap();
    CodeRule { id, matches, acquirer: ParticipantId(acquirer), action: CodeAction::Decode }
}

fn table(rules: Vec<CodeRule>) -> CodeRules {
    CodeRules { version: Text::new("1").unwrap(), rules }
}

/// An EMVCo code with these accounts: id, and the object 01.
fn emv_code(accounts: &[(&str, &str)]) -> String {
    let mut writer = Writer::default();
    writer.object(0, "01").unwrap();
    for (tag, (guid, member)) in (26..).zip(accounts) {
        writer.template(tag, &[(0, guid), (1, member)]).unwrap();
    }
    for (tag, value) in [(52, "5814"), (53, "458"), (58, "MY"), (59, "Kopi"), (60, "Ipoh")] {
        writer.object(tag, value).unwrap();
    }
    writer.finish().unwrap()
}

#[track_caller]
fn takes(matches: &CodeMatch, scanned: &str, expected: bool) {
    assert_eq!(matches.takes(scanned), expected, "{matches:?} {scanned:?}");
}

#[test]
fn a_host_rule_takes_only_addresses_that_all_readers_read_alike() {
    let good = host("good.example");
    for (scanned, expected) in [
        ("https://good.example/", true),
        ("https://good.example", true),
        ("https://good.example/a/b?c=d#e", true),
        ("https://good.example?c", true),
        ("https://good.example#e", true),
        ("HTTPS://GOOD.EXAMPLE/x", true),
        ("https://good.example:443/", true),
        ("https://good.example:443", true),
        ("https://good.example/@evil.example", true),
        ("http://good.example/", false),
        ("https://good.example:444/", false),
        ("https://good.example:0443/", false),
        ("https://good.example:/", false),
        ("https://good.example:443:443/", false),
        ("https://good.example.evil.example/", false),
        ("https://good.example@evil.example/", false),
        ("https://good.example:443@evil.example/", false),
        ("https://evil.example@good.example/", false),
        ("https://evil.example/good.example", false),
        ("https://evil.example\\@good.example/", false),
        ("https://good.example\\.evil.example/", false),
        ("https://evil.example#@good.example/", false),
        ("https://evil.example?@good.example/", false),
        ("https:/good.example", false),
        ("https:good.example", false),
        ("https:///good.example", false),
        ("https:\\\\good.example/", false),
        ("https://good.example./", false),
        ("https://.good.example/", false),
        ("https://good..example/", false),
        ("https://a.good.example/", false),
        ("https://evilgood.example/", false),
        ("https://g%6fod.example/", false),
        ("https://good.example%2f.evil.example/", false),
        ("https://good%2eexample/", false),
        ("https://good.example\0/", false),
        ("https://good.example\n/", false),
        ("https://good.example/\n", false),
        ("https://good.example/\0", false),
        ("https://good.example/a b", false),
        ("https://good.example/a\\b", false),
        ("https://good.example/\u{202e}", false),
        ("https://g\u{43e}od.example/", false),
        ("https://good\u{3002}example/", false),
        ("https://good\u{ad}.example/", false),
        ("https://xn--good.example/", false),
        (" https://good.example/", false),
        ("\u{feff}https://good.example/", false),
        ("ftp://good.example/", false),
        ("javascript://good.example/%0aalert(1)", false),
        ("//good.example/", false),
        ("good.example", false),
        ("https://", false),
        ("", false),
    ] {
        takes(&good, scanned, expected);
    }
}

#[test]
fn hosts_below_a_name_and_this_machine_are_taken_when_the_rule_says_so() {
    for (rule, scanned, expected) in [
        ("*.good.example", "https://a.good.example/", true),
        ("*.good.example", "https://b.a.good.example/", true),
        ("*.GOOD.example", "https://A.good.EXAMPLE/", true),
        ("*.good.example", "https://good.example/", false),
        ("*.good.example", "https://evilgood.example/", false),
        ("*.good.example", "https://.good.example/", false),
        ("*.good.example", "https://a.good.example.evil.example/", false),
        ("xn--caf-dma.example", "https://xn--caf-dma.example/", true),
        ("xn--caf-dma.example", "https://caf\u{e9}.example/", false),
        ("localhost", "http://localhost:8080/x", true),
        ("localhost", "http://LOCALHOST", true),
        ("localhost", "https://localhost/", true),
        ("localhost", "https://localhost:8443/", false),
        ("localhost", "http://localhost:0/", false),
        ("localhost", "http://localhost:65536/", false),
        ("localhost", "http://localhost:80@evil.example/", false),
        ("localhost", "http://localhost.evil.example/", false),
        ("127.0.0.1", "http://127.0.0.1:1/", true),
        ("127.0.0.1", "http://127.1:1/", false),
        ("[::1]", "http://[::1]:8080/", true),
        ("[::1]", "http://[::1]", true),
        ("[::1]", "http://[::2]", false),
        ("[::1]", "http://[0::1]/", false),
    ] {
        takes(&host(rule), scanned, expected);
    }
}

#[test]
fn patterns_count_characters() {
    for (rule, scanned, expected) in [
        (pattern("281###04####*"), "281123041234", true),
        (pattern("281###04####*"), "281123041234TOKEN", true),
        (pattern("281###04####*"), "28112304123", false),
        (pattern("281###04####*"), "281a23041234", false),
        (pattern("281###04####*"), "281\u{661}23041234", false),
        (pattern("a?c"), "a\u{e9}c", true),
        (pattern("a?c"), "ac", false),
        (pattern("a?c"), "abcd", false),
        (pattern("Ab"), "ab", false),
        (prefix("a*#"), "a*#b", true),
        (prefix("a*#"), "ab1", false),
        (prefix("ab"), "ab", true),
        (prefix("ab"), "a", false),
        (prefix("https://good.example/M"), "HTTPS://GOOD.EXAMPLE:443/Mx", true),
        (prefix("https://GOOD.example/M"), "https://good.example/Mx", true),
        (prefix("https://good.example/M"), "https://good.example/m", false),
        (prefix("https://good.example/M"), "https://good.example/M\\", false),
        (pattern("https://good.example/281###04####*"), "https://good.example/281123041234a", true),
        (pattern("http://localhost:8080/##*"), "http://localhost:8080/12", true),
        (pattern("http://localhost:8080/##*"), "http://localhost:8081/12", false),
    ] {
        takes(&rule, scanned, expected);
        Shape::read(&rule).unwrap();
    }
    let long = "a".repeat(MAX_CODE_CHARS);
    takes(&prefix("a"), &long, true);
    takes(&prefix("a"), &format!("{long}a"), false);
}

#[test]
fn an_emv_code_belongs_to_the_networks_it_names() {
    let code = emv_code(&[("A0000006150001", "588734")]);
    for (rule, expected) in [
        (emv("A0000006150001", None), true),
        (emv("a0000006150001", None), true),
        (emv("A000000615000", None), false),
        (emv("A0000006150001", Some((1, "5887"))), true),
        (emv("A0000006150001", Some((1, "588734"))), true),
        (emv("A0000006150001", Some((1, "5888"))), false),
        (emv("A0000006150001", Some((2, "5887"))), false),
    ] {
        takes(&rule, &code, expected);
    }
    takes(&emv("A0000006150001", None), &code.replace("Kopi", "Kopa"), false);
    takes(&emv("A0000006150001", None), &code[..40], false);
}

#[test]
fn in_a_code_of_several_networks_the_first_rule_wins() {
    let rules =
        vec![rule("nets", emv("SG.COM.NETS", None), 2), rule("pay", emv("SG.PAYNOW", None), 1)];
    let both = table(rules);
    both.check(&[]).unwrap();
    for accounts in
        [[("SG.PAYNOW", "2"), ("SG.COM.NETS", "1")], [("SG.COM.NETS", "1"), ("SG.PAYNOW", "2")]]
    {
        assert_eq!(both.identify(&emv_code(&accounts)), Identified::Rule(&both.rules[0]));
    }
    assert_eq!(both.identify("nothing of ours"), Identified::Unknown);
}

#[test]
fn rules_that_are_not_sound_are_refused() {
    use CodeMatchFault::{BadHost, BadInnerTag, StarInside, WideAddress};
    for (matches, fault) in [
        (pattern("1*2"), StarInside),
        (pattern("**"), StarInside),
        (pattern("*"), WideAddress),
        (pattern("?????*"), WideAddress),
        (prefix("h"), WideAddress),
        (prefix("HTTPS"), WideAddress),
        (prefix("https://good.example"), WideAddress),
        (pattern("https://good.example*"), WideAddress),
        (pattern("https://good.example?x*"), WideAddress),
        (pattern("https://?.good.example/*"), WideAddress),
        (prefix("https://good.example@"), WideAddress),
        (prefix("https://good.example:443/"), WideAddress),
        (prefix("https://good.example:8443/"), WideAddress),
        (prefix("http://good.example/"), WideAddress),
        (prefix("https://good.example/a b"), WideAddress),
        (pattern("https://good.example/?\\*"), WideAddress),
        (host("*.com"), BadHost),
        (host("*.0.0.1"), BadHost),
        (host("*.[::1]"), BadHost),
        (host("a.*.example"), BadHost),
        (host("good.example:443"), BadHost),
        (host("good.example/"), BadHost),
        (host("good.example."), BadHost),
        (host("https://good.example"), BadHost),
        (host("caf\u{e9}.example"), BadHost),
        (host("-a.example"), BadHost),
        (emv("X", Some((0, "1"))), BadInnerTag),
        (emv("X", Some((100, "1"))), BadInnerTag),
    ] {
        let refused = table(vec![rule("it", matches.clone(), 1)]).check(&[]);
        let id = PartnerText::new("it").unwrap();
        assert_eq!(refused, Err(CodeRuleConflict::Unsound { id, fault }), "{matches:?}");
    }
    let opened = |matches| {
        let rule = CodeRule { action: CodeAction::OpenUrl, ..rule("it", matches, 1) };
        table(vec![rule]).check(&[])
    };
    assert_eq!(opened(host("good.example")), Ok(()));
    assert_eq!(opened(prefix("https://good.example/")), Ok(()));
    for matches in [prefix("12"), emv("X", None)] {
        let refused = opened(matches).unwrap_err().to_string();
        assert!(refused.ends_with("cannot be opened; use DECODE"), "{refused}");
    }
}

/// Checks two rules that lead to different places. `None`: they may stand together.
#[track_caller]
fn clash(one: &CodeMatch, two: &CodeMatch, expected: Option<&str>) {
    for (one, two) in [(one, two), (two, one)] {
        let pair =
            |acquirer| table(vec![rule("a", one.clone(), 1), rule("b", two.clone(), acquirer)]);
        let found = match pair(2).check(&[]) {
            Ok(()) => None,
            Err(CodeRuleConflict::Overlap { example, .. }) => Some(example),
            Err(other) => panic!("{other}"),
        };
        assert_eq!(found.as_deref(), expected, "{one:?} {two:?}");
        // To the same place they may lead both.
        assert_eq!(pair(1).check(&[]), Ok(()), "{one:?} {two:?}");
        assert_eq!(
            table(pair(2).rules[..1].to_vec()).check(std::slice::from_ref(two)).is_err(),
            expected.is_some()
        );
    }
}

#[test]
fn rules_that_share_a_text_clash() {
    for (one, two, expected) in [
        (prefix("12"), prefix("1"), Some("12")),
        (prefix("12"), prefix("13"), None),
        (pattern("1#3*"), pattern("12?"), Some("123")),
        (pattern("1#3"), pattern("12"), None),
        (pattern("1#a"), pattern("1b?"), None),
        (pattern("1??"), pattern("1##4"), None),
        (pattern("1??*"), pattern("1##4"), Some("1004")),
        (
            prefix("https://a.example/1"),
            pattern("https://A.example/##"),
            Some("https://a.example/10"),
        ),
        (prefix("https://a.example/1"), prefix("https://b.example/1"), None),
        (prefix("https://a.example/A"), prefix("https://a.example/a"), None),
        (prefix("https://a.example/1"), host("A.example"), Some("https://a.example/1")),
        (prefix("https://b.a.example/1"), host("*.a.example"), Some("https://b.a.example/1")),
        (prefix("https://a.example/1"), host("*.a.example"), None),
        (prefix("http://localhost:80/1"), host("localhost"), Some("http://localhost:80/1")),
        (host("b.a.example"), host("*.a.example"), Some("https://b.a.example/")),
        (host("*.b.a.example"), host("*.a.example"), Some("https://x.b.a.example/")),
        (host("a.example"), host("*.a.example"), None),
        (host("ba.example"), host("*.a.example"), None),
        (prefix("12"), host("a.example"), None),
        (emv("G", None), emv("H", None), None),
        (emv("G", Some((1, "5"))), emv("g", Some((1, "6"))), None),
        (emv("G", None), host("a.example"), None),
        (prefix("0003"), emv("G", None), None),
        (pattern("00020#3*"), emv("G", None), Some("0002013")),
    ] {
        clash(&one, &two, expected);
    }
    for (one, two, accounts) in [
        (emv("G", None), emv("g", Some((1, "6"))), [("g", "6")]),
        (emv("G", Some((1, "5"))), emv("g", Some((1, "58"))), [("g", "58")]),
        (prefix("0002"), emv("G", Some((1, "5"))), [("G", "5")]),
    ] {
        let pair = table(vec![rule("a", one, 1), rule("b", two, 2)]);
        let Err(CodeRuleConflict::Overlap { example, .. }) = pair.check(&[]) else {
            panic!("fine?")
        };
        assert!(pair.rules.iter().all(|it| it.matches.takes(&example)), "{example}");
        assert!(pair.rules.iter().all(|it| it.matches.takes(&emv_code(&accounts))));
    }
}

#[test]
fn conflicts_name_both_rules_a_text_and_the_remedy() {
    let check = |rules: Vec<CodeRule>, expected: &str| {
        assert_eq!(table(rules).check(&[host("dhow.example")]).unwrap_err().to_string(), expected);
    };
    let (one, two) = (rule("one", prefix("12"), 1), rule("two", pattern("1?3*"), 2));
    check(
        vec![one.clone(), two],
        "codeRules: `one` and `two` both take `123` and lead to different places; make one of them \
         narrower",
    );
    check(
        vec![one.clone(), rule("two", pattern("12*"), 1)],
        "codeRules: `one` and `two` say the same; take one of them out",
    );
    check(
        vec![one.clone(), rule("one", prefix("3"), 1)],
        "codeRules: two rules have the id `one`; give each its own",
    );
    check(
        vec![rule("one", pattern("2####1*"), 1)],
        "codeRules: `one` takes `250001`, which is a payment code of the network; make it narrower",
    );
    check(
        vec![rule("one", prefix("https://dhow.example/281"), 1)],
        "codeRules: `one` takes `https://dhow.example/281`, which is an order code of the network; \
         make it narrower",
    );
    let wide = table(vec![one]).check(&[prefix("https")]).unwrap_err().to_string();
    assert!(wide.starts_with("the network's own order codes: "), "{wide}");
    let many = (0..=MAX_CODE_RULES).map(|n| rule(&n.to_string(), prefix(&format!("{n:06}")), 1));
    assert_eq!(table(many.collect()).check(&[]), Err(CodeRuleConflict::TooMany));
}

#[test]
fn the_networks_payment_codes_belong_to_nobody() {
    for (rule_text, expected) in [
        ("2*", Some("250001")),
        ("28?00##*", Some("2800010")),
        ("250001", Some("250001")),
        ("30####0*", Some("3000010")),
        ("????????", Some("25000100")),
        ("2810", None),
        ("281002*", None),
        ("281###04####*", Some("281001040000")),
        ("24*", None),
        ("31*", None),
        ("25000", None),
        ("250001a*", None),
    ] {
        let found = Pattern::fixed(rule_text).payment_code();
        assert_eq!(found.as_deref(), expected, "{rule_text}");
    }
}

#[test]
fn tables_survive_the_round_trip() {
    let all = vec![
        rule("a", prefix("1"), 1),
        rule("b", pattern("2#"), 2),
        CodeRule { action: CodeAction::OpenUrl, ..rule("c", host("*.a.example"), 3) },
        rule("d", emv("G", Some((1, "5"))), 4),
    ];
    let all = table(all);
    assert_eq!(decode_all::<CodeRules>(&encode(&all)).unwrap(), all);
    assert_eq!(decode_all::<CodeRules>(&encode(&CodeRules::default())).unwrap().rules, []);
}

#[test]
fn a_full_table_is_checked_and_searched() {
    let kinds = |n: usize| match n % 4 {
        0 => pattern(&format!("https://codes.example/281###04{n:04}*")),
        1 => prefix(&format!("https://a{n}.example/m/")),
        2 => host(&format!("*.h{n}.example")),
        _ => emv("A0000006150001", Some((1, &format!("{n:04}")))),
    };
    let acquirer = |n: usize| 1 + u32::try_from(n).unwrap();
    let rules = (0..MAX_CODE_RULES).map(|n| rule(&n.to_string(), kinds(n), acquirer(n)));
    let mut full = table(rules.collect());
    full.check(&[host("dhow.example")]).unwrap();
    let found = full.identify("HTTPS://CODES.EXAMPLE/281999049996TOKEN");
    assert_eq!(found, Identified::Rule(&full.rules[9_996]));
    // One rule that reaches into another is found among all of them.
    full.rules[0].matches = host("*.a9997.example");
    full.rules[1].matches = host("x.h9998.example");
    let clash = full.check(&[]).unwrap_err().to_string();
    assert!(clash.contains("`1` and `9998` both take `https://x.h9998.example/`"), "{clash}");
}

/// Does the pattern take the text? Written again, as plainly as can be.
fn plainly_takes(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        (['*'], _) | ([], []) => true,
        ([step, pattern @ ..], [c, text @ ..]) => {
            let fits = match step {
                '#' => c.is_ascii_digit(),
                '?' => true,
                step => step == c,
            };
            fits && plainly_takes(pattern, text)
        }
        ([], _) | (_, []) => false,
    }
}

/// All texts over a few characters, up to five of them.
fn all_texts() -> Vec<Vec<char>> {
    let mut texts = vec![vec![]];
    let mut from = 0;
    for _ in 0..5 {
        let end = texts.len();
        for at in from..end {
            for c in ['a', 'x', '0', '2'] {
                let longer = [texts[at].as_slice(), &[c]].concat();
                texts.push(longer);
            }
        }
        from = end;
    }
    texts
}

fn any_match() -> impl Strategy<Value = CodeMatch> {
    let prefixes = ["1", "12", "14a", "0", "00020", "000201", "0003", "https://a.example/"];
    let more = ["https://b.a.example/1", "https://b.a.example/12", "http://localhost:80/"];
    let prefixes: Vec<_> = prefixes.into_iter().chain(more).collect();
    let hosts = vec!["a.example", "*.a.example", "b.a.example", "*.b.a.example", "localhost"];
    let members = vec![None, Some((1, "5")), Some((1, "58")), Some((1, "6")), Some((2, "5"))];
    prop_oneof![
        prop::sample::select(prefixes).prop_map(prefix),
        "[14a0][14a0#?]{0,3}\\*?".prop_map(|it| pattern(&it)),
        "https://(b\\.)?a\\.example/[12#?]{0,3}\\*?".prop_map(|it| pattern(&it)),
        prop::sample::select(hosts).prop_map(host),
        (prop::sample::select(vec!["G", "g", "H"]), prop::sample::select(members))
            .prop_map(|(guid, member)| emv(guid, member)),
    ]
}

fn any_table() -> impl Strategy<Value = CodeRules> {
    prop::collection::vec((any_match(), 1..3_u32), 1..7).prop_map(|lines| {
        let rules = lines.into_iter().enumerate();
        table(rules.map(|(at, (matches, to))| rule(&at.to_string(), matches, to)).collect())
    })
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[014a]{1,5}",
        "(https|HTTPS)://(b\\.|c\\.|c\\.b\\.)?[aA]\\.example(:443)?(/[12a]{0,4})?",
        "http://localhost(:80|:81)?/?",
        (prop::sample::select(vec!["G", "g", "H"]), "[56]8?")
            .prop_map(|(guid, member)| emv_code(&[(guid, &member)])),
    ]
}

fn is_clash(rules: &[CodeRule]) -> bool {
    let shapes: Vec<Shape> = rules.iter().map(|it| Shape::read(&it.matches).unwrap()).collect();
    let all = || rules.iter().zip(&shapes);
    all().any(|(rule, shape)| {
        all().any(|(other, its)| !rule.leads_as(other) && shape.overlap(its).is_some())
    })
}

proptest! {
    #[test]
    fn overlap_is_what_trying_all_texts_finds(
        one in "[a2#?]{1,4}\\*?",
        two in "[a2#?]{1,4}\\*?",
    ) {
        let chars = |it: &str| it.chars().collect::<Vec<_>>();
        let (first, second) = (chars(&one), chars(&two));
        let both = |text: &[char]| plainly_takes(&first, text) && plainly_takes(&second, text);
        let expected = all_texts().iter().any(|text| both(text));
        let found = Pattern::fixed(&one).overlap(&Pattern::fixed(&two));
        prop_assert_eq!(found.is_some(), expected);
        if let Some(found) = found {
            prop_assert!(both(&chars(&found)), "{}", found);
        }
    }

    #[test]
    fn patterns_take_what_their_letters_say(rule in "[a2#?]{1,4}\\*?", scanned in "[ax02]{0,5}") {
        let chars = |it: &str| it.chars().collect::<Vec<_>>();
        let expected = plainly_takes(&chars(&rule), &chars(&scanned));
        prop_assert_eq!(Notation::Pattern.takes(&rule, &scanned, 0), expected);
        prop_assert_eq!(Pattern::fixed(&rule).takes(&scanned), expected);
    }

    #[test]
    fn the_index_finds_what_trying_all_pairs_finds(table in any_table()) {
        let Err(conflict) = table.check(&[]) else {
            prop_assert!(!is_clash(&table.rules));
            return Ok(());
        };
        let by_id = |id: &PartnerText| table.rules.iter().find(|it| it.id == *id).unwrap();
        match conflict {
            CodeRuleConflict::Overlap { first, second, example } => {
                let (first, second) = (by_id(&first), by_id(&second));
                prop_assert!(!first.leads_as(second));
                let is_sure = |it: &CodeRule| it.matches.takes(&example);
                prop_assert!(
                    is_sure(first) && is_sure(second) || example.starts_with("00020"),
                    "{}", example
                );
            }
            CodeRuleConflict::Duplicate { first, second } => {
                let shape = |id| Shape::read(&by_id(id).matches).unwrap();
                prop_assert_eq!(shape(&first), shape(&second));
            }
            CodeRuleConflict::Unsound { .. } => {}
            other => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn a_checked_table_leads_a_text_to_one_place(table in any_table(), scanned in any_text()) {
        let takers: Vec<_> = table.rules.iter().filter(|it| it.matches.takes(&scanned)).collect();
        match table.identify(&scanned) {
            Identified::Rule(rule) => prop_assert_eq!(rule, takers[0]),
            Identified::Unknown => prop_assert!(takers.is_empty()),
        }
        if table.check(&[]).is_ok() {
            prop_assert!(takers.windows(2).all(|two| two[0].leads_as(two[1])));
        }
    }

    #[test]
    fn no_text_and_no_rule_makes_it_panic(
        start in prop::sample::select(vec!["", "https://", "http://[", "000201", "https://a.example"]),
        scanned in any::<String>(),
        written in "\\PC{1,40}",
    ) {
        let scanned = format!("{start}{scanned}");
        let mut rules = vec![rule("emv", emv("G", Some((1, "5"))), 1)];
        let kinds = [CodeMatch::Prefix, CodeMatch::Pattern, CodeMatch::Host];
        for (id, kind) in ["prefix", "pattern", "host"].into_iter().zip(kinds) {
            if let Ok(written) = CodeText::new(&format!("{start}{written}")) {
                rules.push(rule(id, kind(written), 1));
            }
        }
        let table = table(rules);
        let _ = table.check(&[]);
        if let Identified::Rule(rule) = table.identify(&scanned) {
            prop_assert!(rule.matches.takes(&scanned));
        }
    }
}
