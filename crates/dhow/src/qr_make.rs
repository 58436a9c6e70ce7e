//! `dhow qr make`: a code from fields, or any text, printed, drawn or written to a file.

use anyhow::{Context, Result, anyhow, bail};
use clap::{Args, ValueEnum};
use code_image::{Barcode, Level, Qr};
use money::Currency;
use qr::{
    Initiation, MerchantCode, National, NewCode, NewLanguage, NewObject, NewTip, SchemeField,
};
use serde_json::{Value, json};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;

#[derive(Debug, Args)]
pub struct Make {
    /// Draw this text as it is, such as the address of an order or a payment code.
    #[arg(long, value_name = "TEXT")]
    #[arg(conflicts_with_all = ["MerchantFields", "AdditionalFields", "LanguageFields"])]
    raw: Option<String>,
    /// Draw a Code 128 bar code instead of a QR code.
    #[arg(long, requires = "raw")]
    barcode: bool,
    #[command(flatten)]
    merchant: MerchantFields,
    #[command(flatten)]
    additional: AdditionalFields,
    #[command(flatten)]
    language: LanguageFields,
    #[command(flatten)]
    output: Output,
}

/// What a code says of the merchant and the money.
#[derive(Debug, Args)]
struct MerchantFields {
    /// National scheme: promptpay, promptpay_bill, paynow, duitnow, qris, qrph, vietqr, khqr, pix.
    #[arg(long, value_parser = National::named)]
    scheme: Option<&'static National>,
    /// Field of the scheme; give it once per field. A wrong or missing one is answered with a list.
    #[arg(long = "set", value_name = "FIELD=VALUE", requires = "scheme")]
    scheme_fields: Vec<SchemeField>,
    /// Any object by its tag: 02 to 51 accounts, 80 to 99 unreserved; give it once per object.
    #[arg(long = "object", value_name = "TAG[.TAG]=VALUE")]
    objects: Vec<NewObject>,
    /// How often the code is used; by default once when there is an amount.
    #[arg(long)]
    initiation: Option<HowOften>,
    /// What the merchant sells: four digits of ISO 18245.
    #[arg(long)]
    mcc: Option<String>,
    /// ISO 4217 letters; a scheme knows its own.
    #[arg(long, value_parser = currency)]
    currency: Option<Currency>,
    /// Amount in minor units: 1050 is SGD 10.50. Left out, the payer names it.
    #[arg(long)]
    amount_minor: Option<u64>,
    /// prompt asks the payer; fixed=150 adds minor units, percent=7.25 a part.
    #[arg(long)]
    tip: Option<NewTip>,
    /// Two capital letters; a scheme knows its own.
    #[arg(long)]
    country: Option<String>,
    /// The merchant's name, at most 25 characters.
    #[arg(long)]
    name: Option<String>,
    /// The merchant's city, at most 15 characters.
    #[arg(long)]
    city: Option<String>,
    #[arg(long)]
    postal_code: Option<String>,
}

/// The objects 62.01 to 62.08. `***` asks the payer's wallet for the value.
#[derive(Debug, Args)]
struct AdditionalFields {
    /// Number of the bill.
    #[arg(long)]
    bill: Option<String>,
    /// Mobile number, for top-ups and bills.
    #[arg(long)]
    mobile: Option<String>,
    /// Name of the store.
    #[arg(long)]
    store: Option<String>,
    /// Number of the loyalty card.
    #[arg(long)]
    loyalty: Option<String>,
    /// Reference of the payment.
    #[arg(long)]
    reference: Option<String>,
    /// Number of the customer.
    #[arg(long)]
    customer: Option<String>,
    /// Name of the terminal.
    #[arg(long)]
    terminal: Option<String>,
    /// What is paid for.
    #[arg(long)]
    purpose: Option<String>,
}

/// The merchant in another language.
#[derive(Debug, Args)]
struct LanguageFields {
    /// Two letters, such as ja.
    #[arg(long, requires = "name_in_language")]
    language: Option<String>,
    /// The merchant's name in that language, at most 25 characters.
    #[arg(long, requires = "language")]
    name_in_language: Option<String>,
    /// The merchant's city in that language, at most 15 characters.
    #[arg(long, requires = "language")]
    city_in_language: Option<String>,
}

/// What becomes of the code.
#[derive(Debug, Args)]
struct Output {
    /// text is what the code says; the others are pictures of it.
    #[arg(long, value_enum, default_value_t = Form::Text)]
    form: Form,
    /// File to write instead of the standard output.
    #[arg(long)]
    out: Option<PathBuf>,
    /// How much of a QR code may be damaged: 7, 15, 25 or 30 percent.
    #[arg(long, value_enum, default_value_t = Correction::Medium)]
    level: Correction,
    /// Pixels along a module's side, for PNG.
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u32).range(1..=32))]
    pixels: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    Text,
    Svg,
    Png,
    Terminal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum HowOften {
    Static,
    Dynamic,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Correction {
    Low,
    Medium,
    Quartile,
    High,
}

fn currency(code: &str) -> Result<Currency, &'static str> {
    Currency::from_code(code).ok_or("not an ISO 4217 code, such as SGD")
}

