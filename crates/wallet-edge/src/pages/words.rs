//! The pages' sentences in the customers' languages. A language is here when all of it is.

use api::pages::{asked_languages, language_tag};
use http::HeaderMap;
use wallet::Market;

/// One language. Sentences are for customers: what is so, and what to do.
#[derive(Debug)]
pub(super) struct Words {
    /// BCP 47.
    pub tag: &'static str,
    pub sign_in: &'static str,
    pub alias: &'static str,
    pub pin: &'static str,
    pub go_on: &'static str,
    /// The same for whoever is unknown, has a wrong PIN, or has to wait.
    pub not_you: &'static str,
    pub too_often: &'static str,
    pub customer: &'static str,
    pub order: &'static str,
    pub price: &'static str,
    pub rate: &'static str,
    pub discount: &'static str,
    pub from: &'static str,
    pub balance: &'static str,
    pub left_today: &'static str,
    pub until: &'static str,
    pub pay: &'static str,
    pub back: &'static str,
    pub paid: &'static str,
    pub not_paid: &'static str,
    pub taken_back: &'static str,
    pub refunded: &'static str,
    pub reference: &'static str,
    pub to_shop: &'static str,
    pub soon: &'static str,
    pub too_little: &'static str,
    pub over_limit: &'static str,
    pub closed: &'static str,
    pub others: &'static str,
    pub frozen: &'static str,
    pub later: &'static str,
    pub other: &'static str,
    pub leading: &'static str,
    pub nobody: &'static str,
    pub in_app: &'static str,
    pub old_page: &'static str,
    pub unknown: &'static str,
    /// `{}` is the merchant.
    pub asks: &'static str,
    pub may: &'static str,
    pub may_debit: &'static str,
    pub may_name: &'static str,
    pub may_login: &'static str,
    pub agree: &'static str,
    pub must_agree: &'static str,
    pub allowance: &'static str,
    pub bad_amount: &'static str,
    pub consent: &'static str,
    pub refuse: &'static str,
    pub over: &'static str,
}

