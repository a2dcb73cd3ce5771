/* Clusters: k-means as a whole and in batches, Gaussian mixtures, what they predict, save and refuse. */
#include "check.h"
#include "iris.h"

#include <stdint.h>

static const double SIX[] = {1.0, 1.2, 0.8, 9.0, 9.4, 8.9};
static const uint32_t SIX_LABELS[] = {0, 0, 0, 1, 1, 1};

static int near(double value, double expected, double tolerance) { return fabs(value - expected) <= tolerance; }

static crm_k_means_options clusters(size_t count) {
    crm_k_means_options options;
    OK(crm_k_means_options_init(&options, sizeof options, count));
    return options;
}

static crm_k_means *fitted(const double *values, size_t rows, size_t features, const crm_k_means_options *options) {
    crm_k_means *model = NULL;
    OK(crm_k_means_fit(values, rows, features, CRM_LAYOUT_ROWS, NULL, options, NULL, &model));
    CHECK(model != NULL);
    return model;
}

static char *json_of(const crm_k_means *model) {
    crm_bytes *bytes = NULL;
    OK(crm_k_means_to_json(model, &bytes));
    char *text = malloc(crm_bytes_length(bytes) + 1);
    CHECK(text != NULL);
    strcpy(text, crm_bytes_text(bytes));
    crm_bytes_free(bytes);
    return text;
}

/* R 4, kmeans(iris[, 1:4], 3, nstart = 50): within-cluster sums of squares 15.15100, 39.82097, 23.87947. */
static void iris_has_its_published_optimum(void) {
    crm_k_means_options options = clusters(3);
    uint32_t labels[IRIS_ROWS], again[IRIS_ROWS], kinds[IRIS_ROWS];
    double centres[3 * IRIS_FEATURES], within[3], weights[3], inertia, index;
    uint64_t rows[3];
    uint32_t iterations;
    int32_t converged;
    crm_k_means *model = NULL, *other = NULL;
    OK(crm_k_means_fit(iris(), IRIS_ROWS, IRIS_FEATURES, CRM_LAYOUT_ROWS, NULL, &options, labels, &model));
    CHECK(crm_k_means_clusters(model) == 3 && crm_k_means_features(model) == IRIS_FEATURES);
    OK(crm_k_means_inertia(model, &inertia));
    OK(crm_k_means_within(model, within, 3));
    OK(crm_k_means_rows(model, rows, 3));
    OK(crm_k_means_weights(model, weights, 3));
    OK(crm_k_means_centres(model, centres, COUNT(centres)));
    OK(crm_k_means_iterations(model, &iterations));
    OK(crm_k_means_converged(model, &converged));
    CHECK(near(inertia, 78.85144, 5e-6) && near(within[0] + within[1] + within[2], inertia, 1e-12));
    CHECK(near(within[0], 15.15100, 5e-6) && near(within[1], 39.82097, 5e-6) && near(within[2], 23.87947, 5e-6));
    CHECK(rows[0] == 50 && rows[1] == 62 && rows[2] == 38 && weights[1] == 62.0);
    CHECK(near(centres[0], 5.006, 1e-12) && near(centres[1], 3.428, 1e-12) && near(centres[8], 6.85, 1e-12));
    CHECK(iterations >= 1 && converged == 1);
    for (size_t row = 0; row < IRIS_ROWS; row++) kinds[row] = (uint32_t)(row / 50);
    OK(crm_adjusted_rand_index(labels, kinds, IRIS_ROWS, &index));
    CHECK(near(index, 0.7302, 5e-5));

    /* Column by column, from the highest value on, and on one thread. */
    static double columns[IRIS_VALUES];
    for (size_t place = 0; place < IRIS_VALUES; place++)
        columns[place % IRIS_FEATURES * IRIS_ROWS + place / IRIS_FEATURES] = iris()[place];
    options.order_descending = 1;
    options.threads = 1;
    OK(crm_k_means_fit(columns, IRIS_ROWS, IRIS_FEATURES, CRM_LAYOUT_COLUMNS, NULL, &options, again, &other));
    for (size_t row = 0; row < IRIS_ROWS; row++) CHECK(again[row] == 2 - labels[row]);
    OK(crm_k_means_predict(model, columns, IRIS_ROWS, IRIS_FEATURES, CRM_LAYOUT_COLUMNS, again));
    CHECK(memcmp(labels, again, sizeof labels) == 0);
    crm_k_means_free(model);
    crm_k_means_free(other);
}

