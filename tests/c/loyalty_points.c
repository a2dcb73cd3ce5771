/* The points ledger: the shared cases in tests/cases/loyalty/points.json, worked out by hand, and misuse. */
#include "loyalty.h"

static const char *const POSTINGS[] = {"earned", "released", "redeemed", "restored", "expired", "reversed",  "owed",
                                       "settled", "forgiven", "extended", "sent",     "received", "debt_sent", "debt_received"};

static crm_status status_of(const char *kind) {
    if (strcmp(kind, "OutOfRange") == 0) return CRM_STATUS_OUT_OF_RANGE;
    CHECK(strcmp(kind, "InvalidValue") == 0);
    return CRM_STATUS_INVALID_VALUE;
}

static crm_status apply(crm_points_ledger *ledger, const json *given, crm_points_entries **out) {
    event_columns events = read_events(given);
    const crm_status status = crm_points_ledger_apply(ledger, &events.batch, out);
    free_events(&events);
    return status;
}

static void check_column(const crm_points_ledger *ledger, int64_t as_of, int32_t column, const json *expected) {
    int64_t found[8];
    CHECK(expected->count <= COUNT(found) && expected->count == crm_points_ledger_length(ledger));
    OK(crm_points_ledger_balances(ledger, as_of, column, found, COUNT(found)));
    for (size_t row = 0; row < expected->count; row++) {
        const json *value = &expected->items[row];
        if (column == CRM_POINTS_BALANCE_COLUMN_NEXT_EXPIRY_AT)
            CHECK(found[row] == (value->kind == JSON_NULL ? INT64_MAX : value->integer * DAY));
        else
            CHECK(found[row] == value->integer);
    }
}

/* A ledger under a programme, which is given away. */
static crm_points_ledger *ledger_of(crm_loyalty_program *program) {
    crm_points_ledger *ledger = NULL;
    OK(crm_points_ledger_new(program, &ledger));
    OK(crm_points_ledger_set_threads(ledger, 2));
    CHECK(crm_points_ledger_set_threads(ledger, 1025) == CRM_STATUS_INVALID_ARGUMENT);
    crm_loyalty_program_free(program);
    return ledger;
}

static void cases_as_worked_out_by_hand(const json *file) {
    const json *cases = member(file, "cases");
    for (size_t place = 0; place < cases->count; place++) {
        const json *one = &cases->items[place];
        crm_points_ledger *ledger = ledger_of(program_of(member(one, "rules")));
        crm_points_entries *entries = NULL;
        const json *error = json_get(one, "error");
        if (error != NULL) {
            FAILS(apply(ledger, member(one, "events"), &entries), status_of(member(error, "kind")->text),
                  member(error, "argument")->text);
            CHECK(crm_last_error_row() == member(error, "row")->integer && entries == NULL);
            CHECK(crm_points_ledger_length(ledger) == 0 && crm_points_ledger_rows(ledger) == 0);
        } else {
            OK(apply(ledger, member(one, "events"), &entries));
            OK(crm_points_ledger_verify(ledger));
            const json *postings = json_get(one, "postings");
            if (postings != NULL) {
                int64_t kinds[16], points[16];
                CHECK(crm_points_entries_length(entries) == postings->count);
                OK(crm_points_entries_column(entries, CRM_POINTS_ENTRY_COLUMN_KIND, kinds, COUNT(kinds)));
                OK(crm_points_entries_column(entries, CRM_POINTS_ENTRY_COLUMN_POINTS, points, COUNT(points)));
                for (size_t row = 0; row < postings->count; row++) {
                    const json *expected = &postings->items[row];
                    CHECK(kinds[row] == code(POSTINGS, COUNT(POSTINGS), member(expected, "kind")->text));
                    CHECK(points[row] == member(expected, "points")->integer);
                }
            }
            const json *balances = member(one, "balances");
            for (size_t at = 0; at < balances->count; at++) {
                const json *expected = &balances->items[at];
                const int64_t as_of = member(expected, "as_of")->integer * DAY;
                check_column(ledger, as_of, CRM_POINTS_BALANCE_COLUMN_AVAILABLE, member(expected, "available"));
                check_column(ledger, as_of, CRM_POINTS_BALANCE_COLUMN_PENDING, member(expected, "pending"));
                check_column(ledger, as_of, CRM_POINTS_BALANCE_COLUMN_OWED, member(expected, "owed"));
                check_column(ledger, as_of, CRM_POINTS_BALANCE_COLUMN_NEXT_EXPIRY_AT, member(expected, "next_expiry_day"));
                check_column(ledger, as_of, CRM_POINTS_BALANCE_COLUMN_NEXT_EXPIRY_POINTS, member(expected, "next_expiry_points"));
            }
        }
        crm_points_entries_free(entries);
        crm_points_ledger_free(ledger);
    }
}

