//! Codes that are scanned: EMVCo merchant-presented and consumer-presented, national profiles.
//!
//! ```
//! use dhow_qr::MerchantCode;
//! let scanned = "00020101021126400009SG.PAYNOW010120213200002150HWCF0301152040000530370258\
//!                02SG5923NATIONAL HEALTHCARE GRO6009Singapore6304DF3F";
//! let code = MerchantCode::read(scanned).unwrap();
//! assert_eq!(code.get(59), Some("NATIONAL HEALTHCARE GRO"));
//! let error = MerchantCode::read(&scanned.replace("PAYNOW", "PAYN0W")).unwrap_err();
//! assert!(error.to_string().starts_with("63: the checksum is DF3F"));
//! ```

mod amount;
mod checks;
mod consumer;
mod crc;
mod error;
mod make;
mod merchant;
mod national;
mod scheme;
mod tlv;
mod writer;

pub use consumer::{Application, ConsumerCode, Field};
pub use crc::crc16;
pub use error::{Fault, QrError};
pub use make::{
    ADDITIONAL_NAMES, MAX_CODE_CHARS, NewCode, NewLanguage, NewObject, NewTip, ObjectTag,
};
pub use merchant::{Account, Initiation, MerchantCode, Template, Tip, Tolerance, Warning};
pub use national::{NATIONALS, National, NationalField, SchemeField};
pub use scheme::{Profile, SCHEMES, Scheme, card_of, scheme_of};
pub use tlv::MAX_CHARS;
pub use writer::Writer;
