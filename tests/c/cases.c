/* The cases that all languages share: tests/cases/rfm, one a file. Arguments: files to run in place of all. */
#define _POSIX_C_SOURCE 200809L
#include "check.h"
#include "json.h"

#include <dirent.h>

static const char *NAME;

/* Says which case it is when something is not as it must be. */
#define EXPECT(condition)                                                                                              \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s: not true: %s (last error: %s)\n", NAME, #condition, crm_last_error_message());        \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

static const json *need(const json *object, const char *key) {
    const json *found = json_get(object, key);
    if (found == NULL) {
        fprintf(stderr, "%s: no \"%s\"\n", NAME, key);
        exit(1);
    }
    return found;
}

static int32_t code_of(const json *name, const char *const *names, size_t count) {
    EXPECT(name->kind == JSON_TEXT);
    for (size_t index = 0; index < count; index++)
        if (strcmp(name->text, names[index]) == 0) return (int32_t)index;
    fprintf(stderr, "%s: unknown name \"%s\"\n", NAME, name->text);
    exit(1);
}

static const char *const POLICIES[] = {"keep", "exclude", "raise"};
static const char *const UNITS[] = {"day", "week", "month30", "month_mean", "year365", "year_mean"};

static void *zeroed(size_t count, size_t size) {
    void *memory = calloc(count + 1, size);
    EXPECT(memory != NULL);
    return memory;
}

static uint8_t *flags_of(const json *column) {
    uint8_t *flags = zeroed(column->count, 1);
    for (size_t row = 0; row < column->count; row++) flags[row] = column->items[row].kind != JSON_NULL;
    return flags;
}

/* Ids are text if one of them is. */
static void ids_of(const json *column, int64_t **integers, const char ***texts) {
    int is_text = 0;
    for (size_t row = 0; row < column->count; row++) is_text |= column->items[row].kind == JSON_TEXT;
    *integers = is_text ? NULL : zeroed(column->count, sizeof **integers);
    *texts = is_text ? zeroed(column->count, sizeof **texts) : NULL;
    for (size_t row = 0; row < column->count; row++) {
        EXPECT(column->items[row].kind == JSON_NULL || is_text == (column->items[row].kind == JSON_TEXT));
        EXPECT(column->items[row].kind != JSON_NUMBER || column->items[row].is_integer);
        if (is_text)
            (*texts)[row] = column->items[row].text;
        else
            (*integers)[row] = column->items[row].integer;
    }
}

static crm_status ingest(const json *test, crm_history **out) {
    const json *log = need(test, "transactions"), *names = need(test, "ingest");
    const json *ids = need(log, "customer_id"), *days = need(log, "day"), *amounts = need(log, "amount");
    const json *orders = json_get(log, "order_id");
    crm_ingest_options options;
    EXPECT(crm_ingest_options_init(&options, sizeof options) == CRM_STATUS_OK);
    const char *const policies[] = {"missing_id", "missing_time", "invalid_time", "missing_amount",
                                    "invalid_amount", "returns", "zero_amounts", "duplicates"};
    for (size_t index = 0; index < names->count; index++) {
        json key = {.kind = JSON_TEXT, .text = names->keys[index]};
        int32_t place = code_of(&key, policies, COUNT(policies));
        (&options.missing_id)[place] = code_of(&names->items[index], POLICIES, COUNT(POLICIES));
    }
    size_t rows = ids->count;
    EXPECT(days->count == rows && amounts->count == rows && (orders == NULL || orders->count == rows));
    int32_t *day = zeroed(rows, sizeof *day);
    double *amount = zeroed(rows, sizeof *amount);
    for (size_t row = 0; row < rows; row++) {
        EXPECT(days->items[row].kind == JSON_NULL || days->items[row].is_integer);
        EXPECT(amounts->items[row].kind == JSON_NULL || amounts->items[row].kind == JSON_NUMBER);
        day[row] = (int32_t)days->items[row].integer;
        amount[row] = amounts->items[row].number;
    }
    int64_t *id_integers, *order_integers = NULL;
    const char **id_texts, **order_texts = NULL;
    ids_of(ids, &id_integers, &id_texts);
    if (orders != NULL) ids_of(orders, &order_integers, &order_texts);
    uint8_t *flags[] = {flags_of(ids), flags_of(days), flags_of(amounts), orders == NULL ? NULL : flags_of(orders)};
    crm_transactions batch = {
        .struct_size = sizeof batch,
        .length = rows,
        .customer_id_int64 = id_integers,
        .customer_id_text = id_texts,
        .customer_id_valid = flags[0],
        .time_days = day,
        .time_valid = flags[1],
        .amount_double = amount,
        .amount_valid = flags[2],
        .order_id_int64 = order_integers,
        .order_id_text = order_texts,
        .order_id_valid = flags[3],
    };
    crm_status status = crm_history_from_arrays(&batch, &options, out);
    for (size_t index = 0; index < COUNT(flags); index++) free(flags[index]);
    free(id_integers);
    free((void *)id_texts);
    free(order_integers);
    free((void *)order_texts);
    free(day);
    free(amount);
    return status;
}