static int64_t rounded(int64_t micros) {
    return (micros + 500000) / 1000000;
}

static void revenue_as_published(const json *file) {
    const json *cases = member(file, "revenue");
    for (size_t place = 0; place < cases->count; place++) {
        const json *one = &cases->items[place];
        int64_t *redeemed = integers(member(one, "redeemed"), NULL), *expected = integers(member(one, "expected"), NULL);
        int64_t revenue[2], liability[2];
        const int64_t allocated = (int64_t)llround(strtod(member(one, "allocated")->text, NULL) * 1e6);
        CHECK(member(one, "redeemed")->count == 2);
        OK(crm_points_recognize(allocated, redeemed, expected, 2, revenue, NULL, liability));
        for (size_t year = 0; year < 2; year++) {
            CHECK(rounded(revenue[year]) == member(one, "revenue")->items[year].integer);
            CHECK(rounded(liability[year]) == member(one, "liability")->items[year].integer);
        }
        free(redeemed), free(expected);
    }
    int64_t points = 0;
    OK(crm_points_allocate_price(100000000000, 100000000000, 9500000000, &points));
    CHECK(rounded(points) == 8676);
    FAILS(crm_points_allocate_price(-1, 1, 1, &points), CRM_STATUS_OUT_OF_RANGE, "price");
}

