/* Segment models, their files, and profiles. */
#include "segment.h"

/* A model of customers of low and of high numbers of visits. */
static void models(void) {
    crm_feature_table *table = table_of("visits", "count", VISITS, 6);
    crm_segment_model *model = NULL, *named = NULL, *back = NULL;
    crm_segment_model_options options = options_for(2);
    CHECK(options.clusters == 2 && options.starts == 10 && options.most_iterations == 300 && options.tolerance == 1e-4);
    options.order = "visits";
    options.descending = 1;
    OK(crm_segment_model_fit(table, NULL, NULL, &options, &model));
    uint32_t labels[6];
    uint64_t sizes[2];
    OK(crm_segment_model_labels(model, labels, 6));
    OK(crm_segment_model_sizes(model, sizes, 2));
    for (int row = 0; row < 6; row++) CHECK(labels[row] == (row < 3 ? 1u : 0u));
    CHECK(sizes[0] == 3 && sizes[1] == 3 && crm_segment_model_length(model) == 2);
    CHECK(is(crm_segment_model_name(model, 0), "High visits") && is(crm_segment_model_name(model, 1), "Low visits"));
    CHECK(crm_segment_model_name(model, 2) == NULL && is(crm_last_error_argument(), "index"));
    CHECK(crm_segment_model_feature_count(model) == 1 && is(crm_segment_model_feature(model, 0), "visits"));
    CHECK(is(crm_segment_model_unit(model, 0), "count") && crm_segment_model_feature(model, 1) == NULL);
    FAILS(crm_segment_model_labels(model, labels, 5), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_segment_model_sizes(model, NULL, 2), CRM_STATUS_NULL_POINTER, "out");

    /* Counts are scaled by their logarithms, so the centre of 1, 2, 1 is the geometric mean of one more, less one. */
    double centres[2], scaled[2];
    OK(crm_segment_model_original_centres(model, centres, 2));
    OK(crm_segment_model_scaled_centres(model, scaled, 2));
    NEAR(centres[0], cbrt(31.0 * 29.0 * 34.0) - 1.0, 1e-12);
    NEAR(centres[1], cbrt(2.0 * 3.0 * 2.0) - 1.0, 1e-13);
    NEAR(scaled[0] + scaled[1], 0.0, 1e-15);
    FAILS(crm_segment_model_original_centres(model, centres, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");

    crm_segment_assignment *assignment = NULL;
    uint64_t imputed = 9;
    double own[6], next[6], border[6], inertia = 0.0;
    uint32_t next_labels[6];
    OK(crm_segment_model_assign(model, table, &assignment));
    CHECK(crm_segment_assignment_length(assignment) == 6);
    OK(crm_segment_assignment_labels(assignment, labels, 6));
    OK(crm_segment_assignment_next_labels(assignment, next_labels, 6));
    OK(crm_segment_assignment_column(assignment, CRM_ASSIGNMENT_COLUMN_DISTANCE, own, 6));
    OK(crm_segment_assignment_column(assignment, CRM_ASSIGNMENT_COLUMN_NEXT_DISTANCE, next, 6));
    OK(crm_segment_assignment_column(assignment, CRM_ASSIGNMENT_COLUMN_BORDER, border, 6));
    OK(crm_segment_assignment_imputed(assignment, &imputed, 1));
    for (int row = 0; row < 6; row++) {
        CHECK(labels[row] == (row < 3 ? 1u : 0u) && next_labels[row] == 1 - labels[row]);
        CHECK(border[row] == own[row] / next[row] && border[row] < 0.2);
        inertia += own[row] * own[row];
    }
    CHECK(imputed == 0);
    FAILS(crm_segment_assignment_column(assignment, 3, own, 6), CRM_STATUS_INVALID_ARGUMENT, "column");
    FAILS(crm_segment_assignment_labels(assignment, labels, 5), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_segment_assignment_labels(NULL, labels, 6), CRM_STATUS_NULL_POINTER, "assignment");
    crm_segment_assignment_free(assignment);
    crm_segment_model_summary summary = {.struct_size = sizeof summary};
    OK(crm_segment_model_describe(model, &summary));
    CHECK(summary.segments == 2 && summary.features == 1 && summary.customers == 6 && summary.converged == 1);
    CHECK(summary.iterations >= 1);
    NEAR(summary.inertia, inertia, 1e-14);
    summary.struct_size = 0;
    FAILS(crm_segment_model_describe(model, &summary), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");

    const double later_visits[] = {25.0, 7.0};
    crm_feature_table *later = table_of("visits", "count", later_visits, 2);
    OK(crm_segment_model_assign(model, later, &assignment));
    OK(crm_segment_assignment_labels(assignment, labels, 2));
    OK(crm_segment_assignment_column(assignment, CRM_ASSIGNMENT_COLUMN_BORDER, border, 2));
    CHECK(labels[0] == 0 && labels[1] == 1 && border[0] < 0.1 && border[1] > 0.8 && border[1] < 1.0);
    crm_segment_assignment_free(assignment);
    crm_feature_table_free(later);
    later = table_of("orders", "count", later_visits, 2);
    FAILS(crm_segment_model_assign(model, later, &assignment), CRM_STATUS_INCOMPATIBLE, "columns");
    CHECK(assignment == NULL);
    crm_feature_table_free(later);
    later = table_of("visits", "number", later_visits, 2);
    FAILS(crm_segment_model_assign(model, later, &assignment), CRM_STATUS_INCOMPATIBLE, "visits");
    crm_feature_table_free(later);

    int32_t day;
    crm_feature_scaler *scaler = NULL;
    crm_k_means *clusters = NULL, *wider = NULL;
    FAILS(crm_segment_model_as_of(model, &day), CRM_STATUS_MISSING_VALUE, "model");
    OK(crm_segment_model_scaler(model, &scaler));
    OK(crm_feature_scaler_invert(scaler, scaled, 2, own, 2));
    CHECK(own[0] == centres[0] && own[1] == centres[1]);

    /* The parts make the whole again. */
    OK(crm_segment_model_clusters(model, &clusters));
    CHECK(crm_k_means_clusters(clusters) == 2 && crm_k_means_features(clusters) == 1);
    OK(crm_segment_model_from_parts(table, scaler, clusters, &back));
    OK(crm_segment_model_labels(back, labels, 6));
    CHECK(labels[0] == 1 && labels[5] == 0 && is(crm_segment_model_name(back, 0), "High visits"));
    crm_segment_model_free(back);
    crm_k_means_options plain;
    OK(crm_k_means_options_init(&plain, sizeof plain, 2));
    OK(crm_k_means_fit(VISITS, 3, 2, CRM_LAYOUT_ROWS, NULL, &plain, NULL, &wider));
    FAILS(crm_segment_model_from_parts(table, scaler, wider, &back), CRM_STATUS_INCOMPATIBLE, "matrix");
    FAILS(crm_segment_model_from_parts(table, scaler, NULL, &back), CRM_STATUS_NULL_POINTER, "clusters");
    CHECK(back == NULL);
    crm_k_means_free(wider);
    crm_k_means_free(clusters);
    crm_feature_scaler_free(scaler);

    /* Names of one's own. */
    const char *const names[] = {"Stammkunden", "Łukasz"}, *const same[] = {"a", "a"}, *const holes[] = {"a", NULL};
    OK(crm_segment_model_with_names(model, names, 2, &named));
    CHECK(is(crm_segment_model_name(named, 1), "Łukasz") && is(crm_segment_model_name(model, 1), "Low visits"));
    OK(crm_segment_model_labels(named, labels, 6));
    FAILS(crm_segment_model_with_names(model, names, 1, &back), CRM_STATUS_LENGTH_MISMATCH, "names");
    FAILS(crm_segment_model_with_names(model, same, 2, &back), CRM_STATUS_INVALID_ARGUMENT, "names");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_segment_model_with_names(model, holes, 2, &back), CRM_STATUS_NULL_POINTER, "names");
    FAILS(crm_segment_model_with_names(model, NULL, 2, &back), CRM_STATUS_NULL_POINTER, "names");

    /* There and back again. */
    crm_bytes *json = NULL, *again = NULL;
    OK(crm_segment_model_to_json(named, &json));
    OK(crm_segment_model_from_json(crm_bytes_text(json), &back));
    OK(crm_segment_model_to_json(back, &again));
    CHECK(is(crm_bytes_text(again), crm_bytes_text(json)) && is(crm_segment_model_name(back, 0), "Stammkunden"));
    FAILS(crm_segment_model_labels(back, labels, 6), CRM_STATUS_MISSING_VALUE, "model");
    OK(crm_segment_model_assign(back, table, &assignment));
    OK(crm_segment_assignment_labels(assignment, labels, 6));
    CHECK(labels[0] == 1 && labels[5] == 0);
    crm_segment_assignment_free(assignment);
    crm_segment_model_free(back);
    size_t length = crm_bytes_length(json);
    char *damaged = malloc(length + 1);
    CHECK(damaged != NULL);
    for (size_t cut = 0; cut < length; cut += 1 + length / 40) {
        memcpy(damaged, crm_bytes_text(json), cut);
        damaged[cut] = '\0';
        FAILS(crm_segment_model_from_json(damaged, &back), CRM_STATUS_CORRUPT, "json");
        CHECK(back == NULL);
    }
    memcpy(damaged, crm_bytes_text(json), length + 1);
    char *name = strstr(damaged, "Stammkunden");
    CHECK(name != NULL);
    memset(name, ' ', strlen("Stammkunden"));
    FAILS(crm_segment_model_from_json(damaged, &back), CRM_STATUS_CORRUPT, "json");
    free(damaged);
    FAILS(crm_segment_model_from_json("{\"model\": \"segments\", \"version\": 99}", &back),
          CRM_STATUS_INCOMPATIBLE, "json");
    FAILS(crm_segment_model_from_json(NULL, &back), CRM_STATUS_NULL_POINTER, "json");
    crm_bytes_free(again);
    crm_bytes_free(json);
    crm_segment_model_free(named);

    /* What makes no sense. */
    options = options_for(0);
    FAILS(crm_segment_model_fit(table, NULL, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "clusters");
    options.clusters = 6; /* of which five are distinct */
    FAILS(crm_segment_model_fit(table, NULL, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "clusters");
    options = options_for(2);
    options.starts = 0;
    FAILS(crm_segment_model_fit(table, NULL, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "starts");
    options = options_for(2);
    options.most_iterations = 0;
    FAILS(crm_segment_model_fit(table, NULL, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "most_iterations");
    options = options_for(2);
    options.tolerance = NAN;
    FAILS(crm_segment_model_fit(table, NULL, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "tolerance");
    options = options_for(2);
    options.order = "orders";
    FAILS(crm_segment_model_fit(table, NULL, NULL, &options, &back), CRM_STATUS_MISSING_COLUMN, "orders");
    options = options_for(2);
    options.descending = 2;
    FAILS(crm_segment_model_fit(table, NULL, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "options.descending");
    options = options_for(2);
    options.threads = 5000;
    FAILS(crm_segment_model_fit(table, NULL, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "threads");
    options = options_for(2);
    options.reserved = 1;
    FAILS(crm_segment_model_fit(table, NULL, NULL, &options, &back), CRM_STATUS_INVALID_ARGUMENT, "options.reserved");
    FAILS(crm_segment_model_fit(table, NULL, NULL, NULL, &back), CRM_STATUS_NULL_POINTER, "options");
    FAILS(crm_segment_model_fit(NULL, NULL, NULL, &options, &back), CRM_STATUS_NULL_POINTER, "table");
    CHECK(back == NULL && crm_segment_model_length(NULL) == 0);
    /* Whole weights are so many customers of the same logarithm; the scaling describes each customer once. */
    options = options_for(2);
    options.order = "visits";
    options.descending = 1;
    const double counts[] = {1.0, 4.0, 1.0, 1.0, 1.0, 1.0}, negative[] = {1.0, -4.0, 1.0, 1.0, 1.0, 1.0};
    OK(crm_segment_model_fit(table, counts, NULL, &options, &back));
    OK(crm_segment_model_original_centres(back, own, 2));
    NEAR(own[0], centres[0], 1e-12);
    NEAR(own[1], pow(2.0 * 2.0 * 3.0 * 3.0 * 3.0 * 3.0, 1.0 / 6.0) - 1.0, 1e-13);
    OK(crm_segment_model_sizes(back, sizes, 2));
    CHECK(sizes[0] == 3 && sizes[1] == 3);
    crm_segment_model_free(back);
    FAILS(crm_segment_model_fit(table, negative, NULL, &options, &back), CRM_STATUS_INVALID_VALUE, "weights");
    CHECK(back == NULL && crm_last_error_row() == 1);
    /* Threads change nothing. */
    options = options_for(2);
    options.order = "visits";
    options.descending = 1;
    options.threads = 3;
    OK(crm_segment_model_fit(table, NULL, NULL, &options, &back));
    OK(crm_segment_model_scaled_centres(back, own, 2));
    CHECK(memcmp(own, scaled, sizeof scaled) == 0);
    crm_segment_model_free(back);
    crm_segment_model_free(model);
    crm_feature_table_free(table);
}

static void files(const crm_history *history) {
    crm_base *base = base_of(history, 19710), *smaller = base_of(history, 19695);
    crm_feature_table *table = NULL;
    crm_segment_model *model = NULL;
    crm_segment_assignment *assignment = NULL;
    crm_segment_model_options options = options_for(2);
    OK(crm_feature_table_from_base(base, NULL, 0, &table));
    options.order = "net_amount";
    options.descending = 1;
    OK(crm_segment_model_fit(table, NULL, NULL, &options, &model));
    OK(crm_segment_model_assign(model, table, &assignment));
    int32_t day = 0;
    OK(crm_segment_model_as_of(model, &day));
    CHECK(day == 19710);
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    OK(crm_segment_assignment_to_arrow_stream(base, assignment, &stream));
    CHECK(stream.get_schema(&stream, &schema) == 0 && schema.n_children == 8);
    CHECK(is(schema.children[2]->name, "segment") && is(schema.children[7]->name, "border"));
    schema.release(&schema);
    stream.release(&stream);
    FAILS(crm_segment_assignment_to_arrow_stream(smaller, assignment, &stream), CRM_STATUS_LENGTH_MISMATCH, "segments");
    CHECK(stream.release == NULL);
    FAILS(crm_segment_assignment_to_arrow_stream(base, NULL, &stream), CRM_STATUS_NULL_POINTER, "assignment");
    FAILS(crm_segment_assignment_write_csv(base, assignment, NULL), CRM_STATUS_NULL_POINTER, "path");
    CHECK(crm_segment_assignment_write_csv(base, assignment, "/nowhere/segments.csv") == CRM_STATUS_IO);
    CHECK(crm_segment_assignment_write_parquet(base, assignment, "/nowhere/segments.parquet") == CRM_STATUS_IO);
    crm_segment_assignment_free(assignment);
    crm_segment_model_free(model);
    crm_feature_table_free(table);
    crm_base_free(smaller);
    crm_base_free(base);
}

static void profiles(void) {
    const double orders[] = {12.0, 10.0, 2.0, 1.0, 3.0};
    const uint32_t labels[] = {0, 0, 1, 1, 1}, beyond[] = {0, 0, 1, 2, 1};
    crm_feature_table *table = table_of("orders", "count", orders, 5);
    crm_segment_profiles *found = NULL;
    OK(crm_segment_profiles_new(table, labels, 5, NULL, 0, &found));
    CHECK(crm_segment_profiles_length(found) == 2 && crm_segment_profiles_feature_count(found) == 1);
    crm_segment_profile segment = {.struct_size = sizeof segment};
    crm_feature_profile feature = {.struct_size = sizeof feature};
    OK(crm_segment_profiles_segment(found, 0, &segment));
    CHECK(is(segment.name, "Frequent") && segment.customers == 2 && segment.customer_share == 0.4);
    OK(crm_segment_profiles_feature(found, 0, 0, &feature));
    CHECK(is(feature.feature, "orders") && is(feature.unit, "count") && feature.customers == 2);
    CHECK(feature.mean == 11.0 && feature.median == 11.0 && feature.standard_deviation == 1.0);
    CHECK(feature.mean_of_others == 2.0 && feature.share_of_total == 22.0 / 28.0);
    /* Sums of squares of 2 and 2 with three degrees of freedom. */
    NEAR(feature.difference, 9.0 / sqrt(4.0 / 3.0), 1e-14);
    CHECK(feature.effect_size == CRM_EFFECT_SIZE_LARGE);
    CHECK(is(feature.words, "orders 11.0 against 2.0 on average: much more"));
    CHECK(crm_segment_profiles_distinguishing_count(found, 0) == 1);
    CHECK(is(crm_segment_profiles_distinguishing(found, 0, 0), feature.words));
    CHECK(crm_segment_profiles_distinguishing(found, 0, 1) == NULL && is(crm_last_error_argument(), "index"));
    CHECK(crm_segment_profiles_distinguishing_count(found, 2) == 0 && is(crm_last_error_argument(), "index"));
    FAILS(crm_segment_profiles_segment(found, 2, &segment), CRM_STATUS_OUT_OF_RANGE, "index");
    FAILS(crm_segment_profiles_feature(found, 0, 1, &feature), CRM_STATUS_OUT_OF_RANGE, "index");
    segment.struct_size = 1;
    FAILS(crm_segment_profiles_segment(found, 0, &segment), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    crm_bytes *report = NULL;
    OK(crm_segment_profiles_report(found, &report));
    CHECK(strstr(crm_bytes_text(report), "2 segments of 5 customers\n\n0 Frequent: 2 customers (40.0 %)\n") ==
          crm_bytes_text(report));
    crm_bytes_free(report);
    crm_segment_profiles_free(found);

    /* Names of one's own, with a segment that nobody is in. */
    const char *const names[] = {"A", "B", "C"}, *const same[] = {"A", "A"};
    segment.struct_size = sizeof segment;
    OK(crm_segment_profiles_new(table, labels, 5, names, 3, &found));
    CHECK(crm_segment_profiles_length(found) == 3);
    OK(crm_segment_profiles_segment(found, 2, &segment));
    OK(crm_segment_profiles_feature(found, 2, 0, &feature));
    CHECK(is(segment.name, "C") && is(segment.suggested_name, "Empty") && segment.customers == 0);
    CHECK(isnan(feature.mean) && isnan(feature.median) && feature.effect_size == CRM_EFFECT_SIZE_NEGLIGIBLE);
    crm_segment_profiles_free(found);
    FAILS(crm_segment_profiles_new(table, beyond, 5, names, 2, &found), CRM_STATUS_INVALID_VALUE, "labels");
    CHECK(crm_last_error_row() == 3 && found == NULL);
    FAILS(crm_segment_profiles_new(table, labels, 5, same, 2, &found), CRM_STATUS_INVALID_ARGUMENT, "names");
    FAILS(crm_segment_profiles_new(table, labels, 4, NULL, 0, &found), CRM_STATUS_LENGTH_MISMATCH, "labels");
    FAILS(crm_segment_profiles_new(table, NULL, 5, NULL, 0, &found), CRM_STATUS_NULL_POINTER, "labels");
    FAILS(crm_segment_profiles_new(NULL, labels, 5, NULL, 0, &found), CRM_STATUS_NULL_POINTER, "table");

    /* Those of a model have its names. */
    crm_segment_model *model = NULL, *named = NULL;
    crm_segment_model_options options = options_for(2);
    OK(crm_segment_model_fit(table, NULL, NULL, &options, &model));
    OK(crm_segment_model_with_names(model, names, 2, &named));
    uint32_t own[5];
    OK(crm_segment_model_labels(named, own, 5));
    OK(crm_segment_model_profiles(named, table, own, 5, &found));
    OK(crm_segment_profiles_segment(found, 1, &segment));
    CHECK(is(segment.name, "B") && is(segment.suggested_name, "Frequent") && segment.customers == 2);
    crm_segment_profiles_free(found);
    FAILS(crm_segment_model_profiles(named, table, beyond, 5, &found), CRM_STATUS_INVALID_VALUE, "labels");
    FAILS(crm_segment_model_profiles(NULL, table, own, 5, &found), CRM_STATUS_NULL_POINTER, "model");
    crm_segment_model_free(named);
    crm_segment_model_free(model);
    crm_feature_table_free(table);
}

int main(void) {
    crm_history *history = log_history();
    models();
    files(history);
    profiles();
    crm_history_free(history);
    return 0;
}
