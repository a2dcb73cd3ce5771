/* NULL and handles of the wrong type, for every function that takes a handle. */
#include "check.h"

/* Sizes of structs that no version has. */
static void sizes_are_checked(void) {
    crm_history *history = log_history(), *out = NULL;
    crm_base *base = NULL;
    crm_rfm_model *model = NULL;
    const size_t bad[] = {0, 1, 7, 4096, SIZE_MAX, SIZE_MAX - 7};
    for (size_t index = 0; index < COUNT(bad); index++) {
        crm_ingest_options ingest;
        crm_columns columns;
        crm_csv_options csv;
        crm_base_options as_of;
        crm_rfm_options rfm;
        FAILS(crm_ingest_options_init(&ingest, bad[index]), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        FAILS(crm_columns_init(&columns, bad[index]), CRM_STATUS_INVALID_ARGUMENT, "columns.struct_size");
        FAILS(crm_csv_options_init(&csv, bad[index]), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        FAILS(crm_base_options_init(&as_of, bad[index], 0), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        FAILS(crm_rfm_options_init(&rfm, bad[index]), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        OK(crm_ingest_options_init(&ingest, sizeof ingest));
        OK(crm_columns_init(&columns, sizeof columns));
        OK(crm_csv_options_init(&csv, sizeof csv));
        OK(crm_base_options_init(&as_of, sizeof as_of, 19700));
        OK(crm_rfm_options_init(&rfm, sizeof rfm));
        OK(crm_history_base(history, &as_of, &base));
        ingest.struct_size = columns.struct_size = csv.struct_size = as_of.struct_size = rfm.struct_size = bad[index];
        crm_transactions batch = log_batch();
        FAILS(crm_history_from_arrays(&batch, &ingest, &out), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        batch.struct_size = bad[index];
        FAILS(crm_history_from_arrays(&batch, NULL, &out), CRM_STATUS_INVALID_ARGUMENT, "transactions.struct_size");
        FAILS(crm_history_from_csv("none.csv", &columns, NULL, NULL, NULL, NULL, &out), CRM_STATUS_INVALID_ARGUMENT,
              "columns.struct_size");
        FAILS(crm_history_from_csv("none.csv", NULL, &csv, NULL, NULL, NULL, &out), CRM_STATUS_INVALID_ARGUMENT,
              "csv.struct_size");
        FAILS(crm_rfm_model_fit(base, &rfm, &model), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        crm_base_free(base);
        FAILS(crm_history_base(history, &as_of, &base), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
        CHECK(out == NULL && base == NULL && model == NULL);
    }
    crm_history_free(history);
}

/* What a program sees that was compiled against another version of the header. */
static void other_versions_fit(void) {
    struct {
        crm_base_options options;
        uint64_t later;
    } newer;
    crm_history *history = log_history();
    crm_base *base = NULL;
    OK(crm_base_options_init(&newer.options, sizeof newer, 19700));
    CHECK(newer.options.struct_size == sizeof newer && newer.later == 0);
    OK(crm_history_base(history, &newer.options, &base));
    crm_base_free(base);
    newer.later = 1;
    FAILS(crm_history_base(history, &newer.options, &base), CRM_STATUS_INCOMPATIBLE, "options");
    crm_base_options older;
    memset(&older, 0x7f, sizeof older);
    OK(crm_base_options_init(&older, offsetof(crm_base_options, rows_after), 19700));
    CHECK(older.struct_size == offsetof(crm_base_options, rows_after) && older.rows_after == 0x7f7f7f7f);
    OK(crm_history_base(history, &older, &base));
    crm_base_free(base);
    crm_history_free(history);
}

static void *POINTERS[2];

/* Every function on NULL, then on a handle of another type. */
static void every_function(void *wrong, crm_status expected) {
#define WRONG(type) ((type *)wrong)
    char place[1024];
    void *out = place;
    memset(place, 0, sizeof place);
    crm_row_account account = {.struct_size = sizeof account};
    crm_base_left_out left_out = {.struct_size = sizeof left_out};
    crm_segment_row row = {.struct_size = sizeof row};
    crm_base_options as_of;
    crm_transactions batch = log_batch();
    crm_history *history = log_history();
    crm_base *base = base_of(history, 19701);
    crm_rfm_model *model = NULL;
    crm_rfm_scores *scores = NULL;
    crm_segment_map *map = NULL;
    crm_segments *segments = NULL;
    OK(crm_rfm_model_fit(base, NULL, &model));
    OK(crm_rfm_model_score(model, base, &scores));
    OK(crm_segment_map_standard(&map));
    OK(crm_segment_map_assign(map, scores, &segments));
    OK(crm_base_options_init(&as_of, sizeof as_of, 19700));
    struct ArrowArrayStream stream;

#define GIVES_HANDLE(call, argument)                                                                                   \
    do {                                                                                                               \
        void *handle_ = POINTERS;                                                                                      \
        void **made = &handle_;                                                                                        \
        FAILS(call, expected, argument);                                                                               \
        CHECK(handle_ == NULL);                                                                                        \
    } while (0)
#define GIVES_STREAM(call, argument)                                                                                   \
    do {                                                                                                               \
        memset(&stream, 0xee, sizeof stream);                                                                          \
        FAILS(call, expected, argument);                                                                               \
        CHECK(stream.release == NULL);                                                                                 \
    } while (0)
#define ANSWERS(call, absent, argument)                                                                                \
    do {                                                                                                               \
        OK(crm_day_from_ymd(2024, 1, 1, out));                                                                         \
        CHECK((call) == (absent) && strcmp(crm_last_error_argument(), argument) == 0);                                 \
        CHECK(crm_last_error_message()[0] != '\0');                                                                    \
    } while (0)

    ANSWERS(crm_bytes_data(WRONG(crm_bytes)), NULL, "bytes");
    ANSWERS(crm_bytes_text(WRONG(crm_bytes)), NULL, "bytes");
    ANSWERS(crm_bytes_length(WRONG(crm_bytes)), 0, "bytes");

    FAILS(crm_history_builder_push(WRONG(crm_history_builder), &batch), expected, "builder");
    ANSWERS(crm_history_builder_rows(WRONG(crm_history_builder)), 0, "builder");
    GIVES_HANDLE(crm_history_builder_finish(WRONG(crm_history_builder), (crm_history **)made), "builder");

    GIVES_HANDLE(crm_history_merge(WRONG(crm_history), history, (crm_history **)made), "history");
    GIVES_HANDLE(crm_history_merge(history, WRONG(crm_history), (crm_history **)made), "other");
    GIVES_HANDLE(crm_history_to_bytes(WRONG(crm_history), (crm_bytes **)made), "history");
    ANSWERS(crm_history_customers(WRONG(crm_history)), 0, "history");
    ANSWERS(crm_history_purchase_days(WRONG(crm_history)), 0, "history");
    ANSWERS(crm_history_orders(WRONG(crm_history)), 0, "history");
    FAILS(crm_history_first_day(WRONG(crm_history), out), expected, "history");
    FAILS(crm_history_last_day(WRONG(crm_history), out), expected, "history");
    FAILS(crm_history_account(WRONG(crm_history), &account), expected, "history");
    FAILS(crm_history_excluded(WRONG(crm_history), 0, out), expected, "history");
    GIVES_STREAM(crm_history_account_to_arrow_stream(WRONG(crm_history), &stream), "history");
    GIVES_HANDLE(crm_history_base(WRONG(crm_history), &as_of, (crm_base **)made), "history");
    GIVES_HANDLE(crm_history_split(WRONG(crm_history), &as_of, 19701, (crm_split **)made), "history");

    ANSWERS(crm_base_length(WRONG(crm_base)), 0, "base");
    FAILS(crm_base_as_of(WRONG(crm_base), out), expected, "base");
    FAILS(crm_base_data_start(WRONG(crm_base), out), expected, "base");
    FAILS(crm_base_id_kind(WRONG(crm_base), out), expected, "base");
    FAILS(crm_base_ids_int64(WRONG(crm_base), out, 8), expected, "base");
    FAILS(crm_base_id_text(WRONG(crm_base), 0, out, (size_t *)(void *)(place + 8)), expected, "base");
    FAILS(crm_base_column_double(WRONG(crm_base), 0, out, 8), expected, "base");
    FAILS(crm_base_column_int64(WRONG(crm_base), 0, out, 8), expected, "base");
    FAILS(crm_base_total_net_amount(WRONG(crm_base), out), expected, "base");
    FAILS(crm_base_account(WRONG(crm_base), &left_out), expected, "base");
    GIVES_STREAM(crm_base_to_arrow_stream(WRONG(crm_base), &stream), "base");

    GIVES_HANDLE(crm_split_base(WRONG(crm_split), (crm_base **)made), "split");
    ANSWERS(crm_split_length(WRONG(crm_split)), 0, "split");
    FAILS(crm_split_holdout_length(WRONG(crm_split), out), expected, "split");
    FAILS(crm_split_column_double(WRONG(crm_split), 0, out, 8), expected, "split");
    FAILS(crm_split_column_int64(WRONG(crm_split), 0, out, 8), expected, "split");

    GIVES_HANDLE(crm_rfm_model_fit(WRONG(crm_base), NULL, (crm_rfm_model **)made), "base");
    GIVES_HANDLE(crm_rfm_model_score(WRONG(crm_rfm_model), base, (crm_rfm_scores **)made), "model");
    GIVES_HANDLE(crm_rfm_model_score(model, WRONG(crm_base), (crm_rfm_scores **)made), "base");
    GIVES_HANDLE(crm_rfm_model_to_json(WRONG(crm_rfm_model), (crm_bytes **)made), "model");
    ANSWERS(crm_rfm_model_bins(WRONG(crm_rfm_model)), 0, "model");
    ANSWERS(crm_rfm_model_customers(WRONG(crm_rfm_model)), 0, "model");
    FAILS(crm_rfm_model_period(WRONG(crm_rfm_model), out, (int32_t *)(void *)(place + 8)), expected, "model");
    ANSWERS(crm_rfm_model_warning_count(WRONG(crm_rfm_model)), 0, "model");
    ANSWERS(crm_rfm_model_warning(WRONG(crm_rfm_model), 0), NULL, "model");
    FAILS(crm_rfm_model_cuts(WRONG(crm_rfm_model), 0, out, 8), expected, "model");

    ANSWERS(crm_rfm_scores_length(WRONG(crm_rfm_scores)), 0, "scores");
    ANSWERS(crm_rfm_scores_bins(WRONG(crm_rfm_scores)), 0, "scores");
    FAILS(crm_rfm_scores_column(WRONG(crm_rfm_scores), 0, out, 8), expected, "scores");
    FAILS(crm_rfm_scores_composite(WRONG(crm_rfm_scores), out, 8), expected, "scores");

    ANSWERS(crm_segment_map_bins(WRONG(crm_segment_map)), 0, "map");
    ANSWERS(crm_segment_map_name_count(WRONG(crm_segment_map)), 0, "map");
    ANSWERS(crm_segment_map_name(WRONG(crm_segment_map), 0), NULL, "map");
    GIVES_HANDLE(crm_segment_map_assign(WRONG(crm_segment_map), scores, (crm_segments **)made), "map");
    GIVES_HANDLE(crm_segment_map_assign(map, WRONG(crm_rfm_scores), (crm_segments **)made), "scores");
    ANSWERS(crm_segments_length(WRONG(crm_segments)), 0, "segments");
    ANSWERS(crm_segments_name_count(WRONG(crm_segments)), 0, "segments");
    ANSWERS(crm_segments_name(WRONG(crm_segments), 0), NULL, "segments");
    FAILS(crm_segments_codes(WRONG(crm_segments), out, 8), expected, "segments");

    GIVES_HANDLE(crm_segment_summary_new(WRONG(crm_base), segments, (crm_segment_summary **)made), "base");
    GIVES_HANDLE(crm_segment_summary_new(base, WRONG(crm_segments), (crm_segment_summary **)made), "segments");
    ANSWERS(crm_segment_summary_length(WRONG(crm_segment_summary)), 0, "summary");
    FAILS(crm_segment_summary_row(WRONG(crm_segment_summary), 0, &row), expected, "summary");
    GIVES_STREAM(crm_segment_summary_to_arrow_stream(WRONG(crm_segment_summary), &stream), "summary");

    GIVES_HANDLE(crm_migration_new(WRONG(crm_base), segments, base, segments, (crm_migration **)made), "earlier_base");
    GIVES_HANDLE(crm_migration_new(base, WRONG(crm_segments), base, segments, (crm_migration **)made),
                 "earlier_segments");
    GIVES_HANDLE(crm_migration_new(base, segments, WRONG(crm_base), segments, (crm_migration **)made), "later_base");
    GIVES_HANDLE(crm_migration_new(base, segments, base, WRONG(crm_segments), (crm_migration **)made),
                 "later_segments");
    ANSWERS(crm_migration_row_count(WRONG(crm_migration)), 0, "migration");
    ANSWERS(crm_migration_column_count(WRONG(crm_migration)), 0, "migration");
    ANSWERS(crm_migration_row_name(WRONG(crm_migration), 0), NULL, "migration");
    ANSWERS(crm_migration_column_name(WRONG(crm_migration), 0), NULL, "migration");
    FAILS(crm_migration_counts(WRONG(crm_migration), out, 8), expected, "migration");
    GIVES_STREAM(crm_migration_to_arrow_stream(WRONG(crm_migration), &stream), "migration");

    GIVES_STREAM(crm_customers_to_arrow_stream(WRONG(crm_base), scores, segments, &stream), "base");
    GIVES_STREAM(crm_customers_to_arrow_stream(base, WRONG(crm_rfm_scores), segments, &stream), "scores");
    GIVES_STREAM(crm_customers_to_arrow_stream(base, scores, WRONG(crm_segments), &stream), "segments");
    FAILS(crm_customers_write_csv(WRONG(crm_base), scores, segments, "never"), expected, "base");
    FAILS(crm_customers_write_csv(base, WRONG(crm_rfm_scores), segments, "never"), expected, "scores");
    FAILS(crm_customers_write_csv(base, scores, WRONG(crm_segments), "never"), expected, "segments");
    FAILS(crm_customers_write_parquet(WRONG(crm_base), scores, segments, "never"), expected, "base");
    FAILS(crm_customers_write_parquet(base, WRONG(crm_rfm_scores), segments, "never"), expected, "scores");
    FAILS(crm_customers_write_parquet(base, scores, WRONG(crm_segments), "never"), expected, "segments");
    for (size_t index = 0; index < sizeof place; index++) CHECK(place[index] == 0 || index < 4);

    /* Where a result should go. */
    if (wrong == NULL) {
        expected = CRM_STATUS_NULL_POINTER;
        crm_history_builder *builder = NULL;
        OK(crm_history_builder_new(NULL, &builder));
        FAILS(crm_history_builder_finish(builder, NULL), expected, "out");
        CHECK(crm_history_builder_rows(builder) == 0 && crm_last_error_message()[0] == '\0');
        crm_history_builder_free(builder);
        FAILS(crm_history_builder_new(NULL, NULL), expected, "out");
        FAILS(crm_history_from_arrays(&batch, NULL, NULL), expected, "out");
        crm_history *no_history = NULL;
        FAILS(crm_history_from_arrays(NULL, NULL, &no_history), expected, "transactions");
        FAILS(crm_history_empty(NULL), expected, "out");
        FAILS(crm_history_from_bytes(NULL, 0, NULL), expected, "out");
        FAILS(crm_history_from_csv("none", NULL, NULL, NULL, NULL, NULL, NULL), expected, "out");
        FAILS(crm_history_from_csv(NULL, NULL, NULL, NULL, NULL, NULL, &no_history), expected, "path");
        FAILS(crm_history_from_parquet("none", NULL, NULL, NULL, NULL, NULL), expected, "out");
        FAILS(crm_history_from_parquet(NULL, NULL, NULL, NULL, NULL, &no_history), expected, "path");
        FAILS(crm_history_from_arrow_stream(NULL, NULL, NULL, NULL, NULL, &no_history), expected, "stream");
        FAILS(crm_history_merge(history, history, NULL), expected, "out");
        FAILS(crm_history_to_bytes(history, NULL), expected, "out");
        FAILS(crm_history_first_day(history, NULL), expected, "out");
        FAILS(crm_history_last_day(history, NULL), expected, "out");
        FAILS(crm_history_excluded(history, 0, NULL), expected, "out");
        FAILS(crm_history_account_to_arrow_stream(history, NULL), expected, "out");
        FAILS(crm_history_base(history, &as_of, NULL), expected, "out");
        FAILS(crm_history_split(history, &as_of, 19701, NULL), expected, "out");
        crm_split *split = NULL;
        FAILS(crm_history_split(history, NULL, 19701, &split), expected, "options");
        OK(crm_history_split(history, &as_of, 19701, &split));
        FAILS(crm_split_base(split, NULL), expected, "out");
        FAILS(crm_split_holdout_length(split, NULL), expected, "out");
        FAILS(crm_split_column_int64(split, 0, NULL, 8), expected, "out");
        crm_split_free(split);
        FAILS(crm_base_as_of(base, NULL), expected, "out");
        FAILS(crm_base_data_start(base, NULL), expected, "out");
        FAILS(crm_base_id_kind(base, NULL), expected, "out");
        FAILS(crm_base_column_int64(base, 0, NULL, 8), expected, "out");
        FAILS(crm_base_total_net_amount(base, NULL), expected, "out");
        FAILS(crm_base_account(base, NULL), expected, "out");
        FAILS(crm_base_to_arrow_stream(base, NULL), expected, "out");
        FAILS(crm_rfm_model_fit(base, NULL, NULL), expected, "out");
        FAILS(crm_rfm_model_score(model, base, NULL), expected, "out");
        FAILS(crm_rfm_model_to_json(model, NULL), expected, "out");
        FAILS(crm_rfm_model_from_json("{}", NULL), expected, "out");
        crm_rfm_model *none = NULL;
        FAILS(crm_rfm_model_from_json(NULL, &none), expected, "json");
        FAILS(crm_rfm_model_period(model, NULL, out), expected, "data_start");
        FAILS(crm_rfm_model_period(model, out, NULL), expected, "as_of");
        FAILS(crm_rfm_model_cuts(model, 0, NULL, 8), expected, "out");
        FAILS(crm_rfm_scores_composite(scores, NULL, 8), expected, "out");
        FAILS(crm_segment_map_standard(NULL), expected, "out");
        FAILS(crm_segment_map_new(2, NULL, 0, NULL), expected, "out");
        FAILS(crm_segment_map_first_match(2, NULL, 0, NULL, NULL), expected, "out");
        FAILS(crm_segment_map_assign(map, scores, NULL), expected, "out");
        FAILS(crm_segments_codes(segments, NULL, 8), expected, "out");
        FAILS(crm_segment_summary_new(base, segments, NULL), expected, "out");
        crm_segment_summary *summary = NULL;
        OK(crm_segment_summary_new(base, segments, &summary));
        FAILS(crm_segment_summary_row(summary, 0, NULL), expected, "out");
        FAILS(crm_segment_summary_to_arrow_stream(summary, NULL), expected, "out");
        crm_segment_summary_free(summary);
        FAILS(crm_migration_new(base, segments, base, segments, NULL), expected, "out");
        FAILS(crm_customers_to_arrow_stream(base, scores, segments, NULL), expected, "out");
        FAILS(crm_customers_write_csv(base, scores, segments, NULL), expected, "path");
        FAILS(crm_customers_write_parquet(base, scores, segments, NULL), expected, "path");
        FAILS(crm_ingest_options_init(NULL, 8), expected, "options");
        FAILS(crm_columns_init(NULL, 8), expected, "columns");
        FAILS(crm_csv_options_init(NULL, 8), expected, "options");
        FAILS(crm_base_options_init(NULL, 8, 0), expected, "options");
        FAILS(crm_rfm_options_init(NULL, 8), expected, "options");
    }
    crm_segments_free(segments);
    crm_segment_map_free(map);
    crm_rfm_scores_free(scores);
    crm_rfm_model_free(model);
    crm_base_free(base);
    crm_history_free(history);
}

/* Freeing NULL does nothing; freeing a handle of another type says so and frees nothing. */
static void freeing(void *wrong) {
    OK(crm_day_parse("2024-01-01", (int32_t *)(void *)POINTERS));
#define FREES(function, type)                                                                                          \
    do {                                                                                                               \
        function(NULL);                                                                                                \
        CHECK(crm_last_error_message()[0] == '\0');                                                                    \
        function((type *)wrong);                                                                                       \
        CHECK(strstr(crm_last_error_message(), "not a live " #type " handle") != NULL);                                \
        OK(crm_day_parse("2024-01-01", (int32_t *)(void *)POINTERS));                                                  \
    } while (0)
    FREES(crm_bytes_free, crm_bytes);
    FREES(crm_history_builder_free, crm_history_builder);
    FREES(crm_history_free, crm_history);
    FREES(crm_base_free, crm_base);
    FREES(crm_split_free, crm_split);
    FREES(crm_rfm_model_free, crm_rfm_model);
    FREES(crm_rfm_scores_free, crm_rfm_scores);
    FREES(crm_segment_map_free, crm_segment_map);
    FREES(crm_segments_free, crm_segments);
    FREES(crm_segment_summary_free, crm_segment_summary);
    FREES(crm_migration_free, crm_migration);
}

int main(void) {
    every_function(NULL, CRM_STATUS_NULL_POINTER);
    /* Memory that is no handle. */
    uint64_t words[8] = {0};
    every_function(words, CRM_STATUS_INVALID_HANDLE);
    every_function((char *)words + 4, CRM_STATUS_INVALID_HANDLE);
    freeing(words);
    /* Handles of other types: a small one, and one that no function above takes. */
    crm_bytes *bytes = NULL;
    crm_history *history = log_history();
    OK(crm_history_to_bytes(history, &bytes));
    CHECK(crm_base_length((crm_base *)(void *)bytes) == 0 && crm_last_error_message()[0] != '\0');
    CHECK(crm_bytes_length((crm_bytes *)(void *)history) == 0 && crm_last_error_message()[0] != '\0');
    crm_base_free((crm_base *)(void *)history);
    CHECK(crm_history_customers(history) == 4);
    crm_bytes_free(bytes);
    crm_history_free(history);
    sizes_are_checked();
    other_versions_fit();
    return 0;
}