/* From the first lapse on: 1,000 earned and 600 spent before; 400 lapsed, 500 earned and 100 spent in the period. */
static void periods(const crm_points_entries *entries) {
    const crm_points_entries *const batches[] = {entries};
    crm_points_period period;
    period.struct_size = sizeof period;
    int64_t points[14];
    size_t places[3];
    const int64_t from = 19500 * DAY, until = 19755 * DAY;
    OK(crm_points_entries_period(batches, 1, 0, "安", from, until, &period, points, 14, places, 3));
    CHECK(period.opening_available == 400 && period.closing_available == 400 && period.postings == 3);
    CHECK(period.opening_pending == 0 && period.closing_pending == 0 && period.opening_owed == 0 && period.closing_owed == 0);
    CHECK(points[CRM_POINTS_ENTRY_KIND_EXPIRED] == 400 && points[CRM_POINTS_ENTRY_KIND_EARNED] == 500);
    CHECK(points[CRM_POINTS_ENTRY_KIND_REDEEMED] == 100 && points[CRM_POINTS_ENTRY_KIND_SENT] == 0);
    CHECK(places[0] == 2 && places[1] == 3 && places[2] == 4);
    OK(crm_points_entries_period(batches, 1, 0, "eve", from, until, &period, NULL, 0, NULL, 0));
    CHECK(period.postings == 0 && period.closing_available == 0);
    OK(crm_points_entries_period(NULL, 0, 7, NULL, from, until, &period, NULL, 0, NULL, 0));
    FAILS(crm_points_entries_period(batches, 1, 0, "安", from, until, &period, NULL, 0, places, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_points_entries_period(batches, 1, 0, "安", from, until, &period, points, 13, NULL, 0), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_points_entries_period(batches, 1, 0, "安", from, until, NULL, NULL, 0, NULL, 0), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_points_entries_period(NULL, 1, 0, "安", from, until, &period, NULL, 0, NULL, 0), CRM_STATUS_NULL_POINTER, "entries");
}

/* 1,000 points of a month that has matured, of which 400 lapsed; 500 of one that has not. */
static crm_points_ledger *two_months(void) {
    static const char *const members[] = {"安", "安", "安", "安", "安"};
    static const int64_t ids[] = {1, 2, 3, 4, 5}, points[] = {0, 1000, 600, 500, 100};
    static const int32_t days[] = {19000, 19372, 19417, 19737, 19754}, kinds[] = {0, 2, 3, 2, 3};
    crm_points_events batch;
    memset(&batch, 0, sizeof batch);
    batch.struct_size = sizeof batch;
    batch.length = 5;
    batch.customer_id_text = members;
    batch.event_id_int64 = ids, batch.time_days = days, batch.kinds = kinds, batch.points = points;
    crm_loyalty_program *program = NULL;
    OK(crm_loyalty_program_from_json("{\"expiry\": {\"months\": 6, \"rounding\": \"month\"}}", &program));
    crm_points_ledger *ledger = ledger_of(program);
    crm_points_entries *entries = NULL;
    OK(crm_points_ledger_apply(ledger, &batch, &entries));
    int64_t lots[8];
    FAILS(crm_points_entries_ids_int64(entries, CRM_POINTS_ENTRY_ID_CUSTOMER, lots, 8), CRM_STATUS_WRONG_TYPE, "which");
    OK(crm_points_entries_ids_int64(entries, CRM_POINTS_ENTRY_ID_LOT, lots, 8));
    CHECK(lots[0] == 2 && lots[1] == 2 && crm_points_entries_length(entries) == 5);
    const char *text = NULL;
    size_t length = 0;
    OK(crm_points_entries_id_text(entries, CRM_POINTS_ENTRY_ID_CUSTOMER, 0, &text, &length));
    CHECK(length == strlen("安") && memcmp(text, "安", length) == 0);
    periods(entries);
    FAILS(crm_points_entries_id_text(entries, CRM_POINTS_ENTRY_ID_CUSTOMER, 5, &text, &length), CRM_STATUS_OUT_OF_RANGE, "index");
    crm_points_entries_free(entries);
    return ledger;
}

static void statement_liability_and_bytes(void) {
    crm_points_ledger *ledger = two_months(), *again = NULL;
    const int64_t as_of = 19783 * DAY; /* 2024-03-01 */
    crm_points_statement *statement = NULL;
    OK(crm_points_ledger_statement(ledger, 0, "安", as_of, &statement));
    crm_points_summary summary;
    summary.struct_size = sizeof summary;
    OK(crm_points_statement_summary(statement, &summary));
    CHECK(summary.available == 400 && summary.expired == 400 && summary.spent == 700 && summary.lots == 1);
    int64_t value = 0;
    OK(crm_points_statement_lots(statement, CRM_POINTS_LOT_COLUMN_EXPIRES_AT, &value, 1));
    CHECK(value == 19936 * DAY); /* 2024-08-01 */
    crm_points_statement_free(statement);
    FAILS(crm_points_ledger_statement(ledger, 0, "eve", as_of, &statement), CRM_STATUS_INVALID_VALUE, "customer_id");

    crm_points_liability *liability = NULL;
    OK(crm_points_ledger_liability(ledger, as_of, 10000, -1, &liability));
    int64_t months[4];
    CHECK(crm_points_liability_length(liability) == 2 && crm_points_liability_breakage(liability) == 0.4);
    OK(crm_points_liability_values(liability, CRM_POINTS_LIABILITY_COLUMN_LIABILITY_MICROS, months, 4));
    CHECK(months[0] == 0 && months[1] == 2000000);
    /* All that the first month will redeem is redeemed; the second expects 300 of 500 points and has redeemed 100: two thirds of 9.00. */
    const int64_t allocated[] = {5000000, 9000000};
    OK(crm_points_liability_deferred(liability, allocated, months, 2));
    CHECK(months[0] == 0 && months[1] == 6000000);
    FAILS(crm_points_liability_deferred(liability, allocated, months, 1), CRM_STATUS_LENGTH_MISMATCH, "allocated");
    const int64_t below[] = {0, -1};
    FAILS(crm_points_liability_deferred(liability, below, months, 2), CRM_STATUS_OUT_OF_RANGE, "allocated");
    CHECK(crm_last_error_row() == 1);
    crm_points_liability_free(liability);
    FAILS(crm_points_ledger_liability(ledger, as_of, 10000, 1000001, &liability), CRM_STATUS_OUT_OF_RANGE, "breakage");

    crm_bytes *bytes = NULL;
    OK(crm_points_ledger_to_bytes(ledger, &bytes));
    OK(crm_points_ledger_from_bytes(crm_bytes_data(bytes), crm_bytes_length(bytes), &again));
    CHECK(crm_points_ledger_rows(again) == 5);
    crm_points_ledger *none = NULL;
    FAILS(crm_points_ledger_from_bytes(crm_bytes_data(bytes), 20, &none), CRM_STATUS_CORRUPT, "bytes");
    crm_bytes_free(bytes);
    crm_points_entries *entries = NULL;
    OK(crm_points_ledger_advance(again, 19936 * DAY, &entries));
    CHECK(crm_points_entries_length(entries) == 1);
    crm_points_entries_free(entries);
    FAILS(crm_points_ledger_advance(again, as_of, &entries), CRM_STATUS_INVALID_VALUE, "time");
    crm_points_ledger_free(again);
    crm_points_ledger_free(ledger);
}

static void misuse(void) {
    crm_loyalty_program *program = NULL;
    FAILS(crm_loyalty_program_from_json("{\"burn\": 1}", &program), CRM_STATUS_PARSE, "program");
    FAILS(crm_loyalty_program_from_json(NULL, &program), CRM_STATUS_NULL_POINTER, "rules");
    OK(crm_loyalty_program_from_json("{\"time_zone\": \"Europe/Berlin\"}", &program));
    int64_t start = 0;
    OK(crm_loyalty_program_start_of(program, 19905, &start)); /* 2024-07-01, two hours ahead of UTC */
    CHECK(start == 19905 * DAY - 2 * DAY / 24);
    crm_bytes *text = NULL;
    OK(crm_loyalty_program_to_json(program, &text));
    CHECK(strstr(crm_bytes_text(text), "Europe/Berlin") != NULL);
    crm_bytes_free(text);
    crm_loyalty_program_free(program);

    crm_points_ledger *ledger = two_months();
    crm_points_entries *entries = NULL;
    crm_points_events batch;
    memset(&batch, 0, sizeof batch);
    FAILS(crm_points_ledger_apply(ledger, &batch, &entries), CRM_STATUS_INVALID_ARGUMENT, "events.struct_size");
    batch.struct_size = sizeof batch;
    OK(crm_points_ledger_apply(ledger, &batch, &entries));
    CHECK(crm_points_entries_length(entries) == 0);
    crm_points_entries_free(entries);
    batch.length = 1;
    FAILS(crm_points_ledger_apply(ledger, &batch, &entries), CRM_STATUS_MISSING_COLUMN, "customer_id");
    const char *names[] = {"安"};
    const int64_t ids[] = {9}, points[] = {401};
    int32_t days[] = {19783}, kinds[] = {99};
    batch.customer_id_text = names, batch.event_id_int64 = ids, batch.time_days = days, batch.kinds = kinds;
    FAILS(crm_points_ledger_apply(ledger, &batch, &entries), CRM_STATUS_INVALID_ARGUMENT, "kind");
    kinds[0] = CRM_POINTS_EVENT_KIND_REDEEM;
    FAILS(crm_points_ledger_apply(ledger, &batch, &entries), CRM_STATUS_MISSING_VALUE, "points");
    batch.points = points;
    FAILS(crm_points_ledger_apply(ledger, &batch, &entries), CRM_STATUS_OUT_OF_RANGE, "points");
    CHECK(crm_last_error_row() == 5 && entries == NULL && crm_points_ledger_rows(ledger) == 5);
    int64_t out[1];
    FAILS(crm_points_ledger_balances(ledger, 19783 * DAY, 0, out, 0), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_points_ledger_balances(ledger, 19783 * DAY, 6, out, 1), CRM_STATUS_INVALID_ARGUMENT, "column");
    FAILS(crm_points_ledger_balances(ledger, 19000 * DAY, 0, out, 1), CRM_STATUS_INVALID_VALUE, "as_of");
    crm_points_ledger_free(ledger);
    crm_points_ledger_free(NULL);
    CHECK(crm_points_ledger_length(NULL) == 0);
}

int main(void) {
    const char *path = "tests/cases/loyalty/points.json";
    FILE *file = fopen(path, "rb");
    if (file != NULL) {
        fclose(file);
        json all = json_read(path);
        cases_as_worked_out_by_hand(&all);
        revenue_as_published(&all);
        json_free(&all);
    } else {
        printf("skipped: there is no %s\n", path);
    }
    statement_liability_and_bytes();
    misuse();
    return 0;
}
