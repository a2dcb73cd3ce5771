/* What the tests of loyalty share: events of a points programme from the shared cases. */
#ifndef CRM_TESTS_LOYALTY_H
#define CRM_TESTS_LOYALTY_H

#include "check.h"
#include "json.h"

static const int64_t DAY = 86400000000;

static inline void *room(size_t count, size_t size) {
    void *found = calloc(count + 1, size);
    CHECK(found != NULL);
    return found;
}

static inline const json *member(const json *object, const char *key) {
    const json *found = json_get(object, key);
    CHECK(found != NULL);
    return found;
}

/* A column of integers, and which rows have one. */
static inline int64_t *integers(const json *column, uint8_t *valid) {
    int64_t *values = room(column->count, sizeof *values);
    for (size_t row = 0; row < column->count; row++) {
        const json *value = &column->items[row];
        values[row] = value->kind == JSON_NUMBER ? value->integer : 0;
        if (valid != NULL) valid[row] = value->kind == JSON_NUMBER;
    }
    return values;
}

static inline int32_t *days_of(const json *column) {
    int32_t *days = room(column->count, sizeof *days);
    for (size_t row = 0; row < column->count; row++) days[row] = (int32_t)column->items[row].integer;
    return days;
}

static inline const char **texts(const json *column) {
    const char **values = room(column->count, sizeof *values);
    for (size_t row = 0; row < column->count; row++)
        values[row] = column->items[row].kind == JSON_TEXT ? column->items[row].text : NULL;
    return values;
}

static inline int32_t code(const char *const *names, size_t count, const char *name) {
    for (size_t place = 0; place < count; place++)
        if (strcmp(names[place], name) == 0) return (int32_t)place;
    CHECK(!"a known name");
    return -1;
}

/* Days since 1970-01-01 of an ISO date (Howard Hinnant's civil calendar). */
static inline int32_t day_of(const char *text) {
    int year, month, day;
    CHECK(sscanf(text, "%d-%d-%d", &year, &month, &day) == 3);
    year -= month <= 2;
    const int era = year / 400, of_era = year - era * 400;
    const int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* Events of a shared case; amounts are in hundredths. */
typedef struct {
    crm_points_events batch;
    void *columns[16];
    size_t count;
} event_columns;

static inline void *kept(event_columns *events, void *column) {
    CHECK(events->count < COUNT(events->columns));
    return events->columns[events->count++] = column;
}

static inline event_columns read_events(const json *given) {
    static const char *const kinds[] = {"join",           "purchase", "bonus",    "redeem", "refund", "cancel_redemption",
                                        "cancel_accrual", "extend",   "set_tier", "merge",  "unmerge"};
    event_columns events;
    memset(&events, 0, sizeof events);
    crm_points_events *batch = &events.batch;
    batch->struct_size = sizeof *batch;
    const size_t rows = batch->length = member(given, "day")->count;
    batch->customer_id_text = kept(&events, texts(member(given, "customer_id")));
    batch->event_id_int64 = kept(&events, integers(member(given, "event_id"), NULL));
    batch->time_days = kept(&events, days_of(member(given, "day")));
    int32_t *codes = kept(&events, room(rows, sizeof *codes));
    for (size_t row = 0; row < rows; row++) codes[row] = code(kinds, COUNT(kinds), member(given, "kind")->items[row].text);
    batch->kinds = codes;
    uint8_t *valid = kept(&events, room(rows, 1));
    batch->points = kept(&events, integers(member(given, "points"), valid)), batch->points_valid = valid;
    valid = kept(&events, room(rows, 1));
    batch->amount_int64 = kept(&events, integers(member(given, "amount"), valid)), batch->amount_valid = valid;
    batch->amount_scale = 2;
    valid = kept(&events, room(rows, 1));
    batch->reference_int64 = kept(&events, integers(member(given, "reference"), valid)), batch->reference_valid = valid;
    batch->category = kept(&events, texts(member(given, "category")));
    batch->tier = kept(&events, texts(member(given, "tier")));
    batch->other_id_text = kept(&events, texts(member(given, "other_id")));
    return events;
}

static inline void free_events(event_columns *events) {
    while (events->count > 0) free(events->columns[--events->count]);
}

/* The text of an object: only rules are written again. */
static inline void write_json(const json *value, char **text, size_t *length, size_t *size) {
    char number[64];
    const char *plain = NULL;
    switch (value->kind) {
    case JSON_NULL: plain = "null"; break;
    case JSON_FALSE: plain = "false"; break;
    case JSON_TRUE: plain = "true"; break;
    case JSON_NUMBER:
        CHECK(value->is_integer);
        snprintf(number, sizeof number, "%lld", (long long)value->integer);
        plain = number;
        break;
    default: break;
    }
    const size_t needed = *length + 80 + (value->kind == JSON_TEXT ? strlen(value->text) : 0);
    if (needed > *size) {
        *size = needed * 2;
        *text = realloc(*text, *size);
        CHECK(*text != NULL);
    }
    if (plain != NULL) {
        *length += (size_t)snprintf(*text + *length, *size - *length, "%s", plain);
    } else if (value->kind == JSON_TEXT) {
        *length += (size_t)snprintf(*text + *length, *size - *length, "\"%s\"", value->text);
    } else {
        const int is_object = value->kind == JSON_OBJECT;
        (*text)[(*length)++] = is_object ? '{' : '[';
        for (size_t item = 0; item < value->count; item++) {
            if (item > 0) (*text)[(*length)++] = ',';
            if (is_object) *length += (size_t)snprintf(*text + *length, *size - *length, "\"%s\":", value->keys[item]);
            write_json(&value->items[item], text, length, size);
        }
        (*text)[(*length)++] = is_object ? '}' : ']';
        (*text)[*length] = '\0';
    }
}

/* A programme from the rules of a shared case. */
static inline crm_loyalty_program *program_of(const json *rules) {
    char *text = NULL;
    size_t length = 0, size = 0;
    write_json(rules, &text, &length, &size);
    crm_loyalty_program *program = NULL;
    OK(crm_loyalty_program_from_json(text, &program));
    free(text);
    return program;
}

#endif