/* scikit-learn 1.9.1, KMeans(init=X[[7, 60, 120]], n_init=1, algorithm='lloyd', tol=0): a local optimum. */
static void given_starts_lead_where_they_must(void) {
    crm_k_means_options options = clusters(3);
    double centres[3 * IRIS_FEATURES], inertia;
    uint64_t rows[3];
    uint32_t iterations;
    memcpy(centres, iris() + 7 * IRIS_FEATURES, IRIS_FEATURES * sizeof *centres);
    memcpy(centres + 4, iris() + 60 * IRIS_FEATURES, IRIS_FEATURES * sizeof *centres);
    memcpy(centres + 8, iris() + 120 * IRIS_FEATURES, IRIS_FEATURES * sizeof *centres);
    options.starts_kind = CRM_STARTS_GIVEN;
    options.centres = centres;
    options.centres_length = COUNT(centres);
    options.tolerance = 0.0;
    crm_k_means *model = fitted(iris(), IRIS_ROWS, IRIS_FEATURES, &options);
    OK(crm_k_means_inertia(model, &inertia));
    OK(crm_k_means_iterations(model, &iterations));
    OK(crm_k_means_rows(model, rows, 3));
    OK(crm_k_means_centres(model, centres, COUNT(centres)));
    CHECK(near(inertia, 78.85566582597731, 1e-10) && iterations == 10);
    CHECK(rows[0] == 50 && rows[1] == 61 && rows[2] == 39);
    CHECK(near(centres[4], 5.883606557377049, 1e-12) && near(centres[11], 2.0538461538461537, 1e-12));
    crm_k_means_free(model);

    options = clusters(3);
    options.starts_kind = CRM_STARTS_RANDOM;
    options.starts = 40;
    options.seed = 7;
    model = fitted(iris(), IRIS_ROWS, IRIS_FEATURES, &options);
    OK(crm_k_means_inertia(model, &inertia));
    CHECK(near(inertia, 78.85144, 5e-6));
    crm_k_means_free(model);
}

static void what_a_model_says_of_rows(void) {
    const crm_k_means_options options = clusters(2);
    const double rows[] = {2.0, 7.0, 1.0};
    uint32_t labels[6], next_labels[3];
    double distances[3], next_distances[3], border[3], all[6], centres[2];
    crm_k_means *model = NULL;
    OK(crm_k_means_fit(SIX, 6, 1, CRM_LAYOUT_ROWS, NULL, &options, labels, &model));
    CHECK(memcmp(labels, SIX_LABELS, sizeof labels) == 0);
    OK(crm_k_means_centres(model, centres, 2));
    CHECK(near(centres[0], 1.0, 1e-15) && near(centres[1], 9.1, 1e-14));
    OK(crm_k_means_assign(model, rows, 3, 1, CRM_LAYOUT_ROWS, labels, distances, next_labels, next_distances, border));
    CHECK(labels[0] == 0 && labels[1] == 1 && labels[2] == 0);
    CHECK(next_labels[0] == 1 && next_labels[1] == 0 && next_labels[2] == 1);
    CHECK(near(distances[1], 2.1, 1e-14) && near(next_distances[1], 6.0, 1e-14) && near(border[1], 0.35, 1e-14));
    OK(crm_k_means_distances(model, rows, 3, 1, CRM_LAYOUT_ROWS, all, 6));
    CHECK(all[2] == next_distances[1] && all[3] == distances[1] && all[0] == distances[0]);
    OK(crm_k_means_assign(model, rows, 3, 1, CRM_LAYOUT_ROWS, NULL, NULL, NULL, NULL, NULL));
    OK(crm_k_means_assign(model, rows, 3, 1, CRM_LAYOUT_ROWS, NULL, NULL, next_labels, NULL, NULL));
    crm_k_means_free(model);

    /* One cluster has no next one. */
    const crm_k_means_options one = clusters(1);
    model = fitted(SIX, 6, 1, &one);
    OK(crm_k_means_assign(model, rows, 3, 1, CRM_LAYOUT_ROWS, NULL, NULL, next_labels, next_distances, border));
    CHECK(next_labels[2] == 0 && isinf(next_distances[2]) && border[2] == 0.0);
    crm_k_means_free(model);
}