enum Drawing {
    Qr(Qr),
    Bars(Barcode),
}

impl Drawing {
    fn svg(&self, title: &str) -> String {
        match self {
            Drawing::Qr(it) => it.svg(title),
            Drawing::Bars(it) => it.svg(title),
        }
    }

    fn png(&self, pixels: u32) -> Result<Vec<u8>> {
        Ok(match self {
            Drawing::Qr(it) => it.png(pixels)?,
            Drawing::Bars(it) => it.png(pixels)?,
        })
    }

    fn text(&self) -> String {
        match self {
            Drawing::Qr(it) => it.text(),
            Drawing::Bars(it) => it.text(),
        }
    }
}

impl AdditionalFields {
    /// By tag, in the order of the objects 62.01 to 62.08.
    fn by_tag(&self) -> impl Iterator<Item = (u8, String)> {
        let fields = [
            &self.bill,
            &self.mobile,
            &self.store,
            &self.loyalty,
            &self.reference,
            &self.customer,
            &self.terminal,
            &self.purpose,
        ];
        (1..).zip(fields).filter_map(|(tag, value)| Some((tag, value.clone()?)))
    }
}

impl Make {
    fn code(&self) -> Result<NewCode> {
        let of = &self.merchant;
        let language = self.language.language.clone().map(|language| NewLanguage {
            language,
            name: self.language.name_in_language.clone().unwrap_or_default(),
            city: self.language.city_in_language.clone(),
        });
        let mut code = NewCode {
            initiation: of.initiation.map(|it| match it {
                HowOften::Static => Initiation::Static,
                HowOften::Dynamic => Initiation::Dynamic,
            }),
            mcc: of.mcc.clone(),
            currency: of.currency,
            amount_minor: of.amount_minor,
            tip: of.tip,
            country: of.country.clone(),
            name: of.name.clone(),
            city: of.city.clone(),
            postal_code: of.postal_code.clone(),
            additional: self.additional.by_tag().collect(),
            language,
            ..NewCode::default()
        };
        for object in &of.objects {
            code.put(object.tag, &object.value)?;
        }
        match of.scheme {
            Some(scheme) => scheme.fill(&of.scheme_fields, &mut code).map_err(|error| {
                anyhow!("{error}\nfields of {}:\n{}", scheme.title, scheme.help().trim_end())
            })?,
            None => code.initiation = code.initiation.or(Some(code.initiation_by_amount())),
        }
        Ok(code)
    }

    fn drawing(&self, payload: &str) -> Result<Drawing> {
        if self.barcode {
            return Ok(Drawing::Bars(Barcode::of(payload)?));
        }
        let level = match self.output.level {
            Correction::Low => Level::Low,
            Correction::Medium => Level::Medium,
            Correction::Quartile => Level::Quartile,
            Correction::High => Level::High,
        };
        Ok(Drawing::Qr(Qr::of(payload, level)?))
    }

    /// The bytes that were asked for.
    fn bytes(&self, payload: &str) -> Result<Vec<u8>> {
        Ok(match self.output.form {
            Form::Text if self.barcode => {
                bail!("--barcode draws: choose --form svg, png or terminal")
            }
            Form::Text => format!("{payload}\n").into_bytes(),
            Form::Svg => self.drawing(payload)?.svg(payload).into_bytes(),
            Form::Png => self.drawing(payload)?.png(self.output.pixels)?,
            Form::Terminal => self.drawing(payload)?.text().into_bytes(),
        })
    }

    /// The payload as it is printed, and what a reader will say about it.
    fn payload(&self) -> Result<(String, Vec<String>)> {
        if let Some(raw) = &self.raw {
            return Ok((raw.clone(), Vec::new()));
        }
        let payload = self.code()?.write()?;
        let read = MerchantCode::read(&payload)?;
        let warnings = read.warnings().iter().map(ToString::to_string).collect();
        Ok((payload, warnings))
    }

    fn write(&self, bytes: &[u8]) -> Result<()> {
        if let Some(path) = &self.output.out {
            return std::fs::write(path, bytes)
                .with_context(|| format!("cannot write {}", path.display()));
        }
        let mut output = std::io::stdout().lock();
        if self.output.form == Form::Png && output.is_terminal() {
            bail!("a PNG is not for a terminal: add --out code.png, or choose --form terminal");
        }
        output.write_all(bytes).and_then(|()| output.flush()).context("cannot write")
    }

