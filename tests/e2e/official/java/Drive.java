import com.alipay.global.api.AlipayClient;
import com.alipay.global.api.DefaultAlipayClient;
import com.alipay.global.api.exception.AlipayApiException;
import com.alipay.global.api.model.Result;
import com.alipay.global.api.model.ResultStatusType;
import com.alipay.global.api.model.aps.Amount;
import com.alipay.global.api.model.aps.Env;
import com.alipay.global.api.model.aps.InStorePaymentScenario;
import com.alipay.global.api.model.aps.Merchant;
import com.alipay.global.api.model.aps.Order;
import com.alipay.global.api.model.aps.PaymentFactor;
import com.alipay.global.api.model.aps.PaymentMethod;
import com.alipay.global.api.model.aps.PaymentOption;
import com.alipay.global.api.model.aps.SettlementStrategy;
import com.alipay.global.api.model.aps.Store;
import com.alipay.global.api.model.aps.TerminalType;
import com.alipay.global.api.request.AlipayRequest;
import com.alipay.global.api.request.aps.pay.AlipayApsCancelPaymentRequest;
import com.alipay.global.api.request.aps.pay.AlipayApsConsultPaymentRequest;
import com.alipay.global.api.request.aps.pay.AlipayApsInquiryPaymentRequest;
import com.alipay.global.api.request.aps.pay.AlipayApsNotifyPaymentRequest;
import com.alipay.global.api.request.aps.pay.AlipayApsPayRequest;
import com.alipay.global.api.request.aps.pay.AlipayApsUserInitiatedPayRequest;
import com.alipay.global.api.request.aps.refund.AlipayApsRefundRequest;
import com.alipay.global.api.response.AlipayResponse;
import com.alipay.global.api.response.aps.pay.AlipayApsCancelPaymentResponse;
import com.alipay.global.api.response.aps.pay.AlipayApsConsultPaymentResponse;
import com.alipay.global.api.response.aps.pay.AlipayApsInquiryPaymentResponse;
import com.alipay.global.api.response.aps.pay.AlipayApsPayResponse;
import com.alipay.global.api.response.aps.pay.AlipayApsUserInitiatedPayResponse;
import com.alipay.global.api.response.aps.refund.AlipayApsRefundResponse;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * Drives the unmodified global-open-sdk-java against a running demonstration, as the Japanese
 * acquirer and, where a wallet calls, as the Korean wallet. Each check is a line `ok` or `FAIL`.
 * The line `code?` asks who started this for a payment code, which comes back as a line.
 */
public final class Drive {
  private static final BufferedReader INPUT =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  private static AlipayClient acquirer;
  private static AlipayClient wallet;

  private static void check(String what, boolean isRight, Object seen) {
    System.out.println(isRight ? "ok   " + what : "FAIL " + what + ": " + seen);
  }

  private static <T extends AlipayResponse> T call(
      AlipayClient client, String path, AlipayRequest<T> request) throws AlipayApiException {
    request.setPath("/aps/api/v1/payments/" + path);
    return client.execute(request);
  }

  private static boolean is(Result result, ResultStatusType status, String code) {
    return result.getResultStatus() == status && result.getResultCode().equals(code);
  }

  private static boolean isSuccess(Result result) {
    return is(result, ResultStatusType.S, "SUCCESS");
  }

  private static Amount yen(String value) {
    return Amount.builder().currency("JPY").value(value).build();
  }

  private static boolean isAmount(Amount amount, String currency, String value) {
    return amount != null
        && currency.equals(amount.getCurrency())
        && value.equals(amount.getValue());
  }

  private static String paymentCode() throws IOException {
    System.out.println("code?");
    System.out.flush();
    return INPUT.readLine();
  }

  private static Merchant merchant() {
    Store store =
        Store.builder()
            .referenceStoreId("M-RAMEN-S1")
            .storeName("Ramen Ichiban")
            .storeMCC("5812")
            .build();
    return Merchant.builder()
        .referenceMerchantId("M-RAMEN")
        .merchantName("Ramen Ichiban")
        .merchantMCC("5812")
        .store(store)
        .build();
  }