/// The first is what is spoken to those whose language is missing.
#[rustfmt::skip]
const LANGUAGES: &[Words] = &[
    Words {
        tag: "en", sign_in: "Sign in", alias: "Phone number or e-mail", pin: "PIN",
        go_on: "Continue",
        not_you: "The number or the PIN is wrong. After several wrong PINs you have to wait.",
        too_often: "Too many attempts. Try again in a minute.",
        customer: "Account", order: "Order", price: "Price at the shop", rate: "Exchange rate",
        discount: "Discount", from: "Paid from", balance: "Balance",
        left_today: "Left of today's limit after this", until: "Pay before",
        pay: "Pay", back: "Return", paid: "Paid", not_paid: "Not paid",
        taken_back: "Cancelled: you do not pay for this order", refunded: "Refunded",
        reference: "Reference", to_shop: "Back to the shop",
        soon: "You are taken back to the shop in 6 seconds.",
        too_little: "Your balance is not enough. Top up, then try again.",
        over_limit: "This is above your limit. Pay less, or wait until the limit begins anew.",
        closed: "The order is closed or its time is over. Ask the shop for a new code.",
        others: "Somebody else has opened this code. Ask the shop for a new one.",
        frozen: "Your account is paused or frozen. Look into the wallet's app.",
        later: "That cannot be answered now. Try again in a moment: you pay only once.",
        other: "It cannot be paid. Ask the shop for another way to pay.",
        leading: "You are taken on to:", nobody: "This wallet cannot pay this code here",
        in_app: "Scan it with the wallet's app.",
        old_page: "This page is too old or was changed. Nothing was done. Begin again.",
        unknown: "There is nothing here",
        asks: "{} asks to take payments from your account", may: "If you agree, it may:",
        may_debit: "take payments without asking you each time",
        may_name: "see your name in a masked form",
        may_login: "see your phone number in a masked form",
        agree: "I agree. I can end this at any time in the app.",
        must_agree: "Tick the box if you agree.",
        allowance: "At most per month (may be left empty)",
        bad_amount: "Enter the amount in digits, or leave it empty.",
        consent: "Agree", refuse: "Do not agree",
        over: "This request was answered already, or its time is over. Ask the shop again.",
    },
    Words {
        tag: "ko", sign_in: "로그인", alias: "전화번호 또는 이메일", pin: "PIN", go_on: "계속",
        not_you: "번호 또는 PIN이 올바르지 않습니다. PIN을 여러 번 틀리면 기다려야 합니다.",
        too_often: "시도 횟수가 너무 많습니다. 1분 후 다시 시도하세요.",
        customer: "계정", order: "주문", price: "가맹점 금액", rate: "환율", discount: "할인",
        from: "결제 수단", balance: "잔액", left_today: "결제 후 오늘 남은 한도",
        until: "결제 기한", pay: "결제하기", back: "돌아가기", paid: "결제 완료",
        not_paid: "결제되지 않음", taken_back: "취소됨: 이 주문은 결제되지 않습니다",
        refunded: "환불", reference: "참조 번호", to_shop: "가맹점으로 돌아가기",
        soon: "6초 후 가맹점으로 돌아갑니다.",
        too_little: "잔액이 부족합니다. 충전한 뒤 다시 시도하세요.",
        over_limit: "한도를 초과했습니다. 금액을 줄이거나 한도가 갱신된 후 다시 시도하세요.",
        closed: "주문이 종료되었거나 시간이 지났습니다. 가게에 새 코드를 요청하세요.",
        others: "다른 사람이 이미 이 코드를 사용했습니다. 가게에 새 코드를 요청하세요.",
        frozen: "계정이 일시 정지되었거나 동결되었습니다. 지갑 앱에서 확인하세요.",
        later: "지금은 처리할 수 없습니다. 잠시 후 다시 시도하세요. 결제는 한 번만 됩니다.",
        other: "결제할 수 없습니다. 가게에 다른 결제 방법을 문의하세요.",
        leading: "다음 페이지로 이동합니다:",
        nobody: "이 지갑으로는 여기에서 이 코드를 결제할 수 없습니다",
        in_app: "지갑 앱으로 스캔하세요.",
        old_page: "만료되었거나 변경된 페이지입니다. 처리된 것이 없습니다. 처음부터 다시 하세요.",
        unknown: "해당 내용이 없습니다",
        asks: "{}에서 회원님의 계정에서 결제할 수 있도록 요청합니다",
        may: "동의하면 다음이 허용됩니다:", may_debit: "매번 확인하지 않고 결제",
        may_name: "일부가 가려진 이름 보기", may_login: "일부가 가려진 전화번호 보기",
        agree: "동의합니다. 앱에서 언제든지 해지할 수 있습니다.",
        must_agree: "동의하면 상자에 체크하세요.", allowance: "월 최대 금액 (선택)",
        bad_amount: "금액을 숫자로 입력하거나 비워 두세요.",
        consent: "동의하기", refuse: "동의하지 않기",
        over: "이미 처리되었거나 시간이 지난 요청입니다. 가게에 다시 요청하세요.",
    },
    Words {
        tag: "zh-Hant", sign_in: "登入", alias: "電話號碼或電郵", pin: "PIN 碼", go_on: "繼續",
        not_you: "號碼或 PIN 碼不正確。多次輸入錯誤後須等候一段時間。",
        too_often: "嘗試次數過多，請於一分鐘後再試。",
        customer: "帳戶", order: "訂單", price: "商店金額", rate: "匯率", discount: "折扣",
        from: "付款方式", balance: "餘額", left_today: "付款後今日剩餘限額",
        until: "付款期限", pay: "付款", back: "返回", paid: "已付款", not_paid: "未付款",
        taken_back: "已取消：此訂單不會扣款", refunded: "已退款", reference: "參考編號",
        to_shop: "返回商店", soon: "6 秒後返回商店。",
        too_little: "餘額不足，請增值後再試。",
        over_limit: "超出你的限額。請減少金額，或待限額重新計算後再試。",
        closed: "訂單已關閉或已逾時。請向商店索取新的碼。",
        others: "此碼已由其他人使用。請向商店索取新的碼。",
        frozen: "你的帳戶已暫停或凍結。請在錢包應用程式中查看。",
        later: "暫時無法處理。請稍後再試，不會重複扣款。",
        other: "無法付款。請向商店查詢其他付款方式。",
        leading: "正在前往：", nobody: "此錢包無法在此支付此碼",
        in_app: "請用錢包應用程式掃描。",
        old_page: "此頁面已過期或被更改，未作任何處理。請重新開始。",
        unknown: "找不到內容", asks: "{} 要求從你的帳戶扣款", may: "若你同意，對方可以：",
        may_debit: "無須每次詢問即可扣款", may_name: "查看你經遮蓋的姓名",
        may_login: "查看你經遮蓋的電話號碼",
        agree: "我同意。我可隨時在應用程式中終止。", must_agree: "如同意，請勾選方格。",
        allowance: "每月上限（可留空）", bad_amount: "請以數字輸入金額，或留空。",
        consent: "同意", refuse: "不同意",
        over: "此要求已獲處理或已逾時。請向商店重新要求。",
    },
    Words {
        tag: "th", sign_in: "เข้าสู่ระบบ", alias: "หมายเลขโทรศัพท์หรืออีเมล", pin: "PIN",
        go_on: "ต่อไป",
        not_you: "หมายเลขหรือ PIN ไม่ถูกต้อง หากใส่ PIN ผิดหลายครั้งต้องรอสักครู่",
        too_often: "ลองหลายครั้งเกินไป โปรดลองใหม่ในหนึ่งนาที",
        customer: "บัญชี", order: "คำสั่งซื้อ", price: "ราคาที่ร้าน", rate: "อัตราแลกเปลี่ยน",
        discount: "ส่วนลด", from: "ชำระจาก", balance: "ยอดเงินในวอลเล็ต",
        left_today: "วงเงินวันนี้ที่เหลือหลังชำระ", until: "ชำระก่อน",
        pay: "ชำระเงิน", back: "กลับ", paid: "ชำระแล้ว", not_paid: "ไม่ได้ชำระ",
        taken_back: "ยกเลิกแล้ว ไม่มีการเก็บเงินสำหรับคำสั่งซื้อนี้", refunded: "คืนเงินแล้ว",
        reference: "หมายเลขอ้างอิง", to_shop: "กลับไปที่ร้าน",
        soon: "จะกลับไปที่ร้านใน 6 วินาที",
        too_little: "ยอดเงินไม่พอ โปรดเติมเงินแล้วลองใหม่",
        over_limit: "เกินวงเงินของคุณ โปรดลดจำนวนเงินหรือรอวงเงินรอบใหม่",
        closed: "คำสั่งซื้อปิดแล้วหรือหมดเวลา โปรดขอรหัสใหม่จากร้าน",
        others: "มีผู้อื่นใช้รหัสนี้แล้ว โปรดขอรหัสใหม่จากร้าน",
        frozen: "บัญชีของคุณถูกพักหรือถูกระงับ โปรดดูในแอปวอลเล็ต",
        later: "ขณะนี้ดำเนินการไม่ได้ โปรดลองใหม่อีกครั้ง จะไม่ถูกหักเงินซ้ำ",
        other: "ชำระไม่ได้ โปรดสอบถามร้านเกี่ยวกับวิธีชำระอื่น",
        leading: "กำลังไปที่:", nobody: "วอลเล็ตนี้ชำระรหัสนี้ที่นี่ไม่ได้",
        in_app: "โปรดสแกนด้วยแอปวอลเล็ต",
        old_page: "หน้านี้เก่าเกินไปหรือถูกเปลี่ยน ไม่มีการทำรายการใด โปรดเริ่มใหม่",
        unknown: "ไม่พบข้อมูล", asks: "{} ขอหักเงินจากบัญชีของคุณ",
        may: "หากคุณยินยอม ร้านสามารถ:", may_debit: "หักเงินโดยไม่ต้องถามทุกครั้ง",
        may_name: "เห็นชื่อของคุณแบบปิดบางส่วน",
        may_login: "เห็นหมายเลขโทรศัพท์ของคุณแบบปิดบางส่วน",
        agree: "ฉันยินยอม และยกเลิกได้ทุกเมื่อในแอป",
        must_agree: "โปรดทำเครื่องหมายในช่องหากคุณยินยอม",
        allowance: "สูงสุดต่อเดือน (เว้นว่างได้)",
        bad_amount: "ใส่จำนวนเงินเป็นตัวเลข หรือเว้นว่างไว้",
        consent: "ยินยอม", refuse: "ไม่ยินยอม",
        over: "คำขอนี้ได้รับการตอบแล้วหรือหมดเวลา โปรดติดต่อร้านอีกครั้ง",
    },
    Words {
        tag: "id", sign_in: "Masuk", alias: "Nomor telepon atau email", pin: "PIN",
        go_on: "Lanjut",
        not_you: "Nomor atau PIN salah. Setelah beberapa kali salah PIN, Anda harus menunggu.",
        too_often: "Terlalu banyak percobaan. Coba lagi satu menit lagi.",
        customer: "Akun", order: "Pesanan", price: "Harga di toko", rate: "Kurs",
        discount: "Diskon", from: "Dibayar dari", balance: "Saldo",
        left_today: "Sisa limit hari ini setelah ini", until: "Bayar sebelum",
        pay: "Bayar", back: "Kembali", paid: "Lunas", not_paid: "Tidak dibayar",
        taken_back: "Dibatalkan: Anda tidak membayar pesanan ini", refunded: "Dikembalikan",
        reference: "Nomor referensi", to_shop: "Kembali ke toko",
        soon: "Anda kembali ke toko dalam 6 detik.",
        too_little: "Saldo tidak cukup. Isi saldo, lalu coba lagi.",
        over_limit: "Melebihi limit Anda. Kurangi jumlahnya atau tunggu sampai limit diperbarui.",
        closed: "Pesanan sudah ditutup atau waktunya habis. Mintalah kode baru kepada toko.",
        others: "Kode ini sudah dipakai orang lain. Mintalah kode baru kepada toko.",
        frozen: "Akun Anda dijeda atau dibekukan. Periksa di aplikasi dompet.",
        later: "Saat ini belum bisa diproses. Coba lagi sebentar lagi: Anda hanya membayar sekali.",
        other: "Tidak bisa dibayar. Tanyakan cara bayar lain kepada toko.",
        leading: "Anda diteruskan ke:",
        nobody: "Dompet ini tidak bisa membayar kode ini di sini",
        in_app: "Pindai dengan aplikasi dompet.",
        old_page: "Halaman ini sudah kedaluwarsa atau diubah. Tidak ada yang dilakukan. \
                   Mulailah dari awal.",
        unknown: "Tidak ditemukan",
        asks: "{} meminta izin menarik pembayaran dari akun Anda",
        may: "Jika Anda setuju, toko boleh:",
        may_debit: "menarik pembayaran tanpa bertanya setiap kali",
        may_name: "melihat nama Anda yang disamarkan",
        may_login: "melihat nomor telepon Anda yang disamarkan",
        agree: "Saya setuju. Saya dapat mengakhirinya kapan saja di aplikasi.",
        must_agree: "Centang kotak jika Anda setuju.",
        allowance: "Maksimal per bulan (boleh kosong)",
        bad_amount: "Masukkan jumlah dengan angka, atau kosongkan.",
        consent: "Setuju", refuse: "Tidak setuju",
        over: "Permintaan ini sudah dijawab atau waktunya habis. Mintalah lagi kepada toko.",
    },
];