static crm_status describe(const json *test, const crm_history *history, crm_base **out) {
    const json *given = need(test, "base"), *window = need(given, "window_days");
    crm_base_options options;
    EXPECT(crm_base_options_init(&options, sizeof options, (int32_t)need(given, "as_of")->integer) == CRM_STATUS_OK);
    if (window->kind != JSON_NULL) options.window_days = window->integer;
    options.time_unit = code_of(need(given, "time_unit"), UNITS, COUNT(UNITS));
    return crm_history_base(history, &options, out);
}

static double *numbers(const json *column) {
    double *values = zeroed(column->count, sizeof *values);
    for (size_t index = 0; index < column->count; index++) {
        EXPECT(column->items[index].kind == JSON_NUMBER);
        values[index] = column->items[index].number;
    }
    return values;
}

static crm_status fit(const json *test, const crm_base *base, crm_rfm_model **out) {
    const char *const binnings[] = {"mid_rank", "quantiles", "bounds"}, *const sides[] = {"left", "right"};
    const char *const nestings[] = {"independent", "nested"}, *const frequencies[] = {"orders", "purchase_days"};
    const char *const monetaries[] = {"net_amount", "mean_per_order", "mean_per_purchase_day"};
    const json *given = need(test, "rfm"), *bounds = json_get(given, "bounds"), *closed = json_get(given, "closed");
    const json *weights = need(given, "weights"), *frequency = need(given, "frequency");
    double *lists[3] = {NULL, NULL, NULL};
    crm_rfm_options options;
    EXPECT(crm_rfm_options_init(&options, sizeof options) == CRM_STATUS_OK);
    options.binning = code_of(need(given, "binning"), binnings, COUNT(binnings));
    options.bins = (int32_t)need(given, "bins")->integer;
    options.nesting = code_of(need(given, "nesting"), nestings, COUNT(nestings));
    options.monetary = code_of(need(given, "monetary"), monetaries, COUNT(monetaries));
    if (closed != NULL && closed->kind != JSON_NULL) options.closed = code_of(closed, sides, COUNT(sides));
    const char *per = "orders_per_";
    if (frequency->kind == JSON_TEXT && strncmp(frequency->text, per, strlen(per)) == 0) {
        json unit = {.kind = JSON_TEXT, .text = frequency->text + strlen(per)};
        options.frequency = CRM_FREQUENCY_ORDERS_PER;
        options.frequency_unit = code_of(&unit, UNITS, COUNT(UNITS));
    } else {
        options.frequency = code_of(frequency, frequencies, COUNT(frequencies));
    }
    if (bounds != NULL && bounds->kind != JSON_NULL) {
        options.recency_bounds = lists[0] = numbers(need(bounds, "recency_days"));
        options.recency_bound_count = need(bounds, "recency_days")->count;
        options.frequency_bounds = lists[1] = numbers(need(bounds, "frequency"));
        options.frequency_bound_count = need(bounds, "frequency")->count;
        options.monetary_bounds = lists[2] = numbers(need(bounds, "monetary"));
        options.monetary_bound_count = need(bounds, "monetary")->count;
    }
    EXPECT(weights->count == 3);
    options.recency_weight = weights->items[0].number;
    options.frequency_weight = weights->items[1].number;
    options.monetary_weight = weights->items[2].number;
    crm_status status = crm_rfm_model_fit(base, &options, out);
    for (size_t index = 0; index < 3; index++) free(lists[index]);
    return status;
}

static void check_ids(const crm_base *base, const json *expected) {
    int32_t kind;
    EXPECT(crm_base_id_kind(base, &kind) == CRM_STATUS_OK);
    int64_t *ids = zeroed(expected->count, sizeof *ids);
    if (kind == CRM_ID_KIND_INTEGER) EXPECT(crm_base_ids_int64(base, ids, expected->count) == CRM_STATUS_OK);
    for (size_t row = 0; row < expected->count; row++) {
        const char *text;
        size_t length;
        if (kind == CRM_ID_KIND_INTEGER) {
            EXPECT(expected->items[row].is_integer && expected->items[row].integer == ids[row]);
            continue;
        }
        EXPECT(crm_base_id_text(base, row, &text, &length) == CRM_STATUS_OK);
        EXPECT(expected->items[row].kind == JSON_TEXT && strlen(expected->items[row].text) == length);
        EXPECT(memcmp(expected->items[row].text, text, length) == 0);
    }
    free(ids);
}

static void check_column(const char *name, const json *expected, const double *values) {
    for (size_t row = 0; row < expected->count; row++) {
        /* Equal to the last bit: the expected numbers are the nearest doubles of exact results. */
        if (expected->items[row].kind != JSON_NUMBER || expected->items[row].number != values[row]) {
            fprintf(stderr, "%s: %s of row %zu is %.17g, not %.17g\n", NAME, name, row, values[row],
                    expected->items[row].number);
            exit(1);
        }
    }
}