  private static AlipayApsPayRequest order(String id, String yen, InStorePaymentScenario scenario) {
    AlipayApsPayRequest request = new AlipayApsPayRequest();
    request.setPaymentRequestId(id);
    request.setPaymentAmount(yen(yen));
    request.setOrder(
        Order.builder()
            .referenceOrderId("order-" + id)
            .orderDescription("Ramen ラーメン & tea")
            .orderAmount(yen(yen))
            .merchant(merchant())
            .build());
    request.setPaymentMethod(
        PaymentMethod.builder().paymentMethodType("CONNECT_WALLET").build());
    request.setPaymentFactor(
        PaymentFactor.builder().isInStorePayment(true).inStorePaymentScenario(scenario).build());
    request.setSettlementStrategy(
        SettlementStrategy.builder().settlementCurrency("JPY").build());
    return request;
  }

  private static AlipayApsPayRequest scanned(String id, String yen) throws IOException {
    AlipayApsPayRequest request = order(id, yen, InStorePaymentScenario.PaymentCode);
    request.getPaymentMethod().setPaymentMethodId(paymentCode());
    return request;
  }

  private static AlipayApsInquiryPaymentResponse inquire(String id) throws AlipayApiException {
    AlipayApsInquiryPaymentRequest request = new AlipayApsInquiryPaymentRequest();
    request.setPaymentRequestId(id);
    return call(acquirer, "inquiryPayment", request);
  }

  private static AlipayApsInquiryPaymentResponse untilPaid(String id) throws Exception {
    AlipayApsInquiryPaymentResponse asked = inquire(id);
    for (int round = 0; round < 50; round++) {
      if (asked.getPaymentResult() != null && isSuccess(asked.getPaymentResult())) {
        break;
      }
      Thread.sleep(200);
      asked = inquire(id);
    }
    return asked;
  }

  private static AlipayApsCancelPaymentResponse cancel(String id) throws AlipayApiException {
    AlipayApsCancelPaymentRequest request = new AlipayApsCancelPaymentRequest();
    request.setPaymentRequestId(id);
    return call(acquirer, "cancelPayment", request);
  }

  private static AlipayApsRefundResponse refund(String payment, String id, String yen)
      throws AlipayApiException {
    AlipayApsRefundRequest request = new AlipayApsRefundRequest();
    request.setPaymentRequestId(payment);
    request.setRefundRequestId(id);
    request.setRefundAmount(yen(yen));
    return call(acquirer, "refund", request);
  }

  private static void consult() throws AlipayApiException {
    AlipayApsConsultPaymentRequest request = new AlipayApsConsultPaymentRequest();
    request.setPaymentAmount(yen("1200"));
    request.setPaymentFactor(PaymentFactor.builder().isCashierPayment(true).build());
    request.setSettlementStrategy(
        SettlementStrategy.builder().settlementCurrency("JPY").build());
    request.setMerchant(merchant());
    request.setEnv(Env.builder().terminalType(TerminalType.WEB).build());
    AlipayApsConsultPaymentResponse consulted = call(acquirer, "consultPayment", request);
    check("a consultation succeeds", isSuccess(consulted.getResult()), consulted);
    boolean isOffered =
        consulted.getPaymentOptions() != null
            && consulted.getPaymentOptions().stream().anyMatch(PaymentOption::isEnabled);
    check("and offers a way to pay", isOffered, consulted.getPaymentOptions());
  }

