//! Objects that several messages share. Lengths are generous where the public documents do not
//! agree.

use crate::message::{message, words};
use crate::time::Datetime;
use crate::values::{Amount, AmountOrZero, Label, Opaque};
use base::Text;
use money::{Currency, Rate};

/// Ids of every kind: 1 to 64 characters.
pub type Id = Text<64>;
/// A URL as text; which URLs are allowed is for the directory to say.
pub type Url = Text<2048>;
/// Key-value text that acquirer and wallet pass to each other.
pub type PassThrough = Opaque<20_000>;

message! {
    /// A postal address. `region` (ISO 3166-1 alpha-2) decides domestic or cross-border.
    pub struct Address {
        required { region: Text<2>, }
        optional {
            state: Label<64>,
            city: Label<128>,
            address1: Label<256>,
            address2: Label<256>,
            zip_code: Label<32>,
        }
    }

    pub struct UserName {
        required {}
        optional {
            first_name: Label<128>,
            middle_name: Label<128>,
            last_name: Label<128>,
            full_name: Label<256>,
        }
    }

    /// A place of the merchant.
    pub struct Store {
        required {
            reference_store_id: Id,
            store_name: Label<256>,
            #[serde(rename = "storeMCC")]
            store_mcc: Text<32>,
        }
        optional {
            store_display_name: Label<256>,
            store_terminal_id: Text<64>,
            store_operator_id: Text<64>,
            store_phone_no: Label<64>,
            store_address: Address,
        }
    }

    pub struct Merchant {
        required {
            reference_merchant_id: Id,
            #[serde(rename = "merchantMCC")]
            merchant_mcc: Text<32>,
            merchant_name: Label<256>,
        }
        optional {
            merchant_display_name: Label<256>,
            /// Required by the documents, left out by clients: the registered address stands in.
            merchant_address: Address,
            merchant_register_date: Label<64>,
            store: Store,
        }
    }

    pub struct Goods {
        required {}
        optional {
            reference_goods_id: Text<64>,
            goods_name: Label<256>,
            goods_category: Label<256>,
            goods_brand: Label<256>,
            goods_sku_name: Label<256>,
            goods_url: Url,
            goods_unit_amount: AmountOrZero,
            goods_quantity: Label<32>,
        }
    }

    pub struct Buyer {
        required {}
        optional {
            reference_buyer_id: Text<64>,
            buyer_name: UserName,
            buyer_phone_no: Label<64>,
            buyer_email: Label<256>,
        }
    }

    pub struct Shipping {
        required {}
        optional {
            shipping_name: UserName,
            shipping_address: Address,
            shipping_carrier: Label<128>,
            shipping_phone_no: Label<64>,
            shipping_fee: AmountOrZero,
        }
    }

    /// Where and with what the order was made.
    pub struct Env {
        required {}
        optional {
            terminal_type: TerminalType,
            os_type: OsType,
            user_agent: Label<2048>,
            device_token_id: Label<256>,
            client_ip: Label<64>,
            cookie_id: Label<256>,
            store_terminal_id: Label<64>,
            store_terminal_request_time: Label<64>,
        }
    }

    /// An acquirer behind the acquirer.
    pub struct IndirectAcquirer {
        required {}
        optional {
            reference_acquirer_id: Text<64>,
            acquirer_name: Label<256>,
            acquirer_address: Address,
        }
    }

    /// The order as agreed between buyer and merchant.
    pub struct Order {
        required {
            reference_order_id: Id,
            order_description: Label<256>,
            order_amount: Amount,
            merchant: Merchant,
        }
        optional {
            order_create_time: Datetime,
            goods: Vec<Goods>,
            shipping: Shipping,
            buyer: Buyer,
            env: Env,
            indirect_acquirer: IndirectAcquirer,
            extend_info: Opaque<2048>,
        }
    }

    pub struct SettlementStrategy {
        required {}
        optional {
            /// Absent or empty in older dialects: the contract's first currency stands in.
            settlement_currency: SettlementCurrency,
        }
    }

    /// An exchange rate of a payment. `quotePrice` is decimal text, never a float.
    pub struct Quote {
        required {
            quote_currency_pair: Text<16>,
            quote_price: Text<32>,
        }
        optional {
            quote_id: Id,
            /// The side of the pair of which one unit costs `quotePrice`.
            base_currency: Currency,
            quote_unit: Text<32>,
            quote_start_time: Datetime,
            quote_expiry_time: Datetime,
        }
    }

    pub struct PaymentMethod {
        required { payment_method_type: Text<64>, }
        optional {
            /// The scanned payment code, or an access token.
            payment_method_id: Text<128>,
            customer_id: Id,
            payment_method_meta_data: PaymentMethodMetaData,
        }
    }

    pub struct PaymentMethodMetaData {
        required {}
        optional {
            /// Region in which the code was scanned.
            payment_code_region: Text<8>,
            auth_client_id: Text<64>,
        }
    }

    /// Which of the five ways to pay. An absent flag is false.
    pub struct PaymentFactor {
        required {}
        optional {
            is_in_store_payment: bool,
            is_cashier_payment: bool,
            is_agreement_payment: bool,
            in_store_payment_scenario: InStoreScenario,
            presentment_mode: PresentmentMode,
            is_payment_evaluation: bool,
            need_surcharge: bool,
        }
    }
}

words! {
    TerminalType { Web = "WEB", Wap = "WAP", App = "APP", MiniApp = "MINI_APP", System = "SYSTEM", }
    OsType { Ios = "IOS", Android = "ANDROID", }
    InStoreScenario { PaymentCode = "PaymentCode", OrderCode = "OrderCode", EntryCode = "EntryCode", }
    /// How wallets are shown on a checkout page; `TILE` and `TILED` are two spellings of the same.
    PresentmentMode { Unified = "UNIFIED", Bundle = "BUNDLE", Tile = "TILE", Tiled = "TILED", }
}

/// A currency that may come as an empty text, as one official client sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SettlementCurrency(pub Currency);

impl crate::lenient::Value for SettlementCurrency {
    fn read<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Currency::read(from).map(SettlementCurrency)
    }
    fn read_optional<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Self>, D::Error> {
        crate::lenient::read_text(from, "an ISO 4217 code", |text| {
            if text.is_empty() {
                return Ok(None);
            }
            let text = serde::de::value::StrDeserializer::new(text);
            Currency::read(text).map(|currency| Some(SettlementCurrency(currency)))
        })
    }
    fn write<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        crate::lenient::Value::write(&self.0, to)
    }
}

impl Quote {
    /// The rate as the protocol writes it: one `base` costs `quotePrice` of the other currency,
    /// pair `BASE/QUOTE`.
    pub fn from_rate(rate: Rate) -> Quote {
        let (base, quote) = (rate.base().code(), rate.quote().code());
        let pair = Text::new(&format!("{base}/{quote}")).expect("two codes make seven characters");
        let price = Text::new(&rate.to_string()).expect("a rate has at most 20 characters");
        Quote { base_currency: Some(rate.base()), ..Quote::new(pair, price) }
    }

    /// The rate, whichever way round the pair is written; without `baseCurrency` the pair's first
    /// is the base.
    pub fn rate(&self) -> Option<Rate> {
        let (first, second) = self.quote_currency_pair.as_str().split_once('/')?;
        let (first, second) = (Currency::from_code(first)?, Currency::from_code(second)?);
        let base = self.base_currency.unwrap_or(first);
        let quote = match base {
            base if base == first => second,
            base if base == second => first,
            _ => return None,
        };
        Rate::parse(base, quote, self.quote_price.as_str()).ok()
    }
}