static void weights_count_rows(void) {
    const crm_k_means_options options = clusters(2);
    double weights[] = {3.0, 0.0, 1.0, 1.0, 1.0, 0.5}, centres[2], sums[2];
    uint64_t rows[2];
    uint32_t labels[6];
    crm_k_means *model = NULL;
    OK(crm_k_means_fit(SIX, 6, 1, CRM_LAYOUT_ROWS, weights, &options, labels, &model));
    CHECK(memcmp(labels, SIX_LABELS, sizeof labels) == 0);
    OK(crm_k_means_centres(model, centres, 2));
    OK(crm_k_means_rows(model, rows, 2));
    OK(crm_k_means_weights(model, sums, 2));
    CHECK(near(centres[0], 3.8 / 4.0, 1e-14) && near(centres[1], 22.85 / 2.5, 1e-14));
    CHECK(rows[0] == 3 && rows[1] == 3 && sums[0] == 4.0 && sums[1] == 2.5);
    crm_k_means_free(model);

    model = (crm_k_means *)weights;
    weights[4] = -1.0;
    FAILS(crm_k_means_fit(SIX, 6, 1, 0, weights, &options, NULL, &model), CRM_STATUS_INVALID_VALUE, "weights");
    CHECK(crm_last_error_row() == 4 && model == NULL);
    weights[4] = NAN;
    FAILS(crm_k_means_fit(SIX, 6, 1, 0, weights, &options, NULL, &model), CRM_STATUS_INVALID_VALUE, "weights");
    memset(weights, 0, sizeof weights);
    FAILS(crm_k_means_fit(SIX, 6, 1, 0, weights, &options, NULL, &model), CRM_STATUS_INVALID_VALUE, "weights");
}

static void saved_models_come_back(void) {
    const crm_k_means_options options = clusters(2);
    crm_k_means *model = fitted(SIX, 6, 1, &options), *copy = NULL, *none = model, *single = NULL;
    char *json = json_of(model), *version, *again;
    double inertia, saved;
    uint32_t labels[6];
    OK(crm_k_means_from_json(json, &copy));
    again = json_of(copy);
    CHECK(strcmp(json, again) == 0);
    OK(crm_k_means_inertia(model, &inertia));
    OK(crm_k_means_inertia(copy, &saved));
    CHECK(inertia == saved);
    OK(crm_k_means_on_threads(copy, 1, &single));
    OK(crm_k_means_predict(single, SIX, 6, 1, CRM_LAYOUT_ROWS, labels));
    CHECK(memcmp(labels, SIX_LABELS, sizeof labels) == 0);
    FAILS(crm_k_means_on_threads(copy, 5000, &none), CRM_STATUS_INVALID_ARGUMENT, "threads");
    CHECK(none == NULL);

    const char *const damaged[] = {
        "", "{", "[]", "null", "{}", "{\"model\":\"k_means\"}", "{\"model\":\"k_means\",\"version\":1}",
        "{\"model\":\"gaussian_mixture\",\"version\":1}",
        "{\"model\":\"k_means\",\"version\":1,\"features\":0,\"centres\":[],\"rows\":[],\"weights\":[],\"within\":[],"
        "\"iterations\":1,\"converged\":true,\"order\":{\"feature\":0,\"descending\":false}}",
        "{\"model\":\"k_means\",\"version\":1,\"features\":2,\"centres\":[1.0],\"rows\":[1],\"weights\":[1.0],"
        "\"within\":[0.0],\"iterations\":1,\"converged\":true,\"order\":{\"feature\":0,\"descending\":false}}",
    };
    for (size_t which = 0; which < COUNT(damaged); which++) {
        none = model;
        FAILS(crm_k_means_from_json(damaged[which], &none), CRM_STATUS_CORRUPT, "json");
        CHECK(none == NULL);
    }
    FAILS(crm_k_means_from_json(NULL, &none), CRM_STATUS_NULL_POINTER, "json");
    FAILS(crm_k_means_from_json("\xff", &none), CRM_STATUS_NOT_UTF8, "json");
    FAILS(crm_k_means_from_json(json, NULL), CRM_STATUS_NULL_POINTER, "out");
    version = strstr(json, "\"version\":1");
    CHECK(version != NULL);
    version[10] = '9';
    FAILS(crm_k_means_from_json(json, &none), CRM_STATUS_INCOMPATIBLE, "json");
    version[10] = '1';
    /* No prefix is a model. */
    for (size_t length = strlen(json); length-- > 0;) {
        json[length] = '\0';
        FAILS(crm_k_means_from_json(json, &none), CRM_STATUS_CORRUPT, "json");
    }
    free(json);
    free(again);
    crm_k_means_free(model);
    crm_k_means_free(copy);
    crm_k_means_free(single);
}