  private static void pay() throws Exception {
    AlipayApsPayRequest request = scanned("java-1", "1200");
    AlipayApsPayResponse first = call(acquirer, "pay", request);
    boolean isTaken = first.getResult().getResultStatus() != ResultStatusType.F;
    check("a payment with a user's code is taken", isTaken, first.getResult());
    AlipayApsInquiryPaymentResponse paid = untilPaid("java-1");
    check("it is found paid", isSuccess(paid.getPaymentResult()), paid.getPaymentResult());
    boolean isSame = first.getPaymentId().equals(paid.getPaymentId());
    check("under the same id", isSame, paid.getPaymentId());
    boolean isPriced = isAmount(paid.getPaymentAmount(), "JPY", "1200");
    check("for what was asked", isPriced, paid.getPaymentAmount());
    AlipayApsPayResponse again = call(acquirer, "pay", request);
    boolean isReplayed =
        isSuccess(again.getResult()) && first.getPaymentId().equals(again.getPaymentId());
    check("the same request is the same payment", isReplayed, again.getResult());
    request.setPaymentAmount(yen("1300"));
    request.getOrder().setOrderAmount(yen("1300"));
    Result other = call(acquirer, "pay", request).getResult();
    boolean isRefused = is(other, ResultStatusType.F, "REPEAT_REQ_INCONSISTENT");
    check("with another amount it is refused", isRefused, other);
    AlipayApsPayRequest used = order("java-2", "500", InStorePaymentScenario.PaymentCode);
    used.setPaymentMethod(request.getPaymentMethod());
    Result expired = call(acquirer, "pay", used).getResult();
    check("a used code pays no more", is(expired, ResultStatusType.F, "EXPIRED_CODE"), expired);
    Result unknown = inquire("never-seen").getResult();
    boolean isMissing = is(unknown, ResultStatusType.F, "ORDER_NOT_EXIST");
    check("an unknown payment is not found", isMissing, unknown);
  }

  private static void refunds() throws AlipayApiException {
    AlipayApsRefundResponse first = refund("java-1", "java-r1", "200");
    boolean isDone = isSuccess(first.getResult()) && first.getRefundId() != null;
    check("a part is refunded", isDone, first.getResult());
    AlipayApsRefundResponse again = refund("java-1", "java-r1", "200");
    boolean isSame = isSuccess(again.getResult());
    isSame &= first.getRefundId() != null && first.getRefundId().equals(again.getRefundId());
    check("its repeat is the same refund", isSame, again.getResult());
    Result other = refund("java-1", "java-r1", "300").getResult();
    boolean isRefused = is(other, ResultStatusType.F, "REPEAT_REQ_INCONSISTENT");
    check("other content is refused", isRefused, other);
    Result much = refund("java-1", "java-r2", "1001").getResult();
    check("too much is refused", is(much, ResultStatusType.F, "REFUND_AMOUNT_EXCEED"), much);
    Result late = cancel("java-1").getResult();
    boolean isKept = is(late, ResultStatusType.F, "PROCESS_FAIL");
    check("a refunded payment is not cancelled", isKept, late);
  }

  private static void cancels() throws Exception {
    AlipayApsPayResponse taken = call(acquirer, "pay", scanned("java-3", "900"));
    check("another payment is taken", taken.getPaymentId() != null, taken.getResult());
    untilPaid("java-3");
    Result cancelled = cancel("java-3").getResult();
    check("it is cancelled", isSuccess(cancelled), cancelled);
    Result closed = inquire("java-3").getPaymentResult();
    boolean isClosed = closed != null && closed.getResultStatus() == ResultStatusType.F;
    check("and paid no more", isClosed, closed);
    Result early = cancel("not-yet-sent").getResult();
    check("an unknown payment is barred", isSuccess(early), early);
    AlipayApsPayRequest late = scanned("not-yet-sent", "700");
    Result barred = call(acquirer, "pay", late).getResult();
    check("and cannot begin later", is(barred, ResultStatusType.F, "ORDER_IS_CLOSED"), barred);
  }

  /**
   * The client's classes for a scanned code and for a result are those of the acquirer's side: a
   * wallet adds what is to be paid and what it owes for it.
   */
  public static final class Taken extends AlipayApsUserInitiatedPayResponse {
    private Amount paymentAmount;
    private Amount payToAmount;

    public Amount getPaymentAmount() {
      return paymentAmount;
    }

    public void setPaymentAmount(Amount paymentAmount) {
      this.paymentAmount = paymentAmount;
    }

    public Amount getPayToAmount() {
      return payToAmount;
    }

    public void setPayToAmount(Amount payToAmount) {
      this.payToAmount = payToAmount;
    }
  }

  /** See {@link Taken}. */
  public static final class Told extends AlipayApsNotifyPaymentRequest {
    private Amount payToAmount;

    public Amount getPayToAmount() {
      return payToAmount;
    }

    public void setPayToAmount(Amount payToAmount) {
      this.payToAmount = payToAmount;
    }
  }

  private static final class Scan extends AlipayApsUserInitiatedPayRequest {
    @Override
    @SuppressWarnings("unchecked")
    public Class<AlipayApsUserInitiatedPayResponse> getResponseClass() {
      return (Class<AlipayApsUserInitiatedPayResponse>) (Class<?>) Taken.class;
    }
  }

