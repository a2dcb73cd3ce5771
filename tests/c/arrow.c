/* Tables in and out over the Arrow C stream interface, with streams written by hand. */
#include "check.h"

/* A producer: one schema, some batches, and counters of what was released. */
typedef struct {
    int columns, batches, next, fails_with, schema_fails;
    const char *const *formats, *const *names;
    int64_t lengths[4];
    const void *values[4][4];
    const void *offsets[4][4];
    const uint8_t *validity[4][4];
    int64_t null_counts[4][4];
    const char *error;
} source;

static int SCHEMAS, ARRAYS, STREAMS;

static void release_schema(struct ArrowSchema *schema) {
    for (int64_t index = 0; index < schema->n_children; index++) {
        if (schema->children[index]->release != NULL) schema->children[index]->release(schema->children[index]);
        free(schema->children[index]);
    }
    free(schema->children);
    schema->release = NULL;
    SCHEMAS--;
}

static void release_array(struct ArrowArray *array) {
    for (int64_t index = 0; index < array->n_children; index++) {
        if (array->children[index]->release != NULL) array->children[index]->release(array->children[index]);
        free(array->children[index]);
    }
    free(array->children);
    free((void *)array->buffers);
    array->release = NULL;
    ARRAYS--;
}

static void *allocated(size_t size) {
    void *memory = calloc(1, size);
    CHECK(memory != NULL);
    return memory;
}

static void make_schema(struct ArrowSchema *schema, const char *format, const char *name) {
    memset(schema, 0, sizeof *schema);
    schema->format = format;
    schema->name = name;
    schema->flags = ARROW_FLAG_NULLABLE;
    schema->release = release_schema;
    SCHEMAS++;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    source *from = stream->private_data;
    if (from->schema_fails) return 5;
    make_schema(out, "+s", "");
    out->n_children = from->columns;
    out->children = allocated((size_t)from->columns * sizeof *out->children);
    for (int column = 0; column < from->columns; column++) {
        out->children[column] = allocated(sizeof **out->children);
        make_schema(out->children[column], from->formats[column], from->names[column]);
    }
    return 0;
}

static void make_array(struct ArrowArray *array, int64_t length, int64_t buffers) {
    memset(array, 0, sizeof *array);
    array->length = length;
    array->n_buffers = buffers;
    array->buffers = allocated((size_t)buffers * sizeof *array->buffers);
    array->release = release_array;
    ARRAYS++;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    source *from = stream->private_data;
    memset(out, 0, sizeof *out);
    if (from->next == from->batches) return from->fails_with;
    int batch = from->next++;
    make_array(out, from->lengths[batch], 1);
    out->n_children = from->columns;
    out->children = allocated((size_t)from->columns * sizeof *out->children);
    for (int column = 0; column < from->columns; column++) {
        struct ArrowArray *child = out->children[column] = allocated(sizeof *child);
        int is_text = from->formats[column][0] == 'u';
        make_array(child, from->lengths[batch], is_text ? 3 : 2);
        child->null_count = from->null_counts[batch][column];
        child->buffers[0] = from->validity[batch][column];
        child->buffers[1] = is_text ? from->offsets[batch][column] : from->values[batch][column];
        if (is_text) child->buffers[2] = from->values[batch][column];
    }
    return 0;
}

static const char *get_last_error(struct ArrowArrayStream *stream) {
    return ((source *)stream->private_data)->error;
}

static void release_stream(struct ArrowArrayStream *stream) {
    stream->release = NULL;
    STREAMS--;
}

static struct ArrowArrayStream stream_of(source *from) {
    STREAMS++;
    from->next = 0;
    struct ArrowArrayStream stream = {get_schema, get_next, get_last_error, release_stream, from};
    return stream;
}

static const char *const NAMES[] = {"customer_id", "time", "amount"};
static const char *const FORMATS[] = {"l", "tdD", "g"};

/* The log of check.h in two batches. */
static source log_source(void) {
    source from;
    memset(&from, 0, sizeof from);
    from.columns = 3;
    from.batches = 2;
    from.formats = FORMATS;
    from.names = NAMES;
    const size_t starts[] = {0, 3};
    for (int batch = 0; batch < 2; batch++) {
        from.lengths[batch] = batch == 0 ? 3 : LOG_ROWS - 3;
        from.values[batch][0] = LOG_IDS + starts[batch];
        from.values[batch][1] = LOG_DAYS + starts[batch];
        from.values[batch][2] = LOG_AMOUNTS + starts[batch];
    }
    return from;
}