    /// The object that `--json` prints; the picture is in it when it is SVG.
    fn told(&self, payload: &str, warnings: &[String], bytes: &[u8]) -> Value {
        let mut told = json!({ "payload": payload, "warnings": warnings });
        if self.output.form == Form::Svg {
            told["svg"] = json!(String::from_utf8_lossy(bytes));
        }
        if let Some(path) = &self.output.out {
            told["out"] = json!(path.display().to_string());
        }
        told
    }
}

pub fn run(it: &Make, is_json: bool) -> Result<()> {
    let (payload, warnings) = it.payload()?;
    let bytes = it.bytes(&payload)?;
    if !is_json {
        for warning in &warnings {
            eprintln!("note: {warning}");
        }
        return it.write(&bytes);
    }
    if it.output.out.is_some() {
        it.write(&bytes)?;
    } else if matches!(it.output.form, Form::Png | Form::Terminal) {
        bail!("--json holds no such picture: add --out FILE, or choose --form svg");
    }
    println!("{:#}", it.told(&payload, &warnings, &bytes));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        make: Make,
    }

    fn make(words: &[&str]) -> Result<Make, clap::Error> {
        Line::try_parse_from(["make"].iter().chain(words)).map(|line| line.make)
    }

    const SHOP: [&str; 10] = [
        "--object",
        "26.00=com.example.dhow",
        "--mcc=5814",
        "--currency=JPY",
        "--country=JP",
        "--name=Kissa Hato",
        "--city=Osaka",
        "--store=Umeda",
        "--language=ja",
        "--name-in-language=喫茶ハト",
    ];

    #[test]
    fn flags_become_a_code() {
        let (payload, warnings) = make(&SHOP).unwrap().payload().unwrap();
        let code = MerchantCode::read(&payload).unwrap();
        assert_eq!(code.initiation(), Some(Initiation::Static));
        assert_eq!(code.additional().unwrap().get(3), Some("Umeda"));
        assert_eq!(code.language().unwrap().get(1), Some("喫茶ハト"));
        assert_eq!(warnings, [""; 0]);
        let once: Vec<&str> = SHOP.into_iter().chain(["--amount-minor=1200"]).collect();
        let (payload, _) = make(&once).unwrap().payload().unwrap();
        assert!(payload.contains("010212") && payload.contains("54041200"), "{payload}");
    }

    #[test]
    fn a_scheme_that_lacks_a_field_tells_all_of_them() {
        let it = make(&["--scheme=khqr", "--set=acquiring_bank=ABA"]).unwrap();
        let error = it.payload().unwrap_err().to_string();
        assert!(error.starts_with("bakong_account: is missing"), "{error}");
        assert!(error.contains("fields of KHQR, Bakong (Cambodia):\n  bakong_account"), "{error}");
        assert!(make(&["--scheme=nowhere"]).is_err());
        assert!(make(&["--set=a=b"]).is_err(), "a field needs its scheme");
    }

    #[test]
    fn any_text_is_drawn_in_every_form() {
        let code = "281012345678901234567890";
        for (words, begin) in [
            (vec!["--raw", code], code.as_bytes()),
            (vec!["--raw", code, "--form=svg"], b"<svg "),
            (vec!["--raw", code, "--form=png", "--pixels=2"], b"\x89PNG"),
            (vec!["--raw", code, "--form=terminal", "--level=high"], "█".as_bytes()),
            (vec!["--raw", code, "--barcode", "--form=png"], b"\x89PNG"),
            (vec!["--raw", code, "--barcode", "--form=svg"], b"<svg "),
            (vec!["--raw", code, "--barcode", "--form=terminal"], "█".as_bytes()),
        ] {
            let it = make(&words).unwrap();
            let (payload, _) = it.payload().unwrap();
            assert!(it.bytes(&payload).unwrap().starts_with(begin), "{words:?}");
        }
        let it = make(&["--raw", code, "--barcode"]).unwrap();
        assert!(it.bytes(code).unwrap_err().to_string().starts_with("--barcode draws"));
        assert!(make(&["--raw", code, "--name=Shop"]).is_err(), "a text or fields, not both");
        assert!(make(&["--raw", code, "--bill=1"]).is_err(), "a text or fields, not both");
        assert!(make(&["--barcode"]).is_err(), "a bar code is drawn of a text");
    }

    #[test]
    fn json_holds_the_payload_and_the_picture_that_is_text() {
        let it = make(&["--raw", "A", "--form=svg"]).unwrap();
        let told = it.told("A", &[], &it.bytes("A").unwrap());
        assert_eq!(told["payload"], "A");
        assert!(told["svg"].as_str().unwrap().starts_with("<svg "));
        let it = make(&["--raw", "A"]).unwrap();
        assert_eq!(it.told("A", &[], b"A\n"), json!({"payload": "A", "warnings": []}));
    }
}