  private static void userInitiated() throws Exception {
    AlipayApsPayRequest request = order("java-4", "650", InStorePaymentScenario.OrderCode);
    AlipayApsPayResponse shown = call(acquirer, "pay", request);
    boolean isShown = is(shown.getResult(), ResultStatusType.U, "PAYMENT_IN_PROCESS");
    check("an order code is given", isShown && shown.getOrderCodeForm() != null, shown.getResult());
    String code = shown.getOrderCodeForm().getCodeDetails().get(0).getCodeValue();

    Scan scan = new Scan();
    scan.setCodeValue(code);
    scan.setCustomerId("user-of-the-java-client");
    Taken taken = (Taken) call(wallet, "userInitiatedPay", scan);
    boolean isTaken = isSuccess(taken.getResult()) && taken.getPaymentRequestId() != null;
    check("a wallet takes the order up", isTaken, taken.getResult());
    Amount amount = taken.getOrder().getOrderAmount();
    check("and is told what it is", isAmount(amount, "JPY", "650"), amount);
    boolean isWon = "KRW".equals(taken.getPayToAmount().getCurrency());
    check("and what it owes for it", isWon, taken.getPayToAmount());

    Told told = new Told();
    told.setPaymentRequestId(taken.getPaymentRequestId());
    told.setPaymentId("java-wallet-payment-1");
    told.setCustomerId(scan.getCustomerId());
    told.setPaymentAmount(taken.getPaymentAmount());
    told.setPayToAmount(taken.getPayToAmount());
    told.setPaymentTime(OffsetDateTime.now(ZoneOffset.UTC).withNano(0).toString());
    told.setPaymentResult(
        Result.builder()
            .resultCode("SUCCESS")
            .resultStatus(ResultStatusType.S)
            .resultMessage("success")
            .build());
    Result heard = call(wallet, "notifyPayment", told).getResult();
    check("the wallet's result is taken", isSuccess(heard), heard);
    AlipayApsInquiryPaymentResponse paid = untilPaid("java-4");
    Result result = paid.getPaymentResult();
    check("the acquirer finds it paid", isSuccess(result), result);
  }

  private static void impostors(String gateway, String strangersKey, String networkKey) {
    AlipayClient forger =
        new DefaultAlipayClient(gateway, strangersKey, networkKey, "CLIENT-A-JP");
    AlipayApsInquiryPaymentRequest request = new AlipayApsInquiryPaymentRequest();
    request.setPaymentRequestId("java-1");
    try {
      Result refused = call(forger, "inquiryPayment", request).getResult();
      boolean isRefused = is(refused, ResultStatusType.F, "INVALID_SIGNATURE");
      check("another's key is refused", isRefused, refused);
    } catch (AlipayApiException error) {
      check("another's key is refused", false, error);
    }
    String otherKey = environment("OTHER_PUBLIC");
    AlipayClient deceived =
        new DefaultAlipayClient(gateway, environment("ACQUIRER_KEY"), otherKey, "CLIENT-A-JP");
    AlipayApsInquiryPaymentRequest again = new AlipayApsInquiryPaymentRequest();
    again.setPaymentRequestId("java-1");
    try {
      check("the client verifies answers", false, call(deceived, "inquiryPayment", again));
    } catch (AlipayApiException error) {
      boolean isVerified = String.valueOf(error.getMessage()).contains("verify");
      check("the client verifies answers", isVerified, error);
    }
  }

  private static String environment(String name) {
    return System.getenv("DHOW_TEST_" + name);
  }

  public static void main(String[] arguments) throws Exception {
    String gateway = environment("GATEWAY");
    String networkKey = environment("NETWORK_PUBLIC");
    acquirer =
        new DefaultAlipayClient(gateway, environment("ACQUIRER_KEY"), networkKey, "CLIENT-A-JP");
    wallet =
        new DefaultAlipayClient(gateway, environment("WALLET_KEY"), networkKey, "CLIENT-W-KR");
    consult();
    pay();
    refunds();
    cancels();
    userInitiated();
    impostors(gateway, environment("WALLET_KEY"), networkKey);
    System.out.println("end");
  }
}