static crm_status read_with(source *from, const crm_columns *columns, const crm_ingest_options *options,
                            crm_progress progress, void *user, crm_history **out) {
    struct ArrowArrayStream stream = stream_of(from);
    *out = (crm_history *)from;
    crm_status status = crm_history_from_arrow_stream(&stream, columns, options, progress, user, out);
    CHECK(stream.release == NULL && SCHEMAS == 0 && ARRAYS == 0 && STREAMS == 0);
    CHECK((status == CRM_STATUS_OK) == (*out != NULL));
    return status;
}

static crm_status status_with(source *from, const crm_columns *columns, const crm_ingest_options *options) {
    crm_history *history;
    crm_status status = read_with(from, columns, options, NULL, NULL, &history);
    if (status == CRM_STATUS_OK) crm_history_free(history);
    return status;
}

static int count_calls(uint64_t rows, uint64_t total, void *user) {
    CHECK(total == 0);
    *(uint64_t *)user = rows;
    return 0;
}

static int stop_at_once(uint64_t rows, uint64_t total, void *user) {
    (void)total;
    ++*(int *)user;
    return rows > 0;
}

static void a_stream_is_read_and_released(void) {
    source from = log_source();
    crm_history *history, *expected = log_history();
    uint64_t seen = 0;
    OK(read_with(&from, NULL, NULL, count_calls, &seen, &history));
    CHECK(same_history(history, expected) && seen == LOG_ROWS);
    crm_history_free(history);
    int calls = 0;
    FAILS(read_with(&from, NULL, NULL, stop_at_once, &calls, &history), CRM_STATUS_INTERRUPTED, "");
    CHECK(calls == 1);
    crm_history_free(expected);

    /* Read only once. */
    struct ArrowArrayStream stream = stream_of(&from);
    OK(crm_history_from_arrow_stream(&stream, NULL, NULL, NULL, NULL, &history));
    crm_history_free(history);
    FAILS(crm_history_from_arrow_stream(&stream, NULL, NULL, NULL, NULL, &history), CRM_STATUS_INVALID_ARGUMENT,
          "stream");
    memset(&stream, 0, sizeof stream);
    FAILS(crm_history_from_arrow_stream(&stream, NULL, NULL, NULL, NULL, &history), CRM_STATUS_INVALID_ARGUMENT,
          "stream");
    stream = stream_of(&from);
    stream.get_next = NULL;
    FAILS(crm_history_from_arrow_stream(&stream, NULL, NULL, NULL, NULL, &history), CRM_STATUS_INVALID_ARGUMENT,
          "stream");
    CHECK(stream.release == NULL && STREAMS == 0);
    /* Released, too, when something else is wrong. */
    stream = stream_of(&from);
    FAILS(crm_history_from_arrow_stream(&stream, NULL, NULL, NULL, NULL, NULL), CRM_STATUS_NULL_POINTER, "out");
    CHECK(stream.release == NULL && STREAMS == 0);
}