static void check_results(const json *expected, const crm_base *base, const crm_rfm_scores *scores) {
    size_t customers = need(expected, "customer_id")->count;
    EXPECT(crm_base_length(base) == customers && crm_rfm_scores_length(scores) == customers);
    check_ids(base, need(expected, "customer_id"));
    const struct {
        const char *name;
        int32_t column;
    } columns[] = {{"orders", CRM_BASE_COLUMN_ORDERS},
                   {"purchase_days", CRM_BASE_COLUMN_PURCHASE_DAYS},
                   {"net_amount", CRM_BASE_COLUMN_NET_AMOUNT},
                   {"time_since_last_purchase", CRM_BASE_COLUMN_TIME_SINCE_LAST_PURCHASE}};
    const char *const dimensions[] = {"recency", "frequency", "monetary"};
    double *values = zeroed(customers, sizeof *values);
    uint8_t *column = zeroed(customers, 1);
    for (size_t index = 0; index < COUNT(columns); index++) {
        EXPECT(need(expected, columns[index].name)->count == customers);
        EXPECT(crm_base_column_double(base, columns[index].column, values, customers) == CRM_STATUS_OK);
        check_column(columns[index].name, need(expected, columns[index].name), values);
    }
    for (int32_t dimension = 0; dimension < 3; dimension++) {
        EXPECT(need(expected, dimensions[dimension])->count == customers);
        EXPECT(crm_rfm_scores_column(scores, dimension, column, customers) == CRM_STATUS_OK);
        for (size_t row = 0; row < customers; row++) values[row] = column[row];
        check_column(dimensions[dimension], need(expected, dimensions[dimension]), values);
    }
    EXPECT(need(expected, "composite")->count == customers);
    EXPECT(crm_rfm_scores_composite(scores, values, customers) == CRM_STATUS_OK);
    check_column("composite", need(expected, "composite"), values);
    const json *segment = need(expected, "segment");
    if (segment->kind == JSON_ARRAY) {
        crm_segment_map *map = NULL;
        crm_segments *segments = NULL;
        EXPECT(crm_segment_map_standard(&map) == CRM_STATUS_OK);
        EXPECT(crm_segment_map_assign(map, scores, &segments) == CRM_STATUS_OK);
        EXPECT(segment->count == customers && crm_segments_codes(segments, column, customers) == CRM_STATUS_OK);
        for (size_t row = 0; row < customers; row++)
            EXPECT(strcmp(crm_segments_name(segments, column[row]), segment->items[row].text) == 0);
        crm_segments_free(segments);
        crm_segment_map_free(map);
    }
    free(column);
    free(values);
}

static void check_error(const json *expected, crm_status status) {
    const json *row = need(expected, "row"), *argument = need(expected, "argument");
    EXPECT(status == need(expected, "kind_code")->integer);
    EXPECT(strcmp(crm_last_error_argument(), argument->kind == JSON_TEXT ? argument->text : "") == 0);
    EXPECT(crm_last_error_row() == (row->kind == JSON_NULL ? -1 : row->integer));
    EXPECT(crm_last_error_message()[0] != '\0');
}

static void run(const char *path) {
    json test = json_read(path);
    NAME = need(&test, "name")->text;
    crm_history *history = NULL;
    crm_base *base = NULL;
    crm_rfm_model *model = NULL;
    crm_rfm_scores *scores = NULL;
    crm_status status = ingest(&test, &history);
    if (status == CRM_STATUS_OK) status = describe(&test, history, &base);
    if (status == CRM_STATUS_OK) status = fit(&test, base, &model);
    if (status == CRM_STATUS_OK) status = crm_rfm_model_score(model, base, &scores);
    const json *expected = json_get(&test, "expected");
    if (expected != NULL) {
        EXPECT(status == CRM_STATUS_OK);
        check_results(expected, base, scores);
    } else {
        check_error(need(&test, "expected_error"), status);
    }
    crm_rfm_scores_free(scores);
    crm_rfm_model_free(model);
    crm_base_free(base);
    crm_history_free(history);
    json_free(&test);
}

int main(int count, char **arguments) {
    for (int index = 1; index < count; index++) run(arguments[index]);
    if (count > 1) return 0;
    const char *folder = "tests/cases/rfm";
    DIR *listing = opendir(folder);
    if (listing == NULL) {
        perror(folder);
        return 1;
    }
    int cases = 0;
    for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
        size_t length = strlen(entry->d_name);
        if (length < 5 || strcmp(entry->d_name + length - 5, ".json") != 0) continue;
        char path[1024];
        CHECK(snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path);
        run(path);
        cases++;
    }
    closedir(listing);
    CHECK(cases > 0);
    return 0;
}
