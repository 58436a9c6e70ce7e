//! The pages' sentences in the payer's language.

use http::{HeaderMap, header};

/// One language.
#[derive(Debug)]
pub struct Words {
    /// BCP 47.
    pub tag: &'static str,
    pub pay_with: &'static str,
    pub scan: &'static str,
    pub waiting: &'static str,
    pub taken: &'static str,
    pub paid: &'static str,
    pub closed: &'static str,
    pub back: &'static str,
    pub unknown: &'static str,
    pub ask_shop: &'static str,
    pub amount: &'static str,
    pub go_on: &'static str,
    pub bad_amount: &'static str,
    pub not_here: &'static str,
}

/// The first is what is spoken to those whose language is missing.
#[rustfmt::skip]
const LANGUAGES: &[Words] = &[
    Words {
        tag: "en", pay_with: "Pay with", scan: "Scan this code with your wallet",
        waiting: "Waiting for payment", taken: "Confirm the payment in your wallet",
        paid: "Paid", closed: "This order is closed", back: "Back to the shop",
        unknown: "This code is not known", ask_shop: "Ask the shop for a new code.",
        amount: "Amount", go_on: "Continue", bad_amount: "Enter the amount that the shop tells you",
        not_here: "cannot pay here",
    },
    Words {
        tag: "ja", pay_with: "お支払い方法", scan: "ウォレットでこのコードを読み取ってください",
        waiting: "お支払いをお待ちしています", taken: "ウォレットでお支払いを確認してください",
        paid: "支払い完了", closed: "この注文は終了しました", back: "お店に戻る",
        unknown: "このコードは使えません", ask_shop: "お店に新しいコードをお求めください。",
        amount: "金額", go_on: "次へ", bad_amount: "お店が示した金額を入力してください",
        not_here: "利用できません",
    },
    Words {
        tag: "ko", pay_with: "결제 수단", scan: "지갑 앱으로 이 코드를 스캔하세요",
        waiting: "결제를 기다리고 있습니다", taken: "지갑 앱에서 결제를 확인하세요",
        paid: "결제 완료", closed: "종료된 주문입니다", back: "가맹점으로 돌아가기",
        unknown: "알 수 없는 코드입니다", ask_shop: "가게에 새 코드를 요청하세요.",
        amount: "금액", go_on: "계속", bad_amount: "가게에서 알려 준 금액을 입력하세요",
        not_here: "사용할 수 없음",
    },
    Words {
        tag: "zh-Hant", pay_with: "付款方式", scan: "請用錢包掃描此碼",
        waiting: "等待付款", taken: "請在錢包中確認付款",
        paid: "已付款", closed: "訂單已關閉", back: "返回商店",
        unknown: "無法識別此碼", ask_shop: "請向商店索取新的碼。",
        amount: "金額", go_on: "繼續", bad_amount: "請輸入商店告知的金額",
        not_here: "無法在此付款",
    },
    Words {
        tag: "zh-Hans", pay_with: "付款方式", scan: "请用钱包扫描此码",
        waiting: "等待付款", taken: "请在钱包中确认付款",
        paid: "已付款", closed: "订单已关闭", back: "返回商店",
        unknown: "无法识别此码", ask_shop: "请向商店索取新的码。",
        amount: "金额", go_on: "继续", bad_amount: "请输入商店告知的金额",
        not_here: "无法在此付款",
    },
    Words {
        tag: "th", pay_with: "ชำระด้วย", scan: "สแกนรหัสนี้ด้วยวอลเล็ตของคุณ",
        waiting: "กำลังรอการชำระเงิน", taken: "ยืนยันการชำระเงินในวอลเล็ต",
        paid: "ชำระแล้ว", closed: "คำสั่งซื้อนี้ปิดแล้ว", back: "กลับไปที่ร้าน",
        unknown: "ไม่รู้จักรหัสนี้", ask_shop: "โปรดขอรหัสใหม่จากร้าน",
        amount: "จำนวนเงิน", go_on: "ต่อไป", bad_amount: "ใส่จำนวนเงินที่ร้านแจ้ง",
        not_here: "ใช้ที่นี่ไม่ได้",
    },
    Words {
        tag: "id", pay_with: "Bayar dengan", scan: "Pindai kode ini dengan dompet Anda",
        waiting: "Menunggu pembayaran", taken: "Konfirmasikan pembayaran di dompet Anda",
        paid: "Lunas", closed: "Pesanan ini sudah ditutup", back: "Kembali ke toko",
        unknown: "Kode ini tidak dikenal", ask_shop: "Mintalah kode baru kepada toko.",
        amount: "Jumlah", go_on: "Lanjut", bad_amount: "Masukkan jumlah yang diminta toko",
        not_here: "tidak bisa di sini",
    },
];

/// The first language of `Accept-Language` that is spoken here, in the order in which they are
/// named; weights are not looked at, since browsers name them in their order.
pub fn spoken(headers: &HeaderMap) -> &'static Words {
    let known = |tag: String| LANGUAGES.iter().find(|words| words.tag == tag);
    asked_languages(headers).into_iter().find_map(known).unwrap_or(&LANGUAGES[0])
}

/// The languages of `Accept-Language` in their order, each as [`language_tag`] writes it.
pub fn asked_languages(headers: &HeaderMap) -> Vec<String> {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|it| it.to_str().ok()).unwrap_or("");
    let asked = asked.split(',').filter_map(|part| part.split(';').next());
    asked.map(|tag| language_tag(tag.trim())).collect()
}

/// A BCP 47 tag without its region: the language, and the script where it matters here.
pub fn language_tag(tag: &str) -> String {
    let tag = tag.to_ascii_lowercase();
    let first = tag.split('-').next().unwrap_or_default();
    let is_traditional = ["tw", "hk", "mo", "hant"].iter().any(|it| tag.contains(it));
    match first {
        "zh" if is_traditional => "zh-Hant".to_owned(),
        "zh" => "zh-Hans".to_owned(),
        first => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn the_payers_language() {
        for (asked, tag) in [
            ("", "en"),
            ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
            ("zh-HK", "zh-Hant"),
            ("zh-CN,zh", "zh-Hans"),
            ("fr-FR, ja;q=0.5", "ja"),
            ("tlh", "en"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(asked));
            assert_eq!(spoken(&headers).tag, tag, "{asked}");
        }
    }
}