static void text_scaled_and_missing_values(void) {
    static const char text[] = "ann李雷ann\xff\xfe";
    static const int32_t offsets[] = {0, 3, 9, 9, 12, 14};
    static const int64_t times[] = {86400, 86401, 172800, 172801, 5};
    static const int32_t cents[] = {1999, 250, 100, 1, 5};
    static const uint8_t three[] = {0x1b}; /* the third is null */
    static const char *const formats[] = {"u", "tss:", "i"}, *const names[] = {"käufer", "when", "cents"};
    source from;
    memset(&from, 0, sizeof from);
    from.columns = 3;
    from.batches = 1;
    from.formats = formats;
    from.names = names;
    from.lengths[0] = 4;
    from.values[0][0] = text;
    from.offsets[0][0] = offsets;
    from.validity[0][0] = three;
    from.null_counts[0][0] = 1;
    from.values[0][1] = times;
    from.values[0][2] = cents;
    crm_columns columns;
    OK(crm_columns_init(&columns, sizeof columns));
    columns.customer_id = "käufer";
    columns.time = "when";
    columns.amount = "cents";
    columns.amount_scale = 2;
    crm_history *history;
    OK(read_with(&from, &columns, NULL, NULL, NULL, &history));
    crm_row_total guests;
    OK(crm_history_excluded(history, CRM_EXCLUSION_MISSING_ID, &guests));
    CHECK(guests.rows == 1 && guests.amount.low == 1000000);
    crm_base *base = base_of(history, 2);
    double amounts[2];
    OK(crm_base_column_double(base, CRM_BASE_COLUMN_NET_AMOUNT, amounts, 2));
    CHECK(amounts[0] == 20.0 && amounts[1] == 2.5);
    crm_base_free(base);
    crm_history_free(history);

    crm_ingest_options strict;
    OK(crm_ingest_options_init(&strict, sizeof strict));
    strict.missing_id = CRM_POLICY_RAISE;
    FAILS(status_with(&from, &columns, &strict), CRM_STATUS_MISSING_VALUE, "customer_id");
    CHECK(crm_last_error_row() == 2);
    from.lengths[0] = 5;
    FAILS(status_with(&from, &columns, NULL), CRM_STATUS_NOT_UTF8, "customer_id");
    CHECK(crm_last_error_row() == 4);
    columns.amount_scale = 200;
    FAILS(status_with(&from, &columns, NULL), CRM_STATUS_INVALID_ARGUMENT, "amount_scale");
    columns.amount_scale = 2;
    columns.amount = "money";
    FAILS(status_with(&from, &columns, NULL), CRM_STATUS_MISSING_COLUMN, "amount");
    columns.amount = NULL;
    from.lengths[0] = 4;
    CHECK(status_with(&from, &columns, NULL) == CRM_STATUS_OK);
    columns.order_id = "käufer";
    CHECK(status_with(&from, &columns, NULL) == CRM_STATUS_OK);
    columns.order_id = "order";
    FAILS(status_with(&from, &columns, NULL), CRM_STATUS_MISSING_COLUMN, "order_id");
    columns.customer_id = NULL;
    FAILS(status_with(&from, &columns, NULL), CRM_STATUS_NULL_POINTER, "columns.customer_id");
    columns.customer_id = "\xff";
    FAILS(status_with(&from, &columns, NULL), CRM_STATUS_NOT_UTF8, "columns.customer_id");
    columns.reserved = 1;
    FAILS(status_with(&from, &columns, NULL), CRM_STATUS_INVALID_ARGUMENT, "reserved");
}

static void producers_that_fail(void) {
    source from = log_source();
    from.fails_with = 22;
    from.error = "the disk is on fire";
    FAILS(status_with(&from, NULL, NULL), CRM_STATUS_IO, "stream");
    CHECK(strstr(crm_last_error_message(), "the disk is on fire") != NULL);
    from.error = NULL;
    FAILS(status_with(&from, NULL, NULL), CRM_STATUS_IO, "stream");
    CHECK(strstr(crm_last_error_message(), "22") != NULL);
    from = log_source();
    from.schema_fails = 1;
    FAILS(status_with(&from, NULL, NULL), CRM_STATUS_IO, "stream");

    static const char *const no_format[] = {"l", "?", "g"}, *const truth[] = {"l", "tdD", "b"};
    from = log_source();
    from.formats = no_format;
    FAILS(status_with(&from, NULL, NULL), CRM_STATUS_WRONG_TYPE, "stream");
    from.formats = truth;
    FAILS(status_with(&from, NULL, NULL), CRM_STATUS_WRONG_TYPE, "amount");
    from = log_source();
    double amounts[] = {1.0, NAN, 2.0};
    from.values[0][2] = amounts;
    FAILS(status_with(&from, NULL, NULL), CRM_STATUS_INVALID_VALUE, "amount");
    CHECK(crm_last_error_row() == 1);
    from = log_source();
    from.batches = 0;
    crm_history *history;
    OK(read_with(&from, NULL, NULL, NULL, NULL, &history));
    CHECK(crm_history_customers(history) == 0);
    crm_history_free(history);
}

static void check_table(struct ArrowArrayStream *stream, const char *const *names, const char *const *formats,
                        int64_t columns, int64_t rows, struct ArrowArray *table) {
    struct ArrowSchema schema;
    CHECK(stream->release != NULL && stream->get_schema(stream, &schema) == 0);
    CHECK(strcmp(schema.format, "+s") == 0 && schema.n_children == columns);
    for (int64_t index = 0; index < columns; index++) {
        CHECK(strcmp(schema.children[index]->name, names[index]) == 0);
        CHECK(strcmp(schema.children[index]->format, formats[index]) == 0);
    }
    schema.release(&schema);
    CHECK(stream->get_next(stream, table) == 0 && table->release != NULL);
    CHECK(table->length == rows && table->n_children == columns);
    struct ArrowArray end;
    CHECK(stream->get_next(stream, &end) == 0 && end.release == NULL);
    stream->release(stream);
    CHECK(stream->release == NULL);
}

