/* Batches, merging, bytes and the row account of a history. */
#include "check.h"

static crm_transactions rows(size_t from, size_t to) {
    crm_transactions batch = log_batch();
    batch.length = to - from;
    batch.customer_id_int64 += from;
    batch.time_days += from;
    batch.amount_double += from;
    return batch;
}

static void batches_and_merges_make_the_same_history(void) {
    crm_history *whole = log_history();
    for (size_t cut = 0; cut <= LOG_ROWS; cut++) {
        crm_transactions head = rows(0, cut), tail = rows(cut, LOG_ROWS);
        crm_history_builder *builder = NULL;
        crm_history *built = NULL, *merged = NULL, *swapped = NULL;
        OK(crm_history_builder_new(NULL, &builder));
        OK(crm_history_builder_push(builder, &tail));
        OK(crm_history_builder_push(builder, &head));
        CHECK(crm_history_builder_rows(builder) == LOG_ROWS);
        OK(crm_history_builder_finish(builder, &built));
        crm_history_builder_free(builder);
        crm_history *one = history_of(head, NULL), *two = history_of(tail, NULL);
        OK(crm_history_merge(one, two, &merged));
        OK(crm_history_merge(two, one, &swapped));
        CHECK(same_history(whole, built) && same_history(whole, merged) && same_history(whole, swapped));
        crm_history_free(one);
        crm_history_free(two);
        crm_history_free(built);
        crm_history_free(merged);
        crm_history_free(swapped);
    }
    crm_history *empty = NULL, *merged = NULL;
    OK(crm_history_empty(&empty));
    OK(crm_history_merge(whole, empty, &merged));
    CHECK(same_history(whole, merged));
    crm_history_free(merged);
    crm_history_free(empty);
    crm_history_free(whole);
}

static void a_builder_says_what_is_wrong_and_goes_on(void) {
    crm_history_builder *builder = NULL;
    crm_ingest_options keep;
    OK(crm_ingest_options_init(&keep, sizeof keep));
    keep.missing_time = CRM_POLICY_KEEP;
    FAILS(crm_history_builder_new(&keep, &builder), CRM_STATUS_INVALID_ARGUMENT, "missing_time");
    CHECK(builder == NULL);
    OK(crm_history_builder_new(NULL, &builder));
    crm_transactions head = rows(0, 4), tail = rows(4, LOG_ROWS);
    double amounts[] = {1.0, 2.0, NAN, 3.0};
    crm_transactions bad = tail;
    bad.amount_double = amounts;
    crm_transactions other = head;
    other.customer_id_int64 = NULL;
    other.customer_id_text = LOG_TEXTS;
    const char *broken[] = {"a", "b", "c", "\xff"};
    crm_transactions not_utf8 = other;
    not_utf8.customer_id_text = broken;
    OK(crm_history_builder_push(builder, &head));
    FAILS(crm_history_builder_push(builder, &bad), CRM_STATUS_INVALID_VALUE, "amount");
    CHECK(crm_last_error_row() == 6); /* Counted over all batches. */
    FAILS(crm_history_builder_push(builder, &not_utf8), CRM_STATUS_NOT_UTF8, "customer_id");
    CHECK(crm_last_error_row() == 7);
    FAILS(crm_history_builder_push(builder, &other), CRM_STATUS_INCOMPATIBLE, "customer_id");
    FAILS(crm_history_builder_push(builder, NULL), CRM_STATUS_NULL_POINTER, "transactions");
    CHECK(crm_history_builder_rows(builder) == 4);
    OK(crm_history_builder_push(builder, &tail));
    crm_history *built = NULL, *again = (crm_history *)&built;
    OK(crm_history_builder_finish(builder, &built));
    FAILS(crm_history_builder_finish(builder, &again), CRM_STATUS_INVALID_ARGUMENT, "builder");
    CHECK(again == NULL);
    FAILS(crm_history_builder_push(builder, &tail), CRM_STATUS_INVALID_ARGUMENT, "builder");
    CHECK(crm_history_builder_rows(builder) == 0 && crm_last_error_message()[0] != '\0');
    crm_history *whole = log_history();
    CHECK(same_history(whole, built));
    crm_history_free(whole);
    crm_history_free(built);
    crm_history_builder_free(builder);
}