/// The first language that the customer asks for and the market has, else English.
pub(super) fn spoken(headers: &HeaderMap, market: &Market) -> &'static Words {
    let of_market: Vec<String> =
        market.languages.iter().map(|tag| language_tag(tag.as_str())).collect();
    let known = |tag: String| {
        let is_spoken = tag == LANGUAGES[0].tag || of_market.contains(&tag);
        LANGUAGES.iter().find(|words| is_spoken && words.tag == tag)
    };
    asked_languages(headers).into_iter().find_map(known).unwrap_or(&LANGUAGES[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderValue, header};

    #[test]
    fn the_markets_languages_are_spoken() {
        for (code, asked, tag) in [
            ("kr", "ko-KR,ko;q=0.9,en;q=0.8", "ko"),
            ("kr", "th,ko;q=0.5", "ko"),
            ("kr", "th", "en"),
            ("kr", "en-US,ko", "en"),
            ("hk", "zh-HK", "zh-Hant"),
            ("hk", "zh-CN", "en"),
            ("th", "th-TH", "th"),
            ("id", "id", "id"),
            ("ph", "fil-PH", "en"),
        ] {
            let file = crate::shipped_market(code).unwrap();
            let market = crate::read_market(file).unwrap();
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(asked));
            assert_eq!(spoken(&headers, &market).tag, tag, "{code} {asked}");
        }
        for words in LANGUAGES {
            assert_eq!(words.asks.matches("{}").count(), 1, "{}", words.tag);
        }
    }
}