static void tables_go_out(void) {
    crm_history *history = log_history();
    crm_base *base = base_of(history, 19710);
    crm_rfm_model *model = NULL;
    crm_rfm_scores *scores = NULL;
    crm_segment_map *map = NULL;
    crm_segments *segments = NULL;
    crm_segment_summary *summary = NULL;
    OK(crm_rfm_model_fit(base, NULL, &model));
    OK(crm_rfm_model_score(model, base, &scores));
    OK(crm_segment_map_standard(&map));
    OK(crm_segment_map_assign(map, scores, &segments));
    OK(crm_segment_summary_new(base, segments, &summary));
    static const char *const names[] = {"customer_id", "first_purchase", "last_purchase", "orders", "purchase_days",
                                        "purchase_amount", "return_amount", "net_amount", "time_since_last_purchase",
                                        "repeat_purchases", "last_purchase_age", "age", "mean_repeat_amount",
                                        "recency_score", "frequency_score", "monetary_score", "rfm_score", "segment"};
    static const char *const formats[] = {"l", "tdD", "tdD", "l", "l", "g", "g", "g", "g", "l", "g", "g", "g",
                                          "c", "c", "c", "g", "u"};
    struct ArrowArrayStream stream;
    struct ArrowArray table;
    OK(crm_base_to_arrow_stream(base, &stream));
    check_table(&stream, names, formats, 13, 3, &table);
    const int64_t *ids = table.children[0]->buffers[1];
    const double *amounts = table.children[7]->buffers[1];
    CHECK(ids[0] == 3 && ids[2] == 7 && amounts[0] == 51.5 && amounts[2] == 12.5);
    table.release(&table);

    OK(crm_customers_to_arrow_stream(base, scores, segments, &stream));
    /* The stream does not depend on what it was made of. */
    crm_segments_free(segments);
    crm_rfm_scores_free(scores);
    crm_base_free(base);
    check_table(&stream, names, formats, 18, 3, &table);
    const int8_t *recency = table.children[13]->buffers[1];
    CHECK(recency[1] < recency[0] && recency[0] == recency[2]);
    table.release(&table);

    static const char *const account[] = {"what", "rows", "amount"}, *const account_formats[] = {"u", "l", "g"};
    OK(crm_history_account_to_arrow_stream(history, &stream));
    check_table(&stream, account, account_formats, 3, 11, &table);
    const int64_t *counts = table.children[1]->buffers[1];
    CHECK(counts[0] == 8 && counts[1] == 6 && counts[2] == 2);
    table.release(&table);

    static const char *const rows[] = {"segment", "customers", "customer_share", "net_amount", "amount_share",
                                       "mean_days_since_last_purchase", "mean_orders", "mean_net_amount"};
    static const char *const row_formats[] = {"u", "l", "g", "g", "g", "g", "g", "g"};
    OK(crm_segment_summary_to_arrow_stream(summary, &stream));
    check_table(&stream, rows, row_formats, 8, 10, &table);
    CHECK(table.children[6]->null_count > 0);
    table.release(&table);
    crm_segment_summary_free(summary);

    base = base_of(history, 19710);
    crm_base *earlier = base_of(history, 19700);
    crm_segments *before = NULL;
    crm_migration *migration = NULL;
    OK(crm_rfm_model_score(model, base, &scores));
    OK(crm_segment_map_assign(map, scores, &segments));
    crm_rfm_scores_free(scores);
    OK(crm_rfm_model_score(model, earlier, &scores));
    OK(crm_segment_map_assign(map, scores, &before));
    OK(crm_migration_new(earlier, before, base, segments, &migration));
    static const char *const moves[] = {"from", "to", "customers"}, *const move_formats[] = {"u", "u", "l"};
    OK(crm_migration_to_arrow_stream(migration, &stream));
    check_table(&stream, moves, move_formats, 3, 121, &table);
    CHECK(table.children[0]->null_count == 11 && table.children[1]->null_count == 11);
    table.release(&table);
    crm_migration_free(migration);
    crm_segments_free(before);
    crm_segments_free(segments);
    crm_rfm_scores_free(scores);
    crm_base_free(earlier);
    crm_base_free(base);
    crm_segment_map_free(map);
    crm_rfm_model_free(model);
    crm_history_free(history);
}

int main(void) {
    a_stream_is_read_and_released();
    text_scaled_and_missing_values();
    producers_that_fail();
    tables_go_out();
    return 0;
}