static void unlike_histories_do_not_merge(void) {
    crm_history *one = log_history(), *merged = (crm_history *)&one;
    crm_ingest_options euros;
    OK(crm_ingest_options_init(&euros, sizeof euros));
    euros.currency = "EUR";
    crm_history *two = history_of(log_batch(), &euros);
    FAILS(crm_history_merge(one, two, &merged), CRM_STATUS_INCOMPATIBLE, "currency");
    CHECK(merged == NULL);
    crm_transactions text = log_batch();
    text.customer_id_int64 = NULL;
    text.customer_id_text = LOG_TEXTS;
    crm_history *three = history_of(text, NULL);
    FAILS(crm_history_merge(one, three, &merged), CRM_STATUS_INCOMPATIBLE, "customer_id");
    crm_history_free(one);
    crm_history_free(two);
    crm_history_free(three);
}

static void bytes_bring_the_history_back(void) {
    crm_history *history = log_history(), *back = NULL;
    crm_bytes *bytes = NULL;
    OK(crm_history_to_bytes(history, &bytes));
    size_t length = crm_bytes_length(bytes);
    const uint8_t *data = crm_bytes_data(bytes);
    CHECK(length > 10 && memcmp(data, "CRMH", 4) == 0);
    OK(crm_history_from_bytes(data, length, &back));
    CHECK(same_history(history, back));
    crm_history_free(back);
    uint8_t *broken = malloc(length + 1);
    CHECK(broken != NULL);
    for (size_t cut = 0; cut < length; cut++) {
        memcpy(broken, data, length);
        FAILS(crm_history_from_bytes(broken, cut, &back), CRM_STATUS_CORRUPT, "bytes");
        CHECK(back == NULL);
    }
    for (size_t place = 0; place < length; place++) {
        memcpy(broken, data, length);
        broken[place] ^= 0x10;
        crm_status status = crm_history_from_bytes(broken, length, &back);
        CHECK(back == NULL);
        CHECK(status == (place == 4 || place == 5 ? CRM_STATUS_INCOMPATIBLE : CRM_STATUS_CORRUPT));
    }
    free(broken);
    FAILS(crm_history_from_bytes(NULL, 3, &back), CRM_STATUS_NULL_POINTER, "bytes");
    FAILS(crm_history_from_bytes(NULL, 0, &back), CRM_STATUS_CORRUPT, "bytes");
    crm_bytes_free(bytes);
    crm_history_free(history);
}

static void counts_and_account(void) {
    crm_history *history = log_history();
    CHECK(crm_history_customers(history) == 4);
    CHECK(crm_history_purchase_days(history) == 5);
    CHECK(crm_history_orders(history) == 6);
    crm_row_account account = {.struct_size = sizeof account};
    OK(crm_history_account(history, &account));
    CHECK(account.struct_size == sizeof account && account.read == 8 && account.used == 8);
    CHECK(account.purchases.rows == 6 && account.returns.rows == 2);
    CHECK(crm_money_to_double(account.purchases.amount) == 69.25);
    CHECK(account.returns.amount.high == -1 && (int64_t)account.returns.amount.low == -3250000);
    CHECK(account.net_amount.high == 0 && account.net_amount.low == 66000000);
    /* A caller with a shorter struct gets what fits. */
    memset(&account, 0xee, sizeof account);
    account.struct_size = offsetof(crm_row_account, net_amount);
    OK(crm_history_account(history, &account));
    CHECK(account.used == 8 && account.net_amount.low == 0xeeeeeeeeeeeeeeeeu);
    account.struct_size = 0;
    FAILS(crm_history_account(history, &account), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    FAILS(crm_history_account(history, NULL), CRM_STATUS_NULL_POINTER, "out");
    crm_history_free(history);
}

int main(void) {
    batches_and_merges_make_the_same_history();
    a_builder_says_what_is_wrong_and_goes_on();
    unlike_histories_do_not_merge();
    bytes_bring_the_history_back();
    counts_and_account();
    return 0;
}