static crm_status fit(const double *values, size_t rows, size_t features, int32_t layout,
                      const crm_k_means_options *options) {
    uint32_t labels[6] = {9, 9, 9, 9, 9, 9};
    crm_k_means *model = (crm_k_means *)&model;
    crm_status status = crm_k_means_fit(values, rows, features, layout, NULL, options, labels, &model);
    CHECK((status == CRM_STATUS_OK) == (model != NULL) && (status == CRM_STATUS_OK || labels[0] == 9));
    if (status == CRM_STATUS_OK) crm_k_means_free(model);
    return status;
}

#define REFUSES(field, value, expected, argument)                                                                      \
    do {                                                                                                               \
        crm_k_means_options wrong = clusters(2);                                                                       \
        wrong.field = value;                                                                                           \
        FAILS(fit(SIX, 6, 1, CRM_LAYOUT_ROWS, &wrong), expected, argument);                                            \
    } while (0)

static void what_makes_no_sense_is_refused(void) {
    REFUSES(clusters, 0, CRM_STATUS_INVALID_ARGUMENT, "clusters");
    REFUSES(clusters, 7, CRM_STATUS_INVALID_ARGUMENT, "clusters");
    REFUSES(clusters, SIZE_MAX, CRM_STATUS_INVALID_ARGUMENT, "clusters");
    REFUSES(starts_kind, 3, CRM_STATUS_INVALID_ARGUMENT, "starts_kind");
    REFUSES(starts_kind, -1, CRM_STATUS_INVALID_ARGUMENT, "starts_kind");
    REFUSES(starts, 0, CRM_STATUS_INVALID_ARGUMENT, "starts");
    REFUSES(most_iterations, 0, CRM_STATUS_INVALID_ARGUMENT, "most_iterations");
    REFUSES(tolerance, NAN, CRM_STATUS_INVALID_ARGUMENT, "tolerance");
    REFUSES(tolerance, -1.0, CRM_STATUS_INVALID_ARGUMENT, "tolerance");
    REFUSES(order_feature, 1, CRM_STATUS_INVALID_ARGUMENT, "order");
    REFUSES(order_descending, 2, CRM_STATUS_INVALID_ARGUMENT, "order_descending");
    REFUSES(threads, 5000, CRM_STATUS_INVALID_ARGUMENT, "threads");
    REFUSES(centres, SIX, CRM_STATUS_INVALID_ARGUMENT, "centres");
    REFUSES(centres_length, 2, CRM_STATUS_NULL_POINTER, "centres");
    REFUSES(starts_kind, CRM_STARTS_GIVEN, CRM_STATUS_LENGTH_MISMATCH, "starts");
    REFUSES(struct_size, 0, CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");

    const crm_k_means_options options = clusters(2);
    double values[] = {1.0, 2.0, 3.0, NAN, 5.0, 6.0};
    OK(fit(SIX, 6, 1, CRM_LAYOUT_ROWS, &options));
    FAILS(fit(SIX, 6, 1, CRM_LAYOUT_ROWS, NULL), CRM_STATUS_NULL_POINTER, "options");
    FAILS(fit(NULL, 6, 1, CRM_LAYOUT_ROWS, &options), CRM_STATUS_NULL_POINTER, "values");
    FAILS(fit(SIX, 6, 1, 2, &options), CRM_STATUS_INVALID_ARGUMENT, "layout");
    FAILS(fit(SIX, 6, 0, CRM_LAYOUT_ROWS, &options), CRM_STATUS_INVALID_ARGUMENT, "features");
    FAILS(fit(NULL, 0, 1, CRM_LAYOUT_COLUMNS, &options), CRM_STATUS_EMPTY, "values");
    FAILS(fit(SIX, SIZE_MAX, 2, CRM_LAYOUT_COLUMNS, &options), CRM_STATUS_INVALID_ARGUMENT, "values");
    FAILS(fit(values, 3, 2, CRM_LAYOUT_ROWS, &options), CRM_STATUS_INVALID_VALUE, "feature 1");
    CHECK(crm_last_error_row() == 1);
    FAILS(fit(values, 3, 2, CRM_LAYOUT_COLUMNS, &options), CRM_STATUS_INVALID_VALUE, "feature 1");
    CHECK(crm_last_error_row() == 0);
    values[3] = 1e150;
    FAILS(fit(values, 6, 1, CRM_LAYOUT_ROWS, &options), CRM_STATUS_OUT_OF_RANGE, "feature 0");
    FAILS(crm_k_means_fit(SIX, 6, 1, 0, NULL, &options, NULL, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_k_means_options_init(NULL, sizeof options, 2), CRM_STATUS_NULL_POINTER, "options");
    crm_k_means_options sized;
    FAILS(crm_k_means_options_init(&sized, 3, 2), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
}

static void results_need_room(void) {
    const crm_k_means_options options = clusters(2);
    crm_k_means *model = fitted(SIX, 6, 1, &options);
    double values[12];
    uint64_t rows[2];
    uint32_t labels[6];
    FAILS(crm_k_means_predict(model, SIX, 3, 2, 0, labels), CRM_STATUS_INCOMPATIBLE, "matrix");
    FAILS(crm_k_means_predict(model, SIX, 6, 1, 0, NULL), CRM_STATUS_NULL_POINTER, "labels");
    FAILS(crm_k_means_predict(model, NULL, 6, 1, 0, labels), CRM_STATUS_NULL_POINTER, "values");
    FAILS(crm_k_means_assign(model, SIX, 3, 2, 0, labels, NULL, NULL, NULL, NULL), CRM_STATUS_INCOMPATIBLE, "matrix");
    FAILS(crm_k_means_distances(model, SIX, 6, 1, 0, values, 11), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_k_means_distances(model, SIX, 6, 1, 0, NULL, 12), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_k_means_centres(model, values, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_k_means_rows(model, rows, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_k_means_weights(model, values, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_k_means_within(model, NULL, 2), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_k_means_inertia(model, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_k_means_iterations(model, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_k_means_converged(model, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_k_means_to_json(model, NULL), CRM_STATUS_NULL_POINTER, "out");
    crm_k_means_free(model);
}

static void handles(void *bad, crm_status expected) {
    double values[6];
    uint64_t rows[6];
    uint32_t labels[6];
    int32_t code;
    crm_bytes *bytes = bad;
    crm_k_means *out = bad;
    crm_gaussian_mixture *made = bad;
    FAILS(crm_k_means_predict(bad, SIX, 6, 1, 0, labels), expected, "model");
    FAILS(crm_k_means_assign(bad, SIX, 6, 1, 0, labels, NULL, NULL, NULL, NULL), expected, "model");
    FAILS(crm_k_means_distances(bad, SIX, 6, 1, 0, values, 6), expected, "model");
    FAILS(crm_k_means_on_threads(bad, 1, &out), expected, "model");
    CHECK(crm_k_means_clusters(bad) == 0 && strcmp(crm_last_error_argument(), "model") == 0);
    CHECK(crm_k_means_features(bad) == 0 && strcmp(crm_last_error_argument(), "model") == 0);
    FAILS(crm_k_means_centres(bad, values, 6), expected, "model");
    FAILS(crm_k_means_rows(bad, rows, 6), expected, "model");
    FAILS(crm_k_means_weights(bad, values, 6), expected, "model");
    FAILS(crm_k_means_within(bad, values, 6), expected, "model");
    FAILS(crm_k_means_inertia(bad, values), expected, "model");
    FAILS(crm_k_means_iterations(bad, labels), expected, "model");
    FAILS(crm_k_means_converged(bad, &code), expected, "model");
    FAILS(crm_k_means_to_json(bad, &bytes), expected, "model");
    FAILS(crm_mini_batch_k_means_update(bad, SIX, 6, 1, 0, NULL), expected, "learner");
    CHECK(crm_mini_batch_k_means_batches(bad) == 0 && strcmp(crm_last_error_argument(), "learner") == 0);
    FAILS(crm_mini_batch_k_means_finish(bad, &out), expected, "learner");
    FAILS(crm_gaussian_mixture_probabilities(bad, SIX, 6, 1, 0, values, 6), expected, "mixture");
    FAILS(crm_gaussian_mixture_predict(bad, SIX, 6, 1, 0, labels), expected, "mixture");
    FAILS(crm_gaussian_mixture_ln_density(bad, SIX, 6, 1, 0, values), expected, "mixture");
    FAILS(crm_gaussian_mixture_on_threads(bad, 1, &made), expected, "mixture");
    CHECK(crm_gaussian_mixture_components(bad) == 0 && strcmp(crm_last_error_argument(), "mixture") == 0);
    CHECK(crm_gaussian_mixture_features(bad) == 0 && strcmp(crm_last_error_argument(), "mixture") == 0);
    FAILS(crm_gaussian_mixture_weights(bad, values, 6), expected, "mixture");
    FAILS(crm_gaussian_mixture_means(bad, values, 6), expected, "mixture");
    FAILS(crm_gaussian_mixture_covariances(bad, values, 6), expected, "mixture");
    FAILS(crm_gaussian_mixture_to_json(bad, &bytes), expected, "mixture");
    CHECK(bytes == NULL && out == NULL && made == NULL);
}

static void handles_are_checked(void) {
    uint64_t words[16] = {0};
    crm_history *other = log_history();
    handles(NULL, CRM_STATUS_NULL_POINTER);
    handles(words, CRM_STATUS_INVALID_HANDLE);
    handles(other, CRM_STATUS_INVALID_HANDLE);
    crm_k_means_free(NULL);
    crm_mini_batch_k_means_free(NULL);
    crm_gaussian_mixture_free(NULL);
    crm_k_means_free((crm_k_means *)other);
    CHECK(strcmp(crm_last_error_argument(), "model") == 0);
    crm_history_free(other);
}

static void batches_are_learned_one_by_one(void) {
    const double first[] = {1.0, 9.0, 1.2, 8.8}, second[] = {0.8, 1.1, 9.3, 9.1};
    crm_k_means_options options = clusters(2);
    crm_mini_batch_k_means *learner = NULL, *none = (crm_mini_batch_k_means *)&options;
    crm_k_means *model = (crm_k_means *)&options;
    double centres[2];
    uint64_t rows[2];
    OK(crm_mini_batch_k_means_new(&options, &learner));
    FAILS(crm_mini_batch_k_means_finish(learner, &model), CRM_STATUS_EMPTY, "batch");
    CHECK(model == NULL && crm_mini_batch_k_means_batches(learner) == 0);
    /* A batch that is refused changes nothing. */
    FAILS(crm_mini_batch_k_means_update(learner, first, 1, 1, 0, NULL), CRM_STATUS_INVALID_ARGUMENT, "clusters");
    OK(crm_mini_batch_k_means_update(learner, first, 4, 1, CRM_LAYOUT_ROWS, NULL));
    FAILS(crm_mini_batch_k_means_update(learner, second, 2, 2, 0, NULL), CRM_STATUS_INCOMPATIBLE, "matrix");
    FAILS(crm_mini_batch_k_means_update(learner, NULL, 2, 1, 0, NULL), CRM_STATUS_NULL_POINTER, "values");
    OK(crm_mini_batch_k_means_finish(learner, &model));
    crm_k_means_free(model);
    OK(crm_mini_batch_k_means_update(learner, second, 4, 1, CRM_LAYOUT_COLUMNS, NULL));
    CHECK(crm_mini_batch_k_means_batches(learner) == 2);
    OK(crm_mini_batch_k_means_finish(learner, &model));
    crm_mini_batch_k_means_free(learner);
    OK(crm_k_means_centres(model, centres, 2));
    OK(crm_k_means_rows(model, rows, 2));
    CHECK(near(centres[0], 1.025, 1e-12) && near(centres[1], 9.05, 1e-12) && rows[0] == 4 && rows[1] == 4);
    crm_k_means_free(model);
    /* Rows that count several times, or not at all. */
    const double rows_of_first[] = {1.0, 2.0, 9.0}, counts[] = {3.0, 1.0, 2.0}, rows_of_second[] = {8.0, 100.0}, others[] = {2.0, 0.0};
    const double negative[] = {1.0, -1.0};
    double weights[2];
    OK(crm_mini_batch_k_means_new(&options, &learner));
    OK(crm_mini_batch_k_means_update(learner, rows_of_first, 3, 1, 0, counts));
    FAILS(crm_mini_batch_k_means_update(learner, rows_of_second, 2, 1, 0, negative), CRM_STATUS_INVALID_VALUE, "weights");
    CHECK(crm_last_error_row() == 1);
    OK(crm_mini_batch_k_means_update(learner, rows_of_second, 2, 1, 0, others));
    OK(crm_mini_batch_k_means_finish(learner, &model));
    crm_mini_batch_k_means_free(learner);
    OK(crm_k_means_centres(model, centres, 2));
    OK(crm_k_means_weights(model, weights, 2));
    CHECK(centres[0] == 1.25 && centres[1] == 8.5 && weights[0] == 4.0 && weights[1] == 4.0);
    crm_k_means_free(model);
    options.starts_kind = 5;
    FAILS(crm_mini_batch_k_means_new(&options, &none), CRM_STATUS_INVALID_ARGUMENT, "starts_kind");
    FAILS(crm_mini_batch_k_means_new(NULL, &none), CRM_STATUS_NULL_POINTER, "options");
    CHECK(none == NULL);
}

static void mixtures_say_how_sure_they_are(void) {
    const double weights[] = {0.5, 0.5}, means[] = {0.0, 4.0}, covariances[] = {1.0, 1.0}, rows[] = {0.0, 2.0, 100.0};
    double shares[6], densities[3], values[2];
    uint32_t labels[3];
    crm_gaussian_mixture *mixture = NULL, *copy = NULL, *none = NULL;
    crm_bytes *json = NULL;
    OK(crm_gaussian_mixture_from_parameters(2, 1, weights, means, covariances, &mixture));
    CHECK(crm_gaussian_mixture_components(mixture) == 2 && crm_gaussian_mixture_features(mixture) == 1);
    OK(crm_gaussian_mixture_probabilities(mixture, rows, 3, 1, CRM_LAYOUT_ROWS, shares, 6));
    CHECK(near(shares[0], 1.0 / (1.0 + exp(-8.0)), 1e-15) && shares[2] == 0.5 && shares[3] == 0.5 && shares[5] == 1.0);
    OK(crm_gaussian_mixture_predict(mixture, rows, 3, 1, CRM_LAYOUT_ROWS, labels));
    CHECK(labels[0] == 0 && labels[1] == 0 && labels[2] == 1);
    OK(crm_gaussian_mixture_ln_density(mixture, rows, 3, 1, CRM_LAYOUT_ROWS, densities));
    /* Both components give exp(-2) / sqrt(2 pi). */
    CHECK(near(densities[1], -2.0 - 0.9189385332046727, 1e-14));

    OK(crm_gaussian_mixture_to_json(mixture, &json));
    OK(crm_gaussian_mixture_from_json(crm_bytes_text(json), &none));
    OK(crm_gaussian_mixture_on_threads(none, 1, &copy));
    crm_gaussian_mixture_free(none);
    crm_bytes_free(json);
    OK(crm_gaussian_mixture_means(copy, values, 2));
    CHECK(values[0] == 0.0 && values[1] == 4.0);
    OK(crm_gaussian_mixture_weights(copy, values, 2));
    CHECK(values[0] == 0.5);
    OK(crm_gaussian_mixture_covariances(copy, values, 2));
    CHECK(values[1] == 1.0);
    crm_gaussian_mixture_free(copy);

    FAILS(crm_gaussian_mixture_probabilities(mixture, rows, 3, 1, 0, shares, 5), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_gaussian_mixture_predict(mixture, SIX, 3, 2, 0, labels), CRM_STATUS_INCOMPATIBLE, "matrix");
    FAILS(crm_gaussian_mixture_ln_density(mixture, rows, 3, 1, 0, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_gaussian_mixture_covariances(mixture, values, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_gaussian_mixture_on_threads(mixture, 5000, &none), CRM_STATUS_INVALID_ARGUMENT, "threads");
    crm_gaussian_mixture_free(mixture);

    const double twice[] = {0.5, 0.6}, crooked[] = {1.0, 2.0, 2.0, 1.0};
    FAILS(crm_gaussian_mixture_from_parameters(2, 1, twice, means, covariances, &none), CRM_STATUS_INVALID_VALUE,
          "weights");
    FAILS(crm_gaussian_mixture_from_parameters(1, 2, (double[]){1.0}, means, crooked, &none), CRM_STATUS_INVALID_VALUE,
          "covariances");
    FAILS(crm_gaussian_mixture_from_parameters(2, 1, weights, (double[]){0.0, NAN}, covariances, &none),
          CRM_STATUS_INVALID_VALUE, "means");
    FAILS(crm_gaussian_mixture_from_parameters(0, 1, NULL, NULL, NULL, &none), CRM_STATUS_INVALID_ARGUMENT,
          "components");
    FAILS(crm_gaussian_mixture_from_parameters(2, 0, weights, NULL, NULL, &none), CRM_STATUS_LENGTH_MISMATCH, "means");
    FAILS(crm_gaussian_mixture_from_parameters(2, SIZE_MAX, weights, means, covariances, &none),
          CRM_STATUS_INVALID_ARGUMENT, "means");
    FAILS(crm_gaussian_mixture_from_json("{\"model\":\"k_means\",\"version\":1}", &none), CRM_STATUS_CORRUPT, "json");
    FAILS(crm_gaussian_mixture_from_json("{\"model\":\"gaussian_mixture\",\"version\":1,\"features\":1,\"weights\":[1.0],"
                                         "\"means\":[0.0],\"covariances\":[-1.0]}",
                                         &none),
          CRM_STATUS_CORRUPT, "json");
    FAILS(crm_gaussian_mixture_from_json("{\"model\":\"gaussian_mixture\",\"version\":2}", &none), CRM_STATUS_INCOMPATIBLE,
          "json");
    CHECK(none == NULL);
}

static void mixtures_are_fitted(void) {
    double values[40], means[2], weights[2], variances[2];
    uint32_t labels[40];
    crm_mixture_options options;
    crm_gaussian_mixture *mixture = NULL;
    for (size_t row = 0; row < 40; row++) values[row] = (double)(row % 20) / 20.0 + (row < 20 ? 0.0 : 9.0);
    OK(crm_mixture_options_init(&options, sizeof options, 2));
    options.order_descending = 1;
    OK(crm_gaussian_mixture_fit(values, 40, 1, CRM_LAYOUT_COLUMNS, &options, &mixture));
    OK(crm_gaussian_mixture_means(mixture, means, 2));
    OK(crm_gaussian_mixture_weights(mixture, weights, 2));
    OK(crm_gaussian_mixture_covariances(mixture, variances, 2));
    OK(crm_gaussian_mixture_predict(mixture, values, 40, 1, CRM_LAYOUT_ROWS, labels));
    /* The groups lie so far apart that each component is the normal distribution of its group, but for the ridge: 1e-6 times
     * the variance of all, about 20. */
    CHECK(near(means[0], 9.475, 1e-9) && near(means[1], 0.475, 1e-9) && near(weights[0], 0.5, 1e-9));
    CHECK(near(variances[0], 399.0 / 4800.0, 3e-5) && labels[0] == 1 && labels[39] == 0);
    crm_gaussian_mixture_free(mixture);

    FAILS(crm_gaussian_mixture_fit(values, 40, 1, 0, NULL, &mixture), CRM_STATUS_NULL_POINTER, "options");
    options.components = 0;
    FAILS(crm_gaussian_mixture_fit(values, 40, 1, 0, &options, &mixture), CRM_STATUS_INVALID_ARGUMENT, "components");
    options.components = 41;
    FAILS(crm_gaussian_mixture_fit(values, 40, 1, 0, &options, &mixture), CRM_STATUS_INVALID_ARGUMENT, "components");
    OK(crm_mixture_options_init(&options, sizeof options, 2));
    options.ridge = 0.0;
    FAILS(crm_gaussian_mixture_fit(values, 40, 1, 0, &options, &mixture), CRM_STATUS_INVALID_ARGUMENT, "ridge");
    options.reserved = 1;
    FAILS(crm_gaussian_mixture_fit(values, 40, 1, 0, &options, &mixture), CRM_STATUS_INVALID_ARGUMENT, "reserved");
    OK(crm_mixture_options_init(&options, sizeof options, 1));
    FAILS(crm_gaussian_mixture_fit((double[]){1.0, 1.0}, 2, 1, 0, &options, &mixture), CRM_STATUS_INVALID_ARGUMENT,
          "feature 0");
    CHECK(mixture == NULL);
}

int main(void) {
    iris_has_its_published_optimum();
    given_starts_lead_where_they_must();
    what_a_model_says_of_rows();
    weights_count_rows();
    saved_models_come_back();
    what_makes_no_sense_is_refused();
    results_need_room();
    handles_are_checked();
    batches_are_learned_one_by_one();
    mixtures_say_how_sure_they_are();
    mixtures_are_fitted();
    return 0;
}
